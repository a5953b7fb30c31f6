"""Read what a message quotes or forwards (pure).

Teams sends a quoted reply with a `quotedReply` entity and a placeholder in the text, older clients with a blockquote in
the HTML attachment; a forwarded message as text, as a blockquote, or as an attachment of its own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import html

_PLACEHOLDER = re.compile(r"(?:<|&lt;)quoted messageId=(?:\"|&quot;)[^\"<>]{0,300}?(?:\"|&quot;)\s?/(?:>|&gt;)")
_REPLY, _FORWARD = "schema.skype.com/Reply", "schema.skype.com/Forward"
_PREVIEWS = frozenset({"preview", "copy"})
_REFERENCES = {"messageReference": False, "forwardedMessageReference": True}
_HTML_CHARS, _QUOTE_CHARS, _FORWARD_CHARS = 40_000, 2000, 12_000

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A message that another one quotes. `text` is Teams' preview of it, `message_id` is "" if Teams names none."""

    text: str = ""
    message_id: str = ""


def without_placeholders(text: str) -> str:
    """Return a message's text without the marks that stand for quoted messages."""
    return _PLACEHOLDER.sub(" ", text)


def quoted_in(activity: Json) -> Quoted:
    """Return the first message that an activity quotes, without a text if it quotes none or only a deleted one."""
    found = [*_quoted_entities(activity), *_quoted_blocks(activity), *_quoted_references(activity)]
    return next((one for one in found if one.text), found[0] if found else Quoted())


def forwarded_in(activity: Json) -> str:
    """Return the text of the messages that an activity forwards, "" if it forwards none."""
    blocks = [text for page in _html_of(activity) for text, _ in _blocks(page, _FORWARD)]
    references = [_reference(attachment) for attachment in _attachments(activity, forwarded=True)]
    return "\n\n".join(text for text in [*blocks, *(one.text for one in references)] if text)[:_FORWARD_CHARS]


def _quoted_entities(activity: Json) -> Iterator[Quoted]:
    for entity in activity.get("entities") or []:
        about = entity.get("quotedReply")
        if entity.get("type") == "quotedReply" and isinstance(about, Mapping):
            yield _quoted(str(about.get("preview") or ""), str(about.get("messageId") or ""))


def _quoted_blocks(activity: Json) -> Iterator[Quoted]:
    for page in _html_of(activity):
        yield from (_quoted(text, message_id) for text, message_id in _blocks(page, _REPLY))


def _quoted_references(activity: Json) -> Iterator[Quoted]:
    return (_reference(attachment) for attachment in _attachments(activity, forwarded=False))


def _html_of(activity: Json) -> Iterator[str]:
    for attachment in activity.get("attachments") or []:
        if attachment.get("contentType") == "text/html" and isinstance(attachment.get("content"), str):
            yield attachment["content"][:_HTML_CHARS]


def _blocks(page: str, kind: str) -> Iterator[tuple[str, str]]:
    """Return text and message id of each blockquote of a kind. The preview of a reply stands in a part of its own."""
    if kind not in page:
        return
    for block in _tree(page).iter("blockquote"):
        if kind in (block.get("itemtype") or ""):
            shown = next((part for part in block.iter() if part.get("itemprop") in _PREVIEWS), block)
            yield _text(shown), str(block.get("itemid") or "")


def _tree(page: str) -> html.HtmlElement:
    # A lone half of a character, or a NUL, is no text to the parser.
    clean = page.encode("utf-8", "replace").decode().replace("\0", " ")
    return html.document_fromstring(f"<html><body>{clean}</body></html>")


def _text(element: html.HtmlElement) -> str:
    return "\n".join(" ".join(text.split()) for text in element.itertext() if text.strip())


def _attachments(activity: Json, *, forwarded: bool) -> Iterator[Json]:
    for attachment in activity.get("attachments") or []:
        if _REFERENCES.get(str(attachment.get("contentType"))) is forwarded:
            yield attachment


def _reference(attachment: Json) -> Quoted:
    """Return the message of a reference, whose content is JSON or JSON as text."""
    content = attachment.get("content")
    if isinstance(content, str):
        try:
            content = json.loads(content[:_HTML_CHARS])
        except (ValueError, RecursionError):
            return Quoted()
    if not isinstance(content, Mapping):
        return Quoted()
    body = content.get("body")
    whole = body.get("content") if isinstance(body, Mapping) else None
    text = str(whole or content.get("messagePreview") or "")[:_HTML_CHARS]
    plain = _text(_tree(text)) if "<" in text else text
    return Quoted(plain.strip(), str(content.get("messageId") or ""))


def _quoted(text: str, message_id: str) -> Quoted:
    return Quoted(" ".join(text.split())[:_QUOTE_CHARS], message_id)
