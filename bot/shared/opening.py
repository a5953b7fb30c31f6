"""Build what a process keeps on the shared server."""

from dataclasses import replace

from bot.process_state import ProcessState
from bot.settings import Settings
from bot.shared.answer_cache import SharedAnswerCache
from bot.shared.rate_limits import shared_rate_limits
from bot.shared.server import SharedServer
from pipeline.budgets import SpentSince


def open_shared(settings: Settings, state: ProcessState, spent_since: SpentSince) -> ProcessState:
    """Return the state with limits, and answers if they are shared, on the shared server. Raises SettingsError.

    Nothing is sent yet, so that a server that does not answer delays no start.
    """
    server = SharedServer(settings.shared, state.metrics)
    limits = settings.limits
    rates = shared_rate_limits(server, spent_since, settings.shared.replicas)
    answers = SharedAnswerCache(server, max(limits.cache_fresh_s, limits.cache_stale_s))
    return replace(
        state, rates=rates, answers=answers if settings.shared.cache else state.answers, aclose=server.aclose
    )
