#!/usr/bin/env bash
# Build the image and test it with podman, in a storage of its own. Without BASE, the base is Debian 13 from Debian's archive.
# KEEP=1 keeps the storage in .image/, so that the next run begins with what this one has built.
set -euo pipefail
cd "$(dirname "$0")/../.."
for program in podman runc; do
  command -v "$program" >/dev/null || { echo "skipped: on Debian, apt-get install podman runc mmdebstrap"; exit 0; }
done
folder=$PWD/.image
mkdir -p "$folder"
begun=$SECONDS

finish() {
  podman rm --all --force >/dev/null 2>&1 || true
  if [[ -z ${KEEP:-} ]]; then
    podman rmi --all --force >/dev/null 2>&1 || true
    # As root podman mounts its storage on itself.
    umount --quiet "$folder/store/overlay" 2>/dev/null || true
    podman unshare rm -rf "$folder" 2>/dev/null || rm -rf "$folder" || true
  fi
}
trap finish EXIT

# Limits no higher than those of this process, which may lack the right to raise them; runc, because crun does not start
# where both versions of control groups are mounted.
printf '[storage]\ndriver = "overlay"\nrunroot = "%s/run"\ngraphroot = "%s/store"\n' "$folder" "$folder" >"$folder/storage.conf"
printf '[containers]\ndefault_ulimits = ["nofile=%s:%s", "nproc=%s:%s"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' \
  1024 1024 1024 1024 >"$folder/containers.conf"
export CONTAINERS_STORAGE_CONF=$folder/storage.conf CONTAINERS_CONF=$folder/containers.conf

if [[ -z ${BASE:-} ]]; then
  export BASE=localhost/citedesk-test-base:trixie
  if ! podman image exists "$BASE"; then
    mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates \
      --aptopt='APT::Install-Recommends "false"' trixie "$folder/base.tar"
    podman import --quiet "$folder/base.tar" "$BASE"
    rm "$folder/base.tar"
  fi
  echo "base: $((SECONDS - begun)) s"
fi

export TAG=localhost/citedesk:test CITEDESK_TEST_IMAGE=localhost/citedesk:test
build=$SECONDS
BUILD_ARGS="--network host --isolation oci ${BUILD_ARGS:-}" deploy/container/build.sh >"$folder/build.log" 2>&1 || { tail -30 "$folder/build.log"; exit 1; }
echo "image: $((SECONDS - build)) s"
podman history --format '{{.Size}}\t{{.CreatedBy}}' "$TAG" | grep -v '^0 B' | cut -c 1-90
podman image inspect --format '{{.Size}} bytes in all' "$TAG"
"${PYTEST:-.venv/bin/pytest}" -q -s tests/image
echo "$((SECONDS - begun)) s in all"
