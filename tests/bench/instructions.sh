#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# instructions.sh PROGRAM BENCH.md: counts the instructions of the program's datagrams by callgrind and compares them
# with the table in the document. Each datagram travels alone: how many meet depends on how busy the machine is, and
# what one alone costs does not.
set -euo pipefail

program=$1 document=$2
tolerance=10    # per cent
bad=0

# shellcheck source=tests/bench/callgrind.sh
. "$(dirname "$0")/callgrind.sh"

for function in wsk_send_to wsk_dgram_received; do
    said=$(sed -n "s/^| \`$function\` .*| \([0-9]*\) |\$/\1/p" "$document")
    is=$(($(count "$program" $function) / datagrams))
    echo "$function: $is instructions a datagram, the document says ${said:-nothing}"
    [ -n "$said" ] || { bad=1; continue; }
    [ $((is * 100)) -le $((said * (100 + tolerance))) ] || bad=1
    # A document that says too much is found, too.
    [ $((is * 100)) -ge $((said * (100 - tolerance))) ] || bad=1
done
exit $bad
