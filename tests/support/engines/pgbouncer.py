"""A real PgBouncer on loopback, from the Debian package `pgbouncer`, in front of a PostgreSQL server."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from support.engines.haproxy import free_port

_NOBODY = 65534
_START_S = 10.0
_BINARY = "/usr/sbin/pgbouncer"
_CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
server_round_robin = {round_robin}
default_pool_size = 40
"""


def missing() -> str:
    """Return why the pooler cannot run here; "" if it can."""
    if not Path(_BINARY).is_file():
        return "PgBouncer is not installed: apt-get install pgbouncer"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "PgBouncer does not run as root, and setpriv is not installed"
    return ""


@contextmanager
def pgbouncer(url: str, mode: Literal["session", "transaction"], *, round_robin: bool = False) -> Iterator[str]:
    """Run a pooler in front of the database of `url`; yield the URL by which clients reach it."""
    port, (head, _, rest) = free_port(), url.rpartition(":")
    server, _, database = rest.partition("/")
    with tempfile.TemporaryDirectory(prefix="citedesk-pgbouncer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "users").write_text('"postgres" ""\n', encoding="ascii")
        settings = _CONFIGURATION.format(
            server=server, port=port, folder=folder, mode=mode, round_robin=int(round_robin)
        )
        (folder / "pgbouncer.ini").write_text(settings, encoding="ascii")
        with (folder / "log").open("ab") as log:
            command = [*_as_ordinary(), _BINARY, str(folder / "pgbouncer.ini")]
            process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - the command is written here
        try:
            _wait_for(port)
            yield f"{head}:{port}/{database}"
        finally:
            process.kill()
            process.wait(_START_S)


def _as_ordinary() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--pdeathsig=KILL"]


def _wait_for(port: int) -> None:
    end = time.monotonic() + _START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < end, f"PgBouncer does not listen on port {port}"
        time.sleep(0.02)
