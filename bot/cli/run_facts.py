"""What an evaluation was run with: the facts that make its figures mean something later."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version

from bot.settings import Settings
from index.access import EVERYONE
from index.live import LiveRetriever


def run_facts(
    settings: Settings, retriever: LiveRetriever, groups: frozenset[str], source: str
) -> tuple[tuple[str, str], ...]:
    """Return names and values. `source` says where the questions are from. Raises IndexUnavailableError."""
    manifest = retriever.manifest()
    found = retriever.search(source, groups, 1)
    return (
        ("Asked", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, by Citedesk {version('citedesk')}"),
        ("Questions", source),
        ("As a reader in", ", ".join(sorted({EVERYONE, *groups}))),
        ("Index", f"{manifest.name}, built {manifest.created_at[:16].replace('T', ' ')} UTC"),
        ("Documents", f"{len(manifest.documents):,} in {manifest.chunk_count:,} chunks"),
        ("Embedding", manifest.embedder + (f", reranked by {retriever.reranker}" if retriever.reranker else "")),
        ("Sufficiency", f"asks a model from {found.abstain_below:.2f} on, quotes from {found.answer_from:.2f} on"),
        ("Model", _model(settings)),
        *_changed(settings),
    )


def _model(settings: Settings) -> str:
    llm, judge = settings.llm, settings.judge
    if llm.provider == "extractive":
        return "none: answers are quotes"
    names = ", then ".join([llm.model, *(server.model or server.name for server in llm.failover)])
    return f"{names}; judge: {judge.model or judge.kind}; prompt {llm.prompt_version}"


def _changed(settings: Settings) -> Iterator[tuple[str, str]]:
    changed = settings.limits.model_dump(mode="json", exclude_defaults=True)
    if changed:
        yield "Limits not as shipped", ", ".join(f"{name} = {value}" for name, value in sorted(changed.items()))
