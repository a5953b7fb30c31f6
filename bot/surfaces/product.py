"""The ports that `answering` and `posting` need of a chat product."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bot.desk.permissions import Names
from bot.desk.questions import Reply
from bot.store.records import Asked, Conversation, Outgoing
from bot.surfaces.attempt import Attempt, Posted
from bot.surfaces.words import Words
from index.errors import CitedeskError
from pipeline.recorder import Progress
from pipeline.types import ThreadTurn


class Notice(Enum):
    """A reply that is not an outcome of the pipeline. The value is the message that it says."""

    GIVEN_UP = "given-up"
    STOPPED = "stopped-words"
    PASSED_ON = "passed-on"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was said in a thread before a message: the turns of its writer and the bot, oldest first.

    `others` tells whether another person has spoken there, None where the thread could not be read whole.
    """

    turns: Sequence[ThreadTurn] = ()
    others: bool | None = None


class ThreadUnreadError(CitedeskError):
    """A thread could not be read, so that nobody knows whether a message in it is for the bot. Another try may tell."""

    code = "THREAD_UNREAD"


class ProgressView(Protocol):
    """Shows the asker the steps of the work on a question, never a draft."""

    def start(self, stop: Callable[[], object]) -> None:
        """Begin to show progress; return at once. `stop` is called when the asker presses Stop in this view."""

    def watch(self, progress: Progress) -> None:
        """Show the stage that the pipeline has reached."""

    async def end(self) -> str:
        """Stop showing progress; return the id of the message that the reply completes, "" if there is none."""

    async def discard(self) -> None:
        """Stop showing progress because the question was deleted. Remove what was shown, if the product can."""


class NoProgress:
    """A `ProgressView` that shows nothing."""

    def start(self, stop: Callable[[], object]) -> None:
        """Show nothing."""

    def watch(self, progress: Progress) -> None:
        """Show nothing."""

    async def end(self) -> str:
        """Return "": the reply is a message of its own."""
        return ""

    async def discard(self) -> None:
        """Remove nothing."""


class ChatProduct(Protocol):
    """A chat product as `answering` and `posting` use it."""

    @property
    def keeps_turns(self) -> bool:
        """Whether questions and answers are stored, because a bot cannot read conversations in this product."""

    @property
    def finds_copies(self) -> bool:
        """Whether the bot can find what it has posted, to see whether a message is there, and there once."""

    async def language(self, where: Conversation) -> str:
        """Return the locale of the person who asks, such as de-DE; "" if the product does not tell it."""

    async def earlier(self, request_id: str, asked: Asked) -> Earlier:
        """Return what was said before in the thread."""

    async def command_reply(self, request_id: str, asked: Asked) -> Outgoing | None:
        """Run a command that was typed as a message and return its reply; None for a question."""

    async def progress(self, asked: Asked, *, resumed: bool) -> ProgressView:
        """Return the progress view of a question. `resumed` tells that an earlier try may have left one behind."""

    def render_reply(self, asked: Asked, reply: Reply, names: Names, progress_id: str) -> Outgoing:
        """Return the reply to a question; its key is the request id."""

    def render_notice(self, request_id: str, asked: Asked, notice: Notice, progress_id: str = "") -> Outgoing:
        """Return a notice as the reply to a question; its key is the request id."""

    def words_for(self, asked: Asked) -> Words:
        """Return the interface texts in the language of the asker."""

    def render_words(self, request_id: str, asked: Asked, text: str) -> Outgoing:
        """Return a plain text as the reply to a message; its key is the request id."""

    async def post(self, message: Outgoing, attempt: Attempt) -> Posted:
        """Post a message, once if the product has a way to find it after an ambiguous failure. Raises PostError."""

    async def retract(self, message: Outgoing, posted: Posted) -> None:
        """Delete this copy of a message, because another one counts. A failure is only logged."""

    async def remove_copies(self, message: Outgoing, kept: str) -> None:
        """Delete what was posted of a message besides the copy `kept`, a message id. Raises PostError."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of one check of `citedesk doctor`: what was checked, and what was found or how to mend it."""

    what: str
    ok: bool
    words: str
