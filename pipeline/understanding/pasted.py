"""Reduce a pasted log, ticket or e-mail to a question: the asker's own words, and the passages that the documents know.

A passage counts by the words and codes in it that stand in the documents, the rarer the more, and the less the more
passages of the message hold them. So timestamps, names and stack frames, which no document holds, count nothing, and
lines that repeat count little. The passages stay whole: a word that no document holds makes it less likely that they
answer, as in any question.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf

from index.terms import question_codes, question_terms

# The rarities of terms in the documents that the asker may read; terms that none of them holds are left out.
Rarities = Callable[[Sequence[str]], Mapping[str, float]]
# More would ask for so much that no chunk can match it. With 200 characters of passages the search finds 7 of 8 pastes
# (tests/bench/pasted.py) and takes 2 for answerable, with 120 it finds 8 and takes 7.
_QUESTION_CHARS, _PASSAGE_CHARS, _LONGEST_PASSAGE = 300, 120, 160
_PASSAGE = re.compile(r"[^\n.!?]++(?:[.!?]++(?![\s\n]|$)[^\n.!?]*+)*+[.!?]*+")
_SHARE_OF_THE_BEST = 0.5
_LONGEST_TERM, _MAX_TERMS = 64, 2_000


def reduced(text: str, rarities: Rarities) -> str:
    """Return what a long message asks, in its order: its questions, then the passages with the rarest known words."""
    passages = list(dict.fromkeys(cut for found in _PASSAGE.findall(text) if (cut := found.strip()[:_LONGEST_PASSAGE])))
    asked = _within(_QUESTION_CHARS, (passage for passage in passages if passage.endswith("?")))
    terms = {passage: _terms(passage) for passage in passages}
    weights = _weights([terms[passage] for passage in passages], rarities)
    telling = {passage: sum(weights.get(term, 0.0) for term in terms[passage]) for passage in passages}
    least = _SHARE_OF_THE_BEST * max(telling.values(), default=0.0) or inf
    others = sorted((p for p in passages if telling[p] >= least and p not in asked), key=lambda p: -telling[p])
    kept = {*asked, *_within(_PASSAGE_CHARS, others)}
    return "\n".join(passage for passage in passages if passage in kept)


def _terms(passage: str) -> set[str]:
    """Return the words and codes of a passage. A number alone tells nothing."""
    found = {*question_terms(passage), *question_codes(passage)}
    return {term for term in found if len(term) <= _LONGEST_TERM and not term.isdigit()}


def _weights(terms: Sequence[set[str]], rarities: Rarities) -> dict[str, float]:
    """Return the weight of each term that the documents hold, `terms` being those of each passage."""
    holding = Counter(term for each in terms for term in each)
    rarest = rarities([term for term, _ in holding.most_common()[: -_MAX_TERMS - 1 : -1]])
    return {term: rarity / holding[term] for term, rarity in rarest.items()}


def _within(chars: int, passages: Iterable[str]) -> list[str]:
    """Return the passages up to a number of characters, at least one if there is one."""
    kept: list[str] = []
    for passage in passages:
        if kept and sum(map(len, kept)) + len(passage) > chars:
            break
        kept.append(passage)
    return kept
