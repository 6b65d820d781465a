/* SPDX-License-Identifier: MIT */
/* Random numbers, and SHA-256 against the examples of FIPS 180 and at its block borders. */
#include <wdm.h>
#include <bcrypt.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static BCRYPT_ALG_HANDLE open_provider(PCWSTR name)
{
    BCRYPT_ALG_HANDLE provider = NULL;

    assert_int_equal(BCryptOpenAlgorithmProvider(&provider, name, NULL, BCRYPT_PROV_DISPATCH), 0);
    return provider;
}

static void test_random(void **state)
{
    BCRYPT_ALG_HANDLE rng = open_provider(BCRYPT_RNG_ALGORITHM);
    UCHAR a[32] = {0}, b[32] = {0};

    (void)state;
    assert_int_equal(BCryptGenRandom(rng, a, sizeof(a), 0), 0);
    assert_int_equal(BCryptGenRandom(NULL, b, sizeof(b), BCRYPT_USE_SYSTEM_PREFERRED_RNG), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(BCryptGenRandom(NULL, a, sizeof(a), 0), STATUS_INVALID_HANDLE);
    assert_int_equal(BCryptGenRandom(rng, NULL, 1, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(BCryptCloseAlgorithmProvider(rng, 0), 0);
}

static void test_unknown_algorithm(void **state)
{
    static const WCHAR *const names[] = {L"MD5", L"RN", L"RNGX", L""};
    BCRYPT_ALG_HANDLE provider = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(BCryptOpenAlgorithmProvider(&provider, names[i], NULL, 0),
                         STATUS_NOT_FOUND);
    assert_null(provider);
    assert_int_equal(BCryptCloseAlgorithmProvider(NULL, 0), STATUS_INVALID_HANDLE);
}

static void assert_digest(const UCHAR *data, size_t size, size_t step, const char *hex)
{
    BCRYPT_HASH_HANDLE hash;
    UCHAR digest[32];
    char text[65];

    assert_int_equal(BCryptCreateHash(BCRYPT_SHA256_ALG_HANDLE, &hash, NULL, 0, NULL, 0, 0), 0);
    for (size_t at = 0; at < size; at += step) {
        size_t part = size - at < step ? size - at : step;

        assert_int_equal(BCryptHashData(hash, (PUCHAR)data + at, (ULONG)part, 0), 0);
    }
    assert_int_equal(BCryptFinishHash(hash, digest, sizeof(digest), 0), 0);
    assert_int_equal(BCryptDestroyHash(hash), 0);
    for (int i = 0; i < 32; i++) {
        text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    text[64] = 0;
    assert_string_equal(text, hex);
}

static void test_digests(void **state)
{
    static const struct {
        size_t count; /* of the letter a */
        const char *hex;
    } cases[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
        {1000, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"},
    };
    UCHAR data[1000];

    (void)state;
    memset(data, 'a', sizeof(data));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_digest(data, cases[i].count, 1, cases[i].hex);
        assert_digest(data, cases[i].count, 63, cases[i].hex);
        assert_digest(data, cases[i].count, 1000, cases[i].hex);
    }
    assert_digest((const UCHAR *)"abc", 3, 3,
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_hash_in_callers_memory(void **state)
{
    BCRYPT_ALG_HANDLE sha = open_provider(BCRYPT_SHA256_ALGORITHM);
    __attribute__((__aligned__(16))) UCHAR object[256];
    ULONG length = 0, result = 0;
    BCRYPT_HASH_HANDLE hash;
    UCHAR digest[32];

    (void)state;
    assert_int_equal(BCryptGetProperty(sha, BCRYPT_OBJECT_LENGTH, (PUCHAR)&length, sizeof(length),
                                       &result, 0),
                     0);
    assert_int_equal(result, sizeof(ULONG));
    assert_true(length <= sizeof(object));
    assert_int_equal(BCryptCreateHash(sha, &hash, object, length - 1, NULL, 0, 0),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(BCryptCreateHash(sha, &hash, object, length, NULL, 0, 0), 0);
    assert_int_equal(BCryptFinishHash(hash, digest, 31, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(BCryptFinishHash(hash, digest, 32, 0), 0);
    assert_int_equal(BCryptHashData(hash, digest, 1, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(BCryptDestroyHash(hash), 0);
    assert_int_equal(BCryptDestroyHash(hash), STATUS_INVALID_HANDLE);
    assert_int_equal(BCryptCloseAlgorithmProvider(sha, 0), 0);
}

static void test_refusals(void **state)
{
    BCRYPT_HASH_HANDLE hash;
    ULONG value, result;
    UCHAR key[4] = {0};

    (void)state;
    assert_int_equal(BCryptCreateHash(BCRYPT_RNG_ALG_HANDLE, &hash, NULL, 0, NULL, 0, 0),
                     STATUS_INVALID_HANDLE);
    assert_int_equal(BCryptCreateHash(BCRYPT_SHA256_ALG_HANDLE, &hash, NULL, 0, key, 4, 0),
                     STATUS_NOT_SUPPORTED);
    assert_int_equal(BCryptGetProperty(BCRYPT_SHA256_ALG_HANDLE, L"KeyLength", (PUCHAR)&value, 4,
                                       &result, 0),
                     STATUS_NOT_SUPPORTED);
    assert_int_equal(BCryptGetProperty(BCRYPT_SHA256_ALG_HANDLE, BCRYPT_HASH_LENGTH,
                                       (PUCHAR)&value, 3, &result, 0),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(result, 4);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_unknown_algorithm),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_hash_in_callers_memory),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests_name("bcrypt", tests, NULL, NULL);
}
