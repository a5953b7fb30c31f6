"""The release before and this one serve side by side over one store, while one takes the place of the other."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from support.cluster import replica_settings
from support.engines.haproxy import haproxy
from support.models import EMBEDDERS
from support.process import BotProcess, context
from support.size import sized
from support.workspace import ASKER, SUPPORT

from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import BOT_USER_ID, Message
from bot.settings import Settings
from bot.slack.http import EVENTS_PATH

# The last commit before several processes could share a store. From the next release on, name that one.
_BEFORE = "de77dd3"
_QUESTIONS = sized(400, 60)
_REPOSITORY = Path(__file__).parents[2]
_PATIENCE_S = 120.0
_ASKED = ("When does the first payment reminder go out?", "How long is an invitation valid?", "Is there a Linux app?")


@contextmanager
def _old_release(folder: Path, settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """Serve with the code of the release before; skip if the history does not reach back to it."""
    archived = subprocess.run(  # noqa: S603 - the command is written here
        ["git", "-C", str(_REPOSITORY), "archive", _BEFORE, "bot", "pipeline", "index", "prompts", "deploy"],  # noqa: S607
        capture_output=True, check=False,
    )  # fmt: skip
    if archived.returncode:
        pytest.skip(f"the history of this checkout does not hold {_BEFORE}")
    with tarfile.open(fileobj=BytesIO(archived.stdout)) as code:
        code.extractall(folder, filter="data")
    (folder / "citedesk.toml").write_text(_toml(settings), encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "HF_HUB_OFFLINE": "1"}
    with (folder / "old.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "from bot.cli.main import main; main()", "serve"],
            cwd=folder, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _toml(settings: Settings) -> str:
    slack, delivery = settings.slack, settings.delivery
    assert slack.bot_token
    assert slack.signing_secret
    return f"""
data_dir = "{settings.data_dir}"
[index]
paths = ["{settings.index.paths[0]}"]
embedders_dir = "{EMBEDDERS}"
[slack]
bot_token = "{slack.bot_token.get_secret_value()}"
signing_secret = "{slack.signing_secret.get_secret_value()}"
api_url = "{slack.api_url}"
reviewers_channel = "{slack.reviewers_channel}"
[access]
reviewers = ["U0REVIEWER"]
[limits]
per_user = "1000000/minute"
per_tenant = "1000000/minute"
in_flight = 10000
[delivery]
lease_s = {delivery.lease_s}
poll_s = {delivery.poll_s}
[server]
port = {settings.server.port}
"""


async def test_nothing_is_lost_or_doubled_while_one_release_takes_the_place_of_another(
    indexed: Path, tmp_path: Path, articles: Path
) -> None:
    folder = Path(shutil.copytree(indexed, tmp_path / "data"))
    (tmp_path / "old").mkdir()
    async with Sandbox() as sandbox:
        sandbox.acts.retry_seconds = (0.3,) * 300
        old, new = (replica_settings(folder, articles, sandbox) for _ in range(2))
        replica = BotProcess(context(), new)
        with _old_release(tmp_path / "old", old) as process, haproxy([old.server.port, new.server.port]) as balancer:
            await _answers(f"http://127.0.0.1:{old.server.port}")
            sandbox.deliver_over_http(f"{balancer}{EVENTS_PATH}")
            try:
                asked, ended = await asyncio.gather(_ask(sandbox), _upgrade(process, replica))
                await _until_all_are_answered(sandbox, replica, asked)
            finally:
                await asyncio.to_thread(replica.kill)
        counts = Counter(len(_replies(sandbox, question)) for question in asked)
    print(f"\n{len(asked)} questions during the upgrade: replies a question {dict(counts)}")
    assert counts == {1: len(asked)}
    assert ended == 0
    logs = [replica.log.read_text(), (tmp_path / "old" / "old.log").read_text()]
    assert not any("Traceback" in log or "error " in log for log in logs)


async def _ask(sandbox: Sandbox) -> list[Message]:
    asked = []
    for number in range(_QUESTIONS):
        asked.append(await sandbox.acts.post(ASKER, SUPPORT, f"@Citedesk {_ASKED[number % len(_ASKED)]}", None))
        await asyncio.sleep(0.2)
    return asked


async def _upgrade(old: "subprocess.Popen[bytes]", replica: BotProcess) -> int:
    """Start this release beside the one before, let both serve for a while, and stop the one before."""
    await asyncio.sleep(1.5)
    replica.start()
    await replica.ready()
    await asyncio.sleep(4.0)
    old.send_signal(signal.SIGTERM)
    return await asyncio.to_thread(old.wait, _PATIENCE_S)


async def _answers(url: str) -> None:
    end = time.monotonic() + _PATIENCE_S
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{url}/healthz"):
                    return
            except aiohttp.ClientError:
                assert time.monotonic() < end, "the release before does not get ready"
            # A process that starts tells nobody when it listens.
            await asyncio.sleep(0.1)


def _replies(sandbox: Sandbox, question: Message) -> list[Message]:
    return [m for m in sandbox.workspace.messages if m.thread_ts == question.ts and m.user == BOT_USER_ID]


async def _until_all_are_answered(sandbox: Sandbox, replica: BotProcess, asked: list[Message]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while sandbox.acts._tasks or not all(any(m.metadata for m in _replies(sandbox, q)) for q in asked):
        assert time.monotonic() < end, f"{sum(not _replies(sandbox, q) for q in asked)} unanswered"
        await asyncio.sleep(0.3)
    await replica.idle(_PATIENCE_S)
