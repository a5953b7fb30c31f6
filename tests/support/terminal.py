"""A person at a terminal: types when a prompt appears, and sees what is printed."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_CITEDESK = str(Path(sys.executable).with_name("citedesk"))
_PATIENCE_S = 240


def typed(
    arguments: Sequence[str], dialogue: Sequence[tuple[str, str]], cwd: Path, env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run citedesk on a terminal, type each answer when its prompt is seen; return exit status and what was seen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [_CITEDESK, *arguments],
        cwd=cwd,
        env={**os.environ, "TERM": "dumb", **(env or {})},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        seen = _talk(ours, dialogue)
        return process.wait(timeout=_PATIENCE_S), seen
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _talk(terminal: int, dialogue: Sequence[tuple[str, str]]) -> str:
    whole, since, waiting = "", "", list(dialogue)
    ends = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends and (part := _read(terminal)) is not None:
        since += part
        whole += part
        if waiting and waiting[0][0] in since:
            os.write(terminal, f"{waiting.pop(0)[1]}\n".encode())
            since = ""
    assert not waiting, f"never saw {waiting[0][0]!r} in:\n{whole}"
    return whole


def _read(terminal: int) -> str | None:
    """Return what was printed within a second; None when the program has ended."""
    if not select.select([terminal], [], [], 1.0)[0]:
        return ""
    try:
        return os.read(terminal, 65_536).decode(errors="replace") or None
    except OSError:  # the other side is closed
        return None
