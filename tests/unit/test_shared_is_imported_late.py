"""The client of the shared server is loaded only where an address is set."""

import subprocess
import sys


def test_a_process_without_an_address_does_not_load_the_client() -> None:
    lines = "import sys, bot.server, bot.cli.main; print(sorted(m for m in sys.modules if m.startswith('valkey')))"
    found = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)  # noqa: S603
    assert found.stdout.strip() == "[]"
