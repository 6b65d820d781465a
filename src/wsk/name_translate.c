/* SPDX-License-Identifier: MIT */
/*
 * name_translate.c - hints, flags, text and result lists of name resolution, between Windows and
 * engine.
 */
#include "name.h"

#include "base.h"
#include "nt.h"
#include "translate.h"

#include <ws2ipdef.h>

#include <errno.h>
#include <string.h>

/* --- Questions ------------------------------------------------------------------------------- */

static const struct {
    ULONG windows;
    uint32_t engine;
} address_flags[] = {
    { AI_PASSIVE, NET_LOOKUP_PASSIVE },
    { AI_CANONNAME, NET_LOOKUP_CANONICAL },
    { AI_FQDN, NET_LOOKUP_CANONICAL },
    { AI_NUMERICHOST, NET_LOOKUP_NUMERIC_NODE },
    { AI_NUMERICSERV, NET_LOOKUP_NUMERIC_SERVICE },
    { AI_V4MAPPED, NET_LOOKUP_MAPPED },
    { AI_ALL, NET_LOOKUP_ALL },
    { AI_ADDRCONFIG, NET_LOOKUP_CONFIGURED },
    { AI_DISABLE_IDN_ENCODING, NET_LOOKUP_ASCII },
};

/*
 * About Windows' own caches and protocols: whom to ask, not what for. The host's resolver decides
 * that.
 */
#define HARMLESS_FLAGS                                                                            \
    (AI_DNS_ONLY | AI_BYPASS_DNS_CACHE | AI_NON_AUTHORITATIVE | AI_RETURN_PREFERRED_NAMES |       \
     AI_FILESERVER)

static NTSTATUS read_flags(ULONG flags, uint32_t *engine)
{
    flags &= ~(ULONG)HARMLESS_FLAGS;
    for (size_t i = 0; i < RTL_NUMBER_OF(address_flags); i++) {
        if (flags & address_flags[i].windows)
            *engine |= address_flags[i].engine;
        flags &= ~address_flags[i].windows;
    }
    return flags ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

NTSTATUS wsk_name_read_hints(const ADDRINFOEXW *hints, struct net_question *question)
{
    static const enum net_socktype types[] = {
        [0] = NET_TYPE_ANY,
        [SOCK_STREAM] = NET_TYPE_STREAM,
        [SOCK_DGRAM] = NET_TYPE_DATAGRAM,
        [SOCK_RAW] = NET_TYPE_RAW,
    };

    if (!hints)
        return STATUS_SUCCESS;
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET &&
        hints->ai_family != AF_INET6)
        return STATUS_NOT_SUPPORTED;
    if (hints->ai_socktype < 0 || hints->ai_socktype > SOCK_RAW || hints->ai_protocol < 0 ||
        hints->ai_protocol > IPPROTO_RAW)
        return STATUS_NOT_SUPPORTED;
    if (hints->ai_family != AF_UNSPEC)
        question->family = hints->ai_family == AF_INET6 ? NET_IPV6 : NET_IPV4;
    question->type = types[hints->ai_socktype];
    question->protocol = (uint32_t)hints->ai_protocol;
    return read_flags((ULONG)hints->ai_flags, &question->flags);
}

NTSTATUS wsk_name_read_address(const SOCKADDR *address, ULONG length, ULONG flags,
                               struct net_question *question)
{
    static const struct {
        ULONG windows;
        uint32_t engine;
    } rows[] = {
        { NI_NOFQDN, NET_LOOKUP_LOCAL_SHORT },
        { NI_NUMERICHOST, NET_LOOKUP_NUMERIC_NODE },
        { NI_NAMEREQD, NET_LOOKUP_NAME_REQUIRED },
        { NI_NUMERICSERV, NET_LOOKUP_NUMERIC_SERVICE },
        { NI_DGRAM, NET_LOOKUP_DATAGRAM },
    };
    enum net_family family;

    if (!address || length < sizeof(ADDRESS_FAMILY))
        return STATUS_INVALID_PARAMETER;
    family = address->sa_family == AF_INET6 ? NET_IPV6 : NET_IPV4;
    if (length < wsk_address_size(family) || length > sizeof(SOCKADDR_STORAGE) ||
        !wsk_address_from(family, address, &question->address))
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        if (flags & rows[i].windows)
            question->flags |= rows[i].engine;
        flags &= ~rows[i].windows;
    }
    return flags ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* --- Text ------------------------------------------------------------------------------------ */

/* A zero inside would end the name early for the resolver, and change which one it is. */
static bool has_zero(const UNICODE_STRING *string)
{
    for (USHORT i = 0; i < string->Length / sizeof(WCHAR); i++) {
        if (!string->Buffer[i])
            return true;
    }
    return false;
}

NTSTATUS wsk_name_read_text(const UNICODE_STRING *string, char **text)
{
    ULONG size = 0;
    NTSTATUS status;

    *text = NULL;
    if (!string || !string->Length)
        return STATUS_SUCCESS;
    if (!string->Buffer || string->Length % sizeof(WCHAR) || has_zero(string))
        return STATUS_INVALID_PARAMETER;
    *text = os_allocate(3u * string->Length / sizeof(WCHAR) + 1);
    if (!*text)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = RtlUnicodeToUTF8N(*text, 3u * string->Length / sizeof(WCHAR), &size, string->Buffer,
                               string->Length);
    (*text)[size] = '\0';
    if (status == STATUS_SUCCESS)
        return status;
    os_free(*text);
    *text = NULL;
    return STATUS_INVALID_PARAMETER; /* half a surrogate pair */
}

