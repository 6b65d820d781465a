/* SPDX-License-Identifier: MIT */
/*
 * tracer.c - see tracer.h.
 *
 * A call's line is written when it returns, so that it ends with the status. A completion within
 * the call is told on the same line. What has to be written by this thread before that comes after
 * a line that ends in "<unfinished ...>", and the call's status after "<... resumed>".
 */
#include "tracer.h"

#include "calls.h"
#include "nt.h"
#include "verify.h"
#include "words.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 1024
#define ARGUMENTS_SIZE 640
#define DEPTH_MAX 8
#define SOCKETS_MAX 32

static struct {
    bool on;
    char functions[512];
    uint32_t sockets[SOCKETS_MAX];
    size_t socket_count;
    FILE *file;
    uint64_t start_ns;
} trace;

/* Calls that this thread is in, the innermost last. */
struct open_call {
    const struct vf_call *call;
    bool unfinished;       /* its first half is written */
    bool completed;        /* its IRP completed within it, which is not written yet */
    IO_STATUS_BLOCK result;
    char arguments[ARGUMENTS_SIZE]; /* as they were at the call: later their memory may be gone */
};

/* Made when a thread is first traced: a library's own thread storage has to stay small. */
struct thread {
    struct open_call open_calls[DEPTH_MAX];
    unsigned depth;
    char indication[64];   /* the running event's; events do not nest */
};

static _Thread_local struct thread *own;

static void forget_thread(void *thread)
{
    own = NULL;
    os_free(thread);
}

/* NULL when there is no memory. */
static struct thread *this_thread(void)
{
    if (own)
        return own;
    own = os_allocate_zeroed(sizeof(*own));
    if (own && os_thread_on_exit(forget_thread, own) != 0)
        forget_thread(own);
    return own;
}

/* --- What to trace -------------------------------------------------------------------------- */

bool vf_trace_functions(const char *names, char *error, size_t size)
{
    trace.on = true;
    if (strlen(names) >= sizeof(trace.functions)) {
        snprintf(error, size, "that are too many functions");
        return false;
    }
    snprintf(trace.functions, sizeof(trace.functions), "%s", names);
    return true;
}

bool vf_trace_sockets(const char *numbers, char *error, size_t size)
{
    char *end;

    trace.on = true;
    for (trace.socket_count = 0; *numbers; numbers = *end ? end + 1 : end) {
        unsigned long number = strtoul(numbers, &end, 10);

        if (end == numbers || (*end && *end != ',') || trace.socket_count == SOCKETS_MAX) {
            snprintf(error, size, "'%s' is no list of numbers of sockets", numbers);
            return false;
        }
        trace.sockets[trace.socket_count++] = (uint32_t)number;
    }
    return true;
}

bool vf_trace_file(const char *path, char *error, size_t size)
{
    trace.on = true;
    if (trace.file)
        fclose(trace.file);
    trace.file = fopen(path, "we");
    if (trace.file)
        return true;
    snprintf(error, size, "cannot write to %s", path);
    return false;
}

static bool name_wanted(const char *name)
{
    char list[sizeof(trace.functions)];
    char *rest = list, *pattern;

    if (!*trace.functions)
        return true;
    memcpy(list, trace.functions, sizeof(list));
    while ((pattern = strsep(&rest, ","))) {
        if (fnmatch(pattern, name, 0) == 0)
            return true;
    }
    return false;
}

static bool wanted(const char *name, uint32_t socket_number)
{
    bool socket_wanted = trace.socket_count == 0;

    for (size_t i = 0; i < trace.socket_count; i++)
        socket_wanted = socket_wanted || trace.sockets[i] == socket_number;
    return socket_wanted && name_wanted(name);
}

/* --- Lines ---------------------------------------------------------------------------------- */

static void begin_line(struct words *line, char *text, KIRQL irql)
{
    uint64_t ns = os_clock_ns() - trace.start_ns;

    *line = (struct words){ .text = text, .size = LINE_SIZE };
    words_say(line, "%4llu.%06llu [%u] %u ", (unsigned long long)(ns / OS_NS_PER_S),
              (unsigned long long)(ns % OS_NS_PER_S / 1000), os_thread_id(), irql);
}

static void end_line(struct words *line)
{
    if (line->length == line->size - 1)
        line->length--;
    line->text[line->length++] = '\n';
    if (trace.file) {
        fwrite(line->text, 1, line->length, trace.file);
        fflush(trace.file);
    } else {
        os_print(true, line->text, line->length);
    }
}

static void say_result(struct words *line, const struct vf_call *call, const IO_STATUS_BLOCK *result)
{
    words_say(line, "irp#%u: %s", vf_irp_number(call->irp), nt_status_name(result->Status));
    if (call->function->id == VF_ID_WskSocket && NT_SUCCESS(result->Status))
        words_say(line, ", socket#%u", vf_socket_number((const void *)result->Information));
    else
        words_say(line, ", %llu", (unsigned long long)result->Information);
}

