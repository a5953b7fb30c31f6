"""What an HTML page says about itself: front matter above it, and `<meta>` in its head."""

from dataclasses import replace

from bs4 import BeautifulSoup, Tag

from index.errors import UnreadableDocumentError
from index.reading.formats import front_matter
from index.reading.formats.access_rules import access_of
from index.reading.formats.fields import Fields
from index.reading.formats.metadata import Metadata, updated_day

# A subject for search engines, not a label of secrecy.
_OTHER_MEANING = frozenset({"classification", "Classification"})


def parsed(text: str) -> tuple[Metadata, BeautifulSoup]:
    """Return what a page says about itself, and the page. Raises UnreadableDocumentError if it cannot be read."""
    below = front_matter.below_comments(text)
    said, page = (Metadata(), text) if below.startswith("<") else front_matter.split(below, is_prose=False)
    soup = BeautifulSoup(page, "lxml")
    tags = Fields(tuple((name, str(tag.get("content", ""))) for tag in soup("meta") if (name := _name(tag))))
    access = access_of(tags, _OTHER_MEANING)
    if said.access is not None and access is not None and set(said.access) != set(access):
        raise UnreadableDocumentError("front matter and <meta> name different groups: keep one of them")
    access = access if said.access is None else said.access
    return replace(said, access=access, updated=said.updated or updated_day(tags)), soup


def _name(tag: Tag) -> str:
    return str(tag.get("name") or tag.get("property") or tag.get("itemprop") or "").strip()
