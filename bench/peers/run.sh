#!/usr/bin/env bash
# Runs our policy engine and its peers on the same resources, one after the other, compares what they count for each of
# the policies of policies.json, and prints their speeds. Ends with 1 where counts differ.
#
#   bench/peers/run.sh                     20,000 resources of the 20 types that the policies are about
#   N=50000 TYPES=60 bench/peers/run.sh    of 60 types
#   J=2 bench/peers/run.sh                 OPA on two goroutines
#
# It needs Go, cargo, and the corpora of $AIRFIELD_SHARED, else ../shared seen from the project's root.
set -euo pipefail
cd "$(dirname "$0")/../.."
export AIRFIELD_SHARED="$(realpath "${AIRFIELD_SHARED:-../shared}")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
policies=$PWD/bench/peers/policies.json

go build -C bench/peers -o "$tmp/" ./resources ./aliases ./opa ./compare
cargo build --quiet --release --locked --manifest-path bench/peers/regorus/Cargo.toml
regorus=${CARGO_TARGET_DIR:-$PWD/bench/peers/regorus/target}/release/peer-regorus

"$tmp/aliases" -shared "$AIRFIELD_SHARED" -policies "$policies" >"$tmp/aliases.json"
"$tmp/resources" -n "${N:-20000}" -types "${TYPES:-20}" -seed "${SEED:-1}" >"$tmp/resources.jsonl"

results=()
"$tmp/opa" -resources "$tmp/resources.jsonl" -policies "$policies" -j "${J:-1}" >"$tmp/opa.json"
results+=("$tmp/opa.json")
"$tmp/opa" -plain -resources "$tmp/resources.jsonl" -policies "$policies" -j "${J:-1}" >"$tmp/opa-plain.json"
results+=("$tmp/opa-plain.json")
"$regorus" -shared "$AIRFIELD_SHARED" -aliases "$tmp/aliases.json" -policies "$policies" -resources "$tmp/resources.jsonl" >"$tmp/regorus.json"
results+=("$tmp/regorus.json")
if compgen -G "bench/policy/*.go" >/dev/null; then
	go run ./bench/policy -resources "$tmp/resources.jsonl" -policies "$policies" >"$tmp/airfield.json"
	results+=("$tmp/airfield.json")
fi
"$tmp/compare" -policies "$policies" "${results[@]}"
