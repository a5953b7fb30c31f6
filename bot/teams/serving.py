"""`bot.delivery.runtime.Product` for Teams."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from typing import Any

from aiohttp import web

from bot.delivery.runtime import Runtime, Served
from bot.desk.gap_answers import GapAnswers
from bot.settings import Settings, TeamsSettings
from bot.store.records import BuildOrder, Conversation, Outgoing
from bot.surfaces.product import Diagnosis
from bot.surfaces.words import Languages, Words
from bot.teams.build_notes import build_note
from bot.teams.cards import Json
from bot.teams.checks import checks
from bot.teams.commands import Commands
from bot.teams.connector import Connector
from bot.teams.entra import Entra
from bot.teams.feedback import FeedbackActions
from bot.teams.gap_actions import GapActions
from bot.teams.graph import Graph
from bot.teams.http import authenticator, messages
from bot.teams.intake import TeamsIntake
from bot.teams.membership import TeamsMembership
from bot.teams.payloads import SURFACE, tenant_of
from bot.teams.posting import TeamsPoster
from bot.teams.product import TeamsProduct
from bot.teams.report_card import TeamsBulletin
from bot.teams.review_actions import ReviewActions
from bot.teams.review_board import TeamsReviewBoard
from index.builder import Coverage

MESSAGES_PATH = "/api/messages"


class TeamsServing:
    """Serves and checks Teams."""

    @asynccontextmanager
    async def serving(self, runtime: Runtime) -> AsyncIterator[Served]:
        """Connect Teams to the process while the body runs. Raises SettingsError."""
        settings = runtime.settings.teams
        guard = authenticator(settings, runtime.settings.server.host, tenancy=runtime.tenancy)
        async with AsyncExitStack() as opened:
            connector = Connector(_tokens(settings, opened), settings.addresses, settings.timeout_s)
            opened.push_async_callback(connector.aclose)
            top = _intake_of(runtime, connector, opened)
            tenants = {
                tenant_id: intake
                for each in runtime.in_product(SURFACE)
                for intake in [_intake_of(each, connector, opened)]
                for tenant_id in each.scope.ids
            }

            async def take(activity: Mapping[str, Any]) -> Json | None:
                return await tenants.get(tenant_of(activity), top).take(activity)

            yield Served([web.post(MESSAGES_PATH, messages(guard, take))], nullcontext())

    def build_note(self, key: str, build_id: str, order: BuildOrder, said: Coverage | str, words: Words) -> Outgoing:
        """Return a message about a build of the index to whoever ordered it (pure)."""
        return build_note(key, build_id, order, said, words)

    async def check(self, settings: Settings) -> Sequence[Diagnosis]:
        """Return the results of the Teams checks of `citedesk doctor`."""
        return await checks(settings)


def _tokens(settings: TeamsSettings, opened: AsyncExitStack) -> Entra | None:
    """Return the tokens of the bot in the directory of the settings; None where a test client needs none."""
    if settings.anonymous:
        return None
    tokens = Entra(settings)
    opened.callback(tokens.close)
    return tokens


def _intake_of(runtime: Runtime, connector: Connector, opened: AsyncExitStack) -> TeamsIntake:
    """Register Teams with the process for the directory of one runtime; return what handles its activities.

    The connector is the same for all directories; Microsoft Graph asks for a token of the directory that it reads.
    """
    settings = runtime.settings.teams
    graph = Graph(_tokens(settings, opened), settings.graph, settings.timeout_s)
    membership = TeamsMembership(connector, graph, runtime.settings.access)
    languages = Languages(runtime.settings.language)
    board = TeamsReviewBoard(runtime.use_cases.reviews, connector, settings, languages)
    runtime.connect(SURFACE, _product(runtime, connector, membership, languages), membership, board)
    runtime.digests.add(SURFACE, TeamsBulletin(settings, languages.words()))
    intake = _intake(runtime, membership, languages)
    opened.push_async_callback(board.aclose)
    opened.push_async_callback(intake.aclose)
    return intake


def _product(runtime: Runtime, connector: Connector, membership: TeamsMembership, languages: Languages) -> TeamsProduct:
    settings, use_cases = runtime.settings.teams, runtime.use_cases
    return TeamsProduct(
        use_cases.questions.store,
        use_cases.presses,
        Commands(use_cases.operations, use_cases.reviews, languages),
        connector,
        TeamsPoster(connector, languages, anchors=settings.anchors),
        membership.refusal if settings.tenant_id else _nobody_is_refused,
        settings.progress_after_s,
        languages,
    )


def _intake(runtime: Runtime, membership: TeamsMembership, languages: Languages) -> TeamsIntake:
    use_cases = runtime.use_cases
    actions = ReviewActions(
        questions=use_cases.questions,
        reviews=use_cases.reviews,
        gaps=GapActions(GapAnswers(use_cases.operations, use_cases.reviews), runtime.wake_outbox),
        boards=runtime.boards,
        wake_inbox=runtime.wake_inbox,
        wake_outbox=runtime.wake_outbox,
        languages=languages,
    )
    return TeamsIntake(
        questions=use_cases.questions,
        actions=actions,
        feedback=FeedbackActions(
            use_cases.questions, use_cases.reviews, runtime.boards, runtime.wake_outbox, languages
        ),
        membership=membership,
        presses=use_cases.presses,
        wake_inbox=runtime.wake_inbox,
        wake_outbox=runtime.wake_outbox,
    )


async def _nobody_is_refused(_: Conversation) -> str:
    """Stand in where no directory is set, which only a test client on this machine may do."""
    return ""
