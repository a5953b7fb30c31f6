"""Write the citation markers of a draft as `[n]`, whatever style its model uses: what is proved is what is shown.

A marker is a bracket that holds numbers or chunk ids with separators between them and at most one word before them.
Parentheses, braces and raised digits are also used for other things, so they count only where an answer has no such
marker, at the end of a clause, and with the number of a listed citation. Code is never changed.
"""

import re
from collections.abc import Callable, Sequence

from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable
from pipeline.proof.loose_markers import LOOSE, loose_marker
from pipeline.proof.marker_numbers import Numbers, Sources, numbers_in, sources_of
from pipeline.proof.markers import KEPT_CODE, markers_in
from pipeline.proof.quotes import marked, proved
from pipeline.proof.source_lists import without_source_list
from pipeline.proof.units import units
from pipeline.types import Citation, Draft, Finding

_OPEN, _CLOSE = r"\\?\[|[【［〔]|&#91;|&lsqb;", r"\\?\]|[】］〕]|&#93;|&rsqb;"  # noqa: RUF001
_LINK = r"\([^()\s]{0,500}(?:\s\"[^\"\n]{0,200}\")?\)"
_BRACKET = re.compile(
    rf"{KEPT_CODE}|(?<!!)(?P<outer>\[)?(?P<open>{_OPEN})(?P<content>[^\[\]【】［］〔〕\\\n]{{1,160}}?)(?P<close>{_CLOSE})"  # noqa: RUF001
    rf"(?P<link>{_LINK})?(?(outer)\](?:{_LINK})?)"
)
_MARKERS = r"\[\d{1,3}\](?:[\s,;]{0,3}\[\d{1,3}\])*"
# A range of markers, and emphasis, a tag or parentheses around markers alone.
_UNTIDY = re.compile(
    rf"{KEPT_CODE}|\[(?P<first>\d{{1,3}})\][-–—]\[(?P<last>\d{{1,3}})\]"  # noqa: RUF001
    rf"|(?P<mark>\*{{1,3}}|_{{1,3}}|\^)(?P<marked>{_MARKERS})(?P=mark)|<(?P<tag>a|sup|sub|small|cite|span|ref)\b[^<>]{{0,200}}>\s?"
    rf"(?P<tagged>{_MARKERS})\s?</(?P=tag)>|\((?P<round>{_MARKERS})\)"
)
# Markdown hides the definition of a link, so its words are written as a line of the answer.
_DEFINITION = re.compile(rf"{KEPT_CODE}|^(?P<begin>[ ]{{0,3}}(?:[-*+•][ ]+)?\[\d{{1,3}}\]):[ \t]*(?=\S)", re.MULTILINE)
# `units` counts lines as they end in "\n".
_LINE_END = re.compile(r"\r\n?")
# Shorter quotes prove nothing; `limits.quote_chars_min` decides in the end.
_LEAST = 12


def with_plain_markers(draft: Draft, chunks: Sequence[RetrievedChunk]) -> Draft:
    """Return a draft whose markers are `[n]` and whose citations name chunks by their ids. Pure.

    A number that is no listed citation stays what it is. A list of the sources at the end is left out, since every
    answer is shown with its sources. An answer without any marker ends in those of its citations.
    """
    if draft.status != "answered":
        return draft
    citations = tuple(_by_id(citation, chunks) for citation in draft.citations)
    answer = _LINE_END.sub("\n", draft.answer)
    sources = sources_of(citations, chunks)
    plain = _rewritten(answer, _BRACKET, lambda match: _bracket(match, sources))
    if not markers_in(plain):
        plain = _rewritten(plain, LOOSE, lambda match: loose_marker(match, sources))
    plain = without_source_list(_rewritten(plain, _UNTIDY, _tidied), chunks)
    plain = _rewritten(plain, _DEFINITION, lambda match: match["code"] or f"{match['begin']} ")
    if not markers_in(plain):
        plain = _with_all_markers(plain, citations, chunks)
    return draft.model_copy(update={"answer": plain, "citations": citations})


def _by_id(citation: Citation, chunks: Sequence[RetrievedChunk]) -> Citation:
    """Return a citation with the id of the one chunk that it names by its id with other words, number or title."""
    name = citation.chunk_id
    words = set(re.split(r"[\s,;=:\[\]()\"'`<>]+", name))
    named = [chunk for chunk in chunks if chunk.chunk_id in words]
    named = named or [chunk for number, chunk in enumerate(chunks, 1) if _names(name, number, chunk)]
    own = chunks[citation.marker - 1 : citation.marker]
    # Chunks of one document have one title.
    chosen = [chunk for chunk in named if chunk in own] or named
    return citation.model_copy(update={"chunk_id": chosen[0].chunk_id}) if len(chosen) == 1 else citation


def _names(name: str, number: int, chunk: RetrievedChunk) -> bool:
    found = numbers_in(name.strip(" []()【】"), {})
    title = comparable(name.strip(" []\"'").removeprefix("title="))
    return (found is not None and found.numbers == (number,)) or (title != "" and title == comparable(chunk.title))


def _rewritten(answer: str, expression: re.Pattern[str], rewrite: Callable[[re.Match[str]], str]) -> str:
    """Return the answer with all matches of an expression rewritten, apart from those in code blocks."""
    pieces, at = [], 0
    for unit in units(answer):
        if unit.kind == "code":
            pieces += [expression.sub(rewrite, answer[at : unit.start]), answer[unit.start : unit.end]]
            at = unit.end
    return "".join([*pieces, expression.sub(rewrite, answer[at:])])


def _tidied(match: re.Match[str]) -> str:
    """Return markers without emphasis, a tag or parentheses around them, and a range of markers written out."""
    if match["first"]:
        found = numbers_in(f"{match['first']}-{match['last']}", {})
        return found.plain if found else match[0]
    return match["code"] or match["marked"] or match["tagged"] or match["round"]


def _bracket(match: re.Match[str], sources: Sources) -> str:
    """Return a bracket as plain markers; as it stands if it is none."""
    if match["code"] or match["open"].startswith("\\") != match["close"].startswith("\\"):
        return match[0]
    found = numbers_in(match["content"], sources.markers)
    if found is None or not _is_citation(match, found, sources):
        return match[0]
    # A parenthesis right behind a marker would make it a link.
    return found.plain + (" " if match.string[match.end() : match.end() + 1] == "(" else "")


def _is_citation(match: re.Match[str], found: Numbers, sources: Sources) -> bool:
    if found.has_id or found.is_sure:
        return True
    if found.label:
        # "[max 2]", "[step 2]": any other word than one for a source may be one of the text.
        return False
    if len(found.numbers) == 1 and not found.content.startswith("#"):
        return True
    are_listed = sources.listed.issuperset(found.numbers)
    # Intervals, indexes and values in brackets: [0, 1], grid[2, 3], [200, 404].
    is_index = match.string[match.start() - 1 : match.start()].isalnum() or 0 in found.numbers
    return are_listed or (not is_index and sources.name_a_block(found.numbers))


def _with_all_markers(answer: str, citations: Sequence[Citation], chunks: Sequence[RetrievedChunk]) -> str:
    found = dict.fromkeys(c.marker for c in citations if not isinstance(proved(c, chunks, _LEAST), Finding))
    if not found or not answer.strip():
        return answer
    first, *others = found
    return marked(answer.rstrip(), first) + "".join(f"[{marker}]" for marker in others)
