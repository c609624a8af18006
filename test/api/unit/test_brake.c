/*
 * test_brake.c
 *	  Whether the database is away: who tries, and who is told at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "brake.h"

/* One tries, the others do not wait. */
static void
brakes(void **state)
{
	(void) state;
	assert_true(brake_set_up());
	assert_false(brake_holds(1000000));
	assert_false(brake_holds(1000000));	/* as long as all is well everybody may */
	assert_true(brake_pull(20000));	/* the first is worth a line */
	assert_true(brake_holds(1000000));
	usleep(25000);
	assert_false(brake_holds(1000000));	/* the first that comes tries */
	assert_true(brake_holds(1000000));
	assert_false(brake_pull(20000));
	usleep(25000);
	assert_false(brake_holds(20000));
	usleep(25000);
	assert_false(brake_holds(20000));	/* who tried has died: another does */
	assert_true(brake_release());
	assert_false(brake_holds(20000));
	assert_false(brake_release());
	assert_true(brake_pull(0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brakes),
	};

	return cmocka_run_group_tests_name("brake", tests, NULL, NULL);
}
