"""What an evaluation suggests to do next, and how far its figures can be trusted, in sentences."""

import math
from collections.abc import Iterator, Sequence

from bot.evaluation.measures import Row, ended_as, with_gold, within

_FEW = 50
_TOP = 5
# Two thresholds that are fitted to fewer questions of a kind are fitted to chance.
_CALIBRATE = 20
_Z = 1.96


def next_steps(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return what to do next, the most urgent first."""
    return (*_wrong(rows), *_not_found(rows), *_held_back(rows), *_not_judged(rows), *_few(rows))


def _wrong(rows: Sequence[Row]) -> Iterator[str]:
    wrong = [row for row in rows if row["answerable"] is False and ended_as(row, "answered")]
    if wrong:
        yield (
            f"{_questions(len(wrong))} without an answer in the documents {_were(wrong)} answered. Read these first, "
            "below: either the documents do say it, so correct the question file, or the sufficiency is too generous."
        )
        if _can_calibrate(rows):
            yield "Run it again with --calibrate, which fits the sufficiency to these questions."


def _not_found(rows: Sequence[Row]) -> Iterator[str]:
    late = [row for row in with_gold(rows) if not within(row, _TOP)]
    if late:
        yield (
            f"The right passage of {_questions(len(late))} is not among the first five. See below what was found "
            "instead: often the page calls the thing by another name than people do. A sentence that holds both helps."
        )


def _held_back(rows: Sequence[Row]) -> Iterator[str]:
    held = [row for row in with_gold(rows) if within(row, _TOP) and ended_as(row, "not_enough_info")]
    if held:
        what = "Calibrate with --calibrate" if _can_calibrate(rows) else (
            f"Collect {_CALIBRATE} questions with and {_CALIBRATE} without an answer, and calibrate"
        )  # fmt: skip
        yield f"{_questions(len(held))} ended as not enough info although the right passage was found. {what}."


def _not_judged(rows: Sequence[Row]) -> Iterator[str]:
    answerable = [row for row in rows if row["answerable"]]
    without = len(answerable) - len(with_gold(rows))
    if without:
        yield (
            f"Where the answer to {without} of {_questions(len(answerable))} stands is not known, so finding it was "
            "not judged. Add gold_docs or gold_quotes to them."
        )
    unknown = sum(row["answerable"] is None for row in rows)
    if unknown:
        yield (
            f"Whether {_questions(unknown)} have an answer in the documents is not known: they count for the outcomes "
            "only. Set answerable to true or false in the question file."
        )


def _few(rows: Sequence[Row]) -> Iterator[str]:
    answerable = [row for row in rows if row["answerable"]]
    if answerable and len(answerable) < _FEW:
        low, high = interval(sum(ended_as(row, "answered") for row in answerable), len(answerable))
        yield (
            f"{_questions(len(answerable))} with an answer are few: the share that is answered may as well be "
            f"{low:.0%} as {high:.0%} (95% interval). A difference within that may be chance."
        )


def interval(hits: int, count: int) -> tuple[float, float]:
    """Return the range of a share of `count` at 95% confidence (Wilson score interval)."""
    share, spread = hits / count, _Z * _Z / count
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _can_calibrate(rows: Sequence[Row]) -> bool:
    return all(sum(row["answerable"] is kind for row in rows) >= _CALIBRATE for kind in (True, False))


def _questions(count: int) -> str:
    return f"{count} question{'' if count == 1 else 's'}"


def _were(rows: Sequence[Row]) -> str:
    return "was" if len(rows) == 1 else "were"
