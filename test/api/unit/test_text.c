/*
 * test_text.c
 *	  What a piece of text is made of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "text.h"

static void
counts_characters(void **state)
{
	(void) state;
	assert_int_equal(text_characters(""), 0);
	assert_int_equal(text_characters("abc"), 3);
	assert_int_equal(text_characters("три слона"), 9);
	assert_int_equal(text_characters("\xF0\x9F\x90\x98"), 1);	/* U+1F418 */
}

/* Everything that Unicode 15, table 3-7, leaves out. */
static void
refuses_what_is_no_utf8(void **state)
{
	static const char *const wrong[] = {
		"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF",
		"\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "a\xFF", "\xF0\x9F\x90",
	};

	(void) state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		assert_int_equal(text_characters(wrong[i]), -1);
		assert_false(text_is_clean(wrong[i]));
	}
}

static void
knows_what_is_clean(void **state)
{
	(void) state;
	assert_true(text_is_clean("Кофе & чай, 100 % – «да»"));
	assert_true(text_is_clean(""));
	assert_false(text_is_clean("a\nb"));
	assert_false(text_is_clean("a\tb"));
	assert_false(text_is_clean("\x1B[31m"));
	assert_false(text_is_clean("\x7F"));
	assert_false(text_is_clean("\xC2\x85"));	/* U+0085 */
	assert_false(text_is_clean("\xE2\x80\xAE"));	/* U+202E, right to left */
	assert_false(text_is_clean("\xE2\x81\xA6"));	/* U+2066 */
	assert_false(text_is_clean("a\xE2\x80\x8E"));	/* U+200E, a mark of direction */
	assert_false(text_is_clean("a\xE2\x80\x8F"));	/* U+200F */
	assert_false(text_is_clean("a\xD8\x9C"));	/* U+061C */
	assert_false(text_is_clean("a\xE2\x80\x8B"));	/* U+200B, nothing to be seen */
	assert_false(text_is_clean("a\xE2\x81\xA0"));	/* U+2060 */
	assert_false(text_is_clean("a\xE2\x80\x8C"));	/* U+200C */
	assert_false(text_is_clean("a\xE2\x80\x8D"));	/* U+200D */
	assert_false(text_is_clean("a\xC2\xAD"));	/* U+00AD, a hyphen that is not there */
	assert_false(text_is_clean("a\xEF\xBF\xB9"));	/* U+FFF9 */
	assert_false(text_is_clean("\xE3\x85\xA4"));	/* U+3164, a letter that is not there */
	assert_false(text_is_clean("\xE2\xA0\x80"));	/* U+2800 */
	assert_false(text_is_clean("a\xF3\xA0\x81\x81"));	/* U+E0041, a tag */
	assert_false(text_is_clean("\xEF\xBB\xBF"));	/* U+FEFF */
	assert_false(text_is_clean("\xEF\xBF\xBF"));	/* U+FFFF */
}

static void
bounds_what_grows_over_others(void **state)
{
	(void) state;
	assert_true(text_is_clean("за\xCC\x81мок, e\xCC\x82\xCC\x81\xCC\xA3"));
	assert_true(text_is_clean("a\xCC\x81\xCC\x81\xCC\x81\xCC\x81" "b\xCC\x81\xCC\x81\xCC\x81\xCC\x81"));
	assert_false(text_is_clean("a\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81"));
	assert_false(text_is_clean("a\xCC\x81\xEF\xB8\x8F\xCC\x81\xE2\x83\x9D\xCC\x81"));	/* of several kinds */
}

static void
knows_blanks(void **state)
{
	(void) state;
	assert_int_equal(text_blank(" a"), 1);
	assert_int_equal(text_blank("\xE3\x80\x80" "a"), 3);	/* U+3000 */
	assert_int_equal(text_blank("a "), 0);
	assert_int_equal(text_blank(""), 0);
	assert_true(text_is_blank(" \xC2\xA0\xE2\x80\x83 "));	/* U+00A0, U+2003 */
	assert_false(text_is_blank("  a"));
}

static void
knows_days(void **state)
{
	(void) state;
	assert_true(text_is_date("2024-02-29"));
	assert_true(text_is_date("2000-02-29"));
	assert_true(text_is_date("1900-01-01"));
	assert_true(text_is_date("2199-12-31"));
	assert_false(text_is_date("2023-02-29"));
	assert_false(text_is_date("1900-02-29"));
	assert_false(text_is_date("2100-02-29"));
	assert_false(text_is_date("2024-00-10"));
	assert_false(text_is_date("2024-13-10"));
	assert_false(text_is_date("2024-04-31"));
	assert_false(text_is_date("2024-1-1"));
	assert_false(text_is_date("1899-12-31"));
	assert_false(text_is_date("2024-02-29 "));
	assert_false(text_is_date("infinity"));
}

static void
matches_forms(void **state)
{
	(void) state;
	assert_true(text_matches("RUB", "AAA"));
	assert_false(text_matches("RUBL", "AAA"));
	assert_false(text_matches("RU", "AAA"));
	assert_true(text_matches("a2b7-zzzz", "2222-2222"));
	assert_false(text_matches("a1b7-zzzz", "2222-2222"));
	assert_true(text_is_base64url("Az09-_", 6));
	assert_false(text_is_base64url("Az09+/", 6));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_characters),
		cmocka_unit_test(refuses_what_is_no_utf8),
		cmocka_unit_test(knows_what_is_clean),
		cmocka_unit_test(bounds_what_grows_over_others),
		cmocka_unit_test(knows_blanks),
		cmocka_unit_test(knows_days),
		cmocka_unit_test(matches_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
