"""`citedesk index export-model`: make the embedding model once, to carry it to machines that cannot export it."""

from pathlib import Path

import click

from bot.app import build_embedder
from bot.cli.options import DATA_DIR, settings_of
from index.embedding.model import export_model


@click.command("export-model")
@click.argument("folder", type=click.Path(path_type=Path))
@DATA_DIR
def command(folder: Path, data_dir: Path | None) -> None:
    """Export the embedding model of the settings into the new FOLDER.

    A machine that serves or builds can then use it with the setting index.embedding_model = "FOLDER". The SHA-256
    digest that is printed covers every file of it.
    """
    embedder = build_embedder(settings_of(data_dir))
    digest = export_model(embedder, folder)
    click.echo(f'{embedder.name}\nSHA-256 {digest}\nuse it with: index.embedding_model = "{folder.absolute()}"')
