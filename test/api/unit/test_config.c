/*
 * test_config.c
 *	  The configuration file, and what is said of a bad one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "config.h"

#define PATH "build/test.conf"
#define NEEDED "socket = a\nhasher_socket = b\nhealth_socket = h\nreserve_socket = i\ndatabase = c d\ndatabase_password_file = e\nseal_key_file = f\norigin = https://g\n"

static bool
read_text(Config *config, const char *text, char problem[200])
{
	FILE	   *file = fopen(PATH, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return config_read(config, PATH, problem, 200);
}

static void
expect_problem(const char *text, const char *wanted)
{
	Config		config;
	char		problem[200];

	assert_false(read_text(&config, text, problem));
	assert_string_equal(problem, wanted);
}

static void
reads_what_is_there(void **state)
{
	Config		config;
	char		problem[200];

	(void) state;
	assert_true(read_text(&config, "# a comment\n\n" NEEDED "  workers=3  \nsandbox = off\n", problem));
	assert_string_equal(config.database, "c d");
	assert_int_equal(config.workers, 3);
	assert_int_equal(config.hasher_queue, 8);
	assert_false(config.sandbox);
}

static void
tells_what_is_wrong(void **state)
{
	char		long_line[1200] = NEEDED "bank_name = ";

	(void) state;
	memset(long_line + strlen(long_line), 'x', 600);
	expect_problem("socket = a\n", PATH ": health_socket is missing");
	expect_problem(NEEDED "worker = 3\n", PATH ":9: there is no setting \"worker\"");
	expect_problem(NEEDED "workers = 3x\n", PATH ":9: workers cannot be \"3x\"");
	expect_problem(NEEDED "workers = 1000\n", PATH ":9: workers cannot be \"1000\"");
	expect_problem(NEEDED "workers\n", PATH ":9: \"workers\" is not \"name = value\"");
	expect_problem(NEEDED "sandbox = yes\n", PATH ":9: sandbox cannot be \"yes\"");
	expect_problem("socket =\n", PATH ":1: socket cannot be \"\"");
	assert_false(read_text(&(Config) {0}, long_line, (char[200]) {0}));
}

static void
takes_secrets_of_the_owner_alone(void **state)
{
	char		secret[20],
				problem[200];
	FILE	   *file = fopen(PATH, "w");

	(void) state;
	fputs("swordfish\n", file);
	fclose(file);
	for (int bit = 1; bit < 0100; bit <<= 1)
	{
		assert_int_equal(chmod(PATH, 0600 | bit), 0);
		assert_false(config_read_secret(PATH, secret, sizeof(secret), problem, sizeof(problem)));
		assert_string_equal(problem, PATH ": others than its owner may use it; chmod 600");
	}
	assert_int_equal(chmod(PATH, 0400), 0);
	assert_true(config_read_secret(PATH, secret, sizeof(secret), problem, sizeof(problem)));
	assert_string_equal(secret, "swordfish");
	remove(PATH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_secrets_of_the_owner_alone),
		cmocka_unit_test(reads_what_is_there),
		cmocka_unit_test(tells_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
