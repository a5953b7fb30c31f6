"""The Teams surface as one running thing: what its activities do, and what does its jobs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from microsoft_agents.authentication.msal import MsalAuth

from bot.app import UseCases
from bot.settings import Settings, environment_name
from bot.teams.actions import Actions, feedback_form
from bot.teams.activities import SURFACE, asked_of, key_of, person_of
from bot.teams.cards import Cards
from bot.teams.connector import Connector
from bot.teams.delivery import Answering, Delivery
from bot.teams.doors import auth_configuration
from bot.teams.render import Json
from bot.workers import Handlers, Workers
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class Teams:
    """The surface at work."""

    uses: UseCases
    actions: Actions
    cards: Cards
    workers: Workers

    async def take(self, activity: Mapping[str, Any]) -> Json | None:
        """Store or do what an admitted activity asks for; return what an invoke is told."""
        if called := str(activity["from"].get("name") or "").strip():
            await self.uses.desk.store.people.put(person_of(activity), called[:_NAME_CHARS])
        match activity["type"], activity.get("name"):
            case "message", _:
                await self._message(activity)
            case "invoke", "adaptiveCard/action":
                action = activity["value"]["action"]
                return await self.actions.pressed(activity, str(action["verb"]), dict(action.get("data") or {}))
            case "invoke", "message/submitAction":
                await self.actions.feedback(activity)
                return {}
            case "invoke", "message/fetchTask":
                return feedback_form()
            case kind, name:
                _log.info("activity_ignored", kind=str(kind)[:40], name=str(name)[:40])
        return None

    async def _message(self, activity: Mapping[str, Any]) -> None:
        value = activity.get("value")
        if isinstance(value, Mapping) and "verb" in value:
            # A button of a client that does not know Action.Execute: the card is updated for everybody anyway.
            await self.actions.pressed(activity, str(value["verb"]), dict(value))
            return
        asked = asked_of(activity)
        if not await self.uses.desk.store.inbox.add([key_of(activity)], asked.model_dump_json()):
            _log.info("redelivery_dropped", key=key_of(activity))
        self.workers.inbox.wake()


@asynccontextmanager
async def running_teams(settings: Settings, uses: UseCases, workers: Workers) -> AsyncIterator[Teams]:
    """Serve Teams' jobs while the body runs. Raises SettingsError."""
    teams, attempts = settings.teams, settings.delivery.attempts
    for name in ("reviewers_conversation", *(() if teams.anonymous else ("app_id", "app_secret", "tenant_id"))):
        if getattr(teams, name) is None:
            raise SettingsError(f"setting teams.{name} is missing: set {environment_name(f'teams.{name}')}")
    connector = Connector(None if teams.anonymous else MsalAuth(auth_configuration(teams)), teams.timeout_s)
    cards = Cards(uses.reviews, connector, teams.reviewers_conversation or "")
    answering = Answering(uses.desk, connector, cards, attempts, workers.outbox.wake)
    delivery = Delivery(uses.desk, connector, workers.reply_limits, attempts)
    workers.add(SURFACE, Handlers(answering.work, delivery.deliver))
    actions = Actions(uses.desk, uses.reviews, cards, workers.inbox.wake, workers.outbox.wake)
    try:
        yield Teams(uses, actions, cards, workers)
    finally:
        await connector.aclose()
