"""`bot.surfaces.product.ChatProduct` for Teams."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.desk.permissions import Names
from bot.desk.questions import Reply
from bot.store.port import Store
from bot.store.records import Asked, Conversation, Outgoing
from bot.surfaces.product import Notice, Posted
from bot.teams.cards import TeamsMessage, card_message, paragraph
from bot.teams.commands import Commands, command_in
from bot.teams.connector import Connector
from bot.teams.outgoing import to_asker
from bot.teams.posting import TeamsPoster
from bot.teams.progress import TeamsProgress
from bot.teams.render import apology, passed_on, reply_message, stopped
from bot.teams.waiting import words_message
from pipeline.types import ThreadTurn

# A personal chat has no threads, so only the questions of the last minutes count as context of a follow-up.
FOLLOW_UP_MINUTES = 10.0
EARLIER_QUESTIONS = 3
_NOTICES: dict[Notice, Callable[[], TeamsMessage]] = {
    Notice.GIVEN_UP: apology,
    Notice.STOPPED: stopped,
    Notice.PASSED_ON: passed_on,
}


@dataclass(frozen=True, slots=True)
class TeamsProduct:
    """Reads stored turns, runs commands that are typed as messages, shows progress, renders and posts."""

    store: Store
    commands: Commands
    connector: Connector
    poster: TeamsPoster
    refusal: Callable[[Conversation], Awaitable[str]]
    progress_after_s: float
    keeps_turns: bool = True

    async def earlier_turns(self, request_id: str, asked: Asked) -> tuple[ThreadTurn, ...]:
        """Return the last questions and answers of this person in this conversation, oldest first."""
        return await self.store.turns.before(request_id, asked.where, FOLLOW_UP_MINUTES, EARLIER_QUESTIONS)

    async def command_reply(self, request_id: str, asked: Asked) -> Outgoing | None:
        """Run a command and return its reply, or a refusal for somebody who gets no answer; None for a question."""
        if words := await self.refusal(asked.where):
            return to_asker(request_id, request_id, asked.where, card_message(words, [paragraph(words)]))
        command = command_in(asked.text)
        if command is None:
            return None
        return to_asker(request_id, request_id, asked.where, await self.commands.run(request_id, asked, *command))

    async def progress(self, asked: Asked, *, resumed: bool) -> TeamsProgress:  # noqa: ARG002 - Teams cannot find a stream again
        """Return the progress view of a question."""
        return TeamsProgress(self.connector, asked.where, self.progress_after_s)

    def render_reply(self, asked: Asked, reply: Reply, names: Names, progress_id: str) -> Outgoing:
        """Return the reply to a question."""
        message = to_asker(reply.request_id, reply.request_id, asked.where, reply_message(reply, asked, names))
        return message.model_copy(update={"progress_id": progress_id})

    def render_notice(self, request_id: str, asked: Asked, notice: Notice, progress_id: str = "") -> Outgoing:
        """Return a notice as the reply to a question."""
        message = to_asker(request_id, request_id, asked.where, _NOTICES[notice]())
        return message.model_copy(update={"progress_id": progress_id})

    def render_words(self, request_id: str, asked: Asked, text: str) -> Outgoing:
        """Return a plain text as the reply to a message."""
        return to_asker(request_id, request_id, asked.where, words_message(text))

    async def post(self, message: Outgoing, *, first_try: bool) -> Posted:
        """Post a message. Raises PostError."""
        return await self.poster.post(message, first_try=first_try)
