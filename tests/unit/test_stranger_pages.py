"""Pages as strangers bring them: what stands beside a text, below a table or at a component keeps to its place."""

import io

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from index.reading.formats.html_page import html
from index.reading.formats.markdown_page import mdx
from index.reading.formats.pdf import pdf

LEFT, HEIGHT = 60, A4[1]


def html_of(body: str) -> str:
    return html(f"<html><body><main>{body}</main></body></html>".encode()).text


def test_a_heading_in_an_aside_does_not_stand_above_the_text_after_the_aside() -> None:
    aside = "<aside><h3>Danger of burning</h3><p>The fuser is hot.</p></aside>"
    assert html_of(f"<h2>Lamps</h2><p>They blink.</p>{aside}<p>Amber: open.</p>").split("\n\n") == [
        "## Lamps",
        "They blink.",
        "**Danger of burning**",
        "The fuser is hot.",
        "Amber: open.",
    ]


def test_a_row_over_all_columns_at_the_end_of_a_table_is_a_note_below_it() -> None:
    rows = "<tr><th>Tool<th>Day<th>Week<tr><td>Saw*<td>12<td>40<tr><td colspan=3>* without blades"
    assert html_of(f"<table>{rows}</table>").split("\n") == [
        "| Tool | Day | Week |",
        "| --- | --- | --- |",
        "| Saw* | 12 | 40 |".replace("*", "\\*"),
        "",
        "\\* without blades",
    ]


def test_a_button_that_opens_an_answer_is_a_line_of_its_own_like_a_summary() -> None:
    item = '<div><button aria-expanded="false">Is it open on Sunday?</button><div hidden>Until noon.</div></div>'
    assert html_of(f"<h2>Hours</h2>{item}").split("\n\n") == ["## Hours", "**Is it open on Sunday?**", "Until noon."]


def test_a_button_within_a_sentence_stays_in_it() -> None:
    assert html_of('<p>Press <button aria-expanded="false">More</button> to go on.</p>') == "Press More to go on."


def test_a_component_without_a_title_is_named_by_what_it_is_about() -> None:
    page = (
        '<ParamField path="endpoint_id" type="string" required>\n  The id of the endpoint.\n</ParamField>\n\n'
        '<Tabs>\n<Tab value="Python">\n\nUse the client.\n\n</Tab>\n</Tabs>\n'
    )
    assert [line for line in mdx(page.encode()).text.split("\n") if line] == [
        "**endpoint_id**",
        "The id of the endpoint.",
        "**Python**",
        "Use the client.",
    ]


def test_what_a_component_needs_to_work_is_not_shown() -> None:
    page = (
        '<Icon name="check" />\n\n<Card path="/docs/start" title="Start">\n\nBegin here.\n\n</Card>\n\n'
        "<Loader value={count}>\n\nIt loads.\n\n</Loader>\n"
    )
    assert [line for line in mdx(page.encode()).text.split("\n") if line] == ["**Start**", "Begin here.", "It loads."]


def _invoice() -> bytes:
    """Return an invoice: an address beside its numbers, a wide blank, then positions and sums."""
    buffer = io.BytesIO()
    c = Canvas(buffer, pagesize=A4)
    c.setFont("Helvetica", 10)
    for n, (address, name, value) in enumerate(
        [
            ("Brackwell Fittings Ltd", "Invoice no.", "2026-0817"),
            ("12 Mill Lane", "Date", "17 Aug 2026"),
            ("Norham", "Due date", "16 Sep 2026"),
        ]
    ):
        for x, text in ((LEFT, address), (330, name), (400, value)):
            c.drawString(x, HEIGHT - 90 - 16 * n, text)
    for n, row in enumerate(
        [
            ("Pos.", "Article", "Qty", "Unit price", "Total"),
            ("1", "Hinge set", "12", "7.20 EUR", "86.40 EUR"),
            ("2", "Door closer", "3", "64.00 EUR", "192.00 EUR"),
            ("3", "Delivery", "1", "14.90 EUR", "14.90 EUR"),
            ("", "", "", "Total net", "293.30 EUR"),
            ("", "", "", "VAT 20 %", "58.66 EUR"),
            ("", "", "", "Amount due", "351.96 EUR"),
        ]
    ):
        for x, text in zip((LEFT, 100), row[:2], strict=True):
            c.drawString(x, HEIGHT - 200 - 18 * n, text)
        for x, text in zip((340, 432, 522), row[2:], strict=True):
            c.drawRightString(x, HEIGHT - 200 - 18 * n, text)
    c.save()
    return buffer.getvalue()


def test_the_positions_of_an_invoice_keep_their_columns_below_an_address_beside_its_numbers() -> None:
    text = pdf(_invoice()).text
    assert "| Pos. | Article | Qty | Unit price | Total |" in text
    assert "| 2 | Door closer | 3 | 64.00 EUR | 192.00 EUR |" in text
    assert "| Norham | Due date | 16 Sep 2026 |" in text


def test_sums_below_the_last_position_are_rows_of_their_own() -> None:
    text = pdf(_invoice()).text
    assert "| 3 | Delivery | 1 | 14.90 EUR | 14.90 EUR |" in text
    assert "|  |  |  | Amount due | 351.96 EUR |" in text
