"""Commands that are typed as messages in Teams, and the cards that answer them."""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from bot.desk.operations import GapCluster, Operations, Usage
from bot.desk.permissions import NO_NAMES, Names, people_of
from bot.desk.reviews import ReviewDesk
from bot.store.records import Asked, Review, ReviewFilter
from bot.surfaces.command_messages import (
    GAPS_SHOWN,
    REVIEWS_SHOWN,
    SKIPPED_SHOWN,
    coverage_words,
    error_words,
    gap_words,
    outcome_words,
    remark_lines,
    reopened_lines,
    reopened_words,
    rolled_back_words,
    stages_words,
    status_facts,
    usage_words,
    why_facts,
)
from bot.surfaces.refusals import decision_words
from bot.surfaces.words import ENGLISH
from bot.teams.cards import TeamsMessage, card_message, display_name, facts, giving_way, paragraph, small
from bot.teams.outgoing import to_asker
from bot.teams.text import literal
from index.builder import Coverage
from index.errors import CitedeskError
from index.retrieval import Rollback
from pipeline.types import Trace

# A command is the whole message: "status of my order" is a question.
_ALONE = ("ask", "help", "status", "reviews", "reindex", "rollback", "usage", "gaps")
_WHY = re.compile(r"why\s+`?(r-[0-9a-f]+(?:-[a-z0-9]+)*)`?", re.IGNORECASE)
# The name of the snapshot confirms that documents may open to more people.
_ROLLBACK = re.compile(r"rollback\s+`?(\d+T\d+-[0-9a-f]+)`?", re.IGNORECASE)
# These run only in a personal chat: not everybody in a channel may see what they show.
_IN_PRIVATE = frozenset({"why", "reviews", "reindex", "rollback", "usage", "gaps"})
_NOT_HERE = "Write this to me in our own chat: what it shows is not for everybody who reads here."
_HELP = {
    "ask QUESTION": "Or just write the question; in a channel or a group chat, mention me.",
    "status": "the index and the queue",
    "reviews": "what waits for a reviewer (reviewers)",
    "reindex": "read the documents anew (admins)",
    "rollback": "go back to the index before (admins)",
    "why ID": "explain a request (admins)",
    "usage": "how much is asked, and what it takes (admins)",
    "gaps": "what people asked and the documents do not answer (admins)",
    "help": "this",
}


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
    wake_outbox: Callable[[], None]

    async def run(self, request_id: str, asked: Asked, name: str, argument: str) -> TeamsMessage:
        """Run a command of `command_in` and return its answer."""
        if name in _IN_PRIVATE and not asked.where.private:
            return _words(_NOT_HERE)
        user_id, tenant_id = asked.where.user_id, asked.where.tenant_id
        run: Mapping[str, Callable[[], Coroutine[Any, Any, TeamsMessage]]] = {
            "ask": self._help,
            "help": self._help,
            # What only an admin may see is not told to everybody who reads along.
            "status": lambda: self._status(user_id if asked.where.private else ""),
            "reviews": lambda: self._reviews(user_id),
            "reindex": lambda: self._reindex(request_id, asked),
            "rollback": lambda: self._rollback(user_id, argument),
            "why": lambda: self._why(user_id, argument),
            "usage": lambda: self._usage(user_id),
            "gaps": lambda: self._gaps(user_id, tenant_id),
        }
        try:
            return await run[name]()
        except CitedeskError as error:
            return _words(error_words(error))

    async def _help(self) -> TeamsMessage:
        return help_message()

    async def _status(self, user_id: str) -> TeamsMessage:
        status = await self.operations.status(user_id)
        # The status command is itself a waiting job of the inbox.
        counts = replace(status.counts, waiting_questions=max(0, status.counts.waiting_questions - 1))
        pairs = status_facts(replace(status, counts=counts), "reindex")
        return card_message("Citedesk status", [paragraph("Citedesk status", weight="Bolder"), facts(pairs)])

    async def _reviews(self, user_id: str) -> TeamsMessage:
        reviews = [view.review for view in await self.reviews.views.listed(user_id, ReviewFilter())]
        names = await self.reviews.questions.store.people.names(
            [who for review in reviews for who in people_of(review)]
        )
        return reviews_message(reviews, names)

    async def _reindex(self, request_id: str, asked: Asked) -> TeamsMessage:
        self.operations.require_admin(asked.where.user_id)
        notice = to_asker(f"{request_id}:begun", request_id, asked.where, _words(ENGLISH("reindexing")))
        await self.reviews.questions.store.outbox.send([notice])
        self.wake_outbox()
        coverage = await self.operations.reindex(asked.where.user_id, lambda _, __: None)
        return coverage_message(coverage, datetime.now(UTC).date())

    async def _rollback(self, user_id: str, confirmed: str) -> TeamsMessage:
        rolled = await self.operations.rollback(user_id, confirmed)
        return _words(rolled_back_words(rolled.plan.manifest)) if rolled.done else reopened_message(rolled.plan)

    async def _why(self, user_id: str, request_id: str) -> TeamsMessage:
        return why_message(await self.operations.why(user_id, request_id))

    async def _usage(self, user_id: str) -> TeamsMessage:
        return usage_message(await self.operations.usage(user_id))

    async def _gaps(self, user_id: str, tenant_id: str) -> TeamsMessage:
        return gaps_message(await self.operations.gaps(user_id, tenant_id))


