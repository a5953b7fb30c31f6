"""`citedesk index worker` as a process of its own, which can be killed or frozen in the middle of a build."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.held_site import HeldSite


@asynccontextmanager
async def index_worker(
    data_dir: Path, site: HeldSite, store_url: str = "", port: int = 0
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the command over the index of `site` while the body runs, then kill it if it still runs."""
    environment = os.environ | {
        "CITEDESK_STORE__URL": store_url,
        "CITEDESK_DELIVERY__LEASE_S": "1",
        "CITEDESK_DELIVERY__POLL_S": "0.2",
        "CITEDESK_SERVER__PORT": str(port),
        "CITEDESK_INDEX__PATHS": f'["{site.page}"]',
        "CITEDESK_INDEX__FETCH_DELAY_S": "0",
        "CITEDESK_INDEX__PRIVATE_HOSTS": '["127.0.0.1"]',
        "CITEDESK_INDEX__REFETCH_S": "0",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-c", "from bot.cli.main import main; main()", "index", "worker"]
    process = await asyncio.create_subprocess_exec(*command, "--data-dir", str(data_dir), env=environment, cwd=data_dir)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
