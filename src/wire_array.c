/*
 * wire_array.c
 *		JSON arrays as the text that PostgreSQL's array types read.
 */
#include <string.h>
#include <strings.h>

#include "json.h"
#include "wire.h"

/* Debezium's placeholder in uuid[]: the name-based UUID of the default text. */
#define UUID_PLACEHOLDER "b68a35a7-17ad-35b3-af2a-ae46edb4545a"

typedef struct Buffer
{
	const DvArena *arena;
	char	   *data;
	size_t		len;
	size_t		size;
} Buffer;

static void
put(Buffer *buffer, const char *data, size_t len)
{
	if (buffer->size - buffer->len < len)
	{
		size_t		size = (buffer->size + len) * 2 + 64;
		char	   *grown = buffer->arena->alloc(buffer->arena->owner, size);

		if (buffer->len > 0)
			memcpy(grown, buffer->data, buffer->len);
		buffer->data = grown;
		buffer->size = size;
	}
	if (len > 0)
		memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
}

static void
put_char(Buffer *buffer, char c)
{
	put(buffer, &c, 1);
}

/* The rule of array_out(): quote what array_in() would read otherwise. */
static bool
needs_quotes(DvSlice text)
{
	if (text.len == 0)
		return true;
	if (text.len == 4 && strncasecmp(text.data, "NULL", 4) == 0)
		return true;
	for (size_t i = 0; i < text.len; i++)
		if (memchr("\"\\{}, \t\n\r\v\f", text.data[i], 11) != NULL)
			return true;
	return false;
}

static void
put_text(Buffer *buffer, DvSlice text)
{
	if (!needs_quotes(text))
	{
		put(buffer, text.data, text.len);
		return;
	}
	put_char(buffer, '"');
	for (size_t i = 0; i < text.len; i++)
	{
		if (text.data[i] == '"' || text.data[i] == '\\')
			put_char(buffer, '\\');
		put_char(buffer, text.data[i]);
	}
	put_char(buffer, '"');
}

static void
put_bytes(Buffer *buffer, DvSlice bytes)
{
	static const char digits[] = "0123456789abcdef";

	put(buffer, "\"\\\\x", 4);
	for (size_t i = 0; i < bytes.len; i++)
	{
		put_char(buffer, digits[(unsigned char) bytes.data[i] >> 4]);
		put_char(buffer, digits[bytes.data[i] & 15]);
	}
	put_char(buffer, '"');
}

/* Numbers as they were written; the rest as PostgreSQL prints it. */
static void
put_scalar(Buffer *buffer, const DvScalar *scalar, const DvWireValue *value)
{
	char		text[64];
	DvSlice		slice = {text, 0};

	switch (scalar->kind)
	{
		case DV_SCALAR_NULL:
			put(buffer, "NULL", 4);
			return;
		case DV_SCALAR_BOOL:
			put_char(buffer, scalar->u.boolean ? 't' : 'f');
			return;
		case DV_SCALAR_INT64:
		case DV_SCALAR_FLOAT8:
			put(buffer, value->raw.data, value->raw.len);
			return;
		case DV_SCALAR_BYTES:
			put_bytes(buffer, scalar->u.text);
			return;
		case DV_SCALAR_TEXT:
			put_text(buffer, scalar->u.text);
			return;
		default:
			slice.len = dv_wire_print_time(scalar, text);
			put_text(buffer, slice);
	}
}

static const DvWireType *
leaf_type(const DvWireType *wire)
{
	while (wire != NULL && wire->kind == DV_WIRE_ARRAY)
		wire = wire->element;
	return wire;
}

/*
 * An unchanged array of numbers arrives as the bytes of the placeholder, one an
 * element; `at` counts how many have matched, and falls to -1 with the first
 * that does not.
 */
