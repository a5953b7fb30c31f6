"""The HTTP server's door, attacked by hand: who is slow, sends too much or no HTTP at all, and who must not suffer."""

import asyncio
import gzip
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from support.waiting import until

from bot.http_door import listening, network_of
from bot.settings import ServerSettings

_GET = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
_HALF = b"GET /quick HTTP/1.1\r\nHost: x\r\nX-Half: "
_POST = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
_LARGE = b"x" * (16 << 20)


@dataclass
class _House:
    """A server behind the door. `read` are the sizes of the bodies that handlers got; a slow one waits for `go_on`.

    `ended` counts large responses that are written, or whose connection has ended.
    """

    port: int = 0
    read: list[int] = field(default_factory=list)
    slow: int = 0
    ended: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    opened: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self, sent: bytes = b"", host: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(host, 0) if host else None, limit=1 << 16
        )
        self.opened.append(writer)
        writer.write(sent)
        return reader, writer

    async def status(self, sent: bytes) -> int:
        """Return the status that the first response to these bytes has; 0 if the connection ends without one."""
        reader, writer = await self.connect(sent)
        try:
            line = await asyncio.wait_for(reader.readline(), 10)
        except ConnectionError:
            line = b""
        writer.close()
        return int(line.split()[1]) if line else 0

    async def get(self) -> int:
        """Return the status that somebody honest gets."""
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}/quick") as response:
            return response.status


