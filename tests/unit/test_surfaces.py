"""One contract for every chat product: the same facts are in each rendering of an outcome, a limit and a review."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from support.builders import CHUNKS, QUOTA, REMINDER, draft, passages, quotes, written

from bot.desk.explaining import Explained
from bot.desk.gaps import GapCluster
from bot.desk.operations import Usage
from bot.desk.questions import Reply
from bot.desk.review_views import ReviewView
from bot.slack import build_notes as slack_build_notes
from bot.slack import commands as slack_commands
from bot.slack import render as slack
from bot.slack import review_cards as slack_reviews
from bot.store.records import Asked, Conversation, Gap, JoinedAsker, Review, Turn
from bot.surfaces.wording import finding_words, reason_words
from bot.teams import build_notes as teams_build_notes
from bot.teams import commands as teams_commands
from bot.teams import gap_cards
from bot.teams import render as teams
from bot.teams import review_cards as teams_reviews
from bot.teams.text import ABSTRACT_CHARS, NAME_CHARS
from index.builder import Coverage
from index.retrieval import SkippedFile
from pipeline.fallbacks import cited_sources
from pipeline.types import (
    Answered,
    Approval,
    Blocked,
    DocumentRef,
    Failure,
    Finding,
    FindingCode,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    Trace,
    Unavailable,
)

_HOSTILE = "<at>everyone</at> [x](https://evil.example) **b** <script>alert(1)</script> & `c`"
_BOTH = (1, "c1", QUOTA), (2, "c2", REMINDER)
_TRACE = Trace(
    request_id="r-1", tenant_id="T1", user_id="U1", channel_id="C1", route="x", outcome="answered", verdict="OK"
)
_ANSWER = f"{QUOTA} [1] {REMINDER} [2]"


@dataclass(frozen=True, slots=True)
class _Surface:
    """A chat product's renderings, each as the JSON that it posts."""

    name: str
    reply: Callable[[Reply, Asked], Any]
    card: Callable[[Review], Any]
    decided_card: Callable[[Review], Any]
    decided: Callable[[Review], Any]
    asked_back: Callable[[Review], Any]
    answer_of_asker: Callable[[Review], Any]
    reviews: Callable[[Sequence[Review]], Any]
    why: Callable[[Trace], Any]
    usage: Callable[[Usage], Any]
    gaps: Callable[[Sequence[GapCluster]], Any]
    coverage: Callable[[Coverage], Any]


def _slack(message: slack.SlackMessage) -> Any:  # noqa: ANN401 - JSON
    return [block.to_dict() for block in message.blocks]


_SURFACES = (
    _Surface(
        "slack",
        lambda reply, asked: [_slack(message) for message in slack.reply_message(reply, asked)],
        lambda review: _slack(slack_reviews.review_card(ReviewView(review, show_draft=True))),
        lambda review: _slack(slack_reviews.decided_card(ReviewView(review, show_draft=True))),
        lambda review: _slack(slack.decided_message(review)),
        lambda review: _slack(slack.asked_back_message(review)),
        lambda review: _slack(slack_reviews.answer_of_asker_message(review)),
        lambda reviews: [block.to_dict() for block in slack_commands.review_blocks(reviews)],
        lambda trace: [block.to_dict() for block in slack_commands.why_blocks(Explained(trace))],
        lambda usage: [block.to_dict() for block in slack_commands.usage_blocks(usage, ())],
        lambda gaps: [block.to_dict() for block in slack_commands.gap_blocks(gaps)],
        lambda coverage: _slack(slack_build_notes.coverage_message(coverage, date(2026, 11, 27))),
    ),
    _Surface(
        "teams",
        lambda reply, asked: teams.reply_message(reply, asked).activity,
        lambda review: teams_reviews.review_card(ReviewView(review, show_draft=True)).activity,
        lambda review: teams_reviews.decided_card(ReviewView(review, show_draft=True)).activity,
        lambda review: teams.decided_message(review).activity,
        lambda review: teams.asked_back_message(review).activity,
        lambda review: teams_reviews.answer_of_asker_message(review).activity,
        lambda reviews: teams_commands.reviews_message(reviews).activity,
        lambda trace: teams_commands.why_message(Explained(trace)).activity,
        lambda usage: teams_commands.usage_message(usage).activity,
        lambda gaps: gap_cards.gaps_message(gaps).activity,
        lambda coverage: teams_build_notes.coverage_message(coverage, date(2026, 11, 27)).activity,
    ),
)
every_surface = pytest.mark.parametrize("surface", _SURFACES, ids=lambda surface: surface.name)


