"""Every OpenAI-compatible server that people use gives its answer, with nothing set but address, key and model."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.gateway_dialects import DIALECTS, TOO_SMALL
from support.model_servers import MODEL, Dialect, ModelServer, Shaped, serving
from support.models import shared_embedder
from support.reply_shapes import AROUND, INSIDE, PASSING, UNREADABLE, Shape
from support.writing_model import Known

from bot.app import build_pipeline, build_retriever
from bot.settings import load_settings
from index.builder import BuildRules, build
from index.live import LiveRetriever
from pipeline.answering import Pipeline, answer
from pipeline.types import Answered, Deadline, NeedsReview, Outcome, RequestContext

_PAGES = {
    "collecting.md": """# Collecting a parcel

A Kestrel locker keeps a parcel for 5 days. After that the courier takes it back to the depot.

The pick-up code has six digits and is sent by text message as soon as the parcel is in the locker.
""",
    "fees.md": """# Fees

Sending a small parcel costs 4 euro, a large one 9 euro. Kestrel charges nothing for collecting.

A parcel that is sent back from the depot costs the sender 3 euro.
""",
    "accounts.md": """# Accounts

Team accounts may have up to 12 members. Only the owner of an account can invite members.
""",
}
_FIRST = Known(
    "How long does a locker keep a parcel?",
    "Parcels stay in the locker for 5 days, and then the courier returns them to the depot [{0}].",
    ("A Kestrel locker keeps a parcel for 5 days. After that the courier takes it back to the depot.",),
)
_SECOND = Known(
    "What does it cost to send a large parcel?",
    "It is 9 euro for a large parcel, and 4 euro if it is small [{0}].",
    ("Sending a small parcel costs 4 euro, a large one 9 euro.",),
)
_KNOWN = (_FIRST, _SECOND)
# Far below the sum of the default backoffs, far above what an answer takes on a busy machine.
_PATIENCE_S = 8.0
_GOOD = Dialect("good", "OpenAI API reference")
_DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index of the pages of an invented parcel service."""
    pages, folder = tmp_path_factory.mktemp("pages"), tmp_path_factory.mktemp("data")
    for name, text in _PAGES.items():
        (pages / name).write_text(text, encoding="utf-8")
    build([pages], folder, shared_embedder(), BuildRules())
    return folder


@pytest.fixture(scope="module")
def retriever(data_dir: Path) -> LiveRetriever:
    return build_retriever(load_settings(data_dir=data_dir), shared_embedder())


@pytest.fixture(autouse=True)
def tiny_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEDESK_LLM__BACKOFF_BASE_S", "0.001")
    monkeypatch.setenv("CITEDESK_LLM__BACKOFF_CAP_S", "0.002")
    monkeypatch.setenv("CITEDESK_LIMITS__SUFFICIENCY_MIN", "0")
    monkeypatch.setenv("CITEDESK_LIMITS__SUFFICIENCY_QUOTE", "0")


@dataclass(frozen=True)
class _Asking:
    pipeline: Pipeline
    server: ModelServer

    async def about(self, known: Known) -> tuple[Outcome, int, float]:
        """Ask a question. Return the outcome, the number of requests, and the seconds that it took."""
        before, began = len(self.server.requests), time.monotonic()
        context = RequestContext("r", "T", "U", "C", "cli", Deadline.after(_DEADLINE_S))
        response = await answer(self.pipeline, known.question, context)
        return response.outcome, len(self.server.requests) - before, time.monotonic() - began

    def sent(self, name: str) -> list[Any]:
        """Return the values of a parameter in all requests; None where it was left out."""
        return [request.get(name) for request in self.server.requests]


@asynccontextmanager
async def _asking(
    dialect: Dialect,
    retriever: LiveRetriever,
    data_dir: Path,
    shaped: Shaped | None = None,
    **tables: Mapping[str, Any],
) -> AsyncIterator[_Asking]:
    """Serve a dialect, and build the pipeline that uses it from settings."""
    more = {} if shaped is None else {"shaped": shaped}
    async with serving(dialect, _KNOWN, **more) as server:
        llm = {**server.settings(), **tables.pop("llm", {})}
        settings = load_settings(data_dir=data_dir, llm=llm, **tables)
        async with aclosing(build_pipeline(settings, shared_embedder(), retriever)) as pipeline:
            yield _Asking(pipeline, server)


def _ending(outcome: Outcome) -> str:
    """Return what a reader gets: the form of an answer, else the kind of outcome."""
    return outcome.form if isinstance(outcome, Answered) else outcome.kind


def _names(items: Sequence[Dialect | Shape]) -> list[str]:
    return [item.name for item in items]


@pytest.mark.parametrize("dialect", DIALECTS, ids=_names(DIALECTS))
async def test_a_server_answers_and_once_it_is_known_an_answer_costs_two_requests(
    dialect: Dialect, retriever: LiveRetriever, data_dir: Path
) -> None:
    async with _asking(dialect, retriever, data_dir) as asking:
        first, _, seconds = await asking.about(_FIRST)
        second, requests, _ = await asking.about(_SECOND)
    assert _ending(first) == "written", (asking.server.statuses, first)
    assert seconds < _PATIENCE_S
    assert _ending(second) == "written", (asking.server.statuses, second)
    assert requests == 2, asking.server.statuses


