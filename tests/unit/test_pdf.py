"""What a PDF becomes. The files are made here, laid out as people and programs lay them out."""

import io
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfgen.canvas import Canvas

from index.errors import UnreadableDocumentError
from index.reading.formats.content import Content
from index.reading.formats.pdf import pdf
from index.reading.formats.pdf.contents import without_contents
from index.reading.formats.pdf.page import Page, Word
from index.reading.formats.pdf.paragraphs import spliced

WIDTH, HEIGHT = A4
Draw = Callable[[Canvas], object]

LEFT = (
    "Members of the club may use the boats from April to October. A boat must be booked two days before, and it is "
    "returned clean. Whoever damages a boat tells the warden on the same day. The warden keeps the list of bookings."
)
RIGHT = (
    "The boathouse closes when the river is higher than three metres. A red flag on the roof says so. Guests need a "
    "member beside them in the boat, and children under twelve wear a life jacket at all times on the water."
)
LONG = (
    "The council decided in its spring meeting that the rooms on the ground floor can be rented by all groups of the "
    "town, provided that they name a person who answers for the keys and for what is left behind in the kitchen."
)


def made(*pages: Draw, title: str = "", password: str = "") -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, encrypt=password or None)
    canvas.setTitle(title)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def put(c: Canvas, x: float, y: float, *lines: str, size: float = 11, font: str = "Helvetica") -> float:
    """Write lines from a height downwards; return the height below them."""
    c.setFont(font, size)
    for number, line in enumerate(lines):
        c.drawString(x, y - number * size * 1.3, line)
    return y - len(lines) * size * 1.3


def flow(c: Canvas, x: float, y: float, text: str, *, width: float = 450, size: float = 11) -> float:
    """Write a paragraph; return the height of the next one."""
    return put(c, x, y, *simpleSplit(text, "Helvetica", size, width), size=size) - size * 0.7


def rows(
    c: Canvas, x: float, y: float, steps: Sequence[float], table: Sequence[Sequence[str]], size: float = 11
) -> float:
    """Write rows of cells, each cell at its column's place."""
    for number, row in enumerate(table):
        for step, cell in zip(steps, row, strict=True):
            put(c, x + step, y - number * size * 1.7, cell, size=size)
    return y - len(table) * size * 1.7


def read(*pages: Draw, title: str = "") -> Content:
    return pdf(made(*pages, title=title))


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and all(a < b for a, b in pairwise(places))


def page_of_text(c: Canvas) -> None:
    flow(c, 60, 760, LONG)


def test_columns_are_read_one_after_the_other_though_their_lines_are_level() -> None:
    def draw(c: Canvas) -> None:
        lefts, rights = (simpleSplit(text, "Helvetica", 11, 210) for text in (LEFT, RIGHT))
        for number, (left, right) in enumerate(zip(lefts, rights, strict=False)):
            put(c, 60, 750 - number * 14, left)
            put(c, 310, 750 - number * 14, right)

    text = read(draw).text
    assert "A boat must be booked two days before, and it is returned clean." in text
    assert "A red flag on the roof says so. Guests need a member beside them in the boat" in text


def test_a_title_over_two_columns_and_a_note_below_them_stand_before_and_after() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 790, "Rules of the rowing club for the coming season and the one after it", size=14)
        flow(c, 60, 750, LEFT, width=210)
        flow(c, 310, 744, RIGHT, width=210)
        flow(c, 60, 500, LONG)

    text = read(draw).text
    assert in_order(
        text, "Rules of the rowing club", "keeps the list of bookings", "The boathouse closes", "The council"
    )


def test_three_columns_of_a_leaflet_keep_their_sentences() -> None:
    def draw(c: Canvas) -> None:
        for number, text in enumerate((LEFT, RIGHT, LONG)):
            flow(c, 50 + number * 175, 780, text, width=150, size=9)

    text = read(draw).text
    for sentence in ("Whoever damages a boat tells the warden on the same day.", "A red flag on the roof says so."):
        assert sentence in text
    assert LONG in text


