"""Documents as values, and the rules by which they get readers and addresses; `index.reading.conversion` reads them."""

import re
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, urljoin, urlsplit

from index.access import EVERYONE, NOBODY, matches, normalized
from index.errors import UnreadableDocumentError
from index.reading.names import names_of, relative

_SEPARATOR = re.compile(r"[,;]")
# What YAML reads as nothing or as a switch.
_NO_NAMES = frozenset({"", "null", "~", "true", "false", "yes", "no", "on", "off"})
_SCHEMES = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Document:
    """One document as Markdown. `groups` may read it; with `EVERYONE` among them it is public.

    With `named_anchors` a link to a heading needs an anchor written in it as `{#anchor}`; without, the anchor is made
    of the heading's words. `updated` is the day of the last change that the document itself names, as YYYY-MM-DD; it is
    no part of the hash, because it changes nothing that an answer says.
    """

    document_id: str
    title: str
    url: str | None
    groups: frozenset[str]
    text: str
    named_anchors: bool = False
    updated: str | None = None

    @property
    def content_hash(self) -> str:
        """Hex digest of everything that the index keeps of a document."""
        parts = (self.title, self.url or "", ",".join(sorted(self.groups)), self.text)
        return sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was seen and not indexed, with the reason in words: a document, or a part such as "page 3"."""

    document_id: str
    reason: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class UnmappedReaders:
    """A document's own limit on its readers that names no group here; `reason` is for the coverage report."""

    reason: str


def named_groups(value: object, what: str) -> list[str]:
    """Return the groups in a value: a name, names parted by commas, or a list. Raises UnreadableDocumentError."""
    items = [value.strip().removeprefix("[").removesuffix("]")] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise UnreadableDocumentError(f"{what} must be a group or a list of groups")
    names = [name.strip().strip("\"'").strip() for item in items for name in _SEPARATOR.split(item)]
    if not names or any(name.casefold() in _NO_NAMES for name in names):
        raise UnreadableDocumentError(f"{what} names no group: write a group or a list of groups, or `everyone`")
    return names


@dataclass(frozen=True, slots=True)
class LoadRules:
    """Limits on what is loaded, who may read documents that name no groups, and where documents can be opened.

    `access` pairs patterns of document ids with groups. `links` pairs them with public addresses, in which `{path}` is
    the id without its suffix and `{file}` the id. The first pattern that matches counts (`index.access.matches`).
    """

    max_bytes: int = 5_000_000
    unlabelled: str = EVERYONE
    seconds: float = 20.0
    memory_bytes: int = 2_000_000_000
    fetch_delay_s: float = 0.5
    pages_max: int = 2_000
    private_hosts: tuple[str, ...] = ()
    access: tuple[tuple[str, tuple[str, ...]], ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @property
    def fingerprint(self) -> str:
        """The rules that affect what a document becomes: when they change, every source is read again."""
        access = tuple((normalized(pattern), groups) for pattern, groups in self.access)
        links = tuple((normalized(pattern), template) for pattern, template in self.links)
        return repr((self.max_bytes, self.unlabelled, access, links))

    def groups(
        self,
        document_id: str,
        named: object,
        prefix: str = "",
        others: tuple[str, ...] = (),
        files: tuple[str, ...] = (),
    ) -> frozenset[str]:
        """Return who may read a document; `named` is as Content.access. Raises UnreadableDocumentError.

        A pattern may also match another name of the document: one of `others`, the id without the `prefix` that tells
        two folders apart, and for an article of an export one of the names in `files`.
        """
        ruled = self._ruled(names_of((document_id, *others), prefix), names_of(files, prefix))
        if isinstance(named, UnmappedReaders):
            # A pattern for everyone is meant for documents that say nothing.
            if ruled is None or EVERYONE in ruled:
                raise UnreadableDocumentError(named.reason)
            named = ruled
        if named is None and ruled is None:
            return frozenset({self.unlabelled} - {NOBODY})
        found = named_groups(ruled, "the rule in `index.access`") if named is None else named_groups(named, "`access`")
        return frozenset(found) - {NOBODY}

    def _ruled(self, names: list[str], files: list[str]) -> list[str] | None:
        """Return the groups of the first pattern that matches; None if none does.

        A second name, such as a link or another folder, must not make a document readable: of the patterns that come
        first for each name, the first one that is not for everyone counts.
        """
        alike = [[name, *(file for file in files if name.startswith(f"{file}#"))] for name in names]
        first = {number for spellings in alike if (number := self._first(spellings)) is not None}
        rules = [list(self.access[number][1]) for number in sorted(first)]
        return next((groups for groups in rules if EVERYONE not in groups), rules[0] if rules else None)

    def _first(self, names: list[str]) -> int | None:
        return next(
            (n for n, (pattern, _) in enumerate(self.access) if any(matches(i, [relative(pattern)]) for i in names)),
            None,
        )

    def link(self, document_id: str, named: str | None) -> str | None:
        """Return a document's public address: the one it names, or the one made from its id.

        A page may name an address relative to its own, but none on another host: the document is what was fetched.
        """
        if named is not None and document_id.startswith(_SCHEMES):
            return _on_same_host(named, document_id)
        if named is None:
            template = next(
                (template for pattern, template in self.links if matches(document_id, [relative(pattern)])), None
            )
            path = document_id.rsplit(".", 1)[0] if "." in document_id.rsplit("/", 1)[-1] else document_id
            named = (
                template.replace("{path}", quote(path, errors="replace")).replace(
                    "{file}", quote(document_id, errors="replace")
                )
                if template
                else None
            )
        # A source is shown with a link, so it must be one that a chat client opens.
        return named if named and named.startswith(_SCHEMES) else None


def _on_same_host(named: str, page: str) -> str:
    try:
        address = urljoin(page, named.strip())
        same = urlsplit(address).netloc.lower() == urlsplit(page).netloc.lower()
    except ValueError:
        return page
    return address if same and address.startswith(_SCHEMES) else page
