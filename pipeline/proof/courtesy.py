"""Leave out the courtesies that a model puts before and after its answer. They state nothing, so nothing proves them.

A sentence is left out only if all of it is one of these phrases; with one more word it stays and must be proved.
"""

import re

from pipeline.proof.comparing import comparable
from pipeline.proof.markers import markers_in, without_markers
from pipeline.proof.units import Unit, units

_MORE = r"(?:any )?(?:other |more |further |additional )?"
_NEED = rf"(?:you (?:have|need) {_MORE}(?:questions?|help|assistance)|(?:you need|there is) anything else)"
_ASK = r"(?:let me know|feel free to ask|(?:don't|do not) hesitate to (?:ask|reach out))"
_OPENS = re.compile(
    r"(?:that's |that is |what )?(?:an? )?(?:great|good|excellent) question"
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
_MARKERS_BEHIND = re.compile(r"(?<=[.!?])\s*(?:\[\d{1,3}\]\s*)+$")
_PICTURES = re.compile(r"[\s\u2600-\u27bf\ufe0f\U0001f300-\U0001faff]*")
_AT_MOST, _APART = 2, "\n\n"


def without_courtesy(answer: str) -> str:
    """Return an answer without courtesies at its beginning and end, and without "Based on the context,". Pure."""
    shorter = answer
    for _ in range(_AT_MOST):
        shorter = _without_closing(_without_opening(shorter))
    lead = _LEAD.match(shorter)
    if lead is None:
        return shorter
    rest = shorter[lead.end() :]
    # A word with a capital inside is written small on purpose: iOS.
    return f"{rest[0].upper()}{rest[1:]}" if rest.split(maxsplit=1)[0].islower() else rest


def _without_opening(answer: str) -> str:
    said = _said(answer)
    is_first = len(said) > 1 and said[0].kind == "text" and not answer[: said[0].start].strip()
    if not is_first or not _is_courtesy(said[0].of(answer), _OPENS):
        return answer
    return _PICTURES.sub("", answer[said[0].end :], count=1)


def _without_closing(answer: str) -> str:
    """Return an answer without a courtesy at its end. Markers behind that cover the sentences before it and stay."""
    said = _said(answer)
    if len(said) <= 1 or said[-1].kind != "text":
        return answer
    body, last = answer[: said[-1].start].rstrip(), answer[said[-1].start :]
    behind = _MARKERS_BEHIND.search(last)
    if not _is_courtesy(last[: behind.start()] if behind else last, _CLOSES):
        return answer
    if answer.count("**") % 2 != body.count("**") % 2:
        # The emphasis would stay open.
        return answer
    if behind is None or markers_in(body):
        return body
    return f"{body}{' ' if said[-2].kind == 'text' else _APART}{behind[0].strip()}"


def _said(answer: str) -> list[Unit]:
    return [unit for unit in units(answer) if _words(without_markers(unit.of(answer)))]


def _is_courtesy(text: str, phrases: re.Pattern[str]) -> bool:
    """Tell whether a text is one of the phrases, with nothing cited and no half of an emphasis."""
    is_whole = "*" not in text or text.rstrip().endswith("*")
    return is_whole and not markers_in(text) and phrases.fullmatch(_words(text)) is not None


def _words(text: str) -> str:
    """Return a sentence in comparable form, without accents and what stands around its words."""
    return re.sub(r"^\W+|\W+$", "", comparable(text).translate(_ACCENTS))
