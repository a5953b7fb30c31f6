"""What Entra means when it gives no token, in words for an admin (pure)."""

import re
from collections.abc import Mapping

_NUMBER = re.compile(r"AADSTS(\d{4,8})")
_LOOK_UP = "look it up at https://login.microsoftonline.com/error?code="
UNREACHABLE = "Entra cannot be reached: check the network, HTTPS_PROXY and teams.cloud"
_MEANINGS: Mapping[str, str] = {
    "7000215": "the secret is wrong: teams.app_secret takes the secret's value, not its id",
    "7000222": "the secret has expired: make a new one and set teams.app_secret",
    "700016": "the application is not in this directory: check teams.app_id, teams.tenant_id and teams.cloud",
    "90002": "there is no such directory: check teams.tenant_id and teams.cloud",
    "900023": "teams.tenant_id is no id of a directory",
    "700027": "the certificate is not one of the application's, or has expired: upload it to the application",
    "7000112": "the application is disabled: enable it in Entra",
    "500011": "the service is not in this directory: create the Azure bot first, or check teams.cloud",
    "70021": "no federated credential of the application fits: check its issuer, subject and audience",
    "700213": "no federated credential of the application fits: check its subject",
    "53003": "a conditional access policy of the directory refuses the bot",
}


def refusal_words(text: str, error: str) -> str:
    """Return what an answer of Entra means, without quoting it."""
    found = _NUMBER.search(text)
    if found is None:
        return f"Entra answers {error}"
    number = found[1]
    return f"AADSTS{number}: {_MEANINGS.get(number) or _LOOK_UP + number}"
