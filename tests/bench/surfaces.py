"""What a chat product adds to the pipeline: from the message to its posted reply, without the pipeline's own time.

Asks the same questions in Slack's sandbox and over Teams' connector, both on loopback, in turn in one process.
With `--slack` it asks in Slack alone. An earlier version is measured by naming its checkout: `--of FOLDER`.
Run: python tests/bench/surfaces.py
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

_ROOT = Path(sys.argv[sys.argv.index("--of") + 1]) if "--of" in sys.argv else Path(__file__).parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]

import structlog  # noqa: E402 - what follows comes from the version that is measured
from support.models import shared_embedder  # noqa: E402
from support.workspace import Desk, workspace  # noqa: E402

from index.builder import BuildRules, build  # noqa: E402

_ROUNDS = 150
_QUESTIONS = (
    "When does the first payment reminder go out?",
    "How long is an invitation valid?",
    "Is there a Linux app?",
)
_ARTICLES = _ROOT / "deploy" / "demo" / "articles"
_SETTINGS: dict[str, Any] = {
    "limits": {"per_user": "1000000/minute", "per_tenant": "1000000/minute", "cache_fresh_s": 0}
}
Ask = Callable[[str], Awaitable[float]]


async def _in_slack(desk: Desk, text: str) -> float:
    began = time.monotonic()
    await desk.reply_to(await desk.ask(text))
    return time.monotonic() - began


async def _measured(desk: Desk, ways: dict[str, Ask]) -> None:
    added: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(_ROUNDS):
        for name, ask in ways.items():
            took = await ask(_QUESTIONS[number % len(_QUESTIONS)])
            traces = await desk.bot.use_cases.questions.store.requests.since(datetime.now(UTC) - timedelta(minutes=1))
            added[name].append(1000 * took - traces[-1].total_ms)
    for name, times in added.items():
        late = quantiles(times, n=20)[18]
        print(f"{name}: adds {median(times):.1f} ms (p50), {late:.1f} ms (p95), {len(times)} times")


async def _slack_alone(folder: Path) -> None:
    async with workspace(folder, _ARTICLES, **_SETTINGS) as desk:
        await _measured(desk, {"slack": lambda text: _in_slack(desk, text)})


async def _both(folder: Path) -> None:
    from support.teams import REVIEWS, connector  # noqa: PLC0415 - earlier versions have none

    async with AsyncExitStack() as stack:
        teams = await stack.enter_async_context(connector())
        served = {"anonymous": True, "reviewers_conversation": REVIEWS}
        desk = await stack.enter_async_context(workspace(folder, _ARTICLES, teams=served, **_SETTINGS))
        teams.bot_url = desk.bot.url

        async def in_teams(text: str) -> float:
            place, began = f"a:{time.monotonic_ns()}", time.monotonic()
            await teams.send(teams.question(text, "asker", place))
            (reply,) = await teams.until(lambda: teams.messages(place))
            return float(reply["at"]) - began

        await _measured(desk, {"slack": lambda text: _in_slack(desk, text), "teams": in_teams})


async def main() -> None:
    """Build the demo's index, ask, and print the medians."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.to_thread(build, [_ARTICLES], Path(folder), shared_embedder(), BuildRules())
        await (_slack_alone if "--slack" in sys.argv else _both)(Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
