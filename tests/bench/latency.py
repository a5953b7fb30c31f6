"""The time that the pipeline adds to a model that answers at once, with a judge and without, in one run.

usage: python tests/bench/latency.py [DATA_DIR]     (default ../shared/data)
The model says two sentences of the first block in other order, with their quotes, as soon as it is asked; the judge
says "supported" to each. Both are in this process, so what is measured is all that is ours: search, prompt, reading,
proof, decision. Every question is asked once more for each kind of judge; the cache is not used.
"""

import asyncio
import json
import sys
import tempfile
import time
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.builders import context
from support.corpora import corpora, searching
from support.models import shared_embedder

from bot.app import build_pipeline
from bot.settings import load_settings
from bot.telemetry.logs import configure_logging
from pipeline.answering import Pipeline, answer
from pipeline.caching import MemoryAnswerCache
from pipeline.drafting import Templates, Writer
from pipeline.models.failover import Servers
from pipeline.models.model_judge import ModelJudge
from pipeline.prompting import load_template
from pipeline.proof.units import units
from pipeline.request_log import RequestLog
from pipeline.types import Completion, Deadline, Prompt

_ROUNDS = 8


class Instant:
    """Answers a prompt at once: a draft from its first block, or verdicts."""

    name, model, circuit_is_open = "instant", "m", False

    async def complete(self, prompt: Prompt, deadline: Deadline, log: RequestLog) -> Completion:  # noqa: ARG002
        """Return a reply without waiting."""
        log.attempted()
        text = _draft(prompt) if prompt.chunks else _verdicts(prompt)
        return Completion(text, self.name, self.model)

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""


def main() -> None:
    """Print p50 and p99 for each corpus and kind of judge."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    if not (data / "zulip").is_dir():
        print(f"skipped: no documents in {data}")
        return
    configure_logging("ERROR")
    asyncio.run(_measure(data))


async def _measure(data: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for corpus in corpora(data):
            kept = Path(folder) / corpus.name
            searching(corpus, kept, shared_embedder())
            questions = [question.question for question in corpus.read()][:60]
            async with aclosing(build_pipeline(load_settings(data_dir=kept), shared_embedder())) as built:
                for has_judge in (False, True):
                    times, forms = await _timed(_with_model(built, has_judge=has_judge), questions)
                    p50, p99 = np.percentile(times, [50, 99])
                    judge = "judge" if has_judge else "no judge"
                    print(
                        f"{corpus.name}, {judge}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {len(times)} questions, {forms}"
                    )


def _with_model(built: Pipeline, *, has_judge: bool) -> Pipeline:
    servers = Servers((Instant(),))
    templates = Templates(*(load_template(v) for v in ("support_rag/v2", "repair/v1", "revise/v1", "condense/v1")))
    judge = ModelJudge(servers, load_template("judge/v1")) if has_judge else None
    limits = replace(built.limits, sufficiency_min=0.0)
    return replace(built, writer=Writer(servers, judge, templates), cache=MemoryAnswerCache(1), limits=limits)


async def _timed(parts: Pipeline, questions: list[str]) -> tuple[list[float], dict[str, int]]:
    times, forms = [], dict[str, int]()
    for round_ in range(_ROUNDS + 1):
        for number, question in enumerate(questions):
            # Another user each time, and another wording for the cache.
            who = context(user_id=f"U{round_}-{number}", tenant_id=f"T{round_}-{number}", deadline=Deadline.after(60))
            began = time.perf_counter()
            response = await answer(parts, f"{question}{' ' if round_ % 2 else ''}", who)
            if round_:
                times.append((time.perf_counter() - began) * 1e3)
                form = response.trace.form or response.outcome.kind
                forms[form] = forms.get(form, 0) + 1
    return times, forms


def _draft(prompt: Prompt) -> str:
    chunk = prompt.chunks[0]
    said = [unit.of(chunk.text) for unit in units(chunk.text) if unit.kind == "text" and len(unit.of(chunk.text)) > 30]
    kept = said[:2] or [chunk.text[:200]]
    return json.dumps(
        {
            "status": "answered",
            "answer": " ".join(f"{sentence} [1]" for sentence in reversed(kept)),
            "confidence": "high",
            "citations": [{"marker": 1, "chunk_id": chunk.chunk_id, "quote": sentence} for sentence in kept],
        }
    )


def _verdicts(prompt: Prompt) -> str:
    sentences = prompt.messages[-1].content.count("\nSentence ") + prompt.messages[-1].content.startswith("Sentence ")
    verdicts = [{"sentence": n, "verdict": "supported"} for n in range(1, sentences + 1)]
    return json.dumps({"verdicts": verdicts, "answers_question": True})


if __name__ == "__main__":
    main()
