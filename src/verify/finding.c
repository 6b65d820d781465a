/* SPDX-License-Identifier: MIT */
/* finding.c - the list of findings; see verify.h. A finding is printed when it is new. */
#include "verify.h"

#include "base.h"
#include "calls.h"
#include "inject.h"
#include "leak.h"
#include "low_resources.h"
#include "pcap.h"
#include "suppress.h"
#include "rules.h"
#include "tracer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024
#define STACKS_TEXT_MAX (HOOK_STACKS_MAX * (LINE_MAX_BYTES + 32))

struct finding {
    struct finding *next;
    struct hook_report report; /* the texts are copies */
    char *text;                /* the sentence with the place */
    char *stacks;              /* in words, each with a line feed behind; NULL: none */
    uint64_t times;
    bool suppressed;           /* kept only to be known when it comes again */
};

static struct base_lock lock;
static struct finding *oldest, **end = &oldest;
static size_t count, note_count, suppressed_count;
static struct vf_config settings;

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = os_allocate(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

static void finding_free(struct finding *finding)
{
    os_free((char *)(uintptr_t)finding->report.rule);
    os_free((char *)(uintptr_t)finding->report.text);
    os_free(finding->text);
    os_free(finding->stacks);
    os_free(finding);
}

static void forget_findings(void)
{
    while (oldest) {
        struct finding *finding = oldest;

        oldest = finding->next;
        finding_free(finding);
    }
    end = &oldest;
    count = note_count = suppressed_count = 0;
}

void vf_say(const char *format, ...)
{
    char line[LINE_MAX_BYTES + 16] = "openwsk: ";
    size_t prefix = strlen(line);
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line + prefix, LINE_MAX_BYTES, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    if (length >= LINE_MAX_BYTES)
        length = LINE_MAX_BYTES - 1;
    line[prefix + (size_t)length] = '\n';
    if (settings.report)
        settings.report(line, prefix + (size_t)length + 1);
    else
        os_print(true, line, prefix + (size_t)length + 1);
}

/*
 * Under the lock. The rule's and the sentence's words decide, not their addresses: a driver may
 * be reloaded.
 */
static struct finding *find(const struct hook_report *report)
{
    for (struct finding *finding = oldest; finding; finding = finding->next) {
        if (finding->report.place == report->place &&
            strcmp(finding->report.rule, report->rule) == 0 &&
            strcmp(finding->report.text, report->text) == 0)
            return finding;
    }
    return NULL;
}

/* Under the lock. True when it was counted without being new. */
static bool count_known(const struct hook_report *report)
{
    struct finding *known = find(report);

    if (known)
        known->times++;
    return known != NULL;
}

static char *sentence_with_place(const char *sentence, const void *place)
{
    char where[SYMBOL_TEXT_MAX];
    char text[LINE_MAX_BYTES];

    if (!place)
        return copy_text(sentence);
    symbol_describe(place, where, sizeof(where));
    snprintf(text, sizeof(text), "%s, at %s", sentence, where);
    return copy_text(text);
}

/*
 * Of one frame the place has said all, unless it is another one's: where something was freed, say.
 */
static bool says_more(const char *label, const char *where)
{
    return (strcmp(label, "here") != 0 && strcmp(label, "made") != 0) || strstr(where, " < ");
}

/* In words now: the driver is gone when a report is written. */
static char *stacks_in_words(const struct hook_stack *stacks)
{
    char text[STACKS_TEXT_MAX];
    size_t used = 0;

    for (size_t i = 0; i < HOOK_STACKS_MAX && stacks[i].label; i++) {
        char where[STACK_TEXT_MAX];

        if (!stacks[i].stack || used >= sizeof(text))
            continue;
        stack_describe(stacks[i].stack, where, sizeof(where));
        if (says_more(stacks[i].label, where))
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s: %.*s\n",
                                     stacks[i].label, LINE_MAX_BYTES, where);
    }
    return used ? copy_text(text) : NULL;
}

static struct finding *finding_make(const struct hook_report *report)
{
    struct finding *finding = os_allocate_zeroed(sizeof(*finding));

    if (!finding)
        return NULL;
    finding->report = *report;
    if (report->severity == HOOK_STOP && !report->place)
        finding->report.place = vf_driver_frame();
    finding->report.rule = copy_text(report->rule);
    finding->report.text = copy_text(report->text);
    finding->text = sentence_with_place(report->text, finding->report.place);
    finding->stacks = stacks_in_words(report->stacks);
    finding->times = 1;
    if (finding->report.rule && finding->report.text && finding->text)
        return finding;
    finding_free(finding);
    return NULL;
}

