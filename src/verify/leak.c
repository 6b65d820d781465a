/* SPDX-License-Identifier: MIT */
/*
 * leak.c - what a driver left behind, from the ledger and the executive's timers.
 *
 * Things are folded by kind, tag and place, first by the place's address, then by its words: two
 * calls on one line are one finding. What was reported stays known by its address, so that the
 * end of the run does not repeat what the unload said.
 */
#include "verify.h"

#include "base.h"
#include "flight.h"
#include "leak.h"
#include "nt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX_BYTES (SYMBOL_TEXT_MAX + 256)

struct group {
    uint32_t kind;
    uint32_t tag;
    const void *place;
    size_t count;
    uint64_t bytes;
    uint32_t stacks[HOOK_STACKS_MAX]; /* different ones, up to the first 0 */
    char where[SYMBOL_TEXT_MAX];
};

struct groups {
    struct group *at;
    size_t count;
    size_t room;
};

/* Only `kind`, `tag`, `place` and `count` mean something. One thread at a time: the host's. */
static struct groups reported;
static void (*visit_retained)(vf_things_fn *visit, void *context);

static struct group *groups_append(struct groups *groups, const struct group *group)
{
    if (groups->count == groups->room) {
        size_t room = groups->room ? 2 * groups->room : 64;
        struct group *at = os_allocate(room * sizeof(*at));

        if (!at)
            return NULL;
        if (groups->count)
            memcpy(at, groups->at, groups->count * sizeof(*at));
        os_free(groups->at);
        groups->at = at;
        groups->room = room;
    }
    groups->at[groups->count] = *group;
    return &groups->at[groups->count++];
}

static void groups_clear(struct groups *groups)
{
    os_free(groups->at);
    *groups = (struct groups){ 0 };
}

static struct group *groups_find(const struct groups *groups, const struct group *like)
{
    for (size_t i = 0; i < groups->count; i++) {
        struct group *group = &groups->at[i];

        if (group->kind == like->kind && group->tag == like->tag && group->place == like->place)
            return group;
    }
    return NULL;
}

/* --- Collecting ----------------------------------------------------------------------------- */

static void add_stack(struct group *group, uint32_t stack)
{
    for (size_t i = 0; i < HOOK_STACKS_MAX && stack && group->stacks[i] != stack; i++) {
        if (!group->stacks[i]) {
            group->stacks[i] = stack;
            return;
        }
    }
}

static void add_stacks(struct group *group, const struct group *of)
{
    for (size_t i = 0; i < HOOK_STACKS_MAX; i++)
        add_stack(group, of->stacks[i]);
}

static void add_thing(struct groups *groups, const struct group *thing)
{
    struct group *group = groups_find(groups, thing);

    if (!group) {
        groups_append(groups, thing);
        return;
    }
    group->count += thing->count;
    group->bytes += thing->bytes;
    add_stacks(group, thing);
}

static void add_entry(const struct ledger_entry *entry, void *groups)
{
    struct group thing = {
        .kind = entry->kind, .tag = entry->tag, .place = entry->place, .count = 1,
        .bytes = entry->size, .stacks = { entry->stack },
    };

    add_thing(groups, &thing);
}

/* The executive keeps timers itself: KTIMER is the driver's memory and has no room for an entry. */
static void add_timer(PKTIMER timer, const void *place, void *groups)
{
    struct group thing = { .kind = LEDGER_TIMER, .place = place, .count = 1 };

    (void)timer;
    add_thing(groups, &thing);
}

static void add_retained(size_t count, const void *place, void *groups)
{
    struct group things = { .kind = LEDGER_INDICATION, .place = place, .count = count };

    add_thing(groups, &things);
}

static void collect(struct groups *groups)
{
    for (uint32_t kind = 0; kind < LEDGER_KIND_COUNT; kind++)
        ledger_visit(kind, add_entry, groups);
    nt_timer_visit(add_timer, groups);
    if (visit_retained)
        visit_retained(add_retained, groups);
}

/* --- Saying --------------------------------------------------------------------------------- */

/* Lowest byte first, which is how a tag written as 'galP' is read everywhere: Plag. */
static void tag_words(uint32_t tag, char text[5])
{
    for (int i = 0; i < 4; i++) {
        char letter = (char)(tag >> 8 * i & 0xff);

        text[i] = letter >= ' ' && letter <= '~' ? letter : '.';
    }
    text[4] = '\0';
}

static void describe(const struct group *group, char *text, size_t size)
{
    const char *name = ledger_kind_name(group->kind, group->count);
    bool pool = group->kind == LEDGER_POOL;
    char tag[5];
    size_t used = (size_t)snprintf(text, size, "%zu %s", group->count, name);

    if (pool && used < size)
        used += (size_t)snprintf(text + used, size - used, " of %llu bytes%s",
                                 (unsigned long long)group->bytes,
                                 group->count > 1 ? " in all" : "");
    if ((pool || group->kind == LEDGER_LOOKASIDE) && used < size) {
        tag_words(group->tag, tag);
        used += (size_t)snprintf(text + used, size - used, ", tag '%s'", tag);
    }
    if (used < size)
        snprintf(text + used, size - used, ", made at %s", group->where);
}

