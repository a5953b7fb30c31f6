"""Presentations as different people build them."""

import io
from typing import Any

import pptx as library
import pytest
from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from index.errors import UnreadableDocumentError
from index.reading.formats.content import Content
from index.reading.formats.slides import pptx

_AT = (Inches(1), Inches(2), Inches(6), Inches(2))
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def deck_of(*titles: str, layout: int = 1) -> Any:  # noqa: ANN401 - python-pptx has no types
    deck = library.Presentation()
    for title in titles:
        deck.slides.add_slide(deck.slide_layouts[layout]).shapes.title.text = title
    return deck


def read(deck: Any) -> Content:  # noqa: ANN401
    made = io.BytesIO()
    deck.save(made)
    return pptx(made.getvalue())


def test_a_slide_is_a_section_with_its_paragraphs_as_items_at_their_levels() -> None:
    deck = deck_of("Refunds")
    frame = deck.slides[0].placeholders[1].text_frame
    frame.text = "Ask within 30 days"
    deeper = frame.add_paragraph()
    deeper.text, deeper.level = "Keep the receipt", 1
    assert read(deck).text == "## Refunds\n- Ask within 30 days\n    - Keep the receipt"


def test_numbered_paragraphs_keep_their_numbers() -> None:
    deck = deck_of("Reset")
    frame = deck.slides[0].placeholders[1].text_frame
    for number, text in enumerate(["Open", "Press", "Wait"]):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text = text
        etree.SubElement(paragraph._p.get_or_add_pPr(), f"{{{_DRAWING}}}buAutoNum", type="arabicPeriod")
    assert read(deck).text == "## Reset\n1. Open\n2. Press\n3. Wait"


def test_shapes_in_groups_within_groups_are_read() -> None:
    deck = deck_of("Path", layout=5)
    inner = deck.slides[0].shapes.add_group_shape().shapes.add_group_shape()
    inner.shapes.add_textbox(*_AT).text_frame.text = "Level 2 calls 7714"
    assert read(deck).text == "## Path\n- Level 2 calls 7714"


def test_hidden_slides_and_shapes_are_left_out_and_slides_named() -> None:
    deck = deck_of("Now", "Old", layout=5)
    deck.slides[1]._element.set("show", "0")
    hidden = deck.slides[0].shapes.add_textbox(*_AT)
    hidden.text_frame.text = "secret"
    hidden._element.nvSpPr.cNvPr.set("hidden", "1")
    content = read(deck)
    assert content.text == "## Now"
    assert content.unread == (("slide 2", "hidden slide"),)


def test_struck_through_text_is_left_out() -> None:
    deck = deck_of("Price", layout=5)
    paragraph = deck.slides[0].shapes.add_textbox(*_AT).text_frame.paragraphs[0]
    for text, strike in (("59 EUR", "sngStrike"), ("49 EUR", "noStrike")):
        run = paragraph.add_run()
        run.text = text
        run._r.get_or_add_rPr().set("strike", strike)
    assert read(deck).text == "## Price\n- 49 EUR"


def test_a_merged_cell_counts_for_every_cell_that_it_covers() -> None:
    deck = deck_of("Rates", layout=5)
    table = deck.slides[0].shapes.add_table(4, 3, *_AT).table
    rows = [["Zone", "Weight", "Price"], ["A", "2 kg", "4.10"], ["", "10 kg", "7.60"], ["B", "Ask us", ""]]
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            table.cell(number, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 1).merge(table.cell(3, 2))
    lines = ["| Zone | Weight | Price |", "| --- | --- | --- |"]
    lines += ["| A | 2 kg | 4.10 |", "| A | 10 kg | 7.60 |", "| B | Ask us | Ask us |"]
    assert read(deck).text == "## Rates\n\n" + "\n".join(lines)


def test_a_chart_is_the_table_of_its_data() -> None:
    deck = deck_of("Uptime", layout=5)
    data = CategoryChartData(number_format="0.0%")
    data.categories = ["Q1", "Q2"]
    data.add_series("Cloud", (0.991, 0.998))
    data.add_series("On site", (0.97, None))
    deck.slides[0].shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *_AT, data)
    assert read(deck).text.endswith(
        "|  | Cloud | On site |\n| --- | --- | --- |\n| Q1 | 99.1% | 97.0% |\n| Q2 | 99.8% |  |"
    )


def test_notes_have_a_label() -> None:
    deck = deck_of("Hours", layout=5)
    deck.slides[0].notes_slide.notes_text_frame.text = "Closed on holidays.\n# not a heading"
    assert read(deck).text == "## Hours\n\n**Notes**\n\nClosed on holidays.\n\n\\# not a heading"


@pytest.mark.parametrize(
    ("description", "lines"),
    [
        ("A map: the desk is on floor 2", ["- Picture: A map: the desk is on floor 2"]),
        ("map.png", []),
        ("A group of people\n\nDescription automatically generated", []),
    ],
)
def test_a_picture_is_what_its_author_says_of_it(description: str, lines: list[str]) -> None:
    from PIL import Image  # noqa: PLC0415

    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    picture.seek(0)
    deck = deck_of("Map", layout=5)
    deck.slides[0].shapes.add_picture(picture, 0, 0)._element.nvPicPr.cNvPr.set("descr", description)
    content = read(deck)
    assert content.text.split("\n")[1:] == lines
    assert bool(content.unread) is not bool(lines)


def test_slide_numbers_footers_and_dates_are_left_out() -> None:
    deck = deck_of("Hours")
    for kind in ("ftr", "sldNum", "dt"):
        shape = deck.slides[0].shapes.add_textbox(*_AT)
        shape.text_frame.text = "repeated"
        etree.SubElement(
            shape._element.nvSpPr.nvPr, "{http://schemas.openxmlformats.org/presentationml/2006/main}ph", type=kind
        )
    assert read(deck).text == "## Hours"


def test_a_slide_without_a_title_has_its_number() -> None:
    deck = deck_of("Hours", layout=5)
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.shapes.add_textbox(*_AT).text_frame.text = "Ask Anna"
    assert read(deck).text.endswith("## Slide 2\n- Ask Anna")


def test_line_breaks_stay_within_their_item() -> None:
    deck = deck_of("Hours\vof the desk")
    deck.slides[0].placeholders[1].text_frame.text = "Mon 9-17\vTue 10-18"
    assert read(deck).text == "## Hours of the desk\n- Mon 9-17\n    Tue 10-18"


def test_the_title_is_that_of_the_properties_unless_the_template_made_it_up() -> None:
    deck = deck_of("Support at Drimo")
    deck.core_properties.title = "PowerPoint Presentation"
    assert read(deck).title == "Support at Drimo"
    deck.core_properties.title = "Handbook of Drimo"
    assert read(deck).title == "Handbook of Drimo"


@pytest.mark.parametrize("raw", [b"PK\x03\x04 cut", b"", b"PK\x05\x06" + b"\0" * 18])
def test_a_broken_presentation_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableDocumentError, match="broken"):
        pptx(raw)
