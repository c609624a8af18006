/*
 * sql_hash.c
 *		hash_key(), hash_key_bytea(), hash_diff() and can_hash().
 *
 * Types are looked up once per call site and kept in fn_extra: they cannot
 * change there.  Texts are gathered in a buffer of the same life, so that a
 * call allocates nothing unless its values are large.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

#include "keyhash.h"

#define SMALL_TEXT 1024

PG_FUNCTION_INFO_V1(hash_key);
PG_FUNCTION_INFO_V1(hash_key_bytea);
PG_FUNCTION_INFO_V1(hash_diff);
PG_FUNCTION_INFO_V1(can_hash);

/* fn_extra of hash_key() and hash_key_bytea() */
typedef struct KeySite
{
	bool		variadic;		/* called as hash_key(VARIADIC array) */
	int			ntypes;
	DvType	   *types;			/* per argument; of the elements if variadic */
	char		text[SMALL_TEXT];
} KeySite;

/* fn_extra of hash_diff(); rebuilt when another row type comes along */
typedef struct DiffSite
{
	Oid			typid;
	int32		typmod;
	MemoryContext context;		/* what depends on the row type */
	int			nattributes;	/* without dropped ones */
	int		   *order;			/* attribute index, in the order of the names */
	DvSlice    *names;			/* by attribute index, UTF-8 */
	DvType	   *types;			/* by attribute index */
	int			natts;			/* with dropped ones */
	Datum	   *values;
	bool	   *nulls;
	char		text[SMALL_TEXT];
} DiffSite;

static void
raise_openssl(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
			 errmsg("could not compute SHA-256"),
			 errhint("Check that OpenSSL's active provider offers SHA-256.")));
}

/* What does not fit the site's own text goes to the caller's context. */
static DvBuf
site_buffer(char *text, DvArena *arena)
{
	DvBuf		buf = {text, 0, SMALL_TEXT, arena};

	*arena = dv_arena_of(CurrentMemoryContext);
	return buf;
}

static KeySite *
key_site(FunctionCallInfo fcinfo)
{
	KeySite    *site = fcinfo->flinfo->fn_extra;
	MemoryContext context = fcinfo->flinfo->fn_mcxt;

	if (site != NULL)
		return site;
	site = MemoryContextAllocZero(context, sizeof(KeySite));
	site->variadic = get_fn_expr_variadic(fcinfo->flinfo);
	site->ntypes = site->variadic ? 1 : PG_NARGS();
	site->types = MemoryContextAllocZero(context,
										 sizeof(DvType) * site->ntypes);
	for (int i = 0; i < site->ntypes; i++)
	{
		Oid			typid = get_fn_expr_argtype(fcinfo->flinfo, i);

		if (site->variadic && OidIsValid(typid))
			typid = get_base_element_type(typid);
		if (!OidIsValid(typid))
			elog(ERROR, "could not determine the type of argument %d", i + 1);
		dv_type_init(&site->types[i], typid, -1, true, context);
	}
	fcinfo->flinfo->fn_extra = site;
	return site;
}

/* hash_key(VARIADIC array): each element is a component. */
static void
add_elements(const DvType *type, Datum value, DvBuf *buf)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	ArrayIterator iterator = array_create_iterator(array, 0, NULL);
	Datum		item;
	bool		isnull;

	while (array_iterate(iterator, &item, &isnull))
		dv_keyhash_add(buf, type, item, isnull);
	array_free_iterator(iterator);
}

/* False if the result is NULL: hash_key(VARIADIC NULL) has no components. */
static bool
key_text(FunctionCallInfo fcinfo, DvBuf *buf, DvArena *arena)
{
	KeySite    *site = key_site(fcinfo);

	*buf = site_buffer(site->text, arena);
	dv_keyhash_begin(buf);
	if (site->variadic)
	{
		if (PG_ARGISNULL(0))
			return false;
		add_elements(&site->types[0], PG_GETARG_DATUM(0), buf);
		return true;
	}
	for (int i = 0; i < site->ntypes; i++)
		dv_keyhash_add(buf, &site->types[i], PG_GETARG_DATUM(i),
					   PG_ARGISNULL(i));
	return true;
}

/* hash_key(VARIADIC "any") → uuid */
Datum
hash_key(PG_FUNCTION_ARGS)
{
	DvBuf		buf;
	DvArena		arena;
	DvKey		key;
	pg_uuid_t  *result;

	if (!key_text(fcinfo, &buf, &arena))
		PG_RETURN_NULL();
	if (!dv_keyhash_end(&buf, &key))
		raise_openssl();
	result = palloc(sizeof(pg_uuid_t));
	memcpy(result->data, key.bytes, UUID_LEN);
	PG_RETURN_UUID_P(result);
}

