"""What is cited, held against the index of today and against who reads."""

import pytest
from support.builders import QUOTA, FixedRetriever, chunk, draft

from bot.desk.evidence import Cited, Readers, cited_today, evidence_of, may_be_shown, readable_titles, still_holds
from bot.desk.kept import redrafted
from bot.desk.permissions import OutdatedDraftError, SourceGoneError, SourceRestrictedError
from bot.store.records import Conversation, Review
from bot.surfaces.refusals import refusal_words
from pipeline.fallbacks import listed_sources, quoted_answer
from pipeline.types import Citation, Draft, Failure, Finding, FindingCode, Limited, NeedsReview, NotEnoughInfo, Quoted

_EVERYBODY = Readers(frozenset())
_LEADS = Readers(frozenset({"leads"}))
_QUOTED = (Citation(marker=1, chunk_id="c1", quote=QUOTA),)
_MOVED = chunk("c9", f"{QUOTA} Prices are without tax.", document_id="c1.md")
_CHANGED = chunk("c9", QUOTA.replace("29", "39"), document_id="c1.md")


def _review(case_draft: Draft | None, **fields: object) -> Review:
    where = Conversation(
        surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False
    )  # fmt: skip
    case = NeedsReview(
        reason=Failure.APPROVAL_REQUIRED, draft=case_draft, sources=listed_sources((chunk("c1", groups=["leads"]),))
    )
    return Review(review_id="r-1", question="?", conversation=where, case=case.model_copy(update=fields))


async def _cited(*today: object) -> Cited:
    (found,) = await cited_today(FixedRetriever(today), listed_sources((chunk("c1"),)), _QUOTED)  # type: ignore[arg-type]
    return found


async def test_a_quote_holds_while_it_stands_in_the_document_whatever_chunk_it_is_in() -> None:
    same, moved, changed, gone = await _cited(chunk("c1")), await _cited(_MOVED), await _cited(_CHANGED), await _cited()
    assert [(one.is_same, one.holds) for one in (same, moved, changed, gone)] == [
        (True, True), (False, True), (False, False), (False, False),
    ]  # fmt: skip
    assert (moved.today.chunk_id, gone.today.chunk_id) == ("c9", "c1")


async def test_a_source_that_nothing_was_quoted_of_holds_only_as_the_same_chunk() -> None:
    (found,) = await cited_today(FixedRetriever((_MOVED,)), listed_sources((chunk("c1"),)))
    assert not found.holds


@pytest.mark.parametrize(
    ("groups", "readers", "shown"),
    [
        (["everyone"], _EVERYBODY, True),
        (["leads"], _EVERYBODY, False),
        (["leads"], _LEADS, True),
        (["leads", "finance"], _LEADS, True),
        (["nobody"], _LEADS, False),
        ([], _LEADS, False),
        (["everyone"], Readers(frozenset(), ("other/*",)), False),
        (["everyone"], Readers(frozenset(), ("c1*",)), True),
    ],
)
async def test_it_is_shown_by_the_groups_of_today_within_the_sources_of_the_place(
    groups: list[str],
    readers: Readers,
    shown: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert may_be_shown([await _cited(chunk("c1", groups=groups))], readers) is shown


async def test_a_document_that_is_gone_is_shown_to_nobody_and_decided_on_by_those_who_could_read_it() -> None:
    evidence = await evidence_of(FixedRetriever(()), _review(draft()))
    assert not evidence.may_be_shown(_LEADS)
    assert evidence.may_be_decided_in(frozenset({"leads"}))
    assert not evidence.may_be_decided_in(frozenset())


async def test_a_draft_that_is_not_proved_or_names_a_source_that_lacks_is_shown_only_if_all_that_was_read_may_be() -> (
    None
):
    retriever = FixedRetriever((chunk("c1"), chunk("c2", groups=["leads"])))
    findings = (Finding(code=FindingCode.UNCITED_CLAIM, span="x"),)
    unproved, lacking = _review(draft(), findings=findings), _review(draft(f"{QUOTA} [1] [7]"))
    for review in (unproved, lacking):
        assert not (await evidence_of(retriever, review)).may_be_shown(_LEADS)
    read = unproved.model_copy(update={"drawn_from": listed_sources((chunk("c1"), chunk("c2")))})
    assert (await evidence_of(retriever, read)).may_be_shown(_LEADS)
    assert not (await evidence_of(retriever, read)).may_be_shown(_EVERYBODY)


async def test_an_outcome_that_was_made_before_holds_while_its_quotes_and_readers_do() -> None:
    quoted = Quoted(text=f"{QUOTA} [1]", citations=_QUOTED, sources=listed_sources((chunk("c1"),)))
    outcomes = (
        quoted_answer(quoted),
        NotEnoughInfo(reason=Failure.RETRIEVAL_LOW, closest=quoted),
        NeedsReview(reason=Failure.UNVERIFIED, draft=None, sources=(), meanwhile=quoted),
    )
    for outcome in outcomes:
        assert await still_holds(FixedRetriever((chunk("c1"),)), outcome, _EVERYBODY)
        assert not await still_holds(FixedRetriever((_CHANGED,)), outcome, _EVERYBODY)
        assert not await still_holds(FixedRetriever((chunk("c1", groups=["leads"]),)), outcome, _EVERYBODY)
    assert await still_holds(FixedRetriever(()), Limited(reason=Failure.QUEUE_FULL, limit=1), _EVERYBODY)


def test_documents_are_named_only_to_those_who_may_read_them() -> None:
    retriever = FixedRetriever((chunk("c1"), chunk("c2", groups=["leads"])))
    ids = ("c1.md", "c2.md", "gone.md")
    assert readable_titles(retriever, ids, _EVERYBODY) == {"c1.md": "Title of c1"}
    assert readable_titles(retriever, ids, _LEADS) == {"c1.md": "Title of c1", "c2.md": "Title of c2"}


def test_a_second_draft_keeps_the_reason_and_a_limit_keeps_the_first_one() -> None:
    case = _review(draft()).case
    again = redrafted(case, NeedsReview(reason=Failure.UNVERIFIED, draft=draft("New [1]."), sources=case.sources))
    assert again is not None
    assert (again.reason, again.draft) == (Failure.APPROVAL_REQUIRED, draft("New [1]."))
    none = redrafted(case, NotEnoughInfo(reason=Failure.RETRIEVAL_LOW))
    assert none is not None
    assert (none.draft, none.sources) == (None, ())
    assert redrafted(case, Limited(reason=Failure.QUEUE_FULL, limit=1)) is None


@pytest.mark.parametrize("kind", [OutdatedDraftError, SourceGoneError, SourceRestrictedError])
def test_a_refusal_names_the_document_as_plain_text_and_says_what_to_do(kind: type[OutdatedDraftError]) -> None:
    words = refusal_words(kind(_review(draft()), "<!channel> {0}"), str, lambda title: title.replace("<", "&lt;"))
    assert "“&lt;!channel> {0}”" in words
    assert "Nothing was sent. Press “Draft again”, or edit" in words
