/* SPDX-License-Identifier: MIT */
/*
 * inject.c - see inject.h.
 *
 * The n-th call of a function gets the same treatment in every run with the same seed, whatever the
 * threads do: chance is a function of seed, function and number, not of time.
 */
#include "inject.h"

#include "calls.h"
#include "low_resources.h"
#include "nt.h"
#include "verify.h"
#include "words.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 256

/* How long an event waits for more datagrams unless told otherwise. */
#define MERGE_NS (2 * OS_NS_PER_MS)

enum control_change { CONTROL_AS_IS, CONTROL_DROP, CONTROL_ADD };

struct rule {
    char text[TEXT_MAX];       /* as given, for the trace */
    char functions[TEXT_MAX];
    bool fails;
    NTSTATUS status;
    bool pends;
    uint64_t delay_ns;
    bool elsewhere;
    bool past_close;
    bool cancels;
    bool breaks;
    bool drops;
    bool at_dispatch;
    uint64_t stall_ns;
    enum control_change control;
    unsigned split;
    unsigned merge;            /* an event waits for so many datagrams */
    unsigned limit;            /* of retained indications */
    unsigned unload;           /* one of so many calls of a load unloads the driver */
    _Atomic uint64_t met;      /* calls of the load that were meant */
    uint64_t first, last, step;
    unsigned percent;
    uint32_t socket_number;
    _Atomic uint64_t count;
};

static struct rule rules[VF_INJECTIONS_MAX];
static size_t rule_count;
static uint64_t seed = 1;
static bool forced;
static _Atomic uint64_t forced_counts[VF_FUNCTION_COUNT + 1];

/* Loads so far. What asks for an unload takes the flag: one question a load. */
static struct {
    _Atomic(vf_unload_fn *) ask;
    _Atomic uint64_t load;
    _Atomic bool open;
} unload;

uint64_t vf_chance(uint64_t of_seed, uint64_t kind, uint64_t count)
{
    uint64_t value = of_seed * 0x9E3779B97F4A7C15ull + kind * 0xBF58476D1CE4E5B9ull + count;

    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9ull;
    value = (value ^ value >> 27) * 0x94D049BB133111EBull;
    return value ^ value >> 31;
}

/* --- Reading a rule ------------------------------------------------------------------------- */

struct action {
    const char *name;
    bool takes_value;
    bool (*take)(struct rule *rule, const char *value);
};

static bool take_status(struct rule *rule, const char *value)
{
    rule->fails = true;
    return words_status(value, &rule->status) && rule->status != STATUS_PENDING;
}

static bool take_delay(struct rule *rule, const char *value)
{
    return words_duration(value, &rule->delay_ns);
}

static bool take_stall(struct rule *rule, const char *value)
{
    return words_duration(value, &rule->stall_ns);
}

static bool take_pend(struct rule *rule, const char *value)
{
    (void)value;
    rule->pends = true;
    return true;
}

static bool take_elsewhere(struct rule *rule, const char *value)
{
    (void)value;
    rule->elsewhere = true;
    return true;
}

static bool take_past_close(struct rule *rule, const char *value)
{
    (void)value;
    rule->pends = rule->past_close = true;
    return true;
}

static bool take_cancel(struct rule *rule, const char *value)
{
    (void)value;
    rule->cancels = true;
    return true;
}

static bool take_break(struct rule *rule, const char *value)
{
    (void)value;
    rule->breaks = true;
    return true;
}

static bool take_drop(struct rule *rule, const char *value)
{
    (void)value;
    rule->drops = true;
    return true;
}

static bool take_dispatch(struct rule *rule, const char *value)
{
    (void)value;
    rule->at_dispatch = true;
    return true;
}

static bool take_control(struct rule *rule, const char *value)
{
    if (strcmp(value, "drop") == 0)
        rule->control = CONTROL_DROP;
    else if (strcmp(value, "add") == 0)
        rule->control = CONTROL_ADD;
    return rule->control != CONTROL_AS_IS;
}

static bool take_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    *number = strtoull(text, &end, 10);
    return !*end && *number >= least && *number <= most;
}

static bool take_split(struct rule *rule, const char *value)
{
    uint64_t number;
    bool taken = take_number(value, 1, 16, &number);

    rule->split = taken ? (unsigned)number : 0;
    return taken;
}

