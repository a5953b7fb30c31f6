"""The state of the sandbox workspace, in memory: people, channels, messages, modals."""

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
_RESPONSE_URL_MAX_USES = 5
_RESPONSE_URL_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the workspace. The user of the page can act as this person."""

    id: str
    name: str
    role: Role
    about: str
    is_guest: bool = False
    locale: str = "en-US"


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel or a direct conversation with the bot."""

    id: str
    name: str
    members: frozenset[str]
    is_im: bool = False
    is_private: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False


@dataclass(slots=True)
class Message:
    """A posted message. `visible_to` is the one person who sees an ephemeral message.

    `chosen` is "user:block id" to the value of the feedback button that the user has pressed.
    """

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
        """Whether the bot wrote it."""
        return self.user == BOT_USER_ID


@dataclass(slots=True)
class ResponseUrl:
    """A URL at which an app may answer a command or an action, five times within 30 minutes of `made_at`."""

    channel: str
    user: str
    thread_ts: str | None
    message_ts: str | None
    made_at: float
    use_count: int = 0

    def take(self, now: float) -> str | None:
        """Count one use at the monotonic time `now`; return Slack's error code if no use is left, else None."""
        if now - self.made_at > _RESPONSE_URL_SECONDS:
            return "expired_url"
        self.use_count += 1
        return "used_url" if self.use_count > _RESPONSE_URL_MAX_USES else None


PEOPLE = (
    Person("U0ASKER", "Sam", "asker", "Support, asks questions"),
    Person("U0REVIEWER", "Robin", "reviewer", "Reviews doubtful answers, reads the restricted articles"),
    Person("U0ADMIN", "Alex", "admin", "Runs the index, does not review"),
)
_ALL = frozenset({BOT_USER_ID, *(person.id for person in PEOPLE)})
SUPPORT = Channel("C0SUPPORT", "support", _ALL)
REVIEWS = Channel("C0REVIEWS", "support-reviews", _ALL - {"U0ASKER"}, is_private=True)


class Workspace:
    """The whole state. Call `changed` after a change: it raises `version` and wakes the waiting pages.

    `view_of` is user id to the id of the open modal; `view_errors` is view id to block id to error. `homes` and
    `notices` are by user id, `prompts` by channel id, `status` and `sessions` by channel id and thread.
    """

    def __init__(self) -> None:
        self.people = {person.id: person for person in PEOPLE}
        direct = [
            Channel(f"D0{p.id[2:]}", BOT_NAME, frozenset({p.id, BOT_USER_ID}), is_im=True, is_private=True)
            for p in PEOPLE
        ]
        self.channels = {channel.id: channel for channel in (SUPPORT, REVIEWS, *direct)}
        self.messages: list[Message] = []
        self._by_channel_and_ts: dict[tuple[str, str], Message] = {}
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
        """Raise `version` and wake every waiting page."""
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
        """Return a message timestamp, "seconds.microseconds", later than all before, also of an earlier workspace."""
        self._latest = max(self._latest + 1, time.time_ns() // 1000)
        return f"{self._latest // 1_000_000}.{self._latest % 1_000_000:06d}"

    def direct_channel(self, user_id: str) -> Channel | None:
        """Return the direct conversation of a person with the bot; None for an unknown person."""
        return next((c for c in self.channels.values() if c.is_im and user_id in c.members), None)

    def message(self, channel: str, ts: str) -> Message | None:
        """Return the message with this timestamp in this channel; None if there is none."""
        return self._by_channel_and_ts.get((channel, ts))

    def add(self, message: Message) -> None:
        """Add a message to its channel."""
        self.messages.append(message)
        self._by_channel_and_ts[message.channel, message.ts] = message

    def remove(self, message: Message) -> None:
        """Remove a message from its channel."""
        self.messages.remove(message)
        del self._by_channel_and_ts[message.channel, message.ts]

    def open_view(self, user: str, view: dict[str, Any]) -> dict[str, Any]:
        """Open a modal for a person in place of any open one; return it with the fields that Slack adds."""
        view_id = f"V{secrets.token_hex(6).upper()}"
        stored = {**view, "id": view_id, "team_id": TEAM_ID, "app_id": APP_ID, "bot_id": BOT_ID}
        stored["hash"] = secrets.token_hex(8)
        self.views[view_id] = stored
        self.view_of[user] = view_id
        return stored

    def new_trigger(self, user_id: str) -> str:
        """Return a trigger id, with which the app can open one modal within three seconds."""
        trigger = f"{next(self._serial)}.{secrets.token_hex(8)}"
        self._triggers[trigger] = (user_id, time.monotonic())
        return trigger

    def take_trigger(self, trigger: str) -> tuple[str | None, str | None]:
        """Use up a trigger id; return (user id, None), or (None, Slack's error code)."""
        user_id, made_at = self._triggers.pop(trigger, (None, 0.0))
        if user_id is None:
            return None, "exchanged_trigger_id" if "." in trigger else "invalid_trigger_id"
        if time.monotonic() - made_at > _TRIGGER_SECONDS:
            return None, "expired_trigger_id"
        return user_id, None

    def new_response_url(self, channel: str, user: str, message: Message | None = None) -> str:
        """Return the token of a new response URL. `message` is the one whose button was pressed, if any."""
        token = secrets.token_urlsafe(18)
        thread = (message.thread_ts or message.ts) if message else None
        self.response_urls[token] = ResponseUrl(
            channel, user, thread, message.ts if message else None, time.monotonic()
        )
        return token
