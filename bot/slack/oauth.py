"""Installation by OAuth."""

from collections.abc import Sequence

import structlog
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.settings import SlackSettings
from bot.slack.installations import NotAdmittedError

_log = structlog.get_logger(__name__)

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
    "users:read": "who is a guest, so that guests are not answered, and in which language to answer",
}
STATE_SECONDS = 600
_REFUSED = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Citedesk was not installed</title></head>
<body>
<h1>Citedesk was not installed</h1>
<p>This Citedesk answers from one team's documents. It does not serve your workspace, and has stored nothing about it.
Nor does it serve a whole Enterprise Grid organization at once.</p>
<p>What an admin can do:</p>
<ul>
<li>If your workspace belongs to that team, ask whoever runs this Citedesk to add the workspace's id (T…) to the setting
<code>slack.workspaces</code>, or to give it documents of its own by a table <code>[tenants.T…]</code>. Then install
again, in the workspace itself.</li>
<li>If it does not, remove the app from your workspace.</li>
</ul>
</body>
</html>
"""


def oauth_settings(
    settings: SlackSettings, store: AsyncInstallationStore, states: AsyncOAuthStateStore
) -> AsyncOAuthSettings:
    """Return what Bolt needs for its install page and redirect."""
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
        state_expiration_seconds=STATE_SECONDS,
        callback_options=AsyncCallbackOptions(success=_installed, failure=_not_installed),
    )


async def _installed(args: AsyncSuccessArgs) -> BoltResponse:
    _log.info("workspace_installed", tenant_id=args.installation.team_id)
    return await args.default.success(args)


async def _not_installed(args: AsyncFailureArgs) -> BoltResponse:
    if not isinstance(args.error, NotAdmittedError):
        return await args.default.failure(args)
    _log.warning("installation_refused", tenant_id=str(args.error)[:40])
    headers: dict[str, str | Sequence[str]] = {
        "Content-Type": "text/html; charset=utf-8",
        "Set-Cookie": args.settings.state_utils.build_set_cookie_for_deletion(),
    }
    return BoltResponse(status=403, body=_REFUSED, headers=headers)
