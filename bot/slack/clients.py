"""Web API clients for the workspaces that are served."""

from collections.abc import Iterator
from itertools import chain, repeat
from typing import Protocol

from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.proxies import proxy_of
from bot.settings import SlackSettings
from bot.slack.best_effort import error_of
from bot.slack.stored_installations import StoredInstallations
from index.errors import CitedeskError

_ROTATE_BEFORE_MINUTES = 120
# After these codes a later try may succeed; after any other code Slack would refuse the call again.
_TEMPORARY_CODES = frozenset(
    {
        "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
        "team_added_to_org", "org_login_required", "accesslimited",
    }
)  # fmt: skip


class ForeignWorkspaceError(CitedeskError):
    """A payload names a workspace that is not served."""

    code = "FOREIGN_WORKSPACE"


class Workspaces(Protocol):
    """The workspaces that the bot serves. `only` is the id of the workspace if the bot serves just one, else ""."""

    only: str

    async def client(self, tenant_id: str) -> AsyncWebClient:
        """Return a client with the token of a workspace. Raises ForeignWorkspaceError."""

    async def bot_user_id(self, tenant_id: str) -> str:
        """Return the bot's user id in a workspace. Raises ForeignWorkspaceError."""

    async def serves(self, tenant_id: str) -> bool:
        """Tell whether people of a workspace may ask, review and give commands."""


def build_client(settings: SlackSettings, token: str | None) -> AsyncWebClient:
    """Return a Web API client. It repeats a call only after HTTP 429, twice at most: Slack did nothing then."""
    client = AsyncWebClient(
        token=token,
        base_url=str(settings.api_url),
        timeout=int(settings.timeout_s),
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
    )
    # The SDK has taken the proxy of the environment already, but does not know NO_PROXY.
    client.proxy = proxy_of(client.base_url)
    return client


def is_temporary(error: Exception) -> bool:
    """Tell whether a failed call of the Web API may succeed later."""
    reason = error_of(error)
    return not isinstance(error, SlackApiError) or reason in _TEMPORARY_CODES or reason.startswith("http_")


def growing_pauses() -> Iterator[float]:
    """Yield the seconds to wait after each failed try to reach Slack: 1, 2, 4 and so on up to a minute, without end."""
    return chain((2.0**number for number in range(6)), repeat(60.0))


class OneWorkspace:
    """The workspace of the bot token in the settings.

    `others` are further workspaces whose people may ask in channels that this workspace shares with them.
    """

    def __init__(
        self, client: AsyncWebClient, team_id: str, bot_user_id: str, others: frozenset[str] = frozenset()
    ) -> None:
        self._client = client
        self.only = team_id
        self._bot_user_id = bot_user_id
        self._served = others | {team_id}

    async def client(self, tenant_id: str) -> AsyncWebClient:
        """Return the client of the one workspace. Raises ForeignWorkspaceError for any other."""
        if tenant_id != self.only:
            raise ForeignWorkspaceError(tenant_id)
        return self._client

    async def bot_user_id(self, tenant_id: str) -> str:
        """Return the bot's user id. Raises ForeignWorkspaceError."""
        await self.client(tenant_id)
        return self._bot_user_id

    async def serves(self, tenant_id: str) -> bool:
        """Tell whether people of a workspace may ask, review and give commands."""
        return tenant_id in self._served


class InstalledWorkspaces:
    """The workspaces in which the app is installed and that are served. Tokens that are about to expire are rotated."""

    only = ""

    def __init__(self, settings: SlackSettings, installations: StoredInstallations) -> None:
        self._settings = settings
        self._installations = installations
        secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
        self._rotator = AsyncTokenRotator(
            client_id=settings.client_id or "", client_secret=secret, client=build_client(settings, None)
        )

    async def client(self, tenant_id: str) -> AsyncWebClient:
        """Return a client with the token of a workspace.

        Raises ForeignWorkspaceError, and slack_sdk's SlackTokenRotationError if Slack refuses to rotate the token.
        """
        bot = await self._bot(tenant_id)
        if bot.bot_refresh_token:
            rotated = await self._rotator.perform_bot_token_rotation(
                bot=bot, minutes_before_expiration=_ROTATE_BEFORE_MINUTES
            )
            if rotated:
                await self._installations.async_save_bot(rotated)
                bot = rotated
        return build_client(self._settings, bot.bot_token)

    async def bot_user_id(self, tenant_id: str) -> str:
        """Return the bot's user id in a workspace. Raises ForeignWorkspaceError."""
        bot = await self._bot(tenant_id)
        if bot.bot_user_id is None:
            raise ForeignWorkspaceError(tenant_id)
        return str(bot.bot_user_id)

    async def serves(self, tenant_id: str) -> bool:
        """Tell whether people of a workspace may ask, review and give commands."""
        return await self._installations.admits(tenant_id)

    async def _bot(self, tenant_id: str) -> Bot:
        found = await self.serves(tenant_id) and await self._installations.async_find_bot(
            enterprise_id=None, team_id=tenant_id
        )
        if not found:
            raise ForeignWorkspaceError(tenant_id)
        return found
