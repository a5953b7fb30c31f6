"""Ask a question of each server and of each reply that was reported, and print what a reader gets, before and now.

usage: python tests/bench/model_servers.py [--judge yes|none] [--shared DIR] [--data-dir DIR] [--also FILE.py]

The cases are in DIR/cases/model-servers, the documents in DIR/data/plausible-docs; DIR is `../shared` if it is not
given. `--data-dir` keeps the index for the next run. `--also` runs the `DIALECTS` and `SHAPES` of a file instead.
"""

import argparse
import asyncio
import json
import re
import runpy
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

_HERE = Path(__file__).resolve()
# The tree that this file stands in, whatever is installed.
sys.path[:0] = [str(_HERE.parents[2]), str(_HERE.parents[1])]

from support.case_files import Case, cases_in  # noqa: E402 - after the path is set
from support.gateway_dialects import DIALECTS  # noqa: E402
from support.model_servers import Dialect, serving  # noqa: E402
from support.reply_shapes import SHAPES, Shape  # noqa: E402
from support.writing_model import Known  # noqa: E402

from bot.app import build_embedder, build_pipeline, build_retriever, build_rules  # noqa: E402
from bot.settings import Settings, load_settings  # noqa: E402
from index.builder import build  # noqa: E402
from index.embedding.model import OnnxEmbedder  # noqa: E402
from index.live import LiveRetriever  # noqa: E402
from pipeline.answering import answer  # noqa: E402
from pipeline.types import Answered, Deadline, RequestContext, Response  # noqa: E402

_SENT = (
    "you can decide to enable weekly (every Monday) and/or monthly (every 1st day of the month) reports to be sent "
    "directly through email"
)
_REPORTS = Known("How often are email reports sent?", f"{_SENT[0].upper()}{_SENT[1:]} if you like [{{0}}].", (_SENT,))


@dataclass(frozen=True)
class _Bench:
    """What all cases share."""

    data_dir: Path
    judge: str
    embedder: OnnxEmbedder
    retriever: LiveRetriever

    def settings(self, llm: dict[str, Any], tables: dict[str, Any]) -> Settings:
        kind = "model" if self.judge == "yes" else "none"
        return load_settings(data_dir=self.data_dir, llm=llm, judge={"kind": kind}, **tables)

    async def row(self, case: Case) -> str:
        """Return the line of the table for a case."""
        async with serving(case.dialect, [case.known], case.shaped) as server:
            settings = self.settings(server.settings(), case.tables)
            context = RequestContext("r", "T", "U", "C", "cli", Deadline.after(settings.limits.request_deadline_s))
            async with aclosing(build_pipeline(settings, self.embedder, self.retriever)) as pipeline:
                began = time.monotonic()
                response = await answer(pipeline, case.known.question, context)
                ms = (time.monotonic() - began) * 1000
        cells = (case.name, case.before, *_ending(response), len(server.requests), f"{ms:.0f}", _findings(response))
        return f"| {' | '.join(map(str, cells))} |"


def _ending(response: Response) -> tuple[str, str]:
    outcome = response.outcome
    if isinstance(outcome, Answered):
        return outcome.kind, f"{outcome.form}{', degraded' if outcome.degraded else ''}"
    reason = getattr(outcome, "reason", "")
    return outcome.kind, f"({reason}{', no draft' if getattr(outcome, 'draft', '') is None else ''})"


def _findings(response: Response) -> str:
    found = getattr(response.outcome, "findings", ())
    spans = [f"{f.code}: {' '.join(f.span.split())[:40]}" for f in found]
    return re.sub(r"[|]", "/", "; ".join(spans or map(str, response.trace.findings)))


def _own(dialects: Sequence[Dialect], shapes: Sequence[Shape], known: Known) -> Iterator[Case]:
    for dialect in dialects:
        yield Case(f"server {dialect.name}", "-", dialect, known, lambda _text, _asked, _number: None)
    for shape in shapes:
        yield Case(f"reply {shape.name}", "-", Dialect("good", "-"), known, shape, shape.settings)


def _index(settings: Settings, docs: Path, embedder: OnnxEmbedder) -> None:
    if not (settings.data_dir / "CURRENT").exists():
        build([docs], settings.data_dir, embedder, build_rules(settings))


async def _print(bench: _Bench, title: str, cases: Sequence[Case]) -> None:
    print(f"\n{title}, judge {bench.judge}\n")
    print("| case | before | now | form | requests | ms | findings |\n| --- | --- | --- | --- | --- | --- | --- |")
    ends: dict[str, int] = {}
    for case in cases:
        row = await bench.row(case)
        print(row, flush=True)
        end = " ".join(cell.strip() for cell in row.split("|")[3:5])
        ends[end] = ends.get(end, 0) + 1
    print(f"\n{len(cases)} cases: {json.dumps(ends)}")


def main() -> None:
    """Build the index and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--judge", choices=("yes", "none"), default="yes")
    parser.add_argument("--shared", type=Path, default=_HERE.parents[2].parent / "shared")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--also", type=Path)
    given = parser.parse_args()
    docs, files = given.shared / "data" / "plausible-docs" / "docs", given.shared / "cases" / "model-servers"
    if not docs.is_dir() or not files.is_dir():
        print(f"skipped: the documents and cases are not in {given.shared}")
        return
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_dir=given.data_dir or Path(folder))
        embedder = build_embedder(settings)
        _index(settings, docs, embedder)
        bench = _Bench(settings.data_dir, given.judge, embedder, build_retriever(settings, embedder))
        if given.also:
            more = runpy.run_path(str(given.also))
            cases = list(_own(more["DIALECTS"], more["SHAPES"], _REPORTS))
            asyncio.run(_print(bench, "More servers and replies", cases))
            return
        asyncio.run(_print(bench, "Case files", list(cases_in(files, _REPORTS))))
        asyncio.run(_print(bench, "Servers and replies of our own", list(_own(DIALECTS, SHAPES, _REPORTS))))


if __name__ == "__main__":
    main()
