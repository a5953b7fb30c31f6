"""`citedesk doctor`: check the installation, and say how to mend what is wrong."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.app import (
    PRODUCTS,
    build_embedder,
    build_published,
    build_retriever,
    index_database,
    is_stored,
    open_store,
    require_valkey_client,
)
from bot.app import places as places_of
from bot.cli.access_warnings import live_warnings
from bot.cli.arguments import examples
from bot.cli.model_check import model_checks
from bot.cli.options import AS_JSON, DATA_DIR, loaded_settings
from bot.cli.printing import Line, Tone, say_json, show
from bot.cli.service_check import service_checks
from bot.cli.settings_check import source_checks
from bot.cli.stored import require_index
from bot.configuration.showing import without_password
from bot.delivery.refetching import is_scheduled
from bot.private_files import is_writable_by_all, open_to_others
from bot.settings import Settings, environment_name, reviewers_places
from bot.surfaces.command_messages import a_few
from bot.surfaces.product import Diagnosis
from bot.surfaces.wording import counted, not_seen_words
from bot.tenants import Tenant, tenants_of
from index.errors import CitedeskError, SettingsError
from index.retrieval import IN_DATABASE, Manifest
from index.snapshot import SnapshotFolder


@click.command(
    "doctor", epilog=examples("citedesk doctor", "citedesk doctor --json | jq '.checks[] | select(.ok | not)'")
)
@DATA_DIR
@AS_JSON
def command(data_dir: Path | None, *, as_json: bool) -> None:
    """Check settings, index, store, model and chat products, and say what to do.

    Exit status: 1 if a check fails.
    """
    loaded = loaded_settings(data_dir)
    found = [*source_checks(loaded), *asyncio.run(diagnose(loaded.settings))]
    findings = [replace(finding, words=without_password(finding.words)) for finding in found]
    is_ok = all(finding.ok for finding in findings)
    if as_json:
        say_json({"ok": is_ok, "checks": [asdict(finding) for finding in findings]})
    else:
        show([_line(finding) for finding in findings])
    if not is_ok:
        raise click.exceptions.Exit(1)


def _line(finding: Diagnosis) -> Line:
    tone: Tone = "plain" if finding.ok else "bad"
    mark = "ok    " if finding.ok else "FAIL  "
    return Line(f"{mark}{finding.what}: {finding.words}", tone, indent=len(mark))


async def diagnose(settings: Settings) -> Sequence[Diagnosis]:
    """Return the results of all checks, in the order in which to mend them."""
    return [
        Diagnosis("settings", ok=True, words=f"data in {settings.data_dir.absolute()}"),
        *_files(settings.data_dir),
        *([] if _is_for_tenants_only(settings) else [await _index(settings)]),
        *_builds(settings),
        *await asyncio.to_thread(_published, settings),
        *await service_checks(settings),
        *_access(settings),
        *await _store(settings),
        *await _shared(settings),
        *await model_checks(settings),
        *await _products(settings),
        *([] if _is_for_tenants_only(settings) or not wanted_products(settings) else [_people(settings)]),
        *[found for tenant in tenants_of(settings) for found in await _of_tenant(tenant)],
    ]


def _files(data_dir: Path) -> Iterator[Diagnosis]:
    """Return what other users of this machine can read or replace; nothing if that is nothing."""
    if found := open_to_others(data_dir):
        names = ", ".join(path.name for path in found)
        # chmod -R follows no link that it meets.
        places = " ".join(map(str, [data_dir, *(path.resolve() for path in found if path.is_symlink())]))
        words = f"other users of this machine can read {names}: run chmod -R go= {places}"
        yield Diagnosis("files", ok=False, words=words)
    if is_writable_by_all(data_dir):
        words = f"every user of this machine can replace what is in {data_dir}: run chmod o-w {data_dir}"
        yield Diagnosis("files", ok=False, words=words)


async def _of_tenant(tenant: Tenant) -> Sequence[Diagnosis]:
    """Check what a tenant has of its own."""
    own, named = tenant.settings, f"tenants.{tenant.name}.{{}}".format
    found = [await _index(own), *_builds(own), *await service_checks(own), *_access(own), _people(own, named)]
    found += await _places_of_cards(tenant)
    return [replace(one, what=f"{one.what} of {tenant.name}") for one in found]


async def _places_of_cards(tenant: Tenant) -> Sequence[Diagnosis]:
    """Check where the review cards of a tenant go: what its chat products say that they do not say of the top level."""
    own = [name for name, section in tenant.settings.products.items() if section.is_served and tenant.has(name)]
    said = [found for name in own for found in await PRODUCTS[name]().check(tenant.settings)]
    return [found for found in said if found.what not in {"slack", "socket"}]


def _is_for_tenants_only(settings: Settings) -> bool:
    return bool(settings.tenants) and not places_of(settings)


def wanted_products(settings: Settings) -> list[str]:
    """Return the names of the chat products that somebody has begun to set up."""
    return [name for name, section in settings.products.items() if section.is_served or section.model_fields_set]


async def _products(settings: Settings) -> Sequence[Diagnosis]:
    """Check the chat products that are set up."""
    wanted = wanted_products(settings)
    if not wanted:
        switches = " or ".join(
            f"{environment_name(section.switch)} for {section.title}" for section in settings.products.values()
        )
        words = f"none is set, so `citedesk serve` would serve nobody: set {switches}, or run `citedesk init`"
        return [Diagnosis("chat products", ok=False, words=words)]
    return [found for name in wanted for found in await PRODUCTS[name]().check(settings)]


async def _index(settings: Settings) -> Diagnosis:
    try:
        require_index(settings)
        retriever = build_retriever(settings, build_embedder(settings))
        manifest = await asyncio.to_thread(retriever.manifest)
        place = await asyncio.to_thread(_place_of_vectors, settings, manifest)
    except CitedeskError as error:
        return Diagnosis("index", ok=False, words=str(error))
    words = f"{len(manifest.documents)} documents, {manifest.chunk_count} chunks, {manifest.name}{place}"
    warning = SnapshotFolder(settings.data_dir).passed_over(manifest.name)
    return Diagnosis("index", ok=not warning, words=f"{words}; {warning}" if warning else words)


def _place_of_vectors(settings: Settings, manifest: Manifest) -> str:
    """Return where the vectors are if that is a database, asking it. Raises IndexUnavailableError, SettingsError."""
    database = index_database(settings)
    if manifest.search.kind != IN_DATABASE or database is None:
        return ""
    try:
        return f"; {database.described(SnapshotFolder(settings.data_dir).path(manifest.name))}"
    finally:
        database.close()


def _builds(settings: Settings) -> Iterator[Diagnosis]:
    """Return how the last build ended, which pages stand in an older copy, and whether the schedule waits."""
    folder = SnapshotFolder(settings.data_dir)
    last = folder.last_build()
    if last is not None:
        words = f"{last.at}, {last.error or 'succeeded'}"
        yield Diagnosis("last build", ok=not last.error, words=words)
        today = datetime.now(UTC).date()
        old = [f"{item.document_id}: {not_seen_words(item, today)}" for item in last.not_seen if item.has_copy]
        yield from (Diagnosis("pages", ok=True, words=f"warning: {line}") for line in a_few(old))
    if folder.is_rolled_back() and is_scheduled(settings):
        yield Diagnosis(
            "schedule", ok=True, words="warning: after a rollback nothing is fetched again before a reindex"
        )


def _published(settings: Settings) -> Sequence[Diagnosis]:
    """Return which snapshot is live for all machines and which one here; nothing if this is the only machine."""
    try:
        published = build_published(settings)
        if published is None:
            return []
        live, here = published.live.live(), published.current_name()
        manifest = published.folder.newest_intact()[1] if here else None
    except CitedeskError as error:
        return [Diagnosis("snapshots", ok=False, words=str(error))]
    built = f"{manifest.name} of {manifest.created_at}" if manifest else "nothing"
    if live == (manifest and manifest.name):
        return [Diagnosis("snapshots", ok=True, words=f"{built} is live, here and for all")]
    words = f"{live or 'nothing'} is live for all, {built} here: run `citedesk index fetch`, or look into the log"
    return [Diagnosis("snapshots", ok=live is None, words=words)]


def _access(settings: Settings) -> Sequence[Diagnosis]:
    """Return each warning about access rules. None stops the bot, so none is a failure."""
    return [Diagnosis("access", ok=True, words=f"warning: {warning}") for warning in live_warnings(settings)]


async def _store(settings: Settings) -> Sequence[Diagnosis]:
    if not is_stored(settings):
        return [Diagnosis("store", ok=True, words="none yet: `citedesk serve` makes it")]
    try:
        async with AsyncExitStack() as stack:
            store = await open_store(settings)
            stack.push_async_callback(store.close)
            counts = await store.counts()
    except CitedeskError as error:
        return [Diagnosis("store", ok=False, words=str(error))]
    found = [Diagnosis("store", ok=True, words=f"{counts.open_reviews} reviews waiting")]
    if counts.neglected_builds:
        orders = counted(counts.neglected_builds, "order waits", "orders wait")
        words = f"{orders}, and nothing builds: run `citedesk index worker`, or set index.builds_in_serve to true"
        found.append(Diagnosis("builds", ok=False, words=words))
    return found


async def _shared(settings: Settings) -> Sequence[Diagnosis]:
    """Check the server that processes share, if there is one."""
    if not settings.shared.url.get_secret_value():
        return []
    try:
        require_valkey_client()
        from bot.shared.checking import shared_checks  # noqa: PLC0415 - its client belongs to an extra

        return await shared_checks(settings.shared)
    except SettingsError as error:
        return [Diagnosis("shared server", ok=False, words=str(error))]


def _people(settings: Settings, name_of: Callable[[str], str] = environment_name) -> Diagnosis:
    places = reviewers_places(settings)
    missing = [
        name_of(name)
        for name, value in (("access.reviewers", settings.access.reviewers), ("access.admins", settings.access.admins))
        if not value
    ]
    if places and not any(places.values()):
        missing.append(" or ".join(map(name_of, places)))
    if missing:
        return Diagnosis("people", ok=False, words=f"not set: {', '.join(missing)}")
    return Diagnosis("people", ok=True, words=counted(len(settings.access.reviewers), "reviewer", "reviewers"))
