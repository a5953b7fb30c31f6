"""Snapshots of any size in seconds: the real writers, over texts and vectors that are drawn at random.

No model runs. The same text always has the same vector and the same tokens, as with a model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import cast

import numpy as np

from index.access import EVERYONE
from index.ann import SearchRules
from index.chunks import Chunk
from index.embedding.model import Encoded, OnnxEmbedder, Vectors
from index.retrieval import Manifest
from index.snapshot import SnapshotFolder
from index.snapshot_tables import IndexedDocument, IndexedSource
from index.snapshot_writing import Content, Reusable, Target, reusable_of, text_hashes, written

_DIMENSIONS, _TOKENS, _WORDS = 384, 24, 60
_VOCABULARY = 20_000


@dataclass(frozen=True)
class RandomEmbedder:
    """An embedder that draws vectors and tokens by the text alone."""

    name: str = "random"
    max_tokens: int = 256
    dimensions: int = _DIMENSIONS
    token_scale: Vectors = field(default_factory=lambda: np.full(_DIMENSIONS, 0.2, dtype=np.float32))

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Return the vector and the tokens of each question."""
        return [_encoded(text) for text in texts]

    def encode_documents(self, texts: Sequence[str]) -> list[Encoded]:
        """Return a unit vector and `_TOKENS` tokens for each text."""
        return [_encoded(text) for text in texts]

    def embed(self, texts: Iterable[str]) -> Vectors:
        """Return a unit vector for each text."""
        return np.stack([_encoded(text).vector for text in texts])


def _encoded(text: str) -> Encoded:
    rng = np.random.default_rng(int.from_bytes(sha256(text.encode()).digest()[:8]))
    vector = rng.standard_normal(_DIMENSIONS, dtype=np.float32)
    tokens = rng.standard_normal((_TOKENS, _DIMENSIONS), dtype=np.float32) * np.float32(0.1)
    step = max(1, len(text) // _TOKENS)
    return Encoded(vector / np.linalg.norm(vector), tokens, tuple((n * step, n * step + step) for n in range(_TOKENS)))


def documents(count: int, chunks_each: int, seed: int = 7) -> dict[str, list[str]]:
    """Return the texts of the chunks of `count` documents, by document id; words are as frequent as Zipf says."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, _VOCABULARY + 1)
    words = rng.choice(_VOCABULARY, (count * chunks_each, _WORDS), p=shares / shares.sum())
    texts = [" ".join(f"w{word:x}" for word in row) for row in words]
    return {f"doc{n:06}.md": texts[n * chunks_each : (n + 1) * chunks_each] for n in range(count)}


def with_a_longer_document(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the documents with one changed, in the middle: a chunk of it changed and one is new."""
    name = sorted(texts)[len(texts) // 2]
    first, *others = texts[name]
    return texts | {name: [first, f"{first} changed", *others]}


def with_a_changed_word(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the documents with one changed, in the middle: one of its chunks has a word more."""
    name = sorted(texts)[len(texts) // 2]
    first, *others = texts[name]
    return texts | {name: [f"{first} w5", *others]}


def build_synthetic(
    folder: SnapshotFolder,
    texts: dict[str, list[str]],
    previous: Manifest | None = None,
    random_embedder: RandomEmbedder | None = None,
) -> Manifest:
    """Write a snapshot of these documents and make it the live one, reusing the vectors of `previous`."""
    folder.snapshots.mkdir(parents=True, exist_ok=True)
    sources = [
        IndexedSource(name, sha256("".join(parts).encode()).hexdigest(), (_document(name, parts),))
        for name, parts in sorted(texts.items())
    ]
    chunks = [chunk for source in sources for document in source.documents for chunk in document.chunks]
    embedder = cast("OnnxEmbedder", random_embedder or RandomEmbedder())
    reusable = reusable_of(folder, previous, embedder) if previous else Reusable()
    content = Content(sources, chunks, text_hashes(chunks), None, ())
    made, _ = written(Target(folder, SearchRules()), content, embedder, reusable, lambda _done, _total: None)
    folder.publish(made.name)
    return made


def _document(name: str, parts: Sequence[str]) -> IndexedDocument:
    chunks = tuple(
        Chunk(f"{name}#{sha256(part.encode()).hexdigest()[:8]}", name, (name, f"Part {n}"), part)
        for n, part in enumerate(parts)
    )
    return IndexedDocument(name, name, None, frozenset({EVERYONE}), sha256("".join(parts).encode()).hexdigest(), chunks)
