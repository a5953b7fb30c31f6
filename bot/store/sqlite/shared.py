"""The tables `versions`, `snapshots`, `replicas`, `installations` and `sign_in_states`."""

from bot.store.records import Installed, Replica, Snapshot
from bot.store.sqlite.database import Executor


class VersionTable:
    """`bot.store.shared.Versions` in SQLite."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def bump(self, name: str) -> int:
        """Count a change, in the transaction that makes it. Return the new number."""
        rows = await self._database.rows(
            "INSERT INTO versions VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET number = number + 1 RETURNING number",
            (name,),
        )
        return int(rows[0][0])

    async def number(self, name: str) -> int:
        """Return the number of changes so far."""
        rows = await self._database.rows("SELECT number FROM versions WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0


class SnapshotTable:
    """`bot.store.shared.Snapshots` in SQLite."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, snapshot: Snapshot) -> bool:
        """Store a snapshot that is building or ready; it replaces one of its name. Return False if that was live."""
        stored = await self._database.write(
            "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET uri = excluded.uri, "
            "manifest = excluded.manifest, state = excluded.state, built_by = excluded.built_by WHERE state != 'live'",
            (
                snapshot.name,
                snapshot.uri,
                snapshot.manifest,
                snapshot.state,
                snapshot.built_by,
                self._database.stamp(),
            ),
        )
        return stored > 0

    async def get(self, name: str) -> Snapshot | None:
        """Return a snapshot; None if there is none of this name."""
        return next(iter(await self._all("WHERE name = ?", name)), None)

    async def live(self) -> Snapshot | None:
        """Return the live snapshot; None if there is none."""
        return next(iter(await self._all("WHERE state = 'live'")), None)

    async def make_live(self, name: str) -> bool:
        """Make a ready or retired snapshot live and retire the one that was; call it in a transaction."""
        found = await self.get(name)
        if found is None or found.state == "building":
            return False
        await self._database.write("UPDATE snapshots SET state = 'retired' WHERE state = 'live' AND name != ?", (name,))
        await self._database.write("UPDATE snapshots SET state = 'live' WHERE name = ?", (name,))
        return True

    async def listed(self) -> list[Snapshot]:
        """Return all snapshots, the newest first."""
        return await self._all("ORDER BY created_at DESC, rowid DESC")

    async def forget(self, name: str) -> bool:
        """Delete a snapshot. Return False if there is none of this name, or if it is live."""
        return await self._database.write("DELETE FROM snapshots WHERE name = ? AND state != 'live'", (name,)) > 0

    async def _all(self, which: str, *values: str) -> list[Snapshot]:
        rows = await self._database.rows(
            f"SELECT name, uri, manifest, state, built_by, created_at FROM snapshots {which}",  # noqa: S608
            values,
        )
        return [Snapshot(name=r[0], uri=r[1], manifest=r[2], state=r[3], built_by=r[4], created_at=r[5]) for r in rows]


class ReplicaTable:
    """`bot.store.shared.Replicas` in SQLite."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, owner: str, version: str, snapshot: str) -> None:
        """Store that a process is alive, which release it runs, and which snapshot it serves."""
        now = self._database.stamp()
        await self._database.write(
            "INSERT INTO replicas VALUES (?, ?, ?, ?, ?) ON CONFLICT (owner) DO UPDATE "
            "SET seen_at = excluded.seen_at, version = excluded.version, snapshot = excluded.snapshot",
            (owner, now, now, version, snapshot),
        )

    async def listed(self, seen_within_s: float) -> list[Replica]:
        """Return the processes that were seen in the last seconds, the oldest first."""
        rows = await self._database.rows(
            "SELECT owner, started_at, seen_at, version, snapshot FROM replicas WHERE seen_at >= ? "
            "ORDER BY started_at, owner",
            (self._database.stamp(-seen_within_s),),
        )
        return [Replica(*row) for row in rows]

    async def remove(self, owner: str) -> None:
        """Delete a process that has ended."""
        await self._database.write("DELETE FROM replicas WHERE owner = ?", (owner,))

    async def purge(self, seen_before_s: float) -> int:
        """Delete processes that were not seen for so many seconds; return how many."""
        return await self._database.write(
            "DELETE FROM replicas WHERE seen_at < ?", (self._database.stamp(-seen_before_s),)
        )


class InstallationTable:
    """`bot.store.shared.Installations` in SQLite."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def save(self, installed: Installed) -> None:
        """Store an installation. It replaces an earlier one of the same person in the same workspace."""
        await self._database.write(
            "INSERT INTO installations VALUES (?, ?, ?, ?, ?) ON CONFLICT (app, tenant_id, user_id) DO UPDATE "
            "SET at = excluded.at, payload = excluded.payload",
            (installed.app, installed.tenant_id, installed.user_id, self._database.stamp(), installed.payload),
        )

    async def newest(self, app: str, tenant_id: str, user_id: str | None = None) -> Installed | None:
        """Return the newest installation in a workspace, by this person if one is given; None if there is none."""
        rows = await self._database.rows(
            "SELECT app, tenant_id, user_id, payload FROM installations WHERE app = ? AND tenant_id = ? "
            "AND user_id = coalesce(?, user_id) ORDER BY at DESC, rowid DESC LIMIT 1",
            (app, tenant_id, user_id),
        )
        return Installed(*rows[0]) if rows else None

    async def first_tenant(self, app: str) -> str | None:
        """Return the workspace whose installation is the oldest; None if there is none."""
        rows = await self._database.rows(
            "SELECT tenant_id FROM installations WHERE app = ? ORDER BY rowid LIMIT 1", (app,)
        )
        return str(rows[0][0]) if rows else None

    async def delete(self, app: str, tenant_id: str, user_id: str | None = None) -> None:
        """Delete the installations in a workspace, those by one person if one is given."""
        await self._database.write(
            "DELETE FROM installations WHERE app = ? AND tenant_id = ? AND user_id = coalesce(?, user_id)",
            (app, tenant_id, user_id),
        )


class SignInStateTable:
    """`bot.store.shared.SignInStates` in SQLite."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def issue(self, state: str, lifetime_s: float) -> None:
        """Store a state that is good for so many seconds."""
        await self._database.write("DELETE FROM sign_in_states WHERE until < ?", (self._database.stamp(),))
        await self._database.write(
            "INSERT INTO sign_in_states VALUES (?, ?)", (state, self._database.stamp(lifetime_s))
        )

    async def consume(self, state: str) -> bool:
        """Tell whether a state is good; it is so no more."""
        rows = await self._database.rows(
            "DELETE FROM sign_in_states WHERE state = ? RETURNING until >= ?", (state, self._database.stamp())
        )
        return bool(rows and rows[0][0])
