"""The demo as a process, and a browser to look at its page. Pictures go to test-results/."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

_CHROMIUM = shutil.which("chromium")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_PICTURES = Path(__file__).parents[2] / "test-results"
_SECONDS = 90
_PATIENCE_MS = 20_000


@contextmanager
def demo(folder: Path, places: Sequence[str] = (), **settings: str) -> Iterator[str]:
    """Start `citedesk demo` in a folder and return its one URL; what it prints is in the file `log` there."""
    if _CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed: apt-get install chromium")
    log = folder / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [str(Path(sys.executable).with_name("citedesk")), "demo", "--port", "0", *places],
            cwd=folder,
            stdout=stream,
            stderr=subprocess.STDOUT,
            # One person asks more here than anybody would in a minute.
            env={**os.environ, "CITEDESK_LIMITS__PER_USER": "1000/minute", **settings},
        )
    try:
        yield _printed_url(log, process)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        assert "Traceback" not in log.read_text()


def _printed_url(log: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"Open (http://127\.0\.0\.1:\d+)", log.read_text()):
            return found[1]
        # The process writes into a file, which cannot be waited for.
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's chromium, or skip."""
    if _CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield running
        running.close()


@contextmanager
def opened(browser: Browser, url: str, width: int = 1360, height: int = 820) -> Iterator[Page]:
    """Open the page in a context of its own; fail on an error in its console."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(url)
    expect(page.locator("#suggestions button")).not_to_have_count(0)
    yield page
    context.close()
    assert faults == []


def picture(page: Page, name: str) -> None:
    """Save what the window shows."""
    _PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=str(_PICTURES / f"{name}.png"))
