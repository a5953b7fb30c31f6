"""App Home: what is published for whom."""

from collections.abc import Mapping
from typing import Any

from bot.slack.events import team_of
from bot.slack.home_blocks import FILTER, FILTERS, SELECT_BLOCK, SELECTED, Home, home_view
from bot.slack.surface import Surface
from bot.store.records import Review, ReviewFilter
from pipeline.types import Failure

_DECIDED = ReviewFilter(states=("approved", "edited", "rejected", "expired"), limit=50)
_REASONS = {"disputed": Failure.DISPUTED, "changed": Failure.SOURCE_CHANGED}


async def refresh(slack: Surface, body: Mapping[str, Any], notice: str = "") -> None:
    """Publish App Home anew for whoever acted there; nothing for an act elsewhere."""
    view = body.get("view") or {}
    if view.get("type") != "home" and not notice:
        return
    await publish(slack, team_of(body), str(body["user"]["id"]), chosen_filter(body), notice)


async def publish(slack: Surface, tenant_id: str, user_id: str, wanted: str = "open", notice: str = "") -> None:
    """Publish a person's App Home."""
    home = Home(notice=notice)
    if slack.reviews.is_reviewer(user_id):
        waiting = await slack.reviews.listed(user_id, ReviewFilter())
        home = Home(await _listed(slack, user_id, wanted, waiting), len(waiting), wanted, notice=notice)
    if slack.operations.is_admin(user_id):
        status = await slack.operations.status()
        home = Home(home.reviews, home.waiting, home.filter, status, notice)
    client = await slack.workspaces.client(tenant_id)
    view = home_view(home)
    await slack.niceties.call(tenant_id, "views.publish", lambda: client.views_publish(user_id=user_id, view=view))


def chosen_filter(body: Mapping[str, Any]) -> str:
    """Return the filter that somebody chose, or the one in force."""
    for action in body.get("actions") or []:
        if action.get("action_id") == FILTER:
            value = str((action.get("selected_option") or {}).get("value"))
            return value if value in FILTERS else "open"
    metadata = str((body.get("view") or {}).get("private_metadata") or "")
    return metadata if metadata in FILTERS else "open"


def selected(body: Mapping[str, Any]) -> list[str]:
    """Return the ids of the ticked reviews."""
    values = ((body.get("view") or {}).get("state") or {}).get("values") or {}
    chosen = ((values.get(SELECT_BLOCK) or {}).get(SELECTED) or {}).get("selected_options") or []
    return [str(option["value"]) for option in chosen]


async def _listed(slack: Surface, user_id: str, wanted: str, waiting: list[Review]) -> list[Review]:
    if wanted == "decided":
        return await slack.reviews.listed(user_id, _DECIDED)
    if wanted == "mine":
        return [review for review in waiting if review.claimed_by == user_id]
    reason = _REASONS.get(wanted)
    return [review for review in waiting if reason is None or review.case.reason is reason]
