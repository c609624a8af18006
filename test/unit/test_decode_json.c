/*
 * test_decode_json.c
 *		Whole messages: everything that was captured from Debezium, and what a
 *		hostile or broken producer might send.
 */
#include <glob.h>

#include "capture.h"

typedef struct Counts
{
	int			kinds[DV_EVENT_TRANSACTION + 1];
	int			ops[128];
	int			snapshots;
	int			incrementals;
	int			commits;
	int			oldkeys;
	int			newkeys;
} Counts;

static Counts
count_events(const char *file)
{
	DvMessage  *messages;
	int			n = load_captures(file, &messages);
	Counts		counts;

	memset(&counts, 0, sizeof(counts));
	for (int i = 0; i < n; i++)
	{
		DvEvent		event;
		DvErr		err;

		if (!dv_json_decode(&messages[i], &test_arena, &event, &err))
			fail_msg("%s message %d: %s %s", file, i, err.message, err.detail);
		counts.kinds[event.kind]++;
		counts.ops[(int) event.op]++;
		counts.snapshots += event.snapshot;
		counts.incrementals += event.incremental;
		counts.commits += event.has_commit;
		counts.oldkeys += event.oldkey.present;
		counts.newkeys += event.newkey.present;
		if (event.kind == DV_EVENT_ROW)
			assert_true(event.has_lsn && event.lsn > 31000000 && event.source_us > 0 &&
						event.key.present && event.schema.len > 0 && event.table.len > 0);
	}
	release_blocks();
	return counts;
}

