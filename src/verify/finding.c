/* SPDX-License-Identifier: MIT */
/* finding.c - the list of findings; see verify.h. A finding is printed when it is new. */
#include "verify.h"

#include "base.h"
#include "calls.h"
#include "inject.h"
#include "leak.h"
#include "low_resources.h"
#include "tracer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

struct finding {
    struct finding *next;
    char *rule;
    char *sentence;        /* what hook_finding() got, before the place was added */
    const void *place;
    char *text;
    uint64_t times;
};

static struct base_lock lock;
static struct finding *oldest, **end = &oldest;
static size_t count;
static struct vf_config settings;

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = os_allocate(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

static void finding_free(struct finding *finding)
{
    os_free(finding->rule);
    os_free(finding->sentence);
    os_free(finding->text);
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
    count = 0;
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
static struct finding *find(const char *rule, const char *sentence, const void *place)
{
    for (struct finding *finding = oldest; finding; finding = finding->next) {
        if (finding->place == place && strcmp(finding->rule, rule) == 0 &&
            strcmp(finding->sentence, sentence) == 0)
            return finding;
    }
    return NULL;
}

static struct finding *finding_make(const char *rule, const char *sentence, const void *place)
{
    struct finding *finding = os_allocate_zeroed(sizeof(*finding));

    if (!finding)
        return NULL;
    finding->rule = copy_text(rule);
    finding->sentence = copy_text(sentence);
    finding->place = place;
    finding->times = 1;
    if (finding->rule && finding->sentence)
        return finding;
    finding_free(finding);
    return NULL;
}

/* Under the lock. True when it was counted without being new. */
static bool count_known(const char *rule, const char *sentence, const void *place)
{
    struct finding *known = find(rule, sentence, place);

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

void vf_finding(const char *rule, const char *text, const void *place)
{
    struct finding *finding;
    bool known, kept;

    base_lock_acquire(&lock);
    known = count_known(rule, text, place);
    base_lock_release(&lock);
    if (known)
        return;
    /*
     * Looking up the place is slow, so it happens outside the lock; another thread may be faster.
     */
    finding = finding_make(rule, text, place);
    if (!finding)
        return;
    finding->text = sentence_with_place(text, place);
    if (!finding->text) {
        finding_free(finding);
        return;
    }
    base_lock_acquire(&lock);
    known = count_known(rule, text, place);
    kept = !known && count < VF_FINDINGS_MAX;
    if (kept) {
        *end = finding;
        end = &finding->next;
        count++;
    }
    base_lock_release(&lock);
    if (!known)
        vf_say("%s: %s", finding->rule, finding->text);
    if (!kept)
        finding_free(finding);
}

size_t vf_finding_count(void)
{
    size_t result;

    base_lock_acquire(&lock);
    result = count;
    base_lock_release(&lock);
    return result;
}

bool vf_finding_at(size_t index, const char **rule, const char **text, uint64_t *times)
{
    struct finding *finding;

    base_lock_acquire(&lock);
    finding = oldest;
    while (finding && index--)
        finding = finding->next;
    if (finding) {
        *rule = finding->rule;
        *text = finding->text;
        *times = finding->times;
    }
    base_lock_release(&lock);
    return finding != NULL;
}

static void on_bug_check(unsigned stop_code)
{
    if (settings.bug_check)
        settings.bug_check(stop_code);
}

void vf_start(const struct vf_config *config)
{
    static struct hooks table;

    base_lock_acquire(&lock);
    forget_findings();
    settings = *config;
    base_lock_release(&lock);
    vf_leak_begin(config);
    table = (struct hooks){ .finding = vf_finding, .bug_check = on_bug_check };
    vf_trace_start();
    vf_inject_start(&table);
    vf_low_resources_start(&table);
    vf_calls_start(&table);
    atomic_store_explicit(&base_hooks, &table, memory_order_release);
}

void vf_stop(void)
{
    vf_calls_stop();
    vf_inject_stop();
    vf_low_resources_stop();
    vf_trace_stop();
    atomic_store_explicit(&base_hooks, NULL, memory_order_release);
}
