/*
 * reply.c
 *	  What goes out.
 *
 * Errors are problems as of RFC 9457, without a type of their own: code says which, for programs;
 * detail for people. Neither holds anything that came in but the name of a field.
 */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "jsontext.h"
#include "status.h"

#define PIECE 16384
/* More than any statement has columns. */
#define MEMBERS 32

typedef struct Said
{
	const char *code;
	int			status;
	const char *detail;
} Said;

/*
 * Our codes, of what status each is, and what it means. The pages have these sentences in their own languages, by
 * the code.
 */
static const Said said[] = {
	{"account_not_active", 409, "One of the accounts is frozen or closed."},
	{"bad_activation", 422, "Number, birth date and code do not belong together, or the code is good no more."},
	{"bad_credentials", 401, "Name, password and code do not belong together, or the code was used before."},
	{"bad_code", 422, "The code is wrong, or was used before."},
	{"bad_field", 422, "A field is not what it must be."},
	{"bad_json", 400, "The body is not a JSON object."},
	{"bad_password", 422, "The password is wrong."},
	{"bad_query", 400, "The query cannot be read."},
	{"bad_request", 400, "The request cannot be read."},
	{"body_too_large", 413, "The body is too large."},
	{"busy", 503, "Too many ask for this just now; please try again shortly."},
	{"card_not_usable", 409, "The card is blocked, or has expired."},
	{"common_password", 422, "The password is among the commonest ones; please choose another."},
	{"cross_site", 403, "Changes are accepted from the bank's own pages only."},
	{"customer_blocked", 409, "The bank has blocked you as a customer: you may look, but not pay or change; please ask a branch."},
	{"currency_differs", 422, "Both accounts must be in the currency."},
	{"field_twice", 400, "A field is given twice."},
	{"id_reused", 422, "The id was used before, with another content; a new instruction needs a new id."},
	{"insufficient_funds", 409, "There is not enough on the account."},
	{"internal", 500, "Something went wrong; it was recorded."},
	{"last_contact", 409, "This is how you can be reached; please add another one first."},
	{"limit_reached", 409, "There are as many as there may be."},
	{"login_taken", 409, "This name is taken; please choose another."},
	{"media_type", 415, "The body must be application/json."},
	{"missing_field", 422, "A field is missing."},
	{"no_session", 401, "Please sign in."},
	{"no_such_account", 422, "There is no account of this number."},
	{"no_such_method", 405, "This is not done with what is there."},
	{"no_such_route", 404, "There is nothing here."},
	{"not_allowed", 403, "This is not for your role."},
	{"not_for_party", 409, "This customer cannot register online, or has access already."},
	{"not_found", 404, "There is no such thing of yours."},
	{"order_ended", 409, "This standing order has ended; please make another one."},
	{"period_too_long", 422, "At most 366 days, the first not after the last."},
	{"query_too_long", 414, "The query is too long."},
	{"same_account", 422, "Money goes from one account to another."},
	{"step_up_needed", 403, "Please confirm with a further one-time code first."},
	{"too_many_tries", 429, "Too many tries; please wait."},
	{"transfer_void", 409, "The transfer of this id was given up before it was made; a new one needs a new id."},
	{"unavailable", 503, "The bank cannot be reached just now; please try again shortly."},
	{"unknown_field", 422, "There is no such field."},
};

/* What a code says; one that there is not says that this program is wrong. */
static const Said *
find(const char *code)
{
	const Said *internal = NULL;

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
	{
		if (strcmp(said[i].code, code) == 0)
			return &said[i];
		if (strcmp(said[i].code, "internal") == 0)
			internal = &said[i];
	}
	return internal;
}

/*
 * Every code, with what it means.
 */
json_t *
reply_codes(void)
{
	json_t	   *codes = json_object();

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		json_object_set_new(codes, said[i].code, json_string(said[i].detail));
	return codes;
}

/* Room for a time and what makes it longer. */
#define TIME_TEXT 40

/*
 * 2026-11-23 23:58:23.978592+00 as RFC 3339 has it: the session's time zone is UTC. What is no such time stays as
 * it is.
 */
static const char *
time_text(const char *value, char text[TIME_TEXT])
{
	size_t		len = strlen(value);

	if (len < 14 || len >= TIME_TEXT || value[10] != ' ' || strcmp(value + len - 3, "+00") != 0)
		return value;			/* infinity, or years of more than four digits */
	memcpy(text, value, len - 3);
	text[10] = 'T';
	text[len - 3] = 'Z';
	text[len - 2] = '\0';
	return text;
}

