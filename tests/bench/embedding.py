"""The embedding model in int8 beside fp32: how near its vectors stay, how fast it is, and what batches bring.

usage: python tests/bench/embedding.py [DATA_DIR]     (default ../shared/data, else the demo's articles)
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from support.corpora import corpora
from support.documents import documents_in
from support.models import shared_embedder

from index.chunking import chunk_document
from index.embedding import runtime
from index.embedding.model import OnnxEmbedder, open_embedder

_CHUNKS, _QUESTIONS, _ROUNDS = 300, 60, 3
_TOKENS_PER_RUN = (64, 256, 512, 1024, 8192)
_ASKERS = (1, 4, 16)


def main() -> None:
    """Print one block a set of documents."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    with tempfile.TemporaryDirectory() as kept:
        int8, fp32 = shared_embedder(), open_embedder(Path(kept), precision="fp32")
        for corpus in corpora(data):
            documents = documents_in(corpus.documents)
            chunks = [c for d in documents for c in chunk_document(d, int8.count_tokens, int8.max_tokens)]
            texts = [chunk.embedding_text for chunk in chunks[:_CHUNKS]]
            questions = [question.question for question in corpus.read()[:_QUESTIONS]]
            _near(corpus.name, int8, fp32, texts + questions)
            _fast(int8, fp32, texts, questions)
            _batched(int8, texts)
            _together(int8, questions)


def _near(name: str, int8: OnnxEmbedder, fp32: OnnxEmbedder, texts: Sequence[str]) -> None:
    pairs = list(zip(int8.encode(texts), fp32.encode(texts), strict=True))
    cosines = np.array([a.vector @ b.vector for a, b in pairs])
    tokens = np.concatenate([(a.tokens * b.tokens).sum(axis=1) for a, b in pairs])
    alone = np.array([int8.encode([text])[0].vector @ a.vector for text, (a, _) in zip(texts, pairs, strict=True)])
    print(
        f"{name}: cosine of int8 to fp32, texts {cosines.mean():.5f}, least {cosines.min():.4f}; tokens "
        f"{tokens.mean():.5f}, 1st percentile {np.percentile(tokens, 1):.4f}; of int8 alone and in a batch "
        f"{alone.mean():.5f}, least {alone.min():.4f}"
    )


def _fast(int8: OnnxEmbedder, fp32: OnnxEmbedder, texts: Sequence[str], questions: Sequence[str]) -> None:
    many = [_seconds(lambda e=e: e.encode(texts)) for e in (int8, fp32)]  # type: ignore[misc]
    one = [_seconds(lambda e=e: [e.encode([q]) for q in questions]) / len(questions) for e in (int8, fp32)]  # type: ignore[misc]
    print(
        f"  {len(texts)} chunks: int8 {many[0]:.2f} s, fp32 {many[1]:.2f} s ({many[1] / many[0]:.2f} times); a "
        f"question: int8 {one[0] * 1000:.2f} ms, fp32 {one[1] * 1000:.2f} ms ({one[1] / one[0]:.2f} times)"
    )


def _batched(int8: OnnxEmbedder, texts: Sequence[str]) -> None:
    kept, told = runtime._TOKENS_PER_RUN, []
    for tokens in _TOKENS_PER_RUN:
        runtime._TOKENS_PER_RUN = tokens
        told.append(f"{tokens}: {_seconds(lambda: int8.encode(texts)):.2f} s")
    runtime._TOKENS_PER_RUN = kept
    print(f"  tokens a run: {', '.join(told)} (used: {kept})")


def _together(int8: OnnxEmbedder, questions: Sequence[str]) -> None:
    told = []
    for askers in _ASKERS:
        with ThreadPoolExecutor(askers) as pool:
            spent = _seconds(lambda pool=pool: list(pool.map(lambda q: int8.encode([q]), questions)))  # type: ignore[misc]
        told.append(f"{askers}: {len(questions) / spent:.0f}")
    print(f"  questions a second, by how many ask at once: {', '.join(told)}")


def _seconds(call: Callable[[], object]) -> float:
    spent = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        call()
        spent.append(time.perf_counter() - began)
    return median(spent)


if __name__ == "__main__":
    main()
