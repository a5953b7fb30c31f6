"""Commands that are typed as messages in Teams, and the cards that answer them."""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.desk.explaining import Explained
from bot.desk.operations import Operations, Usage
from bot.desk.permissions import NO_NAMES, Names, people_of
from bot.desk.reviews import ReviewDesk
from bot.store.records import Asked, BuildOrder, Review, ReviewFilter
from bot.surfaces.command_messages import (
    REVIEWS_SHOWN,
    error_words,
    reopened_lines,
    reopened_words,
    rolled_back_words,
    stages_words,
    status_facts,
    usage_words,
)
from bot.surfaces.refusals import decision_words
from bot.surfaces.why_words import why_words
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Languages, Words
from bot.teams.cards import TeamsMessage, card_message, display_name, facts, giving_way, paragraph, small
from bot.teams.gap_cards import gaps_message
from bot.teams.render import notice_message
from bot.teams.report_card import report_card
from bot.teams.text import literal
from index.errors import CitedeskError
from index.retrieval import Rollback

# A command is the whole message: "status of my order" is a question.
_ALONE = ("ask", "help", "status", "reviews", "reindex", "rollback", "usage", "report", "gaps")
_WHY = re.compile(r"why\s+`?(r-[0-9a-f]+(?:-[a-z0-9]+)*)`?", re.IGNORECASE)
# The name of the snapshot confirms that documents may open to more people.
_ROLLBACK = re.compile(r"rollback\s+`?(\d+T\d+-[0-9a-f]+)`?", re.IGNORECASE)
# These run only in a personal chat: not everybody in a channel may see what they show.
_IN_PRIVATE = frozenset({"why", "reviews", "reindex", "rollback", "usage", "report", "gaps"})
_HELP = ("ask", "status", "reviews", "reindex", "rollback", "why", "usage", "report", "gaps", "help")


