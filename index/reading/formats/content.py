"""What a converter makes of a file: Markdown, and what the file says about itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """The result of a converter: Markdown, and what the file says about itself.

    `access` is a group, a list of groups, or None if nothing is said; `named_anchors` as in Document. `updated` is the
    day of the last change as YYYY-MM-DD, if the file says one. `unread` are the parts that hold something that could
    not be read, each as (part, reason), such as ("page 3", "a picture without text").
    """

    title: str | None
    text: str
    url: str | None = None
    access: object = None
    named_anchors: bool = False
    updated: str | None = None
    unread: tuple[tuple[str, str], ...] = ()
