/* SPDX-License-Identifier: MIT */
/* sweep.c - see sweep.h: which run is next, the runs beside each other, and what comes of them. */
#define _GNU_SOURCE
#include "sweep.h"

#include "isolate.h"
#include "record.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull

#define JOBS_MAX 256u

/* How often a point that does not come up again is tried: threads may take another way. */
#define TRIES 3u

#define LOG_MAX 65536

struct job {
    pid_t process;      /* 0: idle */
    uint64_t id;
    uint64_t began_ns;
    bool timed_out;
    char record[PATH_MAX];
    char log[PATH_MAX];
};

struct run {
    const struct options *options;
    const struct sweep_options *sweeping;
    struct sweep sweep;
    struct job *jobs;
    unsigned job_count, busy;
    char folder[PATH_MAX];
    char object[PATH_MAX];
    char program[PATH_MAX];
    bool isolated, terminal, interrupted;
    uint64_t run_ns_sum;
    size_t runs;
};

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* --- Starting a run ------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3)))
static void add_format(struct words *words, const char *format, ...)
{
    char text[PATH_MAX + 64];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    words_add(words, text);
}

static void add_all(struct words *words, const struct words *more)
{
    for (size_t i = 0; i < more->count; i++)
        words_add(words, more->at[i]);
}

static void make_command(const struct run *run, const struct job *job, struct words *words)
{
    const struct options *options = run->options;

    words_add(words, run->program);
    add_format(words, "--record=%s", job->record);
    if (job->id != SWEEP_UNDISTURBED)
        add_format(words, "--fail=%012" PRIx64, job->id);
    if (run->isolated)
        words_add(words, "--isolate");
    add_all(words, &options->verify.words);
    if (options->once)
        words_add(words, "--once");
    else
        add_format(words, "--for=%" PRIu64 "us", options->run_ns / 1000);
    add_format(words, "--unload-timeout=%" PRIu64 "us", options->unload_timeout_ns / 1000);
    words_add(words, run->object);
    words_add(words, "--");
    add_all(words, &options->parameters);
}

static int spawn(char **arguments, const char *log, pid_t *process)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    int error;

    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    error = posix_spawn(process, arguments[0], &files, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static void start(struct run *run, struct job *job, struct sweep_point *point)
{
    struct words words = { 0 };
    int error;

    job->id = point->id;
    job->began_ns = now_ns();
    job->timed_out = false;
    unlink(job->record);
    make_command(run, job, &words);
    error = spawn(words.at, job->log, &job->process);
    words_free(&words);
    if (error)
        errx(EXIT_NOT_LOADED, "cannot start %s: %s", run->program, strerror(error));
    point->running = true;
    point->tries++;
    run->busy++;
}

/* --- What came of it ------------------------------------------------------------------------ */

static size_t read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t length = 0;

    if (file) {
        length = fread(text, 1, size - 1, file);
        fclose(file);
    }
    text[length] = '\0';
    return length;
}

/* Copies the line at `from`, without its indentation. */
static void take_line(const char *from, char *line, size_t size)
{
    from += strspn(from, " ");
    snprintf(line, size, "%.*s", (int)strcspn(from, "\n"), from);
}

/*
 * The last words of a bug check, from what the run said:
 *     *** STOP: 0x000000C4 NAME (...)
 *         WSK-V13: sentence
 *             Function (file.c:1)
 */
static void take_bug_check(struct sweep_point *point, const char *log)
{
    char name[128] = "BUG CHECK", line[1024], rule[128], text[2048];
    const char *at = strstr(log, "*** STOP: ");
    const char *colon;

    if (at)
        sscanf(at, "*** STOP: 0x%*x %127s", name);
    at = at ? strchr(at, '\n') : NULL;
    take_line(at ? at + 1 : "", line, sizeof(line));
    colon = strstr(line, ": ");
    if (colon && strncmp(line, "WSK-", 4) == 0)
        snprintf(rule, sizeof(rule), "%.*s", (int)(colon - line), line);
    else
        snprintf(rule, sizeof(rule), "%s", name);
    snprintf(text, sizeof(text), "%s: %s", name, colon && *rule == 'W' ? colon + 2 : line);
    at = at ? strchr(at + 1, '\n') : NULL;
    if (at && !strstr(text, ".c:")) {
        size_t used = strlen(text);

        take_line(at + 1, line, sizeof(line));
        snprintf(text + used, sizeof(text) - used, ", at %s", line);
    }
    sweep_outcome_add(point, rule, LEVEL_ERROR, 1, text);
}

