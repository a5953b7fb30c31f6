"""Plain text as mails, manual pages and service descriptions have it: tables, titles in capitals, quoted mails."""

import pytest

from index.reading.formats.plain_text import plain


def text_of(text: str) -> str:
    return plain(text.encode()).text


RULED = """\
Priority        Standard        Premium
--------------  --------------  ----------
1 (outage)      4 hours         30 minutes
2 (degraded)    1 working day   4 hours
"""
BETWEEN_RULES = """\
=========  ==========  =====
Endpoint   Per minute  Burst
=========  ==========  =====
/orders    60          10
/invoices  20
=========  ==========  =====
"""
WRAPPED = """\
Code  What it
      means
----  ----------------
E1    The cover stands
      open
E2    a|b
"""


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            RULED,
            [
                "| Priority | Standard | Premium |",
                "| --- | --- | --- |",
                "| 1 (outage) | 4 hours | 30 minutes |",
                "| 2 (degraded) | 1 working day | 4 hours |",
            ],
        ),
        (
            BETWEEN_RULES,
            [
                "| Endpoint | Per minute | Burst |",
                "| --- | --- | --- |",
                "| /orders | 60 | 10 |",
                "| /invoices | 20 |  |",
            ],
        ),
        (
            WRAPPED,
            ["| Code | What it means |", "| --- | --- |", "| E1 | The cover stands open |", r"| E2 | a\|b |"],
        ),
    ],
)
@pytest.mark.parametrize("indent", ["", "   "])
def test_columns_below_a_header_with_a_ruling_line_are_a_table(text: str, rows: list[str], indent: str) -> None:
    indented = "\n".join(indent + line for line in text.splitlines())
    assert [line for line in text_of(f"Limits of the service\n\n{indented}\n\nAfterwards.").split("\n") if line] == [
        "Limits of the service",
        *rows,
        "Afterwards.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a sentence that reaches over the columns\n----  ----\nE1    open",
        "Code  Meaning\n----  -------",
        "Code  Meaning\n----  -------\n\nE1    open",
        "---- ----\n\nafter a line for the looks",
    ],
)
def test_lines_that_are_no_table_stay_lines(text: str) -> None:
    assert "|" not in text_of(f"Before it\n\n{text}")


MANUAL = """\
1. SCOPE

   All customers of the hosting.

2. CREDITS
   * below 99.9 %: a tenth of the fee

   The fee is that of the month.

2.1 REQUESTS

       By mail, within 30 days.
"""


def test_titles_in_capitals_above_indented_text_are_headings() -> None:
    assert text_of(MANUAL).split("\n") == [
        "## 1. SCOPE",
        "",
        "All customers of the hosting.",
        "",
        "## 2. CREDITS",
        "",
        "* below 99.9 %: a tenth of the fee",
        "",
        "The fee is that of the month.",
        "",
        "### 2.1 REQUESTS",
        "",
        "By mail, within 30 days.",
    ]


def test_a_footer_at_the_margin_leaves_the_text_below_a_title_at_the_margin() -> None:
    text = text_of("NAME\n       tarn - copy folders\n\nBUGS\n       Write to Ada.\n\n1.9    October    TARN(1)")
    assert "\nWrite to Ada." in text


@pytest.mark.parametrize(
    "text",
    [
        "WARNING\n   The lid is hot.\n\nLet it cool.",
        "ACME LTD\n\nDear customer,\n\nthe office is closed.\n\nACME LTD",
        "OPEN THE DOOR.\n   Slowly.\n\nCLOSE THE DOOR.\n   Slowly.",
        "1. Open the door\n\n   Slowly.\n\n2. Close the door\n\n   Slowly.",
    ],
)
def test_other_lines_above_indented_text_are_no_headings(text: str) -> None:
    assert "#" not in text_of(text)


MAIL = """\
From: Ada <ada@example.com>
To: support@example.com
Date: Tue, 06 Oct 2026 14:22:10 +0200
Subject: Re: Fwd: Scratched panels

They are exchanged without a photo within 21 days.

On Mon, 05 Oct 2026, Bob wrote:
> Do we ask for a photo?
>
> Bob
"""


def test_the_subject_of_a_mail_is_its_title_and_its_date_the_day_of_the_change() -> None:
    content = plain(MAIL.encode())
    assert (content.title, content.updated) == ("Scratched panels", "2026-10-06")


def test_a_mail_quoted_at_the_end_of_another_has_a_section_of_its_own() -> None:
    assert text_of(MAIL).split("\n")[5:] == [
        "They are exchanged without a photo within 21 days.",
        "",
        "## On Mon, 05 Oct 2026, Bob wrote",
        "",
        "Do we ask for a photo?",
        "",
        "Bob",
    ]


def test_a_quote_that_is_answered_below_stays_with_its_answer() -> None:
    text = text_of(MAIL + "\nNo, not within 21 days.\n")
    assert "> Do we ask for a photo?" in text
    assert "#" not in text


@pytest.mark.parametrize(
    "text",
    [
        "From: the office\n\nHello everyone,\n\nwe are closed:\n> Friday",
        "Subject: keys\nThe keys are at the desk.\n\nAs Bob wrote:\n> At the desk.",
        "Opening hours\n\nMonday to Friday:\n> 9 to 17",
    ],
)
def test_text_without_the_header_of_a_mail_is_no_mail(text: str) -> None:
    assert "#" not in text_of(text)


@pytest.mark.parametrize(
    ("subject", "title"),
    [("RE: re: Keys", "Keys"), ("FAQ: Returns", "FAQ: Returns"), ("Ask Fwd: this", "Ask Fwd: this"), ("Re: ", None)],
)
def test_only_marks_of_replies_at_its_start_are_left_out_of_a_subject(subject: str, title: str | None) -> None:
    content = plain(MAIL.replace("Re: Fwd: Scratched panels", subject).encode())
    assert content.title == (title or "Re:")