static bool take_merge(struct rule *rule, const char *value)
{
    uint64_t number;
    bool taken = take_number(value, 2, 64, &number);

    rule->merge = taken ? (unsigned)number : 0;
    return taken;
}

static bool take_limit(struct rule *rule, const char *value)
{
    uint64_t number;
    bool taken = take_number(value, 1, 1000000, &number);

    rule->limit = taken ? (unsigned)number : 0;
    return taken;
}

static bool take_unload(struct rule *rule, const char *value)
{
    uint64_t number;
    bool taken = take_number(value, 1, VF_UNLOAD_MOST, &number);

    rule->unload = taken ? (unsigned)number : 0;
    return taken;
}

static bool take_socket(struct rule *rule, const char *value)
{
    uint64_t number;
    bool taken = take_number(value, 1, UINT32_MAX, &number);

    rule->socket_number = taken ? (uint32_t)number : 0;
    return taken;
}

static bool take_chance(struct rule *rule, const char *value)
{
    uint64_t number;
    bool taken = take_number(value, 0, 100, &number);

    rule->percent = taken ? (unsigned)number : 0;
    return taken;
}

/* FIRST[..LAST][+[STEP]], as strace has it. */
static bool take_when(struct rule *rule, const char *value)
{
    char *end;

    if (*value < '1' || *value > '9')
        return false;
    rule->first = rule->last = strtoull(value, &end, 10);
    if (end[0] == '.' && end[1] == '.')
        rule->last = strtoull(end + 2, &end, 10);
    else if (*end == '+')
        rule->last = UINT64_MAX;
    if (*end == '+') {
        rule->step = end[1] ? strtoull(end + 1, &end, 10) : 1;
        end += *end == '+';
    }
    return !*end && rule->step && rule->last >= rule->first;
}

static const struct action actions[] = {
    { "status", true, take_status }, { "pend", false, take_pend },
    { "delay", true, take_delay }, { "elsewhere", false, take_elsewhere },
    { "past-close", false, take_past_close }, { "cancel", false, take_cancel },
    { "break", false, take_break }, { "drop", false, take_drop },
    { "dispatch", false, take_dispatch }, { "stall", true, take_stall },
    { "control", true, take_control }, { "split", true, take_split },
    { "merge", true, take_merge }, { "limit", true, take_limit },
    { "unload", true, take_unload }, { "socket", true, take_socket },
    { "chance", true, take_chance }, { "when", true, take_when },
};

static bool take_word(struct rule *rule, char *word, char *error, size_t size)
{
    char *value = strchr(word, '=');

    if (value)
        *value++ = '\0';
    for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
        if (strcmp(actions[i].name, word) != 0)
            continue;
        if (actions[i].takes_value == (value != NULL) &&
            actions[i].take(rule, value ? value : ""))
            return true;
        snprintf(error, size, "'%s%s%s' cannot be understood", word, value ? "=" : "",
                 value ? value : "");
        return false;
    }
    snprintf(error, size, "there is no injection '%s'", word);
    return false;
}

static const char *const other_names[] = {
    "WskReceiveFromEvent", "IoAllocateIrp", "IoAllocateMdl", "ExAllocatePool",
};

/* What a name, or a pattern, stands for. */
struct meant {
    bool something;
    bool returns; /* something of it has a result */
    bool request; /* something of it has an IRP or a socket, or is an event */
};

static struct meant meaning(const char *pattern)
{
    struct meant meant = { false };

    for (size_t i = 0; i < sizeof(other_names) / sizeof(*other_names); i++) {
        if (fnmatch(pattern, other_names[i], 0) == 0)
            meant = (struct meant){ true, true, true };
    }
    for (size_t i = 0; i < VF_FUNCTION_COUNT; i++) {
        enum vf_function_id function = (enum vf_function_id)i;

        if (fnmatch(pattern, vf_functions[i].name, 0) != 0)
            continue;
        meant.something = true;
        meant.returns = meant.returns || !vf_returns_nothing(function);
        meant.request = meant.request || !vf_is_import(function);
    }
    return meant;
}

