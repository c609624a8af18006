/*
 * wire_declared.c
 *		A column's declared source type and the connector's modes → wire type.
 */
#include <string.h>
#include <strings.h>

#include "json.h"
#include "wire.h"

/* A type name taken apart: "timestamp(3) without time zone[]". */
typedef struct Declared
{
	DvSlice		base;			/* "timestamp" */
	DvSlice		suffix;			/* "without time zone" */
	int			nmods;
	int			mods[2];
	int			ndims;
} Declared;

typedef enum Family
{
	FAMILY_FIXED,				/* one kind, whatever the modes */
	FAMILY_DECIMAL,
	FAMILY_MONEY,
	FAMILY_TIME,
	FAMILY_TIMESTAMP,
	FAMILY_BYTES,
	FAMILY_BITS
} Family;

typedef struct KnownType
{
	const char *name;
	Family		family;
	DvWireKind	kind;
} KnownType;

/* Others are text: format_type()'s names, and what people write for them. */
static const KnownType known_types[] = {
	{"smallint", FAMILY_FIXED, DV_WIRE_INT},
	{"integer", FAMILY_FIXED, DV_WIRE_INT},
	{"bigint", FAMILY_FIXED, DV_WIRE_INT},
	{"int", FAMILY_FIXED, DV_WIRE_INT},
	{"int2", FAMILY_FIXED, DV_WIRE_INT},
	{"int4", FAMILY_FIXED, DV_WIRE_INT},
	{"int8", FAMILY_FIXED, DV_WIRE_INT},
	{"smallserial", FAMILY_FIXED, DV_WIRE_INT},
	{"serial", FAMILY_FIXED, DV_WIRE_INT},
	{"bigserial", FAMILY_FIXED, DV_WIRE_INT},
	{"oid", FAMILY_FIXED, DV_WIRE_INT},
	{"boolean", FAMILY_FIXED, DV_WIRE_BOOL},
	{"bool", FAMILY_FIXED, DV_WIRE_BOOL},
	{"real", FAMILY_FIXED, DV_WIRE_FLOAT4},
	{"float4", FAMILY_FIXED, DV_WIRE_FLOAT4},
	{"double precision", FAMILY_FIXED, DV_WIRE_FLOAT8},
	{"float8", FAMILY_FIXED, DV_WIRE_FLOAT8},
	{"numeric", FAMILY_DECIMAL, DV_WIRE_DECIMAL},
	{"decimal", FAMILY_DECIMAL, DV_WIRE_DECIMAL},
	{"money", FAMILY_MONEY, DV_WIRE_DECIMAL},
	{"date", FAMILY_FIXED, DV_WIRE_DATE},
	{"time", FAMILY_TIME, DV_WIRE_TIME_US},
	{"time without time zone", FAMILY_TIME, DV_WIRE_TIME_US},
	{"time with time zone", FAMILY_FIXED, DV_WIRE_ZONED_TIME},
	{"timetz", FAMILY_FIXED, DV_WIRE_ZONED_TIME},
	{"timestamp", FAMILY_TIMESTAMP, DV_WIRE_TIMESTAMP_US},
	{"timestamp without time zone", FAMILY_TIMESTAMP, DV_WIRE_TIMESTAMP_US},
	{"timestamp with time zone", FAMILY_FIXED, DV_WIRE_ZONED_TIMESTAMP},
	{"timestamptz", FAMILY_FIXED, DV_WIRE_ZONED_TIMESTAMP},
	{"interval", FAMILY_FIXED, DV_WIRE_INTERVAL},
	{"bytea", FAMILY_BYTES, DV_WIRE_BYTES_BASE64},
	{"bit", FAMILY_BITS, DV_WIRE_BITS},
	{"bit varying", FAMILY_FIXED, DV_WIRE_BITS},	/* length unknown: ambiguous */
	{"varbit", FAMILY_FIXED, DV_WIRE_BITS},
	{"point", FAMILY_FIXED, DV_WIRE_POINT},
};

