"""Word documents as different programs write them."""

import io
import zipfile

import docx as library
import pytest
from docx.enum.text import WD_BREAK

from index.errors import UnreadableDocumentError
from index.reading.formats.word import docx

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)


def archive_of(body: str, **parts: str) -> bytes:
    """Return a document with a body, and with parts such as `styles` and `numbering` that hold the given elements."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>")
        for name, inside in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {_NAMESPACES}>{inside}</w:{name}>")
    return made.getvalue()


def text_of(body: str, **parts: str) -> str:
    return docx(archive_of(body, **parts)).text


def p(*runs: str, look: str = "") -> str:
    return f"<w:p><w:pPr>{look}</w:pPr>{''.join(runs)}</w:p>"


def r(text: str, look: str = "") -> str:
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def cell(text: str, look: str = "") -> str:
    return f"<w:tc><w:tcPr>{look}</w:tcPr>{p(r(text))}</w:tc>"


def row(*cells: str, look: str = "") -> str:
    return f"<w:tr><w:trPr>{look}</w:trPr>{''.join(cells)}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def saved(document: library.document.Document) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


@pytest.mark.parametrize(
    "hidden",
    [
        r("secret", "<w:vanish/>"),
        r("secret", '<w:vanish w:val="true"/>'),
        r("secret", "<w:strike/>"),
        r("secret", '<w:dstrike w:val="1"/>'),
        r("secret", '<w:rStyle w:val="Ghost"/>'),
        f"<w:del>{r('secret')}</w:del>",
        "<w:del><w:r><w:delText>secret</w:delText></w:r></w:del>",
        f"<w:moveFrom>{r('secret')}</w:moveFrom>",
        "<w:r><w:instrText>secret</w:instrText></w:r>",
        "<w:r><w:commentReference w:id='1'/></w:r>",
    ],
)
def test_what_is_not_printed_is_left_out(hidden: str) -> None:
    ghost = '<w:style w:styleId="Ghost"><w:rPr><w:vanish/></w:rPr></w:style>'
    assert text_of(p(r("Open "), hidden, r("daily")), styles=ghost) == "Open daily"


@pytest.mark.parametrize(
    "shown",
    [
        r("daily", '<w:vanish w:val="0"/>'),
        r("daily", '<w:strike w:val="false"/>'),
        r("daily", "<w:webHidden/>"),
        f"<w:ins>{r('daily')}</w:ins>",
        f"<w:moveTo>{r('daily')}</w:moveTo>",
        f"<w:smartTag>{r('daily')}</w:smartTag>",
        f"<w:sdt><w:sdtPr/><w:sdtContent>{r('daily')}</w:sdtContent></w:sdt>",
        f'<w:fldSimple w:instr="REF x">{r("daily")}</w:fldSimple>',
        f'<w:hyperlink w:anchor="x">{r("daily")}</w:hyperlink>',
        r("dai") + '<w:proofErr w:type="x"/>' + r("ly"),
        "<m:oMath><m:r><m:t>daily</m:t></m:r></m:oMath>",
    ],
)
def test_what_is_printed_is_kept(shown: str) -> None:
    assert text_of(p(r("Open "), shown)) == "Open daily"


def test_a_deleted_row_is_left_out_and_an_inserted_one_kept() -> None:
    text = text_of(
        table(
            row(cell("City"), cell("Fee"), cell("From")),
            row(cell("Graz"), cell("10"), cell("May"), look="<w:del/>"),
            row(cell("Lyon"), cell("12"), cell("June"), look="<w:ins/>"),
        )
    )
    assert "Graz" not in text
    assert "| Lyon | 12 | June |" in text


def test_a_merged_cell_counts_for_every_cell_that_it_covers() -> None:
    text = text_of(
        table(
            row(cell("Zone"), cell("Weight"), cell("Price")),
            row(cell("A", '<w:vMerge w:val="restart"/>'), cell("2 kg"), cell("4.10")),
            row(cell("", "<w:vMerge/>"), cell("Ask us", '<w:gridSpan w:val="2"/>')),
        )
    )
    assert text.split("\n")[2:] == ["| A | 2 kg | 4.10 |", "| A | Ask us | Ask us |"]


def test_cells_that_begin_later_in_a_row_keep_their_column() -> None:
    text = text_of(
        table(
            row(cell("Plan"), cell("Old"), cell("New")),
            row(cell("Plus"), cell("12"), look='<w:gridBefore w:val="1"/>'),
        )
    )
    assert text.endswith("|  | Plus | 12 |")


@pytest.mark.parametrize("marked", ["<w:tblHeader/>", ""])
def test_two_header_rows_become_one(marked: str) -> None:
    text = text_of(
        table(
            row(cell("Region", '<w:vMerge w:val="restart"/>'), cell("2026", '<w:gridSpan w:val="2"/>'), look=marked),
            row(cell("", "<w:vMerge/>"), cell("Q1"), cell("Q2"), look=marked),
            row(cell("North"), cell("12"), cell("14")),
        )
    )
    assert text.split("\n")[0] == "| Region | 2026 / Q1 | 2026 / Q2 |"
    assert text.split("\n")[2] == "| North | 12 | 14 |"


def test_a_merged_first_row_is_the_title_of_its_table_and_a_later_one_a_label() -> None:
    text = text_of(
        table(
            row(cell("Parking 2027", '<w:gridSpan w:val="3"/>')),
            row(cell("Lot"), cell("Day"), cell("Month")),
            row(cell("Staff", '<w:gridSpan w:val="3"/>')),
            row(cell("P1"), cell("2"), cell("30")),
            row(cell("Guests", '<w:gridSpan w:val="3"/>')),
            row(cell("P1"), cell("4"), cell("60")),
        )
    )
    head = "| Lot | Day | Month |\n| --- | --- | --- |\n"
    assert text == f"Parking 2027\n\n**Staff**\n\n{head}| P1 | 2 | 30 |\n\n**Guests**\n\n{head}| P1 | 4 | 60 |"


def test_a_table_of_keys_and_values_is_a_list() -> None:
    text = text_of(
        table(
            row(cell("Opening hours"), cell("9-17")),
            row(cell("Contact:"), cell("Anna, front desk")),
            row(cell("Deposit"), cell("20 EUR")),
        )
    )
    assert text == "- Opening hours: 9-17\n- Contact: Anna, front desk\n- Deposit: 20 EUR"


def test_a_table_of_two_columns_of_words_keeps_its_header() -> None:
    text = text_of(table(row(cell("Team"), cell("Lead")), row(cell("Billing"), cell("the office"))))
    assert text == "| Team | Lead |\n| --- | --- |\n| Billing | the office |"


def test_a_frame_of_one_cell_is_what_stands_in_it() -> None:
    frame = f"<w:tbl><w:tr><w:tc>{p(r('Call 112 first.'))}{p(r('Then the desk.'))}</w:tc></w:tr></w:tbl>"
    assert text_of(frame) == "Call 112 first.\n\nThen the desk."


def test_a_table_in_a_cell_is_one_line() -> None:
    inner = table(row(cell("Mon"), cell("9-12")), row(cell("Tue"), cell("13-17")))
    text = text_of(
        table(
            row(cell("Desk"), cell("Hours"), cell("Room")),
            row(cell("IT"), f"<w:tc>{inner}<w:p/></w:tc>", cell("4")),
        )
    )
    assert text.endswith("| IT | Mon, 9-12; Tue, 13-17 | 4 |")


_BLUE = (
    '<w:style w:styleId="B"><w:name w:val="heading 2"/></w:style>'
    '<w:style w:styleId="C"><w:name w:val="Blue"/><w:basedOn w:val="B"/></w:style>'
)


@pytest.mark.parametrize(
    ("style", "look"),
    [
        ('<w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style>', '<w:pStyle w:val="H2"/>'),
        ('<w:style w:styleId="X"><w:name w:val="Überschrift 2"/></w:style>', '<w:pStyle w:val="X"/>'),
        ('<w:style w:styleId="X"><w:name w:val="Titre 2"/></w:style>', '<w:pStyle w:val="X"/>'),
        ("", '<w:pStyle w:val="Heading2"/>'),
        ("", '<w:outlineLvl w:val="1"/>'),
        (
            '<w:style w:styleId="C"><w:name w:val="Chapter"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>',
            '<w:pStyle w:val="C"/>',
        ),
        (_BLUE, '<w:pStyle w:val="C"/>'),
    ],
)
def test_a_heading_is_told_by_its_style_or_its_outline_level(style: str, look: str) -> None:
    assert text_of(p(r("Fees", "<w:b/>"), look=look), styles=style) == "## Fees"


def test_body_text_with_an_outline_level_for_body_text_is_no_heading() -> None:
    assert text_of(p(r("Fees"), look='<w:outlineLvl w:val="9"/>')) == "Fees"


_LISTS = (
    '<w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%2)"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%3"/></w:lvl>'
    '</w:abstractNum><w:abstractNum w:abstractNumId="1">'
    '<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
)


def item(text: str, level: int = 0, number: int = 1) -> str:
    return p(r(text), look=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def test_lists_keep_their_numbers_and_levels() -> None:
    body = item("One") + item("Sub", 1) + item("Sub two", 1) + item("Two") + item("Dot", number=2)
    assert text_of(body, numbering=_LISTS) == "1. One\n    - a) Sub\n    - b) Sub two\n2. Two\n- Dot"


def test_a_list_goes_on_after_a_paragraph_and_begins_anew_where_word_says_so() -> None:
    body = item("One") + p(r("Wait.")) + item("Two") + p(r("Again:")) + item("One", number=3)
    assert text_of(body, numbering=_LISTS) == "1. One\n\nWait.\n\n2. Two\n\nAgain:\n\n1. One"


def test_a_paragraph_indented_below_a_step_belongs_to_it() -> None:
    body = item("One") + p(r("Mind the gap."), look='<w:ind w:left="720"/>') + item("Two")
    assert text_of(body, numbering=_LISTS) == "1. One\n\n    Mind the gap.\n\n2. Two"


def test_a_sublist_that_is_a_list_of_its_own_is_told_by_its_indent() -> None:
    document = library.Document()
    for style in ("List Bullet", "List Bullet 2", "List Bullet"):
        document.add_paragraph(style[5:], style=style)
    assert docx(saved(document)).text == "- Bullet\n    - Bullet 2\n- Bullet"


def test_a_numbered_heading_has_its_number() -> None:
    numbering = (
        '<w:abstractNum w:abstractNumId="0">'
        '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num>'
    )
    styles = "".join(
        f'<w:style w:styleId="H{n}"><w:name w:val="heading {n}"/><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr>'
        "</w:style>"
        for n in (1, 2)
    )
    heads = [("H1", "Scope"), ("H1", "Fees"), ("H2", "Late fees")]
    body = "".join(p(r(text), look=f'<w:pStyle w:val="{style}"/>') for style, text in heads)
    text = text_of(body, styles=styles, numbering=numbering)
    assert text.split("\n\n") == ["# 1 Scope", "# 2 Fees", "## 2.1 Late fees"]


def test_a_table_of_contents_is_left_out_as_a_field_a_control_and_a_style() -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    field = (
        p(mark("begin"), r"<w:r><w:instrText> TOC \o </w:instrText></w:r>", mark("separate"), r("Fees 3"))
        + p(r("Late 4"))
        + p(mark("end"))
    )
    control = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent>{p(r('Contents'))}{p(r('Fees 3'))}</w:sdtContent></w:sdt>"
    )
    style = p(r("Fees 3"), look='<w:pStyle w:val="TOC1"/>')
    assert text_of(field + control + style + p(r("Fees are due."))) == "Fees are due."


def test_a_field_that_never_ends_hides_no_more_than_its_section() -> None:
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    body = p(begin, "<w:r><w:instrText>TOC</w:instrText></w:r>") + p(r("Fees"), look='<w:outlineLvl w:val="0"/>')
    assert text_of(body + p(r("Due at once."))) == "# Fees\n\nDue at once."


def test_the_result_of_a_field_is_kept_and_its_instruction_is_not() -> None:
    marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
    body = p(r("See "), marks[0], "<w:r><w:instrText>REF _a</w:instrText></w:r>", marks[1], r("page 4"), marks[2])
    assert text_of(body) == "See page 4"


def test_a_footnote_stands_with_its_statement() -> None:
    note = '<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r>' + r("Not on Sundays.") + "</w:p></w:footnote>"
    body = p(r("Delivery is free"), '<w:r><w:footnoteReference w:id="2"/></w:r>', r(" from 20 EUR."))
    assert text_of(body, footnotes=note) == "Delivery is free from 20 EUR. (Note: Not on Sundays.)"


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{p(r('Call 7714.'))}</w:txbxContent>"
    drawn = (
        "<w:r><mc:AlternateContent>"
        f"<mc:Choice Requires='wps'><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert text_of(p(r("Desk"), drawn)) == "Desk\n\nCall 7714."
    assert text_of(p(f"<w:r><w:pict>{box}</w:pict></w:r>")) == "Call 7714."


def test_breaks_tabs_and_special_hyphens_become_plain_characters() -> None:
    parts = "<w:t>Mon</w:t><w:tab/><w:t>9</w:t><w:noBreakHyphen/><w:t>17</w:t><w:br/><w:t>Tue</w:t><w:softHyphen/>"
    assert text_of(p(f"<w:r>{parts}</w:r>")) == "Mon 9-17\nTue"


def test_raised_digits_are_no_part_of_the_number_before_them() -> None:
    assert text_of(p(r("20 EUR"), r("1", '<w:vertAlign w:val="superscript"/>'), r(" a day"))) == "20 EUR¹ a day"


def test_bold_words_and_links_are_marked() -> None:
    document = library.Document()
    paragraph = document.add_paragraph("Press ")
    paragraph.add_run("Save").bold = True
    paragraph.add_run(" now")
    paragraph.add_run().add_break(WD_BREAK.PAGE)
    assert docx(saved(document)).text == "Press **Save** now"


def test_a_link_keeps_its_address() -> None:
    made = io.BytesIO(archive_of(p(f'<w:hyperlink r:id="rId1">{r("the portal")}</w:hyperlink>')))
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr(
            "word/_rels/document.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{relation}" Target="https://x.example/a" TargetMode="External"/>'
            "</Relationships>",
        )
    assert docx(made.getvalue()).text == "[the portal](https://x.example/a)"


def test_the_title_is_that_of_the_properties_else_the_title_style_else_a_heading() -> None:
    document = library.Document()
    document.add_paragraph("Travel guide", style="Title")
    document.add_heading("Trains", 1)
    assert docx(saved(document)).title == "Travel guide"
    document.core_properties.title = "Travel at Fenwick"
    assert docx(saved(document)).title == "Travel at Fenwick"
    assert docx(archive_of(p(r("Trains"), look='<w:outlineLvl w:val="0"/>'))).title == "Trains"
    assert docx(archive_of(p(r("Trains")))).title is None


@pytest.mark.parametrize(
    "junk",
    [
        "Microsoft Word - rates.doc",
        "Untitled",
        "Dokument1",
        "Word Document",
        "Document",
        "Présentation PowerPoint",
        " ",
    ],
)
def test_a_title_that_a_program_made_up_does_not_count(junk: str) -> None:
    document = library.Document()
    document.core_properties.title = junk
    document.add_heading("Trains", 1)
    assert docx(saved(document)).title == "Trains"


def test_the_day_of_the_last_change_is_known() -> None:
    document = library.Document()
    document.add_paragraph("x")
    document.core_properties.modified = __import__("datetime").datetime(2027, 3, 4, 12)
    assert docx(saved(document)).updated == "2027-03-04"


def test_headers_and_footers_are_left_out() -> None:
    document = library.Document()
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.add_paragraph("Open daily")
    assert docx(saved(document)).text == "Open daily"


def test_the_strict_variant_of_the_format_reads_the_same() -> None:
    raw = archive_of(table(row(cell("A"), cell("B")), row(cell("c"), cell("d"))) + p(r("x", "<w:vanish/>"), r("y")))
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(W.encode(), _STRICT.encode()))
    assert docx(made.getvalue()).text == "| A | B |\n| --- | --- |\n| c | d |\n\ny"


def test_a_line_that_begins_with_a_hash_is_no_heading() -> None:
    assert text_of(p(r("#1 rule: ask."))) == "\\#1 rule: ask."


def test_a_document_type_with_entities_is_refused() -> None:
    bomb = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", f"{bomb}<w:document {_NAMESPACES}><w:body/></w:document>")
    with pytest.raises(UnreadableDocumentError, match="document type"):
        docx(made.getvalue())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"PK\x03\x04 cut", "broken archive"),
        (b"plain text", "broken archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"WordDocument", "before 2007"),
        (archive_of("<w:p>"), "broken Word document"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocumentError, match=reason):
        docx(raw)


def test_deep_nesting_is_refused_and_does_not_crash() -> None:
    deep = "<w:sdt><w:sdtContent>" * 200 + p(r("x")) + "</w:sdtContent></w:sdt>" * 200
    with pytest.raises(UnreadableDocumentError):
        docx(archive_of(deep))
