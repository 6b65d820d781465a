#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# wskrun.sh CASE: one test of wskrun, in a process of its own. The program is $WSKRUN, the sources are below
# $SOURCE; `wskrun.sh list` prints the cases.
set -u

drivers=$SOURCE/tests/drivers
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out err=$scratch/err
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR"

fail() {
    printf '%s\n' "$*"
    for file in "$out" "$err"; do
        [ -e "$file" ] && { echo "--- $(basename "$file")"; cat "$file"; }
    done
    exit 1
}

# run STATUS argument...: wskrun with these arguments ends with this exit status, and cleans up after itself.
run() {
    local expected=$1 status=0
    shift
    "$WSKRUN" "$@" >"$out" 2>"$err" </dev/null || status=$?
    check_end "$expected" "$status"
}

check_end() {
    [ "$2" -eq "$1" ] || fail "exit status $2, not $1"
    grep -qE 'Sanitizer|runtime error' "$err" && fail 'a sanitizer has spoken'
    [ -z "$(ls -A "$TMPDIR")" ] || fail "left in TMPDIR: $(ls -A "$TMPDIR")"
}

# says FILE text: the file has the text. says_not: it has not. line_of: the line that a comment marks.
says() { grep -qF -- "$2" "$1" || fail "does not say: $2"; }
says_not() { grep -qF -- "$2" "$1" && fail "says: $2"; true; }
silent() { [ -s "$1" ] && fail "$(basename "$1") is not empty"; true; }

line_of() {
    local line
    line=$(grep -nF "/* $2" "$drivers/$1.c" | head -n 1)
    case $line in *'next line'*) echo $((${line%%:*} + 1)) ;; *) echo "${line%%:*}" ;; esac
}

# leaks DRIVER thing: the driver leaves that behind, at the line marked LEAK, and is told so once.
leaks() {
    run 1 --once "$drivers/$1.c" -I "$SOURCE/examples"
    says "$err" "WSK-V16: $1 left behind $2, made at DriverEntry ($1.c:$(line_of "$1" LEAK))"
    grep -vqE '^openwsk: WSK-V16: ' "$err" && fail 'a line without its rule'
    [ -z "$(sort "$err" | uniq -d)" ] || fail 'a line stands twice'
}

# start argument...: wskrun in the background, until the driver has said its first line.
start() {
    coproc RUN { exec "$WSKRUN" "$@" 2>"$err"; }
    pid=$RUN_PID
    exec 5<&"${RUN[0]}"
    read -r -t 60 _ <&5 || fail 'the driver says nothing'
}

# finish STATUS: what the driver said after the first line is in $out.
finish() {
    local status=0
    cat <&5 >"$out"
    wait "$pid" || status=$?
    check_end "$1" "$status"
}

# --- Runs that are clean -------------------------------------------------------------------------

case_once() {
    run 0 --once "$drivers/good_talk.c"
    says "$out" 'good_talk: entered, \Registry\Machine\System\CurrentControlSet\Services\good_talk'
    says "$out" 'good_talk: unloaded'
    silent "$err"
}

case_add_device() {
    run 0 --once "$drivers/good_add_device.c"
    says "$err" 'AddDevice, which is never called, is not implemented'
    silent "$out"
}

case_for() {
    run 0 --for 20ms "$drivers/good_talk.c"
    says "$out" 'good_talk: unloaded'
    silent "$err"
}

case_interrupt() {
    start "$drivers/good_talk.c"
    kill -INT "$pid"
    finish 0
    says "$out" 'good_talk: unloaded'
}

# A signal ends them all.
case_interrupt_repeated() {
    start --repeat 1000000 "$drivers/good_talk.c"
    kill -INT "$pid"
    finish 0
    [ "$(grep -c 'good_talk: unloaded' "$out")" -eq 1 ] || fail 'loaded again'
}

case_terminate() {
    start --for 1h "$drivers/good_talk.c"
    kill -TERM "$pid"
    finish 0
    says "$out" 'good_talk: unloaded'
}

case_parameters() {
    run 0 --once "$drivers/good_parameters.c" -- decimal=7007 hexadecimal=0x1F text='two words' \
        large=4294967296 empty=
    says "$out" 'decimal: REG_DWORD 7007'
    says "$out" 'hexadecimal: REG_DWORD 31'
    says "$out" "text: REG_SZ 'two words' 20"
    says "$out" "large: REG_SZ '4294967296' 22"
    says "$out" "empty: REG_SZ '' 2"
    says "$out" 'absent: status c0000034'
}

case_names() {
    run 0 --once "$drivers/good_names.c" -I "$SOURCE/examples"
    says "$out" 'good_names: received 5 bytes: mine'
    says "$out" 'good_names: 0 calls by others'
}

