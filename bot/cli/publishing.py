"""`citedesk index publish` and `citedesk index fetch`: snapshots that several machines share."""

from pathlib import Path

import click

from bot.app import build_published
from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.printing import say, say_json
from bot.settings import Settings, environment_name
from index.errors import IndexUnavailableError, SettingsError
from index.publishing.fetch import fetch as fetched
from index.publishing.publish import Moved
from index.publishing.replica import PublishedSnapshots


def published_of(settings: Settings) -> PublishedSnapshots:
    """Return the snapshots of all machines. Raises SettingsError if none are shared."""
    published = build_published(settings)
    if published is None:
        raise SettingsError(f"setting snapshots.url is missing: set {environment_name('snapshots.url')}")
    return published


@click.command(
    "publish", epilog=examples("citedesk index publish", "citedesk index publish 20261127T053610324540-b9dff2")
)
@click.argument("snapshot", default="")
@DATA_DIR
@AS_JSON
def publish(snapshot: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Publish SNAPSHOT, or the live one of this machine, and make it live on all machines."""
    published = published_of(settings_of(data_dir))
    name = snapshot or published.current_name()
    if name is None or name not in published.names():
        raise IndexUnavailableError(f"no snapshot {name or ''} on this machine: run `citedesk index build`")
    _tell(name, published.publish_from(name, published.live.live()), "published", as_json=as_json)


@click.command(
    "fetch", epilog=examples("citedesk index fetch", "citedesk index fetch 20261127T053610324540-b9dff2 --json")
)
@click.argument("snapshot", default="")
@DATA_DIR
@AS_JSON
def fetch(snapshot: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Fetch the live snapshot of all machines and serve it here; a SNAPSHOT that is named is only fetched."""
    published = published_of(settings_of(data_dir))
    name = snapshot or published.live.live()
    if name is None:
        raise IndexUnavailableError("no snapshot is published yet: run `citedesk index build --publish`")
    moved = fetched(name, published.storage, published.folder) if snapshot else published.follow()
    _tell(name, moved, "fetched", as_json=as_json)


def _tell(name: str, moved: Moved, what: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"snapshot": name, "moved_bytes": moved.moved_bytes, "total_bytes": moved.total_bytes})
    else:
        say(f"{what} {name}: {moved.moved_bytes:,} of {moved.total_bytes:,} bytes moved")
