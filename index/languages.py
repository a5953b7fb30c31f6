"""The language of a text, by the package py3langid (naive Bayes over byte n-grams; its model has 4.5 MB)."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

from py3langid.langid import MODEL_FILE, LanguageIdentifier

LANGUAGES = frozenset(
    "ar bg ca cs da de el en es fi fr he hi hu id it ja ko nl no pl pt ro ru sk sv th tr uk vi zh".split()
)
# A document's language is not told below this probability, or from fewer letters.
_SURE, _LETTERS = 0.9, 40
_READ_CHARS = 1500


def identified(text: str) -> tuple[str, float]:
    """Return the ISO 639-1 code of the likeliest language of a text, one of LANGUAGES, and its probability.

    The first call reads the model (0.5 s, 90 MB). Safe to share between threads.
    """
    language, probability = _identifier().classify(text)
    return str(language), float(probability)


def document_language(texts: Iterable[str]) -> str:
    """Return the code of the language that a document begins in; "" where that is not sure."""
    begin = " ".join(islice(texts, 3))[:_READ_CHARS].casefold()
    if sum(map(str.isalpha, begin)) < _LETTERS:
        return ""
    language, probability = identified(begin)
    return language if probability >= _SURE else ""


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted(LANGUAGES))
    return identifier