static void
match_placeholder_byte(const DvWireContext *context, const DvScalar *scalar, long *at)
{
	double		byte = -1;

	if (*at < 0)
		return;
	if (scalar->kind == DV_SCALAR_INT64)
		byte = (double) scalar->u.integer;
	else if (scalar->kind == DV_SCALAR_FLOAT8)
		byte = scalar->u.real;
	if ((size_t) *at < context->placeholder.len &&
		byte == (double) (signed char) context->placeholder.data[*at])
		(*at)++;
	else
		*at = -1;
}

static bool
read_element(DvWireContext *context, DvJson *json, const DvWireType *leaf,
			 DvWireValue *value, DvScalar *scalar)
{
	DvJsonValue item;

	if (!dv_json_value(json, &item))
		return false;
	value->token = item.token;
	value->escaped = item.escaped;
	value->raw = item.raw;
	if (leaf == NULL && item.token == DV_TOKEN_NUMBER)
		return dv_wire_ambiguous(context, value,
								 "Declare the column's source type in the model.");
	return dv_wire_simple(context, value, leaf, scalar);
}

/*
 * "[Ljava.lang.String;@2ea6d9af": Debezium writes an array within an array as
 * Java names the object.  The value is gone; that must not pass for one.
 */
static bool
is_java_object(const DvScalar *scalar)
{
	DvSlice		text = scalar->u.text;
	size_t		depth = 0;

	if (scalar->kind != DV_SCALAR_TEXT)
		return false;
	while (depth < text.len && text.data[depth] == '[')
		depth++;
	return depth > 0 && text.len - depth > 6 && memcmp(text.data + depth, "Ljava.", 6) == 0 &&
		memchr(text.data, '@', text.len) != NULL;
}

static bool
is_uuid_placeholder(const DvWireContext *context, const DvScalar *scalar)
{
	return scalar->kind == DV_SCALAR_TEXT && dv_slice_is(scalar->u.text, UUID_PLACEHOLDER) &&
		dv_slice_is(context->placeholder, "__debezium_unavailable_value");
}

bool
dv_wire_array(DvWireContext *context, const DvWireValue *value, const DvWireType *own,
			  const DvWireType *declared, DvScalar *scalar)
{
	DvWireType	refined;
	const DvWireType *leaf = dv_wire_refine(leaf_type(own), leaf_type(declared), &refined);
	Buffer		buffer = {context->arena, NULL, 0, 0};
	DvJson		json;
	long		matched = 0;
	int			nelements = 0;
	bool		unchanged = false;
	bool		more;
	bool		first = true;

	dv_json_begin(&json, value->raw, context->err);
	dv_json_peek(&json);
	if (!dv_json_open(&json))
		return false;
	put_char(&buffer, '{');
	while (json.depth > 0)
	{
		DvWireValue item;
		DvScalar	element;

		if (!dv_json_element(&json, &more))
			return false;
		if (!more)
		{
			put_char(&buffer, '}');
			first = false;
			continue;
		}
		if (!first)
			put_char(&buffer, ',');
		first = false;
		if (dv_json_peek(&json) == '[')
		{
			if (!dv_json_open(&json))
				return false;
			put_char(&buffer, '{');
			first = true;
			matched = -1;
			continue;
		}
		if (!read_element(context, &json, leaf, &item, &element))
			return false;
		if (is_java_object(&element))
			return dv_wire_mismatch(context, value, "an array that the connector can read");
		nelements++;
		unchanged |= element.kind == DV_SCALAR_PLACEHOLDER || is_uuid_placeholder(context, &element);
		match_placeholder_byte(context, &element, &matched);
		if (element.kind != DV_SCALAR_PLACEHOLDER)
			put_scalar(&buffer, &element, &item);
	}
	memset(scalar, 0, sizeof(*scalar));
	scalar->kind = DV_SCALAR_TEXT;
	scalar->u.text.data = buffer.data;
	scalar->u.text.len = buffer.len;
	if ((unchanged && nelements == 1) ||
		(matched > 0 && (size_t) matched == context->placeholder.len))
		scalar->kind = DV_SCALAR_PLACEHOLDER;
	return true;
}
