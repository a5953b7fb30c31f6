"""Shared fixtures. Sockets reach loopback only; models come from packages only."""

import os
import sys
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# A developer's own settings must not reach a test.
for name in [
    name for name in os.environ if name != "CITEDESK_TEST_LLM" and name.startswith(("CITEDESK_", "SLACK_", "OPENAI_"))
]:
    del os.environ[name]
sys.path.insert(0, str(Path(__file__).parent))

from index.embedding import SentenceTransformerEmbedder  # noqa: E402 - after the environment is set

REPOSITORY = Path(__file__).parents[1]
DATA = REPOSITORY.parent / "shared" / "data"
ARTICLES = REPOSITORY / "deploy" / "demo" / "articles"


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    """Return the real embedding model, loaded once."""
    return SentenceTransformerEmbedder()


@pytest.fixture(scope="session")
def articles() -> Path:
    """Return the demo knowledge base."""
    return ARTICLES


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real documents, or skip."""
    if not DATA.is_dir():
        pytest.skip("the real documents are not beside the repository (../shared/data)")
    return DATA
