"""The display names of reviewers in Slack, for texts that name them without notifying them."""

from collections.abc import Collection

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.best_effort import CALL_ERRORS, error_of
from bot.slack.text import is_slack_id
from bot.store.port import Store

_log = structlog.get_logger(__name__)
# A text names two people; one call is made for each name that is not stored yet.
_LOOKED_UP = 3
_NAME_CHARS = 80


async def learn_names(store: Store, client: AsyncWebClient, user_ids: Collection[str]) -> None:
    """Look up and store the first names of these users, unless they are known. A failed call is logged."""
    wanted = sorted(filter(is_slack_id, user_ids))[:_LOOKED_UP]
    known = await store.people.names(wanted)
    try:
        for user_id in (user_id for user_id in wanted if user_id not in known):
            person = (await client.users_info(user=user_id))["user"]
            names = ((person.get("profile") or {}).get("display_name"), person.get("real_name"), person.get("name"))
            if name := next((str(name) for name in names if name), ""):
                await store.people.put(user_id, name[:_NAME_CHARS])
    except CALL_ERRORS as error:
        _log.info("names_not_learned", reason=error_of(error))
