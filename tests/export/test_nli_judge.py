"""The judge `nli` with a small cross-encoder of chance weights, whose verdicts torch gives too."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.builders import Heard

from index.errors import SettingsError
from pipeline.errors import RetryableModelError
from pipeline.proof.judge import Claim, Verdict
from pipeline.proof.nli import NliJudge, decide, open_nli_judge
from pipeline.proof.nli_model import NliModel, labels_in, windows
from pipeline.types import Deadline, Failure

_WORDS = (
    "a the plan costs 29 euro per month admin can not delete topic messages stay you when is in it . , : ! ( )".split()
)
_SENTENCES = (
    "The plan costs 29 euro per month.",
    "The admin can delete messages.",
    "It is not in the plan!",
    "When you delete a topic, the messages in it stay.",
    "You can not.",
)
_LABELS = {0: "neutral", 1: "ENTAILMENT", 2: "Contradicts"}
_MEANT = (Verdict.NOT_STATED, Verdict.SUPPORTED, Verdict.CONTRADICTED)
_PASSAGE = "Plan\n" + " ".join(_SENTENCES * 3)


def _ignore() -> None:
    """Take note of no attempt."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _small_model(tmp_path_factory.mktemp("small"), "Bert", type_vocab_size=2)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def model(source: Path, exports: Path) -> NliModel:
    return open_nli_judge(source, exports)._model


@pytest.fixture
def judge(model: NliModel) -> NliJudge:
    return NliJudge(model)


