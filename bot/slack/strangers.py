"""Tell who sends a payload from another workspace."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

_OF_THE_AUTHOR = ("user_team", "source_team", "team")
# Their `team` is that of the person who came or went. They must arrive: a stranger who joins changes what may be said.
_ABOUT_OTHERS = frozenset({"member_joined_channel", "member_left_channel"})
# Messages about a message: they name its author inside, and only take back or change what that person has asked.
_WITHOUT_AUTHOR = frozenset({"message_changed", "message_deleted"})


async def is_from_stranger(body: Mapping[str, Any], serves: Callable[[str], Awaitable[bool]]) -> bool:
    """Tell whether a payload comes from somebody of a workspace that is not served.

    In a channel shared with other organizations a message must name its author's workspace.
    """
    event = _part(body, "event")
    author = [] if event.get("type") in _ABOUT_OTHERS else _author(event)
    if body.get("is_ext_shared_channel") and _is_message(event) and not any(author):
        return True
    return not all([await serves(team) for team in dict.fromkeys(_teams(body, author))])


def _is_message(event: Mapping[str, Any]) -> bool:
    return event.get("type") in {"message", "app_mention"} and event.get("subtype") not in _WITHOUT_AUTHOR


def _author(event: Mapping[str, Any]) -> list[Any]:
    """Return what an event says about the workspace of whoever caused it."""
    return [_part(event, "user_profile").get("team"), *(event.get(name) for name in _OF_THE_AUTHOR)]


def _teams(body: Mapping[str, Any], author: Iterable[Any]) -> list[str]:
    """Return the ids of all workspaces and organizations that a payload names for its sender."""
    team = body.get("team")
    named = (
        body.get("team_id"),
        body.get("context_team_id"),
        team.get("id") if isinstance(team, Mapping) else team,
        _part(body, "user").get("team_id"),
        _part(body, "view").get("team_id"),
        *author,
    )
    # A payload that names none is from an installation for a whole organization, which no workspace id stands for.
    return [str(name) for name in named if name] or [""]


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = of.get(name)
    return part if isinstance(part, Mapping) else {}
