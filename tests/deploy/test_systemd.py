"""The systemd units: systemd takes them, and finds little that they expose."""

import shutil
import subprocess
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
_UNITS = sorted(_FOLDER.glob("*.service")) + sorted(_FOLDER.glob("*.timer"))
_EXPOSED_AT_MOST = 2.0

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


def _asked(*arguments: str) -> str:
    asked = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return asked.stdout + asked.stderr


@pytest.mark.parametrize("unit", _UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    for each in _UNITS:
        # The program is not installed where the tests run.
        text = each.read_text(encoding="utf-8").replace("/opt/citedesk/bin/citedesk", shutil.which("true") or "")
        (tmp_path / each.name).write_text(text, encoding="utf-8")
    complaints = [line for line in _asked("verify", str(tmp_path / unit.name)).splitlines() if "citedesk" in line]
    assert complaints == []


@pytest.mark.parametrize("unit", [unit for unit in _UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_the_service_exposes_little(unit: Path) -> None:
    rated = _asked("security", "--offline=yes", "--no-pager", str(unit)).strip().splitlines()[-1]
    assert float(rated.partition("citedesk")[2].split(":")[1].split()[0]) <= _EXPOSED_AT_MOST
