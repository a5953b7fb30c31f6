"""How well documents in other languages are found, with a small set of our own; and English compounds.

usage: python tests/bench/languages.py [--unseen]     (half of the questions are kept apart)
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.models import shared_embedder

from index.builder import BuildRules, build
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder

_DATA = Path(__file__).parents[1] / "fixtures" / "languages.json"
_TOP = 5


def main() -> None:
    """Print MRR@5 and the share found first, by language: by the whole search, and by its words alone."""
    data = json.loads(_DATA.read_text(encoding="utf-8"))
    part = int("--unseen" in sys.argv)
    with tempfile.TemporaryDirectory() as kept:
        search = _indexed(Path(kept) / "pages", data["pages"])
        for language in ("de", "fr", "es", "ja", "zh"):
            asked = [(text, quote) for of, text, quote in data["questions"] if of == language][part::2]
            print(language, _told([_rank(search, *pair) for pair in asked]), end="   words ")
            print(_told([_word_rank(search, *pair) for pair in asked]))
        others = "\n".join(page for name, page in data["pages"].items() if name.startswith("de"))
        pages = {str(n): f"# Page {n}\n\n{text}\n" for n, (_, text) in enumerate(data["compounds"])}
        found = [
            _word_rank(_indexed(Path(kept) / f"c{n}", {"own": pages[str(n)], "de": others}), question, text)
            for n, (question, text) in enumerate(data["compounds"])
        ]
        print("compounds by words", _told(found))


def _indexed(folder: Path, pages: dict[str, str]) -> SnapshotSearch:
    for name, text in pages.items():
        (folder / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "docs" / f"{name}.md").write_text(text, encoding="utf-8")
    build([folder / "docs"], folder / "data", shared_embedder(), BuildRules())
    return SnapshotSearch(*SnapshotFolder(folder / "data").newest_intact(), shared_embedder())


def _rank(search: SnapshotSearch, question: str, quote: str) -> int:
    """Return the place of the chunk that holds the quote, from 1 on; 0 if it is not found."""
    chunks = search.search(question, (), _TOP).chunks
    return next((n for n, chunk in enumerate(chunks, 1) if quote in chunk.text), 0)


def _word_rank(search: SnapshotSearch, question: str, quote: str) -> int:
    """Return its place by words alone."""
    found = sorted(search.search(question, (), 40).chunks, key=lambda c: -(c.parts.words if c.parts else 0))
    kept = [chunk for chunk in found if chunk.parts and chunk.parts.words > 0][:_TOP]
    return next((n for n, chunk in enumerate(kept, 1) if quote in chunk.text), 0)


def _told(ranks: Sequence[int]) -> str:
    first, mrr = sum(rank == 1 for rank in ranks), sum(1 / rank for rank in ranks if rank) / len(ranks)
    return f"first {first} of {len(ranks)}, MRR@5 {mrr:.2f}"


if __name__ == "__main__":
    main()