static int compare_number(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

static int compare_groups(const void *left_group, const void *right_group)
{
    const struct group *left = left_group, *right = right_group;
    int order = compare_number(left->kind, right->kind);

    if (!order)
        order = strcmp(left->where, right->where);
    return order ? order : compare_number(left->tag, right->tag);
}

/* Finds the words for each place, sorts, and folds what reads the same. */
static void arrange(struct groups *groups)
{
    size_t kept = 0;

    for (size_t i = 0; i < groups->count; i++)
        symbol_describe(groups->at[i].place, groups->at[i].where, sizeof(groups->at[i].where));
    if (groups->count)
        qsort(groups->at, groups->count, sizeof(*groups->at), compare_groups);
    for (size_t i = 0; i < groups->count; i++) {
        if (kept && compare_groups(&groups->at[kept - 1], &groups->at[i]) == 0) {
            groups->at[kept - 1].count += groups->at[i].count;
            groups->at[kept - 1].bytes += groups->at[i].bytes;
            add_stacks(&groups->at[kept - 1], &groups->at[i]);
        } else {
            groups->at[kept++] = groups->at[i];
        }
    }
    groups->count = kept;
}

/* --- The door ------------------------------------------------------------------------------- */

static bool made_by(const struct group *group, const char *module)
{
    char file[4096];

    if (!module)
        return true;
    symbol_module(group->place, file, sizeof(file));
    return strcmp(file, module) == 0;
}

/*
 * Leaves in `groups` what the module made and no report has named yet, and remembers it as named.
 */
static void keep_news(struct groups *groups, const char *module)
{
    size_t kept = 0;

    for (size_t i = 0; i < groups->count; i++) {
        struct group *group = &groups->at[i];
        struct group *known = groups_find(&reported, group);
        size_t already = known ? known->count : 0;

        if (!made_by(group, module) || group->count <= already)
            continue;
        if (known)
            known->count = group->count;
        else
            groups_append(&reported, group);
        group->bytes -= group->bytes / group->count * already;
        group->count -= already;
        groups->at[kept++] = *group;
    }
    groups->count = kept;
}

void vf_leak_begin(const struct vf_config *config)
{
    visit_retained = config->visit_retained;
    groups_clear(&reported);
    collect(&reported);
}

static void report_group(const struct group *group, const char *who)
{
    struct hook_report report = { .rule = VF_RULE_LEFT_BEHIND, .severity = HOOK_FINDING };
    char what[TEXT_MAX_BYTES], text[TEXT_MAX_BYTES + 128];

    describe(group, what, sizeof(what));
    snprintf(text, sizeof(text), "%s left behind %s", who, what);
    report.text = text;
    for (size_t i = 0; i < HOOK_STACKS_MAX && group->stacks[i]; i++)
        report.stacks[i] = (struct hook_stack){ "made", group->stacks[i] };
    vf_report(&report);
}

size_t vf_report_left_behind(const char *who, const char *module)
{
    struct groups groups = { 0 };
    size_t count;

    collect(&groups);
    keep_news(&groups, module);
    arrange(&groups);
    for (size_t i = 0; i < groups.count; i++)
        report_group(&groups.at[i], who);
    count = groups.count;
    groups_clear(&groups);
    return count;
}

void vf_report_pending(const char *who)
{
    struct groups groups = { 0 };

    collect(&groups);
    arrange(&groups);
    vf_say(VF_RULE_HANG ": the unload of %s has not returned; alive are %s", who,
           groups.count ? "these:" : "no objects that it made");
    for (size_t i = 0; i < groups.count; i++) {
        char what[TEXT_MAX_BYTES];

        describe(&groups.at[i], what, sizeof(what));
        vf_say(VF_RULE_HANG ": %s", what);
    }
    vf_flight_report();
    vf_say_watermarks();
    groups_clear(&groups);
}

/* Memory and names are harmless; what runs or is waited for is not. */
bool vf_anything_alive(void)
{
    static const enum ledger_kind lively[] = {
        LEDGER_SOCKET, LEDGER_IRP, LEDGER_THREAD, LEDGER_TIMER, LEDGER_WORK_ITEM,
        LEDGER_INDICATION, LEDGER_NPI, LEDGER_REGISTRATION, LEDGER_NOTIFICATION,
        LEDGER_MODULE,
    };
    struct groups groups = { 0 };
    bool alive = false;

    collect(&groups);
    for (size_t i = 0; i < groups.count; i++) {
        for (size_t k = 0; k < sizeof(lively) / sizeof(*lively); k++)
            alive = alive || groups.at[i].kind == lively[k];
    }
    groups_clear(&groups);
    return alive;
}
