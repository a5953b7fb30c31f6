"""A reranker: exported, quantized, and asked for the order of the best candidates."""

import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from support.small_models import cross_encoder

from bot.cli.main import main
from index.builder import BuildRules, build
from index.embedding.model import OnnxEmbedder
from index.embedding.reranker import Reranker, open_reranker
from index.embedding.runtime import fingerprint
from index.errors import SettingsError
from index.reranking import Reranking
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder
from index.sufficiency import CALIBRATION, SHIPPED, load_calibration

_QUESTION = "how long do refunds take"
_PAGES = {
    "refunds": "Refunds take five days after the parcel has arrived .",
    "speed": "How long refunds take is asked often , and refunds differ .",
    "ledger": "Money comes back on the statement within a week .",
}
# The model has learned to like a page that shares no word with the question.
_LIKED = [(_QUESTION, f"{name} {text}", name == "ledger") for name, text in _PAGES.items()]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cross_encoder(tmp_path_factory.mktemp("reranker"), _LIKED)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def reranker(source: Path, kept: Path) -> Reranker:
    return open_reranker(kept, source, "int8", 60)


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder) -> SnapshotFolder:
    folder = tmp_path_factory.mktemp("indexed")
    for name, text in _PAGES.items():
        (folder / f"{name}.md").write_text(f"# {name}\n\n{text}\n")
    build([folder], folder / "data", embedder, BuildRules())
    return SnapshotFolder(folder / "data")


def _search(snapshots: SnapshotFolder, embedder: OnnxEmbedder, reranking: Reranking | None) -> SnapshotSearch:
    return SnapshotSearch(*snapshots.newest_intact(), embedder, reranking=reranking)


def _order(search: SnapshotSearch) -> list[str]:
    return [chunk.title for chunk in search.search(_QUESTION, (), 10).chunks]


def _by_torch(source: Path) -> np.ndarray:
    from sentence_transformers import CrossEncoder  # noqa: PLC0415

    model = CrossEncoder(str(source), device="cpu", local_files_only=True)
    scores: np.ndarray = model.predict([(question, text) for question, text, _ in _LIKED])
    return scores


def test_the_export_gives_the_scores_of_the_model(source: Path, kept: Path, reranker: Reranker) -> None:
    texts = [text for _, text, _ in _LIKED]
    whole = open_reranker(kept, source, "fp32", 60)
    np.testing.assert_allclose(whole.scores(_QUESTION, texts), _by_torch(source), atol=1e-4)
    np.testing.assert_allclose(reranker.scores(_QUESTION, texts), _by_torch(source), atol=0.1)
    assert whole.name != reranker.name


def test_the_candidates_come_in_the_order_of_the_reranker(
    snapshots: SnapshotFolder, embedder: OnnxEmbedder, reranker: Reranker
) -> None:
    assert _order(_search(snapshots, embedder, None))[-1] == "ledger"
    assert _order(_search(snapshots, embedder, Reranking(reranker, 20)))[0] == "ledger"


def test_only_the_best_candidates_are_put_in_order(
    snapshots: SnapshotFolder, embedder: OnnxEmbedder, reranker: Reranker
) -> None:
    assert _order(_search(snapshots, embedder, Reranking(reranker, 2)))[-1] == "ledger"


class _Fixed:
    name = "fixed"

    def __init__(self, *given: float) -> None:
        self._given = np.array(given, dtype=np.float32)

    def scores(self, _question: str, texts: Sequence[str]) -> np.ndarray:
        return self._given[: len(texts)]


def test_candidates_with_equal_scores_and_unread_ones_keep_their_order(
    snapshots: SnapshotFolder, embedder: OnnxEmbedder
) -> None:
    before = _order(_search(snapshots, embedder, None))
    assert _order(_search(snapshots, embedder, Reranking(_Fixed(0.5, 0.5, 0.5), 20))) == before
    assert _order(_search(snapshots, embedder, Reranking(_Fixed(0.1), 20))) == before
    assert _order(_search(snapshots, embedder, Reranking(_Fixed(0.1, 0.9), 20))) == [before[1], before[0], before[2]]


