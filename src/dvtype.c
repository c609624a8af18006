/*
 * dvtype.c
 *		What the vault knows about a type, and the canonical text of its Datums.
 *
 * The list in norm_kind() is closed: a type is on it only if its text depends
 * on the value alone, not on a setting, a locale or another object, and if
 * equal values have equal text.  hash_key() is IMMUTABLE because of that.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/cash.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "dvtype.h"

typedef struct KnownType
{
	Oid			typid;
	DvNormKind	norm;
} KnownType;

static const KnownType known_types[] = {
	{TEXTOID, DV_NORM_TEXT}, {VARCHAROID, DV_NORM_TEXT},
	{NAMEOID, DV_NORM_TEXT}, {UNKNOWNOID, DV_NORM_TEXT},
	{BPCHAROID, DV_NORM_BPCHAR},
	{INT8OID, DV_NORM_INT8}, {INT4OID, DV_NORM_INT4}, {INT2OID, DV_NORM_INT2},
	{BOOLOID, DV_NORM_BOOL}, {NUMERICOID, DV_NORM_NUMERIC},
	{FLOAT8OID, DV_NORM_FLOAT8}, {FLOAT4OID, DV_NORM_FLOAT4},
	{DATEOID, DV_NORM_DATE}, {TIMEOID, DV_NORM_TIME},
	{TIMESTAMPOID, DV_NORM_TIMESTAMP}, {TIMESTAMPTZOID, DV_NORM_TIMESTAMPTZ},
	{UUIDOID, DV_NORM_UUID}, {BYTEAOID, DV_NORM_BYTEA},
	{JSONOID, DV_NORM_JSON}, {JSONBOID, DV_NORM_JSONB},
	{INETOID, DV_NORM_INET}, {CIDROID, DV_NORM_INET},
	{CASHOID, DV_NORM_MONEY},
	{MACADDROID, DV_NORM_OUTPUT}, {MACADDR8OID, DV_NORM_OUTPUT},
	{BITOID, DV_NORM_OUTPUT}, {VARBITOID, DV_NORM_OUTPUT},
	{OIDOID, DV_NORM_OUTPUT}, {PG_LSNOID, DV_NORM_OUTPUT},
};

static void *
arena_alloc(void *owner, size_t size)
{
	return MemoryContextAllocHuge((MemoryContext) owner, size);
}

DvArena
dv_arena_of(MemoryContext context)
{
	DvArena		arena = {arena_alloc, context};

	return arena;
}

/* DV_NORM_NONE for arrays too: their element decides. */
static DvNormKind
norm_kind(Oid basetype)
{
	for (size_t i = 0; i < lengthof(known_types); i++)
		if (known_types[i].typid == basetype)
			return known_types[i].norm;
	return type_is_enum(basetype) ? DV_NORM_ENUM : DV_NORM_NONE;
}

bool
dv_type_hashable(Oid typid)
{
	Oid			basetype = getBaseType(typid);
	Oid			element = get_element_type(basetype);

	if (norm_kind(basetype) != DV_NORM_NONE)
		return true;
	return OidIsValid(element) && dv_type_hashable(element);
}

static const char *
unlisted_hint(Oid basetype)
{
	char		category;
	bool		preferred;

	if (type_is_rowtype(basetype))
		return "Hash its attributes one by one, or a whole row with hash_diff().";
	if (basetype == INTERVALOID)
		return "Hash extract(epoch from the value), a numeric.";
	if (basetype == TIMETZOID)
		return "Hash a timestamp with time zone, or the time and its offset.";
	get_type_category_preferred(basetype, &category, &preferred);
	if (category == TYPCATEGORY_STRING)
		return "Hash lower(value::text) if case does not matter, else value::text.";
	return "Cast it to a type that has one, such as text, numeric or bytea.";
}

static void
refuse_unlisted(Oid typid, Oid basetype)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("type %s has no canonical text for hashing",
					format_type_be(typid)),
			 errdetail("Its text depends on settings, or equal values can have different texts."),
			 errhint("%s", unlisted_hint(basetype))));
}

