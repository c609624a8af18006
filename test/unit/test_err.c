/*
 * test_err.c
 *		DvErr: cut at characters, never over the end, nothing left of the last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"

static void
fills_in_and_returns_false(void **state)
{
	DvErr		err;

	(void) state;
	assert_false(dv_err_set(&err, DV_ERR_TYPE, "22003", "value %d", 7));
	dv_err_detail(&err, "%s.", "Detail");
	dv_err_hint(&err, "Hint.");
	assert_int_equal(err.class, DV_ERR_TYPE);
	assert_string_equal(err.sqlstate, "22003");
	assert_string_equal(err.message, "value 7");
	assert_string_equal(err.detail, "Detail.");
	assert_string_equal(err.hint, "Hint.");
	assert_false(dv_err_set(&err, DV_ERR_LIMIT, "54000", "next"));
	assert_string_equal(err.detail, "");
	assert_string_equal(err.hint, "");
}

/* Each alignment of two-, three- and four-byte characters against the end. */
static void
cuts_between_characters(void **state)
{
	static const char *const characters[] = {"x", "é", "€", "𝄞"};

	(void) state;
	for (int c = 0; c < 4; c++)
		for (size_t shift = 0; shift < 5; shift++)
		{
			char		text[1024] = "aaaaaaaa";
			size_t		size = strlen(characters[c]);
			size_t		len = shift;
			DvErr		err;

			for (; len + size < sizeof(text); len += size)
				memcpy(text + len, characters[c], size + 1);
			dv_err_set(&err, DV_ERR_TYPE, "22000", "%s", text);
			len = strlen(err.message);
			assert_int_equal((len - shift) % size, 0);
			assert_true(len > sizeof(err.message) - 1 - size);
			assert_memory_equal(err.message, text, len);
		}
}

static void
names_every_class(void **state)
{
	(void) state;
	for (int class = DV_ERR_NONE; class <= DV_ERR_DATABASE; class++)
	{
		assert_non_null(dv_err_class_name((DvErrClass) class));
		assert_string_not_equal(dv_err_class_name((DvErrClass) class), "unknown");
	}
	assert_string_equal(dv_err_class_name(DV_ERR_MISSING_COLUMN), "missing_column");
	assert_string_equal(dv_err_class_name((DvErrClass) 999), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_in_and_returns_false),
		cmocka_unit_test(cuts_between_characters),
		cmocka_unit_test(names_every_class),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
