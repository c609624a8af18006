/*
 * wire.c
 *		dv_json_scalar(): which decoder a value goes to.
 */
#include <string.h>

#include "json.h"
#include "wire.h"

#define DEFAULT_PLACEHOLDER "__debezium_unavailable_value"
#define SHOWN_BYTES 60			/* of a value in a message */

/* Bytes of `text` to show: cut between characters. */
static int
shown_length(DvSlice text)
{
	size_t		len = text.len;

	if (len > SHOWN_BYTES)
		for (len = SHOWN_BYTES; len > 0 && (text.data[len] & 0xC0) == 0x80;)
			len--;
	return (int) len;
}

static void
name_column(DvWireContext *context)
{
	if (context->column.data != NULL)
		dv_err_detail(context->err, "The value is in column \"%.*s\".",
					  shown_length(context->column), context->column.data);
}

bool
dv_wire_mismatch(DvWireContext *context, const DvWireValue *value, const char *expected)
{
	dv_err_set(context->err, DV_ERR_TYPE, "22P02",
			   "column \"%.*s\" expects %s, not %.*s%s",
			   shown_length(context->column), context->column.data ? context->column.data : "",
			   expected, shown_length(value->raw), value->raw.data,
			   value->raw.len > SHOWN_BYTES ? "..." : "");
	name_column(context);
	return false;
}

bool
dv_wire_ambiguous(DvWireContext *context, const DvWireValue *value, const char *hint)
{
	dv_err_set(context->err, DV_ERR_AMBIGUOUS, "22023",
			   "column \"%.*s\": the message does not tell the type of %.*s%s",
			   shown_length(context->column), context->column.data ? context->column.data : "",
			   shown_length(value->raw), value->raw.data,
			   value->raw.len > SHOWN_BYTES ? "..." : "");
	name_column(context);
	dv_err_hint(context->err, "%s", hint);
	return false;
}

bool
dv_wire_is_placeholder(const DvWireContext *context, DvSlice text)
{
	return text.len == context->placeholder.len &&
		memcmp(text.data, context->placeholder.data, text.len) == 0;
}

/* hstore's placeholder is a pair of it: {"P":"P"}. */
static bool
is_hstore_placeholder(const DvWireContext *context, DvSlice text)
{
	size_t		len = context->placeholder.len;
	const char *p = context->placeholder.data;

	return text.len == 2 * len + 7 && memcmp(text.data, "{\"", 2) == 0 &&
		memcmp(text.data + 2, p, len) == 0 && memcmp(text.data + 2 + len, "\":\"", 3) == 0 &&
		memcmp(text.data + 5 + len, p, len) == 0 && memcmp(text.data + 5 + 2 * len, "\"}", 2) == 0;
}

static bool
decode_string(DvWireContext *context, const DvWireValue *value, DvScalar *scalar)
{
	scalar->kind = DV_SCALAR_TEXT;
	scalar->u.text = dv_json_text(&value->raw, value->escaped, context->arena);
	if (is_hstore_placeholder(context, scalar->u.text))
		scalar->kind = DV_SCALAR_PLACEHOLDER;
	return true;
}

static bool
decode_bool(DvWireContext *context, const DvWireValue *value, DvScalar *scalar)
{
	if (value->token != DV_TOKEN_TRUE && value->token != DV_TOKEN_FALSE)
		return dv_wire_mismatch(context, value, "a boolean");
	scalar->kind = DV_SCALAR_BOOL;
	scalar->u.boolean = value->token == DV_TOKEN_TRUE;
	return true;
}

