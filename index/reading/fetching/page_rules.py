"""Which fetched pages are not indexed, and why: those that ask for it, and those where one has to sign in."""

import codecs
import re
from collections.abc import Collection, Iterator

from lxml import etree, html
from yarl import URL

from index.reading.fetching.client import AGENT, Reply

HTML = {"text/html", "application/xhtml+xml"}
_OUR_NAMES = {"robots", "googlebot", AGENT.lower()}
_NOT_INDEXED = {"noindex", "none"}
_WITH_VALUE = {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}
_DIRECTIVE = re.compile(r"(?:\s*([\w-]+)\s*:)?\s*([\w-]+)")
# A page that holds less text than this beside a password field is a sign-in page.
_SIGN_IN_CHARS = 400
_ELSEWHERE = {"header", "nav", "footer", "aside", "dialog"}
_NOT_READ = _ELSEWHERE | {"script", "style", "noscript", "template", "form", "head"}
# libxml2 takes time with the square of the number of attributes: 0.8 s for a page of this size at worst.
_JUDGED_BYTES = 200_000
_SIGN_IN_PATH = re.compile(r"(?:\w+-)?(?:log|sign)[-_]?[io]n(?:\.\w+)?", re.IGNORECASE)
_TEMPORARY = {302, 303, 307}
# WHATWG Encoding: these names mean windows-1252 on the web.
_WINDOWS_1252 = {"iso8859-1", "ascii"}
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def reason_not_to_index(reply: Reply) -> str | None:
    """Return why a page is not indexed; None if it is."""
    if any(_says_noindex(header) for header in reply.robots):
        return "asks not to be indexed (X-Robots-Tag)"
    page = _parsed(reply)
    if page is None:
        return None
    if _says_noindex(", ".join(_robots_tags(page))):
        return "asks not to be indexed (noindex)"
    return "a sign-in page" if len(reply.body) <= _JUDGED_BYTES and _is_sign_in(page) else None


def is_sign_in_redirect(requested: URL, status: int, target: URL) -> bool:
    """Tell whether a redirect leads to a form for signing in.

    Either it carries along where to go back to, or it leads to a path such as "/login" for now. An article about
    signing in that has moved keeps its name, or has moved for good.
    """
    back = requested.path
    if len(back) > 1 and any(back in value for value in target.query.values()) and back not in target.path:
        return True
    named = _SIGN_IN_PATH.fullmatch(target.name or target.parent.name)
    asked = _SIGN_IN_PATH.fullmatch(requested.name or requested.parent.name)
    return status in _TEMPORARY and named is not None and asked is None


def utf8_body(reply: Reply) -> bytes:
    """Return the body of a text in UTF-8 with a byte order mark, if its header names another encoding."""
    if not reply.charset or not reply.content_type.startswith(("text/", "application/xhtml")):
        return reply.body
    if reply.body.startswith(_BOMS):
        return reply.body
    try:
        name = codecs.lookup(reply.charset).name
        if name == "utf-8":
            return reply.body
        text = reply.body.decode("cp1252" if name in _WINDOWS_1252 else name, errors="replace")
    except (LookupError, ValueError):
        return reply.body
    return text.encode("utf-8-sig", errors="replace")


def _says_noindex(header: str) -> bool:
    """Read directives such as "googlebot: nofollow, noindex". A name counts until the next one."""
    ours = True
    for directive in header.split(","):
        found = _DIRECTIVE.match(directive)
        if found is None or (found[1] or "").lower() in _WITH_VALUE:
            continue
        if found[1]:
            ours = found[1].lower() in _OUR_NAMES
        if ours and found[2].lower() in _NOT_INDEXED:
            return True
    return False


def _parsed(reply: Reply) -> etree._Element | None:
    """Return the beginning of an HTML page that mentions one of both; most do not, and are not parsed here."""
    body = utf8_body(reply)[:_JUDGED_BYTES]
    if reply.content_type not in HTML or not re.search(rb"(?i)noindex|\bnone\b|password", body):
        return None
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True)
    try:
        return html.document_fromstring(body, parser)
    except (etree.LxmlError, ValueError):
        return None


def _robots_tags(page: etree._Element) -> Iterator[str]:
    for tag in page.iter("meta"):
        if (tag.get("name") or "").strip().lower() in _OUR_NAMES:
            yield tag.get("content") or ""


def _is_sign_in(page: etree._Element) -> bool:
    """Tell whether a page asks for a password in its main part, and has little to read beside it."""
    has_field = any(
        (tag.get("type") or "").lower() == "password" for tag, left in _walked(page, _ELSEWHERE) if not left
    )
    texts = (text for tag, left in _walked(page, _NOT_READ) for text in (not left and tag.text, tag.tail) if text)
    return has_field and len(" ".join(" ".join(texts).split())) < _SIGN_IN_CHARS


def _walked(page: etree._Element, left_out: Collection[str]) -> Iterator[tuple[etree._Element, bool]]:
    """Yield each element and whether it is one of `left_out`; what is in those is passed over."""
    walk = etree.iterwalk(page, events=("start",))
    for _, tag in walk:
        if left := tag.tag in left_out:
            walk.skip_subtree()
        yield tag, left
