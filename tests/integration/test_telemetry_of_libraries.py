"""ONNX Runtime sends nothing to its makers: it would first write an identifier of this machine into the home folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ASK = """
import sys
from pathlib import Path
{before}
from support.models import shared_embedder
shared_embedder().embed(["ready"])
"""
# These switch it off as well, so a test would pass because of them.
_SWITCHES = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME")


def _left_in_home(home: Path, before: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if name not in _SWITCHES}
    folders = os.pathsep.join(str(folder) for folder in (Path(__file__).parents[2], Path(__file__).parents[1]))
    subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", _ASK.format(before=before)],
        env=environment | {"HOME": str(home), "PYTHONPATH": folders},
        check=True,
        timeout=120,
    )
    return [str(file.relative_to(home)) for file in home.rglob("*") if file.is_file()]


def test_to_embed_a_text_leaves_no_trace_in_the_home_folder(tmp_path: Path) -> None:
    assert _left_in_home(tmp_path, "") == []


def test_the_test_would_notice(tmp_path: Path) -> None:
    loaded_first = "import onnxruntime"
    left = _left_in_home(tmp_path, loaded_first)
    if not left:
        pytest.skip("this build of ONNX Runtime has no telemetry")
    assert any("onnxruntime" in name for name in left)
