"""How many of the sections that are shown without a model hold the answer; the same without each rule.

usage: python tests/bench/sections.py [DATA_DIR] [NAME=QUESTIONS.jsonl ...]     (default ../shared/data)
NAME is a folder of DATA_DIR whose documents another question file is about. "half" is the half of the questions with
the higher sufficiency. An answer counts if a gold quote stands in what is shown. Also: characters, sections and
milliseconds of an answer; for the how-to questions of tests/fixtures, how many show a list of the right page; and how
many of the suggestions lead to their own section when they are asked.
"""

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from support.corpora import Corpus, searching
from support.models import shared_embedder

from bot.evaluation.questions import EvalQuestion, read_questions
from index.retrieval import Retrieval
from index.search import SnapshotSearch
from pipeline.extractive import passages
from pipeline.extractive import quoter as extractive
from pipeline.extractive.quoter import SectionQuoter
from pipeline.types import Quoted

_SETS = ("zulip", "plausible-docs", "xquad-dev")
_TOP = 10
_HOW_TO = Path(__file__).parents[1] / "fixtures" / "how_to.jsonl"
_WITHOUT = (
    ("one section only", extractive, "_SHOWN", 1),
    ("any second section", extractive, "_NEAR", 9.0),
    ("any page alike", extractive, "_SAME_PAGE", 0.0),
    ("repeating second section", extractive, "_NEW", 0.0),
    ("short second section", extractive, "_TELLING_CHARS", 0),
    ("no steps for how", extractive, "_STEPS", 0.0),
    ("passages of 1000", passages, "SIZE", 1000),
    ("passages of 2000", passages, "SIZE", 2000),
    ("three candidates", extractive, "_CANDIDATES", 3),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The answerable questions of a set with what was retrieved for each."""

    name: str
    search: SnapshotSearch
    found: Sequence[tuple[EvalQuestion, Retrieval]]


def main() -> None:
    """Print the table."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    extra = [argument.split("=", 1) for argument in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as folder:
        sets = [asked for name in _SETS for asked in _asked(name, data / name, Path(folder), extra)]
        _print("as shipped", sets)
        for words, module, name, value in _WITHOUT:
            with _changed(module, name, value):
                _print(words, sets)
        for asked in sets:
            print(f"{asked.name}: {_leading(asked)} suggestions lead to their section")


def _asked(name: str, corpus: Path, folder: Path, extra: Sequence[Sequence[str]]) -> Iterator[_Asked]:
    documents = Corpus(name, corpus / "docs", corpus / "questions.jsonl")
    search = searching(documents, folder / name, shared_embedder())
    files = [documents.questions, *(Path(file) for other, file in extra if other == name)]
    for number, file in enumerate(files):
        questions = [question for question in read_questions(file) if question.answerable and question.gold_quotes]
        found = [(question, search.search(question.question, (), _TOP)) for question in questions]
        yield _Asked(f"{name}{f' ({number + 1})' if number else ''}", search, found)


def _print(words: str, sets: Sequence[_Asked]) -> None:
    print(f"{words}; how-to: {_how_to(sets)}")
    for asked in sets:
        print(f"    {asked.name:20} {_measured(asked)}", flush=True)


def _how_to(sets: Sequence[_Asked]) -> str:
    searches = {asked.name: asked.search for asked in sets}
    rows = [json.loads(line) for line in _HOW_TO.read_text(encoding="utf-8").splitlines()]
    listed = sum(_shows_list(searches[row["set"]], row["question"], row["document"]) for row in rows)
    return f"{listed}/{len(rows)} with a list of the right page"


def _shows_list(search: SnapshotSearch, question: str, document: str) -> bool:
    answer = SectionQuoter(shared_embedder(), search.chunks_of).answer(
        question, search.search(question, (), _TOP).chunks
    )
    passages_shown = re.split(r"\[\d\]$", answer.text, flags=re.MULTILINE) if answer else []
    sources = answer.sources if answer else ()
    return any(
        source.document_id == document and re.search(r"^\s*(?:\d+\.|[-*]) ", text, re.MULTILINE)
        for source, text in zip(sources, passages_shown, strict=False)
    )


def _measured(asked: _Asked) -> str:
    quoter = SectionQuoter(shared_embedder(), asked.search.chunks_of)
    began = time.perf_counter()
    shown = [(question, found, quoter.answer(question.question, found.chunks)) for question, found in asked.found]
    spent = (time.perf_counter() - began) / len(shown) * 1000
    shown.sort(key=lambda row: -row[1].sufficiency)
    hits = [answer is not None and _holds(answer, question) for question, _, answer in shown]
    half = hits[: len(hits) // 2]
    answers = [answer for *_, answer in shown if answer]
    chars = sum(len(answer.text) for answer in answers) // len(answers)
    sections = sum(len(answer.sources) for answer in answers) / len(answers)
    return f"{sum(hits)}/{len(hits)} half {sum(half)}/{len(half)} {chars} chars {sections:.1f} sections {spent:.0f} ms"


def _holds(answer: Quoted, question: EvalQuestion) -> bool:
    shown = _letters(answer.text)
    return any(_letters(re.sub(r"\]\([^)]*\)", "", quote)) in shown for quote in question.gold_quotes)


def _letters(text: str) -> str:
    return re.sub(r"\W+", " ", re.sub(r"\]\([^)]*\)", "", text).lower()).strip()


def _leading(asked: _Asked) -> str:
    quoter = SectionQuoter(shared_embedder(), asked.search.chunks_of)
    leads: list[bool] = []
    for question, found in asked.found[:40]:
        for suggestion in quoter.suggestions(question.question, found.chunks):
            answer = quoter.answer(suggestion, asked.search.search(suggestion, (), _TOP).chunks)
            leads.append(answer is not None and any(suggestion.split(": ")[-1] in name for name in _names(answer)))
    return f"{sum(leads)} of {len(leads)}"


def _names(answer: Quoted) -> list[str]:
    return [f"{source.title} {source.heading}" for source in answer.sources]


@contextmanager
def _changed(module: object, name: str, value: float) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


if __name__ == "__main__":
    main()
