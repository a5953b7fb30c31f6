"""Read HTML pages and compare the words with those that a browser shows.

usage: python tests/bench/pages.py FOLDER [--pages N] [--compare N] [--seed N] [--worst N] [--browser PATH]

Reads a random N of the pages below FOLDER and prints how many could be read, and the seconds a hundred pages. Then it
shows a random N of these in Chromium and prints, for each and over all: which share of the browser's words is kept, of
all and of those outside links, and which share of the words kept does not occur in the browser ("strange"). Navigation
is no content and counts against the first share.
"""

import argparse
import html
import json
import random
import re
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import UnreadableDocumentError
from index.markdown import without_links
from index.reading.formats.html_page import html as read

_BATCH = 10
_SECONDS = 120
_WORD = re.compile(r"\w+")
_MARKS = re.compile(r"\{#\S+\}|^`{3,}\S*$", re.MULTILINE)
_OUTPUT = re.compile(r'<pre id="texts">(.*?)</pre>', re.DOTALL)
# Chromium writes the page after its `load` event, which waits for the frames.
_DRIVER = """<html><body>{frames}<script>
window.onload = () => {{
  const texts = [...document.querySelectorAll("iframe")].map(frame => {{
    try {{
      const page = frame.contentDocument, style = page.createElement("style"), all = page.body.innerText;
      style.textContent = "a[href] {{ display: none !important }}";
      page.body.append(style);
      return [all, page.body.innerText];
    }} catch (error) {{ return ["", ""] }}
  }});
  document.body.innerHTML = '<pre id="texts"></pre>';
  document.getElementById("texts").textContent = JSON.stringify(texts);
}};
</script></body></html>"""


@dataclass(frozen=True, slots=True)
class Compared:
    """A page, the shares of the browser's words that are kept, and the share of ours that the browser does not show."""

    path: Path
    kept: float
    kept_outside_links: float
    strange: float
    lost_words: tuple[str, ...]
    strange_words: tuple[str, ...]


def main() -> None:
    """Print coverage, seconds, and the pages that differ most from the browser."""
    options = _options()
    chosen = random.Random(options.seed)
    found = sorted(path for suffix in ("html", "htm") for path in options.folder.rglob(f"*.{suffix}") if path.is_file())
    pages = chosen.sample(found, min(options.pages, len(found)))
    texts = _read_all(pages)
    sample = chosen.sample(sorted(texts), min(options.compare, len(texts)))
    compared = [one for batch in _batches(sample) for one in _compared(batch, texts, options.browser)]
    if not compared:
        return
    print(f"compared {len(compared)}")
    for name in ("kept", "kept_outside_links", "strange"):
        values = sorted(getattr(one, name) for one in compared)
        print(f"{name}: mean {statistics.mean(values):.3f}, median {statistics.median(values):.3f}")
    for one in sorted(compared, key=lambda one: one.kept_outside_links - one.strange)[: options.worst]:
        print(f"\n{one.path}")
        print(f"  kept {one.kept:.2f}, outside links {one.kept_outside_links:.2f}; strange {one.strange:.2f}")
        print(f"  lost: {' '.join(one.lost_words)}\n  strange: {' '.join(one.strange_words)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--compare", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worst", type=int, default=30)
    parser.add_argument("--browser", default="chromium")
    return parser.parse_args()


def _read_all(pages: Sequence[Path]) -> dict[Path, str]:
    texts: dict[Path, str] = {}
    slowest = (0.0, Path())
    reasons: Counter[str] = Counter()
    begun = time.process_time()
    for page in pages:
        started = time.process_time()
        try:
            text = read(page.read_bytes()).text
        except UnreadableDocumentError as error:
            reasons[str(error)] += 1
            continue
        slowest = max(slowest, (time.process_time() - started, page))
        if text.strip():
            texts[page] = text
        else:
            reasons["empty"] += 1
            print(f"empty: {page}")
    seconds = time.process_time() - begun
    print(f"read {len(texts)} of {len(pages)} pages; not read: {dict(reasons)}")
    print(f"{seconds / max(1, len(pages)) * 100:.1f} s a hundred pages; slowest {slowest[0]:.1f} s {slowest[1]}")
    return texts


def _batches(pages: Sequence[Path]) -> list[Sequence[Path]]:
    return [pages[start : start + _BATCH] for start in range(0, len(pages), _BATCH)]


def _compared(pages: Sequence[Path], texts: dict[Path, str], browser: str) -> list[Compared]:
    return [
        _difference(page, texts[page], *shown)
        for page, shown in zip(pages, _shown(pages, browser), strict=True)
        if shown[0].strip()
    ]


def _shown(pages: Sequence[Path], browser: str) -> Sequence[tuple[str, str]]:
    """Return the text that a browser shows of each page, whole and without its links."""
    frames = "".join(
        f'<iframe width="1200" height="900" src="{html.escape(page.resolve().as_uri())}"></iframe>' for page in pages
    )
    with tempfile.TemporaryDirectory() as folder:
        driver = Path(folder, "driver.html")
        driver.write_text(_DRIVER.format(frames=frames))
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-web-security"]
        command += ["--allow-file-access-from-files", f"--user-data-dir={folder}/profile", "--dump-dom"]
        made = subprocess.run(  # noqa: S603 - the browser that was named
            [*command, driver.as_uri()], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    output = _OUTPUT.search(made.stdout)
    return [(str(a), str(b)) for a, b in json.loads(html.unescape(output[1]))] if output else [("", "")] * len(pages)


def _difference(page: Path, text: str, shown: str, outside_links: str) -> Compared:
    ours = Counter(_WORD.findall(_MARKS.sub(" ", without_links(text)).replace("\\", "").lower()))
    theirs = Counter(_WORD.findall(shown.lower()))
    prose = Counter(_WORD.findall(outside_links.lower()))
    lost = prose - ours
    # A merged cell is repeated in our text; that adds no word.
    strange = Counter({word: count for word, count in ours.items() if word not in theirs})
    return Compared(
        page,
        1 - (theirs - ours).total() / max(1, theirs.total()),
        1 - lost.total() / max(1, prose.total()),
        strange.total() / max(1, ours.total()),
        tuple(word for word, _ in lost.most_common(25)),
        tuple(word for word, _ in strange.most_common(15)),
    )


if __name__ == "__main__":
    main()