/* Sanitizers end the process with a line that says what it was. */
static void take_crash(struct sweep_point *point, int status, const char *log)
{
    const char *at = strstr(log, "ERROR: ");
    char line[1024], text[2048];

    if (!at)
        at = strstr(log, "runtime error: ");
    if (!at)
        at = strstr(log, "WARNING: ThreadSanitizer");
    take_line(at ? at : "", line, sizeof(line));
    if (WIFSIGNALED(status))
        snprintf(text, sizeof(text), "the process died of %s%s%s",
                 strsignal(WTERMSIG(status)), at ? ": " : "", line);
    else
        snprintf(text, sizeof(text), "the process ended by itself with status %d%s%s",
                 WEXITSTATUS(status), at ? ": " : "", line);
    sweep_outcome_add(point, "CRASH", LEVEL_ERROR, 1, text);
}

static void take_hang(struct sweep_point *point, const char *log)
{
    const char *at = strstr(log, "WSK-V28: ");
    char line[1024];

    take_line(at ? at + 9 : "the run did not end in its time", line, sizeof(line));
    sweep_outcome_add(point, "HANG", LEVEL_ERROR, 1, line);
}

struct recorded {
    bool ended;
    bool denied;
    uint64_t *met;
    size_t met_count, met_room;
};

static void note_met(struct recorded *recorded, uint64_t id)
{
    if (recorded->met_count == recorded->met_room) {
        recorded->met_room = recorded->met_room ? 2 * recorded->met_room : 32;
        recorded->met = reallocarray(recorded->met, recorded->met_room, sizeof(*recorded->met));
        if (!recorded->met)
            err(EXIT_NOT_LOADED, NULL);
    }
    recorded->met[recorded->met_count++] = id;
}

static void take_met(struct sweep *sweep, const struct job *job, struct recorded *recorded,
                     char **words)
{
    uint64_t id = strtoull(words[1], NULL, 16);
    bool added;
    struct sweep_point *met = sweep_point(sweep, id, words[2], &added);

    if (job->id == SWEEP_UNDISTURBED)
        met->undisturbed = true;
    if (added)
        note_met(recorded, id);
}

static void take_recorded_line(struct sweep *sweep, const struct job *job,
                               struct recorded *recorded, char *text)
{
    char *words[5];
    size_t count = line_split(text, words, 5);
    enum level level;

    if (count == 3 && strcmp(words[0], "point") == 0) {
        take_met(sweep, job, recorded, words);
    } else if (count == 4 && strcmp(words[0], "denied") == 0) {
        struct sweep_point *point = sweep_point(sweep, job->id, words[2], NULL);

        recorded->denied = true;
        free(point->stack);
        point->stack = strdup(words[3]);
    } else if (count == 5 && strcmp(words[0], "problem") == 0 && level_parse(words[2], &level)) {
        sweep_outcome_add(sweep_point(sweep, job->id, "", NULL), words[1], level,
                          strtoull(words[3], NULL, 10), words[4]);
    } else if (count == 2 && strcmp(words[0], "stacks") == 0) {
        sweep_outcome_stacks(sweep_point(sweep, job->id, "", NULL), words[1]);
    } else if (count == 2 && strcmp(words[0], "end") == 0) {
        recorded->ended = true;
    }
}

static void read_record(struct sweep *sweep, const struct job *job, struct recorded *recorded)
{
    FILE *file = fopen(job->record, "re");
    char text[8192];

    *recorded = (struct recorded){ .ended = false };
    while (file && fgets(text, sizeof(text), file)) {
        if (strchr(text, '\n'))
            take_recorded_line(sweep, job, recorded, text);
    }
    if (file)
        fclose(file);
}

