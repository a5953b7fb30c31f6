"""Stages 6 to 8: a model writes a draft, the draft is read and proved, and corrected once if it cannot be proved."""

import asyncio
from dataclasses import dataclass

from pipeline.contract import parse_reply
from pipeline.errors import ModelError, PolicyError, SchemaError
from pipeline.limits import PipelineLimits
from pipeline.models.failover import Servers
from pipeline.models.provider import ModelProvider
from pipeline.prompting import PromptTemplate, repair_prompt
from pipeline.proof.courtesy import without_courtesy
from pipeline.proof.judge import Judge
from pipeline.proof.marker_styles import with_plain_markers
from pipeline.proof.verify import NOT_PROVED, Checked, Proof, VerificationLimits, checked, judged
from pipeline.recorder import Recorder
from pipeline.request_log import unreadable
from pipeline.safety import policy
from pipeline.types import Completion, Deadline, Draft, Finding, FindingCode, Prompt

_REASONS = {
    FindingCode.NO_CITATION: "the reply cites nothing",
    FindingCode.UNKNOWN_CHUNK: "this names no block of the prompt",
    FindingCode.QUOTE_NOT_FOUND: "this quote is not word for word in its block",
    FindingCode.UNCITED_CLAIM: "this sentence has no proved quote",
    FindingCode.UNSUPPORTED_VALUE: "this value is not in the quoted passages",
    FindingCode.FOREIGN_LINK: "this link is in no block",
    FindingCode.CONTRADICTED: "the quoted passages say otherwise",
    FindingCode.NOT_STATED: "the quoted passages do not state all of this",
    FindingCode.TOO_LONG: "the answer is too long",
}
_NOT_THE_WRITERS_FAULT = frozenset({FindingCode.NOT_JUDGED, FindingCode.CHECK_FAILED})


@dataclass(frozen=True, slots=True)
class Templates:
    """The prompts of a writer: for the answer, for a reply that cannot be read, and for one that cannot be proved."""

    answer: PromptTemplate
    repair: PromptTemplate
    revise: PromptTemplate
    condense: PromptTemplate

    @property
    def version(self) -> str:
        """Versions and hashes of the prompts that an answer depends on."""
        return " ".join(f"{t.version}@{t.content_hash}" for t in (self.answer, self.repair, self.revise))


@dataclass(frozen=True, slots=True)
class Writer:
    """Servers that write, and the judge that reads their drafts; without a judge only verbatim wording is proved."""

    servers: Servers
    judge: Judge | None
    templates: Templates

    @property
    def name(self) -> str:
        """The model that writes and the judge."""
        judge = self.judge.name if self.judge else "none"
        return f"{self.servers.name}/{self.servers.model}, judge {judge}"

    async def aclose(self) -> None:
        """Close the connections to all servers."""
        await self.servers.aclose()
        if self.judge:
            await self.judge.aclose()


@dataclass(frozen=True, slots=True)
class _Written:
    """A draft, the completion that it was read from, and the server that wrote it."""

    draft: Draft
    completion: Completion
    provider: ModelProvider


@dataclass(frozen=True, slots=True)
class Drafting:
    """One request to a writer: its prompt, its deadline and limits, and the record that it fills in."""

    writer: Writer
    prompt: Prompt
    deadline: Deadline
    limits: PipelineLimits
    record: Recorder

    async def run(self) -> tuple[Draft, Proof]:
        """Return a draft with its proof. Raises ModelError, SchemaError and PolicyError."""
        written = await self.writer.servers.ask(self._written, self.deadline)
        proof = await self._proved(written.draft)
        if not self._is_worth_revising(proof):
            return written.draft, proof
        self.record.facts.repaired = True
        try:
            revised = await self._revised(written, proof)
            again = await self._proved(revised)
        except (ModelError, SchemaError):
            return written.draft, proof
        better = revised.status == "answered" and (again.quotes or not again.findings)
        return (revised, again) if better else (written.draft, proof)

    async def _written(self, provider: ModelProvider, in_time: Deadline) -> _Written:
        """Return the draft of one server, after one repair attempt if its reply cannot be read."""
        completion = await self._complete(provider, self.prompt, "generate", in_time)
        try:
            return _Written(await self._draft_in(completion), completion, provider)
        except SchemaError as error:
            problem = str(error)
        self.record.facts.repaired = True
        stricter = repair_prompt(self.prompt, completion, problem, self.writer.templates.repair)
        if stricter.size > self.limits.prompt_tokens * 2:
            raise SchemaError(problem)
        again = await self._complete(provider, stricter, "repair", in_time)
        return _Written(await self._draft_in(again), again, provider)

    async def _complete(self, provider: ModelProvider, prompt: Prompt, stage: str, in_time: Deadline) -> Completion:
        with self.record.stage(stage):
            completion = await provider.complete(prompt, in_time, self.record)
        self.record.completed(completion)
        return completion

    async def _draft_in(self, completion: Completion) -> Draft:
        """Return the draft in a completion, its markers written as [1], without courtesies. Raises SchemaError."""
        with self.record.stage("parse"):
            try:
                return await asyncio.to_thread(self._read, completion.text)
            except SchemaError:
                self.record.failed(unreadable(completion, is_counted=True))
                raise

    def _read(self, text: str) -> Draft:
        draft = parse_reply(text, self.limits.reply_chars)
        if len(draft.answer) > self.limits.answer_chars * 2:
            # It is refused for its length, and a hostile one takes seconds to rewrite.
            return draft
        draft = with_plain_markers(draft, self.prompt.chunks)
        return draft.model_copy(update={"answer": without_courtesy(draft.answer)})

    async def _proved(self, draft: Draft) -> Proof:
        """Return what can be proved of a draft. Raises PolicyError for one that nobody may see."""
        if draft.status == "insufficient_context":
            return NOT_PROVED
        if found := policy.violations(draft, self.prompt):
            raise PolicyError(found)
        with self.record.stage("verify"):
            found_in = await asyncio.to_thread(self._checked, draft)
        judge = self.writer.judge
        if judge is None or not found_in.needs_judge:
            return found_in.without_judge()
        with self.record.stage("judge"):
            proof = await judged(found_in, self.prompt.question, judge, self.deadline, self.record)
        self.record.read_by(judge.name, proof.judgement)
        return proof

    def _checked(self, draft: Draft) -> Checked:
        bounds = VerificationLimits(self.limits.answer_chars, self.limits.quote_chars_min)
        try:
            return checked(draft, self.prompt.chunks, bounds, self.prompt.question)
        except Exception:  # noqa: BLE001 - a draft that cannot be checked is not shown
            return Checked((), (Finding(code=FindingCode.CHECK_FAILED, span=""),))

    def _is_worth_revising(self, proof: Proof) -> bool:
        """Tell whether another draft may be proved: not without a judge, and not if the judge gave no verdict."""
        codes = {finding.code for finding in proof.findings}
        return bool(codes) and self.writer.judge is not None and not codes & _NOT_THE_WRITERS_FAULT

    async def _revised(self, written: _Written, proof: Proof) -> Draft:
        """Return another draft of the same server, which was told what could not be proved."""
        problem = "\n".join(
            f"- {_REASONS.get(f.code, 'this could not be proved')}: {_quoted(f)}" for f in proof.findings
        )
        prompt = repair_prompt(self.prompt, written.completion, problem, self.writer.templates.revise)
        return await self._draft_in(await self._complete(written.provider, prompt, "revise", self.deadline))


def _quoted(finding: Finding) -> str:
    return " ".join(finding.span.split())[:300]
