"""People as the roster of a conversation lists them (pure)."""

from collections.abc import Mapping
from typing import Any

from bot.section import in_one_case
from pipeline.types import FrozenModel

# Roles of the roster; the others are guests and people who have not signed in.
_INSIDERS = frozenset({"user", "owner"})
# Entra puts this into the principal name of whoever was invited from elsewhere.
_INVITED = "#ext#"


class Member(FrozenModel):
    """A member of a conversation. What the roster does not say is ""."""

    directory_id: str = ""
    tenant_id: str = ""
    role: str = ""
    principal: str = ""

    @property
    def is_guest(self) -> bool:
        """Whether somebody was invited from another directory or has not signed in."""
        if self.role:
            return self.role.lower() not in _INSIDERS
        return not self.principal or _INVITED in self.principal.lower()


def member_of(listed: Mapping[str, Any]) -> Member:
    """Return a member. The roster names the id in the directory by either of two names, depending on the call."""

    def said(*names: str) -> str:
        return next((str(listed[name]) for name in names if listed.get(name)), "")

    return Member(
        directory_id=in_one_case(said("aadObjectId", "objectId")),
        tenant_id=in_one_case(said("tenantId")),
        role=said("userRole"),
        principal=said("userPrincipalName"),
    )
