"""Ordinary documentation and attacks against what `is_instruction` recognizes: false alarms and catches, by pattern.

usage: python tests/bench/instructions.py [DATA_DIR [GIT_DIR ...]]     (default ../shared/data)
The paragraphs are read from this machine: Debian's documentation and manual pages, Node's and Python's packages, the
documents in DATA_DIR, and the text files of the given Git directories. Those about models, prompts and assistants are
counted apart: they are the hardest harmless ones. Attacks and paragraphs are halved by their hash; the patterns were
chosen on the halves "dev".
"""

import gzip
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.attacks import ATTACKS
from support.corpora import REPOSITORY

from pipeline.safety.instructions import PATTERNS, kinds
from pipeline.safety.policy import withheld

_LEAST_CHARS, _LEAST_WORDS, _MOST_CHARS = 40, 5, 4000
_MOST_PARAGRAPHS, _MOST_PAGES = 60_000, 3000
# A source is about models if more than this share of its paragraphs is.
_SHARE_ABOUT_MODELS = 0.05
_ABOUT_MODELS = re.compile(
    r"\b(?:llms?|language models?|chat ?bots?|chatgpt|gpt-?\d\w*|ai (?:assistants?|agents?|models?)|system prompts?"
    r"|openai|claude|anthropic|prompt(?:ing| engineering| injection| templates?))\b",
    re.IGNORECASE,
)
_ROFF_BREAK = re.compile(
    r"^[.'](?:SH|SS|PP|LP|P|TP|IP|HP|RS|RE|nf|fi|sp|br|Pp|It|Sh|Ss|Bl|El|Bd|Ed)\b.*$", re.MULTILINE
)
_ROFF_REQUEST = re.compile(r"^[.'](?:\\\".*|[A-Za-z]{1,3}\b ?)", re.MULTILINE)
_ROFF_ESCAPE = re.compile(r"\\(?:f[A-Z]|f\(..|f\[\w*\]|s[-+]?\d|[&|^%/,c]|\*\(..)")
_TEXT = (".md", ".mdx", ".rst", ".txt")


@dataclass(frozen=True, slots=True)
class Case:
    """A text, where it is from, and the half that it belongs to."""

    source: str
    text: str
    half: str


