"""Twelve PDFs of kinds that teams have, each read as a whole."""

import io
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from PIL import Image
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from index.reading.formats.content import Content
from index.reading.formats.pdf import pdf

WIDTH, HEIGHT = A4
Draw = Callable[[Canvas], object]
ORCHARD = (
    "The orchard behind the depot belongs to the cooperative. Each household may pick two baskets of apples a week "
    "from September on, and pears only after the tasting day. Ladders stand in the shed and go back there at dusk."
)
PRESS = (
    "The press runs on Fridays. Bring clean crates, because leaves clog the mill, and allow forty minutes for every "
    "hundred kilograms. Juice is filled hot into bags of five litres; each bag costs 2.30 EUR and keeps for a year."
)
HIVES = (
    "Twelve hives stand along the northern fence. Nobody opens them without the beekeeper, who also lends veils. "
    "Honey is shared out in August by lot. Allergies must be reported before the first shift."
)


def made(*pages: Draw, size: tuple[float, float] = A4) -> Content:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return pdf(buffer.getvalue())


def lines(c: Canvas, x: float, y: float, texts: Sequence[str], size: float = 10, font: str = "Times-Roman") -> float:
    c.setFont(font, size)
    for text in texts:
        c.drawString(x, y, text)
        y -= size * 1.2
    return y


def block(c: Canvas, x: float, y: float, text: str, width: float, size: float = 10) -> float:
    return lines(c, x, y, simpleSplit(text, "Times-Roman", size, width), size) - size * 0.6


def right(c: Canvas, x: float, y: float, text: str, size: float = 10) -> None:
    c.setFont("Times-Roman", size)
    c.drawString(x - stringWidth(text, "Times-Roman", size), y, text)


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and all(a < b for a, b in pairwise(places))


def row(text: str, *cells: str) -> bool:
    return "| " + " | ".join(cells) + " |" in text


def test_a_newsletter_in_two_columns_with_a_heading_across_in_the_middle() -> None:
    def draw(c: Canvas) -> None:
        lines(c, 50, 790, ["News from the orchard cooperative"], 20, "Times-Bold")
        block(c, 50, 750, ORCHARD, 235)
        block(c, 310, 750, PRESS, 235)
        lines(c, 50, 610, ["Bees and honey in the coming summer"], 16, "Times-Bold")
        block(c, 50, 580, HIVES, 235)
        block(c, 310, 580, PRESS.replace("Fridays", "Mondays"), 235)

    text = made(draw).text
    assert in_order(text, ORCHARD, PRESS, "Bees and honey in the coming summer", HIVES, "The press runs on Mondays.")


def test_a_leaflet_folded_in_three_columns_on_a_wide_page() -> None:
    def draw(c: Canvas) -> None:
        for n, text in enumerate((ORCHARD, PRESS, HIVES)):
            y = lines(c, 40 + n * 270, 540, [f"Part {n + 1}"], 13, "Times-Bold")
            block(c, 40 + n * 270, y - 4, text, 230)

    text = made(draw, size=landscape(A4)).text
    assert in_order(text, "Part 1", ORCHARD, "Part 2", PRESS, "Part 3", HIVES)


PARTS = [
    ("Sprocket", "SP-110", "4.80"),
    ("Chain, 9 links", "CH-209", "11.20"),
    ("Brake pad", "BP-004", "7.35"),
    ("Hub", "HB-330", "29.90"),
    ("Spoke", "SK-012", "0.60"),
    ("Saddle", "SD-777", "34.00"),
]


def ruled(first: int, last: int) -> Draw:
    def draw(c: Canvas) -> None:
        y = 200.0 if first == 0 else 780.0
        if first == 0:
            block(c, 60, 780, ORCHARD, 450)
        for cells in [*([("Part", "Number", "Price EUR")] if first == 0 else []), *PARTS[first:last]]:
            for x, width, cell in zip((60, 220, 330), (160, 110, 100), cells, strict=True):
                c.rect(x, y - 20, width, 20)
                lines(c, x + 4, y - 14, [cell])
            y -= 20

    return draw


