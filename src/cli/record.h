/* SPDX-License-Identifier: MIT */
/*
 * record.h - what a run tells the sweep that started it: lines of words between tabs, appended as
 * things happen, so that what was written before a crash is there.
 *
 *     point   ID FUNCTION             met for the first time
 *     denied  ID FUNCTION STACK
 *     problem RULE LEVEL TIMES TEXT
 *     stacks  TEXT                    of the problem before
 *     end     STATUS                  a run without this line has crashed
 */
#ifndef OPENWSK_CLI_RECORD_H
#define OPENWSK_CLI_RECORD_H

#include "report.h"

#include <openwsk/host.h>

/* Opens the file and ties this process to its parent's life. Ends the program when it cannot. */
void record_open(const char *path);

/* Any thread. Nothing is written when no record is open. */
void record_point(void *context, const struct openwsk_point *point);
void record_end(const struct report_case *of, int status);

/*
 * A line of words, tabs between them; what is in a word that would break the line becomes a blank.
 */
struct line {
    char text[8192];
    size_t length;
};

void line_add(struct line *line, const char *word);

/* A text of several lines, which line_lines() cuts again. */
void line_add_lines(struct line *line, const char *text);
void line_lines(char *word);

void line_add_number(struct line *line, uint64_t number);
void line_end(struct line *line);

/* Cuts a line into at most `most` words, the last taking the rest. Returns how many. */
size_t line_split(char *text, char **words, size_t most);

#endif
