"""The shared server: its connections, whether it answers, and leaving it alone while it does not."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import structlog
from limits.errors import StorageError
from valkey.asyncio import ConnectionPool, Valkey
from valkey.exceptions import ValkeyError

from bot.shared_settings import SharedSettings
from bot.telemetry.metrics import Metrics
from index.errors import CitedeskError, SettingsError

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
Use = Literal["limits", "answers"]
# A time-out of 0.1 s also strikes a process whose event loop was busy, so one alone says little about the server.
_FAILURES_IN_A_ROW = 3
_FAILURES = (ValkeyError, StorageError, OSError)


class SharedServerError(CitedeskError):
    """The shared server did not answer, or is not asked because it did not answer before."""

    code = "SHARED_SERVER_UNAVAILABLE"


class SharedServer:
    """The shared server of one process.

    After three failures in a row it is not asked for `retry_s` seconds, then by one call, until one succeeds. The log
    says once when it is left alone, and once when it answers again.
    """

    def __init__(self, settings: SharedSettings, metrics: Metrics) -> None:
        """Send nothing yet. Raises SettingsError if the address is none."""
        self.pool = _pool(settings)
        self.client = Valkey(connection_pool=self.pool)
        # Not BlockingConnectionPool: in Python 3.11, a call that is cancelled while it waits for a connection can keep
        # others waiting although connections are free.
        self._slots = asyncio.Semaphore(settings.connections)
        self._retry_s = settings.retry_s
        self._metrics = metrics
        self._failures = 0
        self._left_at: float | None = None
        self._retry_at = 0.0
        self._is_tried = False

    async def asked(self, use: Use, call: Callable[[], Awaitable[_T]]) -> _T:
        """Return what the call of the server returns. It sends one command at a time. Raises SharedServerError."""
        async with self._slots:
            # Only now: the server may have been left alone while this call waited.
            tries = self._entered(use)
            try:
                answer = await self._answered(use, call)
            finally:
                if tries:
                    self._is_tried = False
            # A call that began before the server was left alone says nothing about now.
            if tries or self._left_at is None:
                self._succeeded()
            return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self.client.aclose()
        await self.pool.disconnect()

    def _entered(self, use: Use) -> bool:
        """Return whether this call tries a server that did not answer. Raises SharedServerError if none may."""
        if self._left_at is None:
            return False
        if self._is_tried or time.monotonic() < self._retry_at:
            self._metrics.fell_back(use)
            raise SharedServerError("left alone")
        self._is_tried = True
        return True

    async def _answered(self, use: Use, call: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return await call()
        except _FAILURES as error:
            self._failed(use, error)
            raise SharedServerError(type(error).__name__) from error
        except ValueError as error:
            # A name that cannot be sent, or a value that is not ours: neither says anything about the server.
            self._metrics.fell_back(use)
            raise SharedServerError(type(error).__name__) from error

    def _failed(self, use: Use, error: Exception) -> None:
        self._metrics.fell_back(use)
        self._failures += 1
        self._retry_at = time.monotonic() + self._retry_s
        if self._failures >= _FAILURES_IN_A_ROW and self._left_at is None:
            self._left_at = time.monotonic()
            self._metrics.shared_down(is_down=True)
            # The library `limits` wraps the errors of the client.
            _log.warning("shared_server_lost", error=type(error.__cause__ or error).__name__)

    def _succeeded(self) -> None:
        self._failures = 0
        if self._left_at is not None:
            _log.info("shared_server_back", after_s=round(time.monotonic() - self._left_at, 1))
            self._left_at = None
            self._metrics.shared_down(is_down=False)


def _pool(settings: SharedSettings) -> ConnectionPool:
    try:
        pool = ConnectionPool.from_url(
            settings.url.get_secret_value(),
            # Without them the client waits 5 s for a server that hangs.
            socket_timeout=settings.timeout_s,
            socket_connect_timeout=settings.timeout_s,
        )
        # It sends nothing, and raises TypeError if the address has a parameter that is none.
        pool.make_connection()  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        # What the client says may repeat a part of the address, which holds a password.
        raise SettingsError(
            "setting shared.url: a parameter behind the ? in it is none, or has a wrong value"
        ) from None
    return pool
