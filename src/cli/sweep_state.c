/* SPDX-License-Identifier: MIT */
/*
 * sweep_state.c - the points of a sweep, in memory and in its state file:
 *
 *     openwsk-sweep 1 KEY SHARD SHARDS DRIVER TAIL
 *     begin ID                           forget what was said of the point: a kill cut it short
 *     point ID FUNCTION UNDISTURBED
 *     problem ID RULE LEVEL TIMES TEXT
 *     stacks ID TEXT                     of the problem before
 *     run ID STACK                       what stands before of this point is all there is
 */
#define _GNU_SOURCE
#include "record.h"
#include "sweep.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "openwsk-sweep"
#define VERSION "1"

static void *need(void *memory)
{
    if (!memory)
        err(EXIT_NOT_LOADED, NULL);
    return memory;
}

/* --- In memory ------------------------------------------------------------------------------ */

static struct sweep_point *find(struct sweep *sweep, uint64_t id)
{
    for (size_t i = 0; i < sweep->count; i++) {
        if (sweep->points[i].id == id)
            return &sweep->points[i];
    }
    return NULL;
}

static void grow(struct sweep *sweep)
{
    sweep->room = sweep->room ? 2 * sweep->room : 64;
    sweep->points = need(reallocarray(sweep->points, sweep->room, sizeof(*sweep->points)));
    for (size_t i = 0; i < sweep->count; i++) {
        if (!sweep->points[i].outcomes)
            sweep->points[i].end = &sweep->points[i].outcomes;
    }
}

struct sweep_point *sweep_point(struct sweep *sweep, uint64_t id, const char *function, bool *added)
{
    struct sweep_point *point = find(sweep, id);

    if (added)
        *added = !point;
    if (point)
        return point;
    if (sweep->count == sweep->room)
        grow(sweep);
    point = &sweep->points[sweep->count++];
    *point = (struct sweep_point){ .id = id, .function = need(strdup(function)) };
    point->end = &point->outcomes;
    return point;
}

void sweep_outcome_add(struct sweep_point *point, const char *rule, enum level level,
                       uint64_t times, const char *text)
{
    struct outcome *outcome = need(calloc(1, sizeof(*outcome)));

    *outcome = (struct outcome){ .rule = need(strdup(rule)), .level = level, .times = times,
                                 .text = need(strdup(text)) };
    *point->end = outcome;
    point->end = &outcome->next;
}

void sweep_outcome_stacks(struct sweep_point *point, char *stacks)
{
    struct outcome *last = point->outcomes;

    while (last && last->next)
        last = last->next;
    if (!last || last->stacks)
        return;
    line_lines(stacks);
    last->stacks = need(strdup(stacks));
}

static void forget_outcomes(struct sweep_point *point)
{
    while (point->outcomes) {
        struct outcome *outcome = point->outcomes;

        point->outcomes = outcome->next;
        free(outcome->rule);
        free(outcome->text);
        free(outcome->stacks);
        free(outcome);
    }
    point->end = &point->outcomes;
}

void sweep_free(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->count; i++) {
        forget_outcomes(&sweep->points[i]);
        free(sweep->points[i].function);
        free(sweep->points[i].stack);
    }
    free(sweep->points);
    free(sweep->driver);
    free(sweep->tail);
    if (sweep->file >= 0)
        close(sweep->file);
}

bool sweep_is_mine(const struct sweep *sweep, const struct sweep_point *point)
{
    if (point->id == SWEEP_UNDISTURBED || !point->undisturbed || sweep->shards <= 1)
        return true;
    return point->id % sweep->shards == sweep->shard - 1;
}

/* --- Reading -------------------------------------------------------------------------------- */

static void read_point(struct sweep *sweep, char **words)
{
    struct sweep_point *point = sweep_point(sweep, strtoull(words[1], NULL, 16), words[2], NULL);

    point->undisturbed = point->undisturbed || words[3][0] == '1';
}