/* Debezium's Point, as PostgreSQL's point reads it. */
static bool
decode_point(DvWireContext *context, const DvWireValue *value, DvScalar *scalar)
{
	DvJson		json;
	DvJsonValue name;
	DvJsonValue member;
	DvSlice		xy[2] = {{NULL, 0}, {NULL, 0}};
	char	   *text;
	bool		more;

	if (value->token != DV_TOKEN_OBJECT)
		return dv_wire_mismatch(context, value, "a point");
	dv_json_begin(&json, value->raw, context->err);
	if (dv_json_peek(&json) != '{' || !dv_json_open(&json))
		return false;
	for (;;)
	{
		if (!dv_json_member(&json, &name, &more))
			return false;
		if (!more)
			break;
		if (!dv_json_value(&json, &member))
			return false;
		if (member.token == DV_TOKEN_NUMBER && name.raw.len == 1 &&
			(name.raw.data[0] == 'x' || name.raw.data[0] == 'y'))
			xy[name.raw.data[0] == 'y'] = member.raw;
	}
	if (xy[0].data == NULL || xy[1].data == NULL)
		return dv_wire_mismatch(context, value, "a point");
	text = context->arena->alloc(context->arena->owner, xy[0].len + xy[1].len + 3);
	scalar->kind = DV_SCALAR_TEXT;
	scalar->u.text.data = text;
	scalar->u.text.len = xy[0].len + xy[1].len + 3;
	*text++ = '(';
	memcpy(text, xy[0].data, xy[0].len);
	text[xy[0].len] = ',';
	memcpy(text + xy[0].len + 1, xy[1].data, xy[1].len);
	text[xy[0].len + 1 + xy[1].len] = ')';
	return true;
}

/* Nothing is known of the type: what stands for itself, and no guesses. */
static bool
decode_unknown(DvWireContext *context, const DvWireValue *value,
			   const DvWireType *wire, DvScalar *scalar)
{
	if (wire != NULL && wire->kind == DV_WIRE_UNKNOWN && wire->scale == DV_WIRE_OPEN_DECIMAL)
	{
		if (value->token == DV_TOKEN_OBJECT)
			return dv_wire_decimal(context, value, wire, scalar);
		return dv_wire_ambiguous(context, value, "Declare the connector's decimal.handling.mode "
								 "as \"decimal\" in the model's \"wire\" object (wire.decimal).");
	}
	if (wire != NULL && wire->kind == DV_WIRE_UNKNOWN && wire->scale == DV_WIRE_OPEN_TIME)
		return dv_wire_ambiguous(context, value, "Declare the connector's time.precision.mode "
								 "as \"time\" in the model's \"wire\" object (wire.time).");
	if (value->token == DV_TOKEN_STRING && (wire == NULL || wire->kind == DV_WIRE_UNKNOWN))
		return decode_string(context, value, scalar);
	if (value->token == DV_TOKEN_TRUE || value->token == DV_TOKEN_FALSE)
		return decode_bool(context, value, scalar);
	return dv_wire_ambiguous(context, value,
							 "Declare the column's source type in the model.");
}

static bool
decode_by_kind(DvWireContext *context, const DvWireValue *value,
			   const DvWireType *wire, DvScalar *scalar)
{
	switch (wire->kind)
	{
		case DV_WIRE_BOOL:
			return decode_bool(context, value, scalar);
		case DV_WIRE_INT:
			return dv_wire_int(context, value, scalar);
		case DV_WIRE_FLOAT4:
		case DV_WIRE_FLOAT8:
			return dv_wire_float(context, value, wire->kind == DV_WIRE_FLOAT4, scalar);
		case DV_WIRE_STRING:
			if (value->token == DV_TOKEN_STRING)
				return decode_string(context, value, scalar);
			/* a domain, say, whose base type was not declared */
			return dv_wire_ambiguous(context, value,
									 "Declare the column's base type in the model.");
		case DV_WIRE_DECIMAL:
		case DV_WIRE_VARDECIMAL:
		case DV_WIRE_DECIMAL_STRING:
		case DV_WIRE_DECIMAL_DOUBLE:
			return dv_wire_decimal(context, value, wire, scalar);
		case DV_WIRE_DATE:
		case DV_WIRE_ISO_DATE:
			return dv_wire_date(context, value, scalar);
		case DV_WIRE_TIME_MS:
		case DV_WIRE_TIME_US:
		case DV_WIRE_TIME_NS:
		case DV_WIRE_ISO_TIME:
			return dv_wire_time(context, value, wire->kind, scalar);
		case DV_WIRE_TIMESTAMP_MS:
		case DV_WIRE_TIMESTAMP_US:
		case DV_WIRE_TIMESTAMP_NS:
		case DV_WIRE_ISO_TIMESTAMP:
		case DV_WIRE_ZONED_TIMESTAMP:
			return dv_wire_timestamp(context, value, wire->kind, scalar);
		case DV_WIRE_ZONED_TIME:
			return dv_wire_timetz(context, value, scalar);
		case DV_WIRE_BYTES_BASE64:
		case DV_WIRE_BYTES_BASE64_URL:
		case DV_WIRE_BYTES_HEX:
			return dv_wire_bytes(context, value, wire->kind, scalar);
		case DV_WIRE_INTERVAL:
			return dv_wire_interval(context, value, scalar);
		case DV_WIRE_BITS:
			return dv_wire_bits(context, value, wire->scale, scalar);
		case DV_WIRE_POINT:
			return decode_point(context, value, scalar);
		default:
			return decode_unknown(context, value, wire, scalar);
	}
}

