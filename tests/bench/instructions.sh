#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# instructions.sh PROGRAM BENCH.md: counts the instructions of the program's datagrams by callgrind and compares them
# with the table in the document. Each datagram travels alone: how many meet depends on how busy the machine is, and
# what one alone costs does not.
set -euo pipefail

program=$1 document=$2
datagrams=4000 # that wsk/test_steady.c sends one by one
tolerance=10    # per cent
bad=0

command -v valgrind >/dev/null || { echo "valgrind is missing"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# count function: instructions a datagram inside the function, what it calls included.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$folder/out" --toggle-collect="$1" "$program" alone \
        >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
    sed -n 's/.*Collected : //p' "$folder/log" | awk -v n=$datagrams '{ printf "%d", $1 / n }'
}

for function in wsk_send_to wsk_dgram_received; do
    said=$(sed -n "s/^| \`$function\` .*| \([0-9]*\) |\$/\1/p" "$document")
    is=$(count $function)
    echo "$function: $is instructions a datagram, the document says ${said:-nothing}"
    [ -n "$said" ] || { bad=1; continue; }
    [ $((is * 100)) -le $((said * (100 + tolerance))) ] || bad=1
    # A document that says too much is found, too.
    [ $((is * 100)) -ge $((said * (100 - tolerance))) ] || bad=1
done
exit $bad