def test_a_sentence_goes_on_in_the_next_column() -> None:
    def draw(c: Canvas) -> None:
        flow(c, 60, 750, LEFT + " The pump stands beside the", width=210)
        flow(c, 310, 750, "second gate and may be used by everybody. " + RIGHT, width=210)

    assert "The pump stands beside the second gate and may be used by everybody." in read(draw).text


def test_a_price_list_is_a_table_whose_first_row_is_the_header() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 790, "Prices of the sauna", size=18)
        table = [("Ticket", "Adult", "Child"), ("Two hours", "11 EUR", "6 EUR"), ("Whole day", "19 EUR", "9 EUR")]
        y = rows(c, 60, 740, (0, 200, 300), table)
        flow(c, 60, y - 20, LONG)

    text = read(draw).text
    assert (
        "| Ticket | Adult | Child |\n| --- | --- | --- |\n| Two hours | 11 EUR | 6 EUR |\n| Whole day | 19 EUR | 9"
        in text
    )
    assert in_order(text, "## Prices of the sauna", "| Ticket", "The council decided")


def test_text_before_and_after_a_table_is_no_row_of_it() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 780, "Fees of the pool:")
        y = rows(c, 60, 750, (0, 200), [("Group", "Fee"), ("Adults", "5 EUR"), ("Schools", "2 EUR")])
        put(c, 60, y - 25, "Fees hold until May.")

    text = read(draw).text
    assert in_order(text, "Fees of the pool:\n\n| Group | Fee |", "| Schools | 2 EUR |\n\nFees hold until May.")


def test_cells_of_several_lines_stay_whole_in_a_table_with_ruling_lines() -> None:
    def draw(c: Canvas) -> None:
        table = [
            (["Role"], ["May approve"], ["Limit"]),
            (["Clerk"], ["Journeys by rail that were", "announced a week before"], ["200 EUR"]),
            (["Head of the", "unit"], ["All journeys of the unit,", "and flights in Europe"], ["2000 EUR"]),
        ]
        y = 760.0
        for row in table:
            height = 8 + 14 * max(map(len, row))
            for x, width, cell in zip((60, 180, 380), (120, 200, 100), row, strict=True):
                c.rect(x, y - height, width, height)
                put(c, x + 4, y - 14, *cell)
            y -= height

    text = read(draw).text
    assert "| Role | May approve | Limit |" in text
    assert "| Clerk | Journeys by rail that were announced a week before | 200 EUR |" in text
    assert "| Head of the unit | All journeys of the unit, and flights in Europe | 2000 EUR |" in text


def test_cells_of_several_lines_stay_whole_between_lines_across_the_table() -> None:
    def draw(c: Canvas) -> None:
        y = 760.0
        for row in (
            (["Fault"], ["What to do"]),
            (["E11"], ["Close the valve, wait for a minute and", "press the green button"]),
            (["E12"], ["Call the service; the pump must not", "be opened by anybody else"]),
            (["E13"], ["Restart"]),
        ):
            c.line(60, y, 400, y)
            put(c, 64, y - 14, *row[0])
            put(c, 160, y - 14, *row[1])
            y -= 8 + 14 * max(map(len, row))
        c.line(60, y, 400, y)

    text = read(draw).text
    assert "| E11 | Close the valve, wait for a minute and press the green button |" in text
    assert "| E12 | Call the service; the pump must not be opened by anybody else |" in text


def test_a_cell_that_goes_on_below_without_ruling_lines_stays_in_its_row() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 760, "Plan")
        put(c, 160, 760, "What it holds")
        put(c, 420, 760, "A month")
        put(c, 60, 740, "Basic")
        put(c, 160, 740, "Ten projects for one person", "and mail support")
        put(c, 420, 740, "4 EUR")
        put(c, 60, 706, "Team")
        put(c, 160, 706, "Projects without limit")
        put(c, 420, 706, "9 EUR")

    text = read(draw).text
    assert "| Basic | Ten projects for one person and mail support | 4 EUR |" in text
    assert "| Team | Projects without limit | 9 EUR |" in text