static void
test_every_capture_decodes(void **state)
{
	glob_t		files;

	(void) state;
	assert_int_equal(glob(CAPTURES "*.jsonl", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 60);
	for (size_t i = 0; i < files.gl_pathc; i++)
	{
		char	   *name = strdup(files.gl_pathv[i] + strlen(CAPTURES));

		name[strlen(name) - strlen(".jsonl")] = 0;
		count_events(name);
		free(name);
	}
	globfree(&files);
}

static void
test_snapshot(void **state)
{
	Counts		counts = count_events("01-snapshot.json-noschema");

	(void) state;
	assert_int_equal(counts.ops['r'], 19);
	assert_int_equal(counts.snapshots, 19);
	assert_int_equal(counts.commits, 0);
	assert_int_equal(counts.incrementals, 0);
}

static void
test_key_change_headers(void **state)
{
	Counts		plain = count_events("03-primary-key-change.json-noschema");
	Counts		schema = count_events("03-primary-key-change.json-schema");

	(void) state;
	assert_true(plain.newkeys > 0 && plain.oldkeys > 0);
	assert_int_equal(plain.newkeys, 2 * plain.oldkeys);
	assert_int_equal(plain.newkeys, schema.newkeys);
	assert_int_equal(plain.oldkeys, schema.oldkeys);
	assert_int_equal(plain.kinds[DV_EVENT_TOMBSTONE], plain.ops['d']);
}

static void
test_other_scenarios(void **state)
{
	Counts		message = count_events("06-logical-message.json-schema");
	Counts		incremental = count_events("10-incremental-snapshot.json-noschema");
	Counts		truncate = count_events("11-truncate.json-schema");
	Counts		heartbeat = count_events("12-heartbeat.json-schema");

	(void) state;
	assert_true(message.kinds[DV_EVENT_MESSAGE] >= 2);
	assert_true(message.kinds[DV_EVENT_TRANSACTION] >= 2);
	assert_true(incremental.incrementals > 0);
	assert_int_equal(incremental.incrementals, incremental.ops['r']);
	assert_int_equal(truncate.kinds[DV_EVENT_TRUNCATE], 3);
	assert_int_equal(heartbeat.kinds[DV_EVENT_HEARTBEAT], 6);
}

/* How 00-schema.sql declares the columns of allt, and others by their names. */
static const char *const declared[][2] = {
	{"id", "integer"}, {"d", "date"}, {"ts0", "timestamp(0) without time zone"},
	{"ts3", "timestamp(3) without time zone"}, {"ts6", "timestamp(6) without time zone"},
	{"tstz", "timestamp with time zone"}, {"t3", "time(3) without time zone"},
	{"t6", "time(6) without time zone"}, {"ttz", "time with time zone"}, {"iv", "interval"},
	{"n18", "numeric(18,2)"}, {"nfree", "numeric"}, {"f4", "real"}, {"f8", "double precision"},
	{"b", "boolean"}, {"by", "bytea"}, {"j", "jsonb"}, {"u", "uuid"}, {"ia", "integer[]"},
	{"txa", "text[]"}, {"ch", "character(3)"}, {"inetc", "inet"},
};

static const char *
show_field(const DvField *field, const DvWireModes *modes, bool keep_schema)
{
	DvField		copy = *field;
	DvWireType	wire;
	DvScalar	scalar;
	DvErr		err;

	if (!keep_schema)
		copy.wire = NULL;
	for (size_t i = 0; i < sizeof(declared) / sizeof(declared[0]); i++)
	{
		if (!dv_slice_is(field->name, declared[i][0]))
			continue;
		assert_true(dv_wire_from_declared(declared[i][1], modes, &test_arena, &wire, &err));
		if (!dv_json_scalar(&copy, &wire, modes, &test_arena, &scalar, &err))
			fail_msg("%s: %s", declared[i][0], err.message);
		return show(&scalar);
	}
	fail_msg("no type for %.*s", (int) field->name.len, field->name.data);
	return NULL;
}

/* The schema in the message and the declaration must come to the same. */
static void
compare_with_declared(const char *file, const DvWireModes *modes)
{
	DvMessage  *messages;
	int			n = load_captures(file, &messages);
	int			compared = 0;

	for (int i = 0; i < n; i++)
	{
		DvEvent		event;
		DvErr		err;

		assert_true(dv_json_decode(&messages[i], &test_arena, &event, &err));
		if (!dv_slice_is(event.table, "allt") || event.kind != DV_EVENT_ROW)
			continue;
		for (int f = 0; f < event.after.nfields; f++, compared++)
		{
			assert_non_null(event.after.fields[f].wire);
			assert_string_equal(show_field(&event.after.fields[f], modes, true),
								show_field(&event.after.fields[f], modes, false));
		}
	}
	assert_true(compared > 60);
	release_blocks();
}

static void
test_schema_agrees_with_declaration(void **state)
{
	static const char *const scenarios[] = {"01-snapshot", "09-types-stream"};
	char		file[100];

	(void) state;
	for (int i = 0; i < 2; i++)
	{
		snprintf(file, sizeof(file), "%s.json-schema", scenarios[i]);
		compare_with_declared(file, &(DvWireModes) {0});
		snprintf(file, sizeof(file), "%s.decimal-string_time-adaptive-us", scenarios[i]);
		compare_with_declared(file, &(DvWireModes) {
			.decimal = DV_DECIMAL_STRING,.time = DV_TIME_ADAPTIVE_US
		});
		snprintf(file, sizeof(file), "%s.decimal-string_time-isostring", scenarios[i]);
		compare_with_declared(file, &(DvWireModes) {.decimal = DV_DECIMAL_STRING,.time = DV_TIME_ISOSTRING});
		snprintf(file, sizeof(file), "%s.decimal-double_time-connect", scenarios[i]);
		compare_with_declared(file, &(DvWireModes) {.decimal = DV_DECIMAL_DOUBLE,.time = DV_TIME_CONNECT});
	}
}

/* The first row of allt by another run of the connector, without schemas. */
static void
test_schemaless_values(void **state)
{
	static const char *const expected[] = {
		"int 11", "date 2026-11-23", "timestamp 2026-11-23 01:02:03",
		"timestamp 2026-11-23 01:02:03.456", "timestamp 2026-11-23 01:02:03.456789",
		"timestamptz 2026-11-22 22:02:03.456789+00", "time 01:02:03.456", "time 01:02:03.456789",
		"text 22:02:03.456789+00", "text 10303:05:06.78", "text -12345.67",
		"text 1000000000000000000000000000000", "float 1.5", "float 2.25", "bool true",
		"bytes deadbeef", "text {\"a\": [1, 2.50, null]}",
		"text 11111111-2222-4333-8444-555555555555", "text {1,NULL,3}",
		"text {a,\"b,c\",NULL}", "text AB ", "text 10.0.0.1/8",
	};
	DvMessage  *messages;
	int			n = load_captures("09-types-stream.json-noschema", &messages);
	int			seen = 0;

	(void) state;
	for (int i = 0; i < n; i++)
	{
		DvEvent		event;
		DvErr		err;

		assert_true(dv_json_decode(&messages[i], &test_arena, &event, &err));
		if (event.op != 'c' || !dv_slice_is(event.after.fields[0].raw, "11"))
			continue;
		seen++;
		assert_int_equal(event.after.nfields, 22);
		for (int f = 0; f < 22; f++)
			assert_string_equal(show_field(&event.after.fields[f], &(DvWireModes) {0}, true), expected[f]);
	}
	assert_int_equal(seen, 1);
	release_blocks();
}

#define SOURCE "\"source\":{\"name\":\"b\",\"schema\":\"s\",\"table\":\"t\",\"ts_ms\":7,\"sequence\":\"[\\\"1\\\",\\\"2\\\"]\",\"lsn\":9}"

static bool
decode_pair(const char *key, const char *value, DvEvent *event, DvErr *err)
{
	DvMessage	message = {.topic = "b.s.t",.key = slice(key),.value = slice(value)};

	memset(err, 0, sizeof(*err));
	return dv_json_decode(&message, &test_arena, event, err);
}

static void
test_positions(void **state)
{
	DvEvent		event;
	DvErr		err;

	(void) state;
	assert_true(decode_pair("{\"id\":1}", "{\"after\":{\"id\":1}," SOURCE ",\"op\":\"c\"}", &event, &err));
	assert_true(event.has_commit && event.commit == 1 && event.lsn == 2 && event.source_us == 7000);
	assert_true(decode_pair(NULL, "{\"op\":\"c\",\"after\":{},\"source\":{\"name\":\"b\",\"schema\":\"s\",\"table\":\"t\",\"ts_us\":-1,\"lsn\":9}}", &event, &err));
	assert_true(!event.has_commit && event.lsn == 9 && event.source_us == -1);
	assert_true(decode_pair(NULL, "{\"op\":\"c\",\"after\":{},\"source\":{\"name\":\"b\",\"schema\":\"s\",\"table\":\"t\",\"ts_ms\":0,\"lsn\":9,"
							"\"sequence\":\"[\\\"18446744073709551615\\\",null]\"}}", &event, &err));
	assert_true(event.has_commit && event.commit == UINT64_MAX && event.lsn == 9);
	assert_false(decode_pair(NULL, "{\"op\":\"c\",\"after\":{},\"source\":{\"schema\":\"s\",\"table\":\"t\"}}", &event, &err));
	assert_int_equal(err.class, DV_ERR_POSITION);
	assert_false(decode_pair(NULL, "{\"op\":\"c\",\"after\":{},\"source\":{\"schema\":\"s\",\"table\":\"t\",\"lsn\":1,\"sequence\":\"[1\"}}", &event, &err));
	assert_int_equal(err.class, DV_ERR_POSITION);
	assert_false(decode_pair(NULL, "{\"id\":1,\"__op\":\"c\"}", &event, &err));
	assert_int_equal(err.class, DV_ERR_NOT_DEBEZIUM);
	assert_non_null(strstr(err.hint, "ExtractNewRecordState"));
	release_blocks();
}

/* A row event whose source block has these members; the class of its error, or none. */
static DvErrClass
class_of(const char *members, DvEvent *event)
{
	char		value[512];
	DvErr		err;

	snprintf(value, sizeof(value), "{\"op\":\"c\",\"after\":{},\"source\":{\"schema\":\"s\",\"table\":\"t\",\"lsn\":9,%s}}", members);
	return decode_pair(NULL, value, event, &err) ? DV_ERR_NONE : err.class;
}

static void
test_times_and_connectors(void **state)
{
	static const char *const impossible[] = {
		"", ",\"ts_ms\":null", ",\"ts_ms\":\"7\"", ",\"ts_ms\":1.5", ",\"ts_ms\":1000000000000000000",
		",\"ts_ms\":-1000000000000000000", ",\"ts_us\":-210866803200000001", ",\"ts_us\":1e18"
	};
	DvEvent		event;
	char		members[128];

	(void) state;
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
	{
		snprintf(members, sizeof(members), "\"name\":\"b\"%s", impossible[i]);
		assert_int_equal(class_of(members, &event), DV_ERR_POSITION);
		assert_true(event.has_lsn && event.source_us == 0);
	}
	assert_int_equal(class_of("\"name\":\"b\",\"ts_us\":-210866803200000000", &event), DV_ERR_NONE);
	/* microseconds are better, wherever they stand; what cannot be is as if it were not there */
	assert_int_equal(class_of("\"name\":\"b\",\"ts_us\":7001,\"ts_ms\":7", &event), DV_ERR_NONE);
	assert_int_equal(event.source_us, 7001);
	assert_int_equal(class_of("\"name\":\"b\",\"ts_ms\":7,\"ts_us\":7001", &event), DV_ERR_NONE);
	assert_int_equal(event.source_us, 7001);
	assert_int_equal(class_of("\"name\":\"b\",\"ts_us\":1e30,\"ts_ms\":7", &event), DV_ERR_NONE);
	assert_int_equal(event.source_us, 7000);
	assert_int_equal(class_of("\"ts_ms\":7", &event), DV_ERR_NOT_DEBEZIUM);
	assert_int_equal(class_of("\"ts_ms\":7,\"name\":null", &event), DV_ERR_NOT_DEBEZIUM);
	assert_int_equal(class_of("\"ts_ms\":7,\"name\":\"\"", &event), DV_ERR_NOT_DEBEZIUM);
	release_blocks();
}

static void
test_reject_keeps_what_was_read(void **state)
{
	DvEvent		event;
	DvErr		err;

	(void) state;
	/* a NUL in a value does not hide the source behind it */
	assert_false(decode_pair("{\"id\":1}", "{\"after\":{\"a\":\"x\\u0000\"}," SOURCE ",\"op\":\"c\"}", &event, &err));
	assert_int_equal(err.class, DV_ERR_MALFORMED);
	assert_string_equal(err.message, "malformed JSON at byte 16: NUL character");
	assert_true(event.key.present && event.lsn == 2 && dv_slice_is(event.table, "t"));
	/* a broken value leaves the key */
	assert_false(decode_pair("{\"id\":1}", "{\"after\":", &event, &err));
	assert_true(event.key.present && event.key.nfields == 1);
	/* a broken key leaves the position */
	assert_false(decode_pair("{\"id\":", "{\"after\":{}," SOURCE ",\"op\":\"c\"}", &event, &err));
	assert_true(!event.key.present && event.lsn == 2);
	assert_string_equal(err.detail, "The fault is in the message key.");
	release_blocks();
}

static void
test_tombstones_and_wrapped_keys(void **state)
{
	DvEvent		event;
	DvErr		err;

	(void) state;
	assert_true(decode_pair("{\"id\":1}", NULL, &event, &err));
	assert_true(event.kind == DV_EVENT_TOMBSTONE && event.key.nfields == 1);
	assert_true(decode_pair("{\"schema\":null,\"payload\":{\"id\":1}}", "{\"schema\":null,\"payload\":null}", &event, &err));
	assert_int_equal(event.kind, DV_EVENT_TOMBSTONE);
	assert_true(dv_slice_is(event.key.fields[0].name, "id"));
	/* a table may have columns of these names */
	assert_true(decode_pair("{\"schema\":\"a\",\"payload\":\"b\"}", NULL, &event, &err));
	assert_int_equal(event.key.nfields, 2);
	release_blocks();
}

static void
test_json_corpus(void **state)
{
	static const char *const good[] = {
		"{}", "[]", "[[]]", " [1 , 2]\r\n", "\"\"", "0", "-0", "1e5", "-1.5E-7", "true", "null",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\xf4\x8f\xbf\xbf\"", "\"\x7f\"",
		"{\"a\":{\"b\":[{},{\"c\":null}]}}", "\"12345678\\\"abcdefgh\"", "{\"a\":1,\"a\":2}",
	};
	static const char *const bad[] = {
		"", " ", "[", "]", "{", "[1", "[1,", "[,1]", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
		"{a:1}", "{1:1}", "{\"a\" 1}", "[}", "{]", "[1}", "nul", "truex", "01", "-", "1.", ".5", "+1", "1e", "1e+",
		"0x1", "NaN", "Infinity", "'a'", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\n\"", "\"\t\"",
		"\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\u0000\"", "1 2", "{}{}", "[] x", "/**/1",
		"\"\x80\"", "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf0\x80\x80\x80\"",
		"\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "\"\xff\"", "\xef\xbb\xbf{}", "\"abcdefgh\x01\"",
	};
	DvErr		err;
	DvJsonValue value;
	DvJson		json;

	(void) state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		dv_json_begin(&json, slice(good[i]), &err);
		if (!dv_json_value(&json, &value) || !dv_json_end(&json))
			fail_msg("%s: %s", good[i], err.message);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		memset(&err, 0, sizeof(err));
		dv_json_begin(&json, slice(bad[i]), &err);
		if (dv_json_value(&json, &value) && dv_json_end(&json))
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(err.class, DV_ERR_MALFORMED);
	}
}

