"""`citedesk index`: build, watch, inspect, verify and roll back the index."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import click

from bot.app import build_embedder, build_rules, build_snapshots
from bot.app import places as places_of
from bot.cli import export_model, index_worker, publishing
from bot.cli.access_warnings import live_warnings
from bot.cli.arguments import Commands, examples
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, settings_of
from bot.cli.printing import Line, is_terminal, say, say_json, show, waiting
from bot.cli.signals import ended_by_sigterm
from bot.cli.stored import no_index_words, require_index
from bot.private_files import tighten
from bot.settings import Settings
from bot.surfaces.command_messages import reopened_lines, reopened_words
from bot.surfaces.wording import not_seen_words
from bot.tenants import Tenant, own_settings, tenants_of
from index.builder import Coverage, build
from index.errors import BuildRefusedError, CitedeskError, SnapshotCorruptError
from index.reading.sources import Location, local_paths
from index.retrieval import IN_DATABASE, LastBuild, Manifest, NotSeen, Rollback, WithheldText
from index.snapshot import SnapshotFolder, verified_manifest
from index.snapshot_writing import Progress
from index.watching import watched


@click.group("index", cls=Commands)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Build and inspect the index."""
    ctx.with_resource(ended_by_sigterm())


_PUBLISH = click.option(
    "--publish", is_flag=True, help="Build from the live snapshot of all machines, and switch all of them."
)


@command.command(
    "build",
    epilog=examples(
        "citedesk index build ./docs",
        "citedesk index build ./handbook https://docs.example.com/sitemap.xml",
        "citedesk index build                        # index.paths of the settings",
        "citedesk index build --publish --json       # for all machines",
    ),
)
@click.argument("places", nargs=-1)
@DATA_DIR
@TENANT
@AS_JSON
@click.option("--force", is_flag=True, help="Switch even if many documents vanished.")
@_PUBLISH
def index_build(
    places: tuple[str, ...], data_dir: Path | None, tenant: str, *, as_json: bool, force: bool, publish: bool
) -> None:
    """Index PLACES and switch to the new snapshot.

    A place is a folder, a file, a Git checkout, or the address of a page or a site map; without any, those of the
    settings index.paths and index.services are indexed. Without --tenant and PLACES, the index of each tenant is built,
    too, one after the other.
    """
    settings = settings_of(data_dir)
    tenants = () if tenant or places else tenants_of(settings)
    first = own_settings(settings, tenant)
    build_one = partial(_build_one, as_json=as_json, force=force, publish=publish)
    if not (tenants and not places_of(first)):
        build_one(first, places)
    failed = [each.name for each in tenants if not _is_built(each, build_one, as_json=as_json)]
    if failed:
        raise BuildRefusedError(f"no new index for {', '.join(failed)}; the others are built")


def _build_one(settings: Settings, places: tuple[str, ...], *, as_json: bool, force: bool, publish: bool) -> None:
    folders = _places(settings, places)
    published = publishing.published_of(settings) if publish else None
    tighten(settings.data_dir)
    # At first the model is exported, which takes a while.
    with waiting("Prepare the embedding model"):
        embedder, rules = build_embedder(settings), build_rules(settings, force=force)
    with build_progress(show=not as_json) as progress:
        build_here = partial(build, folders, settings.data_dir, embedder, rules, progress)
        coverage = published.built(build_here) if published else build_here()
    warnings = live_warnings(settings)
    if as_json:
        say_json(coverage_json(coverage, warnings))
    else:
        say(coverage_text(coverage, warnings))


def _is_built(tenant: Tenant, build_one: Callable[[Settings, tuple[str, ...]], None], *, as_json: bool) -> bool:
    """Build the index of a tenant, and tell whether that worked: the documents of one must not hold up the others."""
    say(f"tenant {tenant.name}:", err=as_json)
    try:
        build_one(tenant.settings, ())
    except (CitedeskError, click.UsageError) as error:
        say(f"citedesk: {error}", err=True)
        return False
    return True


@command.command(
    "watch", epilog=examples("citedesk index watch ./docs", "citedesk index watch ./docs --json | jq .indexed")
)
@click.argument("places", nargs=-1)
@DATA_DIR
@TENANT
@AS_JSON
@_PUBLISH
def index_watch(places: tuple[str, ...], data_dir: Path | None, tenant: str, *, as_json: bool, publish: bool) -> None:
    """Index PLACES, and again whenever a file in one of the folders changes, until stopped.

    If a place is an address or a service, they are indexed again every index.refetch_s, too. --json prints a line for
    each build.
    """
    settings = own_settings(settings_of(data_dir), tenant)
    folders = _places(settings, places)
    tighten(settings.data_dir)
    embedder = build_embedder(settings)

    published = publishing.published_of(settings) if publish else None

    def rebuild() -> None:
        build_here = partial(build, folders, settings.data_dir, embedder, build_rules(settings))
        coverage = published.built(build_here) if published else build_here()
        warnings = live_warnings(settings)
        if as_json:
            say_json(coverage_json(coverage, warnings), indent=None)
        else:
            say(coverage_text(coverage, warnings))

    local = local_paths(folders)
    watched(
        local,
        rebuild,
        lambda error: say(f"citedesk: {error}", err=True),
        Event(),
        data_dir=settings.data_dir,
        again_s=settings.index.refetch_s or None if len(local) < len(folders) else None,
    )


