"""Answer a question: the stages in their order, top to bottom."""

import asyncio
from dataclasses import dataclass
from functools import partial

import structlog

from index.errors import IndexUnavailableError
from index.retrieval import Retriever
from pipeline.caching import AnswerCache, CacheKey, CuratedAnswers
from pipeline.condensing import condensed
from pipeline.drafting import Drafting, Writer
from pipeline.errors import AskAgainError, LimitReachedError, ModelError, PolicyError, SchemaError
from pipeline.fallbacks import FALLBACKS, Evidence, Row, decide, quoted_answer, written_answer
from pipeline.limits import Admission, PipelineLimits
from pipeline.normalizing import normalize
from pipeline.prompting import build_prompt
from pipeline.proof.quotes import quoted
from pipeline.proof.verify import Proof
from pipeline.quoting import Quoter
from pipeline.recorder import Fallback, Recorder, Watch, unwatched
from pipeline.safety import policy
from pipeline.searching import Found, Searching
from pipeline.types import (
    Answered,
    Draft,
    Failure,
    FindingCode,
    NeedsReview,
    NormalizedQuestion,
    NotEnoughInfo,
    Outcome,
    RequestContext,
    Response,
)
from pipeline.understanding.pasted import reduced
from pipeline.understanding.smalltalk import SmallTalk, kind_of

