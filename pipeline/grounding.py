"""Stage 8: every sentence that states a fact must stand on words that were really retrieved.

Deterministic. What cannot be proved is a finding; a finding sends the draft to a person.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.search import RetrievedChunk
from pipeline.sentences import MARKER, markers_in, sentences, without_list_mark
from pipeline.types import Citation, Draft, Finding, FindingCode

_TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‑": "-", "−": "-", "…": "..."}  # noqa: RUF001
)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_LINE_MARKS = re.compile(r"^\s*(?:>\s*|#{1,6}\s+|[-*+•]\s+|\d{1,3}[.)]\s+)+", re.MULTILINE)
INLINE_TAG = re.compile(
    r"</?(?:a|b|br|code|div|em|i|img|kbd|p|small|span|strong|sub|sup|u)(?:\s[^<>\n]*)?/?>", re.IGNORECASE
)
_INLINE_MARKS = re.compile(r"[*`]|(?<!\w)_|_(?!\w)")
_VALUE = re.compile(
    r"https?://[^\s)>\]]+|[\w.+-]+@[\w-]+\.[\w.-]+|(?<![\w/])(?:~|\.{1,2})?/[\w./-]+|`[^`\n]+`"
    r"|\b\w*\d\w*(?:[.,:/]\d\w*)*|[A-Z][A-Z0-9]*_[A-Z0-9_]+"
)
# "25MB" and "25 MB" are one value; a code such as "v2" is one too, and "2" is not in it.
_GLUED_UNIT = re.compile(r"(?<=\d)(?=[A-Za-z%€$])")
_MEASURE = re.compile(
    r"\b(\d+(?:[.,]\d+)*)[\s-]*(%|percent|€|euro|dollar|eur|usd|kb|mb|gb|tb|byte|second|minute|hour|day|week|month|year"
    r"|pixel|px|character|user|request|invoice|file)s?(?!\w)"
)
_MONTH = re.compile(
    r"\b(?:january|february|march|april|june|july|august|september|october|november|december|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|cannot|without|neither|nor|unable|impossible|irreversible|prevents?)\b|n't\b",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:hi|hello|hey|sure|certainly|of course|thanks|thank you|good question|glad to help|happy to help|"
    r"hope (?:this|that) helps|let me know if you need anything else)(?: there| for asking)?[ ,.!]*",
    re.IGNORECASE,
)
_LEAD_IN_WORDS = 12


@dataclass(frozen=True, slots=True)
class VerificationLimits:
    """`answer_chars`: longest answer shown. `quote_chars_min`: shorter quotes prove nothing."""

    answer_chars: int = 3000
    quote_chars_min: int = 12


def verify(draft: Draft, chunks: Sequence[RetrievedChunk], limits: VerificationLimits) -> tuple[Finding, ...]:
    """Return every objection to `draft`; an empty tuple means that it is proved."""
    texts = {chunk.chunk_id: comparable(chunk.text) for chunk in chunks}
    objections = [_citation_finding(citation, chunks, texts, limits) for citation in draft.citations]
    findings = [objection for objection in objections if objection]
    proved = {
        citation.marker: texts[citation.chunk_id]
        for citation, objection in zip(draft.citations, objections, strict=True)
        if objection is None
    }
    if len(draft.answer) > limits.answer_chars:
        findings.append(Finding(code=FindingCode.TOO_LONG, span=f"{len(draft.answer)} characters"))
    if not draft.citations:
        findings.append(Finding(code=FindingCode.NO_CITATION, span=draft.answer))
    for sentence in sentences(draft.answer):
        findings.extend(_sentence_findings(sentence, proved, draft.citations))
    return tuple(dict.fromkeys(findings))


def comparable(text: str) -> str:
    """Return `text` without what may differ in a verbatim quote.

    That is: Unicode form, case, runs of space, typographic quotes and dashes, Markdown marks (link
    targets, emphasis, code ticks, heading, list and quote marks) and bare inline HTML tags.
    """
    text = unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY)
    text = _LINE_MARKS.sub("", _LINK.sub(r"\1", INLINE_TAG.sub("", text)))
    text = _INLINE_MARKS.sub("", text)
    return " ".join(text.casefold().split())


def is_claim(sentence: str) -> bool:
    """Tell whether a sentence states a fact, as opposed to a greeting or a short lead-in to a list."""
    bare = without_list_mark(MARKER.sub("", sentence)).strip()
    if not any(character.isalnum() for character in bare):
        return False
    if _GREETING.fullmatch(bare):
        return False
    is_lead_in = bare.endswith((":", "：")) and len(bare.split()) <= _LEAD_IN_WORDS  # noqa: RUF001
    return not is_lead_in or bool(_values(bare))


def _citation_finding(
    citation: Citation, chunks: Sequence[RetrievedChunk], texts: Mapping[str, str], limits: VerificationLimits
) -> Finding | None:
    # Marker n names context block n: a known id under a foreign marker is a swapped source.
    in_range = 1 <= citation.marker <= len(chunks)
    if not in_range or chunks[citation.marker - 1].chunk_id != citation.chunk_id:
        return Finding(code=FindingCode.UNKNOWN_CHUNK, span=f"[{citation.marker}] {citation.chunk_id[:80]}")
    quote = comparable(citation.quote)
    if len(quote) < limits.quote_chars_min or not _contains(texts[citation.chunk_id], quote):
        return Finding(code=FindingCode.QUOTE_NOT_FOUND, span=citation.quote)
    return None


def _contains(text: str, quote: str) -> bool:
    # A quote that ends inside a word ("25 GB" out of "125 GB") is not a quote.
    start = text.find(quote)
    while start >= 0:
        end = start + len(quote)
        inside_left = start > 0 and text[start - 1].isalnum() and quote[0].isalnum()
        inside_right = end < len(text) and text[end].isalnum() and quote[-1].isalnum()
        if not inside_left and not inside_right:
            return True
        start = text.find(quote, start + 1)
    return False


def _sentence_findings(sentence: str, proved: Mapping[int, str], citations: Sequence[Citation]) -> list[Finding]:
    markers = set(markers_in(sentence))
    listed = {citation.marker for citation in citations}
    findings = [Finding(code=FindingCode.UNKNOWN_CHUNK, span=f"[{marker}]") for marker in sorted(markers - listed)]
    support = " ".join(proved[marker] for marker in sorted(markers) if marker in proved)
    if not is_claim(sentence):
        return findings
    if not support:
        return [*findings, Finding(code=FindingCode.UNCITED_CLAIM, span=sentence)]
    findings.extend(
        Finding(code=FindingCode.UNSUPPORTED_VALUE, span=value) for value in _unsupported(sentence, support)
    )
    return findings


def _unsupported(sentence: str, support: str) -> list[str]:
    bare = _GLUED_UNIT.sub(" ", without_list_mark(MARKER.sub("", sentence)))
    support = _GLUED_UNIT.sub(" ", support)
    missing = [value for value in _values(bare) if not _holds(support, value)]
    measures = set(_measures(support))
    missing += [" ".join(measure) for measure in _measures(comparable(bare)) if measure not in measures]
    negations = _NEGATION.findall(bare)
    if negations and not _NEGATION.search(support):
        missing.append(negations[0])
    return missing


def _measures(text: str) -> list[tuple[str, str]]:
    """Return the numbers of a lower-case text with their units, singular."""
    return [(number.replace(",", ""), unit) for number, unit in _MEASURE.findall(text)]


def _values(text: str) -> list[str]:
    found = [value.rstrip(".,:/") for value in _VALUE.findall(text)] + _MONTH.findall(text)
    return [value for value in found if value.strip("`")]


def _holds(support: str, value: str) -> bool:
    wanted = comparable(value)
    if _contains(support, wanted):
        return True
    if wanted[0].isdigit():
        return _contains(support.replace(",", ""), wanted.replace(",", ""))
    return False