def _where(surface: _Surface) -> Conversation:
    return Conversation(
        surface=surface.name, tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False
    )


def _rendered(surface: _Surface, outcome: Outcome, question: str = "How many?") -> str:
    asked = Asked(text=question, where=_where(surface), has_files=True)
    reply = Reply("r-1", outcome, _TRACE, read_as="How many invoices?")
    return _words(surface.reply(reply, asked))


def _words(posted: Any) -> str:  # noqa: ANN401 - JSON
    """Return what is posted as text, without the backslashes that only keep Markdown from being read."""
    return json.dumps(posted, ensure_ascii=False).replace("\\\\", "")


def _review(surface: _Surface, **fields: Any) -> Review:  # noqa: ANN401 - fields of the record
    findings = tuple(Finding(code=code, span=f"span of {code.name}") for code in FindingCode)[:8]
    case_draft = draft(_ANSWER, _BOTH)
    case = NeedsReview(
        reason=Failure.UNVERIFIED, draft=case_draft, sources=cited_sources(case_draft, CHUNKS), findings=findings
    )
    base = {"review_id": "r-1", "question": "How many?", "conversation": _where(surface), "case": case}
    return Review(**{**base, **fields})


@every_surface
def test_a_written_answer_shows_its_text_markers_sources_quotes_and_id(surface: _Surface) -> None:
    shown = _rendered(surface, written(draft("Five hundred [1], then seven days [2].", _BOTH)))
    facts = ("Five hundred [1]", QUOTA, REMINDER, "[2]", "Title of c1", "Title of c2", "https://help.example/c1", "r-1")
    for fact in (*facts, "How many invoices?", "files were left out"):
        assert fact in shown
    assert "What the documents say" not in shown
    assert "onfidence" not in shown


@every_surface
def test_a_quoted_answer_is_headed_and_shows_passages_sources_and_id(surface: _Surface) -> None:
    shown = _rendered(surface, quotes(f"{QUOTA} [1]"))
    for fact in ("What the documents say", QUOTA, "[1]", "Title of c1", "https://help.example/c1", "r-1"):
        assert fact in shown


@every_surface
def test_a_question_is_told_as_it_was_read(surface: _Surface) -> None:
    corrected = Reply("r-1", quotes(), _TRACE.model_copy(update={"corrected": True}), read_as="How many invoices?")
    assert "I read this as: “How many invoices?”" in _words(
        surface.reply(corrected, Asked(text="q", where=_where(surface)))
    )
    followed = Reply("r-1", quotes(), _TRACE, read_as="How many invoices?")
    assert "Understood as: “How many invoices?”" in _words(
        surface.reply(followed, Asked(text="q", where=_where(surface)))
    )
    suggested = Asked(text="Plans and prices", where=_where(surface), suggested=True)
    assert "You asked: “Plans and prices”" in _words(surface.reply(Reply("r-1", quotes(), _TRACE), suggested))


@every_surface
def test_an_approved_cached_or_degraded_answer_says_so(surface: _Surface) -> None:
    plain = written(draft(_ANSWER, _BOTH))
    approval = Approval(curated_id="r-0", by="U9", at="2026-03-04T05:06:07+00:00")
    shown = _rendered(surface, plain.model_copy(update={"approved": approval, "cached": True, "degraded": True}))
    for fact in ("Approved by", "U9", "4 Mar 2026", "asked before", "documents' own words"):
        assert fact in shown


@every_surface
def test_not_enough_info_names_the_nearest_documents_and_offers_a_person(surface: _Surface) -> None:
    nearest = (DocumentRef(document_id="a.md", title="Plans", url="https://help.example/plans"),)
    shown = _rendered(surface, NotEnoughInfo(reason=Failure.RETRIEVAL_LOW, nearest=nearest))
    for fact in ("Not enough info", "Plans", "https://help.example/plans", "Ask a person", "How many?", "r-1"):
        assert fact in shown
    assert "No answer that I can prove was found" in shown


@every_surface
def test_not_enough_info_quotes_the_closest_passages_and_offers_questions_and_the_other_language(
    surface: _Surface,
) -> None:
    outcome = NotEnoughInfo(
        reason=Failure.RETRIEVAL_LOW, closest=passages(), suggestions=("Plans and prices",), documents_in="de"
    )
    shown = _rendered(surface, outcome)
    facts = ("Closest passages", QUOTA, "Title of c1", "https://help.example/c1", "Did you mean", "Plans and prices")
    for fact in (*facts, "in German", "Ask a person"):
        assert fact in shown


