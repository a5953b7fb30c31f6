"""What an Office file says about itself in its properties: title and day of the last change."""

import re
import zipfile

from index.reading.formats.archives import local, xml_if_there

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# Programs fill the title in by themselves, in the language of the person who works with them.
_PROGRAM = re.compile(r"\b(?:microsoft|power\s?point|word|excel|(?:open|libre)office|google)\b", re.IGNORECASE)
_FILE_NAME = re.compile(r"\.(?:docx?|pptx?|xlsx?|od[tsp]|rtf|pdf|dotx?|potx?)\W?$", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:untitled|unbenannt|ohne titel|sans titre|sin t[ií]tulo|senza titolo|title|titel|titre|t[ií]tulo|titolo"
    r"|template|vorlage|slide|folie|(?:new |neues? )?(?:doc|document|dokument|documento|presentation|pr[äé]sentation"
    r"|presentaci[oó]n|book|workbook|mappe|classeur|libro|sheet))(?:\s+document)?[\s_-]*\d*",
    re.IGNORECASE,
)
_WORDS_BESIDE_PROGRAM = 2


def properties(archive: zipfile.ZipFile) -> tuple[str | None, str | None]:
    """Return an Office file's title, unless a program made it up, and the day of its last change as YYYY-MM-DD."""
    for part in ("docProps/core.xml", "meta.xml"):
        root = xml_if_there(archive, part)
        if root is not None:
            said = {local(element): element.text or "" for element in root.iter()}
            day = _DAY.match((said.get("modified") or said.get("date") or "").strip())
            return real_title(said.get("title", "")), day[0] if day else None
    return None, None


def real_title(title: str) -> str | None:
    """Return a title in one line; None if it is what a program or a template put there."""
    title = " ".join(title.split())
    if not title or _PLACEHOLDER.fullmatch(title) or _FILE_NAME.search(title):
        return None
    beside = re.findall(r"\w+", _PROGRAM.sub(" ", title))
    made_up = _PROGRAM.search(title) and len(beside) <= _WORDS_BESIDE_PROGRAM
    return None if made_up else title
