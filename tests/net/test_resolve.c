/* SPDX-License-Identifier: MIT */
/*
 * Questions to the resolver: threads and cancels against a script, then words against the C
 * library.
 */
#define _GNU_SOURCE /* EAI_NODATA */
#include "base.h"
#include "name_script.h"
#include "names_libc.h"
#include "resolve.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct asked {
    struct net_lookup *lookup;
    _Atomic uint32_t answered;
    int error;
    size_t count;
    struct net_found first;
    char canonical[64];
    char node[NET_NODE_MAX], service[NET_SERVICE_MAX];
};

static struct net_resolver *resolver;

static void answered(void *owner, int error, struct net_answer *answer)
{
    struct asked *asked = owner;

    asked->error = error;
    assert_true((error == 0) == (answer != NULL));
    if (answer) {
        asked->count = answer->count;
        if (answer->count)
            asked->first = answer->found[0];
        snprintf(asked->canonical, sizeof(asked->canonical), "%s",
                 answer->canonical ? answer->canonical : "");
        memcpy(asked->node, answer->node, sizeof(asked->node));
        memcpy(asked->service, answer->service, sizeof(asked->service));
    }
    net_answer_free(answer);
    atomic_fetch_add(&asked->answered, 1);
    os_wake_all(&asked->answered);
}

static void begin(struct asked *asked, const struct net_question *question)
{
    memset(asked, 0, sizeof(*asked));
    assert_int_equal(net_lookup_start(resolver, question, answered, asked, &asked->lookup), 0);
}

static void begin_node(struct asked *asked, const char *node)
{
    begin(asked, &(struct net_question){ .node = node });
}

static int end(struct asked *asked)
{
    while (!atomic_load(&asked->answered))
        os_wait(&asked->answered, 0, OS_FOREVER);
    net_lookup_forget(asked->lookup);
    assert_int_equal(atomic_load(&asked->answered), 1);
    return asked->error;
}

static int setup_script(void **state)
{
    (void)state;
    name_script_begin();
    return net_resolver_start(&resolver);
}

static int teardown_script(void **state)
{
    (void)state;
    net_resolver_stop(resolver);
    name_script_end();
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return net_resolver_start(&resolver);
}

static int teardown(void **state)
{
    (void)state;
    net_resolver_stop(resolver);
    net_libc = NULL;
    return 0;
}

/* --- Threads --------------------------------------------------------------------------------- */

static void test_nobody_asks(void **state)
{
    (void)state;
    assert_int_equal(name_script_asked(), 0);
}

static void test_answers(void **state)
{
    struct asked one, two;

    (void)state;
    name_script_host("one", "one.example", 0x0a000001, 7);
    name_script_fail("two", -ECONNABORTED);
    begin_node(&one, "one");
    begin_node(&two, "two");
    assert_int_equal(end(&one), 0);
    assert_int_equal(one.count, 2);
    assert_int_equal(one.first.address.ip[0], 10);
    assert_string_equal(one.canonical, ""); /* not asked for */
    assert_int_equal(end(&two), -ECONNABORTED);
}

/* The text is the asker's only until the call returns. */
static void test_the_question_is_copied(void **state)
{
    char node[] = "hang one", service[] = "80";
    struct asked asked;

    (void)state;
    name_script_host("hang one", NULL, 0x0a000001, 0);
    begin(&asked, &(struct net_question){ .node = node, .service = service });
    memset(node, 'x', sizeof(node) - 1);
    memset(service, 'x', sizeof(service) - 1);
    name_script_await_hanging(1);
    name_script_let_go();
    assert_int_equal(end(&asked), 0);
    assert_int_equal(asked.first.address.port, 80 << 8);
}

static void test_cancel_of_what_hangs(void **state)
{
    struct asked asked;

    (void)state;
    begin_node(&asked, "hang");
    name_script_await_hanging(1);
    assert_true(net_lookup_cancel(asked.lookup));
    name_script_let_go();
    begin_node(&asked, "other"); /* the same place in memory: a late answer would show here */
    assert_int_equal(end(&asked), -ENOENT);
}

