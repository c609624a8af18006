/*
 * test_status.c
 *	  Statuses of HTTP: one list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "status.h"

static void
finds_each(void **state)
{
	(void) state;
	for (int place = 0; place < STATUSES; place++)
	{
		assert_int_equal(status_place(status_at(place)), place);
		assert_non_null(status_reason(status_at(place)));
	}
	assert_int_equal(status_place(418), -1);
	assert_null(status_reason(418));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
