/*
 * test_wire.c
 *		Single values: declared type + modes + JSON → scalar, or the error.
 */
#include "capture.h"

typedef struct Case
{
	const char *type;
	const char *json;
	const char *expected;		/* show() of the scalar, "!type" or "!ambiguous" */
} Case;

static const char *
decode_as(const char *type, const DvWireModes *modes, const char *text, DvErr *err)
{
	DvField		field = {.name = slice("c")};
	DvWireType	wire;
	DvJson		json;
	DvJsonValue value;
	DvScalar	scalar;

	memset(err, 0, sizeof(*err));
	assert_true(dv_wire_from_declared(type, modes, &test_arena, &wire, err));
	dv_json_begin(&json, slice(text), err);
	assert_true(dv_json_value(&json, &value) && dv_json_end(&json));
	field.token = value.token;
	field.escaped = value.escaped;
	field.raw = value.raw;
	if (dv_json_scalar(&field, &wire, modes, &test_arena, &scalar, err))
		return show(&scalar);
	return err->class == DV_ERR_AMBIGUOUS ? "!ambiguous" :
		err->class == DV_ERR_TYPE ? "!type" : "!other";
}

static void
check_cases(const Case *cases, const DvWireModes *modes)
{
	DvErr		err;

	for (; cases->type != NULL; cases++)
	{
		const char *got = decode_as(cases->type, modes, cases->json, &err);

		if (strcmp(got, cases->expected) != 0)
			print_error("%s from %s: %s\n", cases->type, cases->json, err.message);
		assert_string_equal(got, cases->expected);
	}
	release_blocks();
}

static void
test_precise(void **state)
{
	static const Case cases[] = {
		{"numeric(18,2)", "\"7Sl5\"", "text -12345.67"},
		{"numeric(18,2)", "\"AA==\"", "text 0.00"},
		{"numeric(18,2)", "\"DeC2s6dj//8=\"", "text 9999999999999999.99"},
		{"numeric(3,2)", "\"/w==\"", "text -0.01"},
		{"numeric(18)", "\"ZA==\"", "text 100"},
		{"numeric(20,0)", "\"gAAAAAAAAAA=\"", "text -9223372036854775808"},
		{"numeric(40,0)", "\"gAAAAAAAAAAAAAAAAAAAAA==\"", "text -170141183460469231731687303715884105728"},
		{"numeric(40,3)", "\"/////////////////////w==\"", "text -0.001"},
		{"numeric", "{\"scale\":0,\"value\":\"DJ8snNBGdO3qQAAAAA==\"}", "text 1000000000000000000000000000000"},
		{"numeric", "{\"scale\":6,\"value\":\"/w==\"}", "text -0.000001"},
		{"numeric", "{\"scale\":99999,\"value\":\"/w==\"}", "!type"},
		{"numeric", "{\"value\":\"/w==\"}", "!type"},
		{"numeric", "\"/w==\"", "!type"},
		{"numeric(18,2)", "\"12.30\"", "!type"},
		{"numeric(18,2)", "\"\"", "!type"},
		{"numeric(18,2)", "1.5", "!type"},
		{"numeric(5,1)[]", "[\"AQ==\",null]", "text {0.1,NULL}"},
		{"money", "\"ZA==\"", "text 1.00"},
		{NULL}
	};

	(void) state;
	check_cases(cases, &(DvWireModes) {0});
}