static void test_cancel_after_the_answer(void **state)
{
    struct asked asked;

    (void)state;
    begin_node(&asked, "none");
    while (!atomic_load(&asked.answered))
        os_wait(&asked.answered, 0, OS_FOREVER);
    assert_false(net_lookup_cancel(asked.lookup));
    assert_int_equal(asked.error, -ENOENT);
}

/* As many as may hang do; the rest stands in line and can leave it; numbers need not wait. */
static void test_the_limit(void **state)
{
    enum { MANY = 3 * NET_RESOLVE_THREADS_MAX };
    struct asked asked[MANY], number;

    (void)state;
    name_script_host("10.0.0.1", NULL, 0x0a000001, 0);
    for (int i = 0; i < MANY; i++)
        begin_node(&asked[i], "hang");
    name_script_await_hanging(NET_RESOLVE_THREADS_MAX - 1);
    begin_node(&number, "10.0.0.1");
    assert_int_equal(end(&number), 0);
    for (int i = MANY - 1; i >= MANY / 2; i--)
        assert_true(net_lookup_cancel(asked[i].lookup));
    name_script_let_go();
    for (int i = 0; i < MANY / 2; i++)
        assert_int_equal(end(&asked[i]), -ENOENT);
    assert_true(name_script_most() <= NET_RESOLVE_THREADS_MAX);
    assert_true(name_script_asked() <= MANY / 2 + 1);
}

/* A stop does not wait for a resolver that hangs; the thread cleans up behind itself later. */
static void test_stop_while_it_hangs(void **state)
{
    struct net_resolver *first = resolver;
    struct asked asked[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        begin_node(&asked[i], "hang");
    name_script_await_hanging(3);
    for (int i = 0; i < 3; i++)
        assert_true(net_lookup_cancel(asked[i].lookup));
    net_resolver_stop(first);
    assert_int_equal(name_script_inside(), 3);
    assert_int_equal(net_resolver_start(&resolver), 0);
}

/* Either the answer or the cancel, never both, never neither. */
static void test_cancel_against_answer(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        struct asked asked;

        begin_node(&asked, "none");
        for (int k = 0; k < i % 20; k++)
            os_yield();
        if (net_lookup_cancel(asked.lookup)) {
            assert_int_equal(atomic_load(&asked.answered), 0);
        } else {
            while (!atomic_load(&asked.answered))
                os_wait(&asked.answered, 0, OS_FOREVER);
            assert_int_equal(asked.error, -ENOENT);
        }
    }
}

/* --- The C library --------------------------------------------------------------------------- */

static void test_numbers(void **state)
{
    struct asked asked;

    (void)state;
    begin(&asked, &(struct net_question){ .node = "127.0.0.1", .service = "12345",
                                          .type = NET_TYPE_DATAGRAM });
    assert_int_equal(end(&asked), 0);
    assert_int_equal(asked.count, 1);
    assert_int_equal(asked.first.address.family, NET_IPV4);
    assert_int_equal(asked.first.address.port, (uint16_t)(12345 >> 8 | 12345 << 8));
    assert_int_equal(asked.first.address.ip[3], 1);
    assert_int_equal(asked.first.type, NET_TYPE_DATAGRAM);
    assert_int_equal(asked.first.protocol, 17);
    begin(&asked, &(struct net_question){ .node = "fe80::1%3", .family = NET_IPV6,
                                          .type = NET_TYPE_STREAM });
    assert_int_equal(end(&asked), 0);
    assert_int_equal(asked.first.address.scope, 3);
    begin(&asked, &(struct net_question){ .node = "127.0.0.1", .family = NET_IPV6 });
    assert_int_equal(end(&asked), -ENOENT);
    begin(&asked, &(struct net_question){ .node = "127.0.0.1", .service = "no such service" });
    assert_int_equal(end(&asked), -ENOENT);
}

