#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# system_calls.sh PROGRAM [MODE]: counts, by strace, the system calls of the datagrams that wsk/test_steady.c sends one by one.
# A datagram may cost what moves it (sendmsg, recvmmsg, and the loop's wait), and what the driver's own waits cost
# (futex); whatever else the process calls belongs to its start and end, of which there are few.
set -euo pipefail

program=$1 mode=${2:-alone}
datagrams=4000
few=600 # for a start and an end: mapping libraries, opening sockets, making threads
bad=0

command -v strace >/dev/null || { echo "strace is missing"; exit 77; }
strace -o /dev/null true 2>/dev/null || { echo "strace may not trace here"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

strace -f -c -o "$folder/calls" "$program" "$mode" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
cat "$folder/calls"

calls() {
    awk -v name="$1" '$NF == name { print $4; found = 1 } END { if (!found) print 0 }' "$folder/calls"
}

# allowed NAME MOST: no more than so many.
allowed() {
    local is
    is=$(calls "$1")
    [ "$is" -le "$2" ] && return
    echo "$1: $is calls for $datagrams datagrams, at most $2 are allowed"
    bad=1
}

allowed sendmsg $((datagrams + few))
# The second finds that no more has come.
allowed recvmmsg $((2 * datagrams + few))
[ "$(calls sendmsg)" -ge "$datagrams" ] || { echo "the datagrams were not sent one by one"; bad=1; }

others=$(awk '$4 ~ /^[0-9]+$/ && $NF !~ /^(total|sendmsg|recvmmsg|epoll_pwait|futex)$/ { sum += $4 } END { print sum + 0 }' \
             "$folder/calls")
echo "others: $others"
[ "$others" -le $few ] || { echo "more than $few calls of other kinds: some are made for each datagram"; bad=1; }
exit $bad
