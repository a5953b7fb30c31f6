"""The features of a search result that sufficiency is computed from.

Pure functions over the numbers of one search. tests/bench/sufficiency.py prints what each feature contributes on
documents that had no say in the fit.
"""

import re
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from index.stemming import stem

# From this similarity on a token counts as matched, below it as unmatched. Held-out AUROC on XQuAD, Zulip, Plausible
# and the demo with 0.40: 0.95, 0.85, 0.84, 0.85; with 0.45: 0.96, 0.83, 0.84, 0.84; with 0.50: 0.96, 0.82, 0.83, 0.83.
# At thresholds of the others 10, 6, 13, 9% of the unanswerable questions pass with 0.40 and 9, 6, 10, 13% with 0.45.
_MATCHED_FROM = 0.45
_BEST = 3
_TITLE_WORDS = 2
# "What does a bounce rate mean?" asks for the section on bounce rates.
ASKING = frozenset({"mean", "means", "meaning", "work", "works"})
_WORD = re.compile(r"(?:^|(?<=\w))(\W*+)(\w++)")
_SENTENCE_ENDS = frozenset(".!?:")


def evidence(matches: NDArray[np.float32], weights: NDArray[np.float32], largest_rarity: float) -> float:
    """Return how much of the question one chunk matches: positive if more than it leaves unmatched.

    `matches` is float32[q], the best match of each of the question's tokens in the chunk; `weights`, float32[q], are
    the rarities of their words. The sum grows with the number of matched words: of two questions that are matched
    equally well, the longer one is answered more often.
    """
    return float((weights * (matches - _MATCHED_FROM)).sum() / largest_rarity)


def stability(
    documents: NDArray[np.int32],
    matches: NDArray[np.float32],
    others: NDArray[np.float32],
    weights: NDArray[np.float32],
    words: NDArray[np.int64],
) -> float:
    """Return the share of the question's words (0..1, weighted by rarity) without which the best document stays best.

    `documents`, int32[n], is the document of each candidate; `matches`, float32[n, q], its best match with each token;
    `others`, float32[n], the other parts of its score; `words`, int64[q], the number of the word that a token belongs
    to. Without its only word a question has no best document: its stability is the share of the best three candidates
    that are in the best one's document.
    """
    numbers, first = np.unique(words, return_index=True)
    if len(numbers) == 1:
        best = documents[np.argsort(-(others + matches @ weights / weights.sum()), kind="stable")[:_BEST]]
        return float(np.mean(best == best[0]))
    by_word = np.equal.outer(words, numbers) * weights[:, None]
    without = weights.sum() - by_word.sum(axis=0)
    scores = others[:, None] + (matches @ (weights[:, None] - by_word)) / np.maximum(without, 1e-6)
    best = documents == documents[int((others + matches @ weights / weights.sum()).argmax())]
    stays = scores[best].max(axis=0) > scores[~best].max(axis=0, initial=-np.inf)
    return float(np.average(stays, weights=np.maximum(weights[first], 1e-3)))


def titled(words: Collection[str], title: str) -> bool:
    """Tell whether a title holds all words of a question, in any form. One word ("notifications?") names no title."""
    held = {stem(word) for _, word in _WORD.findall(title)}
    named = [word for word in words if word not in ASKING]
    return len(named) >= _TITLE_WORDS and all(stem(word) in held for word in named)


def names(question: str) -> Sequence[str]:
    """Return the words of the question that look like names or numbers, in lower case.

    A name begins with a capital inside a sentence; a number holds a digit. A question in capitals has numbers only.
    """
    capitals = not question.isupper()
    # The full stop in front makes the first word one that begins a sentence.
    return [
        word.casefold()
        for gap, word in _WORD.findall("." + question)
        if any(map(str.isdigit, word)) or (capitals and word[0].isupper() and not _SENTENCE_ENDS.intersection(gap))
    ]
