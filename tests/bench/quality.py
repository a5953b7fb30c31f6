"""Retrieval quality beside what users would pick instead, in one run, and the neighbourhood of every constant.

usage: PEERS=path/to/python python tests/bench/quality.py [DATA_DIR]     (default ../shared/data)
PEERS is a Python with the packages that ../shared/bench/peers.py names; without it only our own rows are printed.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from support.corpora import Corpus, corpora, quality, searching
from support.models import shared_embedder

from index import search as searched
from index.embedding.model import OnnxEmbedder, open_embedder
from index.excerpts import ExcerptRules

_PEERS = ("bm25s", "llamaindex", "langchain")
_VARIED = {
    "_COSINE": (0.3, 0.8),
    "_WORDS": (0.0, 0.1),
    "_COARSE_WORDS": (0.15, 0.5),
    "_DOCUMENT": (0.0, 0.1, 0.3),
    "_CANDIDATES": (24, 60, 100),
}


def main() -> None:
    """Print one line a system, precision and changed constant."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    with tempfile.TemporaryDirectory() as kept:
        fp32 = open_embedder(Path(kept) / "embedders", precision="fp32")
        for corpus in corpora(data):
            _compare(corpus, data, fp32, Path(kept))


def _compare(corpus: Corpus, data: Path, fp32: OnnxEmbedder, kept: Path) -> None:
    peers = os.environ.get("PEERS")
    for peer in _PEERS if peers and corpus.name != "demo" else ():
        command = [
            str(peers),
            str(data.parent / "bench" / "peers.py"),
            peer,
            str(corpus.documents),
            str(corpus.questions),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a developer's own
        if done.returncode:
            print(f"{corpus.name:10} {peer:24} not measured: {(done.stderr.strip().splitlines() or ['?'])[-1][:90]}")
            continue
        row = json.loads(done.stdout.splitlines()[-1])  # LlamaIndex prints other things first
        print(
            f"{corpus.name:10} {peer:24} hit@5 {row['hit@5']:.3f}  MRR@5 {row['mrr@5']:.3f}  "
            f"hit@4000chars {row['hit@4000chars']:.3f}"
        )
    questions = corpus.read()
    for name, embedder in (("Citedesk, fp32", fp32), ("Citedesk, int8", shared_embedder())):
        search = searching(corpus, kept / corpus.name / name[-4:], embedder)
        print(f"{corpus.name:10} {name:24} {quality(search, questions)}")
    for change in _changes():
        with change.made():
            print(f"{corpus.name:10} {f'  {change.name} {change.value}':24} {quality(search, questions)}")
    for excerpts in (
        ExcerptRules(20, 0),
        ExcerptRules(1, 500),
        ExcerptRules(3, 500),
        ExcerptRules(2, 400),
        ExcerptRules(2, 600),
    ):
        search = searching(corpus, kept / corpus.name / "int8", shared_embedder(), excerpts)
        words = f"  {excerpts.whole_chunks} whole, {excerpts.chars} chars"
        print(f"{corpus.name:10} {words:24} {quality(search, questions)}")


@dataclass(frozen=True, slots=True)
class _Change:
    name: str
    value: float

    @contextmanager
    def made(self) -> Iterator[None]:
        """Run with another value of a constant."""
        before = getattr(searched, self.name)
        setattr(searched, self.name, self.value)
        try:
            yield
        finally:
            setattr(searched, self.name, before)


def _changes() -> list[_Change]:
    return [_Change(name, value) for name, values in _VARIED.items() for value in values]


if __name__ == "__main__":
    main()
