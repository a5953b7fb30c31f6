"""The settings of the server that replicas share."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from bot.addresses import shared_url
from bot.section import Count, Seconds, Section


class SharedSettings(Section):
    """Table `[shared]`."""

    url: Annotated[SecretStr, AfterValidator(shared_url)] = Field(
        SecretStr(""),
        description="Valkey or Redis server that all replicas share, such as `rediss://:password@host:6379/0`; none:"
        " each process counts and remembers for itself",
    )
    cache: bool = Field(
        default=True, description="false: keep verified answers in the memory of each process, not on that server"
    )
    timeout_s: Seconds = Field(0.1, description="seconds to wait for that server: to connect, to write, to read")
    retry_s: Seconds = Field(5.0, description="seconds for which it is not asked after it did not answer")
    connections: Count = Field(32, description="connections to it that one process opens at most")
    replicas: Count = Field(
        1, description="while it does not answer, each process lets this part of a window pass: 3 means a third"
    )
