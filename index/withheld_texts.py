"""Find the documents that hold text addressed to a language model, for the coverage report of a build."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from index.retrieval import Manifest, WithheldText
from index.snapshot_tables import IndexedDocument, IndexedSource

# Returns the passages of a chunk's text that are withheld from prompts and quotes.
Withheld = Callable[[str], Sequence[str]]
_EXCERPT_CHARS = 80
# This much of a passage's first line is looked for in the file. A converter may change what follows.
_SOUGHT_CHARS = 40


def withheld_texts(
    files: Sequence[Path], sources: Sequence[IndexedSource], previous: Manifest | None, withheld: Withheld
) -> tuple[WithheldText, ...]:
    """Return the documents of `sources` in which `withheld` finds passages; `files` are their files, in order.

    Documents that have not changed since the `previous` snapshot are not looked at again: 600 kB of text take about
    half a second, the rest of a build without changes a tenth.
    """
    unchanged = {} if previous is None or previous.withheld is None else previous.documents
    known = {} if previous is None else {found.document_id: found for found in previous.withheld or ()}
    every = ((file, document) for file, source in zip(files, sources, strict=True) for document in source.documents)
    found = (
        known.get(document.document_id)
        if unchanged.get(document.document_id) == document.content_hash
        else _withheld_text(file, document, withheld)
        for file, document in every
    )
    return tuple(text for text in found if text is not None)


def _withheld_text(file: Path, document: IndexedDocument, withheld: Withheld) -> WithheldText | None:
    passages = [passage for text in _texts(document) for passage in withheld(text)]
    if not passages:
        return None
    excerpt = "".join(c if c.isprintable() else " " for c in passages[0])
    return WithheldText(
        document_id=document.document_id,
        line=_line(file, passages[0]),
        passages=len(passages),
        excerpt=" ".join(excerpt.split())[:_EXCERPT_CHARS],
    )


def _texts(document: IndexedDocument) -> Iterator[str]:
    yield from dict.fromkeys(heading for chunk in document.chunks for heading in chunk.heading_path)
    yield from (chunk.text for chunk in document.chunks)


def _line(file: Path, passage: str) -> int | None:
    sought = passage.strip().split("\n")[0][:_SOUGHT_CHARS]
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((number for number, line in enumerate(lines, 1) if sought in line), None)
