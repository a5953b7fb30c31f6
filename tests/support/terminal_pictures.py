"""Write the pictures of docs/command-line.md: commands in a terminal of 80 columns, over the demo knowledge base.

PYTHONPATH=$PWD:$PWD/tests python -m tests.support.terminal_pictures
"""

import asyncio
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from rich.console import Console
from rich.text import Text

from bot.store.sqlite.store import SqliteStore
from pipeline.types import Trace
from support.clock import Clock

_ROOT = Path(__file__).parents[2]
_PICTURES = _ROOT / "docs" / "pictures"
_COLUMNS, _LINES = 80, 60
_CITEDESK = (sys.executable, "-c", "import sys; sys.argv[0] = 'citedesk'; from bot.cli.main import main; main()")
# File, command line, and what a person types into it.
_SHOWN: Mapping[str, tuple[Sequence[str], str]] = MappingProxyType(
    {
        "help": (["--help"], ""),
        "ask": (["ask", "How long is the trial period of the Team plan?"], ""),
        "chat": (["chat"], "When does the first payment reminder go out?\nand the second one?\n/sources\n"),
        "search": (["search", "When is the first reminder sent?", "--limit", "3"], ""),
        "requests": (["requests", "list"], ""),
        "doctor": (["doctor"], ""),
    }
)
_ENDED = (
    ("r-3f9c52d07be1a486", "answered", "OK"),
    ("r-c81e07a95d3b42f6", "not_enough_info", "RETRIEVAL_LOW"),
    ("r-58ad1be6f0c39742", "answered", "OK"),
    ("r-92b47ce3d815fa06", "needs_review", "UNVERIFIED"),
    ("r-0d6ea3185bc7f294", "answered", "MODEL_TIMEOUT"),
)


async def _stored(file: Path) -> None:
    """Write a store in which five requests ended."""
    time = datetime.now(UTC) - timedelta(hours=9)
    for request_id, outcome, verdict in _ENDED:
        time += timedelta(minutes=93)
        store = await SqliteStore(file, Clock(time)).open()
        trace = {"tenant_id": "T1", "user_id": "U1", "channel_id": "C1", "route": "slack"}
        await store.requests.save(Trace(request_id=request_id, outcome=outcome, verdict=verdict, **trace))
        await store.close()


def _screen(command: Sequence[str], typed: str, folder: Path) -> str:
    """Return what a command prints on a terminal. Each line is typed at a prompt; the end of the input follows."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, _COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(_ROOT), "HF_HUB_OFFLINE": "1"}
    running = subprocess.Popen(  # noqa: S603 - our own command
        [*_CITEDESK, *command], cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL
    )
    os.close(slave)
    lines, printed = [*typed.splitlines(keepends=True), *(["\x04"] if typed else [])], ""
    while chunk := _read(master):
        printed += chunk
        if lines and printed.endswith("you> "):
            os.write(master, lines.pop(0).encode())
    running.wait()
    return printed


def _read(master: int) -> str:
    try:
        return os.read(master, 65536).decode("utf-8", "replace")
    except OSError:  # Linux says so when the other side has closed.
        return ""


def _picture(title: str, printed: str) -> str:
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(printed.replace("\r\n", "\n").replace("\x1b[?2004h", "").replace("\x1b[?2004l\r", "")))
    picture = console.export_svg(title=title)
    # A reader's own fonts do, and nothing is fetched from elsewhere.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL).replace("Fira Code,", "")
    return "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        articles = _ROOT / "deploy" / "demo" / "articles"
        _screen(["index", "build", str(articles)], "", folder)
        asyncio.run(_stored(folder / ".citedesk" / "citedesk.sqlite"))
        for file, (command, typed) in _SHOWN.items():
            words = " ".join(f"'{word}'" if " " in word else word for word in command)
            title = f"citedesk {words}"
            (_PICTURES / f"{file}.svg").write_text(_picture(title, _screen(command, typed, folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
