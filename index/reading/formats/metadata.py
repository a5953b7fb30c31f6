"""What the fields of a document say about it: title, address, day of the last change, readers, draft or not."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from index.errors import UnreadableDocumentError
from index.reading.formats.access_rules import access_of
from index.reading.formats.fields import Fields

_UPDATED = (
    "updated lastupdated lastmod lastmodified lastmodifiedat modified modifiedat datemodified dateupdated editedat"
    " updatedat contentupdatedat lastupdate lastedited revised revisiondate lastreviewed reviewed msdate date"
    " articlemodifiedtime dctermsmodified dcmodified published publishedat pubdate created createdat"
).split()
_DAY = re.compile(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_SECONDS = re.compile(r"\s*(\d{9,10})(\d{3})?\s*$")
_ADDRESSES = ("url", "canonicalurl", "canonical", "permalink")
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})
_DRAFT_STATES = frozenset({"draft", "unpublished", "notpublished"})
# Keys that say with yes, with no, and by a word that a document is a draft.
_DRAFT, _PUBLISHED, _STATE = ("draft", "isdraft"), ("published", "ispublished", "publish"), ("status", "state")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file says about itself; the fields are as in Content."""

    title: str | None = None
    url: str | None = None
    access: list[str] | None = None
    updated: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return self == Metadata()


def metadata(fields: Fields) -> Metadata:
    """Return what fields say. Raises UnreadableDocumentError for a draft and for a rule that is not understood."""
    refuse_draft(fields)
    addresses = [_text(fields.first(key)) for key in _ADDRESSES]
    url = next((url for url in addresses if url and url.startswith(("https://", "http://"))), None)
    return Metadata(_text(fields.first("title")), url, access_of(fields), updated_day(fields))


def refuse_draft(fields: Fields) -> None:
    """Raise UnreadableDocumentError if the fields say that this is a draft."""
    for keys, words in ((_DRAFT, _YES), (_PUBLISHED, _NO), (_STATE, _DRAFT_STATES)):
        for key in keys:
            said = str(fields.first(key)).strip()
            if re.sub(r"[\s_-]", "", said.casefold()) in words:
                raise UnreadableDocumentError(f"a draft: it says `{key}: {said.lower()}`")


def updated_day(fields: Fields) -> str | None:
    """Return the day of the last change as YYYY-MM-DD; None if none is said, or not in the order year, month, day."""
    for key in _UPDATED:
        value = fields.first(key)
        said = value.first("date") if isinstance(value, Fields) else value
        if day := _day(str(said)):
            return day
    return None


def _day(said: str) -> str | None:
    try:
        if found := _DAY.match(said):
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
        if seconds := _SECONDS.match(said):
            return datetime.fromtimestamp(int(seconds[1]), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _text(value: Any) -> str | None:  # noqa: ANN401 - the value as the file gives it
    return " ".join(str(value).split()) or None if isinstance(value, str | int | float) else None
