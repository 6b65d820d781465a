/* SPDX-License-Identifier: MIT */
/*
 * import.c - which imports of a shared object do not exist, and which of its lines want them.
 *
 * A linked object no longer says where a symbol is used, but its code does: a call goes to a stub
 * in the procedure linkage table, which jumps through the symbol's slot, or straight through the
 * slot. Both are 32-bit distances from the end of the instruction, so it is enough to look for
 * four bytes that hit the target.
 */
#define _GNU_SOURCE
#include "host_internal.h"

#include "verify.h"

#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A stub may begin with an endbr64 and a prefix before its jump. */
#define STUB_PROLOGUE_MAX 8u

struct object {
    int file;
    Elf *elf;
    size_t names;        /* index of the section names' section */
    Dwfl *debug;         /* NULL: no lines */
    Dwfl_Module *module;
    GElf_Addr bias;
};

struct range {
    GElf_Addr first;
    GElf_Addr last;
};

/* --- Opening -------------------------------------------------------------------------------- */

static void debug_open(struct object *object, const char *path)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };

    object->debug = dwfl_begin(&callbacks);
    if (!object->debug)
        return;
    object->module = dwfl_report_offline(object->debug, path, path, -1);
    dwfl_report_end(object->debug, NULL, NULL);
    if (object->module && !dwfl_module_getelf(object->module, &object->bias))
        object->module = NULL;
}

static bool object_open(struct object *object, const char *path)
{
    *object = (struct object){ .file = open(path, O_RDONLY | O_CLOEXEC) };
    if (object->file < 0)
        return false;
    elf_version(EV_CURRENT);
    object->elf = elf_begin(object->file, ELF_C_READ, NULL);
    if (!object->elf || elf_getshdrstrndx(object->elf, &object->names) != 0)
        return false;
    debug_open(object, path);
    return true;
}

static void object_close(struct object *object)
{
    if (object->debug)
        dwfl_end(object->debug);
    if (object->elf)
        elf_end(object->elf);
    if (object->file >= 0)
        close(object->file);
}

/* --- Searching the code --------------------------------------------------------------------- */

static int32_t distance_at(const uint8_t *code)
{
    int32_t distance;

    memcpy(&distance, code, sizeof(distance));
    return distance;
}

/* The address behind the first distance in the section that leads into `target`; 0 if none. */
static GElf_Addr search_section(Elf_Scn *section, const GElf_Shdr *header, struct range target)
{
    const Elf_Data *data = elf_rawdata(section, NULL);
    const uint8_t *code = data ? data->d_buf : NULL;

    for (size_t i = 0; code && i + 4 <= data->d_size; i++) {
        GElf_Addr behind = header->sh_addr + i + 4;
        GElf_Addr hit = behind + (GElf_Addr)(int64_t)distance_at(code + i);

        if (hit >= target.first && hit <= target.last)
            return behind;
    }
    return 0;
}

static bool is_linkage_table(const struct object *object, const GElf_Shdr *header)
{
    const char *name = elf_strptr(object->elf, object->names, header->sh_name);

    return name && strncmp(name, ".plt", 4) == 0;
}

static GElf_Addr search_code(const struct object *object, bool linkage_table, struct range target)
{
    GElf_Addr found = 0;

    for (Elf_Scn *section = NULL; !found && (section = elf_nextscn(object->elf, section));) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) && (header.sh_flags & SHF_EXECINSTR) &&
            is_linkage_table(object, &header) == linkage_table)
            found = search_section(section, &header, target);
    }
    return found;
}

/*
 * An address on the first line that uses the slot; 0 when only data does, or on another
 * processor.
 */
static GElf_Addr find_use(const struct object *object, GElf_Addr slot)
{
#if defined(__x86_64__)
    GElf_Addr behind = search_code(object, false, (struct range){ slot, slot });
    GElf_Addr stub;

    if (!behind) {
        stub = search_code(object, true, (struct range){ slot, slot });
        if (stub)
            behind = search_code(object, false,
                                 (struct range){ stub - 6 - STUB_PROLOGUE_MAX, stub - 6 });
    }
    return behind ? behind - 1 : 0;
#else
    (void)object;
    (void)slot;
    (void)search_code;
    return 0;
#endif
}

/* --- Saying --------------------------------------------------------------------------------- */

static void describe_use(const struct object *object, GElf_Addr use, char *text, size_t size)
{
    static const char prefix[] = ", used at ";

    snprintf(text, size, "%s", prefix);
    if (!use || !object->module ||
        !symbol_describe_in(object->module, object->bias + use, text + sizeof(prefix) - 1,
                            size - (sizeof(prefix) - 1)))
        text[0] = '\0';
}

static bool is_missing(const char *name, const GElf_Sym *symbol)
{
    return symbol->st_shndx == SHN_UNDEF && GELF_ST_BIND(symbol->st_info) == STB_GLOBAL &&
           name && *name && !dlsym(RTLD_DEFAULT, name);
}

/* Whether an earlier relocation of the section names the same symbol. */
static bool seen_before(Elf_Data *relocations, int index, size_t symbol)
{
    GElf_Rela relocation;

    while (index-- > 0) {
        if (gelf_getrela(relocations, index, &relocation) &&
            GELF_R_SYM(relocation.r_info) == symbol)
            return true;
    }
    return false;
}

static size_t report_section(const struct object *object, const char *path, Elf_Scn *section,
                             const GElf_Shdr *header)
{
    Elf_Scn *symbols = elf_getscn(object->elf, header->sh_link);
    Elf_Data *relocations = elf_getdata(section, NULL);
    Elf_Data *symbol_data = symbols ? elf_getdata(symbols, NULL) : NULL;
    GElf_Shdr symbol_header;
    GElf_Rela relocation;
    size_t count = 0;

    if (!symbol_data || !gelf_getshdr(symbols, &symbol_header))
        return 0;
    for (int i = 0; gelf_getrela(relocations, i, &relocation); i++) {
        size_t index = GELF_R_SYM(relocation.r_info);
        char place[SYMBOL_TEXT_MAX];
        GElf_Sym symbol;
        const char *name;

        if (!gelf_getsym(symbol_data, (int)index, &symbol))
            continue;
        name = elf_strptr(object->elf, symbol_header.sh_link, symbol.st_name);
        if (!is_missing(name, &symbol) || seen_before(relocations, i, index))
            continue;
        describe_use(object, find_use(object, relocation.r_offset), place, sizeof(place));
        vf_say("cannot load %s: the import %s does not exist%s", path, name, place);
        count++;
    }
    return count;
}

size_t host_report_missing_imports(const char *path)
{
    struct object object;
    size_t count = 0;

    if (object_open(&object, path)) {
        for (Elf_Scn *section = NULL; (section = elf_nextscn(object.elf, section));) {
            GElf_Shdr header;

            if (gelf_getshdr(section, &header) && header.sh_type == SHT_RELA)
                count += report_section(&object, path, section, &header);
        }
    }
    object_close(&object);
    return count;
}
