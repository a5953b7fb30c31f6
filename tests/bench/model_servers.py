"""The replies that real servers are reported to send, case by case: what came out before, and what comes out now.

usage: python tests/bench/model_servers.py [--judge yes|none] [CASES_DIR [DATA_DIR]]
(default ../shared/cases/model-servers ../shared/data/plausible-docs)
Cases 01 to 22 are one reply of a server each: a refusal is sent until the request no longer holds what is refused, any
other reply is sent whatever is asked. Cases 30 to 34 are contents of a reply. The judge `yes` says "supported" of every
sentence. After them come the kinds of servers of tests/support/model_servers.py.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.builders import context
from support.model_servers import KINDS, Body, Kind, blocks, model_server, said
from support.models import shared_embedder

from bot.app import build_pipeline
from bot.settings import load_settings
from bot.telemetry.logs import configure_logging
from index.builder import BuildRules, build
from pipeline.answering import answer
from pipeline.proof.comparing import comparable
from pipeline.types import Deadline, Response

_SHARED = Path(__file__).parents[2].parent / "shared"
_FACT = "There are no attachments, no PDFs and no links to click on in the email reports either."
_ASKED = "How often are email reports sent?"
_REFUSED: dict[str, Callable[[Body], bool]] = {
    "01": lambda request: "max_tokens" in request,
    "02": lambda request: "temperature" in request,
    "18": lambda _: True,
    "20": lambda request: request["messages"][0]["role"] == "system",
    "22": lambda request: "response_format" in request,
}


@dataclass(frozen=True)
class Case:
    """A question, the server that it is asked of, what the model writes, and what came out before."""

    name: str
    question: str
    kind: Kind
    writes: Callable[[str], str | None] | None
    observed: str = ""


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", default=_SHARED / "cases" / "model-servers", type=Path)
    parser.add_argument("data", nargs="?", default=_SHARED / "data" / "plausible-docs", type=Path)
    parser.add_argument("--judge", choices=("yes", "none"), default="yes")
    told = parser.parse_args()
    if not told.cases.is_dir() or not told.data.is_dir():
        print(f"skipped: no {told.cases if told.data.is_dir() else told.data}")
        return
    configure_logging("CRITICAL")
    with tempfile.TemporaryDirectory() as folder:
        build([told.data / "docs"], Path(folder), shared_embedder(), BuildRules())
        asyncio.run(_measure(told.cases, Path(folder), "model" if told.judge == "yes" else "none"))


async def _measure(cases: Path, data_dir: Path, judge: str) -> None:
    ends: Counter[str] = Counter()
    for case in [*_replies(cases), *_contents(cases), *_servers()]:
        async with model_server(case.kind, _FACT, writes=case.writes) as server:
            began = time.perf_counter()
            found = await _asked(case, server.url, data_dir, judge)
            took = (time.perf_counter() - began) * 1e3
        end = found.outcome.kind + (f" {found.trace.form}" if found.trace.form else "")
        ends[end] += 1
        why = ", ".join(dict.fromkeys([*found.trace.findings, *(p.failure for p in found.trace.model_problems)]))
        print(f"{case.name:34} | {case.observed:32} | {end:17} | {len(server.requests)} | {took:5.0f} ms | {why}")
    print(dict(ends))


async def _asked(case: Case, url: str, data_dir: Path, judge: str) -> Response:
    llm = {
        "provider": "openai", "base_url": url, "model": "m", "api_key": "k", "key_header": case.kind.key_header,
        "backoff_base_s": 0.01, "backoff_cap_s": 0.02,
    }  # fmt: skip
    settings = load_settings(data_dir=data_dir, llm=llm, judge={"kind": judge})
    async with aclosing(build_pipeline(settings, shared_embedder())) as parts:
        return await answer(parts, case.question, context(deadline=Deadline.after(20)))


def _replies(cases: Path) -> list[Case]:
    """Return the cases that are one reply of a server."""
    found = []
    for file in sorted(cases.glob("[012]*.json")):
        case = json.loads(file.read_text(encoding="utf-8"))
        sent = case["server_reply_to_first_request"]
        name, body = file.stem, json.loads(sent["body"])
        check = _REFUSED.get(name[:2])
        if check:
            kind = Kind(name, case["reference"], (_refusing(check, sent["status"], body),))
            found.append(Case(name, case["question"], kind, _good(), _short(case["observed"])))
        else:
            kind = Kind(name, case["reference"], shape=_sending(body))
            found.append(Case(name, case["question"], kind, _good(), _short(case["observed"])))
    return found


def _sending(body: Body) -> Callable[[str, Body], Body]:
    return lambda text, _: _placed(body, text)


def _refusing(check: Callable[[Body], bool], status: int, body: object) -> Callable[[Body], tuple[int, object] | None]:
    return lambda request: (status, body) if check(request) else None


_QUOTE = (
    "you can decide to enable weekly (every Monday) and/or monthly (every 1st day of the month) reports to be sent "
    "directly through email"
)


def _good() -> Callable[[str], str | None]:
    return _content({"answer": f"{_QUOTE.replace('you can decide to', 'You can')} [{{0}}].", "quotes": [_QUOTE]})


def _placed(body: Body, good: str) -> Body:
    """Return a recorded reply with its marker and chunk id as they stand in today's prompt; verdicts are sent well."""
    if '"verdicts"' in good:
        return said(good)
    citations = json.loads(good)["citations"]
    if not citations:
        return said(good)
    marker, chunk_id = citations[0]["marker"], citations[0]["chunk_id"]
    text = json.dumps(body).replace("ff1bb8ef93cc", chunk_id).replace("[1]", f"[{marker}]")
    for quote in ('\\"', '\\\\\\"'):
        text = text.replace(f"{quote}marker{quote}: 1", f"{quote}marker{quote}: {marker}")
    placed: Body = json.loads(text)
    return placed


