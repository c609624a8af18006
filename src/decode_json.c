/*
 * decode_json.c
 *		A Kafka message of Debezium's into a DvEvent.
 *
 * The value is read once, front to back; members that are not known are
 * validated and passed over.  With schemas the schema comes first and is kept
 * as a slice until the rows have been read.
 */
#include <string.h>

#include "connect_schema.h"
#include "decode_json.h"
#include "json.h"

#define MAX_FIELDS 1664			/* PostgreSQL's limit for a row */
#define HEARTBEAT_PREFIX "__debezium-heartbeat"
/* In microseconds: the server's first day, -4713-11-24; its last one is beyond 64 bits. */
#define MIN_SOURCE_US INT64_C(-210866803200000000)

/* What a value's top level showed. */
typedef struct Envelope
{
	const DvArena *arena;
	DvEvent    *event;
	DvErr	   *err;
	DvSlice		op;
	DvSlice		status;
	DvSlice		id;
	DvSlice		sequence;
	bool		has_source;
	bool		has_source_us;
	bool		has_ts_ms;
	bool		is_null;
	int			nmembers;
} Envelope;

static bool
is_member(const DvJsonValue *name, const char *text)
{
	return dv_slice_is(name->raw, text);
}

/* Whole numbers of up to 64 bits; anything else is false. */
static bool
parse_uint64(DvSlice text, uint64_t *result)
{
	uint64_t	value = 0;

	if (text.len == 0 || text.len > 20)
		return false;
	for (size_t i = 0; i < text.len; i++)
	{
		unsigned	digit = (unsigned) (text.data[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, digit, &value))
			return false;
	}
	*result = value;
	return true;
}

/* Epoch times: sign and digits. */
static bool
parse_int64(DvSlice text, int64_t *result)
{
	uint64_t	value;
	bool		minus = text.len > 0 && text.data[0] == '-';

	if (minus)
	{
		text.data++;
		text.len--;
	}
	if (!parse_uint64(text, &value) || value > INT64_MAX)
		return false;
	*result = minus ? -(int64_t) value : (int64_t) value;
	return true;
}

static bool
grow_fields(DvRow *row, int *capacity, const DvArena *arena, DvErr *err)
{
	DvField    *grown;

	if (row->nfields >= MAX_FIELDS)
		return dv_err_set(err, DV_ERR_LIMIT, "54011",
						  "row image with more than %d fields", MAX_FIELDS);
	if (row->nfields < *capacity)
		return true;
	*capacity = *capacity ? *capacity * 4 : 8;
	grown = arena->alloc(arena->owner, (size_t) *capacity * sizeof(*grown));
	if (row->nfields > 0)
		memcpy(grown, row->fields, (size_t) row->nfields * sizeof(*grown));
	row->fields = grown;
	return true;
}

/* A row image at the reader's position: an object, or null for none. */
static bool
read_row(DvJson *json, const DvArena *arena, DvRow *row)
{
	DvJsonValue name;
	DvJsonValue value;
	int			capacity = 0;
	bool		more;

	memset(row, 0, sizeof(*row));
	if (dv_json_peek(json) != '{')
		return dv_json_value(json, &value);
	if (!dv_json_open(json))
		return false;
	row->present = true;
	for (;;)
	{
		DvField    *field;

		if (!dv_json_member(json, &name, &more))
			return false;
		if (!more)
			return true;
		if (!grow_fields(row, &capacity, arena, json->err) ||
			!dv_json_value(json, &value))
			return false;
		field = &row->fields[row->nfields++];
		field->name = dv_json_text(&name.raw, name.escaped, arena);
		field->token = value.token;
		field->escaped = value.escaped;
		field->raw = value.raw;
		field->wire = NULL;
	}
}

static const DvWireType *
find_wire(const DvRowSchema *schema, int guess, DvSlice name)
{
	for (int i = 0; i < schema->nfields; i++)
	{
		const DvSchemaField *field = &schema->fields[(guess + i) % schema->nfields];

		if (dv_slice_equal(field->name, name))
			return field->wire;
	}
	return NULL;
}

/* Rows have their fields in the schema's order, so the first guess is right. */
static void
attach_wires(DvRow *row, const DvRowSchema *schema)
{
	for (int i = 0; i < row->nfields; i++)
		row->fields[i].wire = find_wire(schema, i, row->fields[i].name);
}

static void
set_string(const DvJsonValue *value, DvSlice *slot, const DvArena *arena)
{
	if (value->token == DV_TOKEN_STRING)
		*slot = dv_json_text(&value->raw, value->escaped, arena);
}