def command_in(text: str) -> tuple[str, str] | None:
    """Return the command that a message holds and its argument ("" if it takes none); None for a question."""
    words = text.strip().removeprefix("/")
    if words.lower() in _ALONE:
        return words.lower(), ""
    if found := _WHY.fullmatch(words):
        return "why", found[1]
    if found := _ROLLBACK.fullmatch(words):
        return "rollback", found[1]
    return None


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs commands. A CitedeskError becomes an answer, too."""

    operations: Operations
    reviews: ReviewDesk
    languages: Languages

    async def run(self, request_id: str, asked: Asked, name: str, argument: str) -> TeamsMessage:
        """Run a command of `command_in` and return its answer."""
        words = self.languages.words(asked.where.language)
        if name in _IN_PRIVATE and not asked.where.private:
            return notice_message("teams-not-here", words)
        user_id, tenant_id = asked.where.user_id, asked.where.tenant_id
        run: Mapping[str, Callable[[], Coroutine[Any, Any, TeamsMessage]]] = {
            "ask": lambda: self._help(asked, words),
            "help": lambda: self._help(asked, words),
            # What only an admin may see is not told to everybody who reads along.
            "status": lambda: self._status(user_id if asked.where.private else "", words),
            "reviews": lambda: self._reviews(user_id, words),
            "reindex": lambda: self._reindex(request_id, asked, words),
            "rollback": lambda: self._rollback(user_id, argument, words),
            "why": lambda: self._why(user_id, tenant_id, argument, words),
            "usage": lambda: self._usage(user_id, words),
            "report": lambda: self._report(user_id, tenant_id, words),
            "gaps": lambda: self._gaps(user_id, tenant_id, words),
        }
        try:
            return await run[name]()
        except CitedeskError as error:
            return _plain(error_words(error, words))

    async def _help(self, asked: Asked, words: Words) -> TeamsMessage:
        return help_message(words, private=asked.where.private)

    async def _status(self, user_id: str, words: Words) -> TeamsMessage:
        status = await self.operations.status(user_id)
        # The status command is itself a waiting job of the inbox.
        counts = replace(status.counts, waiting_questions=max(0, status.counts.waiting_questions - 1))
        head = words("title-status")
        pairs = status_facts(replace(status, counts=counts), "reindex", words)
        return card_message(head, [paragraph(head, weight="Bolder"), facts(pairs)])

    async def _reviews(self, user_id: str, words: Words) -> TeamsMessage:
        reviews = [view.review for view in await self.reviews.views.listed(user_id, ReviewFilter())]
        names = await self.reviews.questions.store.people.names(
            [who for review in reviews for who in people_of(review)]
        )
        return reviews_message(reviews, names, words)

    async def _reindex(self, request_id: str, asked: Asked, words: Words) -> TeamsMessage:
        before = await self.operations.order_build(request_id, BuildOrder(where=asked.where))
        return notice_message("reindexing-next" if before else "reindexing", words)

    async def _rollback(self, user_id: str, confirmed: str, words: Words) -> TeamsMessage:
        rolled = await self.operations.rollback(user_id, confirmed)
        if rolled.done:
            return _plain(rolled_back_words(rolled.plan.manifest, words))
        return reopened_message(rolled.plan, words)

    async def _why(self, user_id: str, tenant_id: str, request_id: str, words: Words) -> TeamsMessage:
        return why_message(await self.operations.why(user_id, tenant_id, request_id), words)

    async def _usage(self, user_id: str, words: Words) -> TeamsMessage:
        return usage_message(await self.operations.usage(user_id), words)

    async def _report(self, user_id: str, tenant_id: str, words: Words) -> TeamsMessage:
        return report_card(await self.operations.report(user_id, tenant_id), quotes=True, words=words)

    async def _gaps(self, user_id: str, tenant_id: str, words: Words) -> TeamsMessage:
        return gaps_message(await self.operations.gaps(user_id, tenant_id), words)


def help_message(words: Words = ENGLISH, *, private: bool = True) -> TeamsMessage:
    """Return the list of commands. Outside of a personal chat it says to mention the bot."""
    head = words("help-head")
    told = {name: words.of("teams-help", name) for name in _HELP} | (
        {} if private else {"ask": words("teams-help-ask-here")}
    )
    names = {"ask": f"ask {words('teams-help-question')}", "why": f"why {words('teams-help-id')}"}
    return card_message(head, [paragraph(head, weight="Bolder"), facts((names.get(n, n), told[n]) for n in _HELP)])


def reopened_message(plan: Rollback, words: Words = ENGLISH) -> TeamsMessage:
    """Return the documents that a rollback opens to more people, and how to confirm it."""
    head = reopened_words(plan, words)
    lines = "\n".join(f"- {literal(line, 300)}" for line in reopened_lines(plan, words))
    confirm = words("go-back", command=f"rollback {plan.manifest.name}")
    return card_message(head, [paragraph(head, weight="Bolder"), giving_way(1, paragraph(lines)), paragraph(confirm)])


def why_message(found: Explained, words: Words = ENGLISH) -> TeamsMessage:
    """Return why a request ended so: the paragraph, and in small print id, verdict and the time of each stage."""
    said = why_words(found, lambda user_id: found.names.get(user_id, user_id), words=words)
    facts_line = f"{found.trace.request_id} · {found.trace.verdict} · {stages_words(found.trace, words)}"
    return card_message(cut(said, 1000), [paragraph(literal(said, 4000)), small(facts_line, 500)])


def usage_message(usage: Usage, words: Words = ENGLISH) -> TeamsMessage:
    """Return the counts of `Usage` as a card."""
    head, sentence = usage_words(usage, words)
    return card_message(f"{head}: {sentence}", [paragraph(head, weight="Bolder"), paragraph(sentence)])


def reviews_message(reviews: Sequence[Review], names: Names = NO_NAMES, words: Words = ENGLISH) -> TeamsMessage:
    """Return the open reviews in the order given."""
    if not reviews:
        return notice_message("no-reviews", words)
    lines = [
        f"- {words.day(r.opened_at)}: {words('in-quotes', text=literal(r.question, 140))} "
        f"({decision_words(r, lambda p: display_name(p, names), words)})"
        for r in reviews[:REVIEWS_SHOWN]
    ]
    more = len(reviews) - REVIEWS_SHOWN
    listed = "\n".join([*lines, *([f"- {words('and-more', count=more)}"] if more > 0 else [])])
    head = words("reviews-waiting")
    return card_message(
        head, [paragraph(head, weight="Bolder"), giving_way(1, paragraph(listed)), small(words("teams-reviews-how"))]
    )


def _plain(text: str) -> TeamsMessage:
    return card_message(text, [paragraph(literal(text, 600))])