case_netio() {
    run 0 --once "$drivers/good_netio.c"
    says "$out" 'good_netio: loopback addresses: some'
    says "$out" 'good_netio: to 127.0.0.1 over the same interface from 7f000001'
    says "$out" 'good_netio: told'
    says "$out" 'good_netio: unloaded'
    silent "$err"
}

case_inline() {
    run 0 --once "$drivers/good_inline.c"
    says "$out" 'good_inline: 2 4 9 -4'
}

case_no_unload() {
    run 0 --once "$drivers/good_no_unload.c"
    says "$err" 'good_no_unload has no DriverUnload'
}

case_counters() {
    run 0 --once --counters "$drivers/good_names.c" -I "$SOURCE/examples"
    says "$err" 'datagram_sent '
    says_not "$err" 'drop_'
}

case_verbose() {
    run 0 --once -v "$drivers/good_talk.c"
    says "$err" '-fshort-wchar'
    says "$err" 'calling DriverEntry'
    says "$err" '0 findings'
}

case_compiler() {
    # A sanitizer's run time comes from one compiler.
    if [ -n "${SANITIZE:-}" ] || ! command -v gcc >/dev/null; then exit 77; fi
    CC=/nonexistent/compiler run 0 --once --cc gcc "$drivers/good_talk.c" \
        --cflags '-DUNUSED=1 -Wall'
}

# What source may test before it includes anything.
case_predefined() {
    cat >"$scratch/asks.c" <<'END'
#if !defined(_WIN32) || !defined(_WIN64) || !defined(_KERNEL_MODE) || !defined(_AMD64_)
#error "a macro of the Windows compilers is missing"
#endif
#include <wdm.h>
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS;
}
END
    run 0 --once "$scratch/asks.c"
}

case_keep() {
    local object
    "$WSKRUN" --once --keep "$drivers/good_talk.c" >"$out" 2>"$err" || fail 'not clean'
    object=$(sed -n 's/^wskrun: the driver is //p' "$err")
    [ -f "$object" ] || fail 'the driver was not kept'
    [ "$(nm -D --defined-only "$object" | awk '{ print $3 }' | grep -v '^__')" = DriverEntry ] ||
        fail "exports: $(nm -D --defined-only "$object")"
    "$WSKRUN" --once "$object" >"$out" 2>"$err" || fail 'the shared object does not run'
    says "$out" 'good_talk: unloaded'
    (cd "$(dirname "$object")" && "$WSKRUN" --once good_talk.so >"$out" 2>"$err") ||
        fail 'a shared object without a folder does not run'
}

# Also where wskrun itself is built with a sanitizer.
case_plain_object() {
    ${COMPILER:-cc} -fshort-wchar -fms-extensions -isystem "$SOURCE/include/openwsk/km" -fPIC -g -O2 \
        -shared -o "$scratch/good_talk.so" "$drivers/good_talk.c" || fail 'does not compile'
    run 0 --once "$scratch/good_talk.so"
    says "$out" 'good_talk: unloaded'
}

# Raw sockets need a right on Linux; a driver sees the status of Windows where it is missing.
case_ping_denied() {
    local status=0 without=()
    if [ "$(id -u)" -eq 0 ]; then without=(setpriv --bounding-set -net_raw); fi
    "${without[@]}" "$WSKRUN" --once "$SOURCE/examples/ping.c" >"$out" 2>"$err" || status=$?
    check_end 6 "$status"
    says "$out" 'ping: no raw socket: status c0000022'
    says "$err" 'STATUS_ACCESS_DENIED'
}

case_help() {
    run 0 --help
    says "$out" 'DRIVER'
    run 0 --version
    says "$out" 'wskrun (openwsk) '
}

# --- 1: findings ---------------------------------------------------------------------------------

case_leak_pool() {
    leaks bad_leak_pool "2 pool blocks of 200 bytes in all, tag 'Leak'"
    says "$err" "1 pool block of 50 bytes, tag 'Oher'"
    [ "$(wc -l <"$err")" -eq 2 ] || fail 'not two lines'
}

case_leak_irp() { leaks bad_leak_irp '1 IRP'; }
case_leak_mdl() { leaks bad_leak_mdl '1 MDL'; }
case_leak_locked_pages() { leaks bad_leak_locked_pages '1 MDL with locked pages'; }
case_leak_thread() { leaks bad_leak_thread '1 system thread'; }
case_leak_handle() { leaks bad_leak_handle '1 open handle'; }
case_leak_timer() { leaks bad_leak_timer '1 armed timer'; }
case_leak_device() { leaks bad_leak_device '1 device object'; }
case_leak_work_item() { leaks bad_leak_work_item '1 work item'; }
case_leak_lookaside() { leaks bad_leak_lookaside "1 lookaside list, tag 'List'"; }
case_leak_registration() { leaks bad_leak_registration '1 WSK registration'; }
case_leak_notification() { leaks bad_leak_notification '1 change notification'; }
case_leak_mib_table() { leaks bad_leak_mib_table '1 MIB table'; }
case_leak_npi() { leaks bad_leak_npi '1 captured provider NPI'; }

