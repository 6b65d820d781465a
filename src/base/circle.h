/* SPDX-License-Identifier: MIT */
/*
 * circle.h - notices that a linked list, which somebody else made, leads in a circle. However long
 * the list is, no node of it is mistaken for another.
 */
#ifndef OPENWSK_BASE_CIRCLE_H
#define OPENWSK_BASE_CIRCLE_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed before the first node. */
struct circle {
    const void *mark; /* a node that was met; it moves on after twice as many nodes each time */
    size_t count;     /* nodes that were met */
};

/* For each node in turn. True: it was met before, and no further one shall be asked about. */
static inline bool circle_closes(struct circle *circle, const void *node)
{
    if (node == circle->mark)
        return true;
    circle->count++;
    if (!(circle->count & (circle->count - 1)))
        circle->mark = node;
    return false;
}

#endif
