"""Load files into Markdown documents with a title, a link and the groups that may read them."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import frontmatter
import yaml
from bs4 import BeautifulSoup
from markdownify import MarkdownConverter

from index.errors import UnreadableDocumentError

EVERYONE = "everyone"
NOBODY = "nobody"
_NOT_CONTENT = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form")


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `groups` holds the groups that may read it; `EVERYONE` makes it public."""

    document_id: str
    title: str
    url: str | None
    groups: frozenset[str]
    text: str

    @property
    def content_hash(self) -> str:
        """Hex digest over everything that a change of would have to reach the index."""
        parts = (self.title, self.url or "", ",".join(sorted(self.groups)), self.text)
        return sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was seen and not indexed, with the reason in words."""

    document_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadRules:
    """What may be loaded: bytes per file, and who reads a document that names no groups."""

    max_bytes: int = 5_000_000
    unlabelled: str = EVERYONE


@dataclass(frozen=True, slots=True)
class _Content:
    title: str | None
    text: str
    url: str | None = None
    access: str | None = None


def load(paths: Sequence[Path], rules: LoadRules) -> Iterator[Document | Skipped]:
    """Yield every file below `paths`, in a stable order, as a document or with why it is not one.

    `document_id` is the path below the indexed folder; of two equal ids the first one wins.
    """
    seen: set[str] = set()
    for root in paths:
        for path in _files(root):
            document_id = path.name if root == path else path.relative_to(root).as_posix()
            if document_id in seen:
                yield Skipped(document_id, "another folder already holds a document of this name")
                continue
            seen.add(document_id)
            yield _load_one(path, root, document_id, rules)


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))


def _load_one(path: Path, root: Path, document_id: str, rules: LoadRules) -> Document | Skipped:
    try:
        return _read(path, root, document_id, rules)
    except UnreadableDocumentError as error:
        return Skipped(document_id, str(error))
    except OSError as error:
        return Skipped(document_id, f"cannot be read: {error.strerror}")


def _read(path: Path, root: Path, document_id: str, rules: LoadRules) -> Document:
    convert = _CONVERTERS.get(path.suffix.lower())
    if convert is None:
        raise UnreadableDocumentError(f"unsupported type {path.suffix or '(none)'}")
    if not path.resolve().is_relative_to(root.resolve()):
        raise UnreadableDocumentError("symbolic link that leads out of the folder")
    metadata, body = _front_matter(_decoded(path, rules.max_bytes))
    content = convert(body)
    if not content.text.strip():
        raise UnreadableDocumentError("empty")
    return Document(
        document_id=document_id,
        title=_text(metadata, "title") or content.title or path.stem.replace("-", " ").capitalize(),
        url=_link(_text(metadata, "url") or content.url),
        groups=_groups(metadata.get("access", content.access), rules.unlabelled),
        text=content.text.strip() + "\n",
    )


def _decoded(path: Path, max_bytes: int) -> str:
    size = path.stat().st_size
    if size > max_bytes:
        raise UnreadableDocumentError(f"larger than {max_bytes:,} bytes ({size:,})")
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError("binary, or not UTF-8 text") from error
    if "\0" in text:
        raise UnreadableDocumentError("binary, or not UTF-8 text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    # A document whose front matter cannot be read is left out whole: its access rule would be lost.
    try:
        metadata, body = frontmatter.parse(text)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableDocumentError(
            "front matter is not valid YAML (put a value that holds a colon in quotes)"
        ) from error
    return dict(metadata), body


def _text(metadata: dict[str, Any], key: str) -> str | None:
    value = metadata.get(key)
    return " ".join(str(value).split()) or None if value is not None else None


def _link(url: str | None) -> str | None:
    # Only links that a chat client can open may ever be shown as a source.
    return url if url and url.startswith(("https://", "http://")) else None


def _groups(access: object, unlabelled: str) -> frozenset[str]:
    if access is None:
        return frozenset({unlabelled} - {NOBODY})
    names = [access] if isinstance(access, str) else access
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
        raise UnreadableDocumentError("front matter `access` must be a group or a list of groups")
    return frozenset(name.strip() for name in names) - {NOBODY}


def _markdown(body: str) -> _Content:
    return _Content(_first_heading(body), body)


def _plain(body: str) -> _Content:
    # Signs that Markdown would act on stay as they are: text is shown and quoted verbatim.
    first = body.strip().split("\n", 1)[0].strip()
    return _Content(first[:120] or None, body)


def _html(body: str) -> _Content:
    soup = BeautifulSoup(body, "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else None
    canonical = soup.find("link", rel="canonical")
    access = soup.find("meta", attrs={"name": "access"})
    for tag in soup(_NOT_CONTENT):
        tag.decompose()
    main = soup.find("main") or soup.find("article") or soup.body or soup
    try:
        text = MarkdownConverter(heading_style="ATX", bullets="-").convert_soup(main)
    except RecursionError as error:
        raise UnreadableDocumentError("HTML is nested too deeply") from error
    url = str(canonical["href"]) if canonical and canonical.has_attr("href") else None
    groups = str(access["content"]) if access and access.has_attr("content") else None
    return _Content(title or _first_heading(text), text, url, groups)


def _first_heading(text: str) -> str | None:
    for line in text.splitlines():
        if line.startswith("# "):
            return line[2:].strip().rstrip("#").strip() or None
    return None


_CONVERTERS: dict[str, Callable[[str], _Content]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".mdx": _markdown,
    ".html": _html,
    ".htm": _html,
    ".txt": _plain,
}
SUPPORTED_SUFFIXES = tuple(_CONVERTERS)