static bool wants_request(const struct rule *rule)
{
    return rule->pends || rule->delay_ns || rule->elsewhere || rule->cancels || rule->breaks ||
           rule->drops || rule->at_dispatch || rule->control || rule->split || rule->merge ||
           rule->limit || rule->socket_number;
}

static bool check_function(const struct rule *rule, const char *pattern, char *error, size_t size)
{
    struct meant meant = meaning(pattern);

    if (!meant.something)
        snprintf(error, size, "'%s' is no function of WSK and none that allocates", pattern);
    else if (rule->fails && !meant.returns)
        snprintf(error, size, "'%s' returns nothing, so it has no status to be refused with",
                 pattern);
    else if (wants_request(rule) && !meant.request)
        snprintf(error, size, "'%s' has neither an IRP nor a socket: it takes status, stall and "
                 "unload alone", pattern);
    else
        return true;
    return false;
}

static bool check_functions(const struct rule *rule, char *error, size_t size)
{
    char list[TEXT_MAX];
    char *rest = list, *pattern;

    snprintf(list, sizeof(list), "%s", rule->functions);
    while ((pattern = strsep(&rest, ","))) {
        if (!check_function(rule, pattern, error, size))
            return false;
    }
    return true;
}

static bool does_something(const struct rule *rule)
{
    return rule->fails || rule->pends || rule->delay_ns || rule->elsewhere || rule->cancels ||
           rule->breaks || rule->drops || rule->at_dispatch || rule->stall_ns || rule->control ||
           rule->split || rule->merge || rule->limit || rule->unload;
}

/* It says when an event comes; what happens to the event is decided when it does. */
static bool merges_alone(const struct rule *rule)
{
    return !rule->merge ||
           !(rule->fails || rule->pends || rule->elsewhere || rule->cancels || rule->breaks ||
             rule->drops || rule->at_dispatch || rule->stall_ns || rule->control || rule->split ||
             rule->limit || rule->unload);
}

static bool read_rule(struct rule *rule, const char *text, char *error, size_t size)
{
    char copy[TEXT_MAX];
    char *rest = copy, *word;

    snprintf(copy, sizeof(copy), "%s", text);
    snprintf(rule->text, sizeof(rule->text), "%s", text);
    snprintf(rule->functions, sizeof(rule->functions), "%s", strsep(&rest, ":"));
    while ((word = strsep(&rest, ":"))) {
        if (!take_word(rule, word, error, size))
            return false;
    }
    if (!check_functions(rule, error, size))
        return false;
    if (!merges_alone(rule)) {
        snprintf(error, size, "'%s': merge is a rule of its own, with at most a delay", text);
        return false;
    }
    if (does_something(rule))
        return true;
    snprintf(error, size, "'%s' does not say what shall happen", text);
    return false;
}

bool vf_inject(const char *text, char *error, size_t size)
{
    struct rule *rule = &rules[rule_count];

    if (rule_count == VF_INJECTIONS_MAX || strlen(text) >= TEXT_MAX) {
        snprintf(error, size, "more than %u injections, or one that is too long",
                 VF_INJECTIONS_MAX);
        return false;
    }
    memset(rule, 0, sizeof(*rule));
    rule->first = rule->step = 1;
    rule->last = UINT64_MAX;
    rule->percent = 100;
    if (!read_rule(rule, text, error, size))
        return false;
    rule_count++;
    return true;
}

bool vf_force_pending(const char *unused, char *error, size_t size)
{
    (void)unused;
    (void)error;
    (void)size;
    forced = true;
    return true;
}

bool vf_seed(const char *number, char *error, size_t size)
{
    char *end;

    seed = strtoull(number, &end, 0);
    if (*number && !*end)
        return true;
    snprintf(error, size, "'%s' is no number", number);
    return false;
}

/* --- Which rule ----------------------------------------------------------------------------- */

static bool names(const struct rule *rule, const char *name)
{
    char list[TEXT_MAX];
    char *rest = list, *pattern;

    memcpy(list, rule->functions, sizeof(list));
    while ((pattern = strsep(&rest, ","))) {
        if (fnmatch(pattern, name, 0) == 0)
            return true;
    }
    return false;
}

/*
 * Counts the call, and says whether this one is meant. `*chance` decides what else is left to it.
 */
