#!/usr/bin/env bash
# Compare the image's packages with known vulnerabilities: `scan.sh PIP_AUDIT`.
set -uo pipefail
cd "$(dirname "$0")/../.."
found=$(mktemp)
trap 'rm -f "$found"' EXIT
"$1" --progress-spinner off --disable-pip --require-hashes --timeout 20 --requirement deploy/container/requirements.txt >"$found" 2>&1
status=$?
if grep -qE 'ConnectionError|Max retries|resolve|ServiceError|Connection refused|timed out' "$found"; then
  echo "skipped: the database of vulnerabilities cannot be reached, so nothing was checked"
  exit 0
fi
cat "$found"
exit "$status"
