/*
 * test_valid.c
 *	  Fields, by type.
 */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "text.h"
#include "valid.h"

/* Whether a body's member x, given as JSON, is a good field of this type. */
static bool
is_good(Field field, const char *json)
{
	Field		fields[] = {field, {0}};
	char		body[600];
	char	   *variables[] = {(char *) "REQUEST_METHOD=POST", (char *) "REQUEST_URI=/x", (char *) "CONTENT_TYPE=application/json", NULL};
	Request		request;
	Values		values;
	bool		good;

	fields[0].place = PLACE_BODY;
	fields[0].name = "x";
	snprintf(body, sizeof(body), "{\"x\": %s}", json);
	request_read(&request, variables, body, strlen(body));
	assert_null(request.refused);
	good = valid_read(&values, fields, &request, NULL);
	if (!good)
		assert_string_equal(values.field, "x");
	request_end(&request);
	return good;
}

static void
numbers(void **state)
{
	Field		amount = {.type = FIELD_AMOUNT};
	Field		number = {.type = FIELD_NUMBER, .least = 5, .most = 10};

	(void) state;
	assert_true(is_good(amount, "1"));
	assert_true(is_good(amount, "9007199254740991"));
	assert_false(is_good(amount, "9007199254740992"));
	assert_false(is_good(amount, "0"));
	assert_false(is_good(amount, "-1"));
	assert_false(is_good(amount, "1.0"));
	assert_false(is_good(amount, "1e2"));
	assert_false(is_good(amount, "\"1\""));
	assert_false(is_good(amount, "true"));
	assert_false(is_good(amount, "null"));
	assert_true(is_good(number, "5"));
	assert_true(is_good(number, "10"));
	assert_false(is_good(number, "4"));
	assert_false(is_good(number, "11"));
	assert_true(is_good((Field) {.type = FIELD_ID}, "9007199254740991"));
	assert_false(is_good((Field) {.type = FIELD_ID}, "9007199254740992"));
	assert_false(is_good((Field) {.type = FIELD_ID}, "0"));
}

static void
texts(void **state)
{
	Field		line = {.type = FIELD_LINE, .least = 2, .most = 4};

	(void) state;
	assert_true(is_good(line, "\"да\""));
	assert_true(is_good(line, "\"слон\""));
	assert_false(is_good(line, "\"слоны\""));
	assert_false(is_good(line, "\"x\""));
	assert_false(is_good(line, "\"a\\nb\""));
	assert_false(is_good(line, "\"a\\u202eb\""));
	assert_false(is_good(line, "\"   \""));
	assert_false(is_good(line, "\"\\u00a0\\u3000\""));
	assert_true(is_good(line, "\" a\""));
	assert_false(is_good(line, "12"));
	assert_false(is_good(line, "[\"ab\"]"));
	assert_true(is_good((Field) {.type = FIELD_CHOICE, .choices = "active|frozen"}, "\"frozen\""));
	assert_false(is_good((Field) {.type = FIELD_CHOICE, .choices = "active|frozen"}, "\"froz\""));
	assert_false(is_good((Field) {.type = FIELD_CHOICE, .choices = "active|frozen"}, "\"active|frozen\""));
	assert_false(is_good((Field) {.type = FIELD_CHOICE, .choices = "active|frozen"}, "\"\""));
}

static void
forms(void **state)
{
	(void) state;
	assert_true(is_good((Field) {.type = FIELD_UUID}, "\"3b241101-e2bb-4255-8caf-4136c566a962\""));
	assert_true(is_good((Field) {.type = FIELD_UUID}, "\"01890a5d-ac96-774b-bcce-b302099a8057\""));	/* version 7, RFC 9562 */
	assert_false(is_good((Field) {.type = FIELD_UUID}, "\"3b241101-e2bb-3255-8caf-4136c566a962\""));
	assert_false(is_good((Field) {.type = FIELD_UUID}, "\"3b241101-e2bb-4255-7caf-4136c566a962\""));
	assert_false(is_good((Field) {.type = FIELD_UUID}, "\"{3b241101-e2bb-4255-8caf-4136c566a962}\""));
	assert_true(is_good((Field) {.type = FIELD_LOGIN}, "\"ivan.petrov-1\""));
	assert_false(is_good((Field) {.type = FIELD_LOGIN}, "\"Ivan\""));
	assert_false(is_good((Field) {.type = FIELD_LOGIN}, "\".ivan\""));
	assert_false(is_good((Field) {.type = FIELD_LOGIN}, "\"iv\""));
	assert_true(is_good((Field) {.type = FIELD_CODE}, "\"012345\""));
	assert_true(is_good((Field) {.type = FIELD_CODE}, "\"abcd-efgh-2345-67ab\""));
	assert_false(is_good((Field) {.type = FIELD_CODE}, "\"12345\""));
	assert_false(is_good((Field) {.type = FIELD_CODE}, "\"abcd-efgh-2345-67a1\""));
	assert_true(is_good((Field) {.type = FIELD_PASSWORD}, "\"пароль88\""));
	assert_false(is_good((Field) {.type = FIELD_PASSWORD}, "\"пароль7\""));
}

