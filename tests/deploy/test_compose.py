"""The compose files: valid for Docker Compose, nothing open that should not be, and settings that Citedesk reads."""

import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

_FOLDER = Path(__file__).parents[2] / "deploy" / "compose"
_FILES = ("compose.yaml", "replicas/compose.yaml")
# The tool that knows the published schema.
_LINT = os.environ.get("CITEDESK_TEST_DCLINT", "")
# They are about order and quotes; and Caddy shall listen to everybody.
_RULES_LEFT_OUT = (
    "require-quotes-in-ports", "service-keys-order", "no-quotes-in-volumes", "no-unbound-port-interfaces",
    "services-alphabetical-order", "top-level-properties-order",
)  # fmt: skip


def _services(file: str) -> Mapping[str, dict[str, Any]]:
    services: Mapping[str, dict[str, Any]] = yaml.safe_load((_FOLDER / file).read_text(encoding="utf-8"))["services"]
    return services


@pytest.mark.skipif(not _LINT, reason="dclint is not installed; `make test-deploy` does")
@pytest.mark.parametrize("file", _FILES)
def test_the_file_has_the_form_of_compose(file: str) -> None:
    command = [_LINT, str(_FOLDER / file), *(f"--disable-rule={rule}" for rule in _RULES_LEFT_OUT)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - as installed
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_runs_the_image_that_is_built_by_its_name() -> None:
    version = tomllib.loads((_FOLDER.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"localhost/citedesk:{version}" in (_FOLDER / "compose.yaml").read_text(encoding="utf-8")
    build = (_FOLDER.parent / "container" / "build.sh").read_text(encoding="utf-8")
    assert "localhost/citedesk:" in build
    for file in _FILES:
        images = {service["image"] for service in _services(file).values() if "CITEDESK_IMAGE" in service["image"]}
        assert images == {f"${{CITEDESK_IMAGE:-localhost/citedesk:{version}}}"}


@pytest.mark.parametrize("file", _FILES)
def test_what_runs_citedesk_can_write_its_volume_and_backups_only(file: str) -> None:
    ours = [service for service in _services(file).values() if "citedesk:" in service["image"]]
    assert len(ours) == (1 if file == "compose.yaml" else 2)
    for service in ours:
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        writable = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
        assert [volume.rpartition(":")[2] for volume in writable] == ["/var/lib/citedesk", "/backups"]


def test_only_the_proxy_listens_and_databases_have_no_way_out() -> None:
    written = yaml.safe_load((_FOLDER / "replicas/compose.yaml").read_text(encoding="utf-8"))
    services = written["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    assert written["networks"]["back"] == {"internal": True}
    assert {name for name, service in services.items() if service["networks"] == ["back"]} == {
        "postgres", "valkey", "storage", "bucket",
    }  # fmt: skip
    assert _services("compose.yaml")["citedesk"]["ports"] == ["127.0.0.1:8080:8080"]


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed: apt-get install caddy")
def test_caddy_takes_its_file() -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(_FOLDER / "replicas" / "Caddyfile")]
    environment = os.environ | {"CITEDESK_HOST": "bot.example.com"}
    checked = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    assert "Valid configuration" in checked.stdout + checked.stderr


def _prepared(tmp_path: Path, file: str, *arguments: str) -> Path:
    shutil.copytree(_FOLDER, tmp_path / "compose", dirs_exist_ok=True)
    script = tmp_path / "compose" / file
    subprocess.run([str(script), *arguments], check=True, capture_output=True, text=True)  # noqa: S603 - our own
    return script.parent


def _is_root() -> bool:
    return os.geteuid() == 0


def test_what_is_prepared_is_private_and_never_written_again(tmp_path: Path) -> None:
    folder = _prepared(tmp_path, "prepare")
    (folder / "citedesk.toml").write_text("# mine\n")
    assert _prepared(tmp_path, "prepare") == folder
    assert (folder / "citedesk.toml").read_text() == "# mine\n"
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not _is_root(), reason="the script gives the secrets to the user of the container, as root")
def test_replicas_get_passwords_that_nobody_else_has(tmp_path: Path) -> None:
    folders = [_prepared(tmp_path / name, "replicas/prepare", "bot.example.com") for name in ("a", "b")]
    urls = [(folder / "secrets" / "citedesk" / "store.url").read_text() for folder in folders]
    assert urls[0] != urls[1]
    before = {file: file.read_bytes() for file in folders[0].rglob("*") if file.is_file()}
    _prepared(tmp_path / "a", "replicas/prepare", "bot.example.com")
    assert {file: file.read_bytes() for file in folders[0].rglob("*") if file.is_file()} == before
    secrets = [file for file in (folders[0] / "secrets").rglob("*") if file.is_file()]
    assert len(secrets) == 5
    assert [file for file in secrets if file.stat().st_mode & 0o077] == []