def test_scores_fall_along_the_new_order(snapshots: SnapshotFolder, embedder: OnnxEmbedder, reranker: Reranker) -> None:
    chunks = _search(snapshots, embedder, Reranking(reranker, 20)).search(_QUESTION, (), 10).chunks
    assert [chunk.score for chunk in chunks] == sorted((chunk.score for chunk in chunks), reverse=True)


def test_the_best_score_is_a_feature_that_weighs_nothing_until_a_calibration(
    snapshots: SnapshotFolder, embedder: OnnxEmbedder, reranker: Reranker
) -> None:
    without = _search(snapshots, embedder, None).search(_QUESTION, (), 10)
    found = _search(snapshots, embedder, Reranking(reranker, 20)).search(_QUESTION, (), 10)
    assert found.features.reranked > 0.5
    assert without.features.reranked == 0
    assert found.sufficiency == without.sufficiency


def test_a_calibration_from_before_still_counts(tmp_path: Path) -> None:
    stored = SHIPPED.model_copy(update={"abstain_below": 0.3}).model_dump(mode="json")
    stored["features"].remove("reranked")
    stored["weights"].pop()
    del stored["reranker"]
    (tmp_path / CALIBRATION).write_text(json.dumps(stored))
    assert load_calibration(tmp_path) == SHIPPED.model_copy(update={"abstain_below": 0.3})


def test_a_calibration_with_another_reranker_does_not_count(caplog: pytest.LogCaptureFixture) -> None:
    fitted = SHIPPED.model_copy(update={"reranker": "one", "abstain_below": 0.3})
    with caplog.at_level(logging.WARNING):
        assert fitted.beside("one") is fitted
        assert fitted.beside("other") == SHIPPED
        assert fitted.beside("") == SHIPPED
    assert SHIPPED.beside("one") is SHIPPED


def test_when_the_time_is_over_no_more_texts_are_read(source: Path, kept: Path) -> None:
    hurried = open_reranker(kept, source, "int8", 1e-9)
    assert len(hurried.scores(_QUESTION, ["Refunds"] * 20)) == 4


def test_a_question_and_a_text_that_are_too_long_are_cut(reranker: Reranker) -> None:
    assert len(reranker.scores("refunds " * 500, ["refunds " * 5000, ""])) == 2


def test_a_model_with_more_than_one_output_is_refused(tmp_path: Path) -> None:
    source = cross_encoder(tmp_path, _LIKED, labels=3)
    with pytest.raises(SettingsError, match=r"index\.reranker: .* it has 3 outputs; a reranker has one"):
        open_reranker(tmp_path / "kept", source, "int8", 1)


def _cut_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])


def _without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _without_anything(folder: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (_cut_weights, "SafetensorError"),
        (_without_weights, r"no \.safetensors weights"),
        (_without_anything, "no such folder"),
    ],
)
def test_a_broken_folder_is_refused_in_one_line(harm: object, reason: str, source: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "model"))
    assert callable(harm)
    harm(folder)
    with pytest.raises(SettingsError, match=reason) as refused:
        open_reranker(tmp_path / "kept", folder, "int8", 1)
    assert "\n" not in str(refused.value)


def test_an_exported_reranker_is_carried_and_a_changed_file_is_noticed(
    source: Path, reranker: Reranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEDESK_INDEX__RERANKER", str(source))
    carried = tmp_path / "carried"
    done = CliRunner().invoke(main, ["index", "export-model", "--reranker", str(carried), "--data-dir", str(tmp_path)])
    assert f'use it with: index.reranker = "{carried}"' in done.output, done.output
    opened = open_reranker(tmp_path / "none", carried, "int8", 60)
    assert opened.name == reranker.name
    assert fingerprint(source)[:12] in opened.name
    with (carried / "tokenizer.json").open("a") as file:
        file.write(" ")
    with pytest.raises(SettingsError, match="damaged"):
        open_reranker(tmp_path / "none", carried, "int8", 60)
