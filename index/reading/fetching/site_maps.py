"""Read what lists pages: a site map, an index of site maps, an RSS or Atom feed, a text file of addresses."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urldefrag, urljoin

from lxml import etree

from index.reading.fetching.addresses import plain
from index.reading.fetching.client import RefusedError, Reply

_XML = {"application/xml", "text/xml", "application/rss+xml", "application/atom+xml", "application/x-gzip"}
_GZIP = b"\x1f\x8b"
_MAP_ENDS = (".xml", ".xml.gz")
# Where each kind of list keeps its addresses, as XPath without namespaces. An image's <loc> is no page.
_PLACES = {
    "urlset": "*[local-name()='url']/*[local-name()='loc']",
    "sitemapindex": "*[local-name()='sitemap']/*[local-name()='loc']",
    "rss": "*[local-name()='channel']/*[local-name()='item']/*[local-name()='link']",
    "RDF": "*[local-name()='item']/*[local-name()='link']",
    "feed": "*[local-name()='entry']/*[local-name()='link'][not(@rel) or @rel='alternate']",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """The addresses of pages and of further site maps, each once, in their order."""

    pages: tuple[str, ...]
    maps: tuple[str, ...]


def listing(reply: Reply, max_bytes: int) -> Listing | None:
    """Return what a reply lists; None if it is a page itself. Raises RefusedError for a site map that is broken."""
    body = _unpacked(reply.body, max_bytes)
    root = _root(body)
    kind = etree.QName(root).localname if root is not None else ""
    if root is not None and kind in _PLACES:
        found = [item.get("href") or item.text or "" for item in root.xpath(_PLACES[kind])]
    elif reply.content_type in _XML:
        raise RefusedError("not a site map or feed that can be read")
    elif reply.content_type == "text/plain" and reply.url.endswith(".txt"):
        found = [word for word in body.decode(errors="replace").split() if plain(word)]
    else:
        return None
    urls = list(dict.fromkeys(_absolute(found, reply.url)))
    maps = [url for url in urls if kind == "sitemapindex" or _is_map(url)]
    listed = set(maps)
    return Listing(tuple(url for url in urls if url not in listed), tuple(maps))


def _is_map(url: str) -> bool:
    return url.partition("?")[0].endswith(_MAP_ENDS)


def _absolute(found: Iterable[str], base: str) -> Iterator[str]:
    for item in found:
        try:
            url = urldefrag(urljoin(base, item.strip()))[0] if item.strip() else ""
        except ValueError:
            continue
        if url.startswith(("https://", "http://")) and url.isprintable():
            yield url


def _root(body: bytes) -> etree._Element | None:
    # No entities, no files, no network, and libxml2's own limits on depth and length. A stray "&" is forgiven.
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=True, remove_comments=True
    )
    try:
        return etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _unpacked(body: bytes, max_bytes: int) -> bytes:
    if not body.startswith(_GZIP):
        return body
    try:
        with gzip.open(BytesIO(body)) as stream:
            unpacked = stream.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedError("a broken gzip file") from error
    if len(unpacked) > max_bytes:
        raise RefusedError(f"larger than {max_bytes:,} bytes unpacked")
    return unpacked
