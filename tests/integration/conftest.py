"""A data directory with the demo knowledge base indexed: built once, a copy for each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.workspace import Desk, workspace

from index.builder import BuildRules, build
from index.embedding import SentenceTransformerEmbedder


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory, articles: Path) -> Path:
    folder = tmp_path_factory.mktemp("indexed")
    build([articles], folder, SentenceTransformerEmbedder(), BuildRules())
    return folder


@pytest.fixture
def own_data(tmp_path: Path, indexed: Path) -> Path:
    """Return a data directory that the test may change."""
    return Path(shutil.copytree(indexed, tmp_path / "data"))


@pytest.fixture
async def own_desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    async with workspace(own_data, articles) as running:
        yield running