/* Arrays of listed types are listed; the element is set up in any case. */
static void
init_element(DvType *type, bool must_hash, MemoryContext context)
{
	Oid			element = get_element_type(type->basetype);

	if (!OidIsValid(element))
		return;
	type->element = MemoryContextAllocZero(context, sizeof(DvType));
	dv_type_init(type->element, element, type->basetypmod, must_hash, context);
	if (type->element->norm != DV_NORM_NONE)
		type->norm = DV_NORM_ARRAY;
}

/* I/O functions; unknown literals and pseudo-types have none worth calling. */
static void
init_io(DvType *type, MemoryContext context)
{
	Oid			function;
	bool		varlena;

	if (get_typtype(type->basetype) == TYPTYPE_PSEUDO)
		return;
	getTypeInputInfo(type->basetype, &function, &type->typioparam);
	fmgr_info_cxt(function, &type->input, context);
	getTypeOutputInfo(type->basetype, &function, &varlena);
	fmgr_info_cxt(function, &type->output, context);
}

void
dv_type_init(DvType *type, Oid typid, int32 typmod, bool must_hash,
			 MemoryContext context)
{
	memset(type, 0, sizeof(*type));
	type->typid = typid;
	type->typmod = typmod;
	type->context = context;
	type->basetypmod = typmod;
	type->basetype = getBaseTypeAndTypmod(typid, &type->basetypmod);
	get_typlenbyvalalign(type->basetype, &type->typlen, &type->typbyval,
						 &type->typalign);
	type->norm = norm_kind(type->basetype);
	if (type->norm == DV_NORM_NONE)
		init_element(type, must_hash, context);
	if (type->norm == DV_NORM_NONE && must_hash)
		refuse_unlisted(typid, type->basetype);
	init_io(type, context);
	if (type->basetype != typid)
		type->domain_cache = MemoryContextAllocZero(context, sizeof(void *));
}

/*
 * The bytes of a value that is stored as text: varlena, cstring (an unknown
 * literal) or name.  *copy is what to free afterwards, or NULL.
 */
static DvSlice
stored_text(const DvType *type, Datum value, void **copy)
{
	DvSlice		text;

	*copy = NULL;
	if (type->typlen == -1)
	{
		struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);

		if ((Pointer) packed != DatumGetPointer(value))
			*copy = packed;
		text.data = VARDATA_ANY(packed);
		text.len = VARSIZE_ANY_EXHDR(packed);
		return text;
	}
	text.data = DatumGetPointer(value);
	text.len = strlen(text.data);
	return text;
}

/* Hashes are over UTF-8, whatever the database's encoding is. */
static DvSlice
to_utf8(DvSlice text, void **converted)
{
	char	   *utf8;

	*converted = NULL;
	if (GetDatabaseEncoding() == PG_UTF8)
		return text;
	utf8 = pg_server_to_any(text.data, (int) text.len, PG_UTF8);
	if (utf8 != text.data)
	{
		*converted = utf8;
		text.data = utf8;
		text.len = strlen(utf8);
	}
	return text;
}

/* Append stored text, as a component or bare. */
static void
norm_text(const DvType *type, Datum value, DvBuf *buf, bool component)
{
	void	   *copy;
	void	   *converted;
	DvSlice		text = stored_text(type, value, &copy);

	if (type->norm == DV_NORM_BPCHAR)
		while (text.len > 0 && text.data[text.len - 1] == ' ')
			text.len--;
	text = to_utf8(text, &converted);
	if (component)
		dv_norm_component(buf, text.data, text.len);
	else
		dv_buf_append(buf, text.data, text.len);
	if (converted != NULL)
		pfree(converted);
	if (copy != NULL)
		pfree(copy);
}

static void
norm_bytea(Datum value, DvBuf *buf)
{
	bytea	   *packed = DatumGetByteaPP(value);

	dv_norm_bytes(buf, VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed));
	if ((Pointer) packed != DatumGetPointer(value))
		pfree(packed);
}

/* Through the output function, whose text no setting changes. */
static void
norm_output(const DvType *type, Datum value, DvBuf *buf)
{
	char	   *out = OutputFunctionCall(unconstify(FmgrInfo *, &type->output),
										 value);
	DvSlice		text = {out, strlen(out)};
	void	   *converted;

	text = to_utf8(text, &converted);
	if (type->norm == DV_NORM_NUMERIC)
		dv_norm_decimal(buf, text.data, text.len);
	else if (type->norm == DV_NORM_JSONB)
		dv_norm_jsonb(buf, text.data, text.len);
	else
		dv_buf_append(buf, text.data, text.len);
	if (converted != NULL)
		pfree(converted);
	pfree(out);
}

