"""Ask questions about odd files without a model, over an index of each file alone and over one of all files together.

usage: python tests/bench/documents.py FOLDER [QUESTIONS.jsonl] [--show] [--only TEXT]

FOLDER holds the files and, unless another file is named, `questions.jsonl`: rows with id, question, file, expect (texts
that must be shown) and not (texts that must not). A row counts as right if it is answered with all of the first and
none of the second; "closest" is what is shown where there is no answer. --show prints what is shown; --only takes the
rows whose id or file holds a text, and then only over the file alone.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog
from support.models import shared_embedder

from bot.app import build_pipeline
from bot.settings import Settings
from bot.surfaces.showing import every_link, readable
from index.builder import BuildRules, build
from pipeline.answering import answer
from pipeline.safety.policy import withheld
from pipeline.types import Answered, Deadline, NeedsReview, NotEnoughInfo, Outcome, Quoted, RequestContext

_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """A question about a file, texts that its answer must show, and texts that it must not."""

    id: str
    question: str
    file: str
    expect: tuple[str, ...]
    unwanted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a row gave: right, answered, closest or nothing; the missing and the unwanted texts; what is shown."""

    row: Row
    verdict: str
    missing: tuple[str, ...]
    unwanted: tuple[str, ...]
    shown: str


def main() -> None:
    """Print a line for each question and index, and totals."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("questions", type=Path, nargs="?")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rows = _read(given.questions or given.folder / "questions.jsonl", given.only)
    files = sorted({row.file for row in rows})
    for name in files:
        _print("alone", _asked([given.folder / name], [row for row in rows if row.file == name]), show=given.show)
    if not given.only:
        _print("together", _asked([given.folder / name for name in files], rows), show=given.show)
    for kind, counts in _TOTALS.items():
        print(f"{kind}: {counts['right']} of {counts.total()} right; {dict(counts)}")


_TOTALS: dict[str, Counter[str]] = {}


def _read(questions: Path, only: str) -> list[Row]:
    given = (json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines() if line.strip())
    rows = [Row(r["id"], r["question"], r["file"], tuple(r["expect"]), tuple(r["not"])) for r in given]
    return [row for row in rows if only in row.id or only in row.file]


def _asked(files: Sequence[Path], rows: Sequence[Row]) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        try:
            coverage = build(files, settings.data_dir, shared_embedder(), BuildRules(withheld=withheld))
        except Exception as error:  # noqa: BLE001 - a file that cannot be read is a result
            yield from (Result(row, f"no index: {error}", row.expect, (), "") for row in rows)
            return
        for skipped in coverage.skipped:
            print(f"  skipped {skipped}")
        outcomes = asyncio.run(_outcomes(settings, [row.question for row in rows]))
        yield from (_result(row, outcome) for row, outcome in zip(rows, outcomes, strict=True))


async def _outcomes(settings: Settings, questions: Sequence[str]) -> list[Outcome]:
    async with aclosing(build_pipeline(settings, shared_embedder())) as pipeline:
        return [(await answer(pipeline, question, _context(n))).outcome for n, question in enumerate(questions)]


def _context(number: int) -> RequestContext:
    name = f"bench-{number}"
    everyone = frozenset[str]()
    return RequestContext(
        request_id=name,
        tenant_id=name,
        user_id=name,
        channel_id="bench",
        route="bench",
        deadline=Deadline.after(_PATIENCE_S),
        groups=everyone,
        audience=None,
    )


def _result(row: Row, outcome: Outcome) -> Result:
    shown = _plain(_shown(outcome))
    missing = tuple(text for text in row.expect if _plain(text) not in shown)
    unwanted = tuple(text for text in row.unwanted if _plain(text) in shown)
    verdict = "answered" if isinstance(outcome, Answered) else "closest" if shown else type(outcome).__name__
    return Result(
        row, "right" if verdict == "answered" and not missing and not unwanted else verdict, missing, unwanted, shown
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("**", "").replace("`", "").replace("\\", "").split()) + " " * text.endswith(" ")


def _shown(outcome: Outcome) -> str:
    match outcome:
        case Answered():
            return readable(outcome.text, every_link)
        case NotEnoughInfo(closest=Quoted() as quotes) | NeedsReview(meanwhile=Quoted() as quotes):
            return readable(quotes.text, every_link)
        case _:
            return ""


def _print(name: str, results: Iterator[Result], *, show: bool) -> None:
    counts = _TOTALS.setdefault(name, Counter())
    for result in results:
        counts[result.verdict] += 1
        lacks = f" lacks {list(result.missing)}" if result.missing else ""
        has = f" shows {list(result.unwanted)}" if result.unwanted else ""
        print(f"{result.row.id} {name:8} {result.verdict:8} {result.row.file}: {result.row.question}{lacks}{has}")
        if show and result.verdict != "right":
            print(f"    {result.shown[:700]!r}")


if __name__ == "__main__":
    main()
