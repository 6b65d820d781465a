/* SPDX-License-Identifier: MIT */
/*
 * resolve.c - questions wait in line, a few threads ask, and answers that nobody wants are dropped.
 *
 * A lookup has two owners: who asked, until it cancels or forgets; and the line or the thread that
 * asks for it. Its state says whether the answer is still wanted.
 */
#include "resolve.h"

#include <errno.h>
#include <string.h>

enum lookup_state { WANTED, CANCELLED, ANSWERED };

struct net_lookup {
    struct list link;             /* in resolver->line or resolver->quick while nobody asks */
    struct net_resolver *resolver;
    struct net_question question; /* its text points behind this structure */
    net_answered_fn *answered;
    void *owner;
    enum lookup_state state;      /* these two under the resolver's lock */
    unsigned owners;
};

struct asker {
    struct list link;             /* among the resolver's threads */
    struct net_resolver *resolver;
    struct os_thread *thread;
    bool asking;                  /* inside the port, where nobody can reach it */
    bool left_alone;              /* the resolver was stopped meanwhile */
};

struct net_resolver {
    struct base_lock lock;
    struct list line;             /* of lookups that may take long; oldest first */
    struct list quick;            /* of lookups that need no network */
    struct list askers;
    unsigned waiting;             /* lookups in the two */
    unsigned count;               /* of askers */
    unsigned idle;
    unsigned slow;                /* askers with a lookup of `line` */
    unsigned owners;              /* who started it, and askers that were left alone */
    bool stopping;
    _Atomic uint32_t news;        /* what idle askers wait on */
};

const struct net_name_port *net_name_port = &net_name_libc;

struct net_answer *net_answer_create(size_t count)
{
    struct net_answer *answer =
        os_allocate_zeroed(sizeof(*answer) + count * sizeof(answer->found[0]));

    if (answer) {
        answer->count = count;
        answer->found = (struct net_found *)(void *)(answer + 1);
    }
    return answer;
}

void net_answer_free(struct net_answer *answer)
{
    if (answer)
        os_free(answer->canonical);
    os_free(answer);
}

/* --- Lookups --------------------------------------------------------------------------------- */

static char *keep_text(char **room, const char *text)
{
    char *kept = *room;
    size_t size;

    if (!text)
        return NULL;
    size = strlen(text) + 1;
    memcpy(kept, text, size);
    *room += size;
    return kept;
}

static struct net_lookup *create_lookup(const struct net_question *question)
{
    size_t node = question->node ? strlen(question->node) + 1 : 0;
    size_t service = question->service ? strlen(question->service) + 1 : 0;
    struct net_lookup *lookup = os_allocate_zeroed(sizeof(*lookup) + node + service);
    char *room;

    if (!lookup)
        return NULL;
    room = (char *)(lookup + 1);
    lookup->question = *question;
    lookup->question.node = keep_text(&room, question->node);
    lookup->question.service = keep_text(&room, question->service);
    lookup->owners = 2;
    return lookup;
}

/* Under the lock; the lookup may be gone afterwards. */
static void drop_lookup(struct net_lookup *lookup)
{
    if (--lookup->owners == 0)
        os_free(lookup);
}

/* Whether it certainly needs no network, so that it need not stand behind others that do. */
static bool is_quick(const struct net_question *question)
{
    if (question->kind == NET_LOOKUP_NAME)
        return !question->want_node || (question->flags & NET_LOOKUP_NUMERIC_NODE);
    if (!question->node || (question->flags & NET_LOOKUP_NUMERIC_NODE))
        return true;
    return strchr(question->node, ':') ||
           strspn(question->node, "0123456789.") == strlen(question->node);
}

/* --- Threads --------------------------------------------------------------------------------- */

/* One asker is always free for what is quick, however many hang. */
static struct net_lookup *next_lookup(struct net_resolver *resolver)
{
    struct list *link = list_pop_front(&resolver->quick);

    if (!link && resolver->slow < NET_RESOLVE_THREADS_MAX - 1) {
        link = list_pop_front(&resolver->line);
        resolver->slow += link != NULL;
    }
    resolver->waiting -= link != NULL;
    return link ? container_of(link, struct net_lookup, link) : NULL;
}

static void wake_askers(struct net_resolver *resolver)
{
    atomic_fetch_add(&resolver->news, 1);
    os_wake_all(&resolver->news);
}

/* Hands the answer over if it is wanted; under the lock, which is dropped meanwhile. */
static void hand_over(struct net_resolver *resolver, struct net_lookup *lookup, int error,
                      struct net_answer *answer)
{
    bool wanted = lookup->state == WANTED;
    net_answered_fn *answered = lookup->answered;
    void *owner = lookup->owner;

    lookup->state = wanted ? ANSWERED : lookup->state;
    drop_lookup(lookup);
    base_lock_release(&resolver->lock);
    if (wanted)
        answered(owner, error, answer);
    else
        net_answer_free(answer);
    base_lock_acquire(&resolver->lock);
}

/* Under the lock, which is dropped while the port asks. */
static void ask(struct asker *asker, struct net_lookup *lookup)
{
    struct net_resolver *resolver = asker->resolver;
    bool slow = !is_quick(&lookup->question);
    struct net_answer *answer = NULL;
    int error;

    asker->asking = true;
    base_lock_release(&resolver->lock);
    error = net_name_port->ask(&lookup->question, &answer);
    base_lock_acquire(&resolver->lock);
    asker->asking = false;
    resolver->slow -= slow;
    if (slow && !list_empty(&resolver->line))
        wake_askers(resolver); /* an idle one may take what had to wait */
    hand_over(resolver, lookup, error, answer);
}

