"""Which questions lean on what was said before them in their thread, and on which of the turns."""

import re
from collections.abc import Sequence

from index.terms import question_terms
from pipeline.types import ThreadTurn
from pipeline.understanding.smalltalk import kind_of

_ASKING = r"(?:how|what|when|where|who|which|why|can|could|do|does|is|are|will|would|should|may|did|has|have)"
# An addition to an earlier question. In English, German, French, Spanish, Italian and Dutch.
_ADDS = re.compile(
    r"(?:and|or|but|so|also|then|plus|otherwise|else|what about|how about|what if|since when|how so|only|just|even"
    r"|und|aber|oder|et|mais|y|pero|e|ma|en|maar)\b",
    re.IGNORECASE,
)
_ADDED_QUESTION = re.compile(rf"(?:and|but|so|also|plus)\b,? {_ASKING}\b", re.IGNORECASE)
# An addition that is whole in itself: "and how do I download my invoices?", but not "and how long for guests?".
_SUBJECT = re.compile(r"\b(?:i|we|you|my|our)\b", re.IGNORECASE)
_ADDING = frozenset({"also", "plus"})
_WHOLE_WORDS, _WHOLE_WITH_SUBJECT = 3, 2
# A phrase without a subject and a verb of its own: "on mobile?", "for how long?", "the mail never arrives".
_FRAGMENT = re.compile(
    r"(?:for|from|in|on|with|without|at|by|to|until|since|per|via|as)\b|same\b|why(?: not| so| is that)?\W*$",
    re.IGNORECASE,
)
_REACTION = re.compile(r"the (?:\w+ ){2,4}\w+\W*$", re.IGNORECASE)
_FRAGMENT_WORDS = 5
_BARE_ASKING = re.compile(
    r"(?:how|what|when|where|who|which)(?! (?:is|are|was|were)\b)(?: \w+){0,2}\W*$", re.IGNORECASE
)
# "Is there an app?" asks for something new; "how do I get there?" does not.
_THERE = r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )\bthere\b(?! (?:is|are|was|were|any|anything|a|an)\b)"
_AFTER_ONE = r"(?=\W*$|\W? (?:for|in|on|of them|with|is|are|can|do|does|not|be|from|to)\b)"
# Words that name something said before.
_POINTS_BACK = re.compile(
    rf"\b(?:these|those|this(?! (?:week|month|year|time|morning|afternoon|quarter)\b))\b|{_THERE}|\bone{_AFTER_ONE}"
    r"|\bones\b|\bthe (?:other|others|same|former|latter)\b(?=\W*$| \w+ed\b)|\bothers\W*$"
    r"|\b(?:both|either|neither)\b(?= of them|\W*$)|\b(?:too|as well|instead|else|then|any|so|each)\W*$",
    re.IGNORECASE,
)
# "That" before a verb, a preposition or the end names something; otherwise it begins a clause: "is it true that we".
_THAT = re.compile(
    r"\bthat\b(?=\W*$|\s*[,.?!;:]|\s+(?:is|was|does|do|did|will|would|can|could|should|mean|means|costs?|takes?|works?"
    r"|happens?|affects?|usually|also|really|still|not|for|in|on|to|with|at|by|from|per|too|as|if|when|without|then|or"
    r"|and|instead)\b)",
    re.IGNORECASE,
)
_OF_THAT = re.compile(r"\b(?:from|of|in|on|at|for|with|about|by|after|before|like|than) that \w", re.IGNORECASE)
_RELATIVE_THAT = re.compile(
    r"\b(?:the|a|an|my|our|your|all|any|every|some|no|one) (?:[\w-]+ ){1,4}that\b(?!\W*$)"
    r"|\b(?!does )\w{3,}s that\b(?!\W*$)",
    re.IGNORECASE,
)
# What is named in a clause before it, in the same message, needs no earlier turn.
_OWN_CLAUSE = re.compile(r"(?:\S+ ){4,}\S+[.?!,;:]\s|(?:\S+ ){8,}")
_OWN_NOUN = re.compile(r"\b(?:the|my|our|a|an) (?:\w+ )?$", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:it|its|they|them|their|theirs|he|she|him|his|her)\b", re.IGNORECASE)
# "It" that stands for nothing: "is it possible to", "does it cost extra to".
_EMPTY_IT = re.compile(
    r"\bit (?:possible|true|allowed|ok|okay|safe|necessary|required|normal|legal|enough|bad|better)\b"
    r"|\bit (?:costs?|takes?|matters?|hurts?|counts?|helps?)\b.*\b(?:to|if|when|that|whether)\b",
    re.IGNORECASE,
)
# What a pronoun may stand for within the same question: a noun with an article or the like, a plural, a name.
_NAMED_THING = re.compile(
    r"\b(?:a|an|the|my|our|your|every|each|any|some|another|all|somebody's)\s+(?!same\b|way\b)\w+|\b(?:some|any|every)(?:body|one|thing)\b"
    r"|\bpeople\b|\b(?!does\b|this\b|has\b|was\b|always\b|yes\b|thanks\b|previous\b)[a-z]{3,}s\b|\b\w{4,}ing\b|(?<=\s)[A-Z]\w+",
)
# "The date of it": the noun before it is no such thing.
_PART_OF_IT = re.compile(r"\b(?:the|a|an) \w+ (?:of|for|on|in|to|from|with) (?=(?:it|them)\b)", re.IGNORECASE)


