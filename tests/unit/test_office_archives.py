"""Office files that would do harm, and files of programs that are not read."""

import io
import time
import zipfile
from pathlib import Path

import openpyxl
import pptx as library
import pytest

from index.errors import UnreadableDocumentError
from index.reading.conversion import documents_of
from index.reading.documents import LoadRules
from index.reading.formats.archives import refuse_bombs
from index.reading.formats.properties import real_title
from index.reading.formats.sheets import xlsx
from index.reading.formats.slides import pptx
from index.reading.source import Source

_BOMB = (
    '<!DOCTYPE a [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    + "]><root>&a9;</root>"
)
_OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><root>&x;</root>'


def _with_part(raw: bytes, name: str, content: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return made.getvalue()


def _deck() -> bytes:
    made = io.BytesIO()
    deck = library.Presentation()
    deck.slides.add_slide(deck.slide_layouts[1]).shapes.title.text = "Fees"
    deck.save(made)
    return made.getvalue()


def _book() -> bytes:
    made = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["Plan", "Price"])
    book.save(made)
    return made.getvalue()


@pytest.mark.parametrize("xml", [_BOMB, _OUTSIDE])
def test_entities_are_refused_at_once_in_every_part(xml: str) -> None:
    started = time.monotonic()
    for part in ("xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"):
        with pytest.raises(UnreadableDocumentError):
            xlsx(_with_part(_book(), part, xml))
    for part in ("ppt/presentation.xml", "ppt/slides/slide1.xml", "docProps/core.xml"):
        with pytest.raises(UnreadableDocumentError):
            pptx(_with_part(_deck(), part, xml))
    assert time.monotonic() - started < 2


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_read() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 200_000_001)
    with pytest.raises(UnreadableDocumentError, match="unpacks to"):
        refuse_bombs(made.getvalue())


def test_a_part_that_leads_out_of_the_archive_is_not_opened() -> None:
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="x/worksheet" Target="/../../etc/passwd"/></Relationships>'
    )
    with pytest.raises(UnreadableDocumentError, match="broken workbook"):
        xlsx(_with_part(_book(), "xl/_rels/workbook.xml.rels", relation))


@pytest.mark.parametrize(
    ("suffix", "better"),
    [(".doc", ".docx"), (".xls", ".xlsx"), (".ppt", ".pptx"), (".numbers", ".xlsx"), (".rtf", ".docx")],
)
def test_a_format_that_is_not_read_says_what_to_do(suffix: str, better: str) -> None:
    source = Source(f"a{suffix}", Path(f"a{suffix}"), Path(), "", suffix)
    with pytest.raises(UnreadableDocumentError, match=f"save it as {better}"):
        documents_of(source, LoadRules())


@pytest.mark.parametrize(
    "title", ["Travel at Fenwick", "How we use Excel and PowerPoint at work", "Handbook", "Titles and ranks", "Booking"]
)
def test_a_title_that_a_person_gave_counts(title: str) -> None:
    assert real_title(f" {title} ") == title
