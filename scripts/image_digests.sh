#!/bin/sh
# Writes the images that docker-compose.yaml pulls, with the digests that their tags have now, as a file of variables for docker
# compose. Needs docker with buildx, and the registries. If one has no digest, nothing is written.
#
#   scripts/image_digests.sh images.env
#   docker compose --env-file .env --env-file images.env up --build --detach
set -eu
out=$1
grep -oE '\$\{[A-Z]+_IMAGE:-[^}]+\}' docker-compose.yaml | sed -E 's/\$\{([A-Z]+_IMAGE):-([^}]+)\}/\1 \2/' |
  grep -v ':local$' | sort -u | while read -r name image; do
  digest=$(docker buildx imagetools inspect "$image" --format '{{json .Manifest.Digest}}' | tr -d '"')
  case $digest in sha256:????????????????????????????????????????????????????????????????) ;; *) echo "$image: no digest" >&2; exit 1 ;; esac
  echo "$name=$image@$digest"
done > "$out.part" || exit 1
test -s "$out.part"
mv "$out.part" "$out"
cat "$out"
