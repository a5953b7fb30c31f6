"""Query time, build time, memory and start beside LangChain with FAISS and beside the floor, in one run.

usage: PEERS=path/to/python python tests/bench/speed.py [DATA_DIR]     (default ../shared/data)
The floor is a bare ONNX run for the question and a bare FAISS search over 10,000 chunk vectors. The 10,000 chunks are
the Zulip pages and seventeen more copies of them with their sentences in another order.
"""

import asyncio
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from support.corpora import corpora, searching
from support.models import EMBEDDERS, shared_embedder

from bot.cli.demo import demo_settings
from bot.sandbox.server import Sandbox
from index.ann import VECTORS
from index.builder import BuildRules, build
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder

_COPIES, _ROUNDS, _STARTS = 18, 3, 5
_READY_WITHIN = 60


def main() -> None:
    """Print one block a question."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    if not (data / "zulip").is_dir():
        print(f"skipped: no documents in {data}")
        return
    with tempfile.TemporaryDirectory() as folder:
        _against_langchain(data, Path(folder))
        many = _many(data / "zulip" / "docs", Path(folder) / "many")
        _against_the_floor(data, many, Path(folder) / "index")
        _one_percent(many, Path(folder) / "index")
        asyncio.run(_start(Path(folder) / "zulip", data / "zulip" / "docs"))


def _against_langchain(data: Path, kept: Path) -> None:
    for corpus in corpora(data):
        if corpus.name == "demo":
            continue
        peer = _peer(data, corpus.documents, corpus.questions)
        shared_embedder().embed(["warm up"])  # the peer's times leave out the loading of the model, too
        began = time.perf_counter()
        search = searching(corpus, kept / corpus.name, shared_embedder())
        built = time.perf_counter() - began
        questions = [question.question for question in corpus.read()]
        ours = _timed(lambda q, search=search: search.search(q, (), 5), questions)  # type: ignore[misc]
        chunks = SnapshotFolder(kept / corpus.name).newest_intact()[1].chunk_count
        characters = sum(len(file.read_text()) for file in corpus.documents.rglob("*.md"))
        print(
            f"{corpus.name}: query p50 {median(ours):.2f} ms; build {built:.2f} s, {chunks / built:.0f} chunks/s, "
            f"{characters / built / 1000:.0f} kB/s"
        )
        if peer:
            cut = peer["build_s"]
            pieces = sum(-(-max(len(f.read_text()) - 200, 1) // 800) for f in corpus.documents.rglob("*.md"))
            print(
                f"  LangChain + FAISS: query p50 {peer['p50_ms']:.2f} ms, {peer['p50_ms'] / median(ours):.1f} times "
                f"ours; build {cut:.2f} s, {cut / built:.2f} times ours, about {pieces / cut:.0f} chunks/s "
                f"(ours {chunks / built / (pieces / cut):.2f} times), {characters / cut / 1000:.0f} kB/s; "
                f"memory {peer['rss_mb']} MB, load {peer['load_s']:.1f} s"
            )


def _peer(data: Path, documents: Path, questions: Path) -> dict[str, float] | None:
    if "PEERS" not in os.environ:
        return None
    command = [
        os.environ["PEERS"],
        str(data.parent / "bench" / "peers.py"),
        "langchain",
        str(documents),
        str(questions),
    ]
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _many(documents: Path, target: Path) -> Path:
    rng = random.Random(3)
    target.mkdir()
    for copy in range(_COPIES):
        for file in sorted(documents.rglob("*.md")):
            text = file.read_text(encoding="utf-8")
            if copy:
                sentences = re.split(r"(?<=[.!?])\s+", text)
                rng.shuffle(sentences)
                text = f"# {file.stem} {copy}\n\n" + " ".join(sentences)
            (target / f"{copy}-{file.name}").write_text(text, encoding="utf-8")
    return target


def _against_the_floor(data: Path, documents: Path, folder: Path) -> None:
    import faiss  # noqa: PLC0415

    embedder = shared_embedder()
    build([documents], folder, embedder, BuildRules())
    path, manifest = SnapshotFolder(folder).newest_intact()
    search = SnapshotSearch(path, manifest, embedder)
    vectors = np.load(path / VECTORS)
    # Its threads and those of ONNX Runtime would wait for each other: with one the floor is much lower.
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    questions = [json.loads(line)["question"] for line in (data / "zulip" / "questions.jsonl").open()]

    def floor(question: str) -> None:
        ids = np.array([embedder._cut.encode(question).ids], dtype=np.int64)
        (vector,) = embedder._session.run(["vectors"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        flat.search(vector, 10)

    ours: list[float] = []
    bare: list[float] = []
    for _ in range(_ROUNDS):
        ours += _timed(lambda q: search.search(q, (), 10), questions)
        bare += _timed(floor, questions)
    print(
        f"{manifest.chunk_count} chunks: query p50 {median(ours):.2f} ms, p99 {np.percentile(ours, 99):.2f} ms; floor "
        f"p50 {median(bare):.2f} ms; {median(ours) / median(bare):.2f} times the floor; peak memory with a build in "
        f"the same process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


def _one_percent(documents: Path, folder: Path) -> None:
    files = sorted(documents.iterdir())
    changed = files[:: len(files) // max(1, len(files) // 100)][: max(1, len(files) // 100)]
    began = time.perf_counter()
    build([documents], folder / "again", shared_embedder(), BuildRules())
    whole = time.perf_counter() - began
    for file in changed:
        file.write_text(file.read_text(encoding="utf-8") + "\n\nA sentence was added here.\n", encoding="utf-8")
    began = time.perf_counter()
    coverage = build([documents], folder / "again", shared_embedder(), BuildRules())
    part = time.perf_counter() - began
    print(
        f"{len(files)} documents: full build {whole:.1f} s; {len(changed)} changed: {part:.2f} s, {part / whole:.2%} "
        f"of it, {coverage.chunks - coverage.reused} of {coverage.chunks} chunks embedded"
    )


async def _start(data_dir: Path, documents: Path) -> None:
    """Start `citedesk serve` over a built index, as a service manager would, and time until it answers."""
    async with Sandbox(0, []) as sandbox:
        settings = demo_settings(data_dir, documents, sandbox)
        environment = os.environ | {
            "CITEDESK_INDEX__EMBEDDERS_DIR": str(EMBEDDERS),
            "SLACK_BOT_TOKEN": str(settings.slack.bot_token and settings.slack.bot_token.get_secret_value()),
            "SLACK_APP_TOKEN": str(settings.slack.app_token and settings.slack.app_token.get_secret_value()),
            "SLACK_API_URL": str(settings.slack.api_url),
            "CITEDESK_SLACK__REVIEWERS_CHANNEL": str(settings.slack.reviewers_channel),
            "CITEDESK_SERVER__PORT": "18437",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package comes compiled
        taken, memory = [], []
        for _ in range(_STARTS):
            began = time.perf_counter()
            command = [str(Path(sys.executable).with_name("citedesk")), "serve", "--data-dir", str(data_dir)]
            process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=subprocess.DEVNULL)
            await asyncio.wait_for(asyncio.to_thread(_answers, "http://127.0.0.1:18437/healthz"), _READY_WITHIN)
            taken.append(time.perf_counter() - began)
            memory.append(_resident_mb(process.pid))
            libraries = _mapped(process.pid)
            process.terminate()
            await process.wait()
        loaded = [name for name in ("torch", "transformers", "sentence_transformers") if f"/{name}/" in libraries]
        print(
            f"serve: ready {median(taken):.2f} s after the process started, resident {median(memory):.0f} MB, "
            f"torch and its kin loaded: {', '.join(loaded) or 'none'}"
        )


def _answers(url: str) -> None:
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 - our own server on loopback
                if response.status == 200:
                    return
        except OSError:
            time.sleep(0.01)


def _mapped(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")


def _resident_mb(pid: int) -> float:
    fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _timed(call: Callable[[str], object], questions: Sequence[str]) -> list[float]:
    call("warm up")
    spent = []
    for question in questions:
        began = time.perf_counter()
        call(question)
        spent.append((time.perf_counter() - began) * 1000)
    return spent


if __name__ == "__main__":
    main()
