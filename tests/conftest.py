"""Shared fixtures. Sockets reach loopback only; models come from packages only."""

import gc
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from aiohttp import web_app

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# A developer's own settings must not reach a test.
for name in [
    name
    for name in os.environ
    if not name.startswith("CITEDESK_TEST_") and name.startswith(("CITEDESK_", "SLACK_", "OPENAI_"))
]:
    del os.environ[name]
sys.path.insert(0, str(Path(__file__).parent))

os.environ["OPENBLAS_NUM_THREADS"] = "1"
from support.clocks import Clock  # noqa: E402
from support.engines import postgres as postgres_engine  # noqa: E402
from support.engines import valkey  # noqa: E402
from support.models import EMBEDDERS, shared_embedder  # noqa: E402
from support.workspace import APPROVAL, Desk, workspace  # noqa: E402 - after the environment is set

from index.builder import BuildRules, build  # noqa: E402
from index.embedding.model import OnnxEmbedder  # noqa: E402

os.environ["CITEDESK_INDEX__EMBEDDERS_DIR"] = str(EMBEDDERS)
_UMASK = os.umask(0o022)
os.umask(_UMASK)
REPOSITORY = Path(__file__).parents[1]
DATA = REPOSITORY.parent / "shared" / "data"
ARTICLES = REPOSITORY / "deploy" / "demo" / "articles"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which size ran, where a test has sizes."""
    if size := sys.modules.get("support.size"):
        more = "" if size.SIZE == "full" else ", FULL=1 runs all of it"
        terminalreporter.write_line(f"size: {size.SIZE}{more}")


@pytest.fixture(autouse=True)
def _process_as_at_first() -> Iterator[None]:
    """Undo what every command sets for the whole process: the log, and that files are private."""
    # What a fixture of the module has run, too.
    os.umask(_UMASK)
    yield
    os.umask(_UMASK)
    structlog.reset_defaults()


@pytest.fixture(autouse=True, scope="module")
def _memory_given_back() -> Iterator[None]:
    """Free what bots of a module leave: thousands of tests run in one process, and some of them load a model each.

    aiohttp keeps the last 1,024 applications that had a middleware, with all that they refer to.
    """
    yield
    web_app._cached_build_middleware.cache_clear()
    gc.collect()


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Replace `time.time`, which the library `limits` reads and takes from nobody; it is half past a minute."""
    clock = Clock(1_800_000_030.0)
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture(scope="session")
def running_valkey() -> Iterator[valkey.Valkey]:
    """Return a real Valkey server, or skip. No test may stop it: a test that does starts its own."""
    if why := valkey.missing():
        pytest.skip(why)
    with valkey.valkey() as server:
        yield server


@pytest.fixture
def valkey_server(running_valkey: valkey.Valkey) -> valkey.Valkey:
    """Return the server, empty."""
    running_valkey.empty()
    return running_valkey


@pytest.fixture(scope="session")
def embedder() -> OnnxEmbedder:
    """Return the real embedding model, loaded once."""
    return shared_embedder()


@pytest.fixture(scope="session")
def articles() -> Path:
    """Return the demo knowledge base."""
    return ARTICLES


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres_engine.PostgresServer]:
    """Run PostgreSQL, or skip. CITEDESK_TEST_POSTGRES is its major version."""
    version = int(os.environ.get("CITEDESK_TEST_POSTGRES", "18"))
    if problem := postgres_engine.missing(version):
        pytest.skip(problem)
    with postgres_engine.postgres(version) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres_engine.PostgresServer) -> Iterator[str]:
    """Return the URL of an empty database."""
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real documents, or skip."""
    if not DATA.is_dir():
        pytest.skip("the real documents are not beside the repository (../shared/data)")
    return DATA


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory, articles: Path) -> Path:
    folder = tmp_path_factory.mktemp("indexed")
    build([articles], folder, shared_embedder(), BuildRules())
    return folder


@pytest.fixture
def own_data(tmp_path: Path, indexed: Path) -> Path:
    """Return a data directory that the test may change."""
    return Path(shutil.copytree(indexed, tmp_path / "data"))


@pytest.fixture
async def own_desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    async with workspace(own_data, articles) as running:
        yield running


@pytest.fixture
async def approval_desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    """Return a workspace in which every answer waits for a reviewer."""
    async with workspace(own_data, articles, channels=APPROVAL) as running:
        yield running