static void test_a_name_where_a_number_is_wanted(void **state)
{
    static const char *const names[] = { "name.example", "\xc3\xa4.example", "1.2.3.4.5" };
    struct asked asked;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        begin(&asked, &(struct net_question){ .node = names[i], .flags = NET_LOOKUP_NUMERIC_NODE });
        assert_int_equal(end(&asked), -ENOENT);
    }
}

static void test_address_to_number(void **state)
{
    struct net_question question = {
        .kind = NET_LOOKUP_NAME, .flags = NET_LOOKUP_NUMERIC_NODE | NET_LOOKUP_NUMERIC_SERVICE,
        .address = { .family = NET_IPV4, .port = 80 << 8, .ip = { 192, 0, 2, 1 } },
        .want_node = true, .want_service = true,
    };
    struct asked asked;

    (void)state;
    begin(&asked, &question);
    assert_int_equal(end(&asked), 0);
    assert_string_equal(asked.node, "192.0.2.1");
    assert_string_equal(asked.service, "80");
    question.want_service = false;
    begin(&asked, &question);
    assert_int_equal(end(&asked), 0);
    assert_string_equal(asked.service, "");
}

/* --- The C library's words, scripted --------------------------------------------------------- */

static struct {
    char node[256];
    struct addrinfo hints;
    int flags;
    int code, system_error;
    unsigned calls;
} libc_script;

static int say_addresses(const char *node, const char *service, const struct addrinfo *hints,
                         struct addrinfo **list)
{
    (void)service;
    (void)list;
    snprintf(libc_script.node, sizeof(libc_script.node), "%s", node ? node : "");
    libc_script.hints = *hints;
    errno = libc_script.system_error;
    return libc_script.code;
}

static void give_back(struct addrinfo *list)
{
    (void)list;
}

static int say_name(const struct sockaddr *address, socklen_t length, char *node,
                    socklen_t node_size, char *service, socklen_t service_size, int flags)
{
    (void)address;
    (void)length;
    (void)service;
    (void)service_size;
    libc_script.flags = flags;
    libc_script.calls++;
    if (libc_script.calls == 1)
        return libc_script.code;
    snprintf(node, node_size, "number");
    return 0;
}

static const struct net_libc scripted = { say_addresses, give_back, say_name };

static int ask_scripted(const struct net_question *question, int code, int system_error)
{
    struct asked asked;

    memset(&libc_script, 0, sizeof(libc_script));
    libc_script.code = code;
    libc_script.system_error = system_error;
    net_libc = &scripted;
    begin(&asked, question);
    return end(&asked);
}

