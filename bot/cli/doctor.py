"""`citedesk doctor`: what is set up, what is not, and what to do about it."""

import asyncio
from collections.abc import Mapping, Sequence

import openai
from slack_sdk.errors import SlackApiError

from bot.app import build_embedder, store_file
from bot.settings import Settings, environment_name, reviewers_places
from bot.slack.clients import build_client
from bot.slack.oauth import SCOPES
from bot.store.sqlite.database import StoreError
from bot.store.sqlite.store import SqliteStore
from bot.surfaces.diagnosis import Diagnosis
from bot.surfaces.wording import counted
from index.errors import CitedeskError
from index.live import LiveRetriever


async def diagnose(settings: Settings) -> Sequence[Diagnosis]:
    """Return every check in the order in which they should be mended."""
    return [
        Diagnosis("settings", ok=True, words=f"data in {settings.data_dir}"),
        await _index(settings),
        await _store(settings),
        await _model(settings),
        *await _products(settings),
        _people(settings),
    ]


async def _products(settings: Settings) -> Sequence[Diagnosis]:
    """Check the chat products that are set; both, if there is none."""
    found = []
    if settings.slack.is_served or not settings.teams.is_served:
        found.append(await _slack(settings) if settings.slack.client_id is None else _installing(settings))
        found.append(await _socket(settings))
    if settings.teams.is_served:
        # The SDK takes a third of a second to load.
        from bot.teams.checks import check  # noqa: PLC0415

        found += await check(settings)
    elif not settings.slack.is_served:
        found.append(Diagnosis("teams", ok=False, words=f"no application: set {environment_name('teams.app_id')}"))
    return found


async def _index(settings: Settings) -> Diagnosis:
    try:
        retriever = LiveRetriever(settings.data_dir, build_embedder(settings))
        manifest = await asyncio.to_thread(retriever.manifest)
    except CitedeskError as error:
        return Diagnosis("index", ok=False, words=str(error))
    return Diagnosis(
        "index", ok=True, words=f"{len(manifest.documents)} documents, {manifest.chunk_count} chunks, {manifest.name}"
    )


async def _store(settings: Settings) -> Diagnosis:
    try:
        store = await SqliteStore(store_file(settings)).open()
    except StoreError as error:
        return Diagnosis("store", ok=False, words=str(error))
    counts = await store.counts()
    await store.close()
    return Diagnosis("store", ok=True, words=f"{counts.open_reviews} reviews waiting")


async def _model(settings: Settings) -> Diagnosis:
    llm = settings.llm
    if llm.provider == "extractive":
        return Diagnosis("model", ok=True, words="extractive: quotes the documents, needs no server")
    if llm.api_key is None and llm.base_url is None:
        return Diagnosis("model", ok=False, words=f"no key: set {environment_name('llm.api_key')}")
    client = openai.AsyncOpenAI(
        api_key=llm.api_key.get_secret_value() if llm.api_key else "not-needed",
        base_url=str(llm.base_url) if llm.base_url else None,
        max_retries=0,
        timeout=llm.connect_timeout_s,
    )
    try:
        models = [model.id async for model in client.models.list()]
    except openai.APIStatusError as error:
        return Diagnosis(
            "model", ok=False, words=f"the server answers {error.status_code}; check the key and the base URL"
        )
    except openai.OpenAIError:
        return Diagnosis("model", ok=False, words=f"no server answers; check {environment_name('llm.base_url')}")
    finally:
        await client.close()
    if models and llm.model not in models:
        return Diagnosis(
            "model", ok=False, words=f"the server does not offer {llm.model}; it has {', '.join(models[:5])}"
        )
    return Diagnosis("model", ok=True, words=f"{llm.model} is offered")


async def _slack(settings: Settings) -> Diagnosis:
    slack = settings.slack
    if slack.bot_token is None:
        return Diagnosis("slack", ok=False, words=f"no bot token: set {environment_name('slack.bot_token')}")
    try:
        who = await build_client(slack, slack.bot_token.get_secret_value()).auth_test()
    except SlackApiError as error:
        return Diagnosis("slack", ok=False, words=f"Slack refuses the bot token ({error.response.get('error')})")
    except (OSError, TimeoutError):
        return Diagnosis("slack", ok=False, words=f"no answer from {slack.api_url}")
    if slack.app_token is None and slack.signing_secret is None:
        both = f"{environment_name('slack.app_token')} or {environment_name('slack.signing_secret')}"
        return Diagnosis("slack", ok=False, words=f"nothing to receive events with: set {both}")
    missing = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in _missing_scopes(who.headers))
    words = f"bot {who['user_id']} in team {who['team_id']}"
    lacking = f"scopes missing, add them and install the app again: {missing}"
    return Diagnosis("slack", ok=not missing, words=lacking if missing else words)


def _missing_scopes(headers: Mapping[str, str]) -> list[str]:
    """Return the scopes that the token lacks; Slack names those it has with every response."""
    named = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
    granted = {scope.strip() for scope in named.split(",")} if named is not None else set(SCOPES)
    return sorted(SCOPES.keys() - granted)


def _installing(settings: Settings) -> Diagnosis:
    needed = ("slack.client_secret", "slack.public_url", "slack.signing_secret")
    missing = [name for name in needed if getattr(settings.slack, name.partition(".")[2]) is None]
    if missing:
        return Diagnosis("slack", ok=False, words=f"not set: {', '.join(map(environment_name, missing))}")
    return Diagnosis("slack", ok=True, words=f"to be installed from {settings.slack.public_url}slack/install")


async def _socket(settings: Settings) -> Diagnosis:
    token = settings.slack.app_token
    if token is None:
        return Diagnosis("socket", ok=True, words="off: events come over HTTP")
    try:
        await build_client(settings.slack, None).apps_connections_open(app_token=token.get_secret_value())
    except SlackApiError as error:
        words = f"Slack refuses the app token ({error.response.get('error')}); it needs connections:write"
        return Diagnosis("socket", ok=False, words=words)
    except (OSError, TimeoutError):
        return Diagnosis("socket", ok=False, words=f"no answer from {settings.slack.api_url}")
    return Diagnosis("socket", ok=True, words="Slack lets us connect")


def _people(settings: Settings) -> Diagnosis:
    places = reviewers_places(settings)
    missing = [
        environment_name(name)
        for name, value in (("access.reviewers", settings.access.reviewers), ("access.admins", settings.access.admins))
        if not value
    ]
    if places and not any(places.values()):
        missing.append(" or ".join(map(environment_name, places)))
    if missing:
        return Diagnosis("people", ok=False, words=f"not set: {', '.join(missing)}")
    return Diagnosis("people", ok=True, words=counted(len(settings.access.reviewers), "reviewer", "reviewers"))
