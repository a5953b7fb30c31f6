"""Stage 8 (prove): check every sentence of a draft against the retrieved chunks.

A citation is proved if its quote is verbatim in its chunk. A sentence is proved if the passages that it cites say the
same (`pipeline/proof/support.py`) with the same values and links (`pipeline/proof/values.py`). Everything else is a
finding, and a draft with a finding goes to a person. Deterministic.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.markdown import is_list_item, without_list_mark
from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable, contains
from pipeline.proof.sentences import MARKER, markers_in, passages, sentences_by_line
from pipeline.proof.support import Passage, objections, support
from pipeline.proof.values import links, unsupported_values, values
from pipeline.proof.words import keys_of, tokens
from pipeline.types import Citation, Draft, Finding, FindingCode

_GREETING = re.compile(
    r"(?:hi|hello|hey|sure|certainly|of course|thanks|thank you|good question|glad to help|happy to help|"
    r"hope (?:this|that) helps|let me know if you need anything else)(?: there| for asking)?[ ,.!]*",
    re.IGNORECASE,
)
_DIRECT_REPLY = re.compile(r"(?:yes|no|generally yes|generally not|not quite|it depends)[ ,.!]*", re.IGNORECASE)
_LEAD_IN_WORDS = 12
_CHUNKS_KEPT = 512


@dataclass(frozen=True, slots=True)
class VerificationLimits:
    """`answer_chars`: longest answer shown. `quote_chars_min`: shorter quotes prove nothing."""

    answer_chars: int = 3000
    quote_chars_min: int = 12


@dataclass(frozen=True)
class _Evidence:
    """A retrieved chunk, prepared to be compared with."""

    text: str
    passages: tuple[Passage, ...]
    keys: frozenset[str]
    links: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Support:
    """The passages and the chunk that a proved marker cites."""

    passages: tuple[Passage, ...]
    evidence: tuple[_Evidence, ...]


def verify(draft: Draft, chunks: Sequence[RetrievedChunk], limits: VerificationLimits) -> tuple[Finding, ...]:
    """Return the objections to `draft`; none means that it is proved."""
    known = [_evidence(chunk.text, chunk.title, chunk.heading, chunk.url or "") for chunk in chunks]
    objected = [_citation_finding(citation, chunks, known, limits) for citation in draft.citations]
    findings = [objection for objection in objected if objection]
    proved = [c for c, objection in zip(draft.citations, objected, strict=True) if objection is None]
    if len(draft.answer) > limits.answer_chars:
        findings.append(Finding(code=FindingCode.TOO_LONG, span=f"{len(draft.answer)} characters"))
    if not draft.citations:
        findings.append(Finding(code=FindingCode.NO_CITATION, span=draft.answer))
    listed = frozenset(citation.marker for citation in draft.citations)
    supports = {marker: _support(marker, proved, known) for marker in {citation.marker for citation in proved}}
    for sentence, markers in _with_markers(draft.answer):
        findings.extend(
            Finding(code=FindingCode.UNKNOWN_CHUNK, span=f"[{marker}]") for marker in sorted(markers - listed)
        )
        findings.extend(_link_findings(sentence, markers, supports, known))
        if is_claim(sentence):
            findings.extend(
                _claim_findings(sentence, [supports[marker] for marker in sorted(markers & supports.keys())])
            )
    return tuple(dict.fromkeys(findings))


def quoted_for(answer: str, chunks: Sequence[RetrievedChunk]) -> tuple[Citation, ...]:
    """Return citations for an answer written by a person: for each marker n, the passage of chunk n that fits best."""
    found = {}
    for sentence, markers in _with_markers(answer):
        plain = comparable(without_list_mark(MARKER.sub("", sentence)).strip())
        for marker in sorted(marker for marker in markers if 1 <= marker <= len(chunks)):
            chunk = chunks[marker - 1]
            parts = [part for part in passages(chunk.text) if comparable(part)]
            if parts:
                best = max(parts, key=lambda part: support(plain, [Passage(comparable(part))]))
                found[marker, best] = Citation(marker=marker, chunk_id=chunk.chunk_id, quote=best)
    return tuple(found.values())


def is_claim(sentence: str) -> bool:
    """Tell whether a sentence states a fact, as opposed to a greeting or a short lead-in to a list."""
    bare = without_list_mark(MARKER.sub("", sentence)).strip()
    if not any(character.isalnum() for character in bare):
        return False
    if _GREETING.fullmatch(bare):
        return False
    is_lead_in = bare.endswith((":", "：")) and len(bare.split()) <= _LEAD_IN_WORDS  # noqa: RUF001
    return not is_lead_in or bool(values(bare))


def _with_markers(answer: str) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield the sentences of an answer with the markers that cover them.

    A list item without a marker is covered by those of the lead-in above its list; a bare "Yes." by those
    of the sentence after it.
    """
    inherited: frozenset[int] = frozenset()
    held = ""
    for line in sentences_by_line(answer):
        in_list = is_list_item(line[0])
        for sentence in line:
            own = frozenset(markers_in(sentence))
            if _DIRECT_REPLY.fullmatch(MARKER.sub("", sentence).strip()) and not held:
                held = sentence
                continue
            yield f"{held} {sentence}".strip(), own or (inherited if in_list else frozenset())
            held = ""
            if not in_list:
                inherited = own if MARKER.sub("", sentence).rstrip().endswith(":") else frozenset()
    if held:
        yield held, frozenset()


