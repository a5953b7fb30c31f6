"""Documents of a folder, read in this process."""

from pathlib import Path

from index.reading.conversion import documents_of
from index.reading.documents import Document, LoadRules
from index.reading.sources import survey


def documents_in(folder: Path) -> list[Document]:
    """Return what can be read below `folder`."""
    rules = LoadRules()
    sources = survey([folder], folder, rules).sources
    found = (documents_of(source, rules) for source in sources if source.problem is None)
    return [item for items in found for item in items if isinstance(item, Document)]
