"""Rewrite a follow-up in a thread as a question that can be understood alone. Runs between admit and recall."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from index.stemming import stem
from index.terms import question_terms
from pipeline.contract import read_object
from pipeline.drafting import Writer
from pipeline.errors import LimitReachedError, ModelError, SchemaError
from pipeline.limits import PipelineLimits
from pipeline.models.provider import ModelProvider
from pipeline.normalizing import normalize
from pipeline.prompting import condense_prompt
from pipeline.recorder import Recorder
from pipeline.request_log import unreadable
from pipeline.types import Deadline, NormalizedQuestion, RequestContext, ThreadTurn
from pipeline.understanding.followups import continued, is_follow_up
from pipeline.understanding.smalltalk import kind_of

# How many of the latest turns the model gets.
_TURNS = 6
# A model may add a few words of its own to those of the thread.
_OWN_WORDS = 0.5


class _Rewritten(BaseModel):
    """A reply that holds a question; the other fields of a reply mean nothing here."""

    model_config = ConfigDict(extra="ignore")

    answer: str


async def condensed(
    question: NormalizedQuestion,
    context: RequestContext,
    writer: Writer | None,
    limits: PipelineLimits,
    record: Recorder,
) -> NormalizedQuestion:
    """Return a follow-up rewritten by the model, or joined to the question before it; any other question as it is.

    The model's wording is untrusted: it is normalized like a question, and most of its content words must have been
    said in the thread. It changes what is searched for, never what counts as proof.
    """
    if not context.earlier or not is_follow_up(question.text):
        return question
    turns = [turn for turn in context.earlier if turn.by == "assistant" or kind_of(turn.text) is None]
    if writer:
        try:
            prompt = condense_prompt(question, turns[-_TURNS:], writer.templates.condense)
            in_time = context.deadline.leaving(limits.fallback_reserve_s)

            async def asked(provider: ModelProvider, in_time: Deadline) -> str:
                completion = await provider.complete(prompt, in_time, record)
                record.completed(completion)
                try:
                    return read_object(completion.text[: limits.reply_chars], _Rewritten).answer
                except SchemaError:
                    record.failed(unreadable(completion, is_counted=True))
                    raise

            rewritten = normalize(await writer.servers.ask(asked, in_time), limits.question_chars)
            if _is_of_the_thread(rewritten.text, [question.text, *(turn.text for turn in turns)]):
                return rewritten
        except (ModelError, SchemaError, LimitReachedError):
            # Joining the follow-up to the question before it needs no model.
            pass
    return _joined(question, turns, limits)


def _is_of_the_thread(rewritten: str, said: Sequence[str]) -> bool:
    """Tell whether most content words of a rewritten question were said in the thread."""
    known = {stem(term) for text in said for term in question_terms(text)}
    terms = [stem(term) for term in question_terms(rewritten)]
    return sum(term not in known for term in terms) <= _OWN_WORDS * len(terms)


def _joined(question: NormalizedQuestion, turns: Sequence[ThreadTurn], limits: PipelineLimits) -> NormalizedQuestion:
    """Return the follow-up after the question that it continues; without the follow-ups between if that is too long."""
    before = continued(turns)
    for kept in (before, before[:1]):
        try:
            return normalize(" ".join((*kept, question.text)), limits.question_chars)
        except LimitReachedError:
            continue
    return question
