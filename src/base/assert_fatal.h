/* SPDX-License-Identifier: MIT */
/*
 * assert_fatal.h - a check that stays in release builds: a broken invariant of our own ends the
 * process.
 */
#ifndef OPENWSK_BASE_ASSERT_FATAL_H
#define OPENWSK_BASE_ASSERT_FATAL_H

_Noreturn void base_fatal(const char *file, int line, const char *what);

#define BASE_REQUIRE(condition) \
    ((condition) ? (void)0 : base_fatal(__FILE__, __LINE__, #condition))

#endif
