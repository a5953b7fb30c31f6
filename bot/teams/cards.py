"""Messages and Adaptive Cards of Teams, and the parts that cards are made of (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.desk.permissions import Names
from bot.surfaces.showing import Keep
from bot.surfaces.wording import cut
from bot.teams.sizes import GIVES_WAY, fitted
from bot.teams.text import NAME_CHARS, card_parts, literal

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
_CARD_VERSION = "1.5"
# All the facts of a card together, and one of them.
_FACTS_CHARS, _FACT_CHARS = 9000, 1500
_TEXT_CHARS = 500

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TeamsMessage:
    """A rendered message: the activity without its conversation, and the same as plain text."""

    text: str
    activity: Json

    @property
    def card(self) -> Json:
        """The Adaptive Card. Raises KeyError for an answer, which has none."""
        content: Json = self.activity["attachments"][0]["content"]
        return content


def card_message(
    text: str, parts: Sequence[Json], actions: Sequence[Json] = (), refresh: Json | None = None
) -> TeamsMessage:
    """Return a message with one card, made to fit. Notifications and screen readers use `text`."""
    short = cut(text, _TEXT_CHARS)
    attachment = {"contentType": CARD_TYPE, "content": fitted(_card(short, parts, actions, refresh))}
    return TeamsMessage(text, {"type": "message", "summary": short, "attachments": [attachment]})


def _card(text: str, parts: Sequence[Json], actions: Sequence[Json], refresh: Json | None) -> Json:
    """Return an Adaptive Card. `text` is for clients without cards and for screen readers."""
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": _CARD_VERSION,
        "fallbackText": text,
        "speak": text,
        "body": list(parts),
        **({"actions": list(actions)} if actions else {}),
        **({"refresh": refresh} if refresh else {}),
    }


def paragraph(text: str, **more: Any) -> Json:  # noqa: ANN401 - properties of a TextBlock
    """Return a paragraph of Markdown."""
    return {"type": "TextBlock", "text": text, "wrap": True} | more


def giving_way(rank: int, part: Json) -> Json:
    """Return a part that is cut or left out where a card grows too large, those of the lowest rank first."""
    return part | {GIVES_WAY: rank}


def small(text: str, limit: int = 200) -> Json:
    """Return a small line of plain text, cut to `limit` characters."""
    return paragraph(literal(text, limit), size="Small", isSubtle=True, spacing="Small")


def execute(verb: str, title: str, data: Json, **more: Any) -> Json:  # noqa: ANN401 - properties of an action
    """Return an Action.Execute button, with an Action.Submit as fallback for old clients."""
    old = {"type": "Action.Submit", "title": title, "data": {"verb": verb, **data}}
    return {"type": "Action.Execute", "title": title, "verb": verb, "data": data, "fallback": old} | more


def facts(pairs: Iterable[tuple[str, str]]) -> Json:
    """Return pairs of name and value in two columns."""
    listed = list(pairs)
    limit = min(_FACT_CHARS, _FACTS_CHARS // max(1, len(listed)))
    return {"type": "FactSet", "facts": [{"title": name, "value": literal(value, limit)} for name, value in listed]}


def display_name(user_id: str, names: Names) -> str:
    """Return a person's name, or the id if the name is unknown, escaped for Markdown."""
    return literal(names.get(user_id, user_id), NAME_CHARS)


def answer_parts(text: str, keep: Keep, rank: int) -> list[Json]:
    """Return an answer's Markdown as parts of a card that give way with `rank`, code in a fixed width."""
    return [
        giving_way(rank, paragraph(run.replace("\n", "\n\n"), fontType="Monospace") if is_code else paragraph(run))
        for run, is_code in card_parts(text, keep)
    ]
