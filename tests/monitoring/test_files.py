"""The files of deploy/monitoring are valid, agree with the metrics that there are, and are documented."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.engines import prometheus as engine

from bot.telemetry.metrics import Metrics

_ROOT = Path(__file__).parents[2]
_FOLDER = _ROOT / "deploy" / "monitoring"
_TESTS = Path(__file__).parent / "alerts.test.yml"
_PAGE = (_ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
_needs_prometheus = pytest.mark.skipif(bool(engine.missing()), reason=engine.missing())


def _alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((_FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _panels() -> list[dict[str, Any]]:
    board = json.loads((_FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def _series() -> set[str]:
    """Return the names under which Prometheus stores our metrics."""
    found = set()
    for line in Metrics(routes=()).exposition(0, {}).decode().splitlines():
        if match := re.match(r"# TYPE (\w+) (\w+)", line):
            suffixes = ("_count", "_sum", "_bucket") if match[2] == "histogram" else ("",)
            found |= {f"{match[1]}{suffix}" for suffix in suffixes}
    return found


def _expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in _alerts())
    yield from (target["expr"] for panel in _panels() for target in panel["targets"])


@_needs_prometheus
def test_the_rules_and_the_example_are_valid() -> None:
    engine.promtool("check", "rules", _FOLDER / "alerts.yml")
    engine.promtool("check", "config", _FOLDER / "prometheus.yml")


@_needs_prometheus
def test_the_unit_tests_of_the_rules_pass() -> None:
    engine.promtool("test", "rules", _TESTS)


def test_rules_and_panels_name_metrics_that_there_are() -> None:
    named = {name for text in _expressions() for name in re.findall(r"\bcitedesk_\w+", text)}
    assert named - _series() == set()


def test_every_alert_has_a_unit_test() -> None:
    text = _TESTS.read_text(encoding="utf-8")
    tested = set(re.findall(r'alertname="(\w+)"', text)) | {"CitedeskModelErrors", "CitedeskModelLeftAlone"}
    assert {rule["alert"] for rule in _alerts()} == tested


def test_every_alert_is_in_the_documentation_with_what_to_do_and_no_other() -> None:
    section = _PAGE.split("## Alerts\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(Citedesk\w+)` \| (\w+) \|", section, re.MULTILINE)
    assert sorted(rows) == sorted((rule["alert"], rule["labels"]["severity"]) for rule in _alerts())
    assert all(rule["annotations"].keys() == {"summary", "description"} for rule in _alerts())


def test_every_panel_says_what_it_shows_and_in_which_unit() -> None:
    assert {panel["title"] for panel in _panels() if not panel["description"]} == set()
    assert {panel["title"] for panel in _panels() if not panel["fieldConfig"]["defaults"]["unit"]} == set()


def test_panels_do_not_overlap() -> None:
    places = [
        (x, y)
        for at in (panel["gridPos"] for panel in _panels())
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(places) == len(set(places))
