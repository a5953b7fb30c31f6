"""Whoever asks, no chunk outside the audience is in any result, whatever the documents and groups."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.models import shared_embedder
from support.size import sized

from bot.evaluation.questions import read_questions
from index.access import EVERYONE
from index.ann import SearchRules
from index.builder import BuildRules, build
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder

_GROUPS = ("leads", "finance", "people", EVERYONE)
_TOPICS = ("refunds", "invoices", "passwords", "holidays", "printers", "contracts")
_Access = dict[str, frozenset[str]]


def _written(access: _Access, folder: Path) -> None:
    for name, groups in access.items():
        topic = _TOPICS[int(name) % len(_TOPICS)]
        (folder / f"{name}.md").write_text(
            f"---\naccess: [{', '.join(sorted(groups))}]\n---\n"
            f"# About {topic} {name}\n\nThe rule for {topic} is {name}.\n",
            encoding="utf-8",
        )


# Everyone beside other groups is refused.
_groups = st.just(frozenset({EVERYONE})) | st.sets(st.sampled_from(_GROUPS[:3]), min_size=1).map(frozenset)
_access = st.dictionaries(st.integers(0, 40).map(str), _groups, min_size=1, max_size=12)


@settings(max_examples=sized(25, 8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    access=_access,
    changed=_access,
    audience=st.sets(st.sampled_from(_GROUPS[:3])),
    topic=st.sampled_from(_TOPICS),
)
def test_no_result_holds_a_chunk_outside_the_audience_also_after_groups_changed(
    access: _Access, changed: _Access, audience: set[str], topic: str
) -> None:
    embedder = shared_embedder()
    with TemporaryDirectory() as place:
        documents, data = Path(place, "documents"), Path(place, "data")
        documents.mkdir()
        for rights in (access, access | changed):
            _written(rights, documents)
            build([documents], data, embedder, BuildRules(force=True))
            search = SnapshotSearch(*SnapshotFolder(data).newest_intact(), embedder)
            found = search.search(f"What is the rule for {topic}?", audience, 20)
            readable = {f"{name}.md" for name, groups in rights.items() if groups & (audience | {EVERYONE})}
            assert {chunk.document_id for chunk in found.chunks} <= readable
            assert bool(found.chunks) == bool(readable)
            assert all(chunk.groups & (audience | {EVERYONE}) for chunk in found.chunks)
            search.close()


def test_what_is_hidden_changes_neither_scores_nor_sufficiency(tmp_path: Path) -> None:
    embedder = shared_embedder()
    open_to_all: _Access = {str(n): frozenset({EVERYONE}) for n in range(6)}
    seen = []
    for name, access in (("alone", open_to_all), ("beside", open_to_all | {"30": frozenset({"leads"})})):
        documents = tmp_path / name
        documents.mkdir()
        _written(access, documents)
        build([documents], tmp_path / f"{name}-data", embedder, BuildRules())
        search = SnapshotSearch(*SnapshotFolder(tmp_path / f"{name}-data").newest_intact(), embedder)
        found = search.search("What is the rule for refunds?", (), 5)
        # Texts embedded in other company differ in the third decimal place.
        seen.append((found.chunks[0].document_id, pytest.approx(found.sufficiency, abs=0.02)))
    assert seen[0] == seen[1]


def test_the_approximate_search_keeps_to_the_audience_and_finds_what_the_exact_one_does(
    tmp_path: Path, articles: Path
) -> None:
    embedder, rules = shared_embedder(), SearchRules(exact_chunks=20, recall=0.95)
    build([articles], tmp_path / "data", embedder, BuildRules(search=rules))
    path, manifest = SnapshotFolder(tmp_path / "data").newest_intact()
    assert manifest.search.kind == "ivf"
    assert manifest.search.recall_at_10 >= 0.95
    near, exact = SnapshotSearch(path, manifest, embedder, rules), SnapshotSearch(path, manifest, embedder)
    questions = [question.question for question in read_questions(articles.parent / "questions.jsonl")]
    same = []
    for audience in ((), ("leads",)):
        for question in questions:
            found, wanted = near.search(question, audience, 5), exact.search(question, audience, 5)
            same.append(found.chunks[0].document_id == wanted.chunks[0].document_id)
            assert all(chunk.groups & {EVERYONE, *audience} for chunk in found.chunks)
    assert len(same) > 100
    assert sum(same) >= 0.97 * len(same)