static void
test_decimal_modes(void **state)
{
	static const Case strings[] = {
		{"numeric", "\"12.30\"", "text 12.30"},
		{"numeric", "\"NAN\"", "text NaN"},
		{"numeric", "\"POSITIVE_INFINITY\"", "text Infinity"},
		{"numeric", "\"NEGATIVE_INFINITY\"", "text -Infinity"},
		{"numeric", "\"-Infinity\"", "text -Infinity"},
		{"numeric(18,2)", "\"AYa5\"", "!type"},
		{"numeric(18,2)", "\"\"", "!type"},
		{"numeric(18,2)", "\" 1\"", "!type"},
		{"numeric", "\"1e131071\"", "text 1e131071"},
		{"numeric", "\"1e131072\"", "!type"},
		{"numeric", "\"-0.01e131073\"", "text -0.01e131073"},
		{"numeric", "\"-0.01e131074\"", "!type"},
		{"numeric", "\"1e-16383\"", "text 1e-16383"},
		{"numeric", "\"0.1E-16383\"", "!type"},
		{"numeric", "\"0e400000\"", "text 0e400000"},
		{"numeric", "\"1e+99999999999999999999\"", "!type"},
		{"numeric(18,2)[]", "[\"1.50\",\"NAN\"]", "text {1.50,NaN}"},
		{NULL}
	};
	static const Case doubles[] = {
		{"numeric(18,2)", "-12345.67", "text -12345.67"},
		{"numeric", "1.0E30", "text 1.0E30"},
		{"numeric", "\"NaN\"", "text NaN"},
		{"numeric", "\"12.30\"", "!type"},
		{"numeric(18,2)", "1e400000", "!type"},
		{NULL}
	};
	static const Case undeclared[] = {
		{"numeric(18,2)", "\"1234\"", "!ambiguous"},
		{"numeric(18,2)", "12", "!ambiguous"},
		{"numeric", "{\"scale\":2,\"value\":\"ZA==\"}", "text 1.00"},
		{"numeric[]", "[\"1234\"]", "!ambiguous"},
		{"timestamp(3) without time zone", "5", "!ambiguous"},
		{"time without time zone", "5", "!ambiguous"},
		{"date", "5", "date 1970-01-06"},
		{"timestamp with time zone", "\"2026-01-02T00:04:05Z\"", "timestamptz 2026-01-02 00:04:05+00"},
		{NULL}
	};
	DvErr		err;
	DvWireModes open = {.decimal = DV_DECIMAL_UNDECLARED,.time = DV_TIME_UNDECLARED};

	(void) state;
	check_cases(strings, &(DvWireModes) {.decimal = DV_DECIMAL_STRING});
	check_cases(doubles, &(DvWireModes) {.decimal = DV_DECIMAL_DOUBLE});
	check_cases(undeclared, &open);
	decode_as("numeric(9,2)", &open, "\"AA==\"", &err);
	assert_non_null(strstr(err.hint, "wire.decimal"));
	decode_as("timestamp", &open, "1", &err);
	assert_non_null(strstr(err.hint, "wire.time"));
	release_blocks();
}

static void
test_adaptive_times(void **state)
{
	static const Case cases[] = {
		{"date", "20780", "date 2026-11-23"},
		{"date", "-735160", "date 0044-03-15 BC"},
		{"date", "-703383", "date 0044-03-15"},
		{"date", "-2147472692", "date infinity"},
		{"date", "-622191234", "date infinity"},
		{"date", "-2147472691", "date -infinity"},
		{"date", "-625821272", "date -infinity"},
		{"date", "622191232", "date 1705471-09-26"},
		{"date", "-2440589", "!type"},
		{"date", "2145042906", "!type"},
		{"date", "2145042905", "date 5874897-12-31"},
		{"date", "1.5", "!type"},
		{"timestamp(3) without time zone", "1795395723456", "timestamp 2026-11-23 01:02:03.456"},
		{"timestamp(0) without time zone", "1795395723000", "timestamp 2026-11-23 01:02:03"},
		{"timestamp without time zone", "1795395723456789", "timestamp 2026-11-23 01:02:03.456789"},
		{"timestamp without time zone", "-1", "timestamp 1969-12-31 23:59:59.999999"},
		{"timestamp without time zone", "9223372036825200000", "timestamp infinity"},
		{"timestamp without time zone", "-9223372036832400000", "timestamp -infinity"},
		{"timestamp without time zone", "-9223372036854775808", "!type"},
		{"timestamp without time zone", "99999999999999999999", "!type"},
		{"timestamp(0) without time zone", "9224318015999000", "timestamp 294276-12-31 23:59:59"},
		{"timestamp(3) without time zone", "-1", "timestamp 1969-12-31 23:59:59.999"},
		{"timestamptz[]", "[\"infinity\",\"+292269055-12-02T23:00:00.000000Z\"]", "text {infinity,-infinity}"},
		{"time(3) without time zone", "3723456", "time 01:02:03.456"},
		{"time without time zone", "86400000000", "time 24:00:00"},
		{"time without time zone", "86400000001", "!type"},
		{"time without time zone", "-1", "!type"},
		{"time with time zone", "\"22:02:03.456789Z\"", "text 22:02:03.456789+00"},
		{"timestamptz", "\"+21016-11-04T01:00:00.000000Z\"", "timestamptz 21016-11-04 01:00:00+00"},
		{"timestamptz", "\"-0043-03-15T12:00:00.000000Z\"", "timestamptz 0044-03-15 12:00:00+00 BC"},
		{"timestamptz", "\"2026-01-02T03:04:05.5+03:00\"", "timestamptz 2026-01-02 00:04:05.5+00"},
		{"timestamptz", "\"infinity\"", "timestamptz infinity"},
		{"timestamptz", "\"-infinity\"", "timestamptz -infinity"},
		{"timestamptz", "\"+999999999-12-31T23:59:59.999999999-18:00\"", "timestamptz infinity"},
		{"timestamptz", "\"+300000-01-01T00:00:00Z\"", "!type"},
		{"timestamptz", "\"2026-02-30T00:00:00Z\"", "!type"},
		{"timestamptz", "\"2026-02-03T00:00:00\"", "!type"},
		{"timestamptz", "\"2026-02-03T00:00:00Zjunk\"", "!type"},
		{"interval", "37091106780000", "text 10303:05:06.78"},
		{"interval", "-1500000", "text -00:00:01.5"},
		{"interval", "\"P0Y-1M-2DT0H0M-1.5S\"", "text P0Y-1M-2DT0H0M-1.5S"},
		{"date[]", "[20780,null,-2147472692]", "text {2026-11-23,NULL,infinity}"},
		{"timestamp(3) without time zone[]", "[1795395723456]", "text {\"2026-11-23 01:02:03.456\"}"},
		{NULL}
	};

	(void) state;
	check_cases(cases, &(DvWireModes) {0});
}

