"""Two tenants with documents of their own, in which people, channels and questions have the same names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app import build_rules, places
from bot.desk.questions import request_id_of
from bot.settings import Settings
from bot.teams.payloads import key_of
from bot.teams.render import ESCALATE
from bot.teams.review_cards import APPROVE, ASK_BACK, QUESTION_INPUT
from bot.tenants import tenants_of
from index.builder import build
from support.models import shared_embedder
from support.teams import FakeConnector
from support.waiting import settled

SAME = "How many working days does a payout take?"
DRAFTED = "a:drafts"
COMMANDS = ("help", "status", "gaps", "usage", "report", "reviews")


@dataclass(frozen=True)
class Company:
    """A tenant: its ids, and words that stand in its documents and questions alone."""

    name: str
    directory: str
    team_id: str
    bird: str
    days: int

    @property
    def canaries(self) -> tuple[str, ...]:
        """What nobody else may see."""
        return (self.bird, self.bird.lower(), f"{self.days} working days")

    @property
    def reviews(self) -> str:
        """The conversation of its reviewers in Teams."""
        return f"19:{self.name}-reviews@thread.tacv2"

    def documents(self, folder: Path) -> Path:
        """Write its documents; return their folder."""
        own = folder / self.name
        own.mkdir()
        (own / "payouts.md").write_text(
            f"# Payouts\n\n## How long a payout takes\n\nA payout takes {self.days} working days, and the {self.bird} "
            "desk sends it.\n\n## What a payout costs\n\nA payout costs nothing.\n"
        )
        (own / "hangar.md").write_text(
            f"# The {self.bird} hangar\n\n## Who opens the {self.bird} hangar\n\nThe {self.bird} hangar is opened at "
            f"seven by the shift leader. Ask the {self.bird} desk for a key.\n"
        )
        return own

    def table(self, folder: Path, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - settings
        """Return its table in the settings."""
        return {
            "ids": [self.directory, self.team_id],
            "index": {"paths": [self.documents(folder)]},
            "access": {"reviewers": ["reviewer", "U0REVIEWER"], "admins": ["admin", "U0ADMIN"]},
            "channels": {DRAFTED: {"auto_answer": False}},
            "teams": {"reviewers_conversation": self.reviews},
            "slack": {"reviewers_channel": f"C0{self.name.upper()}"},
            **more,
        }


ACME = Company("acme", "tenant-1", "T0SANDBOX", "Zaunkoenig", 31)
BETA = Company("beta", "tenant-2", "T0BETA", "Rohrdommel", 47)


def index_all(settings: Settings) -> None:
    """Build the index of each tenant."""
    for tenant in tenants_of(settings):
        build(places(tenant.settings), tenant.settings.data_dir, shared_embedder(), build_rules(tenant.settings))


def seen_by(text: str, company: Company) -> list[str]:
    """Return the words of a company that stand in a text."""
    return [canary for canary in company.canaries if canary in text]


@dataclass(frozen=True)
class Visit:
    """The people of a company, who all have the same ids, use the bot in Teams."""

    teams: FakeConnector
    company: Company

    def of(self, activity: dict[str, Any]) -> dict[str, Any]:
        """Return an activity as it comes from this company's directory."""
        where = {**activity["conversation"], "tenantId": self.company.directory}
        return {**activity, "conversation": where}

    async def send(self, activity: dict[str, Any]) -> tuple[int, Any]:
        """Send an activity and return what it said once nothing more can come of it."""
        for person in ("asker", "reviewer", "admin"):
            self.teams.people[person] = {"userRole": "user", "tenantId": self.company.directory}
        answered = await self.teams.send(self.of(activity))
        assert self.teams.store is not None
        await settled(self.teams.store)
        return answered

    async def ask(self, text: str, user: str = "asker", conversation: str = "a:asker") -> str:
        """Ask and return the request id."""
        activity = self.teams.question(text, user, conversation)
        assert (await self.send(activity))[0] == 202, text
        return request_id_of(key_of(activity))

    async def press(self, user: str, conversation: str, verb: str, data: Mapping[str, Any]) -> str:
        """Press a button of a card; return what the client shows."""
        return json.dumps((await self.send(self.teams.press(user, conversation, verb, dict(data))))[1])

    def clear(self) -> None:
        """Forget what was posted and shown so far."""
        self.teams.posted.clear()
        self.teams.updates.clear()

    def everything(self) -> str:
        """Return all that was posted and shown so far."""
        return json.dumps([self.teams.posted, self.teams.updates], ensure_ascii=False)

    async def use_all(self) -> Sequence[str]:
        """Use the bot in every way; return the request ids of an answer, a gap and a review."""
        bird = self.company.bird
        answered = await self.ask(SAME)
        await self.ask(f"Who opens the {bird} hangar?")
        await self.ask("Who opens the hangar?")
        await self.ask("hello")
        gap = await self.ask(f"Does the {bird} app run on Linux phones?")
        for text in (
            "payot dommel koenig hangr",
            "What does the Zaunkonig eat?",
            "Where is the Rohrdomel desk?",
            "thanks",
        ):
            await self.ask(text)
        review = await self.ask(f"What does a payout to the {bird} desk cost?", conversation=DRAFTED)
        await self.press("asker", "a:asker", ESCALATE, {"request_id": gap, "question": f"Does {bird} run on Linux?"})
        await self.press(
            "reviewer", self.company.reviews, ASK_BACK, {"review_id": gap, QUESTION_INPUT: f"Which {bird}?"}
        )
        await self.ask(f"The small {bird}, any news?")
        await self.ask("any news?")
        for command in COMMANDS:
            await self.ask(command, "admin", "a:admin")
            await self.ask(command, "reviewer", "a:reviewer")
        await self.press("reviewer", self.company.reviews, APPROVE, {"review_id": review})
        await self.ask(f"What does a payout to the {bird} desk cost?")
        await self.ask("What does a payout to the desk cost?")
        await self.ask("/why " + answered, "admin", "a:admin")
        for key, message in list(self.teams.posted.items()):
            if message["where"] == "a:asker" and "feedbackLoop" in message.get("channelData", {}):
                value = {
                    "actionName": "feedback",
                    "actionValue": {"reaction": "dislike", "feedback": json.dumps({"reason": "wrong", "note": bird})},
                }
                judged = self.teams.activity("invoke", "asker", "a:asker", name="message/submitAction", value=value)
                await self.send({**judged, "replyToId": key})
        return answered, gap, review
