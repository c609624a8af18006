/*
 * test_jsontext.c
 *	  A string of JSON that we write, read by somebody else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "jsontext.h"

/* Write, read, and compare. */
static void
goes_and_comes(const char *text)
{
	Buffer		out = {0};
	json_t	   *read;

	jsontext_string(&out, text);
	assert_false(out.failed);
	for (size_t i = 0; i < out.len; i++)
		assert_true((unsigned char) out.data[i] >= 0x20);
	read = json_loadb(out.data, out.len, JSON_DECODE_ANY, NULL);
	assert_non_null(read);
	assert_string_equal(json_string_value(read), text);
	json_decref(read);
	buffer_free(&out);
}

static void
keeps_what_it_is_given(void **state)
{
	char		text[4] = {0};

	(void) state;
	goes_and_comes("");
	goes_and_comes("Кофе \xF0\x9F\x90\x98 \"да\" \\ </script> \x7F \xE2\x80\xA8");
	for (int a = 1; a < 128; a++)
		for (int b = 0; b < 128; b++)
		{
			text[0] = (char) a;
			text[1] = (char) b;
			text[2] = b ? 'x' : '\0';
			goes_and_comes(text);
		}
}

/* The same in ASCII; what is no UTF-8 is replaced, byte by byte. */
static void
is_written_in_ascii(void **state)
{
	static const struct
	{
		const char *text;
		const char *written;
	}			cases[] = {
		{"", "\"\""},
		{"a \"b\" \\ \x01\n\x7f", "\"a \\\"b\\\" \\\\ \\u0001\\u000a\\u007f\""},
		{"\xd0\x9a\xc3\xa9", "\"\\u041a\\u00e9\""},
		{"\xe2\x80\xa8\xef\xbf\xbf", "\"\\u2028\\uffff\""},
		{"\xf0\x9f\x90\x98\xf4\x8f\xbf\xbf", "\"\\ud83d\\udc18\\udbff\\udfff\""},
		{"\xf0\x9f\x90", "\"\\ufffd\\ufffd\\ufffd\""},
		{"\xc0\x80\xffz\xd0", "\"\\ufffd\\ufffd\\ufffdz\\ufffd\""},
		{"\xed\xa0\x80\xf5\x80\xe0", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		Buffer		out = {0};

		jsontext_ascii(&out, cases[i].text);
		assert_string_equal(out.data, cases[i].written);
		buffer_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_it_is_given), cmocka_unit_test(is_written_in_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