static void
set_snapshot(DvEvent *event, const DvJsonValue *value)
{
	if (value->token == DV_TOKEN_NULL || value->token == DV_TOKEN_FALSE)
		return;
	event->snapshot = !dv_slice_is(value->raw, "false");
	event->incremental = dv_slice_is(value->raw, "incremental");
}

/* A commit time that a timestamp can hold, from microseconds or `scale` of them. */
static bool
set_time(DvEvent *event, const DvJsonValue *value, int64_t scale)
{
	int64_t		us;

	if (value->token != DV_TOKEN_NUMBER || !parse_int64(value->raw, &us) ||
		__builtin_mul_overflow(us, scale, &us) || us < MIN_SOURCE_US)
		return false;
	event->source_us = us;
	event->has_time = true;
	return true;
}

static void
set_source_member(Envelope *env, const DvJsonValue *name, const DvJsonValue *value)
{
	DvEvent    *event = env->event;

	if (is_member(name, "name"))
		set_string(value, &event->connector, env->arena);
	else if (is_member(name, "schema"))
		set_string(value, &event->schema, env->arena);
	else if (is_member(name, "table"))
		set_string(value, &event->table, env->arena);
	else if (is_member(name, "sequence"))
		set_string(value, &env->sequence, env->arena);
	else if (is_member(name, "snapshot"))
		set_snapshot(event, value);
	else if (is_member(name, "ts_ms") && !env->has_source_us)
		set_time(event, value, 1000);
	else if (is_member(name, "ts_us"))
		env->has_source_us |= set_time(event, value, 1);
	else if (is_member(name, "lsn") && value->token == DV_TOKEN_NUMBER)
		event->has_lsn = parse_uint64(value->raw, &event->lsn);
	else if (is_member(name, "txId") && value->token == DV_TOKEN_NUMBER)
		parse_uint64(value->raw, &event->xid);
}

static bool
read_source(DvJson *json, Envelope *env)
{
	DvJsonValue name;
	DvJsonValue value;
	bool		more;

	if (dv_json_peek(json) != '{')
		return dv_json_value(json, &value);
	if (!dv_json_open(json))
		return false;
	env->has_source = true;
	for (;;)
	{
		if (!dv_json_member(json, &name, &more))
			return false;
		if (!more)
			return true;
		if (!dv_json_value(json, &value))
			return false;
		set_source_member(env, &name, &value);
	}
}

static bool
bad_sequence(Envelope *env)
{
	return dv_err_set(env->err, DV_ERR_POSITION, "22P02",
					  "source.sequence is not a position: \"%.*s\"",
					  (int) (env->sequence.len > 80 ? 80 : env->sequence.len),
					  env->sequence.data);
}

/* `sequence` is a JSON array inside a string: [last commit, change]. */
static bool
read_sequence(Envelope *env)
{
	DvEvent    *event = env->event;
	uint64_t	lsn[2] = {0, 0};
	bool		has[2] = {false, false};
	DvJson		json;
	DvJsonValue value;
	DvErr		ignored;
	bool		more;

	if (env->sequence.data == NULL)
		return true;
	dv_json_begin(&json, env->sequence, &ignored);
	if (dv_json_peek(&json) != '[' || !dv_json_open(&json))
		return bad_sequence(env);
	for (int i = 0; i < 2; i++)
	{
		if (!dv_json_element(&json, &more) || !more || !dv_json_value(&json, &value))
			return bad_sequence(env);
		has[i] = value.token != DV_TOKEN_NULL;
		if (has[i] && !parse_uint64(value.raw, &lsn[i]))
			return bad_sequence(env);
	}
	if (!dv_json_element(&json, &more) || more || !dv_json_end(&json))
		return bad_sequence(env);
	event->has_commit = has[0];
	event->commit = lsn[0];
	if (has[1])
	{
		event->has_lsn = true;
		event->lsn = lsn[1];
	}
	return true;
}

static bool
read_envelope_member(DvJson *json, Envelope *env, const DvJsonValue *name)
{
	DvJsonValue value;

	if (is_member(name, "before"))
		return read_row(json, env->arena, &env->event->before);
	if (is_member(name, "after"))
		return read_row(json, env->arena, &env->event->after);
	if (is_member(name, "source"))
		return read_source(json, env);
	if (!dv_json_value(json, &value))
		return false;
	if (is_member(name, "op"))
		set_string(&value, &env->op, env->arena);
	else if (is_member(name, "status"))
		set_string(&value, &env->status, env->arena);
	else if (is_member(name, "id"))
		set_string(&value, &env->id, env->arena);
	else if (is_member(name, "ts_ms"))
		env->has_ts_ms = value.token == DV_TOKEN_NUMBER;
	return true;
}

