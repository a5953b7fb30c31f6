"""The part of `citedesk doctor` that asks the shared server what limits and answers need of it."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from ipaddress import ip_address
from statistics import median

from valkey.exceptions import ResponseError

from bot.shared.rate_limits import ServerDayCounts
from bot.shared.server import SharedServer, SharedServerError
from bot.shared_settings import SharedSettings
from bot.surfaces.product import Diagnosis
from bot.telemetry.metrics import Metrics

_WHAT = "shared server"
_ROUND_TRIPS = 9
# A question takes about six round trips before it is answered.
_SLOW_MS = 20.0
# These remove what expires first or anything: windows of a minute before answers of a day.
_LOSES_LIMITS = frozenset({"volatile-ttl", "volatile-random", "allkeys-random"})


async def shared_checks(settings: SharedSettings) -> list[Diagnosis]:
    """Return whether the server answers and takes what is written, how fast, and what may be lost on it.

    Raises SettingsError.
    """
    async with aclosing(SharedServer(settings, Metrics(routes=()))) as server:
        try:
            found = [await _answering(server)]
            return [*found, *_open_to_others(server, settings), *[warning async for warning in _evicting(server)]]
        except SharedServerError as error:
            cause = error.__cause__ or error
            words = f"{type(cause).__name__}: check setting shared.url; without it each process counts for itself"
            return [Diagnosis(_WHAT, ok=False, words=words)]


async def _answering(server: SharedServer) -> Diagnosis:
    """Write and read as limits and answers do, then measure round trips."""
    await ServerDayCounts(server).raise_to(("doctor",), 0, 60)
    await server.asked("answers", lambda: server.client.set("citedesk:doctor", "1", ex=60))
    times = []
    for _ in range(_ROUND_TRIPS):
        begun = time.perf_counter()
        await server.asked("limits", lambda: server.client.get("citedesk:doctor"))
        times.append((time.perf_counter() - begun) * 1e3)
    spent = median(times)
    slow = ": warning: each question waits for about six of them" if spent > _SLOW_MS else ""
    return Diagnosis(_WHAT, ok=True, words=f"a round trip takes {spent:.1f} ms{slow}")


def _open_to_others(server: SharedServer, settings: SharedSettings) -> Iterator[Diagnosis]:
    """Warn where others on the network could read answers, or write some."""
    given = server.pool.connection_kwargs
    host = str(given.get("host", "localhost"))
    if "path" in given or host == "localhost" or _is_loopback(host):
        return
    kept = "answers are text of your documents" if settings.cache else "it holds ids of users and workspaces"
    if not settings.url.get_secret_value().startswith(("valkeys:", "rediss:")):
        yield Diagnosis(_WHAT, ok=True, words=f"warning: not encrypted, and {kept}: begin shared.url with rediss://")
    if not given.get("password"):
        yield Diagnosis(_WHAT, ok=True, words=f"warning: no password is given, and {kept}")


async def _evicting(server: SharedServer) -> AsyncIterator[Diagnosis]:
    """Warn if the server drops limits before answers when its memory is full. Not every server says what it does."""
    try:
        memory = await server.asked("limits", lambda: _memory(server))
    except SharedServerError as error:
        if not isinstance(error.__cause__, ResponseError):
            raise
        return
    policy, most = str(memory.get("maxmemory_policy", "")), memory.get("maxmemory")
    if policy in _LOSES_LIMITS:
        words = f"warning: maxmemory-policy {policy} drops limits before answers: set allkeys-lru"
        yield Diagnosis(_WHAT, ok=True, words=words)
    if policy == "noeviction" and most:
        words = "warning: when its memory is full, each process counts for itself: set maxmemory-policy allkeys-lru"
        yield Diagnosis(_WHAT, ok=True, words=words)


async def _memory(server: SharedServer) -> dict[str, object]:
    return dict(await server.client.info("memory"))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
