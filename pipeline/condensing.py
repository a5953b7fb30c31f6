"""Rewrite a follow-up in a thread as a question that can be understood alone. Runs between admit and recall."""

import re
from collections.abc import Sequence

from pipeline.contract import parse_reply
from pipeline.drafting import Writer
from pipeline.errors import LimitReachedError, ModelError, SchemaError
from pipeline.limits import PipelineLimits
from pipeline.normalizing import normalize
from pipeline.prompting import condense_prompt
from pipeline.recorder import Recorder
from pipeline.safety.instructions import is_instruction
from pipeline.types import NormalizedQuestion, RequestContext, ThreadTurn

# "Is there an app?" asks for something new; "how do I get there?" does not.
_THERE = r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )there(?! (?:is|are|was|were|any|anything|a)\b)"
# Words that refer to something said before.
_REFERS_BACK = re.compile(
    rf"\b(?:it|its|that|those|these|this|they|them|their|{_THERE}|then|he|she|one|ones|same|other|others|either|both)\b"
    r"|^\s*(?:and|or|but|so|also|what about|how about|what if|else|otherwise|since when|how so)\b"
    r"|^\s*why(?: not)?\s*\?*$"
    r"|\b(?:instead|as well|too|else)\s*\?*$",
    re.IGNORECASE,
)
# A question with fewer words is taken for a follow-up.
_STANDS_ALONE_WORDS = 4
# How many of the latest turns the model gets.
_TURNS = 6


def is_follow_up(question: str) -> bool:
    """Tell whether a question can be understood only with the turns before it."""
    return bool(_REFERS_BACK.search(question)) or len(question.split()) < _STANDS_ALONE_WORDS


async def condensed(
    question: NormalizedQuestion,
    context: RequestContext,
    writer: Writer | None,
    limits: PipelineLimits,
    record: Recorder,
) -> NormalizedQuestion:
    """Return a follow-up rewritten by the model, or joined to the question before it; any other question as it is.

    The model's wording is untrusted and checked like a question. It changes what is searched for, never what counts
    as proof.
    """
    if not is_follow_up(question.text):
        return question
    turns = [turn for turn in context.earlier[-_TURNS:] if not is_instruction(turn.text)]
    if writer:
        try:
            prompt = condense_prompt(question, turns, writer.templates.condense)
            in_time = context.deadline.leaving(limits.fallback_reserve_s)
            completion = await writer.provider.complete(prompt, in_time, record.attempted)
            record.completed(completion)
            rewritten = normalize(parse_reply(completion.text, limits.reply_chars).answer, limits.question_chars)
            if not is_instruction(rewritten.text):
                return rewritten
        except (ModelError, SchemaError, LimitReachedError):
            # Joining the follow-up to the question before it needs no model.
            pass
    return _joined(question, turns, limits)


def _joined(question: NormalizedQuestion, turns: Sequence[ThreadTurn], limits: PipelineLimits) -> NormalizedQuestion:
    before = [turn.text for turn in turns if turn.by == "asker"]
    try:
        return normalize(f"{before[-1]} {question.text}", limits.question_chars) if before else question
    except LimitReachedError:
        return question