/* "[1:3]" for each dimension, "[]" for an array without elements. */
static void
norm_dimensions(ArrayType *array, DvBuf *buf)
{
	for (int i = 0; i < ARR_NDIM(array); i++)
	{
		dv_buf_append(buf, "[", 1);
		dv_norm_int64(buf, ARR_LBOUND(array)[i]);
		dv_buf_append(buf, ":", 1);
		dv_norm_int64(buf, (int64) ARR_LBOUND(array)[i] +
					  ARR_DIMS(array)[i] - 1);
		dv_buf_append(buf, "]", 1);
	}
	if (ARR_NDIM(array) == 0)
		dv_buf_append(buf, "[]", 2);
}

/* Dimensions, then the elements in storage order, joined as components are. */
static void
norm_array(const DvType *type, Datum value, DvBuf *buf)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	const DvType *element = type->element;
	ArrayIterator iterator = array_create_iterator(array, 0, NULL);
	Datum		item;
	bool		isnull;

	norm_dimensions(array, buf);
	while (array_iterate(iterator, &item, &isnull))
	{
		if (isnull)
			dv_norm_null(buf);
		else
			dv_type_norm_component(element, item, buf);
	}
	array_free_iterator(iterator);
	if ((Pointer) array != DatumGetPointer(value))
		pfree(array);
}

void
dv_type_norm(const DvType *type, Datum value, DvBuf *buf)
{
	switch (type->norm)
	{
		case DV_NORM_BOOL:
			dv_norm_bool(buf, DatumGetBool(value));
			return;
		case DV_NORM_INT2:
			dv_norm_int64(buf, DatumGetInt16(value));
			return;
		case DV_NORM_INT4:
			dv_norm_int64(buf, DatumGetInt32(value));
			return;
		case DV_NORM_INT8:
			dv_norm_int64(buf, DatumGetInt64(value));
			return;
		case DV_NORM_MONEY:
			dv_norm_int64(buf, DatumGetCash(value));
			return;
		case DV_NORM_FLOAT4:
			dv_norm_float4(buf, DatumGetFloat4(value));
			return;
		case DV_NORM_FLOAT8:
			dv_norm_float8(buf, DatumGetFloat8(value));
			return;
		case DV_NORM_DATE:
			dv_norm_date(buf, DatumGetDateADT(value));
			return;
		case DV_NORM_TIME:
			dv_norm_time(buf, DatumGetTimeADT(value));
			return;
		case DV_NORM_TIMESTAMP:
			dv_norm_timestamp(buf, DatumGetTimestamp(value));
			return;
		case DV_NORM_TIMESTAMPTZ:
			dv_norm_timestamptz(buf, DatumGetTimestampTz(value));
			return;
		case DV_NORM_UUID:
			dv_norm_uuid(buf, DatumGetUUIDP(value)->data);
			return;
		case DV_NORM_BYTEA:
			norm_bytea(value, buf);
			return;
		case DV_NORM_TEXT:
		case DV_NORM_BPCHAR:
		case DV_NORM_JSON:
			norm_text(type, value, buf, false);
			return;
		case DV_NORM_NUMERIC:
		case DV_NORM_JSONB:
		case DV_NORM_INET:
		case DV_NORM_ENUM:
		case DV_NORM_OUTPUT:
			norm_output(type, value, buf);
			return;
		case DV_NORM_ARRAY:
			norm_array(type, value, buf);
			return;
		case DV_NORM_NONE:
			break;
	}
	refuse_unlisted(type->typid, type->basetype);
}

/* Texts know their length beforehand: no need to move them. */
void
dv_type_norm_component(const DvType *type, Datum value, DvBuf *buf)
{
	size_t		start = buf->len;

	if (type->norm == DV_NORM_TEXT || type->norm == DV_NORM_BPCHAR ||
		type->norm == DV_NORM_JSON)
	{
		norm_text(type, value, buf, true);
		return;
	}
	dv_type_norm(type, value, buf);
	dv_norm_component_from(buf, start);
}
