"""What documents are, who may read them and where they can be opened; `index.conversion` makes them of files."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256

from index.errors import UnreadableDocumentError

EVERYONE = "everyone"
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `groups` holds the groups that may read it; `EVERYONE` makes it public.

    With `named_anchors` a heading can be linked only if it ends in `{#anchor}`; else its anchor is made of its words.
    """

    document_id: str
    title: str
    url: str | None
    groups: frozenset[str]
    text: str
    named_anchors: bool = False

    @property
    def content_hash(self) -> str:
        """Hex digest over everything that a change of would have to reach the index."""
        parts = (self.title, self.url or "", ",".join(sorted(self.groups)), self.text)
        return sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was seen and not indexed, with the reason in words."""

    document_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadRules:
    """What may be loaded, who reads a document that says nothing of it, and where documents can be opened.

    `access` pairs patterns of document ids with groups, `links` with public addresses, in which `{path}` is the id
    without its suffix and `{file}` the id; the first pattern that matches counts.
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
        """What of the rules changes a document: sources are read again when it does."""
        return repr((self.max_bytes, self.unlabelled, self.access, self.links))

    def groups(self, document_id: str, named: object) -> frozenset[str]:
        """Return who may read a document; `named` is what it says itself. Raises UnreadableDocumentError."""
        if named is None:
            named = next((list(g) for p, g in self.access if fnmatchcase(document_id, p)), None)
        if named is None:
            return frozenset({self.unlabelled} - {NOBODY})
        names = [named] if isinstance(named, str) else named
        if not isinstance(names, list) or not names or not all(isinstance(n, str) and n.strip() for n in names):
            raise UnreadableDocumentError("`access` must be a group or a list of groups")
        return frozenset(name.strip() for name in names) - {NOBODY}

    def link(self, document_id: str, named: str | None) -> str | None:
        """Return a document's public address: the one it names, or the one that its id gives."""
        if named is None:
            template = next((t for p, t in self.links if fnmatchcase(document_id, p)), None)
            path = document_id.rsplit(".", 1)[0] if "." in document_id.rsplit("/", 1)[-1] else document_id
            named = template.replace("{path}", path).replace("{file}", document_id) if template else None
        # Only links that a chat client can open may ever be shown as a source.
        return named if named and named.startswith(("https://", "http://")) else None
