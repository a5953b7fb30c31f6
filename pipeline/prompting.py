"""Stage 5 (prompt): build the prompt from a versioned template, with whole chunks, under the size limit."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

from index.errors import SettingsError
from index.retrieval import RetrievedChunk
from pipeline.contract import REPLY_SCHEMA
from pipeline.proof.judge import Claim
from pipeline.types import Completion, Message, NormalizedQuestion, Prompt, ThreadTurn

_PARTS = ("system.md", "user.md")
# The prompt's own marks. In a document or a question they are escaped, so that neither can forge one.
_FORGED_MARK = re.compile(
    r"^([^\S\n]*+)(\[\d+\]\s*chunk_id\s*=|question\s*:|asked\s*:|</?context|(?:passage|sentence)\s+\d)",
    re.IGNORECASE | re.MULTILINE,
)
_REPAIR_EXCERPT = 2000


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A released template. `content_hash` is the first 12 hex digits of the SHA-256 of its files."""

    version: str
    system: str
    user: str
    content_hash: str


def load_template(version: str) -> PromptTemplate:
    """Return the template `name/version` of the package `prompts`; SettingsError if there is none."""
    if not re.fullmatch(r"[a-z_]+/v\d+", version):
        raise SettingsError(f"prompt version {version!r} is not of the form name/v1")
    name, number = version.split("/")
    folder = files("prompts") / name / number
    try:
        texts = [(folder / part).read_text(encoding="utf-8") for part in _PARTS]
    except OSError as error:
        raise SettingsError(f"there is no prompt {version}") from error
    digest = sha256("\0".join(texts).encode()).hexdigest()[:12]
    return PromptTemplate(version, texts[0].strip(), texts[1].strip(), digest)


def build_prompt(
    question: NormalizedQuestion,
    chunks: Sequence[RetrievedChunk],
    template: PromptTemplate,
    max_tokens: int,
    language: str = "",
) -> Prompt:
    """Return the prompt with as many whole chunks as fit, best first.

    The first chunk that does not fit is dropped, and all after it, so that a worse chunk never replaces a better one.
    """
    kept: tuple[RetrievedChunk, ...] = ()
    prompt = _assembled(question, kept, template, language)
    for chunk in chunks:
        larger = _assembled(question, (*kept, chunk), template, language)
        if larger.size > max_tokens:
            break
        kept, prompt = (*kept, chunk), larger
    return prompt


def condense_prompt(question: NormalizedQuestion, earlier: Sequence[ThreadTurn], template: PromptTemplate) -> Prompt:
    """Return the prompt that asks to rewrite a follow-up as a question that can be understood alone."""
    turns = "\n".join(f"- {turn.by}: {' '.join(turn.text.split())}" for turn in earlier)
    user = Template(template.user).substitute(earlier=_escaped(turns), question=_escaped(question.text))
    messages = (Message("system", template.system), Message("user", user))
    return _prompt(template, messages, question.text)


def judge_prompt(
    question: str, claims: Sequence[Claim], template: PromptTemplate, reply_schema: Mapping[str, Any]
) -> Prompt:
    """Return the prompt that asks whether the passages of each claim state it."""
    passages = list(dict.fromkeys(passage for claim in claims for passage in claim.passages))
    user = Template(template.user).substitute(
        question=_escaped(question),
        passages="\n\n".join(f"Passage {number}:\n{_escaped(passage)}" for number, passage in enumerate(passages, 1)),
        claims="\n\n".join(_claim(number, claim, passages) for number, claim in enumerate(claims, 1)),
    )
    messages = (Message("system", template.system), Message("user", user))
    return _prompt(template, messages, question, reply_schema=reply_schema)


def repair_prompt(prompt: Prompt, failed: Completion, problem: str, template: PromptTemplate) -> Prompt:
    """Return the prompt that shows the model its reply and what is wrong with it, and asks for another one."""
    request = Template(template.user).substitute(problem=problem)
    system = Message("system", f"{prompt.messages[0].content}\n\n{template.system}")
    messages = (
        system,
        *prompt.messages[1:],
        Message("assistant", failed.text[:_REPAIR_EXCERPT]),
        Message("user", request),
    )
    return _prompt(template, messages, prompt.question, prompt.chunks)


def estimated_tokens(text: str) -> int:
    """Return an upper estimate: one token per three UTF-8 bytes.

    English runs at about four bytes a token and CJK at three or more in the tokenizers in use, so the
    estimate errs on the safe side without a tokenizer per model.
    """
    return math.ceil(len(text.encode()) / 3)


def _assembled(
    question: NormalizedQuestion, chunks: tuple[RetrievedChunk, ...], template: PromptTemplate, language: str
) -> Prompt:
    blocks = "\n\n".join(_block(marker, chunk) for marker, chunk in enumerate(chunks, 1))
    user = Template(template.user).substitute(context=blocks, question=_escaped(question.text))
    system = Template(template.system).safe_substitute(language=language or "the language of the question")
    messages = (Message("system", system), Message("user", user))
    return _prompt(template, messages, question.text, chunks)


def _prompt(
    template: PromptTemplate,
    messages: tuple[Message, ...],
    question: str,
    chunks: tuple[RetrievedChunk, ...] = (),
    reply_schema: Mapping[str, Any] = REPLY_SCHEMA,
) -> Prompt:
    return Prompt(
        template.version, template.content_hash, messages, question, chunks, _size(messages), reply_schema=reply_schema
    )


def _claim(number: int, claim: Claim, passages: Sequence[str]) -> str:
    cited = ", ".join(str(passages.index(passage) + 1) for passage in claim.passages)
    return f"Sentence {number}, which cites passages {cited}:\n{_escaped(claim.sentence)}"


def _block(marker: int, chunk: RetrievedChunk) -> str:
    title = " ".join(chunk.title.split())
    return f"[{marker}] chunk_id={chunk.chunk_id}, title={title}\n{_escaped(chunk.text)}"


def _escaped(text: str) -> str:
    return _FORGED_MARK.sub(r"\1\\\2", text)


def _size(messages: Sequence[Message]) -> int:
    return sum(estimated_tokens(message.content) + 4 for message in messages)
