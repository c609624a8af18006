/*
 * valid.c
 *	  Fields of a request, checked by type: a handler sees none that is not what its route says.
 */
#include "valid.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/*
 * As text.c has it. What is beyond four digits stands for itself: how it would be escaped depends on who reads it.
 */
#define BLANK "\\u0020\\u00A0\\u1680\\u2000-\\u200A\\u202F\\u205F\\u3000"
#define MARKS "\\u0300-\\u036F\\u0483-\\u0489\\u0591-\\u05BD\\u0610-\\u061A\\u064B-\\u065F\\u06D6-\\u06DC\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u1AB0-\\u1AFF\\u1DC0-\\u1DFF\\u20D0-\\u20FF\\uFE00-\\uFE0F\\uFE20-\\uFE2F"
#define UNCLEAN "\\u0000-\\u001F\\u007F-\\u009F\\u00AD\\u034F\\u061C\\u115F-\\u1160\\u17B4-\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u2800\\u3164\\uFEFF\\uFFA0\\uFFF0-\\uFFFB\\uFFFE-\\uFFFF\U000E0000-\U000E0FFF"
#define CLEAN "^(?![" BLANK "]*$)(?!.*[" MARKS "]{5})[^" UNCLEAN "]*$"
#define WRITTEN "2222-2222-2222-2222"

/*
 * What a type is: how it is read, and beside it the same for those who read the table of routes, as JSON Schema
 * says it.
 */
typedef struct Kind
{
	const char *name;
	const char *schema_type;
	const char *form;			/* all of its texts, as text_matches() reads it; NULL: is_valid() knows more */
	const char *pattern;
	const char *format;
	int64_t		least;			/* of a number, or of its characters; most = 0: as the field says */
	int64_t		most;
} Kind;

