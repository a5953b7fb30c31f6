"""`citedesk search`: retrieved chunks with the parts of their scores, and the numbers that decide about an answer."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.app import build_embedder, build_retriever
from bot.cli.arguments import examples, piped
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, names, settings_of
from bot.cli.printing import Line, Part, Table, one_line, say_json, show
from bot.cli.stored import require_index
from bot.tenants import own_settings
from index.retrieval import Features, Retrieval, RetrievedChunk
from index.stemming import stem
from index.terms import question_terms

_MEANINGS = {
    "evidence": "how much of the question the best chunk matches; below 0 it leaves more unmatched",
    "stability": "share of the question's words without which the best document stays the best",
    "missing_name": "1 if a name or a number of the question is not in the best chunk",
    "titled": "1 if a title or heading of the best chunks holds all words of the question",
    "foreign": "1 if the best chunk is about another code, version or product than the question names",
    "reranked": "the best score of the reranker; 0 without one",
}
_FIELDS = ("chunk_id", "document_id", "title", "heading", "text", "url", "score")


@click.command(
    "search",
    epilog=examples(
        "citedesk search 'how long may I pay by invoice'",
        "citedesk search 'refund' --groups leads --limit 3",
        "citedesk search - --json < question.txt | jq '.chunks[0]'",
    ),
)
@click.argument("question")
@DATA_DIR
@TENANT
@AS_JSON
@click.option("--groups", default="", metavar="A,B", help="Groups to search as, separated by commas.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 50), help="How many chunks.")
def command(question: str, data_dir: Path | None, tenant: str, groups: str, limit: int, *, as_json: bool) -> None:
    """Retrieve chunks for QUESTION, without an answer, and say what their scores are made of.

    With - the question is read from standard input.
    """
    question = piped(question)
    settings = own_settings(settings_of(data_dir), tenant)
    require_index(settings)
    found = build_retriever(settings, build_embedder(settings)).search(question, names(groups), limit)
    if as_json:
        say_json(search_json(found))
    else:
        show(search_parts(question, found))


def search_json(found: Retrieval) -> dict[str, Any]:
    """Return a result as a JSON object: chunks with the parts of their scores, sufficiency with its features."""
    chunks = [
        {name: getattr(chunk, name) for name in _FIELDS} | ({"parts": asdict(chunk.parts)} if chunk.parts else {})
        for chunk in found.chunks
    ]
    return {
        "chunks": chunks,
        "sufficiency": found.sufficiency,
        "floor": found.abstain_below,
        "sure": found.answer_from,
        "features": asdict(found.features),
        "snapshot": found.snapshot,
    }


def search_parts(question: str, found: Retrieval) -> list[Part]:
    """Return a result: scores and shared words of each chunk, the sufficiency, its thresholds and features."""
    head = ("score", "cosine", "tokens", "words", "place")
    rows = [row for chunk in found.chunks for row in _chunk_rows(question, chunk)]
    return [Table(head, rows), Line(""), *_verdict(found), *_features(found.features)]


def _chunk_rows(question: str, chunk: RetrievedChunk) -> list[tuple[str, ...]]:
    parts = chunk.parts
    numbers = (f"{parts.cosine:.3f}", f"{parts.tokens:.3f}", f"{parts.words:.2f}") if parts else ("", "", "")
    place = f"{chunk.title} > {chunk.heading}" if chunk.heading else chunk.title
    stems = {stem(word) for word in question_terms(f"{chunk.title} {chunk.heading} {chunk.text}")}
    shared = [word for word in question_terms(question) if stem(word) in stems]
    return [
        (f"{chunk.score:.3f}", *numbers, one_line(f"{place}  ({chunk.document_id})")),
        ("", "", "", "", one_line(f"same words: {', '.join(shared) or 'none'}")),
    ]


def _verdict(found: Retrieval) -> list[Part]:
    if found.sufficiency < found.abstain_below:
        meaning = "not enough info, no model is asked"
    elif found.sufficiency < found.answer_from:
        meaning = "a model may answer; without one not enough info"
    else:
        meaning = "enough to answer with the documents' own words"
    bars = f"below {found.abstain_below:.2f} not enough info, from {found.answer_from:.2f} on the documents' own words"
    return [Line(f"sufficiency {found.sufficiency:.2f}: {meaning}", "strong"), Line(f"  {bars}", indent=2)]


def _features(features: Features) -> list[Part]:
    return [Line(f"  {name} {value:.2f}: {_MEANINGS[name]}", indent=2) for name, value in asdict(features).items()]
