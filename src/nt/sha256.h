/* SPDX-License-Identifier: MIT */
/* sha256.h - FIPS 180-4, SHA-256: start, add any number of times, finish once. */
#ifndef OPENWSK_NT_SHA256_H
#define OPENWSK_NT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64
#define SHA256_DIGEST 32

struct sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[SHA256_BLOCK];
};

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t size);
void sha256_finish(struct sha256 *sha, uint8_t digest[SHA256_DIGEST]);

#endif
