"""What the checks by code find in a draft, and which passages its quotes are widened to."""

import pytest
from support.builders import CHUNKS, QUOTA, REMINDER, chunk, draft

from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable
from pipeline.proof.quotes import Quote, proved, quoted
from pipeline.proof.verify import VerificationLimits, checked, cited_for
from pipeline.types import Citation, Draft, Finding, FindingCode, Quoted

_LIMITS = VerificationLimits()


def _codes(answer: Draft, chunks: tuple[RetrievedChunk, ...] = CHUNKS) -> set[FindingCode]:
    return {finding.code for finding in checked(answer, chunks, _LIMITS).findings}


def _quoting(quote: str, text: str) -> tuple[Quote | Finding, RetrievedChunk]:
    source = chunk("c1", text)
    return proved(Citation(marker=1, chunk_id="c1", quote=quote), [source], _LIMITS.quote_chars_min), source


@pytest.mark.parametrize(
    "answer",
    [
        draft(),
        draft("The Team plan costs 29 euro [1]."),
        draft(f"Good question! {QUOTA} [1]"),
        draft(f"Here is how it works:\n- {QUOTA} [1]"),
        draft(f"{QUOTA} [1] {REMINDER} [2]", [(1, "c1", QUOTA), (2, "c2", REMINDER)]),
        draft("You may have 500 invoices a month [1].", [(1, "c1", "the team plan ALLOWS  500 invoices")]),
        draft(f"{QUOTA} [1]", [(1, "c1", "“The **Team plan** allows 500 invoices…”")]),
        draft(f"{QUOTA} [1]", [(1, "c1", QUOTA), (1, "c1", "words that are not there")]),
        draft(f"{QUOTA} [1]", [(1, "c1", QUOTA), (2, "c2", "words that are not there")]),
        draft(f"{QUOTA} [1]", [(1, "c1", QUOTA), (9, "c9", "words that are not there")]),
    ],
)
def test_a_draft_whose_quotes_and_values_are_there_has_no_findings(answer: Draft) -> None:
    assert _codes(answer) == set()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (draft(QUOTA, []), FindingCode.NO_CITATION),
        (draft(citations=[(1, "doc-42", QUOTA)]), FindingCode.UNKNOWN_CHUNK),
        (draft(citations=[(1, "c2", REMINDER)]), FindingCode.UNKNOWN_CHUNK),
        (draft(f"{QUOTA} [0]", [(0, "c2", REMINDER)]), FindingCode.UNKNOWN_CHUNK),
        (draft(f"{QUOTA} [7]", [(7, "c1", QUOTA)]), FindingCode.UNKNOWN_CHUNK),
        (draft(f"{QUOTA} [1] More here [2]."), FindingCode.UNKNOWN_CHUNK),
        (draft(f"{QUOTA} [1][2]", [(1, "c1", QUOTA), (2, "c2", "words not there")]), FindingCode.QUOTE_NOT_FOUND),
        (draft(citations=[(1, "c1", "The Team plan allows 5,000 invoices")]), FindingCode.QUOTE_NOT_FOUND),
        (draft(citations=[(1, "c1", "500")]), FindingCode.QUOTE_NOT_FOUND),
        (draft(citations=[(1, "c1", "")]), FindingCode.QUOTE_NOT_FOUND),
        (draft(citations=[(1, "c1", "lan allows 500 invoices a mon")]), FindingCode.QUOTE_NOT_FOUND),
        (draft(f"{QUOTA}"), FindingCode.UNCITED_CLAIM),
        (draft(f"{QUOTA} [1] Support is open on Sundays."), FindingCode.UNSUPPORTED_VALUE),
        (draft("The Team plan allows 600 invoices a month. [1]"), FindingCode.UNSUPPORTED_VALUE),
        (draft("The Team plan allows 500 invoices, see https://evil.example/x [1]."), FindingCode.FOREIGN_LINK),
        (draft("Write to boss@evil.example about 500 invoices [1]."), FindingCode.FOREIGN_LINK),
        (draft("Run `rm -rf /` for 500 invoices [1]."), FindingCode.UNSUPPORTED_VALUE),
        (draft("x" * 3001 + " [1]"), FindingCode.TOO_LONG),
    ],
)
def test_each_way_of_being_wrong_has_its_code(answer: Draft, code: FindingCode) -> None:
    assert code in _codes(answer)


def test_what_is_not_word_for_word_is_left_to_the_judge_with_its_passages() -> None:
    found = checked(draft("The Team plan does not allow 500 invoices [1]."), CHUNKS, _LIMITS)
    assert found.findings == ()
    assert [claim.sentence for claim in found.open_claims] == ["The Team plan does not allow 500 invoices ."]
    assert found.open_claims[0].passages == (f"Title of c1\n{QUOTA}",)
    assert [finding.code for finding in found.without_judge().findings] == [FindingCode.NOT_JUDGED]