_log = structlog.get_logger(__name__)
# The model is there, but asking again gives no better reply.
_AGAIN_IN_VAIN = frozenset({Failure.SCHEMA_INVALID, Failure.CONTENT_FILTER, Failure.MODEL_EMPTY, Failure.MODEL_CUT_OFF})
# What is searched for to find example questions.
_EXAMPLE = NormalizedQuestion("How do I get started?")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts that the stages need, built once by the composition root.

    `writer` is None where no model writes: the quoter answers then. `curated` is None where no person approves answers.
    """

    retriever: Retriever
    quoter: Quoter
    writer: Writer | None
    admission: Admission
    cache: AnswerCache
    limits: PipelineLimits
    curated: CuratedAnswers | None = None

    @property
    def answered_by(self) -> str:
        """Who answers: the model server and its model, or the quoter."""
        writer = self.writer
        return f"{writer.servers.name} ({writer.servers.model})" if writer else self.quoter.name

    @property
    def open_circuits(self) -> dict[str, bool]:
        """Return, by name of the model server, whether its circuit is open."""
        return self.writer.servers.open_circuits if self.writer else {}

    async def aclose(self) -> None:
        """Close the connections to all model servers."""
        if self.writer:
            await self.writer.aclose()


@dataclass(frozen=True, slots=True)
class _Request:
    """What every stage of one request shares."""

    pipeline: Pipeline
    context: RequestContext
    record: Recorder


async def answer(pipeline: Pipeline, text: str, context: RequestContext, watch: Watch = unwatched) -> Response:
    """Return the outcome of a question, its trace and how it was understood.

    Raises nothing but CancelledError, and AskAgainError if the question has to be asked again later.
    """
    record = Recorder(context, watch)
    request = _Request(pipeline, context, record)
    asked = question = None
    try:
        with record.stage("normalize"):
            longest = max(pipeline.limits.pasted_chars, pipeline.limits.question_chars)
            asked = question = normalize(text, longest)
        if kind := kind_of(asked.text):
            outcome = decide(Failure.NO_QUESTION, Evidence(suggestions=await _examples(request, kind)))
        else:
            async with pipeline.admission.admitted(context):
                question = await _condensed(request, await _reduced(request, asked))
                outcome, question = await _outcome(request, question)
    except AskAgainError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: whoever asked gets an outcome
        outcome = _failed(error, context)
    await pipeline.admission.spend(context, record.tokens)
    understood = question.text if question and question != asked else ""
    return Response(outcome, record.finish(outcome), understood)


async def _outcome(request: _Request, question: NormalizedQuestion) -> tuple[Outcome, NormalizedQuestion]:
    """Run recall, retrieve and screen, then draft or quote. Return the outcome, and the question as it was searched."""
    with request.record.stage("recall"):
        key = await _cache_key(request, question)
        known = await _approved(request, question)
        known = known or await _cached(request, key, request.pipeline.limits.cache_fresh_s, "fresh_answer_cache")
    if known:
        return known, question
    searching = _searching(request)
    found = await searching.found(question)
    if _gap(request, found):
        found = await searching.respelled(found)
    outcome = await _decided(request, found, key)
    if _is_open(outcome) and (told := await _remembered(request, found.question)):
        return told, found.question
    if isinstance(outcome, Answered) and _is_worth_keeping(request, outcome):
        await request.pipeline.cache.put(key, outcome)
    return outcome, found.question


async def _decided(request: _Request, found: Found, key: CacheKey) -> Outcome:
    """Return the outcome for what was found: a draft that is proved, quotes, or why there is neither."""
    writer = request.pipeline.writer
    if gap := _gap(request, found):
        return await _not_enough(request, found, gap)
    if writer is None:
        return await _quoted(request, found) or await _not_enough(request, found, Failure.RETRIEVAL_LOW)
    try:
        return await _drafted(request, writer, found)
    except (ModelError, SchemaError) as error:
        return await _without_the_model(request, error.failure, key, found)
    except PolicyError as error:
        request.record.proved(None, error.findings)
        return decide(error.failure, Evidence(findings=error.findings))


async def _drafted(request: _Request, writer: Writer, found: Found) -> Outcome:
    """Run prompt, generate, parse, prove and decide. Raises ModelError, SchemaError and PolicyError."""
    pipeline, context, record = request.pipeline, request.context, request.record
    limits = pipeline.limits
    with record.stage("prompt"):
        template = writer.templates.answer
        prompt = build_prompt(found.question, found.chunks, template, limits.prompt_tokens, context.language)
    record.prompted(prompt)
    in_time = context.deadline.leaving(limits.fallback_reserve_s)
    draft, proof = await Drafting(writer, prompt, in_time, limits, record).run()
    with record.stage("decide"):
        if draft.status == "insufficient_context":
            return await _not_enough(request, found, Failure.INSUFFICIENT_CONTEXT)
        record.proved(draft.confidence, proof.findings, proof.verdicts)
        if proof.judgement and proof.judgement.answers_question is False:
            return await _not_enough(request, found, Failure.NOT_THE_QUESTION)
        return _shown(request, draft, proof, found)


def _shown(request: _Request, draft: Draft, proof: Proof, found: Found) -> Outcome:
    """Return the wording if it is proved, else the proved quotes; a person decides where the table says so."""
    limits = request.pipeline.limits
    quotes = quoted(proof.quotes, limits.answer_chars)
    written = None if proof.findings else written_answer(draft, proof.quotes)
    evidence = Evidence(found.chunks, draft, proof.findings, quotes=quotes)
    if request.context.needs_approval:
        return decide(Failure.APPROVAL_REQUIRED, evidence)
    if draft.confidence == "low" and limits.low_confidence == "review":
        return decide(Failure.LOW_CONFIDENCE, evidence)
    if written and (quotes is None or draft.confidence != "low"):
        return written
    return quoted_answer(quotes) if quotes else decide(Failure.UNVERIFIED, evidence)


async def _quoted(request: _Request, found: Found) -> Outcome | None:
    """Return the sections that the quoter picks as an answer; None if no chunk has a usable one."""
    quoter = request.pipeline.quoter
    with request.record.stage("quote"):
        quotes = await asyncio.to_thread(quoter.answer, found.question.text, found.chunks)
    if quotes is None:
        return None
    request.record.quoted_by(quoter.name)
    if request.context.needs_approval:
        return decide(Failure.APPROVAL_REQUIRED, Evidence(found.chunks, quotes=quotes))
    return quoted_answer(quotes)


async def _without_the_model(request: _Request, failure: Failure, key: CacheKey, found: Found) -> Outcome:
    """Return an older cached answer, else the quoter's sections, else what the table says of the failure."""
    pipeline, record = request.pipeline, request.record
    if FALLBACKS[failure] is not Row.DEGRADE:
        return decide(failure, Evidence(found.chunks))
    record.model_failed(failure)
    if known := await _cached(request, key, pipeline.limits.cache_stale_s, "stale_answer_cache"):
        return known
    record.facts.fallback_used = "extractive"
    enough = found.retrieval.sufficiency >= found.quotes_from(pipeline.limits)
    outcome = await _quoted(request, found) if enough else None
    if outcome is None and failure in _AGAIN_IN_VAIN:
        return (await _not_enough(request, found, Failure.RETRIEVAL_LOW)).model_copy(update={"reason": failure})
    if outcome is None:
        return decide(failure, Evidence(found.chunks))
    if isinstance(outcome, Answered):
        return outcome.model_copy(update={"degraded": True, "reason": failure})
    return outcome


async def _reduced(request: _Request, question: NormalizedQuestion) -> NormalizedQuestion:
    """Return the telling part of a message that is too long for a question; a question as it is."""
    pipeline, context = request.pipeline, request.context
    longest = pipeline.limits.question_chars
    if len(question.text) <= longest:
        return question
    with request.record.stage("reduce"):
        rarities = partial(pipeline.retriever.rarities, groups=context.readable_groups, within=context.within)
        telling = await asyncio.to_thread(reduced, question.text, rarities)
    request.record.facts.reduced = True
    return NormalizedQuestion((telling or question.text)[:longest])


