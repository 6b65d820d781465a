/* SPDX-License-Identifier: MIT */
/* crew.c - see crew.h. */
#include "crew.h"

#include "base.h"

static void member_main(void *value)
{
    struct crew_member *member = value;

    member->crew->fn(member->crew->context, member->index);
}

void crew_start(struct crew *crew, unsigned count, crew_fn *fn, void *context)
{
    BASE_REQUIRE(count <= CREW_MAX);
    crew->fn = fn;
    crew->context = context;
    crew->count = count;
    for (unsigned i = 0; i < count; i++) {
        crew->members[i].crew = crew;
        crew->members[i].index = i;
        BASE_REQUIRE(os_thread_start(&crew->members[i].thread, "crew", member_main,
                                     &crew->members[i]) == 0);
    }
}

void crew_join(struct crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++)
        os_thread_join(crew->members[i].thread);
}

void crew_run(unsigned count, crew_fn *fn, void *context)
{
    struct crew crew;

    crew_start(&crew, count, fn, context);
    crew_join(&crew);
}
