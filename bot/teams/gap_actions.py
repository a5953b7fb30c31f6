"""The two buttons below a gap in Teams: the outline of an article, and the form for an answer, as new cards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.desk.gap_answers import GapAnswers, GapGoneError, NothingCitedError, Stored
from bot.store.records import Conversation
from bot.surfaces.gap_words import article_markdown, stored_words
from bot.surfaces.refusals import refusal_words
from bot.surfaces.words import Words
from bot.teams.cards import TeamsMessage
from bot.teams.gap_cards import (
    DRAFT_ARTICLE,
    SAVE_ANSWER,
    SEARCH,
    WRITE_ANSWER,
    answer_card,
    article_message,
    notice_card,
    submitted,
)
from bot.teams.outgoing import to_asker
from bot.teams.payloads import conversation_of
from index.errors import CitedeskError

GAP_VERBS = frozenset({DRAFT_ARTICLE, WRITE_ANSWER, SAVE_ANSWER, SEARCH})


@dataclass(frozen=True, slots=True)
class GapActions:
    """Carries out the buttons of gaps."""

    answers: GapAnswers
    wake_outbox: Callable[[], None]

    async def pressed(
        self, activity: Mapping[str, Any], verb: str, data: Mapping[str, Any], words: Words
    ) -> TeamsMessage | str:
        """Carry out a button; return the card that takes the place of its card, or words to show.

        Raises KeyError for malformed data.
        """
        where = conversation_of(activity)
        if not where.private:
            return words("teams-not-here")
        try:
            if verb in {DRAFT_ARTICLE, WRITE_ANSWER}:
                return await self._sent(activity, where, verb, str(data["cluster"]), words)
            return await self._submitted(where, verb, data, words)
        except GapGoneError:
            return words("gap-gone")
        except NothingCitedError:
            return words("gap-form-uncited")
        except CitedeskError as error:
            return refusal_words(error, str, words=words)

    async def _sent(
        self, activity: Mapping[str, Any], where: Conversation, verb: str, request_id: str, words: Words
    ) -> str:
        """Send the outline or the form as a message of its own, so that the list of gaps stays."""
        if verb == DRAFT_ARTICLE:
            outline = await self.answers.outline(where, request_id)
            message = article_message(article_markdown(outline, words), words)
        else:
            message = answer_card(await self.answers.form(where, request_id), words)
        key = f"teams:{verb}:{request_id}:{where.user_id}:{activity.get('id')}"
        store = self.answers.reviews.questions.store
        await store.outbox.send([to_asker(key, request_id, where, message)])
        self.wake_outbox()
        return words("gap-below")

    async def _submitted(
        self, where: Conversation, verb: str, data: Mapping[str, Any], words: Words
    ) -> TeamsMessage | str:
        answer, search = submitted(data)
        if verb == SEARCH:
            return answer_card(await self.answers.form(where, answer.cluster, search), words, answer, search=search)
        if not answer.text or not answer.chosen:
            return words("gap-form-empty" if not answer.text else "gap-form-none-chosen")
        stored = await self.answers.store(where, answer)
        if isinstance(stored, Stored):
            return notice_card(stored_words(stored, words))
        return answer_card(await self.answers.form_again(where, answer), words, answer, stored)
