/* SPDX-License-Identifier: MIT */
/* table.c - tables that a driver gets and gives back with FreeMibTable. */
#include "netio.h"

#include <string.h>

#define TABLE_MARK 0x4D4942205441424Cull

/* In front of the table. The mark tells a table from other memory. */
struct table {
    struct ledger_entry ledger;
    _Alignas(16) uint64_t mark;
};

void *netio_table_create(size_t header_size, size_t row_size, size_t count, const void *place)
{
    size_t size = header_size + row_size * count;
    struct table *table;

    if (hook_fail_allocation(HOOK_POOL, size, place))
        return NULL;
    table = os_allocate_zeroed(sizeof(*table) + size);
    if (!table)
        return NULL;
    table->mark = TABLE_MARK;
    table->ledger.size = size;
    ledger_add(&table->ledger, LEDGER_MIB_TABLE, table + 1, place);
    return table + 1;
}

void netio_table_destroy(void *memory)
{
    struct table *table = (struct table *)memory - 1;

    ledger_remove(&table->ledger);
    table->mark = 0;
    os_free(table);
}

void FreeMibTable(PVOID memory)
{
    const struct table *table;

    NETIO_BELOW_DISPATCH();
    if (!memory)
        return;
    table = (const struct table *)memory - 1;
    if (table->mark != TABLE_MARK) {
        nt_bug_check(&(struct nt_bug){
            .code = BAD_POOL_CALLER,
            .sentence = "FreeMibTable got memory that is no table, or a table that was freed.",
            .parameters = { 0x7, 0, 0, (ULONG_PTR)memory },
        });
    }
    netio_table_destroy(memory);
}
