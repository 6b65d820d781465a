/* SPDX-License-Identifier: MIT */
/*
 * verify_options.c - the options that concern the verifier and the reports; docs/wskrun.1 describes
 * them.
 */
#include "verify_options.h"

#include <openwsk/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Handed to the library as they are: its names are the options' names. */
enum {
    KEY_VERIFY = 0x4ff, KEY_TRACE = 0x500, KEY_TRACE_SOCKET, KEY_TRACE_FILE, KEY_PCAP, KEY_INJECT, KEY_FORCE_PENDING,
    KEY_LOW_RESOURCES, KEY_FAIL, KEY_SEED, KEY_SUPPRESSIONS,
    KEY_JSON, KEY_JUNIT, KEY_SARIF, KEY_RECORD, KEY_REPEAT, KEY_ISOLATE, KEY_PEER
};

static const struct argp_option option_table[] = {
    { NULL, 0, NULL, 0, "What is checked:", 3 },
    { "verify", KEY_VERIFY, "RULES", 0,
      "on (unless told otherwise), off, or rules: V5,V7 only these, -V14 all but this", 0 },
    { NULL, 0, NULL, 0, "What happens to the driver:", 4 },
    { "inject", KEY_INJECT, "FUNCTION:WHAT", 0,
      "Do that to calls of the function, e.g. WskBind:status=STATUS_ACCESS_DENIED:when=1", 0 },
    { "force-pending", KEY_FORCE_PENDING, NULL, 0,
      "Complete requests at once, later or on other threads, as the seed says", 0 },
    { "low-resources", KEY_LOW_RESOURCES, NULL, 0,
      "Deny each call that allocates once per call stack of the driver", 0 },
    { "fail", KEY_FAIL, "POINT", 0, "Deny that one call, once; 'sweep' names them", 0 },
    { "seed", KEY_SEED, "NUMBER", 0, "What chance is made from (1)", 0 },
    { "repeat", KEY_REPEAT, "N", 0, "Load and unload N times", 0 },
    { "peer", KEY_PEER, "COMMAND", 0,
      "Start that beside the driver, for it to talk to; the run ends when it does", 0 },
    { NULL, 0, NULL, 0, "What is written down:", 5 },
    { "trace", KEY_TRACE, "FUNCTIONS", OPTION_ARG_OPTIONAL,
      "A line for each WSK call, of these functions (WskSend*,WskBind)", 0 },
    { "trace-socket", KEY_TRACE_SOCKET, "NUMBERS", 0, "Only of these sockets (1,3)", 0 },
    { "trace-file", KEY_TRACE_FILE, "FILE", 0, "Trace to FILE, not to standard error", 0 },
    { "pcap", KEY_PCAP, "FILE", 0, "Write what is sent and received as pcapng", 0 },
    { "suppressions", KEY_SUPPRESSIONS, "FILE", 0, "Findings that do not count", 0 },
    { "record", KEY_RECORD, "FILE", OPTION_HIDDEN, "Append what a sweep wants to know", 0 },
    { "isolate", KEY_ISOLATE, NULL, OPTION_HIDDEN, "Run in a network of its own", 0 },
    { 0 },
};

static const struct argp_option report_table[] = {
    { NULL, 0, NULL, 0, "Reports (- is standard output):", 6 },
    { "json", KEY_JSON, "FILE", 0, "Report as JSON", 0 },
    { "junit", KEY_JUNIT, "FILE", 0, "Report as JUnit's XML", 0 },
    { "sarif", KEY_SARIF, "FILE", 0, "Report as SARIF 2.1.0", 0 },
    { 0 },
};

static const struct {
    int key;
    const char *name;
} handed_over[] = {
    { KEY_VERIFY, "verify" }, { KEY_TRACE, "trace" }, { KEY_TRACE_SOCKET, "trace-socket" }, { KEY_TRACE_FILE, "trace-file" },
    { KEY_PCAP, "pcap" }, { KEY_INJECT, "inject" }, { KEY_FORCE_PENDING, "force-pending" },
    { KEY_LOW_RESOURCES, "low-resources" }, { KEY_FAIL, "fail" }, { KEY_SEED, "seed" },
    { KEY_SUPPRESSIONS, "suppressions" },
};

/* Remembered for children of a sweep and for the line that repeats a finding. */
static void remember(struct verify_options *options, const char *name, const char *value)
{
    char word[4096];

    snprintf(word, sizeof(word), "--%s%s%s", name, value ? "=" : "", value ? value : "");
    words_add(&options->words, word);
}

static bool hand_over(struct argp_state *state, struct verify_options *options, int key,
                      const char *value)
{
    char error[256];

    for (size_t i = 0; i < sizeof(handed_over) / sizeof(*handed_over); i++) {
        if (handed_over[i].key != key)
            continue;
        if (openwsk_verify(handed_over[i].name, value, error, sizeof(error)) < 0)
            argp_error(state, "--%s: %s", handed_over[i].name, error);
        remember(options, handed_over[i].name, value);
        return true;
    }
    return false;
}

static void take_repeat(struct argp_state *state, struct verify_options *options, const char *text)
{
    char *end;
    unsigned long count = strtoul(text, &end, 10);

    if (*text < '1' || *text > '9' || *end || count > 1000000)
        argp_error(state, "'%s' is no number of times", text);
    options->repeat = (unsigned)count;
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
    struct verify_options *options = state->input;

    switch (key) {
    case KEY_PEER:
        options->peer = text;
        remember(options, "peer", text);
        break;
    case KEY_ISOLATE: options->isolate = true; break;
    case KEY_RECORD: options->record = text; break;
    case KEY_REPEAT: take_repeat(state, options, text); break;
    default: return hand_over(state, options, key, text) ? 0 : ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t take_report(int key, char *text, struct argp_state *state)
{
    struct verify_options *options = state->input;

    switch (key) {
    case KEY_JSON: options->json = text; break;
    case KEY_JUNIT: options->junit = text; break;
    case KEY_SARIF: options->sarif = text; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp report_argp = { .options = report_table, .parser = take_report };
const struct argp verify_argp = { .options = option_table, .parser = take_option };