case_leak_socket() {
    run 1 --once "$drivers/bad_leak_socket.c" -I "$SOURCE/examples"
    says "$err" 'WSK-V16: bad_leak_socket left behind 1 socket, made at '
}

case_leak_indication() {
    run 1 --once "$drivers/bad_leak_indication.c" -I "$SOURCE/examples"
    says "$err" 'WSK-V16: bad_leak_indication left behind 1 retained datagram indication, made at Received'
}

case_quiet() {
    run 1 --once --quiet "$drivers/bad_leak_pool.c"
    silent "$err"
}

# --- 2: usage ------------------------------------------------------------------------------------

case_usage() {
    local arguments
    for arguments in '' '--nonsense x.c' '--for x.c' '--for 10 x.c' '--for -1s x.c' '--for 1parsec x.c' \
        'x.c -- novalue' 'x.c -- =5' '--once --for 1s x.c' '--unload-timeout 0s x.c'; do
        # shellcheck disable=SC2086
        run 2 $arguments
        silent "$out"
        says "$err" 'wskrun'
    done
}

# --- 3: cannot load ------------------------------------------------------------------------------

case_compile_error() {
    run 3 --once "$drivers/bad_syntax.c"
    says "$err" "bad_syntax.c:$(line_of bad_syntax HERE):"
    says "$err" 'error: expected expression'
}

# By the linker for source, by the library for a shared object.
case_missing_import() {
    local object=$scratch/bad_missing_import.so
    run 3 --once "$drivers/bad_missing_import.c"
    says "$err" KeDoWhatIMean
    says "$err" "bad_missing_import.c:$(line_of bad_missing_import HERE)"
    ${COMPILER:-cc} -fshort-wchar -fms-extensions -isystem "$SOURCE/include/openwsk/km" -fPIC -g -O2 \
        -w -shared -o "$object" "$drivers/bad_missing_import.c" || fail 'does not compile'
    run 3 --once "$object"
    says "$err" 'the import KeDoWhatIMean does not exist'
    if [ "$(uname -m)" = x86_64 ]; then
        says "$err" "used at DriverEntry (bad_missing_import.c:$(line_of bad_missing_import HERE))"
    fi
}

case_no_entry() {
    run 3 --once "$drivers/bad_no_entry.c"
    says "$err" 'does not export DriverEntry'
}

case_not_loadable() {
    local file
    run 3 --once "$drivers/absent.c"
    run 3 --once "$scratch/absent.so"
    says "$err" 'absent.so'
    echo 'no object' >"$scratch/text.so"
    run 3 --once "$scratch/text.so"
    run 3 --once driver.sys
    says "$err" 'cannot be run yet'
    for file in driver driver.txt .c; do
        run 3 --once "$file"
    done
    run 3 --once --cc /nonexistent/compiler "$drivers/good_talk.c"
    says "$err" /nonexistent/compiler
}

# --- 4: hang -------------------------------------------------------------------------------------

case_hang() {
    run 4 --once --unload-timeout 100ms "$drivers/bad_hang.c"
    says "$err" 'WSK-V28: the unload of bad_hang has not returned'
    says "$err" "1 pool block of 32 bytes, tag 'Hang', made at DriverEntry"
}

case_abort() {
    start --once "$drivers/bad_hang.c"
    kill -INT "$pid"
    finish 4
    says "$err" aborted
}

# --- 5 and 6 -------------------------------------------------------------------------------------

case_bug_check() {
    run 5 --once "$drivers/bad_bug_check.c"
    says "$out" 'bad_bug_check: now'
    says "$err" MANUALLY_INITIATED_CRASH
    says "$err" "bad_bug_check.c:$(line_of bad_bug_check HERE)"
}

case_entry_fails() {
    run 6 --once "$drivers/bad_entry_fails.c"
    says "$err" 'DriverEntry failed: STATUS_DEVICE_CONFIGURATION_ERROR (0xC0000182)'
    says "$err" "WSK-V16: bad_entry_fails left behind 1 pool block of 10 bytes, tag 'Fail'"
    silent "$out"
}

# -------------------------------------------------------------------------------------------------

cases() { declare -F | sed -n 's/^declare -f case_//p'; }

case ${1:-} in
list) cases ;;
*) "case_${1:?which case?}" ;;
esac