bool
dv_wire_simple(DvWireContext *context, const DvWireValue *value,
			   const DvWireType *wire, DvScalar *scalar)
{
	memset(scalar, 0, sizeof(*scalar));
	if (value->token == DV_TOKEN_NULL)
	{
		scalar->kind = DV_SCALAR_NULL;
		return true;
	}
	if (value->token == DV_TOKEN_STRING &&
		dv_wire_is_placeholder(context, dv_json_text(&value->raw, value->escaped, context->arena)))
	{
		scalar->kind = DV_SCALAR_PLACEHOLDER;
		return true;
	}
	if (wire == NULL)
		return decode_unknown(context, value, wire, scalar);
	return decode_by_kind(context, value, wire, scalar);
}

static bool
is_decimal_kind(const DvWireType *wire)
{
	return (wire->kind >= DV_WIRE_DECIMAL && wire->kind <= DV_WIRE_DECIMAL_DOUBLE) ||
		(wire->kind == DV_WIRE_UNKNOWN && wire->scale == DV_WIRE_OPEN_DECIMAL);
}

/*
 * Under the modes string, double, base64 and hex, the schema says only "string"
 * or "double", of bit(1) only "boolean"; what it was is in the declaration.
 */
const DvWireType *
dv_wire_refine(const DvWireType *own, const DvWireType *declared, DvWireType *buffer)
{
	if (own == NULL || own->kind == DV_WIRE_UNKNOWN)
		return declared;
	if (declared == NULL)
		return own;
	memset(buffer, 0, sizeof(*buffer));
	if (is_decimal_kind(declared) &&
		(own->kind == DV_WIRE_STRING || own->kind == DV_WIRE_FLOAT8))
	{
		buffer->kind = own->kind == DV_WIRE_STRING ? DV_WIRE_DECIMAL_STRING :
			DV_WIRE_DECIMAL_DOUBLE;
		return buffer;
	}
	if (own->kind == DV_WIRE_STRING &&
		(declared->kind == DV_WIRE_BYTES_BASE64 || declared->kind == DV_WIRE_BYTES_BASE64_URL ||
		 declared->kind == DV_WIRE_BYTES_HEX))
		return declared;
	/* of bit varying(n), Debezium says n for the length of every value */
	if (declared->kind == DV_WIRE_BITS &&
		(own->kind == DV_WIRE_BOOL || own->kind == DV_WIRE_BITS))
		return declared;
	if (declared->kind == DV_WIRE_INTERVAL && own->kind == DV_WIRE_INT)
		return declared;
	return own;
}

bool
dv_json_scalar(const DvField *field, const DvWireType *wire, const DvWireModes *modes,
			   const DvArena *arena, DvScalar *scalar, DvErr *err)
{
	DvWireContext context = {field->name, modes, {DEFAULT_PLACEHOLDER,
			sizeof(DEFAULT_PLACEHOLDER) - 1}, arena, err};
	DvWireValue value = {field->token, field->escaped, field->raw};
	DvWireType	buffer;

	if (modes != NULL && modes->placeholder.data != NULL)
		context.placeholder = modes->placeholder;
	if (value.token == DV_TOKEN_ARRAY &&
		((field->wire != NULL && field->wire->kind == DV_WIRE_ARRAY) ||
		 (wire != NULL && wire->kind == DV_WIRE_ARRAY)))
		return dv_wire_array(&context, &value, field->wire, wire, scalar);
	return dv_wire_simple(&context, &value, dv_wire_refine(field->wire, wire, &buffer), scalar);
}
