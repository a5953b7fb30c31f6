"""`citedesk search`: retrieved chunks with the parts of their scores, and the sufficiency with its features."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.app import build_embedder, build_retriever
from bot.cli.options import AS_JSON, DATA_DIR, names, settings_of
from index.bm25 import question_terms
from index.retrieval import Retrieval, RetrievedChunk
from index.stemming import stem

_FIELDS = ("chunk_id", "document_id", "title", "heading", "text", "url", "score")


@click.command("search")
@click.argument("question")
@DATA_DIR
@AS_JSON
@click.option("--groups", default="", help="Groups to search as, separated by commas.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 50))
def command(question: str, data_dir: Path | None, groups: str, limit: int, *, as_json: bool) -> None:
    """Retrieve chunks for QUESTION, without an answer, and say what their scores are made of."""
    settings = settings_of(data_dir)
    found = build_retriever(settings, build_embedder(settings)).search(question, names(groups), limit)
    shown = json.dumps(search_json(found), ensure_ascii=False, indent=1) if as_json else search_text(question, found)
    click.echo(shown)


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


def search_text(question: str, found: Retrieval) -> str:
    """Return a result as text: a line of scores for each chunk, with the words that it shares with the question."""
    head = f"{'score':>6} {'cosine':>7} {'tokens':>7} {'words':>6}  place"
    lines = [line for chunk in found.chunks for line in _chunk_lines(question, chunk)]
    features = "  ".join(f"{name} {value:.2f}" for name, value in asdict(found.features).items())
    return "\n".join([head, *lines, _verdict(found), features])


def _chunk_lines(question: str, chunk: RetrievedChunk) -> list[str]:
    parts = chunk.parts
    numbers = f"{parts.cosine:7.3f} {parts.tokens:7.3f} {parts.words:6.2f}" if parts else " " * 22
    place = f"{chunk.title} > {chunk.heading}" if chunk.heading else chunk.title
    stems = {stem(word) for word in question_terms(f"{chunk.title} {chunk.heading} {chunk.text}")}
    shared = [word for word in question_terms(question) if stem(word) in stems]
    return [
        f"{chunk.score:6.3f} {numbers}  {place}  ({chunk.document_id})",
        f"{'':31}same words: {', '.join(shared) or 'none'}",
    ]


def _verdict(found: Retrieval) -> str:
    if found.sufficiency < found.abstain_below:
        meaning = f"below {found.abstain_below:.2f}: not enough info"
    elif found.sufficiency < found.answer_from:
        meaning = f"from {found.abstain_below:.2f}, below {found.answer_from:.2f}: a person looks at the answer"
    else:
        meaning = "enough to answer"
    return f"sufficiency {found.sufficiency:.2f} ({meaning})"
