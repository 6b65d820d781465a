/* SPDX-License-Identifier: MIT */
/*
 * route_script.h - a host in memory behind the seam of route.h: the test says what there is, what
 * changes, what the kernel forgets to say and what fails. Any thread may call.
 */
#ifndef OPENWSK_TESTS_ROUTE_SCRIPT_H
#define OPENWSK_TESTS_ROUTE_SCRIPT_H

#include "route.h"

/* An empty host takes the place of the real one, until the end. Nothing is watched meanwhile. */
void route_script_begin(void);
void route_script_end(void);

/* Adds the record, or takes the place of the one that it names; the watch hears of it. */
void route_script_set(const struct net_record *record);
void route_script_remove(const struct net_record *record);

/* The same without a word to the watch. */
void route_script_set_quietly(const struct net_record *record);
void route_script_remove_quietly(const struct net_record *record);

/* The watch hears that messages were lost. */
void route_script_lose(void);

/* What every dump, link and find gives from now on; 0: the truth. */
void route_script_fail(int error);

/* What every change gives from now on. */
void route_script_refuse(int error);

/* What a find answers. */
void route_script_found(const struct net_route *route, const struct net_address *source);

/* The last query that a find got, and the last record that a change got. */
struct net_route_query route_script_query(void);
struct net_record route_script_changed(enum net_change *change);

/* Back ends that are open: watches that somebody keeps. */
unsigned route_script_open(void);

/* Handy records. Addresses of four or sixteen bytes. */
struct net_record route_script_link(uint32_t index, const char *name, enum net_link_type type);
struct net_record route_script_address(uint32_t index, enum net_family family, const uint8_t *ip,
                                       uint32_t prefix_length);
struct net_record route_script_route(uint32_t index, enum net_family family, const uint8_t *to,
                                     uint32_t prefix_length);

#endif
