/*
 * test_hash.c
 *		SHA-256 against the vectors of FIPS 180-4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hash.h"

static void
expect(const void *data, size_t len, const char *want)
{
	uint8_t		out[DV_HASH_LEN];
	char		hex[2 * DV_HASH_LEN + 1];

	assert_true(dv_hash_bytes(data, len, out));
	for (int i = 0; i < DV_HASH_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", out[i]);
	assert_string_equal(hex, want);
}

static void
gives_published_vectors(void **state)
{
	static char million[1000000];

	(void) state;
	memset(million, 'a', sizeof(million));
	expect("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		   "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	expect(million, sizeof(million),
		   "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* No residue of one call in the next. */
static void
repeats_itself(void **state)
{
	uint8_t		first[DV_HASH_LEN];
	uint8_t		second[DV_HASH_LEN];

	(void) state;
	assert_true(dv_hash_bytes("3:abc", 5, first));
	assert_true(dv_hash_bytes("other", 5, second));
	assert_memory_not_equal(first, second, DV_HASH_LEN);
	assert_true(dv_hash_bytes("3:abc", 5, second));
	assert_memory_equal(first, second, DV_HASH_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_published_vectors),
		cmocka_unit_test(repeats_itself),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
