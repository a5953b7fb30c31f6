import time

import pytest
from support.builders import CHUNKS, QUOTA, REMINDER, chunk, draft

from pipeline.proof.comparing import comparable, contains
from pipeline.proof.verify import VerificationLimits, is_claim, verify
from pipeline.types import Draft, FindingCode

_LIMITS = VerificationLimits()


def _codes(answer: Draft, chunks: tuple = CHUNKS) -> set[FindingCode]:  # type: ignore[type-arg]
    return {finding.code for finding in verify(answer, chunks, _LIMITS)}


@pytest.mark.parametrize(
    "answer",
    [
        draft(),
        draft("The Team plan costs 29 euro [1]."),
        draft(f"Good question! {QUOTA} [1]"),
        draft(f"Here is how it works:\n- {QUOTA} [1]"),
        draft(f"{QUOTA} [1] {REMINDER} [2]", [(1, "c1", QUOTA), (2, "c2", REMINDER)]),
        draft(
            "On the Team plan you may have 500 invoices a month [1].", [(1, "c1", "the team plan ALLOWS  500 invoices")]
        ),
        draft(f"{QUOTA} [1]", [(1, "c1", "“The **Team plan** allows 500 invoices”".strip("“”"))]),
    ],
)
def test_a_proved_answer_has_no_findings(answer: Draft) -> None:
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
        (draft(citations=[(1, "c1", "The Team plan allows 5,000 invoices")]), FindingCode.QUOTE_NOT_FOUND),
        (draft(citations=[(1, "c1", "500")]), FindingCode.QUOTE_NOT_FOUND),
        (draft(citations=[(1, "c1", "")]), FindingCode.QUOTE_NOT_FOUND),
        (draft(citations=[(1, "c1", "lan allows 500 invoices a mon")]), FindingCode.QUOTE_NOT_FOUND),
        (draft(f"{QUOTA} [1] Support is open on Sundays."), FindingCode.UNCITED_CLAIM),
        (draft(f"{QUOTA} [1]\n- Support is open on weekends"), FindingCode.UNCITED_CLAIM),
        (draft("The Team plan allows 600 invoices a month. [1]"), FindingCode.UNSUPPORTED_VALUE),
        (draft("The Team plan allows 500 invoices, see https://evil.example/x [1]."), FindingCode.FOREIGN_LINK),
        (draft("Write to boss@evil.example about 500 invoices [1]."), FindingCode.FOREIGN_LINK),
        (draft("Run `rm -rf /` for 500 invoices [1]."), FindingCode.UNSUPPORTED_VALUE),
        (draft("On Monday the Team plan allows 500 invoices [1]."), FindingCode.UNSUPPORTED_VALUE),
        (draft("The Team plan does not allow 500 invoices [1]."), FindingCode.UNSUPPORTED_VALUE),
        (draft("x" * 3001 + " [1]"), FindingCode.TOO_LONG),
    ],
)
def test_each_way_of_being_wrong_has_its_code(answer: Draft, code: FindingCode) -> None:
    assert code in _codes(answer)


def test_a_quote_of_one_chunk_does_not_prove_a_sentence_that_cites_another() -> None:
    swapped = draft(f"{QUOTA} [2]", [(2, "c2", REMINDER)])
    assert FindingCode.UNSUPPORTED_VALUE in _codes(swapped)


def test_a_number_is_found_with_or_without_thousands_separators() -> None:
    chunks = (chunk("c1", "An archive holds at most 20,000 invoices and 90 days."),)
    quote = [(1, "c1", "An archive holds at most 20,000 invoices")]
    assert _codes(draft("It holds 20000 invoices [1].", quote), chunks) == set()
    assert FindingCode.UNSUPPORTED_VALUE in _codes(draft("It holds 2000 invoices [1].", quote), chunks)


