"""Workbooks as different people lay them out."""

import datetime as dt
import io
import zipfile
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table

from index.errors import UnreadableDocumentError
from index.reading.formats.cells import MAX_COLUMNS, MAX_ROWS
from index.reading.formats.content import Content
from index.reading.formats.number_formats import shown
from index.reading.formats.sheets import xlsx


def book_of(*rows: list[Any], name: str = "Data") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    return book


def read(book: openpyxl.Workbook) -> Content:
    made = io.BytesIO()
    book.save(made)
    return xlsx(made.getvalue())


def body(book: openpyxl.Workbook) -> str:
    """Return what stands below the name of the only sheet."""
    return read(book).text.removeprefix("## Data\n\n")


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (417, "000000", "000417"),
        (0.125, "0.0%", "12.5%"),
        (0.125, "0.00", "0.13"),
        (1299, '#,##0.00 "EUR"', "1,299.00 EUR"),
        (8.5, "#,##0.00\\ [$EUR]", "8.50 EUR"),
        (1299.5, "_-* #,##0.00 €_-", "1,299.50 €"),
        (199, '"$"#,##0', "$199"),
        (-12, "#,##0;(#,##0)", "(12)"),
        (-12, "#,##0;[Red]-#,##0", "-12"),
        (0, '#,##0;-#,##0;"free"', "free"),
        (1_500_000, '0.0,,"M"', "1.5M"),
        (5551234, "000-0000", "555-1234"),
        (25, '0" seats"', "25 seats"),
        (12, "0.##", "12"),
        (12.5, "0.##", "12.5"),
        (0.1 + 0.2, "General", "0.3"),
        (12, 'General "pcs"', "12 pcs"),
        (7, "@", "7"),
        (3, ";;;", ""),
        (46000, "dd/mm/yyyy", "2025-12-09"),
        (46000.5, "dd/mm/yyyy hh:mm", "2025-12-09 12:00"),
        (46000, "dd/mm/yyyy hh:mm", "2025-12-09"),
        (46000, "mmm yy", "2025-12"),
        (46000, "yyyy", "2025"),
        (0.354166667, "h:mm AM/PM", "08:30"),
        (1.25, "[h]:mm", "30:00"),
        (12345, "0.00E+00", "12345"),
        (0.5, "# ?/?", "0.5"),
        (1e300, "0.00", "1e+300"),
        (float("inf"), "0.00", ""),
    ],
)
def test_a_number_is_as_a_person_sees_it(value: float, number_format: str, expected: str) -> None:
    assert shown(value, number_format) == expected


def test_dates_of_books_that_count_from_1904_are_right() -> None:
    assert shown(44538, "yyyy-mm-dd", since_1904=True) == "2025-12-09"


def test_values_of_all_kinds_are_as_a_person_sees_them() -> None:
    book = book_of(["Item", "From", "Until", "At", "Open"])
    book.active.append(
        ["Pool", dt.date(2027, 5, 1), dt.datetime.fromisoformat("2027-09-30T18:30"), dt.time(9, 15), True]
    )
    assert body(book) == "- Item: Pool; From: 2027-05-01; Until: 2027-09-30 18:30; At: 09:15; Open: TRUE"


def test_a_title_above_the_header_is_a_heading() -> None:
    book = book_of(["Price list 2027"], ["Plan", "Price"], ["Basic", 49], ["Team", 199])
    book.active.merge_cells("A1:B1")
    assert body(book) == "### Price list 2027\n\n- Plan: Basic; Price: 49\n- Plan: Team; Price: 199"


def test_lines_apart_from_the_table_are_paragraphs() -> None:
    book = book_of(
        ["Price list 2027"], ["All prices are net."], [], ["Plan", "Price"], ["Basic", 49], [], ["Ask: Anna"]
    )
    expected = "Price list 2027\n\nAll prices are net.\n\n- Plan: Basic; Price: 49\n\nAsk: Anna"
    assert body(book) == expected


@pytest.mark.parametrize("merged", [True, False])
def test_two_header_rows_are_joined(merged: bool) -> None:  # noqa: FBT001
    book = book_of(
        ["Region", "2026", None, "2027", None],
        [None, "Q1", "Q2", "Q1", "Q2"],
        ["North", 1, 2, 3, 4],
        ["South", 5, 6, 7, 8],
    )
    if merged:
        for area in ("A1:A2", "B1:C1", "D1:E1"):
            book.active.merge_cells(area)
    first = "- Region: North; 2026 / Q1: 1; 2026 / Q2: 2; 2027 / Q1: 3; 2027 / Q2: 4"
    assert body(book).split("\n")[0] == first


def test_a_merged_key_counts_for_all_its_rows() -> None:
    book = book_of(["City", "Grade", "Limit"], ["Brno", "Lead", 600], [None, "Staff", 380])
    book.active.merge_cells("A2:A3")
    assert body(book).endswith("- City: Brno; Grade: Staff; Limit: 380")


