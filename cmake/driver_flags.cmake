# SPDX-License-Identifier: MIT
# What the source of Windows kernel drivers needs of the compiler. The one place: the library
# itself, openwsk.pc, openwsk_add_driver() and wskrun take their flags from here.

# The headers insist on these.
set(OPENWSK_KM_FLAGS -fshort-wchar -fms-extensions -fno-strict-aliasing)

# What the kernel's headers would define, for source that tests it before its first include.
set(OPENWSK_DRIVER_DEFINES -D_KERNEL_MODE=1 -D_WIN32=1 -D_WIN64=1 -D_AMD64_=1 -D_M_AMD64=100
    -D_M_X64=100)

# Overflow wraps; a body for each `inline` function, as Microsoft's compiler makes one; frames and
# calls stay where the source has them, so that a report names the right line; warnings that
# Windows source sets off by the hundred.
set(OPENWSK_DRIVER_FLAGS -fwrapv -fPIC -g -fno-omit-frame-pointer -fno-optimize-sibling-calls
    -DDBG=1 -Wno-multichar -Wno-unknown-pragmas ${OPENWSK_DRIVER_DEFINES})
set(OPENWSK_DRIVER_C_FLAGS -std=gnu17 -fgnu89-inline -Wno-incompatible-pointer-types)

# Includes without regard to case and with backslashes, `, __VA_ARGS__` with nothing behind the
# comma, ui8 suffixes.
set(OPENWSK_DRIVER_CLANG_FLAGS -fms-compatibility -Wno-microsoft)
set(OPENWSK_DRIVER_CLANG_C_FLAGS -Wno-incompatible-function-pointer-types)

# Several objects of one driver may hold the body of the same inline function.
set(OPENWSK_DRIVER_LINK_FLAGS -Wl,--allow-multiple-definition)
