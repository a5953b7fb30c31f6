"""Read, convert and cut sources in worker processes, so that a hostile file can neither hang nor crash a build."""

import multiprocessing
import resource
import sys
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures import wait
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from index.chunking import chunk_document
from index.embedding.model import OnnxEmbedder
from index.errors import UnreadableDocumentError
from index.reading.conversion import SUPPORTED_SUFFIXES, documents_of
from index.reading.documents import Document, LoadRules, Skipped
from index.reading.source import Source
from index.snapshot_tables import IndexedDocument, IndexedSource

_WORKERS = 2
_RECURSION = 1500
_LOOK_EVERY_S = 0.2


def ingested(
    sources: Sequence[Source], embedder: OnnxEmbedder, rules: LoadRules, checkpoint: Callable[[], None]
) -> Generator[IndexedSource, None, None]:
    """Yield what each source gives, in their order; a source that takes longer than `rules.seconds` is skipped.

    `checkpoint` is called several times a second, and ends the work by raising.
    """
    readable = [source for source in sources if source.problem is None and source.suffix in SUPPORTED_SUFFIXES]
    futures: dict[str, Any] = {}
    if not readable:
        yield from (_skipped(source) for source in sources)
        return
    context = multiprocessing.get_context("spawn")
    workers = min(_WORKERS, len(readable))
    with ProcessPool(workers, initializer=_limit, initargs=(rules.memory_bytes,), context=context) as pool:
        for source in readable:
            arguments = (source, rules, embedder.folder)
            futures[source.source_id] = pool.schedule(_ingest, args=arguments, timeout=rules.seconds)
        try:
            for source in sources:
                future = futures.get(source.source_id)
                while future is not None and not wait([future], timeout=_LOOK_EVERY_S).done:
                    checkpoint()
                yield _skipped(source) if future is None else _outcome(source, future, rules)
        except BaseException:
            # The build ends early. Leaving the pool would wait for all that is scheduled.
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _skipped(source: Source) -> IndexedSource:
    reason = source.problem or f"unsupported type {source.suffix or '(none)'}"
    return IndexedSource(source.source_id, source.fingerprint, (), (Skipped(source.source_id, reason),))


def _outcome(source: Source, future: Any, rules: LoadRules) -> IndexedSource:  # noqa: ANN401 - pebble's future
    try:
        made: IndexedSource = future.result()
    except FutureTimeoutError:
        return _skipped(replace(source, problem=f"took longer than {rules.seconds:g} s to read"))
    except ProcessExpired:
        return _skipped(replace(source, problem="its reader crashed"))
    except Exception as error:  # noqa: BLE001 - a parser may raise anything; only this source is left out
        return _skipped(replace(source, problem=f"cannot be read ({type(error).__name__})"))
    return made


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    sys.setrecursionlimit(_RECURSION)


def _ingest(source: Source, rules: LoadRules, embedder_folder: Path) -> IndexedSource:
    """Read, convert and cut one source. Runs in a worker."""
    try:
        items = documents_of(source, rules)
    except UnreadableDocumentError as error:
        return _skipped(replace(source, problem=str(error)))
    except RecursionError:
        return _skipped(replace(source, problem="nested too deeply"))
    except MemoryError:
        return _skipped(replace(source, problem="needs too much memory to read"))
    documents = [_indexed(item, _embedder(embedder_folder)) for item in items if isinstance(item, Document)]
    skipped = tuple(item for item in items if isinstance(item, Skipped))
    return IndexedSource(source.source_id, source.fingerprint, tuple(documents), skipped)


@lru_cache(maxsize=1)
def _embedder(folder: Path) -> OnnxEmbedder:
    return OnnxEmbedder(folder)


def _indexed(document: Document, embedder: OnnxEmbedder) -> IndexedDocument:
    chunks = chunk_document(document, embedder.count_tokens, embedder.max_tokens)
    return IndexedDocument(
        document.document_id,
        document.title,
        document.url,
        document.groups,
        document.content_hash,
        chunks,
        document.updated,
    )