def is_follow_up(question: str) -> bool:
    """Tell whether a question can be understood only with the turns before it."""
    text = without_reaction(question)
    if _ADDS.match(text) and not _is_whole_addition(text):
        return True
    return _is_fragment(text) or _points_back(text)


def continued(turns: Sequence[ThreadTurn]) -> tuple[str, ...]:
    """Return the asker's last question that is no follow-up, and the follow-ups since, in order.

    Small talk is no turn. Where every question is a follow-up, they are all returned.
    """
    asked = [turn.text for turn in turns if turn.by == "asker" and turn.text.strip() and kind_of(turn.text) is None]
    begins = [at for at, text in enumerate(asked) if not is_follow_up(text)]
    return tuple(asked[begins[-1] if begins else 0 :])


def without_small_talk(turns: Sequence[ThreadTurn]) -> tuple[ThreadTurn, ...]:
    """Return the turns without the asker's small talk, and without the bot's reply to a greeting or a call for help."""
    kept: list[ThreadTurn] = []
    kind = None
    for turn in turns:
        if turn.by == "assistant":
            if kind not in {"greeting", "help"}:
                kept.append(turn)
            kind = None
            continue
        kind = kind_of(turn.text)
        if kind is None:
            kept.append(turn)
    return tuple(kept)


def without_reaction(question: str) -> str:
    """Return the question without the small talk before it: "ok great, then how do I pay?"."""
    text = question.strip()
    while match := re.match(r"[^.,!?;\n]*[.,!?;\n]+\s*", text):
        rest = text[match.end() :]
        if not rest or kind_of(match[0]) is None:
            break
        text = rest
    while (first := text.split(maxsplit=1))[1:] and kind_of(first[0]) and not _ADDS.match(first[0]):
        text = first[1]
    return text


def _is_whole_addition(text: str) -> bool:
    least = _WHOLE_WITH_SUBJECT if _SUBJECT.search(text) else _WHOLE_WORDS
    return bool(_ADDED_QUESTION.match(text)) and len(set(question_terms(text)) - _ADDING) >= least


def _is_fragment(text: str) -> bool:
    words = text.split()
    if len(words) == 1:
        return text.endswith("?")
    if len(words) > _FRAGMENT_WORDS:
        return False
    if _FRAGMENT.match(text) or ("?" not in text and _REACTION.match(text)):
        return True
    return bool(_BARE_ASKING.match(text))


def _points_back(text: str) -> bool:
    if any(not _is_named_before(match, text) for match in _POINTS_BACK.finditer(text)):
        return True
    if _OF_THAT.search(text):
        return True
    clauses = _RELATIVE_THAT.sub(" ", text)
    if any(not _OWN_CLAUSE.match(clauses[: match.start()]) for match in _THAT.finditer(clauses)):
        return True
    plain = _PART_OF_IT.sub("", _EMPTY_IT.sub(" ", text))
    return any(not _NAMED_THING.search(plain[: match.start()]) for match in _PRONOUN.finditer(plain))


def _is_named_before(match: re.Match[str], text: str) -> bool:
    before = text[: match.start()]
    if match[0].casefold() in {"one", "ones"} and _NAMED_THING.search(_OWN_NOUN.sub("", before)):
        return True
    return bool(_OWN_CLAUSE.match(before))
