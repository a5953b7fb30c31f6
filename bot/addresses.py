"""Addresses of servers that hold a password: PostgreSQL's, and that of the server that replicas share.

A client that cannot read an address repeats parts of it in its error, the password among them. So each address is read
here first, with the settings, and what is said of a wrong one repeats nothing of it. A password that holds a slash or
an @ as it stands would end too early, and its rest would be taken for a host or a port.
"""

import re
from urllib.parse import urlsplit

from pydantic import SecretStr

_SHARED = ("valkeys://", "rediss://", "valkey://", "redis://", "unix://")
_WRONG = (
    "it cannot be read as an address: in a user and a password write %25 for %, %40 for @, %2F for /, %3F for ?, %23"
    " for # and %20 for a space; a port is a number"
)
_PORT_MAX = 65_535
# As libpq reads it, but a user and a password end at the only @ before the path.
_POSTGRES = re.compile(
    r"postgres(?:ql)?://(?:[^/@]*@)?(?P<hosts>[^/?@]*)(?:/[^?@]*)?(?:\?(?:[a-z_]+=[^=&]*(?:&[a-z_]+=[^=&]*)*)?)?"
)
_HOST = re.compile(r"(?:\[[^\[\]]+\]|[^\[\]:]*)(?::(?P<port>\d{0,5}))?")
_ENCODED = re.compile(r"(?:[^\s%\x00-\x1f\x7f]|%(?!00)[0-9A-Fa-f]{2})*")


def postgres_url(value: SecretStr) -> SecretStr:
    """Return an address of PostgreSQL. Raises ValueError, which does not quote it."""
    url = value.get_secret_value().strip()
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("an address of PostgreSQL begins with postgresql://")
    if url and not _is_postgres(url):
        raise ValueError(_WRONG)
    return SecretStr(url)


def shared_url(value: SecretStr) -> SecretStr:
    """Return an address of Valkey or Redis. Raises ValueError, which does not quote it."""
    url = value.get_secret_value().strip()
    if url and not url.startswith(_SHARED):
        raise ValueError(f"begin it with {', '.join(_SHARED[:-1])} or {_SHARED[-1]}")
    if url and not _is_shared(url):
        raise ValueError(_WRONG)
    return SecretStr(url)


def _is_postgres(url: str) -> bool:
    read = _POSTGRES.fullmatch(url)
    return bool(read and _ENCODED.fullmatch(url) and all(map(_is_host, read["hosts"].split(","))))


def _is_host(text: str) -> bool:
    read = _HOST.fullmatch(text)
    return read is not None and (not read["port"] or 0 < int(read["port"]) <= _PORT_MAX)


def _is_shared(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Reading the port is what raises if it is none.
        is_usable = parts.port != 0
    except ValueError:
        return False
    is_whole = not parts.fragment and "@" not in parts.path + parts.query
    return is_usable and is_whole and all("=" in pair for pair in parts.query.split("&") if pair)