/* A field's schema, as it is printed. */
static void
assert_schema(Field field, const char *wanted)
{
	json_t	   *schema = valid_schema(&field);
	char	   *text = json_dumps(schema, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, wanted);
	free(text);
	json_decref(schema);
}

static void
schemas(void **state)
{
	(void) state;
	assert_schema((Field) {.type = FIELD_AMOUNT}, "{\"maximum\":9007199254740991,\"minimum\":1,\"type\":\"integer\"}");
	assert_schema((Field) {.type = FIELD_NUMBER, .least = 0, .most = 7, .standard = "5"},
				  "{\"default\":5,\"maximum\":7,\"minimum\":0,\"type\":\"integer\"}");
	assert_schema((Field) {.type = FIELD_CHOICE, .choices = "ru|en"}, "{\"enum\":[\"ru\",\"en\"],\"type\":\"string\"}");
	assert_schema((Field) {.type = FIELD_LOGIN},
				  "{\"maxLength\":64,\"minLength\":3,\"pattern\":\"^[0-9a-z][0-9a-z._-]*$\",\"type\":\"string\"}");
	assert_schema((Field) {.type = FIELD_BOOLEAN}, "{\"type\":\"boolean\"}");
}

/* The next character of a class of a pattern, as itself or as \\uXXXX; moves behind it. */
static unsigned
read_character(const char **at)
{
	const unsigned char *text = (const unsigned char *) *at;
	int			more = *text < 0x80 ? 0 : *text < 0xE0 ? 1 : *text < 0xF0 ? 2 : 3;
	unsigned	c = more ? *text & (0x3F >> more) : *text;

	if (strncmp(*at, "\\u", 2) == 0)
	{
		assert_int_equal(sscanf(*at, "\\u%4x", &c), 1);
		*at += 6;
		return c;
	}
	for (int i = 1; i <= more; i++)
		c = c << 6 | (text[i] & 0x3F);
	*at += more + 1;
	return c;
}

/* Whether a character is of the class that begins there. */
static bool
is_of_class(const char *at, unsigned c)
{
	while (*at != ']')
	{
		unsigned	from = read_character(&at);
		unsigned	to = from;

		if (*at == '-')
		{
			at++;
			to = read_character(&at);
		}
		if (c >= from && c <= to)
			return true;
	}
	return false;
}

/* A character in UTF-8, which text has room for. */
static void
write_character(char *text, unsigned c)
{
	int			more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

	*text++ = (char) (more == 0 ? c : (0xF0 << (3 - more) & 0xFF) | c >> 6 * more);
	for (; more > 0; more--)
		*text++ = (char) (0x80 | (c >> 6 * (more - 1) & 63));
}

/* What a line may have is said twice, as a pattern and by text.c: of each character the same. */
static void
characters(void **state)
{
	Field		line = {.type = FIELD_LINE, .least = 1, .most = 1};
	json_t	   *schema = valid_schema(&line);
	const char *pattern = json_string_value(json_object_get(schema, "pattern"));
	const char *blanks = strstr(pattern, "(?![") + 4;
	const char *marks = strstr(pattern, "(?!.*[") + 6;
	const char *shut_out = strstr(pattern, "[^") + 2;

	(void) state;
	assert_non_null(strstr(marks, "]{5})"));
	for (unsigned c = 1; c <= 0x10FFFF; c++)
	{
		char		text[5] = {0};
		char		five[21];

		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		write_character(text, c);
		snprintf(five, sizeof(five), "%s%s%s%s%s", text, text, text, text, text);
		if (text_is_clean(text) == is_of_class(shut_out, c) || text_is_blank(text) != is_of_class(blanks, c)
			|| text_is_clean(five) == (is_of_class(shut_out, c) || is_of_class(marks, c)))
			fail_msg("U+%04X", c);
	}
	json_decref(schema);
}

/* Whether a text is what a schema says: its pattern, and its length. */
static bool
fits(const json_t *schema, const regex_t *pattern, const char *text)
{
	const json_t *least = json_object_get(schema, "minLength");
	json_int_t	len = (json_int_t) strlen(text);

	return regexec(pattern, text, 0, NULL, 0) == 0
		&& (least == NULL || (len >= json_integer_value(least) && len <= json_integer_value(json_object_get(schema, "maxLength"))));
}

/* A day that there is not has the form of one: that is for whoever knows the format. */
static bool
is_odd_day(FieldType type, const char *text)
{
	return type == FIELD_DATE && atoi(text + 8) >= 29;
}

static void
compare(FieldType type, const json_t *schema, const regex_t *pattern, const char *text)
{
	char		json[200];

	snprintf(json, sizeof(json), "\"%s\"", text);
	if (is_good((Field) {.type = type}, json) != fits(schema, pattern, text) && !is_odd_day(type, text))
		fail_msg("%s", text);
}

