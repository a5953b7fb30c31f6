"""Read the numbers that a bracket of an answer cites."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable
from pipeline.types import Citation

_SPACE = " \t\u00a0\u200b\u200c\u200d\u2060\ufeff"
_SEPARATOR = re.compile(
    r"(?:(?<![ ])[ ]++)?[,;&，；、][ ]*+(?:and[ ]++)?"  # noqa: RUF001
    r"|(?<![ ])[ ]++(?:and|und|et|y|e|en|och|og)[ ]++",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"(?:(?P<words>(?:[^\W\d]{1,20}[ ]){0,2})(?P<label>[^\W\d]{1,20})(?P<gap>[ .:=#_-]{0,3}))?#?(?P<first>\d{1,3})"
    r"(?:[ ]?[-‐‑–—~][ ]?(?:(?P=label)(?P=gap))?(?P<last>\d{1,3}))?"  # noqa: RUF001
)
_NAMED = re.compile(r"(?:(?P<label>[^\W\d]{2,20})[ ]?[:=#]?[ ]?)?(?P<name>[^\s:=#]+)")
_PLACE = re.compile(r"[\w.:/-]{0,80}")
# Words before a number that name nothing but a source. Any other word may be one of the text: "[Step 2]", "[Covid-19]".
_SURE = frozenset(
    "source src citation cite ref reference block doc document chunk marker context passage source_id chunk_id quelle "
    "quellen fuente fonte référence 出典 来源".split()
)
_ID_LABELS = _SURE | {"id", "chunk_id", "chunkid"}
_LONGEST_RANGE = 20


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a bracket and the word before them ("" if there is none).

    `is_apart`: a space or a colon stands between the two. `has_id`: a chunk is named by its id.
    """

    content: str
    numbers: tuple[int, ...]
    label: str = ""
    is_apart: bool = False
    has_id: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the word before the numbers names a source and nothing else."""
        return self.label.removesuffix("s") in _SURE

    @property
    def plain(self) -> str:
        """The numbers as plain markers."""
        return "".join(f"[{number}]" for number in self.numbers)


@dataclass(frozen=True, slots=True)
class Sources:
    """What the markers of an answer can name, and what the documents say.

    `markers` are those of chunk ids, `listed` those of citations.
    """

    markers: dict[str, int]
    listed: frozenset[int]
    count: int
    said: str

    def name_a_block(self, numbers: Sequence[int]) -> bool:
        """Tell whether one of the numbers is that of a block of the prompt."""
        return any(1 <= number <= self.count for number in numbers)


def sources_of(citations: Sequence[Citation], chunks: Sequence[RetrievedChunk]) -> Sources:
    """Return what the markers of an answer can name."""
    markers = {chunk.chunk_id: number for number, chunk in enumerate(chunks, 1)}
    markers |= {citation.chunk_id: citation.marker for citation in reversed(citations)}
    said = comparable("\n".join(chunk.text for chunk in chunks))
    listed = frozenset(citation.marker for citation in citations)
    return Sources(markers, listed, len(chunks), said)


def numbers_in(content: str, markers: Mapping[str, int]) -> Numbers | None:
    """Return what the content of a bracket cites; None if it is anything else. `markers` are those of chunk ids."""
    # What follows a dagger is a place in the source: "1†L1-L3".
    number, dagger, place = content.partition("†")
    if dagger and not _PLACE.fullmatch(place):
        return None
    words = " ".join(number.strip(_SPACE + "^*_").split())
    first, colon, name = words.partition(":")
    if colon and first.strip().isdecimal() and _marker(name.strip(), markers) is not None:
        words = first.strip()
    parts = [_part(part, markers) for part in _SEPARATOR.split(words)]
    read = [part for part in parts if part]
    labels = list(dict.fromkeys(part.label for part in read if part.label))
    if len(read) != len(parts) or len(labels) > 1 or (labels and not read[0].label and not read[0].has_id):
        return None
    numbers = tuple(dict.fromkeys(number for part in read for number in part.numbers))
    return Numbers(words, numbers, "".join(labels), read[0].is_apart, any(part.has_id for part in read))


def _part(part: str, markers: Mapping[str, int]) -> Numbers | None:
    marker = _marker(part, markers)
    if marker is not None:
        return Numbers(part, (marker,), has_id=True)
    found = _ONE.fullmatch(part)
    if found is None or (found["words"] and found["label"].casefold().removesuffix("s") not in _SURE):
        return None
    first, last = int(found["first"]), int(found["last"] or found["first"])
    numbers = range(first, last + 1) if first <= last < first + _LONGEST_RANGE else (first, last)
    is_apart = not (found["gap"] or "").strip(" .:=#") and bool(found["gap"])
    return Numbers(part, tuple(numbers), (found["label"] or "").strip("_").casefold(), is_apart)


def _marker(name: str, markers: Mapping[str, int]) -> int | None:
    """Return the marker of a chunk id, which may have a word before it: "chunk_id=25b4f117f998"."""
    named = _NAMED.fullmatch(name)
    is_label = named is not None and (named["label"] or "id").casefold().removesuffix("s") in _ID_LABELS
    return markers.get(name, markers.get(named["name"]) if named and is_label else None)
