/*
 * test_csv.c
 *	  Lines of CSV, as they are written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "csv.h"

static void
expect(const char *text, const char *line)
{
	Cell		cells[] = {{.text = "2026-01-01"}, {.text = text}, {.text = NULL}, {.text = "-1.50", .number = true}};
	char		wanted[200];
	Buffer		out = {0};

	snprintf(wanted, sizeof(wanted), "\"2026-01-01\",%s,,-1.50\r\n", line);
	csv_line(&out, cells, 4);
	assert_string_equal(out.data, wanted);
	buffer_free(&out);
}

static void
quotes_text(void **state)
{
	(void) state;
	expect("rent", "\"rent\"");
	expect("", "\"\"");
	expect("a, b; c", "\"a, b; c\"");
	expect("say \"yes\"", "\"say \"\"yes\"\"\"");
}

static void
marks_formulas(void **state)
{
	(void) state;
	expect("=1+1", "\"'=1+1\"");
	expect("+7", "\"'+7\"");
	expect("-2", "\"'-2\"");
	expect("@x", "\"'@x\"");
	expect("1=1", "\"1=1\"");
	expect(" =1+1", "\"' =1+1\"");
	expect("\xC2\xA0=1+1", "\"'\xC2\xA0=1+1\"");	/* U+00A0 */
	expect("＝1+1", "\"'＝1+1\"");
	expect("＋7", "\"'＋7\"");
	expect("－2", "\"'－2\"");
	expect("＠x", "\"'＠x\"");
}

/* Excel separates by semicolons where commas are in numbers: then the first cell ends at the first semicolon. */
static void
marks_formulas_behind_semicolons(void **state)
{
	(void) state;
	expect("a;=1+1", "\"a;'=1+1\"");
	expect(";-1;+1", "\";'-1;'+1\"");
	expect("a;\"=1", "\"a;'\"\"=1\"");
	expect("a;\"\"@x", "\"a;'\"\"\"\"@x\"");
	expect("a; b;", "\"a; b;\"");
	expect("a; =1+1", "\"a;' =1+1\"");
	expect("a;\" ＠x", "\"a;'\"\" ＠x\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_text),
		cmocka_unit_test(marks_formulas),
		cmocka_unit_test(marks_formulas_behind_semicolons),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
