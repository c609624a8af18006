/*
 * test_norm.c
 *		The canonical texts, and how they are joined.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "norm.h"

static TestArena test;
static DvBuf buf;

static int
setup(void **state)
{
	(void) state;
	test_arena_init(&test);
	dv_buf_init(&buf, &test.arena);
	return 0;
}

static int
teardown(void **state)
{
	(void) state;
	test_arena_free(&test);
	return 0;
}

/* The buffer's content, which is emptied. */
static void
expect(const char *want)
{
	char		got[512];

	assert_true(buf.len < sizeof(got));
	if (buf.len > 0)
		memcpy(got, buf.data, buf.len);
	got[buf.len] = '\0';
	buf.len = 0;
	assert_string_equal(got, want);
}

static void
expect_decimal(const char *text, const char *want)
{
	dv_norm_decimal(&buf, text, strlen(text));
	expect(want);
}

static void
expect_float8(double value, const char *want)
{
	dv_norm_float8(&buf, value);
	expect(want);
}

static void
joins_components(void **state)
{
	(void) state;
	dv_norm_component(&buf, "abc", 3);
	dv_norm_null(&buf);
	dv_norm_component(&buf, "", 0);
	dv_norm_component(&buf, "~1:x", 4);
	expect("3:abc~0:4:~1:x");
	dv_norm_component(&buf, "a", 1);
	dv_norm_int64(&buf, 1234567890);
	dv_norm_component_from(&buf, 3);
	expect("1:a10:1234567890");
}

/* Length prefixes of every width, at and around the buffer's growth. */
static void
moves_long_components(void **state)
{
	static char text[2000];

	(void) state;
	memset(text, 'q', sizeof(text));
	for (size_t len = 0; len < sizeof(text); len += 7)
	{
		char		want[8];
		size_t		prefix = (size_t) snprintf(want, sizeof(want), "%zu:", len);
		DvBuf		fresh;

		dv_buf_init(&fresh, &test.arena);
		dv_buf_append(&fresh, text, len);
		dv_norm_component_from(&fresh, 0);
		assert_int_equal(fresh.len, prefix + len);
		assert_memory_equal(fresh.data, want, prefix);
		assert_memory_equal(fresh.data + prefix, text, len);
	}
}

static void
writes_integers(void **state)
{
	(void) state;
	dv_norm_int64(&buf, 0);
	expect("0");
	dv_norm_int64(&buf, -1);
	expect("-1");
	dv_norm_int64(&buf, INT64_MAX);
	expect("9223372036854775807");
	dv_norm_int64(&buf, INT64_MIN);
	expect("-9223372036854775808");
	dv_norm_bool(&buf, true);
	dv_norm_bool(&buf, false);
	expect("truefalse");
}

static void
writes_floats(void **state)
{
	(void) state;
	expect_float8(0.0, "0");
	expect_float8(-0.0, "0");
	expect_float8(1.0, "1");
	expect_float8(0.1, "0.1");
	expect_float8(-2.5, "-2.5");
	expect_float8(1e14, "100000000000000");
	expect_float8(1e15, "1e+15");
	expect_float8(1e30, "1e+30");
	expect_float8(1e-4, "0.0001");
	expect_float8(1e-5, "1e-05");
	expect_float8(5e-324, "5e-324");
	expect_float8(1.7976931348623157e308, "1.7976931348623157e+308");
	expect_float8(NAN, "NaN");
	expect_float8(-NAN, "NaN");
	expect_float8(INFINITY, "Infinity");
	expect_float8(-INFINITY, "-Infinity");
	dv_norm_float4(&buf, 1.1f);
	expect("1.1");
	dv_norm_float4(&buf, -0.0f);
	expect("0");
	dv_norm_float4(&buf, 1e6f);
	expect("1e+06");
	dv_norm_float4(&buf, 999999.0f);
	expect("999999");
}

