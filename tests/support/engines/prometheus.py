"""A real Prometheus on loopback, from Debian's package `prometheus`."""

import json
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_START_S = 20.0
_EVERY = "500ms"


def missing() -> str:
    """Return why there is no Prometheus here; "" if there is one."""
    if shutil.which("prometheus") and shutil.which("promtool"):
        return ""
    return "prometheus and promtool are not installed (Debian: apt-get install prometheus)"


def promtool(*arguments: str | Path) -> str:
    """Run promtool and return what it prints. Raises AssertionError with that if it fails."""
    command = ["promtool", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - of ours
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an instant query. Raises urllib's HTTPError for a wrong one."""
        data: list[dict[str, Any]] = self._asked("query", {"query": expression})["result"]
        return data

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire."""
        alerts = self._asked("alerts", {})["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def _asked(self, what: str, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
        address = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(values)}"
        with urllib.request.urlopen(address, timeout=10) as response:  # noqa: S310 - of ours
            return json.load(response)["data"]


@contextmanager
def prometheus(folder: Path, rules: Path, targets: Sequence[str]) -> Iterator[Prometheus]:
    """Scrape these addresses as the job "citedesk" while the body runs.

    The rules are used with their expressions as they are, but without their `for`: what is true fires at once.
    """
    groups = yaml.safe_load(rules.read_text(encoding="utf-8"))
    for rule in (rule for group in groups["groups"] for rule in group["rules"]):
        rule.pop("for", None)
    (folder / "rules.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    config = {
        "global": {"scrape_interval": _EVERY, "scrape_timeout": _EVERY, "evaluation_interval": _EVERY},
        "rule_files": [str(folder / "rules.yml")],
        "scrape_configs": [{"job_name": "citedesk", "static_configs": [{"targets": list(targets)}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    port = _free_port()
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:  # noqa: S603
        try:
            yield _ready(Prometheus(f"http://127.0.0.1:{port}"), process)
        finally:
            process.terminate()
            process.wait(_START_S)


def _ready(server: Prometheus, process: "subprocess.Popen[bytes]") -> Prometheus:
    end = time.monotonic() + _START_S
    while True:
        try:
            with urllib.request.urlopen(f"{server.url}/-/ready", timeout=1):  # noqa: S310 - of ours
                return server
        except OSError:
            if time.monotonic() > end or process.poll() is not None:
                raise
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
