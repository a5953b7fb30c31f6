"""The port `Snapshots` for a machine among several: snapshots lie in object storage, and this machine follows."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from index.builder import Coverage, only_build
from index.errors import BuildRunningError, CitedeskError, IndexUnavailableError
from index.publishing.fetch import fetch, mend
from index.publishing.listing import published_names
from index.publishing.live_name import LiveName
from index.publishing.pruning import prune
from index.publishing.publish import Checkpoint, Moved, publish
from index.publishing.storage import Storage
from index.retrieval import LastBuild, Manifest, Rollback
from index.snapshot import SnapshotFolder

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How many of the newest snapshots are kept, here and in the storage; `grace` is as in `prune`.

    `served` returns the names of those that replicas still serve.
    """

    here: int = 3
    published: int = 10
    grace: timedelta = timedelta(hours=24)
    served: Callable[[], Collection[str]] = tuple


@dataclass(frozen=True, slots=True)
class PublishedSnapshots:
    """Snapshots in the storage, one of which is live for all; `folder` holds what this machine has fetched or built.

    Nothing is read over the network to search: the live snapshot of the folder is served, whatever happens.
    """

    folder: SnapshotFolder
    storage: Storage
    live: LiveName
    keeping: Keeping = Keeping()

    def current_name(self) -> str | None:
        """Return the name of the snapshot that is live on this machine; None before the first."""
        return self.folder.current_name()

    def names(self) -> list[str]:
        """Return the names of all complete snapshots on this machine, newest first."""
        return self.folder.names()

    def last_build(self) -> LastBuild | None:
        """Return how the last build on this machine ended; None before the first."""
        return self.folder.last_build()

    def follow(self, checkpoint: Checkpoint = lambda: None) -> Moved:
        """Make the live snapshot of all the live one of this machine. Raises as `take` does."""
        return self.take(self.live.live(), checkpoint)

    def take(self, name: str | None, checkpoint: Checkpoint = lambda: None) -> Moved:
        """Fetch a snapshot, unless it is here, and make it the live one of this machine; None changes nothing.

        Raises StorageError, SnapshotCorruptError and FetchRefusedError; the old one then stays.
        """
        if name is None or (name == self.folder.current_name() and name in self.folder.names()):
            return Moved(0, 0, 0)
        moved = fetch(name, self.storage, self.folder, checkpoint)
        self._switch(name)
        _log.info("snapshot_fetched", snapshot=name, moved_bytes=moved.moved_bytes, total_bytes=moved.total_bytes)
        return moved

    def mend(self, name: str, checkpoint: Checkpoint = lambda: None) -> Moved:
        """Fetch what is damaged of a snapshot of this machine. Raises as `follow` does."""
        return mend(name, self.storage, self.folder, checkpoint)

    def built(self, build: Callable[[], Coverage], checkpoint: Checkpoint = lambda: None) -> Coverage:
        """Build from the live snapshot of all, publish the new one and make it live for all. Raises as both do.

        Raises BuildRefusedError if another snapshot became live meanwhile: by another build, or by a rollback.
        """
        base = self.live.live()
        self.follow(checkpoint)
        coverage = build()
        if coverage.snapshot != base:
            self.publish_from(coverage.snapshot, base, checkpoint)
        return coverage

    def publish_from(self, name: str, base: str | None, checkpoint: Checkpoint = lambda: None) -> Moved:
        """Publish a snapshot of this machine and make it live for all, if `base` still is. Raises as `built` does."""
        moved = publish(self.folder.path(name), self.storage, checkpoint)
        self.live.make_live(name, base)
        self._switch(name)
        _log.info("snapshot_published", snapshot=name, moved_bytes=moved.moved_bytes, total_bytes=moved.total_bytes)
        self._prune_storage(name)
        return moved

    def publish(self, name: str) -> None:
        """Publish a snapshot of this machine and make it live for all. Raises as `built` does."""
        self.publish_from(name, self.live.live())

    def is_rolled_back(self) -> bool:
        """Tell whether an older snapshot than one that was live before is live for all. Raises StorageError."""
        return self.live.live() != self.live.newest()

    def planned_rollback(self) -> Rollback:
        """Return what `roll_back` would change; both snapshots are fetched. Raises IndexUnavailableError if none is."""
        self.follow()
        live = self.folder.current_name() or ""
        older = next((name for name in published_names(self.storage) if name < live), None)
        if older is None:
            raise IndexUnavailableError("there is no earlier snapshot to go back to")
        fetch(older, self.storage, self.folder)
        return self.folder.planned_rollback(older)

    def roll_back(self, plan: Rollback | None = None) -> Manifest:
        """Make the newest snapshot before the live one live for all.

        Raises IndexUnavailableError if there is none, and BuildRefusedError if another one is live than in `plan`.
        """
        plan = plan or self.planned_rollback()
        self.live.make_live(plan.manifest.name, plan.live)
        self._switch(plan.manifest.name)
        return plan.manifest

    def _switch(self, name: str) -> None:
        self.folder.publish(name)
        # A build prunes by itself, and its draft must not be deleted.
        with suppress(BuildRunningError), only_build(self.folder):
            self.folder.prune(self.keeping.here)

    def _prune_storage(self, live: str) -> None:
        kept = {live, *self.keeping.served()}
        try:
            deleted = prune(self.storage, kept, self.keeping.published, datetime.now(UTC), self.keeping.grace)
        except CitedeskError as error:
            _log.warning("published_snapshots_not_pruned", reason=str(error))
        else:
            _log.info("published_snapshots_pruned", deleted_bytes=deleted)