async def _condensed(request: _Request, question: NormalizedQuestion) -> NormalizedQuestion:
    """Return a follow-up as a question that can be understood alone; without a thread, the question itself."""
    pipeline, context, record = request.pipeline, request.context, request.record
    if not context.earlier:
        return question
    with record.stage("condense"):
        return await condensed(question, context, pipeline.writer, pipeline.limits, record)


async def _cache_key(request: _Request, question: NormalizedQuestion) -> CacheKey:
    pipeline, context = request.pipeline, request.context
    writer = pipeline.writer
    return CacheKey(
        tenant_id=context.tenant_id,
        question=question.text,
        readable_groups=context.readable_groups,
        within=context.within,
        language=context.language,
        snapshot=await asyncio.to_thread(lambda: pipeline.retriever.snapshot),
        prompt=writer.templates.version if writer else "none",
        model=writer.name if writer else pipeline.quoter.name,
    )


def _is_worth_keeping(request: _Request, outcome: Answered) -> bool:
    """Tell whether to cache an answer: not one that stands in for another, and not what the cache gave."""
    unread = FindingCode.NOT_JUDGED in request.record.facts.findings
    has_judge = request.pipeline.writer is not None and request.pipeline.writer.judge is not None
    return not outcome.degraded and not outcome.cached and not (unread and has_judge)


async def _approved(request: _Request, question: NormalizedQuestion) -> Answered | None:
    """Return the answer to this question that a person approved."""
    curated = request.pipeline.curated
    known = await curated.recall(question, request.context) if curated else None
    if known:
        request.record.facts.fallback_used = "curated_answer"
    return known


def _is_open(outcome: Outcome) -> bool:
    """Tell whether the documents gave no answer that anybody stands for, so that a person's word may."""
    is_unproved = isinstance(outcome, NeedsReview) and outcome.reason in (Failure.UNVERIFIED, Failure.LOW_CONFIDENCE)
    return is_unproved or isinstance(outcome, NotEnoughInfo)


async def _remembered(request: _Request, question: NormalizedQuestion) -> Answered | None:
    """Return what a person answered to this question before, without documents."""
    curated = request.pipeline.curated
    with request.record.stage("recall"):
        known = await curated.remembered(question, request.context) if curated else None
    if known:
        request.record.facts.fallback_used = "remembered_answer"
    return known


async def _cached(request: _Request, key: CacheKey, max_age_s: float, fallback: Fallback) -> Answered | None:
    """Return an answer of the cache; none where a person sees every answer first."""
    if request.context.needs_approval:
        return None
    known = await request.pipeline.cache.get(key, max_age_s)
    if known:
        request.record.facts.fallback_used = fallback
    return known


async def _not_enough(request: _Request, found: Found, reason: Failure) -> Outcome:
    """Return "not enough info" with what comes closest."""
    quoter, asked = request.pipeline.quoter, found.question.text
    if request.context.needs_approval:
        return decide(reason, Evidence(nearest=0))
    with request.record.stage("closest"):
        evidence = Evidence(
            found.chunks,
            quotes=await asyncio.to_thread(quoter.closest, asked, found.chunks),
            suggestions=await asyncio.to_thread(quoter.suggestions, asked, found.chunks),
            documents_in=await asyncio.to_thread(found.other_language),
            nearest=request.pipeline.limits.nearest_documents,
        )
    return decide(reason, evidence)


async def examples(pipeline: Pipeline, context: RequestContext) -> tuple[str, ...]:
    """Return questions that somebody can ask; none if the index cannot be searched in time."""
    return await _examples(_Request(pipeline, context, Recorder(context, unwatched)), "greeting")


async def _examples(request: _Request, kind: SmallTalk) -> tuple[str, ...]:
    """Return examples of what can be asked, as the answer to a message that asks nothing; none for thanks or "ok"."""
    if kind in {"thanks", "acknowledgement"}:
        return ()
    try:
        retrieval = await _searching(request).retrieved(_EXAMPLE)
    except (IndexUnavailableError, TimeoutError):
        # A greeting is answered all the same.
        return ()
    chunks, _ = await asyncio.to_thread(policy.screened, retrieval.chunks)
    return await asyncio.to_thread(request.pipeline.quoter.suggestions, _EXAMPLE.text, chunks)


def _searching(request: _Request) -> Searching:
    return Searching(request.pipeline.retriever, request.pipeline.limits, request.context, request.record)


def _gap(request: _Request, found: Found) -> Failure | None:
    limits, has_writer = request.pipeline.limits, request.pipeline.writer is not None
    request.record.facts.ask_from = found.asks_from(limits) if has_writer else None
    request.record.facts.quote_from = found.quotes_from(limits)
    return found.gap(limits, has_writer=has_writer)


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
