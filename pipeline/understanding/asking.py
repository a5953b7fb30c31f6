"""Whether a message that does not mention the bot reads as a question to it.

A message counts by its form: a question mark, a question word before a verb, a verb before its subject, a polite
"show me", an addition to the question before ("and on weekends"). The words are closed classes of English, German,
French, Spanish, Italian and Dutch. A wrong no costs a mention, a wrong yes costs others an answer that nobody wanted, so
in doubt it is no question.
"""

import re

from pipeline.normalizing import unmarked
from pipeline.understanding.followups import without_reaction

# A question is short. What follows reads the text several times, and the event loop waits for it.
_MOST_CHARS = 1000
_QUOTED_LINE = re.compile(r"^[ \t]*(?:>|&gt;).*$", re.MULTILINE)
_CODE = re.compile(r"`[^`]*+`")
_LINK = re.compile(r"\bhttps?://\S++|<https?:[^>\s]*+>")
# The marks of Latin, Chinese, Arabic, Armenian and Ethiopic script; a Greek one is a semicolon, which says too little.
_ASKED = re.compile(r"[?？؟՞፧](?=$|[\s\"'”’»)*_~?!.:;,])|か[。.]?$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]++(?:['’][^\W_]++)*+")

_SUBJECT = (
    r"(?:i|we|you|he|she|they|it|this|that|these|those|there|one|someone|somebody|anyone|anybody|everyone|everybody"
    r"|people|the|my|our|your|his|her|their|all|any|some|each|every|customers?|users?)"
)
_NAMED = r"(?:i|we|you|he|she|they|it|this|that|these|those|there|one|the|my|our|your|his|her|their|people)"
_MODAL = r"(?:can|could|will|would|should|shall|may|might|must)"
_DO = r"(?:does|do|did)"
_BE = r"(?:is|are|was|were|has|have|had)"
_AUX = rf"(?:{_MODAL}|{_DO}|{_BE})(?:n['’]?t)?"
_WH = r"(?:how|what|when|where|who|which|why|whose|whom)"
_QUESTION = re.compile(
    rf"""
    (?: {_WH} \ (?:much|many|long|often|far|old|big|large|high|soon|late)\b (?!\ (?:we|you|he|she|they|i)\b)
      | how \ (?:to|about|come)\b | what \ (?:about|if|else|for)\b | why \ (?:not\b|no\b|\d|only\b)
      | {_WH} (?:\ (?!and\b|or\b|{_NAMED}\b)[\w-]+){{0,2}} \ (?:{_MODAL}|{_DO}|are|has|have|had|were)(?:n['’]?t)? \ (?!to\b)
      | (?:how|when|where|who|why|which) (?:['’]s | \ is | \ was) \ (?!what\b|how\b)
      | what (?:['’]s | \ is | \ was) \ (?:the|a|an|my|our|your|his|its|this|that|their|it|there|in|on|included|allowed)\b
      | (?:what|who|which) \ (?:happens?|counts?|costs?|pays?|decides?|changes?|gets|sees|needs|takes)\b
      | {_MODAL}(?:n['’]?t)? \ {_SUBJECT} \ \w
      | (?:does|did)(?:n['’]?t)? \ {_SUBJECT} \ \w | do(?:n['’]?t)? \ (?:i|we|you|they|people|all|any|customers|users) \ \w
      | (?:is|are|isn['’]?t|aren['’]?t) \ {_SUBJECT} \ \w | (?:was|were) \ (?:it|there|they|this|the|my|our) \ \w
      | (?:has|have|had) \ (?:i|we|you|they|he|she|it|this|anyone|anybody|someone|somebody) \ \w
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_OTHER_QUESTION = re.compile(
    r"""
    (?: (?:wie|was|wo|wann|wer|warum|wieso|weshalb|welche[rsmn]?|wem|wen|wohin|woher|womit|wof[uü]r) \ (?:viele?|oft|lange|hoch|gro[sß]+) \b
      | (?:wie|was|wo|wann|wer|warum|wieso|weshalb|wem|wen|wohin|woher|womit|wof[uü]r|welche[rsmn]?\ \w+)
        \ (?:ist|sind|hat|haben|kann|k[oö]nnen|muss|m[uü]ssen|soll|sollen|darf|d[uü]rfen|wird|werden|geht|gilt|gibt|\w{2,}e\ ich|\w{2,}n\ wir|\w{2,}t\ (?:man|das|es|der|die))\b
      | (?:kann|k[oö]nnen|darf|d[uü]rfen|muss|m[uü]ssen|soll|sollen|ist|sind|hat|haben|wird|werden|geht|gilt|gibt|funktioniert|g[aä]be|w[aä]re)
        \ (?:ich|wir|man|das|es|die|der|den|ein|eine|mein|meine|unser|unsere|auch|dies|diese|jede[rs]?|alle) \ \w
      | (?:zeig|erkl[aä]r|sag|nenn)e? \ (?:mir|uns)\b
      | (?:comment|pourquoi|combien|quel|quels|quelle|quelles|est-ce|qu['’]est-ce|peut-on|puis-je|peux-tu|pouvez-vous|y\ a-t-il) \b
      | (?:quand|o[uù]) \ (?:est|sont|peut|puis|dois|faut|va)\b
      | (?:c[oó]mo|cu[aá]ndo|d[oó]nde|por\ qu[eé]|cu[aá]nt[oa]s?|cu[aá]l|cu[aá]les|qu[eé])
        \ (?:es|son|est[aá]n?|puedo|puede|se|hago|hay|debo|tengo|pasa|cuesta)\b
      | (?:puedo|se\ puede|hay\ que) \ \w
      | (?:come|quando|dove|perch[eé]|quant[oaie]|quale|quali|cosa|chi) \ (?:[eè]|sono|posso|si|pu[oò]|devo|faccio|costa|succede)\b
      | (?:posso|si\ pu[oò]) \ \w
      | (?:hoe|wat|waar|wanneer|wie|waarom|welke|hoeveel)
        \ (?:\w+\ )?(?:is|zijn|kan|kunnen|moet|moeten|mag|gaat|kost|heeft|doe|werkt)\b
      | (?:kan|mag|moet|is|zijn|werkt|geldt) \ (?:ik|we|je|dat|dit|het|de|er|ook) \ \w
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_POLITE = re.compile(
    r"(?:please |pls |kindly )?(?:(?:tell|show|remind) (?:me|us)\b(?! (?:tomorrow|later|when|next|about it)\b)"
    r"|explain (?:how|what|why|when|where|the|that|this|it|to)\b|(?:list|describe) (?:the|all|every)\b)",
    re.IGNORECASE,
)
_ADDITION = re.compile(
    r"(?:and|or|und|oder|et|ou|y|o|e|en|of)\b,? (?:(?:for|on|in|at|with|without|by|from|via|during|after|before|f[uü]r|auf"
    r"|im|in|am|bei|mit|ohne|pour|sur|avec|sans|para|con|sin|per|su|senza|voor|op|met|zonder)\b(?: [\w'’-]+){1,4}"
    r"|(?:the |a |an )?(?:[\w-]+ )?(?:one|ones|others?|rest))\W*$",
    re.IGNORECASE,
)
_CONJUNCTIONS = re.compile(
    r"(?:(?:and|but|so|also|plus|then|or|ok|okay|hm+|well|und|aber|oder|also|et|mais|y|pero|e|ma|en|maar)\b[,:]? +){1,3}",
    re.IGNORECASE,
)
# "Robin, could you look?" and "Priya can you look": a name, then words to "you" or a comma.
_OPENERS = frozenset(
    "also but and so or well then now next finally first second actually however anyway otherwise yes yeah no nope ok"
    " okay right sure sorry hm hmm oh ah question same follow-up followup another alternatively besides additionally"
    " und aber oder dann also noch ja nein gut et mais alors ensuite pero entonces allora maar dan".split()
)
_NAME = re.compile(r"([A-Z][\w'’-]+)(?: [A-Z][\w'’-]+)?[,:] +\S")
_CALLED = re.compile(r"@\w|[A-Z][\w'’-]+ (?:can|could|do|did|would|will|have|are) (?:you|u)\b")
_GREETED = re.compile(r"(?:hey|hi|hello|hallo|salut|hola|ciao|hoi)\b[ ,]*", re.IGNORECASE)


def reads_as_question(text: str) -> bool:
    """Tell whether a message reads as a question to whoever answered before. It takes no time that grows with threads.

    Quoted lines, code and links are not what the writer asks.
    """
    if len(text) > _MOST_CHARS or names_a_person(text):
        return False
    asked = without_reaction(_own_words(text))
    if not _WORD.search(asked):
        return False
    return bool(_ASKED.search(asked)) or any(_is_asking(line) for line in asked.splitlines())


def names_a_person(text: str) -> bool:
    """Tell whether a message begins with somebody's name: "Robin, could you look?", "hey Priya can you look"."""
    start = without_reaction(_own_words(text[:_MOST_CHARS]))
    greeted = _GREETED.match(start)
    start = start[greeted.end() :] if greeted else start
    if _CALLED.match(start):
        return True
    name = _NAME.match(start)
    return name is not None and name[1].casefold() not in _OPENERS


def _own_words(text: str) -> str:
    return unmarked(_LINK.sub(" ", _CODE.sub(" ", _QUOTED_LINE.sub("", text)))).strip()


def _is_asking(line: str) -> bool:
    if _ADDITION.match(line):
        return True
    joined = _CONJUNCTIONS.match(line)
    start = line[joined.end() :] if joined else line
    return any(form.match(start) for form in (_QUESTION, _OTHER_QUESTION, _POLITE))
