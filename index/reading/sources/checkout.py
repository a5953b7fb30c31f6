"""The tracked files of a Git checkout, each with its page at the host of the remote and the day of its last commit."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from index.errors import BuildRefusedError
from index.reading.documents import LoadRules
from index.reading.source import Found, LeftOut, file_source
from index.reading.sources.ignoring import IGNORE_FILE, Ignored

_REMOTE = re.compile(r"(?:https?://(?:[^@/]+@)?|ssh://git@|git@)([\w.-]+)(?::\d+)?[:/](.+?)(?:\.git)?/?$")
_TIMEOUT_S = 30
# Commits that are looked at for the days of files. A file that none of them changed has no day.
_COMMITS = 20_000
# The checkout's own configuration must not make Git run programs, reach the network or read another repository.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false")
_ENVIRONMENT = {"LC_ALL": "C", "GIT_ALLOW_PROTOCOL": "", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
# Only files below the folder that Git is asked in, with their paths from there.
_NAMES = ("--name-only", "--no-renames", "--relative", "-z")
_ELSEWHERE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY"}


class _GitError(Exception):
    """Git ended with an error; the message is its own."""


def is_checkout(root: Path) -> bool:
    """Tell whether a folder is the top of a Git work tree."""
    return (root / ".git").exists()


def is_in_checkout(place: Path) -> bool:
    """Tell whether a file or folder lies in a Git work tree."""
    return any(is_checkout(folder) for folder in place.resolve().parents) or is_checkout(place)


def with_commit_days(found: Found, root: Path) -> Found:
    """Return the sources below a folder of a checkout with the days of their commits: a clone makes all files new."""
    names = {source.path.relative_to(root).as_posix(): source for source in found.sources}
    days = _days(root, names)
    sources = tuple(replace(source, updated=days.get(name)) for name, source in names.items())
    return Found(sources, found.left_out)


def tracked_files(root: Path, rules: LoadRules) -> Found:
    """Return the tracked files that exist. Raises BuildRefusedError if Git is missing or refuses the checkout."""
    try:
        tracked = sorted(name for name in _git(root, "ls-files", "-z").split("\0") if name)
    except _GitError as error:
        raise BuildRefusedError(_what_to_do(root, str(error))) from error
    ignored = Ignored.of(root, defaults=False)
    present = [name for name in tracked if (root / name).is_file()]
    taken = [name for name in present if not _is_ignored(root, name, ignored)]
    prefix, days = _page_prefix(root), _days(root, taken)
    sources = (
        replace(
            file_source(root / name, root, name, rules, f"{prefix}{quote(os.fsencode(name))}" if prefix else None),
            updated=days.get(name),
        )
        for name in taken
    )
    return Found(tuple(sources), tuple(_left_out(root, tracked, len(present) - len(taken))))


def _is_ignored(root: Path, name: str, ignored: Ignored) -> bool:
    return ignored.reason(root / name, root, is_folder=False) is not None


def _left_out(root: Path, tracked: Iterable[str], count: int) -> Iterator[LeftOut]:
    if count:
        yield LeftOut(str(root), f"{count:,} file{'s' * (count != 1)} left out ({IGNORE_FILE})")
    for name in tracked:
        if (root / name).is_dir() and not (root / name).is_symlink():
            yield LeftOut(str(root / name), "left out (a Git submodule; name it as a place of its own)")


def _page_prefix(root: Path) -> str | None:
    try:
        commit = _git(root, "rev-parse", "HEAD").strip()
        remote = _REMOTE.match(_git(root, "config", "--get", "remote.origin.url").strip())
    except _GitError:
        return None
    if remote is None:
        return None
    host, project = remote[1], remote[2]
    middle = {"gitlab": "-/blob", "bitbucket": "src"}.get(
        next((k for k in ("gitlab", "bitbucket") if k in host), ""), "blob"
    )
    return f"https://{host}/{project}/{middle}/{commit}/"


def _days(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the day of the newest commit that changed each file; {} for a shallow clone, which does not know it."""
    wanted, days, day = set(names), dict[str, str](), ""
    try:
        if _git(root, "rev-parse", "--is-shallow-repository").strip() != "false":
            return {}
        log = _git(root, "log", f"--max-count={_COMMITS}", "--format=%x01%cs", *_NAMES)
    except _GitError:
        return {}
    for item in log.split("\0"):
        if item.startswith("\1"):
            day = item[1:]
        # A line feed stands before the first name of a commit.
        elif (name := item if item in wanted else item.removeprefix("\n")) in wanted:
            days.setdefault(name, day)
    return days


def _git(root: Path, *arguments: str) -> str:
    """Return what Git prints. Raises _GitError."""
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE} | _ENVIRONMENT
    command = ["git", "-C", str(root), *_SAFE, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_TIMEOUT_S, env=environment)  # noqa: S603 - fixed arguments
    except FileNotFoundError as error:
        raise _GitError("git is not installed") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _GitError(f"git did not end within {_TIMEOUT_S} s or could not be started") from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()
        raise _GitError(words.splitlines()[0] if words else f"git ended with status {done.returncode}")
    return done.stdout.decode(errors="surrogateescape")


def _what_to_do(root: Path, problem: str) -> str:
    if "dubious ownership" in problem:
        place = root.resolve()
        return (
            f"{root} is a Git checkout of another user, which Git refuses to read; "
            f"allow it with: git config --global --add safe.directory {place}"
        )
    return f"{root} is a Git checkout that cannot be read ({problem}); mend it, or index a copy without .git"