def _citation_finding(
    citation: Citation, chunks: Sequence[RetrievedChunk], known: Sequence[_Evidence], limits: VerificationLimits
) -> Finding | None:
    # Marker n names context block n, so a known chunk id under another marker is a swapped source.
    in_range = 1 <= citation.marker <= len(chunks)
    if not in_range or chunks[citation.marker - 1].chunk_id != citation.chunk_id:
        return Finding(code=FindingCode.UNKNOWN_CHUNK, span=f"[{citation.marker}] {citation.chunk_id[:80]}")
    quote = comparable(citation.quote)
    if len(quote) < limits.quote_chars_min or not contains(known[citation.marker - 1].text, quote):
        return Finding(code=FindingCode.QUOTE_NOT_FOUND, span=citation.quote)
    return None


@lru_cache(maxsize=_CHUNKS_KEPT)
def _evidence(text: str, title: str, heading: str, url: str) -> _Evidence:
    names = keys_of(tokens(comparable(f"{title} {heading}")))
    plain = [comparable(part) for part in passages(text)]
    before = [frozenset[str](), *(keys_of(tokens(part)) for part in plain)]
    parts = tuple(Passage(part, names, keys) for part, keys in zip(plain, before, strict=False) if part)
    return _Evidence(
        comparable(text), parts, keys_of(tokens(comparable(text))) | names, frozenset(links(f"{text} {url}"))
    )


def _support(marker: int, proved: Sequence[Citation], known: Sequence[_Evidence]) -> _Support:
    evidence = known[marker - 1]
    quotes = [comparable(citation.quote) for citation in proved if citation.marker == marker]
    quoted = [passage for quote in quotes for passage in _passages_of(quote, evidence.passages)]
    return _Support(tuple(dict.fromkeys(quoted)), (evidence,))


def _passages_of(quote: str, parts: Sequence[Passage]) -> list[Passage]:
    """Return the passages that a verbatim quote is part of or spans."""
    start = " ".join(part.text for part in parts).find(quote)
    if start < 0:
        # The quote spans list or quote marks, which `comparable` removes only at the start of a line.
        return [part for part in parts if part.text in quote or quote in part.text]
    found = []
    at = 0
    for part in parts:
        if at < start + len(quote) and start < at + len(part.text):
            found.append(part)
        at += len(part.text) + 1
    return found


def _link_findings(
    sentence: str, markers: frozenset[int], supports: Mapping[int, _Support], known: Sequence[_Evidence]
) -> Iterator[Finding]:
    cited = [evidence for marker in markers & supports.keys() for evidence in supports[marker].evidence]
    for link in links(sentence):
        if not any(link in evidence.links for evidence in known):
            yield Finding(code=FindingCode.FOREIGN_LINK, span=link)
        elif not any(link in evidence.links for evidence in cited):
            yield Finding(code=FindingCode.UNSUPPORTED_VALUE, span=link)


def _claim_findings(sentence: str, supports: Sequence[_Support]) -> Iterator[Finding]:
    stood_on = tuple(passage for support in supports for passage in support.passages)
    if not stood_on:
        yield Finding(code=FindingCode.UNCITED_CLAIM, span=sentence)
        return
    bare = without_list_mark(MARKER.sub("", sentence)).strip()
    held = " ".join(passage.text for passage in stood_on)
    yield from (Finding(code=FindingCode.UNSUPPORTED_VALUE, span=value) for value in unsupported_values(bare, held))
    known = frozenset(key for support in supports for evidence in support.evidence for key in evidence.keys)
    yield from objections(bare, comparable(bare), stood_on, known)
