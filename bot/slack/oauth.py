"""Installation in many workspaces by OAuth. Installations and states are in one SQLite file beside the store."""

import logging
from pathlib import Path

from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store.sqlite3 import SQLite3InstallationStore
from slack_sdk.oauth.state_store.sqlite3 import SQLite3OAuthStateStore

from bot.settings import SlackSettings

INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"
# Each scope with its purpose. deploy/slack/manifest.json must name the same scopes; a test compares them.
SCOPES = {
    "app_mentions:read": "be asked by mention",
    "assistant:write": "the agent view: suggested prompts, status, Stop",
    "channels:history": "follow-ups in our threads, and finding our own reply after a doubtful failure",
    "channels:read": "who reads a channel, so that nobody is told what they may not read",
    "chat:write": "answer",
    "commands": "/citedesk and the message shortcut",
    "groups:history": "the same in private channels",
    "groups:read": "the same in private channels",
    "im:history": "be asked in direct messages",
    "im:write": "tell somebody directly what others must not read",
    "usergroups:read": "which groups an asker is in",
}
_STATE_SECONDS = 600


def installation_store(file: Path, client_id: str) -> SQLite3InstallationStore:
    """Open the store of installations; create the file if needed. It holds tokens, so only its owner may read it."""
    store = SQLite3InstallationStore(database=str(file), client_id=client_id, logger=logging.getLogger(__name__))
    store.init()  # type: ignore[no-untyped-call]
    file.chmod(0o600)
    return store


def oauth_settings(settings: SlackSettings, file: Path, store: SQLite3InstallationStore) -> AsyncOAuthSettings:
    """Return what Bolt needs for its install page and redirect."""
    states = SQLite3OAuthStateStore(database=str(file), expiration_seconds=_STATE_SECONDS)
    states.init()  # type: ignore[no-untyped-call]
    url = str(settings.public_url).rstrip("/") if settings.public_url else ""
    return AsyncOAuthSettings(
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value() if settings.client_secret else "",
        scopes=sorted(SCOPES),
        redirect_uri=f"{url}{REDIRECT_PATH}",
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        installation_store=store,
        state_store=states,
        state_expiration_seconds=_STATE_SECONDS,
    )
