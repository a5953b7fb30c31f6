"""`citedesk eval --from-reviews`: what people asked and reviewers decided becomes questions of an evaluation."""

import asyncio
import json
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.app import build_embedder, build_retriever
from bot.cli.main import main
from bot.cli.review_questions import questions_from_reviews
from bot.evaluation.questions import EvalQuestion
from bot.settings import Settings
from bot.store.records import Conversation, Gap, Review
from bot.store.sqlite.store import SqliteStore
from index.builder import BuildRules, build
from index.embedding.model import OnnxEmbedder
from index.retrieval import RetrievedChunk
from pipeline.fallbacks import listed_sources
from pipeline.types import Citation, Draft, Failure, NeedsReview, Trace

_QUESTION = "When does the first payment reminder go out?"
_SECRET = "What does the director earn?"
_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_TRACE = Trace(
    request_id="r-7", tenant_id="T1", user_id="U1", channel_id="C1", route="channel", outcome="not_enough_info",
    verdict="RETRIEVAL_LOW",
)  # fmt: skip
_QUARTER = timedelta(days=90)


def _review(review_id: str, question: str, chunk: RetrievedChunk, quote: str) -> Review:
    """Return an open review whose draft quotes a chunk."""
    draft = Draft(
        status="answered",
        answer=f"{quote} [1]",
        citations=(Citation(marker=1, chunk_id=chunk.chunk_id, quote=quote),),
        confidence="low",
    )
    case = NeedsReview(reason=Failure.LOW_CONFIDENCE, draft=draft, sources=listed_sources((chunk,)))
    return Review(review_id=review_id, question=question, conversation=_WHERE, case=case)


