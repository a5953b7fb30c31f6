"""Object storage by URL: S3 and what speaks like it, Google Cloud Storage, Azure, a folder. Alone imports obstore."""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, UnknownConfigurationKeyError
from obstore.store import LocalStore, ObjectStore, from_url

from index.errors import SettingsError, StorageError
from index.publishing.storage import Stored

T = TypeVar("T")
# Of one request, which moves 1 MiB at most. A process that ends waits for its requests.
_TIMEOUT, _CONNECT_TIMEOUT = "10s", "5s"
_RETRIES, _RETRY_FOR = 3, timedelta(seconds=15)
_DELETED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where published snapshots are. `endpoint` and `region` are for S3, and "" where the environment says them."""

    url: str
    endpoint: str = ""
    region: str = ""


class ObjectStorage:
    """The port `Storage` over obstore."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def get(self, path: str) -> bytes | None:
        """Return an object's content; None if there is no such object."""
        return _asked(lambda: self._get(path))

    def _get(self, path: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            return None

    def create(self, path: str, content: bytes) -> bool:
        """Write an object in one step; return False if one is there already."""
        return _asked(lambda: self._create(path, content))

    def _create(self, path: str, content: bytes) -> bool:
        try:
            obstore.put(self._store, path, content, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def listed(self, prefix: str) -> Iterator[Stored]:
        """Yield the objects below a prefix that ends in a slash, in no order."""
        pages = _asked(lambda: iter(obstore.list(self._store, prefix=prefix.removesuffix("/"))))
        while (page := _asked(lambda: next(pages, None))) is not None:
            yield from (Stored(found["path"], found["size"], found["last_modified"]) for found in page)

    def delete(self, paths: Collection[str]) -> None:
        """Delete objects; those that are gone already are no error."""
        for some in _in_batches(list(paths)):
            _asked(partial(self._delete, some))

    def _delete(self, paths: list[str]) -> None:
        try:
            obstore.delete(self._store, paths)
        except FileNotFoundError:
            # A folder ends the batch at the first that is gone.
            for path in paths:
                with suppress(FileNotFoundError):
                    obstore.delete(self._store, path)


def opened(place: Place) -> ObjectStorage:
    """Return the storage at a place. Credentials come from the environment. Raises SettingsError."""
    scheme, _, rest = place.url.partition("://")
    try:
        if scheme == "file":
            return ObjectStorage(LocalStore(f"/{rest.lstrip('/')}", mkdir=True))
        options: Any = {"timeout": _TIMEOUT, "connect_timeout": _CONNECT_TIMEOUT}
        if place.endpoint.startswith("http://"):
            options["allow_http"] = True
        config: Any = {name: value for name, value in (("endpoint", place.endpoint), ("region", place.region)) if value}
        retries: Any = {"max_retries": _RETRIES, "retry_timeout": _RETRY_FOR}
        return ObjectStorage(from_url(place.url, config=config or None, client_options=options, retry_config=retries))
    except (BaseError, UnknownConfigurationKeyError, OSError, ValueError) as error:
        raise SettingsError(f"setting snapshots.url: {_first_line(error)}") from None


def _in_batches(paths: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(paths), _DELETED_AT_ONCE):
        yield paths[start : start + _DELETED_AT_ONCE]


def _asked(call: Callable[[], T]) -> T:
    """Return what a call returns; whatever the storage objects to becomes a StorageError."""
    try:
        return call()
    except (BaseError, OSError, ValueError, NotImplementedError) as error:
        raise StorageError(f"object storage: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """Return what happened without obstore's debug output, which may hold addresses with signatures."""
    return str(error).partition("\n")[0][:300] or type(error).__name__