def main() -> None:
    """Print false alarms by source and pattern, then catches by set, pattern and reading."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY.parent / "shared" / "data")
    ordinary = list(_paragraphs(data, [Path(name) for name in sys.argv[2:]]))
    attacks = list(_attacks(data))
    models = _sources_about_models(ordinary)
    about = [case for case in ordinary if case.source in models or _ABOUT_MODELS.search(case.text)]
    _print_alarms("ordinary", sorted(set(ordinary) - set(about), key=str))
    _print_alarms("about models", about)
    _print_alarms("harmless look-alikes", list(_rows(data / "injection" / "benign.jsonl", "text")))
    _print_catches("attacks in documents", attacks)
    _print_catches(
        "attacks in questions, for information", list(_rows(data / "injection" / "attacks_in_questions.jsonl", "text"))
    )


def _paragraphs(data: Path, repositories: Sequence[Path]) -> Iterator[Case]:
    sources: dict[str, Iterable[str]] = {
        "debian": _debian(),
        "manual pages": _manual_pages(),
        "node": _files(Path("/usr/lib/node_modules"), ["*.md"]),
        "python": _packages(),
        **{name: _files(data / name / "docs", ["*.md"]) for name in ("zulip", "plausible-docs", "xquad-dev")},
        **{path.parent.name if path.name == "repo" else path.name: _git(path) for path in repositories},
    }
    seen: set[str] = set()
    for source, texts in sources.items():
        cut = (paragraph for text in texts for paragraph in _cut(text))
        yield from (Case(source, text, _half(text)) for text in islice(_new(cut, seen), _MOST_PARAGRAPHS))


def _sources_about_models(cases: Sequence[Case]) -> set[str]:
    every = Counter(case.source for case in cases)
    about = Counter(case.source for case in cases if _ABOUT_MODELS.search(case.text))
    return {source for source, count in every.items() if about[source] > _SHARE_ABOUT_MODELS * count}


def _cut(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        stripped = paragraph.strip()
        if _LEAST_CHARS <= len(stripped) <= _MOST_CHARS and len(re.findall(r"[^\W\d]{2,}", stripped)) >= _LEAST_WORDS:
            yield stripped


def _new(texts: Iterable[str], seen: set[str]) -> Iterator[str]:
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield text


def _half(text: str) -> str:
    return "dev" if int(sha256(text.encode(errors="replace")).hexdigest(), 16) % 2 else "unseen"


def _debian() -> Iterator[str]:
    for path in sorted(Path("/usr/share/doc").rglob("*")):
        name = path.name.lower().removesuffix(".gz")
        prose = name.startswith(("readme", "faq", "todo")) or name.endswith(_TEXT)
        if prose and path.is_file() and not name.startswith(("changelog", "copyright", "news")):
            yield _read(path)


def _manual_pages() -> Iterator[str]:
    pages = sorted(Path("/usr/share/man").glob("man[1578]/*.gz"), key=lambda path: sha256(path.name.encode()).digest())
    for page in islice((page for page in pages if page.is_file()), _MOST_PAGES):
        text = _ROFF_BREAK.sub("\n", _read(page))
        yield _ROFF_ESCAPE.sub("", _ROFF_REQUEST.sub("", text).replace("\\-", "-"))


def _packages() -> Iterator[str]:
    for folder in map(Path, sys.path):
        if folder.name == "site-packages":
            yield from (text.partition("\n\n")[2] for text in _files(folder, ["*.dist-info/METADATA"]))
            yield from _files(folder, ["**/*.md", "**/*.rst"])


def _files(folder: Path, patterns: Sequence[str]) -> Iterator[str]:
    for pattern in patterns:
        yield from (_read(path) for path in sorted(folder.rglob(pattern)) if path.is_file())


def _read(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode(errors="replace")


def _git(folder: Path) -> Iterator[str]:
    """Yield the text files of the newest commit of a Git directory."""
    listed = _git_output(folder, "ls-tree", "-r", "--name-only", "-z", "HEAD").split("\0")
    for name in listed:
        if name.endswith(_TEXT):
            yield _git_output(folder, "show", f"HEAD:{name}")


def _git_output(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a developer's own
    return done.stdout.decode(errors="replace")


def _attacks(data: Path) -> Iterator[Case]:
    yield from _rows(data / "injection" / "attacks_in_documents.jsonl", "text")
    # The payloads repeat on several pages, and a payload must not stand in both halves.
    for row in _read_rows(data / "injection" / "poisoned_docs.jsonl"):
        payload = str(row["payload"])
        bare = re.sub(r"zx\w+", "", payload)
        yield Case("poisoned_docs", payload, _half(bare))
    for row in _read_rows(REPOSITORY / "tests" / "evals" / "data" / "orders.jsonl"):
        yield Case("own", str(row["text"]), str(row["half"]))
    yield from (Case("earlier own", text, _half(text)) for place, text in ATTACKS if place == "page")


def _rows(file: Path, field: str) -> Iterator[Case]:
    for row in _read_rows(file):
        yield Case(file.stem, str(row[field]), _half(str(row[field])))


def _read_rows(file: Path) -> list[dict[str, object]]:
    if not file.is_file():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _print_alarms(name: str, cases: Sequence[Case]) -> None:
    started = time.perf_counter()
    found = [(case, _kinds(case)) for case in cases]
    seconds = time.perf_counter() - started
    flagged = [(case, names) for case, names in found if names]
    size = sum(len(case.text) for case in cases)
    print(f"\n== {name}: {_share(found)} flagged; {seconds / max(size, 1) * 1e6:.2f} s for a million characters")
    for half in ("dev", "unseen"):
        print(f"   {half}: {_share([item for item in found if item[0].half == half])}")
    _print_by("source", found, lambda case: case.source)
    _print_patterns(flagged)
    for case, names in flagged:
        if case.half == "dev":
            print(f"   [{','.join(sorted(names))}] {case.source}: {' '.join(case.text.split())[:200]}")


def _print_catches(title: str, attacks: Sequence[Case]) -> None:
    for half in ("dev", "unseen"):
        found = [(case, _kinds(case)) for case in attacks if case.half == half]
        print(f"\n== {title}, {half}: {_share(found)} caught")
        _print_by("set", found, lambda case: case.source)
        _print_patterns([(case, names) for case, names in found if names])
        print(f"   only when decoded: {_only_decoded([case for case, names in found if names])}")
        if half == "dev":
            for case in (case for case, names in found if not names):
                print(f"   missed, {case.source}: {' '.join(case.text.split())[:140]}")


def _print_by(title: str, found: Sequence[tuple[Case, frozenset[str]]], key: Callable[[Case], str]) -> None:
    for name in dict.fromkeys(key(case) for case, _ in found):
        print(f"   {title} {name}: {_share([item for item in found if key(item[0]) == name])}")


def _print_patterns(flagged: Sequence[tuple[Case, frozenset[str]]]) -> None:
    every = Counter(name for _, names in flagged for name in names)
    alone = Counter(name for _, names in flagged if len(names) == 1 for name in names)
    for name, count in every.most_common():
        print(f"   pattern {name}: {count}, {alone[name]} by no other")


def _kinds(case: Case) -> frozenset[str]:
    """Return the names of the patterns that the passages of a text match."""
    return frozenset(name for passage in withheld(case.text) for name in kinds(passage))


def _only_decoded(caught: Sequence[Case]) -> int:
    """Count the texts in which no pattern matches what is written there."""
    plain = [" ".join(case.text.split()) for case in caught]
    return sum(not any(pattern.search(text) for pattern in PATTERNS.values()) for text in plain)


def _share(found: Sequence[tuple[Case, frozenset[str]]]) -> str:
    count = sum(bool(names) for _, names in found)
    return f"{count} of {len(found)} ({count / max(len(found), 1):.3%})"


if __name__ == "__main__":
    main()
