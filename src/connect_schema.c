/*
 * connect_schema.c
 *		Connect's JSON schemas: what is needed to read the values, no more.
 */
#include <string.h>

#include "connect_schema.h"
#include "json.h"

#define MAX_FIELDS 1664			/* PostgreSQL's limit for a row */

/* One element of "fields", or any schema: the members that matter. */
typedef struct SchemaNode
{
	DvSlice		type;
	DvSlice		name;
	DvSlice		field;
	DvSlice		fields;			/* raw JSON array */
	DvSlice		items;			/* raw JSON object */
	int			scale;			/* parameters.scale, parameters.length */
} SchemaNode;

typedef struct NamedKind
{
	const char *name;
	DvWireKind	kind;
} NamedKind;

static const NamedKind named_kinds[] = {
	{"io.debezium.time.Date", DV_WIRE_DATE},
	{"io.debezium.time.Time", DV_WIRE_TIME_MS},
	{"io.debezium.time.MicroTime", DV_WIRE_TIME_US},
	{"io.debezium.time.NanoTime", DV_WIRE_TIME_NS},
	{"io.debezium.time.Timestamp", DV_WIRE_TIMESTAMP_MS},
	{"io.debezium.time.MicroTimestamp", DV_WIRE_TIMESTAMP_US},
	{"io.debezium.time.NanoTimestamp", DV_WIRE_TIMESTAMP_NS},
	{"io.debezium.time.ZonedTimestamp", DV_WIRE_ZONED_TIMESTAMP},
	{"io.debezium.time.ZonedTime", DV_WIRE_ZONED_TIME},
	{"io.debezium.time.IsoDate", DV_WIRE_ISO_DATE},
	{"io.debezium.time.IsoTime", DV_WIRE_ISO_TIME},
	{"io.debezium.time.IsoTimestamp", DV_WIRE_ISO_TIMESTAMP},
	{"io.debezium.time.MicroDuration", DV_WIRE_INTERVAL},
	{"io.debezium.time.Interval", DV_WIRE_INTERVAL},
	{"io.debezium.data.VariableScaleDecimal", DV_WIRE_VARDECIMAL},
	{"io.debezium.data.Bits", DV_WIRE_BITS},
	{"io.debezium.data.geometry.Point", DV_WIRE_POINT},
	{"org.apache.kafka.connect.data.Decimal", DV_WIRE_DECIMAL},
	{"org.apache.kafka.connect.data.Date", DV_WIRE_DATE},
	{"org.apache.kafka.connect.data.Time", DV_WIRE_TIME_MS},
	{"org.apache.kafka.connect.data.Timestamp", DV_WIRE_TIMESTAMP_MS},
};

static const NamedKind typed_kinds[] = {
	{"string", DV_WIRE_STRING},
	{"int32", DV_WIRE_INT},
	{"int64", DV_WIRE_INT},
	{"int16", DV_WIRE_INT},
	{"int8", DV_WIRE_INT},
	{"boolean", DV_WIRE_BOOL},
	{"float", DV_WIRE_FLOAT4},
	{"double", DV_WIRE_FLOAT8},
	{"bytes", DV_WIRE_BYTES_BASE64},
	{"array", DV_WIRE_ARRAY},
};

static DvWireKind
find_kind(const NamedKind *kinds, size_t nkinds, DvSlice name)
{
	for (size_t i = 0; i < nkinds; i++)
		if (dv_slice_is(name, kinds[i].name))
			return kinds[i].kind;
	return DV_WIRE_UNKNOWN;
}

#define FIND_KIND(kinds, name) find_kind(kinds, sizeof(kinds) / sizeof(kinds[0]), name)

/* Names that say nothing about the encoding (Json, Uuid, Enum …) fall to the type. */
static DvWireKind
node_kind(const SchemaNode *node)
{
	DvWireKind	kind = DV_WIRE_UNKNOWN;

	if (node->name.data != NULL)
		kind = FIND_KIND(named_kinds, node->name);
	if (kind == DV_WIRE_UNKNOWN)
		kind = FIND_KIND(typed_kinds, node->type);
	return kind;
}

static int
small_int(DvSlice text)
{
	bool		minus = text.len > 0 && text.data[0] == '-';
	int			value = 0;

	for (size_t i = minus; i < text.len; i++)
	{
		if (text.data[i] < '0' || text.data[i] > '9' || value > 1000000)
			return 0;
		value = value * 10 + (text.data[i] - '0');
	}
	return minus ? -value : value;
}

static bool
read_parameters(DvJson *json, SchemaNode *node)
{
	DvJsonValue name;
	DvJsonValue value;
	bool		more;

	if (dv_json_peek(json) != '{')
		return dv_json_value(json, &value);
	if (!dv_json_open(json))
		return false;
	for (;;)
	{
		if (!dv_json_member(json, &name, &more))
			return false;
		if (!more)
			return true;
		if (!dv_json_value(json, &value))
			return false;
		if (dv_slice_is(name.raw, "scale") || dv_slice_is(name.raw, "length"))
			node->scale = small_int(value.raw);
	}
}