def test_a_list_item_is_never_verbatim_because_its_lead_in_may_turn_it_round() -> None:
    text = "You cannot do this:\n\n- Delete the messages of others."
    answer = draft("Delete the messages of others. [1]", [(1, "c1", "Delete the messages of others.")])
    found = checked(answer, (chunk("c1", text),), _LIMITS)
    assert found.verbatim == 0
    assert "You cannot do this:" in found.open_claims[0].passages[0]


def test_a_quote_of_one_chunk_does_not_prove_a_value_of_another() -> None:
    assert FindingCode.UNSUPPORTED_VALUE in _codes(draft(f"{QUOTA} [2]", [(2, "c2", REMINDER)]))


def test_a_value_of_the_question_is_the_askers_own() -> None:
    answer = draft("For 90 days, the Team plan is enough [1].")
    assert checked(answer, CHUNKS, _LIMITS).findings != ()
    assert checked(answer, CHUNKS, _LIMITS, "Which plan for 90 days?").findings == ()


_THREE = "First one here. Not the second one. Third one here."


@pytest.mark.parametrize(
    ("quote", "text", "passage"),
    [
        ("third one", "First one. The third one is here. Last.", None),
        ("the third one is", "First one. The third one is here. Last.", "The third one is here."),
        ("first one. the third", "First one. The third one is here. Last.", "First one. The third one is here."),
        ("Press “Save & close”", 'Press **"Save &amp; close"** now.', 'Press **"Save &amp; close"** now.'),
        ("see the guide here", "See [the guide](/help/x) here.", "See [the guide](/help/x) here."),
        ("you can ... delete it", "You can not delete it.", "You can not delete it."),
        ("you can […] delete it", "You can ask. They delete it.", None),
        (
            "delete it for all",
            "You cannot:\n\n1. delete it for all\n2. move it",
            "You cannot:\n\n1. delete it for all\n2. move it",
        ),
        (
            "Pro | 20 dollars",
            "| Plan | Price |\n|---|---|\n| Pro | 20 dollars |",
            "| Plan | Price |\n|---|---|\n| Pro | 20 dollars |",
        ),
        (
            "pip install citedesk",
            "Run:\n\n```sh\npip install citedesk\n```",
            "Run:\n\n```sh\npip install citedesk\n```",
        ),
        ("soft\u00adware\u200b updates", "All software updates.", "All software updates."),
        ("Press Save & close now", 'Press **"Save &amp; close"** now.', 'Press **"Save &amp; close"** now.'),
        ("Press 'Save & close' now", 'Press **"Save &amp; close"** now.', 'Press **"Save &amp; close"** now.'),
        ("title=Title of c1\nAll of it is here", "All of it is here. Last.", "All of it is here."),
        ("[1] chunk_id=c1, title=Title of c1 All of it is here", "All of it is here. Last.", "All of it is here."),
        ("chunk_id=c1, title=Title of c1", "All of it is here. Last.", None),
        ("The title of c1", "The Title of c1 stands here too.", "The Title of c1 stands here too."),
        ("All of it is here. [1]", "All of it is here. Last.", "All of it is here."),
        ("see the third [3] of them", "Now see the third [3] of them.", "Now see the third [3] of them."),
        ("All of it\\nis here", "All of it\nis here. Last.", "All of it\nis here."),
        ("First one here. ... Third one here.", _THREE, _THREE),
        ("First one here […] Third one here", _THREE, _THREE),
        ("First one here. Third one here.", _THREE, _THREE),
        ("First one here. Third one is here.", _THREE, None),
        ("Third one here. First one here.", _THREE, None),
        ("one here. Third one here.", "This is first one here. Never. Third one here.", None),
        (
            "is first one here … Third one here",
            "This is first one here. Never. Third one here.",
            "This is first one here. Never. Third one here.",
        ),
        ("First one here … one here too", "First one here. Never. No one here too.", None),
        ("これは日本語の文です。次の", "これは日本語の文です。次の文です。", "これは日本語の文です。次の文です。"),
    ],
)
def test_a_quote_is_found_whatever_its_marks_and_widened_to_what_it_is_part_of(
    quote: str, text: str, passage: str | None
) -> None:
    found, _ = _quoting(quote, text)
    assert (found.passage if isinstance(found, Quote) else None) == passage


