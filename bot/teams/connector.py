"""Post activities and read members, through the connector client of the Microsoft 365 Agents SDK."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp
from microsoft_agents.activity import Activity
from microsoft_agents.activity.teams import TeamsChannelAccount
from microsoft_agents.hosting.core.connector.teams import TeamsConnectorClient

_RESOURCE = "https://api.botframework.com"
_PAGE = 200


class Tokens(Protocol):
    """Gets access tokens for the bot and caches them while they are valid."""

    async def get_access_token(self, resource_url: str, scopes: list[str], force_refresh: bool = False) -> str:  # noqa: FBT001, FBT002 - the SDK's signature
        """Return a token for `resource_url`."""


class TokenRefusedError(aiohttp.ClientError):
    """Entra refused a token, or could not be reached."""


async def token_for(tokens: Tokens, resource: str) -> str:
    """Return an access token for a service. Raises TokenRefusedError."""
    try:
        return await tokens.get_access_token(resource, [f"{resource}/.default"])
    except (ValueError, OSError, RuntimeError) as error:
        # The library's message may hold what Entra said about the secret, so only the error's type is kept.
        raise TokenRefusedError(type(error).__name__) from None


class Connector:
    """Calls the connector of Teams.

    A failed call raises aiohttp.ClientError or TimeoutError, and a response of an unexpected shape ValueError.
    """

    def __init__(self, tokens: Tokens | None, timeout_s: float) -> None:
        self._tokens = tokens
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._pool = aiohttp.TCPConnector(limit_per_host=16)

    async def send(self, service_url: str, conversation_id: str, activity: Mapping[str, Any]) -> str:
        """Post an activity; return its id."""
        async with self._client(service_url) as client:
            posted = await client.conversations.send_to_conversation(conversation_id, Activity.model_validate(activity))
        return str(posted.id or "")

    async def update(
        self, service_url: str, conversation_id: str, activity_id: str, activity: Mapping[str, Any]
    ) -> None:
        """Replace a posted activity by another one."""
        async with self._client(service_url) as client:
            body = Activity.model_validate({**activity, "id": activity_id})
            await client.conversations.update_activity(conversation_id, activity_id, body)

    async def members(
        self, service_url: str, conversation_id: str, limit: int, tenant_id: str
    ) -> frozenset[str] | None:
        """Return the directory ids of a conversation's members.

        Return None if there are more than `limit`, or if one has no directory id or is of another directory.
        """
        found: set[str] = set()
        token = ""
        async with self._client(service_url) as client:
            while len(found) <= limit:
                page = await client.get_conversation_paged_member(conversation_id, _PAGE, token)
                members = page.members or []
                ids = [member.aad_object_id for member in members]
                if not all(ids) or any(member.tenant_id not in {None, tenant_id} for member in members):
                    return None
                found.update(ids)
                token = page.continuation_token or ""
                if not token:
                    return frozenset(found) if len(found) <= limit else None
        return None

    async def member(self, service_url: str, conversation_id: str, user_id: str) -> TeamsChannelAccount:
        """Return a member of a conversation, with directory and role."""
        async with self._client(service_url) as client:
            return await client.get_conversation_member(conversation_id, user_id)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.close()

    @asynccontextmanager
    async def _client(self, service_url: str) -> AsyncIterator[TeamsConnectorClient]:
        token = await token_for(self._tokens, _RESOURCE) if self._tokens else ""
        # The SDK wants a session for each address and token; all sessions share one pool of connections.
        base = service_url if service_url.endswith("/") else f"{service_url}/"
        session = aiohttp.ClientSession(
            base_url=base, connector=self._pool, connector_owner=False, timeout=self._timeout
        )
        async with session:
            yield TeamsConnectorClient(endpoint=base, token=token, session=session)
