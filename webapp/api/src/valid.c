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

const char *
valid_type_name(FieldType type)
{
	static const char *const names[] = {
		[FIELD_ID] = "id", [FIELD_NUMBER] = "number", [FIELD_AMOUNT] = "amount", [FIELD_LINE] = "line", [FIELD_CHOICE] = "choice",
		[FIELD_BOOLEAN] = "boolean",
		[FIELD_UUID] = "uuid", [FIELD_DATE] = "date", [FIELD_CURRENCY] = "currency", [FIELD_ACCOUNT_NO] = "account_no",
		[FIELD_LOGIN] = "login", [FIELD_PASSWORD] = "password", [FIELD_CODE] = "code",
		[FIELD_ONE_TIME_CODE] = "one_time_code", [FIELD_WRITTEN_CODE] = "written_code", [FIELD_TOKEN] = "token",
		[FIELD_PARTY_NO] = "party_no",
	};

	return names[type];
}

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
	size_t		len = strlen(text);

	return len >= 3 && len <= 64 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len && strchr("._-", text[0]) == NULL;
}

static bool
is_length(const char *text, long least, long most)
{
	long		length = text_characters(text);

	return length >= least && length <= most;
}

static bool
is_valid(const Field *field, const char *text)
{
	switch (field->type)
	{
		case FIELD_ID:
			return is_number(text, 1, INT64_C(999999999999999999));
		case FIELD_NUMBER:
			return is_number(text, field->least, field->most);
		case FIELD_AMOUNT:
			return is_number(text, 1, MOST_AMOUNT);
		case FIELD_LINE:
			return is_length(text, field->least, field->most) && text_is_clean(text);
		case FIELD_CHOICE:
			return is_choice(text, field->choices);
		case FIELD_BOOLEAN:
			return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
		case FIELD_UUID:
			return is_uuid(text);
		case FIELD_DATE:
			return text_is_date(text);
		case FIELD_CURRENCY:
			return text_matches(text, "AAA");
		case FIELD_ACCOUNT_NO:
			return text_matches(text, "99999999999999999999");
		case FIELD_LOGIN:
			return is_login(text);
		case FIELD_PASSWORD:
			return is_length(text, 8, 128);
		case FIELD_CODE:
			return text_matches(text, "999999") || text_matches(text, "2222-2222-2222-2222");
		case FIELD_ONE_TIME_CODE:
			return text_matches(text, "999999");
		case FIELD_WRITTEN_CODE:
			return text_matches(text, "2222-2222-2222-2222");
		case FIELD_TOKEN:
			return strlen(text) == 43 && text_is_base64url(text, 43);
		case FIELD_PARTY_NO:
			return text_matches(text, "C9999999999");
	}
	return false;
}

static bool
wrong(Values *values, int status, const char *code, const char *field)
{
	values->status = status;
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
	bool		number = field->type == FIELD_ID || field->type == FIELD_NUMBER || field->type == FIELD_AMOUNT;

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
			return wrong(values, 422, "unknown_field", request->parameter[i].name);
	json_object_foreach(request->body, name, member)
		if (!is_known(fields, PLACE_BODY, name))
			return wrong(values, 422, "unknown_field", name);
	return true;
}

/*
 * Read a route's fields. False if one is missing, unknown, or not what it must be: values has the
 * status, a code, and the field.
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
					return wrong(values, 422, "bad_field", field->name);
				break;
			default:
				values->text[i] = request->client;
				continue;
		}
		if (values->text[i] == NULL)
		{
			if (!field->optional)
				return wrong(values, 422, "missing_field", field->name);
			values->text[i] = field->standard;
		}
		else if (!is_valid(field, values->text[i]))
			/* an id in a path that is none is that of nothing */
			return wrong(values, field->place == PLACE_PATH ? 404 : 422, field->place == PLACE_PATH ? "not_found" : "bad_field", field->name);
	}
	return only_known(values, fields, request);
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
