"""Whether exact codes, flags, file and setting names are found in the documentation of Git and PostgreSQL.

usage: python tests/bench/codes.py DOCS [DATA_DIR]

DOCS is a folder with the HTML pages of Debian's packages git-doc and postgresql-doc-15 in `git` and `postgresql`. The
questions are in tests/fixtures/codes.jsonl. Every second one was kept apart while the search was written; both halves
are printed. A hit is a chunk of a named document that holds the code. DATA_DIR keeps the index between runs.
"""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.models import shared_embedder

from index.builder import BuildRules, build
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder

_QUESTIONS = Path(__file__).parents[1] / "fixtures" / "codes.jsonl"
_TOP = 5


def main() -> None:
    """Build the index, ask, and print the share of hits and every miss."""
    documents, data_dir = Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp())
    build([documents], data_dir, shared_embedder(), BuildRules())
    search = SnapshotSearch(*SnapshotFolder(data_dir).newest_intact(), shared_embedder())
    rows = [json.loads(line) for line in _QUESTIONS.read_text(encoding="utf-8").splitlines()]
    hits: dict[str, list[int]] = {"in view": [], "kept apart": []}
    for number, row in enumerate(rows):
        found = search.search(row["question"], (), _TOP)
        held = [
            c.document_id in row["documents"] and row["code"] in f"{c.title} {c.heading} {c.text}" for c in found.chunks
        ]
        rank = held.index(True) + 1 if any(held) else 0
        hits["kept apart" if number % 2 else "in view"].append(rank)
        if rank != 1:
            best = found.chunks[0]
            print(f"  {row['question']}: rank {rank or '-'}; first {best.document_id} > {best.heading[:50]}")
    for half, ranks in hits.items():
        first, top = sum(rank == 1 for rank in ranks), sum(rank > 0 for rank in ranks)
        print(f"{half}: hit@1 {first / len(ranks):.3f}  hit@{_TOP} {top / len(ranks):.3f}  of {len(ranks)}")


if __name__ == "__main__":
    main()
