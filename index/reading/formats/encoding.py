"""Bytes of a text file to characters."""

from index.errors import UnreadableDocumentError


def decoded(raw: bytes) -> str:
    """Decode UTF-8, or UTF-16 with a byte order mark; line ends become line feeds. Raises UnreadableDocumentError."""
    encoding = "utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError("binary, or not UTF-8 text") from error
    if "\0" in text:
        raise UnreadableDocumentError("binary, or not UTF-8 text")
    return text.replace("\r\n", "\n").replace("\r", "\n")
