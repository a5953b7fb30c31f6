"""What `citedesk doctor` says of the places where the review cards of tenants go."""

from pathlib import Path
from typing import Any

from support.teams import REVIEWS, connector

from bot.cli.doctor import diagnose
from bot.sandbox.server import Sandbox
from bot.settings import load_settings
from bot.surfaces.product import Diagnosis

_DIRECTORY = "5f0c1a2b-0000-4000-8000-000000000001"


async def _said(what: str, **settings: Any) -> list[Diagnosis]:  # noqa: ANN401
    return [found for found in await diagnose(load_settings(**settings)) if found.what == what]


async def test_the_reviewers_conversation_of_a_tenant_is_read(own_data: Path) -> None:
    async with connector() as fake:
        teams = {"anonymous": True, "service_url": fake.url}
        own = {"ids": [_DIRECTORY], "teams": {"reviewers_conversation": REVIEWS}}
        (refused,) = await _said("teams of acme", data_dir=own_data, teams=teams, tenants={"acme": own})
        assert not refused.ok
        assert "cannot be read (403); add the app where it is" in refused.words
        fake.members[REVIEWS] = ["reviewer", "second"]
        (well,) = await _said("teams of acme", data_dir=own_data, teams=teams, tenants={"acme": own})
        assert well.ok
        assert "2 people read the reviews" in well.words


async def test_the_reviewers_channel_of_a_workspace_is_looked_at_with_the_token_of_the_bot(own_data: Path) -> None:
    async with Sandbox() as sandbox:
        slack = {"bot_token": sandbox.credentials.bot_token, "api_url": sandbox.api_url, "app_token": "xapp-1"}
        for channel, is_well in (("C0REVIEWS", True), ("C0GONE", False)):
            own = {"ids": ["T0ACME"], "slack": {"reviewers_channel": channel}}
            (found,) = await _said("reviewers of acme", data_dir=own_data, slack=slack, tenants={"acme": own})
            assert found.ok == is_well, found


async def test_with_tokens_of_installations_the_id_is_looked_at_and_doctor_says_that_it_saw_no_more(
    own_data: Path,
) -> None:
    slack = {"client_id": "1.2", "client_secret": "s", "public_url": "https://x.example/", "signing_secret": "s"}
    for channel, is_well, says in (
        ("C0REVIEWS", True, "was not looked at"),
        ("general", False, "is no id of a channel"),
    ):
        own = {"ids": ["T0ACME"], "slack": {"reviewers_channel": channel}}
        (found,) = await _said("reviewers of acme", data_dir=own_data, slack=slack, tenants={"acme": own})
        assert (found.ok, says in found.words) == (is_well, True), found


async def test_a_product_in_which_a_tenant_is_not_is_not_checked_for_it(own_data: Path) -> None:
    slack = {"client_id": "1.2", "client_secret": "s", "public_url": "https://x.example/", "signing_secret": "s"}
    own = {"ids": [_DIRECTORY], "slack": {"reviewers_channel": "general"}}
    assert await _said("reviewers of acme", data_dir=own_data, slack=slack, tenants={"acme": own}) == []
