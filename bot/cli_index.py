"""`citedesk index`: build, inspect and go back."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bot.cli_options import AS_JSON, DATA_DIR, settings_of
from index.builder import Coverage, Progress
from index.snapshot import Manifest


@click.group()
def index() -> None:
    """Build and inspect the index."""


@index.command("build")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@DATA_DIR
@AS_JSON
@click.option("--force", is_flag=True, help="Switch even if many documents vanished.")
def index_build(paths: tuple[Path, ...], data_dir: Path | None, *, as_json: bool, force: bool) -> None:
    """Index PATHS (default: the setting index.paths) and switch to the new snapshot."""
    from bot.app import build_embedder, build_rules  # noqa: PLC0415
    from index.builder import build  # noqa: PLC0415

    settings = settings_of(data_dir)
    folders = paths or settings.index.paths
    if not folders:
        raise click.UsageError("name a folder to index, or set index.paths")
    with build_progress(show=not as_json) as progress:
        coverage = build(
            folders, settings.data_dir, build_embedder(settings), build_rules(settings, force=force), progress
        )
    click.echo(json.dumps(coverage_json(coverage), indent=1) if as_json else coverage_text(coverage))


@index.command("status")
@DATA_DIR
@AS_JSON
def index_status(data_dir: Path | None, *, as_json: bool) -> None:
    """Show the live snapshot and what it left out."""
    from index.snapshot import SnapshotFolder  # noqa: PLC0415

    _, manifest = SnapshotFolder(settings_of(data_dir).data_dir).newest_intact()
    if as_json:
        click.echo(manifest.model_dump_json(indent=1))
    else:
        click.echo(_manifest_text(manifest))


@index.command("list")
@DATA_DIR
@AS_JSON
def index_list(data_dir: Path | None, *, as_json: bool) -> None:
    """List the snapshots that are kept, newest first."""
    from index.snapshot import SnapshotFolder  # noqa: PLC0415

    folder = SnapshotFolder(settings_of(data_dir).data_dir)
    live = folder.current_name()
    if as_json:
        click.echo(json.dumps([{"name": name, "live": name == live} for name in folder.names()], indent=1))
    else:
        click.echo("\n".join(f"{'*' if name == live else ' '} {name}" for name in folder.names()) or "no snapshot yet")


@index.command("rollback")
@DATA_DIR
def index_rollback(data_dir: Path | None) -> None:
    """Serve the snapshot before the live one again."""
    from index.snapshot import SnapshotFolder  # noqa: PLC0415

    click.echo(_manifest_text(SnapshotFolder(settings_of(data_dir).data_dir).roll_back()))


@contextmanager
def build_progress(*, show: bool = True) -> Iterator[Progress]:
    """Yield a callback that draws a progress bar on standard error."""
    bars: list[Any] = []

    def progress(done: int, total: int) -> None:
        if show and not bars:
            bar = click.progressbar(length=max(total, 1), label="Embedding chunks", file=sys.stderr)
            bars.append(bar.__enter__())
        if bars:
            bars[0].update((done if total else 1) - bars[0].pos)

    try:
        yield progress
    finally:
        for bar in bars:
            bar.__exit__(None, None, None)


def coverage_text(coverage: Coverage) -> str:
    """Return the coverage report as lines."""
    counts = (
        f"{coverage.seen} files seen, {coverage.indexed} indexed, {len(coverage.skipped)} skipped; "
        f"{coverage.chunks} chunks ({coverage.reused} unchanged)"
    )
    skipped = [f"  skipped {s.document_id}: {s.reason}" for s in coverage.skipped]
    return "\n".join([counts, *skipped, f"live snapshot: {coverage.snapshot}"])


def coverage_json(coverage: Coverage) -> dict[str, Any]:
    """Return the coverage report as JSON."""
    return {
        "snapshot": coverage.snapshot,
        "seen": coverage.seen,
        "indexed": coverage.indexed,
        "chunks": coverage.chunks,
        "reused": coverage.reused,
        "skipped": [skipped.model_dump() for skipped in coverage.skipped],
    }


def _manifest_text(manifest: Manifest) -> str:
    head = (
        f"snapshot {manifest.name}, built {manifest.created_at}\n"
        f"{len(manifest.documents)} documents, {manifest.chunk_count} chunks, model {manifest.embedder}"
    )
    return "\n".join([head, *(f"  skipped {s.document_id}: {s.reason}" for s in manifest.skipped)])