static bool has_error(const struct sweep_point *point)
{
    for (const struct outcome *at = point->outcomes; at; at = at->next) {
        if (at->level == LEVEL_ERROR)
            return true;
    }
    return false;
}

static void judge(struct sweep_point *point, const struct job *job,
                  const struct recorded *recorded, int status)
{
    static char log[LOG_MAX];
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    read_text(job->log, log, sizeof(log));
    if (code == EXIT_USAGE || code == EXIT_NOT_LOADED)
        errx(EXIT_NOT_LOADED, "a run of the sweep did not start:\n%s", log);
    if (job->timed_out || code == EXIT_HANG)
        take_hang(point, log);
    else if (strstr(log, "*** STOP: ")) {
        if (!has_error(point))
            take_bug_check(point, log);
    } else if (!recorded->ended || code < 0)
        take_crash(point, status, log);
}

static void finish(struct run *run, struct job *job, int status)
{
    struct sweep *sweep = &run->sweep;
    struct recorded recorded;
    struct sweep_point *point;

    read_record(sweep, job, &recorded);
    point = sweep_point(sweep, job->id, "", NULL);
    judge(point, job, &recorded, status);
    point->running = false;
    job->process = 0;
    run->busy--;
    run->runs++;
    run->run_ns_sum += now_ns() - job->began_ns;
    point->done = point->outcomes || recorded.denied || point->id == SWEEP_UNDISTURBED ||
                  point->tries >= TRIES;
    /* Points that a run met count even when it has to be made again. */
    if (point->done || recorded.met_count)
        sweep_write(sweep, point, recorded.met, recorded.met_count);
    free(recorded.met);
}

/* --- Waiting -------------------------------------------------------------------------------- */

static struct job *job_of(struct run *run, pid_t process)
{
    for (unsigned i = 0; i < run->job_count; i++) {
        if (run->jobs[i].process == process)
            return &run->jobs[i];
    }
    return NULL;
}

static void kill_late(struct run *run)
{
    for (unsigned i = 0; i < run->job_count; i++) {
        struct job *job = &run->jobs[i];

        if (!job->process || now_ns() - job->began_ns < run->sweeping->run_timeout_ns)
            continue;
        job->timed_out = true;
        kill(job->process, SIGKILL);
    }
}

static void kill_all(struct run *run)
{
    for (unsigned i = 0; i < run->job_count; i++) {
        if (!run->jobs[i].process)
            continue;
        kill(run->jobs[i].process, SIGKILL);
        waitpid(run->jobs[i].process, NULL, 0);
        run->jobs[i].process = 0;
    }
}

static void reap(struct run *run)
{
    pid_t process;
    int status;

    while (run->busy && (process = waitpid(-1, &status, WNOHANG)) > 0) {
        struct job *job = job_of(run, process);

        if (job)
            finish(run, job, status);
    }
}

static void wait_a_moment(struct run *run)
{
    const struct timespec moment = { .tv_nsec = 100 * NS_PER_MS };
    sigset_t signals;
    int number;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    number = sigtimedwait(&signals, NULL, &moment);
    run->interrupted = run->interrupted || number == SIGINT || number == SIGTERM;
}

static void block_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

/* --- Progress ------------------------------------------------------------------------------- */

static void progress(const struct run *run)
{
    size_t done = 0, mine = 0, bad = 0;
    uint64_t left_s;

    if (!run->terminal)
        return;
    for (size_t i = 0; i < run->sweep.count; i++) {
        const struct sweep_point *point = &run->sweep.points[i];

        if (!sweep_is_mine(&run->sweep, point))
            continue;
        mine++;
        done += point->done;
        bad += point->done && point->outcomes;
    }
    left_s = run->runs ? run->run_ns_sum / run->runs * (mine - done) / run->job_count / NS_PER_S : 0;
    fprintf(stderr, "\r%zu of %zu runs, %zu with problems, %" PRIu64 ":%02" PRIu64 " left \033[K",
            done, mine, bad, left_s / 60, left_s % 60);
}