/* What an imported function wrote for the driver. */
static void say_output(struct words *line, const struct vf_call *call)
{
    if (call->decided || !NT_SUCCESS(call->status))
        return;
    if (call->function->id == VF_ID_WskCaptureProviderNPI) {
        const WSK_PROVIDER_NPI *npi = (const void *)call->arguments[2];

        words_say(line, " <Client=%p>", (void *)npi->Client);
    } else if (call->function->id == VF_ID_WskQueryProviderCharacteristics) {
        const WSK_PROVIDER_CHARACTERISTICS *versions = (const void *)call->arguments[1];

        words_say(line, " <HighestVersion=");
        words_version(line, versions->HighestVersion);
        words_say(line, ", LowestVersion=");
        words_version(line, versions->LowestVersion);
        words_say(line, ">");
    }
}

static void say_call(struct words *line, const struct open_call *open)
{
    words_say(line, "%s(%s", open->call->function->name, open->arguments);
}

static void say_unfinished(struct open_call *open)
{
    char text[LINE_SIZE];
    struct words line;

    begin_line(&line, text, open->call->irql);
    say_call(&line, open);
    words_say(&line, " <unfinished ...>");
    end_line(&line);
    open->unfinished = true;
}

static void write_completion(const struct vf_call *call, const IO_STATUS_BLOCK *result)
{
    char text[LINE_SIZE];
    struct words line;

    begin_line(&line, text, KeGetCurrentIrql());
    words_say(&line, "%s completes <", call->function->name);
    say_result(&line, call, result);
    words_say(&line, "> after %llu us",
              (unsigned long long)((call->completed_ns - call->began_ns) / 1000));
    end_line(&line);
}

/* Before anything else that this thread writes. */
static void interrupt_calls(void)
{
    for (unsigned i = 0; own && i < own->depth; i++) {
        struct open_call *open = &own->open_calls[i];

        if (!open->unfinished)
            say_unfinished(open);
        if (open->completed)
            write_completion(open->call, &open->result);
        open->completed = false;
    }
}

/* --- What the observer sees ----------------------------------------------------------------- */

static struct open_call *innermost(const struct vf_call *call)
{
    struct open_call *open = own && own->depth ? &own->open_calls[own->depth - 1] : NULL;

    return open && open->call == call ? open : NULL;
}

static void before(struct vf_call *call)
{
    struct thread *thread;
    struct open_call *open;
    struct words arguments;

    if (!wanted(call->function->name, call->socket_number))
        return;
    interrupt_calls();
    thread = this_thread();
    if (!thread || thread->depth == DEPTH_MAX)
        return;
    open = &thread->open_calls[thread->depth++];
    open->call = call;
    open->unfinished = open->completed = false;
    arguments = (struct words){ .text = open->arguments, .size = sizeof(open->arguments) };
    open->arguments[0] = '\0';
    words_arguments(&arguments, call->function, call->arguments);
}

static void completed(struct vf_call *call)
{
    struct open_call *open = innermost(call);

    if (open && call->thread == os_thread_id()) {
        open->completed = true;
        open->result = call->result;
    } else if (wanted(call->function->name, call->socket_number)) {
        interrupt_calls();
        write_completion(call, &call->result);
    }
}

static void after(struct vf_call *call)
{
    struct open_call *open = innermost(call);
    char text[LINE_SIZE];
    struct words line;

    if (!open)
        return;
    begin_line(&line, text, call->irql);
    if (open->unfinished)
        words_say(&line, "<... %s resumed>", call->function->name);
    else
        say_call(&line, open);
    words_say(&line, ") = %s", vf_returns_nothing(call->function->id) ? "void"
                                                                      : nt_status_name(call->status));
    say_output(&line, call);
    if (open->completed) {
        words_say(&line, " <");
        say_result(&line, call, &open->result);
        words_say(&line, ">");
    }
    if (call->injected)
        words_say(&line, " (injected: %s)", call->injected);
    own->depth--;
    end_line(&line);
}

static bool event_begin(struct hook_event *event)
{
    struct thread *thread = this_thread();
    struct words words;

    if (thread) {
        words = (struct words){ .text = thread->indication, .size = sizeof(thread->indication) };
        words_argument(&words, VF_INDICATIONS, (uintptr_t)event->indication);
    }
    return true;
}

static void event_end(struct hook_event *event)
{
    char text[LINE_SIZE];
    struct words line;

    if (!wanted(event->name, vf_socket_number(event->socket)))
        return;
    interrupt_calls();
    begin_line(&line, text, KeGetCurrentIrql());
    words_say(&line, "%s(", event->name);
    words_argument(&line, VF_SOCKET, (uintptr_t)event->socket);
    words_say(&line, ", SocketContext=%p, Flags=", event->context);
    words_argument(&line, VF_EVENT_FLAGS, event->flags);
    words_say(&line, ", DataIndication=%s) = %s", own ? own->indication : "?",
              nt_status_name(event->status));
    end_line(&line);
}

void vf_trace_start(void)
{
    static const struct vf_observer observer = {
        .asks_numbers = true, .before = before, .completed = completed, .after = after, .event_begin = event_begin,
        .event_end = event_end,
    };

    if (!trace.on)
        return;
    trace.start_ns = os_clock_ns();
    vf_observe(&observer);
}

void vf_trace_stop(void)
{
    if (trace.file)
        fclose(trace.file);
    memset(&trace, 0, sizeof(trace));
}
