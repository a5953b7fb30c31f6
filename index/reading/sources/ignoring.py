"""Which files of a folder are left out: those that tools make, hidden ones, and those that `.citedeskignore` names."""

import re
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from index.errors import BuildRefusedError

IGNORE_FILE = ".citedeskignore"
HIDDEN = "hidden"
_INSTALLED = {"node_modules", "bower_components", "__pycache__", "site-packages"}
# A folder of this name is made by a tool if the tool's own file lies beside it; elsewhere it may hold real pages.
_MADE_BESIDE = {
    "build": ("package.json", "docusaurus.config.js", "docusaurus.config.ts", "build.gradle", "build.gradle.kts",
              "pyproject.toml", "setup.py", "pubspec.yaml", "make.bat"),
    "out": ("next.config.js", "next.config.mjs", "next.config.ts"),
    "book": ("book.toml",),
    "dist": ("package.json", "pyproject.toml", "setup.py"),
    "target": ("pom.xml", "Cargo.toml", "build.sbt"),
    "site": ("mkdocs.yml", "mkdocs.yaml"),
    "_build": ("conf.py", "Makefile", "make.bat", "mix.exs", "_config.yml"),
    "_site": ("_config.yml", ".eleventy.js", "eleventy.config.js"),
    "public": ("hugo.toml", "hugo.yaml"),
}  # fmt: skip
# A virtual environment, and https://bford.info/cachedir, which Cargo, pytest and others follow.
_MARKERS = ("pyvenv.cfg", "CACHEDIR.TAG")
_LINES, _LINE_CHARS = 1_000, 500
# A pattern with many wildcards takes time that grows with a power of the path's length: at worst 0.15 s with these.
_STARS, _DOUBLE_STARS = 4, 2
_STAR_RUN = re.compile(r"\*+")


@dataclass(frozen=True, slots=True)
class Ignored:
    """What a folder leaves out. The last line of the ignore file that matches decides, before any default."""

    spec: GitIgnoreSpec
    defaults: bool = True

    @classmethod
    def of(cls, root: Path, *, defaults: bool = True) -> "Ignored":
        """Return the rules of a folder. Raises BuildRefusedError if its ignore file cannot be read."""
        return cls(GitIgnoreSpec.from_lines(_lines(root / IGNORE_FILE)), defaults)

    def reason(self, path: Path, root: Path, *, is_folder: bool) -> str | None:
        """Return why a path below `root` is left out; None if it is not."""
        relative = path.relative_to(root).as_posix() + "/" * is_folder
        named = self.spec.check_file(relative).include
        if named is not None:
            return IGNORE_FILE if named else None
        if not self.defaults:
            return None
        if path.name.startswith("."):
            return HIDDEN
        return _made_by_a_tool(path) if is_folder else None


def _made_by_a_tool(folder: Path) -> str | None:
    if folder.name in _INSTALLED:
        return "installed by a package manager"
    if any((folder / marker).is_file() for marker in _MARKERS):
        return "a virtual environment or cache"
    beside = next((name for name in _MADE_BESIDE.get(folder.name, ()) if (folder.parent / name).is_file()), None)
    return f"made by the tool that {beside} is for" if beside else None


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines() if file.is_file() else []
    except (OSError, UnicodeDecodeError) as error:
        raise BuildRefusedError(f"{file} cannot be read: make it a text file in UTF-8") from error
    if len(lines) > _LINES:
        raise BuildRefusedError(f"{file} has more than {_LINES:,} lines")
    for number, line in enumerate(lines, 1):
        stars = _STAR_RUN.findall(line)
        if len(line) > _LINE_CHARS or len(stars) > _STARS or sum(run != "*" for run in stars) > _DOUBLE_STARS:
            raise BuildRefusedError(
                f"{file}, line {number}: too long, or more than {_STARS} wildcards, or than {_DOUBLE_STARS} of '**'"
            )
    return lines
