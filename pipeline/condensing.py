"""Between admit and recall: a follow-up in a thread becomes a question that needs no thread."""

import re
from collections.abc import Sequence

from pipeline.errors import LimitReachedError, ModelError, SchemaError
from pipeline.limits import PipelineLimits
from pipeline.models.provider import ModelProvider
from pipeline.models.reply_schema import parse_reply
from pipeline.normalizing import normalize
from pipeline.prompting import PromptTemplate, condense_prompt
from pipeline.recorder import Recorder
from pipeline.safety.instructions import is_instruction
from pipeline.types import NormalizedQuestion, RequestContext, ThreadTurn

# "Is there an app?" asks for something new; "how do I get there?" does not.
_THERE = r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )there(?! (?:is|are|was|were|any|anything|a)\b)"
# Words that point back at something said before; and questions too short to stand alone.
_LEANS = re.compile(
    rf"\b(?:it|its|that|those|these|this|they|them|their|{_THERE}|then|he|she|one|ones|same|other|others|either|both)\b"
    r"|^\s*(?:and|or|but|so|also|what about|how about|what if|else|otherwise|since when|how so)\b"
    r"|^\s*why(?: not)?\s*\?*$"
    r"|\b(?:instead|as well|too|else)\s*\?*$",
    re.IGNORECASE,
)
_STANDS_ALONE_WORDS = 4
_TURNS = 6


def leans_back(question: str) -> bool:
    """Tell whether a reply can be understood only with what was said before it."""
    return bool(_LEANS.search(question)) or len(question.split()) < _STANDS_ALONE_WORDS


async def condensed(
    question: NormalizedQuestion,
    context: RequestContext,
    provider: ModelProvider,
    template: PromptTemplate | None,
    limits: PipelineLimits,
    record: Recorder,
) -> NormalizedQuestion:
    """Return the follow-up as a question of its own: by the model, or joined to the question before it.

    What a model writes here is as untrusted as anything it writes: it must pass as a question. It can only
    change what is searched for, never what counts as proof.
    """
    if not leans_back(question.text):
        return question
    turns = [turn for turn in context.earlier[-_TURNS:] if not is_instruction(turn.text)]
    if template:
        try:
            prompt = condense_prompt(question, turns, template)
            in_time = context.deadline.leaving(limits.fallback_reserve_s)
            completion = await provider.complete(prompt, in_time, record.attempted)
            record.completed(completion)
            alone = normalize(parse_reply(completion.text, limits.reply_chars).answer, limits.question_chars)
            if not is_instruction(alone.text):
                return alone
        except (ModelError, SchemaError, LimitReachedError):
            # The follow-up can still be read with the question before it.
            pass
    return _joined(question, turns, limits)


def _joined(question: NormalizedQuestion, turns: Sequence[ThreadTurn], limits: PipelineLimits) -> NormalizedQuestion:
    before = [turn.text for turn in turns if turn.by == "asker"]
    try:
        return normalize(f"{before[-1]} {question.text}", limits.question_chars) if before else question
    except LimitReachedError:
        return question