@every_surface
def test_a_message_that_asks_nothing_gets_a_friendly_line_with_examples_and_no_person(surface: _Surface) -> None:
    shown = _rendered(surface, NotEnoughInfo(reason=Failure.NO_QUESTION, suggestions=("Plans and prices",)))
    for fact in ("I answer questions from your team's documents", "Plans and prices"):
        assert fact in shown
    assert not any(words in shown for words in ("Ask a person", "Not enough info"))


@every_surface
def test_who_waits_for_a_person_sees_what_the_documents_say(surface: _Surface) -> None:
    shown = _rendered(surface, NeedsReview(reason=Failure.LOW_CONFIDENCE, draft=None, sources=(), meanwhile=passages()))
    facts = ("A person will check this", "Meanwhile, what the documents say", QUOTA, "Title of c1", "r-1")
    for fact in facts:
        assert fact in shown


@every_surface
def test_a_card_names_everybody_who_asked_and_shows_the_words_of_a_quoted_draft_once(surface: _Surface) -> None:
    others = [
        JoinedAsker(request_id=f"r-{n}", conversation=_where(surface).model_copy(update={"user_id": f"U{n}"}))
        for n in (7, 8, 7)
    ]
    shown = "\n".join(_shown_texts(surface.card(_review(surface, joined=tuple(others)))))
    assert "Asked 4 times by 3 people: " in shown
    for user in ("U1", "U7", "U8"):
        assert user in shown
    assert shown.count(QUOTA) == 1


@every_surface
@pytest.mark.parametrize(
    ("outcome", "facts"),
    [
        (NeedsReview(reason=Failure.UNVERIFIED, draft=None, sources=()), ("A person will check this",)),
        (Blocked(reason=Failure.POLICY), ("safety rules",)),
        (Unavailable(reason=Failure.DEADLINE), ("took too long", "Try again", "How many?")),
        (Unavailable(reason=Failure.INDEX_UNAVAILABLE), ("not ready to be searched", "Try again")),
        (Limited(reason=Failure.INPUT_TOO_LONG, limit=1000), ("1,000 characters",)),
        (Limited(reason=Failure.INPUT_EMPTY, limit=1000), ("question in words",)),
        (Limited(reason=Failure.USER_LIMIT, limit=20, retry_after=30), ("20 questions", "30 seconds")),
        (Limited(reason=Failure.TENANT_LIMIT, limit=300, retry_after=30), ("300", "30 seconds")),
        (Limited(reason=Failure.ROUTE_LIMIT, limit=3, retry_after=600), ("Too many questions", "10 minutes")),
        (Limited(reason=Failure.QUEUE_FULL, limit=200, retry_after=5), ("busy", "5 seconds")),
        (Limited(reason=Failure.TOKEN_BUDGET, limit=9, retry_after=600), ("today", "10 minutes")),
    ],
)
def test_every_other_outcome_and_limit_says_why_and_its_id(
    surface: _Surface, outcome: Outcome, facts: tuple[str, ...]
) -> None:
    shown = _rendered(surface, outcome)
    for fact in (*facts, "r-1"):
        assert fact in shown


@every_surface
def test_a_review_card_shows_all_that_a_reviewer_needs_and_every_action(surface: _Surface) -> None:
    said = (Turn(user_id="U9", text="Which plan?"), Turn(user_id="U1", text="The Team plan."))
    shown = _words(surface.card(_review(surface, exchange=said)))
    for fact in (
        "Review needed", "U1", "How many?", reason_words(Failure.UNVERIFIED), QUOTA, REMINDER, "[1]", "[2]",
        "Title of c1", "https://help.example/c2", "Which plan?", "The Team plan.", "r-1",
        "Approve", "Edit", "Reject", "Claim",
    ):  # fmt: skip
        assert fact in shown
    for code in tuple(FindingCode)[:8]:
        assert finding_words(code) in shown
        assert f"span of {code.name}" in shown
    assert "Take over" in _words(surface.card(_review(surface, claimed_by="U9")))


@every_surface
@pytest.mark.parametrize("state", ["approved", "edited", "rejected", "expired"])
def test_a_decision_is_told_alike_to_reviewers_and_asker(surface: _Surface, state: str) -> None:
    answer = "" if state in {"rejected", "expired"} else _ANSWER
    fields = {"decided_by": "U9", "note": "Ask billing."} if state != "expired" else {}
    review = _review(surface, state=state, answer=answer, sent_anyway=state == "edited", **fields)
    card, told = _words(surface.decided_card(review)), _words(surface.decided(review))
    facts = {
        "approved": ("Approved by", "U9", QUOTA),
        "edited": ("dited and approved by", "U9", QUOTA),
        "rejected": ("U9", "Ask billing."),
        "expired": ("in time",),
    }
    for fact in (*facts[state], "r-1"):
        assert fact in card
        assert fact in told
    assert "How many?" in card
    assert ("not every sentence could be proved" in card) == (state == "edited")
    assert not any(f'"{verb}"' in card for verb in ("Approve", "Reject", "Claim"))
    if answer:
        assert "Title of c1" in told


