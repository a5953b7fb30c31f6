"""Small values for tests, every field overridable."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from index.access import EVERYONE
from index.retrieval import Manifest, Retrieval, RetrievedChunk, VectorIndex
from pipeline.answering import Pipeline, answer
from pipeline.caching import MemoryAnswerCache
from pipeline.drafting import Templates, Writer
from pipeline.errors import ModelError, PipelineError
from pipeline.fallbacks import cited_sources, quoted_answer
from pipeline.limits import Admission, AdmissionLimits, PipelineLimits
from pipeline.models.failover import Servers
from pipeline.models.provider import ModelProvider
from pipeline.prompting import build_prompt, load_template
from pipeline.proof.judge import Claim, Judge, Judgement, Verdict
from pipeline.proof.quotes import source_of
from pipeline.quoting import Quoter
from pipeline.rate_limits import memory_rate_limits
from pipeline.request_log import RequestLog
from pipeline.types import (
    Answered,
    Citation,
    Completion,
    Confidence,
    Deadline,
    Draft,
    ModelProblem,
    NormalizedQuestion,
    Outcome,
    Prompt,
    Quoted,
    RequestContext,
    Trace,
)

FIXTURES = Path(__file__).parents[1] / "fixtures"
QUOTA = "The Team plan allows 500 invoices a month and costs 29 euro."
REMINDER = "The first reminder goes out 7 days after the due date."


def chunk(
    chunk_id: str = "c1", text: str = QUOTA, *, groups: Collection[str] = (EVERYONE,), **fields: str
) -> RetrievedChunk:
    """Return a retrieved chunk."""
    return RetrievedChunk(
        chunk_id=chunk_id,
        document_id=fields.get("document_id", f"{chunk_id}.md"),
        title=fields.get("title", f"Title of {chunk_id}"),
        heading=fields.get("heading", ""),
        text=text,
        url=fields.get("url", f"https://help.example/{chunk_id}"),
        score=0.9,
        groups=frozenset(groups),
    )


CHUNKS = (chunk("c1", QUOTA), chunk("c2", REMINDER))


def draft(
    answer: str = f"{QUOTA} [1]",
    citations: Sequence[tuple[int, str, str]] = ((1, "c1", QUOTA),),
    confidence: Confidence = "high",
) -> Draft:
    """Return a draft; citations are (marker, chunk id, quote)."""
    return Draft(
        status="answered",
        answer=answer,
        confidence=confidence,
        citations=tuple(Citation(marker=m, chunk_id=c, quote=q) for m, c, q in citations),
    )


def written(proved: Draft | None = None, chunks: Sequence[RetrievedChunk] = CHUNKS) -> Answered:
    """Return the wording of a draft as an answer."""
    shown = proved or draft()
    return Answered(form="written", text=shown.answer, citations=shown.citations, sources=cited_sources(shown, chunks))


def passages(text: str = f"{QUOTA} [1]", chunks: Sequence[RetrievedChunk] = CHUNKS) -> Quoted:
    """Return passages of documents; the first chunk has the first marker."""
    cited = draft(text)
    return Quoted(text=text, citations=cited.citations, sources=cited_sources(cited, chunks))


def quotes(text: str = f"{QUOTA} [1]") -> Answered:
    """Return passages of documents as an answer."""
    return quoted_answer(passages(text))


def prompt(chunks: Sequence[RetrievedChunk] = CHUNKS, question: str = "How many invoices?") -> Prompt:
    """Return the real prompt for a question."""
    return build_prompt(NormalizedQuestion(question), chunks, load_template("support_rag/v1"), 3000)


def context(**fields: object) -> RequestContext:
    """Return a request context with ten seconds to go."""
    base = RequestContext("r-1", "T1", "U1", "C1", "slack", Deadline.after(10.0))
    return replace(base, **fields)  # type: ignore[arg-type]


def reply(fixture: str) -> str:
    """Return a recorded model reply."""
    return (FIXTURES / "replies" / fixture).read_text(encoding="utf-8")


def reply_json(answer: str = f"{QUOTA} [1]", quote: str = QUOTA, **fields: object) -> str:
    """Return a model's reply that cites the first chunk."""
    citations = [{"marker": 1, "chunk_id": "c1", "quote": quote}]
    body = {"status": "answered", "answer": answer, "confidence": "high", "citations": citations}
    return json.dumps(body | fields)


