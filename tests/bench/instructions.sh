#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# instructions.sh PROGRAM VERIFIED BENCH.md: counts the instructions of the datagrams of two programs by callgrind,
# wsk_test_steady and verify_test_cost, and compares them with the tables in the document. Each datagram travels alone:
# how many meet depends on how busy the machine is, and what one alone costs does not.
set -euo pipefail

program=$1 verified=$2 document=$3
tolerance=10    # per cent
bad=0

# shellcheck source=tests/bench/callgrind.sh
. "$(dirname "$0")/callgrind.sh"

# compare PROGRAM FUNCTION
compare() {
    local function=$2 said is
    said=$(sed -n "s/^| \`$function\` .*| \([0-9]*\) |\$/\1/p" "$document")
    is=$(($(count "$1" "$function") / datagrams))
    echo "$function: $is instructions a datagram, the document says ${said:-nothing}"
    [ -n "$said" ] || { bad=1; return; }
    [ $((is * 100)) -le $((said * (100 + tolerance))) ] || bad=1
    # A document that says too much is found, too.
    [ $((is * 100)) -ge $((said * (100 - tolerance))) ] || bad=1
}

compare "$program" wsk_send_to
compare "$program" wsk_dgram_received
compare "$verified" reused_send
compare "$verified" fresh_send
exit $bad
