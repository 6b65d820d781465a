/* SPDX-License-Identifier: MIT */
/* merge.c - wskrun merge: the state files of a sweep's shards become one report. */
#include "sweep.h"
#include "verify_options.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

struct merging {
    struct verify_options reports;
    struct words files;
};

static error_t take_option(int key, char *text, struct argp_state *state)
{
    struct merging *merging = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &merging->reports; break;
    case ARGP_KEY_ARG: words_add(&merging->files, text); break;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which files?"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void read_all(struct sweep *sweep, const struct words *files)
{
    for (size_t i = 0; i < files->count; i++) {
        char why[128];

        if (!sweep_read(sweep, files->at[i], why, sizeof(why)))
            errx(EXIT_USAGE, "%s %s", files->at[i], *why ? why : "cannot be read");
    }
    /* Together they are the whole. */
    sweep->shard = sweep->shards = 0;
}

int merge_main(int count, char **arguments)
{
    static const struct argp_child children[] = { { &report_argp, 0, NULL, 0 }, { 0 } };
    static const struct argp parser = {
        .children = children, .parser = take_option, .args_doc = "FILE...",
        .doc = "Merges what the shards of 'wskrun sweep --shard' have found into one report.\v"
               "The files are the sweeps' state files.",
    };
    struct merging merging = { 0 };
    struct sweep sweep = { .file = -1 };
    struct report report = { 0 };

    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&parser, count, arguments, 0, NULL, &merging);
    read_all(&sweep, &merging.files);
    report.driver = sweep.driver;
    sweep_report(&sweep, &report);
    report.exit_status = sweep_say(&sweep, &report);
    if (!report_write(&report, &merging.reports) && report.exit_status == EXIT_CLEAN)
        report.exit_status = EXIT_USAGE;
    count = report.exit_status;
    report_free(&report);
    sweep_free(&sweep);
    words_free(&merging.files);
    return count;
}
