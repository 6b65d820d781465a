/* SPDX-License-Identifier: MIT */
/*
 * bug.h - assertions about code that must stop the process.
 *
 * The function runs in a forked child, so a test sees the whole last words and goes on. The child
 * has the calling thread alone: start what the function needs inside the function, and hold no lock
 * outside it.
 */
#ifndef OPENWSK_TESTS_BUG_H
#define OPENWSK_TESTS_BUG_H

/*
 * Fails the test unless `fn` dies by abort() and prints "*** STOP: 0x<code>". The text of standard
 * error stays readable until the next call.
 */
#define assert_bug_check(code, fn) bug_check_expect((code), (fn), __FILE__, __LINE__)
void bug_check_expect(unsigned code, void (*fn)(void), const char *file, int line);

/* Runs `fn` in a child likewise, without expecting anything. Returns its wait status. */
int bug_check_run(void (*fn)(void));

/* What the last child printed to standard error. */
const char *bug_check_text(void);

/* Fails the test unless the last child's text contains the words. */
#define assert_bug_text(words) bug_check_expect_text((words), __FILE__, __LINE__)
void bug_check_expect_text(const char *words, const char *file, int line);

#endif
