"""Tenants as a condition of a statement."""

from bot.store.records import Scope

IN_SCOPE = "(tenant_id = ANY(%s::text[])) != %s"


def scope_values(scope: Scope) -> tuple[list[str], bool]:
    """Return the values of the condition `IN_SCOPE`."""
    return sorted(scope.ids), scope.others
