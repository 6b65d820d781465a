/* SPDX-License-Identifier: MIT */
#include "list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
    int number;
    struct list link;
};

static void expect(struct list *list, const char *numbers)
{
    list_for_each(link, list) {
        assert_int_not_equal(*numbers, 0);
        assert_int_equal(container_of(link, struct item, link)->number, *numbers - '0');
        numbers++;
    }
    assert_int_equal(*numbers, 0);
}

static void order_and_removal(void **state)
{
    struct item items[5];
    struct list list = LIST_INITIALISER(list);

    (void)state;
    assert_true(list_empty(&list));
    assert_null(list_pop_front(&list));
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        list_push_back(&list, &items[i].link);
    }
    expect(&list, "01234");
    list_remove(&items[2].link);
    list_remove(&items[2].link); /* harmless */
    assert_true(list_empty(&items[2].link));
    expect(&list, "0134");
    list_push_front(&list, &items[2].link);
    expect(&list, "20134");
    assert_ptr_equal(list_pop_front(&list), &items[2].link);
    list_for_each_safe(link, &list)
        list_remove(link);
    assert_true(list_empty(&list));
}

static void splice(void **state)
{
    struct item items[4];
    struct list to = LIST_INITIALISER(to);
    struct list from = LIST_INITIALISER(from);

    (void)state;
    for (int i = 0; i < 4; i++) {
        items[i].number = i;
        list_push_back(i < 2 ? &to : &from, &items[i].link);
    }
    list_splice_back(&to, &from);
    expect(&to, "0123");
    assert_true(list_empty(&from));
    list_splice_back(&to, &from); /* nothing */
    expect(&to, "0123");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_removal),
        cmocka_unit_test(splice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
