"""Find what there is to index: files of folders, tracked files of Git checkouts, pages of a site."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from index.digests import digest
from index.errors import BuildRefusedError
from index.reading.documents import LoadRules

# Raised when converters change what they make of the same bytes: everything is then read again.
_CONVERTERS_VERSION = 1
Place = Path | str
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?://(?:[^@/]+@)?|ssh://git@|git@)([\w.-]+)(?::\d+)?[:/](.+?)(?:\.git)?/?$")


@dataclass(frozen=True, slots=True)
class Source:
    """One file to convert. `root` is what it must not lie outside of; `problem` says why it cannot be read at all."""

    source_id: str
    path: Path
    root: Path
    fingerprint: str
    suffix: str
    url: str | None = None
    problem: str | None = None


def is_address(place: Place) -> bool:
    """Tell a page or site map from a path."""
    return isinstance(place, str) and bool(_ADDRESS.match(place))


def discover(places: Sequence[Place], index_root: Path, rules: LoadRules) -> Iterator[Source]:
    """Yield every source, in a stable order; of two equal ids the first one wins, the other is a problem.

    Raises BuildRefusedError if a path does not exist or a site cannot be reached.
    """
    missing = [str(place) for place in places if not is_address(place) and not Path(place).exists()]
    if missing:
        raise BuildRefusedError(f"no such file or folder: {', '.join(missing)}")
    seen: dict[str, int] = {}
    for source in _all(places, index_root, rules):
        again = seen.setdefault(source.source_id, 0)
        seen[source.source_id] += 1
        if again:
            problem = "another folder already holds a document of this name"
            yield Source(
                f"{source.source_id} ({again + 1})", source.path, source.root, "", source.suffix, None, problem
            )
        else:
            yield source


def _all(places: Sequence[Place], index_root: Path, rules: LoadRules) -> Iterator[Source]:
    # Read late: fetching needs an HTTP client, which a folder does not.
    from index.reading.fetching import fetched  # noqa: PLC0415

    for place in places:
        if is_address(place):
            yield from fetched(str(place), index_root / "fetched", rules)
        else:
            yield from _files(Path(place), rules)


def _files(root: Path, rules: LoadRules) -> Iterator[Source]:
    if root.is_file():
        yield file_source(root, root.parent, root.name, rules)
        return
    checkout = _Checkout.of(root)
    for path in checkout.files(root) if checkout else _walk(root):
        source_id = path.relative_to(root).as_posix()
        yield file_source(path, root, source_id, rules, checkout.link(source_id) if checkout else None)


def _walk(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))


def file_source(path: Path, root: Path, source_id: str, rules: LoadRules, url: str | None = None) -> Source:
    """Return a file as a source, with the hash of what it holds."""
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
    parts = (str(_CONVERTERS_VERSION), rules.fingerprint, source_id, url or "", problem or "", content)
    fingerprint = sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()
    return Source(_printable(source_id), path, root, fingerprint, path.suffix.lower(), url, problem)


def _printable(source_id: str) -> str:
    return source_id.encode(errors="surrogateescape").decode(errors="replace")


@dataclass(frozen=True, slots=True)
class _Checkout:
    """A Git work tree: what is tracked is indexed, and has a page at the host it was cloned from."""

    tracked: tuple[str, ...]
    link_prefix: str | None

    @classmethod
    def of(cls, root: Path) -> "_Checkout | None":
        if not (root / ".git").exists():
            return None
        tracked = _git(root, "ls-files", "-z")
        if tracked is None:
            return None
        commit = (_git(root, "rev-parse", "HEAD") or "").strip()
        remote = _REMOTE.match((_git(root, "config", "--get", "remote.origin.url") or "").strip())
        return cls(
            tuple(sorted(name for name in tracked.split("\0") if name)),
            _page_prefix(remote[1], remote[2], commit) if remote and commit else None,
        )

    def files(self, root: Path) -> Iterator[Path]:
        """Yield the tracked files that are there."""
        yield from (root / name for name in self.tracked if (root / name).is_file())

    def link(self, source_id: str) -> str | None:
        """Return the page of a file at this commit."""
        return f"{self.link_prefix}{source_id.replace(' ', '%20')}" if self.link_prefix else None


def _page_prefix(host: str, project: str, commit: str) -> str:
    middle = {"gitlab": "-/blob", "bitbucket": "src"}.get(
        next((k for k in ("gitlab", "bitbucket") if k in host), ""), "blob"
    )
    return f"https://{host}/{project}/{middle}/{commit}/"


def _git(root: Path, *arguments: str) -> str | None:
    # A checkout is data, not a program: nothing that its configuration names may run.
    safe = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
    command = ["git", "-C", str(root), *safe, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=30)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="surrogateescape") if done.returncode == 0 else None
