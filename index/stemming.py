"""The English stemmer (Snowball) that search and proof share."""

import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

_WORDS_KEPT = 50_000
# A Snowball stemmer keeps the word it works on in its attributes, so one thread at a time may use it.
_lock = threading.Lock()


@lru_cache(maxsize=_WORDS_KEPT)
def stem(word: str) -> str:
    """Return the word without case, accents and English endings: the form that the index keeps."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
    return without_ending(plain)


def without_ending(word: str) -> str:
    """Return a lower-case word without its English endings; accents stay."""
    with _lock:
        return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")
