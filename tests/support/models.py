"""The real embedding model, exported once for all runs of the tests."""

from functools import cache
from pathlib import Path

from index.embedding.model import OnnxEmbedder, open_embedder

EMBEDDERS = Path(__file__).parents[2] / ".pytest_cache" / "embedders"


@cache
def shared_embedder() -> OnnxEmbedder:
    """Return the packaged model."""
    return open_embedder(EMBEDDERS)
