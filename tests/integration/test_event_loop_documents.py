"""A document of odd characters in the index, a million in full, does not hold up the event loop while people ask."""

import asyncio
import time
from contextlib import aclosing
from pathlib import Path

from support.models import shared_embedder
from support.size import sized

from bot.app import build_pipeline
from bot.settings import Settings
from index.builder import BuildRules, build
from pipeline.answering import Pipeline, answer
from pipeline.safety.policy import withheld
from pipeline.types import Deadline, Outcome, RequestContext

_QUESTIONS, _LONGEST_S, _TICK_S = 50, 0.1, 0.005
_ODD = (
    *(" " * 3_000, "\n" * 6_000, "<" * 3_000, "[" * 3_000, "`" * 3_000, "|" * 3_000, "- " * 2_000, "a." * 2_000),
    *("<https:" * 500, "![a](" * 500, "<system>" * 300, "note to " * 400, "ignore " * 400, "**a " * 600, "1. " * 900),
    *(
        "a" * 10_000,
        "# " * 900,
        "> " * 900,
        "&amp;" * 600,
        "A. b? " * 800,
        "QUJD" * 900,
        "| a " * 800,
        "no wonder " * 400,
    ),
)


def _document() -> str:
    parts = [
        f"## Reset of model {n}\n\nHold the button of model {n} for {n} seconds. {odd}\n" for n, odd in enumerate(_ODD)
    ]
    text = "\n\n".join(parts)
    return "# Resets\n\n" + "\n\n".join([text] * (1 + sized(1_000_000, 0) // len(text)))


def _context(number: int) -> RequestContext:
    return RequestContext(
        request_id=f"r{number}",
        tenant_id=f"t{number}",
        user_id=f"u{number}",
        channel_id="c",
        route="test",
        deadline=Deadline.after(60.0),
        groups=frozenset[str](),
        audience=None,
    )


async def _delays(stop: asyncio.Event) -> list[float]:
    found: list[float] = []
    while not stop.is_set():
        # The clock of the test: how much later than this it wakes is what is measured.
        begun = time.monotonic()
        await asyncio.sleep(_TICK_S)
        found.append(time.monotonic() - begun - _TICK_S)
    return sorted(found)


async def _asked(pipeline: Pipeline) -> list[Outcome]:
    return [
        (await answer(pipeline, f"How long do I hold the button of model {n % len(_ODD)}?", _context(n))).outcome
        for n in range(_QUESTIONS)
    ]


async def test_the_event_loop_stays_responsive_beside_a_hostile_document(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "odd.md").write_text(_document(), encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data")
    coverage = await asyncio.to_thread(
        build, [tmp_path / "docs"], settings.data_dir, shared_embedder(), BuildRules(withheld=withheld)
    )
    assert coverage.indexed == 1
    async with aclosing(build_pipeline(settings, shared_embedder())) as pipeline:
        stop = asyncio.Event()
        measuring = asyncio.create_task(_delays(stop))
        outcomes = await _asked(pipeline)
        stop.set()
        delays = await measuring
    assert {outcome.kind for outcome in outcomes} <= {"answered", "not_enough_info"}
    assert delays[int(len(delays) * 0.99)] < _LONGEST_S
