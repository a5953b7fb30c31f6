"""Withhold text that addresses a model from the chunks, and find what nobody may see in its reply."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable
from pipeline.safety.instructions import is_instruction
from pipeline.safety.redaction import credentials
from pipeline.types import Draft, Finding, FindingCode, Prompt

# A run of this many words of the system prompt is a leak.
_LEAK_WORDS = 8
_WITHHELD = "(withheld)"
_SCREENED_CHUNKS = 4096
_TAGGED = re.compile(
    r"<(\w*(?:information|system|instruction|important|admin|secret|prompt)\w*)>.*?(?:</\1>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
# What stands before the words of a line: marks of quotes, list items, headings and table rows.
_MARKS = re.compile(r"[ \t]*(?:>[ \t]*)*(?:(?:[-*+•]|\d{1,3}[.)]|#{1,6})[ \t]+|\|[ \t]*)?")
# A list item, a heading, a table row, a fence or a footnote begins a passage.
_BEGINS = re.compile(r"[ \t]*(?:>[ \t]*)*(?:(?:[-*+•]|\d{1,3}[.)]|#{1,6})[ \t]|\||`{3}|~{3}|\[[^\]\n]+\]:)")
# A heading, a table row and a fence are passages of one line.
_ONE_LINE = re.compile(r"[ \t]*(?:>[ \t]*)*(?:#{1,6}[ \t]|\||`{3}|~{3})")


def screened(chunks: Sequence[RetrievedChunk]) -> tuple[tuple[RetrievedChunk, ...], int]:
    """Return the chunks without the passages that address a model, and the number of passages withheld.

    The model never sees a withheld passage and no quote can come from it; the rest of its chunk stays evidence.
    """
    found = [(chunk, *_screened_text(chunk.text)) for chunk in chunks]
    named = tuple(
        replace(chunk, text=text, title=_name(chunk.title), heading=_name(chunk.heading)) for chunk, text, _ in found
    )
    return named, sum(len(passages) for _, _, passages in found)


def withheld(text: str) -> tuple[str, ...]:
    """Return the passages of a chunk's text that address a model: those that `screened` takes out."""
    return _screened_text(text)[1]


def violations(draft: Draft, prompt: Prompt) -> tuple[Finding, ...]:
    """Return the reasons why nobody may see `draft`, not even a reviewer; usually none."""
    shown = "\n".join([draft.answer, *(citation.quote for citation in draft.citations)])
    spans = (*_own_words(draft.answer, prompt), *_foreign_credentials(shown, prompt))
    return tuple(Finding(code=FindingCode.LEAK, span=span) for span in spans)


@lru_cache(maxsize=_SCREENED_CHUNKS)
def _screened_text(text: str) -> tuple[str, tuple[str, ...]]:
    found: list[str] = []

    def kept(passage: str) -> str:
        if not is_instruction(passage):
            return passage
        found.append(passage.strip())
        marks = _MARKS.match(passage)
        return f"{marks[0] if marks else ''}{_WITHHELD}{passage[len(passage.rstrip()) :]}"

    untagged = _TAGGED.sub(lambda match: kept(match[0]), text)
    return "".join(map(kept, _passages(untagged))), tuple(found)


def _passages(text: str) -> Iterator[str]:
    """Yield the paragraphs, list items, headings and table rows of `text`; joined, they are the text again."""
    passage, before = "", ""
    for line in text.splitlines(keepends=True):
        begins = (before and not before.strip() and line.strip()) or _BEGINS.match(line) or _ONE_LINE.match(before)
        if begins and passage:
            yield passage
            passage = ""
        passage, before = passage + line, line
    if passage:
        yield passage


def _name(text: str) -> str:
    return _WITHHELD if is_instruction(text) else text


def _own_words(answer: str, prompt: Prompt) -> Iterator[str]:
    """Yield the first run of words that the answer shares with the system prompt and with no document."""
    words = comparable(answer).split()
    system = comparable(prompt.messages[0].content)
    evidence = comparable(" ".join(chunk.text for chunk in prompt.chunks))
    runs = (" ".join(words[start : start + _LEAK_WORDS]) for start in range(len(words) - _LEAK_WORDS + 1))
    found = next((run for run in runs if run in system and run not in evidence), None)
    if found:
        yield found


def _foreign_credentials(shown: str, prompt: Prompt) -> Iterator[str]:
    """Yield "a credential" if one is shown that stands neither in a document of the prompt nor in the question.

    The asker may read these documents and wrote the question: repeating them reveals nothing. Documentation is full of
    example keys, and without this rule no answer could quote them. What stands nowhere is from elsewhere.
    """
    known = _in_one_line("\n".join([prompt.question, *(chunk.text for chunk in prompt.chunks)]))
    if any(_in_one_line(value) not in known for value in credentials(shown)):
        yield "a credential"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