class FixedRetriever:
    """Finds the same chunks for every question; remembers what it was asked."""

    def __init__(
        self,
        chunks: Sequence[RetrievedChunk] = CHUNKS,
        sufficiency: float = 0.9,
        *,
        hidden_is_nearer: bool = False,
        sure: float = 0.0,
    ) -> None:
        self.snapshot = "s1"
        self.fixed = tuple(chunks)
        self.sufficiency = sufficiency
        self.hidden_is_nearer = hidden_is_nearer
        self.sure = sure
        self.asked: list[tuple[str, frozenset[str]]] = []

    def search(self, question: str, groups: Collection[str], limit: int, within: Sequence[str] = ()) -> Retrieval:  # noqa: ARG002
        """Return the readable ones of the fixed chunks."""
        self.asked.append((question, frozenset(groups)))
        readable = [c for c in self.fixed if c.groups & (frozenset(groups) | {EVERYONE})]
        found = tuple(readable[:limit])
        return Retrieval(
            found,
            self.sufficiency,
            self.snapshot,
            self.hidden_is_nearer,
            abstain_below=0.27,
            answer_from=self.sure,
        )

    def rarities(self, terms: Collection[str], groups: Collection[str], within: Sequence[str] = ()) -> dict[str, float]:
        """Return 1 for each term that a readable one of the fixed chunks holds."""
        held = self.words(groups, within)
        return {term: 1.0 for term in terms if term in held}

    def words(self, groups: Collection[str], within: Sequence[str] = ()) -> dict[str, int]:  # noqa: ARG002
        """Return the words of the readable ones of the fixed chunks, with the number of chunks that hold each."""
        readable = [c for c in self.fixed if c.groups & (frozenset(groups) | {EVERYONE})]
        return dict(Counter(word for c in readable for word in set(c.text.casefold().split()) if word.isalpha()))

    def chunks(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return the named ones of the fixed chunks."""
        return {c.chunk_id: c for c in self.fixed if c.chunk_id in chunk_ids}

    def chunks_of(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return the fixed chunks of a document."""
        return tuple(c for c in self.fixed if c.document_id == document_id)

    def manifest(self) -> Manifest:
        """Return what a snapshot of the fixed chunks would say of itself."""
        return Manifest(
            format=1,
            name=self.snapshot,
            created_at="2026-01-01T00:00:00+00:00",
            embedder="fixed",
            max_tokens=256,
            dimensions=384,
            chunk_count=len(self.fixed),
            search=VectorIndex(),
            documents={c.document_id: "" for c in self.fixed},
            skipped=(),
            checksums={},
        )


class Heard:
    """What a request log was told."""

    def __init__(self) -> None:
        self.attempts = 0
        self.problems: list[ModelProblem] = []

    def attempted(self) -> None:
        self.attempts += 1

    def failed(self, problem: ModelProblem) -> None:
        self.problems.append(problem)


class ScriptedProvider:
    """Plays replies in order; an error among them is raised. The last one is repeated."""

    name = "scripted"
    model = "m1"

    def __init__(self, *script: str | ModelError) -> None:
        self.script = list(script)
        self.prompts: list[Prompt] = []

    circuit_is_open = False

    async def aclose(self) -> None:
        pass

    async def complete(self, prompt: Prompt, deadline: Deadline, log: RequestLog) -> Completion:
        """Return the next reply."""
        assert deadline.remaining() > 0
        log.attempted()
        self.prompts.append(prompt)
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, ModelError):
            raise step
        return Completion(step, self.name, self.model, 100, 20)


class ScriptedJudge:
    """Gives every claim the same verdict; an error instead of a verdict is raised. It remembers what it read."""

    name = "scripted-judge"

    def __init__(self, verdict: Verdict | PipelineError = Verdict.SUPPORTED, *, answers_question: bool = True) -> None:
        self.verdict = verdict
        self.answers_question = answers_question
        self.read: list[Sequence[Claim]] = []

    async def judge(self, question: str, claims: Sequence[Claim], deadline: Deadline, log: RequestLog) -> Judgement:
        """Return the verdict for each claim."""
        assert question
        assert deadline.remaining() > 0
        log.attempted()
        self.read.append(claims)
        if isinstance(self.verdict, PipelineError):
            raise self.verdict
        return Judgement((self.verdict,) * len(claims), self.answers_question, 50, 10)

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""


class FixedQuoter:
    """Quotes the first chunk, or nothing if `usable` is false."""

    name = "fixed-quoter"

    def __init__(self, *, usable: bool = True) -> None:
        self.usable = usable

    def answer(self, question: str, chunks: Sequence[RetrievedChunk]) -> Quoted | None:  # noqa: ARG002
        """Return the first chunk as a passage."""
        if not self.usable or not chunks:
            return None
        first = chunks[0]
        citation = Citation(marker=1, chunk_id=first.chunk_id, quote=first.text)
        return Quoted(text=f"{first.text} [1]", citations=(citation,), sources=(source_of(1, first),))

    closest = answer

    def suggestions(self, question: str, chunks: Sequence[RetrievedChunk]) -> tuple[str, ...]:  # noqa: ARG002
        """Return the titles of the chunks."""
        return tuple(chunk.title for chunk in chunks)


def pipeline(
    provider: ModelProvider | Servers | None,
    retriever: FixedRetriever | None = None,
    judge: Judge | None = None,
    quoter: Quoter | None = None,
) -> Pipeline:
    """Return a pipeline over a scripted provider and fixed chunks; without a provider the quoter answers."""
    templates = Templates(*(load_template(v) for v in ("support_rag/v1", "repair/v1", "revise/v1", "condense/v1")))
    servers = provider if isinstance(provider, Servers) else Servers((provider,) if provider else ())
    return Pipeline(
        retriever=retriever or FixedRetriever(),
        quoter=quoter or FixedQuoter(),
        writer=Writer(servers, judge, templates) if provider else None,
        admission=Admission(AdmissionLimits(), memory_rate_limits()),
        cache=MemoryAnswerCache(10),
        limits=PipelineLimits(),
    )


async def asked(parts: Pipeline, question: str, who: RequestContext) -> tuple[Outcome, Trace]:
    """Return the outcome of a question and its trace, for a test that looks at these alone."""
    response = await answer(parts, question, who)
    return response.outcome, response.trace
