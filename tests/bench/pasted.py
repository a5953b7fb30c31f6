"""Whether a pasted log or ticket of some 3,000 characters finds the demo's article that it is about.

usage: python tests/bench/pasted.py

The rows of tests/fixtures/pasted.jsonl hold a few telling lines each, which are put among lines of noise. Every second
one was kept apart while the reduction was written; both halves are printed, with and without the reduction.
"""

import json
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.models import shared_embedder

from index.builder import BuildRules, build
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder
from pipeline.understanding.pasted import reduced

_QUESTIONS = Path(__file__).parents[1] / "fixtures" / "pasted.jsonl"
_ARTICLES = Path(__file__).parents[2] / "deploy" / "demo" / "articles"
_CHARS, _TOP = 3_000, 3
_NOISE = {
    "java": "\tat com.acme.net.HttpClient${a}.invoke(HttpClient.java:{b})",
    "trace": '  File "/srv/app/handlers/h{a}.py", line {b}, in call_{a}',
    "access": '10.0.{a}.7 - - [03/Nov/2026:08:{b:02d}:11 +0100] "GET /static/js/app.{b}.js HTTP/1.1" 200 {a}12',
    "bounce": "Received: from mx{a}.mail.example (10.2.{b}.4) by relay{b}.example with ESMTPS id {a}x{b}; 3 Nov",
    "json": '  {{"id": "{a}f{b}", "created": "2026-11-03T08:{b:02d}:00Z", "amount": {a}9, "currency": "EUR"}},',
    "csv": "C-{a}{b};Customer {b};Street {a};{b}{a}9;Town;DE{a}{b}77",
    "mail": "> On 3 Nov 2026 person{a} wrote: thank you for your quick reply and have a nice day number {b}",
    "chat": "[08:{b:02d}] agent{a}: hello, one moment please, I will have a look and come back to you",
}


def pasted(row: dict[str, object], seed: int) -> str:
    """Return the lines of a row among lines of noise, then what is asked."""
    rng = random.Random(seed)
    lines: list[str] = []
    while sum(map(len, lines)) < _CHARS:
        lines.append(_NOISE[str(row["noise"])].format(a=rng.randrange(10, 99), b=rng.randrange(10, 59)))
    for signal in row["signal"]:  # type: ignore[attr-defined]
        lines.insert(rng.randrange(len(lines)), signal)
    return "\n".join([*lines, str(row["asked"])])


def main() -> None:
    """Build the index of the demo, ask, and print the share of hits and every miss."""
    with tempfile.TemporaryDirectory() as folder:
        build([_ARTICLES], Path(folder), shared_embedder(), BuildRules())
        search = SnapshotSearch(*SnapshotFolder(Path(folder)).newest_intact(), shared_embedder())
        rows = [json.loads(line) for line in _QUESTIONS.read_text(encoding="utf-8").splitlines()]
        for name in ("whole", "reduced"):
            results = [_result(search, row, pasted(row, number), name) for number, row in enumerate(rows)]
            for half, start in (("in view", 0), ("kept apart", 1)):
                own = [each for each, row in zip(results[start::2], rows[start::2], strict=True) if row["document"]]
                others = [
                    each for each, row in zip(results[start::2], rows[start::2], strict=True) if not row["document"]
                ]
                first, enough, wrong = (
                    sum(first for first, _ in own),
                    sum(enough for _, enough in own),
                    sum(enough for _, enough in others),
                )
                print(f"{name}, {half}: {first} of {len(own)} found first; a model is asked about {enough} of them,")
                print(f"  and about {wrong} of {len(others)} that no article answers")


def _result(search: SnapshotSearch, row: dict[str, str], text: str, name: str) -> tuple[bool, bool]:
    """Return whether the article is found first, and whether a model is asked."""
    asked = reduced(text, lambda terms: search.rarities(terms, ("leads",))) if name == "reduced" else text
    found = search.search(asked, ("leads",), _TOP)
    if name == "reduced":
        print(f"  {row['id']}: {found.chunks[0].document_id} {found.sufficiency:.2f} {asked!r}")
    return found.chunks[0].document_id == row["document"], found.sufficiency >= found.abstain_below


if __name__ == "__main__":
    main()
