"""Microsoft's clouds: where each of them signs in, sends messages of Teams, and reads its directory.

The values are those of Microsoft's Teams SDK (CloudEnvironment) and of its pages on sovereign clouds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CloudName = Literal["public", "gcc-high", "dod", "china"]


@dataclass(frozen=True, slots=True)
class Cloud:
    """Addresses of one cloud. `messages` is the resource of the bot's tokens, and the issuer of those of Teams."""

    login: str
    messages: str
    metadata: str
    graph: str
    connector: str | None
    connector_hosts: tuple[str, ...]
    exchange: str


_US_LOGIN = "https://login.microsoftonline.us"
_US_MESSAGES = "https://api.botframework.us"
_US_METADATA = "https://login.botframework.azure.us/v1/.well-known/openidconfiguration"
_US_EXCHANGE = "api://AzureADTokenExchangeUSGov"

CLOUDS: Mapping[CloudName, Cloud] = {
    "public": Cloud(
        login="https://login.microsoftonline.com",
        messages="https://api.botframework.com",
        metadata="https://login.botframework.com/v1/.well-known/openidconfiguration",
        graph="https://graph.microsoft.com/v1.0/",
        connector="https://smba.trafficmanager.net/teams/",
        connector_hosts=(
            "smba.trafficmanager.net",
            "smba.onyx.prod.teams.trafficmanager.net",
            "smba.infra.gcc.teams.microsoft.com",
        ),
        exchange="api://AzureADTokenExchange",
    ),
    "gcc-high": Cloud(
        login=_US_LOGIN,
        messages=_US_MESSAGES,
        metadata=_US_METADATA,
        graph="https://graph.microsoft.us/v1.0/",
        connector="https://smba.infra.gov.teams.microsoft.us/teams/",
        connector_hosts=("smba.infra.gov.teams.microsoft.us",),
        exchange=_US_EXCHANGE,
    ),
    "dod": Cloud(
        login=_US_LOGIN,
        messages=_US_MESSAGES,
        metadata=_US_METADATA,
        graph="https://dod-graph.microsoft.us/v1.0/",
        connector="https://smba.infra.dod.teams.microsoft.us/teams/",
        connector_hosts=("smba.infra.dod.teams.microsoft.us",),
        exchange=_US_EXCHANGE,
    ),
    "china": Cloud(
        login="https://login.partner.microsoftonline.cn",
        messages="https://api.botframework.azure.cn",
        metadata="https://login.botframework.azure.cn/v1/.well-known/openidconfiguration",
        graph="https://microsoftgraph.chinacloudapi.cn/v1.0/",
        # Microsoft publishes no address there for messages that answer nothing.
        connector=None,
        connector_hosts=("frontend.botapi.msg.infra.teams.microsoftonline.cn",),
        exchange="api://AzureADTokenExchangeChina",
    ),
}
