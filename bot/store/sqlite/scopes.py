"""Tenants as a condition of a statement."""

import json

from bot.store.records import Scope

IN_SCOPE = "(tenant_id IN (SELECT value FROM json_each(?))) != ?"


def scope_values(scope: Scope) -> tuple[str, bool]:
    """Return the values of the condition `IN_SCOPE`."""
    return json.dumps(sorted(scope.ids)), scope.others