def test_a_table_that_goes_on_over_a_page_break_has_its_header_on_each_page() -> None:
    def page(first: int, *, header: bool) -> Draw:
        def draw(c: Canvas) -> None:
            names = [("Article", "Shelf")] * header
            rows(c, 60, 760, (0, 200), [*names, *((f"Bolt {n}", f"{n * 3} b") for n in range(first, first + 5))])

        return draw

    for header in (True, False):
        text = read(page(1, header=True), page(6, header=header)).text
        assert (
            "| Bolt 5 | 15 b |\n\n## Page 2 {#page=2}\n\n| Article | Shelf |\n| --- | --- |\n| Bolt 6 | 18 b |" in text
        )
        assert text.count("| Article | Shelf |") == 2


def test_a_row_over_a_page_break_is_whole() -> None:
    def first(c: Canvas) -> None:
        rows(c, 60, 100, (0, 150, 380), [("Plan", "What it holds", "Price"), ("Solo", "One seat and", "4 EUR")])

    def second(c: Canvas) -> None:
        put(c, 210, 780, "a hundred pages")
        rows(c, 60, 761, (0, 150, 380), [("Duo", "Two seats", "7 EUR"), ("Trio", "Three seats", "9 EUR")])

    text = read(first, second).text
    assert "| Solo | One seat and a hundred pages | 4 EUR |" in text
    assert "| Plan | What it holds | Price |\n| --- | --- | --- |\n| Duo | Two seats | 7 EUR |" in text


def test_names_in_another_face_and_their_explanations_are_lines_without_a_header() -> None:
    def draw(c: Canvas) -> None:
        flow(c, 60, 790, LONG + RIGHT + LEFT)
        for n, (name, meaning) in enumerate((("-q", "Be quiet."), ("-v", "Say more."), ("-n", "Do nothing."))):
            put(c, 60, 600 - 18 * n, name, font="Courier")
            put(c, 140, 600 - 18 * n, meaning)

    assert "-q Be quiet.\n\n-v Say more.\n\n-n Do nothing." in read(draw).text


def test_boxes_behind_words_in_cells_and_a_frame_around_the_page_are_no_columns() -> None:
    def draw(c: Canvas) -> None:
        c.rect(20, 20, WIDTH - 40, HEIGHT - 40)
        flow(c, 60, 780, LONG)
        for n, (name, meaning) in enumerate((("Target", "Notes"), ("arm-v7", "since 2.1"), ("arm-v8", "since 3.0"))):
            y = 600 - 24 * n
            for _ in range(2):
                c.rect(60, y, 150, 24)
                c.rect(210, y, 200, 24)
            c.setFillColorRGB(0.9, 0.9, 0.9)
            c.rect(68, y + 4, 60, 16, stroke=0, fill=1)
            c.setFillColorRGB(0, 0, 0)
            put(c, 70, y + 8, name)
            put(c, 220, y + 8, meaning)

    text = read(draw).text
    assert f"{LONG}\n\n| Target | Notes |\n| --- | --- |\n| arm-v7 | since 2.1 |\n| arm-v8 | since 3.0 |" in text


def test_names_with_a_colon_and_their_values_are_lines() -> None:
    def draw(c: Canvas) -> None:
        rows(c, 60, 760, (0, 150), [("Holder:", "Rowing club"), ("Account:", "DE00 1234"), ("Due:", "1 March")])

    assert "Holder: Rowing club\n\nAccount: DE00 1234\n\nDue: 1 March" in read(draw).text


def test_dots_between_a_dish_and_its_price_are_left_out() -> None:
    def draw(c: Canvas) -> None:
        for n, (dish, price) in enumerate((("Soup", "4.50"), ("Pancakes", "7.20"), ("Trout", "15.90"))):
            put(c, 60, 760 - 20 * n, f"{dish} {'.' * (70 - len(dish) * 2)} {price}")

    text = read(draw).text
    assert ".." not in text
    assert re.search(r"Pancakes \|? ?7\.20", text)


