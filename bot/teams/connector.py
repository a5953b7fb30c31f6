"""Post activities to Teams through the connector client of the Microsoft 365 Agents SDK."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp
from microsoft_agents.activity import Activity
from microsoft_agents.hosting.core.connector.teams import TeamsConnectorClient

_RESOURCE = "https://api.botframework.com"
_PAGE = 200


class Tokens(Protocol):
    """Gets the bot's access tokens and caches them while they are valid."""

    async def get_access_token(self, resource_url: str, scopes: list[str], force_refresh: bool = False) -> str:  # noqa: FBT001, FBT002 - the SDK's signature
        """Return a token for `resource_url`."""


class TokenRefusedError(aiohttp.ClientError):
    """Entra gives the bot no token, or cannot be reached."""


async def token_for(tokens: Tokens, resource: str) -> str:
    """Return an access token for a service. Raises TokenRefusedError."""
    try:
        return await tokens.get_access_token(resource, [f"{resource}/.default"])
    except (ValueError, OSError, RuntimeError) as error:
        # The library's message is dropped: it may hold what Entra said about the secret.
        raise TokenRefusedError(type(error).__name__) from None


class Connector:
    """Calls Teams. Every failure raises aiohttp.ClientError or TimeoutError."""

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
        """Replace a posted activity."""
        async with self._client(service_url) as client:
            body = Activity.model_validate({**activity, "id": activity_id})
            await client.conversations.update_activity(conversation_id, activity_id, body)

    async def members(self, service_url: str, conversation_id: str, limit: int) -> frozenset[str] | None:
        """Return the directory ids of a conversation's members; None if more than `limit`, or if one has no id."""
        found: set[str] = set()
        token = ""
        async with self._client(service_url) as client:
            while len(found) <= limit:
                page = await client.get_conversation_paged_member(conversation_id, _PAGE, token)
                ids = [member.aad_object_id for member in page.members or []]
                if not all(ids):
                    return None
                found.update(ids)
                token = page.continuation_token or ""
                if not token:
                    return frozenset(found) if len(found) <= limit else None
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.close()

    @asynccontextmanager
    async def _client(self, service_url: str) -> AsyncIterator[TeamsConnectorClient]:
        token = await token_for(self._tokens, _RESOURCE) if self._tokens else ""
        # Address and token belong to a session of the SDK; all sessions share one pool of connections.
        base = service_url if service_url.endswith("/") else f"{service_url}/"
        session = aiohttp.ClientSession(
            base_url=base, connector=self._pool, connector_owner=False, timeout=self._timeout
        )
        async with session:
            yield TeamsConnectorClient(endpoint=base, token=token, session=session)
