"""Part of stage 8: whether a sentence says what the passages say that it cites.

Deterministic, without a model. A sentence is compared clause by clause with the passages that its
quotes stand in. Its words must come from one of them; what it negates, restricts or contrasts must be
negated, restricted or contrasted there. See CONTRIBUTING, "How support is judged".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.proof.copying import Context, copied_words, is_spliced, substitutions
from pipeline.proof.lexicon import CONTRASTS, OBLIGATIONS, RESTRICTIONS, STOP_WORDS, UNIVERSALS, VOCABULARY
from pipeline.proof.words import content_words, denied_and_affirmed, keys, keys_of, negation_count, tokens
from pipeline.types import Finding, FindingCode

# Chosen on tests/evals/test_verification.py; see the README, "How good is it".
_SENTENCE_SUPPORT = 0.51
_CLAUSE_SUPPORT = 0.3
_NOVEL_SHARE = 0.3
_ALIKE = 0.15
_CLAUSE = re.compile(
    r"\s*[,;:()]\s+|\s+[-/]+\s+|\s+(?:and|or|but|so|unless|because|since|while|which|then|if|when|whereas|although)\s+"
)
_CLAUSE_WORDS = 3
_ONLY = frozenset({"only", "solely", "exclusively"})
_DIRECT = re.compile(
    r"^(?:generally |usually |normally )?(?:yes|not?(?: need| problem)?|in short|in brief)\b(?:[,.:;!]\s+|\s*$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Passage:
    """A comparable sentence. `context` are the keys of its title and heading, `before` of the passage before it."""

    text: str
    context: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()

    @cached_property
    def words(self) -> list[str]:
        """Its words in order."""
        return tokens(self.text)

    @cached_property
    def keys(self) -> frozenset[str]:
        """What its words may be matched by, those of its context included."""
        return keys_of(self.words) | self.context

    @cached_property
    def polarity(self) -> tuple[frozenset[str], frozenset[str]]:
        """The keys of its words that are denied, and of those that are not."""
        return denied_and_affirmed(self.text)

    @cached_property
    def clauses(self) -> tuple["Passage", ...]:
        """Its clauses, each long enough to be compared."""
        return tuple(Passage(text, self.context) for text in _clauses(self.text))


def objections(sentence: str, plain: str, passages: Sequence[Passage], known: frozenset[str]) -> Iterator[Finding]:
    """Yield what `sentence` says beyond the passages it cites.

    `plain` is its comparable form, `known` the keys of all words of the cited chunks.
    """
    claim = Passage(_DIRECT.sub("", plain))
    if any(_is_verbatim(claim, passage) for passage in passages):
        return
    pairs = [(clause, _nearest(clause, passages)) for clause in claim.clauses]
    changed = [*_foreign_names(sentence, passages, known), *_narrowed(claim, passages)]
    changed += _miscopied(claim, passages)
    changed += [word for clause in claim.clauses for word in _turned(clause, passages)]
    changed += [word for clause, passage in pairs for word in _contrasting(clause, passage)]
    yield from (Finding(code=FindingCode.UNSUPPORTED_VALUE, span=word) for word in dict.fromkeys(changed))
    if is_spliced(claim.words, [passage.words for passage in passages]) or _is_weak(claim, pairs, known):
        yield Finding(code=FindingCode.WEAK_SUPPORT, span=sentence)


def support(plain: str, passages: Sequence[Passage]) -> float:
    """Return the share, 0..1, of the words of a comparable sentence that its passages hold."""
    claim = Passage(_DIRECT.sub("", plain))
    return _support([(clause, _nearest(clause, passages)) for clause in claim.clauses])


def _is_verbatim(claim: Passage, passage: Passage) -> bool:
    # A part of a sentence may be its opposite: "Never share it" holds "share it".
    held = f" {' '.join(claim.words)} " in f" {' '.join(passage.words)} "
    return held and negation_count(claim.words) == negation_count(passage.words)


def _is_weak(claim: Passage, pairs: Sequence[tuple[Passage, Passage]], known: frozenset[str]) -> bool:
    wanted = content_words(claim.words)
    novel = [word for word in wanted if not keys(word) & known]
    own = frozenset(key for _, passage in pairs for key in keys_of(passage.words))
    return (
        not wanted
        or sum(bool(keys(word) & own) for word in wanted) < min(2, len(wanted))
        or _support(pairs) < _SENTENCE_SUPPORT
        or any(_coverage(clause, passage) < _CLAUSE_SUPPORT for clause, passage in pairs)
        or (len(novel) > 1 and len(novel) / len(wanted) >= _NOVEL_SHARE)
    )


def _miscopied(claim: Passage, passages: Sequence[Passage]) -> Iterator[str]:
    """Return the words changed against the passage that most of the claim is copied from."""
    source = max(passages, key=lambda passage: copied_words(claim.words, passage.words))
    return substitutions(claim.words, source.words, Context(source.context, source.before))


def _nearest(clause: Passage, passages: Sequence[Passage]) -> Passage:
    return max(passages, key=lambda passage: (_coverage(clause, passage), -len(passage.words)))


def _support(pairs: Sequence[tuple[Passage, Passage]]) -> float:
    weights = [len(content_words(clause.words)) for clause, _ in pairs]
    covered = sum(weight * _coverage(c, p) for weight, (c, p) in zip(weights, pairs, strict=True))
    return covered / sum(weights) if sum(weights) else 1.0


def _coverage(clause: Passage, passage: Passage) -> float:
    wanted = content_words(clause.words)
    if not wanted:
        return 1.0
    return sum(bool(keys(word) & passage.keys) for word in wanted) / len(wanted)


def _turned(clause: Passage, passages: Sequence[Passage]) -> Iterator[str]:
    """Yield words that the clause denies and a passage like it affirms, or the other way round."""
    if negation_count(clause.words) and not any(negation_count(passage.words) for passage in passages):
        yield "not"
    denied, _ = clause.polarity
    best = max(_coverage(clause, passage) for passage in passages)
    alike = [passage for passage in passages if _coverage(clause, passage) >= best - _ALIKE]
    for word in dict.fromkeys(clause.words):
        if word not in STOP_WORDS and any(_contradicts(word, bool(keys(word) & denied), passage) for passage in alike):
            yield word


def _contradicts(word: str, is_denied: bool, passage: Passage) -> bool:  # noqa: FBT001 - a fact, not a switch
    """Tell whether the passage holds the word and never with this polarity."""
    same, other = passage.polarity if is_denied else reversed(passage.polarity)
    return bool(keys(word) & other) and not keys(word) & same


def _contrasting(clause: Passage, passage: Passage) -> Iterator[str]:
    """Yield words in whose place the passage has one that excludes them: "left" for "right"."""
    mine, theirs = frozenset(clause.words), frozenset(passage.words)
    for row in CONTRASTS:
        missing = [meaning for meaning in row if mine & meaning and not theirs & meaning]
        if missing and any(theirs & meaning and not mine & meaning for meaning in row):
            yield min(mine & missing[0])


def _narrowed(claim: Passage, passages: Sequence[Passage]) -> Iterator[str]:
    """Yield words by which the claim holds for fewer cases than its passages, or for more."""
    mine = frozenset(claim.words)
    theirs = frozenset(word for passage in passages for word in passage.words)
    if mine & _ONLY and not theirs & RESTRICTIONS:
        yield "only"
    if "must" in mine and not theirs & OBLIGATIONS:
        yield "must"
    if mine & UNIVERSALS and not mine & RESTRICTIONS and _ONLY & frozenset(_nearest(claim, passages).words):
        yield min(mine & UNIVERSALS)


def _foreign_names(sentence: str, passages: Sequence[Passage], known: frozenset[str]) -> Iterator[str]:
    """Yield the capitalized words of `sentence` that its passages do not hold."""
    held = frozenset(key for passage in passages for key in passage.keys)
    for match in re.finditer(r"(?<![\w.])[^\W\d_](?:[\w'+.-]*\w)", sentence):
        word = match[0]
        if not any(character.isupper() for character in word):
            continue
        lower = word.casefold().removesuffix("'s")
        if lower in STOP_WORDS or keys_of(tokens(lower)) & held:
            continue
        starts = (
            not re.sub(r"[\W_]+", "", sentence[: match.start()]) or sentence[: match.start()].rstrip()[-1] in ":.!?"
        )
        if starts and word[1:].islower() and (lower in VOCABULARY or keys(lower) & known):
            continue
        yield word


def _clauses(text: str) -> Iterator[str]:
    """Yield the clauses of `text`; what is too short to be compared stays with its neighbour."""
    held = ""
    parts = [part for part in _CLAUSE.split(text) if part.strip()]
    for position, part in enumerate(parts):
        held = f"{held} {part}".strip()
        rest = " ".join(parts[position + 1 :])
        if len(content_words(tokens(held))) >= _CLAUSE_WORDS and (
            not rest or len(content_words(tokens(rest))) >= _CLAUSE_WORDS
        ):
            yield held
            held = ""
    if held:
        yield held
