"""A chat product that is connected while others are being asked."""

from bot.store.records import Conversation
from bot.surfaces.membership import Directories


class _Groups:
    """A directory in which everybody is in one group. While it is asked, another product may be connected."""

    def __init__(self, group: str, directories: Directories, later: "_Groups | None" = None) -> None:
        self._group, self._directories, self._later = group, directories, later

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:  # noqa: ARG002
        if self._later:
            self._directories.add("slack", self._later)
        return frozenset({self._group})

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:  # noqa: ARG002
        return None


async def test_groups_are_read_although_a_product_is_connected_meanwhile() -> None:
    directories = Directories()
    directories.add("teams", _Groups("staff", directories, _Groups("leads", directories)))
    assert await directories.groups_of("T1", "U1") == {"staff"}
    assert await directories.groups_of("T1", "U1") == {"staff", "leads"}