static bool strikes(struct rule *rule, const char *name, uint32_t socket_number, uint64_t *chance)
{
    uint64_t count;

    if (!names(rule, name) || (rule->socket_number && rule->socket_number != socket_number))
        return false;
    count = atomic_fetch_add(&rule->count, 1) + 1;
    if (count < rule->first || count > rule->last || (count - rule->first) % rule->step)
        return false;
    *chance = vf_chance(seed, (uint64_t)(rule - rules) + 1000, count);
    return *chance % 100 < rule->percent;
}

/* --- Unloading ------------------------------------------------------------------------------ */

/*
 * Which of the load's calls it is, the seed says. Only asks: the call goes on, and the unload meets
 * it.
 */
static void unload_by(struct rule *rule, const char *function, const void *place)
{
    vf_unload_fn *ask = atomic_load(&unload.ask);
    uint64_t met, chance;

    if (!rule->unload || !ask)
        return;
    met = atomic_fetch_add(&rule->met, 1);
    chance = vf_chance(seed, (uint64_t)(rule - rules) + 2000, atomic_load(&unload.load));
    if (met == chance % rule->unload && atomic_exchange(&unload.open, false))
        ask(function, met + 1, place);
}

void vf_unload_tell(vf_unload_fn *ask)
{
    atomic_store(&unload.ask, ask);
}

void vf_unload_begin(void)
{
    for (size_t i = 0; i < rule_count; i++)
        atomic_store(&rules[i].met, 0);
    atomic_fetch_add(&unload.load, 1);
    atomic_store(&unload.open, true);
}

void vf_unload_end(void)
{
    atomic_store(&unload.open, false);
}

/* --- Calls ---------------------------------------------------------------------------------- */

static void stall(uint64_t nanoseconds)
{
    _Atomic uint32_t never = 0;
    uint64_t end_ns = os_clock_ns() + nanoseconds;

    while (os_clock_ns() < end_ns)
        os_wait(&never, 0, end_ns);
}

/* Windows has no failure for these. */
static bool can_fail(enum vf_function_id function)
{
    return function != VF_ID_WskCloseSocket && function != VF_ID_WskReleaseDatagrams &&
           function != VF_ID_WskReleaseData && !vf_returns_nothing(function);
}

/* A request of these that was carried out cannot be called cancelled: something would be left. */
static bool leaves_something(enum vf_function_id function)
{
    return function != VF_ID_WskSendTo && function != VF_ID_WskSendMessages &&
           function != VF_ID_WskReceiveFrom && function != VF_ID_WskGetLocalAddress &&
           function != VF_ID_WskGetRemoteAddress && function != VF_ID_WskGetNameInfo;
}

/*
 * Who wins when a cancel meets the held completion. Where that is to be the cancel, and would come
 * too late to leave nothing, the provider is not asked at all.
 */
static void decide_race(struct vf_call *call, bool cancel_wins)
{
    enum vf_function_id function = call->function->id;

    call->cancel_wins = cancel_wins && !leaves_something(function);
    if (!cancel_wins || call->cancel_wins || !call->cancels || call->decided ||
        !can_fail(function))
        return;
    call->decided = true;
    call->status = STATUS_CANCELLED;
}

/* At any point of the request, when the completion is held, too. */
static void cancel_by(const struct rule *rule, struct vf_call *call, uint64_t chance)
{
    call->cancels = true;
    call->cancel_ns = rule->pends ? (chance >> 16) % call->hold_ns : rule->delay_ns;
}

/* A pattern may mean functions to which the rule can do nothing. */
static bool can_apply(const struct rule *rule, enum vf_function_id function)
{
    return !vf_is_import(function) || rule->stall_ns || rule->unload ||
           (rule->fails && can_fail(function));
}

