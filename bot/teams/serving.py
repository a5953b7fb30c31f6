"""The Teams surface as one running thing: what its activities do, and what does its jobs."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from microsoft_agents.authentication.msal import MsalAuth

from bot.app import UseCases
from bot.delivery.dispatcher import Handlers, Workers
from bot.settings import Settings, environment_name
from bot.surfaces.membership import Directories
from bot.surfaces.review_board import Boards
from bot.surfaces.running_questions import Interruptions
from bot.teams.commands import Commands, help_message
from bot.teams.connector import Connector
from bot.teams.graph import Graph
from bot.teams.http import auth_configuration
from bot.teams.membership import TeamsDirectory
from bot.teams.outgoing import to_asker
from bot.teams.payloads import SURFACE, asked_of, conversation_of, is_addressed, key_of, person_of
from bot.teams.posting import Delivery
from bot.teams.product import Answering
from bot.teams.render import Json
from bot.teams.review_actions import Actions, feedback_form
from bot.teams.review_board import Cards
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class Teams:
    """The surface at work."""

    uses: UseCases
    actions: Actions
    directory: TeamsDirectory
    interruptions: Interruptions
    workers: Workers
    _background: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, activity: Mapping[str, Any]) -> Json | None:
        """Store or do what an admitted activity asks for; return what an invoke is told."""
        if called := str(activity["from"].get("name") or "").strip():
            await self.uses.desk.store.people.put(person_of(activity), called[:_NAME_CHARS])
        match activity["type"]:
            case "message":
                await self._message(activity)
            case "invoke":
                return await self._invoked(activity)
            case "messageUpdate" | "messageDelete":
                gone = activity["type"] == "messageDelete"
                await self.interruptions.withdraw(key_of(activity), None if gone else asked_of(activity).text)
            case "conversationUpdate" | "installationUpdate":
                await self._members_changed(activity)
            case kind:
                _log.info("activity_ignored", kind=str(kind)[:40])
        return None

    async def _invoked(self, activity: Mapping[str, Any]) -> Json | None:
        match activity.get("name"):
            case "adaptiveCard/action":
                action = activity["value"]["action"]
                return await self.actions.pressed(activity, str(action["verb"]), dict(action.get("data") or {}))
            case "message/submitAction":
                if rest := await self.actions.feedback(activity):
                    self._later(rest)
                return {}
            case "message/fetchTask":
                return feedback_form()
            case name:
                _log.info("activity_ignored", kind="invoke", name=str(name)[:40])
                return None

    async def _message(self, activity: Mapping[str, Any]) -> None:
        value = activity.get("value")
        if isinstance(value, Mapping) and "verb" in value:
            # A button of a client that does not know Action.Execute: the card is updated for everybody anyway.
            await self.actions.pressed(activity, str(value["verb"]), dict(value))
            return
        if not is_addressed(activity):
            _log.info("message_ignored", key=key_of(activity))
            return
        asked = asked_of(activity)
        if not await self.uses.desk.store.inbox.add([key_of(activity)], asked.model_dump_json()):
            _log.info("redelivery_dropped", key=key_of(activity))
        self.workers.inbox.wake()

    async def _members_changed(self, activity: Mapping[str, Any]) -> None:
        """Forget who reads a conversation; say once what the bot does where it has come to."""
        where = conversation_of(activity)
        self.directory.forget(where.tenant_id, where.channel_id)
        added = [str(member.get("id")) for member in activity.get("membersAdded") or []]
        if activity.get("action") == "add" or str((activity.get("recipient") or {}).get("id")) in added:
            await self.uses.desk.store.send([to_asker(f"welcome:{where.channel_id}", "", where, help_message())])
            self.workers.outbox.wake()

    def _later(self, rest: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._unwatched(rest))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    @staticmethod
    async def _unwatched(rest: Coroutine[Any, Any, None]) -> None:
        try:
            await rest
        except Exception as error:  # noqa: BLE001 - nobody waits for it; the judgement itself is kept
            _log.error("second_look_failed", error=type(error).__name__)

    async def aclose(self) -> None:
        """Wait for what still runs."""
        await asyncio.gather(*self._background)


@asynccontextmanager
async def running_teams(
    settings: Settings, uses: UseCases, directories: Directories, workers: Workers, boards: Boards
) -> AsyncIterator[Teams]:
    """Serve Teams' jobs while the body runs. Raises SettingsError."""
    teams = settings.teams
    for name in teams.missing:
        raise SettingsError(f"setting {name} is missing: set {environment_name(name)}")
    tokens = None if teams.anonymous else MsalAuth(auth_configuration(teams))
    connector = Connector(tokens, teams.timeout_s)
    graph = Graph(tokens, str(teams.graph_url), teams.timeout_s)
    directory = TeamsDirectory(connector, graph, settings.access)
    cards = Cards(uses.reviews, connector, teams)
    interruptions = Interruptions(uses.desk.store.inbox)
    commands = Commands(uses.operations, uses.reviews, workers.outbox.wake)
    answering = Answering(
        uses.desk, uses.reviews, boards, connector, commands, settings, interruptions, workers.outbox.wake
    )
    delivery = Delivery(uses.desk, connector, workers.reply_limits, settings.delivery.attempts)
    directories.add(SURFACE, directory)
    boards.add(SURFACE, cards)
    workers.add(SURFACE, Handlers(answering.work, delivery.deliver))
    actions = Actions(uses.desk, uses.reviews, cards, boards, workers.inbox.wake, workers.outbox.wake)
    running = Teams(uses, actions, directory, interruptions, workers)
    try:
        yield running
    finally:
        await running.aclose()
        await connector.aclose()