static DvSlice *
node_member(SchemaNode *node, DvSlice name, DvToken token)
{
	if (token == DV_TOKEN_STRING)
	{
		if (dv_slice_is(name, "type"))
			return &node->type;
		if (dv_slice_is(name, "field"))
			return &node->field;
		if (dv_slice_is(name, "name"))
			return &node->name;
	}
	else if (token == DV_TOKEN_ARRAY && dv_slice_is(name, "fields"))
		return &node->fields;
	else if (token == DV_TOKEN_OBJECT && dv_slice_is(name, "items"))
		return &node->items;
	return NULL;
}

/* The reader stands at the node's opening brace. */
static bool
read_node(DvJson *json, const DvArena *arena, SchemaNode *node)
{
	DvJsonValue name;
	DvJsonValue value;
	DvSlice    *member;
	bool		more;

	memset(node, 0, sizeof(*node));
	if (dv_json_peek(json) != '{')
		return dv_json_value(json, &value);
	if (!dv_json_open(json))
		return false;
	for (;;)
	{
		if (!dv_json_member(json, &name, &more))
			return false;
		if (!more)
			return true;
		if (dv_slice_is(name.raw, "parameters"))
		{
			if (!read_parameters(json, node))
				return false;
			continue;
		}
		if (!dv_json_value(json, &value))
			return false;
		if ((member = node_member(node, name.raw, value.token)) != NULL)
			*member = dv_json_text(&value.raw, value.escaped, arena);
	}
}

/* Array types nest: walk down the items, at most as deep as JSON may be. */
static bool
make_wire(SchemaNode node, const DvArena *arena, const DvWireType **result, DvErr *err)
{
	const DvWireType **link = result;

	for (;;)
	{
		DvWireType *wire = arena->alloc(arena->owner, sizeof(*wire));
		DvJson		json;

		wire->kind = node_kind(&node);
		wire->scale = node.scale;
		wire->element = NULL;
		*link = wire;
		if (wire->kind != DV_WIRE_ARRAY || node.items.data == NULL)
			return true;
		link = &wire->element;
		dv_json_begin(&json, node.items, err);
		if (!read_node(&json, arena, &node))
			return false;
	}
}

static bool
add_field(DvRowSchema *row, int *capacity, const SchemaNode *node,
		  const DvArena *arena, DvErr *err)
{
	if (row->nfields >= MAX_FIELDS)
		return dv_err_set(err, DV_ERR_LIMIT, "54011", "schema with more than %d fields",
						  MAX_FIELDS);
	if (row->nfields == *capacity)
	{
		DvSchemaField *grown;

		*capacity = *capacity ? *capacity * 2 : 16;
		grown = arena->alloc(arena->owner, (size_t) *capacity * sizeof(*grown));
		if (row->nfields > 0)
			memcpy(grown, row->fields, (size_t) row->nfields * sizeof(*grown));
		row->fields = grown;
	}
	row->fields[row->nfields].name = node->field;
	if (!make_wire(*node, arena, &row->fields[row->nfields].wire, err))
		return false;
	row->nfields++;
	return true;
}

static bool
read_fields(DvSlice fields, const DvArena *arena, DvRowSchema *row, DvErr *err)
{
	DvJson		json;
	SchemaNode	node;
	int			capacity = 0;
	bool		more;

	dv_json_begin(&json, fields, err);
	if (dv_json_peek(&json) != '[' || !dv_json_open(&json))
		return true;
	for (;;)
	{
		if (!dv_json_element(&json, &more))
			return false;
		if (!more)
			return true;
		if (!read_node(&json, arena, &node))
			return false;
		if (node.field.data != NULL && !add_field(row, &capacity, &node, arena, err))
			return false;
	}
}

bool
dv_schema_read_row(DvSlice schema, const DvArena *arena, DvRowSchema *row, DvErr *err)
{
	DvJson		json;
	SchemaNode	node;

	memset(row, 0, sizeof(*row));
	dv_json_begin(&json, schema, err);
	if (!read_node(&json, arena, &node))
		return false;
	return node.fields.data == NULL || read_fields(node.fields, arena, row, err);
}

bool
dv_schema_read_envelope(DvSlice schema, const DvArena *arena, DvRowSchema *row, DvErr *err)
{
	DvJson		json;
	SchemaNode	node;
	DvSlice		image = {NULL, 0};
	bool		more;

	memset(row, 0, sizeof(*row));
	dv_json_begin(&json, schema, err);
	if (!read_node(&json, arena, &node))
		return false;
	if (node.fields.data == NULL)
		return true;
	dv_json_begin(&json, node.fields, err);
	if (!dv_json_open(&json))
		return false;
	for (;;)
	{
		if (!dv_json_element(&json, &more))
			return false;
		if (!more)
			break;
		if (!read_node(&json, arena, &node))
			return false;
		if (dv_slice_is(node.field, "after") ||
			(dv_slice_is(node.field, "before") && image.data == NULL))
			image = node.fields;
	}
	return image.data == NULL || read_fields(image, arena, row, err);
}
