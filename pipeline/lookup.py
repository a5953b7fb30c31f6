"""Questions that look up a code, such as "E-77" or "what does ERR-4031 mean?"."""

import re
from collections.abc import Sequence

from index.bm25 import question_terms
from index.features import ASKING
from index.retrieval import RetrievedChunk
from index.stemming import stem

# A code has a digit and a letter: "E-77", "VX-1413", "v2.1". Longer ones than this are not typed.
_CODE = re.compile(r"(?<![\w-])(?=\w)(?=[\w.-]{0,40}\d)(?=[\w.-]{0,40}[^\W\d_])\w++(?:[-.]\w++)*+")
# Words of such questions that no document needs to hold.
_ASKING = ASKING | frozenset(("must", "done", "say", "says", "happen", "happens", "help", "about", "error", "code"))
_WORD = re.compile(r"\w+")


def codes(text: str) -> frozenset[str]:
    """Return the codes in `text`, in lower case."""
    return frozenset(match.casefold() for match in _CODE.findall(text))


def looks_up(question: str, chunks: Sequence[RetrievedChunk]) -> bool:
    """Tell whether the question asks for a code, and one of the chunks holds it and all other words of the question.

    A search says little about such a question: it has one rare word, which a few documents hold.
    """
    asked = codes(question)
    if not asked:
        return False
    others = {stem(word) for word in question_terms(_CODE.sub(" ", question)) if word not in _ASKING}
    texts = [f"{chunk.title} {chunk.heading} {chunk.text}" for chunk in chunks]
    return any(asked <= codes(text) and others <= _stems(text) for text in texts)


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _WORD.findall(text.casefold()))
