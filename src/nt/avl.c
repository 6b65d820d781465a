/* SPDX-License-Identifier: MIT */
/*
 * avl.c - RtlXxxGenericTableAvl: a balanced tree of copies of the driver's elements.
 *
 * A node is one RTL_BALANCED_LINKS with the element right behind it, in memory from the table's own
 * routine. The root hangs as right child from BalancedRoot, so that every node has a parent.
 * Balance is the height of the right side less that of the left. The table's lock is the driver's.
 */
#include "nt_internal.h"

#include <string.h>

typedef RTL_BALANCED_LINKS NODE;

static NODE *root_of(PRTL_AVL_TABLE table)
{
    return table->BalancedRoot.RightChild;
}

static PVOID element_of(NODE *node)
{
    return node ? node + 1 : NULL;
}

static NODE **slot_of(NODE *node)
{
    return node->Parent->LeftChild == node ? &node->Parent->LeftChild : &node->Parent->RightChild;
}

VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE table, PRTL_AVL_COMPARE_ROUTINE compare,
                                  PRTL_AVL_ALLOCATE_ROUTINE allocate, PRTL_AVL_FREE_ROUTINE free,
                                  PVOID context)
{
    memset(table, 0, sizeof(*table));
    table->BalancedRoot.Parent = &table->BalancedRoot;
    table->CompareRoutine = compare;
    table->AllocateRoutine = allocate;
    table->FreeRoutine = free;
    table->TableContext = context;
}

/* --- Rotations -------------------------------------------------------------------------------- */

/* `child` takes the place of `node`, its parent; `node` becomes the child's child. */
static void rotate(NODE *node, NODE *child)
{
    NODE **slot = slot_of(node);
    bool left = node->LeftChild == child;
    NODE *inner = left ? child->RightChild : child->LeftChild;

    *slot = child;
    child->Parent = node->Parent;
    node->Parent = child;
    if (left) {
        node->LeftChild = inner;
        child->RightChild = node;
    } else {
        node->RightChild = inner;
        child->LeftChild = node;
    }
    if (inner)
        inner->Parent = node;
}

/*
 * The side of `node` that `direction` (-1 left, 1 right) names is two higher. Returns the new top
 * of the subtree; its balance is not zero only when the height did not change, which happens on
 * removal alone.
 */
static NODE *rebalance(NODE *node, int direction)
{
    NODE *child = direction < 0 ? node->LeftChild : node->RightChild;
    NODE *grandchild;

    if (child->Balance != -direction) {
        rotate(node, child);
        node->Balance = (CHAR)(child->Balance == 0 ? direction : 0);
        child->Balance = (CHAR)(child->Balance == 0 ? -direction : 0);
        return child;
    }
    grandchild = direction < 0 ? child->RightChild : child->LeftChild;
    rotate(child, grandchild);
    rotate(node, grandchild);
    node->Balance = (CHAR)(grandchild->Balance == direction ? -direction : 0);
    child->Balance = (CHAR)(grandchild->Balance == -direction ? direction : 0);
    grandchild->Balance = 0;
    return grandchild;
}

static int direction_of(NODE *node)
{
    return node->Parent->LeftChild == node ? -1 : 1;
}

static void grow(PRTL_AVL_TABLE table, NODE *node)
{
    while (node->Parent != &table->BalancedRoot) {
        int direction = direction_of(node);

        node = node->Parent;
        if (node->Balance == -direction) {
            node->Balance = 0;
            return;
        }
        if (node->Balance == direction) {
            rebalance(node, direction);
            return;
        }
        node->Balance = (CHAR)direction;
    }
    table->DepthOfTree++;
}

/* The subtree of `parent` on the side of `direction` is one lower. */
static void shrink(PRTL_AVL_TABLE table, NODE *parent, int direction)
{
    while (parent != &table->BalancedRoot) {
        NODE *top = parent;

        if (parent->Balance == 0) {
            parent->Balance = (CHAR)-direction;
            return;
        }
        if (parent->Balance == direction) {
            parent->Balance = 0;
        } else {
            top = rebalance(parent, -direction);
            if (top->Balance != 0)
                return;
        }
        direction = direction_of(top);
        parent = top->Parent;
    }
    table->DepthOfTree--;
}

/* --- Finding ---------------------------------------------------------------------------------- */

static TABLE_SEARCH_RESULT search(PRTL_AVL_TABLE table, PVOID buffer, NODE **node)
{
    NODE *at = root_of(table);

    *node = &table->BalancedRoot;
    if (!at)
        return TableEmptyTree;
    for (;;) {
        RTL_GENERIC_COMPARE_RESULTS order = table->CompareRoutine(table, buffer, element_of(at));

        *node = at;
        if (order == GenericEqual)
            return TableFoundNode;
        at = order == GenericLessThan ? at->LeftChild : at->RightChild;
        if (!at)
            return order == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
    }
}

PVOID RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE table, PVOID buffer, PVOID *node_or_parent,
                                          TABLE_SEARCH_RESULT *result)
{
    NODE *node;

    *result = search(table, buffer, &node);
    *node_or_parent = node;
    return *result == TableFoundNode ? element_of(node) : NULL;
}

PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE table, PVOID buffer)
{
    NODE *node;

    return search(table, buffer, &node) == TableFoundNode ? element_of(node) : NULL;
}

/* --- Inserting and deleting ------------------------------------------------------------------- */

PVOID RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE table, PVOID buffer, CLONG size,
                                          PBOOLEAN is_new, PVOID node_or_parent,
                                          TABLE_SEARCH_RESULT result)
{
    NODE *parent = node_or_parent;
    NODE *node;

    if (is_new)
        *is_new = FALSE;
    if (result == TableFoundNode)
        return element_of(parent);
    node = table->AllocateRoutine(table, (CLONG)(size + sizeof(NODE)));
    if (!node)
        return NULL;
    memset(node, 0, sizeof(*node));
    node->Parent = parent;
    if (result == TableInsertAsLeft)
        parent->LeftChild = node;
    else
        parent->RightChild = node;
    memcpy(element_of(node), buffer, size);
    table->NumberGenericTableElements++;
    table->OrderedPointer = NULL;
    table->WhichOrderedElement = 0;
    grow(table, node);
    if (is_new)
        *is_new = TRUE;
    return element_of(node);
}

PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE table, PVOID buffer, CLONG size,
                                      PBOOLEAN is_new)
{
    NODE *node;
    TABLE_SEARCH_RESULT result = search(table, buffer, &node);

    return RtlInsertElementGenericTableFullAvl(table, buffer, size, is_new, node, result);
}

static NODE *leftmost(NODE *node)
{
    while (node && node->LeftChild)
        node = node->LeftChild;
    return node;
}

static NODE *successor(PRTL_AVL_TABLE table, NODE *node)
{
    if (node->RightChild)
        return leftmost(node->RightChild);
    while (node->Parent != &table->BalancedRoot && direction_of(node) > 0)
        node = node->Parent;
    return node->Parent == &table->BalancedRoot ? NULL : node->Parent;
}

static NODE *predecessor(PRTL_AVL_TABLE table, NODE *node)
{
    if (node->LeftChild) {
        node = node->LeftChild;
        while (node->RightChild)
            node = node->RightChild;
        return node;
    }
    while (node->Parent != &table->BalancedRoot && direction_of(node) < 0)
        node = node->Parent;
    return node->Parent == &table->BalancedRoot ? NULL : node->Parent;
}

/* Elements have addresses that drivers keep, so nodes change places and no data moves. */
static void take_place(NODE *replacement, NODE *node)
{
    *slot_of(node) = replacement;
    replacement->Parent = node->Parent;
    replacement->LeftChild = node->LeftChild;
    replacement->RightChild = node->RightChild;
    replacement->Balance = node->Balance;
    if (replacement->LeftChild)
        replacement->LeftChild->Parent = replacement;
    if (replacement->RightChild)
        replacement->RightChild->Parent = replacement;
}

static void unlink_node(PRTL_AVL_TABLE table, NODE *node)
{
    NODE *leaving = node->LeftChild && node->RightChild ? leftmost(node->RightChild) : node;
    NODE *child = leaving->LeftChild ? leaving->LeftChild : leaving->RightChild;
    NODE *parent = leaving->Parent;
    int direction = direction_of(leaving);

    *slot_of(leaving) = child;
    if (child)
        child->Parent = parent;
    if (leaving != node) {
        if (parent == node)
            parent = leaving;
        take_place(leaving, node);
    }
    shrink(table, parent, direction);
}

BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE table, PVOID buffer)
{
    NODE *node;

    if (search(table, buffer, &node) != TableFoundNode)
        return FALSE;
    if (table->RestartKey == node)
        table->RestartKey = predecessor(table, node);
    table->DeleteCount++;
    unlink_node(table, node);
    table->NumberGenericTableElements--;
    table->OrderedPointer = NULL;
    table->WhichOrderedElement = 0;
    table->FreeRoutine(table, node);
    return TRUE;
}

/* --- Walking ---------------------------------------------------------------------------------- */

PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE table, PVOID *restart_key)
{
    NODE *node = *restart_key ? successor(table, *restart_key) : leftmost(root_of(table));

    if (node)
        *restart_key = node;
    return element_of(node);
}

PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE table, BOOLEAN restart)
{
    PVOID key = restart ? NULL : table->RestartKey;
    PVOID element = RtlEnumerateGenericTableWithoutSplayingAvl(table, &key);

    table->RestartKey = key;
    return element;
}

/* The next one is asked for most often, so the place of the last answer is kept. */
PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE table, ULONG index)
{
    NODE *node = table->OrderedPointer;
    ULONG at = table->WhichOrderedElement;

    if (index >= table->NumberGenericTableElements)
        return NULL;
    if (!node || index < at) {
        node = leftmost(root_of(table));
        at = 0;
    }
    for (; at < index; at++)
        node = successor(table, node);
    table->OrderedPointer = node;
    table->WhichOrderedElement = index;
    return element_of(node);
}

ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE table)
{
    return table->NumberGenericTableElements;
}

BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE table)
{
    return table->NumberGenericTableElements == 0;
}
