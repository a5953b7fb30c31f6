"""The prompts that a sentence-transformers folder declares: words that the model wants in front of every text.

The multilingual E5 models, for example, are trained with "query: " before questions and "passage: " before documents.
"""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from index.errors import IndexUnavailableError

_CONFIG = "config_sentence_transformers.json"
# The names under which sentence-transformers looks for them, in its order (`encode_query`, `encode_document`). It adds
# an empty "document" to every folder that names none, so an empty prompt hides no other here.
_QUERY, _DOCUMENT = ("query",), ("document", "passage", "corpus")


@dataclass(frozen=True, slots=True)
class Prompts:
    """What stands in front of a question and in front of a document; "" for nothing."""

    query: str = ""
    document: str = ""

    @property
    def mark(self) -> str:
        """A part of the embedder's name that differs where the prompts differ; "" without prompts."""
        if self == NO_PROMPTS:
            return ""
        return "+" + sha256(json.dumps(asdict(self)).encode()).hexdigest()[:6]


NO_PROMPTS = Prompts()


def declared_prompts(folder: Path) -> Prompts:
    """Return the prompts that a model's folder declares. Raises IndexUnavailableError if its file cannot be read."""
    file = folder / _CONFIG
    if not file.is_file():
        return NO_PROMPTS
    try:
        config = json.loads(file.read_bytes())
        named = config.get("prompts") or {}
        usual = named.get(config.get("default_prompt_name"), "")
        found = Prompts(*(next(filter(None, map(named.get, names)), usual) for names in (_QUERY, _DOCUMENT)))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise IndexUnavailableError(f"{file} cannot be read: {error}") from error
    if not all(isinstance(text, str) for text in (found.query, found.document)):
        raise IndexUnavailableError(f"{file}: a prompt is not a text")
    return found
