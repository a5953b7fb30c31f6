# ruff: noqa: RUF001 - the brackets and dashes of other scripts are what is tested
"""Markers of any style are written as `[n]`; numbers in brackets that cite nothing stay as they are."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import CHUNKS, QUOTA, REMINDER, chunk, draft

from pipeline.proof.marker_styles import with_plain_markers
from pipeline.proof.verify import VerificationLimits, checked
from pipeline.types import FindingCode

_BOTH = [(1, "c1", QUOTA), (2, "c2", REMINDER)]
_FIRST = [(1, "c1", QUOTA)]


def _plain(answer: str, citations: list[tuple[int, str, str]] = _BOTH) -> str:
    return with_plain_markers(draft(answer, citations), CHUNKS).answer


@pytest.mark.parametrize(
    ("marker", "plain"),
    [
        ("[1, 2]", "[1][2]"), ("[1,2]", "[1][2]"), ("[1; 2]", "[1][2]"), ("[1 and 2]", "[1][2]"), ("[1-2]", "[1][2]"),
        ("[1–2]", "[1][2]"), ("[1][2]", "[1][2]"), ("【1】", "[1]"), ("【1†source】", "[1]"), ("【1†L1-L3】", "[1]"),
        ("［1］", "[1]"), ("［１］", "[1]"), ("[^1]", "[1]"), ("[ 1 ]", "[1]"), ("(1)", "[1]"), ("[Source 1]", "[1]"),
        ("[Sources 1, 2]", "[1][2]"), ("[Block 1]", "[1]"), ("[citation:1]", "[1]"), ("[cite: 1]", "[1]"),
        ("[cite: 1, 2]", "[1][2]"), ("[ref 1]", "[1]"), ("[doc 1]", "[1]"), ("[doc1]", "[1]"), ("[#1]", "[1]"),
        ("[c1]", "[1]"), ("[chunk_id=c2]", "[2]"), ("[chunk_id=c1, chunk_id=c2]", "[1][2]"),
        ("[[1]](https://a.io/x)", "[1]"), ("[1](https://a.io/x)", "[1]"), ("[[1](https://a.io/x)]", "[1]"),
        ("<sup>1</sup>", "[1]"), ("<sup>[1]</sup>", "[1]"), ("¹", "[1]"), ("¹ ²", "[1][2]"), ("¹²", "[1][2]"),
        (r"\[1\]", "[1]"), ("**[1]**", "[1]"), ("{1}", "[1]"), ("[marker 1]", "[1]"), ("([1])", "[1]"),
        ("[Quelle 1]", "[1]"), ("[Source 1, Source 2]", "[1][2]"), ("（1）", "[1]"), ("[1] [2]", "[1] [2]"),
        ("<cite>[1][2]</cite>", "[1][2]"), ("[1]–[2]", "[1][2]"), ("[3, 3]", "[3]"), ("[2, 2]", "[2]"),
        ("[1, and 2]", "[1][2]"), ("[sources: 1, 2]", "[1][2]"), ("【1】【2】", "[1][2]"), ("[^1^]", "[1]"),
        ("[Doc 1; Doc 2]", "[1][2]"), ("(Source 1)", "[1]"), ("<sup>1, 2</sup>", "[1][2]"), ("[1 & 2]", "[1][2]"),
        ('<a href="#c1">[1]</a>', "[1]"), ("[Context block 1]", "[1]"), ("[[c1]]", "[1]"), ("[1: c1]", "[1]"),
        ("[1;2]", "[1][2]"), ("[Refs 1, 2]", "[1][2]"), ("［1，2］", "[1][2]"), ("〔1〕", "[1]"),
        ("[1 et 2]", "[1][2]"),
        ("[cite:1,2]", "[1][2]"), ("[Source #1]", "[1]"), ("[chunk 1]", "[1]"), (r"\[1, 2\]", "[1][2]"),
        ("_[1]_", "[1]"),
        ("[^1][^2]", "[1][2]"), ("[Fuente 1]", "[1]"), ("(c1)", "[1]"), ("[citation 1](https://a.io)", "[1]"),
        ("[ 1 , 2 ]", "[1][2]"), ("<ref>[1]</ref>", "[1]"), ("[document_1]", "[1]"), ("[source_id: 1]", "[1]"),
        ("<sup>[1](https://a.io)</sup>", "[1]"), ("[1] (Title of c1)", "[1] (Title of c1)"),
        ("[出典 1]", "[1]"), ("^[1]^", "[1]"), ("[1†source]", "[1]"), ("[1\u200b]", "[1]"), ("&#91;1&#93;", "[1]"),
    ],
)  # fmt: skip
def test_a_marker_of_any_style_is_written_plain(marker: str, plain: str) -> None:
    assert _plain(f"The Team plan costs 29 euro {marker}.") == f"The Team plan costs 29 euro {plain}."


@pytest.mark.parametrize(
    "answer",
    [
        "(1) Open it. (2) Close it. [1]",
        "(1) Open it\n(2) Close it\n\n[1]",
        "The number of tries is limited, max (2). [1]",
        "An area of 2 m² is enough, or x¹. [1]",
        "An area of 2 m². [2024] is over [1].",
        "Use `[1-9]` or `items[1, 2]` here [1].",
        "```\n[1, 2] and 【1】\n```\n\nSo it is [1].",
        "    [Source 1]\n\nSo it is [1].",
        "See [the page](https://a.io/1) first [1].",
        "- [ ] open\n- [x] done [1]",
        "Take items[1] and grid[1, 3] of it [1].",
        "It began in [2024] or (2024) [1].",
        "Type [optional] and press [Enter] or [F1] to go [1].",
        "Read [Step 2](https://a.io/2) of it [1].",
        "A value in [0, 1] or [200, 404] [1].",
        "[Step 1] Open it. [Step 2] Close it [1].",
        "It concerns [COVID-19] and [GPT-4] [1].",
        "![1](https://a.io/x.png) is it [1].",
        "The range is [10, 20) of it [1].",
        "Set `[Source 1]` as the name [1].",
        "Use the array [1.5, 2.5] [1].",
        "See chapter (2) for it, then go on [1].",
        "Water is H₂O and E=mc² [1].",
        "Choose [Plan A] or [Plan B] [1].",
        "Write [name](mailto:a@b.io) [1].",
        "Type ${1} or {2} in the template [1].",
        "Released in [05/2024], version [2.1] [1].",
        "1. First (1 of 2)\n2. Second (2 of 2) [1]",
        "~~~\n[1-2]\n~~~\n\nIt is so [1].",
        "The option [Windows 11] must be on [1].",
        "He wrote a[i] and b[j, 1] here [1].",
        "Between 1 and 2 (see page 3) [1].",
        "See RFC [2119] or [RFC 2119] [1].",
        "Enter {name} and {0} [1].",
        "The rows (1) to (2) are kept [1].",
        "> [!NOTE]\n> It is so [1].",
        "Ask [@bob] or [#general] [1].",
        "Between [low] and [high 10] it is [1].",
        "Set x[0] to y[0, 1] [1].",
        "He has 2 of [3 total] [1].",
        "Use <kbd>1</kbd> and <sub>2</sub> [1].",
        "See [chapter 2][ch2] of it [1].",
        "It is 5<sup>2</sup> here [1].",
        "Add [TODO 1] to it [1].",
    ],
)
def test_other_numbers_in_brackets_stay_as_they_are(answer: str) -> None:
    assert _plain(answer) == answer


@pytest.mark.parametrize(
    "answer",
    ["Use m². So.", "It is 10². So.", "Up to x² only. No (2) more.", "1. (1) one\n2. (2) two"],
)
def test_numbers_that_may_be_something_else_are_no_markers_even_where_there_are_no_others(answer: str) -> None:
    assert _plain(answer, [(2, "c2", "nothing of it")]) == answer


@pytest.mark.parametrize(
    "marker",
    ["[7]", "[1, 7]", "【7】", "[Source 7]", "[^7]", "[citation:7]", "[7](https://a.io)", "[2-4]", "<sup>[7]</sup>"],
)
def test_a_number_that_is_no_listed_citation_is_refused(marker: str) -> None:
    plain = with_plain_markers(draft(f"{QUOTA} {marker} {QUOTA} [1]", _FIRST), CHUNKS)
    codes = {finding.code for finding in checked(plain, CHUNKS, VerificationLimits()).findings}
    assert FindingCode.UNKNOWN_CHUNK in codes


@pytest.mark.parametrize(
    ("sources", "plain"),
    [
        ("\n\n**Sources:** [1]", ""),
        ("\n\nSources:\n[1] Title of c1", ""),
        ("\n\nSources:\n- [1] Title of c1\n- [2]: Title of c2, https://help.example/c2", ""),
        ("\n\n[1]: https://help.example/c1", ""),
        ("\n\n[^1]: Title of c1, “The Team plan allows 500 invoices a month”", ""),
        ("\n\n## Quellen\n\n1. [1] Title of c1", ""),
        ("\n\n[^1]: This cannot be undone.", "\n\n[1] This cannot be undone."),
        ("\n\n[1]: https://evil.example/c1", "\n\n[1] https://evil.example/c1"),
        ("\n\n**Never share it** [1]", "\n\n**Never share it** [1]"),
        ("\n\nWeekly reports: yes [1]", "\n\nWeekly reports: yes [1]"),
        ("\n\nNote: it cannot be undone [1].", "\n\nNote: it cannot be undone [1]."),
        ("\n\nNever:\n- [1] Title of c1 is deleted", "\n\nNever:\n- [1] Title of c1 is deleted"),
    ],
)
def test_a_list_of_sources_at_the_end_is_left_out_unless_it_says_something(sources: str, plain: str) -> None:
    assert _plain(f"{QUOTA} [1]{sources}") == f"{QUOTA} [1]{plain}"


def test_an_answer_with_line_ends_of_other_systems_is_read() -> None:
    assert _plain("\rSo it is\r\n\r\n【1】") == "\nSo it is\n\n[1]"


def test_the_markers_of_a_list_of_sources_stay_if_there_are_no_others() -> None:
    assert _plain(f"{QUOTA}\n\nSources: [1], [2]") == f"{QUOTA}\n\n[1][2]"


def test_an_answer_without_markers_ends_in_those_of_its_proved_citations() -> None:
    assert _plain(QUOTA, [*_FIRST, (2, "c2", "words that are not there")]) == f"{QUOTA} [1]"
    assert _plain("- one\n- two", _BOTH) == "- one\n- two\n\n[1][2]"
    assert _plain(QUOTA, []) == QUOTA


@pytest.mark.parametrize(
    "name", ["c1", "chunk_id=c1", "[c1]", "[1] chunk_id=c1, title=Title of c1", "1", "[1]", "Title of c1", "Block 1"]
)
def test_a_citation_may_name_its_chunk_in_other_words(name: str) -> None:
    assert with_plain_markers(draft(citations=[(1, name, QUOTA)]), CHUNKS).citations[0].chunk_id == "c1"


@pytest.mark.parametrize("name", ["c9", "", "Another title", "9"])
def test_a_citation_that_names_no_chunk_stays_as_it_is(name: str) -> None:
    assert with_plain_markers(draft(citations=[(1, name, QUOTA)]), CHUNKS).citations[0].chunk_id == name


def test_of_chunks_with_one_title_that_of_the_marker_is_meant() -> None:
    chunks = (chunk("c1", QUOTA, title="Plans"), chunk("c2", REMINDER, title="Plans"))
    named = with_plain_markers(draft(f"{REMINDER} [2]", [(2, "plans", REMINDER)]), chunks)
    assert named.citations[0].chunk_id == "c2"


@pytest.mark.parametrize(
    "part",
    [
        "[",
        "[[",
        "\\[",
        "[1",
        "【1",
        "(",
        "(1",
        "<sup>",
        "¹",
        "[1, ",
        "`",
        "**[1]",
        "[a 1] b ",
        "[1](",
        "[1]: ",
        "Sources:\n",
    ],
)
def test_hostile_answers_are_read_in_linear_time(part: str) -> None:
    def seconds(count: int) -> float:
        begun = time.perf_counter()
        _plain(part * count)
        return time.perf_counter() - begun

    seconds(10)
    assert seconds(8000 // len(part)) < 2.0


_STYLED = st.lists(
    st.sampled_from(
        "[ ] ( ) { } 【 】 ［ 1 2 7 c1 ¹ ² ` ``` ~~~ ^ # † , - : ; \\ ! <sup> </sup> ** _ \n . | Sources and x https://a.io".split(
            " "
        )
    ),
    max_size=30,
).map("".join)


@settings(deadline=None)
@given(_STYLED)
def test_writing_markers_plain_twice_changes_nothing_more(answer: str) -> None:
    once = with_plain_markers(draft(f"{answer}\n\nSo it is [1].", _BOTH), CHUNKS)
    assert with_plain_markers(once, CHUNKS) == once


@settings(deadline=None)
@given(_STYLED.map(lambda text: text.replace("`", "").replace("~", "")))
def test_code_is_never_changed(code: str) -> None:
    assert f"`{code}`" in _plain(f"See `{code}` here [1].") or "\n" in code
    assert f"```\n{code}\n```" in _plain(f"Type:\n\n```\n{code}\n```\n\nSo [1].")


@pytest.mark.parametrize(
    "end",
    [
        'Warning: "Deleted invoices cannot be restored."',
        "Except:\n- Team plan [2]",
        "Not in: Team plan [2]",
        "Plans:\n- Team plan [1]\n- Team plan [2]",
        "### Important\nDeleted invoices cannot be restored. [1]",
        'Then:\n1. "Deleted invoices cannot be restored." [1]',
    ],
)
def test_what_states_something_at_the_end_of_an_answer_is_no_list_of_sources(end: str) -> None:
    chunks = (
        chunk("c1", "Deleted invoices cannot be restored.", title="Invoices"), chunk("c2", "x", title="Team plan")
    )  # fmt: skip
    citations = [(1, "c1", "Deleted invoices cannot be restored."), (2, "c2", "x")]
    answer = f"Every plan has invoices [1].\n\n{end}"
    assert with_plain_markers(draft(answer, citations), chunks).answer == answer


@pytest.mark.parametrize("words", ["[max 2]", "[except 2]", "[step 1]", "[not c1]", "[1†never before the due date]"])
def test_a_bracket_that_says_something_keeps_its_words(words: str) -> None:
    answer = f"It has users {words} [1]."
    assert words in with_plain_markers(draft(answer, [(1, "c1", QUOTA), (2, "c2", REMINDER)]), CHUNKS).answer
