"""Keep cards and messages within the sizes that Teams takes, measured as Teams measures them (pure)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.surfaces.wording import cut

# Teams refuses a card of more than 28 KB and a message of more than 40 KB in UTF-16. The difference is spare.
CARD_BYTES, MESSAGE_BYTES = 26 * 1024, 36 * 1024
# The key that tells which part of a card gives way first. It is taken out before the card is sent.
GIVES_WAY = "$gives_way"
_LEAST_CHARS = 40

Json = dict[str, Any]


def size_of(value: object) -> int:
    """Return the size of JSON in bytes of UTF-16."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le", "surrogatepass"))


def fitted(card: Json) -> Json:
    """Return a card within CARD_BYTES: parts with a rank are cut or left out, lowest rank first, others never."""
    ranks = [int(part.get(GIVES_WAY, 0)) for part in card["body"]]
    body = [{name: value for name, value in part.items() if name != GIVES_WAY} for part in card["body"]]
    order = sorted((rank, -index) for index, rank in enumerate(ranks) if rank)
    for _, index in order:
        excess = size_of({**card, "body": body}) - CARD_BYTES
        if excess <= 0:
            break
        body[-index]["text"] = _shorter(body[-index]["text"], excess)
    return _leaner({**card, "body": [part for part in body if part.get("text") != ""]})


def fitting_text(text: str, activity_with: Callable[[str], Mapping[str, Any]]) -> str:
    """Return `text`, cut so that the activity with it stays within MESSAGE_BYTES."""
    while text and (size := size_of(activity_with(text))) > MESSAGE_BYTES:
        limit = min(len(text) - 1, len(text) * MESSAGE_BYTES // size)
        text = cut(text, limit) if limit > 0 else ""
    return text


def _shorter(text: str, excess: int) -> str:
    """Return a text that is smaller by `excess` bytes, cut at the end of a line if it can be; "" if little is left."""
    wanted = size_of(text) - excess
    while text and size_of(text) > wanted:
        text = _cut(text, min(len(text) - 1, len(text) * max(0, wanted) // size_of(text)))
    return text


def _cut(text: str, limit: int) -> str:
    if limit < _LEAST_CHARS:
        return ""
    whole_lines = text[: limit - len("\n\n…") - 1].rpartition("\n")[0].rstrip()
    if len(whole_lines) > limit // 2:
        return f"{whole_lines}\n\n…"
    # A cut between a backslash and the mark that it escapes would escape what comes next.
    return text[: limit - 1].rstrip().rstrip("\\") + "…"


def _leaner(card: Json) -> Json:
    """Return a card without the list of people for whom Teams fetches one of their own, then with empty text boxes.

    Only a card that is still too large loses them. An empty box is better than one with half of an answer in it.
    """
    if size_of(card) <= CARD_BYTES:
        return card
    card = {name: value for name, value in card.items() if name != "refresh"}
    return card if size_of(card) <= CARD_BYTES else _with_empty_boxes(card)


def _with_empty_boxes(card: Json) -> Json:
    inner = ("body", "actions")
    lists = {name: [_with_empty_boxes(item) for item in card[name]] for name in inner if name in card}
    nested = {"card": _with_empty_boxes(card["card"])} if "card" in card else {}
    is_box = card.get("type") == "Input.Text"
    return {name: value for name, value in card.items() if not (is_box and name == "value")} | lists | nested
