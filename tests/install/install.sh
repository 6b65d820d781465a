#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh CASE: installs $BUILD below a fresh prefix, moves it (nothing may remember where it was), and uses it.
set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --install "$BUILD" --prefix "$scratch/first" >/dev/null
prefix=$scratch/second
mv "$scratch/first" "$prefix"
export PKG_CONFIG_PATH=$prefix/$LIBDIR/pkgconfig
wskrun=$prefix/bin/wskrun
driver=$SOURCE/tests/drivers/good_inline.c

runs_clean() {
    "$wskrun" --once "$1" | grep -F 'good_inline: 2 4 9 -4'
}

case_pkg_config() {
    # shellcheck disable=SC2046
    "$CC" $(pkg-config --cflags openwsk) $(pkg-config --variable=driver_cflags openwsk) "$driver" \
        $(pkg-config --variable=driver_ldflags openwsk) $(pkg-config --libs openwsk) \
        -o "$scratch/good_inline.so"
    runs_clean "$scratch/good_inline.so"
}

case_cmake_package() {
    mkdir "$scratch/project"
    cat >"$scratch/project/CMakeLists.txt" <<TEXT
cmake_minimum_required(VERSION 3.25)
project(user C)
find_package(openwsk 0.1 REQUIRED)
openwsk_add_driver(good_inline $driver)
add_executable(program program.c)
target_link_libraries(program PRIVATE openwsk::openwsk)
TEXT
    cat >"$scratch/project/program.c" <<'TEXT'
#include <openwsk/host.h>
int main(int count, char **arguments)
{
    struct openwsk_driver *driver;

    (void)count;
    if (openwsk_start(NULL) != 0)
        return 1;
    driver = openwsk_driver_load(arguments[1]);
    if (!driver || openwsk_driver_start(driver) != 0)
        return 2;
    return (int)openwsk_stop();
}
TEXT
    cmake -S "$scratch/project" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_COMPILER="$CC" >/dev/null
    cmake --build "$scratch/build" >/dev/null
    runs_clean "$scratch/build/good_inline.so"
    "$scratch/build/program" "$scratch/build/good_inline.so" | grep -F 'good_inline: 2 4 9 -4'
}

case_wskrun() {
    runs_clean "$driver"
    [ -f "$prefix/share/man/man1/wskrun.1" ]
    # Nothing installed knows the folder it was built in.
    if grep -rlF -e "$SOURCE" -e "$BUILD" "$prefix" --include='*.pc' --include='*.cmake'; then
        return 1
    fi
}

case_static_library() {
    cat >"$scratch/program.c" <<'TEXT'
#include <ntddk.h>
#include <openwsk/host.h>

static NTSTATUS Entry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)DriverObject;
    DbgPrint("%wZ\n", RegistryPath);
    return STATUS_SUCCESS;
}

int main(void)
{
    struct openwsk_driver *driver;

    if (openwsk_start(NULL) != STATUS_SUCCESS)
        return 1;
    driver = openwsk_driver_from_entry("inside", Entry);
    if (!driver || openwsk_driver_start(driver) != STATUS_SUCCESS)
        return 2;
    return (int)openwsk_stop();
}
TEXT
    # shellcheck disable=SC2046
    "$CC" $(pkg-config --cflags openwsk) "$scratch/program.c" "$prefix/$LIBDIR/libopenwsk.a" \
        $(pkg-config --libs libdw libelf libmnl libidn2) -pthread -ldl \
        -o "$scratch/program"
    "$scratch/program" | grep -F 'Services\inside'
}

"case_${1:?which case?}"
