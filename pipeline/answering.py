"""The pipeline: a question in, an outcome and its trace out. Read it top to bottom."""

import asyncio
from dataclasses import dataclass, replace

import structlog

from index.errors import IndexUnavailableError
from index.retrieval import Retrieval, Retriever
from pipeline import fallbacks
from pipeline.caching import AnswerCache, CacheKey, CuratedAnswers
from pipeline.condensing import condensed
from pipeline.errors import LimitReachedError, ModelError, PipelineError, PolicyError, SchemaError
from pipeline.fallbacks import FALLBACKS, Evidence, Row, decide
from pipeline.limits import Admission, PipelineLimits
from pipeline.models.provider import ModelProvider
from pipeline.models.reply_schema import parse_reply
from pipeline.normalizing import normalize
from pipeline.prompting import PromptTemplate, build_prompt, repair_prompt
from pipeline.proof.verify import VerificationLimits, verify
from pipeline.recorder import Recorder, Watch, unwatched
from pipeline.safety import policy
from pipeline.safety.instructions import is_instruction
from pipeline.types import (
    Answered,
    Completion,
    Confidence,
    Draft,
    Failure,
    Finding,
    FindingCode,
    NormalizedQuestion,
    Outcome,
    Prompt,
    RequestContext,
    Trace,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts that the stages need, built once by the composition root.

    Without `condense` there is no model that could rewrite a follow-up.
    """

    retriever: Retriever
    provider: ModelProvider
    degraded: ModelProvider
    template: PromptTemplate
    repair: PromptTemplate
    admission: Admission
    cache: AnswerCache
    limits: PipelineLimits
    condense: PromptTemplate | None = None
    curated: CuratedAnswers | None = None


async def answer(
    pipeline: Pipeline, text: str, context: RequestContext, watch: Watch = unwatched
) -> tuple[Outcome, Trace]:
    """Return the one outcome of a question. Raises nothing but cancellation."""
    record = Recorder(context, watch=watch)
    try:
        outcome = await _stages(pipeline, text, context, record)
    except LimitReachedError as error:
        outcome = decide(error.failure, Evidence(limit=error.limit, retry_after=error.retry_after))
    except IndexUnavailableError:
        outcome = decide(Failure.INDEX_UNAVAILABLE, Evidence())
    except TimeoutError:
        outcome = decide(Failure.DEADLINE, Evidence())
    except Exception as error:  # noqa: BLE001 - the last resort: whoever asked gets an answer
        _log.error("pipeline_failed", request_id=context.request_id, error=type(error).__name__)
        outcome = decide(Failure.INTERNAL, Evidence())
    await pipeline.admission.spend(context, record.tokens)
    return outcome, record.finish(outcome)


async def _stages(pipeline: Pipeline, text: str, context: RequestContext, record: Recorder) -> Outcome:
    with record.stage("normalize"):
        question = normalize(text, pipeline.limits.question_chars)
    async with pipeline.admission.admitted(context):
        if is_instruction(question.text):
            return decide(Failure.POLICY, Evidence())
        if context.earlier:
            with record.stage("condense"):
                question = await _standalone(pipeline, question, context, record)
        with record.stage("recall"):
            key = await _cache_key(pipeline, question, context)
            approved = await pipeline.curated.recall(question, context) if pipeline.curated else None
            known = None if context.needs_approval else pipeline.cache.get(key, pipeline.limits.cache_fresh_s)
        if approved:
            return _recalled(approved, record, "curated_answer")
        if known:
            return _recalled(known, record, "fresh_answer_cache")
        with record.stage("retrieve"):
            retrieval = await _retrieve(pipeline, question, context)
        record.retrieved(retrieval)
        with record.stage("screen"):
            chunks, withheld = policy.screened(retrieval.chunks)
        record.note(withheld=withheld)
        record.access_filtered = retrieval.hidden_is_nearer
        if gap := _gap(retrieval, pipeline.limits):
            return decide(gap, _evidence(retrieval, pipeline.limits))
        with record.stage("prompt"):
            prompt = replace(
                build_prompt(question, chunks, pipeline.template, pipeline.limits.prompt_tokens, context.language),
                doubtful=_doubtful(retrieval, pipeline.limits),
            )
        record.prompted(prompt)
        try:
            in_time = replace(context, deadline=context.deadline.leaving(pipeline.limits.fallback_reserve_s))
            outcome = await _drafted(pipeline, pipeline.provider, prompt, in_time, record)
        except ModelError as error:
            return await _degraded(pipeline, error.failure, key, prompt, context, record)
        if isinstance(outcome, Answered):
            pipeline.cache.put(key, outcome)
        return outcome


async def _drafted(
    pipeline: Pipeline, provider: ModelProvider, prompt: Prompt, context: RequestContext, record: Recorder
) -> Outcome:
    """Run generate, parse, verify and decide with one provider. Raises ModelError."""
    try:
        with record.stage("generate"):
            completion = await provider.complete(prompt, context.deadline, record.attempted)
        record.completed(completion)
        draft = await _parsed(pipeline, provider, prompt, completion, context, record)
        if draft.status == "insufficient_context":
            return decide(Failure.INSUFFICIENT_CONTEXT, Evidence(prompt.chunks))
        with record.stage("verify"):
            findings = _checked(draft, prompt, pipeline.limits)
    except SchemaError as error:
        record.note(response_valid=False)
        return decide(error.failure, Evidence(prompt.chunks))
    except PolicyError as error:
        record.judged("low", error.findings)
        return decide(error.failure, Evidence(findings=error.findings))
    with record.stage("decide"):
        confidence = _confidence(draft, findings, prompt)
        record.judged(confidence, findings)
        return _judged(draft, confidence, findings, prompt, context)


async def _standalone(
    pipeline: Pipeline, question: NormalizedQuestion, context: RequestContext, record: Recorder
) -> NormalizedQuestion:
    """Return the follow-up as a question that needs no thread, and tell the asker how it was understood."""
    alone = await condensed(question, context, pipeline.provider, pipeline.condense, pipeline.limits, record)
    if alone != question:
        record.understood(alone.text)
    return alone


async def _retrieve(pipeline: Pipeline, question: NormalizedQuestion, context: RequestContext) -> Retrieval:
    async with asyncio.timeout(context.deadline.remaining()):
        return await asyncio.to_thread(
            pipeline.retriever.search,
            question.text,
            context.readable_groups,
            pipeline.limits.retrieved_chunks,
            context.within,
        )


def _gap(retrieval: Retrieval, limits: PipelineLimits) -> Failure | None:
    if not retrieval.chunks:
        return Failure.RETRIEVAL_EMPTY
    least = retrieval.abstain_below if limits.sufficiency_min is None else limits.sufficiency_min
    return Failure.RETRIEVAL_LOW if retrieval.sufficiency < least else None


def _doubtful(retrieval: Retrieval, limits: PipelineLimits) -> bool:
    """Tell whether a person must look at an answer from these chunks, however well it is proved."""
    enough = retrieval.answer_from if limits.sufficiency_sure is None else limits.sufficiency_sure
    return retrieval.sufficiency < enough


def _evidence(retrieval: Retrieval, limits: PipelineLimits) -> Evidence:
    return Evidence(retrieval.chunks, nearest=limits.nearest_documents)


async def _parsed(
    pipeline: Pipeline,
    provider: ModelProvider,
    prompt: Prompt,
    completion: Completion,
    context: RequestContext,
    record: Recorder,
) -> Draft:
    """Return the draft, after one repair attempt if the first reply was malformed."""
    try:
        with record.stage("parse"):
            return parse_reply(completion.text, pipeline.limits.reply_chars)
    except SchemaError as error:
        problem = str(error)
    record.note(repaired=True)
    with record.stage("repair"):
        stricter = repair_prompt(prompt, completion, problem, pipeline.repair)
        if stricter.size > pipeline.limits.prompt_tokens * 2:
            raise SchemaError(problem)
        again = await provider.complete(stricter, context.deadline, record.attempted)
    record.completed(again)
    return parse_reply(again.text, pipeline.limits.reply_chars)


def _checked(draft: Draft, prompt: Prompt, limits: PipelineLimits) -> tuple[Finding, ...]:
    if found := policy.violations(draft, prompt):
        raise PolicyError(found)
    bounds = VerificationLimits(limits.answer_chars, limits.quote_chars_min)
    try:
        return verify(draft, prompt.chunks, bounds)
    except Exception:  # noqa: BLE001 - a check that cannot run fails closed, into review
        return (Finding(code=FindingCode.CHECK_FAILED, span=""),)


def _confidence(draft: Draft, findings: tuple[Finding, ...], prompt: Prompt) -> Confidence:
    """Return the model's confidence, which evidence can lower and never raise."""
    return "low" if findings or prompt.doubtful else draft.confidence


def _judged(
    draft: Draft, confidence: Confidence, findings: tuple[Finding, ...], prompt: Prompt, context: RequestContext
) -> Outcome:
    if findings:
        return decide(Failure.UNVERIFIED, Evidence(prompt.chunks, draft, findings))
    proved = fallbacks.renumbered(draft)
    if confidence == "low":
        return decide(Failure.LOW_CONFIDENCE, Evidence(prompt.chunks, proved))
    if context.needs_approval:
        return decide(Failure.APPROVAL_REQUIRED, Evidence(prompt.chunks, proved))
    return fallbacks.answered(proved, confidence, prompt.chunks)


async def _degraded(
    pipeline: Pipeline,
    failure: Failure,
    key: CacheKey,
    prompt: Prompt,
    context: RequestContext,
    record: Recorder,
) -> Outcome:
    """Do without the model: an older cached answer, else verbatim quotes, else the table's outcome."""
    if FALLBACKS[failure] is not Row.DEGRADE:
        return decide(failure, Evidence(prompt.chunks))
    record.model_failure = failure
    known = None if context.needs_approval else pipeline.cache.get(key, pipeline.limits.cache_stale_s)
    if known:
        return _recalled(known, record, "stale_answer_cache")
    record.note(fallback_used="extractive")
    try:
        outcome = await _drafted(pipeline, pipeline.degraded, prompt, context, record)
    except PipelineError:
        return decide(failure, Evidence(prompt.chunks))
    if isinstance(outcome, Answered):
        return outcome.model_copy(update={"degraded": True})
    return outcome


def _recalled(known: Answered, record: Recorder, place: str) -> Outcome:
    record.note(fallback_used=place)
    return known


async def _cache_key(pipeline: Pipeline, question: NormalizedQuestion, context: RequestContext) -> CacheKey:
    return CacheKey(
        tenant_id=context.tenant_id,
        question=question.text.casefold(),
        readable_groups=context.readable_groups,
        within=context.within,
        language=context.language,
        snapshot=await asyncio.to_thread(lambda: pipeline.retriever.snapshot),
        prompt=f"{pipeline.template.version}@{pipeline.template.content_hash}",
        model=f"{pipeline.provider.name}/{pipeline.provider.model}",
    )