static const Kind kinds[] = {
	[FIELD_ID] = {"id", "integer", .least = 1, .most = MOST_AMOUNT},
	[FIELD_NUMBER] = {"number", "integer"},
	[FIELD_AMOUNT] = {"amount", "integer", .least = 1, .most = MOST_AMOUNT},
	[FIELD_LINE] = {"line", "string", .pattern = CLEAN},
	[FIELD_CHOICE] = {"choice", "string"},
	[FIELD_BOOLEAN] = {"boolean", "boolean"},
	[FIELD_UUID] = {"uuid", "string", .format = "uuid",
	.pattern = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[47][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$"},
	[FIELD_DATE] = {"date", "string", .format = "date", .pattern = "^(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"},
	[FIELD_CURRENCY] = {"currency", "string", "AAA", "^[A-Z]{3}$"},
	[FIELD_ACCOUNT_NO] = {"account_no", "string", "99999999999999999999", "^[0-9]{20}$"},
	[FIELD_LOGIN] = {"login", "string", .pattern = "^[0-9a-z][0-9a-z._-]*$", .least = 3, .most = 64},
	[FIELD_PASSWORD] = {"password", "string", .pattern = "^[^\\u0000]*$", .format = "password", .least = 8, .most = 128},
	[FIELD_CODE] = {"code", "string", .pattern = "^([0-9]{6}|[2-7a-z]{4}(-[2-7a-z]{4}){3})$"},
	[FIELD_ONE_TIME_CODE] = {"one_time_code", "string", "999999", "^[0-9]{6}$"},
	[FIELD_WRITTEN_CODE] = {"written_code", "string", WRITTEN, "^[2-7a-z]{4}(-[2-7a-z]{4}){3}$"},
	[FIELD_TOKEN] = {"token", "string", .pattern = "^[0-9A-Za-z_-]{43}$"},
	[FIELD_PARTY_NO] = {"party_no", "string", "C9999999999", "^C[0-9]{10}$"},
};

/* An integer within bounds, as it is written in the path or the query: no sign, no leading zero. */
static bool
is_number(const char *text, int64_t least, int64_t most)
{
	size_t		len = strlen(text);
	int64_t		number;

	if (len == 0 || len > 18 || strspn(text, "0123456789") != len || (text[0] == '0' && len > 1))
		return false;
	number = strtoll(text, NULL, 10);
	return number >= least && number <= most;
}

static bool
is_choice(const char *text, const char *choices)
{
	size_t		len = strlen(text);

	while (*choices)
	{
		size_t		size = strcspn(choices, "|");

		if (size == len && strncmp(text, choices, len) == 0)
			return true;
		choices += size;
		choices += *choices == '|';
	}
	return false;
}

static bool
is_uuid(const char *text)
{
	return text_matches(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh") && (text[14] == '4' || text[14] == '7')
		&& strchr("89abAB", text[19]) != NULL;
}

static bool
is_login(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0' && strchr("._-", text[0]) == NULL;
}

static bool
is_length(const char *text, int64_t least, int64_t most)
{
	long		length = text_characters(text);

	return length >= least && length <= most;
}

/* Bounds of a field: the type's, or its own. */
static int64_t
least_of(const Field *field)
{
	return kinds[field->type].most ? kinds[field->type].least : field->least;
}

static int64_t
most_of(const Field *field)
{
	return kinds[field->type].most ? kinds[field->type].most : field->most;
}

static bool
is_valid(const Field *field, const char *text)
{
	switch (field->type)
	{
		case FIELD_ID:
		case FIELD_NUMBER:
		case FIELD_AMOUNT:
			return is_number(text, least_of(field), most_of(field));
		case FIELD_LINE:
			return is_length(text, least_of(field), most_of(field)) && text_is_clean(text) && !text_is_blank(text);
		case FIELD_CHOICE:
			return is_choice(text, field->choices);
		case FIELD_BOOLEAN:
			return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
		case FIELD_UUID:
			return is_uuid(text);
		case FIELD_DATE:
			return text_is_date(text);
		case FIELD_LOGIN:
			return is_length(text, least_of(field), most_of(field)) && is_login(text);
		case FIELD_PASSWORD:
			return is_length(text, least_of(field), most_of(field));
		case FIELD_CODE:
			return text_matches(text, kinds[FIELD_ONE_TIME_CODE].form) || text_matches(text, WRITTEN);
		case FIELD_TOKEN:
			return strlen(text) == 43 && text_is_base64url(text, 43);
		default:
			return text_matches(text, kinds[field->type].form);
	}
}

static bool
wrong(Values *values, const char *code, const char *field)
{
	values->code = code;
	values->field = field;
	return false;
}

/*
 * A field's member of the body as text: numbers come as numbers, truths as such, the rest as strings; NULL for one
 * that is not there. False if it is of another kind.
 */
static bool
from_body(Values *values, int i, const Field *field, const Request *request)
{
	const json_t *member = json_object_get(request->body, field->name);
	bool		number = strcmp(kinds[field->type].schema_type, "integer") == 0;

	if (member == NULL || (json_is_null(member) && field->optional))
		return true;
	if (number && json_is_integer(member))
	{
		snprintf(values->space[i], sizeof(values->space[i]), "%" JSON_INTEGER_FORMAT, json_integer_value(member));
		values->text[i] = values->space[i];
		return true;
	}
	if (field->type == FIELD_BOOLEAN)
	{
		values->text[i] = json_is_true(member) ? "true" : "false";
		return json_is_boolean(member);
	}
	if (!number && json_is_string(member) && strlen(json_string_value(member)) == json_string_length(member))
	{
		values->text[i] = json_string_value(member);
		return true;
	}
	return false;
}

static const char *
from_query(const Field *field, const Request *request)
{
	for (int i = 0; i < request->parameters; i++)
		if (strcmp(request->parameter[i].name, field->name) == 0)
			return request->parameter[i].value;
	return NULL;
}

static bool
is_known(const Field *fields, Place place, const char *name)
{
	for (const Field *field = fields; field->place != PLACE_NONE; field++)
		if (field->place == place && strcmp(field->name, name) == 0)
			return true;
	return false;
}

/* Nothing that the route does not have: a field that is not read is one that somebody believes in. */
static bool
only_known(Values *values, const Field *fields, const Request *request)
{
	const char *name;
	json_t	   *member;

	for (int i = 0; i < request->parameters; i++)
		if (!is_known(fields, PLACE_QUERY, request->parameter[i].name))
			return wrong(values, "unknown_field", request->parameter[i].name);
	json_object_foreach(request->body, name, member)
		if (!is_known(fields, PLACE_BODY, name))
			return wrong(values, "unknown_field", name);
	return true;
}

/* Who changes something says what: a body whose fields may each be missing has one of them. */
static bool
has_something(Values *values, const Field *fields, const Request *request)
{
	bool		some = false;

	for (const Field *field = fields; field->place != PLACE_NONE; field++)
		if (field->place == PLACE_BODY && !field->optional)
			return true;
		else
			some |= field->place == PLACE_BODY;
	return !some || json_object_size(request->body) > 0 || wrong(values, "missing_field", NULL);
}

/* No period is longer than its route has it, or ends before it begins. */
static bool
only_short(Values *values, const Field *fields)
{
	for (int i = 1; i < FIELDS && fields[i].place != PLACE_NONE; i++)
	{
		long		days;

		if (fields[i].days == 0)
			continue;
		days = text_day(values->text[i]) - text_day(values->text[i - 1]) + 1;
		if (days < 1 || days > fields[i].days)
			return wrong(values, "period_too_long", fields[i].name);
	}
	return true;
}

/*
 * Read a route's fields. False if one is missing, unknown, or not what it must be: values has a
 * code, and the field.
 *
 * path_values: in the order of the fields whose place is the path.
 */
bool
valid_read(Values *values, const Field *fields, const Request *request, const char *const *path_values)
{
	memset(values, 0, sizeof(*values));
	for (int i = 0; fields[i].place != PLACE_NONE; i++)
	{
		const Field *field = &fields[i];

		switch (field->place)
		{
			case PLACE_PATH:
				values->text[i] = *path_values++;
				break;
			case PLACE_QUERY:
				values->text[i] = from_query(field, request);
				break;
			case PLACE_BODY:
				if (!from_body(values, i, field, request))
					return wrong(values, "bad_field", field->name);
				break;
			default:
				values->text[i] = request->client;
				continue;
		}
		if (values->text[i] == NULL)
		{
			if (!field->optional)
				return wrong(values, "missing_field", field->name);
			values->text[i] = field->standard;
		}
		else if (!is_valid(field, values->text[i]))
			/* an id in a path that is none is that of nothing */
			return field->place == PLACE_PATH ? wrong(values, "not_found", NULL) : wrong(values, "bad_field", field->name);
	}
	return only_known(values, fields, request) && has_something(values, fields, request)
		&& only_short(values, fields);
}

/*
 * A field's value by its name; NULL if it was not given, or the route has none such.
 */
const char *
valid_get(const Values *values, const Field *fields, const char *name)
{
	for (int i = 0; fields[i].place != PLACE_NONE; i++)
		if (strcmp(fields[i].name, name) == 0)
			return values->text[i];
	return NULL;
}

static void
add_text(json_t *object, const char *name, const char *value)
{
	if (value)
		json_object_set_new(object, name, json_string(value));
}

static json_t *
split(const char *choices)
{
	json_t	   *list = json_array();

	for (; *choices; choices += *choices == '|')
	{
		size_t		size = strcspn(choices, "|");

		json_array_append_new(list, json_stringn(choices, size));
		choices += size;
	}
	return list;
}

/*
 * A field's values as JSON Schema; null, which a body may have for one that is not given, is not among them.
 */
json_t *
valid_schema(const Field *field)
{
	const Kind *kind = &kinds[field->type];
	bool		number = strcmp(kind->schema_type, "integer") == 0;
	json_t	   *schema = json_pack("{s:s}", "type", kind->schema_type);

	add_text(schema, "format", kind->format);
	add_text(schema, "pattern", kind->pattern);
	if (field->choices)
		json_object_set_new(schema, "enum", split(field->choices));
	if (most_of(field))
	{
		json_object_set_new(schema, number ? "minimum" : "minLength", json_integer(least_of(field)));
		json_object_set_new(schema, number ? "maximum" : "maxLength", json_integer(most_of(field)));
	}
	if (field->standard)
		json_object_set_new(schema, "default", number ? json_integer(atoll(field->standard)) : json_string(field->standard));
	return schema;
}

const char *
valid_type_name(FieldType type)
{
	return kinds[type].name;
}
