"""Convert a source to documents: choose the converter by suffix, add what the rules say about access and links."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bs4 import BeautifulSoup

from index.errors import UnreadableDocumentError
from index.reading import markup, office
from index.reading.documents import Document, LoadRules, Skipped
from index.reading.markup import Content
from index.reading.source import Source

_MAX_LINES = 200_000
_TITLE_CHARS = 200
_CONVERTERS: dict[str, Callable[[bytes], Content]] = {
    ".md": markup.markdown,
    ".markdown": markup.markdown,
    ".mdx": markup.markdown,
    ".html": markup.html,
    ".htm": markup.html,
    ".txt": markup.plain,
    ".pdf": office.pdf,
    ".docx": office.docx,
    ".pptx": office.pptx,
    ".xlsx": office.xlsx,
}
_EXPORT = ".jsonl"
SUPPORTED_SUFFIXES = (*_CONVERTERS, _EXPORT)


def documents_of(source: Source, rules: LoadRules) -> list[Document | Skipped]:
    """Return the documents of a source. Raises UnreadableDocumentError, and whatever the parsers raise."""
    raw = source.path.read_bytes()
    if source.suffix == _EXPORT:
        return _exported(raw, source, rules)
    return [_document(_CONVERTERS[source.suffix](raw), source.source_id, source, rules)]


def _document(content: Content, document_id: str, source: Source, rules: LoadRules) -> Document:
    # SQLite cannot store a lone surrogate.
    text = content.text.encode(errors="replace").decode().strip()
    if not text:
        raise UnreadableDocumentError("empty")
    if text.count("\n") > _MAX_LINES:
        raise UnreadableDocumentError(f"more than {_MAX_LINES:,} lines")
    named = Path(document_id).stem.replace("-", " ").capitalize()
    return Document(
        document_id=document_id,
        title=" ".join((content.title or named).split())[:_TITLE_CHARS],
        url=rules.link(document_id, content.url or source.url),
        groups=rules.groups(document_id, content.access),
        text=text + "\n",
        named_anchors=content.named_anchors,
    )


def _exported(raw: bytes, source: Source, rules: LoadRules) -> list[Document | Skipped]:
    """Return the articles of a help centre's export: a JSON line each, with title, body, and maybe id, url, groups."""
    items: list[Document | Skipped] = []
    taken: set[str] = set()
    for number, line in enumerate(markup.decoded(raw).split("\n"), 1):
        if not line.strip():
            continue
        line_id = f"{source.source_id}#{number}"
        try:
            document = _article(line, line_id, source, rules)
        except UnreadableDocumentError as error:
            items.append(Skipped(line_id, str(error)))
            continue
        if document.document_id in taken:
            document = replace(document, document_id=line_id)
        taken.add(document.document_id)
        items.append(document)
    return items


def _article(line: str, line_id: str, source: Source, rules: LoadRules) -> Document:
    try:
        fields = json.loads(line)
        title, body = str(fields["title"]), str(fields["body"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableDocumentError("not a JSON object with title and body") from error
    is_html = bool(BeautifulSoup(body, "html.parser").find(["p", "div", "ul", "ol", "h1", "h2", "h3", "table", "br"]))
    text = markup.html_text(BeautifulSoup(body, "html.parser")) if is_html else markup.reduced(body)
    key = fields.get("id")
    document_id = f"{source.source_id}#{key}" if isinstance(key, str | int) else line_id
    url = fields.get("url")
    content = Content(title, text, str(url) if url else None, fields.get("groups"), named_anchors=True)
    return _document(content, document_id, source, rules)
