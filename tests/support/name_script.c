/* SPDX-License-Identifier: MIT */
/* name_script.c - see name_script.h. */
#include "name_script.h"

#include "base.h"
#include "resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX 32u
#define NAME_MAX_BYTES 1024u

struct rule {
    char name[256];
    char canonical[256];
    uint32_t ipv4;
    uint16_t ipv6;
    int error;
};

static struct {
    struct base_lock lock;
    struct rule rules[RULES_MAX];
    size_t count;
    unsigned asked, most;
    uint32_t last_flags;
    int last_family, last_type;
    char last_node[NAME_MAX_BYTES];
    _Atomic uint32_t let_go;
    _Atomic uint32_t hanging; /* how many hang, to wait on */
    _Atomic uint32_t inside;
} script;

static void set_and_wake(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store(word, value);
    os_wake_all(word);
}

/* --- Answers --------------------------------------------------------------------------------- */

static struct net_found *add(struct net_answer *answer, enum net_family family, uint16_t port,
                             const struct net_question *question)
{
    struct net_found *found = &answer->found[answer->count++];

    found->address.family = (uint16_t)family;
    found->address.port = port;
    found->type = question->type;
    found->protocol = question->protocol;
    return found;
}

static uint16_t port_of(const struct net_question *question)
{
    unsigned port = question->service ? (unsigned)atoi(question->service) : 0;

    return (uint16_t)(port << 8 | port >> 8);
}

static struct net_answer *answer_of(const struct rule *rule, const struct net_question *question)
{
    struct net_answer *answer = net_answer_create(2);

    answer->count = 0;
    if (rule->ipv4 && question->family != NET_IPV6) {
        uint8_t *ip = add(answer, NET_IPV4, port_of(question), question)->address.ip;

        for (int i = 0; i < 4; i++)
            ip[i] = (uint8_t)(rule->ipv4 >> (24 - 8 * i));
    }
    if (rule->ipv6 && question->family != NET_IPV4) {
        uint8_t *ip = add(answer, NET_IPV6, port_of(question), question)->address.ip;

        ip[0] = 0xfd;
        ip[14] = (uint8_t)(rule->ipv6 >> 8);
        ip[15] = (uint8_t)rule->ipv6;
    }
    if (rule->canonical[0] && (question->flags & NET_LOOKUP_CANONICAL)) {
        answer->canonical = os_allocate(sizeof(rule->canonical));
        memcpy(answer->canonical, rule->canonical, sizeof(rule->canonical));
    }
    return answer;
}

static int find_node(const struct net_question *question, struct net_answer **answer)
{
    for (size_t i = 0; i < script.count; i++) {
        const struct rule *rule = &script.rules[i];

        if (strcmp(rule->name, question->node ? question->node : "") != 0)
            continue;
        if (rule->error)
            return rule->error;
        *answer = answer_of(rule, question);
        return 0;
    }
    return -ENOENT;
}

static uint32_t ipv4_of(const struct net_address *address)
{
    return (uint32_t)address->ip[0] << 24 | (uint32_t)address->ip[1] << 16 |
           (uint32_t)address->ip[2] << 8 | address->ip[3];
}

static int find_address(const struct net_question *question, struct net_answer **answer)
{
    for (size_t i = 0; i < script.count; i++) {
        const struct rule *rule = &script.rules[i];

        if (question->address.family != NET_IPV4 || rule->ipv4 != ipv4_of(&question->address))
            continue;
        if (rule->error)
            return rule->error;
        *answer = net_answer_create(0);
        if (question->want_node)
            snprintf((*answer)->node, sizeof((*answer)->node), "%s", rule->name);
        if (question->want_service)
            snprintf((*answer)->service, sizeof((*answer)->service), "service");
        return 0;
    }
    return -ENOENT;
}

/* --- The port -------------------------------------------------------------------------------- */

static void hang(void)
{
    base_lock_acquire(&script.lock);
    set_and_wake(&script.hanging, atomic_load(&script.hanging) + 1);
    base_lock_release(&script.lock);
    while (!atomic_load(&script.let_go))
        os_wait(&script.let_go, 0, OS_FOREVER);
    base_lock_acquire(&script.lock);
    set_and_wake(&script.hanging, atomic_load(&script.hanging) - 1);
    base_lock_release(&script.lock);
}

static void note(const struct net_question *question)
{
    uint32_t inside;

    base_lock_acquire(&script.lock);
    script.asked++;
    inside = atomic_fetch_add(&script.inside, 1) + 1;
    script.most = inside > script.most ? inside : script.most;
    script.last_flags = question->flags;
    script.last_family = question->family;
    script.last_type = question->type;
    snprintf(script.last_node, sizeof(script.last_node), "%s",
             question->node ? question->node : "");
    base_lock_release(&script.lock);
}

static int ask(const struct net_question *question, struct net_answer **answer)
{
    int error;

    note(question);
    if (question->node && strncmp(question->node, "hang", 4) == 0)
        hang();
    base_lock_acquire(&script.lock);
    error = question->kind == NET_LOOKUP_NAME ? find_address(question, answer)
                                              : find_node(question, answer);
    base_lock_release(&script.lock);
    atomic_fetch_sub(&script.inside, 1);
    os_wake_all(&script.inside);
    return error;
}

static const struct net_name_port port = { .ask = ask };

/* --- The test's side ------------------------------------------------------------------------- */

void name_script_begin(void)
{
    memset(&script, 0, sizeof(script));
    net_name_port = &port;
}

void name_script_await_empty(void)
{
    uint32_t inside;

    while ((inside = atomic_load(&script.inside)) != 0)
        os_wait(&script.inside, inside, OS_FOREVER);
}

void name_script_end(void)
{
    name_script_let_go();
    name_script_await_empty();
    net_name_port = &net_name_libc;
}

static struct rule *add_rule(const char *name)
{
    struct rule *rule = &script.rules[script.count++];

    BASE_REQUIRE(script.count <= RULES_MAX);
    snprintf(rule->name, sizeof(rule->name), "%s", name);
    return rule;
}

void name_script_host(const char *name, const char *canonical, uint32_t ipv4, uint16_t ipv6)
{
    struct rule *rule;

    base_lock_acquire(&script.lock);
    rule = add_rule(name);
    snprintf(rule->canonical, sizeof(rule->canonical), "%s", canonical ? canonical : "");
    rule->ipv4 = ipv4;
    rule->ipv6 = ipv6;
    base_lock_release(&script.lock);
}

void name_script_fail(const char *node, int error)
{
    base_lock_acquire(&script.lock);
    add_rule(node)->error = error;
    base_lock_release(&script.lock);
}

void name_script_let_go(void)
{
    set_and_wake(&script.let_go, 1);
}

void name_script_await_hanging(unsigned count)
{
    uint32_t hanging;

    while ((hanging = atomic_load(&script.hanging)) < count)
        os_wait(&script.hanging, hanging, OS_FOREVER);
}

unsigned name_script_inside(void)
{
    return atomic_load(&script.inside);
}

unsigned name_script_asked(void)
{
    unsigned asked;

    base_lock_acquire(&script.lock);
    asked = script.asked;
    base_lock_release(&script.lock);
    return asked;
}

unsigned name_script_most(void)
{
    unsigned most;

    base_lock_acquire(&script.lock);
    most = script.most;
    base_lock_release(&script.lock);
    return most;
}

uint32_t name_script_last_flags(void)
{
    return script.last_flags;
}

int name_script_last_family(void)
{
    return script.last_family;
}

int name_script_last_type(void)
{
    return script.last_type;
}

const char *name_script_last_node(void)
{
    return script.last_node;
}