static void test_errors(void **state)
{
    static const struct {
        int code, system_error, error;
    } rows[] = {
        { EAI_NONAME, 0, -ENOENT },          { EAI_NODATA, 0, -ENOENT },
        { EAI_ADDRFAMILY, 0, -ENOENT },      { EAI_SERVICE, 0, -ENOENT },
        { EAI_AGAIN, 0, -EAGAIN },           { EAI_FAIL, 0, -ECONNABORTED },
        { EAI_FAMILY, 0, -EAFNOSUPPORT },    { EAI_SOCKTYPE, 0, -ESOCKTNOSUPPORT },
        { EAI_BADFLAGS, 0, -EINVAL },        { EAI_MEMORY, 0, -ENOMEM },
        { EAI_SYSTEM, EMFILE, -EMFILE },     { EAI_SYSTEM, 0, -EIO },
        { 12345, 0, -EIO },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(ask_scripted(&(struct net_question){ .node = "x" }, rows[i].code,
                                      rows[i].system_error),
                         rows[i].error);
}

/* In the C locale, where the C library itself would refuse. */
static void test_international_names(void **state)
{
    static const struct {
        const char *name, *sent;
    } rows[] = {
        { "plain.Example", "plain.Example" },
        { "b\xc3\xbc" "cher.example", "xn--bcher-kva.example" },
        { "B\xc3\x9c" "CHER.example", "xn--bcher-kva.example" },
        { "stra\xc3\x9f" "e.de", "xn--strae-oqa.de" },
        { "\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88",
          "xn--r8jz45g.xn--zckzah" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct net_question question = { .node = rows[i].name };

        assert_int_equal(ask_scripted(&question, EAI_NONAME, 0), -ENOENT);
        assert_string_equal(libc_script.node, rows[i].sent);
    }
    assert_int_equal(ask_scripted(&(struct net_question){ .node = "\xff.example" }, 0, 0), -EILSEQ);
    assert_string_equal(libc_script.node, ""); /* nobody was asked */
    ask_scripted(&(struct net_question){ .node = rows[1].name, .flags = NET_LOOKUP_ASCII },
                 EAI_NONAME, 0);
    assert_string_equal(libc_script.node, rows[1].name);
}

static void test_hints(void **state)
{
    const struct net_question question = {
        .node = "x", .family = NET_IPV6, .type = NET_TYPE_STREAM, .protocol = 6,
        .flags = NET_LOOKUP_PASSIVE | NET_LOOKUP_CANONICAL | NET_LOOKUP_NUMERIC_SERVICE |
                 NET_LOOKUP_MAPPED | NET_LOOKUP_ALL | NET_LOOKUP_CONFIGURED,
    };

    (void)state;
    ask_scripted(&question, EAI_NONAME, 0);
    assert_int_equal(libc_script.hints.ai_family, AF_INET6);
    assert_int_equal(libc_script.hints.ai_socktype, SOCK_STREAM);
    assert_int_equal(libc_script.hints.ai_protocol, 6);
    assert_int_equal(libc_script.hints.ai_flags, AI_PASSIVE | AI_CANONNAME | AI_NUMERICSERV |
                                                     AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG);
}

/* A server that does not answer leaves the number, unless a name is required. */
static void test_no_name_now(void **state)
{
    struct net_question question = { .kind = NET_LOOKUP_NAME, .want_node = true,
                                     .address = { .family = NET_IPV4 } };

    (void)state;
    assert_int_equal(ask_scripted(&question, EAI_AGAIN, 0), 0);
    assert_int_equal(libc_script.calls, 2);
    assert_int_equal(libc_script.flags, NI_NUMERICHOST);
    question.flags = NET_LOOKUP_NAME_REQUIRED;
    assert_int_equal(ask_scripted(&question, EAI_AGAIN, 0), -EAGAIN);
    assert_int_equal(libc_script.calls, 1);
    assert_int_equal(libc_script.flags, NI_NAMEREQD);
}

/* This very program has functions of these names; the engine calls those of the C library. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    (void)node;
    (void)service;
    (void)hints;
    (void)list;
    fail_msg("the engine called this program's getaddrinfo");
    return EAI_FAIL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_asks, setup_script, teardown_script),
        cmocka_unit_test_setup_teardown(test_answers, setup_script, teardown_script),
        cmocka_unit_test_setup_teardown(test_the_question_is_copied, setup_script, teardown_script),
        cmocka_unit_test_setup_teardown(test_cancel_of_what_hangs, setup_script, teardown_script),
        cmocka_unit_test_setup_teardown(test_cancel_after_the_answer, setup_script,
                                        teardown_script),
        cmocka_unit_test_setup_teardown(test_the_limit, setup_script, teardown_script),
        cmocka_unit_test_setup_teardown(test_stop_while_it_hangs, setup_script, teardown_script),
        cmocka_unit_test_setup_teardown(test_cancel_against_answer, setup_script, teardown_script),
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_name_where_a_number_is_wanted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_address_to_number, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_international_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hints, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_name_now, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
