"""The proxy of the environment, for libraries that do not look for it or do not know NO_PROXY.

aiohttp's own `trust_env` would also read ~/.netrc, and refuses a request that has a token and an entry there.
"""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

_SCHEMES = {"wss": "https", "ws": "http"}


def proxy_of(url: str) -> str | None:
    """Return the proxy through which the environment wants `url` to be asked; None to ask it directly."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(_SCHEMES.get(parts.scheme, parts.scheme)) or proxies.get("all")
    if not proxy or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
