"""What an HTML page says about itself: front matter above it, and `<meta>` in its head."""

import re
from dataclasses import replace

from bs4 import BeautifulSoup, Tag

from index.errors import UnreadableDocumentError
from index.reading.formats import front_matter
from index.reading.formats.access_rules import access_of
from index.reading.formats.fields import Fields
from index.reading.formats.metadata import Metadata, updated_day
from index.reading.formats.stray_rules import refuse_in_page

# The parser warns of it, though XHTML is read as HTML by browsers as well.
_XML_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*>")
# A subject for search engines, not a label of secrecy.
_OTHER_MEANING = frozenset({"classification", "Classification"})


def parsed(text: str) -> tuple[Metadata, BeautifulSoup]:
    """Return what a page says about itself, and the page. Raises UnreadableDocumentError if it cannot be read."""
    below = front_matter.below_comments(text)
    said, page = (Metadata(), text) if below.startswith("<") else front_matter.split(below, is_prose=False)
    soup = BeautifulSoup(_XML_DECLARATION.sub("", page), "lxml")
    tags = Fields(tuple((name, str(tag.get("content", ""))) for tag in soup("meta") if (name := _name(tag))))
    times = Fields(tuple((name, str(tag["datetime"])) for tag in soup("time", datetime=True) if (name := _use(tag))))
    access = access_of(tags, _OTHER_MEANING)
    if said.access is not None and access is not None and set(said.access) != set(access):
        raise UnreadableDocumentError("front matter and <meta> name different groups: keep one of them")
    access = access if said.access is None else said.access
    if access is None:
        refuse_in_page(page, soup)
    updated = said.updated or updated_day(times) or updated_day(tags)
    return replace(said, access=access, updated=updated), soup


def _name(tag: Tag) -> str:
    return str(tag.get("name") or tag.get("property") or tag.get("itemprop") or "").strip()


def _use(time: Tag) -> str:
    """Return what a time on the page is for, as microdata (`dateModified`) and microformats (`updated`) say it."""
    return str(time.get("itemprop") or ("updated" if "updated" in (time.get("class") or ()) else ""))
