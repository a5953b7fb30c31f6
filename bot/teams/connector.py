"""Post activities and read members, through the connector client of the Microsoft 365 Agents SDK."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from microsoft_agents.activity import Activity
from microsoft_agents.hosting.core.connector.teams import TeamsConnectorClient

from bot.clouds import Cloud
from bot.proxies import proxy_of
from bot.teams.entra import Tokens
from bot.teams.roster import Member, member_of

_PAGE = 200


class Connector:
    """Calls the connector of Teams.

    A failed call raises aiohttp.ClientError or TimeoutError, and a response of an unexpected shape ValueError.
    """

    def __init__(self, tokens: Tokens | None, cloud: Cloud, timeout_s: float) -> None:
        self._tokens, self._cloud = tokens, cloud
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

    async def delete(self, service_url: str, conversation_id: str, activity_id: str) -> None:
        """Delete a posted activity."""
        async with self._client(service_url) as client:
            await client.conversations.delete_activity(conversation_id, activity_id)

    async def members(
        self, service_url: str, conversation_id: str, limit: int, tenant_id: str
    ) -> frozenset[str] | None:
        """Return the directory ids of a conversation's members.

        Return None if there are more than `limit`, or if one has no directory id or is of another directory.
        """
        found: set[str] = set()
        token = ""
        async with self._session(service_url) as session:
            while len(found) <= limit:
                query = {"pageSize": str(_PAGE), "continuationToken": token}
                page = await _read(session, f"v3/conversations/{conversation_id}/pagedMembers", query)
                members = [member_of(listed) for listed in page.get("members") or []]
                if not all(member.directory_id and member.tenant_id in {"", tenant_id} for member in members):
                    return None
                found.update(member.directory_id for member in members)
                token = str(page.get("continuationToken") or "")
                if not token:
                    return frozenset(found) if len(found) <= limit else None
        return None

    async def member(self, service_url: str, conversation_id: str, user_id: str) -> Member:
        """Return a member of a conversation, with directory and role."""
        async with self._session(service_url) as session:
            return member_of(await _read(session, f"v3/conversations/{conversation_id}/members/{user_id}"))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.close()

    @asynccontextmanager
    async def _client(self, service_url: str) -> AsyncIterator[TeamsConnectorClient]:
        async with self._session(service_url) as session:
            # The session has its token already.
            yield TeamsConnectorClient(endpoint=service_url, token="", session=session)

    @asynccontextmanager
    async def _session(self, service_url: str) -> AsyncIterator[aiohttp.ClientSession]:
        token = await self._tokens.token(self._cloud.messages) if self._tokens else ""
        # The SDK wants a session for each address and token; all sessions share one pool of connections.
        base = service_url if service_url.endswith("/") else f"{service_url}/"
        session = aiohttp.ClientSession(
            base_url=base,
            connector=self._pool,
            connector_owner=False,
            timeout=self._timeout,
            proxy=proxy_of(base),
            headers={"Authorization": f"Bearer {token}"} if token else None,
        )
        async with session:
            yield session


async def _read(session: aiohttp.ClientSession, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    async with session.get(path, params=query) as response:
        response.raise_for_status()
        listed = await response.json()
    if not isinstance(listed, dict):
        raise ValueError("no roster")  # noqa: TRY004 - the error of a response of an unexpected shape
    return listed
