"""The manifest of the app against Microsoft's published schema, by the validator of Microsoft's toolkit."""

import json
import os
import subprocess
from pathlib import Path

import pytest

_MANIFEST = Path(__file__).parents[2] / "deploy" / "teams" / "manifest.json"
_PLAYGROUND = os.environ.get("CITEDESK_TEST_PLAYGROUND", "")
_CHECK = """
const { readFileSync } = require("node:fs");
const [manifest, schema] = process.argv.slice(1).map((path) => JSON.parse(readFileSync(path, "utf8")));
const ajv = new (require("ajv-draft-04"))({ allErrors: true, strict: false });
require("ajv-formats")(ajv);
const valid = ajv.validate(schema, manifest);
console.log(JSON.stringify(valid ? [] : ajv.errors.map((error) => `${error.instancePath} ${error.message}`)));
"""

pytestmark = pytest.mark.skipif(not _PLAYGROUND, reason="make test-teams fetches the schema")


def _versions(modules: Path) -> dict[tuple[int, ...], Path]:
    folders = (modules / "@microsoft" / "app-manifest" / "build" / "json-schemas" / "teams").glob("v[0-9]*")
    return {
        tuple(int(part) for part in folder.name[1:].split(".")): folder / "MicrosoftTeams.schema.json"
        for folder in folders
    }


def test_the_manifest_is_valid_by_the_newest_published_schema(tmp_path: Path) -> None:
    modules = Path(_PLAYGROUND).parents[2]
    version, schema = max(_versions(modules).items())
    manifest = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    assert manifest["manifestVersion"] == ".".join(map(str, version))
    assert _errors(modules, _MANIFEST, schema) == []
    broken = tmp_path / "manifest.json"
    broken.write_text(json.dumps(manifest | {"accentColor": "green", "supportsChannelFeatures": "all"}))
    assert len(_errors(modules, broken, schema)) == 2, "the validator does see what is wrong"


def _errors(modules: Path, manifest: Path, schema: Path) -> list[str]:
    command = ["node", "-e", _CHECK, str(manifest), str(schema)]
    ran = subprocess.run(command, cwd=modules.parent, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603 - a fixed command
    return list(json.loads(ran.stdout))