static void apply(struct rule *rule, struct vf_call *call, uint64_t chance)
{
    if (!can_apply(rule, call->function->id))
        return;
    call->injected = rule->text;
    unload_by(rule, call->function->name, call->place);
    if (rule->stall_ns)
        stall(rule->stall_ns);
    if (rule->breaks && call->socket)
        vf_provider()->break_socket(call->socket);
    if (rule->fails && can_fail(call->function->id)) {
        call->decided = true;
        call->status = rule->status;
    }
    if (rule->pends || (rule->delay_ns && !rule->cancels))
        call->hold_ns = rule->delay_ns ? rule->delay_ns : 10 * OS_NS_PER_MS;
    call->hold_elsewhere = (call->hold_elsewhere || rule->elsewhere) && !call->hold_ns;
    call->hold_past_close = call->hold_past_close || rule->past_close;
    call->at_dispatch = call->at_dispatch || rule->at_dispatch;
    if (rule->cancels)
        cancel_by(rule, call, chance);
    if (call->hold_ns)
        decide_race(call, chance >> 8 & 1);
}

/* What each function says when the machine is short of everything. */
static void deny(struct vf_call *call)
{
    enum vf_function_id function = call->function->id;

    call->decided = true;
    call->status = function == VF_ID_WskCaptureProviderNPI ||
                           function == VF_ID_WskQueryProviderCharacteristics
                       ? STATUS_DEVICE_NOT_READY
                       : STATUS_INSUFFICIENT_RESOURCES;
    call->injected = "low resources";
}

/* What force pending does to the function's n-th call. */
static void force(struct vf_call *call)
{
    uint64_t count = atomic_fetch_add(&forced_counts[call->function->id], 1);
    uint64_t chance = vf_chance(seed, (uint64_t)call->function->id, count);
    uint64_t most_ns = OS_NS_PER_MS;

    if (!call->irp || call->injected)
        return;
    switch (chance & 3) {
    case 0:
        break;
    case 1:
        call->hold_elsewhere = true;
        call->injected = "force-pending: completes on another thread";
        break;
    default:
        call->hold_ns = 1 + (chance >> 8) % most_ns;
        call->hold_past_close = chance >> 3 & 1;
        decide_race(call, chance >> 4 & 1);
        call->injected = "force-pending: completes later";
        break;
    }
    call->at_dispatch = chance >> 2 & 1;
}

static void before(struct vf_call *call)
{
    uint64_t chance;

    if (call->function->id == VF_ID_WskReceiveFrom && call->arguments[4])
        call->control_room = *(const ULONG *)call->arguments[4];
    for (size_t i = 0; i < rule_count; i++) {
        if (strikes(&rules[i], call->function->name, call->socket_number, &chance))
            apply(&rules[i], call, chance);
    }
    if (forced)
        force(call);
    if (!call->decided && can_fail(call->function->id) &&
        vf_low_resources(call->function->name, call->place))
        deny(call);
    if (call->function->id == VF_ID_WskReleaseDatagrams)
        vf_unsplit_list((void *)call->arguments[1], call->place);
}

/* --- What was received ---------------------------------------------------------------------- */

/* An item of a level that no transport has; a driver has to step over it. */
static const union {
    CMSGHDR header;
    UCHAR bytes[32];
} unknown_item = { .header = { .cmsg_len = 24, .cmsg_level = 0x7f00, .cmsg_type = 1 } };

static void change_control_of_call(const struct rule *rule, const struct vf_call *call)
{
    PULONG length = (PULONG)call->arguments[4];
    PUCHAR control = (PUCHAR)call->arguments[5];

    if (!length || !NT_SUCCESS(call->result.Status))
        return;
    if (rule->control == CONTROL_DROP) {
        *length = 0;
    } else if (control && *length + sizeof(unknown_item.bytes) <= call->control_room) {
        memcpy(control + *length, &unknown_item, sizeof(unknown_item.bytes));
        *length += sizeof(unknown_item.bytes);
    }
}

static void completed(struct vf_call *call)
{
    if (call->function->id != VF_ID_WskReceiveFrom)
        return;
    for (size_t i = 0; i < rule_count; i++) {
        if (rules[i].control && call->injected == rules[i].text)
            change_control_of_call(&rules[i], call);
    }
}

/* The provider does not read these of a node again. */
static void change_control_of_list(const struct rule *rule, PWSK_DATAGRAM_INDICATION list)
{
    for (; list; list = list->Next) {
        list->ControlInfo = NULL;
        list->ControlInfoLength = 0;
        if (rule->control == CONTROL_ADD) {
            list->ControlInfo = (PCMSGHDR)(uintptr_t)&unknown_item.header;
            list->ControlInfoLength = sizeof(unknown_item.bytes);
        }
    }
}

