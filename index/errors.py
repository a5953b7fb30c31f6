"""The exception tree of the whole product: one class per decision that somebody makes on it.

Every class carries a stable `code`, for logs and for the interface text that a person in a chat gets. `str(error)` is
for the operator's terminal and log.
"""

from typing import ClassVar


class CitedeskError(Exception):
    """Root of all errors that Citedesk raises on purpose."""

    code: ClassVar[str] = "INTERNAL"


class SettingsError(CitedeskError):
    """A setting is missing or wrong; the message names it."""

    code = "SETTINGS_INVALID"


class IndexUnavailableError(CitedeskError):
    """There is no snapshot that can be served."""

    code = "INDEX_UNAVAILABLE"


class SnapshotCorruptError(IndexUnavailableError):
    """A snapshot's files do not match its manifest."""

    code = "INDEX_CORRUPT"


class StorageError(CitedeskError):
    """Object storage cannot be reached, or refused a request."""

    code = "STORAGE_UNAVAILABLE"


class FetchRefusedError(CitedeskError):
    """A published snapshot was not fetched, and the old one stays; the message says why."""

    code = "SNAPSHOT_NOT_FETCHED"


class BuildRefusedError(CitedeskError):
    """A build ended without switching the live snapshot; the message says why."""

    code = "BUILD_REFUSED"


class BuildRunningError(BuildRefusedError):
    """Another build of the same index is running."""


class BuildStoppedError(CitedeskError):
    """A build was asked to stop before its end. The live snapshot is as it was."""

    code = "BUILD_STOPPED"


class UnreadableDocumentError(CitedeskError):
    """One document cannot be indexed; the message is the reason listed in the coverage report."""

    code = "DOCUMENT_UNREADABLE"