def _places(settings: Settings, places: tuple[str, ...]) -> tuple[Location, ...]:
    found = places or places_of(settings)
    if not found:
        raise click.UsageError("name a folder to index, or set index.paths or index.services")
    return found


@command.command("status", epilog=examples("citedesk index status", "citedesk index status --json | jq .skipped"))
@DATA_DIR
@TENANT
@AS_JSON
def index_status(data_dir: Path | None, tenant: str, *, as_json: bool) -> None:
    """Show the live snapshot and what it left out, and how the last build ended."""
    settings = own_settings(settings_of(data_dir), tenant)
    require_index(settings)
    folder = SnapshotFolder(settings.data_dir)
    _, manifest = folder.newest_intact()
    last = folder.last_build()
    if as_json:
        shown = manifest.model_dump(mode="json", exclude={"withheld": {"__all__": {"excerpt"}}})
        say_json(shown | {"last_build": last and last.model_dump(mode="json")})
    else:
        warnings = filter(None, [folder.passed_over(manifest.name)])
        say("\n".join([*warnings, _manifest_text(manifest), *_last_build_lines(last)]))


@command.command("verify", epilog=examples("citedesk index verify", "citedesk index verify --json"))
@DATA_DIR
@AS_JSON
def index_verify(data_dir: Path | None, *, as_json: bool) -> None:
    """Read every byte of every snapshot, also of those that were read before; exit 1 if one is damaged."""
    settings = settings_of(data_dir)
    require_index(settings)
    folder = SnapshotFolder(settings.data_dir)
    damage = {name: _damage(folder, name) for name in folder.names()}
    if as_json:
        say_json([{"name": name, "damage": found} for name, found in damage.items()])
    else:
        show([Line(f"{name} is whole") for name, found in damage.items() if found is None])
    if damaged := list(filter(None, damage.values())):
        raise SnapshotCorruptError("; ".join(damaged))


def _damage(folder: SnapshotFolder, name: str) -> str | None:
    """Return what is damaged of a snapshot; None if it is whole."""
    try:
        verified_manifest(folder.path(name), afresh=True)
    except SnapshotCorruptError as error:
        return str(error)
    return None


@command.command("list", epilog=examples("citedesk index list", "citedesk index list --json"))
@DATA_DIR
@TENANT
@AS_JSON
def index_list(data_dir: Path | None, tenant: str, *, as_json: bool) -> None:
    """List the snapshots that are kept, newest first."""
    settings = own_settings(settings_of(data_dir), tenant)
    folder = SnapshotFolder(settings.data_dir)
    live = folder.current_name()
    if not folder.names():
        say(f"citedesk: {no_index_words(settings)}", err=True)
    if as_json:
        say_json([{"name": name, "live": name == live} for name in folder.names()])
    else:
        say("\n".join(f"{'*' if name == live else ' '} {name}" for name in folder.names()) or "no snapshot yet")


@command.command("rollback", epilog=examples("citedesk index rollback", "citedesk index rollback --yes --json"))
@DATA_DIR
@TENANT
@AS_JSON
@click.option("--yes", is_flag=True, help="Go back even if that opens documents to more people.")
def index_rollback(data_dir: Path | None, tenant: str, *, as_json: bool, yes: bool) -> None:
    """Serve the snapshot before the live one again, on all machines if they share their snapshots.

    If that opens documents to more people, they are listed and you are asked first.
    """
    snapshots = build_snapshots(own_settings(settings_of(data_dir), tenant))
    plan = snapshots.planned_rollback()
    done = yes or not plan.reopened or (not as_json and _confirmed(plan))
    if done:
        snapshots.roll_back(plan)
    if as_json:
        say_json(_rollback_json(plan, done=done))
    elif done:
        say(_manifest_text(plan.manifest))
    if not done:
        raise BuildRefusedError("nothing was changed: the rollback opens documents to more people; --yes allows it")


def _confirmed(plan: Rollback) -> bool:
    say("\n".join([reopened_words(plan), *(f"  {line}" for line in reopened_lines(plan))]))
    return sys.stdin.isatty() and click.confirm("Go back all the same?")


