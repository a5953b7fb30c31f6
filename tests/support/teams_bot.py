"""Run the bot for a test client of Teams: `python -m support.teams_bot FOLDER PORT REVIEWERS_CONVERSATION REVIEWER`."""

import asyncio
import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"

from index.builder import BuildRules, build
from support.models import EMBEDDERS, shared_embedder
from support.workspace import workspace

_ARTICLES = Path(__file__).parents[2] / "deploy" / "demo" / "articles"


async def main() -> None:
    """Serve until the process is ended."""
    folder, port, reviewers_conversation, reviewer = sys.argv[1:5]
    os.environ["CITEDESK_INDEX__EMBEDDERS_DIR"] = str(EMBEDDERS)
    await asyncio.to_thread(build, [_ARTICLES], Path(folder), shared_embedder(), BuildRules())
    async with workspace(
        Path(folder),
        _ARTICLES,
        teams={"anonymous": True, "reviewers_conversation": reviewers_conversation},
        access={"reviewers": [reviewer], "admins": [reviewer]},
        server={"port": int(port)},
    ) as desk:
        print(desk.bot.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
