"""Leave out the courtesies that a model puts before and after its answer. They state nothing, so nothing proves them.

A sentence is left out only if all of it is one of these phrases; with one more word it stays and must be proved.
"""

import re

from pipeline.proof.comparing import comparable
from pipeline.proof.markers import markers_in
from pipeline.proof.units import Unit, units

_MORE = r"(?:any )?(?:other |more |further |additional )?"
_NEED = rf"(?:you (?:have|need) {_MORE}(?:questions?|help|assistance)|(?:you need|there is) anything else)"
_ASK = r"(?:let me know|feel free to ask|(?:don't|do not) hesitate to (?:ask|reach out))"
_OPENS = re.compile(
    r"(?:that's |that is |what )?a? ?(?:great|good|excellent) question"
    r"|(?:thank you|thanks) for (?:your question|asking)"
    r"|(?:i'm|i am|i'd be) happy to help(?: you)?(?: with (?:that|this))?"
    r"|(?:sehr )?gute frage|(?:vielen dank|danke) fur (?:die|deine|ihre) frage"
    r"|(?:tres )?bonne question|merci pour (?:votre|ta) question"
    r"|(?:muy )?buena pregunta|gracias por (?:su|tu) pregunta"
)
_CLOSES = re.compile(
    rf"(?:i )?hope (?:this|that) helps(?: you)?|(?:please )?{_ASK} if {_NEED}|if {_NEED}, (?:please )?{_ASK}"
    r"|is there anything else i can help(?: you)? with|happy to help"
    r"|ich hoffe,? (?:das|dies) hilft(?: (?:dir|ihnen))?(?: weiter)?"
    r"|bei (?:weiteren )?fragen (?:stehe ich (?:dir|ihnen) )?gerne? (?:zur verfugung|melden)"
    r"|j'espere que cela (?:vous |t')?aide(?:ra)?|n'hesite[zs]? pas si (?:vous avez|tu as) d'autres questions"
    r"|espero que (?:esto )?(?:te |le )?ayude|si tienes? mas preguntas, no dud(?:e|es) en preguntar"
)
# The answer is shown with its sources, and "the provided context" is nothing that its reader knows.
_LEAD = re.compile(
    r"(?:Based on|According to) (?:the )?(?:provided |given |available )?(?:context|passages)(?: provided)?,\s+(?=\S)"
    r"|D['’]après le contexte fourni,\s+(?=\S)|Según el contexto proporcionado,\s+(?=\S)"  # noqa: RUF001
)
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_PICTURES = re.compile(r"[\s\u2600-\u27bf\ufe0f\U0001f300-\U0001faff]*")
_AT_MOST = 2


def without_courtesy(answer: str) -> str:
    """Return an answer without courtesies at its beginning and end, and without "Based on the context,". Pure."""
    shorter = answer
    for _ in range(_AT_MOST):
        shorter = _cut(_cut(shorter, 0, _OPENS), -1, _CLOSES)
    lead = _LEAD.match(shorter)
    return f"{shorter[lead.end()].upper()}{shorter[lead.end() + 1 :]}" if lead else shorter


def _cut(answer: str, at: int, phrases: re.Pattern[str]) -> str:
    """Return an answer without its first or last sentence if that is a courtesy and not all of the answer."""
    said = [unit for unit in units(answer) if _words(unit.of(answer))]
    if len(said) == 1 or not said or not _is_courtesy(said[at], answer, phrases):
        return answer
    before, after = answer[: said[at].start], answer[said[at].end :]
    if at == 0:
        return _PICTURES.sub("", after, count=1) if not before.strip() else answer
    return before.rstrip() if _PICTURES.fullmatch(after) else answer


def _is_courtesy(unit: Unit, answer: str, phrases: re.Pattern[str]) -> bool:
    text = unit.of(answer)
    is_whole = "*" not in text or text.endswith("*")
    return unit.kind == "text" and is_whole and not markers_in(text) and phrases.fullmatch(_words(text)) is not None


def _words(text: str) -> str:
    """Return a sentence in comparable form, without accents and what stands around its words."""
    return re.sub(r"^\W+|\W+$", "", comparable(text).translate(_ACCENTS))
