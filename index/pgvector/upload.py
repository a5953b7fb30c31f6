"""What a build brings into the database."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from index.embedding.model import OnnxEmbedder
from index.snapshot_writing import Content, Progress, Reusable

_KEY_BYTES = 16


@dataclass(frozen=True)
class Upload:
    """The chunks of a build, and how those are embedded that the database does not hold."""

    content: Content
    embedder: OnnxEmbedder
    reusable: Reusable
    progress: Progress

    @cached_property
    def groups(self) -> Sequence[frozenset[str]]:
        """The groups that may read each chunk."""
        return [
            document.groups for source in self.content.sources for document in source.documents for _ in document.chunks
        ]

    @cached_property
    def keys(self) -> Sequence[bytes]:
        """What tells each chunk from all others: where it stands, its text, and who may read it."""
        content = self.content
        return [
            _key(c.document_id, c.chunk_id, c.heading_path, c.anchor, sorted(groups), text_hash.hex())
            for c, groups, text_hash in zip(content.chunks, self.groups, content.hashes, strict=True)
        ]


def stored(text: str) -> str:
    """Return a text as PostgreSQL takes it: U+FFFD in place of NUL, and a question mark of half a character."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _key(*parts: object) -> bytes:
    return sha256(json.dumps(parts).encode()).digest()[:_KEY_BYTES]