def _contents(cases: Path) -> list[Case]:
    """Return the cases that are contents of a reply."""
    return [
        Case(
            f"{file.stem[:2]} {case['case']}",
            case["question"],
            Kind(case["case"], ""),
            _content(case),
            _short(case["observed"]),
        )
        for file in sorted(cases.glob("3*.json"))
        for case in json.loads(file.read_text(encoding="utf-8"))
    ]


def _content(case: dict[str, Any]) -> Callable[[str], str | None]:
    """Return a model that writes the answer of a case, its markers placed where the quotes stand in the prompt."""

    def writes(prompt: str) -> str | None:
        if "Passage 1:" in prompt:
            return None
        held = blocks(prompt)
        found = []
        for quote in case["quotes"]:
            wanted = comparable(quote)
            near = next((block for block in held if wanted[:40].strip(' .…"') in comparable(block[2])), None)
            near = near or next((block for block in held if wanted[-40:].strip(' .…"') in comparable(block[2])), None)
            found.append(near or (held[0] if held else (1, "none", "")))
        numbers = [block[0] for block in found]
        answer = case["answer"]
        for at in range(9):
            answer = answer.replace(f"{{{at}}}", str(numbers[min(at, len(numbers) - 1)] if numbers else 1))
        answer = answer.replace("{id0}", found[0][1] if found else "")
        citations = [
            {"marker": block[0], "chunk_id": block[1], "quote": quote}
            for block, quote in zip(found, case["quotes"], strict=True)
        ]
        reply = {
            "status": case.get("status", "answered"),
            "answer": answer,
            "confidence": "high",
            "citations": citations,
        }
        return json.dumps(reply, ensure_ascii=False)

    return writes


def _servers() -> list[Case]:
    return [Case(kind.name, _ASKED, kind, None) for kind in KINDS]


def _short(observed: str) -> str:
    """Return the outcome in the words of a case file, shortened."""
    fields = dict(part.split("=", 1) for part in observed.split(" | ") if "=" in part)
    if "kind" not in fields:
        return observed[:32]
    degraded = " degraded" if fields.get("degraded") == "True" else ""
    return f"{fields['kind']}{degraded} {fields.get('reason', '')}".strip()


if __name__ == "__main__":
    main()
