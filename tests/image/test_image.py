"""The image as an engine runs it: a user without rights, and nothing writable but the volume. See `make test-image`."""

import asyncio
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import until

from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import BOT_USER_ID, Message

_IMAGE = os.environ.get("CITEDESK_TEST_IMAGE", "")
_ARTICLES = Path(__file__).parents[2] / "deploy" / "demo" / "articles"
_QUESTION, _ANSWER = "When does the first payment reminder go out?", "7 days after the due date"
_HARDENED = (
    "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges",
)  # fmt: skip
_DATA = "/var/lib/citedesk"
_DRAIN_S = 10
pytestmark = pytest.mark.skipif(not _IMAGE, reason="`make test-image` builds the image and names it")


def _podman(*arguments: str, status: int = 0) -> str:
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=False, timeout=120)  # noqa: S603, S607
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def _run(volume: str, *command: str, entrypoint: str = "citedesk", status: int = 0) -> str:
    """Run a command of the image without a network."""
    mounts = ("--volume", f"{volume}:{_DATA}", "--volume", f"{_ARTICLES}:/documents:ro")
    options = ("--rm", "--network=none", "--no-healthcheck", "--entrypoint", entrypoint)
    return _podman("run", *options, *_HARDENED, *mounts, _IMAGE, *command, status=status)


@pytest.fixture(scope="module")
def volume() -> Iterator[str]:
    name = _podman("volume", "create").strip()
    yield name
    _podman("volume", "rm", "--force", name)


@pytest.fixture(scope="module")
def indexed(volume: str) -> str:
    assert "38 documents" in _run(volume, "index", "build", "/documents")
    return volume


def test_the_user_has_a_fixed_id_and_no_rights(volume: str) -> None:
    seen = _run(volume, "-c", "id -u; id -g; grep -E 'CapEff|NoNewPrivs' /proc/self/status", entrypoint="sh").split()
    assert seen == ["10001", "10001", "CapEff:", "0" * 16, "NoNewPrivs:", "1"]


def test_nothing_can_be_written_but_the_volume(volume: str) -> None:
    places = f"/ /tmp /var/tmp /etc/citedesk /opt/citedesk /opt/citedesk/app {_DATA}"
    script = f"for f in {places}; do touch $f/x 2>/dev/null && echo $f; done"
    assert _run(volume, "-c", f"{script}; true", entrypoint="sh").split() == [_DATA]


def test_nothing_of_the_programs_belongs_to_the_user(volume: str) -> None:
    assert not _run(volume, "-c", "find /opt /etc ! -user root 2>/dev/null; true", entrypoint="sh")


def test_only_what_serves_is_inside(volume: str) -> None:
    modules, programs = "torch transformers onnx pip pytest".split(), "cc gcc g++ make git curl".split()
    script = f"""from importlib.util import find_spec
from shutil import which
print([name for name in {modules} if find_spec(name)], [name for name in {programs} if which(name)])"""
    assert _run(volume, "-c", script, entrypoint="python") == "[] []\n"


def test_a_part_of_every_extra_can_be_imported(volume: str) -> None:
    _run(
        volume, "-c", "import obstore, pgvector, psycopg, psycopg_pool, valkey, opentelemetry.sdk", entrypoint="python"
    )


def test_the_build_leaves_no_trace_of_the_machine(volume: str) -> None:
    """The build mounts the configuration of pip, certificates and package folders; none may remain."""
    found = _run(volume, "-c", "ls -d /pip /build /etc/pip.conf /run/secrets /opt/* 2>/dev/null; true", entrypoint="sh")
    assert found.split() == ["/opt/citedesk"]


def test_labels_name_version_revision_and_licence() -> None:
    config = json.loads(_podman("image", "inspect", _IMAGE))[0]["Config"]
    labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
    assert labels.keys() >= {"title", "description", "licenses", "version", "revision"}
    assert labels["version"] == _run_version()
    assert config["User"] == "10001:10001"


def _run_version() -> str:
    return _podman("run", "--rm", "--no-healthcheck", _IMAGE, "--version").split()[-1]


def test_documents_are_indexed_and_a_question_is_answered_without_a_network(indexed: str) -> None:
    assert _ANSWER in _run(indexed, "ask", _QUESTION)


def test_serve_without_a_chat_product_ends_with_the_setting_that_is_missing(volume: str) -> None:
    _run(volume, "serve", status=2)


async def test_serve_is_healthy_answers_once_and_stops_within_the_drain_time(indexed: str) -> None:
    async with Sandbox() as sandbox:
        container = await asyncio.to_thread(_serve, indexed, sandbox)
        try:
            await asyncio.wait_for(sandbox.socket.connected.wait(), 60)
            assert await asyncio.to_thread(_is_healthy, container)
            question = await sandbox.acts.post("U0ASKER", "C0SUPPORT", f"@Citedesk {_QUESTION}", None)
            await until(lambda: [m for m in _replies(sandbox, question) if not m.is_streaming])
            begun = time.monotonic()
            await asyncio.to_thread(_podman, "stop", "--time", "60", container)
            stopped_s = time.monotonic() - begun
            (reply,) = _replies(sandbox, question)
            assert _ANSWER in json.dumps(reply.blocks) + reply.text
            state = json.loads(await asyncio.to_thread(_podman, "container", "inspect", container))[0]["State"]
            assert state["ExitCode"] == 0
            assert stopped_s < _DRAIN_S
        finally:
            await asyncio.to_thread(_podman, "rm", "--force", container)
    print(f"stopped in {stopped_s:.1f} s")


def _serve(volume: str, sandbox: Sandbox) -> str:
    """Start the command of the image; it reaches the workspace on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "SLACK_BOT_TOKEN": sandbox.credentials.bot_token,
        "SLACK_APP_TOKEN": sandbox.credentials.app_token,
        "SLACK_API_URL": sandbox.api_url,
        "CITEDESK_SLACK__REVIEWERS_CHANNEL": "C0REVIEWS",
        "CITEDESK_ACCESS__REVIEWERS": '["U0REVIEWER"]',
        "CITEDESK_SERVER__HOST": "127.0.0.1",
        "CITEDESK_SERVER__PORT": str(port),
        "CITEDESK_DELIVERY__DRAIN_S": str(_DRAIN_S),
    }
    variables = [word for name, value in settings.items() for word in ("--env", f"{name}={value}")]
    mounts = ("--volume", f"{volume}:{_DATA}")
    return _podman("run", "--detach", "--network=host", *_HARDENED, *mounts, *variables, _IMAGE).strip()


def _is_healthy(container: str) -> bool:
    _podman("healthcheck", "run", container)
    return True


def _replies(sandbox: Sandbox, question: Message) -> list[Message]:
    return [m for m in sandbox.workspace.messages if m.thread_ts == question.ts and m.user == BOT_USER_ID]
