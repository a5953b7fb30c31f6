"""An HTTP client for model servers, bounded in what it reads."""

from collections.abc import AsyncIterator

import httpx2
import openai


def bounded_client(max_bytes: int) -> openai.DefaultAsyncHttpxClient:
    """Return an HTTP client that hangs up on a response of more than `max_bytes`. Proxy variables are obeyed."""

    async def bounded(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _BoundedStream(response.stream, max_bytes)

    return openai.DefaultAsyncHttpxClient(event_hooks={"response": [bounded]})


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._left = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._left -= len(piece)
            if self._left < 0:
                raise httpx2.ReadError("the response is too long")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
