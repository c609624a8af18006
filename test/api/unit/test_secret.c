/*
 * test_secret.c
 *	  Codes against the vectors of RFC 6238 (appendix B) and RFC 4226 (appendix D); seals; common passwords.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "secret.h"

static const unsigned char seed[SEED_SIZE] = "12345678901234567890";

static void
write_file(const char *path, const char *text)
{
	FILE	   *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static int
set_up(void **state)
{
	static Config config;
	char		problem[600];

	(void) state;
	strcpy(config.seal_key_file, "build/seal.key");
	strcpy(config.common_passwords_file, "/usr/share/john/password.lst");
	write_file(config.seal_key_file, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
	if (!secret_set_up(&config, problem, sizeof(problem)))
		puts(problem);
	return 0;
}

/* Eight digits there, six here: the last six are the same. */
static void
codes_are_those_of_the_standard(void **state)
{
	static const struct
	{
		int64_t		seconds;
		int			code;
	}			totp[] = {
		{59, 287082}, {1111111109, 81804}, {1111111111, 50471}, {1234567890, 5924}, {2000000000, 279037},
		{20000000000, 353130},
	};
	static const int hotp[] = {755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489};

	(void) state;
	for (size_t i = 0; i < sizeof(totp) / sizeof(totp[0]); i++)
		assert_int_equal(secret_code_at(seed, totp[i].seconds / 30), totp[i].code);
	for (int i = 0; i < 10; i++)
		assert_int_equal(secret_code_at(seed, i), hotp[i]);
}

static void
codes_are_good_for_a_step(void **state)
{
	char		code[8];

	(void) state;
	for (int step = 96; step <= 104; step++)
	{
		snprintf(code, sizeof(code), "%06d", secret_code_at(seed, step));
		assert_int_equal(secret_step_of(seed, code, 100 * 30 + 7), step >= 99 && step <= 101 ? step : -1);
	}
	assert_int_equal(secret_step_of(seed, "", 3000), -1);
	assert_int_equal(secret_step_of(seed, "28708", 59), -1);
	assert_int_equal(secret_step_of(seed, "2870820", 59), -1);
}

static void
seals_open_for_their_login_alone(void **state)
{
	char		sealed[SEALED_TEXT];
	char		again[SEALED_TEXT];
	unsigned char opened[SEED_SIZE];

	(void) state;
	secret_seal(sealed, seed, "ivan");
	secret_seal(again, seed, "ivan");
	assert_string_not_equal(sealed, again);
	assert_true(secret_unseal(opened, sealed, "ivan"));
	assert_memory_equal(opened, seed, SEED_SIZE);
	assert_false(secret_unseal(opened, sealed, "oleg"));
	for (size_t i = 2; i < strlen(sealed); i++)
	{
		char		touched[SEALED_TEXT];

		strcpy(touched, sealed);
		touched[i] = touched[i] == '0' ? '1' : '0';
		assert_false(secret_unseal(opened, touched, "ivan"));
	}
	assert_false(secret_unseal(opened, "", "ivan"));
	assert_false(secret_unseal(opened, "\\x00", "ivan"));
}

static void
common_passwords_are_known(void **state)
{
	(void) state;
	assert_true(secret_is_common("password1"));
	assert_true(secret_is_common("PassWord1"));
	assert_true(secret_is_common("1234567890"));
	assert_false(secret_is_common("три слона"));
	assert_false(secret_is_common("passwor"));
}

/* SHA-256 of "abc", FIPS 180-4. */
static void
hashes_are_byteas(void **state)
{
	char		hash[HASH_TEXT];

	(void) state;
	secret_hash(hash, "abc");
	assert_string_equal(hash, "\\xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_those_of_the_standard),
		cmocka_unit_test(codes_are_good_for_a_step),
		cmocka_unit_test(seals_open_for_their_login_alone),
		cmocka_unit_test(common_passwords_are_known),
		cmocka_unit_test(hashes_are_byteas),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
