#!/usr/bin/env bash
# Build the image with podman, buildah or docker. docs/container.md names the variables.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
arguments=(
  --file deploy/container/Containerfile --tag "${TAG:-localhost/citedesk:$version}"
  --build-arg "VERSION=$version" --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)"
  --secret "id=pip,src=$work/pip.conf" --secret "id=certificates,src=$work/certificates"
)
[[ -n ${BASE:-} ]] && arguments+=(--build-arg "BASE=$BASE")
[[ -n ${WHEEL_BASE:-} ]] && arguments+=(--build-arg "WHEEL_BASE=$WHEEL_BASE")
[[ -n ${PLATFORM:-} ]] && arguments+=(--platform "$PLATFORM")
if [[ -n ${WHEEL:-} ]]; then
  mkdir -p "$work/context/dist"
  cp "$WHEEL" "$work/context/dist/"
  arguments+=(--build-context "wheel=$work/context")
fi
umask 077
python3 deploy/container/pip_settings.py "$work" >"$work/folders"

if command -v podman >/dev/null; then
  engine=(podman build)
elif command -v buildah >/dev/null; then
  engine=(buildah build)
elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then
  engine=(docker buildx build --load)
else
  echo "make image needs podman, buildah or docker" >&2
  exit 1
fi
if [[ ${engine[0]} != docker ]]; then
  # The format of OCI has no health check.
  arguments+=(--format docker --layers --timestamp "$(git log -1 --format=%ct 2>/dev/null || echo 0)")
  while read -r folder; do [[ -n $folder ]] && arguments+=(--volume "$folder:$folder:ro"); done <"$work/folders"
fi
# BUILD_ARGS may name several arguments, parted by spaces.
# shellcheck disable=SC2086
"${engine[@]}" "${arguments[@]}" ${BUILD_ARGS:-} .
