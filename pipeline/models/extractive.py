"""The provider without a model: quotes the sentences that fit the question best, verbatim and cited.

It writes the same JSON as a model and passes the same checks. It is the default provider, and the degraded mode when
another provider is down.
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.bm25 import question_terms
from index.embedding.model import Embedder
from index.markdown import is_list_item, is_numbered_item, lines, without_links_and_images, without_list_mark
from index.retrieval import RetrievedChunk
from pipeline.errors import RetryableModelError
from pipeline.proof.comparing import INLINE_TAG
from pipeline.proof.sentences import sentences
from pipeline.safety.instructions import is_instruction
from pipeline.types import Completion, Deadline, Failure, Prompt

_CHUNKS = 5
_SENTENCES = 3
_LIST_ITEMS = 8
_NEAR_BEST = 0.9
_COSINE_WEIGHT = 0.8
# A question of one content word ("notifications?") does not tell what is asked, so its confidence is low.
_MIN_TERMS = 2
# Scores from which the confidence is high or medium. Chosen with `citedesk eval`; see the README, "How good is it".
_HIGH, _MEDIUM = 0.65, 0.55
_NOT_PROSE = re.compile(r"^\s*(?:#{1,6}\s|\|?[\s|:-]+\|?\s*$|:::|import\s|<[A-Za-z/]|\[[^\]]+\]:\s|[\w-]+=[\"{']|/>)")
_TABLE_RULE = re.compile(r"\s*\|[\s|:-]*-[\s|:-]*")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or list item of a chunk: `raw` is verbatim, `shown` is without its markup."""

    marker: int
    place: int
    raw: str
    shown: str
    is_item: bool


class ExtractiveProvider:
    """Selects sentences by their similarity to the question. Needs no network."""

    name = "extractive"
    model = "extractive-v1"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def open_circuits(self) -> dict[str, bool]:
        """Return nothing: there is no server."""
        return {}

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""

    async def complete(self, prompt: Prompt, deadline: Deadline, attempted: Callable[[], None]) -> Completion:
        """Return a reply that matches the reply schema; insufficient_context if no chunk has a usable sentence.

        Raises RetryableModelError at the deadline.
        """
        attempted()
        try:
            async with asyncio.timeout(deadline.remaining()):
                text = await asyncio.to_thread(self._reply, prompt.question, prompt.chunks)
        except TimeoutError as error:
            raise RetryableModelError(Failure.MODEL_TIMEOUT) from error
        return Completion(text=text, provider=self.name, model=self.model)

    def _reply(self, question: str, chunks: Sequence[RetrievedChunk]) -> str:
        units = [u for n, chunk in enumerate(chunks[:_CHUNKS], 1) for u in _units(n, chunk)]
        if not units:
            return _json("insufficient_context", "low", [], chunks)
        scores = self._scores(question, units, chunks)
        best = max(range(len(units)), key=lambda position: scores[position])
        chosen = _run_of_items(units, best) or _near_best(units, scores, scores[best])
        clear = len(question_terms(question)) >= _MIN_TERMS
        return _json("answered", _confidence(scores[best]) if clear else "low", chosen, chunks)

    def _scores(self, question: str, units: Sequence[_Unit], chunks: Sequence[RetrievedChunk]) -> list[float]:
        """Return the similarity of each unit to the question, 0..1, from its cosine and the words they share."""
        texts = [f"{chunks[u.marker - 1].heading or chunks[u.marker - 1].title}: {u.shown}" for u in units]
        vectors = self._embedder.embed([question, *texts])
        cosines = vectors[1:] @ vectors[0]
        terms = {term[:6] for term in question_terms(question)}
        return [
            _COSINE_WEIGHT * float(cosine) + (1 - _COSINE_WEIGHT) * _coverage(terms, text)
            for cosine, text in zip(cosines, texts, strict=True)
        ]


def _coverage(terms: set[str], text: str) -> float:
    words = {word[:6] for word in re.findall(r"\w+", text.casefold())}
    return len(terms & words) / len(terms) if terms else 0.0


