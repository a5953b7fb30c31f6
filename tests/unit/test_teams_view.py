"""What Teams takes and shows: sizes, lines, citations."""

from collections.abc import Sequence

import pytest
from support.builders import CHUNKS, QUOTA, REMINDER, draft, written
from support.teams_rules import refusal

from bot.desk.explaining import Explained
from bot.desk.gaps import GapCluster
from bot.desk.questions import Reply
from bot.desk.review_views import ReviewView
from bot.store.records import Asked, Conversation, Gap, Review, Turn
from bot.surfaces.showing import every_link
from bot.teams.cards import TeamsMessage
from bot.teams.commands import why_message
from bot.teams.gap_cards import gaps_message
from bot.teams.render import asked_back_message, decided_message, reply_message
from bot.teams.review_cards import decided_card, review_card
from bot.teams.sizes import CARD_BYTES, size_of
from bot.teams.text import answer_markdown, literal_lines, with_breaks
from pipeline.fallbacks import cited_sources
from pipeline.types import Failure, Finding, FindingCode, NeedsReview, NotEnoughInfo, Quoted, Source, Trace

_WHERE = Conversation(surface="teams", tenant_id="T", user_id="U1", channel_id="a:1", thread_id="", private=True)
_TRACE = Trace(
    request_id="r-1", tenant_id="T", user_id="U1", channel_id="a:1", route="teams", outcome="answered", verdict="OK"
)
_ALPHABETS = ("漢字", "🧾", '"\\', "*[_", "Wörter und ", "a\nb ")
_MANY_REVIEWERS = tuple(f"00000000-0000-0000-0000-{n:012}" for n in range(80))
wide = pytest.mark.parametrize("letters", _ALPHABETS, ids=["han", "astral", "quotes", "marks", "words", "lines"])


def _sources(letters: str, count: int = 10) -> tuple[Source, ...]:
    (source,) = cited_sources(draft(f"{QUOTA} [1]"), CHUNKS)
    more = {"title": letters * 60, "heading": letters * 60}
    return tuple(
        source.model_copy(update=more | {"marker": n, "url": f"https://x.example/{n}/{'p' * 200}"})
        for n in range(1, count + 1)
    )


def _review(letters: str, length: int | None = None, **more: object) -> Review:
    long = (letters * 5000)[: 5000 if length is None else length]
    one = draft(f"{long}\n\n{QUOTA} [1]")
    quotes = tuple(one.citations[0].model_copy(update={"quote": f"{n}{letters * 400}"}) for n in range(6))
    findings = tuple(Finding(code=FindingCode.NOT_STATED, span=letters * 200) for _ in range(12))
    case = NeedsReview(
        reason=Failure.UNVERIFIED,
        draft=one.model_copy(update={"citations": quotes}),
        sources=_sources(letters),
        findings=findings,
    )
    turns = tuple(Turn(user_id="U2", text=letters * 900) for _ in range(6))
    return Review(
        review_id="r-1", question=long, conversation=_WHERE, case=case, exchange=turns, claimed_by="U9"
    ).model_copy(update=more)


def _texts(message: TeamsMessage) -> str:
    return "\n".join(str(part.get("text")) for part in message.card["body"])


@wide
def test_a_review_card_fits_and_keeps_its_sources_and_buttons(letters: str) -> None:
    review = _review(letters)
    card = review_card(ReviewView(review, show_draft=True, reviewers=_MANY_REVIEWERS), review.case.findings)
    assert size_of(card.card) <= CARD_BYTES
    assert refusal(card.activity) is None
    assert _texts(card).count("https://x.example/") == 10
    assert len(card.card["actions"]) == 5


def test_findings_give_way_before_quotes_and_quotes_before_the_draft() -> None:
    def shown(letters: int) -> list[bool]:
        review = _review("x" * letters, 600 * letters, question="How?", exchange=())
        texts = _texts(review_card(ReviewView(review, show_draft=True)))
        return ["**Findings**" in texts, "**Quotes**" in texts, "**Draft**" in texts]

    sequence = [shown(letters) for letters in range(1, 9)]
    assert all(findings <= quotes <= heading for findings, quotes, heading in sequence)
    assert [True, True, True] in sequence
    assert [False, True, True] in sequence
    assert [False, False, True] in sequence