static void read_problem(struct sweep *sweep, char **words)
{
    struct sweep_point *point = sweep_point(sweep, strtoull(words[1], NULL, 16), "", NULL);
    enum level level;

    /* Of a second reading of the same run, in another shard. */
    if (!point->done && level_parse(words[3], &level))
        sweep_outcome_add(point, words[2], level, strtoull(words[4], NULL, 10), words[5]);
}

static void read_stacks(struct sweep *sweep, char **words)
{
    struct sweep_point *point = sweep_point(sweep, strtoull(words[1], NULL, 16), "", NULL);

    if (!point->done)
        sweep_outcome_stacks(point, words[2]);
}

static void read_run(struct sweep *sweep, char **words)
{
    struct sweep_point *point = sweep_point(sweep, strtoull(words[1], NULL, 16), "", NULL);

    if (!point->done)
        point->stack = need(strdup(words[2]));
    point->done = true;
}

static void read_begin(struct sweep *sweep, char **words)
{
    struct sweep_point *point = sweep_point(sweep, strtoull(words[1], NULL, 16), "", NULL);

    if (!point->done)
        forget_outcomes(point);
}

static bool is_id(const char *word)
{
    return strlen(word) == 12 && strspn(word, "0123456789abcdef") == 12;
}

/* False for what no sweep has written. */
static bool read_line(struct sweep *sweep, char *text)
{
    static const struct {
        const char *name;
        size_t count;
        void (*read)(struct sweep *sweep, char **words);
    } kinds[] = {
        { "problem", 6, read_problem }, { "point", 4, read_point }, { "stacks", 3, read_stacks },
        { "run", 3, read_run }, { "begin", 2, read_begin },
    };
    char copy[8192];
    char *words[6];
    size_t count;

    snprintf(copy, sizeof(copy), "%s", text);
    count = line_split(copy, words, 6);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (count != kinds[i].count || strcmp(words[0], kinds[i].name) != 0 || !is_id(words[1]))
            continue;
        kinds[i].read(sweep, words);
        return true;
    }
    return false;
}

/* All lines but one that a kill has cut short. */
static bool read_lines(struct sweep *sweep, FILE *file, char *why, size_t size)
{
    char text[8192];

    for (unsigned number = 2; fgets(text, sizeof(text), file) && strchr(text, '\n'); number++) {
        if (read_line(sweep, text))
            continue;
        snprintf(why, size, "is broken in line %u", number);
        return false;
    }
    if (feof(file))
        return true;
    snprintf(why, size, ferror(file) ? "cannot be read" : "has a line that is too long");
    return false;
}

/* A run that was cut short has problems without its line; they are found again. */
static void forget_unfinished(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->count; i++) {
        if (!sweep->points[i].done)
            forget_outcomes(&sweep->points[i]);
    }
}

static bool read_header(struct sweep *sweep, char *text, char *why, size_t size)
{
    char *words[7];
    size_t count = line_split(text, words, 7);

    if (count != 7 || strcmp(words[0], MAGIC) != 0 || strcmp(words[1], VERSION) != 0) {
        snprintf(why, size, "is no state of a sweep");
        return false;
    }
    if (!*sweep->key) {
        snprintf(sweep->key, sizeof(sweep->key), "%s", words[2]);
        sweep->driver = need(strdup(words[5]));
        sweep->tail = need(strdup(words[6]));
    }
    sweep->shard = (unsigned)strtoul(words[3], NULL, 10);
    sweep->shards = (unsigned)strtoul(words[4], NULL, 10);
    if (strcmp(sweep->key, words[2]) == 0)
        return true;
    snprintf(why, size, SWEEP_OTHER "driver, or of other options");
    return false;
}

bool sweep_read(struct sweep *sweep, const char *path, char *why, size_t size)
{
    FILE *file = fopen(path, "re");
    char text[8192];
    bool good;

    *why = '\0';
    if (!file)
        return false;
    good = fgets(text, sizeof(text), file) && read_header(sweep, text, why, size);
    good = good && read_lines(sweep, file, why, size);
    fclose(file);
    forget_unfinished(sweep);
    return good;
}

