"""Files are cut by their content: all of it, within bounds, and in the same places after something was put in."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from index.publishing.blocks import LARGEST, blocks

_SMALLEST = 1 << 16


def _random(size: int, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).bytes(size)


def _cut(folder: Path, content: bytes) -> list[bytes]:
    (folder / "file").write_bytes(content)
    return list(blocks(folder / "file"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"x" * 100,
        bytes(9_000_000),
        b"ab" * 3_000_000,
        _random(LARGEST),
        _random((1 << 22) - 1),
        _random(1 << 22),
        _random((1 << 22) + 1),
        _random(20_000_000),
    ],
    ids=["empty", "one", "hundred", "zeros", "pattern", "largest", "window-1", "window", "window+1", "long"],
)
def test_the_blocks_are_the_file_and_keep_to_their_bounds(tmp_path: Path, content: bytes) -> None:
    found = _cut(tmp_path, content)
    assert b"".join(found) == content
    assert all(0 < len(block) <= LARGEST for block in found)
    assert all(len(block) >= _SMALLEST for block in found[:-1])


def test_blocks_of_random_content_are_of_a_useful_size(tmp_path: Path) -> None:
    found = _cut(tmp_path, _random(40_000_000))
    assert 200_000 < 40_000_000 / len(found) < 400_000


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:7_000_000] + b"something new" + raw[7_000_000:],
        lambda raw: raw[:7_000_000] + raw[7_001_536:],
        lambda raw: raw[:7_000_000] + b"12345" + raw[7_000_005:],
        lambda raw: b"at the beginning" + raw,
        lambda raw: raw + b"at the end",
    ],
    ids=["inserted", "deleted", "changed", "before", "behind"],
)
def test_a_change_alters_the_blocks_around_it_only(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    before = _random(16_000_000)
    known = {sha256(block).digest() for block in _cut(tmp_path, before)}
    new = [block for block in _cut(tmp_path, change(before)) if sha256(block).digest() not in known]
    assert sum(map(len, new)) <= 3 * LARGEST
    assert len(new) <= 4
