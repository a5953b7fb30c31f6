"""PowerPoint to Markdown. Builds run it in worker processes (`index.ingestion`)."""

import zipfile
from collections.abc import Iterator
from itertools import count

from index.reading.formats.archives import main_part, opened, related, relation, xml
from index.reading.formats.content import Content
from index.reading.formats.lines import apart
from index.reading.formats.properties import properties
from index.reading.formats.slide_shapes import Slide, body, notes, title


def pptx(raw: bytes) -> Content:
    """Return a presentation: a section for each slide, with its tables, charts, diagrams and notes.

    Hidden slides, and slides that hold only a picture, are named as unread.
    """
    sections: list[str] = []
    unread: list[tuple[str, str]] = []
    names: list[str] = []
    with opened(raw, "presentation") as archive:
        own_title, updated = properties(archive)
        for number, slide in zip(count(1), _slides(archive)):
            if slide.root.get("show") in ("0", "false"):
                unread.append((f"slide {number}", "hidden slide"))
                continue
            names.append(title(slide))
            lines = [*body(slide), *notes(slide)]
            if not lines and next(slide.root.iter("{*}pic"), None) is not None:
                unread.append((f"slide {number}", "a picture without text"))
            sections.append("\n".join([f"## {names[-1] or f'Slide {number}'}", *lines, ""]))
    named = own_title or next((name for name in names[:1] if name), None)
    return Content(named, apart("\n".join(sections)), named_anchors=True, updated=updated, unread=tuple(unread))


def _slides(archive: zipfile.ZipFile) -> Iterator[Slide]:
    """Yield the slides in the order in which they are shown."""
    part = main_part(archive, "ppt/presentation.xml")
    targets = related(archive, part)
    for element in xml(archive, part).iterfind("{*}sldIdLst/{*}sldId"):
        _, slide = targets[relation(element)]
        yield Slide(archive, xml(archive, slide), related(archive, slide))