def _rollback_json(plan: Rollback, *, done: bool) -> dict[str, Any]:
    return {
        "snapshot": plan.manifest.name,
        "created_at": plan.manifest.created_at,
        "rolled_back": done,
        "opens": [
            {
                "document_id": found.document_id,
                "groups": sorted(found.then),
                "groups_now": None if found.now is None else sorted(found.now),
                "left_out": found.left_out,
            }
            for found in plan.reopened
        ],
        "vanishes": list(plan.vanishing),
    }


for _command in (publishing.publish, publishing.fetch, index_worker.command, export_model.command):
    command.add_command(_command)


@contextmanager
def build_progress(*, show: bool = True) -> Iterator[Progress]:
    """Yield a callback that draws a progress bar on a terminal that is standard error; without `show` it does not."""
    bars: list[Any] = []
    is_shown = show and is_terminal(sys.stderr)

    def progress(done: int, total: int) -> None:
        if is_shown and not bars:
            bar = click.progressbar(length=max(total, 1), label="Embedding chunks", file=sys.stderr)
            bars.append(bar.__enter__())
        if bars:
            bars[0].update((done if total else 1) - bars[0].pos)

    try:
        yield progress
    finally:
        for bar in bars:
            bar.__exit__(None, None, None)


def coverage_text(coverage: Coverage, warnings: Sequence[str] = ()) -> str:
    """Return the coverage report and warnings about access as text."""
    parts = f", {coverage.unread_parts} parts unread" if coverage.unread_parts else ""
    counts = (
        f"{coverage.seen} documents seen, {coverage.indexed} indexed, "
        f"{coverage.seen - coverage.indexed} skipped{parts}; "
        f"{coverage.chunks} chunks ({coverage.reused} unchanged)"
    )
    skipped = [f"  skipped {s.name}: {s.reason}" for s in coverage.skipped]
    remarks = [f"  {remark}" for remark in coverage.remarks] + _not_seen_lines(coverage.not_seen)
    warned = [f"  warning: {warning}" for warning in warnings]
    live = f"live snapshot: {coverage.snapshot}"
    return "\n".join([counts, *skipped, *remarks, *_withheld_text(coverage.withheld), *warned, live])


def coverage_json(coverage: Coverage, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Return the coverage report and warnings about access as a JSON object."""
    return {
        "snapshot": coverage.snapshot,
        "seen": coverage.seen,
        "indexed": coverage.indexed,
        "chunks": coverage.chunks,
        "reused": coverage.reused,
        "skipped": [skipped.model_dump() for skipped in coverage.skipped],
        "remarks": list(coverage.remarks),
        "not_seen": [document.model_dump() for document in coverage.not_seen],
        # Scripts may log this, so the text itself is left out.
        "withheld": [found.model_dump(exclude={"excerpt"}) for found in coverage.withheld],
        "warnings": list(warnings),
    }


def _last_build_lines(last: LastBuild | None) -> list[str]:
    if last is None:
        return []
    failed = f", which failed: {last.error}" if last.error else ""
    return [f"last build: {last.at}{failed}", *_not_seen_lines(last.not_seen)]


def _not_seen_lines(documents: Sequence[NotSeen]) -> list[str]:
    today = datetime.now(UTC).date()
    return [f"  {item.document_id}: {not_seen_words(item, today)}" for item in documents]


def _withheld_text(withheld: Sequence[WithheldText]) -> Iterator[str]:
    if withheld:
        yield "  text that addresses a language model, withheld from answers:"
    for found in withheld:
        place = found.document_id if found.line is None else f"{found.document_id}:{found.line}"
        more = f" (and {found.passages - 1} more)" if found.passages > 1 else ""
        yield f"    {place}: {found.excerpt}{more}"


def _search_text(manifest: Manifest) -> str:
    search = manifest.search
    if search.kind == IN_DATABASE:
        return "vectors, tokens and texts are in PostgreSQL with pgvector"
    if search.kind == "exact":
        return "every vector is compared"
    return f"{search.probes} of {search.lists} lists are read, which finds {search.recall_at_10:.1%} of the nearest ten"


def _manifest_text(manifest: Manifest) -> str:
    head = (
        f"snapshot {manifest.name}, built {manifest.created_at}\n"
        f"{len(manifest.documents)} documents, {manifest.chunk_count} chunks, model {manifest.embedder}\n"
        f"{_search_text(manifest)}"
    )
    skipped = [f"  skipped {s.name}: {s.reason}" for s in manifest.skipped]
    remarks = [f"  {remark}" for remark in manifest.remarks]
    return "\n".join([head, *skipped, *remarks, *_withheld_text(manifest.withheld or ())])
