"""Recognize passages of documents that address a language model instead of a reader.

A passage that is recognized is withheld from prompts and quotes, and a build reports it. The patterns are no protection
and cannot be complete: an answer is shown only if it is proved. `tests/bench/instructions.py` measures them: of 114,724
paragraphs of ordinary documentation they flag 5, of 32,129 about models 112 (most of them in one guide to
prompting), and of 233 attacks in documents 182. A pattern that catches no attack alone, or more harmless passages than
attacks, is left out; so are digits that stand for letters, which no attack in documents from elsewhere uses.
"""

import base64
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress

_ASSISTANT = (
    r"(?:ais?|llms?|(?:large )?language models?|(?:chat|support)? ?bots?|gpts?|chatgpt|claude|gemini|copilot|(?:\w+ )?(?:assistants?|ai agents?)|ki(?:-\w+)?|ia|sprachmodell"
    r"|modèle de langage|modelo de (?:lenguaje|linguagem)|(?:l')?(?:asistente|assistente)(?: virtuale| de ia)?)"
)
_AGENT = rf"(?:{_ASSISTANT}|(?:ai|llm|language|automated|autonomous|virtual|digital|browsing|retrieval|rag)[- ]agents?)"
_RULES = r"(?:instructions?|rules|prompts?|guidelines|directives?|directions|orders)"
_REPLY = r"(?:answers?|repl(?:y|ies)|responses?|summar(?:y|ies))"
_CHANGE = (
    r"(?:add|append|augment|base|begin|close|combine|convert|end|enhance|finish|give|group|include|insert|integrate|introduce|make|mention|misspell|modify|open|provide|put"
    r"|rearrange|remove|render|replace|rewrite|scramble|jumble|sign|start|substitute|translate|use|write)"
)
_SAY = r"(?:whoever|please|bitte|do|don't|say|tell|ignore|forget|answer|print|reply|always|never|add|include|describe|recommend|skip|treat|leave)"
# The rest of a sentence, at most N characters. A full stop ends it only before a space: "visit example.com" goes on.
_NEAR, _FAR = (rf"(?:[^.?!]|[.?!](?=\S)){{0,{most}}}?" for most in (30, 120))
_PATTERNS = {
    "ignore earlier rules": rf"\b(?:ignore|disregard|forget|drop|pay no attention to|do not follow)\b{_NEAR}\b(?:(?:previous|prior|above|earlier|your|system)\b{_NEAR}\b{_RULES}|{_RULES} (?:above|before))\b",
    "rules are void": rf"\b(?:earlier|previous|prior|all) (?:\w+ ){{0,3}}?(?:{_RULES}|policy|messages)\b{_NEAR}\b(?:void|cancelled|outdated|revoked|suspended|compromised|no longer)\b|\b(?:what|everything) (?:you were told|(?:\w+ ){{1,3}}told (?:you|u))\b",
    "new task": r"\byour (?:new|real|true|only) (?:task|goal|job|mission|purpose|role) is\b",
    "note to a model": rf"\b(?:note|message|instructions?|attention|important|hinweis|nota|bericht|atención)\b[^.:]{{0,30}}\b(?:to|for|an|per|voor|de|all)\b[^.:]{{0,20}}\b{_AGENT}\b[^.:]{{0,40}}:|\bto you, {_AGENT}\b|^\W*(?:note|instructions) (?:to|for) (?:all |any |the )?{_AGENT}\W*$",
    "model, do this": rf"(?:^|[(\"'|])\W{{0,8}}(?:(?:dear|hey|hello|hi there|attention|for|to|an)\b,? )?(?:alle? |any |the |friendly )*{_ASSISTANT}\b[^.:,]{{0,40}}[:,]\s+{_SAY}\b",
    "if you are a model": rf"\b(?:if (?:you(?:'re| are)|ur)|si (?:tu es|eres)|se (?:você é|sei)|wenn du) (?:an? |une? |uma |ein )?{_ASSISTANT}\b(?! [a-z]+[,.]| (?:manager|director|editor|professor|coach))",
    "you are now": rf"\byou are (?:now|no longer) (?:an? |the )?(?:\w+ ){{0,2}}(?:{_ASSISTANT}|unrestricted)\b",
    "change your reply": rf"(?:^|[.:;,\">] ?|\b(?:please|and|then|always|must|token) ){_CHANGE}\b{_FAR}\byour (?:\w+ )?{_REPLY}(?:$| ?[^\w ]| (?:and|as|by|for|from|in|like|so|that|to|with(?:out)?|\w+ing)\b)|\bin (?:your|every) {_REPLY},",
    "every reply": rf"\bwhatever the (?:user|reader) asks\b|\b(?:begin|start|end|close|end of|beginning of) (?:every|each) {_REPLY}\b|\b(?:every|all) future (?:{_REPLY}|tasks|chats)\b|\b(?:am ende|alla fine di|al final de|à la fin de) (?:jeder|ogni|cada|chaque) (?:antwort|risposta|respuesta|réponse)\b",
    "reveal the prompt": rf"\b(?:reveal|print|repeat|output|show|leak|disclose|list|quote)\b{_NEAR}\byour (?:system (?:prompt|message|instructions|rules)|prompt|instructions|rules)\b|\binstructions you were (?:given|told)\b",
    "cite this page": r"\bwhen(?:ever)? (?:you|generating)\b[^.]{0,20}\b(?:cite|quote|answer|use|process|summari[sz]e|response from) this (?:page|document|article)\b(?! of)|\banswer from this page\b",
    "forged turn": r"(?:^|\s)(?:user|human|system|assistant)\s*:\s*(?:ignore (?:all|every|any|the (?:above|previous))|reveal|you are now)\b|\bend of (?:context|documents?|prompt|input)\b|<\|im_(?:start|end)\|>|### instruction:",
    "decode and obey": r"\b(?:decode|base64|rot13|hex)\b[^.]{0,60}\b(?:obey|follow|do (?:exactly )?what)\b",
    "ignore, in other languages": (
        rf"\b(?:ignorier\w*|vergiss|vergesst|missachte\w*|ignor[aeo]\w{{0,2}}|oublie\w*|olvida\w*|dimentica\w*|esque[çc]a\w*|desconsidere\w*|negeer|vergeet|zignoruj)\b{_NEAR}"
        r"\b(?:anweisung\w*|vorgaben|richtlinien|regeln|instru[cç](?!tion)\w+|instructions précédentes|istruzion\w+|consignes|reglas|regole|regras|instructies|polece\w+)\b"
        r"|\bne tiens pas compte\b|(?:игнорир\w*|забудь\w*|не обращай внимания)[^.]{0,40}(?:инструкци|правил|указани)|(?:忽略|无视|忘记)[^。]{0,20}(?:指令|指示|规则|提示)|(?:指示|命令|指令)を(?:無視|忘れ)"
    ),
}
PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _PATTERNS.items()}
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
# Unicode's tag characters are invisible and stand for ASCII.
_TAGS = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
_ENCODED = re.compile(r"[A-Za-z0-9+/]{24,}")


def is_instruction(passage: str) -> bool:
    """Tell whether a passage of a document addresses a language model."""
    return bool(kinds(passage))


def kinds(passage: str) -> frozenset[str]:
    """Return the names of the patterns that the passage matches as it stands or decoded."""
    readings = list(_readings(passage))
    return frozenset(name for name, pattern in PATTERNS.items() if any(map(pattern.search, readings)))


def _readings(passage: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", passage.translate(_TAGS)))
    yield " ".join(plain.split())
    for run in _ENCODED.findall(plain):
        with suppress(ValueError):
            yield bytes.fromhex(run).decode()
        with suppress(ValueError):
            yield base64.b64decode(run + "=" * (-len(run) % 4)).decode()
