"""Compare the image's packages with known vulnerabilities: `scan.py PIP_AUDIT REQUIREMENTS`.

Exit 1 if one is found. What could not be looked up is said; it is no finding.
"""

import json
import subprocess
import sys


def main() -> int:
    """Run pip-audit, print what it found, and return the exit status."""
    program, requirements = sys.argv[1:3]
    options = ["--format=json", "--progress-spinner=off", "--disable-pip", "--require-hashes", "--timeout=20"]
    command = [program, *options, "--requirement", requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - named by the Makefile
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        # pip-audit writes no list if it cannot connect, and then its last line names the error.
        print(f"skipped: the database of vulnerabilities cannot be reached: {(done.stderr.splitlines() or ['?'])[-1]}")
        return 0
    found = [(package, hole) for package in packages for hole in package.get("vulns", [])]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    for package, hole in found:
        mended = ", ".join(hole["fix_versions"]) or "no version"
        print(f"{package['name']} {package['version']}: {hole['id']}, mended in {mended}")
    if unknown:
        print(f"not checked, for the database does not answer or know them: {len(unknown)} of {len(packages)} packages")
    print(f"{len(packages) - len(unknown)} packages checked, {len(found)} vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
