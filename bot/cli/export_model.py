"""`citedesk index export-model`: make a model once, to carry it to machines that cannot export it."""

from pathlib import Path

import click

from bot.app import build_embedder, build_reranker
from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.printing import say, say_json
from bot.settings import Settings, environment_name
from index.embedding import reranker_export
from index.embedding.export import CARD
from index.embedding.reranker import Reranker
from index.embedding.runtime import export_model
from index.errors import SettingsError


@click.command(
    "export-model",
    epilog=examples(
        "citedesk index export-model ./e5-small-onnx",
        "citedesk index export-model ./reranker-onnx --reranker",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--reranker", "is_reranker", is_flag=True, help="Export the reranker instead.")
@DATA_DIR
@AS_JSON
def command(folder: Path, data_dir: Path | None, *, is_reranker: bool, as_json: bool) -> None:
    """Export the embedding model of the settings into the new FOLDER.

    A machine that serves or builds can then use it with the setting index.embedding_model = "FOLDER" or
    index.reranker = "FOLDER". The SHA-256 digest that is printed covers every file of it.
    """
    settings = settings_of(data_dir)
    model, card, setting = _reranker(settings) if is_reranker else (build_embedder(settings), CARD, "embedding_model")
    digest = export_model(model.folder, card, folder)
    if as_json:
        say_json(
            {"model": model.name, "sha256": digest, "setting": f"index.{setting}", "folder": str(folder.absolute())}
        )
    else:
        say(f'{model.name}\nSHA-256 {digest}\nuse it with: index.{setting} = "{folder.absolute()}"')


def _reranker(settings: Settings) -> tuple[Reranker, str, str]:
    reranker = build_reranker(settings)
    if reranker is None:
        raise SettingsError(f"setting index.reranker is missing: set {environment_name('index.reranker')}")
    return reranker, reranker_export.CARD, "reranker"
