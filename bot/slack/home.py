"""Publish App Home: the reviews for reviewers, the status for admins."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.desk.gaps import GAP_ANSWER
from bot.desk.permissions import people_of
from bot.desk.review_views import ReviewView
from bot.slack.home_blocks import (
    FILTER,
    FILTERS,
    NEXT,
    PREVIOUS,
    SELECT_BLOCK,
    SELECTED,
    SHOWN,
    AskersPart,
    Home,
    home_view,
)
from bot.slack.payloads import direct_conversation, team_of
from bot.slack.services import SlackServices
from bot.store.records import ReviewFilter
from pipeline.types import Failure

_OPEN = ReviewFilter()
_ENDED = ("approved", "edited", "rejected", "expired", "withdrawn")
_DECIDED = ReviewFilter(states=_ENDED, limit=50, except_ending=GAP_ANSWER)
_REASONS = {"disputed": Failure.DISPUTED, "changed": Failure.SOURCE_CHANGED}


async def refresh(slack: SlackServices, body: Mapping[str, Any], notice: str = "") -> None:
    """Publish App Home again for the user of a payload.

    A payload from elsewhere, such as a button of a message, changes App Home only if there is a notice to show.
    """
    view = body.get("view") or {}
    if view.get("type") != "home" and not notice:
        return
    await publish(slack, team_of(body), str(body["user"]["id"]), selection_of(body), notice)


async def publish(
    slack: SlackServices, tenant_id: str, user_id: str, selection: str = "open:0", notice: str = ""
) -> None:
    """Publish a person's App Home. `selection` is filter and page of its reviews, as `selection_of` returns them.

    A failed call is logged. Raises ForeignWorkspaceError.
    """
    home = Home(notice=notice)
    if slack.reviews.is_reviewer(user_id):
        chosen, _, page = selection.partition(":")
        waiting = await slack.reviews.views.listed(user_id, _OPEN)
        listed = await _listed(slack, user_id, chosen, waiting)
        last = max(0, (len(listed) - 1) // SHOWN)
        names = await slack.questions.store.people.names([who for view in listed for who in people_of(view.review)])
        home = Home(listed, len(waiting), chosen, min(int(page), last), notice=notice, names=names)
    if slack.operations.is_admin(user_id):
        home = replace(home, status=await slack.operations.status(user_id))
    home = replace(home, asker=await _askers_part(slack, tenant_id, user_id))
    client = await slack.workspaces.client(tenant_id)
    view = home_view(home, await slack.words_of(tenant_id, user_id))
    await slack.best_effort.call(tenant_id, "views.publish", lambda: client.views_publish(user_id=user_id, view=view))


def selection_of(body: Mapping[str, Any]) -> str:
    """Return the filter and page chosen in a payload, else those shown now, as "filter:page"; pages count from 0."""
    chosen, _, page = str((body.get("view") or {}).get("private_metadata") or "").partition(":")
    for action in body.get("actions") or []:
        if action.get("action_id") == FILTER:
            chosen, page = str((action.get("selected_option") or {}).get("value")), "0"
        if action.get("action_id") in {PREVIOUS, NEXT}:
            page = str(action.get("value"))
    return f"{chosen if chosen in FILTERS else 'open'}:{page if page.isdigit() else 0}"


def selected(body: Mapping[str, Any]) -> list[str]:
    """Return the ids of the ticked reviews in a payload of App Home."""
    values = ((body.get("view") or {}).get("state") or {}).get("values") or {}
    chosen = ((values.get(SELECT_BLOCK) or {}).get(SELECTED) or {}).get("selected_options") or []
    return [str(option["value"]) for option in chosen]


async def _askers_part(slack: SlackServices, tenant_id: str, user_id: str) -> AskersPart:
    """Return the examples of the settings, else of the documents, and the open questions of a person, oldest first."""
    examples = [prompt["message"] for prompt in slack.prompts]
    if not examples:
        examples = list(await slack.questions.examples(direct_conversation(tenant_id, user_id)))
    found = await slack.questions.store.reviews.open_in(tenant_id)
    own = [r for r in found if user_id in r.askers and r.case.reason is not Failure.SOURCE_CHANGED]
    return AskersPart(user_id, examples, own)


async def _listed(slack: SlackServices, user_id: str, chosen: str, waiting: list[ReviewView]) -> list[ReviewView]:
    if chosen == "decided":
        return await slack.reviews.views.listed(user_id, _DECIDED)
    if chosen == "mine":
        return [view for view in waiting if view.review.claimed_by == user_id]
    reason = _REASONS.get(chosen)
    return [view for view in waiting if reason is None or view.review.case.reason is reason]
