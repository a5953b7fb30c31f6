"""SHA-256 digests of files, by which snapshots and exported models are checked."""

from hashlib import file_digest
from pathlib import Path


def digest(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits. Raises OSError if it cannot be read."""
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
