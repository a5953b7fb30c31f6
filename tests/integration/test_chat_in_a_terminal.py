"""`citedesk chat` at a real terminal: prompts, Ctrl-C, Ctrl-D, and what hostile documents may not do there."""

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from support.models import shared_embedder
from support.scripted_llm import Step, scripted_llm
from support.waiting import until

from index.builder import BuildRules, build

_CITEDESK = (sys.executable, "-c", "from bot.cli.main import main; main()")
_PATIENCE_S = 90.0
_HOSTILE = """<html><head><title>Office&#27;[31m hours</title></head><body><h1>Office &#8238;hours</h1>
<p>The office in Berlin opens at nine o'clock&#27;]0;PWNED&#7; and closes at six. Ask at &lt;host&gt;.</p>
</body></html>"""


class _Screen:
    """What a terminal has received, and what a person types there."""

    def __init__(self, master: int) -> None:
        self._master = master
        self.shown = ""

    def read(self) -> None:
        """Take what has arrived."""
        try:
            self.shown += os.read(self._master, 65536).decode("utf-8", "replace")
        except OSError:  # Linux says so when the other side has closed.
            asyncio.get_running_loop().remove_reader(self._master)

    async def sees(self, text: str, times: int = 1) -> None:
        """Wait for a text."""
        await until(lambda: self.shown.count(text) >= times, _PATIENCE_S, lambda: self.shown)

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self._master, text.encode())


@asynccontextmanager
async def _terminal(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[_Screen, asyncio.subprocess.Process]]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *_CITEDESK,
        *arguments,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
        preexec_fn=_own_terminal(slave),
    )
    os.close(slave)
    screen = _Screen(master)
    asyncio.get_running_loop().add_reader(master, screen.read)
    try:
        yield screen, process
    finally:
        asyncio.get_running_loop().remove_reader(master)
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(master)


def _own_terminal(slave: int) -> Callable[[], None]:
    """Return what makes the terminal that of the process, so that Ctrl-C there interrupts it."""

    def own() -> None:
        # Whoever has started the tests in the background lets everything ignore it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    return own


async def test_a_conversation_is_held_and_hostile_text_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "office.html").write_text(_HOSTILE)
    build([tmp_path / "office.html"], tmp_path, shared_embedder(), BuildRules())
    async with _terminal("chat", "--data-dir", str(tmp_path)) as (screen, process):
        await screen.sees("you> ")
        screen.type("When does the office in Berlin open?\n")
        await screen.sees("you> ", 2)
        screen.type("half a line\x03")
        await screen.sees("you> ", 3)
        screen.type("/sorces\n")
        await screen.sees("Did you mean /sources?")
        await screen.sees("you> ", 4)
        screen.type("\x04")
        assert await asyncio.wait_for(process.wait(), _PATIENCE_S) == 0
    assert "opens at nine o'clock]0;PWNED and closes at six. Ask at <host>" in " ".join(screen.shown.split())
    own = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.shown)
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(own)
    assert "\x1b[31m hours" not in screen.shown


async def test_ctrl_c_stops_an_answer_and_the_conversation_goes_on(tmp_path: Path, articles: Path) -> None:
    build([articles], tmp_path, shared_embedder(), BuildRules())
    never = asyncio.Event()
    async with scripted_llm(*[Step(held=never)] * 9) as server:
        model = {
            "CITEDESK_LLM__PROVIDER": "openai",
            "CITEDESK_LLM__BASE_URL": server.url,
            "CITEDESK_LLM__MODEL": "m",
            "CITEDESK_LIMITS__REQUEST_DEADLINE_S": "300",
        }
        async with _terminal("chat", "--data-dir", str(tmp_path), environment=model) as (screen, process):
            await screen.sees("you> ")
            screen.type("When does the first payment reminder go out?\n")
            await until(lambda: server.requests, _PATIENCE_S, lambda: screen.shown)
            screen.type("\x03")
            await screen.sees("stopped")
            await screen.sees("you> ", 2)
            screen.type("/quit\n")
            assert await asyncio.wait_for(process.wait(), _PATIENCE_S) == 0
        never.set()
    assert "Traceback" not in screen.shown