/*
 * The object of an envelope.  A member "schema" in front of "payload" wraps the
 * envelope; neither is a member of an envelope itself.
 */
static bool
read_envelope(DvJson *json, Envelope *env, DvSlice *schema)
{
	DvJsonValue name;
	DvJsonValue value;
	bool		more;

	if (dv_json_peek(json) != '{')
	{
		if (!dv_json_value(json, &value))
			return false;
		env->is_null = value.token == DV_TOKEN_NULL;
		return true;
	}
	if (!dv_json_open(json))
		return false;
	for (;;)
	{
		if (!dv_json_member(json, &name, &more))
			return false;
		if (!more)
			return true;
		env->nmembers++;
		if (schema != NULL && is_member(&name, "payload"))
		{
			env->nmembers = 0;
			if (!read_envelope(json, env, NULL))
				return false;
			env->nmembers -= schema->data == NULL;
		}
		else if (schema != NULL && is_member(&name, "schema"))
		{
			if (!dv_json_value(json, &value))
				return false;
			env->nmembers--;
			if (value.token == DV_TOKEN_OBJECT)
				*schema = value.raw;
		}
		else if (!read_envelope_member(json, env, &name))
			return false;
	}
}

static bool
attach_value_schema(Envelope *env, DvSlice schema)
{
	DvRowSchema row;

	if (schema.data == NULL || (!env->event->before.present && !env->event->after.present))
		return true;
	if (!dv_schema_read_envelope(schema, env->arena, &row, env->err))
		return false;
	attach_wires(&env->event->before, &row);
	attach_wires(&env->event->after, &row);
	return true;
}

/*
 * Is this object {"schema": {…}|null, "payload": …}?  A key may have columns of
 * these names, but then "schema" holds no object.
 */
static bool
is_wrapped(const DvRow *row, DvSlice *schema, DvSlice *payload)
{
	const DvField *a = row->fields;

	if (row->nfields != 2 || !dv_slice_is(a[0].name, "schema") ||
		!dv_slice_is(a[1].name, "payload") ||
		(a[0].token != DV_TOKEN_OBJECT && a[0].token != DV_TOKEN_NULL) ||
		(a[1].token != DV_TOKEN_OBJECT && a[1].token != DV_TOKEN_NULL))
		return false;
	schema->data = a[0].token == DV_TOKEN_OBJECT ? a[0].raw.data : NULL;
	schema->len = a[0].raw.len;
	*payload = a[1].raw;
	return true;
}

/* A row that is a whole text: the message key, or a header with a key in it. */
static bool
read_key(DvSlice text, const DvArena *arena, DvRow *row, DvErr *err)
{
	DvJson		json;
	DvSlice		schema;
	DvSlice		payload;
	DvRowSchema wires;

	memset(row, 0, sizeof(*row));
	if (text.data == NULL)
		return true;
	dv_json_begin(&json, text, err);
	if (!read_row(&json, arena, row) || !dv_json_end(&json))
	{
		row->present = false;
		return false;
	}
	if (!is_wrapped(row, &schema, &payload))
		return true;
	dv_json_begin(&json, payload, err);
	if (!read_row(&json, arena, row))
		return false;
	if (schema.data == NULL)
		return true;
	if (!dv_schema_read_row(schema, arena, &wires, err))
		return false;
	attach_wires(row, &wires);
	return true;
}

static bool
read_headers(const DvMessage *message, const DvArena *arena, DvEvent *event, DvErr *err)
{
	for (int i = 0; i < message->nheaders; i++)
	{
		const DvHeader *header = &message->headers[i];
		DvRow	   *row = NULL;

		if (dv_slice_is(header->name, "__debezium.newkey"))
			row = &event->newkey;
		else if (dv_slice_is(header->name, "__debezium.oldkey"))
			row = &event->oldkey;
		if (row != NULL && !read_key(header->value, arena, row, err))
		{
			dv_err_detail(err, "The fault is in the header \"%.*s\".",
						  (int) header->name.len, header->name.data);
			return false;
		}
	}
	return true;
}

static bool
not_debezium(Envelope *env, const char *what)
{
	dv_err_set(env->err, DV_ERR_NOT_DEBEZIUM, "22023", "not a Debezium event: %s", what);
	return false;
}

static bool
require_position(Envelope *env)
{
	DvEvent    *event = env->event;

	if (!env->has_source)
		return not_debezium(env, "it has no source block");
	if (event->schema.len == 0 || event->table.len == 0)
		return not_debezium(env, "its source block does not name a table");
	if (!read_sequence(env))
		return false;
	if (event->has_lsn)
		return true;
	dv_err_set(env->err, DV_ERR_POSITION, "22023", "source block without a position");
	dv_err_detail(env->err, "Neither source.sequence nor source.lsn holds one.");
	return false;
}

