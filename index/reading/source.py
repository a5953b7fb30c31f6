"""One thing to read: a file, with the fingerprint that tells whether it has to be read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from index.digests import digest
from index.reading.documents import LoadRules

# Version of the converters, part of every fingerprint. Bump it when a converter's output for the same bytes changes;
# every source is then read again.
_CONVERTERS_VERSION = 8
# Suffix of files that hold many documents, each with its own days.
EXPORT = ".jsonl"
_AT_ONCE_S = 60


@dataclass(frozen=True, slots=True)
class Source:
    """A file to convert. It must lie below `root`; `problem` says why it cannot be read, if it cannot.

    `others` are further names of it: the file that a symbolic link leads to, the address that a page was answered from.
    `prefix` is what was put before its name to tell it from a file of the same name in another folder. Days are
    YYYY-MM-DD: `updated` is the day of the last change, `not_seen_since` the day of the copy that stands for a
    page that cannot be reached now. They are no part of the fingerprint: a new day with the same bytes is no change.
    """

    source_id: str
    path: Path
    root: Path
    fingerprint: str
    suffix: str
    url: str | None = None
    problem: str | None = None
    prefix: str = ""
    others: tuple[str, ...] = ()
    updated: str | None = None
    not_seen_since: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something at a place that was not looked at, with the reason and the number in words."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """The sources at one or more locations, and what was left out there."""

    sources: tuple[Source, ...]
    left_out: tuple[LeftOut, ...] = ()


def file_source(path: Path, root: Path, source_id: str, rules: LoadRules, url: str | None = None) -> Source:
    """Return a file as a source. Its fingerprint covers its bytes, its id and address, the rules and the converters."""
    problem = None
    content = ""
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            problem = "symbolic link that leads out of the folder"
        elif not path.is_file():
            problem = "no file"
        elif (size := path.stat().st_size) > rules.max_bytes:
            problem = f"larger than {rules.max_bytes:,} bytes ({size:,})"
        else:
            content = digest(path)
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    others = _others(path, root, source_id, url)
    parts = (str(_CONVERTERS_VERSION), rules.fingerprint, source_id, url or "", problem or "", content, *others)
    fingerprint = sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()
    named = printable(source_id)
    return Source(named, path, root, fingerprint, path.suffix.lower(), url, problem, others=others)


def _others(path: Path, root: Path, source_id: str, url: str | None) -> tuple[str, ...]:
    if source_id.lower().startswith(("https://", "http://")):
        return (url,) if url and url != source_id else ()
    try:
        real = path.resolve().relative_to(root.resolve()).as_posix()
    except (OSError, ValueError):
        return ()
    return (printable(real),) if path == root / source_id and real != source_id else ()


def telling_days(times: Mapping[str, float]) -> dict[str, str]:
    """Return those of the times (Unix, in seconds) at which only one thing was written, as YYYY-MM-DD.

    What was written within a minute of something else was written by a copy, an export, a publication of the whole
    site, or a server that names the time of the request: the text can be much older. A single time can be that, too.
    """
    moments = sorted(times.values())
    near = {moment for pair in pairwise(moments) if pair[1] - pair[0] < _AT_ONCE_S for moment in pair}
    alone = {name: moment for name, moment in times.items() if moment not in near and len(times) > 1}
    return {name: datetime.fromtimestamp(moment, UTC).date().isoformat() for name, moment in alone.items()}


def printable(name: str) -> str:
    """Return a file name without bytes that are not UTF-8."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