static DvSlice
trim(DvSlice text)
{
	while (text.len > 0 && text.data[0] == ' ')
	{
		text.data++;
		text.len--;
	}
	while (text.len > 0 && text.data[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* Cut "[]" and "[3]" off the end, counting them. */
static bool
cut_dimensions(DvSlice *text, int *ndims)
{
	*ndims = 0;
	for (;;)
	{
		*text = trim(*text);
		if (text->len == 0 || text->data[text->len - 1] != ']')
			return true;
		do
			text->len--;
		while (text->len > 0 && text->data[text->len - 1] >= '0' &&
			   text->data[text->len - 1] <= '9');
		if (text->len == 0 || text->data[text->len - 1] != '[')
			return false;
		text->len--;
		(*ndims)++;
	}
}

static bool
parse_mod(DvSlice text, int *mod)
{
	int64_t		value;

	if (!dv_parse_int64(trim(text), &value) || value < -1000 || value > 100000000)
		return false;
	*mod = (int) value;
	return true;
}

/* "(18,2)": one or two numbers. */
static bool
parse_mods(DvSlice text, Declared *declared)
{
	const char *comma = memchr(text.data, ',', text.len);
	DvSlice		first = text;
	DvSlice		second;

	declared->nmods = 1;
	if (comma != NULL)
	{
		first.len = (size_t) (comma - text.data);
		second.data = comma + 1;
		second.len = text.len - first.len - 1;
		declared->nmods = 2;
		if (!parse_mod(second, &declared->mods[1]))
			return false;
	}
	return parse_mod(first, &declared->mods[0]);
}

static bool
take_apart(DvSlice text, Declared *declared)
{
	const char *open;
	const char *close;

	memset(declared, 0, sizeof(*declared));
	if (!cut_dimensions(&text, &declared->ndims) || text.len == 0)
		return false;
	if (text.len > 11 && strncasecmp(text.data, "pg_catalog.", 11) == 0)
	{
		text.data += 11;
		text.len -= 11;
	}
	declared->base = text;
	open = memchr(text.data, '(', text.len);
	if (open == NULL || text.data[0] == '"')
		return true;
	close = memchr(open, ')', text.len - (size_t) (open - text.data));
	if (close == NULL)
		return false;
	declared->base.len = (size_t) (open - text.data);
	declared->base = trim(declared->base);
	declared->suffix.data = close + 1;
	declared->suffix.len = (size_t) (text.data + text.len - close - 1);
	declared->suffix = trim(declared->suffix);
	text.data = open + 1;
	text.len = (size_t) (close - open - 1);
	/* other types' modifiers, geometry(Point,4326), are not ours to read */
	if (!parse_mods(text, declared))
		declared->nmods = -1;
	return true;
}

static bool
same_name(const Declared *declared, const char *name)
{
	size_t		base = declared->base.len;
	size_t		len = strlen(name);

	if (strncasecmp(declared->base.data, name, base < len ? base : len) != 0)
		return false;
	if (declared->suffix.len == 0)
		return base == len;
	return len == base + 1 + declared->suffix.len && name[base] == ' ' &&
		strncasecmp(declared->suffix.data, name + base + 1, declared->suffix.len) == 0;
}

static const KnownType *
find_type(const Declared *declared)
{
	for (size_t i = 0; i < sizeof(known_types) / sizeof(known_types[0]); i++)
		if (same_name(declared, known_types[i].name))
			return &known_types[i];
	return NULL;
}

static void
set_open(DvWireType *wire, int what)
{
	wire->kind = DV_WIRE_UNKNOWN;
	wire->scale = what;
}

static void
set_decimal(const Declared *declared, bool money, const DvWireModes *modes, DvWireType *wire)
{
	switch (modes->decimal)
	{
		case DV_DECIMAL_STRING:
			wire->kind = DV_WIRE_DECIMAL_STRING;
			break;
		case DV_DECIMAL_DOUBLE:
			wire->kind = DV_WIRE_DECIMAL_DOUBLE;
			break;
		case DV_DECIMAL_PRECISE:
			wire->kind = declared->nmods > 0 || money ? DV_WIRE_DECIMAL : DV_WIRE_VARDECIMAL;
			wire->scale = money ? 2 : declared->nmods == 2 ? declared->mods[1] : 0;
			/* Debezium takes PostgreSQL's 11 bits of it for a number without sign */
			if (wire->scale < 0)
				wire->scale += 2048;
			break;
		default:
			set_open(wire, DV_WIRE_OPEN_DECIMAL);
	}
}

static void
set_time(const Declared *declared, bool timestamp, const DvWireModes *modes, DvWireType *wire)
{
	bool		coarse = declared->nmods == 1 && declared->mods[0] <= 3;

	switch (modes->time)
	{
		case DV_TIME_ADAPTIVE_US:
			coarse = coarse && timestamp;
			break;
		case DV_TIME_ADAPTIVE:
			break;
		case DV_TIME_CONNECT:
			coarse = true;
			break;
		case DV_TIME_ISOSTRING:
			wire->kind = timestamp ? DV_WIRE_ISO_TIMESTAMP : DV_WIRE_ISO_TIME;
			return;
		default:
			set_open(wire, DV_WIRE_OPEN_TIME);
			return;
	}
	if (timestamp)
		wire->kind = coarse ? DV_WIRE_TIMESTAMP_MS : DV_WIRE_TIMESTAMP_US;
	else
		wire->kind = coarse ? DV_WIRE_TIME_MS : DV_WIRE_TIME_US;
}

static DvWireKind
bytes_kind(const DvWireModes *modes)
{
	switch (modes->binary)
	{
		case DV_BINARY_HEX:
			return DV_WIRE_BYTES_HEX;
		case DV_BINARY_BASE64_URL:
			return DV_WIRE_BYTES_BASE64_URL;
		default:
			return DV_WIRE_BYTES_BASE64;
	}
}

static void
set_simple(const Declared *declared, const DvWireModes *modes, DvWireType *wire)
{
	const KnownType *known = find_type(declared);

	wire->kind = known ? known->kind : DV_WIRE_STRING;
	if (known == NULL)
		return;
	switch (known->family)
	{
		case FAMILY_DECIMAL:
		case FAMILY_MONEY:
			set_decimal(declared, known->family == FAMILY_MONEY, modes, wire);
			break;
		case FAMILY_TIME:
		case FAMILY_TIMESTAMP:
			set_time(declared, known->family == FAMILY_TIMESTAMP, modes, wire);
			break;
		case FAMILY_BYTES:
			wire->kind = bytes_kind(modes);
			break;
		case FAMILY_BITS:
			wire->scale = declared->nmods == 1 ? declared->mods[0] : 1;
			break;
		default:
			break;
	}
}

bool
dv_wire_from_declared(const char *source_type, const DvWireModes *modes,
					  const DvArena *arena, DvWireType *wire, DvErr *err)
{
	static const DvWireModes defaults;
	DvSlice		text = {source_type, strlen(source_type)};
	DvWireType *element = wire;
	Declared	declared;

	memset(wire, 0, sizeof(*wire));
	if (!take_apart(text, &declared) ||
		(declared.nmods < 0 && find_type(&declared) != NULL))
		return dv_err_set(err, DV_ERR_TYPE, "42601",
						  "source type \"%.80s\" cannot be read", source_type);
	/* one level for any number of dimensions, as PostgreSQL has it */
	if (declared.ndims > 0)
	{
		element = arena->alloc(arena->owner, sizeof(*element));
		memset(element, 0, sizeof(*element));
		wire->kind = DV_WIRE_ARRAY;
		wire->element = element;
	}
	set_simple(&declared, modes != NULL ? modes : &defaults, element);
	return true;
}
