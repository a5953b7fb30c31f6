"""Convert a source to documents: choose the converter by suffix, add what the rules say about access and links."""

from collections.abc import Callable, Iterator
from pathlib import Path

from index.errors import UnreadableDocumentError
from index.reading.documents import Document, LoadRules, Skipped
from index.reading.formats.content import Content
from index.reading.formats.delimited import delimited
from index.reading.formats.epub import epub
from index.reading.formats.exports import articles
from index.reading.formats.html_page import html
from index.reading.formats.markdown_page import markdown, mdx
from index.reading.formats.opendocument import ods, odt
from index.reading.formats.pdf import pdf
from index.reading.formats.plain_text import plain
from index.reading.formats.sheets import xlsx
from index.reading.formats.slides import pptx
from index.reading.formats.synced import synced
from index.reading.formats.word import docx
from index.reading.source import EXPORT, Source

_MAX_LINES = 200_000
_TITLE_CHARS = 200
_CONVERTERS: dict[str, Callable[[bytes], Content]] = {
    ".md": markdown,
    ".markdown": markdown,
    ".mdx": mdx,
    ".html": html,
    ".htm": html,
    ".txt": plain,
    ".pdf": pdf,
    ".docx": docx,
    ".docm": docx,
    ".dotx": docx,
    ".pptx": pptx,
    ".pptm": pptx,
    ".ppsx": pptx,
    ".xlsx": xlsx,
    ".xlsm": xlsx,
    ".epub": epub,
    ".odt": odt,
    ".ods": ods,
    ".csv": delimited,
    ".tsv": delimited,
    ".synced": synced,
}
# Formats that hold a document but are not read, and the one to save them in.
_SAVE_AS = {
    ".doc": ".docx",
    ".dot": ".docx",
    ".pages": ".docx",
    ".wpd": ".docx",
    ".rtf": ".docx",
    ".one": ".docx",
    ".ppt": ".pptx",
    ".odp": ".pptx",
    ".key": ".pptx",
    ".xls": ".xlsx",
    ".xlsb": ".xlsx",
    ".numbers": ".xlsx",
}
SUPPORTED_SUFFIXES = (*_CONVERTERS, EXPORT, *_SAVE_AS)


def documents_of(source: Source, rules: LoadRules) -> list[Document | Skipped]:
    """Return the documents of a source, and what of them could not be read.

    Raises UnreadableDocumentError, and whatever the parsers raise.
    """
    if better := _SAVE_AS.get(source.suffix):
        raise UnreadableDocumentError(f"{source.suffix} files are not read: save it as {better}")
    raw = source.path.read_bytes()
    if source.suffix == EXPORT:
        return list(_exported(raw, source, rules))
    return list(_documents(_CONVERTERS[source.suffix](raw), source.source_id, source, rules, source.others))


def _exported(raw: bytes, source: Source, rules: LoadRules) -> Iterator[Document | Skipped]:
    """Yield the articles of an export. The second with the same id gets the number of its line for an id."""
    taken: set[str] = set()
    for article in articles(raw):
        line_id = f"{source.source_id}#{article.line}"
        own_id = line_id if article.key is None else f"{source.source_id}#{article.key}"
        document_id = line_id if own_id in taken else own_id
        taken.add(document_id)
        if isinstance(article.content, str):
            yield Skipped(document_id, article.content)
            continue
        try:
            files = (source.source_id, *source.others)
            others = tuple(f"{name}{own_id.removeprefix(source.source_id)}" for name in files)
            yield from _documents(article.content, document_id, source, rules, others, files)
        except UnreadableDocumentError as error:
            yield Skipped(line_id, str(error))


def _documents(
    content: Content,
    document_id: str,
    source: Source,
    rules: LoadRules,
    others: tuple[str, ...],
    files: tuple[str, ...] = (),
) -> Iterator[Document | Skipped]:
    # SQLite cannot store a lone surrogate.
    text = content.text.encode(errors="replace").decode().strip()
    if not text:
        raise UnreadableDocumentError("empty")
    if text.count("\n") > _MAX_LINES:
        raise UnreadableDocumentError(f"more than {_MAX_LINES:,} lines")
    named = Path(document_id).stem.replace("-", " ").capitalize()
    yield Document(
        document_id=document_id,
        title=" ".join((content.title or named).split())[:_TITLE_CHARS],
        url=rules.link(document_id, content.url or source.url),
        groups=rules.groups(document_id, content.access, source.prefix, others, files),
        text=text + "\n",
        named_anchors=content.named_anchors,
        updated=content.updated,
    )
    yield from (Skipped(document_id, reason, part) for part, reason in content.unread)
