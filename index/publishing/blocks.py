"""Cut files where their content says so, so that blocks that stayed equal are found again at another place.

Rows are stored in the order of the documents, so one chunk more moves all that follow. Of a snapshot of 10,000 chunks
(77 MB) in which one document of four chunks became one of five, 60 MB differ by blocks of 4 MiB, 48 MB by blocks of
1 MiB, and 14 MB by these (tests/bench/publishing.py). A cut stands behind 32 bytes whose hash ends a run (a gear hash,
Xia et al., "FastCDC", 2016), wherever in the file they are.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# A block has at least so many bytes, and at most so many. Between them 1 of 2^18 places is a cut: blocks of 128 KiB on
# average moved 8% less and made twice as many objects, those of 512 KiB moved 37% more.
_SMALLEST, LARGEST = 1 << 16, 1 << 20
_CUT = np.uint32(((1 << 18) - 1) << 14)
_HASHED = 32
_WINDOW = 1 << 22
# Hashes of so many bytes fit in the cache of a processor core, which makes it three times as fast.
_PIECE = 1 << 16
_GEAR = np.frombuffer(b"".join(sha256(bytes([byte])).digest()[:4] for byte in range(256)), dtype="<u4")


def blocks(file: Path) -> Iterator[bytes]:
    """Yield the content of `file` in blocks. Equal content after a cut is cut in the same places."""
    rest = b""
    with file.open("rb") as stream:
        while more := stream.read(_WINDOW):
            window = rest + more
            start = 0
            for end in _ends(window):
                yield window[start:end]
                start = end
            rest = window[start:]
    while rest:
        end = next(_ends(rest, is_last=True))
        yield rest[:end]
        rest = rest[end:]


def _ends(window: bytes, *, is_last: bool = False) -> Iterator[int]:
    """Yield the ends of the blocks of a window that begins behind a cut, as far as what follows cannot move them."""
    cuts = _cuts(window)
    start = 0
    while len(window) - start >= LARGEST or (is_last and start < len(window)):
        limit = min(start + LARGEST, len(window))
        found = int(np.searchsorted(cuts, start + _SMALLEST))
        start = min(int(cuts[found]), limit) if found < len(cuts) else limit
        yield start


def _cuts(window: bytes) -> NDArray[np.int64]:
    """Return the places behind which a block may end, ascending."""
    found = [np.zeros(0, dtype=np.int64)]
    for start in range(0, len(window), _PIECE):
        before = max(0, start - _HASHED + 1)
        hashes = _hashes(window[before : start + _PIECE])[start - before :]
        found.append(np.flatnonzero((hashes & _CUT) == 0) + start + 1)
    return np.concatenate(found)


def _hashes(window: bytes) -> NDArray[np.uint32]:
    """Return a hash of the 32 bytes up to each place: the sum of each byte's number, shifted by its distance."""
    hashes = _GEAR[np.frombuffer(window, dtype=np.uint8)]
    width = 1
    while width < _HASHED:
        hashes[width:] += hashes[:-width] << np.uint32(width)
        width *= 2
    return hashes