static void
test_other_time_modes(void **state)
{
	static const Case iso[] = {
		{"date", "\"2026-11-23Z\"", "date 2026-11-23"},
		{"date", "\"+292278994-08-16Z\"", "date infinity"},
		{"date", "\"-5877611-06-21Z\"", "date infinity"},
		{"date", "\"-5877611-06-22Z\"", "date -infinity"},
		{"date", "\"-0043-03-15Z\"", "date 0044-03-15 BC"},
		{"timestamp", "\"+294247-01-10T04:00:25.2Z\"", "timestamp infinity"},
		{"timestamp", "\"-290308-12-21T19:59:27.6Z\"", "timestamp -infinity"},
		{"timestamp(3)", "\"2026-11-23T01:02:03.456Z\"", "timestamp 2026-11-23 01:02:03.456"},
		{"time", "\"01:02:03.456789Z\"", "time 01:02:03.456789"},
		{"time", "\"24:00:00Z\"", "time 24:00:00"},
		{"time", "\"25:00:00Z\"", "!type"},
		{NULL}
	};
	static const Case connect[] = {
		{"timestamp", "1795395723456", "timestamp 2026-11-23 01:02:03.456"},
		{"timestamp", "9223372036825200", "timestamp infinity"},
		{"timestamp", "-9223372036832400", "timestamp -infinity"},
		{"time", "3723456", "time 01:02:03.456"},
		{NULL}
	};
	static const Case us[] = {
		{"time(3)", "3723456000", "time 01:02:03.456"},
		{"timestamp(3)", "1795395723456", "timestamp 2026-11-23 01:02:03.456"},
		{NULL}
	};

	(void) state;
	check_cases(iso, &(DvWireModes) {.time = DV_TIME_ISOSTRING});
	check_cases(connect, &(DvWireModes) {.time = DV_TIME_CONNECT});
	check_cases(us, &(DvWireModes) {.time = DV_TIME_ADAPTIVE_US});
}

