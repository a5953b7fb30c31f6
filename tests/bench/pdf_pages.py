"""Read a folder of PDFs and compare each page with what `pdftotext` (poppler-utils) finds on it.

usage: python tests/bench/pdf_pages.py FOLDER [--worst N] [--markdown FILE]

Prints for each file and in total: pages, pages named as scanned, the reason of files that failed, seconds of one core a
hundred pages, the share of the words that are kept, and the share of the pairs of neighbouring words that are kept as
neighbours, which falls where columns or rows are torn. A page's words also count on the page before, because a sentence
over a page break belongs to the page where it begins. Running headers, page numbers and tables of contents are left out
on purpose, so their pages are among the worst, which --worst lists with missing words. --markdown writes what was read.
"""

import argparse
import re
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from index.errors import UnreadableDocumentError
from index.reading.formats.pdf import pdf

_WORD = re.compile(r"\w+")
_PAGE = re.compile(r"^#+ .*\{#page=(\d+)\}$", re.MULTILINE)
_LEAST_WORDS = 20
_SHOWN_WORDS = 12


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a file: how many words and pairs of words it has, how many are kept, and some that are not."""

    file: str
    number: int
    words: int
    kept: int
    pairs: int
    kept_pairs: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of its words that are kept."""
        return self.kept / self.words


@dataclass(frozen=True, slots=True)
class Read:
    """A file: its pages with enough words, how many pages it has and how many are scanned, seconds, why it failed."""

    pages: tuple[Page, ...]
    count: int
    scanned: int
    seconds: float
    failure: str = ""


def main() -> None:
    """Print a line for each file, the totals and the worst pages."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--worst", type=int, default=20)
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    read = []
    for path in sorted(given.folder.glob("**/*.pdf")):
        read.append(_read(path, given.markdown))
        print(f"{path.name:44.44} {_described(read[-1:])}{read[-1].failure}")
    print(f"{f'{len(read)} files':44} {_described(read)}{sum(bool(r.failure) for r in read)} failed")
    pages = sorted((page for r in read for page in r.pages), key=lambda page: page.share)
    for page in pages[: given.worst]:
        print(f"{page.share:5.2f} {page.file} page {page.number}, misses: {' '.join(page.missing)}")


def _described(read: Sequence[Read]) -> str:
    pages = [page for r in read for page in r.pages]
    count, seconds = sum(r.count for r in read), sum(r.seconds for r in read)
    words = sum(p.kept for p in pages) / max(1, sum(p.words for p in pages))
    pairs = sum(p.kept_pairs for p in pages) / max(1, sum(p.pairs for p in pages))
    scanned = sum(r.scanned for r in read)
    speed = seconds * 100 / max(1, count)
    return f"{count:5} pages {scanned:3} scanned {speed:6.2f} s/100  {words:.3f} words {pairs:.3f} pairs "


def _read(path: Path, markdown: Path | None) -> Read:
    theirs = subprocess.run(["pdftotext", "-enc", "UTF-8", path, "-"], capture_output=True, check=False).stdout  # noqa: S603, S607
    pages = [list(_words(page)) for page in theirs.decode("utf-8", "replace").split("\f")[:-1]]
    start = time.process_time()
    try:
        content = pdf(path.read_bytes())
    except UnreadableDocumentError as error:
        return Read((), len(pages), 0, time.process_time() - start, str(error))
    seconds = time.process_time() - start
    if markdown:
        with markdown.open("a", encoding="utf-8") as file:
            file.write(f"\n\n===== {path.name}: {content.title}\n\n{content.text}")
    ours = _by_page(content.text, len(pages))
    compared = (_compared(path.name, n, page, ours) for n, page in enumerate(pages, 1) if len(page) >= _LEAST_WORDS)
    return Read(tuple(compared), len(pages), len(content.unread), seconds)


def _by_page(text: str, count: int) -> list[list[str]]:
    """Return the words of each page, by its number."""
    found: list[list[str]] = [[] for _ in range(count + 1)]
    parts = _PAGE.split(text)
    headings = _PAGE.finditer(text)
    for number, part in zip(parts[1::2], parts[2::2], strict=True):
        heading = next(headings)[0].partition("{#page")[0]
        found[min(count, int(number))] += [*_words(heading), *_words(part)]
    return found


def _compared(file: str, number: int, theirs: Sequence[str], ours: Sequence[Sequence[str]]) -> Page:
    near = [*ours[number - 1], *ours[number]]
    words, kept = Counter(theirs), Counter(near)
    missing = words - kept
    pairs = Counter(pairwise(theirs))
    kept_pairs = (pairs - (pairs - Counter(pairwise(near)))).total()
    shown = tuple(word for word in dict.fromkeys(theirs) if word in missing)[:_SHOWN_WORDS]
    return Page(file, number, len(theirs), len(theirs) - missing.total(), pairs.total(), kept_pairs, shown)


def _words(text: str) -> Iterator[str]:
    yield from _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


if __name__ == "__main__":
    main()