def test_a_ruled_table_over_a_page_break_names_its_columns_on_both_pages() -> None:
    text = made(ruled(0, 3), ruled(3, 6)).text
    second = text.partition("{#page=2}")[2]
    assert row(text, "Brake pad", "BP-004", "7.35")
    assert in_order(second, "| Part | Number | Price EUR |", "| Hub | HB-330 | 29.90 |", "| Saddle | SD-777 | 34.00 |")


def test_a_table_without_rules_over_a_page_break_names_its_columns_on_both_pages() -> None:
    def page(number: int) -> Draw:
        def draw(c: Canvas) -> None:
            y = 780.0
            if number == 1:
                y = block(c, 60, y, HIVES, 450) - 20
                lines(c, 60, y, ["Part"], 10, "Times-Bold")
                lines(c, 220, y, ["Number"], 10, "Times-Bold")
                lines(c, 330, y, ["Price EUR"], 10, "Times-Bold")
                y -= 18
            for cells in PARTS[:3] if number == 1 else PARTS[3:]:
                for x, cell in zip((60, 220, 330), cells, strict=True):
                    lines(c, x, y, [cell])
                y -= 18
            right(c, 540, 30, f"{number} / 2", 8)

        return draw

    text = made(page(1), page(2)).text
    second = text.partition("{#page=2}")[2]
    assert row(text, "Chain, 9 links", "CH-209", "11.20")
    assert in_order(second, "| Part | Number | Price EUR |", "| Hub | HB-330 | 29.90 |")


def test_an_invoice_with_prices_on_the_right() -> None:
    def draw(c: Canvas) -> None:
        lines(c, 60, 790, ["Ferro Cycles Ltd", "9 Canal Road", "Leeds LS1"], 10)
        right(c, 540, 790, "Invoice no. 55-1208")
        right(c, 540, 776, "Date: 3 May 2026")
        y = 680.0
        for item, amount, price, total in (
            ("Description", "Qty", "Unit price", "Amount"),
            ("Sprocket, hardened", "2", "4.80", "9.60"),
            ("Fitting and test ride", "1", "125.00", "125.00"),
            ("Chain, nine links", "10", "11.20", "112.00"),
        ):
            lines(c, 60, y, [item])
            for x, cell in zip((330, 430, 540), (amount, price, total), strict=True):
                right(c, x, y, cell)
            y -= 16
        c.line(60, y + 8, 540, y + 8)
        lines(c, 360, y - 8, ["Total due"])
        right(c, 540, y - 8, "246.60")
        block(c, 60, y - 60, "Payable within 21 days. Interest of 8 percent is charged after that.", 450)

    text = made(draw).text
    assert row(text, "Description", "Qty", "Unit price", "Amount")
    assert row(text, "Fitting and test ride", "1", "125.00", "125.00")
    assert re.search(r"Total due[ |]+246\.60", text)
    assert "Invoice no. 55-1208" in text
    assert "Payable within 21 days." in text


def test_footnotes_leave_the_sentence_whole_and_their_numbers_do_not_join_a_price() -> None:
    def first(c: Canvas) -> None:
        x, y = 60, 160
        lines(c, x, y + 500, simpleSplit(ORCHARD, "Times-Roman", 10, 450))
        head = "A stand at the market costs 19"
        lines(c, x, y, [head])
        end = x + stringWidth(head, "Times-Roman", 10)
        lines(c, end, y + 3.5, ["2"], 6)
        lines(c, end + 4, y, ["EUR a day, which the treasurer collects in the"])
        lines(c, x, 80, ["2 Members of the cooperative pay half."], 8)

    def second(c: Canvas) -> None:
        block(c, 60, 780, "evening, together with the deposit for the tent. " + PRESS, 450)

    text = made(first, second).text
    assert "192" not in text
    assert "collects in the evening, together with the deposit for the tent." in text
    assert "2 Members of the cooperative pay half." in text


def test_a_list_with_bullets_and_hanging_indents() -> None:
    def draw(c: Canvas) -> None:
        y = block(c, 60, 780, "Before you leave the workshop:", 450)
        for item in (
            "switch off the compressor at the wall, and open the drain valve until no more water comes out of it",
            "hang the keys of the van on the board at the door, never in the drawer, so that the next shift finds it",
            "lock the rear gate",
        ):
            lines(c, 66, y, ["\u2022"])
            y = lines(c, 80, y, simpleSplit(item, "Times-Roman", 10, 260))

    text = made(draw).text
    assert (
        "- switch off the compressor at the wall, and open the drain valve until no more water comes out of it" in text
    )
    assert (
        "- hang the keys of the van on the board at the door, never in the drawer, so that the next shift finds" in text
    )
    assert "\n- lock the rear gate" in text