static void
test_plain_types(void **state)
{
	static const Case cases[] = {
		{"integer", "5", "int 5"},
		{"bigint", "-9223372036854775808", "int -9223372036854775808"},
		{"bigint", "9223372036854775808", "!type"},
		{"integer", "1.0", "!type"},
		{"integer", "\"5\"", "!type"},
		{"boolean", "true", "bool true"},
		{"real", "1.5", "float 1.5"},
		{"real", "1e39", "!type"},
		{"double precision", "\"NaN\"", "float nan"},
		{"double precision", "\"-Infinity\"", "float -inf"},
		{"double precision", "1e400", "!type"},
		{"character(3)", "\"AB \"", "text AB "},
		{"character varying(20)", "\"a\\u00e9\\ud83d\\ude00\\n\"", "text a\xc3\xa9\xf0\x9f\x98\x80\n"},
		{"jsonb", "\"{\\\"a\\\": [1, 2.50, null]}\"", "text {\"a\": [1, 2.50, null]}"},
		{"inet", "\"10.0.0.1/8\"", "text 10.0.0.1/8"},
		{"my_domain", "5", "!ambiguous"},
		{"bytea", "\"3q2+7w==\"", "bytes deadbeef"},
		{"bytea", "\"\"", "bytes "},
		{"bytea", "\"3q2+7w\"", "!type"},
		{"bytea", "\"3q2+7x==\"", "!type"},
		{"bit(4)", "\"BQ==\"", "text 0101"},
		{"bit(10)", "\"AQI=\"", "text 1000000001"},
		{"bit(10)", "\"AQ==\"", "text 0000000001"},
		{"bit(10)", "\"\"", "text 0000000000"},
		{"bit(2)", "\"BQ==\"", "!type"},
		{"bit(1)", "true", "text 1"},
		{"bit varying", "\"BQ==\"", "!ambiguous"},
		{"point", "{\"x\":1.5,\"y\":-2,\"wkb\":\"\",\"srid\":null}", "text (1.5,-2)"},
		{"integer[]", "[1,null,3]", "text {1,NULL,3}"},
		{"integer[]", "[]", "text {}"},
		{"integer[]", "[[1,2],[3,4]]", "text {{1,2},{3,4}}"},
		{"text[]", "[\"a\",\"b,c\",null,\"null\",\"\",\"q\\\"\\\\\",\"NULLx\"]",
		"text {a,\"b,c\",NULL,\"null\",\"\",\"q\\\"\\\\\",NULLx}"},
		{"bytea[]", "[\"3q2+7w==\"]", "text {\"\\\\xdeadbeef\"}"},
		{"boolean[]", "[true,false]", "text {t,f}"},
		{"integer[]", "[\"x\"]", "!type"},
		{"text[]", "[\"[Ljava.lang.String;@2ea6d9af\"]", "!type"},
		{"text[]", "[\"[[Ljava.lang.String;@2ea6d9af\",null]", "!type"},
		{"text[]", "[\"[Ljava\"]", "text {[Ljava}"},
		{NULL}
	};
	static const Case hex[] = {{"bytea", "\"deadBEEF\"", "bytes deadbeef"},
	{"bytea", "\"abc\"", "!type"}, {NULL}};
	static const Case url[] = {{"bytea", "\"_-8=\"", "bytes ffef"}, {"bytea", "\"_-8\"", "bytes ffef"}, {NULL}};

	(void) state;
	check_cases(cases, &(DvWireModes) {0});
	check_cases(hex, &(DvWireModes) {.binary = DV_BINARY_HEX});
	check_cases(url, &(DvWireModes) {.binary = DV_BINARY_BASE64_URL});
}

static void
test_placeholder(void **state)
{
	static const Case cases[] = {
		{"text", "\"__debezium_unavailable_value\"", "placeholder"},
		{"jsonb", "\"__debezium_unavailable_value\"", "placeholder"},
		{"bytea", "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"", "placeholder"},
		{"text[]", "[\"__debezium_unavailable_value\"]", "placeholder"},
		{"text[]", "[\"__debezium_unavailable_valu\"]", "text {__debezium_unavailable_valu}"},
		{"integer[]", "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,"
		"108,101,95,118,97,108,117,101]", "placeholder"},
		{"integer[]", "[95,95,100]", "text {95,95,100}"},
		{NULL}
	};
	static const Case own[] = {{"text", "\"?\"", "placeholder"}, {"bytea", "\"Pw==\"", "placeholder"},
	{"integer[]", "[63]", "placeholder"}, {"text", "\"__debezium_unavailable_value\"", "text __debezium_unavailable_value"}, {NULL}};
	DvWireModes modes = {.placeholder = slice("?")};

	(void) state;
	check_cases(cases, &(DvWireModes) {0});
	check_cases(own, &modes);
}

static void
test_error_names_value_and_column(void **state)
{
	DvErr		err;

	(void) state;
	decode_as("integer", &(DvWireModes) {0}, "\"twelve\"", &err);
	assert_string_equal(err.message, "column \"c\" expects an integer of 64 bits, not twelve");
	assert_string_equal(err.sqlstate, "22P02");
	release_blocks();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precise),
		cmocka_unit_test(test_decimal_modes),
		cmocka_unit_test(test_adaptive_times),
		cmocka_unit_test(test_other_time_modes),
		cmocka_unit_test(test_plain_types),
		cmocka_unit_test(test_placeholder),
		cmocka_unit_test(test_error_names_value_and_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
