/* SPDX-License-Identifier: MIT */
/* bugcheck.c - the end of the process, with the words that a driver's author needs. */
#include "nt_internal.h"

#include <openwsk/bugcodes_list.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Deeper frames belong to the test or the C library and tell nothing. */
#define BUG_FRAMES 32
#define BUG_TEXT_MAX (BUG_FRAMES * (SYMBOL_TEXT_MAX + 16) + 1024)

/* One bug check at a time, and only one ever: 0, or the id of the thread that got there first. */
static _Atomic uint32_t stopping_thread;

static const char *number_text(ULONG code)
{
    static _Thread_local char text[16];

    snprintf(text, sizeof(text), "0x%08X", code);
    return text;
}

const char *nt_bug_check_name(ULONG code)
{
    switch (code) {
#define X(name, value) case value: return #name;
        OPENWSK_BUGCODE_LIST(X)
#undef X
    default:
        return number_text(code);
    }
}

struct report {
    size_t length;
    char text[BUG_TEXT_MAX];
};

static void report_add(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void report_add(struct report *report, const char *format, ...)
{
    size_t room = sizeof(report->text) - report->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(report->text + report->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        report->length += (size_t)length < room ? (size_t)length : room - 1;
}

static void report_stacks(struct report *report, const struct hook_stack *stacks)
{
    char text[STACK_TEXT_MAX];

    for (size_t i = 0; i < HOOK_STACKS_MAX && stacks[i].label; i++) {
        if (!stacks[i].stack)
            continue;
        stack_describe(stacks[i].stack, text, sizeof(text));
        report_add(report, "    %s: %s\n", stacks[i].label, text);
    }
}

/* A place of a fault is the instruction, one less than the return address that it is made to be. */
static bool is_place(const void *frame, const void *place)
{
    return frame == place || (const char *)frame + 1 == (const char *)place;
}

static bool in_library(const void *address)
{
    char files[2][512];

    symbol_module(address, files[0], sizeof(files[0]));
    symbol_module((const void *)(uintptr_t)nt_bug_check_name, files[1], sizeof(files[1]));
    return strcmp(files[0], files[1]) == 0;
}

static size_t find_frame(const void *const *frames, size_t count, const void *place)
{
    for (size_t i = 0; place && i < count; i++) {
        if (is_place(frames[i], place))
            return i;
    }
    return count;
}

/*
 * The driver's own place, then what it called WSK with, then any place; and all but this file's
 * when none of these is on the stack.
 */
static size_t choose_frame(const void **frames, size_t count, const void *place,
                           const void *fallback)
{
    size_t at = find_frame(frames, count, place);
    size_t caller = find_frame(frames, count, hook_caller);

    if (caller < count && (at == count || in_library(place)))
        return caller;
    if (at < count) {
        frames[at] = place;
        return at;
    }
    at = find_frame(frames, count, fallback);
    return at < count ? at : 0;
}

/*
 * A place that is not on the stack, such as a routine that has returned, comes first by itself.
 * Returns the first place that is named, or NULL when it is nobody's in particular.
 */
static const void *report_stack(struct report *report, const void *place, const void *fallback)
{
    const void *frames[SYMBOL_STACK_MAX];
    size_t count = symbol_stack(frames, SYMBOL_STACK_MAX);
    size_t from = choose_frame(frames, count, place, fallback);
    bool alone;
    char text[SYMBOL_TEXT_MAX];

    symbol_module(place, text, sizeof(text));
    alone = *text && find_frame(frames, count, place) == count;
    if (alone) {
        symbol_describe(place, text, sizeof(text));
        report_add(report, "        %s\n", text);
    }
    for (size_t i = from; i < count && i < from + BUG_FRAMES; i++) {
        symbol_describe(frames[i], text, sizeof(text));
        report_add(report, "        %s\n", text);
    }
    if (alone)
        return place;
    return from < count && !in_library(frames[from]) ? frames[from] : NULL;
}

/* For those who keep what was found, after it has been printed. */
static void tell(const struct nt_bug *bug, const void *place)
{
    struct hook_report told = {
        .rule = bug->rule ? bug->rule : nt_bug_check_name(bug->code), .severity = HOOK_STOP,
        .text = bug->sentence ? bug->sentence : nt_bug_check_name(bug->code), .place = place,
    };

    memcpy(told.stacks, bug->stacks, sizeof(told.stacks));
    hook_tell(&told);
}

/*
 * The second of two threads waits for the first to end the process; the same thread twice ends it
 * at once.
 */
static void stop_once(void)
{
    uint32_t nobody = 0;

    if (atomic_compare_exchange_strong(&stopping_thread, &nobody, os_thread_id()))
        return;
    if (nobody == os_thread_id())
        abort();
    for (;;)
        os_wait(&stopping_thread, nobody, OS_FOREVER);
}

static _Noreturn void stop(const struct nt_bug *bug, const void *first, const void *fallback)
{
    static struct report report;
    const struct hooks *hooks = hook_table();
    const void *place;

    stop_once();
    report_add(&report, "*** STOP: 0x%08X %s (0x%016zX, 0x%016zX, 0x%016zX, 0x%016zX)\n", bug->code,
               nt_bug_check_name(bug->code), (size_t)bug->parameters[0],
               (size_t)bug->parameters[1], (size_t)bug->parameters[2],
               (size_t)bug->parameters[3]);
    if (bug->rule || bug->sentence)
        report_add(&report, "    %s%s%s\n", bug->rule ? bug->rule : "", bug->rule ? ": " : "",
                   bug->sentence ? bug->sentence : "");
    report_stacks(&report, bug->stacks);
    place = report_stack(&report, first, fallback);
    os_print(true, report.text, report.length);
    if (hooks && hooks->report)
        tell(bug, place);
    if (hooks && hooks->bug_check)
        hooks->bug_check(bug->code);
    abort();
}

/* Where a parameter is the driver's own code, the stack begins there. */
void nt_bug_check(const struct nt_bug *bug)
{
    stop(bug, (const void *)bug->parameters[3], NT_CALLER());
}

void nt_bug_check_say(ULONG code, const char *rule, const ULONG_PTR parameters[4],
                      const char *format, ...)
{
    char sentence[4 * SYMBOL_TEXT_MAX];
    struct nt_bug bug = { .code = code, .rule = rule, .sentence = sentence };
    va_list arguments;

    memcpy(bug.parameters, parameters, sizeof(bug.parameters));
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    stop(&bug, (const void *)bug.parameters[3], NT_CALLER());
}

void nt_bug_check_stacks(ULONG code, const char *rule, const struct hook_stack *stacks,
                         const ULONG_PTR parameters[4], const char *format, ...)
{
    char sentence[4 * SYMBOL_TEXT_MAX];
    struct nt_bug bug = { .code = code, .rule = rule, .sentence = sentence };
    va_list arguments;

    memcpy(bug.parameters, parameters, sizeof(bug.parameters));
    if (stacks)
        memcpy(bug.stacks, stacks, sizeof(bug.stacks));
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    stop(&bug, (const void *)bug.parameters[3], NT_CALLER());
}

void KeBugCheckEx(ULONG code, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third, ULONG_PTR fourth)
{
    struct nt_bug bug = { .code = code, .parameters = { first, second, third, fourth } };

    stop(&bug, NT_CALLER(), NT_CALLER());
}

void KeBugCheck(ULONG code)
{
    struct nt_bug bug = { .code = code };

    stop(&bug, NT_CALLER(), NT_CALLER());
}
