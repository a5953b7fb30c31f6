"""The tables `replicas`, `installations`, `sign_in_states` and `own_tenants`."""

from collections.abc import Collection

from bot.store.postgres.database import Executor, iso
from bot.store.records import Installed, Replica


class OwnTenantTable:
    """`bot.store.shared.OwnTenants` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, tenant_ids: Collection[str]) -> None:
        """Store that these tenants are apart."""
        await self._database.write(
            "INSERT INTO own_tenants (tenant_id) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
            (sorted(tenant_ids),),
        )

    async def ids(self) -> frozenset[str]:
        """Return the ids of all that are or were apart."""
        return frozenset(str(row[0]) for row in await self._database.rows("SELECT tenant_id FROM own_tenants"))


class ReplicaTable:
    """`bot.store.shared.Replicas` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, owner: str, version: str, snapshot: str) -> None:
        """Store that a process is alive, which release it runs, and which snapshot it serves."""
        await self._database.write(
            "INSERT INTO replicas (owner, version, snapshot) VALUES (%s, %s, %s) ON CONFLICT (owner) DO UPDATE "
            "SET seen_at = excluded.seen_at, version = excluded.version, snapshot = excluded.snapshot",
            (owner, version, snapshot),
        )

    async def listed(self, seen_within_s: float) -> list[Replica]:
        """Return the processes that were seen in the last seconds, the oldest first."""
        rows = await self._database.rows(
            "SELECT owner, started_at, seen_at, version, snapshot FROM replicas "
            "WHERE seen_at >= citedesk.now() - make_interval(secs => %s) ORDER BY started_at, owner",
            (seen_within_s,),
        )
        return [Replica(owner, iso(started), iso(seen), *rest) for owner, started, seen, *rest in rows]

    async def remove(self, owner: str) -> None:
        """Delete a process that has ended."""
        await self._database.write("DELETE FROM replicas WHERE owner = %s", (owner,))

    async def purge(self, seen_before_s: float) -> int:
        """Delete processes that were not seen for so many seconds; return how many."""
        return await self._database.write(
            "DELETE FROM replicas WHERE seen_at < citedesk.now() - make_interval(secs => %s)", (seen_before_s,)
        )


class InstallationTable:
    """`bot.store.shared.Installations` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def save(self, installed: Installed) -> None:
        """Store an installation. It replaces an earlier one of the same person in the same workspace."""
        await self._database.write(
            "INSERT INTO installations (app, tenant_id, user_id, payload) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (app, tenant_id, user_id) DO UPDATE SET at = excluded.at, payload = excluded.payload",
            (installed.app, installed.tenant_id, installed.user_id, installed.payload),
        )

    async def newest(self, app: str, tenant_id: str, user_id: str | None = None) -> Installed | None:
        """Return the newest installation in a workspace, by this person if one is given; None if there is none."""
        rows = await self._database.rows(
            "SELECT app, tenant_id, user_id, payload FROM installations WHERE app = %s AND tenant_id = %s "
            "AND user_id = coalesce(%s::text, user_id) ORDER BY at DESC, number DESC LIMIT 1",
            (app, tenant_id, user_id),
        )
        return Installed(*rows[0]) if rows else None

    async def first_tenant(self, app: str) -> str | None:
        """Return the workspace whose installation is the oldest; None if there is none. Other transactions wait."""
        await self._database.lock(f"first installation {app}")
        rows = await self._database.rows(
            "SELECT tenant_id FROM installations WHERE app = %s ORDER BY number LIMIT 1", (app,)
        )
        return str(rows[0][0]) if rows else None

    async def delete(self, app: str, tenant_id: str, user_id: str | None = None) -> None:
        """Delete the installations in a workspace, those by one person if one is given."""
        await self._database.write(
            "DELETE FROM installations WHERE app = %s AND tenant_id = %s AND user_id = coalesce(%s::text, user_id)",
            (app, tenant_id, user_id),
        )

    async def listed(self, app: str) -> list[Installed]:
        """Return all installations."""
        rows = await self._database.rows(
            "SELECT app, tenant_id, user_id, payload FROM installations WHERE app = %s ORDER BY number", (app,)
        )
        return [Installed(*row) for row in rows]

    async def replace(self, installed: Installed, payload: str) -> None:
        """Give an installation another payload, unless it has changed meanwhile. It does not become newer."""
        await self._database.write(
            "UPDATE installations SET payload = %s WHERE app = %s AND tenant_id = %s AND user_id = %s AND payload = %s",
            (payload, installed.app, installed.tenant_id, installed.user_id, installed.payload),
        )


class SignInStateTable:
    """`bot.store.shared.SignInStates` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def issue(self, state: str, lifetime_s: float) -> None:
        """Store a state that is good for so many seconds."""
        await self._database.write("DELETE FROM sign_in_states WHERE until < citedesk.now()")
        await self._database.write(
            "INSERT INTO sign_in_states VALUES (%s, citedesk.now() + make_interval(secs => %s))", (state, lifetime_s)
        )

    async def consume(self, state: str) -> bool:
        """Tell whether a state is good; it is so no more."""
        rows = await self._database.rows(
            "DELETE FROM sign_in_states WHERE state = %s RETURNING until >= citedesk.now()", (state,)
        )
        return bool(rows and rows[0][0])
