"""Whether a message that does not mention the bot reads as a question to it.

A message counts by its form: a question mark, a question word before a verb, a verb before its subject, a polite
"show me", an addition to the question before ("and on weekends"). The words are closed classes of English, German,
French, Spanish, Italian and Dutch. In doubt it is no question: a wrong no costs a mention, a wrong yes interrupts
people.
"""

import re
from collections.abc import Sequence

from pipeline.understanding.followups import without_reaction

# A question is short, and the event loop waits for what follows.
_MOST_CHARS = 1000
_NOT_ASKED = re.compile(r"^[ \t]*>.*$|`[^`]*+`|\bhttps?://\S++", re.MULTILINE)
# The marks of Latin, Chinese, Arabic, Armenian and Ethiopic script, and a particle of Japanese. A Greek one is a
# semicolon, which says too little.
_ASKED = re.compile(r"[?\uff1f\u061f\u055e\u1367](?=$|[\s\"')*_~?!.:;,\u201d\u00bb])|\u304b[\u3002.]?$", re.MULTILINE)

_MODAL = r"(?:can|could|will|would|should|shall|may|might|must)(?:n't|not|'t)?"
_DOES = r"(?:does|did)(?:n't)?"
_WH = r"(?:how|what|when|where|who|which|why|whose|whom)"
_PERSON = r"(?:i|we|you|he|she|they|it|one|people|any(?:one|body)|some(?:one|body)|every(?:one|body))"
_THING = r"(?:this|that|these|those|there|the|my|our|your|his|her|its|their|all|any|some|each|every)"
# Before these a question word begins a clause: "what I meant", "how it looks".
_CLAUSE = r"(?!and\b|or\b|(?:i|we|you|he|she|they|it|this|that|these|those|there|one|the|my|our|your|his|her|their)\b)"
_ENGLISH = (
    rf"{_WH} (?:much|many|long|often|far|old|big|large|high|soon|late)\b(?! (?:i|we|you|he|she|they)\b)",
    r"how (?:to|about|come)\b|what (?:about|if|else|for)\b|why (?:not|no|only|\d+)\b",
    rf"{_WH}(?: {_CLAUSE}[\w-]+){{0,2}} (?:{_MODAL}|{_DOES}|do|are|were|has|have|had) (?!to\b)",
    r"(?:how|when|where|who|why)(?:'s| is| was) (?!what\b|how\b)",
    rf"what(?:'s| is| was) (?:it|a|an|in|on|{_THING})\b",
    r"(?:what|who|which) (?:happens?|counts?|costs?|pays?|decides?|changes?|gets|sees|needs|takes)\b",
    rf"does(?:n't)? \w+ \w|{_MODAL} an? \w",
    rf"(?:{_MODAL}|{_DOES}|(?:is|are)(?:n't)?) (?:{_PERSON}|{_THING}|customers?|users?) \w",
    rf"(?:do|has|have|had)(?:n't)? (?!it\b|one\b){_PERSON} \w",
    r"(?:was|were) (?:it|they|there|this|the|my|our) \w",
)
# A question word before a verb, or a verb before its subject.
_GERMAN = (
    "wie|was|wo|wann|wer|wem|wen|warum|wieso|weshalb|wohin|woher|womit|wof\u00fcr|welche[rsmn]? \\w+|wie \\w+",
    (
        "ist|sind|hat|haben|kann|k\u00f6nnen|muss|m\u00fcssen|soll|sollen|darf|d\u00fcrfen|wird|werden|geht|gilt|gibt"
        "|funktioniert|w\u00e4re"
    ),
    "ich|wir|man|das|es|die|der|den|eine?|meine?|unsere?|auch|diese?s?|jede[rs]?|alle",
)
# Any verb: "wie \u00e4ndere ich das".
_GERMAN_VERB = r"(?:wie|was|wo|wann|warum|wieso|womit) \w+(?:e ich|n wir)\b"
_SPANISH = (
    "c[o\u00f3]mo|cu[a\u00e1]ndo|d[o\u00f3]nde|por qu[e\u00e9]|cu[a\u00e1]nt[oa]s?|cu[a\u00e1]l(?:es)?|qu[e\u00e9]",
    "es|son|est[a\u00e1]n?|puedo|puede|se|hago|hay|debo|tengo|pasa|cuesta",
    "yo|esto|eso|el|la|los|las|un|una|mi|tambi[e\u00e9]n",
)
_ITALIAN = (
    "come|quando|dove|perch[e\u00e9]|quant[oaie]|qual[ei]|cosa|chi",
    "\u00e8|sono|posso|si|pu[o\u00f2]|devo|faccio|costa|succede",
    "io|questo|il|la|lo|un|una|anche",
)
_DUTCH = (
    r"hoe(?: \w+)?|wat|waar|wanneer|wie|waarom|hoeveel|welke \w+",
    "is|zijn|kan|kunnen|moet|moeten|mag|gaat|geldt|kost|heeft|doe|werkt",
    "ik|we|je|dat|dit|het|de|er|ook",
)
_FRENCH = (
    r"(?:comment|pourquoi|combien|quel(?:le)?s?|est-ce|qu'est-ce|peut-on|puis-je|peux-tu|pouvez-vous|y a-t-il)\b",
    "(?:quand|o[u\u00f9]) (?:est|sont|peut|puis|dois|faut|va)\\b",
)
_POLITE = (
    r"(?:please |pls |kindly )?(?:tell|show|remind) (?:me|us)\b(?! (?:tomorrow|later|when|next|about it)\b)",
    r"(?:please |pls )?(?:explain (?:how|what|why|when|where|the|that|this|it|to)|(?:list|describe) (?:the|all))\b",
    "(?:zeig|erkl\u00e4r|sag|nenn)e? (?:mir|uns)\\b",
)


