"""The judge that asks a language model: one request for all sentences of a draft."""

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from pipeline.contract import read_object
from pipeline.errors import SchemaError
from pipeline.models.failover import Servers
from pipeline.models.provider import ModelProvider
from pipeline.prompting import PromptTemplate, judge_prompt
from pipeline.proof.judge import Claim, Judgement, Verdict
from pipeline.replies.forgiving import marker
from pipeline.replies.thinking import without_thinking
from pipeline.request_log import RequestLog, unreadable
from pipeline.types import Completion, Deadline

VERDICTS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "verdicts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "sentence": {"type": "integer"},
                    "verdict": {"type": "string", "enum": [verdict.value for verdict in Verdict]},
                },
                "required": ["sentence", "verdict"],
                "additionalProperties": False,
            },
        },
        "answers_question": {"type": "boolean"},
    },
    "required": ["verdicts", "answers_question"],
    "additionalProperties": False,
}

_REPLY_CHARS = 20_000
_SPACES = re.compile(r"[\s_-]+")
_REFUSING = re.compile(r"contradicted|not[ _-]?stated", re.IGNORECASE)


def _verdict(value: object) -> object:
    """Return a verdict that differs in case and spaces only: "!supported" is none."""
    return _SPACES.sub("_", value.strip().casefold()) if isinstance(value, str) else value


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sentence: Annotated[int, BeforeValidator(marker)]
    verdict: Annotated[Literal["supported", "contradicted", "not_stated"], BeforeValidator(_verdict)]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore")

    verdicts: tuple[_Entry, ...]
    answers_question: bool | None = None


class ModelJudge:
    """Asks a provider, which may be the one that writes the drafts or another one."""

    def __init__(self, servers: Servers, template: PromptTemplate) -> None:
        self.name = f"{servers.name}/{servers.model} {template.version}@{template.content_hash}"
        self._servers = servers
        self._template = template

    async def judge(self, question: str, claims: Sequence[Claim], deadline: Deadline, log: RequestLog) -> Judgement:
        """Return one verdict for each claim. Raises a ModelError, or SchemaError for a reply that misses a claim."""
        prompt = judge_prompt(question, claims, self._template, VERDICTS_SCHEMA)

        async def asked(provider: ModelProvider, in_time: Deadline) -> Judgement:
            completion = await provider.complete(prompt, in_time, log)
            try:
                return await asyncio.to_thread(_judgement, completion, len(claims))
            except SchemaError:
                log.failed(unreadable(completion, is_counted=False))
                raise

        return await self._servers.ask(asked, deadline)

    async def aclose(self) -> None:
        """Close the connections of the servers."""
        await self._servers.aclose()


def _judgement(completion: Completion, sentences: int) -> Judgement:
    """Return the verdicts in a reply. Raises SchemaError if there is not one for each sentence."""
    if len(completion.text) > _REPLY_CHARS:
        raise SchemaError(f"verdicts: longer than {_REPLY_CHARS} characters")
    reply = read_object(completion.text, _Reply)
    refused = sum(entry.verdict != "supported" for entry in reply.verdicts)
    if len(_REFUSING.findall(without_thinking(completion.text))) > refused:
        # A refusal stands outside what was read: another object, a key twice, an afterthought.
        raise SchemaError("verdicts: not only one reading")
    given = {entry.sentence: Verdict(entry.verdict) for entry in reply.verdicts}
    if len(reply.verdicts) != sentences or given.keys() != set(range(1, sentences + 1)):
        raise SchemaError("verdicts: not one for each sentence")
    return Judgement(
        verdicts=tuple(given[number] for number in range(1, sentences + 1)),
        answers_question=reply.answers_question,
        input_tokens=completion.input_tokens,
        output_tokens=completion.output_tokens,
        cost_usd=completion.cost_usd,
    )
