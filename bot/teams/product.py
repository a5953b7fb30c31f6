"""`bot.surfaces.product.ChatProduct` for Teams."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.desk.permissions import Names
from bot.desk.presses import PressLimits
from bot.desk.questions import Reply
from bot.store.port import Store
from bot.store.records import Asked, Conversation, Outgoing
from bot.surfaces.attempt import Attempt, Posted
from bot.surfaces.press_words import too_fast_words
from bot.surfaces.product import Earlier, Notice
from bot.surfaces.words import Languages, Words
from bot.teams.commands import Commands, command_in
from bot.teams.connector import Connector
from bot.teams.outgoing import to_asker
from bot.teams.posting import TeamsPoster
from bot.teams.progress import TeamsProgress
from bot.teams.render import notice_message, reply_message
from bot.teams.waiting import words_message
from pipeline.types import ThreadTurn

# A personal chat has no threads, so only the questions of the last minutes count as context of a follow-up.
FOLLOW_UP_MINUTES = 10.0
EARLIER_QUESTIONS = 3


async def quoted_turns(store: Store, asked: Asked) -> tuple[ThreadTurn, ...]:
    """Return the message that a question quotes; if it is an answer of the bot, after the question that it answered."""
    request_id = await store.posted.request_of(asked.where.channel_id, asked.quoted_id) if asked.quoted_id else None
    question = await store.turns.question_of(request_id) if request_id else ""
    turns = (ThreadTurn("asker", question), ThreadTurn("assistant" if request_id else "asker", asked.quoted))
    return tuple(turn for turn in turns if turn.text)


@dataclass(frozen=True, slots=True)
class TeamsProduct:
    """Reads stored turns, runs commands that are typed as messages, shows progress, renders and posts."""

    store: Store
    presses: PressLimits
    commands: Commands
    connector: Connector
    poster: TeamsPoster
    refusal: Callable[[Conversation], Awaitable[str]]
    progress_after_s: float
    languages: Languages
    keeps_turns: bool = True
    finds_copies: bool = False

    async def language(self, where: Conversation) -> str:
        """Return the locale of the client in which the person wrote."""
        return where.language

    async def earlier(self, request_id: str, asked: Asked) -> Earlier:
        """Return the last questions and answers of this person here, oldest first, and then what they quote."""
        before = await self.store.turns.before(request_id, asked.where, FOLLOW_UP_MINUTES, EARLIER_QUESTIONS)
        return Earlier((*before, *await quoted_turns(self.store, asked)))

    async def command_reply(self, request_id: str, asked: Asked) -> Outgoing | None:
        """Run a command and return its reply, or a refusal for somebody who gets no answer; None for a question."""
        if refusal := await self.refusal(asked.where):
            return to_asker(request_id, request_id, asked.where, notice_message(refusal, self.words_for(asked)))
        command = command_in(asked.text)
        if command is None:
            return None
        if refused := await self.presses.refused(asked.where.tenant_id, asked.where.user_id, "press"):
            return self.render_words(request_id, asked, too_fast_words(refused, self.words_for(asked)))
        return to_asker(request_id, request_id, asked.where, await self.commands.run(request_id, asked, *command))

    async def progress(self, asked: Asked, *, resumed: bool) -> TeamsProgress:  # noqa: ARG002 - Teams cannot find a stream again
        """Return the progress view of a question."""
        return TeamsProgress(self.connector, asked.where, self.progress_after_s, self.words_for(asked))

    def render_reply(self, asked: Asked, reply: Reply, names: Names, progress_id: str) -> Outgoing:
        """Return the reply to a question."""
        rendered = reply_message(reply, asked, names, self.words_for(asked))
        message = to_asker(reply.request_id, reply.request_id, asked.where, rendered)
        return message.model_copy(update={"progress_id": progress_id})

    def render_notice(self, request_id: str, asked: Asked, notice: Notice, progress_id: str = "") -> Outgoing:
        """Return a notice as the reply to a question."""
        message = to_asker(request_id, request_id, asked.where, notice_message(notice.value, self.words_for(asked)))
        return message.model_copy(update={"progress_id": progress_id})

    def render_words(self, request_id: str, asked: Asked, text: str) -> Outgoing:
        """Return a plain text as the reply to a message."""
        return to_asker(request_id, request_id, asked.where, words_message(text))

    def words_for(self, asked: Asked) -> Words:
        """Return the interface texts in the language of the asker."""
        return self.languages.words(asked.where.language)

    async def post(self, message: Outgoing, attempt: Attempt) -> Posted:
        """Post a message. Raises PostError."""
        return await self.poster.post(message, attempt)

    async def retract(self, message: Outgoing, posted: Posted) -> None:
        """Delete one copy of a message. A failure is only logged."""
        await self.poster.retract(message, posted)

    async def remove_copies(self, message: Outgoing, kept: str) -> None:
        """Do nothing: a bot cannot read a conversation in Teams."""
