"""Read the members of Entra groups from Microsoft Graph."""

from urllib.parse import urljoin, urlsplit

import aiohttp

from bot.proxies import proxy_of
from bot.section import in_one_case
from bot.teams.entra import Tokens

_PAGE = 999
_PAGES = 200


class Graph:
    """Reads group members. Needs the application permission GroupMember.Read.All. `url` ends in a slash."""

    def __init__(self, tokens: Tokens | None, url: str, timeout_s: float) -> None:
        self._tokens, self._url = tokens, url
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def members(self, group_id: str) -> frozenset[str]:
        """Return the directory ids of everybody in a group, members of nested groups included.

        Raises aiohttp.ClientError, TimeoutError, and ValueError for an unexpected or too long response.
        """
        found: set[str] = set()
        # Without $count and the header of `_headers` Graph refuses to list users only.
        query = f"$count=true&$select=id&$top={_PAGE}"
        page = urljoin(self._url, f"groups/{group_id}/transitiveMembers/microsoft.graph.user?{query}")
        async with self._session(await self._headers()) as session:
            for _ in range(_PAGES):
                async with session.get(page, allow_redirects=False) as response:
                    response.raise_for_status()
                    listed = await response.json()
                try:
                    found.update(in_one_case(str(member["id"])) for member in listed["value"])
                    following = listed.get("@odata.nextLink")
                except (KeyError, TypeError, AttributeError):
                    raise ValueError("no list of members") from None
                if not following:
                    return frozenset(found)
                page = str(following)
                # The token is for Graph only: do not send it to another server.
                if urlsplit(page)[:2] != urlsplit(self._url)[:2]:
                    raise ValueError("the next page is on another server")
        raise ValueError("a group of too many pages")

    def _session(self, headers: dict[str, str]) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(timeout=self._timeout, headers=headers, proxy=proxy_of(self._url))

    async def _headers(self) -> dict[str, str]:
        headers = {"ConsistencyLevel": "eventual"}
        if self._tokens is None:
            return headers
        resource = "{0.scheme}://{0.netloc}".format(urlsplit(self._url))
        return {**headers, "Authorization": f"Bearer {await self._tokens.token(resource)}"}
