"""Withhold instructions to a model from the chunks, and find what nobody may see in its reply."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable
from pipeline.proof.units import units
from pipeline.safety.instructions import is_instruction
from pipeline.safety.redaction import holds_credential
from pipeline.types import Draft, Finding, FindingCode, Prompt

# A run of this many words of the system prompt is a leak.
_LEAK_WORDS = 8
_WITHHELD = "(withheld)"
_TAGGED = re.compile(
    r"<(\w*(?:information|system|instruction|important|admin|secret|prompt)\w*)>.*?(?:</\1>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_BLOCK = re.compile(r"(?:^[ \t]*\n)+", re.MULTILINE)
_SCREENED_CHUNKS = 4096


def screened(chunks: Sequence[RetrievedChunk]) -> tuple[tuple[RetrievedChunk, ...], int]:
    """Return the chunks without passages that instruct a model, and the number of passages withheld.

    The model never sees a withheld passage and no quote can come from it; the rest of its chunk stays evidence.
    """
    found = [(chunk, *_without_instructions(chunk.text)) for chunk in chunks]
    named = [
        (replace(chunk, text=text, title=_name(chunk.title), heading=_name(chunk.heading)), n)
        for chunk, text, n in found
    ]
    return tuple(chunk for chunk, _ in named), sum(count for _, count in named)


def violations(draft: Draft, prompt: Prompt) -> tuple[Finding, ...]:
    """Return the reasons why nobody may see `draft`, not even a reviewer; usually none."""
    return tuple(_leaked(draft, prompt))


@lru_cache(maxsize=_SCREENED_CHUNKS)
def _without_instructions(text: str) -> tuple[str, int]:
    text, count = _TAGGED.subn(lambda match: _WITHHELD if is_instruction(match[0]) else match[0], text)
    kept = []
    for block in _blocks(text):
        bad = [sentence for sentence in (unit.of(block) for unit in units(block)) if is_instruction(sentence)]
        if not bad and not is_instruction(block):
            kept.append(block)
            continue
        count += 1
        lines = block.splitlines(keepends=True)
        spared = [line for line in lines if not is_instruction(line)] if len(lines) > 1 else []
        remains = "".join(spared)
        kept.append(f"{_WITHHELD}\n" if is_instruction(remains) or not _is_list(lines) else f"{remains}{_WITHHELD}\n")
    return "".join(kept), count


def _blocks(text: str) -> list[str]:
    """Return the paragraphs of `text`, each with the blank lines after it."""
    ends = [match.end() for match in _BLOCK.finditer(text)]
    starts = [0, *ends]
    return [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True) if text[start:end]]


def _is_list(lines: Sequence[str]) -> bool:
    return sum(line.lstrip().startswith(("-", "*", "+", "|", "1", "2", "3")) for line in lines) > 1


def _name(text: str) -> str:
    return _WITHHELD if is_instruction(text) else text


def _leaked(draft: Draft, prompt: Prompt) -> Iterator[Finding]:
    shown = "\n".join([draft.answer, *(citation.quote for citation in draft.citations)])
    if holds_credential(shown):
        yield Finding(code=FindingCode.LEAK, span="a credential")
    words = comparable(draft.answer).split()
    system = comparable(prompt.messages[0].content)
    evidence = comparable(" ".join(chunk.text for chunk in prompt.chunks))
    # Words of the system prompt that also stand in a document are no leak.
    run = next((run for run in _runs(words, _LEAK_WORDS) if run in system and run not in evidence), None)
    if run:
        yield Finding(code=FindingCode.LEAK, span=run)


def _runs(words: Sequence[str], length: int) -> Iterator[str]:
    for start in range(len(words) - length + 1):
        yield " ".join(words[start : start + length])