/* All that are a character away from a good one: each other character in each place, one too few, one too many. */
static void
compare_around(FieldType type, const char *good)
{
	json_t	   *schema = valid_schema(&(Field) {.type = type});
	size_t		len = strlen(good);
	regex_t		pattern;
	char		text[100];

	assert_int_equal(regcomp(&pattern, json_string_value(json_object_get(schema, "pattern")), REG_EXTENDED | REG_NOSUB), 0);
	assert_true(fits(schema, &pattern, good));
	for (size_t i = 0; i <= len; i++)
		for (char c = 0x20; c < 0x7F; c++)
		{
			if (c == '"' || c == '\\')
				continue;
			snprintf(text, sizeof(text), "%.*s%c%s", (int) i, good, c, good + i);
			compare(type, schema, &pattern, text);
			snprintf(text, sizeof(text), "%.*s%c%s", (int) i, good, c, i < len ? good + i + 1 : "");
			compare(type, schema, &pattern, text);
			snprintf(text, sizeof(text), "%.*s%s", (int) i, good, i < len ? good + i + 1 : "");
			compare(type, schema, &pattern, text);
		}
	regfree(&pattern);
	json_decref(schema);
}

/* Every other type that has a pattern is held to it as well. */
static void
patterns(void **state)
{
	static const struct
	{
		FieldType	type;
		const char *good;
	}			samples[] = {
		{FIELD_UUID, "3b241101-e2bb-4255-8caf-4136c566a962"}, {FIELD_UUID, "01890A5D-AC96-774B-BCCE-B302099A8057"},
		{FIELD_DATE, "2026-10-05"}, {FIELD_DATE, "1900-01-31"}, {FIELD_DATE, "2199-12-10"}, {FIELD_CURRENCY, "RUB"},
		{FIELD_ACCOUNT_NO, "40817810900000900021"}, {FIELD_LOGIN, "ivan.petrov-1"}, {FIELD_LOGIN, "i_p"},
		{FIELD_LOGIN, "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"}, {FIELD_CODE, "012345"},
		{FIELD_CODE, "abcd-efgh-2345-67ab"}, {FIELD_ONE_TIME_CODE, "987654"}, {FIELD_WRITTEN_CODE, "zzzz-2222-7777-aaaa"},
		{FIELD_TOKEN, "0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde"}, {FIELD_PARTY_NO, "C9000000003"},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		compare_around(samples[i].type, samples[i].good);
}

/* Of each type that has a pattern there is a sample above, or it is tried by itself. */
static void
patterns_of_all(void **state)
{
	(void) state;
	for (FieldType type = FIELD_ID; type <= FIELD_PARTY_NO; type++)
	{
		json_t	   *schema = valid_schema(&(Field) {.type = type});
		bool		has_pattern = json_object_get(schema, "pattern") != NULL;

		json_decref(schema);
		assert_int_equal(has_pattern, type == FIELD_LINE || type >= FIELD_UUID);
	}
}

/* The code of a query that asks for days, as a route of at most so many would answer it; NULL: it is right. */
static const char *
refusal(const char *query, long most)
{
	const Field fields[] = {
		{.place = PLACE_QUERY, .name = "from", .type = FIELD_DATE},
		{.place = PLACE_QUERY, .name = "to", .type = FIELD_DATE, .days = most},
		{0}};
	char		uri[100];
	char	   *variables[] = {(char *) "REQUEST_METHOD=GET", uri, NULL};
	Request		request;
	Values		values;

	snprintf(uri, sizeof(uri), "REQUEST_URI=/x?%s", query);
	request_read(&request, variables, "", 0);
	assert_null(request.refused);
	valid_read(&values, fields, &request, NULL);
	request_end(&request);
	return values.code;
}

static void
periods(void **state)
{
	(void) state;
	assert_null(refusal("from=2026-02-28&to=2026-02-28", 1));
	assert_string_equal(refusal("from=2026-02-28&to=2026-03-01", 1), "period_too_long");
	assert_null(refusal("from=2026-02-28&to=2026-03-01", 2));
	assert_string_equal(refusal("from=2024-02-28&to=2024-03-01", 2), "period_too_long");
	assert_null(refusal("from=2024-01-01&to=2024-12-31", 366));
	assert_string_equal(refusal("from=2024-01-01&to=2025-01-01", 366), "period_too_long");
	assert_string_equal(refusal("from=2026-03-01&to=2026-02-28", 366), "period_too_long");
	assert_string_equal(refusal("from=1900-01-01&to=2199-12-31", 366), "period_too_long");
	assert_null(refusal("from=1900-01-01&to=2199-12-31", 0));
	assert_string_equal(refusal("from=2026-02-30&to=2026-03-01", 366), "bad_field");
	assert_string_equal(refusal("to=2026-03-01", 366), "missing_field");
	assert_string_equal(refusal("from=2026-03-01", 366), "missing_field");
	assert_string_equal(refusal("from=2026-03-01&to=2020-03-01&x=1", 366), "unknown_field");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(texts),
		cmocka_unit_test(forms),
		cmocka_unit_test(schemas),
		cmocka_unit_test(characters),
		cmocka_unit_test(patterns),
		cmocka_unit_test(patterns_of_all),
		cmocka_unit_test(periods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
