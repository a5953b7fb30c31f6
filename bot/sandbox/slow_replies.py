"""What the slow model replies to the product's prompts: sentences of the prompt's own passages, and nothing else."""

import re
from dataclasses import dataclass
from typing import Any

from index.stemming import stem
from index.terms import question_terms, words
from pipeline.proof.units import Unit, units

_BLOCK = re.compile(r"^\[(\d+)\] chunk_id=(\S+), title=(.*)\n", re.MULTILINE)
_PASSAGE = re.compile(r"^Passage (\d+):\n", re.MULTILINE)
_CLAIM = re.compile(r"^Sentence (\d+), which cites passages ([\d, ]+):\n", re.MULTILINE)
_ASKED = "\n\nQuestion:\n"
_ITEM_MARK = re.compile(r"\A(?:[-*+]|\d{1,3}[.)])\s+")
# An answer holds two thirds of the question's words at least, and five words at least, which a quote needs.
_SHARE, _WORDS = 0.66, 5
_UNITS_MAX = 8


@dataclass(frozen=True, slots=True)
class _Block:
    marker: int
    chunk_id: str
    title: str
    text: str


def is_slow(prompt: str) -> bool:
    """Tell whether a prompt asks for a draft, which takes the model its time."""
    return _BLOCK.search(prompt) is not None


def reply_to(prompt: str) -> dict[str, Any]:
    """Return the reply to a prompt, in the form that the prompt asks for: verdicts or a draft."""
    claim = _CLAIM.search(prompt)
    return _verdicts(prompt[: claim.start()], prompt[claim.start() :]) if claim else _draft(prompt)


def _verdicts(cited_from: str, claims: str) -> dict[str, Any]:
    """Return the verdicts: a sentence is supported if it stands in a passage that it cites, word for word."""
    passages = {int(match[1]): words(text) for match, text in _parts(_PASSAGE, cited_from)}
    verdicts = []
    for match, sentence in _parts(_CLAIM, claims):
        cited = [passages.get(int(number), []) for number in match[2].split(",")]
        verdict = "supported" if any(_holds(passage, words(sentence)) for passage in cited) else "not_stated"
        verdicts.append({"sentence": int(match[1]), "verdict": verdict})
    return {"verdicts": verdicts, "answers_question": True}


def _holds(passage: list[str], sentence: list[str]) -> bool:
    return f" {' '.join(sentence)} " in f" {' '.join(passage)} "


def _parts(head: re.Pattern[str], text: str) -> list[tuple[re.Match[str], str]]:
    """Return each match of a head with the text up to the next one."""
    found = list(head.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [(match, text[match.end() : end].strip()) for match, end in zip(found, ends, strict=False)]


def _draft(prompt: str) -> dict[str, Any]:
    """Return a draft: verbatim sentences, each with its marker."""
    context, _, question = prompt.rpartition(_ASKED)
    blocks = [_Block(int(match[1]), match[2], match[3], text) for match, text in _parts(_BLOCK, context)]
    asked = {stem(term) for term in question_terms(question)}
    found = [(_share(asked, block, unit), block, unit) for block in blocks for unit in _usable(block)]
    best = max(found, key=lambda one: one[0], default=None)
    if best is None or best[0] < _SHARE:
        return {"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []}
    _, block, unit = best
    # A step without the others says little, so the whole list or paragraph is repeated.
    said = [own.of(block.text) for own in _usable(block) if own.block == unit.block][:_UNITS_MAX]
    return {
        "status": "answered",
        "answer": "\n".join(f"{text} [{block.marker}]" for text in said),
        "confidence": "high",
        "citations": [_citation(block, text) for text in said],
    }


def _citation(block: _Block, text: str) -> dict[str, Any]:
    return {"marker": block.marker, "chunk_id": block.chunk_id, "quote": _ITEM_MARK.sub("", text)}


def _usable(block: _Block) -> list[Unit]:
    return [u for u in units(block.text) if u.kind in {"text", "item"} and len(words(u.of(block.text))) >= _WORDS]


def _share(asked: set[str], block: _Block, unit: Unit) -> float:
    """Return the share of the question's words that a unit has; those of the title count half."""
    said = {stem(word) for word in words(unit.of(block.text))}
    title = {stem(word) for word in words(block.title)} - said
    return (len(asked & said) + len(asked & title) / 2) / max(len(asked), 1)
