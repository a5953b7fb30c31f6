"""The page of `citedesk eval --report` and its charts: what they show, and that texts stay texts."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from bot.evaluation.advice import next_steps
from bot.evaluation.charts import Bar, Curve, bars, plot, stacked
from bot.evaluation.page import report_page

_FACTS = [("Questions", "q.jsonl"), ("Index", "20261128")]
_HOSTILE = (
    "<script>alert(1)</script>",
    '"onload="alert(1)',
    "'><img src=x onerror=alert(1)>",
    "{{7*7}}{% raw %}",
    "&lt;b&gt;",
)
_ELEMENTS = set(
    "html head meta title style body h1 h2 p div b span table tr th td details summary blockquote figure figcaption "
    "svg line text polyline circle rect".split()
)
_ATTRIBUTES = set(
    "lang charset name content class viewbox role aria-label x x1 x2 y y1 y2 cx cy r points width height "
    "text-anchor".split()
)


def _row(number: int, **fields: object) -> dict[str, Any]:
    return {
        "id": f"q-{number}", "question": f"Question {number}?", "answerable": True, "category": "setup",
        "has_gold": True, "rank": 1, "outcome": "answered", "form": "written", "sufficiency": 0.9,
        "stage_ms": {"retrieve": 12.0},
        "retrieved": [{"title": "Plans", "heading": "Trial", "score": 0.5, "text": "The trial lasts 21 days."}],
        **fields,
    }  # fmt: skip


def _with_text(text: str) -> str:
    """Return a page with `text` wherever a text of questions, documents or file names goes."""
    chunk = {"title": text, "heading": text, "score": 0.5, "text": text}
    row = _row(1, id=text, question=text, category=text, rank=4, stage_ms={text: 5.0}, retrieved=[chunk])
    return report_page([(text, text)], [row], [row | {"rank": None, "outcome": text}])


@pytest.mark.parametrize("text", _HOSTILE)
def test_a_hostile_text_reaches_the_page_only_escaped(text: str) -> None:
    page = BeautifulSoup(_with_text(text), "html.parser")
    elements = page.find_all(name=True)
    assert {element.name for element in elements} <= _ELEMENTS
    assert {attribute for element in elements for attribute in element.attrs} <= _ATTRIBUTES


@pytest.mark.parametrize("text", _HOSTILE)
@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("head > title", "Evaluation: {}"),
        (".facts th", "{}"),
        (".facts td", "{}"),
        ("summary > b", "{}"),
        ("summary > span", "{}: its passage is at place 4; answered, sufficiency 0.90"),
        ("details p > b", "{0} > {0}"),
        ("blockquote", "{}"),
        ("details td:nth-of-type(1)", "{}"),
        ("details td:nth-of-type(2)", "{}, written, passage not found"),
        ("h2:-soup-contains('Slowest stages') + table td", "{}"),
        ("body > svg > text", "{} (1)"),
        ("body > svg > rect > title", "{}, answered: 1 of 1"),
    ],
)
def test_a_hostile_text_is_shown_as_it_was_written(text: str, place: str, shown: str) -> None:
    page = BeautifulSoup(_with_text(text), "html.parser")
    element = page.select_one(place)
    assert element is not None
    assert element.text == shown.replace("{0}", text).replace("{}", text)


def test_the_page_shows_figures_and_what_changed() -> None:
    rows = [_row(1), _row(2, rank=2), _row(3, answerable=False, rank=None, outcome="not_enough_info", sufficiency=0.1)]
    rows[1]["form"] = "quoted"
    page = BeautifulSoup(report_page(_FACTS, rows, [row | {"rank": None} for row in rows]), "html.parser")
    assert [tile.text for tile in page.select(".tile b")] == [
        "1.000", "0.750", "1.000", "1.000", "0.500", "0.500", "0.000", "0.000",
    ]  # fmt: skip
    assert [cell.text for cell in page.select("table")[1].select("tr")[1].select("td")] == [
        "hit@5", "0.000", "1.000", "+1.000",
    ]  # fmt: skip
    assert "2 questions changed" in page.text


def test_a_figure_that_no_row_counts_towards_is_a_dash() -> None:
    page = BeautifulSoup(report_page(_FACTS, [_row(1)], [_row(1)]), "html.parser")
    assert [tile.text for tile in page.select(".tile b")] == [
        "1.000", "1.000", "-", "1.000", "1.000", "0.000", "0.000", "-",
    ]  # fmt: skip
    assert [cell.text for cell in page.select("table")[1].select("tr")[3].select("td")] == ["AUROC", "-", "-", ""]


def test_a_run_without_mistakes_has_no_worst_question_and_no_comparison() -> None:
    page = report_page(_FACTS, [_row(1)])
    assert "wherever it was judged (1 times) the right passage was found first" in page
    assert "Compared with the earlier run" not in page


def test_where_nothing_was_judged_the_page_says_so() -> None:
    page = report_page(_FACTS, [_row(1, has_gold=False, rank=None)])
    assert "for 0 of those it is known where the answer stands" in page
    assert "Nothing was judged" in page
    assert "found first" not in page


def test_questions_that_nobody_knows_an_answer_to_count_for_the_outcomes_only() -> None:
    gap = _row(2, answerable=None, has_gold=False, rank=None, category="gap", sufficiency=0.2)
    page = BeautifulSoup(report_page(_FACTS, [_row(1), gap]), "html.parser")
    assert [tile.text for tile in page.select(".tile b")][-1] == "-"
    assert "gap, not known (1)" in page.text
    assert "Set answerable to true or false" in page.text


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({"answerable": False, "has_gold": False, "rank": None}, "1 question without an answer in the documents was"),
        ({"rank": 9}, "The right passage of 1 question is not among the first five."),
        ({"outcome": "not_enough_info"}, "1 question ended as not enough info although the right passage was found."),
        ({"has_gold": False, "rank": None}, "Where the answer to 1 of 2 questions stands is not known"),
        ({}, "2 questions with an answer are few: the share that is answered may as well be 34% as 100%"),
    ],
)
def test_the_page_says_what_to_do_next(fields: dict[str, Any], step: str) -> None:
    steps = next_steps([_row(1), _row(2, **fields)])
    assert [one for one in steps if one.startswith(step)]


def test_a_run_of_many_good_questions_asks_for_nothing() -> None:
    rows = [_row(number) for number in range(60)] + [
        _row(number, answerable=False, outcome="not_enough_info") for number in range(60, 90)
    ]
    assert next_steps(rows) == ()
    assert "Nothing stands out." in report_page(_FACTS, rows)


def test_the_style_sheet_stands_in_the_page_as_it_is_written() -> None:
    style = BeautifulSoup(report_page(_FACTS, [_row(1)]), "html.parser").style
    assert style is not None
    assert '.key::before{content:"● "}' in style.text


@pytest.mark.parametrize("text", _HOSTILE)
@pytest.mark.parametrize(
    "draw",
    [
        lambda text: plot(text, text, [Curve(text, [(0.5, 0.5, text)], text), Curve("b", [], dots=True)]),
        lambda text: stacked([(text, [(text, 3), ("blocked", 1)])]),
        lambda text: bars(text, [[Bar(text, 1.0, text, text)], []]),
    ],
    ids=["plot", "stacked", "bars"],
)
def test_a_chart_escapes_every_text(draw: Callable[[str], str], text: str) -> None:
    drawn, plain = (ET.fromstring(f"<all>{draw(given)}</all>") for given in (text, "plain"))  # noqa: S314 - our own
    assert [(part.tag, sorted(part.attrib)) for part in drawn.iter()] == [
        (part.tag, sorted(part.attrib)) for part in plain.iter()
    ]
    assert text in "".join(drawn.itertext())
