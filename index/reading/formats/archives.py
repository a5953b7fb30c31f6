"""Office files are ZIP archives; none may unpack to more than a document can hold."""

import io
import zipfile

from index.errors import UnreadableDocumentError

# No ordinary document of the largest allowed size unpacks to more.
_MAX_UNPACKED = 200_000_000


def refuse_bombs(raw: bytes) -> None:
    """Raise UnreadableDocumentError for a broken archive and for one that unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableDocumentError("broken archive") from error
    if unpacked > _MAX_UNPACKED:
        raise UnreadableDocumentError(f"unpacks to {unpacked:,} bytes, more than {_MAX_UNPACKED:,}")