static void
test_depth_and_nul(void **state)
{
	char		text[2 * DV_JSON_MAX_DEPTH + 4];
	DvErr		err;
	DvJsonValue value;
	DvJson		json;

	(void) state;
	for (int depth = DV_JSON_MAX_DEPTH; depth <= DV_JSON_MAX_DEPTH + 1; depth++)
	{
		memset(text, '[', (size_t) depth);
		memset(text + depth, ']', (size_t) depth);
		dv_json_begin(&json, (DvSlice) {text, 2 * (size_t) depth}, &err);
		assert_int_equal(dv_json_value(&json, &value), depth == DV_JSON_MAX_DEPTH);
	}
	assert_non_null(strstr(err.message, "nested deeper than 64"));
	dv_json_begin(&json, (DvSlice) {"\"a\0b\"", 5}, &err);
	assert_true(dv_json_value(&json, &value) && !dv_json_end(&json));
	assert_string_equal(err.message, "malformed JSON at byte 2: NUL character");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_capture_decodes),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_key_change_headers),
		cmocka_unit_test(test_other_scenarios),
		cmocka_unit_test(test_schema_agrees_with_declaration),
		cmocka_unit_test(test_schemaless_values),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_times_and_connectors),
		cmocka_unit_test(test_reject_keeps_what_was_read),
		cmocka_unit_test(test_tombstones_and_wrapped_keys),
		cmocka_unit_test(test_json_corpus),
		cmocka_unit_test(test_depth_and_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
