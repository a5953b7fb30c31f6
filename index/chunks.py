"""A chunk as a value, the text of it that is embedded, and the pieces that its own text consists of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.markdown import without_links

_PIECE_END = re.compile(r"\n|[.!?。！？][^\S\n]+(?=\S)")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of a document's text, verbatim, with the headings above it and the anchor of the nearest one."""

    chunk_id: str
    document_id: str
    heading_path: tuple[str, ...]
    text: str
    anchor: str = ""

    @property
    def embedding_text(self) -> str:
        """The text that is embedded: the heading path, then the text without link targets."""
        return embedding_text(self.heading_path, self.text)


def embedding_text(heading_path: Sequence[str], text: str) -> str:
    """Return the text that is embedded for a chunk: the heading path, then `text` without link targets."""
    return heading_line(heading_path) + "".join(map(without_links, pieces(text)))


def heading_line(heading_path: Sequence[str]) -> str:
    """Return the first line of an embedding text."""
    return " > ".join(heading_path) + "\n"


def pieces(text: str) -> tuple[str, ...]:
    """Return text cut after line ends and sentence ends; joined, the pieces are the text again."""
    ends = [0, *(match.end() for match in _PIECE_END.finditer(text))]
    if ends[-1] < len(text):
        ends.append(len(text))
    return tuple(text[start:end] for start, end in pairwise(ends))