def help_message() -> TeamsMessage:
    """Return the list of commands."""
    head = "Citedesk answers from your team's documents, with sources, or says that it cannot."
    return card_message(head, [paragraph(head, weight="Bolder"), facts(_HELP.items())])


def coverage_message(coverage: Coverage, today: date) -> TeamsMessage:
    """Return the coverage report of a build, with the documents that were skipped and why, and what was not seen."""
    head = coverage_words(coverage)
    lines = [f"- {literal(s.name, 120)}: {literal(s.reason, 200)}" for s in coverage.skipped[:SKIPPED_SHOWN]]
    more = len(coverage.skipped) - SKIPPED_SHOWN
    if more > 0:
        lines.append(f"- …and {more} more; on the command line, citedesk index status lists all.")
    skipped = [giving_way(2, paragraph("\n".join(["**Skipped**\n", *lines])))] if lines else []
    remarks = "\n".join(f"- {literal(line, 320)}" for line in remark_lines(coverage, today))
    noted = [giving_way(1, paragraph(remarks, size="Small", isSubtle=True))] if remarks else []
    return card_message(head, [paragraph(head), *skipped, *noted, small(coverage.snapshot)])


def reopened_message(plan: Rollback) -> TeamsMessage:
    """Return the documents that a rollback opens to more people, and how to confirm it."""
    head = reopened_words(plan)
    lines = "\n".join(f"- {literal(line, 300)}" for line in reopened_lines(plan))
    confirm = f"To go back all the same, write: rollback {plan.manifest.name}"
    return card_message(head, [paragraph(head, weight="Bolder"), giving_way(1, paragraph(lines)), paragraph(confirm)])


def why_message(trace: Trace) -> TeamsMessage:
    """Return the trace of a request."""
    head = f"{trace.request_id} ended as {outcome_words(trace)}, verdict {trace.verdict}."
    return card_message(
        head, [paragraph(literal(head, 200), weight="Bolder"), facts(why_facts(trace)), small(stages_words(trace), 500)]
    )


def usage_message(usage: Usage) -> TeamsMessage:
    """Return the counts of `Usage` as a card."""
    head, words = usage_words(usage)
    return card_message(f"{head}: {words}", [paragraph(head, weight="Bolder"), paragraph(words)])


def gaps_message(clusters: Sequence[GapCluster]) -> TeamsMessage:
    """Return the questions that the documents do not answer, one paragraph per cluster."""
    if not clusters:
        return _words(ENGLISH("no-gaps"))
    head = "Asked, and not answered by the documents"
    parts = [paragraph(head, weight="Bolder")]
    for cluster in clusters[:GAPS_SHOWN]:
        near = [f"nearest: {literal(', '.join(cluster.nearest), 300)}"] if cluster.nearest else []
        others = [f"- {literal(gap.question, 200)}" for gap in cluster.gaps[1:4]]
        first = f"**{literal(cluster.gaps[0].question, 300)}**"
        lines = [first, gap_words(cluster), *(["\n".join(others)] if others else []), *near]
        parts.append(giving_way(1, paragraph("\n\n".join(lines))))
    if len(clusters) > GAPS_SHOWN:
        parts.append(small(f"…and {len(clusters) - GAPS_SHOWN} more."))
    return card_message(head, parts)


def reviews_message(reviews: Sequence[Review], names: Names = NO_NAMES) -> TeamsMessage:
    """Return the open reviews in the order given."""
    if not reviews:
        return _words(ENGLISH("no-reviews"))
    lines = [
        f"- {ENGLISH.day(r.opened_at)}: “{literal(r.question, 140)}” "
        f"({decision_words(r, lambda p: display_name(p, names))})"
        for r in reviews[:REVIEWS_SHOWN]
    ]
    more = len(reviews) - REVIEWS_SHOWN
    listed = "\n".join([*lines, *([f"- …and {more} more"] if more > 0 else [])])
    head = "Waiting for a reviewer"
    return card_message(
        head, [paragraph(head, weight="Bolder"), giving_way(1, paragraph(listed)), small("Decide them on their cards.")]
    )


def _words(text: str) -> TeamsMessage:
    return card_message(text, [paragraph(literal(text, 600))])
