"""The state of the sandbox workspace: people, channels, messages, modals. Lives in memory."""

import asyncio
import itertools
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["asker", "reviewer", "admin"]
TEAM_ID = "T0SANDBOX"
APP_ID = "A0CITEDESK"
BOT_ID = "B0CITEDESK"
BOT_USER_ID = "U0CITEDESK"
BOT_NAME = "Citedesk"
_TRIGGER_SECONDS = 3.0
_RESPONSE_URL_USES = 5
_RESPONSE_URL_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose part can be played on the page."""

    id: str
    name: str
    role: Role
    about: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel or a direct conversation with the bot."""

    id: str
    name: str
    members: frozenset[str]
    is_im: bool = False
    is_private: bool = False


@dataclass(slots=True)
class Message:
    """A posted message; `visible_to` is set on an ephemeral one."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    visible_to: str | None = None
    metadata: dict[str, Any] | None = None
    edited: bool = False
    is_streaming: bool = False
    tasks: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)

    @property
    def is_bot(self) -> bool:
        """Tell whether the bot wrote it."""
        return self.user == BOT_USER_ID


@dataclass(slots=True)
class ResponseUrl:
    """Where an app may answer a command or an action: five times in 30 minutes."""

    channel: str
    user: str
    thread_ts: str | None
    message_ts: str | None
    made_at: float
    uses: int = 0

    def take(self, now: float) -> str | None:
        """Count one use; return Slack's error if there is none left."""
        if now - self.made_at > _RESPONSE_URL_SECONDS:
            return "expired_url"
        self.uses += 1
        return "used_url" if self.uses > _RESPONSE_URL_USES else None


PEOPLE = (
    Person("U0ASKER", "Sam", "asker", "Support, asks questions"),
    Person("U0REVIEWER", "Robin", "reviewer", "Reviews doubtful answers, reads the restricted articles"),
    Person("U0ADMIN", "Alex", "admin", "Runs the index, does not review"),
)
_ALL = frozenset({BOT_USER_ID, *(person.id for person in PEOPLE)})
SUPPORT = Channel("C0SUPPORT", "support", _ALL)
REVIEWS = Channel("C0REVIEWS", "support-reviews", _ALL - {"U0ASKER"}, is_private=True)


class Workspace:
    """Everything a page or a bot can see. Changes raise `version` and wake whoever waits."""

    def __init__(self) -> None:
        self.people = {person.id: person for person in PEOPLE}
        direct = [
            Channel(f"D0{p.id[2:]}", BOT_NAME, frozenset({p.id, BOT_USER_ID}), is_im=True, is_private=True)
            for p in PEOPLE
        ]
        self.channels = {channel.id: channel for channel in (SUPPORT, REVIEWS, *direct)}
        self.messages: list[Message] = []
        self._placed: dict[tuple[str, str], Message] = {}
        self.views: dict[str, dict[str, Any]] = {}
        self.view_of: dict[str, str] = {}
        self.view_errors: dict[str, dict[str, str]] = {}
        self.status: dict[tuple[str, str], str] = {}
        self.sessions: dict[tuple[str, str], str] = {}
        self.prompts: dict[str, list[dict[str, str]]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.usergroups: dict[str, frozenset[str]] = {"S0LEADS": frozenset({"U0REVIEWER"})}
        self.notices: dict[str, str] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.version = 0
        self._triggers: dict[str, tuple[str, float]] = {}
        self._serial = itertools.count(1)
        self._latest = 0
        self._changed = asyncio.Condition()

    async def changed(self) -> None:
        """Tell every waiting page that something is new."""
        async with self._changed:
            self.version += 1
            self._changed.notify_all()

    async def wait_for_change(self, since: int, seconds: float) -> None:
        """Return when there is a newer version than `since`, or after `seconds`."""
        async with self._changed:
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait_for(lambda: self.version > since)
            except TimeoutError:
                return

    def new_ts(self) -> str:
        """Return a timestamp in microseconds that comes after all others, also after those of an earlier workspace."""
        self._latest = max(self._latest + 1, time.time_ns() // 1000)
        return f"{self._latest // 1_000_000}.{self._latest % 1_000_000:06d}"

    def direct_channel(self, user_id: str) -> Channel | None:
        """Return the conversation between a person and the bot."""
        return next((c for c in self.channels.values() if c.is_im and user_id in c.members), None)

    def message(self, channel: str, ts: str) -> Message | None:
        """Return a message by its place."""
        return self._placed.get((channel, ts))

    def add(self, message: Message) -> None:
        """Put a message where it belongs."""
        self.messages.append(message)
        self._placed[message.channel, message.ts] = message

    def remove(self, message: Message) -> None:
        """Take a message away."""
        self.messages.remove(message)
        del self._placed[message.channel, message.ts]

    def open_view(self, user: str, view: dict[str, Any]) -> dict[str, Any]:
        """Show a modal to a person, over whatever is open; return it as Slack keeps it."""
        view_id = f"V{secrets.token_hex(6).upper()}"
        stored = {**view, "id": view_id, "team_id": TEAM_ID, "app_id": APP_ID, "bot_id": BOT_ID}
        stored["hash"] = secrets.token_hex(8)
        self.views[view_id] = stored
        self.view_of[user] = view_id
        self.view_errors.pop(view_id, None)
        return stored

    def new_trigger(self, user_id: str) -> str:
        """Return a trigger id; it opens one modal within three seconds."""
        trigger = f"{next(self._serial)}.{secrets.token_hex(8)}"
        self._triggers[trigger] = (user_id, time.monotonic())
        return trigger

    def take_trigger(self, trigger: str) -> tuple[str | None, str | None]:
        """Return (user, None), or (None, Slack's error)."""
        user_id, made_at = self._triggers.pop(trigger, (None, 0.0))
        if user_id is None:
            return None, "exchanged_trigger_id" if "." in trigger else "invalid_trigger_id"
        if time.monotonic() - made_at > _TRIGGER_SECONDS:
            return None, "expired_trigger_id"
        return user_id, None

    def new_response_url(self, channel: str, user: str, message: Message | None = None) -> str:
        """Return the token of a new response URL."""
        token = secrets.token_urlsafe(18)
        thread = (message.thread_ts or message.ts) if message else None
        self.response_urls[token] = ResponseUrl(
            channel, user, thread, message.ts if message else None, time.monotonic()
        )
        return token
