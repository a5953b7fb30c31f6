"""Find the sources at a location: files of a folder, tracked files of a Git checkout, pages of a site, a service."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from index.errors import BuildRefusedError
from index.reading.documents import LoadRules
from index.reading.source import Found, LeftOut, Source, file_source, printable
from index.reading.sources.checkout import is_checkout, is_in_checkout, tracked_files, with_commit_days
from index.reading.sources.folder import folder_files
from index.reading.sources.services.place import ServicePlace

Location = Path | str | ServicePlace
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def is_address(location: Location) -> bool:
    """Tell whether a location is the address of a page or site map, not a path."""
    return isinstance(location, str) and bool(_ADDRESS.match(location))


def local_paths(locations: Sequence[Location]) -> list[Path]:
    """Return the locations that are files and folders of this machine."""
    return [
        Path(location) for location in locations if not isinstance(location, ServicePlace) and not is_address(location)
    ]


def survey(
    locations: Sequence[Location], index_root: Path, rules: LoadRules, checkpoint: Callable[[], None] = lambda: None
) -> Found:
    """Return every source in a stable order, and what was left out. Ids differ.

    `checkpoint` is called before each page or article is fetched, and may raise to end the survey.

    Raises BuildRefusedError if a path does not exist, or a checkout, site or service cannot be read.
    """
    missing = [str(path) for path in local_paths(locations) if not path.exists()]
    if missing:
        raise BuildRefusedError(f"no such file or folder: {', '.join(missing)}")
    taken: dict[str, Source] = {}
    left_out: list[LeftOut] = []
    for location in locations:
        found = _found(location, index_root, rules, checkpoint)
        left_out += [LeftOut(printable(item.place), item.reason) for item in found.left_out]
        for source in found.sources:
            if own := source if source.source_id not in taken else _renamed(source, taken):
                taken[own.source_id] = own
    return Found(tuple(taken.values()), tuple(left_out))


def _found(location: Location, index_root: Path, rules: LoadRules, checkpoint: Callable[[], None]) -> Found:
    if isinstance(location, ServicePlace):
        from index.reading.sources.services.syncing import articles_at  # noqa: PLC0415 - as below

        return articles_at(location, index_root / "services", rules, checkpoint)
    if is_address(location):
        # Imported late: only addresses need the HTTP client.
        from index.reading.sources.site import pages_at  # noqa: PLC0415

        return pages_at(str(location), index_root / "fetched", rules, checkpoint)
    path = Path(location)
    if is_checkout(path):
        return tracked_files(path, rules)
    if path.is_file():
        root, found = path.parent, Found((file_source(path, path.parent, path.name, rules),))
    else:
        root, found = path, folder_files(path, index_root, rules)
    return with_commit_days(found, root) if is_in_checkout(path) else found


def _renamed(source: Source, taken: dict[str, Source]) -> Source | None:
    """Return a source whose name is taken with its folder's name before it; None if it is the very same file or page.

    Folders of the same name are told apart by the folders above them.
    """
    first = taken[source.source_id]
    if is_address(source.source_id) or first.path.resolve() == source.path.resolve():
        return None
    parts = source.root.resolve().parts[1:]
    for count in range(1, len(parts) + 1):
        prefix = printable("/".join(parts[-count:])) + "/"
        if f"{prefix}{source.source_id}" not in taken:
            # The name in the folder decides with it who may read the document, so it is part of the fingerprint.
            mark = sha256(f"{source.fingerprint}\0{prefix}".encode()).hexdigest()
            return replace(source, source_id=f"{prefix}{source.source_id}", prefix=prefix, fingerprint=mark)
    return None
