"""The sandbox workspace with the real bot in it, over Socket Mode or HTTP."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.cli.demo import demo_settings
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import BOT_USER_ID, Message
from bot.server import RunningBot, running_bot
from bot.settings import Settings
from bot.slack.http import EVENTS_PATH
from bot.store.port import Store
from support.waiting import PATIENCE_S, settled, until

ASKER, REVIEWER, ADMIN = "U0ASKER", "U0REVIEWER", "U0ADMIN"
SUPPORT, REVIEWS = "C0SUPPORT", "C0REVIEWS"
# Where a person approves every answer first: the way to a review with a draft that needs no model.
APPROVAL = {place: {"auto_answer": False} for place in (SUPPORT, ASKER, "D0ASKER", "a:asker")}


@dataclass(frozen=True)
class Desk:
    """A workspace in use."""

    sandbox: Sandbox
    bot: RunningBot
    settings: Settings

    @property
    def store(self) -> Store:
        """The bot's store."""
        return self.bot.use_cases.questions.store

    async def ask(self, text: str, user: str = ASKER, channel: str = SUPPORT) -> Message:
        """Post a question and return it."""
        words = text if channel.startswith("D") else f"@Citedesk {text}"
        return await self.sandbox.acts.post(user, channel, words, None)

    async def reply_to(self, question: Message, count: int = 1) -> Message:
        """Return the bot's reply number `count` in the question's thread, once it shows no progress any more."""
        reply = (await self.until(lambda: self.replies(question), count))[count - 1]
        await self.until(lambda: [] if reply.is_streaming else [reply], 1)
        return reply

    async def progress_of(self, question: Message) -> Message:
        """Return the message that shows how far the answer is."""
        (message,) = await self.until(lambda: [m for m in self.replies(question) if m.is_streaming], 1)
        return message

    def replies(self, question: Message) -> list[Message]:
        """Return what the bot has said in the question's thread."""
        return [m for m in self.messages(question.channel) if m.thread_ts == question.ts and m.user == BOT_USER_ID]

    async def exactly_one_reply(self, question: Message) -> Message:
        """Return the reply; fail on silence and on a second one."""
        reply = await self.reply_to(question)
        await self.settled()
        assert len(self.replies(question)) == 1
        return reply

    async def delivered(self) -> None:
        """Return when the bot has acknowledged every event; what is asked in one is in its inbox then."""
        await until(lambda: not self.sandbox.acts._tasks)

    async def settled(self, patience_s: float = PATIENCE_S) -> None:
        """Return when nothing more can come of the events so far."""
        await self.delivered()
        await settled(self.store, patience_s)

    def messages(self, channel: str) -> list[Message]:
        """Return a channel's messages."""
        return [m for m in self.sandbox.workspace.messages if m.channel == channel]

    async def card(self, count: int = 1) -> Message:
        """Return review card number `count`."""
        return (await self.until(lambda: self.messages(REVIEWS), count))[count - 1]

    async def until(self, look: Callable[[], list[Message]], count: int) -> list[Message]:
        """Return what `look` sees once it is `count` long."""
        end = time.monotonic() + PATIENCE_S
        while len(look()) < count:
            assert time.monotonic() < end, [m.text for m in self.sandbox.workspace.messages]
            await self.sandbox.workspace.wait_for_change(self.sandbox.workspace.version, 0.5)
        return look()

    async def press(self, user: str, message: Message, label: str) -> None:
        """Press the button with this label."""
        for block in message.blocks:
            for element in block.get("elements", []):
                if element.get("text", {}) and isinstance(element["text"], dict) and element["text"]["text"] == label:
                    action = {"type": "button", "action_id": element["action_id"], "value": element["value"]}
                    await self.sandbox.acts.press(user, message.channel, message.ts, block.get("block_id", ""), action)
                    return
        raise AssertionError(f"no button {label}")

    async def modal(self, user: str, after: str = "") -> str:
        """Return the id of this person's open modal once there is one, other than `after`.

        It opens after the button's acknowledgement.
        """
        space, end = self.sandbox.workspace, time.monotonic() + PATIENCE_S
        while space.view_of.get(user, after) == after:
            assert time.monotonic() < end, f"no modal opened for {user}"
            await space.wait_for_change(space.version, 0.5)
        return space.view_of[user]

    async def submit(self, user: str, text: str, **values: dict[str, Any]) -> None:
        """Fill in and submit the open modal."""
        await self.sandbox.acts.submit(user, await self.modal(user), {"text": {"text_input": text}, **values})

    async def open_home(self, user: str) -> None:
        """Open the Home tab."""
        await self.sandbox.acts.open_tab(user, "home")

    async def home(self, user: str, words: str) -> dict[str, Any]:
        """Return App Home once it shows these words."""
        space = self.sandbox.workspace
        end = time.monotonic() + PATIENCE_S
        while words not in json.dumps(space.homes.get(user, {}), ensure_ascii=False):
            assert time.monotonic() < end, space.homes.get(user)
            await space.wait_for_change(space.version, 0.5)
        return space.homes[user]

    async def press_home(self, user: str, action_id: str, ticked: list[str], value: str = "x") -> None:
        """Press a button of App Home with some reviews ticked."""
        options = [{"text": {"type": "plain_text", "text": "x"}, "value": review_id} for review_id in ticked]
        values = {"home_select": {"home_selected": {"type": "checkboxes", "selected_options": options}}}
        action = {"type": "button", "action_id": action_id, "value": value}
        await self.sandbox.acts.press_home(user, "b", action, values)

    async def choose(self, user: str, action_id: str, value: str) -> None:
        """Choose in a select of App Home."""
        option = {"text": {"type": "plain_text", "text": "x"}, "value": value}
        action = {"type": "static_select", "action_id": action_id, "selected_option": option}
        await self.sandbox.acts.press_home(user, "b", action, {})

    async def command(self, user: str, text: str, channel: str = SUPPORT) -> list[Message]:
        """Run a command and return the ephemeral answers once there is one."""
        before = len(self.hidden(user))
        await self.sandbox.acts.command(user, channel, text)
        return (await self.until(lambda: self.hidden(user), before + 1))[before:]

    def hidden(self, user: str) -> list[Message]:
        """Return the ephemeral messages that a person sees."""
        return [m for m in self.sandbox.workspace.messages if m.visible_to == user]


@asynccontextmanager
async def workspace(
    data_dir: Path,
    articles: Path,
    transport: str = "socket",
    sandbox: Sandbox | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    **settings: Any,  # noqa: ANN401
) -> AsyncIterator[Desk]:
    """Run sandbox and bot; the index below `data_dir` must exist unless the test is about that."""
    async with AsyncExitStack() as stack:
        space = sandbox if sandbox is not None else await stack.enter_async_context(Sandbox())
        settings.setdefault("server", {"host": "127.0.0.1", "port": 0, "look_s": 0.5})
        built = demo_settings(data_dir, articles, space, **settings)
        if transport == "http":
            slack = built.slack.model_copy(
                update={"app_token": None, "signing_secret": SecretStr(space.credentials.signing_secret)}
            )
            built = built.model_copy(update={"slack": slack})
        async with running_bot(built, now) as bot:
            if transport == "http":
                space.deliver_over_http(f"{bot.url}{EVENTS_PATH}")
            else:
                await asyncio.wait_for(space.socket.connected.wait(), 10)
            yield Desk(space, bot, built)


def shown(message: Message) -> str:
    """Return everything that a message shows, as one text."""
    return f"{message.text}\n{message.blocks}"