def _small_model(folder: Path, make: str, **more: Any) -> Path:  # noqa: ANN401 - fields of a configuration
    """Write a cross-encoder for three labels in an odd order, and return its folder."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415
    from sentence_transformers import CrossEncoder  # noqa: PLC0415

    config = getattr(transformers, f"{make}Config")(
        vocab_size=len(_WORDS) + 4,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        # Weights of the usual size would give every pair much the same probabilities.
        initializer_range=0.6,
        id2label=_LABELS,
        label2id={name: number for number, name in _LABELS.items()},
        pad_token_id=0,
        **{"max_position_embeddings": 66, **more},
    )
    torch.manual_seed(1)
    model: Any = transformers.AutoModelForSequenceClassification
    model.from_config(config).save_pretrained(folder / "plain")
    _tokenizer().save_pretrained(str(folder / "plain"))
    CrossEncoder(str(folder / "plain"), device="cpu", local_files_only=True).save(str(folder / "model"))
    return folder / "model"


def _tokenizer() -> Any:  # noqa: ANN401 - a tokenizer of transformers
    import transformers  # noqa: PLC0415
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: PLC0415

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = {word: number for number, word in enumerate(special + _WORDS)}
    words = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    words.normalizer = normalizers.Lowercase()
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    make: Any = transformers.PreTrainedTokenizerFast
    return make(
        tokenizer_object=words,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    )


def _by_torch(source: Path, pairs: list[tuple[str, str]]) -> Any:  # noqa: ANN401 - an array
    from sentence_transformers import CrossEncoder  # noqa: PLC0415

    model = CrossEncoder(str(source), device="cpu", local_files_only=True)
    return model.predict(pairs, apply_softmax=True)


def _claims() -> list[Claim]:
    return [Claim(sentence, (passage,)) for passage in _SENTENCES for sentence in _SENTENCES]


def _tokens(text: str) -> list[tuple[int, int]]:
    """Return spans as a tokenizer does, of words."""
    ends = [end for end in range(1, len(text) + 1) if not text[end - 1].isspace() and not text[end : end + 1].strip()]
    starts = [start for start in range(len(text)) if text[start].strip() and not text[:start][-1:].strip()]
    return list(zip(starts, ends, strict=True))


async def test_the_exported_model_gives_the_probabilities_and_verdicts_of_torch(source: Path, judge: NliJudge) -> None:
    claims = _claims()
    expected = _by_torch(source, [(claim.passages[0], claim.sentence) for claim in claims])
    pairs = [pair for claim in claims for pair in judge._model.windows(claim)]
    np.testing.assert_allclose(judge._model.read(pairs, _ignore), expected, atol=1e-4)
    judged = await judge.judge("How?", claims, Deadline.after(60), Heard())
    assert list(judged.verdicts) == [decide(row[np.newaxis], _MEANT, 0.5) for row in expected]
    assert set(judged.verdicts) == set(Verdict)
    assert judged.answers_question is None


@pytest.mark.parametrize(
    ("make", "more"),
    [
        ("Roberta", {"max_position_embeddings": 68, "type_vocab_size": 1}),
        ("DebertaV2", {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "type_vocab_size": 0}),
    ],
)
def test_models_of_other_makes_are_exported_too(make: str, more: dict[str, Any], tmp_path: Path) -> None:
    source = _small_model(tmp_path, make, **more)
    judge = open_nli_judge(source, tmp_path)
    expected = _by_torch(source, [(claim.passages[0], claim.sentence) for claim in _claims()])
    pairs = [pair for claim in _claims() for pair in judge._model.windows(claim)]
    np.testing.assert_allclose(judge._model.read(pairs, _ignore), expected, atol=1e-4)


async def test_verdicts_keep_the_order_of_the_claims_and_judgements_may_overlap(judge: NliJudge) -> None:
    claims = [Claim(_SENTENCES[0], (_PASSAGE,)), *_claims(), Claim(_SENTENCES[1], (_PASSAGE, _PASSAGE))]
    alone = [(await judge.judge("", [claim], Deadline.after(60), Heard())).verdicts[0] for claim in claims]
    both = await asyncio.gather(*(judge.judge("", claims, Deadline.after(60), Heard()) for _ in range(2)))
    assert [list(judged.verdicts) for judged in both] == [alone, alone]
    assert (await judge.judge("", [], Deadline.after(60), Heard())).verdicts == ()


async def test_one_attempt_is_counted(judge: NliJudge) -> None:
    heard = Heard()
    await judge.judge("", _claims(), Deadline.after(60), heard)
    assert heard.attempts == 1


@pytest.mark.parametrize(
    "claim",
    [
        Claim("The plan costs 29 euro per month.", ()),
        Claim("The plan costs 29 euro per month.", ("", " \n")),
        Claim("", ("The plan costs 29 euro per month.",)),
        Claim("Тариф 29 euro.", ("The plan costs 29 euro per month.",)),
        Claim("the plan costs " * 20, ("The plan costs 29 euro per month.",)),
    ],
    ids=["no passage", "empty passages", "empty sentence", "unknown words", "sentence too long"],
)
async def test_what_the_model_cannot_read_is_not_stated(claim: Claim, judge: NliJudge) -> None:
    assert judge._model.windows(claim) == []
    assert (await judge.judge("", [claim], Deadline.after(60), Heard())).verdicts == (Verdict.NOT_STATED,)


def test_passages_that_fit_are_one_window_and_others_have_their_own(judge: NliJudge) -> None:
    short = Claim(_SENTENCES[0], _SENTENCES[1:4])
    assert len(judge._model.windows(short)) == 1
    long = judge._model.windows(Claim(_SENTENCES[0], (_PASSAGE, _SENTENCES[1])))
    assert len(long) > 3
    assert max(len(pair.ids) for pair in long) <= 64
    assert all(pair.ids[-9:-1] == judge._model._tokenizer.encode(_SENTENCES[0]).ids[1:-1] for pair in long)


def test_windows_hold_whole_sentences_under_the_heading() -> None:
    sentences = [f"Sentence {number} has so many words." for number in range(12)]
    found = list(windows("Billing > Plans\n" + " ".join(sentences), 29, _tokens))
    assert [part.split("\n")[0] for part in found] == ["Billing > Plans"] * len(found)
    assert found[0] == "Billing > Plans\n" + " ".join(sentences[:4])
    assert all(part.split("\n")[1].startswith("Sentence") and part.endswith(".") for part in found)
    assert max(len(_tokens(part)) for part in found) <= 29
    assert all(sentence in " ".join(found) for sentence in sentences)
    assert sum(part.count("Sentence") for part in found) > len(sentences)


@pytest.mark.parametrize("room", [4, 10, 57])
def test_text_without_an_end_is_cut_into_parts_that_overlap(room: int) -> None:
    words = [f"w{number}" for number in range(100)]
    found = [part.split() for part in windows(" ".join(words), room, _tokens)]
    assert max(map(len, found)) <= room
    assert list(dict.fromkeys(word for part in found for word in part)) == words
    assert all(before[-1] in after for before, after in pairwise(found))


def test_no_window_lies_within_another() -> None:
    text = " ".join([*(f"W{number}." for number in range(20)), "x" + " y" * 16 + ".", *(f"Z{n}." for n in range(9))])
    found = list(windows(text, 20, _tokens))
    assert not [part for part in found if any(part in other for other in found if other is not part)]
    assert "x" + " y" * 16 + "." in " | ".join(found)
    assert " ".join(found).split()[-1] == "Z8."


_THREE = (Verdict.CONTRADICTED, Verdict.NOT_STATED, Verdict.SUPPORTED)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([[0.1, 0.2, 0.7]], Verdict.SUPPORTED),
        ([[0.1, 0.45, 0.45]], Verdict.NOT_STATED),
        ([[0.3, 0.3, 0.4]], Verdict.NOT_STATED),
        ([[0.6, 0.2, 0.2]], Verdict.CONTRADICTED),
        ([[0.0, 0.9, 0.1], [0.1, 0.2, 0.7], [0.1, 0.8, 0.1]], Verdict.SUPPORTED),
        ([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7]], Verdict.CONTRADICTED),
        ([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]], Verdict.SUPPORTED),
        ([[np.nan, np.nan, np.nan]], Verdict.NOT_STATED),
        (np.zeros((0, 3)), Verdict.NOT_STATED),
    ],
)
def test_the_best_window_decides_unless_one_contradicts_with_more_probability(rows: Any, verdict: Verdict) -> None:  # noqa: ANN401 - rows of numbers
    assert decide(np.array(rows, dtype=np.float32), _THREE, 0.5) is verdict


def test_a_model_of_two_labels_contradicts_nothing() -> None:
    two = (Verdict.NOT_STATED, Verdict.SUPPORTED)
    assert decide(np.array([[0.1, 0.9]], dtype=np.float32), two, 0.8) is Verdict.SUPPORTED
    assert decide(np.array([[0.3, 0.7]], dtype=np.float32), two, 0.8) is Verdict.NOT_STATED
    assert decide(np.array([[0.9, 0.1]], dtype=np.float32), two, 0.8) is Verdict.NOT_STATED


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["contradiction", "entailment", "neutral"], (Verdict.CONTRADICTED, Verdict.SUPPORTED, Verdict.NOT_STATED)),
        (["NEUTRAL", "Entails", "Contradicts"], (Verdict.NOT_STATED, Verdict.SUPPORTED, Verdict.CONTRADICTED)),
        (["entailment", "not_entailment"], (Verdict.SUPPORTED, Verdict.NOT_STATED)),
        (["Non-Entailment", "ENTAILMENT"], (Verdict.NOT_STATED, Verdict.SUPPORTED)),
    ],
)
def test_labels_are_read_in_any_order_and_spelling(
    names: list[str], labels: tuple[Verdict, ...], tmp_path: Path
) -> None:
    assert labels_in(_config(tmp_path, {"id2label": dict(enumerate(names))})) == labels


@pytest.mark.parametrize(
    "names",
    [
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        ["entailment"],
        ["neutral", "contradiction"],
        ["entailment", "entails", "neutral"],
        ["entailment", "positive"],
        [],
    ],
)
def test_other_labels_are_refused_in_one_line_that_names_the_setting(names: list[str], tmp_path: Path) -> None:
    _config(tmp_path, {"id2label": dict(enumerate(names))})
    with pytest.raises(SettingsError, match=r"^setting proof\.model: .*its labels are .*$"):
        open_nli_judge(tmp_path, tmp_path / "exports", setting="proof.model")
    assert not (tmp_path / "exports").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"id2label": {"1": "entailment"}}', '{"id2label": 3}'])
def test_a_folder_without_a_readable_config_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(SettingsError, match=r"^setting judge\.nli_model: .*config\.json has no readable id2label$"):
        open_nli_judge(tmp_path, tmp_path)


def test_a_folder_that_is_not_there_or_has_no_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such folder"):
        open_nli_judge(tmp_path / "missing", tmp_path)
    _config(tmp_path, {"id2label": _LABELS})
    with pytest.raises(SettingsError, match=r"no \.safetensors weights"):
        open_nli_judge(tmp_path, tmp_path)


def _cut_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])


def _without_a_head(folder: Path) -> None:
    from safetensors.numpy import load_file, save_file  # noqa: PLC0415

    weights = load_file(folder / "model.safetensors")
    save_file({name: weights[name] for name in weights if "classifier" not in name}, folder / "model.safetensors")


def _without_a_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (_cut_weights, "SafetensorError: "),
        (_without_a_head, "weights are missing: classifier.bias, classifier.weight"),
        (_without_a_tokenizer, "Error: "),
    ],
)
def test_a_broken_model_is_refused_in_one_line(
    harm: Callable[[Path], None], reason: str, source: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "model"))
    harm(folder)
    with pytest.raises(SettingsError) as refused:
        open_nli_judge(folder, tmp_path / "exports")
    assert str(refused.value).startswith(f"setting judge.nli_model: {folder} cannot be used: ")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list((tmp_path / "exports").iterdir()) == []


async def test_at_the_deadline_the_judgement_is_a_model_timeout(judge: NliJudge) -> None:
    with pytest.raises(RetryableModelError) as late:
        await judge.judge("", _claims(), Deadline(0.0, lambda: 0.0), Heard())
    assert late.value.failure is Failure.MODEL_TIMEOUT


async def test_no_run_of_the_model_begins_after_the_deadline(judge: NliJudge) -> None:
    seconds = count()
    with pytest.raises(RetryableModelError) as late:
        await judge.judge("", _claims() * 20, Deadline(3600, lambda: 1200.0 * next(seconds)), Heard())
    assert late.value.failure is Failure.MODEL_TIMEOUT
    # One reading for the timeout, then one before each run: 1200, 2400, 3600.
    assert next(seconds) == 4


async def test_waiting_for_another_judgement_ends_at_the_deadline(judge: NliJudge) -> None:
    async with judge._turn:
        with pytest.raises(RetryableModelError) as late:
            await judge.judge("", _claims(), Deadline.after(0.01), Heard())
    assert late.value.failure is Failure.MODEL_TIMEOUT


@pytest.mark.usefixtures("model")
def test_serving_reads_the_kept_export_without_torch(source: Path, exports: Path) -> None:
    (kept,) = exports.iterdir()
    written = (kept / "model.onnx").stat().st_mtime_ns
    program = (
        "import sys; from pathlib import Path; from pipeline.proof.nli import open_nli_judge;"
        "open_nli_judge(Path(sys.argv[1]), Path(sys.argv[2]));"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", program, str(source), str(exports)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout == "[]\n"
    assert (kept / "model.onnx").stat().st_mtime_ns == written


@pytest.mark.usefixtures("model")
def test_a_changed_model_is_exported_anew_beside_the_other(source: Path, exports: Path, tmp_path: Path) -> None:
    kept = Path(shutil.copytree(exports, tmp_path / "exports"))
    changed = Path(shutil.copytree(source, tmp_path / "model"))
    settings = json.loads((changed / "config.json").read_bytes())
    _config(changed, {**settings, "layer_norm_eps": 1e-6})
    open_nli_judge(changed, kept)
    assert sorted(folder.name.split("@")[0] for folder in kept.iterdir()) == ["nli-model", "nli-model"]


@pytest.mark.usefixtures("model")
def test_a_damaged_export_is_made_again(source: Path, exports: Path, tmp_path: Path) -> None:
    (kept,) = Path(shutil.copytree(exports, tmp_path / "exports")).iterdir()
    whole = (kept / "model.onnx").read_bytes()
    (kept / "model.onnx").write_bytes(whole[:1000])
    open_nli_judge(source, kept.parent)
    assert len((kept / "model.onnx").read_bytes()) == len(whole)


def _config(folder: Path, content: dict[str, Any]) -> Path:
    file = folder / "config.json"
    file.write_text(json.dumps(content))
    return file
