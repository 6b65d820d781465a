/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the fuzz targets share: the input, read piece by piece, and what must hold.
 *
 * A reader that has come to its end gives zeros; so every input means something, and a shorter one
 * means less.
 */
#ifndef OPENWSK_FUZZ_H
#define OPENWSK_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the run; the fuzzer keeps the input. */
#define MUST(condition)                                                                           \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);               \
            abort();                                                                              \
        }                                                                                         \
    } while (0)

struct reader {
    const uint8_t *at;
    size_t left;
};

static inline void take_bytes(struct reader *reader, void *to, size_t size)
{
    size_t some = size < reader->left ? size : reader->left;

    memset(to, 0, size);
    if (some)
        memcpy(to, reader->at, some);
    reader->at += some;
    reader->left -= some;
}

static inline uint8_t take8(struct reader *reader)
{
    uint8_t value;

    take_bytes(reader, &value, sizeof(value));
    return value;
}

static inline uint16_t take16(struct reader *reader)
{
    uint16_t value;

    take_bytes(reader, &value, sizeof(value));
    return value;
}

static inline uint32_t take32(struct reader *reader)
{
    uint32_t value;

    take_bytes(reader, &value, sizeof(value));
    return value;
}

/* 0 to limit - 1 */
static inline uint32_t take_below(struct reader *reader, uint32_t limit)
{
    return limit <= 256 ? take8(reader) % limit : take16(reader) % limit;
}

/* The input's rest as memory of exactly its size, so that a sanitizer sees one byte too far. */
static inline uint8_t *take_rest(struct reader *reader, size_t *size)
{
    uint8_t *copy = malloc(reader->left ? reader->left : 1);

    MUST(copy != NULL);
    *size = reader->left;
    take_bytes(reader, copy, reader->left);
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
