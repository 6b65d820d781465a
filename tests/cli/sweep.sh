#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sweep.sh CASE: one test of wskrun's sweeps, traces and reports. The program is $WSKRUN, the sources are below
# $SOURCE; `sweep.sh list` prints the cases. sweep.sh full DRIVER: a sweep of that driver finds nothing.
set -u

drivers=$SOURCE/tests/drivers
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR"

fail() {
    printf '%s\n' "$*"
    for file in out err; do
        [ -e "$file" ] && { echo "--- $file"; cat "$file"; }
    done
    exit 1
}

# run STATUS argument...: wskrun with these arguments ends with this exit status, and cleans up after itself.
run() {
    local expected=$1 status=0
    shift
    "$WSKRUN" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$expected" ] || fail "exit status $status, not $expected"
    [ -z "$(ls -A "$TMPDIR")" ] || fail "left in TMPDIR: $(ls -A "$TMPDIR")"
}

# compile DRIVER: makes DRIVER.so here, for tests that run a driver often.
compile() {
    "$WSKRUN" --once --keep "$drivers/$1.c" >out 2>err || fail 'not clean'
    mv "$(sed -n 's/^wskrun: the driver is //p' err)" "$1.so"
    rm -rf "${TMPDIR:?}"/*
}

says() { grep -qF -- "$2" "$1" || fail "$1 does not say: $2"; }
says_not() { grep -qF -- "$2" "$1" && fail "$1 says: $2"; true; }
line_of() { grep -nF "/* $2 */" "$drivers/$1.c" | head -n 1 | cut -d: -f1; }

# A crash is reported by the sanitizer where there is one, else by the kernel's rules.
needs_python() { command -v python3 >/dev/null || exit 77; }
check() { python3 "$SOURCE/tests/cli/check_report.py" "$@" || exit 1; }

# --- Sweeps --------------------------------------------------------------------------------------

case_good() {
    run 0 sweep --once "$drivers/good_traffic.c"
    says err '0 with problems'
    says_not err 'did not come'
    [ "$(grep -c '^run' good_traffic.sweep)" -ge 20 ] || fail 'too few runs'
}

case_leak() {
    run 1 sweep --once "$drivers/bad_denied_leak.c"
    says err "1 with problems"
    says err "ExAllocatePool is denied at DriverEntry (bad_denied_leak.c:"
    says err "WSK-V16: bad_denied_leak left behind 1 pool block of 100 bytes, tag 'Deni', made at"
}

# The command that a problem comes with shows the problem.
case_repeat() {
    local command
    run 1 sweep --once "$drivers/bad_denied_leak.c"
    command=$(sed -n 's/^    repeat: wskrun //p' err)
    eval "run 6 $command"
    says err 'WSK-V16: bad_denied_leak left behind 1 pool block of 100 bytes'
}

# A note that comes in each run is said once, and makes none of them a problem.
case_notes() {
    run 0 sweep --once -I "$SOURCE/examples" "$drivers/bad_v18_infinite.c"
    says err '0 with problems'
    [ "$(grep -c 'WSK-V18' err)" -eq 1 ] || fail 'the note is not said once'
    [ "$(grep -c 'is denied at' err)" -eq 0 ] || fail 'a run with nothing but that note is told of'
}

case_crash() {
    run 5 sweep --once "$drivers/bad_denied_crash.c"
    says err "IoAllocateIrp is denied at DriverEntry (bad_denied_crash.c:$(line_of bad_denied_crash DENIED))"
}

case_hang() {
    run 4 sweep --once --unload-timeout 200ms "$drivers/bad_denied_hang.c"
    says err 'HANG: the unload of bad_denied_hang has not returned'
    says err "ExAllocatePool is denied at DriverEntry (bad_denied_hang.c:$(line_of bad_denied_hang DENIED))"
}

case_resume() {
    run 0 sweep --once "$drivers/good_traffic.c"
    cp good_traffic.sweep whole
    # As a kill leaves it: after a few runs, in the middle of a line.
    head -c $(($(wc -c <whole) * 2 / 3)) whole >good_traffic.sweep
    cp good_traffic.sweep part
    run 0 sweep --once "$drivers/good_traffic.c"
    head -n "$(wc -l <part)" part | cmp -s - <(head -n "$(wc -l <part)" good_traffic.sweep) ||
        fail 'it was begun anew'
    diff <(grep '^run' whole | sort -u) <(grep '^run' good_traffic.sweep | sort -u) ||
        fail 'not the same runs'
    # What is done is not done again.
    cp good_traffic.sweep before
    run 0 sweep --once "$drivers/good_traffic.c"
    [ "$(grep -c '^run' before)" -eq "$(grep -c '^run' good_traffic.sweep)" ] || fail 'runs made twice'
}

case_killed() {
    local pid
    "$WSKRUN" sweep --once --jobs 1 --unload-timeout 10s "$drivers/bad_denied_hang.c" >out 2>err &
    pid=$!
    # The undisturbed run is over when the file says so; then the one that hangs begins.
    until grep -q '^run' bad_denied_hang.sweep 2>/dev/null; do
        kill -0 $pid 2>/dev/null || fail 'it ended'
        sleep 0.02
    done
    kill -9 $pid
    wait $pid 2>/dev/null
    rm -rf "${TMPDIR:?}"/*
    run 4 sweep --once --unload-timeout 200ms "$drivers/bad_denied_hang.c"
    says err '2 runs, 1 with problems'
}

# Ctrl-C: what runs is killed, what is done is kept, and nothing stays behind.
case_interrupted() {
    local pid status=0
    "$WSKRUN" sweep --once --jobs 1 --unload-timeout 100s --run-timeout 100s "$drivers/bad_denied_hang.c" >out 2>err &
    pid=$!
    until grep -q '^run' bad_denied_hang.sweep 2>/dev/null; do
        kill -0 $pid 2>/dev/null || fail 'it ended'
        sleep 0.02
    done
    # A shell has its background jobs ignore SIGINT; SIGTERM takes the same way.
    kill -TERM $pid
    wait $pid || status=$?
    [ "$status" -eq 1 ] || fail "exit status $status"
    says err '1 runs, 0 with problems, 1 still to be made'
    says err 'interrupted; the same command goes on'
    [ -z "$(ls -A "$TMPDIR")" ] || fail "left in TMPDIR: $(ls -A "$TMPDIR")"
    cp bad_denied_hang.sweep before
    run 4 sweep --once --unload-timeout 200ms "$drivers/bad_denied_hang.c"
    cmp -s before <(head -c "$(wc -c <before)" bad_denied_hang.sweep) || fail 'it was begun anew'
    says err '2 runs, 1 with problems'
}

case_broken_state() {
    compile bad_denied_leak
    run 1 sweep --once bad_denied_leak.so
    cp bad_denied_leak.sweep good
    for line in nonsense 'point	xyz	ExAllocatePool	1' 'run	000000000001'; do
        { head -n 2 good; echo "$line"; tail -n +3 good; } >bad_denied_leak.sweep
        cp bad_denied_leak.sweep broken
        run 2 sweep --once bad_denied_leak.so
        says err 'bad_denied_leak.sweep is broken in line 3; --fresh begins it anew'
        cmp -s broken bad_denied_leak.sweep || fail 'the file was written to'
        run 2 merge broken
        says err 'broken is broken in line 3'
    done
    { head -n 2 good; head -c 100000 /dev/zero | tr '\0' x; echo; } >bad_denied_leak.sweep
    run 2 sweep --once bad_denied_leak.so
    says err 'has a line that is too long'
    run 1 sweep --once --fresh bad_denied_leak.so
    diff <(sort good) <(sort bad_denied_leak.sweep) || fail 'not begun anew'
}

# How far it is stands on a terminal, and nowhere else.
case_progress() {
    needs_python
    run 1 sweep --once "$drivers/bad_denied_leak.c"
    grep -qE '[0-9] of [0-9]+ runs|:[0-9]{2} left' err && fail 'progress without a terminal'
    rm -f bad_denied_leak.sweep
    python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
        "$WSKRUN" sweep --once "$drivers/bad_denied_leak.c" >out 2>err </dev/null
    grep -qE '[0-9] of [0-9]+ runs, [0-9]+ with problems, [0-9]+:[0-9]{2} left' out || fail 'no progress'
}

case_other_driver() {
    run 0 sweep --once --state state "$drivers/good_talk.c"
    run 1 sweep --once --state state "$drivers/bad_denied_leak.c"
    says err 'is of another driver'
    echo 'something of mine' >mine
    run 2 sweep --once --state mine "$drivers/good_talk.c"
    grep -q mine mine || fail 'the file is gone'
}

case_shards() {
    compile good_traffic
    compile bad_denied_leak
    run 1 sweep --once --json whole.json bad_denied_leak.so
    run 0 sweep --once --state good.whole --json good.json good_traffic.so
    for i in 1 2 3; do
        "$WSKRUN" sweep --once --shard $i/3 bad_denied_leak.so 2>>err
        run 0 sweep --once --shard $i/3 good_traffic.so
    done
    run 1 merge --json merged.json bad_denied_leak.{1,2,3}of3.sweep
    cmp whole.json merged.json || fail 'the shards are not the whole'
    run 0 merge --json merged.json good_traffic.{1,2,3}of3.sweep
    cmp good.json merged.json || fail 'the shards are not the whole'
    run 1 merge good_traffic.{1,3}of3.sweep
    says err 'still to be made'
}

case_merge_nonsense() {
    run 2 merge /nonexistent
    echo hello >file
    run 2 merge file
    says err 'is no state of a sweep'
    run 2 sweep --shard 4/3 "$drivers/good_talk.c"
    run 2 sweep --jobs 0 "$drivers/good_talk.c"
}

# Bad files end with 2; good ones that are not the whole end with 1, and say how much is missing.
case_merge_bad_files() {
    compile bad_denied_leak
    for i in 1 2; do
        "$WSKRUN" sweep --once --shard $i/2 bad_denied_leak.so 2>>err
    done
    run 0 sweep --once --state talk "$drivers/good_talk.c"
    : >empty
    run 2 merge empty
    says err 'empty cannot be read'
    sed '1s/\t1\t/\t2\t/' bad_denied_leak.1of2.sweep >version
    run 2 merge version
    says err 'version is no state of a sweep'
    run 2 merge bad_denied_leak.1of2.sweep talk
    says err 'talk is of another driver'
    run 2 merge bad_denied_leak.{1,2}of2.sweep absent
    says err 'absent cannot be read'
    # The last line is cut short, as by a kill: what it ended was not done.
    head -c -3 bad_denied_leak.1of2.sweep >cut.1
    head -c -3 bad_denied_leak.2of2.sweep >cut.2
    run 1 merge cut.1 cut.2
    says err 'still to be made'
}

# Neither the order of the shards nor one that comes twice makes a difference.
case_merge_twice() {
    compile bad_denied_leak
    for i in 1 2; do
        "$WSKRUN" sweep --once --shard $i/2 bad_denied_leak.so 2>>err
    done
    run 1 merge --json once.json bad_denied_leak.{1,2}of2.sweep
    says_not err 'still to be made'
    run 1 merge --json twice.json bad_denied_leak.{2,1,2,1}of2.sweep
    cmp once.json twice.json || fail 'a shard that comes twice counts twice'
}

# --- A peer ---------------------------------------------------------------------------------------

# Three datagrams, since one may get lost in what is denied; and until one comes back.
hello="exec bash -c 'exec 3<>/dev/udp/127.0.0.1/7007; for i in 1 2 3; do echo hello >&3; done; timeout 4 dd count=1 <&3'"

# What only comes with datagrams is denied, too: the echo.
case_peer() {
    local alone
    run 0 sweep --once "$SOURCE/examples/udp_echo.c" -- address=127.0.0.1 port=7007
    alone=$(grep -c '^run' udp_echo.sweep)
    run 0 sweep --peer "$hello" "$SOURCE/examples/udp_echo.c" -- address=127.0.0.1 port=7007
    says err ' 0 with problems'
    [ "$(grep -c '^run' udp_echo.sweep)" -gt "$alone" ] || fail 'nothing more was denied'
    grep -q '^point.*WskSend' udp_echo.sweep || fail 'no send was met'
    run 2 --once --peer true "$drivers/good_talk.c"
    says err 'exclude each other'
}

# The run ends with its peer, and a peer with its run, with what it has started.
case_peer_ends() {
    run 0 --peer 'touch was-here' "$drivers/good_talk.c"
    [ -e was-here ] || fail 'no peer'
    run 0 --peer 'sleep 1000 & echo $! >pid' "$drivers/good_talk.c"
    [ -s pid ] || fail 'no peer'
    for _ in $(seq 500); do
        kill -0 "$(cat pid)" 2>/dev/null || return 0
        grep -q '^State:.Z' "/proc/$(cat pid)/status" 2>/dev/null && return 0
        sleep 0.02
    done
    fail 'the peer is still there'
}

# --- Reports -------------------------------------------------------------------------------------

case_reports_of_a_run() {
    local line
    needs_python
    run 1 --once --json r.json --junit r.xml --sarif r.sarif "$drivers/bad_leak_pool.c"
    line=$(line_of bad_leak_pool LEAK)
    check json r.json WSK-V16 bad_leak_pool.c '"exit_status": 1' "\"line\": $line"
    check junit r.xml WSK-V16 'failures="1"'
    check sarif r.sarif WSK-V16 "\"startLine\": $line" '"level": "warning"'
}

# What was made is told with who asked for it, in words and in reports; a sweep carries it through its state.
case_reports_of_stacks() {
    local made called
    needs_python
    made=$(line_of bad_v16_stack 'CAUGHT V16 FINDING') called=$(line_of bad_v16_stack 'STACK made')
    run 1 --once --json r.json --junit r.xml --sarif r.sarif -I "$SOURCE/examples" "$drivers/bad_v16_stack.c"
    grep -qE "WSK-V16:     made: MakeList \(bad_v16_stack.c:$made\) < \w+ \(bad_v16_stack.c:$called\)" err ||
        fail 'no stack'
    check json r.json "\"label\": \"made\", \"frames\": [\"MakeList (bad_v16_stack.c:$made)\", " "(bad_v16_stack.c:$called)\""
    check junit r.xml "MakeList (bad_v16_stack.c:$made) &lt; " "(bad_v16_stack.c:$called)"
    check sarif r.sarif '"stacks"' "\"startLine\": $called } }, \"logicalLocations\": [ { \"name\": "
    run 1 sweep --once --state s -I "$SOURCE/examples" "$drivers/bad_v16_stack.c"
    run 1 merge --json m.json s
    check json m.json "\"MakeList (bad_v16_stack.c:$made)\", " "(bad_v16_stack.c:$called)\""
}

case_reports_of_a_clean_run() {
    needs_python
    run 0 --once --json r.json --junit r.xml --sarif r.sarif "$drivers/good_talk.c"
    check json r.json '"findings": ['
    check junit r.xml 'failures="0"' 'tests="1"'
    check sarif r.sarif
}

case_reports_of_a_bug_check() {
    needs_python
    run 5 --once --json r.json --sarif r.sarif "$drivers/bad_bug_check.c"
    check json r.json '"level": "error"' '"exit_status": 5' bad_bug_check.c
    check sarif r.sarif '"level": "error"'
}

case_reports_of_a_sweep() {
    needs_python
    run 1 sweep --once --json r.json --junit r.xml --sarif r.sarif "$drivers/bad_denied_leak.c"
    check json r.json WSK-V16 'wskrun --fail=' '"cases": 3'
    check junit r.xml 'tests="3"' 'failures="1"'
    check sarif r.sarif WSK-V16
}

# Against the public schema, which ./dev test fetches.
case_sarif_schema() {
    needs_python
    if [ ! -s "$SOURCE/build-schema/sarif-2.1.0.json" ]; then
        echo "the schema of SARIF is not here: './dev schema' fetches it"
        exit 77
    fi
    run 0 --once --sarif clean.sarif "$drivers/good_talk.c"
    run 5 --once --sarif stop.sarif "$drivers/bad_bug_check.c"
    run 1 sweep --once --sarif sweep.sarif "$drivers/bad_denied_leak.c"
    run 1 --once --sarif stacks.sarif -I "$SOURCE/examples" "$drivers/bad_v16_stack.c"
    python3 "$SOURCE/tests/cli/check_schema.py" "$SOURCE/build-schema/sarif-2.1.0.json" \
        {clean,stop,sweep,stacks}.sarif || exit
}

# A path is no URI before its letters are escaped.
case_sarif_odd_path() {
    needs_python
    mkdir 'a b'
    cp "$drivers/bad_leak_pool.c" "$drivers/bad.h" 'a b'
    run 1 --once --sarif r.sarif 'a b/bad_leak_pool.c'
    check sarif r.sarif '"uri": "a%20b/bad_leak_pool.c"'
}

case_unwritable_report() {
    run 0 --once --json /nonexistent/r.json "$drivers/good_talk.c"
    says err 'cannot write /nonexistent/r.json'
}

# --- Traces and injections -----------------------------------------------------------------------

case_trace() {
    run 0 --once --trace --trace-file trace "$drivers/good_traffic.c"
    grep -qE '^ +[0-9]+\.[0-9]{6} \[[0-9]+\] 0 WskSocket\(Client=0x[0-9a-f]+, AddressFamily=AF_INET, SocketType=SOCK_DGRAM, Protocol=IPPROTO_UDP, .* Irp=irp#1\) = STATUS_PENDING <irp#1: STATUS_SUCCESS, socket#1>$' trace ||
        fail "$(cat trace)"
    grep -qE 'WskSendTo\(Socket=socket#1, Buffer=\{0x[0-9a-f]+, 0, 100\}, Flags=0, RemoteAddress=127\.0\.0\.1:[0-9]+, ' trace || fail "$(cat trace)"
    grep -q 'WskReceiveFrom completes <irp#2: STATUS_SUCCESS, 100> after' trace ||
        grep -q 'WskReceiveFrom(.*<irp#2: STATUS_SUCCESS, 100>' trace || fail "$(cat trace)"
    grep -q 'ControlCode=SO_WSK_EVENT_CALLBACK, Level=SOL_SOCKET' trace || fail "$(cat trace)"
    grep -q 'DataIndication={1 datagram, 100 bytes}) = STATUS_SUCCESS' trace || fail "$(cat trace)"
    grep -q 'Protocol=IPPROTO_UDP, Flags=WSK_FLAG_DATAGRAM_SOCKET, ' trace || fail "$(cat trace)"
    grep -q 'WskReceiveFromEvent(.*, Flags=WSK_FLAG_AT_DISPATCH_LEVEL, ' trace || fail "$(cat trace)"
}

# trace_says EXPRESSION: a line of the trace is that call, from its IRQL to its end.
trace_says() {
    grep -qE "^ +[0-9]+\\.[0-9]{6} \\[[0-9]+\\] $1\$" trace || fail "no line is $1: $(cat trace)"
}

case_trace_imports() {
    local pointer='0x[0-9a-f]+' version='MAKE_WSK_VERSION\(1, 0\)'
    run 0 --once --trace --trace-file trace "$drivers/good_imports.c"
    trace_says "0 WskRegister\(WskClientNpi=\{NULL, $version\}, WskRegistration=$pointer\) = STATUS_SUCCESS"
    trace_says "0 WskQueryProviderCharacteristics\(WskRegistration=$pointer, WskProviderCharacteristics=$pointer\) = STATUS_SUCCESS <HighestVersion=MAKE_WSK_VERSION\(1, 1\), LowestVersion=$version>"
    trace_says "0 WskCaptureProviderNPI\(WskRegistration=$pointer, WaitTimeout=1000, WskProviderNpi=$pointer\) = STATUS_SUCCESS <Client=$pointer>"
    trace_says "2 WskCaptureProviderNPI\(WskRegistration=$pointer, WaitTimeout=WSK_NO_WAIT, WskProviderNpi=$pointer\) = STATUS_SUCCESS <Client=$pointer>"
    trace_says "2 WskReleaseProviderNPI\(WskRegistration=$pointer\) = void"
    trace_says "0 WskDeregister\(WskRegistration=$pointer\) = void"
    [ "$(wc -l <trace)" -eq 7 ] || fail "$(cat trace)"
    run 0 --once --trace='*NPI' --trace-file trace "$drivers/good_imports.c"
    [ "$(wc -l <trace)" -eq 4 ] || fail "$(cat trace)"
    run 0 --once --trace --trace-socket=1 --trace-file trace "$drivers/good_imports.c"
    [ -s trace ] && fail "$(cat trace)"
    run 6 --once --inject=WskCaptureProviderNPI:status=STATUS_NOINTERFACE:when=2 --trace --trace-file trace "$drivers/good_imports.c"
    trace_says '2 WskCaptureProviderNPI\(.*\) = STATUS_NOINTERFACE \(injected: .*:when=2\)'
    run 2 --once --inject=WskDeregister:status=STATUS_UNSUCCESSFUL "$drivers/good_imports.c"
    says err "'WskDeregister' returns nothing"
}

# Who looks at a list of the driver's that has no end comes back all the same.
case_trace_circle() {
    run 1 --once --trace --pcap out.pcapng --trace-file trace --unload-timeout 5s -I "$SOURCE/examples" "$drivers/bad_v8_circle.c"
    grep -q 'WskSendMessages(.*BufferList={a circle}.*STATUS_INVALID_PARAMETER' trace || fail "$(cat trace)"
    [ -s out.pcapng ] || fail 'no capture'
}

case_trace_filters() {
    run 0 --once --trace='WskBind,*Close*' --trace-socket=2 --trace-file trace "$drivers/good_traffic.c"
    [ "$(grep -c '= STATUS_PENDING' trace)" -eq 2 ] || fail "$(cat trace)"
    grep -v 'WskBind\|WskCloseSocket' trace && fail "$(cat trace)"
    grep -q 'socket#1' trace && fail "$(cat trace)"
    true
}

case_inject() {
    run 6 --once --inject=WskBind:status=STATUS_ADDRESS_ALREADY_EXISTS:when=1 "$drivers/good_traffic.c"
    says err 'STATUS_ADDRESS_ALREADY_EXISTS'
    run 2 --once --inject=WskBnd:pend "$drivers/good_traffic.c"
    says err "'WskBnd' is no function"
}

case_injected_is_traced() {
    run 0 --once --inject=WskSendTo:pend:delay=1ms:when=2 --trace=WskSendTo --trace-file trace "$drivers/good_traffic.c"
    [ "$(grep -c '(injected: WskSendTo:pend:delay=1ms:when=2)' trace)" -eq 1 ] || fail "$(cat trace)"
}

case_force_pending() {
    compile good_traffic
    for seed in $(seq 40); do
        run 0 --once --force-pending --seed "$seed" good_traffic.so
    done
}

case_low_resources() {
    run 6 --once --low-resources "$drivers/good_traffic.c"
    says err 'STATUS_INSUFFICIENT_RESOURCES'
}

case_repeat_loads() {
    run 0 --once --repeat 5 "$drivers/good_talk.c"
    [ "$(grep -c 'good_talk: unloaded' out)" -eq 5 ] || fail 'not five times'
}

# Where each of three loads ended; without an end by itself they would take hours.
lively_ends() {
    run 0 -v --for=1h --repeat=3 --seed="$1" --inject=WskSendTo:unload=20 -I "$SOURCE/examples" "$drivers/good_lively.c"
    sed -n 's/^wskrun: unloading in //p' err
}

case_unload() {
    local first
    first=$(lively_ends 1)
    [ "$(grep -cE '^load [123], call [0-9]+, WskSendTo at Send(On|To) \(good_lively.c:' <<<"$first")" -eq 3 ] || fail "$first"
    [ "$(sort -u <<<"${first//load [123]/}" | wc -l)" -gt 1 ] || fail "always the same: $first"
    [ "$(lively_ends 1)" = "$first" ] || fail "the same seed, other calls than $first"
    [ "$(lively_ends 2)" != "$first" ] || fail "another seed, the same calls: $first"
}

# Findings come with the command that shows them again.
case_unload_repeats() {
    local command
    # As where drivers are caught: the report allocates in the fault's handler, of which each would be warned.
    export TSAN_OPTIONS=report_signal_unsafe=0
    run 5 --for=1h --repeat=2 --seed=7 --inject=WskSendTo:unload=4 -I "$SOURCE/examples" "$drivers/bad_f10_worker.c"
    command=$(sed -n 's/^wskrun: unloaded in load 1, call [1-4], WskSendTo at .*; repeat: wskrun //p' err)
    [ -n "$command" ] || fail 'no command'
    eval "run 5 $command"
    says err "; repeat: wskrun $command"
}

case_pcap() {
    needs_python
    run 0 --once --pcap t.pcapng "$drivers/good_traffic.c"
    python3 "$SOURCE/tests/cli/check_pcapng.py" t.pcapng >comments || fail 'no capture'
    [ "$(wc -l <comments)" -eq 10 ] || fail "$(cat comments)"
    [ "$(grep -c '^good_traffic: WskSendTo socket#[12] irp#1, at ' comments)" -eq 5 ] || fail "$(cat comments)"
    [ "$(grep -c '^good_traffic: WskReceiveFrom socket#2 irp#2, at ' comments)" -eq 4 ] || fail "$(cat comments)"
    [ "$(grep -c '^good_traffic: WskReceiveFromEvent socket#1, at OnReceive (good_traffic.c:' comments)" -eq 1 ] ||
        fail "$(cat comments)"
}

case_pcap_is_read_by_others() {
    command -v tcpdump >/dev/null || exit 77
    run 0 --once --pcap t.pcapng "$drivers/good_traffic.c"
    tcpdump -nvvr t.pcapng >out 2>err || fail 'tcpdump does not read it'
    [ "$(grep -c 'udp sum ok. UDP, length 100' out)" -eq 10 ] || fail 'not ten good datagrams'
}

case_suppressions() {
    printf '# looked at\n\nWSK-V16 *tag %s*\n' "'Leak'*" >list
    run 1 --once --suppressions list "$drivers/bad_leak_pool.c"
    says_not err "'Leak'"
    says err "'Oher'"
    says err '1 finding suppressed'
    echo 'WSK-V16 *' >list
    run 0 --once --suppressions list "$drivers/bad_leak_pool.c"
    says err '2 findings suppressed'
    echo 'WSK-V17 *' >list
    run 1 --once --suppressions list "$drivers/bad_leak_pool.c"
    echo 'nonsense' >list
    run 2 --once --suppressions list "$drivers/bad_leak_pool.c"
    says err 'list:1: a rule, a blank and a pattern are wanted'
}

# -------------------------------------------------------------------------------------------------

# sweep.sh full DRIVER [NAME=VALUE...]: the driver is clean whatever it is denied. Not a case: each driver has a test.
# Calls that its line /* DENIED call... */ names must have been among that.
full() {
    local driver=$1 calls call
    shift
    run 0 sweep --once -I "$SOURCE/examples" "$driver" -- "$@"
    says err ' 0 with problems'
    read -ra calls < <(sed -n 's:^/\* DENIED \(.*\) \*/$:\1:p' "$driver")
    for call in "${calls[@]}"; do
        grep -q "^point	.*	$call	" ./*.sweep || fail "$call was not denied"
    done
}

case ${1-} in
list) declare -F | sed -n 's/^declare -f case_//p' ;;
full) "$@" ;;
*) "case_$1" ;;
esac