/* --- The loop ------------------------------------------------------------------------------- */

/* Until the undisturbed run is done, nothing else is known well enough. */
static struct sweep_point *next_point(struct run *run)
{
    struct sweep *sweep = &run->sweep;

    for (size_t i = 0; i < sweep->count; i++) {
        struct sweep_point *point = &sweep->points[i];

        if (i > 0 && !sweep->points[0].done)
            return NULL;
        if (!point->done && !point->running && sweep_is_mine(sweep, point))
            return point;
    }
    return NULL;
}

static void fill_jobs(struct run *run)
{
    for (unsigned i = 0; i < run->job_count; i++) {
        struct sweep_point *point;

        if (run->jobs[i].process)
            continue;
        point = next_point(run);
        if (!point)
            return;
        start(run, &run->jobs[i], point);
    }
}

static void run_all(struct run *run)
{
    for (;;) {
        fill_jobs(run);
        progress(run);
        if (!run->busy || run->interrupted)
            break;
        wait_a_moment(run);
        kill_late(run);
        reap(run);
    }
    if (run->terminal)
        fputs("\r\033[K", stderr);
    if (run->interrupted)
        kill_all(run);
}

/* --- Getting ready -------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *byte = data;

    while (size--)
        hash = (hash ^ *byte++) * 0x100000001b3ull;
    return hash;
}

static uint64_t mix_words(uint64_t hash, const struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        hash = mix(hash, words->at[i], strlen(words->at[i]) + 1);
    return hash;
}

/* The driver's code and whatever changes what it does. */
static void make_key(struct run *run)
{
    const struct options *options = run->options;
    uint64_t hash = 0xcbf29ce484222325ull;
    FILE *file = fopen(run->object, "re");
    char block[4096];
    size_t length;

    if (!file)
        err(EXIT_NOT_LOADED, "cannot read %s", run->object);
    while ((length = fread(block, 1, sizeof(block), file)) > 0)
        hash = mix(hash, block, length);
    fclose(file);
    hash = mix_words(mix_words(hash, &options->verify.words), &options->parameters);
    hash = mix(hash, &options->run_ns, sizeof(options->run_ns));
    snprintf(run->sweep.key, sizeof(run->sweep.key), "%016" PRIx64, hash);
}

static void make_folder(struct run *run)
{
    const char *parent = getenv("TMPDIR");

    snprintf(run->folder, sizeof(run->folder), "%s/wsksweep-XXXXXX",
             parent && *parent ? parent : "/tmp");
    if (!mkdtemp(run->folder))
        err(EXIT_NOT_LOADED, "cannot make the folder %s", run->folder);
}

static void make_jobs(struct run *run)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    run->job_count = run->sweeping->jobs ? run->sweeping->jobs : (unsigned)processors;
    if (run->job_count > JOBS_MAX)
        run->job_count = JOBS_MAX;
    run->jobs = calloc(run->job_count, sizeof(*run->jobs));
    if (!run->jobs)
        err(EXIT_NOT_LOADED, NULL);
    for (unsigned i = 0; i < run->job_count; i++) {
        snprintf(run->jobs[i].record, PATH_MAX, "%.4000s/%u.record", run->folder, i);
        snprintf(run->jobs[i].log, PATH_MAX, "%.4000s/%u.log", run->folder, i);
    }
}

static struct run the_run;

/* However the program ends. */
static void clean_up(void)
{
    if (*the_run.folder) {
        kill_all(&the_run);
        for (unsigned i = 0; i < the_run.job_count; i++) {
            unlink(the_run.jobs[i].record);
            unlink(the_run.jobs[i].log);
        }
        rmdir(the_run.folder);
    }
    free(the_run.jobs);
    compile_remove();
}