static bool apply_to_event(struct rule *rule, struct hook_event *event, uint64_t chance)
{
    unload_by(rule, event->name, (const char *)event->routine + 1);
    if (rule->stall_ns)
        stall(rule->stall_ns);
    if (rule->breaks)
        vf_provider()->break_socket(event->socket);
    if (rule->control)
        change_control_of_list(rule, event->indication);
    if (rule->split)
        vf_split_list(event->indication, rule->split, chance, (const char *)event->routine + 1);
    event->status = STATUS_SUCCESS;
    return !(rule->drops && event->indication);
}

static bool event_begin(struct hook_event *event)
{
    uint32_t socket_number = vf_socket_number(event->socket);
    uint64_t count = atomic_fetch_add(&forced_counts[VF_FUNCTION_COUNT], 1);
    uint64_t chance = vf_chance(seed, VF_FUNCTION_COUNT, count);
    uint64_t unused;
    bool go_on = true;

    for (size_t i = 0; i < rule_count; i++) {
        if (!rules[i].merge && strikes(&rules[i], event->name, socket_number, &unused))
            go_on = apply_to_event(&rules[i], event, chance) && go_on;
    }
    if (forced && event->indication && chance & 1)
        vf_split_list(event->indication, 4, chance, (const char *)event->routine + 1);
    event->notes[0] = event->indication;
    return go_on;
}

static bool event_gather(void *socket, const char *name, size_t *count, uint64_t *ns)
{
    uint32_t socket_number = vf_socket_number(socket);
    uint64_t chance;
    bool gathers = false;

    for (size_t i = 0; i < rule_count; i++) {
        if (!rules[i].merge || !strikes(&rules[i], name, socket_number, &chance))
            continue;
        *count = 2 + (chance >> 8) % (rules[i].merge - 1);
        *ns = rules[i].delay_ns ? rules[i].delay_ns : MERGE_NS;
        gathers = true;
    }
    return gathers;
}

/* What the driver does not keep is the provider's again. */
static void event_end(struct hook_event *event)
{
    if (event->status != STATUS_PENDING)
        vf_unsplit_list(event->notes[0], NULL);
}

/* --- Allocations ---------------------------------------------------------------------------- */

bool vf_inject_allocation(enum hook_allocation kind, const void *place)
{
    static const char *const kinds[] = {
        [HOOK_POOL] = "ExAllocatePool", [HOOK_IRP] = "IoAllocateIrp", [HOOK_MDL] = "IoAllocateMdl",
    };
    bool fails = false;
    uint64_t unused;

    if (kind >= sizeof(kinds) / sizeof(*kinds))
        return false;
    for (size_t i = 0; i < rule_count; i++) {
        if (!strikes(&rules[i], kinds[kind], 0, &unused))
            continue;
        unload_by(&rules[i], kinds[kind], place);
        fails = fails || rules[i].fails || !rules[i].unload;
    }
    return fails;
}

bool vf_injecting(void)
{
    return rule_count != 0;
}

/* --- Start and stop ------------------------------------------------------------------------- */

static void limit_retained(void)
{
    unsigned limit = UINT32_MAX;

    for (size_t i = 0; i < rule_count; i++) {
        if (rules[i].limit)
            limit = rules[i].limit;
    }
    atomic_store(&hook_retained_limit, limit);
}

void vf_inject_start(struct hooks *hooks)
{
    static const struct vf_observer observer = {
        .asks_numbers = true, .before = before, .completed = completed, .event_begin = event_begin,
        .event_end = event_end,
    };

    if (!rule_count && !forced && !vf_low_resources_on())
        return;
    limit_retained();
    hooks->event_gather = event_gather;
    vf_observe(&observer);
}

void vf_inject_stop(void)
{
    atomic_store(&hook_retained_limit, UINT32_MAX);
    vf_splits_forget();
    rule_count = 0;
    atomic_store(&unload.ask, NULL);
    atomic_store(&unload.open, false);
    atomic_store(&unload.load, 0);
    forced = false;
    seed = 1;
    memset(forced_counts, 0, sizeof(forced_counts));
}
