"""Sources to documents and chunks, in worker processes that a hostile file can neither hang nor bring down."""

import json
import multiprocessing
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from pebble import ProcessExpired, ProcessPool

from index.chunking import chunk_document
from index.embedding.model import OnnxEmbedder
from index.errors import UnreadableDocumentError
from index.reading import markup, office
from index.reading.documents import Document, LoadRules, Skipped
from index.reading.markup import Content
from index.reading.sources import Source
from index.snapshot_tables import IndexedDocument, IndexedSource

_WORKERS = 2
_RECURSION = 1500
_MAX_LINES = 200_000
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


def converted(sources: Sequence[Source], embedder: OnnxEmbedder, rules: LoadRules) -> Iterator[IndexedSource]:
    """Yield what each source gives, in their order; what takes longer than `rules.seconds` is skipped."""
    readable = [source for source in sources if source.problem is None and source.suffix in SUPPORTED_SUFFIXES]
    futures: dict[str, Any] = {}
    if not readable:
        yield from (_nothing(source) for source in sources)
        return
    context = multiprocessing.get_context("spawn")
    workers = min(_WORKERS, len(readable))
    with ProcessPool(workers, initializer=_limit, initargs=(rules.memory_bytes,), context=context) as pool:
        for source in readable:
            arguments = (source, rules, embedder.folder)
            futures[source.source_id] = pool.schedule(_convert, args=arguments, timeout=rules.seconds)
        for source in sources:
            future = futures.get(source.source_id)
            yield _nothing(source) if future is None else _outcome(source, future, rules)


def documents_of(source: Source, rules: LoadRules) -> list[Document | Skipped]:
    """Return the documents of one source, read here. Raises UnreadableDocumentError and whatever parsers do."""
    raw = source.path.read_bytes()
    if source.suffix == _EXPORT:
        return _exported(raw, source, rules)
    return [_document(_CONVERTERS[source.suffix](raw), source.source_id, source, rules)]


def _nothing(source: Source) -> IndexedSource:
    reason = source.problem or f"unsupported type {source.suffix or '(none)'}"
    return IndexedSource(source.source_id, source.fingerprint, (), (Skipped(source.source_id, reason),))


def _outcome(source: Source, future: Any, rules: LoadRules) -> IndexedSource:  # noqa: ANN401 - pebble's future
    try:
        made: IndexedSource = future.result()
    except FutureTimeoutError:
        return _nothing(replace(source, problem=f"took longer than {rules.seconds:g} s to read"))
    except ProcessExpired:
        return _nothing(replace(source, problem="its reader crashed"))
    except Exception as error:  # noqa: BLE001 - whatever a parser raised there: this document is left out
        return _nothing(replace(source, problem=f"cannot be read ({type(error).__name__})"))
    return made


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    sys.setrecursionlimit(_RECURSION)


def _convert(source: Source, rules: LoadRules, embedder_folder: Path) -> IndexedSource:
    """Run in a worker: read, convert and cut one source."""
    try:
        items = documents_of(source, rules)
    except UnreadableDocumentError as error:
        return _nothing(replace(source, problem=str(error)))
    except RecursionError:
        return _nothing(replace(source, problem="nested too deeply"))
    except MemoryError:
        return _nothing(replace(source, problem="needs too much memory to read"))
    documents = [_indexed(item, _counter(embedder_folder)) for item in items if isinstance(item, Document)]
    skipped = tuple(item for item in items if isinstance(item, Skipped))
    return IndexedSource(source.source_id, source.fingerprint, tuple(documents), skipped)


@lru_cache(maxsize=1)
def _counter(folder: Path) -> OnnxEmbedder:
    return OnnxEmbedder(folder)


def _indexed(document: Document, embedder: OnnxEmbedder) -> IndexedDocument:
    chunks = chunk_document(document, embedder.count_tokens, embedder.max_tokens)
    return IndexedDocument(
        document.document_id, document.title, document.url, document.groups, document.content_hash, chunks
    )


def _document(content: Content, document_id: str, source: Source, rules: LoadRules) -> Document:
    # A lone surrogate would not survive being stored.
    text = content.text.encode(errors="replace").decode().strip()
    if not text:
        raise UnreadableDocumentError("empty")
    if text.count("\n") > _MAX_LINES:
        raise UnreadableDocumentError(f"more than {_MAX_LINES:,} lines")
    named = Path(document_id).stem.replace("-", " ").capitalize()
    return Document(
        document_id=document_id,
        title=" ".join((content.title or named).split())[:200],
        url=rules.link(document_id, content.url or source.url),
        groups=rules.groups(document_id, content.access),
        text=text + "\n",
        named_anchors=content.named_anchors,
    )


def _exported(raw: bytes, source: Source, rules: LoadRules) -> list[Document | Skipped]:
    """Return the articles of a help centre's export: a line each, with title, body (HTML or Markdown), url, groups."""
    items: list[Document | Skipped] = []
    taken: set[str] = set()
    for number, line in enumerate(markup.decoded(raw).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{source.source_id}#{number}"
        try:
            document = _article(line, place, source, rules)
        except UnreadableDocumentError as error:
            items.append(Skipped(place, str(error)))
            continue
        if document.document_id in taken:
            document = replace(document, document_id=place)
        taken.add(document.document_id)
        items.append(document)
    return items


def _article(line: str, place: str, source: Source, rules: LoadRules) -> Document:
    try:
        fields = json.loads(line)
        title, body = str(fields["title"]), str(fields["body"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableDocumentError("not a JSON object with title and body") from error
    is_html = bool(BeautifulSoup(body, "html.parser").find(["p", "div", "ul", "ol", "h1", "h2", "h3", "table", "br"]))
    text = markup.html_text(BeautifulSoup(body, "html.parser")) if is_html else markup.reduced(body)
    key = fields.get("id")
    document_id = f"{source.source_id}#{key}" if isinstance(key, str | int) else place
    url = fields.get("url")
    content = Content(title, text, str(url) if url else None, fields.get("groups"), named_anchors=True)
    return _document(content, document_id, source, rules)
