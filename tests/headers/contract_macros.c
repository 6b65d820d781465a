/* SPDX-License-Identifier: MIT */
/*
 * contract_macros.c - what driver source takes for granted about the headers, held by the compiler
 * alone. Nothing here runs.
 */
#include <ntifs.h>
#include <ntintsafe.h>

#include <openwsk/bugcodes_list.h>
#include <openwsk/ntstatus_list.h>

/* --- The lists say what the headers say ------------------------------------------------------- */

#define X(name, value) C_ASSERT((ULONG)(name) == (ULONG)(value));
OPENWSK_NTSTATUS_LIST(X)
OPENWSK_BUGCODE_LIST(X)
#undef X

/* A switch over the list must compile: no value stands twice. */
const char *name_of_status(NTSTATUS status);
const char *name_of_status(NTSTATUS status)
{
    switch ((ULONG)status) {
#define X(name, value) case value: return #name;
        OPENWSK_NTSTATUS_LIST(X)
#undef X
    default:
        return NULL;
    }
}

const char *name_of_bug(ULONG code);
const char *name_of_bug(ULONG code)
{
    switch (code) {
#define X(name, value) case value: return #name;
        OPENWSK_BUGCODE_LIST(X)
#undef X
    default:
        return NULL;
    }
}

/* --- Types ------------------------------------------------------------------------------------ */

#define SAME_TYPE(a, b) C_ASSERT(__builtin_types_compatible_p(a, b))
SAME_TYPE(LONG, int);
SAME_TYPE(ULONG, unsigned int);
SAME_TYPE(SIZE_T, size_t);
SAME_TYPE(INT64, int64_t);
SAME_TYPE(UINT64, uint64_t);
SAME_TYPE(LONGLONG, LONG64);
SAME_TYPE(ULONG_PTR, uintptr_t);
SAME_TYPE(WCHAR, wchar_t);
SAME_TYPE(unsigned __int64, UINT64);
C_ASSERT((WCHAR)-1 > 0);
C_ASSERT(sizeof(L"ab") == 6);
C_ASSERT(_countof(L"ab") == 3);

/* --- Statuses --------------------------------------------------------------------------------- */

C_ASSERT(NT_SUCCESS(STATUS_PENDING) && NT_SUCCESS(STATUS_TIMEOUT));
C_ASSERT(!NT_SUCCESS(STATUS_BUFFER_OVERFLOW) && NT_WARNING(STATUS_BUFFER_OVERFLOW));
C_ASSERT(NT_ERROR(STATUS_UNSUCCESSFUL) && !NT_ERROR(STATUS_BUFFER_OVERFLOW));
C_ASSERT(NT_INFORMATION(STATUS_EVENT_PENDING));
C_ASSERT(STATUS_WAIT_0 == STATUS_SUCCESS && STATUS_WAIT_1 == STATUS_WAIT_0 + 1);
#if REG_DWORD != REG_DWORD_LITTLE_ENDIAN
#error "drivers tell the byte order from this"
#endif

/* --- Constant expressions --------------------------------------------------------------------- */

struct member {
    int first;
    char array[12];
};
C_ASSERT(FIELD_OFFSET(struct member, array) == 4);
C_ASSERT(FIELD_SIZE(struct member, array) == 12 && RTL_FIELD_SIZE(struct member, array) == 12);
C_ASSERT(RTL_SIZEOF_THROUGH_FIELD(struct member, array) == 16);
C_ASSERT(RTL_NUMBER_OF(((struct member *)0)->array) == 12);
enum { LARGER = max(3, 4), SMALLER = min(3, 4), PAGES = BYTES_TO_PAGES(PAGE_SIZE + 1) };
C_ASSERT(LARGER == 4 && SMALLER == 3 && PAGES == 2);
C_ASSERT(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) == 0x222000);
C_ASSERT(ALIGN_UP(5, ULONG) == 8 && ALIGN_DOWN(5, ULONG) == 4);
C_ASSERT(IoSizeOfIrp(2) == 0xD0 + 2 * 0x48);
C_ASSERT(Int32x32To64(-10000, 1000000) == -10000000000L);
C_ASSERT(UInt32x32To64(0xFFFFFFFF, 2) == 0x1FFFFFFFEuL);
C_ASSERT(MAXUINT16 == 0xFFFF && MAXLONG == 0x7FFFFFFF && MAXUINT32 == 0xFFFFFFFF);
C_ASSERT(RtlUshortByteSwap(0x1234) == 0x3412);
#if !defined(RtlUshortByteSwap) || !defined(BitScanReverse64) || !defined(ASSERT)
#error "clients ask whether these are macros"
#endif

/* --- Keywords and attributes ------------------------------------------------------------------ */

