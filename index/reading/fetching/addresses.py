"""Tell public IP addresses from all others, and one site from another."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

# https://www.iana.org/assignments/iana-ipv6-special-registry: only 2000::/3 is handed out for the public internet.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Special-purpose networks that Python 3.11 still takes for public ones, and where Azure answers its own guests.
_SPECIAL = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "168.63.129.16/32",
        "2001:db8::/32",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_COMPATIBLE, _NAT64, _TEREDO = IPv6Network("::/96"), IPv6Network("64:ff9b::/96"), IPv6Network("2001::/32")


def is_public(address: str) -> bool:
    """Tell whether a numeric address belongs to the public internet. An IPv4 address inside an IPv6 one decides."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return _is_public(ip)
    if ip.scope_id is not None:
        return False
    held = _held(ip)
    return all(map(_is_public, held)) if held else ip in _GLOBAL_UNICAST and _is_public(ip)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _SPECIAL)


def _held(ip: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address stands for."""
    if ip.ipv4_mapped:
        return [ip.ipv4_mapped]
    if ip.sixtofour:
        return [ip.sixtofour]
    if ip in _TEREDO and ip.teredo:
        return list(ip.teredo)
    return [IPv4Address(int(ip) & 0xFFFFFFFF)] if ip in _COMPATIBLE or ip in _NAT64 else []


def plain(address: str) -> URL | None:
    """Return an http or https address without a user name as a URL; None for any other text."""
    try:
        url = URL(address)
        host, _port = url.raw_host, url.port
    except ValueError:
        return None
    if url.scheme not in {"http", "https"} or not host or "%" in host:
        return None
    return None if "@" in url.raw_authority else url


def is_named(address: str, hosts: Collection[str]) -> bool:
    """Tell whether an address has one of `hosts`, written as it is there. Upper and lower case count as equal."""
    url = plain(address)
    # A host in other characters, such as circled digits, may mean a named one but is not written like it.
    written = _written_host(address)
    return url is not None and any(written == _lower(host) and url.raw_host == _raw_host(host) for host in hosts)


def _written_host(address: str) -> str:
    authority = address.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    if authority.startswith("["):
        return _lower(authority[1:].split("]", 1)[0])
    return _lower(authority.split(":", 1)[0])


def _lower(host: str) -> str:
    bare = host.strip().removeprefix("[").removesuffix("]")
    return bare.lower() if bare.isascii() else bare


def _raw_host(host: str) -> str | None:
    bare = _lower(host)
    url = plain(f"http://[{bare}]/" if ":" in bare else f"http://{bare}/")
    return url.raw_host if url else None


def is_same_site(one: URL, other: URL) -> bool:
    """Tell whether two addresses have the same host and port. `www.` makes no other host."""
    return _site(one) == _site(other)


def _site(url: URL) -> tuple[str, int | None]:
    return (url.raw_host or "").removeprefix("www.").rstrip("."), None if url.is_default_port() else url.port
