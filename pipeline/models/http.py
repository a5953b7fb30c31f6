"""An HTTP client for model servers, bounded in what it reads. It asks for bodies that are not compressed."""

from collections.abc import AsyncIterator

import httpx2
import openai

_PLAIN = "identity"


class UnboundedError(httpx2.ReadError):
    """A response is longer than the limit, or compressed although that was not asked for, so of unknown length."""


def bounded_client(max_bytes: int) -> openai.DefaultAsyncHttpxClient:
    """Return an HTTP client that hangs up on a response of more than `max_bytes`. Proxy variables are obeyed.

    A redirect is an error: it would carry the prompt and every header but the key to another server.
    """

    async def bounded(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", _PLAIN) != _PLAIN:
            raise UnboundedError("the response is compressed")
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _BoundedStream(response.stream, max_bytes)

    return openai.DefaultAsyncHttpxClient(
        headers={"accept-encoding": _PLAIN}, event_hooks={"response": [bounded]}, follow_redirects=False
    )


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._left = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._left -= len(piece)
            if self._left < 0:
                raise UnboundedError("the response is too long")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