typedef struct DECLSPEC_ALIGN(64) _ALIGNED {
    CHAR Byte;
} ALIGNED;
C_ASSERT(sizeof(ALIGNED) == 64 && TYPE_ALIGNMENT(ALIGNED) == 64);
typedef struct __declspec(align(32)) _ALIGNED_TOO {
    CHAR Byte;
} ALIGNED_TOO;
C_ASSERT(sizeof(ALIGNED_TOO) == 32);
__declspec(selectany) GUID SelectAnyObject = {0};
__declspec(code_seg("PAGE")) __declspec(noinline) VOID __stdcall SomewhereElse(VOID);
__declspec(noreturn) VOID NTAPI NeverReturns(VOID);
__declspec(dllexport) LONG __cdecl Exported(VOID);
__declspec(deprecated) VOID OldOne(VOID);
__declspec(deprecated("take another")) VOID OlderOne(VOID);
DECLARE_HANDLE(HOWN);
DEFINE_GUID(DeclaredOnly, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ _Success_(return != 0)
_When_(Length > 0, _Post_satisfies_(*Buffer == 0)) __drv_allocatesMem(Mem)
PVOID Annotated(_In_reads_bytes_opt_(Length) CONST VOID *Buffer, _In_ ULONG Length,
                _Out_writes_to_(Length, *Used) _At_(*Used, _IRQL_saves_) PULONG Used,
                __in IN OPTIONAL int Old);

IO_COMPLETION_ROUTINE Forward;
static DRIVER_UNLOAD StaticForward;
static VOID StaticForward(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

/* --- Statements ------------------------------------------------------------------------------- */

#define LOG(Format, ...) DbgPrint(Format, __VA_ARGS__)
static NTSTATUS Typed(PDEVICE_OBJECT Device, PIRP Irp, struct member *Context)
{
    (void)Device, (void)Irp;
    return Context->first ? STATUS_MORE_PROCESSING_REQUIRED : STATUS_SUCCESS;
}

VOID Statements(PIRP Irp, HANDLE Handle, volatile long *Flag, LONG volatile *Count,
                PDRIVER_OBJECT Driver);
VOID Statements(PIRP Irp, HANDLE Handle, volatile long *Flag, LONG volatile *Count,
                PDRIVER_OBJECT Driver)
{
    struct member member = {0};
    DECLARE_UNICODE_STRING_SIZE(Buffer, 16);
    DECLARE_CONST_UNICODE_STRING(Text, L"text");
    static UNICODE_STRING Fixed = RTL_CONSTANT_STRING(L"fixed");
    PETHREAD Thread;
    ULONG Index;
    SIZE_T Product;
    KIRQL Irql;

    C_ASSERT(sizeof(Buffer_buffer) == 32);
    UNREFERENCED_PARAMETER(Text);
    PAGED_CODE();
    /* Nothing behind the comma. */
    LOG("alone\n", );
    LOG("%d\n", 1);
    KdPrint(("alone\n"));
    KdPrintEx((DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "%wZ\n", &Text));
    __noop("never evaluated", (*Count)++);
    (void)__noop;
    ASSERT(Irp != NULL);
    NT_ASSERT(Irp != NULL);
    /* Words of several widths and signs. */
    if (InterlockedCompareExchange(Flag, 1, 0) == 0)
        InterlockedIncrement(Count);
    InterlockedExchangePointer(&member, Irp);
    InterlockedAnd8((char *)member.array, 0x7F);
    Index = ReadULongNoFence((ULONG *)Count);
    WriteNoFence(Count, 0);
    BitScanReverse64(&Index, 1ul << 40);
    BitScanForward(&Index, 8);
    _ReadWriteBarrier();
    KeMemoryBarrier();
    YieldProcessor();
    PrefetchForWrite(Flag);
    /* Macros that cast for their clients. */
    IoSetCompletionRoutine(Irp, Typed, &member, TRUE, TRUE, TRUE);
    IoSetCancelRoutine(Irp, NULL);
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    KeLowerIrql(Irql);
    if (!NT_SUCCESS(RtlSIZETMult(sizeof(member), 3, &Product)) || Product == 0)
        __debugbreak();
    __try {
        ExRaiseStatus(STATUS_UNSUCCESSFUL);
    }
#pragma GCC diagnostic push
    __except (GetExceptionCode() == (ULONG)STATUS_UNSUCCESSFUL ? EXCEPTION_EXECUTE_HANDLER
                                                               : EXCEPTION_CONTINUE_SEARCH) {
        RtlCopyUnicodeString(&Buffer, &Fixed);
    }
#pragma GCC diagnostic pop
    Driver->DriverUnload = StaticForward;
}