def test_a_table_of_contents_is_left_out() -> None:
    def contents(c: Canvas) -> None:
        put(c, 60, 790, "Contents", size=16)
        for n in range(6):
            put(c, 60, 750 - 18 * n, f"{n + 1} Part {'. ' * 50} {n + 1}")

    text = read(contents, *(lambda c, n=n: flow(c, 60, 700 - 60 * n, LONG) for n in range(6))).text
    assert "Part" not in text
    assert text.count("The council decided") == 6


def test_bookmarks_cut_a_page_where_they_stand() -> None:
    def draw(c: Canvas) -> None:
        y = 780.0
        for name, days in (("Annual leave", 28), ("Parental leave", 80), ("Study leave", 5)):
            c.bookmarkHorizontal(name, 0, y + 12)
            c.addOutlineEntry(name, name, 0)
            y = flow(c, 60, y, name)
            y = flow(c, 60, y, f"Everybody has {days} days of it a year.") - 20

    text = read(draw).text
    assert "## Annual leave {#page=1}\n\nEverybody has 28 days of it a year." in text
    assert "## Study leave {#page=1}\n\nEverybody has 5 days of it a year." in text
    assert text.count("Study leave") == 1


def test_bookmarks_whose_words_stand_nowhere_are_placed_by_their_height() -> None:
    def draw(c: Canvas) -> None:
        for name, y in (("Opening", 780), ("Fees", 600)):
            c.bookmarkHorizontal(name, 0, y + 14)
            c.addOutlineEntry(name, name, 0)
        flow(c, 60, 780, "The hall is open from six to nine.")
        flow(c, 60, 600, "An evening costs 40 EUR.")

    text = read(draw).text
    assert "## Opening {#page=1}\n\nThe hall is open" in text
    assert "## Fees {#page=1}\n\nAn evening costs" in text


def test_a_deeper_bookmark_is_a_heading_below_and_the_next_page_goes_on_under_it() -> None:
    def first(c: Canvas) -> None:
        for name, level, y in (("Leave", 0, 780), ("Illness", 1, 700)):
            c.bookmarkHorizontal(name, 0, y + 12)
            c.addOutlineEntry(name, name, level)
            put(c, 60, y, name)
        c.bookmarkPage("end")
        c.addOutlineEntry("Elsewhere", "end", 0)
        flow(c, 60, 680, "Tell us by nine.")

    def second(c: Canvas) -> None:
        flow(c, 60, 780, "A note is needed from the third day on.")

    text = read(first, second).text
    assert "### Illness {#page=1}\n\nTell us by nine." in text
    assert "{#page=2}\n\nA note is needed from the third day on." in text


def test_larger_type_makes_headings_without_an_outline() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 800, "Handbook of the library", size=24)
        for n, (name, sentence) in enumerate(
            (("Lending", "Books are lent for 3 weeks."), ("Fines", "A day costs 1 EUR."))
        ):
            y = put(c, 60, 740 - 250 * n, name, size=16)
            flow(c, 60, y - 8, f"{LONG} {sentence}")

    content = read(draw)
    assert content.title == "Handbook of the library"
    assert re.search(r"## Lending \{#page=1\}\n\n[^#]*Books are lent for 3 weeks\.", content.text)
    assert re.search(r"## Fines \{#page=1\}\n\n[^#]*A day costs 1 EUR\.", content.text)


def test_bold_lines_alone_make_headings_and_bold_words_in_a_sentence_do_not() -> None:
    def draw(c: Canvas) -> None:
        y = put(c, 60, 780, "Deposit", font="Helvetica-Bold")
        y = flow(c, 60, y, LONG)
        y = put(c, 60, y - 10, "Keys", font="Helvetica-Bold")
        y = flow(c, 60, y, RIGHT)
        c.setFont("Helvetica-Bold", 11)
        c.drawString(60, y, "Note")
        put(c, 90, y, "that the keys are numbered.")

    text = read(draw).text
    assert "## Deposit {#page=1}\n\nThe council" in text
    assert "## Keys {#page=1}\n\nThe boathouse" in text
    assert "Note that the keys are numbered." in text


