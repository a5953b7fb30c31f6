"""Honest ways to say a sentence otherwise: none adds, drops or changes a fact."""

import random
import re
from collections.abc import Callable, Mapping

from support.corruptions import Case

_SHORT = (
    ("cannot", "can't"), ("do not", "don't"), ("does not", "doesn't"), ("is not", "isn't"), ("are not", "aren't"),
    ("will not", "won't"), ("you will", "you'll"), ("you have", "you've"), ("it is", "it's"),
)  # fmt: skip
_LIKE = (
    ("click", "select"), ("Click", "Choose"), ("messages", "posts"), ("modify", "change"), ("edit", "change"),
    ("delete", "remove"), ("allows you to", "lets you"), ("in order to", "to"), ("additional", "extra"),
    ("however", "but"), ("begin", "start"), ("link", "URL"), ("via", "through"), ("enable", "turn on"),
    ("application", "app"), ("invitation", "invite"), ("select", "choose"), ("disable", "turn off"),
)  # fmt: skip


def contraction(case: Case, rng: random.Random) -> Case | None:
    """Write "can't" for "cannot", and the other way round."""
    pairs = [*_SHORT, *((short, long) for long, short in _SHORT)]
    return _swapped(case, rng, pairs)


def like_word(case: Case, rng: random.Random) -> Case | None:
    """A word of like meaning."""
    return _swapped(case, rng, list(_LIKE))


def lead_in(case: Case, rng: random.Random) -> Case | None:
    """Words before the sentence that say where it is from, or nothing."""
    words = rng.choice(("According to the documentation, ", "Yes, ", "In short: ", "Note that "))
    return case.saying(words + _lower_first(case.answer))


def dropped_aside(case: Case, _: random.Random) -> Case | None:
    """Without what stands in brackets."""
    told = re.sub(r" \([^()\d]*\)", "", case.answer)
    return case.saying(told) if told != case.answer else None


def moved_front(case: Case, _: random.Random) -> Case | None:
    """The clause before the first comma told last."""
    match = re.fullmatch(r"((?:By|In|For|To|When|If|After|On) [^,.]{8,60}), ([^,]{20,}?)\. \[1\]", case.answer)
    return case.saying(f"{match[2][0].upper()}{match[2][1:]} {_lower_first(match[1])}. [1]") if match else None


def listed(case: Case, _: random.Random) -> Case | None:
    """Both sentences as a list under a lead-in."""
    first, mark, second = case.answer.partition("[1] ")
    return case.saying(f"Here is how:\n- {first}{mark}\n- {second}") if second else None


def _swapped(case: Case, rng: random.Random, pairs: list[tuple[str, str]]) -> Case | None:
    found = [(old, new) for old, new in pairs if re.search(rf"\b{re.escape(old)}\b", case.answer)]
    if not found:
        return None
    old, new = rng.choice(found)
    return case.saying(re.sub(rf"\b{re.escape(old)}\b", new, case.answer, count=1))


def _lower_first(text: str) -> str:
    first = text.split(" ", 1)[0]
    return text if len(first) > 1 and any(c.isupper() or c.isdigit() for c in first[1:]) else text[0].lower() + text[1:]


PARAPHRASES: Mapping[str, Callable[[Case, random.Random], Case | None]] = {
    told.__name__: told for told in (contraction, like_word, lead_in, dropped_aside, moved_front, listed)
}