def test_what_people_and_documents_write_stays_text_in_teams() -> None:
    surface = _SURFACES[1]
    hostile = draft(f"{_HOSTILE} {QUOTA} [1]")
    source = cited_sources(hostile, CHUNKS)[0].model_copy(
        update={"title": _HOSTILE, "heading": _HOSTILE, "url": "https://x.example/a)[b](javascript:alert(1)"}
    )
    case = NeedsReview(reason=Failure.UNVERIFIED, draft=hostile, sources=(source,))
    review = _review(surface, question=_HOSTILE, case=case, state="rejected", note=_HOSTILE, decided_by="U9")
    answer = written(hostile).model_copy(update={"sources": (source,)})
    nearest = NotEnoughInfo(
        reason=Failure.RETRIEVAL_LOW,
        nearest=(DocumentRef(document_id="a", title=_HOSTILE, url="https://x.example/<b>"),),
    )
    for posted in (
        surface.card(review.model_copy(update={"state": "open"})),
        surface.decided_card(review),
        surface.decided(review),
        surface.reply(Reply("r-1", answer, _TRACE), Asked(text="q", where=_where(surface))),
        surface.reply(Reply("r-1", nearest, _TRACE), Asked(text="q", where=_where(surface))),
    ):
        assert not any(_is_live(text) for text in _shown_texts(posted))


