#!/usr/bin/env bash
# Write a release into dist/: wheel, image, SBOM, checksums and their signature. `release.sh KEY`: a private key of SSH, or
# the public part of one that an agent holds.
set -euo pipefail
cd "$(dirname "$0")/../.."
key=$(realpath "${1:-}" 2>/dev/null || true)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

stop() {
  echo "make release: $*" >&2
  exit 1
}
[[ -f $key ]] || stop "KEY= must name the key that signs, as ssh-keygen makes it"
[[ -z $(git status --porcelain) ]] || stop "the checkout has changes that are not committed"
[[ $(git describe --exact-match --tags 2>/dev/null) == "v$version" ]] || stop "HEAD has no tag v$version, the version of pyproject.toml"
grep -qE "^## \[$version\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md || stop "CHANGELOG.md has no section '## [$version] - DATE'"
[[ ${BASE:-} == *@sha256:* || ${BASE:-} == localhost/* ]] || stop "BASE= must name the base by its digest, image@sha256:..."

make --no-print-directory wheel
wheel=$(echo dist/citedesk-"$version"-*.whl)
[[ -f $wheel ]] || stop "there is no wheel of version $version"
export TAG=localhost/citedesk:$version
WHEEL=$wheel make --no-print-directory image
case ${PLATFORM:-$(uname -m)} in
  *amd64 | x86_64) architecture=linux-amd64 ;;
  *arm64 | aarch64) architecture=linux-arm64 ;;
  *) stop "PLATFORM must be linux/amd64 or linux/arm64" ;;
esac
image=dist/citedesk-$version-$architecture.tar
case $(command -v podman buildah docker | head -1) in
  *podman) podman save --format docker-archive --output "$image" "$TAG" ;;
  *buildah) buildah push --quiet "$TAG" "docker-archive:$image:$TAG" ;;
  *) docker save --output "$image" "$TAG" ;;
esac
# Without a time in the header, equal images are equal files.
gzip --no-name --force "$image"
make --no-print-directory sbom
make --no-print-directory scan

cd dist
sha256sum citedesk-"$version"* >SHA256SUMS
rm -f SHA256SUMS.sig
ssh-keygen -q -Y sign -n citedesk-release -f "$key" SHA256SUMS
ls -l citedesk-"$version"* SHA256SUMS SHA256SUMS.sig
