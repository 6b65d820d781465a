# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# callgrind.sh - sourced by the scripts that count instructions. Makes $folder, which goes with the script.
command -v valgrind >/dev/null || { echo "valgrind is missing"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

export datagrams=4000 # that wsk/test_steady.c sends one by one

# count PROGRAM FUNCTION [WITHOUT]: instructions of all datagrams inside the function, what it calls included, but for
# another function in it.
count() {
    local toggles=(--toggle-collect="$2")
    [ -z "${3:-}" ] || toggles+=(--toggle-collect="$3")
    valgrind --tool=callgrind --callgrind-out-file="$folder/out" "${toggles[@]}" "$1" alone \
        >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
    sed -n 's/.*Collected : //p' "$folder/log"
}