/* --- Writing -------------------------------------------------------------------------------- */

static void write_text(struct sweep *sweep, const char *text, size_t length)
{
    if (sweep->file >= 0 && write(sweep->file, text, length) != (ssize_t)length)
        err(EXIT_NOT_LOADED, "cannot write the state of the sweep");
}

static void write_header(struct sweep *sweep)
{
    struct line line = { .length = 0 };

    line_add(&line, MAGIC);
    line_add(&line, VERSION);
    line_add(&line, sweep->key);
    line_add_number(&line, sweep->shard);
    line_add_number(&line, sweep->shards);
    line_add(&line, sweep->driver);
    line_add(&line, sweep->tail);
    line_end(&line);
    write_text(sweep, line.text, line.length);
}

/* A line that a kill has cut short goes, so that it does not look whole once more lines follow. */
static void drop_last_line(const char *path)
{
    FILE *file = fopen(path, "re");
    off_t whole = 0, at = 0;
    int letter;

    while (file && (letter = getc(file)) != EOF) {
        at++;
        if (letter == '\n')
            whole = at;
    }
    if (file)
        fclose(file);
    if (whole != at && truncate(path, whole) != 0)
        err(EXIT_USAGE, "cannot write %s", path);
}

void sweep_open(struct sweep *sweep, const char *path, bool go_on)
{
    if (go_on)
        drop_last_line(path);
    sweep->file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (go_on ? 0 : O_TRUNC),
                       0666);
    if (sweep->file < 0)
        err(EXIT_USAGE, "cannot write %s", path);
    if (!go_on)
        write_header(sweep);
}

static void add_line(FILE *to, struct line *line)
{
    line_end(line);
    fwrite(line->text, 1, line->length, to);
}

static void add_id(struct line *line, const char *kind, uint64_t id)
{
    char text[24];

    snprintf(text, sizeof(text), "%012" PRIx64, id);
    line_add(line, kind);
    line_add(line, text);
}

static void add_point(FILE *to, const struct sweep_point *point)
{
    struct line line = { .length = 0 };

    add_id(&line, "point", point->id);
    line_add(&line, point->function);
    line_add(&line, point->undisturbed ? "1" : "0");
    add_line(to, &line);
}

static void add_stacks(FILE *to, uint64_t id, const char *stacks)
{
    struct line line = { .length = 0 };

    if (!stacks)
        return;
    add_id(&line, "stacks", id);
    line_add_lines(&line, stacks);
    add_line(to, &line);
}

static void add_problems(FILE *to, const struct sweep_point *point)
{
    for (const struct outcome *at = point->outcomes; at; at = at->next) {
        struct line line = { .length = 0 };

        add_id(&line, "problem", point->id);
        line_add(&line, at->rule);
        line_add(&line, level_name(at->level));
        line_add_number(&line, at->times);
        line_add(&line, at->text);
        add_line(to, &line);
        add_stacks(to, point->id, at->stacks);
    }
}

static void add_run(FILE *to, const struct sweep_point *point)
{
    struct line begin = { .length = 0 }, end = { .length = 0 };

    add_id(&begin, "begin", point->id);
    add_line(to, &begin);
    add_problems(to, point);
    add_id(&end, "run", point->id);
    line_add(&end, point->stack ? point->stack : "");
    add_line(to, &end);
}

void sweep_write(struct sweep *sweep, const struct sweep_point *point, const uint64_t *met,
                 size_t met_count)
{
    char *text = NULL;
    size_t size;
    FILE *to = need(open_memstream(&text, &size));

    for (size_t i = 0; i < met_count; i++)
        add_point(to, find(sweep, met[i]));
    if (point->done)
        add_run(to, point);
    fclose(to);
    write_text(sweep, text, size);
    free(text);
}
