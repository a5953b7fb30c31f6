"""A chunk as a value, the text that stands for it in vector space, and the pieces that its own text is made of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_PIECE_END = re.compile(r"\n|[.!?。！？][^\S\n]+(?=\S)")  # noqa: RUF001
_INLINE_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of a document's own text, with where it stands in it."""

    chunk_id: str
    document_id: str
    heading_path: tuple[str, ...]
    text: str
    anchor: str = ""

    @property
    def embedding_text(self) -> str:
        """What is embedded: the heading path, then the text without link targets."""
        return embedding_text(self.heading_path, self.text)


def embedding_text(heading_path: Sequence[str], text: str) -> str:
    """Return the text that stands for a chunk in vector space."""
    return heading_line(heading_path) + "".join(map(without_links, pieces(text)))


def heading_line(heading_path: Sequence[str]) -> str:
    """Return the first line of an embedding text."""
    return " > ".join(heading_path) + "\n"


def without_links(text: str) -> str:
    """Return Markdown without the targets of its links."""
    return _INLINE_LINK.sub(r"\1", text)


def pieces(text: str) -> tuple[str, ...]:
    """Cut text at line ends and sentence ends; joined again they are the text."""
    ends = [0, *(match.end() for match in _PIECE_END.finditer(text))]
    if ends[-1] < len(text):
        ends.append(len(text))
    return tuple(text[start:end] for start, end in pairwise(ends))
