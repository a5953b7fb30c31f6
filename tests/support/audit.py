"""Look up known vulnerabilities of every pinned package: `make audit`.

Exit status 1 if one has any. Where PyPI's database cannot be reached, or knows none of the packages (as behind some
mirrors), the audit is skipped, and the last line says so.
"""

import json
import subprocess
import sys
from typing import Any

_TIMEOUT_S = 600


def main() -> int:
    """Audit constraints.txt; return the exit status."""
    found = _dependencies()
    audited = [one for one in found if "skip_reason" not in one]
    vulnerable = [one for one in audited if one["vulns"]]
    for one in vulnerable:
        for known in one["vulns"]:
            print(f"{one['name']} {one['version']}: {known['id']}, fixed in {', '.join(known['fix_versions']) or '?'}")
    if not audited:
        print("audit skipped: the database of vulnerabilities cannot be reached, or knows none of the packages")
    else:
        print(f"{len(audited)} of {len(found)} packages audited, {len(vulnerable)} of them with known vulnerabilities")
    return bool(vulnerable)


def _dependencies() -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "pip_audit", "--requirement", "constraints.txt", "--no-deps", "--disable-pip",
               "--progress-spinner", "off", "--format", "json"]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)  # noqa: S603
        return list(json.loads(done.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return []


if __name__ == "__main__":
    sys.exit(main())
