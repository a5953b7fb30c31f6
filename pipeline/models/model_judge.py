"""The judge that asks a language model: one request for all sentences of a draft."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.contract import only_object
from pipeline.errors import SchemaError
from pipeline.models.provider import ModelProvider
from pipeline.prompting import PromptTemplate, judge_prompt
from pipeline.proof.judge import Claim, Judgement, Verdict
from pipeline.types import Deadline

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


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sentence: int
    verdict: Literal["supported", "contradicted", "not_stated"]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore")

    verdicts: tuple[_Entry, ...]
    answers_question: bool | None = None


class ModelJudge:
    """Asks a provider, which may be the one that writes the drafts or another one."""

    def __init__(self, provider: ModelProvider, template: PromptTemplate) -> None:
        self.name = f"{provider.name}/{provider.model} {template.version}@{template.content_hash}"
        self._provider = provider
        self._template = template

    async def judge(
        self, question: str, claims: Sequence[Claim], deadline: Deadline, attempted: Callable[[], None]
    ) -> Judgement:
        """Return one verdict for each claim. Raises a ModelError, or SchemaError for a reply that misses a claim."""
        prompt = judge_prompt(question, claims, self._template, VERDICTS_SCHEMA)
        completion = await self._provider.complete(prompt, deadline, attempted)
        reply = _parsed(completion.text)
        given = {entry.sentence: Verdict(entry.verdict) for entry in reply.verdicts}
        if len(reply.verdicts) != len(claims) or given.keys() != set(range(1, len(claims) + 1)):
            raise SchemaError("verdicts: not one for each sentence")
        return Judgement(
            verdicts=tuple(given[number] for number in range(1, len(claims) + 1)),
            answers_question=reply.answers_question,
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            cost_usd=completion.cost_usd,
        )

    async def aclose(self) -> None:
        """Close the connections of the provider."""
        await self._provider.aclose()


def _parsed(text: str) -> _Reply:
    try:
        return _Reply.model_validate(only_object(text))
    except (ValidationError, json.JSONDecodeError) as error:
        raise SchemaError("verdicts: not readable") from error
