"""The port of the second reader, who says of each sentence whether the passages that it cites state it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pipeline.request_log import RequestLog
from pipeline.types import Deadline


class Verdict(StrEnum):
    """What a judge says of a sentence."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a draft without its markers, and the chunks, with their headings, that it quotes."""

    sentence: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict for each claim, in their order, and whether the claims together answer the question (None: not said).

    Token counts are None where the judge gives none.
    """

    verdicts: tuple[Verdict, ...]
    answers_question: bool | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


class Judge(Protocol):
    """Reads claims against their passages. It sees neither the draft's confidence nor what to find."""

    name: str

    async def judge(self, question: str, claims: Sequence[Claim], deadline: Deadline, log: RequestLog) -> Judgement:
        """Return one verdict for each claim. Tells `log` of each request.

        Raises a ModelError or SchemaError if there is no verdict for every claim: none of them counts as proved then.
        """

    async def aclose(self) -> None:
        """Close the connections."""
