/* SPDX-License-Identifier: MIT */
/* words.c - lists of words for argument vectors; see wskrun.h. */
#include "wskrun.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static void words_take(struct words *words, char *word)
{
    if (!word)
        err(EXIT_NOT_LOADED, NULL);
    if (words->count + 1 >= words->room) {
        words->room = words->room ? 2 * words->room : 16;
        words->at = reallocarray(words->at, words->room, sizeof(*words->at));
        if (!words->at)
            err(EXIT_NOT_LOADED, NULL);
    }
    words->at[words->count++] = word;
    words->at[words->count] = NULL;
}

void words_add(struct words *words, const char *word)
{
    words_take(words, strdup(word));
}

void words_add_split(struct words *words, const char *text)
{
    static const char blanks[] = " \t\n";

    while (*(text += strspn(text, blanks))) {
        size_t length = strcspn(text, blanks);

        words_take(words, strndup(text, length));
        text += length;
    }
}

void words_free(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->at[i]);
    free(words->at);
    *words = (struct words){ 0 };
}