def _confidence(score: float) -> str:
    if score >= _HIGH:
        return "high"
    return "medium" if score >= _MEDIUM else "low"


def _units(marker: int, chunk: RetrievedChunk) -> list[_Unit]:
    units: list[_Unit] = []
    for block in _prose_blocks(chunk.text):
        is_item = is_list_item(block)
        parts = [block] if is_item else sentences(block)
        for raw in (part.strip() for part in parts):
            shown = _shown(raw)
            if len(shown) > 1 and any(c.isalnum() for c in shown) and not is_instruction(raw):
                units.append(_Unit(marker, len(units), raw, shown, is_item))
    return units


def _prose_blocks(text: str) -> list[str]:
    """Return paragraphs and list items; a wrapped line stays with the line before it."""
    blocks: list[str] = []
    open_block = False
    for line, is_code in lines(text):
        if is_code:
            open_block = False
        elif not line.strip() or _NOT_PROSE.match(line):
            # The row above a table's rule is its header, which says nothing without the cells.
            if _TABLE_RULE.fullmatch(line) and blocks and open_block:
                blocks.pop()
            open_block = False
        elif open_block and not is_list_item(line):
            blocks[-1] += "\n" + line
        else:
            blocks.append(line)
            open_block = True
    return blocks


def _shown(raw: str) -> str:
    text = re.sub(r"^\s*(?:>\s*)+", "", raw, flags=re.MULTILINE)
    text = without_links_and_images(without_list_mark(text))
    text = INLINE_TAG.sub("", text).replace("|", " ")
    # A number in brackets would be read as a citation marker.
    return " ".join(re.sub(r"\[(\d{1,3})\]", r"(\1)", text).split())


def _run_of_items(units: Sequence[_Unit], best: int) -> list[_Unit]:
    """Return the whole list, if the best unit is one of its items or its lead-in; else nothing."""
    start = best
    if not units[best].is_item:
        follows = best + 1 < len(units) and units[best + 1].is_item and units[best].shown.endswith(":")
        if not follows:
            return []
        start = best + 1
    while start > 0 and units[start - 1].is_item and units[start - 1].marker == units[best].marker:
        start -= 1
    end = start
    while end < len(units) and units[end].is_item and units[end].marker == units[best].marker:
        end += 1
    if start > 0 and units[start - 1].marker == units[best].marker and units[start - 1].shown.endswith(":"):
        start -= 1
    run = list(units[start:end])
    return run if len(run) <= _LIST_ITEMS + 1 else list(units[best : best + 1])


def _near_best(units: Sequence[_Unit], scores: Sequence[float], best: float) -> list[_Unit]:
    near = [p for p in range(len(units)) if scores[p] >= best * _NEAR_BEST and not units[p].is_item]
    top = sorted(near, key=lambda p: -scores[p])[:_SENTENCES] or [max(range(len(units)), key=lambda p: scores[p])]
    seen: set[str] = set()
    chosen = [units[p] for p in sorted(top)]
    return [u for u in chosen if not (u.shown in seen or seen.add(u.shown))]  # type: ignore[func-returns-value]


def _json(status: str, confidence: str, units: Sequence[_Unit], chunks: Sequence[RetrievedChunk]) -> str:
    items = sum(unit.is_item for unit in units) > 1
    written: list[str] = []
    number = 0
    for unit in units:
        ordered = is_numbered_item(unit.raw)
        number += ordered
        mark = (f"{number}. " if ordered else "- ") if items and unit.is_item else ""
        marked = " ".join(f"{sentence} [{unit.marker}]" for sentence in sentences(unit.shown))
        written.append(f"{mark}{marked}")
    return json.dumps(
        {
            "status": status,
            "answer": ("\n" if items else " ").join(written),
            "confidence": confidence,
            "citations": [
                {"marker": u.marker, "chunk_id": chunks[u.marker - 1].chunk_id, "quote": u.raw} for u in units
            ],
        },
        ensure_ascii=False,
    )
