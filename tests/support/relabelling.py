"""A workspace whose articles change while questions wait for a reviewer."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.sandbox.workspace import BOT_USER_ID, Channel, Message, Person
from index.builder import BuildRules, build
from support.clock import Clock
from support.models import shared_embedder
from support.workspace import ADMIN, REVIEWER, REVIEWS, SUPPORT, Desk, workspace

LEAD = "U0LEAD"
REMINDERS, FEES = "reminders.md", "refund-exceptions.md"
OPEN_QUESTION, OPEN_TEXT = "When does the first payment reminder go out?", "7 days after the due date"
LEADS_QUESTION, LEADS_TEXT = "How many months of fees may a support lead refund?", "3 months of subscription fees"
# Robin reads what leads may read; Alex reviews and administers, too, and does not. Both read the reviewers' channel.
ACCESS = {
    "groups": {"leads": [REVIEWER, LEAD]},
    "reviewers": [REVIEWER, ADMIN],
    "admins": [REVIEWER, ADMIN],
}
_RESTRICTED, _OPEN = "access: [leads]\n", "access: everyone\n"


@dataclass(frozen=True)
class World(Desk):
    """A workspace with articles of its own, two reviewers and one more lead."""

    folder: Path
    clock: Clock

    async def relabel(self, article: str, *, restricted: bool) -> None:
        """Give an article another access rule, and index it."""
        page = self.folder / article
        head, body = page.read_text().removeprefix("---\n").split("\n---\n", 1)
        kept = "".join(f"{line}\n" for line in head.splitlines() if not line.startswith("access:"))
        page.write_text(f"---\n{kept}{_RESTRICTED if restricted else _OPEN}---\n{body}")
        await self.reindex()

    async def rewrite(self, article: str, old: str, new: str) -> None:
        """Change the text of an article, and index it."""
        page = self.folder / article
        assert old in page.read_text()
        page.write_text(page.read_text().replace(old, new))
        await self.reindex()

    async def remove(self, article: str) -> None:
        """Remove an article, and index the others."""
        (self.folder / article).unlink()
        await self.reindex()

    async def reindex(self) -> None:
        """Index the articles; whoever searches next uses them."""
        await asyncio.to_thread(build, [self.folder], self.settings.data_dir, shared_embedder(), BuildRules())

    async def waiting(self, text: str, user: str, channel: str) -> tuple[Message, Message]:
        """Ask a question that waits for a reviewer; return it and its card."""
        before = len(self.cards())
        question = await self.ask(text, user, channel)
        return question, (await self.until(self.cards, before + 1))[-1]

    def cards(self) -> list[Message]:
        """Return the review cards."""
        return [message for message in self.messages(REVIEWS) if not message.thread_ts]

    async def approve(self, card: Message) -> None:
        """Approve a draft as Robin does on the Home tab, and return when the card says so."""
        assert card.metadata is not None
        await self.open_home(REVIEWER)
        await self.home(REVIEWER, "Reviews: ")
        await self.press_home(REVIEWER, "review_approve", [], card.metadata["event_payload"]["request_id"])
        await self.card_with(card, "Approved by")

    async def told(self, user: str, words: str) -> Message:
        """Return the hidden message with these words."""
        return (await self.until(lambda: [m for m in self.hidden(user) if words in m.text], 1))[0]

    async def card_with(self, card: Message, words: str) -> None:
        """Return when a card shows these words."""
        await self.until(lambda: [c for c in [card] if words in f"{c.blocks}"], 1)


@asynccontextmanager
async def world(data_dir: Path, articles: Path, folder: Path, **settings: Any) -> AsyncIterator[World]:  # noqa: ANN401
    """Run the workspace on a copy of the articles; by default every answer waits for a reviewer."""
    copied = Path(shutil.copytree(articles, folder / "articles"))
    chosen = {"access": ACCESS, "channels": {}} | settings
    clock = Clock()
    async with workspace(data_dir, copied, now=clock, **chosen) as desk:
        space = desk.sandbox.workspace
        space.people[LEAD] = Person(LEAD, "Lee", "asker", "Leads support")
        direct = Channel("D0LEAD", "Citedesk", frozenset({LEAD, BOT_USER_ID}), is_im=True, is_private=True)
        support = space.channels[SUPPORT]
        space.channels |= {direct.id: direct, SUPPORT: replace(support, members=support.members | {LEAD})}
        yield World(desk.sandbox, desk.bot, desk.settings, copied, clock)
