"""More half-open connections than a process has file descriptors: probes answer meanwhile, and the log stays small."""

import asyncio
import multiprocessing
import resource
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from aiohttp import web

from bot.http_door import listening
from bot.settings import ServerSettings
from bot.telemetry.logs import configure_logging

_CONNECTIONS = 1_100
# The limit of a shell and of a systemd unit that says nothing else.
_OPEN_FILES = 1_024
_HALF = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nX: "
_NO_BODY = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
_REQUEST_S = 5.0


def _serve(told: Connection, log: str) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"process": True})

    async def events(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def serve() -> None:
        routes = [web.get("/livez", live), web.post("/slack/events", events)]
        async with listening(ServerSettings(port=0), routes) as url:
            told.send(url)
            await asyncio.Event().wait()

    with Path(log).open("w") as stream:
        sys.stderr = stream
        configure_logging()
        asyncio.run(serve())


@contextmanager
def _served(log: Path) -> Iterator[str]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, str(log)), daemon=True)
    process.start()
    try:
        assert here.poll(60)
        yield here.recv()
    finally:
        process.kill()
        process.join()


def _answered_in(url: str, body: bytes | None = None) -> float:
    """Return the seconds until a whole request is answered."""
    began = time.monotonic()
    with urllib.request.urlopen(url, data=body, timeout=_REQUEST_S) as response:  # noqa: S310 - our own server
        assert response.status == 200
    return time.monotonic() - began


@pytest.mark.parametrize("sent", [_HALF, _NO_BODY, b""], ids=["half the headers", "no body", "nothing"])
def test_probes_and_events_are_answered_during_and_after_a_flood(sent: bytes, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _CONNECTIONS + 200
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip("this process may not open as many files as the flood has connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    log, seconds = tmp_path / "log", []
    with _served(log) as url, ExitStack() as opened:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        for number in range(_CONNECTIONS):
            one = opened.enter_context(socket.create_connection(address, timeout=_REQUEST_S))
            try:
                one.sendall(sent)
            except ConnectionError:
                continue
            if number % 100 == 0:
                seconds += [_answered_in(f"{url}/livez"), _answered_in(f"{url}/slack/events", b"x" * 10)]
        seconds += [_answered_in(f"{url}/livez") for _ in range(20)]
        during = max(seconds)
        opened.close()
        after = _answered_in(f"{url}/livez")
    print(f"during {during:.3f} s, after {after:.3f} s, log {log.stat().st_size} bytes")
    assert during < 2
    assert after < 2
    assert log.stat().st_size < 2_000
