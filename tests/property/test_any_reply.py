"""Whatever a model server sends: there is an outcome, and no wording that is not proved.

A few hundred replies in `make check`, 10,000 with FULL=1.
"""

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import CHUNKS, FixedQuoter, FixedRetriever, ScriptedJudge, asked, context, pipeline, reply_json
from support.size import sized

from pipeline.errors import ModelError
from pipeline.models.response import read_reply
from pipeline.proof.judge import Verdict
from pipeline.proof.markers import left_over, statements, without_markers
from pipeline.request_log import RequestLog
from pipeline.types import Answered, Completion, Deadline, NeedsReview, Outcome, Prompt

_REPLIES = sized(10_000, 400)
_DOCUMENTS = [" ".join(chunk.text.split()) for chunk in CHUNKS]
_ANY_TEXT = st.text(st.characters(), max_size=200)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
_GOOD = json.loads(reply_json())
_PIECES = (
    "{",
    "}",
    '"',
    "[",
    "]",
    ",",
    "<think>",
    "</think>",
    "```json",
    "[1]",
    "[9]",
    "\\ud800",
    "\x00",
    "not ",
    "null",
)


@st.composite
def _nearly_good(draw: st.DrawFn) -> str:
    """A good reply with a field replaced, dropped or added, and pieces of text put in or cut out."""
    reply: dict[str, Any] = dict(_GOOD)
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from([*_GOOD, "note"]))
        reply[name] = draw(_JSON | st.sampled_from([reply_json(), CHUNKS[1].text, "Answered", 1]))
    text = json.dumps(reply, ensure_ascii=draw(st.booleans()))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(_PIECES) | _ANY_TEXT) + text[at + draw(st.integers(0, 3)) :]
    return text


def _body(content: object) -> str:
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]})


_BODIES = st.one_of(
    _nearly_good().map(_body),
    _nearly_good().map(lambda text: f"data: {_body(text)}\n\ndata: [DONE]\n\n"),
    _ANY_TEXT.map(_body),
    _JSON.map(json.dumps).map(_body),
    _JSON.map(_body),
    _JSON.map(json.dumps),
    _ANY_TEXT,
    st.binary(max_size=200).map(lambda body: body.decode("utf-8", "replace")),
)


class _Sending:
    """Sends the same body whatever it is asked."""

    name, model, circuit_is_open = "sending", "m", False

    def __init__(self, body: str) -> None:
        self.body = body

    async def complete(self, prompt: Prompt, deadline: Deadline, log: RequestLog) -> Completion:  # noqa: ARG002
        reply = read_reply(self.body)
        if not reply.text.strip():
            raise ModelError
        return Completion(reply.text, self.name, self.model)

    async def aclose(self) -> None:
        pass


@settings(max_examples=_REPLIES, deadline=None)
@given(_BODIES, st.booleans())
def test_any_reply_has_an_outcome_and_no_wording_that_is_not_proved(body: str, has_judge: bool) -> None:  # noqa: FBT001
    judge = ScriptedJudge(Verdict.NOT_STATED) if has_judge else None
    parts = pipeline(_Sending(body), FixedRetriever(), judge, FixedQuoter())
    outcome, trace = asyncio.run(asked(parts, "How many invoices?", context()))
    assert trace.verdict != "INTERNAL"
    assert outcome.kind in {"answered", "not_enough_info", "needs_review", "blocked"}
    assert _is_proved(outcome)
    outcome.model_dump_json().encode()


def _is_proved(outcome: Outcome) -> bool:
    """Tell whether all that a reader sees stands in the documents; a reviewer always has something to decide on."""
    if isinstance(outcome, NeedsReview):
        return outcome.draft is not None
    if not isinstance(outcome, Answered):
        return True
    shown = [without_markers(part) for part in outcome.text.split("\n\n")] + [c.quote for c in outcome.citations]
    return all(any(" ".join(part.split()) in document for document in _DOCUMENTS) for part in shown)


_WORDS = st.sampled_from(
    ["It is free.", "Deleted invoices cannot be restored", "Note:", "Sources:", "**Quellen:**", "Hope this helps!",
     "- a", "1. Open it", "| a | b |", "|---|---|", "> quoted", "```\ncode [1]\n```", "`[1]`", "## Steps", "m²",
     "500", "Based on the context,", "[link](https://x.example)", "<b>bold</b>", "[^1]: Title of c1", "Title of c1",
     "~~not~~", "[1]: https://help.example/c1", "\n\n", "\n", " ", ". ", "Great question!", "<!-- no -->",
     "\\[1\\]", "&#91;1&#93;"]
)  # fmt: skip
_MARKS = st.sampled_from(
    ["[1]", "[2]", "[1, 2]", "[1-2]", "【1†source】", "[^1]", "(1)", "[Source 1]", "¹", "<sup>1</sup>", "[c1]",
     "[[1]](x)", "[1](https://y.example)", "[9]", "[1][2]", "{1}", "[citation:1]"]
)  # fmt: skip


@settings(max_examples=_REPLIES // 4, deadline=None)
@given(st.lists(_WORDS | _MARKS, min_size=1, max_size=12).map("".join))
def test_what_is_shown_is_what_the_judge_has_read(text: str) -> None:
    citations = [{"marker": n, "chunk_id": c.chunk_id, "quote": c.text} for n, c in enumerate(CHUNKS, 1)]
    judge = ScriptedJudge(Verdict.SUPPORTED)
    parts = pipeline(_Sending(_body(reply_json(text, citations=citations))), FixedRetriever(), judge, FixedQuoter())
    outcome, _ = asyncio.run(asked(parts, "How many invoices?", context()))
    if isinstance(outcome, Answered) and outcome.form == "written":
        read = [claim.sentence for claim in judge.read[-1]]
        assert [statement.text for statement in statements(outcome.text)] == read
        assert left_over(outcome.text) == ""
