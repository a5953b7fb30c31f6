"""Models whose folder declares what must stand before questions and documents."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.small_models import encoder

from index.builder import BuildRules, build
from index.embedding.model import OnnxEmbedder, open_embedder
from index.embedding.prompts import NO_PROMPTS, Prompts, declared_prompts
from index.errors import IndexUnavailableError
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder

_TEXT = "Refunds take five days."
_DECLARED = {"query": "query: ", "passage": "passage: "}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encoder(tmp_path_factory.mktemp("prompted"), _DECLARED)


@pytest.fixture(scope="module")
def prompted(source: Path, tmp_path_factory: pytest.TempPathFactory) -> OnnxEmbedder:
    return open_embedder(tmp_path_factory.mktemp("kept"), str(source), "fp32")


def test_questions_and_documents_get_the_vectors_that_the_model_gives_them(
    source: Path, prompted: OnnxEmbedder
) -> None:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    model = SentenceTransformer(str(source), device="cpu", local_files_only=True)
    question, document = prompted.encode([_TEXT])[0], prompted.encode_documents([_TEXT])[0]
    np.testing.assert_allclose(question.vector, model.encode_query(_TEXT), atol=1e-4)
    np.testing.assert_allclose(document.vector, model.encode(_TEXT, prompt_name="passage"), atol=1e-4)
    np.testing.assert_allclose(prompted.embed([_TEXT])[0], model.encode_query(_TEXT), atol=1e-4)
    assert not np.allclose(question.vector, document.vector, atol=1e-4)


def test_the_spans_are_those_of_the_text_without_its_prompt(prompted: OnnxEmbedder) -> None:
    found = prompted.encode_documents([_TEXT])[0]
    assert [_TEXT[start:end] for start, end in found.spans if end] == ["Ref", "unds", "take", "five", "days", "."]
    assert len(found.tokens) == len(found.spans)


def test_a_prompt_takes_its_room_from_the_text(prompted: OnnxEmbedder) -> None:
    assert prompted.max_tokens == 128 - 2 - prompted.count_tokens("passage: ")


def test_other_prompts_make_another_embedder(source: Path, prompted: OnnxEmbedder, tmp_path: Path) -> None:
    file = source / "config_sentence_transformers.json"
    before = file.read_text()
    file.write_text(json.dumps(json.loads(before) | {"prompts": {"query": "ask: "}}))
    try:
        other = open_embedder(tmp_path, str(source), "fp32")
    finally:
        file.write_text(before)
    assert other.name != prompted.name


def test_an_index_is_built_and_searched_with_prompts(prompted: OnnxEmbedder, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "refunds.md").write_text(f"# Refunds\n\n{_TEXT}\n")
    build([tmp_path / "docs"], tmp_path / "data", prompted, BuildRules())
    search = SnapshotSearch(*SnapshotFolder(tmp_path / "data").newest_intact(), prompted)
    assert _TEXT in search.search("How long do refunds take?", (), 3).chunks[0].text


def _declares(folder: Path, config: object) -> Prompts:
    (folder / "config_sentence_transformers.json").write_text(json.dumps(config))
    return declared_prompts(folder)


def test_prompts_are_read_by_the_names_that_models_use(tmp_path: Path) -> None:
    assert declared_prompts(tmp_path) == NO_PROMPTS
    assert _declares(tmp_path, {"prompts": {}}) == NO_PROMPTS
    assert _declares(tmp_path, {"prompts": None}) == NO_PROMPTS
    assert _declares(tmp_path, {"prompts": {"query": "", "document": ""}}) == NO_PROMPTS
    assert _declares(tmp_path, {"prompts": _DECLARED}) == Prompts("query: ", "passage: ")
    assert _declares(tmp_path, {"prompts": {"query": "Q: ", "document": "D: "}}) == Prompts("Q: ", "D: ")
    assert _declares(tmp_path, {"prompts": {"sts": "S: "}, "default_prompt_name": "sts"}) == Prompts("S: ", "S: ")
    assert _declares(tmp_path, {"prompts": {"document": "", "passage": "P: "}}) == Prompts("", "P: ")


@pytest.mark.parametrize("config", [{"prompts": {"query": 1}}, {"prompts": ["a"]}, ["prompts"]])
def test_a_file_of_another_form_is_refused(config: object, tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailableError, match=r"config_sentence_transformers\.json"):
        _declares(tmp_path, config)
