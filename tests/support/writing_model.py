"""A model that always knows the answer: it reads the product's prompts and writes what a good model would."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_BLOCK = re.compile(r"^\[(\d+)\] chunk_id=(\S+), title=(.*)$", re.MULTILINE)
_CLAIM = re.compile(r"^Sentence (\d+), which cites passages?\b", re.MULTILINE)
_FOLLOW_UP = "Earlier turns, oldest first:"
_ASKED = "Question:"
INSUFFICIENT: Mapping[str, Any] = {
    "status": "insufficient_context",
    "answer": "",
    "confidence": "low",
    "citations": [],
}
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Known:
    """What the model answers to a question.

    In `answer`, `{0}` stands for the marker of the block that holds the first quote, `{id0}` for its chunk id, and
    `{t0}` for its title.
    """

    question: str
    answer: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A context block of a prompt."""

    marker: int
    chunk_id: str
    title: str
    text: str


def reply_to(messages: Sequence[Mapping[str, Any]], known: Sequence[Known]) -> str:
    """Return the JSON that answers a prompt: a draft, verdicts, or a follow-up in words of its own."""
    asked = "\n\n".join(text_of(message) for message in messages if message.get("role") != "assistant")
    if claims := _CLAIM.findall(asked):
        verdicts = [{"sentence": int(number), "verdict": "supported"} for number in claims]
        return json.dumps({"verdicts": verdicts, "answers_question": True})
    if _FOLLOW_UP in asked:
        question = asked.rsplit(_ASKED, 1)[-1].strip()
        return json.dumps({**INSUFFICIENT, "status": "answered", "answer": question, "confidence": "high"})
    return json.dumps(_draft(asked, known), ensure_ascii=False)


def text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, whose content is a text or a list of parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def blocks_of(prompt: str) -> list[Block]:
    """Return the context blocks of a prompt."""
    found = list(_BLOCK.finditer(prompt))
    ends = [match.start() for match in found[1:]] + [prompt.rfind(f"\n{_ASKED}")]
    return [
        Block(int(match[1]), match[2], match[3], prompt[match.end() : end])
        for match, end in zip(found, ends, strict=False)
    ]


def _draft(prompt: str, known: Sequence[Known]) -> dict[str, Any]:
    asked = _letters(prompt.rsplit(_ASKED, 1)[-1])
    # The longest question wins: one may be contained in another.
    answers = sorted((k for k in known if _letters(k.question) in asked), key=lambda k: -len(k.question))
    blocks = blocks_of(prompt)
    if not answers or not blocks:
        return dict(INSUFFICIENT)
    best = answers[0]
    cited: list[Block] = []
    for quote in best.quotes:
        cited.append(_holder(quote, blocks, cited))
    return {
        "status": "answered",
        "answer": _filled(best.answer, cited or blocks[:1]),
        "confidence": "high",
        "citations": [
            {"marker": block.marker, "chunk_id": block.chunk_id, "quote": quote}
            for block, quote in zip(cited, best.quotes, strict=True)
        ],
    }


def _holder(quote: str, blocks: Sequence[Block], taken: Sequence[Block]) -> Block:
    """Return the block that holds a quote, or most of its words; of equal ones, one that is not cited yet."""
    wanted = _letters(quote)
    words = set(wanted.split())

    def fit(block: Block) -> tuple[bool, int, bool]:
        held = _letters(block.text)
        return wanted in held, len(words & set(held.split())), block not in taken

    return max(blocks, key=fit)


def _filled(answer: str, cited: Sequence[Block]) -> str:
    for number, block in enumerate(cited):
        answer = answer.replace(f"{{{number}}}", str(block.marker))
        answer = answer.replace(f"{{id{number}}}", block.chunk_id).replace(f"{{t{number}}}", block.title)
    return answer.replace("¹", str(cited[0].marker).translate(_SUPERSCRIPTS))


def _letters(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()