@pytest.mark.parametrize(
    ("text", "sentence", "proved"),
    [
        ("Attachments may have 25MB.", "Up to 25 MB.", True),
        ("Attachments may have 25 MB.", "Up to 25MB.", True),
        ("Attachments may have 25 MB.", "Up to 25 GB.", False),
        ("Wait for 10 minutes.", "It takes 10 hours.", False),
        ("A 10-minute wait.", "It takes 10 minutes.", True),
        ("It costs 5% more.", "It costs 5 percent less.", False),
        ("Switch on 2FA under Security.", "Choose 2FA.", True),
        ("Use API v2 here.", "Use v2.", True),
        ("Use API v2 here.", "Use v3.", False),
        ("Scaled to 25x25 pixels.", "It is 25x25 pixels.", True),
        ("Scaled to 25x25 pixels.", "It is 128x128 pixels.", False),
        ("Guests cost 1/5 of it.", "They cost 1/5.", True),
        ("Guests cost 1/5 of it.", "They cost 1/2.", False),
    ],
)
def test_values_are_compared_with_their_units(text: str, sentence: str, proved: bool) -> None:  # noqa: FBT001
    codes = _codes(draft(f"{sentence} [1]", [(1, "c1", text)]), (chunk("c1", text),))
    assert (codes == set()) == proved


def test_text_that_differs_only_in_marks_space_and_typography_compares_equal() -> None:
    # The dash and the quotes are typographic on purpose.
    written = "## Ship it\n\n1. Click **<kbd>Ctrl</kbd>** – see [the “guide”](/help/x)\n   now"  # noqa: RUF001
    assert comparable(written) == 'ship it click ctrl - see the "guide" now'


@pytest.mark.parametrize("sentence", ["Hi there!", "Sure.", "Here is how:", "Happy to help.", "---", "[1]"])
def test_greetings_and_short_lead_ins_state_no_fact(sentence: str) -> None:
    assert not is_claim(sentence)


@pytest.mark.parametrize("sentence", ["Yes.", "No.", "It costs 5 euro:", "Thanks to version 2 it works.", "Open it."])
def test_everything_else_states_a_fact(sentence: str) -> None:
    assert is_claim(sentence)


def test_a_long_chunk_is_checked_in_linear_time() -> None:
    text = "ab " * 200_000
    assert FindingCode.QUOTE_NOT_FOUND in _codes(
        draft("Ab. [1]", [(1, "c1", "ab " * 5000 + "x")]), (chunk("c1", text),)
    )


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("Der Team-Tarif erlaubt 500 Rechnungen im Monat und kostet 29 Euro.", ("500", "900")),
        ("Die Mahnung wird nicht automatisch an den Kunden verschickt.", ("nicht ", "")),
        ("L'abonnement Team permet 500 factures par mois.", ("500", "900")),
        ("Los administradores no pueden borrar las facturas enviadas.", ("no pueden", "pueden")),
        ("チームプランでは毎月500件の請求書を作成できます。", ("500", "900")),
        ("管理员可以删除已发送的发票,但不能修改内容。", ("删除", "恢复")),
        ("Тариф Team допускает 500 счетов в месяц.", ("500", "900")),
    ],
)
def test_other_languages_are_proved_verbatim_and_objected_to_when_changed(text: str, changed: tuple[str, str]) -> None:
    known = (chunk("c1", text),)
    assert _codes(draft(f"{text} [1]", [(1, "c1", text)]), known) == set()
    false = text.replace(*changed)
    assert false != text
    assert _codes(draft(f"{false} [1]", [(1, "c1", text)]), known)


def test_a_list_under_a_cited_lead_in_is_covered_by_it_and_still_compared() -> None:
    text = "To send an invoice:\n\n1. Open the invoice page.\n2. Press the green Send button."
    quotes = [
        (1, "c1", line) for line in ("To send an invoice:", "Open the invoice page.", "Press the green Send button.")
    ]
    good = "To send an invoice: [1]\n1. Open the invoice page.\n2. Press the green Send button."
    assert _codes(draft(good, quotes), (chunk("c1", text),)) == set()
    assert _codes(draft(good.replace("green", "red"), quotes), (chunk("c1", text),))


def test_a_long_chunk_full_of_near_hits_is_searched_in_linear_time() -> None:
    # A quadratic search over this would take minutes.
    text = "a " * 200_000
    began = time.perf_counter()
    assert not contains(f"x{comparable(text)}", f"{comparable(text)} b")
    assert time.perf_counter() - began < 10
