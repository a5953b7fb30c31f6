"""The tables `versions`, `snapshots`, `replicas`, `installations` and `sign_in_states`."""

from bot.store.postgres.database import Executor, iso
from bot.store.records import Installed, Replica, Snapshot


class VersionTable:
    """`bot.store.shared.Versions` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def bump(self, name: str) -> int:
        """Count a change, in the transaction that makes it. Return the new number."""
        rows = await self._database.rows(
            "INSERT INTO versions VALUES (%s, 1) ON CONFLICT (name) DO UPDATE SET number = versions.number + 1 "
            "RETURNING number",
            (name,),
        )
        return int(rows[0][0])

    async def number(self, name: str) -> int:
        """Return the number of changes so far."""
        rows = await self._database.rows("SELECT number FROM versions WHERE name = %s", (name,))
        return int(rows[0][0]) if rows else 0


class SnapshotTable:
    """`bot.store.shared.Snapshots` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, snapshot: Snapshot) -> bool:
        """Store a snapshot that is building or ready; it replaces one of its name. Return False if that was live."""
        stored = await self._database.write(
            "INSERT INTO snapshots (name, uri, manifest, state, built_by) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (name) DO UPDATE SET uri = excluded.uri, manifest = excluded.manifest, "
            "state = excluded.state, built_by = excluded.built_by WHERE snapshots.state != 'live'",
            (snapshot.name, snapshot.uri, snapshot.manifest, snapshot.state, snapshot.built_by),
        )
        return stored > 0

    async def get(self, name: str) -> Snapshot | None:
        """Return a snapshot; None if there is none of this name."""
        return next(iter(await self._all("WHERE name = %s", name)), None)

    async def live(self) -> Snapshot | None:
        """Return the live snapshot; None if there is none."""
        return next(iter(await self._all("WHERE state = 'live'")), None)

    async def make_live(self, name: str) -> bool:
        """Make a ready or retired snapshot live and retire the one that was; call it in a transaction."""
        await self._database.lock("live snapshot")
        found = await self.get(name)
        if found is None or found.state == "building":
            return False
        await self._database.write(
            "UPDATE snapshots SET state = 'retired' WHERE state = 'live' AND name != %s", (name,)
        )
        await self._database.write("UPDATE snapshots SET state = 'live' WHERE name = %s", (name,))
        return True

    async def listed(self) -> list[Snapshot]:
        """Return all snapshots, the newest first."""
        return await self._all("ORDER BY created_at DESC, number DESC")

    async def forget(self, name: str) -> bool:
        """Delete a snapshot. Return False if there is none of this name, or if it is live."""
        return await self._database.write("DELETE FROM snapshots WHERE name = %s AND state != 'live'", (name,)) > 0

    async def _all(self, which: str, *values: str) -> list[Snapshot]:
        rows = await self._database.rows(
            f"SELECT name, uri, manifest, state, built_by, created_at FROM snapshots {which}",  # noqa: S608
            values,
        )
        names = ("name", "uri", "manifest", "state", "built_by")
        return [
            Snapshot.model_validate({**dict(zip(names, row[:5], strict=True)), "created_at": iso(row[5])})
            for row in rows
        ]


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
        """Return the workspace whose installation is the oldest; None if there is none."""
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