/* "drivers/echo.c" has its state in "echo.sweep", a shard's in "echo.3of16.sweep". */
static void state_path(const struct run *run, char *path, size_t size)
{
    const char *slash = strrchr(run->options->driver, '/');
    const char *name = slash ? slash + 1 : run->options->driver;
    const char *dot = strrchr(name, '.');
    int stem = dot ? (int)(dot - name) : (int)strlen(name);

    if (run->sweeping->state)
        snprintf(path, size, "%s", run->sweeping->state);
    else if (run->sweep.shards > 1)
        snprintf(path, size, "%.*s.%uof%u.sweep", stem, name, run->sweep.shard,
                 run->sweep.shards);
    else
        snprintf(path, size, "%.*s.sweep", stem, name);
}

static void open_state(struct run *run)
{
    unsigned shard = run->sweeping->shard, shards = run->sweeping->shards;
    char path[PATH_MAX], why[128] = "";
    bool go_on = false;

    run->sweep.shard = shard;
    run->sweep.shards = shards;
    state_path(run, path, sizeof(path));
    if (!run->sweeping->fresh)
        go_on = sweep_read(&run->sweep, path, why, sizeof(why));
    if (go_on && (run->sweep.shard != shard || run->sweep.shards != shards)) {
        snprintf(why, sizeof(why), SWEEP_OTHER "shard");
        go_on = false;
    }
    /*
     * A file that is no state may be the user's own; of a broken one more may be wrong than can be
     * seen.
     */
    if (*why && strncmp(why, SWEEP_OTHER, strlen(SWEEP_OTHER)) != 0)
        errx(EXIT_USAGE, "%s %s; --fresh begins it anew", path, why);
    if (*why)
        warnx("%s %s; it is begun anew", path, why);
    run->sweep.shard = shard;
    run->sweep.shards = shards;
    sweep_open(&run->sweep, path, go_on);
    sweep_point(&run->sweep, SWEEP_UNDISTURBED, "", NULL);
}

static void find_program(struct run *run)
{
    ssize_t length = readlink("/proc/self/exe", run->program, sizeof(run->program) - 1);

    if (length < 0)
        err(EXIT_NOT_LOADED, "cannot find myself");
    run->program[length] = '\0';
}

static void find_object(struct run *run)
{
    const char *object = driver_object(run->options);
    const char *found = object ? realpath(object, run->object) : NULL;

    if (!object)
        exit(EXIT_NOT_LOADED);
    if (!found)
        err(EXIT_NOT_LOADED, "cannot find %s", object);
}

static bool choose_network(const struct run *run)
{
    if (run->sweeping->shared_network)
        return false;
    if (isolate_possible())
        return true;
    warnx("this host gives no network of its own to each run; runs share one, and their ports");
    return false;
}

static int report_all(struct run *run)
{
    struct report report = { .driver = run->options->driver };
    int status;

    sweep_report(&run->sweep, &report);
    status = sweep_say(&run->sweep, &report);
    report.exit_status = status;
    if (!report_write(&report, &run->options->verify) && status == EXIT_CLEAN)
        status = EXIT_USAGE;
    report_free(&report);
    return status;
}

static void take_names(struct sweep *sweep, const struct options *options)
{
    char *command = command_again(options, NULL);

    sweep->driver = strdup(options->driver);
    sweep->tail = strdup(command + strlen("wskrun"));
    free(command);
    if (!sweep->driver || !sweep->tail)
        err(EXIT_NOT_LOADED, NULL);
}

int sweep_main(const struct options *options, const struct sweep_options *sweeping)
{
    int status;

    the_run = (struct run){ .options = options, .sweeping = sweeping };
    take_names(&the_run.sweep, options);
    the_run.sweep.file = -1;
    the_run.terminal = isatty(STDERR_FILENO) && !options->quiet;
    atexit(clean_up);
    block_signals();
    find_program(&the_run);
    find_object(&the_run);
    make_key(&the_run);
    open_state(&the_run);
    make_folder(&the_run);
    make_jobs(&the_run);
    the_run.isolated = choose_network(&the_run);
    run_all(&the_run);
    status = report_all(&the_run);
    if (the_run.interrupted)
        warnx("interrupted; the same command goes on");
    sweep_free(&the_run.sweep);
    return the_run.interrupted ? EXIT_FINDINGS : status;
}
