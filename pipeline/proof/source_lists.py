"""Leave out the list of sources at the end of an answer: every answer is shown with its sources anyway."""

import re
from collections.abc import Sequence

from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable
from pipeline.proof.markers import markers_in, without_markers

_DEFINITION = re.compile(r"[ ]{0,3}(?:[-*+•][ ]+)?\[\d{1,3}\]:")
# "Sources:", "**Quellen:** [1][2]", "## References". After "Except:" and the like a title is a statement.
_SOURCES = r"sources?|references?|citations?|footnotes?|quellen?|belege?|fuentes?|références?|fonti"
_LABEL = re.compile(
    rf"[ ]{{0,3}}(?P<label>(?:\#{{1,6}}[ ]|[*_]{{1,3}})?(?:{_SOURCES})[ ]?[*_]{{0,3}}:?[*_]{{0,3}})(?P<rest>.*)",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[ ]{0,3}(?:[-*+•][ ]+|\d{1,3}[.)][ ]+)?")
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]{12,500})[\"”“»]")
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]]+")


def without_source_list(answer: str, chunks: Sequence[RetrievedChunk]) -> str:
    """Return an answer without a list of sources at its end. Pure.

    A line is left out only if it says nothing but the title, heading, address or words of a source. Its markers stay
    if the rest of the answer has none.
    """
    lines = answer.rstrip().split("\n")
    start = _start(lines, chunks)
    body, sources = "\n".join(lines[:start]).rstrip(), "\n".join(lines[start:])
    if not sources or not body:
        return answer
    markers = "".join(dict.fromkeys(f"[{marker}]" for marker in markers_in(sources)))
    return body if markers_in(body) else f"{body}\n\n{markers}".rstrip()


def _start(lines: Sequence[str], chunks: Sequence[RetrievedChunk]) -> int:
    """Return where the list of sources begins; the number of lines if there is none."""
    start = at = len(lines)
    while at and (not lines[at - 1].strip() or _is_a_source(_ITEM.sub("", lines[at - 1], count=1), chunks)):
        at -= 1
        start = at if _DEFINITION.match(lines[at]) else start
    if at and _is_label(lines[at - 1], chunks, has_items=at < len(lines)):
        return at - 1
    return start


def _is_label(line: str, chunks: Sequence[RetrievedChunk], *, has_items: bool) -> bool:
    """Tell whether a line is one or two words before sources: with a colon, or a heading of the lines after it."""
    found = _LABEL.fullmatch(line)
    if found is None:
        return False
    if not found["rest"].strip():
        return has_items and (":" in found["label"] or found["label"].startswith(("#", "*", "_")))
    return ":" in found["label"] and _is_a_source(found["rest"], chunks)


def _is_a_source(line: str, chunks: Sequence[RetrievedChunk]) -> bool:
    """Tell whether a line holds a marker or an address, and nothing else but what names or repeats a source."""
    if not markers_in(line.replace("]:", "] ")) and not _ADDRESS.search(line):
        return False
    names = {name for chunk in chunks for name in (chunk.title, chunk.heading, chunk.chunk_id, chunk.url or "") if name}
    left = comparable(without_markers(line.replace("]:", "] ")))
    for name in sorted(map(comparable, names), key=len, reverse=True):
        left = left.replace(name, " ")
    said = [comparable(chunk.text) for chunk in chunks]
    left = _QUOTED.sub(lambda quote: " " if any(quote[1].strip(" .…") in text for text in said) else quote[0], left)
    return not any(character.isalnum() for character in left.replace("chunk_id", " "))