static void
strips_decimals(void **state)
{
	static const char *const pairs[][2] = {
		{"0", "0"}, {"0.00", "0"}, {"-0.00", "0"}, {"-0", "0"}, {"", "0"},
		{"1.0", "1"}, {"1.00", "1"}, {"-12.30", "-12.3"}, {"100", "100"},
		{"100.00", "100"}, {"10.010", "10.01"}, {"0.001", "0.001"},
		{"-0.001", "-0.001"}, {".5", "0.5"}, {"+1.5", "1.5"}, {"007", "7"},
		{"5.", "5"}, {"NaN", "NaN"}, {"Infinity", "Infinity"},
		{"-Infinity", "-Infinity"},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		expect_decimal(pairs[i][0], pairs[i][1]);
}

/* Days as Python gives them: (date(y, m, d) - date(2000, 1, 1)).days */
static void
writes_dates(void **state)
{
	static const struct
	{
		int32_t		days;
		const char *want;
	}			dates[] = {
		{0, "2000-01-01"}, {-1, "1999-12-31"}, {59, "2000-02-29"},
		{60, "2000-03-01"}, {-10957, "1970-01-01"}, {9498, "2026-01-02"},
		{-36524, "1900-01-01"}, {-36466, "1900-02-28"}, {-36465, "1900-03-01"},
		{-730119, "0001-01-01"}, {-730120, "0001-12-31 BC"},
		{2921939, "9999-12-31"}, {2921940, "10000-01-01"},
		{INT32_MIN, "-infinity"}, {INT32_MAX, "infinity"},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
	{
		dv_norm_date(&buf, dates[i].days);
		expect(dates[i].want);
	}
}

static void
writes_times(void **state)
{
	(void) state;
	dv_norm_time(&buf, 0);
	expect("00:00:00.000000");
	dv_norm_time(&buf, INT64_C(86400000000));
	expect("24:00:00.000000");
	dv_norm_time(&buf, INT64_C(86399999999));
	expect("23:59:59.999999");
	dv_norm_timestamp(&buf, 0);
	expect("2000-01-01T00:00:00.000000");
	dv_norm_timestamp(&buf, -1);
	expect("1999-12-31T23:59:59.999999");
	dv_norm_timestamptz(&buf, 1);
	expect("2000-01-01T00:00:00.000001Z");
	dv_norm_timestamp(&buf, INT64_C(-86400000000) * 730120);
	expect("0001-12-31T00:00:00.000000 BC");
	dv_norm_timestamptz(&buf, INT64_C(-86400000000) * 730120);
	expect("0001-12-31T00:00:00.000000Z BC");
	dv_norm_timestamp(&buf, INT64_MIN);
	expect("-infinity");
	dv_norm_timestamptz(&buf, INT64_MAX);
	expect("infinity");
}

static void
writes_bytes(void **state)
{
	static const uint8_t uuid[16] = {
		0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8,
		0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11
	};

	(void) state;
	dv_norm_bytes(&buf, "\x00\xde\xad\xff", 4);
	expect("00deadff");
	dv_norm_bytes(&buf, "", 0);
	expect("");
	dv_norm_uuid(&buf, uuid);
	expect("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
}

static void
strips_numbers_in_jsonb(void **state)
{
	static const char *const pairs[][2] = {
		{"{\"a\": 1.0}", "{\"a\": 1}"},
		{"[-0.50, 1000, true, null, {}]", "[-0.5, 1000, true, null, {}]"},
		{"\"1.0 \\\" 2.0\"", "\"1.0 \\\" 2.0\""},
		{"[\"\\\\\", 1.0]", "[\"\\\\\", 1]"},
		{"1.00", "1"}, {"\"", "\""}, {"\"\\", "\"\\"},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
	{
		dv_norm_jsonb(&buf, pairs[i][0], strlen(pairs[i][0]));
		expect(pairs[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(joins_components, setup, teardown),
		cmocka_unit_test_setup_teardown(moves_long_components, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_integers, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_floats, setup, teardown),
		cmocka_unit_test_setup_teardown(strips_decimals, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_dates, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_times, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(strips_numbers_in_jsonb, setup, teardown),
	};

	return cmocka_run_group_tests_name("norm", tests, NULL, NULL);
}
