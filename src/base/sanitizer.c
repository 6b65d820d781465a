/* SPDX-License-Identifier: MIT */
/* sanitizer.c - see sanitizer.h. */
#include "sanitizer.h"

#include "symbol.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The sanitizer's interface, as far as it is used here; its header need not be installed. */
#define ASAN extern __attribute__((weak, visibility("default")))
ASAN int __asan_report_present(void);
ASAN void *__asan_get_report_pc(void);
ASAN void *__asan_get_report_address(void);
ASAN int __asan_get_report_access_type(void);
ASAN const char *__asan_get_report_description(void);
ASAN void __asan_set_error_report_callback(void (*callback)(const char *));
ASAN void __tsan_acquire(void *address);

static void (*_Atomic listening)(void);

/* Where all is in one file, the frames do not tell whose they are. */
const void *sanitizer_place(const void *place)
{
    const void *asan = (const void *)(uintptr_t)__asan_get_report_pc;
    const void *tsan = (const void *)(uintptr_t)__tsan_acquire;
    const void *runtime = asan ? asan : tsan;
    char files[2][512];

    if (!runtime)
        return place;
    symbol_module(runtime, files[0], sizeof(files[0]));
    symbol_module((const void *)(uintptr_t)sanitizer_place, files[1], sizeof(files[1]));
    return strcmp(files[0], files[1]) == 0 ? place : symbol_place_outside(place, runtime);
}

bool sanitizer_error(struct sanitizer_error *error)
{
    const char *kind;

    if (!__asan_report_present || !__asan_report_present())
        return false;
    kind = __asan_get_report_description();
    *error = (struct sanitizer_error){
        .address = __asan_get_report_address(),
        .place = sanitizer_place(__asan_get_report_pc()),
        .write = __asan_get_report_access_type() != 0,
        .poisoned = kind && strcmp(kind, "use-after-poison") == 0,
    };
    return error->address != NULL;
}

static void reported(const char *text)
{
    void (*listener)(void) = atomic_load(&listening);

    (void)text;
    if (listener)
        listener();
}

void sanitizer_listen(void (*listener)(void))
{
    atomic_store(&listening, listener);
    if (__asan_set_error_report_callback)
        __asan_set_error_report_callback(listener ? reported : NULL);
}
