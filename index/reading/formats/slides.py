"""PowerPoint to Markdown. Builds run it in worker processes (`index.ingestion`)."""

import io
import zipfile
from typing import Any

from index.errors import UnreadableDocumentError
from index.reading.formats.archives import refuse_bombs
from index.reading.formats.content import Content
from index.reading.formats.lines import escaped
from index.reading.formats.tables import table


def pptx(raw: bytes) -> Content:
    """Return a presentation: a section for each slide, with its tables and notes."""
    import pptx as library  # noqa: PLC0415

    refuse_bombs(raw)
    try:
        slides = list(library.Presentation(io.BytesIO(raw)).slides)
    except (KeyError, ValueError, zipfile.BadZipFile, OSError, AttributeError) as error:
        raise UnreadableDocumentError("broken presentation") from error
    sections = [_slide(number, slide) for number, slide in enumerate(slides, 1)]
    title = slides[0].shapes.title.text_frame.text if slides and slides[0].shapes.title else None
    return Content(title, "\n\n".join(sections), named_anchors=True)


def _slide(number: int, slide: Any) -> str:  # noqa: ANN401 - python-pptx has no types
    title = slide.shapes.title
    name = " ".join(title.text_frame.text.split()) if title is not None and title.has_text_frame else ""
    parts = [f"## {name or f'Slide {number}'}"]
    for shape in slide.shapes:
        if shape.has_text_frame and (title is None or shape.shape_id != title.shape_id):
            parts += [f"- {escaped(text)}" for p in shape.text_frame.paragraphs if (text := p.text.strip())]
        elif getattr(shape, "has_table", False) and shape.has_table:
            parts.append(table([[cell.text for cell in row.cells] for row in shape.table.rows]))
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame):
        parts.append(notes.text.strip())
    return "\n".join(part for part in parts if part)
