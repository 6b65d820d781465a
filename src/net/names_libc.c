/* SPDX-License-Identifier: MIT */
/* names_libc.c - the port of resolve.h over the C library's resolver and libidn2. */
#define _GNU_SOURCE
#include "names_libc.h"

#include "address.h"
#include "resolve.h"

#include <dlfcn.h>
#include <errno.h>
#include <idn2.h>
#include <netinet/in.h>
#include <string.h>

const struct net_libc *net_libc;

/* --- The C library --------------------------------------------------------------------------- */

static void *find_in_libc(const char *name)
{
    /* Loaded already, always: this only asks for the handle. NULL in a static program. */
    void *library = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *found = library ? dlsym(library, name) : NULL;

    if (library)
        dlclose(library);
    return found;
}

static struct net_libc find_libc(void)
{
    struct net_libc libc = { getaddrinfo, freeaddrinfo, getnameinfo };
    void *by_name = find_in_libc("getaddrinfo");
    void *give_back = find_in_libc("freeaddrinfo");
    void *by_address = find_in_libc("getnameinfo");

    if (by_name && give_back && by_address) {
        memcpy(&libc.getaddrinfo, &by_name, sizeof(by_name));
        memcpy(&libc.freeaddrinfo, &give_back, sizeof(give_back));
        memcpy(&libc.getnameinfo, &by_address, sizeof(by_address));
    }
    return libc;
}

static struct net_libc current_libc(void)
{
    return net_libc ? *net_libc : find_libc();
}

static int error_of(int code)
{
    static const struct {
        int code, error;
    } rows[] = {
        { 0, 0 },
        { EAI_NONAME, ENOENT },
        { EAI_NODATA, ENOENT },
        { EAI_ADDRFAMILY, ENOENT },
        { EAI_SERVICE, ENOENT },
        { EAI_AGAIN, EAGAIN },
        { EAI_FAIL, ECONNABORTED },
        { EAI_FAMILY, EAFNOSUPPORT },
        { EAI_SOCKTYPE, ESOCKTNOSUPPORT },
        { EAI_BADFLAGS, EINVAL },
        { EAI_MEMORY, ENOMEM },
        { EAI_OVERFLOW, EOVERFLOW },
        { EAI_IDN_ENCODE, EILSEQ },
    };

    if (code == EAI_SYSTEM)
        return errno ? -errno : -EIO;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].code == code)
            return -rows[i].error;
    }
    return -EIO;
}

/* --- Names to addresses ---------------------------------------------------------------------- */

static const struct {
    uint32_t ours;
    int theirs;
} address_flags[] = {
    { NET_LOOKUP_PASSIVE, AI_PASSIVE },
    { NET_LOOKUP_CANONICAL, AI_CANONNAME },
    { NET_LOOKUP_NUMERIC_NODE, AI_NUMERICHOST },
    { NET_LOOKUP_NUMERIC_SERVICE, AI_NUMERICSERV },
    { NET_LOOKUP_MAPPED, AI_V4MAPPED },
    { NET_LOOKUP_ALL, AI_ALL },
    { NET_LOOKUP_CONFIGURED, AI_ADDRCONFIG },
};

static const int types[] = {
    [NET_TYPE_ANY] = 0,
    [NET_TYPE_STREAM] = SOCK_STREAM,
    [NET_TYPE_DATAGRAM] = SOCK_DGRAM,
    [NET_TYPE_RAW] = SOCK_RAW,
    [NET_TYPE_OTHER] = -1,
};

static enum net_socktype type_of(int type)
{
    for (int i = 0; i < NET_TYPE_OTHER; i++) {
        if (types[i] == type)
            return (enum net_socktype)i;
    }
    return NET_TYPE_OTHER;
}

static struct addrinfo hints_of(const struct net_question *question)
{
    struct addrinfo hints = { .ai_socktype = types[question->type],
                              .ai_protocol = (int)question->protocol };