@wide
def test_every_other_card_and_message_fits_too(letters: str) -> None:
    long = letters * 9000
    decided = _review(letters, state="edited", answer=f"{long} [1]", decided_by="U9", note=letters * 1500)
    cited = written(draft(f"{QUOTA} [1]")).model_copy(
        update={"text": f"{QUOTA} [1] [2]\n\n{long}", "sources": _sources(letters, 12)}
    )
    closest = Quoted(text=f"{long} [1]", citations=(), sources=_sources(letters))
    gap = Gap(
        request_id="r-1", tenant_id="T", user_id="U1", question=long, reason="x", nearest=(long,), at="2026-01-01"
    )
    asked = Asked(text=letters * 1000, where=_WHERE)
    messages: Sequence[TeamsMessage] = (
        decided_message(decided),
        decided_card(ReviewView(decided, show_draft=True)),
        asked_back_message(_review(letters)),
        reply_message(Reply("r-1", cited, _TRACE), asked),
        reply_message(Reply("r-1", NotEnoughInfo(reason=Failure.RETRIEVAL_LOW, closest=closest), _TRACE), asked),
        reply_message(
            Reply("r-1", NeedsReview(reason=Failure.UNVERIFIED, draft=None, sources=(), meanwhile=closest), _TRACE),
            asked,
        ),
        gaps_message([GapCluster((gap,) * 5, (long,))] * 12),
        why_message(Explained(_TRACE.model_copy(update={"snapshot": long, "prompt_version": long}), titles=(long,))),
    )
    assert [refusal(message.activity) for message in messages] == [None] * len(messages)


def test_an_answer_that_is_cut_names_only_the_sources_that_are_left_in_it() -> None:
    answer = written(draft(f"{QUOTA} [1] {REMINDER} [2]", ((1, "c1", QUOTA), (2, "c2", REMINDER))))
    answer = answer.model_copy(update={"text": f"{QUOTA} [1] {'漢' * 30_000} {REMINDER} [2]"})
    activity = reply_message(Reply("r-1", answer, _TRACE), Asked(text="q", where=_WHERE)).activity
    assert [claim["position"] for claim in activity["entities"][0]["citation"]] == [1]
    assert activity["text"].endswith("_r-1_")
    assert refusal(activity) is None


def test_an_edited_answer_without_a_source_is_taken() -> None:
    review = _review("x ", state="edited", answer="Ask Robin.", decided_by="U9")
    activity = decided_message(review).activity
    assert refusal(activity) is None
    assert refusal(activity | {"entities": [activity["entities"][0] | {"additionalType": []}]}) is not None


@pytest.mark.parametrize(
    ("written_as", "shown_as"),
    [
        ("Dear Sam\nyour refund is on its way.\nRobin", "Dear Sam\n\nyour refund is on its way.\n\nRobin"),
        ("First:\n- one\n- two\nThen stop.", "First:\n\n- one\n- two\n\nThen stop."),
        ("1. one\n   more of one\n2. two", "1. one\n   more of one\n2. two"),
        ("- a\n\n- b", "- a\n\n- b"),
        ("## Head\nText", "## Head\n\nText"),
        ("one\n\n\ntwo", "one\n\n\ntwo"),
        ("2026. was fine\nand 3.5 too", "2026. was fine\n\nand 3.5 too"),
    ],
)
def test_lines_stay_apart_and_lists_stay_lists(written_as: str, shown_as: str) -> None:
    assert with_breaks(written_as) == shown_as
    assert answer_markdown(written_as, every_link) == shown_as


def test_code_keeps_its_lines_and_a_persons_words_keep_theirs_without_being_markup() -> None:
    assert answer_markdown("Run:\n```\na\nb\n```\nthen\nstop", every_link) == "Run:\n```\na\nb\n```\nthen\n\nstop"
    assert literal_lines("*Hi*\n[x](https://y)", 100) == r"\*Hi\*" + "\n\n" + r"\[x\]\(https://y\)"
