"""Part of stage 8: a reply that obeys a document's instruction, or repeats our own, is withheld."""

import re
from collections.abc import Iterator, Sequence

from pipeline.grounding import comparable
from pipeline.sentences import sentences
from pipeline.types import Draft, Finding, FindingCode, Prompt

_LEAK_WORDS = 8
_MODEL = r"(?:ai|llms?|assistants?|language models?|chat ?bots?)"
_INSTRUCTION = re.compile(
    "|".join(
        (
            (
                r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}"
                r"\b(?:previous|prior|above|earlier|preceding|all|your|the system|these)\b[^.\n]{0,30}"
                r"\b(?:instructions?|rules?|prompts?|guidelines?|directives?|context)\b"
            ),
            rf"\b(?:note|message|instructions?|attention|important)\b[^.\n]{{0,20}}\b(?:to|for)\b[^.\n]{{0,15}}\b{_MODEL}\b",
            rf"\b{_MODEL}\b[^.\n]{{0,30}}\bmust\b",
            (
                r"\b(?:begin|start|end|prefix|finish)\b[^.\n]{0,20}\b(?:your|every|each|the)\b[^.\n]{0,10}"
                r"\b(?:answers?|repl(?:y|ies)|responses?)\b[^.\n]{0,10}\b(?:with|by)\b"
            ),
            (
                r"\b(?:add|append|include|insert)\b[^.\n]{0,80}\b(?:to|in|into)\b[^.\n]{0,10}\b(?:your|every|each)\b"
                r"[^.\n]{0,10}\b(?:answers?|repl(?:y|ies)|responses?)\b"
            ),
            r"\bwhatever the (?:user|question)\b",
            r"\b(?:reveal|print|repeat|output|show)\b[^.\n]{0,30}\bsystem prompt\b",
            r"\byou are now\b[^.\n]{0,40}\b(?:mode|unrestricted|dan|ai|assistant)\b",
            r"<\|?im_(?:start|end)",
            r"\bnew (?:system )?(?:policy|instructions?):",
        )
    ),
    re.IGNORECASE,
)


def is_instruction(text: str) -> bool:
    """Tell whether `text` is shaped like an instruction to a model rather than to a reader."""
    return _INSTRUCTION.search(text) is not None


def violations(draft: Draft, prompt: Prompt) -> tuple[Finding, ...]:
    """Return why `draft` may not be shown to anybody, not even to a reviewer; normally nothing."""
    return (*_obeyed(draft, prompt), *_leaked(draft, prompt))


def _obeyed(draft: Draft, prompt: Prompt) -> Iterator[Finding]:
    if is_instruction(draft.answer):
        yield Finding(code=FindingCode.INJECTION, span=draft.answer)
    instructions = [
        comparable(sentence)
        for chunk in prompt.chunks
        for sentence in sentences(chunk.text)
        if is_instruction(sentence)
    ]
    for citation in draft.citations:
        quote = comparable(citation.quote)
        if quote and any(quote in instruction or instruction in quote for instruction in instructions):
            yield Finding(code=FindingCode.INJECTION, span=citation.quote)


def _leaked(draft: Draft, prompt: Prompt) -> Iterator[Finding]:
    answer = comparable(draft.answer).split()
    system = " ".join(comparable(prompt.messages[0].content).split())
    for run in _runs(answer, _LEAK_WORDS):
        if run in system:
            yield Finding(code=FindingCode.LEAK, span=run)
            return


def _runs(words: Sequence[str], length: int) -> Iterator[str]:
    for start in range(len(words) - length + 1):
        yield " ".join(words[start : start + length])