def _inverted(words: Sequence[str]) -> str:
    asking, verb, subject = words
    return rf"(?:{asking}) (?:{verb})\b|(?:{verb}) (?:{subject}) \w"


_QUESTION = re.compile(
    "|".join((*_ENGLISH, *map(_inverted, (_GERMAN, _SPANISH, _ITALIAN, _DUTCH)), _GERMAN_VERB, *_FRENCH, *_POLITE)),
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"(?:(?:and|but|so|also|plus|then|or|ok|okay|hm+|well|und|aber|oder|et|mais|y|pero|e|ma|en|maar)\b[,:]? +){1,3}",
    re.IGNORECASE,
)
# "And on weekends", "und am Wochenende", "and the other one": no verb of its own.
_ADDITION = re.compile(
    r"(?:and|or|und|oder|et|ou|y|o|e|en|of)\b,? (?:(?:for|on|in|at|with|without|by|from|via|during|after|before"
    r"|f\u00fcr|auf|im|am|bei|mit|ohne|pour|sur|avec|sans|para|con|sin|per|su|senza|voor|op|met|zonder)\b"
    r"(?: [\w'-]+){1,4}"
    r"|(?:the |a |an )?(?:[\w-]+ )?(?:one|ones|others?|rest))\W*$",
    re.IGNORECASE,
)
_NAME = re.compile(r"([A-Z][\w'-]+)(?: [A-Z][\w'-]+)?[,:] +\S")
_CALLED = re.compile(r"@\w|[A-Z][\w'-]+ (?:can|could|do|did|would|will|have|are) (?:you|u)\b")
_GREETED = re.compile(r"(?:hey|hi|hello|hallo|salut|hola|ciao|hoi)\b[ ,]*", re.IGNORECASE)
# Words with which a sentence of one's own begins, and no name.
_OPENERS = frozenset(
    "also but and so or well then now next finally first second actually however anyway otherwise yes yeah no nope ok"
    " okay right sure sorry hm hmm oh ah question same followup another alternatively besides additionally"
    " und aber oder dann noch ja nein gut et mais alors ensuite pero entonces allora maar dan".split()
)


def reads_as_question(text: str) -> bool:
    """Tell whether a message, without the markup of its chat product, reads as a question to whoever answered before.

    What is quoted, code and links are not what the writer asks.
    """
    asked = _own_words(text)
    if len(text) > _MOST_CHARS or names_a_person(text):
        return False
    return bool(_ASKED.search(asked)) or any(map(_is_asking, asked.splitlines()))


def names_a_person(text: str) -> bool:
    """Tell whether a message begins with somebody's name: "Robin, could you look?", "hey Priya can you look"."""
    start = _own_words(text)
    greeted = _GREETED.match(start)
    start = start[greeted.end() :] if greeted else start
    name = _NAME.match(start)
    return bool(_CALLED.match(start)) or (name is not None and name[1].casefold() not in _OPENERS)


def _own_words(text: str) -> str:
    """Return what the writer says, without a "thanks" or a "sure" before it."""
    return without_reaction(_NOT_ASKED.sub(" ", text[:_MOST_CHARS].replace("\u2019", "'")).strip())


def _is_asking(line: str) -> bool:
    joined = _JOINED.match(line)
    return bool(_ADDITION.match(line) or _QUESTION.match(line[joined.end() :] if joined else line))
