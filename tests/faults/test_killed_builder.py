"""The process that builds is killed in the middle of it: another one builds, and there is one result."""

import asyncio
from pathlib import Path

from support.held_site import held_site
from support.process import UNLIMITED_AND_HASTY, BotProcess, context
from support.waiting import until
from support.workspace import ADMIN, SUPPORT

from bot.cli.demo import demo_settings
from bot.sandbox.server import Sandbox

_KILLS = 3


async def test_killed_in_the_middle_of_a_build_again_and_again_it_has_one_result(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, held_site() as site:
        settings = demo_settings(tmp_path, tmp_path, sandbox, **UNLIMITED_AND_HASTY | {"index": site.settings})
        bot = BotProcess(context(), settings, sandbox.socket.connected)
        bot.start()
        await bot.ready()

        def told() -> list[str]:
            return [message.text for message in sandbox.workspace.messages if message.visible_to == ADMIN]

        await sandbox.acts.command(ADMIN, SUPPORT, "/citedesk reindex")
        await until(told)
        for kill in range(1, _KILLS + 1):
            await until(lambda kill=kill: site.visits >= kill, 60.0)
            bot.kill()
            bot.start()
        await bot.ready()
        await until(lambda: site.visits > _KILLS, 60.0)
        site.let.set()
        await bot.idle()
        await asyncio.to_thread(bot.kill)
        assert [text[:9] for text in told()] == ["I am read", "Reindexed"]
