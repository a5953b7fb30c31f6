"""Microsoft Graph: the members of Entra groups."""

from urllib.parse import urljoin, urlsplit

import aiohttp

from bot.teams.connector import Tokens, token_for

_PAGE = 999
_PAGES = 200


class Graph:
    """Reads members of Entra groups, with the application permission GroupMember.Read.All. `url` ends in a slash."""

    def __init__(self, tokens: Tokens | None, url: str, timeout_s: float) -> None:
        self._tokens, self._url = tokens, url
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def members(self, group_id: str) -> frozenset[str]:
        """Return the ids of all members of a group, nested groups included.

        Raises aiohttp.ClientError, TimeoutError, and ValueError if the response is no list of members.
        """
        found: set[str] = set()
        page = urljoin(self._url, f"groups/{group_id}/transitiveMembers/microsoft.graph.user?$select=id&$top={_PAGE}")
        async with aiohttp.ClientSession(timeout=self._timeout, headers=await self._headers()) as session:
            for _ in range(_PAGES):
                async with session.get(page, allow_redirects=False) as response:
                    response.raise_for_status()
                    listed = await response.json()
                try:
                    found.update(str(member["id"]) for member in listed["value"])
                    following = listed.get("@odata.nextLink")
                except (KeyError, TypeError, AttributeError):
                    raise ValueError("no list of members") from None
                if not following:
                    return frozenset(found)
                page = str(following)
                # The token must not be sent to another server.
                if urlsplit(page)[:2] != urlsplit(self._url)[:2]:
                    raise ValueError("the next page is on another server")
        raise ValueError("a group of too many pages")

    async def _headers(self) -> dict[str, str]:
        if self._tokens is None:
            return {}
        resource = "{0.scheme}://{0.netloc}".format(urlsplit(self._url))
        return {"Authorization": f"Bearer {await token_for(self._tokens, resource)}"}