static bool
require_time(Envelope *env)
{
	if (env->event->has_time)
		return true;
	dv_err_set(env->err, DV_ERR_POSITION, "22023", "source block without a commit time");
	dv_err_detail(env->err, "Neither source.ts_us nor source.ts_ms holds one that a timestamp can have.");
	dv_err_hint(env->err, "Mend the message in datavault.held and retry: when a row changed is part of its history.");
	return false;
}

/* The topic prefix: rows of two connectors cannot be told apart. */
static bool
require_connector(Envelope *env)
{
	if (env->event->connector.len > 0)
		return true;
	not_debezium(env, "its source block does not name its connector");
	dv_err_hint(env->err, "A Debezium event has a member \"name\" in its source block.");
	return false;
}

static bool
classify_row(Envelope *env)
{
	DvEvent    *event = env->event;

	event->kind = DV_EVENT_ROW;
	if (!require_position(env) || !require_time(env) || !require_connector(env))
		return false;
	if (event->op != 'd' && !event->after.present)
		return not_debezium(env, "it has no \"after\" image");
	return true;
}

/* An object without an op: a heartbeat, a transaction's record, or a stranger. */
static bool
classify_other(Envelope *env)
{
	if (env->status.data != NULL && env->id.data != NULL &&
		(dv_slice_is(env->status, "BEGIN") || dv_slice_is(env->status, "END")))
		env->event->kind = DV_EVENT_TRANSACTION;
	else if (env->has_ts_ms && env->nmembers == 1)
		env->event->kind = DV_EVENT_HEARTBEAT;
	else
	{
		not_debezium(env, "the value has no \"op\"");
		dv_err_hint(env->err, "Flattened events are not supported: "
					"remove the transform ExtractNewRecordState.");
		return false;
	}
	return true;
}

static bool
classify(Envelope *env)
{
	DvEvent    *event = env->event;

	if (env->op.data == NULL)
		return classify_other(env);
	if (env->op.len == 1)
		event->op = env->op.data[0];
	switch (event->op)
	{
		case 'r':
		case 'c':
		case 'u':
		case 'd':
			return classify_row(env);
		case 't':
			event->kind = DV_EVENT_TRUNCATE;
			return require_position(env);
		case 'm':
			event->kind = DV_EVENT_MESSAGE;
			return read_sequence(env);
		default:
			event->op = 0;
			return not_debezium(env, "unknown \"op\"");
	}
}

static bool
read_value(const DvMessage *message, Envelope *env)
{
	DvSlice		schema = {NULL, 0};
	DvJson		json;
	bool		whole;

	dv_json_begin(&json, message->value, env->err);
	whole = read_envelope(&json, env, &schema) && dv_json_end(&json);
	if (!whole)
	{
		DvErr		first = *env->err;

		if (message->value.len > 0 && message->value.data[0] == 0)
			dv_err_hint(&first, "The value starts like one of a schema registry (Avro).");
		classify(env);			/* as far as was read: op and position */
		*env->err = first;
		return false;
	}
	if (env->is_null)
	{
		env->event->kind = DV_EVENT_TOMBSTONE;
		return true;
	}
	if (strncmp(message->topic, HEARTBEAT_PREFIX, strlen(HEARTBEAT_PREFIX)) == 0)
	{
		env->event->kind = DV_EVENT_HEARTBEAT;
		return true;
	}
	return classify(env) && attach_value_schema(env, schema);
}

static bool
needs_key(const DvEvent *event)
{
	return event->kind == DV_EVENT_ROW || event->kind == DV_EVENT_TOMBSTONE;
}

bool
dv_json_decode(const DvMessage *message, const DvArena *arena, DvEvent *event, DvErr *err)
{
	Envelope	env = {.arena = arena,.event = event,.err = err};
	DvErr		key_err;
	bool		key_ok;

	memset(event, 0, sizeof(*event));
	key_ok = read_key(message->key, arena, &event->key, &key_err);
	if (!key_ok)
		dv_err_detail(&key_err, "The fault is in the message key.");
	key_ok &= read_headers(message, arena, event, key_ok ? &key_err : err);
	if (message->value.data == NULL)
		event->kind = DV_EVENT_TOMBSTONE;
	else if (!read_value(message, &env))
		return false;
	if (!key_ok && needs_key(event))
	{
		*err = key_err;
		return false;
	}
	return true;
}
