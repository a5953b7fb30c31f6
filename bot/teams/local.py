"""Whether a request comes from this machine, and not through a proxy or a web page."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK_NAMES = frozenset({"127.0.0.1", "::1", "localhost"})
# What proxies and tunnels add to a request that they pass on.
_FORWARDING = frozenset({"forwarded", "via", "x-real-ip", "true-client-ip", "cf-connecting-ip"})
_FORWARDED = "x-forwarded-"


def is_from_this_machine(request: web.Request) -> bool:
    """Tell whether a program on this machine sends a request directly.

    A name that is not the loopback's comes from a web page whose name was pointed here, an origin from any web page.
    A tunnel that changes nothing cannot be told from such a program.
    """
    peer = request.transport.get_extra_info("peername") if request.transport else None
    names = {name.lower() for name in request.headers}
    return (
        peer is not None
        and ip_address(peer[0].partition("%")[0]).is_loopback
        and _host_of(request) in LOOPBACK_NAMES
        and "origin" not in names
        and not names & _FORWARDING
        and not any(name.startswith(_FORWARDED) for name in names)
    )


def _host_of(request: web.Request) -> str:
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return ""