/* hash_key_bytea(VARIADIC "any") → bytea, all 32 octets */
Datum
hash_key_bytea(PG_FUNCTION_ARGS)
{
	DvBuf		buf;
	DvArena		arena;
	bytea	   *result;

	if (!key_text(fcinfo, &buf, &arena))
		PG_RETURN_NULL();
	result = palloc(VARHDRSZ + DV_HASH_LEN);
	SET_VARSIZE(result, VARHDRSZ + DV_HASH_LEN);
	if (!dv_keyhash_end_full(&buf, (uint8_t *) VARDATA(result)))
		raise_openssl();
	PG_RETURN_BYTEA_P(result);
}

static int
compare_names(const void *a, const void *b, void *arg)
{
	const DvSlice *names = arg;
	int			left = *(const int *) a;
	int			right = *(const int *) b;
	int			order = dv_diffhash_compare(names[left], names[right]);

	return order != 0 ? order : left - right;
}

static void
init_attribute(DiffSite *site, Form_pg_attribute attribute, int index)
{
	char	   *name = NameStr(attribute->attname);
	DvSlice    *slice = &site->names[index];

	slice->data = pg_server_to_any(name, (int) strlen(name), PG_UTF8);
	slice->data = MemoryContextStrdup(site->context, slice->data);
	slice->len = strlen(slice->data);
	dv_type_init(&site->types[index], attribute->atttypid,
				 attribute->atttypmod, true, site->context);
	site->order[site->nattributes++] = index;
}

/* Prepare for another row type; fails without leaving half of it behind. */
static void
init_diff_site(DiffSite *site, TupleDesc desc)
{
	MemoryContext old;

	site->typid = InvalidOid;
	MemoryContextReset(site->context);
	old = MemoryContextSwitchTo(site->context);
	site->nattributes = 0;
	site->natts = desc->natts;
	site->order = palloc0(sizeof(int) * (desc->natts + 1));
	site->names = palloc0(sizeof(DvSlice) * (desc->natts + 1));
	site->types = palloc0(sizeof(DvType) * (desc->natts + 1));
	site->values = palloc0(sizeof(Datum) * (desc->natts + 1));
	site->nulls = palloc0(sizeof(bool) * (desc->natts + 1));
	MemoryContextSwitchTo(old);
	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			init_attribute(site, TupleDescAttr(desc, i), i);
	qsort_arg(site->order, site->nattributes, sizeof(int), compare_names,
			  site->names);
	site->typid = desc->tdtypeid;
	site->typmod = desc->tdtypmod;
}

static DiffSite *
diff_site(FunctionCallInfo fcinfo)
{
	DiffSite   *site = fcinfo->flinfo->fn_extra;
	MemoryContext context = fcinfo->flinfo->fn_mcxt;

	if (site != NULL)
		return site;
	site = MemoryContextAllocZero(context, sizeof(DiffSite));
	site->context = AllocSetContextCreate(context, "hash_diff row type",
										  ALLOCSET_SMALL_SIZES);
	fcinfo->flinfo->fn_extra = site;
	return site;
}

/* Take the row apart into site->values, by the type it carries itself. */
static void
deform(DiffSite *site, HeapTupleHeader row)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row),
											  HeapTupleHeaderGetTypMod(row));
	HeapTupleData tuple = {.t_data = row,
	.t_len = HeapTupleHeaderGetDatumLength(row)};

	if (site->typid != desc->tdtypeid || site->typmod != desc->tdtypmod ||
		site->natts != desc->natts)
		init_diff_site(site, desc);
	heap_deform_tuple(&tuple, desc, site->values, site->nulls);
	ReleaseTupleDesc(desc);
}

/* hash_diff(record) → uuid, over its non-NULL attributes by name */
Datum
hash_diff(PG_FUNCTION_ARGS)
{
	DiffSite   *site = diff_site(fcinfo);
	DvArena		arena;
	DvBuf		buf = site_buffer(site->text, &arena);
	DvKey		key;
	pg_uuid_t  *result;

	deform(site, PG_GETARG_HEAPTUPLEHEADER(0));
	dv_diffhash_begin(&buf);
	for (int i = 0; i < site->nattributes; i++)
	{
		int			index = site->order[i];

		dv_diffhash_add(&buf, site->names[index], &site->types[index],
						site->values[index], site->nulls[index]);
	}
	if (!dv_diffhash_end(&buf, &key))
		raise_openssl();
	result = palloc(sizeof(pg_uuid_t));
	memcpy(result->data, key.bytes, UUID_LEN);
	PG_RETURN_UUID_P(result);
}

/* can_hash(regtype) → boolean */
Datum
can_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(dv_type_hashable(PG_GETARG_OID(0)));
}
