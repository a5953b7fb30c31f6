"""`bot.delivery.runtime.Product` for Teams."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext

from aiohttp import web

from bot.delivery.runtime import Runtime, Served
from bot.desk.gap_answers import GapAnswers
from bot.settings import Settings
from bot.store.records import Conversation
from bot.surfaces.product import Diagnosis
from bot.surfaces.words import Languages
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
from bot.teams.payloads import SURFACE
from bot.teams.posting import TeamsPoster
from bot.teams.product import TeamsProduct
from bot.teams.report_card import TeamsBulletin
from bot.teams.review_actions import ReviewActions
from bot.teams.review_board import TeamsReviewBoard

MESSAGES_PATH = "/api/messages"


class TeamsServing:
    """Serves and checks Teams."""

    @asynccontextmanager
    async def serving(self, runtime: Runtime) -> AsyncIterator[Served]:
        """Connect Teams to the process while the body runs. Raises SettingsError."""
        settings = runtime.settings.teams
        guard = authenticator(settings, runtime.settings.server.host)
        tokens = None if settings.anonymous else Entra(settings)
        connector = Connector(tokens, settings.addresses, settings.timeout_s)
        graph = Graph(tokens, settings.graph, settings.timeout_s)
        membership = TeamsMembership(connector, graph, runtime.settings.access)
        languages = Languages(runtime.settings.language)
        board = TeamsReviewBoard(runtime.use_cases.reviews, connector, settings, languages)
        runtime.connect(SURFACE, _product(runtime, connector, membership, languages), membership, board)
        runtime.digests.add(SURFACE, TeamsBulletin(settings, languages.words()))
        intake = _intake(runtime, membership, languages)
        try:
            yield Served([web.post(MESSAGES_PATH, messages(guard, intake.take))], nullcontext())
        finally:
            await intake.aclose()
            await board.aclose()
            await connector.aclose()
            if tokens:
                tokens.close()

    async def check(self, settings: Settings) -> Sequence[Diagnosis]:
        """Return the results of the Teams checks of `citedesk doctor`."""
        return await checks(settings)


def _product(runtime: Runtime, connector: Connector, membership: TeamsMembership, languages: Languages) -> TeamsProduct:
    settings, use_cases = runtime.settings.teams, runtime.use_cases
    return TeamsProduct(
        use_cases.questions.store,
        Commands(use_cases.operations, use_cases.reviews, runtime.wake_outbox, languages),
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
        wake_inbox=runtime.wake_inbox,
        wake_outbox=runtime.wake_outbox,
    )


async def _nobody_is_refused(_: Conversation) -> str:
    """Stand in where no directory is set, which only a test client on this machine may do."""
    return ""
