"""Part of stage 8: a sentence that repeats its source nearly word for word must not change a word that counts.

Where a model copies, a difference is no paraphrase: another subject before the same predicate, another
object, a "not" more or less. Where it writes in its own words this says nothing; `support.py` does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.proof.lexicon import GENERIC_WORDS, NEGATIONS, STOP_WORDS
from pipeline.proof.words import keys, keys_of

# A copy shares a run of this many words, and this share of the sentence's words in order.
_RUN = 4
_SHARE = 0.5
_GLUE = 2
_ADVERB = 3
_PRONOUNS = frozenset("it its this that these those they them their he she his her".split())
_PEOPLE = frozenset("you we user users person people someone anyone everyone".split())


@dataclass(frozen=True, slots=True)
class Context:
    """Keys of the words that a copy may add: `names` of the headings, `before` where a pronoun stands for them."""

    names: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()


def copied_words(claim: Sequence[str], source: Sequence[str]) -> int:
    """Return how many words of `claim` stand in `source` in the same order, in runs."""
    return sum(block.size for block in _matcher(claim, source).get_matching_blocks())


def is_spliced(claim: Sequence[str], sources: Sequence[Sequence[str]]) -> bool:
    """Tell whether `claim` begins with words of one source and ends with words of another.

    A source that is told to its end before the next begins is a join, not a splice.
    """
    texts = [f" {' '.join(source)} " for source in sources]
    for cut in range(_GLUE, len(claim) - _GLUE + 1):
        head, tail = f" {' '.join(claim[:cut])} ", f" {' '.join(claim[cut:])} "
        if any(head in text and tail in text for text in texts):
            return False
    return any(
        _begins(texts, f" {' '.join(claim[:cut])} ") and any(f" {' '.join(claim[cut:])} " in text for text in texts)
        for cut in range(_GLUE, len(claim) - _GLUE + 1)
    )


def substitutions(claim: Sequence[str], source: Sequence[str], context: Context) -> Iterator[str]:
    """Yield the words by which `claim` differs from the `source` that it copies; nothing if it is no copy."""
    matcher = _matcher(claim, source)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks or max(b.size for b in blocks) < _RUN or sum(b.size for b in blocks) < _SHARE * len(claim):
        return
    longest = max(blocks, key=lambda block: block.size)
    operations = [op for op in matcher.get_opcodes() if op[0] != "equal"]
    if _denials(claim) != _denials(source) and any(
        _is_denial_changed(source[op[1] : op[2]], claim[op[3] : op[4]]) for op in operations
    ):
        yield "not"
    operations = [op for op in operations if not _is_rewording(op, claim, source, context.names)]
    for side in ([op for op in operations if op[1] <= longest.a], [op for op in operations if op[1] > longest.a]):
        dropped = [word for op in side for word in source[op[1] : op[2]]]
        added = [word for op in side for word in claim[op[3] : op[4]]]
        yield from _replaced(dropped, added, claim, source, context)


def _denials(words: Sequence[str]) -> int:
    return sum(word in NEGATIONS for word in words)


def _begins(texts: Sequence[str], head: str) -> bool:
    return any(head in text and not text.endswith(head) for text in texts)


def _matcher(claim: Sequence[str], source: Sequence[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(a=source, b=claim, autojunk=False)


def _is_denial_changed(dropped: Sequence[str], added: Sequence[str]) -> bool:
    # A long part that was left out may deny what it likes.
    lost = len(dropped) <= _ADVERB and any(word in NEGATIONS for word in dropped)
    return lost != any(word in NEGATIONS for word in added)


def _is_rewording(
    operation: tuple[str, int, int, int, int], claim: Sequence[str], source: Sequence[str], names: frozenset[str]
) -> bool:
    """Tell whether words without weight were said otherwise in the middle: "become available again", "reappear"."""
    _, start, end, begin, stop = operation
    dropped, added = source[start:end], claim[begin:stop]
    inside = 0 < begin < stop < len(claim) and start < end
    return inside and not any(_counts(word) or word in _PEOPLE for word in dropped) and not keys_of(added) & names


def _replaced(
    dropped: Sequence[str], added: Sequence[str], claim: Sequence[str], source: Sequence[str], context: Context
) -> Iterator[str]:
    gone = [
        word for word in dropped if (_counts(word) or word in _PEOPLE) and _count(word, claim) < _count(word, source)
    ]
    meant = context.before | context.names if _PRONOUNS & frozenset(dropped) else context.names
    for word in (word for word in added if _counts(word)):
        moved = _count(word, claim) <= _count(word, source)
        if not moved and not keys(word) & keys_of(dropped) and (gone or not keys(word) & meant):
            yield word


def _counts(word: str) -> bool:
    return word not in STOP_WORDS and word not in GENERIC_WORDS


def _count(word: str, words: Sequence[str]) -> int:
    return sum(bool(keys(word) & keys(other)) for other in words)