@asynccontextmanager
async def _house(transfer_s: float = 0.4, idle_s: float = 60.0, connections: int = 200) -> AsyncIterator[_House]:
    house = _House()

    async def quick(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def read(request: web.Request) -> web.Response:
        house.read.append(len(await request.read()))
        return web.Response(text="ok")

    async def slow(_: web.Request) -> web.Response:
        house.slow += 1
        await house.go_on.wait()
        return web.Response(text="done")

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(_LARGE)
        house.ended += 1
        return response

    settings = ServerSettings(port=0, transfer_s=transfer_s, idle_s=idle_s, connections=connections)
    routes = [web.get("/quick", quick), web.post("/read", read), web.get("/slow", slow), web.get("/large", large)]
    async with listening(settings, routes) as url:
        house.port = urlsplit(url).port or 0
        try:
            yield house
        finally:
            house.go_on.set()
    for writer in house.opened:
        writer.transport.abort()


async def _ends(reader: asyncio.StreamReader) -> bool:
    """Tell whether the server closes a connection within ten seconds, whatever it says before."""
    try:
        await asyncio.wait_for(reader.read(-1), 10)
    except ConnectionError:
        return True
    return True


# --- who must not suffer


async def test_a_request_in_pieces_is_answered_if_it_is_there_in_time() -> None:
    async with _house(transfer_s=10) as house:
        reader, writer = await house.connect()
        for byte in _GET:
            writer.write(bytes([byte]))
            await writer.drain()
        assert b"200" in await reader.readline()


async def test_a_handler_may_take_longer_than_its_request() -> None:
    async with _house(transfer_s=0.2) as house:
        reader, _ = await house.connect(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: house.slow == 1)
        assert await house.status(_HALF) == 0, "half a request ends meanwhile"
        house.go_on.set()
        assert b"200" in await asyncio.wait_for(reader.readline(), 10)


async def test_a_connection_that_a_proxy_keeps_outlives_the_time_of_a_request() -> None:
    async with _house(transfer_s=0.2) as house:
        kept, writer = await house.connect(_GET)
        assert (await kept.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        assert await house.status(_HALF) == 0, "the time of a request is over"
        writer.write(_GET)
        assert b"200" in await asyncio.wait_for(kept.readline(), 10)


async def test_every_request_of_a_kept_connection_has_the_whole_time() -> None:
    async with _house(transfer_s=2) as house:
        reader, writer = await house.connect()
        began = time.monotonic()
        while time.monotonic() - began < 2.5:
            writer.write(_GET)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.05)


async def test_the_largest_body_of_slack_is_taken() -> None:
    async with _house(transfer_s=10) as house:
        body = b"x" * ((1 << 20) - 1)
        assert (
            await house.status(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            == 200
        )
        assert house.read == [len(body)]


# --- who is slow


@pytest.mark.parametrize("sent", [b"", b"G", _HALF], ids=["nothing", "a letter", "half the headers"])
async def test_headers_that_do_not_come_end_the_connection(sent: bytes) -> None:
    async with _house() as house:
        reader, _ = await house.connect(sent)
        assert await _ends(reader)


async def test_headers_that_drip_end_the_connection() -> None:
    async with _house() as house:
        reader, writer = await house.connect(_HALF)
        dripping = asyncio.create_task(_drip(writer))
        assert await _ends(reader)
        dripping.cancel()


async def test_the_next_request_of_a_kept_connection_may_not_drip_either() -> None:
    async with _house() as house:
        reader, writer = await house.connect(_GET)
        await reader.readuntil(b"ok")
        writer.write(_HALF)
        dripping = asyncio.create_task(_drip(writer))
        assert await _ends(reader)
        dripping.cancel()


async def _drip(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("drips", [False, True])
async def test_a_body_that_does_not_come_is_answered_with_408(drips: bool) -> None:  # noqa: FBT001
    async with _house() as house:
        reader, writer = await house.connect(_POST)
        dripping = asyncio.create_task(_drip(writer) if drips else asyncio.sleep(0))
        assert b"408" in await asyncio.wait_for(reader.readline(), 10)
        assert await _ends(reader)
        dripping.cancel()
        assert house.read == []


async def test_a_response_that_nobody_takes_ends_the_connection() -> None:
    async with _house() as house:
        # This reader takes 64 kB and no more.
        await house.connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: house.ended == 1)


async def test_a_response_that_is_taken_slowly_but_in_time_is_whole() -> None:
    async with _house(transfer_s=10) as house:
        reader, _ = await house.connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        taken = 0
        while taken < len(_LARGE):
            await asyncio.sleep(0.005)
            taken += len(await asyncio.wait_for(reader.read(1 << 20), 10))
        assert taken > len(_LARGE)


async def test_an_idle_connection_ends_at_its_time() -> None:
    async with _house(idle_s=0.3) as house:
        reader, _ = await house.connect(_GET)
        await reader.readuntil(b"ok")
        assert await _ends(reader)


# --- who sends too much, or no HTTP


async def test_a_body_that_is_too_large_is_refused_before_it_is_sent() -> None:
    async with _house() as house:
        assert await house.status(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n") == 413


async def test_a_body_in_pieces_that_is_too_large_is_refused() -> None:
    async with _house(transfer_s=10) as house:
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        assert (
            await house.status(b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + piece * 20)
            == 413
        )
        assert house.read == []


async def test_a_packed_body_is_not_unpacked() -> None:
    async with _house(transfer_s=10) as house:
        body = gzip.compress(b"x" * (100 << 20))
        head = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
        assert await house.status(head + body) == 200
        assert house.read == [len(body)]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET /quick HTTP/9.9\r\n\r\n",
        b"GET /quick HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /quick HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 1_000 + b"\r\n",
        b"GET /quick HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_no_http_is_refused_without_a_line_in_the_log(sent: bytes, log: io.StringIO) -> None:
    async with _house() as house:
        assert await house.status(sent) == 400
        assert await house.get() == 200
    assert log.getvalue() == ""


async def test_who_leaves_in_the_middle_of_a_body_leaves_no_line_in_the_log(log: io.StringIO) -> None:
    async with _house(transfer_s=10) as house:
        for _ in range(20):
            _, writer = await house.connect(_POST + b"x")
            await writer.drain()
            writer.transport.abort()
        assert await house.get() == 200
    assert log.getvalue() == ""


async def test_unknown_paths_and_methods_are_refused_before_their_body_is_read() -> None:
    async with _house() as house:
        assert await house.status(b"POST /wp-login.php HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n") == 404
        assert await house.status(b"DELETE /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n") == 405


# --- too many


async def test_of_too_many_connections_the_oldest_without_work_gives_way() -> None:
    async with _house(transfer_s=60, connections=10) as house:
        working, _ = await house.connect(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: house.slow == 1)
        halves = [await house.connect(_HALF) for _ in range(30)]
        assert await house.get() == 200
        assert await _ends(halves[0][0])
        house.go_on.set()
        assert b"200" in await asyncio.wait_for(working.readline(), 10)


async def test_a_flood_from_one_address_drops_nobody_of_another() -> None:
    async with _house(transfer_s=60, connections=10) as house:
        honest, writer = await house.connect(_HALF, host="127.0.0.2")
        halves = [await house.connect(_HALF) for _ in range(40)]
        assert await _ends(halves[0][0])
        writer.write(b"1\r\n\r\n")
        assert b"200" in await asyncio.wait_for(honest.readline(), 10)


async def test_bodies_that_do_not_come_give_way_too() -> None:
    async with _house(transfer_s=60, connections=10) as house:
        halves = [await house.connect(_POST) for _ in range(30)]
        assert await house.get() == 200
        assert await _ends(halves[0][0])


async def test_a_stopping_server_waits_for_no_half_request() -> None:
    async with _house(transfer_s=60) as house:
        for sent in (b"", _HALF, _POST):
            await house.connect(sent)
        assert await house.get() == 200
        began = time.monotonic()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_whoever_has_a_network_of_ipv6_counts_as_one_sender(one: str, other: str, is_same: bool) -> None:  # noqa: FBT001
    assert (network_of((one, 1)) == network_of((other, 2))) is is_same
