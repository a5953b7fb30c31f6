"""What search compares by letters: the words of a text, and its codes.

A code is what has no meaning but its spelling: words joined by signs ("ERR-4031", "pg_hba.conf", "--dry-run",
"v2.3.1"), and words that mix letters and digits or are long numbers ("22P02", "4031").
"""

import re
from collections.abc import Iterator

# Longer runs are addresses and encoded data, which nobody asks for.
_CODE_CHARS = 64
_MAX_TERMS = 40
_LONG_NUMBER = 3
_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"(?<![^\W_])[^\W_]++(?:[-_./:@+#\\]++[^\W_]++)++")
_COMPOUND = re.compile(r"(?<![-\w./:@+#\\])[^\W\d_]++(?:-[^\W\d_]++)++(?![-\w./:@+#\\]\w)")
# Scripts that write no spaces between words, and Hangul, whose words have particles at their ends.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_ANY_UNSPACED = re.compile(f"[{_UNSPACED}]")
_RUN = re.compile(f"([{_UNSPACED}]+)")
# The second word is looked at only, so that it can be the first one of the next pair.
_NEIGHBOURS = re.compile(r"\b([^\W\d_]{1,12}+)(?=([ ‐‑-])([^\W\d_]{1,12})\b)")  # noqa: RUF001 - hyphens
_VERSION = re.compile(r"v(?=\d+(?:\.\d+)*$)")
# Function words say nothing about what a question or a chunk is about.
FUNCTION_WORDS = frozenset(
    _WORD.findall(
        "a am an and any are as at be been but by can could did do does for from get got had has have how i "
        "if in into is it its just me my no not of on or our shall she should so than that the their them "
        "then there these they this to us was we were what when where which who whom whose why will with "
        "would you your"
    )
)


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, in order. Signs part words: "pg_hba.conf" has three.

    Where a script has no spaces between words, each two neighbouring characters are a word, as in Lucene's CJKAnalyzer.
    """
    lower = text.casefold()
    if not is_unspaced(lower):
        return _WORD.findall(lower)
    # Every second part is a run of such characters.
    parts = enumerate(_RUN.split(lower))
    return [word for n, part in parts for word in (_pairs(part) if n % 2 else _WORD.findall(part))]


def is_unspaced(text: str) -> bool:
    """Tell whether a text holds characters of a script without spaces between words."""
    return _ANY_UNSPACED.search(text) is not None


def neighbours(text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield each two words with a space or a hyphen between them, in lower case, and whether it is a hyphen."""
    lower = text.casefold()
    for match in _NEIGHBOURS.finditer(lower):
        yield match[1], match[3], match[2] != " "


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(max(1, len(run) - 1))]


def joined(text: str) -> Iterator[str]:
    """Yield the words that signs join, in lower case: "err-4031", "pg_hba.conf", "2.3.1" of "v2.3.1"."""
    for code in _JOINED.findall(text.casefold()):
        if len(code) <= _CODE_CHARS:
            yield _VERSION.sub("", code)


def question_terms(question: str) -> tuple[str, ...]:
    """Return the question's content words in order, each once; all its words if none is a content word."""
    found = list(dict.fromkeys(words(question)))
    content = [word for word in found if word not in FUNCTION_WORDS]
    return tuple((content or found)[:_MAX_TERMS])


def question_codes(question: str) -> tuple[str, ...]:
    """Return the codes of a question, each once. "--dry-run" is one, "dry-run" is two words, as "e-mail" is."""
    compounds = set(_COMPOUND.findall(question.casefold()))
    alone = (word for word in words(question) if _is_code(word))
    return tuple(dict.fromkeys([*(code for code in joined(question) if code not in compounds), *alone]))[:_MAX_TERMS]


def tells_apart(code: str) -> bool:
    """Tell whether what is said of another code is no answer: of "err-4031", "e77", "2.3.1"; not of "2fa" or "1.5"."""
    digits, letters = sum(map(str.isdigit, code)), sum(map(str.isalpha, code))
    if "_" in code or code.count(".") > 1:
        return True
    is_joined = digits + letters < len(code)
    return bool(digits and letters and (is_joined or (code[-1].isdigit() and digits > 1)))


def _is_code(word: str) -> bool:
    digits = sum(map(str.isdigit, word))
    return 0 < digits < len(word) or digits >= _LONG_NUMBER
