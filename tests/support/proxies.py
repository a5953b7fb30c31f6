"""A proxy on loopback that writes down where it was asked to go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class RecordingProxy:
    """`asked` holds the hosts of all requests; `homes` the port on this machine at which a host lives.

    A host without a home is refused, as by a proxy that cannot reach it.
    """

    url: str = ""
    asked: list[str] = field(default_factory=list)
    homes: dict[str, int] = field(default_factory=dict)
    _open: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: a tunnel, or a request with a whole address."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        host = target.rpartition(":")[0] if method == "CONNECT" else str(urlsplit(target).hostname)
        self.asked.append(host)
        if host not in self.homes:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()
            return
        there, to_there = await asyncio.open_connection("127.0.0.1", self.homes[host])
        self._open += [writer, to_there]
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            to_there.write(head)
        await asyncio.gather(_pipe(reader, to_there), _pipe(there, writer))

    async def aclose(self) -> None:
        """Close all connections."""
        for writer in self._open:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._open), return_exceptions=True)
        await asyncio.sleep(0)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def recording_proxy() -> AsyncIterator[RecordingProxy]:
    """Run the proxy."""
    proxy = RecordingProxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.aclose()
