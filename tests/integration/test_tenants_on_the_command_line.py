"""Commands with `--tenant`, run as a person runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_SETTINGS = """
[tenants.acme]
ids = ["T0ACME"]
[tenants.acme.index]
paths = ["acme"]
[tenants.acme.access]
reviewers = ["U1"]
[tenants.T0BETA.index]
paths = ["beta"]
[tenants.gamma.index]
paths = ["not-there"]
"""


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from bot.cli.main import main; main()", *arguments]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(  # noqa: S603 - our own command
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = tmp_path_factory.mktemp("tenants")
    (own / "citedesk.toml").write_text(_SETTINGS)
    for name, days in (("acme", 31), ("beta", 47)):
        (own / name).mkdir()
        (own / name / "payouts.md").write_text(f"# Payouts\n\n## Time\n\nA payout takes {days} working days.\n")
    built = _run(own, "index", "build")
    assert built.returncode == 1
    assert built.stdout.count("1 documents seen, 1 indexed") == 2
    assert "no new index for gamma; the others are built" in built.stderr
    return own


@pytest.mark.parametrize(("name", "days"), [("acme", 31), ("T0ACME", 31), ("T0BETA", 47)])
def test_a_question_is_answered_from_the_documents_of_the_named_tenant(folder: Path, name: str, days: int) -> None:
    told = _run(folder, "ask", "How many working days does a payout take?", "--tenant", name)
    assert f"{days} working days" in told.stdout


def test_without_a_name_a_command_is_about_the_top_level_which_has_nothing(folder: Path) -> None:
    told = _run(folder, "ask", "How many working days does a payout take?", "--json")
    assert (told.returncode, "no index yet" in told.stderr, "--tenant a tenant" in told.stderr) == (1, True, True)
    assert "no index" in _run(folder, "index", "status").stderr


def test_a_name_without_a_table_is_told(folder: Path) -> None:
    told = _run(folder, "search", "payout", "--tenant", "delta")
    assert told.returncode == 2
    assert "there is no table [tenants.delta] in the settings; there are: acme, T0BETA, gamma" in told.stderr


def test_doctor_checks_every_tenant(folder: Path) -> None:
    told = _run(folder, "doctor").stdout
    assert "ok    index of acme: 1 documents" in told
    assert "ok    people of acme" not in told
    assert "people of acme: not set: tenants.acme.access.admins" in told
    assert "FAIL  index of gamma" in told
