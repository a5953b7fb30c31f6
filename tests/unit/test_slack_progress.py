"""Without a workspace there is no progress to show, and a question can still be given up."""

import pytest
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.best_effort import BestEffortCalls
from bot.slack.clients import ForeignWorkspaceError
from bot.slack.posting import SlackPoster
from bot.slack.product import SlackProduct
from bot.store.lease import Lease, boot_time
from bot.store.records import Asked, Conversation
from bot.surfaces.membership import Person
from bot.surfaces.words import Languages

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)


class _Unreachable:
    only = ""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def client(self, tenant_id: str) -> AsyncWebClient:  # noqa: ARG002 - the protocol's signature
        raise self._error

    async def bot_user_id(self, tenant_id: str) -> str:  # noqa: ARG002
        raise self._error

    async def serves(self, tenant_id: str) -> bool:  # noqa: ARG002
        return True


async def _anybody(_: Conversation) -> Person:
    return Person()


_ROTATION = SlackTokenRotationError(SlackApiError("no", {}))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("error", [ForeignWorkspaceError("T1"), _ROTATION, TimeoutError()], ids=repr)
async def test_a_workspace_that_cannot_be_reached_shows_no_progress(error: Exception, resumed: bool) -> None:  # noqa: FBT001
    workspaces, best_effort = _Unreachable(error), BestEffortCalls()
    product = SlackProduct(
        workspaces, best_effort, SlackPoster(workspaces, best_effort, Languages()), _anybody, 0.0, Languages()
    )
    progress = await product.progress(Asked(text="How?", where=_WHERE), resumed=resumed)
    progress.start(lambda: None, Lease(boot_time() + 60.0))
    assert await progress.end() == ""
