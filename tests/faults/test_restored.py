"""The drill: kill the bot, lose its disk, restore a backup. And a backup while a hundred questions are answered."""

import asyncio
import json
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

from support.process import UNLIMITED_AND_HASTY, BotProcess, context
from support.waiting import until
from support.workspace import ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown

from bot.backup.places import backups
from bot.cli.demo import demo_settings
from bot.cli.main import main
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import BOT_USER_ID, Message
from bot.settings import Settings

_REVIEWED = "D0ASKER"
_QUESTIONS = 100
_PATIENCE_S = 120.0
_ASKED = ("When does the first payment reminder go out?", "How long is an invitation valid?", "Is there a Linux app?")


def _settings(data: Path, articles: Path, sandbox: Sandbox) -> Settings:
    hasty = UNLIMITED_AND_HASTY["delivery"] | {"check_s": 1.0}
    channels = {_REVIEWED: {"auto_answer": False}}
    return demo_settings(data, articles, sandbox, **{**UNLIMITED_AND_HASTY, "delivery": hasty}, channels=channels)


async def _citedesk(*words: object) -> str:
    """Run a command in a process of its own, as an admin does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from bot.cli.main import main; main()", *map(str, words),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


def _replies(sandbox: Sandbox, question: Message) -> list[Message]:
    return [m for m in sandbox.workspace.messages if m.thread_ts == question.ts and m.user == BOT_USER_ID]


async def _answered(sandbox: Sandbox, bot: BotProcess, asked: list[Message]) -> None:
    end = asyncio.get_running_loop().time() + _PATIENCE_S
    while sandbox.acts._tasks or not all(any(m.metadata for m in _replies(sandbox, q)) for q in asked):
        assert asyncio.get_running_loop().time() < end, f"{sum(not _replies(sandbox, q) for q in asked)} unanswered"
        await asyncio.sleep(0.1)
    await bot.idle(_PATIENCE_S)


async def _asked(sandbox: Sandbox, bot: BotProcess) -> list[str]:
    """Ask, and return what the replies show without the ids of requests and messages."""
    asked = [await sandbox.acts.post(ASKER, SUPPORT, f"@Citedesk {question}", None) for question in _ASKED]
    await _answered(sandbox, bot, asked)
    said = [shown(reply) for question in asked for reply in _replies(sandbox, question)]
    return [re.sub(r"r-[0-9a-f]{12}|\d{10}\.\d{6}", "<id>", text) for text in said]


async def _reviews(data: Path) -> list[object]:
    out = await _citedesk("reviews", "list", "--all", "--json", "--data-dir", data)
    return [json.loads(line) for line in out.splitlines() if line]


async def test_killed_wiped_and_restored_the_bot_has_the_same_reviews_and_gives_the_same_answers(
    indexed: Path, tmp_path: Path, articles: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(indexed / "index", data / "index")
    async with Sandbox() as sandbox:
        settings = _settings(data, articles, sandbox)
        bot = BotProcess(context(), settings, sandbox.socket.connected)
        desk = Desk(sandbox, None, settings)  # type: ignore[arg-type] # the bot is a process of its own
        bot.start()
        await bot.ready()
        reviewed = [await sandbox.acts.post(ASKER, _REVIEWED, question, None) for question in _ASKED[:2]]
        await _answered(sandbox, bot, reviewed)
        cards = [m for m in sandbox.workspace.messages if m.channel == REVIEWS]
        # The two questions are answered at once, so either card may come first.
        first, second = sorted(cards, key=lambda card: _ASKED[0] not in json.dumps(card.blocks, ensure_ascii=False))
        await desk.press(REVIEWER, first, "Approve")
        await desk.until(lambda: [m for q in reviewed for m in _replies(sandbox, q)], 3)
        said = await _asked(sandbox, bot)
        assert "Approved" in said[0]
        reviews = await _reviews(data)
        await _citedesk("backup", tmp_path / "backups", "--data-dir", data)

        bot.kill()
        shutil.rmtree(data)
        await _citedesk("restore", tmp_path / "backups", "--data-dir", data)

        assert (await _reviews(data), len(reviews)) == (reviews, 2)
        bot.start()
        await bot.ready()
        assert await _asked(sandbox, bot) == said
        await desk.press(REVIEWER, second, "Approve")
        await desk.until(lambda: [m for q in reviewed for m in _replies(sandbox, q)], 4)
        assert await bot.stop() == 0


async def test_a_backup_while_a_hundred_questions_are_answered_loses_none_and_doubles_none(
    indexed: Path, tmp_path: Path, articles: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(indexed / "index", data / "index")
    async with Sandbox() as sandbox:
        sandbox.acts.retry_seconds = (0.3,) * 200
        bot = BotProcess(context(), _settings(data, articles, sandbox), sandbox.socket.connected)
        bot.start()
        await bot.ready()
        backing_up: list[asyncio.Task[str]] = []
        asked = []
        for number in range(_QUESTIONS):
            if number in {20, 60}:
                backing_up.append(asyncio.create_task(_citedesk("backup", tmp_path / str(number), "--data-dir", data)))
            asked.append(await sandbox.acts.post(ASKER, SUPPORT, f"@Citedesk {_ASKED[number % 3]}", None))
            await asyncio.sleep(0.02)
        await asyncio.gather(*backing_up)
        await _answered(sandbox, bot, asked)
        assert Counter(len(_replies(sandbox, question)) for question in asked) == {1: _QUESTIONS}

        # The disk is lost long after the backup: what waited in it has its answer, and gets no second one.
        bot.kill()
        shutil.rmtree(data)
        (backup,) = backups(tmp_path / "60")
        told = json.loads(await _citedesk("restore", backup, "--data-dir", data, "--json"))
        bot.start()
        await bot.ready()
        await bot.idle(_PATIENCE_S)
        counts = Counter(len(_replies(sandbox, question)) for question in asked)
        assert await bot.stop() == 0
    print(f"\n{_QUESTIONS} questions, jobs restored from a backup under load: {told['jobs']}, replies: {dict(counts)}")
    assert counts == {1: _QUESTIONS}
    assert "Traceback" not in (data / "bot.log").read_text()


async def test_questions_that_waited_when_the_disk_was_lost_are_answered_once_after_a_restore(
    indexed: Path, tmp_path: Path, articles: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(indexed / "index", data / "index")
    async with Sandbox() as sandbox:
        bot = BotProcess(context(), _settings(data, articles, sandbox), sandbox.socket.connected)
        bot.start()
        await bot.ready()
        asked = [await sandbox.acts.post(ASKER, SUPPORT, f"@Citedesk {_ASKED[n % 3]}", None) for n in range(30)]
        await until(lambda: not sandbox.acts._tasks)
        # In this process: a process of its own takes as long to start as the answers take.
        await asyncio.to_thread(_in_this_process, "backup", tmp_path / "backups", "--data-dir", data)
        bot.kill()
        shutil.rmtree(data)
        told = json.loads(await _citedesk("restore", tmp_path / "backups", "--data-dir", data, "--json"))
        bot.start()
        await bot.ready()
        await _answered(sandbox, bot, asked)
        counts = Counter(len(_replies(sandbox, question)) for question in asked)
        assert await bot.stop() == 0
    print(f"\n30 questions, jobs restored: {told['jobs']}, replies: {dict(counts)}")
    assert counts == {1: 30}


def _in_this_process(*words: object) -> None:
    main([str(word) for word in words], standalone_mode=False)