@pytest.mark.parametrize("dialect", DIALECTS, ids=_names(DIALECTS))
async def test_without_a_judge_an_answer_is_quoted_and_costs_one_request(
    dialect: Dialect, retriever: LiveRetriever, data_dir: Path
) -> None:
    async with _asking(dialect, retriever, data_dir, judge={"kind": "none"}) as asking:
        first, _, _ = await asking.about(_FIRST)
        second, requests, _ = await asking.about(_SECOND)
    assert (_ending(first), _ending(second)) == ("quoted", "quoted"), asking.server.statuses
    assert isinstance(second, Answered)
    assert not second.degraded
    assert requests == 1, asking.server.statuses


@pytest.mark.parametrize("name", ["openai-gpt-5", "openai-o1-mini", "azure-gpt-5.1", "text-generation-inference"])
async def test_several_refused_parameters_are_learnt_within_one_attempt(
    name: str, retriever: LiveRetriever, data_dir: Path
) -> None:
    dialect = next(dialect for dialect in DIALECTS if dialect.name == name)
    async with _asking(dialect, retriever, data_dir, llm={"attempts": 1}) as asking:
        outcome, _, _ = await asking.about(_FIRST)
    assert _ending(outcome) == "written", asking.server.statuses


async def test_a_refusal_about_the_size_of_the_prompt_is_not_taken_for_one_of_the_format(
    retriever: LiveRetriever, data_dir: Path
) -> None:
    async with _asking(TOO_SMALL, retriever, data_dir) as asking:
        outcome, requests, _ = await asking.about(_FIRST)
    assert _ending(outcome) in {"quoted", "written"}
    assert requests <= 3
    assert [(form or {}).get("type") for form in asking.sent("response_format")] == ["json_schema"] * requests


@pytest.mark.parametrize("shape", [*AROUND, *INSIDE], ids=_names([*AROUND, *INSIDE]))
async def test_a_reply_that_holds_an_answer_is_read(shape: Shape, retriever: LiveRetriever, data_dir: Path) -> None:
    async with _asking(_GOOD, retriever, data_dir, shape, **shape.settings) as asking:
        outcome, _, _ = await asking.about(_FIRST)
    assert _ending(outcome) == shape.ends, outcome
    shown = outcome.text if isinstance(outcome, Answered) and not outcome.degraded else ""
    assert ("5 days" in shown) == (shape.ends != "not_enough_info")
    assert "\x00" not in shown
    assert shown.encode("utf-8", "replace").decode() == shown


@pytest.mark.parametrize("shape", PASSING, ids=_names(PASSING))
async def test_after_a_passing_fault_the_next_reply_is_the_answer(
    shape: Shape, retriever: LiveRetriever, data_dir: Path
) -> None:
    async with _asking(_GOOD, retriever, data_dir, shape) as asking:
        outcome, requests, _ = await asking.about(_FIRST)
    assert _ending(outcome) == "written", outcome
    assert requests == 3


@pytest.mark.parametrize("shape", UNREADABLE, ids=_names(UNREADABLE))
async def test_where_nothing_can_be_read_the_documents_are_quoted(
    shape: Shape, retriever: LiveRetriever, data_dir: Path
) -> None:
    async with _asking(_GOOD, retriever, data_dir, shape) as asking:
        outcome, _, _ = await asking.about(_FIRST)
    assert not isinstance(outcome, NeedsReview)
    assert _ending(outcome) == "quoted", outcome
    assert isinstance(outcome, Answered)
    assert outcome.text.strip()


@pytest.mark.parametrize("shape", UNREADABLE[:8], ids=_names(UNREADABLE[:8]))
async def test_the_next_server_answers_where_the_first_sends_nothing_that_can_be_read(
    shape: Shape, retriever: LiveRetriever, data_dir: Path
) -> None:
    async with serving(_GOOD, _KNOWN) as second:
        failover = [{"name": "second", "base_url": second.base_url, "api_key": "sk-loopback", "model": "b"}]
        async with _asking(_GOOD, retriever, data_dir, shape, llm={"failover": failover}) as asking:
            outcome, _, _ = await asking.about(_FIRST)
    assert _ending(outcome) == "written", outcome
    assert second.requests


@pytest.mark.parametrize("dialect", DIALECTS, ids=_names(DIALECTS))
def test_every_server_takes_the_plainest_request(dialect: Dialect) -> None:
    asked = {"model": MODEL, "messages": [{"role": "user", "content": "Send JSON."}], "stream": True}
    assert [refusal for rule in dialect.rules if (refusal := rule(asked))] == []


async def test_no_request_ever_has_an_empty_message(retriever: LiveRetriever, data_dir: Path) -> None:
    empty = next(shape for shape in UNREADABLE if shape.name == "nothing")
    async with _asking(_GOOD, retriever, data_dir, empty) as asking:
        await asking.about(_FIRST)
    contents = [message["content"] for messages in asking.sent("messages") for message in messages]
    assert all(contents)
