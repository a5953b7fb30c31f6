"""Answer a question: the stages in their order, top to bottom."""

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
from pipeline.recorder import Fallback, Recorder, Watch, unwatched
from pipeline.safety import policy
from pipeline.safety.instructions import is_instruction
from pipeline.types import (
    Answered,
    Completion,
    Draft,
    Failure,
    Finding,
    FindingCode,
    NormalizedQuestion,
    Outcome,
    Prompt,
    RequestContext,
    Response,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts that the stages need, built once by the composition root.

    `condense` is None where no model can rewrite a follow-up; `curated` where no person approves answers.
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


@dataclass(frozen=True, slots=True)
class _Request:
    """What every stage of one request shares."""

    pipeline: Pipeline
    context: RequestContext
    record: Recorder


@dataclass(frozen=True, slots=True)
class _Grounds:
    """What a provider drafts from. A person checks the draft if `is_doubtful`: the chunks may not hold the answer."""

    prompt: Prompt
    is_doubtful: bool


async def answer(pipeline: Pipeline, text: str, context: RequestContext, watch: Watch = unwatched) -> Response:
    """Return the outcome of a question, its trace and how it was understood. Raises nothing but CancelledError."""
    record = Recorder(context, watch)
    request = _Request(pipeline, context, record)
    understood = ""
    try:
        with record.stage("normalize"):
            asked = normalize(text, pipeline.limits.question_chars)
        async with pipeline.admission.admitted(context):
            if is_instruction(asked.text):
                outcome = decide(Failure.POLICY, Evidence())
            else:
                question = await _condensed(request, asked)
                understood = question.text if question != asked else ""
                outcome = await _outcome(request, question)
    except Exception as error:  # noqa: BLE001 - the last resort: whoever asked gets an outcome
        outcome = _failed(error, context)
    await pipeline.admission.spend(context, record.tokens)
    return Response(outcome, record.finish(outcome), understood)


async def _outcome(request: _Request, question: NormalizedQuestion) -> Outcome:
    """Run recall, retrieve, screen and prompt, then draft; remember a verified answer."""
    pipeline, context, record = request.pipeline, request.context, request.record
    with record.stage("recall"):
        key = await _cache_key(request, question)
        known = await _approved(request, question)
        known = known or await _cached(request, key, pipeline.limits.cache_fresh_s, "fresh_answer_cache")
    if known:
        return known
    with record.stage("retrieve"):
        retrieval = await _retrieved(request, question)
    record.retrieved(retrieval)
    with record.stage("screen"):
        chunks, record.facts.withheld = policy.screened(retrieval.chunks)
    if gap := _gap(retrieval, pipeline.limits):
        return decide(gap, Evidence(retrieval.chunks, nearest=pipeline.limits.nearest_documents))
    with record.stage("prompt"):
        prompt = build_prompt(question, chunks, pipeline.template, pipeline.limits.prompt_tokens, context.language)
    record.prompted(prompt)
    grounds = _Grounds(prompt, _is_doubtful(retrieval, pipeline.limits))
    try:
        outcome = await _drafted(_leaving_time_to_fall_back(request), pipeline.provider, grounds)
    except ModelError as error:
        return await _without_the_model(request, error.failure, key, grounds)
    if isinstance(outcome, Answered):
        await pipeline.cache.put(key, outcome)
    return outcome


async def _drafted(request: _Request, provider: ModelProvider, grounds: _Grounds) -> Outcome:
    """Run generate, parse, verify and decide with one provider. Raises ModelError."""
    record, prompt = request.record, grounds.prompt
    try:
        with record.stage("generate"):
            completion = await provider.complete(prompt, request.context.deadline, record.attempted)
        record.completed(completion)
        draft = await _parsed(request, provider, prompt, completion)
        if draft.status == "insufficient_context":
            return decide(Failure.INSUFFICIENT_CONTEXT, Evidence(prompt.chunks))
        with record.stage("verify"):
            findings = _verified(draft, prompt, request.pipeline.limits)
    except SchemaError as error:
        record.facts.response_valid = False
        return decide(error.failure, Evidence(prompt.chunks))
    except PolicyError as error:
        record.judged("low", error.findings)
        return decide(error.failure, Evidence(findings=error.findings))
    with record.stage("decide"):
        return _decided(request, draft, findings, grounds)


async def _condensed(request: _Request, question: NormalizedQuestion) -> NormalizedQuestion:
    """Return a follow-up as a question that can be understood alone; without a thread, the question itself."""
    pipeline, context, record = request.pipeline, request.context, request.record
    if not context.earlier:
        return question
    with record.stage("condense"):
        return await condensed(question, context, pipeline.provider, pipeline.condense, pipeline.limits, record)


async def _cache_key(request: _Request, question: NormalizedQuestion) -> CacheKey:
    pipeline, context = request.pipeline, request.context
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


async def _approved(request: _Request, question: NormalizedQuestion) -> Answered | None:
    """Return the answer to this question that a person approved."""
    curated = request.pipeline.curated
    known = await curated.recall(question, request.context) if curated else None
    if known:
        request.record.facts.fallback_used = "curated_answer"
    return known


async def _cached(request: _Request, key: CacheKey, max_age_s: float, fallback: Fallback) -> Answered | None:
    """Return an answer of the cache; none where a person sees every answer first."""
    if request.context.needs_approval:
        return None
    known = await request.pipeline.cache.get(key, max_age_s)
    if known:
        request.record.facts.fallback_used = fallback
    return known


async def _retrieved(request: _Request, question: NormalizedQuestion) -> Retrieval:
    pipeline, context = request.pipeline, request.context
    async with asyncio.timeout(context.deadline.remaining()):
        return await asyncio.to_thread(
            pipeline.retriever.search,
            question.text,
            context.readable_groups,
            pipeline.limits.retrieved_chunks,
            context.within,
        )


def _gap(retrieval: Retrieval, limits: PipelineLimits) -> Failure | None:
    """Return why the chunks are not worth a draft; None if they are."""
    if not retrieval.chunks:
        return Failure.RETRIEVAL_EMPTY
    least = retrieval.abstain_below if limits.sufficiency_min is None else limits.sufficiency_min
    return Failure.RETRIEVAL_LOW if retrieval.sufficiency < least else None


def _is_doubtful(retrieval: Retrieval, limits: PipelineLimits) -> bool:
    """Tell whether a person must look at an answer from these chunks, however well it is proved."""
    enough = retrieval.answer_from if limits.sufficiency_sure is None else limits.sufficiency_sure
    return retrieval.sufficiency < enough


def _leaving_time_to_fall_back(request: _Request) -> _Request:
    deadline = request.context.deadline.leaving(request.pipeline.limits.fallback_reserve_s)
    return replace(request, context=replace(request.context, deadline=deadline))


async def _parsed(request: _Request, provider: ModelProvider, prompt: Prompt, completion: Completion) -> Draft:
    """Return the draft, after one repair attempt if the first reply was malformed. Raises SchemaError."""
    limits, record = request.pipeline.limits, request.record
    try:
        with record.stage("parse"):
            return parse_reply(completion.text, limits.reply_chars)
    except SchemaError as error:
        problem = str(error)
    record.facts.repaired = True
    with record.stage("repair"):
        stricter = repair_prompt(prompt, completion, problem, request.pipeline.repair)
        if stricter.size > limits.prompt_tokens * 2:
            raise SchemaError(problem)
        again = await provider.complete(stricter, request.context.deadline, record.attempted)
    record.completed(again)
    return parse_reply(again.text, limits.reply_chars)


def _verified(draft: Draft, prompt: Prompt, limits: PipelineLimits) -> tuple[Finding, ...]:
    """Return the objections to a draft. Raises PolicyError for one that nobody may see."""
    if found := policy.violations(draft, prompt):
        raise PolicyError(found)
    bounds = VerificationLimits(limits.answer_chars, limits.quote_chars_min)
    try:
        return verify(draft, prompt.chunks, bounds)
    except Exception:  # noqa: BLE001 - a draft that cannot be checked goes to a person
        return (Finding(code=FindingCode.CHECK_FAILED, span=""),)


def _decided(request: _Request, draft: Draft, findings: tuple[Finding, ...], grounds: _Grounds) -> Outcome:
    """Return the outcome of a checked draft. Evidence can lower the model's confidence and never raises it."""
    chunks = grounds.prompt.chunks
    confidence = "low" if findings or grounds.is_doubtful else draft.confidence
    request.record.judged(confidence, findings)
    if findings:
        return decide(Failure.UNVERIFIED, Evidence(chunks, draft, findings))
    proved = fallbacks.renumbered(draft)
    if confidence == "low":
        return decide(Failure.LOW_CONFIDENCE, Evidence(chunks, proved))
    if request.context.needs_approval:
        return decide(Failure.APPROVAL_REQUIRED, Evidence(chunks, proved))
    return fallbacks.answered(proved, confidence, chunks)


async def _without_the_model(request: _Request, failure: Failure, key: CacheKey, grounds: _Grounds) -> Outcome:
    """Return an older cached answer, else verbatim quotes, else what the table says of the failure."""
    unanswered = decide(failure, Evidence(grounds.prompt.chunks))
    if FALLBACKS[failure] is not Row.DEGRADE:
        return unanswered
    pipeline, record = request.pipeline, request.record
    record.model_failed(failure)
    if known := await _cached(request, key, pipeline.limits.cache_stale_s, "stale_answer_cache"):
        return known
    record.facts.fallback_used = "extractive"
    try:
        outcome = await _drafted(request, pipeline.degraded, grounds)
    except PipelineError:
        return unanswered
    return outcome.model_copy(update={"degraded": True}) if isinstance(outcome, Answered) else outcome


def _failed(error: Exception, context: RequestContext) -> Outcome:
    """Return the outcome of an error that ended the stages."""
    match error:
        case LimitReachedError():
            return decide(error.failure, Evidence(limit=error.limit, retry_after=error.retry_after))
        case IndexUnavailableError():
            return decide(Failure.INDEX_UNAVAILABLE, Evidence())
        case TimeoutError():
            return decide(Failure.DEADLINE, Evidence())
        case _:
            _log.error("pipeline_failed", request_id=context.request_id, error=type(error).__name__)
            return decide(Failure.INTERNAL, Evidence())