    if (question->family != NET_UNSPECIFIED)
        hints.ai_family = question->family == NET_IPV6 ? AF_INET6 : AF_INET;
    for (size_t i = 0; i < sizeof(address_flags) / sizeof(address_flags[0]); i++) {
        if (question->flags & address_flags[i].ours)
            hints.ai_flags |= address_flags[i].theirs;
    }
    return hints;
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

/* The library converts by itself only in the process's locale, so it never sees such a name. */
static int encode(const struct net_question *question, char **encoded)
{
    int code;

    *encoded = NULL;
    if (!question->node || is_ascii(question->node))
        return 0;
    if (question->flags & NET_LOOKUP_NUMERIC_NODE)
        return -ENOENT;
    if (question->flags & NET_LOOKUP_ASCII)
        return 0;
    code = idn2_to_ascii_8z(question->node, encoded, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (code == IDN2_OK)
        return 0;
    return code == IDN2_MALLOC ? -ENOMEM : -EILSEQ;
}

static size_t count_known(const struct addrinfo *list)
{
    size_t count = 0;

    for (; list; list = list->ai_next)
        count += list->ai_family == AF_INET || list->ai_family == AF_INET6;
    return count;
}

static bool keep_canonical(struct net_answer *answer, const char *name)
{
    size_t size = strlen(name) + 1;

    answer->canonical = os_allocate(size);
    if (answer->canonical)
        memcpy(answer->canonical, name, size);
    return answer->canonical != NULL;
}

static int read_list(const struct addrinfo *list, struct net_answer **out)
{
    struct net_answer *answer = net_answer_create(count_known(list));
    struct net_found *found;

    if (!answer)
        return -ENOMEM;
    found = answer->found;
    for (const struct addrinfo *at = list; at; at = at->ai_next) {
        if (at->ai_family != AF_INET && at->ai_family != AF_INET6)
            continue;
        net_address_decode(at->ai_addr, at->ai_addrlen, &found->address);
        found->type = type_of(at->ai_socktype);
        found->protocol = (uint32_t)at->ai_protocol;
        found++;
    }
    if (list->ai_canonname && !keep_canonical(answer, list->ai_canonname)) {
        net_answer_free(answer);
        return -ENOMEM;
    }
    *out = answer;
    return 0;
}

static int ask_addresses(const struct net_question *question, struct net_answer **answer)
{
    const struct net_libc libc = current_libc();
    struct addrinfo hints = hints_of(question);
    struct addrinfo *list = NULL;
    char *encoded;
    int error = encode(question, &encoded);

    if (error)
        return error;
    errno = 0;
    error = error_of(libc.getaddrinfo(encoded ? encoded : question->node, question->service,
                                      &hints, &list));
    idn2_free(encoded);
    if (error)
        return error;
    error = read_list(list, answer);
    libc.freeaddrinfo(list);
    return error;
}

/* --- Addresses to names ---------------------------------------------------------------------- */

static const struct {
    uint32_t ours;
    int theirs;
} name_flags[] = {
    { NET_LOOKUP_NUMERIC_NODE, NI_NUMERICHOST },
    { NET_LOOKUP_NUMERIC_SERVICE, NI_NUMERICSERV },
    { NET_LOOKUP_LOCAL_SHORT, NI_NOFQDN },
    { NET_LOOKUP_NAME_REQUIRED, NI_NAMEREQD },
    { NET_LOOKUP_DATAGRAM, NI_DGRAM },
};

static int call_name(const struct net_question *question, int flags, struct net_answer *answer)
{
    union net_sockaddr address;
    socklen_t length = net_address_encode(&question->address, &address);

    errno = 0;
    return error_of(current_libc().getnameinfo(
        &address.any, length, question->want_node ? answer->node : NULL,
        question->want_node ? NET_NODE_MAX : 0, question->want_service ? answer->service : NULL,
        question->want_service ? NET_SERVICE_MAX : 0, flags));
}

static int ask_name(const struct net_question *question, struct net_answer **out)
{
    struct net_answer *answer = net_answer_create(0);
    int flags = 0, error;

    if (!answer)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof(name_flags) / sizeof(name_flags[0]); i++) {
        if (question->flags & name_flags[i].ours)
            flags |= name_flags[i].theirs;
    }
    error = call_name(question, flags, answer);
    /* A number in place of a name, also when the servers do not answer. */
    if (error == -EAGAIN && !(question->flags & NET_LOOKUP_NAME_REQUIRED))
        error = call_name(question, flags | NI_NUMERICHOST, answer);
    if (error)
        net_answer_free(answer);
    else
        *out = answer;
    return error;
}

static int ask(const struct net_question *question, struct net_answer **answer)
{
    return question->kind == NET_LOOKUP_NAME ? ask_name(question, answer)
                                             : ask_addresses(question, answer);
}

const struct net_name_port net_name_libc = { .ask = ask };
