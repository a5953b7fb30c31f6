"""Questions that look up a code, such as "E-77" or "what does ERR-4031 mean?"."""

from collections.abc import Sequence

from index.features import ASKING
from index.retrieval import RetrievedChunk
from index.stemming import stem
from index.terms import joined, question_codes, question_terms, tells_apart, words

# Words of such questions that no document needs to hold.
_ASKING = ASKING | frozenset(("must", "done", "say", "says", "happen", "happens", "help", "about", "error", "code"))


def looks_up(question: str, chunks: Sequence[RetrievedChunk]) -> bool:
    """Tell whether the question asks for a code, and one of the chunks holds it and all other words of the question.

    A search says little about such a question: it has one rare word, which a few documents hold.
    """
    asked = {code for code in question_codes(question) if tells_apart(code)}
    if not asked:
        return False
    parts = {part for code in asked for part in words(code)}
    others = {stem(word) for word in question_terms(question) if word not in _ASKING | parts}
    texts = [f"{chunk.title} {chunk.heading} {chunk.text}" for chunk in chunks]
    return any(asked <= {*joined(text), *words(text)} and others <= set(map(stem, words(text))) for text in texts)
