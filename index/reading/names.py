"""The names under which a document may stand in a pattern: its id, where a link leads, an address as browsers read it.

A pattern that is missed leaves a document open, so every name of a document is looked up.
"""

import re
from collections.abc import Iterable, Iterator

from yarl import URL

_SCHEMES = ("https://", "http://")
_START = re.compile(r"(?:\./|/)+")
_SLASHES = re.compile(r"/{2,}")


def relative(pattern: str) -> str:
    """Return a pattern of document ids without "./" and "/" at its beginning, with which no id begins."""
    start = _START.match(pattern)
    return pattern[start.end() :] if start else pattern


def names_of(known: Iterable[str], prefix: str = "") -> list[str]:
    """Return known names in all their spellings, each once, with and without the `prefix` of a folder."""
    found = dict.fromkeys(spelt for name in known for spelt in (name, *_spellings(name)))
    return list(dict.fromkeys(name for spelt in found for name in _prefixed(spelt, prefix)))


def _prefixed(name: str, prefix: str) -> tuple[str, str]:
    return name, name.removeprefix(prefix) if name.startswith(prefix) else prefix + name


def _spellings(name: str) -> Iterator[str]:
    """Yield an address without needless escapes, dot segments and slashes, in ASCII and as people read it."""
    if not name.lower().startswith(_SCHEMES):
        return
    try:
        url = URL(name)
        written = (str(url), url.human_repr())
    except ValueError:
        return
    for address in written:
        scheme, _, below = address.partition("://")
        path, mark, query = below.partition("?")
        yield f"{scheme}://{_SLASHES.sub('/', path)}{mark}{query}"