def test_lines_of_a_paragraph_are_one_line_and_paragraphs_stay_apart() -> None:
    def draw(c: Canvas) -> None:
        flow(c, 60, flow(c, 60, 780, LONG), RIGHT)

    text = read(draw).text
    assert f"{LONG}\n\n{RIGHT}" in text


def test_paragraphs_with_an_indented_first_line_stay_apart() -> None:
    def draw(c: Canvas) -> None:
        y = 780.0
        for text in (LONG, RIGHT):
            first, *others = simpleSplit(f"xxxx {text}", "Helvetica", 11, 450)
            put(c, 80, y, first.removeprefix("xxxx "))
            y = put(c, 60, y - 14.3, *others)

    assert f"{LONG}\n\n{RIGHT}" in read(draw).text


def test_a_sentence_over_a_page_break_is_whole_and_belongs_to_the_page_where_it_begins() -> None:
    def first(c: Canvas) -> None:
        flow(c, 60, 90, "Study leave needs the consent of the head of the team and")

    def second(c: Canvas) -> None:
        flow(c, 60, 780, "is limited to 5 days a year.")
        flow(c, 60, 700, LONG)

    text = read(first, second).text
    assert "needs the consent of the head of the team and is limited to 5 days a year." in text
    assert in_order(text, "{#page=1}", "is limited to 5 days", "{#page=2}", "The council")


def test_footnotes_and_footers_do_not_tear_a_sentence_over_a_page_break() -> None:
    def page(number: int, *parts: str) -> Draw:
        def draw(c: Canvas) -> None:
            put(c, 60, 810, "House rules of the Elster club", size=9)
            flow(c, 60, 780 if number > 1 else 180, parts[0])
            put(c, 60, 80, f"{number * 2} See the list on page 9.", size=8)
            put(c, 290, 30, f"- {number} -", size=9)

        return draw

    text = read(
        page(1, LONG + " The last one who leaves must"), page(2, "lock both doors. " + RIGHT), page(3, LEFT)
    ).text
    assert "The last one who leaves must lock both doors." in text
    assert text.count("House rules of the Elster club") <= 1
    assert "- 2 -" not in text
    assert text.count("See the list on page 9.") == 3


def test_running_headers_and_page_numbers_are_left_out_and_repeated_titles_of_slides_are_not() -> None:
    def page(number: int) -> Draw:
        def draw(c: Canvas) -> None:
            put(c, 60, 815, f"Manual of the pump    {number + 4}", size=9)
            put(c, 60, 760, "Step by step", size=22)
            flow(c, 60, 700, f"Turn valve {number} to the left. {LONG}")
            put(c, 60, 30, f"Page {number} of 4", size=9)

        return draw

    text = read(*(page(n) for n in range(1, 5))).text
    assert "Manual of the pump" not in text
    assert "of 4" not in text
    assert text.count("Step by step {") == 4


def test_lines_that_differ_in_more_than_the_page_number_stay() -> None:
    def slip(name: str, pay: int) -> Draw:
        def draw(c: Canvas) -> None:
            put(c, 60, 800, f"Pay of {name} in March: {pay} EUR")
            flow(c, 60, 760, LONG)

        return draw

    text = read(slip("Ada", 2100), slip("Bo", 2300), slip("Cy", 2500), slip("Di", 2700)).text
    assert "Pay of Cy in March: 2500 EUR" in text


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("manufac-", "turing faults", "manufacturing faults"),
        ("the num-", "ber of", "the number of"),
        ("eine Rech-", "nung", "eine Rechnung"),
        ("a well-", "known rule", "a well-known rule"),
        ("the self-", "service desk", "the self-service desk"),
        ("Wexford-", "Nord", "Wexford- Nord"),
        ("from 10-", "20 days", "from 10- 20 days"),
        ("soft\u00ad", "ware", "software"),
        ("two words", "more", "two words more"),
        ("利用時間は", "平日です", "利用時間は平日です"),
        ("한국어", "문장", "한국어 문장"),
    ],
)
def test_divided_words_are_put_together_and_others_keep_their_hyphen(first: str, second: str, whole: str) -> None:
    assert spliced(first, second) == whole