static ULONG utf16_size(const char *text)
{
    ULONG size = 0;

    RtlUTF8ToUnicodeN(NULL, 0, &size, text, (ULONG)strlen(text));
    return size;
}

bool wsk_name_fits(const char *text, const UNICODE_STRING *string)
{
    return string->Buffer && utf16_size(text) + sizeof(WCHAR) <= string->MaximumLength;
}

NTSTATUS wsk_name_write_text(const char *text, PUNICODE_STRING string)
{
    ULONG size = 0;

    if (!wsk_name_fits(text, string))
        return STATUS_BUFFER_TOO_SMALL;
    RtlUTF8ToUnicodeN(string->Buffer, string->MaximumLength, &size, text, (ULONG)strlen(text));
    string->Buffer[size / sizeof(WCHAR)] = 0;
    string->Length = (USHORT)size;
    return STATUS_SUCCESS;
}

/* --- Lists ----------------------------------------------------------------------------------- */

struct entry {
    ADDRINFOEXW info;
    SOCKADDR_INET address;
};

/* One allocation carries all of it; the driver sees the first entry's `info`. */
struct name_list {
    struct list link;
    struct ledger_entry ledger;
    size_t count;
    PWSTR canonical;
    struct entry entries[];
};

static struct base_lock lists_lock;
static struct list lists = LIST_INITIALISER(lists);

static bool found_before(const struct net_answer *answer, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        if (memcmp(&answer->found[i].address, &answer->found[number].address,
                   sizeof(answer->found[i].address)) == 0)
            return true;
    }
    return false;
}

static void fill_entry(struct name_list *list, const struct net_found *found, bool any_type)
{
    static const int types[] = { 0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, 0 };
    struct entry *entry = &list->entries[list->count];

    wsk_address_to((enum net_family)found->address.family, &found->address,
                   (PSOCKADDR)&entry->address);
    entry->info = (ADDRINFOEXW){
        .ai_family = found->address.family == NET_IPV6 ? AF_INET6 : AF_INET,
        .ai_socktype = any_type ? 0 : types[found->type],
        .ai_protocol = any_type ? 0 : (int)found->protocol,
        .ai_addrlen = wsk_address_size((enum net_family)found->address.family),
        .ai_addr = (struct sockaddr *)&entry->address,
    };
    if (list->count)
        list->entries[list->count - 1].info.ai_next = &entry->info;
    list->count++;
}

static void publish(struct name_list *list, const void *place)
{
    base_lock_acquire(&lists_lock);
    list_push_back(&lists, &list->link);
    base_lock_release(&lists_lock);
    ledger_add(&list->ledger, LEDGER_ADDRESS_INFO, &list->entries[0].info, place);
}

PADDRINFOEXW wsk_name_list_create(const struct net_question *question,
                                  const struct net_answer *answer, const void *place)
{
    /*
     * Without a type asked for Windows gives each address once, of no type; the host once a type. A
     * service by name may have another port for each type, so there the types stay.
     */
    bool any_type = question->type == NET_TYPE_ANY && !question->protocol &&
                    (!question->service || strspn(question->service, "0123456789") ==
                                               strlen(question->service));
    ULONG name_size = answer->canonical ? utf16_size(answer->canonical) + sizeof(WCHAR) : 0;
    size_t entries_size = answer->count * sizeof(struct entry);
    struct name_list *list = os_allocate_zeroed(sizeof(*list) + entries_size + name_size);

    if (!list)
        return NULL;
    for (size_t i = 0; i < answer->count; i++) {
        if (!any_type || !found_before(answer, i))
            fill_entry(list, &answer->found[i], any_type);
    }
    if (answer->canonical) {
        list->canonical = (PWSTR)(void *)((char *)(list + 1) + entries_size);
        RtlUTF8ToUnicodeN(list->canonical, name_size, NULL, answer->canonical,
                          (ULONG)strlen(answer->canonical));
        list->entries[0].info.ai_canonname = list->canonical;
    }
    publish(list, place);
    return &list->entries[0].info;
}

/* Compared with those that live, so that no memory is read through a wrong pointer. */
static struct name_list *take_list(const ADDRINFOEXW *info)
{
    struct name_list *found = NULL;

    base_lock_acquire(&lists_lock);
    list_for_each(link, &lists) {
        struct name_list *list = container_of(link, struct name_list, link);

        if (&list->entries[0].info == info) {
            found = list;
            list_remove(link);
            break;
        }
    }
    base_lock_release(&lists_lock);
    return found;
}

void wsk_name_list_free(PADDRINFOEXW info)
{
    struct name_list *list = take_list(info);

    if (!list)
        nt_bug_check(&(struct nt_bug){
            .code = DRIVER_VERIFIER_DETECTED_VIOLATION,
            .sentence = "WskFreeAddressInfo was called for something that is no result of "
                        "WskGetAddressInfo, or has been freed before.",
            .parameters = { 0, (ULONG_PTR)info, 0, 0 },
        });
    ledger_remove(&list->ledger);
    os_free(list);
}

/* --- Statuses -------------------------------------------------------------------------------- */

NTSTATUS wsk_name_status(int error)
{
    switch (-error) {
    case ENOENT:
    case EILSEQ:
    case EAGAIN: /* nobody who could be asked knows the name */
        return STATUS_NOT_FOUND;
    case EOVERFLOW:
        return STATUS_BUFFER_TOO_SMALL;
    case EAFNOSUPPORT:
    case ESOCKTNOSUPPORT:
        return STATUS_NOT_SUPPORTED;
    case ECONNABORTED:
        return STATUS_UNSUCCESSFUL;
    default:
        return wsk_status_from_errno(error);
    }
}
