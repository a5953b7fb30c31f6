"""OpenDocument texts and sheets, and e-books."""

import io
import zipfile

import pytest

from index.errors import UnreadableDocumentError
from index.reading.formats.epub import epub
from index.reading.formats.opendocument import ods, odt

_NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table", "style")
) + (
    ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
)


def archive_of(body: str, styles: str = "", **parts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(
            "content.xml",
            f"<office:document-content {_NAMESPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body>{body}</office:body></office:document-content>",
        )
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return made.getvalue()


def text_of(body: str, styles: str = "") -> str:
    return odt(archive_of(f"<office:text>{body}</office:text>", styles)).text


def sheet(rows: str, look: str = "") -> str:
    return f'<office:spreadsheet><table:table table:name="Data" {look}>{rows}</table:table></office:spreadsheet>'


def row(*texts: str, look: str = "") -> str:
    cells = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in texts)
    return f"<table:table-row {look}>{cells}</table:table-row>"


_LOOKS = (
    '<style:style style:name="H"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="S"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    '<style:style style:name="P1" style:parent-style-name="Title"/>'
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/>'
    "</text:list-style>"
)


def test_headings_titles_and_paragraphs_are_read() -> None:
    body = (
        '<text:p text:style-name="P1">Leave</text:p><text:h text:outline-level="2">Sick</text:h><text:p>Call.</text:p>'
    )
    content = odt(archive_of(f"<office:text>{body}</office:text>", _LOOKS))
    assert (content.title, content.text) == ("Leave", "# Leave\n\n## Sick\n\nCall.")


@pytest.mark.parametrize(
    "hidden",
    [
        '<text:span text:style-name="H">secret</text:span>',
        '<text:span text:style-name="S">secret</text:span>',
        "<office:annotation><text:p>secret</text:p></office:annotation>",
    ],
)
def test_hidden_struck_and_commented_text_is_left_out(hidden: str) -> None:
    assert text_of(f"<text:p>Open {hidden}daily</text:p>", _LOOKS) == "Open daily"


def test_deletions_and_tables_of_contents_are_left_out() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>secret</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:table-of-content><text:index-body><text:p>Fees 3</text:p></text:index-body></text:table-of-content>"
        "<text:p>Open<text:s/>daily<text:line-break/>9-17</text:p>"
    )
    assert text_of(body) == "Open daily\n9-17"


def test_lists_keep_numbers_and_levels() -> None:
    inner = "<text:list><text:list-item><text:p>slowly</text:p></text:list-item></text:list>"
    items = f"<text:list-item><text:p>Go</text:p>{inner}</text:list-item>"
    items += "<text:list-item><text:p>Stop</text:p></text:list-item>"
    assert text_of(f'<text:list text:style-name="L1">{items}</text:list>', _LOOKS) == "1. Go\n    - slowly\n2. Stop"


def test_notes_stand_with_their_statement_and_text_boxes_below() -> None:
    said = "<text:note-body><text:p>Not on Sundays.</text:p></text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{said}</text:note>"
    box = "<draw:frame><draw:text-box><text:p>Call 7714.</text:p></draw:text-box></draw:frame>"
    assert text_of(f"<text:p>It is free{note}.{box}</text:p>") == "It is free. (Note: Not on Sundays.)\n\nCall 7714."


def test_merged_cells_count_for_every_cell() -> None:
    rows = (
        row("Zone", "Weight", "Price")
        + '<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>A</text:p></table:table-cell>'
        "<table:table-cell><text:p>2 kg</text:p></table:table-cell><table:table-cell><text:p>4.10</text:p>"
        "</table:table-cell></table:table-row>"
        '<table:table-row><table:covered-table-cell/><table:table-cell table:number-columns-spanned="2">'
        "<text:p>Ask</text:p></table:table-cell><table:covered-table-cell/></table:table-row>"
    )
    assert text_of(f"<table:table>{rows}</table:table>").split("\n")[2:] == ["| A | 2 kg | 4.10 |", "| A | Ask | Ask |"]
    lines = ods(archive_of(sheet(rows))).text.split("\n")[2:]
    assert lines == ["- Zone: A; Weight: 2 kg; Price: 4.10", "- Zone: A; Weight: Ask; Price: Ask"]


def test_hidden_rows_columns_and_sheets_are_left_out() -> None:
    columns = '<table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>'
    rows = (
        row("Plan", "Margin", "Price")
        + row("Basic", "0.6", "49")
        + row("Old", "0", "1", look='table:visibility="filter"')
    )
    content = ods(archive_of(sheet(columns + rows)))
    assert content.text == "## Data\n\n- Plan: Basic; Price: 49"
    assert content.unread == (("sheet Data", "hidden rows"),)
    hidden = ods(archive_of(sheet(rows, 'table:style-name="ta2"'), _LOOKS))
    assert (hidden.text, hidden.unread) == ("", (("sheet Data", "hidden"),))


def test_repeated_cells_and_blank_rows_to_the_end_of_a_sheet_cost_nothing() -> None:
    cell = '<table:table-cell table:number-columns-repeated="16000"/>'
    blank = f'<table:table-row table:number-rows-repeated="1048000">{cell}</table:table-row>'
    assert ods(archive_of(sheet(row("Plan", "Price") + row("Basic", "49") + blank))).text.endswith(
        "- Plan: Basic; Price: 49"
    )


def test_a_locked_document_says_so() -> None:
    manifest = '<m:manifest xmlns:m="urn:x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    with pytest.raises(UnreadableDocumentError, match="locked with a password"):
        odt(archive_of("", **{"META-INF__manifest": manifest}))


def _book(*pages: str) -> bytes:
    made = io.BytesIO()
    items = "".join(
        f'<item id="p{n}" href="c/p{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(len(pages))
    )
    order = "".join(f'<itemref idref="p{n}"/>' for n in reversed(range(len(pages))))
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="O/b.opf"/></rootfiles></container>'
        )
        archive.writestr(
            "O/b.opf",
            '<package xmlns:dc="urn:dc"><metadata><dc:title>Handbook</dc:title>'
            '<meta property="dcterms:modified">2027-03-04T10:00:00Z</meta></metadata><manifest>'
            f'<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>{items}</manifest>'
            f'<spine><itemref idref="nav"/>{order}</spine></package>',
        )
        archive.writestr("O/nav.xhtml", "<html><body><p>contents</p></body></html>")
        for number, page in enumerate(pages):
            archive.writestr(f"O/c/p{number}.xhtml", f"<!DOCTYPE html><html><body>{page}</body></html>")
    return made.getvalue()


def test_a_book_is_its_chapters_in_order_without_its_contents() -> None:
    content = epub(_book("<h1>Two</h1><p>b</p>", "<h1>One</h1><p>a</p>"))
    assert content.text == "# One\n\na\n\n# Two\n\nb"
    assert (content.title, content.updated) == ("Handbook", "2027-03-04")


def test_a_broken_book_is_refused() -> None:
    with pytest.raises(UnreadableDocumentError, match="broken book"):
        epub(archive_of(""))