def test_bullets_are_list_items_whose_lines_belong_together() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 780, "Bring along:")
        for n, mark in enumerate("•–"):  # noqa: RUF001 - a dash as a bullet
            put(c, 70, 750 - n * 40, mark)
            put(
                c,
                90,
                750 - n * 40,
                f"boots of kind {n} with a firm sole and a pair of laces,",
                "because shops are far away",
            )
        put(c, 70, 670, "1.")
        put(c, 90, 670, "Sign in at the office.")

    text = read(draw).text
    for n in range(2):
        assert f"- boots of kind {n} with a firm sole and a pair of laces, because shops are far away" in text
    assert "1. Sign in at the office." in text


def test_commands_keep_their_lines() -> None:
    def draw(c: Canvas) -> None:
        y = flow(c, 60, 780, LONG)
        y = put(c, 60, y, "stop relay", "  rm /var/lock", "start relay", font="Courier")
        flow(c, 60, y - 10, RIGHT)

    assert "```\nstop relay\n  rm /var/lock\nstart relay\n```" in read(draw).text


def test_a_letter_on_a_typewriter_is_text() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 780, "The keys are handed over on the last", "day of the month.", font="Courier")

    assert "The keys are handed over on the last day of the month." in read(draw).text


def test_text_that_nobody_sees_is_left_out() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 780, "A visit costs 5 EUR.")
        c.setFillColorRGB(1, 1, 1)
        put(c, 60, 740, "white on white")
        c.setFillColorRGB(0, 0, 0)
        put(c, 60, -40, "below the page")
        put(c, 900, 500, "beside the page")
        text = c.beginText(60, 700)
        text.setTextRenderMode(3)
        text.textLine("drawn without ink")
        c.drawText(text)

    assert read(draw).text == "## Page 1 {#page=1}\n\nA visit costs 5 EUR."


def test_white_letters_on_a_dark_ground_are_read() -> None:
    def draw(c: Canvas) -> None:
        c.rect(50, 755, 400, 20, fill=1)
        c.setFillColorRGB(1, 1, 1)
        rows(c, 60, 760, (0, 200), [("Zone", "Fee")])
        c.setFillColorRGB(0, 0, 0)
        rows(c, 60, 740, (0, 200), [("Inner", "9 EUR"), ("Outer", "4 EUR")])

    assert "| Zone | Fee |\n| --- | --- |\n| Inner | 9 EUR |" in read(draw).text


def test_a_watermark_across_the_page_is_left_out() -> None:
    def draw(c: Canvas) -> None:
        flow(c, 60, 780, LONG)
        c.translate(200, 300)
        c.rotate(45)
        put(c, 0, 0, "DRAFT", size=80)

    content = read(draw)
    assert "DRAFT" not in content.text
    assert content.title is None


def test_a_page_turned_by_a_quarter_is_read_as_it_is_shown() -> None:
    def draw(c: Canvas) -> None:
        c.setPageRotation(90)
        c.translate(WIDTH, 0)
        c.rotate(90)
        rows(c, 60, 500, (0, 200), [("Hut", "Beds"), ("Elm", "12"), ("Oak", "30")])

    assert "| Hut | Beds |\n| --- | --- |\n| Elm | 12 |\n| Oak | 30 |" in read(draw).text


def picture(c: Canvas) -> None:
    """Draw a scan: grey noise over the page."""
    image = Image.effect_noise((120, 170), 90)
    c.drawImage(ImageReader(image), 0, 0, WIDTH, HEIGHT)


def test_scanned_pages_between_others_are_named_and_empty_ones_are_not() -> None:
    def stamped(c: Canvas) -> None:
        picture(c)
        put(c, 290, 30, "4", size=9)

    content = read(page_of_text, picture, lambda _: None, stamped)
    reason = "a picture without text: needs text recognition first"
    assert content.unread == (("page 2", reason), ("page 4", reason))