static json_t *
json_value(const Rows *rows, int row, int column)
{
	const char *value = rows_value(rows, row, column);
	char		text[TIME_TEXT];

	if (value == NULL)
		return json_null();
	switch (rows_kind(rows, column))
	{
		case COLUMN_INTEGER:
			return json_integer(strtoll(value, NULL, 10));
		case COLUMN_BOOLEAN:
			return json_boolean(value[0] == 't');
		case COLUMN_JSON:
			return json_loads(value, JSON_DECODE_ANY, NULL);
		case COLUMN_TIME:
			return json_string(time_text(value, text));
		default:
			return json_string(value);
	}
}

/* One row as an object: its columns are the members. */
json_t *
reply_row(const Rows *rows, int row)
{
	json_t	   *object = json_object();

	for (int column = 0; column < rows_columns(rows); column++)
		json_object_set_new(object, rows_name(rows, column), json_value(rows, row, column));
	return object;
}

static int
add_dumped(const char *data, size_t len, void *buffer)
{
	buffer_add(buffer, data, len);
	return 0;
}

/*
 * Answer with an object, which is given up to this. An answer that has begun cannot become another one: it is cut.
 */
void
reply_json(Reply *reply, int status, json_t *object)
{
	if (reply->begun)
	{
		reply->broken = true;
		json_decref(object);
		return;
	}
	reply->body.len = 0;
	reply->status = status;
	reply->type = "application/json";
	if (object == NULL || json_dump_callback(object, add_dumped, &reply->body, JSON_COMPACT) != 0
		|| reply->body.failed)
	{
		reply->status = 500;
		reply->type = NULL;
		reply->body.len = 0;
	}
	json_decref(object);
}

/* The same as json_value(), written. */
static void
add_value(Buffer *out, const Rows *rows, int row, int column, ColumnKind kind)
{
	const char *value = rows_value(rows, row, column);
	char		text[TIME_TEXT];

	if (value == NULL)
		buffer_add_text(out, "null");
	else if (kind == COLUMN_BOOLEAN)
		buffer_add_text(out, value[0] == 't' ? "true" : "false");
	else if (kind == COLUMN_INTEGER || kind == COLUMN_JSON)
		buffer_add_text(out, value);
	else
		jsontext_string(out, kind == COLUMN_TIME ? time_text(value, text) : value);
}

/* What is the same in each row: a column's kind, and what stands before its value. */
typedef struct Member
{
	int			column;
	ColumnKind	kind;
	int			len;
	char		before[68];
} Member;

typedef struct Members
{
	int			count;
	Member		member[MEMBERS];
} Members;

/* The members of a row: all columns but the one of a name, which may be NULL. */
static void
find_members(Members *members, const Rows *rows, const char *without)
{
	members->count = 0;
	for (int column = 0; column < rows_columns(rows) && members->count < MEMBERS; column++)
	{
		const char *name = rows_name(rows, column);
		Member	   *member = &members->member[members->count];

		if (without && strcmp(name, without) == 0)
			continue;
		member->column = column;
		member->kind = rows_kind(rows, column);
		/* names are ours, short, and need no escapes */
		member->len = snprintf(member->before, sizeof(member->before), "%s\"%s\":", members->count ? "," : "{", name);
		members->count++;
	}
}

/* A row as an object. */
static void
add_row(Buffer *out, const Rows *rows, int row, const Members *members)
{
	for (int i = 0; i < members->count; i++)
	{
		const Member *member = &members->member[i];

		buffer_add(out, member->before, (size_t) member->len);
		add_value(out, rows, row, member->column, member->kind);
	}
	buffer_add_text(out, members->count ? "}" : "{}");
}

/*
 * Answer with the first row as an object; without: the name of a column that is none of its members, or NULL.
 */
void
reply_first(Reply *reply, int status, const Rows *rows, const char *without)
{
	Members		members;

	reply->status = status;
	reply->type = "application/json";
	reply->body.len = 0;
	find_members(&members, rows, without);
	add_row(&reply->body, rows, 0, &members);
	if (reply->body.failed)
		reply_json(reply, 500, NULL);
}

/*
 * Answer with a list: the first count rows as items; and next, which is given up to this, if it is not NULL.
 * Written straight from the rows: a tree of fifty of them takes longer than all else that a worker does.
 */
