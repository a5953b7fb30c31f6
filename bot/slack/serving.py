"""`bot.delivery.runtime.Product` for Slack: what the process and `citedesk doctor` call."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings

from bot.delivery.runtime import IsAlive, Runtime, Served
from bot.settings import Settings
from bot.slack.best_effort import CALL_ERRORS, BestEffortCalls, error_of
from bot.slack.build_notes import build_note
from bot.slack.checks import checks, misplaced_token
from bot.slack.clients import (
    InstalledWorkspaces,
    OneWorkspace,
    Workspaces,
    build_client,
    growing_pauses,
    is_temporary,
)
from bot.slack.http import routes
from bot.slack.listeners import build_bolt
from bot.slack.membership import SlackMembership
from bot.slack.oauth import STATE_SECONDS, oauth_settings
from bot.slack.payloads import SURFACE
from bot.slack.posting import SlackPoster
from bot.slack.product import SlackProduct
from bot.slack.report_view import SlackBulletin
from bot.slack.review_board import SlackReviewBoard
from bot.slack.services import SlackServices
from bot.slack.socket_mode import socket_mode
from bot.slack.stored_installations import StoredInstallations, StoredStates, sealed_anew, taken_over
from bot.slack.tenants import SlackDesks, SomeWorkspaces
from bot.slack.token_keys import TokenKeys
from bot.store.port import Store
from bot.store.records import ALL_TENANTS, BuildOrder, Outgoing, ReviewFilter
from bot.surfaces.product import Diagnosis
from bot.surfaces.words import Languages, Words
from bot.tenants import Tenancy
from index.builder import Coverage
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
_ALL_OPEN = ReviewFilter(limit=10_000)


@dataclass(frozen=True, slots=True)
class _Installation:
    """The workspaces that are served. `oauth` is set if more workspaces can install the app."""

    workspaces: Workspaces
    oauth: AsyncOAuthSettings | None


class SlackServing:
    """Connects Slack to a running process, and checks its settings."""

    @asynccontextmanager
    async def serving(self, runtime: Runtime) -> AsyncIterator[Served]:
        """Connect Slack to `runtime`; yield its routes and its connection. Raises SettingsError if Slack refuses.

        If Slack cannot be reached, it is connected as soon as it can; other chat products need not wait for it.
        """
        start = _Start(runtime)
        await start.attempt()
        yield Served(tuple(routes(runtime.settings.slack, lambda: start.bolt)), start.connection())

    def build_note(self, key: str, build_id: str, order: BuildOrder, said: Coverage | str, words: Words) -> Outgoing:
        """Return a message about a build of the index to whoever ordered it (pure)."""
        return build_note(key, build_id, order, said, words)

    async def check(self, settings: Settings) -> Sequence[Diagnosis]:
        """Return what `citedesk doctor` says of Slack, in the order in which to fix it."""
        return await checks(settings)


class _Start:
    """Connects Slack to the process once Slack has said which workspace the token is for; `bolt` is None until then."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._slack = runtime.settings.slack
        self._store = runtime.use_cases.questions.store
        self.bolt: AsyncApp | None = None

    async def attempt(self) -> AsyncApp | None:
        """Ask Slack, connect it and return `bolt`; None if it cannot be reached. Raises SettingsError if it refuses."""
        if installation := await _installation(self._runtime.settings, self._store, self._runtime.tenancy):
            self.bolt = _connected(self._runtime, installation)
        return self.bolt

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[IsAlive | None]:
        """Receive events while the body runs; yield a function that tells whether they can arrive."""
        if self.bolt is not None:
            async with socket_mode(self._slack, self.bolt) as is_alive:
                yield is_alive
            return
        async with AsyncExitStack() as opened:
            later = asyncio.create_task(self._later(opened))
            try:
                yield lambda: _alive(later)
            finally:
                later.cancel()
                await asyncio.gather(later, return_exceptions=True)

    async def _later(self, opened: AsyncExitStack) -> IsAlive | None:
        """Try until Slack is reached, then receive events until `opened` ends."""
        try:
            bolt = await self._reached()
            await self._send_missing_cards()
            return await opened.enter_async_context(socket_mode(self._slack, bolt))
        except SettingsError as error:
            _log.error("slack_refused", reason=str(error))
            raise

    async def _reached(self) -> AsyncApp:
        for pause in growing_pauses():
            await asyncio.sleep(pause)
            if bolt := await self.attempt():
                return bolt
        raise AssertionError("the pauses have no end")

    async def _send_missing_cards(self) -> None:
        """Queue the cards of reviews that were opened meanwhile. A card that was queued before is not queued again.

        A failure is only logged: reviewers find the reviews in App Home, once Slack is connected.
        """
        try:
            for each in self._runtime.all:
                store = each.use_cases.questions.store
                for review in await store.reviews.listed(_ALL_OPEN):
                    await store.outbox.send(await each.boards.cards(review))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a card, Slack must be connected
            _log.error("cards_not_sent", error=type(error).__name__)
        self._runtime.wake_inbox()
        self._runtime.wake_outbox()


