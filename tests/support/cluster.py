"""Several replicas of the bot behind a balancer, with a Slack workspace or a stand-in of Teams that sends events."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.cli.demo import demo_settings
from bot.sandbox.server import Sandbox
from bot.settings import Settings, load_settings
from bot.slack.http import EVENTS_PATH
from support.engines.haproxy import free_port, haproxy
from support.process import UNLIMITED_AND_HASTY, BotProcess, context
from support.teams import FakeConnector, connector

# Long enough that a replica on a busy machine renews in time, short enough that a test outlasts many.
LEASE_S = 3.0
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Replicas:
    """Running replicas behind a balancer."""

    replicas: Sequence[BotProcess]
    balancer: str

    async def restart(self, number: int) -> None:
        """Kill a replica and start it again; it is ready some time later."""
        await asyncio.to_thread(self.replicas[number].kill)
        self.replicas[number].start()

    async def freeze(self, number: int, seconds: float) -> None:
        """Stop a replica where it stands, for longer than its leases last, and let it go on."""
        pid = self.replicas[number].pid
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def ready(self) -> None:
        """Return when every replica answers, and the balancer knows of one."""
        await asyncio.gather(*(replica.ready() for replica in self.replicas))
        async with aiohttp.ClientSession() as session, asyncio.timeout(_PATIENCE_S):
            while True:
                async with session.get(f"{self.balancer}/readyz") as response:
                    if response.status == HTTPStatus.OK:
                        return
                # The balancer looks at the replicas at intervals.
                await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Cluster(Replicas):
    """Running replicas, and the workspace whose events the balancer spreads over them."""

    sandbox: Sandbox


@dataclass(frozen=True)
class TeamsCluster(Replicas):
    """Running replicas, and the stand-in of Teams that sends them activities over the balancer."""

    teams: FakeConnector


def hasty_settings() -> dict[str, Any]:
    """Return the settings that all replicas have in common, but for a port of their own."""
    hasty = UNLIMITED_AND_HASTY["delivery"] | {"lease_s": LEASE_S, "check_s": 2.0}
    return {**UNLIMITED_AND_HASTY, "delivery": hasty, "server": {"host": "127.0.0.1", "port": free_port()}}


def replica_settings(data_dir: Path, articles: Path, sandbox: Sandbox, **more: Any) -> Settings:  # noqa: ANN401
    """Return the settings of a replica that takes events over HTTP on a port of its own."""
    settings = demo_settings(data_dir, articles, sandbox, **{**hasty_settings(), **more})
    slack = settings.slack.model_copy(
        update={"app_token": None, "signing_secret": SecretStr(sandbox.credentials.signing_secret)}
    )
    return settings.model_copy(update={"slack": slack})


@asynccontextmanager
async def cluster(
    folders: Sequence[Path],
    articles: Path,
    environment: Mapping[str, str] | None = None,
    **settings: Any,  # noqa: ANN401
) -> AsyncIterator[Cluster]:
    """Run a replica for each data directory, with these settings beside those of a replica."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox())
        # Slack gives up after three tries in six minutes; here replicas are away far more often than that.
        sandbox.acts.retry_seconds = (0.3,) * 300
        each = [replica_settings(folder, articles, sandbox, **settings) for folder in folders]
        replicas, balancer = await _started(stack, each, environment)
        running = Cluster(replicas, balancer, sandbox)
        sandbox.deliver_over_http(f"{balancer}{EVENTS_PATH}")
        await running.ready()
        yield running


@asynccontextmanager
async def teams_cluster(
    folders: Sequence[Path],
    articles: Path,
    **settings: Any,  # noqa: ANN401
) -> AsyncIterator[TeamsCluster]:
    """Run a replica that serves Teams for each data directory, with these settings beside those of a replica."""
    async with AsyncExitStack() as stack:
        teams = await stack.enter_async_context(connector())
        each = [
            load_settings(data_dir=folder, index={"paths": [articles]}, **hasty_settings(), **settings)
            for folder in folders
        ]
        replicas, balancer = await _started(stack, each)
        running = TeamsCluster(replicas, balancer, teams)
        teams.bot_url = balancer
        await running.ready()
        yield running


async def _started(
    stack: AsyncExitStack, each: Sequence[Settings], environment: Mapping[str, str] | None = None
) -> tuple[Sequence[BotProcess], str]:
    """Start a replica for each of the settings, and a balancer before them, until the stack is left."""
    forking = context()
    replicas = [
        BotProcess(forking, one, name=f"replica-{number}", environment=environment) for number, one in enumerate(each)
    ]
    stack.push_async_callback(_end, replicas)
    for replica in replicas:
        replica.start()
    return replicas, stack.enter_context(haproxy([one.server.port for one in each]))


async def _end(replicas: Sequence[BotProcess]) -> None:
    for replica in replicas:
        await asyncio.to_thread(replica.kill)
