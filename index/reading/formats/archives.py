"""Office files are ZIP archives of XML parts. This opens them, and refuses what could do harm."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from index.errors import UnreadableDocumentError

# No ordinary document of the largest allowed size unpacks to more.
_MAX_UNPACKED = 200_000_000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_IS_ENCRYPTED = 1
# What says in an attribute that something is not so.
OFF = ("0", "false", "off", "none")
_BROKEN = (
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    NotImplementedError,
    EOFError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
    etree.LxmlError,
)


@contextmanager
def opened(raw: bytes, kind: str) -> Iterator[zipfile.ZipFile]:
    """Open an Office file, of which `kind` is the name, such as "workbook".

    Raises UnreadableDocumentError for one that is locked, unpacks to too much or is broken, and for whatever its reader
    raises inside the block because of a broken part.
    """
    refuse_bombs(raw)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            yield archive
    except UnreadableDocumentError:
        raise
    except _BROKEN as error:
        raise UnreadableDocumentError(f"broken {kind}") from error


def refuse_bombs(raw: bytes) -> None:
    """Raise UnreadableDocumentError for a locked or broken archive and for one that unpacks to too much."""
    if raw.startswith(_OLD_OFFICE):
        locked = _ENCRYPTED_PACKAGE in raw
        reason = "locked with a password" if locked else "an Office file of before 2007 under a new name: save it anew"
        raise UnreadableDocumentError(reason)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableDocumentError("broken archive") from error
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _MAX_UNPACKED:
        raise UnreadableDocumentError(f"unpacks to {unpacked:,} bytes, more than {_MAX_UNPACKED:,}")
    if any(entry.flag_bits & _IS_ENCRYPTED for entry in entries):
        raise UnreadableDocumentError("locked with a password")


def xml(archive: zipfile.ZipFile, name: str) -> etree._Element:
    """Return the root of a part. No entity is resolved and nothing outside is opened; a document type is refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    root = etree.fromstring(archive.read(name), parser)
    _refuse_document_type(root)
    return root


def _refuse_document_type(root: etree._Element) -> None:
    if root.getroottree().docinfo.doctype:
        raise UnreadableDocumentError("its XML declares a document type, which Office files never do")


def xml_if_there(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    """Return the root of a part, or None if the archive has none of that name."""
    return xml(archive, name) if name in archive.NameToInfo else None


def elements(archive: zipfile.ZipFile, name: str, *tags: str) -> Iterator[etree._Element]:
    """Yield the elements of a large part as they are read, and forget each when the next one is asked for."""
    wanted = [f"{{*}}{tag}" for tag in tags]
    with archive.open(name) as part:
        read = etree.iterparse(part, tag=wanted, resolve_entities=False, no_network=True, load_dtd=False)
        for _, element in read:
            yield element
            element.clear()
            parent = element.getparent()
            while parent is not None and parent[0] is not element:
                del parent[0]
        _refuse_document_type(read.root)


def related(archive: zipfile.ZipFile, name: str) -> dict[str, tuple[str, str]]:
    """Return what a part refers to: by id, the last word of the relation's type, and the part or address."""
    folder, file = posixpath.split(name)
    root = xml_if_there(archive, f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels")
    found: dict[str, tuple[str, str]] = {}
    for relation in root if root is not None else ():
        target = relation.get("Target", "")
        if relation.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        found[relation.get("Id", "")] = (relation.get("Type", "").rsplit("/", 1)[-1], target)
    return found


def main_part(archive: zipfile.ZipFile, otherwise: str) -> str:
    """Return the part that an Office file begins with; `otherwise` if it names none."""
    return next((target for kind, target in related(archive, "").values() if kind == "officeDocument"), otherwise)


def relation(element: etree._Element, name: str = "id") -> str:
    """Return the id of what an element refers to, a key of `related`; "" without one.

    It has a namespace; an attribute of the same name without one, such as the id of a sheet, is something else.
    """
    return next((str(value) for key, value in element.attrib.items() if str(key).endswith(f"}}{name}")), "")


def local(element: etree._Element) -> str:
    """Return the name of an element without its namespace: Office files use two of them for the same names."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def attribute(element: etree._Element | None, name: str) -> str | None:
    """Return an attribute by its name without namespace; None without one, or without an element."""
    if element is None:
        return None
    return next((str(value) for key, value in element.attrib.items() if str(key).rsplit("}", 1)[-1] == name), None)


def is_on(mark: etree._Element | None) -> bool:
    """Tell whether a mark such as "bold" is on: it is there, and does not say otherwise."""
    return mark is not None and (attribute(mark, "val") or "1") not in OFF
