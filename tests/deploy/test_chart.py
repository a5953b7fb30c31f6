"""The Helm chart, rendered by Helm's own library: valid Kubernetes, least privilege, and words for what is missing."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

helm = pytest.importorskip("helm_python", reason="the Helm library is not installed: pip install helm-python-sdk")
kubernetes_validate = pytest.importorskip("kubernetes_validate")

_CHART = Path(__file__).parents[2] / "deploy" / "helm" / "citedesk"
_NEEDED: Mapping[str, Any] = {
    "image": {"repository": "registry.example/citedesk"},
    "secrets": {"existingSecret": "citedesk"},
}
_REPLICAS: Mapping[str, Any] = {
    **_NEEDED,
    "database": True,
    "replicas": 3,
    "settings": '[snapshots]\nurl = "s3://bucket/snapshots"\n',
    "reindex": {"schedule": "30 4 * * *"},
    "backup": {"existingClaim": "backups", "schedule": "20 3 * * *"},
    "autoscaling": {"enabled": True},
    "documents": {"existingClaim": "documents"},
    "ingress": {"enabled": True, "host": "bot.example.com", "tlsSecret": "tls", "className": "nginx"},
    "networkPolicy": {"ingressFrom": [{"podSelector": {}}], "metricsFrom": [{"namespaceSelector": {}}]},
    "metrics": {"podMonitor": {"enabled": True}, "rules": {"enabled": True}},
}
_OLDEST, _NEWEST = "1.27", "1.35"
# Of an operator that is not part of Kubernetes, so its schemas are elsewhere.
_OF_PROMETHEUS = {"PodMonitor", "PrometheusRule"}


def _rendered(values: Mapping[str, Any], release: str = "support") -> list[dict[str, Any]]:
    with helm.Chart.load(str(_CHART)) as chart:
        chart.validate_schema(dict(values))
        texts = chart.render(dict(values), name=release, namespace="help")
    files = [text for name, text in texts.items() if name.endswith(".yaml")]
    return [found for text in files for found in yaml.safe_load_all(text) if found]


def _pods(values: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for found in _rendered(values):
        spec = found.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield f"{found['kind']} {found['metadata']['name']}", spec["template"]["spec"]


def test_helm_finds_nothing_to_mend_in_the_chart() -> None:
    with helm.Chart.load(str(_CHART)) as chart:
        chart.validate_schema(dict(_NEEDED))
    errors = [one for one in helm.lint(str(_CHART))["messages"] if one["severity"] >= 3]
    assert errors == []


@pytest.mark.parametrize("version", [_OLDEST, _NEWEST])
@pytest.mark.parametrize("values", [_NEEDED, _REPLICAS], ids=["one process", "replicas"])
def test_everything_is_valid_for_old_and_new_kubernetes(values: Mapping[str, Any], version: str) -> None:
    for found in _rendered(values):
        if found["kind"] not in _OF_PROMETHEUS:
            kubernetes_validate.validate(found, version, strict=True)


@pytest.mark.parametrize("values", [_NEEDED, _REPLICAS], ids=["one process", "replicas"])
def test_every_pod_runs_with_the_least_that_it_needs(values: Mapping[str, Any]) -> None:
    pods = dict(_pods(values))
    assert len(pods) == (1 if values is _NEEDED else 5)
    for pod in pods.values():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"limits", "requests"} <= container["resources"].keys()


def test_an_upgrade_is_prepared_with_the_settings_of_the_new_release() -> None:
    hooks = [found for found in _rendered(_REPLICAS) if "helm.sh/hook" in found["metadata"].get("annotations", {})]
    settings, job = sorted(hooks, key=lambda found: str(found["kind"]))
    volumes = {volume["name"]: volume for volume in job["spec"]["template"]["spec"]["volumes"]}
    assert volumes["settings"]["configMap"]["name"] == settings["metadata"]["name"]
    assert settings["data"]["citedesk.toml"].strip() == _REPLICAS["settings"].strip()
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["store", "upgrade"]


def test_no_secret_is_a_variable() -> None:
    text = yaml.safe_dump_all(_rendered(_REPLICAS))
    assert "secretKeyRef" not in text
    assert "envFrom" not in text


def test_one_process_is_replaced_and_several_are_rolled() -> None:
    strategies = {}
    for name, values in (("one", _NEEDED), ("several", _REPLICAS)):
        (serve,) = (
            f for f in _rendered(values) if f["kind"] == "Deployment" and f["metadata"]["name"].endswith("desk")
        )
        strategies[name] = serve["spec"]["strategy"]
    assert strategies == {
        "one": {"type": "Recreate"},
        "several": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
    }


def test_only_the_paths_of_the_chat_products_lead_in() -> None:
    (ingress,) = (found for found in _rendered(_REPLICAS) if found["kind"] == "Ingress")
    assert [path["path"] for path in ingress["spec"]["rules"][0]["http"]["paths"]] == ["/slack", "/api/messages"]


def test_nobody_reaches_a_pod_unless_it_is_said_who_may() -> None:
    policies = {
        name: next(found["spec"] for found in _rendered(values) if found["kind"] == "NetworkPolicy")
        for name, values in (("one", _NEEDED), ("several", _REPLICAS))
    }
    assert policies["one"]["policyTypes"] == ["Ingress", "Egress"]
    assert not policies["one"]["ingress"]
    assert [rule["ports"] for rule in policies["several"]["ingress"]] == [[{"port": "http"}], [{"port": "metrics"}]]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"secrets": {"existingSecret": "citedesk"}}, "image.repository is missing"),
        ({"image": {"repository": "r"}}, "secrets.existingSecret is missing"),
        ({**_NEEDED, "replicas": 2}, "several replicas need PostgreSQL"),
        ({**_NEEDED, "autoscaling": {"enabled": True}}, "autoscaling needs PostgreSQL"),
        ({**_NEEDED, "ingress": {"enabled": True}}, "ingress.host is missing"),
        ({**_NEEDED, "database": True, "settings": "[llm]\n"}, "pods with a database share no volume"),
        ({**_NEEDED, "reindex": {"schedule": "@daily"}}, "schedules need database: true"),
        ({**_REPLICAS, "backup": {"schedule": "@daily"}}, "backup.existingClaim is missing"),
        ({**_NEEDED, "replicaCount": 3}, "replicaCount"),
    ],
)
def test_what_is_missing_or_misspelt_is_said(values: Mapping[str, Any], says: str) -> None:
    with pytest.raises(helm.HelmError, match=says):
        _rendered(values)


def test_the_alert_rules_are_those_of_the_documentation() -> None:
    (rules,) = (found for found in _rendered(_REPLICAS) if found["kind"] == "PrometheusRule")
    written = yaml.safe_load((_CHART.parents[1] / "monitoring" / "alerts.yml").read_text(encoding="utf-8"))
    assert rules["spec"] == written
