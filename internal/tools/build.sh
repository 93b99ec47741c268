#!/bin/sh
# Builds marsad and shows progress while a first build takes minutes.
# usage: build.sh OUTPUT
set -eu
out=$1
mkdir -p "$(dirname "$out")"
build() { CGO_ENABLED=0 go build -trimpath -buildvcs=auto -o "$out" "$@" ./cmd/marsad; }

if [ ! -t 1 ]; then
	build
	exit
fi
if [ ! -x "$out" ]; then
	echo "  Building marsad: the first time 1 to 6 minutes on 2 cores, later a second."
	echo "  fetching modules …"
	go mod download
fi
total=$(go list -deps ./cmd/marsad | wc -l)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# -v prints each package as it is compiled; errors go the same way.
if build -v 2>&1 | tee "$log" | awk -v total="$total" '{n++; printf "\r  compiled %d of at most %d packages …", n, total} END {if (n) printf "\r%60s\r", ""}' && [ -x "$out" ] && ! grep -q '^#' "$log"; then
	exit 0
fi
cat "$log" >&2
exit 1
