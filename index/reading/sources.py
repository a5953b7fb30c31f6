"""Find the sources at a location: files of a folder, tracked files of a Git checkout, pages of a site."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import BuildRefusedError
from index.reading.documents import LoadRules
from index.reading.source import Source, file_source

Location = Path | str
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?://(?:[^@/]+@)?|ssh://git@|git@)([\w.-]+)(?::\d+)?[:/](.+?)(?:\.git)?/?$")


def is_address(location: Location) -> bool:
    """Tell whether a location is the address of a page or site map, not a path."""
    return isinstance(location, str) and bool(_ADDRESS.match(location))


def discover(locations: Sequence[Location], index_root: Path, rules: LoadRules) -> Iterator[Source]:
    """Yield every source, in a stable order. If several have the same id, all but the first get a problem.

    Raises BuildRefusedError if a path does not exist or a site cannot be reached.
    """
    missing = [str(location) for location in locations if not is_address(location) and not Path(location).exists()]
    if missing:
        raise BuildRefusedError(f"no such file or folder: {', '.join(missing)}")
    seen: dict[str, int] = {}
    for source in _all(locations, index_root, rules):
        again = seen.setdefault(source.source_id, 0)
        seen[source.source_id] += 1
        if again:
            problem = "another folder already holds a document of this name"
            yield Source(
                f"{source.source_id} ({again + 1})", source.path, source.root, "", source.suffix, None, problem
            )
        else:
            yield source


def _all(locations: Sequence[Location], index_root: Path, rules: LoadRules) -> Iterator[Source]:
    # Imported late: only addresses need the HTTP client.
    from index.reading.fetching import fetched  # noqa: PLC0415

    for location in locations:
        if is_address(location):
            yield from fetched(str(location), index_root / "fetched", rules)
        else:
            yield from _files(Path(location), rules)


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


@dataclass(frozen=True, slots=True)
class _Checkout:
    """A Git work tree. Only tracked files are indexed; each is linked to its page at the host of the remote."""

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
        """Yield the tracked files that exist in the work tree."""
        yield from (root / name for name in self.tracked if (root / name).is_file())

    def link(self, source_id: str) -> str | None:
        """Return the address of a file's page at this commit; None without a known host."""
        return f"{self.link_prefix}{source_id.replace(' ', '%20')}" if self.link_prefix else None


def _page_prefix(host: str, project: str, commit: str) -> str:
    middle = {"gitlab": "-/blob", "bitbucket": "src"}.get(
        next((k for k in ("gitlab", "bitbucket") if k in host), ""), "blob"
    )
    return f"https://{host}/{project}/{middle}/{commit}/"


def _git(root: Path, *arguments: str) -> str | None:
    # The checkout's own Git configuration must not make Git run programs.
    safe = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
    command = ["git", "-C", str(root), *safe, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=30)  # noqa: S603 - fixed arguments
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="surrogateescape") if done.returncode == 0 else None
