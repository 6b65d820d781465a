/* SPDX-License-Identifier: MIT */
/*
 * rule_words.c - what a rule demands and what follows when it is broken, in short; docs/VERIFIER.md
 * has more.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

static const struct rule_words by_number[] = {
    [1] = { "An IRP for WSK has a free stack location, is fresh or reused, and is not in flight.",
            "Two owners of one IRP complete it twice, or corrupt a queue." },
    [2] = { "An IRP of the driver has a completion routine with all three Invoke flags.",
            "On an outcome whose flag is missing nobody gets the IRP back." },
    [3] = { "The completion routine of the driver's own IRP returns "
            "STATUS_MORE_PROCESSING_REQUIRED.",
            "The I/O manager goes on with an IRP that may be freed." },
    [4] = { "IoInitializeIrp gets IoSizeOfIrp(StackSize), and nothing is written behind an IRP.",
            "A neighbour in the pool changes, and its free stops with BAD_POOL_HEADER." },
    [5] = { "Pool, IRPs and MDLs are used between allocation and free, within their size.",
            "Whoever owns the memory next finds it changed." },
    [6] = { "An MDL lies inside its block, has slots for its pages and outlives its partial MDLs.",
            "The transport reads or writes what belongs to somebody else." },
    [7] = { "Payload and MDL chain of a pending send stay what they are until completion.",
            "Datagrams are garbled or mixed, under load only." },
    [8] = { "WSK_BUF.Offset lies in the first MDL, and Offset + Length in the chain.",
            "The call fails, or reads behind the chain." },
    [9] = { "MmProbeAndLockPages and MmUnlockPages balance.",
            "The stop PROCESS_HAS_LOCKED_PAGES, or a corrupt list of page frames." },
    [10] = { "Output buffers of a pending call live until its completion.",
             "The answer is written into a stack frame of somebody else." },
    [11] = { "No wait in a completion routine or an event callback.",
             "What is waited for may need the thread that waits." },
    [12] = { "No WskCloseSocket while another thread is inside a function of the socket.",
             "A race that ends in a use of the freed socket." },
    [13] = { "No call after close, no second close, no call for what is no socket.",
             "A use of freed memory in the subsystem." },
    [14] = { "No close while indications are retained.",
             "The close does not complete, or the release meets no socket." },
    [15] = { "A connection is disconnected before its socket is closed.",
             "The close aborts it, and data under way is lost." },
    [16] = { "At unload nothing is left behind.",
             "Callbacks into code that is gone, or a slow leak." },
    [17] = { "Register and Deregister, Capture and Release pair up, on a resident registration.",
             "The subsystem follows a pointer into memory that is somebody else's." },
    [18] = { "WskCaptureProviderNPI does not wait without a limit in DriverEntry.",
             "The start of the machine hangs when WSK comes up later." },
    [19] = { "Every call at an IRQL that its documentation allows; callbacks return at theirs.",
             "IRQL_NOT_LESS_OR_EQUAL, now and then." },
    [20] = { "Paged memory is not touched at DISPATCH_LEVEL.",
             "IRQL_NOT_LESS_OR_EQUAL when the page happens to be out." },
    [21] = { "A callback returns a status that its event knows, and releases what it kept, once.",
             "Indications are lost, or released twice." },
    [22] = { "What a callback gave back with STATUS_SUCCESS is not used again.",
             "Another datagram's bytes are read." },
    [23] = { "After the NULL indication the socket is closed, and not used before.",
             "Every further call fails; an unload waits." },
    [24] = { "Events are set after bind, in the way that each of them demands.",
             "The call fails, or an IRP is completed by nobody." },
    [25] = { "Calls in a state of the socket that allows them.",
             "STATUS_INVALID_DEVICE_STATE." },
    [27] = { "How much was under way at most, and how long it took.", "For information." },
    [28] = { "An unload returns.", "The machine does not shut down." },
    [29] = { "A wait for a call is not satisfied by a signal that is older than the call.",
             "IoStatus is read too early." },
    [30] = { "Control information is well formed.",
             "The call fails, or options are ignored." },
};

const struct rule_words *rule_words(const char *rule)
{
    static const struct rule_words crash = {
        "The driver does not bring its process down.", "Windows would have stopped.",
    };
    static const struct rule_words hang = {
        "A run comes to its end.", "The machine does not shut down.",
    };
    static const struct rule_words stop = {
        "The driver does nothing that makes Windows stop.", "The stop code of this name.",
    };
    unsigned long number = strncmp(rule, "WSK-V", 5) == 0 ? strtoul(rule + 5, NULL, 10) : 0;

    if (number && number < sizeof(by_number) / sizeof(*by_number) && by_number[number].demand)
        return &by_number[number];
    if (strcmp(rule, "CRASH") == 0)
        return &crash;
    return strcmp(rule, "HANG") == 0 ? &hang : &stop;
}
