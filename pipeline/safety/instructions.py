"""Recognize text that gives instructions to a language model rather than to a reader.

The patterns cover known forms and cannot be complete; verification still checks what they miss. A text is checked as
a model could read it: without invisible characters, with base64 and hexadecimal decoded, and with digits that stand
for letters ("1gn0re") replaced.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator

_MODEL = (
    r"(?:ai|a\.i\.|llms?|assistants?|(?:large )?language models?|(?:chat|support|help|answer)? ?bots?|chatgpt|gpt|claude"
    r"|gemini|(?:ai|coding|llm|autonomous) agents?|ki|sprachmodell|modelo de lenguaje|assistente|asistente)"
)
_REPLY = r"(?:answers?|repl(?:y|ies)|responses?|outputs?|completions?|summar(?:y|ies)|review)"
_RULES = (
    r"(?:instructions?|rules?|prompts?|guidelines?|directives?|directions|restrictions?|safeguards?|polic(?:y|ies)"
    r"|programming|training|orders|commands|constraints?)"
)
_FORGET = r"(?:ignore|disregard|forget|override|bypass|drop|discard|circumvent|set aside|do not follow|stop following)"
_PATTERNS = (
    # Ignore earlier instructions.
    (
        rf"\b{_FORGET}\b[^.\n]{{0,40}}\b(?:previous|prior|above|earlier|preceding|initial|original|all|any|your|the system|these"
        rf"|developer|every)\b[^.\n]{{0,40}}\b(?:{_RULES}|context|messages)\b"
    ),
    rf"\b{_FORGET}\b[^.\n]{{0,20}}\b(?:everything|the page|the text|the context|what is|all)\b[^.\n]{{0,10}}\b(?:above|before|so far)\b",
    (
        rf"\b(?:earlier|previous|prior|above|all|your) {_RULES} (?:are|is|were|have been|has been) (?:now )?(?:void|null|cancel"
        r"|obsolete|outdated|superseded|revoked|suspended|lifted|changed|replaced|compromised|not valid|no longer)"
    ),
    rf"\b(?:new|updated|real|true|secret|actual) (?:system )?{_RULES}\b[^.\n]{{0,12}}(?::|supersede|\bis to\b|\bare to\b)",
    r"\byour (?:new|real|true|actual|only|next) (?:task|goal|job|mission|purpose|role|instruction|directive|objective)\b",
    r"\b(?:system|admin|developer|root|breach|security)[ _-](?:override|alert|note|notice|message|update|command)\b[^.\n]{0,3}:",
    # Addresses a model by name.
    rf"\b(?:note|message|instructions?|attention|important|notice|memo|reminder|info)\b[^.\n]{{0,24}}\b(?:to|for)\b[^.\n]{{0,18}}\b{_MODEL}\b",
    r"\b(?:ai|llms?|assistants?|language models?|chat ?bots?)\b[^.\n]{0,30}\b(?:must|shall|(?:are|is) required to|have to|will now)\b",
    rf"^\W*(?:dear |hey |hello |attention |for |to )?(?:all |any |the )?{_MODEL}\s*[,:]\s+(?:do|don't|please|say|tell|ignore|answer|print|reply|you|always|never|when|if|output|include|add)\b",
    rf"\bif you(?:'re| are)\b[^.\n]{{0,12}}\b{_MODEL}\b",
    rf"\bas (?:an?|the) {_MODEL}\b[^.\n]{{0,40}}\b(?:you|i(?:'ve| have))\b",
    rf"\byou are (?:now )?(?:a |an |the )?(?:{_MODEL}|dan\b|unrestricted|unfiltered|jailbroken|root|freed|in (?:developer|debug|god|admin|maintenance|test) mode)",
    r"\byou are now\b[^.\n]{0,40}\b(?:mode|unrestricted|dan|ai|assistant|free|no longer)\b",
    # About the answer that is being written.
    rf"\b(?:begin|start|end|prefix|finish|open|close|preface|conclude|sign)\b[^.\n]{{0,20}}\b(?:your|every|each|the|this)\b[^.\n]{{0,12}}\b{_REPLY}\b[^.\n]{{0,12}}(?:\b(?:with|by|as|saying)\b|:)",
    (
        rf"\b(?:add|append|include|insert|integrate|embed|put|mention|place|attach|weave|work)\b[^.\n]{{0,140}}\b(?:to|in|into|at|of|with)\b[^.\n]{{0,16}}"
        rf"\b(?:your|every|each)\b[^.\n]{{0,20}}\b{_REPLY}\b"
    ),
    rf"\b(?:modify|augment|enhance|alter|rewrite|render|convert|scramble|encode|obfuscate|adapt|phrase|translate)\b[^.\n]{{0,40}}\byour\b[^.\n]{{0,14}}\b(?:{_REPLY}|message)\b",
    rf"\b(?:letters?|words?|vowels?|spaces?|typos?|keywords?|anagram|misspell|symbols?|numbers?)\b[^.\n]{{0,60}}\b(?:in|of|from|with)?\s*\byour\b[^.\n]{{0,12}}\b(?:{_REPLY}|message)\b",
    rf"\b(?:provide|give|write) your {_REPLY} (?:in|with|without|using|as)\b",
    rf"\bin your {_REPLY}\b",
    r"\b(?:instead of|rather than) (?:answering|responding|replying)\b",
    r"\bdo not answer (?:from|using|with|the (?:user|question))\b",
    r"\bwhatever the (?:user|question|customer)\b|\b(?:no matter|regardless of) what the (?:user|question|customer)\b",
    r"\b(?:reply|respond|answer) (?:only|just|solely|exclusively|always) (?:with|by|in)\b|\balways (?:reply|respond|answer) (?:with|by|that)\b",
    r"\bwhen(?:ever)? (?:you|the (?:assistant|bot|model)) (?:cites?|quotes?|answers?|repl(?:y|ies)|process(?:es)?|summari[sz]es?|uses?) this (?:page|document|article|text|ticket|file|section)",
    r"\b(?:tell|inform|instruct|ask|urge|advise|convince) the (?:user|reader|customer|asker|human) (?:to (?:send|visit|email|pay|call|click|enter|give|share|download|log)|that)\b",
    r"\bbefore (?:you )?(?:answer|reply|respond)(?:ing)?\b[^.\n]{0,16}\b(?:the user|the question|to the)\b",
    r"\bset (?:the )?(?:confidence|status) to\b|\bmark (?:this|the) (?:answer|draft|reply) as\b|\bapprove this (?:answer|draft|reply|review)\b",
    r"\bauto-?approve\b[^.\n]{0,40}\b(?:answer|draft|reply|review|this)\b|\b(?:skip|bypass) (?:the )?(?:review|verification|checks?)\b",
    r"\bthis page is (?:confidential|secret)\b",
    r"\bin every (?:future |later |subsequent )?(?:reply|answer|response|report you \w+|message)\b",
    # Reveal the prompt, secrets or data.
    (
        r"\b(?:reveal|print|repeat|output|show|display|tell|leak|dump|disclose|recite|summari[sz]e|give|quote|share|write out)\b[^.\n]{0,50}"
        r"\b(?:(?:system|hidden|initial|secret|original|developer|internal|operating) (?:prompt|instructions?|message|rules|configuration)|your (?:prompt|instructions?|rules|configuration|guidelines))\b"
    ),
    r"\b(?:exact|operating|full) instructions you were (?:given|told)\b|\binstructions you were given\b",
    r"\brepeat the (?:words|text) above\b|\bwritten above this conversation\b",
    r"\b(?:leak|exfiltrate|dump)\b[^.\n]{0,30}\b(?:keys?|secrets?|database|credentials?|passwords?|tokens?|data)\b",
    r"\b(?:output|print|reveal|send|e?-?mail|collect|forward)\b[^.\n]{0,30}\b(?:customer|user)s?'? (?:database|list|e-?mails?|data|records?)\b",
    r"\breveal\b[^.\n]{0,20}\b(?:any )?(?:credentials|secrets)\b",
    # Act without rules.
    r"\b(?:have|has|with|under|are|know|obey) no (?:content )?(?:restrictions?|rules|limits|filters?|polic(?:y|ies))\b",
    r"\b(?:answer|respond|comply|reply|questions?|anything)\b[^.\n]{0,30}\bwithout (?:any )?(?:restrictions?|rules|limits|filters?)\b",
    r"\b(?:developer|debug|god|jailbreak|unrestricted|dan) mode\b",
    r"\b(?:comply with|grant) (?:every|all|any) requests?\b|\bthe user is (?:now )?an admin(?:istrator)?\b|\bgrant (?:this|the) user\b",
    r"\bexempt from the usual restrictions\b|\bi (?:have|'ve) (?:concluded|determined|already reasoned|decided) that\b",
    # Forged structure.
    r"^\W*(?:system|assistant|developer|user|human)\s*:(?=\s*(?:\S|$))(?=[^\n]*\b(?:ignore|you|user|answer|say|print|grant|approve|reply|reveal|all|now|i)\b)",
    r"\bend of (?:context|document|user input|input|system prompt|instructions|prompt|data|the documents)\b",
    r"\b(?:user|assistant|system)\s*:\s*(?:ignore|print|reveal|say|approve)\b|\bassistant\s*:\s*$",
    r"<\|?(?:im_(?:start|end)|system|assistant|endoftext|eot_id|start_header_id)\|?>|\[/?INST\]|<<SYS>>|</?(?:system|instructions?|context)>",
    r"\"status\"\s*:\s*\"(?:answered|insufficient_context)\"",
    r"\b(?:decode|de-?cipher|unscramble)\b[^.\n]{0,60}\b(?:do|obey|follow|execute|carry out|run)\b",
    r"\bdecode this\b[^.\n]{0,20}\b(?:and|then)\b",
    # Call a tool or remember something.
    r"\b(?:call|use|invoke|run) (?:the )?(?:send_?\w+|delete_?\w+|\w+_(?:email|file|message|mail|transaction))\b",
    r"\bsave this\b[^.\n]{0,20}\bto your memory\b|\bremember for all future\b",
    r"!\[[^\]]*\]\(https?://[^)\s]*\?[^)\s]*(?:question|query|prompt|secret|data|user)[^)\s]*\)",
    # The same in German, French, Spanish, Italian, Portuguese, Romanian, Dutch, Russian and Chinese.
    r"\b(?:ignorier\w*|vergiss|vergesst|missachte\w*)\b[^.\n]{0,40}\b(?:anweisung\w*|richtlinien?|regeln|alles|vorgaben)\b",
    r"\b(?:neue anweisung\w*|ab (?:jetzt|sofort)\b[^.\n]{0,30}\b(?:keine|gibst|bist|antworte\w*))|\bohne einschr(?:ä|ae)nkungen\b",
    r"\b(?:zeig\w*|verrat\w*|gib\w*|nenn\w*)\b[^.\n]{0,30}\b(?:system-?(?:prompt|anweisung\w*)|prompt)\b|\bsystemhinweis\b|\bam ende jeder antwort\b",
    r"\b(?:beginne|beende|schreibe?|füge)\b[^.\n]{0,40}\b(?:deine|jede|jeder|deiner)\b[^.\n]{0,10}\bantwort",
    r"\bignor\w*\b[^.\n]{0,40}\b(?:instruc\w+|instruç\w+|istruzion\w+|instruções|consignes|règles|reglas|regole)\b",
    r"\b(?:oublie\w*|olvida\w*|dimentica\w*|esque[çc]a\w*|negeer|vergeet|uita)\b[^.\n]{0,40}\b(?:instru\w+|istruzion\w+|consignes|règles|reglas|regole|alles|todo|tutto|tudo)\b",
    r"\b(?:sin|sans|senza|sem) (?:ninguna |aucune |alcuna )?(?:restric\w+|restrizion\w+|restriç\w+|filtro|filtre|limit\w+)\b",
    r"\b(?:modo desarrollador|mode développeur|modalità sviluppatore)\b|\bnota di sistema\b|\balla fine di ogni risposta\b",
    r"\b(?:au début|à la fin|al final|al principio|no final)\b[^.\n]{0,20}\b(?:ta|votre|cada|tu|sua|toutes?|chaque|de)\b[^.\n]{0,12}\b(?:réponses?|respuestas?|respostas?)\b",
    r"(?:игнорир\w*|забудь\w*)[^.\n]{0,40}(?:инструкци\w*|правил\w*|указани\w*)",
    r"(?:忽略|无视|忘记|無視して|無視し)[^。\n]{0,20}(?:指令|指示|规则|説明|提示)|(?:指示|命令|指令)を(?:無視|忘れ)",
)
# A full stop ends a sentence only before a space: "visit www.example.com" goes on.
_INSTRUCTION = re.compile(
    "|".join(f"(?:{pattern})" for pattern in _PATTERNS).replace(r"[^.\n]", r"(?:[^.\n]|\.(?=\S))"),
    re.IGNORECASE | re.MULTILINE,
)
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)
# Unicode's tag characters are invisible and stand for ASCII.
_TAG_PLANE = 0xE0000
_TAG = re.compile(r"[\U000e0020-\U000e007e]")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re.compile(r"\b(?:[0-9a-fA-F]{2}[ :]?){16,}")
_LEET = str.maketrans("0134578@$", "oieastbas")
_MIXED_WORD = re.compile(r"\b(?=\w*[a-zA-Z])(?=\w*[013457@$])[\w@$]{2,}\b")
_ORDER_TO_DECODE = re.compile(
    r"\b(?:base64|rot13|hex\w*|morse)\b[^.\n]{0,60}\b(?:obey|follow|do (?:exactly )?what)\b", re.IGNORECASE
)


def is_instruction(text: str) -> bool:
    """Tell whether `text` looks like an instruction to a language model."""
    return any(_INSTRUCTION.search(reading) or _ORDER_TO_DECODE.search(reading) for reading in _readings(text))


def _readings(text: str) -> Iterator[str]:
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    yield plain
    if _TAG.search(text):
        yield _TAG.sub(lambda match: chr(ord(match[0]) - _TAG_PLANE), text)
    if _MIXED_WORD.search(plain):
        yield _MIXED_WORD.sub(lambda match: match[0].translate(_LEET), plain)
    for pattern, decode in ((_BASE64, _from_base64), (_HEX, _from_hex)):
        for match in pattern.finditer(plain):
            if decoded := decode(match[0]):
                yield decoded


def _from_base64(run: str) -> str:
    padded = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _readable(base64.b64decode(padded + "=" * (-len(padded) % 4)))
    except (binascii.Error, ValueError):
        return ""


def _from_hex(run: str) -> str:
    try:
        return _readable(bytes.fromhex(re.sub(r"[ :]", "", run)))
    except ValueError:
        return ""


def _readable(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() or "\n" in text else ""