def test_a_key_that_is_written_once_counts_for_the_rows_of_the_same_form_below() -> None:
    book = book_of(["City", "Grade", "Limit"], ["Brno", "Lead", 600], [None, "Staff", 380], [None, None, 980])
    assert body(book).split("\n")[1:] == ["- City: Brno; Grade: Staff; Limit: 380", "- Limit: 980"]


def test_keys_and_values_are_read_as_such() -> None:
    book = book_of(["Company", "Fenwick Ltd"], ["Founded", 1999], ["Phone", "+44 20 5551"], ["Open on Sundays?", "No"])
    expected = "- Company: Fenwick Ltd\n- Founded: 1999\n- Phone: +44 20 5551\n- Open on Sundays? No"
    assert body(book) == expected


def test_keys_and_values_of_words_only_are_not_taken_for_a_header() -> None:
    book = book_of(["Owner", "Facilities team"], ["Backup", "IT desk"], ["Room", "Ground floor"])
    assert body(book) == "- Owner: Facilities team\n- Backup: IT desk\n- Room: Ground floor"


def test_a_bold_first_row_is_a_header() -> None:
    book = book_of(["Team", "Lead"], ["Billing", "Anna"], ["Ops", "Ben"])
    for cell in book.active[1]:
        cell.font = Font(bold=True)
    assert body(book) == "- Team: Billing; Lead: Anna\n- Team: Ops; Lead: Ben"


def test_a_filter_and_a_defined_table_say_where_the_header_is() -> None:
    rows = [["Team", "Lead"], ["Billing", "Anna"], ["Ops", "Ben"]]
    filtered, defined = book_of(*rows), book_of(*rows)
    filtered.active.auto_filter.ref = "A1:B3"
    defined.active.add_table(Table(displayName="T", ref="A1:B3"))
    assert [body(filtered), body(defined)] == ["- Team: Billing; Lead: Anna\n- Team: Ops; Lead: Ben"] * 2


def test_tables_below_each_other_keep_their_own_headers() -> None:
    book = book_of(["Plan", "Price"], ["Basic", 49], [], ["Office", "Desks", "Since"], ["Graz", 12, 2019])
    assert body(book) == "- Plan: Basic; Price: 49\n\n- Office: Graz; Desks: 12; Since: 2019"


def test_tables_beside_each_other_are_apart() -> None:
    book = book_of(
        ["Plan", "Price", None, "Office", "Desks"], ["Basic", 49, None, "Graz", 12], ["Team", 199, None, "Lyon", 8]
    )
    assert body(book).split("\n\n") == [
        "- Plan: Basic; Price: 49\n- Plan: Team; Price: 199",
        "- Office: Graz; Desks: 12\n- Office: Lyon; Desks: 8",
    ]


def test_a_blank_column_that_only_spaces_does_not_part_a_row() -> None:
    book = book_of(["Plan", "Seats", None, "Price", "Yearly"], ["Basic", 5, None, 49, 490])
    assert body(book) == "- Plan: Basic; Seats: 5; Price: 49; Yearly: 490"


def test_rows_below_a_blank_one_keep_the_header() -> None:
    book = book_of(["City", "Grade", "Limit"], ["Brno", "Lead", 600], [], ["Graz", "Lead", 500], ["Graz", "Staff", 300])
    assert body(book).endswith("- City: Graz; Grade: Lead; Limit: 500\n- City: Graz; Grade: Staff; Limit: 300")


def test_a_merged_row_within_a_table_is_a_heading() -> None:
    book = book_of(["Plan", "Seats", "Price"], ["Cloud"], ["Basic", 5, 49], ["On site"], ["Basic", 5, 90])
    for area in ("A2:C2", "A4:C4"):
        book.active.merge_cells(area)
    first, second = "- Plan: Basic; Seats: 5; Price: 49", "- Plan: Basic; Seats: 5; Price: 90"
    assert body(book) == f"#### Cloud\n\n{first}\n\n#### On site\n\n{second}"


def test_hidden_sheets_rows_and_columns_are_left_out_and_named() -> None:
    book = book_of(["Plan", "Margin", "Price"], ["Basic", 0.6, 49], ["Secret", 0.9, 1], ["Team", 0.5, 199])
    book.active.column_dimensions["B"].hidden = True
    book.active.row_dimensions[3].hidden = True
    book.create_sheet("Costs").append(["secret"])
    book.create_sheet("Deep").append(["secret"])
    book["Costs"].sheet_state, book["Deep"].sheet_state = "hidden", "veryHidden"
    content = read(book)
    assert content.text == "## Data\n\n- Plan: Basic; Price: 49\n- Plan: Team; Price: 199"
    assert content.unread == (
        ("sheet Data", "1 hidden row"),
        ("sheet Data", "1 hidden column"),
        ("sheet Costs", "hidden"),
        ("sheet Deep", "hidden"),
    )