async def _decided(store: SqliteStore, review: Review, **update: str) -> None:
    async with store.transaction() as tx:
        await tx.reviews.open(review)
        await tx.reviews.save(review.model_copy(update={"decided_by": "U2", **update}), "U2", update["state"])


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder, articles: Path) -> Path:
    """Return a folder with an index of two open documents and a restricted one, reviews of every kind and a gap."""
    tmp_path = tmp_path_factory.mktemp("filled")
    documents = tmp_path / "docs"
    documents.mkdir()
    for name in ("reminders.md", "refunds.md"):
        shutil.copy(articles / name, documents)
    (documents / "salaries.md").write_text(
        "---\ngroups: [board]\n---\n# Salaries\n\nThe director earns 90,000 euros.\n"
    )
    build([documents], tmp_path / "data", embedder, BuildRules())
    asyncio.run(_fill(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def folder(tmp_path: Path, filled: Path) -> Path:
    """Return a data folder of its own; its documents lie beside it."""
    shutil.copytree(filled, tmp_path / "own")
    return tmp_path / "own" / "data"


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder)


async def _fill(folder: Path) -> None:
    retriever = build_retriever(_settings(folder), build_embedder(_settings(folder)))
    reminder = retriever.search(_QUESTION, frozenset(), 1).chunks[0]
    salary = retriever.search(_SECRET, frozenset({"board"}), 1).chunks[0]
    quote = reminder.text.split(". ")[0]
    store = await SqliteStore(folder / "citedesk.sqlite").open()
    await _decided(store, _review("r-1", _QUESTION, reminder, quote), state="approved", answer=f"{quote} [1]")
    await _decided(store, _review("r-3", "Remind me?", reminder, quote), state="edited", answer="After a week [1].")
    await _decided(store, _review("r-4", "Is the office open?", reminder, quote), state="edited", answer="Until six.")
    await _decided(store, _review("r-5", "Who won the cup?", reminder, quote), state="rejected")
    await _decided(store, _review("r-6", _SECRET, salary, "The director earns 90,000 euros"), state="approved")
    async with store.transaction() as tx:
        await tx.requests.save(_TRACE)
    embedder = build_embedder(_settings(folder))
    for request_id, question in (("r-7", "Is there a cantine?"), ("r-8", f"{_QUESTION.upper()}  ")):
        gap = Gap(request_id=request_id, tenant_id="T1", user_id="U1", question=question, reason="RETRIEVAL_LOW")
        await store.gaps.put(gap, embedder.name, embedder.embed([question])[0].tobytes())
    await store.close()


def _asked(folder: Path, groups: Sequence[str] = ()) -> dict[str, EvalQuestion]:
    found = asyncio.run(questions_from_reviews(_settings(folder), "", frozenset(groups), _QUARTER))
    return {question.id: question for question in found}


def test_what_reviewers_decided_says_what_is_known(folder: Path) -> None:
    asked = _asked(folder)
    assert {one.id: (one.category, one.answerable, one.gold_docs) for one in asked.values()} == {
        "r-1": ("approved", True, ("reminders.md",)),
        "r-3": ("edited", True, ("reminders.md",)),
        "r-4": ("answered without a source", False, ()),
        "r-5": ("rejected", False, ()),
        "r-7": ("gap", None, ()),
    }
    assert len(asked["r-1"].gold_quotes) == 1
    assert asked["r-3"].gold_quotes == ()


def test_only_who_may_read_what_a_review_cites_gets_it_as_a_question(folder: Path) -> None:
    assert "r-6" not in _asked(folder)
    assert _asked(folder, ["board"])["r-6"].gold_docs == ("salaries.md",)


def test_a_quote_that_has_left_its_document_is_no_gold_and_a_document_that_is_gone_makes_nothing_known(
    folder: Path, embedder: OnnxEmbedder
) -> None:
    documents = folder.parent / "docs"
    (documents / "reminders.md").write_text("# Reminders\n\nReminders are not sent any more.\n")
    build([documents], folder, embedder, BuildRules())
    assert (_asked(folder)["r-1"].gold_docs, _asked(folder)["r-1"].gold_quotes) == (("reminders.md",), ())
    (documents / "reminders.md").unlink()
    build([documents], folder, embedder, BuildRules(force=True))
    assert (_asked(folder)["r-1"].answerable, _asked(folder)["r-1"].gold_docs) == (None, ())


def _evaluated(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["eval", "--data-dir", str(folder), *arguments])


def test_they_are_asked_saved_and_reported_with_what_the_run_was_made_with(folder: Path, tmp_path: Path) -> None:
    saved, page = tmp_path / "asked.jsonl", tmp_path / "page.html"
    ran = _evaluated(folder, "--from-reviews", "--save", str(saved), "--report", str(page), "--json")
    assert ran.exit_code == 0, ran.output
    figures = json.loads(ran.stdout)
    assert (figures["questions"], figures["answerable"], figures["unanswerable"]) == (5, 2, 2)
    assert (figures["judged_by_quotes"], figures["judged_by_documents"], figures["hit@5"]) == (1, 1, 1.0)
    text = page.read_text(encoding="utf-8")
    for shown in (
        "what people asked in the last 90d",
        "none: answers are quotes",
        "gap, not known (1)",
        "3 in ",
    ):
        assert shown in text
    again = _evaluated(folder, str(saved), "--json")
    assert {n: v for n, v in json.loads(again.stdout).items() if "_ms_" not in n} == {
        n: v for n, v in figures.items() if "_ms_" not in n
    }


@pytest.mark.parametrize("arguments", [(), ("questions.jsonl", "--from-reviews")])
def test_it_takes_either_a_file_or_reviews(folder: Path, arguments: tuple[str, ...]) -> None:
    ran = _evaluated(folder, *arguments)
    assert (ran.exit_code, "Give either QUESTIONS or --from-reviews." in ran.stderr) == (2, True)


def test_where_nothing_was_decided_it_says_so(tmp_path: Path, indexed: Path) -> None:
    shutil.copytree(indexed, tmp_path / "data")
    ran = _evaluated(tmp_path / "data", "--from-reviews", "--since", "7d")
    assert "nothing was asked in the last 7d that a reviewer decided or that found no answer" in ran.stderr