def _shown_texts(posted: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Return the texts that a client reads as markup."""
    if isinstance(posted, list):
        return [text for item in posted for text in _shown_texts(item)]
    if not isinstance(posted, dict):
        return []
    own = [posted["text"]] if isinstance(posted.get("text"), str) and posted.get("type") != "plain_text" else []
    return own + [text for value in posted.values() for text in _shown_texts(value)]


@every_surface
def test_a_question_back_and_its_answer_say_who_and_what(surface: _Surface) -> None:
    asked = _review(surface, exchange=(Turn(user_id="U9", text="Which plan?"),), awaits_asker=True)
    for fact in ("U9", "asks", "Which plan?"):
        assert fact in _words(surface.asked_back(asked))
    assert "Waiting for the asker" in _words(surface.card(asked))
    said = asked.model_copy(update={"exchange": (*asked.exchange, Turn(user_id="U1", text="The yearly one."))})
    for fact in ("U1", "answers", "The yearly one."):
        assert fact in _words(surface.answer_of_asker(said))


@every_surface
def test_what_commands_tell_is_alike(surface: _Surface) -> None:
    waiting = _review(surface, opened_at="2026-03-04T05:06:07+00:00", claimed_by="U9")
    for fact in ("4 Mar 2026", "How many?", "Claimed by", "U9"):
        assert fact in _words(surface.reviews([waiting]))
    trace = _TRACE.model_copy(update={"snapshot": "s-1", "sufficiency": 0.5, "stage_ms": {"retrieve": 12.0}})
    for fact in ("r-1", "answered", "OK", "retrieve 12 ms", "Nothing was sent to a model"):
        assert fact in _words(surface.why(trace))
    usage = Usage(7, 1234, 5, {"answered": 1234}, 10, None, 250.0)
    for fact in ("Last 7 days", "1,234 questions by 5 people", "0.2 seconds", "no price is set"):
        assert fact in _words(surface.usage(usage))
    gap = Gap(request_id="r-1", tenant_id="T1", user_id="U1", question=_HOSTILE, reason="x", nearest=("plans.md",))
    gap = gap.model_copy(update={"at": "2026-03-04T05:06:07+00:00"})
    listed = surface.gaps([GapCluster((gap, gap.model_copy(update={"user_id": "U2"})), ("Plans",))])
    for fact in ("2 times, 2 people, last 4 Mar 2026", "Plans"):
        assert fact in _words(listed)
    # Slack's own markup knows links in angle brackets only, Teams' cards those of Markdown only.
    live = "<script>" if surface.name == "slack" else "](https://evil"
    assert not any(live in text for text in _shown_texts(listed))
    assert "No gaps" in _words(surface.gaps([]))
    assert "No review is waiting" in _words(surface.reviews([]))
    skipped = tuple(SkippedFile(document_id=f"{n}.pdf", reason="is broken") for n in range(30))
    coverage = _words(surface.coverage(Coverage("s-1", indexed=10, chunks=99, reused=9, skipped=skipped)))
    for fact in ("10 of 40 files", "99 passages", "9 unchanged", "0.pdf", "is broken", "10 more", "s-1"):
        assert fact in coverage


def _is_live(text: str) -> bool:
    plain = text.replace("\\[", "").replace("\\]", "")
    # A card's Markdown knows no tags; only the text of a message does.
    tagged = "_r-1_" in text and ("<script>" in text or "<at>" in text)
    return "](https://evil" in plain or "](javascript" in plain or tagged


def test_teams_citations_keep_to_their_limits_and_stand_in_the_text() -> None:
    long = cited_sources(draft(_ANSWER, _BOTH), CHUNKS)
    long = tuple(source.model_copy(update={"title": "t" * 300, "heading": "h" * 300}) for source in long)
    cited = tuple(c.model_copy(update={"quote": "q" * 900}) for c in draft(_ANSWER, _BOTH).citations)
    outcome = Answered(text=_ANSWER, form="written", citations=cited, sources=long)
    activity = teams.reply_message(Reply("r-1", outcome, _TRACE), Asked(text="q", where=_where(_SURFACES[1]))).activity
    (entity,) = activity["entities"]
    assert entity["additionalType"] == ["AIGeneratedContent"]
    assert activity["channelData"] == {"feedbackLoop": {"type": "custom"}}
    for claim in entity["citation"]:
        assert f"[{claim['position']}]" in activity["text"]
        assert 0 < len(claim["appearance"]["name"]) <= NAME_CHARS
        assert 0 < len(claim["appearance"]["abstract"]) <= ABSTRACT_CHARS


def test_what_a_person_wrote_goes_out_in_teams_without_the_label_of_a_model() -> None:
    for state, label in (("approved", ["AIGeneratedContent"]), ("edited", None)):
        review = _review(_SURFACES[1], state=state, answer=_ANSWER, decided_by="U9")
        (entity,) = teams.decided_message(review).activity["entities"]
        assert entity.get("additionalType") == label


def test_what_documents_say_goes_out_in_teams_without_the_label_of_a_model_and_with_its_tables_as_lists() -> None:
    page = "# Plans\n\n| Plan | Price |\n| --- | --- |\n| Team | 29 euro |\n\nSee \\[3] and `a[0]` [1]"
    reply = Reply("r-1", quotes(page), _TRACE)
    activity = teams.reply_message(reply, Asked(text="q", where=_where(_SURFACES[1]))).activity
    assert "additionalType" not in activity["entities"][0]
    assert activity["text"].startswith("### What the documents say\n\n# Plans\n\n- **Plan:** Team; **Price:** 29 euro")
    assert r"See \[3\] and `a[0]` [1]" in activity["text"]


def test_a_card_in_teams_shows_headings_in_bold_and_code_in_a_fixed_width() -> None:
    closest = passages("## Export\n\nRun it:\n\n```\nexport --all\n```\n\n[1]")
    outcome = NotEnoughInfo(reason=Failure.RETRIEVAL_LOW, closest=closest)
    reply = Reply("r-1", outcome, _TRACE)
    body = teams.reply_message(reply, Asked(text="q", where=_where(_SURFACES[1]))).card["body"]
    assert [(part["text"], part.get("fontType")) for part in body[2:5]] == [
        ("**Export**\n\nRun it:", None), ("export --all", "Monospace"), ("[1]", None),
    ]  # fmt: skip


def test_teams_buttons_can_be_pressed_in_old_clients_too() -> None:
    card = teams_reviews.review_card(ReviewView(_review(_SURFACES[1]), show_draft=True, reviewers=("b", "a"))).activity
    content = card["attachments"][0]["content"]
    assert content["refresh"]["userIds"] == ["8:orgid:a", "8:orgid:b"]
    pressed = [a for a in content["actions"] if a["type"] == "Action.Execute"]
    unfolded = [a["card"]["actions"][0] for a in content["actions"] if a["type"] == "Action.ShowCard"]
    assert {action["verb"] for action in [*pressed, *unfolded]} == {
        teams_reviews.APPROVE,
        teams_reviews.CLAIM,
        teams_reviews.EDIT,
        teams_reviews.REJECT,
        teams_reviews.ASK_BACK,
    }
    for action in [*pressed, *unfolded]:
        assert action["fallback"]["type"] == "Action.Submit"
        assert action["fallback"]["data"] == {"verb": action["verb"], "review_id": "r-1"}