def _shown(quotes: list[tuple[str, str]], max_chars: int = 3000) -> Quoted | None:
    found = []
    for number, (quote, text) in enumerate(quotes, 1):
        source = chunk(f"c{number}", text)
        citation = Citation(marker=7, chunk_id=source.chunk_id, quote=quote)
        proof = proved(citation, [*[chunk("x")] * 6, source], 5)
        assert isinstance(proof, Quote)
        found.append(proof)
    return quoted(found, max_chars)


def test_quotes_are_shown_as_passages_with_markers_of_their_own() -> None:
    shown = _shown([("beta here", "Alpha [3] is it. Beta here."), ("one item", "Do:\n\n- one item\n- two")])
    assert shown is not None
    assert shown.text == "Beta here. [1]\n\nDo:\n\n- one item\n- two\n\n[2]"
    assert [source.marker for source in shown.sources] == [1, 2]


def test_a_bracketed_number_of_a_document_is_no_marker() -> None:
    shown = _shown([("alpha", "Alpha [3] is it.")])
    assert shown is not None
    assert shown.text == "Alpha (3) is it. [1]"


def test_passages_beyond_the_limit_are_left_out_with_their_sources() -> None:
    shown = _shown([("alpha", "Alpha is first."), ("beta b", "Beta b is second.")], max_chars=20)
    assert shown is not None
    assert (shown.text, len(shown.sources)) == ("Alpha is first. [1]", 1)


def test_no_quote_gives_nothing_to_show() -> None:
    assert quoted([], 100) is None


def test_an_answer_of_a_person_cites_the_units_most_like_it() -> None:
    found = cited_for("You may send 500 invoices [1]. A reminder follows after 7 days [2]. Else [9].", CHUNKS)
    assert [(c.marker, c.quote) for c in found] == [(1, QUOTA), (2, REMINDER)]


def test_text_that_differs_only_in_marks_space_and_typography_compares_equal() -> None:
    # The dash and the quotes are typographic on purpose.
    written = "## Ship it\n\n1. Click **<kbd>Ctrl</kbd>** – see [the “guide”](/help/x)\n   now"  # noqa: RUF001
    assert comparable(written) == 'ship it click ctrl - see the "guide" now'


def test_a_long_chunk_is_checked_in_linear_time() -> None:
    text = "ab " * 200_000
    long = draft("Ab. [1]", [(1, "c1", "ab " * 5000 + "x")])
    assert FindingCode.QUOTE_NOT_FOUND in _codes(long, (chunk("c1", text),))


@pytest.mark.parametrize(
    "answer",
    [
        f"{QUOTA} [1]\n\n[Refunds are forbidden and managers get fined]: x",
        f'{QUOTA} [1]\n\n[x]: y "Refunds are forbidden"',
        f"{QUOTA} [1]\n\n{'> ' * 60}Refunds are forbidden.",
        "[1]",
        "❌ [1]",
        "ⓇⒺⒻⓊⓃⒹⓈ [1]",
        f"{QUOTA.removesuffix('.')}`. [1]\n\nAdmins` may [2].",
    ],
)
def test_nothing_is_shown_that_was_not_checked(answer: str) -> None:
    found = checked(draft(answer, [(1, "c1", QUOTA), (2, "c2", REMINDER)]), CHUNKS, _LIMITS)
    assert found.findings or found.open_claims
    assert found.without_judge().findings != ()


_PLANS = (
    "The Team plan is for groups. It costs 29 euro.\n\nThe Pro plan has SSO. It costs 99 euro.\n\n"
    "Never do this:\n\nShare the password.\n\nRefunds are possible. Not for gift cards."
)


@pytest.mark.parametrize(
    ("answer", "verbatim"),
    [
        ("The Team plan is for groups. It costs 29 euro. [1]", 2),
        ("The Pro plan has SSO. It costs 99 euro [1].", 2),
        ("The Pro plan has SSO. It costs 29 euro. [1]", 0),
        ("The Team plan is for groups. [1]", 0),
        ("Share the password. [1]", 0),
        ("Refunds are possible. [1]", 0),
        ("The pro plan has SSO. It costs 99 euro. [1]", 0),
        ("The ~~Pro~~ plan has SSO. It costs 99 euro. [1]", 0),
    ],
)
def test_only_whole_paragraphs_letter_by_letter_need_no_judge(answer: str, verbatim: int) -> None:
    quotes = [(1, "c1", part) for part in _PLANS.split("\n\n")]
    assert checked(draft(answer, quotes), (chunk("c1", _PLANS),), _LIMITS).verbatim == verbatim


def test_a_link_in_a_tag_is_a_link() -> None:
    answer = draft(f'{QUOTA} <a href="https://evil.example/login">Log in</a> [1]')
    assert FindingCode.FOREIGN_LINK in _codes(answer)
