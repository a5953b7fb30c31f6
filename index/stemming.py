"""Snowball stemmers: the English one that search and proof share, and one for each language of the documents."""

import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

_WORDS_KEPT = 50_000
# The languages that have a stemmer, by ISO 639-1 code. English is in no list: every word has its English stem.
_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
STEMMED = frozenset(_ALGORITHMS)
# Languages that write compounds as one word.
COMPOUNDING = frozenset({"da", "de", "fi", "hu", "nl", "no", "sv"})
# A Snowball stemmer keeps the word it works on in its attributes, so one thread at a time may use it.
_lock = threading.Lock()


@lru_cache(maxsize=_WORDS_KEPT)
def stem(word: str) -> str:
    """Return the word without case, accents and English endings: the form that the index keeps."""
    return without_ending(_without_accents(word.casefold()))


def without_ending(word: str) -> str:
    """Return a lower-case word without its English endings; accents stay."""
    with _lock:
        return str(_stemmer("english").stemWord(word))


@lru_cache(maxsize=_WORDS_KEPT)
def stem_in(language: str, word: str) -> str:
    """Return the language's code, and the word without case, accents and the endings of that language: "de:rechn".

    `language` is one of STEMMED. Accents are kept until the endings are off, because some endings have them.
    """
    composed = unicodedata.normalize("NFC", word.casefold())
    with _lock:
        stemmed = str(_stemmer(_ALGORITHMS[language]).stemWord(composed))
    return f"{language}:{_without_accents(stemmed)}"


def _without_accents(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


@lru_cache(maxsize=len(_ALGORITHMS) + 1)
def _stemmer(algorithm: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(algorithm)