static void say_stacks(const struct finding *finding)
{
    for (const char *line = finding->stacks; line && *line; line = strchr(line, '\n') + 1)
        vf_say("%s:     %.*s", finding->report.rule, (int)strcspn(line, "\n"), line);
}

static void say(const struct finding *finding)
{
    if (finding->report.severity == HOOK_STOP)
        return;
    vf_say("%s: %s%s", finding->report.rule,
           finding->report.severity == HOOK_NOTE ? "note: " : "", finding->text);
    say_stacks(finding);
}

/* Under the lock. False when there are too many of its kind. */
static bool count_new(const struct finding *finding)
{
    if (finding->suppressed)
        return suppressed_count++ < VF_FINDINGS_MAX;
    if (count + note_count >= VF_FINDINGS_MAX)
        return false;
    if (finding->report.severity == HOOK_NOTE)
        note_count++;
    else
        count++;
    return true;
}

/* Under the lock. False when it was known, or there are too many; then it stays the caller's. */
static bool append(struct finding *finding, bool *known)
{
    *known = count_known(&finding->report);
    if (*known || !count_new(finding))
        return false;
    *end = finding;
    end = &finding->next;
    return true;
}

void vf_report(const struct hook_report *report)
{
    struct finding *finding;
    bool known, kept;

    base_lock_acquire(&lock);
    known = count_known(report);
    base_lock_release(&lock);
    if (known)
        return;
    /* Looking up the place is slow, so it happens outside the lock; another may be faster. */
    finding = finding_make(report);
    if (!finding)
        return;
    finding->suppressed =
        report->severity != HOOK_STOP && vf_suppressed(report->rule, finding->text);
    base_lock_acquire(&lock);
    kept = append(finding, &known);
    base_lock_release(&lock);
    if (!known && !finding->suppressed)
        say(finding);
    if (!kept)
        finding_free(finding);
}

void vf_finding(const char *rule, const char *text, const void *place)
{
    vf_report(&(struct hook_report){
        .rule = rule, .severity = HOOK_FINDING, .text = text, .place = place,
    });
}

size_t vf_finding_count(void)
{
    size_t result;

    base_lock_acquire(&lock);
    result = count;
    base_lock_release(&lock);
    return result;
}

/* Under the lock. That finding, or the next that is not suppressed. */
static struct finding *shown(struct finding *finding)
{
    while (finding && finding->suppressed)
        finding = finding->next;
    return finding;
}

bool vf_found_at(size_t index, struct vf_found *found)
{
    struct finding *finding;

    base_lock_acquire(&lock);
    finding = shown(oldest);
    while (finding && index--)
        finding = shown(finding->next);
    if (finding)
        *found = (struct vf_found){ finding->report, finding->text,
                                    finding->stacks ? finding->stacks : "", finding->times };
    base_lock_release(&lock);
    return finding != NULL;
}

bool vf_finding_at(size_t index, const char **rule, const char **text, uint64_t *times)
{
    struct vf_found found;

    if (!vf_found_at(index, &found))
        return false;
    *rule = found.report.rule;
    *text = found.text;
    *times = found.times;
    return true;
}

static void on_bug_check(unsigned stop_code)
{
    if (settings.bug_check)
        settings.bug_check(stop_code);
}

static void say_suppressed(void)
{
    size_t suppressed;

    base_lock_acquire(&lock);
    suppressed = suppressed_count;
    suppressed_count = 0;
    base_lock_release(&lock);
    if (suppressed)
        vf_say("%zu finding%s suppressed", suppressed, suppressed == 1 ? "" : "s");
}

void vf_start(const struct vf_config *config)
{
    static struct hooks table;

    base_lock_acquire(&lock);
    forget_findings();
    settings = *config;
    base_lock_release(&lock);
    vf_leak_begin(config);
    table = (struct hooks){ .report = vf_report, .bug_check = on_bug_check };
    vf_rules_start(&table);
    vf_trace_start();
    vf_pcap_start();
    vf_inject_start(&table);
    vf_low_resources_start(&table);
    vf_calls_start(&table);
    atomic_store_explicit(&base_hooks, &table, memory_order_release);
}

void vf_stop(void)
{
    vf_calls_stop();
    vf_pcap_stop();
    say_suppressed();
    vf_suppressions_stop();
    vf_rules_stop();
    vf_inject_stop();
    vf_low_resources_stop();
    vf_trace_stop();
    atomic_store_explicit(&base_hooks, NULL, memory_order_release);
}
