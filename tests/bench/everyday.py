"""Ask everyday questions in the sandbox and keep a picture of each reply as a reader sees it.

usage: python tests/bench/everyday.py DOCS QUESTIONS.jsonl OUT

DOCS is a folder of documents, OUT gets 01-ID.png and so on, in the order of QUESTIONS (rows with id and question). The
questions about ../shared/data/plausible-docs are in tests/fixtures/everyday.jsonl. Needs Debian's chromium.
"""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from bot.app import build_embedder
from bot.cli.demo import demo_settings
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Message
from bot.server import running_bot
from index.builder import BuildRules, build

_ASKER, _CHANNEL = "U0ASKER", "C0SUPPORT"
_PATIENCE_S = 30.0
# The thread's pane grows to its whole height, so that the picture shows all of a reply.
_GROWN = "e => Object.assign(e.style, {flex: 'none', height: 'auto', maxHeight: 'none', overflow: 'visible'})"


async def _asked(sandbox: Sandbox, question: str) -> Message:
    """Post a question and return it once its reply is there."""
    message = await sandbox.acts.post(_ASKER, _CHANNEL, f"@Citedesk {question}", None)
    async with asyncio.timeout(_PATIENCE_S):
        while not any(  # noqa: ASYNC110 - the stand-in tells nobody of a reply
            m.thread_ts == message.ts and m.user != _ASKER and not m.is_streaming for m in sandbox.workspace.messages
        ):
            await asyncio.sleep(0.05)
    return message


async def _pictures(url: str, asked: list[tuple[str, str]], out: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1500, "height": 2200})
        await page.goto(url)
        await page.wait_for_selector("#messages article")
        for number, (name, ts) in enumerate(asked, 1):
            await page.evaluate("ts => { view.thread = ts; render(); }", ts)
            thread = page.locator("#thread-messages")
            await thread.evaluate(_GROWN)
            await thread.screenshot(path=str(out / f"{number:02}-{name}.png"))
        await browser.close()


async def main() -> None:
    """Index the documents, ask, and write the pictures."""
    docs, questions, out = map(Path, sys.argv[1:4])
    out.mkdir(parents=True, exist_ok=True)
    os.environ["CITEDESK_LIMITS__PER_USER"] = "1000/minute"
    rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()]
    async with Sandbox(0, []) as sandbox:
        settings = demo_settings(out / "data", docs, sandbox)
        await asyncio.to_thread(build, [docs], settings.data_dir, build_embedder(settings), BuildRules())
        async with running_bot(settings):
            asked = [(row["id"], (await _asked(sandbox, row["question"])).ts) for row in rows]
            await _pictures(sandbox.url, asked, out)


if __name__ == "__main__":
    asyncio.run(main())