/* Under the lock, which is dropped while it sleeps. */
static void await_news(struct net_resolver *resolver)
{
    uint32_t news = atomic_load(&resolver->news);

    resolver->idle++;
    base_lock_release(&resolver->lock);
    os_wait(&resolver->news, news, OS_FOREVER);
    base_lock_acquire(&resolver->lock);
    resolver->idle--;
}

static void drop_resolver(struct net_resolver *resolver)
{
    bool last = --resolver->owners == 0;

    base_lock_release(&resolver->lock);
    if (last)
        os_free(resolver);
}

static void asker_main(void *argument)
{
    struct asker *asker = argument;
    struct net_resolver *resolver = asker->resolver;
    bool left_alone;

    base_lock_acquire(&resolver->lock);
    while (!resolver->stopping) {
        struct net_lookup *lookup = next_lookup(resolver);

        if (lookup)
            ask(asker, lookup);
        else
            await_news(resolver);
    }
    left_alone = asker->left_alone;
    if (!left_alone) {
        base_lock_release(&resolver->lock);
        return; /* whoever stops the resolver joins the thread and frees its record */
    }
    os_free(asker);
    drop_resolver(resolver);
}

static int add_asker(struct net_resolver *resolver)
{
    struct asker *asker = os_allocate_zeroed(sizeof(*asker));
    int error;

    if (!asker)
        return -ENOMEM;
    asker->resolver = resolver;
    error = os_thread_start(&asker->thread, "net-names", asker_main, asker);
    if (error) {
        os_free(asker);
        return error;
    }
    list_push_back(&resolver->askers, &asker->link);
    resolver->count++;
    return 0;
}

/* --- The door -------------------------------------------------------------------------------- */

int net_resolver_start(struct net_resolver **out)
{
    struct net_resolver *resolver = os_allocate_zeroed(sizeof(*resolver));

    if (!resolver)
        return -ENOMEM;
    list_init(&resolver->line);
    list_init(&resolver->quick);
    list_init(&resolver->askers);
    resolver->owners = 1;
    *out = resolver;
    return 0;
}

/* Takes an asker out of the resolver's hands; NULL when all are. */
static struct asker *take_asker(struct net_resolver *resolver)
{
    struct list *link = list_pop_front(&resolver->askers);
    struct asker *asker = link ? container_of(link, struct asker, link) : NULL;

    if (asker && asker->asking) {
        asker->left_alone = true;
        resolver->owners++;
    }
    return asker;
}

void net_resolver_stop(struct net_resolver *resolver)
{
    struct asker *asker;

    base_lock_acquire(&resolver->lock);
    BASE_REQUIRE(list_empty(&resolver->line) && list_empty(&resolver->quick));
    resolver->stopping = true;
    wake_askers(resolver);
    while ((asker = take_asker(resolver)) != NULL) {
        struct os_thread *thread = asker->thread;
        bool left_alone = asker->left_alone;

        base_lock_release(&resolver->lock);
        if (left_alone) {
            os_thread_detach(thread);
        } else {
            os_thread_join(thread);
            os_free(asker);
        }
        base_lock_acquire(&resolver->lock);
    }
    drop_resolver(resolver);
}

int net_lookup_start(struct net_resolver *resolver, const struct net_question *question,
                     net_answered_fn *answered, void *owner, struct net_lookup **out)
{
    struct net_lookup *lookup = create_lookup(question);
    int error = 0;

    if (!lookup)
        return -ENOMEM;
    lookup->resolver = resolver;
    lookup->answered = answered;
    lookup->owner = owner;
    *out = lookup;
    base_lock_acquire(&resolver->lock);
    if (resolver->waiting >= resolver->idle && resolver->count < NET_RESOLVE_THREADS_MAX)
        error = add_asker(resolver);
    if (error && !resolver->count) {
        base_lock_release(&resolver->lock);
        os_free(lookup);
        return error;
    }
    resolver->waiting++;
    list_push_back(is_quick(question) ? &resolver->quick : &resolver->line, &lookup->link);
    wake_askers(resolver);
    base_lock_release(&resolver->lock);
    return 0;
}

/* Under the lock: in line still, so that no asker will ever have it. */
static void take_out_of_line(struct net_lookup *lookup)
{
    if (list_empty(&lookup->link))
        return;
    list_remove(&lookup->link);
    lookup->resolver->waiting--;
    drop_lookup(lookup);
}

bool net_lookup_cancel(struct net_lookup *lookup)
{
    struct net_resolver *resolver = lookup->resolver;
    bool cancelled;

    base_lock_acquire(&resolver->lock);
    cancelled = lookup->state == WANTED;
    if (cancelled) {
        lookup->state = CANCELLED;
        take_out_of_line(lookup);
    }
    drop_lookup(lookup);
    base_lock_release(&resolver->lock);
    return cancelled;
}

void net_lookup_forget(struct net_lookup *lookup)
{
    struct net_resolver *resolver = lookup->resolver;

    base_lock_acquire(&resolver->lock);
    drop_lookup(lookup);
    base_lock_release(&resolver->lock);
}
