"""The block of metadata at the beginning of a text file."""

from dataclasses import dataclass
from typing import Any

import frontmatter
import yaml

from index.errors import UnreadableDocumentError


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file says about itself; `access` is as in Content."""

    title: str | None = None
    url: str | None = None
    access: object = None
    updated: str | None = None


def split(text: str) -> tuple[Metadata, str]:
    """Return the metadata of a text and the text below it. Raises UnreadableDocumentError if it cannot be read."""
    # Without its front matter a document would lose its access rule, so the whole document is left out.
    try:
        found, body = frontmatter.parse(text)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableDocumentError(
            "front matter is not valid YAML (put a value that holds a colon in quotes)"
        ) from error
    fields = dict(found)
    return Metadata(_text(fields, "title"), _text(fields, "url"), fields.get("access")), body


def _text(fields: dict[str, Any], key: str) -> str | None:
    value = fields.get(key)
    return " ".join(str(value).split()) or None if value is not None else None