async def _alive(later: asyncio.Task[IsAlive | None]) -> bool:
    if not later.done() or later.cancelled() or later.exception() is not None:
        return False
    is_alive = later.result()
    return is_alive is None or await is_alive()


def _connected(runtime: Runtime, installation: _Installation) -> AsyncApp:
    """Register Slack with the process, for each tenant; return the Bolt app that takes its payloads."""
    slack, workspaces = runtime.settings.slack, installation.workspaces
    tenants = {
        tenant_id: services
        for each in runtime.in_product(SURFACE)
        for services in [_services(each, SomeWorkspaces(workspaces, each.scope))]
        for tenant_id in each.scope.ids
    }
    top = _services(runtime, workspaces if runtime.scope == ALL_TENANTS else SomeWorkspaces(workspaces, runtime.scope))
    return build_bolt(slack, build_client(slack, None), SlackDesks(top, workspaces, tenants), installation.oauth)


def _services(runtime: Runtime, workspaces: Workspaces) -> SlackServices:
    """Register Slack with the process for the workspaces of one runtime; return what its listeners call."""
    slack, best_effort = runtime.settings.slack, BestEffortCalls()
    membership = SlackMembership(workspaces, runtime.settings.access)
    languages = Languages(runtime.settings.language)
    poster = SlackPoster(workspaces, best_effort, languages)
    product = SlackProduct(workspaces, best_effort, poster, membership.person, slack.progress_after_s, languages)
    board = SlackReviewBoard(runtime.use_cases.reviews, workspaces, slack.reviewers_channel or "", languages)
    runtime.connect(SURFACE, product, membership, board)
    runtime.digests.add(SURFACE, SlackBulletin(workspaces, slack.digest_channel or "", languages.words()))
    return SlackServices(
        questions=runtime.use_cases.questions,
        reviews=runtime.use_cases.reviews,
        operations=runtime.use_cases.operations,
        presses=runtime.use_cases.presses,
        workspaces=workspaces,
        membership=membership,
        best_effort=best_effort,
        boards=runtime.boards,
        prompts=tuple({"title": text[:70], "message": text} for text in slack.prompts),
        languages=languages,
        wake_inbox=runtime.wake_inbox,
        wake_outbox=runtime.wake_outbox,
    )


async def _installation(settings: Settings, store: Store, tenancy: Tenancy) -> _Installation | None:
    """Return the workspaces that are served; None if Slack cannot be reached. Raises SettingsError."""
    slack = settings.slack
    if words := misplaced_token(slack):
        raise SettingsError(words)
    if slack.client_id:
        return await _of_many(settings, store, slack.client_id, tenancy)
    client = build_client(slack, slack.bot_token.get_secret_value() if slack.bot_token else None)
    try:
        who = await client.auth_test()
    except CALL_ERRORS as error:
        if is_temporary(error):
            _log.warning("slack_unreachable", reason=error_of(error))
            return None
        raise SettingsError(f"setting slack.bot_token: Slack refuses it ({error_of(error)})") from None
    team_id = str(who.get("team_id") or "")
    if not team_id or not who.get("bot_id"):
        raise SettingsError("setting slack.bot_token: it belongs to no bot of a workspace")
    if slack.workspaces and team_id not in slack.workspaces:
        raise SettingsError(f"setting slack.workspaces: {team_id} is missing, the workspace of slack.bot_token")
    if tenancy.name_of(team_id) is None:
        raise SettingsError(
            f"setting slack.workspaces: {team_id}, the workspace of slack.bot_token, had a table of its own in tenants;"
            " name it here to give it the documents of index.paths"
        )
    return _Installation(OneWorkspace(client, team_id, str(who["user_id"]), slack.workspaces), None)


async def _of_many(settings: Settings, store: Store, client_id: str, tenancy: Tenancy) -> _Installation:
    """Return the workspaces that installed the app. Raises SettingsError if no key decrypts their tokens."""
    slack = settings.slack
    keys = TokenKeys.of(slack.token_keys.get_secret_value() if slack.token_keys else "")
    await taken_over(settings.data_dir / "installations.sqlite", client_id, store, keys)
    await sealed_anew(client_id, store, keys)
    installations = StoredInstallations(store, client_id, keys, slack.workspaces, tenancy)
    states = StoredStates(store.sign_in_states, STATE_SECONDS)
    return _Installation(InstalledWorkspaces(slack, installations), oauth_settings(slack, installations, states))
