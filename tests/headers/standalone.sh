#!/bin/sh
# SPDX-License-Identifier: MIT
# standalone.sh: every public header compiles alone, without a warning, as C and as C++, with every
# compiler that is here; so does each contract_*.c beside this script, and the three umbrellas in
# every order.
# Exit status: 0, 1 with the failures printed, 77 when there is no compiler.

here=$(cd "$(dirname "$0")" && pwd)
include=$(cd "$here/../../include/openwsk/km" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags="-fshort-wchar -fms-extensions -fno-strict-aliasing -Wall -Wextra -Werror -fsyntax-only"
flags="$flags -I$include"

# One mode a line.
modes() {
    command -v gcc >/dev/null && echo "gcc -std=gnu17 -x c"
    command -v g++ >/dev/null && echo "g++ -std=gnu++17 -x c++"
    command -v clang >/dev/null && echo "clang -std=gnu17 -x c" &&
        echo "clang -std=gnu17 -fms-compatibility -x c"
    command -v clang++ >/dev/null && echo "clang++ -std=gnu++17 -x c++" &&
        echo "clang++ -std=gnu++17 -fms-compatibility -x c++"
}

# $1 name, $2 text
unit() {
    printf '%s\n' "$2" >"$work/$(printf '%s' "$1" | tr '/ ' '__').c"
}

for header in $(cd "$include" && find . -name '*.h' | sed 's,^\./,,' | sort); do
    # First and alone; then a second time, and the umbrella behind it: guards hold, and nothing is
    # said twice.
    unit "$header" "#include <$header>
#include <$header>
#include <ntifs.h>
#include <wsk.h>"
done
for order in "wdm ntddk ntifs" "wdm ntifs ntddk" "ntddk wdm ntifs" "ntddk ntifs wdm" \
    "ntifs wdm ntddk" "ntifs ntddk wdm"; do
    unit "order $order" "$(for name in $order; do echo "#include <$name.h>"; done)"
done

modes >"$work/modes"
[ -s "$work/modes" ] || { echo "no compiler"; exit 77; }

# shellcheck disable=SC2016
compile='mode=$1; file=$2; flags=$3
text=$($mode $flags "$file" 2>&1) || {
    echo "FAILED [$mode] $(head -n 1 "$file")"
    echo "$text" | head -n 12
}'
while read -r mode; do
    find "$work" -name '*.c' -print0 |
        xargs -0 -P 2 -I{} sh -c "$compile" sh "$mode" {} "$flags" >>"$work/failures"
    case "$mode" in
    *-x\ c)
        for file in "$here"/contract_*.c; do
            sh -c "$compile" sh "$mode" "$file" "$flags" >>"$work/failures"
        done
        ;;
    esac
done <"$work/modes"

cat "$work/failures"
if [ -s "$work/failures" ]; then exit 1; fi
echo "$(find "$work" -name '*.c' | wc -l) inclusions in $(wc -l <"$work/modes") modes, no warning"