def test_the_recognized_text_below_a_scan_is_read() -> None:
    def draw(c: Canvas) -> None:
        picture(c)
        text = c.beginText(60, 700)
        text.setFont("Helvetica", 11)
        text.setTextRenderMode(3)
        text.textLine("The lease ends on 31 May.")
        c.drawText(text)

    content = read(draw)
    assert "The lease ends on 31 May." in content.text
    assert content.unread == ()


def test_scans_alone_are_refused() -> None:
    with pytest.raises(UnreadableDocumentError, match="text recognition"):
        read(picture, picture)


def test_a_password_and_broken_bytes_are_named() -> None:
    with pytest.raises(UnreadableDocumentError, match="password"):
        pdf(made(page_of_text, password="sesame"))
    with pytest.raises(UnreadableDocumentError, match="broken"):
        pdf(b"%PDF-1.7\nnothing else")


@pytest.mark.parametrize(
    "junk",
    ["untitled", "Microsoft Word - leave_v3.docx", "leave.indd", r"C:\docs\leave", "/home/a/leave", "Dokument1", ""],
)
def test_a_title_that_a_program_made_is_none(junk: str) -> None:
    assert read(page_of_text, title=junk).title is None


@pytest.mark.parametrize(
    "title", ["Leave policy", "Node.js at work", "Rules v1.2", "Untitled works of the museum, vol. 2"]
)
def test_a_title_that_a_person_wrote_is_kept(title: str) -> None:
    assert read(page_of_text, title=title).title == title


def test_the_day_of_the_last_change_is_told() -> None:
    raw = made(page_of_text)
    changed = re.sub(rb"/ModDate \(D:\d{8}", b"/ModDate (D:20240229", raw)
    assert pdf(changed).updated == "2024-02-29"
    assert pdf(re.sub(rb"/(ModDate|CreationDate) \(D:\d{8}", rb"/\1 (D:20241399", raw)).updated is None


def test_values_in_the_fields_of_a_form_are_read() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 760, "Contact person:")
        c.acroForm.textfield(name="contact", value="Rosa Lind", x=180, y=752, width=200, height=20, fontSize=11)

    assert "Rosa Lind" in read(draw).text


def test_ligatures_are_letters_and_other_signs_stay() -> None:
    words = (Word("5", 0, 5, 10, 10),)
    assert without_contents(Page(1, 100, (words,)), 1).words == (words,)


def test_an_invoice_keeps_its_lines_and_its_table() -> None:
    def draw(c: Canvas) -> None:
        put(c, 60, 790, "Elster Tools", "Mill Lane 4", "20095 Hamburg")
        put(c, 60, 700, "Invoice 2041", size=16)
        table = [("Item", "Pieces", "Sum"), ("Saw blade", "3", "27.00"), ("Oil, one litre", "2", "18.40")]
        y = rows(c, 60, 660, (0, 220, 320), table)
        flow(c, 60, y - 30, "Please pay within 14 days after receipt of the goods.")

    text = read(draw).text
    assert "| Oil, one litre | 2 | 18.40 |" in text
    assert "Please pay within 14 days after receipt of the goods." in text
    assert "Mill Lane 4" in text


def test_labels_beside_paragraphs_stay_with_their_paragraphs() -> None:
    def draw(c: Canvas) -> None:
        y = 780.0
        for label, text in (("Boats", LEFT), ("Water", RIGHT), ("Rooms", LONG)):
            put(c, 60, y, label)
            y = flow(c, 160, y, text, width=330) - 6

    text = read(draw).text
    assert in_order(text, "Boats", "Members of the club", "Water", "The boathouse", "Rooms", "The council")


def test_a_page_of_many_thousand_letters_at_one_place_takes_no_longer_than_its_size() -> None:
    def draw(c: Canvas) -> None:
        for n in range(6000):
            put(c, (n * 37) % 500, (n * 91) % 800, "word" * 3, size=3)

    assert "word" in read(draw).text
