"""Access tokens of the bot from Entra: by secret, certificate, managed identity or federated token."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import aiohttp
import msal
import requests
from msal.exceptions import MsalServiceError

from bot.settings import TeamsSettings
from bot.teams.certificates import certificate_of
from bot.teams.refusals import UNREACHABLE, refusal_words
from index.errors import SettingsError

_THREADS = 4

Answer = Mapping[str, Any]
Ask = Callable[[str], Answer]


class Tokens(Protocol):
    """Gets access tokens for the bot and caches them while they are valid."""

    async def token(self, resource: str) -> str:
        """Return an access token for a service. Raises TokenRefusedError."""


class TokenRefusedError(aiohttp.ClientError):
    """Entra refused a token, or could not be reached. The message says why in words of ours."""


class Entra:
    """`Tokens` from Entra. MSAL waits for its server, so it runs on threads of its own."""

    def __init__(self, settings: TeamsSettings) -> None:
        self._ask = asking(settings)
        self._threads = ThreadPoolExecutor(_THREADS, "entra")

    async def token(self, resource: str) -> str:
        """Return an access token for a service. Raises TokenRefusedError."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._asked, resource)

    def close(self) -> None:
        """Take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _asked(self, resource: str) -> str:
        try:
            answer = self._ask(resource)
        except requests.RequestException:
            raise TokenRefusedError(UNREACHABLE) from None
        except MsalServiceError:
            raise TokenRefusedError("Entra has an error of its own: try again later") from None
        except (ValueError, OSError, RuntimeError, KeyError, TypeError) as error:
            # MSAL's own words may hold what was sent, so only the number and the error's type are kept.
            raise TokenRefusedError(refusal_words(f"{error} {error.__context__}", type(error).__name__)) from None
        if token := answer.get("access_token"):
            return str(token)
        raise TokenRefusedError(refusal_words(str(answer.get("error_description")), str(answer.get("error"))[:60]))


def asking(settings: TeamsSettings) -> Ask:
    """Return how a token is asked for with these settings. Raises SettingsError for an unreadable file."""
    if settings.managed_identity and settings.managed_identity == settings.app_id:
        return _identity(settings.managed_identity, settings.timeout_s)
    return _application(settings, _credential(settings))


def _credential(settings: TeamsSettings) -> Any:  # noqa: ANN401 - MSAL's type
    """Return what the application signs in with, in MSAL's form."""
    if settings.certificate_file:
        return certificate_of(settings)
    if settings.managed_identity:
        asked, audience = _identity(settings.managed_identity, settings.timeout_s), settings.addresses.exchange
        return {"client_assertion": lambda: asked(audience)["access_token"]}
    if file := settings.federated_token_file:
        if not file.is_file():
            raise SettingsError(f"setting teams.federated_token_file: {file} is not a file")
        # Kubernetes replaces the file before its token expires.
        return {"client_assertion": lambda: file.read_text(encoding="ascii").strip()}
    return settings.app_secret.get_secret_value() if settings.app_secret else None


def _application(settings: TeamsSettings, credential: Any) -> Ask:  # noqa: ANN401
    clients: list[msal.ConfidentialClientApplication] = []
    lock = threading.Lock()

    def client() -> msal.ConfidentialClientApplication:
        # Making the client asks Entra for the directory, so it is made with the first token.
        with lock:
            if not clients:
                authority = f"{settings.addresses.login}/{settings.tenant_id}"
                clients.append(
                    msal.ConfidentialClientApplication(
                        settings.app_id,
                        client_credential=credential,
                        authority=authority,
                        timeout=settings.timeout_s,
                        # The clouds are known. Asking Microsoft for their other names can only hide another error.
                        instance_discovery=False,
                    )
                )
        return clients[0]

    def ask(resource: str) -> Answer:
        return dict(client().acquire_token_for_client(scopes=[f"{resource}/.default"]) or {})

    return ask


def _identity(client_id: str, timeout_s: float) -> Ask:
    client = msal.ManagedIdentityClient(
        msal.UserAssignedManagedIdentity(client_id=client_id), http_client=_Direct(timeout_s)
    )

    def ask(resource: str) -> Answer:
        return dict(client.acquire_token_for_client(resource=resource) or {})

    return ask


class _Direct(requests.Session):
    """A session with a time limit that uses no proxy: the address of managed identities is inside the machine."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self.trust_env = False
        self._timeout_s = timeout_s

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """Send a request."""
        return super().request(*args, **{"timeout": self._timeout_s, **kwargs})