def test_struck_through_cells_and_comments_are_left_out() -> None:
    book = book_of(["Plan", "Old", "Price"], ["Basic", 59, 49])
    book.active["B2"].font = Font(strike=True)
    book.active["C2"].comment = Comment("maybe 39?", "x")
    assert body(book) == "- Plan: Basic; Price: 49"


def test_a_formula_without_a_result_is_named_and_not_shown_as_blank() -> None:
    content = read(book_of(["Plan", "Price"], ["Basic", "=7*7"]))
    assert content.unread == (("sheet Data", "1 formula without a result: open and save it in Excel"),)


def _sheet_xml(inside: str, shared: str = "") -> bytes:
    """Return a workbook whose sheet has the given XML, and shared texts, as Excel and LibreOffice write them."""
    book = io.BytesIO()
    book_of(["x"]).save(book)
    made = io.BytesIO()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            is_sheet = name == "xl/worksheets/sheet1.xml"
            new.writestr(name, f'<worksheet xmlns="{main}">{inside}</worksheet>' if is_sheet else _related(old, name))
        new.writestr("xl/sharedStrings.xml", shared or f'<sst xmlns="{main}"/>')
    return made.getvalue()


def _related(archive: zipfile.ZipFile, name: str) -> str:
    """Return a part; the workbook's relations name the shared texts, too."""
    shared = '<Relationship Id="rShared" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
    is_related = name == "xl/_rels/workbook.xml.rels"
    return archive.read(name).decode().replace("</Relationships>", shared if is_related else "</Relationships>")


_SHARED_CELLS = '<sheetData><row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row></sheetData>'


def test_shared_texts_are_read_without_struck_runs_and_phonetic_guides() -> None:
    plan = "<si><t>Plan_x000D_ B</t></si>"
    fee = "<si><r><rPr><strike/></rPr><t>Cost</t></r><r><t>Fee</t></r><rPh><t>fi</t></rPh></si>"
    assert xlsx(_sheet_xml(_SHARED_CELLS, f"<sst>{plan}{fee}</sst>")).text == "## Data\n\n- Fee: Plan B"


def test_entities_in_shared_texts_are_refused() -> None:
    bomb = '<!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si><si><t>x</t></si></sst>'
    with pytest.raises(UnreadableDocumentError, match="document type"):
        xlsx(_sheet_xml(_SHARED_CELLS, bomb))


def test_cells_in_all_the_ways_that_programs_write_them() -> None:
    rows = (
        '<row><c t="inlineStr"><is><t>Plan</t></is></c><c t="str"><v>Price</v></c>'
        '<c t="inlineStr"><is><r><rPr><strike/>'
        "</rPr><t>Old</t></r><r><t>From</t></r></is></c></row>"
        '<row r="2"><c r="A2" t="str"><f>"Ba"&amp;"sic"</f><v>Basic</v></c><c r="B2"><f>7*7</f><v>49</v></c>'
        '<c r="C2" t="d"><v>2027-05-01T00:00:00</v></c><c r="D2" t="e"><v>#REF!</v></c></row>'
    )
    content = xlsx(_sheet_xml(f"<sheetData>{rows}</sheetData>"))
    assert content.text == "## Data\n\n- Plan: Basic; Price: 49; From: 2027-05-01"
    assert content.unread == (("sheet Data", "1 error such as #REF!"),)


def test_what_is_beyond_the_limits_is_named() -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    for number in range(MAX_ROWS + 3):
        sheet.append([number])
    sheet2 = book.create_sheet("Wide")
    sheet2.append(["x"] * (MAX_COLUMNS + 2))
    content = read(book)
    assert [part for part, _ in content.unread] == ["sheet Data", "sheet Wide"]
    assert content.unread[0][1].startswith("3 rows beyond the first 100,000")
    assert content.unread[1][1].startswith("2 cells beyond the first 200")


def test_a_merge_over_the_whole_sheet_costs_nothing() -> None:
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>Note</t></is></c></row>'
    merges = '<mergeCell ref="A1:XFD1048576"/>' * 1000
    raw = _sheet_xml(f"<sheetData>{cell}</sheetData><mergeCells>{merges}</mergeCells>")
    assert xlsx(raw).text == "## Data\n\nNote"


@pytest.mark.parametrize("inside", ["<sheetData><row><c t='s'><v>99</v></c></row></sheetData>", "<sheetData>"])
def test_a_broken_sheet_is_refused(inside: str) -> None:
    with pytest.raises(UnreadableDocumentError, match="broken workbook"):
        xlsx(_sheet_xml(inside))


def test_an_empty_book_has_no_text() -> None:
    assert not read(openpyxl.Workbook()).text
