/* SPDX-License-Identifier: MIT */
/*
 * symbol.c - see symbol.h. elfutils' libdw reads the debugging information; where it has none, the
 * dynamic symbol table answers, and at last the bare address.
 */
#define _GNU_SOURCE
#include "symbol.h"

#include "lock.h"

#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
};

/* A report asks for many places, so what was read is kept until a driver comes or goes. */
static struct {
    struct base_lock lock;
    Dwfl *session;
    unsigned long long loads;   /* how often the dynamic linker had mapped, and unmapped, something */
    unsigned long long unloads;
} cache;

static int take_counts(struct dl_phdr_info *info, size_t size, void *counts)
{
    (void)size;
    *(struct dl_phdr_info *)counts = *info;
    return 1;
}

static bool read_modules(Dwfl *session)
{
    return dwfl_linux_proc_report(session, getpid()) == 0 &&
           dwfl_report_end(session, NULL, NULL) == 0;
}

/* Under the lock. */
static Dwfl *open_session(void)
{
    struct dl_phdr_info counts = { 0 };

    dl_iterate_phdr(take_counts, &counts);
    if (cache.session && cache.loads == counts.dlpi_adds && cache.unloads == counts.dlpi_subs)
        return cache.session;
    dwfl_end(cache.session);
    cache.session = dwfl_begin(&callbacks);
    cache.loads = counts.dlpi_adds;
    cache.unloads = counts.dlpi_subs;
    if (cache.session && !read_modules(cache.session)) {
        dwfl_end(cache.session);
        cache.session = NULL;
    }
    return cache.session;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* clang writes no index of addresses, without which dwfl_module_getsrc() finds nothing. */
static const char *search_line(Dwfl_Module *module, Dwarf_Addr address, int *number)
{
    Dwarf_Addr bias;

    for (Dwarf_Die *unit = NULL; (unit = dwfl_module_nextcu(module, unit, &bias));) {
        Dwarf_Line *line = NULL;

        if (dwarf_haspc(unit, address - bias) == 1)
            line = dwarf_getsrc_die(unit, address - bias);
        if (line && dwarf_lineno(line, number) == 0)
            return dwarf_linesrc(line, NULL, NULL);
    }
    return NULL;
}

static const char *find_line(Dwfl_Module *module, Dwarf_Addr address, int *number)
{
    Dwfl_Line *line = dwfl_module_getsrc(module, address);

    if (line)
        return dwfl_lineinfo(line, NULL, number, NULL, NULL, NULL);
    return search_line(module, address, number);
}

bool symbol_describe_in(Dwfl_Module *module, uint64_t address, char *text, size_t size)
{
    const char *function = dwfl_module_addrname(module, address);
    const char *file;
    int number;

    if (!function)
        return false;
    file = find_line(module, address, &number);
    if (file)
        snprintf(text, size, "%s (%s:%d)", function, base_name(file), number);
    else
        snprintf(text, size, "%s (%s)", function,
                 base_name(dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL)));
    return true;
}

static bool describe_by_debug_information(Dwarf_Addr address, char *text, size_t size)
{
    Dwfl *session = open_session();
    Dwfl_Module *module = session ? dwfl_addrmodule(session, address) : NULL;

    return module && symbol_describe_in(module, address, text, size);
}

void symbol_describe(const void *address, char *text, size_t size)
{
    /* A return address points behind the call; one less lies inside it, on the line of the call. */
    const char *inside = address ? (const char *)address - 1 : NULL;
    Dl_info info;
    bool described;

    if (!address) {
        snprintf(text, size, "an unknown place");
        return;
    }
    base_lock_acquire(&cache.lock);
    described = describe_by_debug_information((Dwarf_Addr)(uintptr_t)inside, text, size);
    base_lock_release(&cache.lock);
    if (described)
        return;
    if (dladdr(inside, &info) && info.dli_fname)
        snprintf(text, size, "%s+0x%zx", base_name(info.dli_fname),
                 (size_t)(inside - (const char *)info.dli_fbase));
    else
        snprintf(text, size, "%p", address);
}

struct steps {
    const void **addresses;
    size_t count, room;
};

/*
 * Where a signal came in between, the address is not one that somebody returns to, but the
 * instruction's own.
 */
static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *data)
{
    struct steps *steps = data;
    int interrupted = 0;
    uintptr_t address = _Unwind_GetIPInfo(context, &interrupted);

    if (!address || steps->count == steps->room)
        return _URC_END_OF_STACK;
    steps->addresses[steps->count++] = (const void *)(address + (interrupted != 0));
    return _URC_NO_REASON;
}

size_t symbol_stack(const void **addresses, size_t count)
{
    struct steps steps = {
        .addresses = addresses, .room = count < SYMBOL_STACK_MAX ? count : SYMBOL_STACK_MAX,
    };

    _Unwind_Backtrace(step, &steps);
    return steps.count;
}

struct range_search {
    uintptr_t address;
    uintptr_t first, behind;
};

static int search_range(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct range_search *search = argument;
    uintptr_t first = UINTPTR_MAX, behind = 0;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + segment->p_vaddr;

        if (segment->p_type != PT_LOAD)
            continue;
        first = begin < first ? begin : first;
        behind = begin + segment->p_memsz > behind ? begin + segment->p_memsz : behind;
    }
    if (search->address < first || search->address >= behind)
        return 0;
    search->first = first;
    search->behind = behind;
    return 1;
}

bool symbol_range(const void *address, uintptr_t *first, uintptr_t *behind)
{
    struct range_search search = { .address = (uintptr_t)address };
    bool found = dl_iterate_phdr(search_range, &search) == 1;

    *first = search.first;
    *behind = search.behind;
    return found;
}

void symbol_module(const void *address, char *text, size_t size)
{
    Dl_info info;
    bool known = address && dladdr(address, &info) && info.dli_fname;

    snprintf(text, size, "%s", known ? info.dli_fname : "");
}

static bool is_in(const void *address, const char *file)
{
    char other[512];

    symbol_module(address, other, sizeof(other));
    return *file && strcmp(file, other) == 0;
}

const void *symbol_place_outside(const void *place, const void *inside)
{
    const void *frames[SYMBOL_STACK_MAX];
    char file[512];
    size_t count, i = 0;

    symbol_module(inside, file, sizeof(file));
    if (!is_in(place, file))
        return place;
    count = symbol_stack(frames, SYMBOL_STACK_MAX);
    while (i < count && frames[i] != place && (const char *)frames[i] + 1 != place)
        i++;
    while (i < count && is_in(frames[i], file))
        i++;
    return i < count ? frames[i] : place;
}
