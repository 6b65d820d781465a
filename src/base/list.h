/* SPDX-License-Identifier: MIT */
/* list.h - an intrusive doubly linked list. A link that is in no list points at itself. */
#ifndef OPENWSK_BASE_LIST_H
#define OPENWSK_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *previous;
};

#define container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

#define LIST_INITIALISER(name) { &(name), &(name) }

static inline void list_init(struct list *list)
{
    list->next = list->previous = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_push_back(struct list *list, struct list *link)
{
    link->next = list;
    link->previous = list->previous;
    list->previous->next = link;
    list->previous = link;
}

static inline void list_push_front(struct list *list, struct list *link)
{
    list_push_back(list->next, link);
}

/* The link ends up in no list, so that removing it twice is harmless and list_empty() tells. */
static inline void list_remove(struct list *link)
{
    link->next->previous = link->previous;
    link->previous->next = link->next;
    list_init(link);
}

static inline struct list *list_pop_front(struct list *list)
{
    struct list *link = list->next;

    if (link == list)
        return NULL;
    list_remove(link);
    return link;
}

/* Takes all before `link` out, without touching them: their links are stale. */
static inline void list_cut_before(struct list *list, struct list *link)
{
    list->next = link;
    link->previous = list;
}

/* Moves all of `from` behind what `to` holds. */
static inline void list_splice_back(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    from->next->previous = to->previous;
    to->previous->next = from->next;
    from->previous->next = to;
    to->previous = from->previous;
    list_init(from);
}

#define list_for_each(link, head) \
    for (struct list *link = (head)->next; link != (head); link = link->next)

/* Allows the current link to be removed. */
#define list_for_each_safe(link, head) \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head); \
         link = link##_next, link##_next = link->next)

#endif