void
reply_items(Reply *reply, const Rows *rows, int count, json_t *next)
{
	Buffer	   *out = &reply->body;
	Members		members;

	reply->status = 200;
	reply->type = "application/json";
	out->len = 0;
	if (count > 0)
		find_members(&members, rows, NULL);
	buffer_add_text(out, "{\"items\":[");
	for (int row = 0; row < count; row++)
	{
		if (row)
			buffer_add_text(out, ",");
		add_row(out, rows, row, &members);
	}
	buffer_add_text(out, next ? "],\"next\":" : "]");
	if (next && json_dump_callback(next, add_dumped, out, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
		out->failed = true;
	buffer_add_text(out, "}");
	json_decref(next);
	if (out->failed)
		reply_json(reply, 500, NULL);
}

void
reply_nothing(Reply *reply)
{
	reply->status = 204;
	reply->type = NULL;
	reply->body.len = 0;
}

/*
 * Answer with a problem: one of the codes above, the name of a field or NULL.
 */
void
reply_problem(Reply *reply, const char *code, const char *field)
{
	const Said *problem = find(code);
	json_t	   *object = json_pack("{s:s, s:i, s:s, s:s}", "title", status_reason(problem->status), "status", problem->status,
								   "code", problem->code, "detail", problem->detail);

	if (field)
		json_object_set_new(object, "field", json_string(field));
	reply_json(reply, problem->status, object);
	if (reply->type)
		reply->type = "application/problem+json";
	reply->code = problem->code;
}

/* A problem that passes: 429 or 503, and when to try again. */
void
reply_later(Reply *reply, const char *code, int seconds)
{
	reply_problem(reply, code, NULL);
	reply_header(reply, "Retry-After", "%d", seconds);
}

/* A further header. Values are ours: none comes from a request. */
void
reply_header(Reply *reply, const char *name, const char *format,...)
{
	char		value[512];
	va_list		args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	buffer_printf(&reply->headers, "%s: %s\r\n", name, value);
}

/* What goes before the body, as CGI and FastCGI want it. */
static void
write_head(const Reply *reply, Buffer *out)
{
	buffer_printf(out, "Status: %d %s\r\nCache-Control: no-store\r\n", reply->status, status_reason(reply->status));
	if (reply->type)
		buffer_printf(out, "Content-Type: %s\r\n", reply->type);
	if (reply->type && !reply->begun)
		buffer_printf(out, "Content-Length: %zu\r\n", reply->body.len);
	if (reply->headers.len)
		buffer_add(out, reply->headers.data, reply->headers.len);
	buffer_add_text(out, "\r\n");
}

/* Whoever takes an answer by drops keeps a worker and a transaction of the database: there is an end to it. */
static void
hand_on(Reply *reply, Buffer *part)
{
	uint64_t	begun = clock_micros();
	bool		wanted = part->len && !(reply->bodiless && part == &reply->body);

	if (part->failed || (wanted && !reply->sink->take(reply->sink->to, part->data, part->len)))
		reply->broken = true;
	reply->waited += clock_micros() - begun;
	if (reply->begun && reply->waited > reply->patience)
		reply->broken = true;
	part->len = 0;
}

static void
write_out_head(Reply *reply)
{
	Buffer		head = {0};

	write_head(reply, &head);
	hand_on(reply, &head);
	buffer_free(&head);
}

/*
 * Begin an answer whose body follows piece by piece.
 */
void
reply_begin(Reply *reply, const char *type)
{
	reply->status = 200;
	reply->type = type;
	reply->begun = true;
	write_out_head(reply);
}

/*
 * Hand on what the body of a begun answer holds, once that is worth it. False: nobody takes it, or there is no
 * memory.
 */
bool
reply_pass(Reply *reply)
{
	if (reply->body.len >= PIECE || reply->body.failed)
		hand_on(reply, &reply->body);
	return !reply->broken;
}

/* Add an object to the body, which is given up to this. */
void
reply_add_object(Reply *reply, json_t *object)
{
	if (object == NULL || json_dump_callback(object, add_dumped, &reply->body, JSON_COMPACT) != 0)
		reply->broken = true;
	json_decref(object);
}

/* The same, without its braces. */
void
reply_add_members(Reply *reply, json_t *object)
{
	if (object == NULL || json_dump_callback(object, add_dumped, &reply->body, JSON_COMPACT | JSON_EMBED) != 0)
		reply->broken = true;
	json_decref(object);
}

/*
 * Write what is not out yet. False if the answer was cut short.
 */
bool
reply_finish(Reply *reply)
{
	if (!reply->begun)
		write_out_head(reply);
	if (reply->type && !reply->broken)
		hand_on(reply, &reply->body);
	return !reply->broken;
}

void
reply_end(Reply *reply)
{
	buffer_free(&reply->headers);
	buffer_free(&reply->body);
	memset(reply, 0, sizeof(*reply));
}
