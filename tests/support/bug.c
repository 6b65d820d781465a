/* SPDX-License-Identifier: MIT */
/* bug.c - see bug.h. Knows nothing of Windows: it reads what the child prints. */
#include "bug.h"

#include "symbol.h"

#include <dirent.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BUG_TEXT_MAX 32768

static char text[BUG_TEXT_MAX];

static void child(void (*fn)(void), int to_parent)
{
    struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
    /* The test runner's own handlers would turn the end into a failed test of the child. */
    signal(SIGABRT, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    alarm(60);
    dup2(to_parent, STDERR_FILENO);
    close(to_parent);
    fn();
    _exit(0);
}

static void read_all(int from_child)
{
    size_t used = 0;
    ssize_t got;

    while ((got = read(from_child, text + used, sizeof(text) - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
}

/* Field 3 of proc_pid_stat(5), behind the name in brackets. */
static bool is_running(const char *task)
{
    char path[64], line[512] = "";
    const char *bracket;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%.20s/stat", task);
    file = fopen(path, "r");
    if (!file)
        return false;
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    fclose(file);
    bracket = strrchr(line, ')');
    return bracket && bracket[1] && bracket[2] == 'R';
}

static unsigned running_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned running = 0;
    struct dirent *task;

    while (tasks && (task = readdir(tasks)))
        running += task->d_name[0] != '.' && is_running(task->d_name);
    if (tasks)
        closedir(tasks);
    return running;
}

/*
 * A thread that still frees something may hold a lock of the sanitizer's, which nobody releases in
 * a child. So all but this one should sleep; those of a test that keeps them busy do not, and need
 * not.
 */
static void let_others_sleep(void)
{
    for (unsigned i = 0; i < 1000 && running_threads() > 1; i++)
        sched_yield();
}

static int run(void (*fn)(void), const char *file, int line)
{
    int pipe_ends[2];
    char unused[SYMBOL_TEXT_MAX];
    int status;
    pid_t pid;

    /* Debugging information that is read here is not read in every child. */
    symbol_describe(__builtin_return_address(0), unused, sizeof(unused));
    if (pipe(pipe_ends) != 0)
        _fail(file, line);
    fflush(NULL);
    let_others_sleep();
    pid = fork();
    if (pid == 0) {
        close(pipe_ends[0]);
        child(fn, pipe_ends[1]);
    }
    close(pipe_ends[1]);
    if (pid < 0)
        _fail(file, line);
    read_all(pipe_ends[0]);
    close(pipe_ends[0]);
    waitpid(pid, &status, 0);
    return status;
}

int bug_check_run(void (*fn)(void))
{
    return run(fn, __FILE__, __LINE__);
}

void bug_check_expect(unsigned code, void (*fn)(void), const char *file, int line)
{
    int status = run(fn, file, line);
    char stop[32];

    snprintf(stop, sizeof(stop), "*** STOP: 0x%08X ", code);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(text, stop))
        return;
    print_error("expected \"%s\" and abort(); wait status 0x%x; standard error was:\n%s\n", stop,
                status,
                text);
    _fail(file, line);
}

const char *bug_check_text(void)
{
    return text;
}

void bug_check_expect_text(const char *words, const char *file, int line)
{
    if (strstr(text, words))
        return;
    print_error("\"%s\" is not in:\n%s\n", words, text);
    _fail(file, line);
}