def test_a_table_on_a_page_turned_upside_between_upright_pages() -> None:
    def turned(c: Canvas) -> None:
        c.setPageRotation(270)
        c.translate(0, WIDTH)
        c.rotate(-90)
        y = 500.0
        for cells in [("Depot", "Opens", "Closes"), ("Harbour", "5:40", "22:10"), ("Hill", "6:15", "20:30")]:
            for x, cell in zip((60, 260, 400), cells, strict=True):
                lines(c, x, y, [cell])
            y -= 18

    text = made(lambda c: block(c, 60, 780, ORCHARD, 450), turned).text
    assert row(text, "Depot", "Opens", "Closes")
    assert row(text, "Harbour", "5:40", "22:10")


def scan(c: Canvas) -> None:
    c.drawImage(ImageReader(Image.effect_noise((100, 140), 80)), 0, 0, WIDTH, HEIGHT)


def test_scans_between_text_are_named_and_those_with_recognized_text_are_read() -> None:
    def recognized(c: Canvas) -> None:
        scan(c)
        text = c.beginText(60, 700)
        text.setFont("Times-Roman", 10)
        text.setTextRenderMode(3)
        text.textLines("The well was last tested on\n14 March by the county.")
        c.drawText(text)

    content = made(lambda c: block(c, 60, 780, ORCHARD, 450), scan, recognized, scan)
    assert [part for part, _ in content.unread] == ["page 2", "page 4"]
    assert "The well was last tested on 14 March by the county." in content.text


def test_a_form_with_values_and_a_ticked_box() -> None:
    def draw(c: Canvas) -> None:
        for n, (label, value) in enumerate((("Surname", "Okafor"), ("Bicycle", "Tandem 28"), ("Pick-up", "9 June"))):
            lines(c, 60, 760 - 40 * n, [label])
            c.acroForm.textfield(name=label, value=value, x=160, y=752 - 40 * n, width=180, height=20, fontSize=10)
        c.acroForm.choice(
            name="size", value="Large", options=["Small", "Large"], x=160, y=620, width=90, height=20, fontSize=10
        )
        lines(c, 60, 628, ["Frame size"])

    text = made(draw).text
    for label, value in (
        ("Surname", "Okafor"),
        ("Bicycle", "Tandem 28"),
        ("Pick-up", "9 June"),
        ("Frame size", "Large"),
    ):
        assert re.search(rf"{label}[ |]+{value}", text)


def test_a_listing_in_a_typewriter_font_keeps_lines_and_indents_beside_prose() -> None:
    code = ["for host in $(cat fleet.txt); do", '  ssh "$host" systemctl restart relayd', "done", "echo finished"]

    def draw(c: Canvas) -> None:
        y = block(c, 60, 780, PRESS, 450)
        y = lines(c, 72, y, code, 9, "Courier")
        block(c, 60, y - 8, HIVES, 450)

    text = made(draw).text
    assert "```\n" + "\n".join(code) + "\n```" in text
    assert in_order(text, PRESS, "for host in", HIVES)


def test_japanese_text_is_joined_without_blanks_and_keeps_its_table() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))

    def draw(c: Canvas) -> None:
        y = lines(c, 60, 780, ["図書館の利用時間について"], 16, "HeiseiMin-W3")
        y = lines(
            c,
            60,
            y - 6,
            ["図書館は平日の午前九時から午後七時まで開いて", "います。日曜日は休館です。"],
            10,
            "HeiseiMin-W3",
        )
        for cells in (("曜日", "開館", "閉館"), ("平日", "9:00", "19:00"), ("土曜日", "10:00", "17:00")):
            for x, cell in zip((60, 160, 260), cells, strict=True):
                lines(c, x, y - 20, [cell], 10, "HeiseiMin-W3")
            y -= 18

    text = made(draw).text
    assert "午後七時まで開いています。日曜日は休館です。" in text
    assert row(text, "曜日", "開館", "閉館")
    assert row(text, "土曜日", "10:00", "17:00")
