/*
 * model_type.c
 *		The declared types of a model, looked up in this database: what no
 *		column, or no key, can have is refused at its path, before anything is made.
 *
 * Types of the vault must exist.  Types of the source need not: an enum that only
 * the source has travels as text (doc/types.md), so a name that nobody knows is as
 * good as another; but it must be one.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "dvtype.h"
#include "model.h"
#include "model_node.h"
#include "wire.h"

#define VAULT_HINT "Write a type of PostgreSQL, as \"numeric(18,2)\", or one of this database with its schema; what only the source has is text in the vault."
#define SOURCE_HINT "Write the type that the column has in the source, as \"numeric(18,2)\"."

typedef enum TypeUse
{
	USE_BUSINESS_KEY,
	USE_DEPENDENT_KEY,
	USE_ATTRIBUTE,
	USE_SOURCE
} TypeUse;

typedef struct Declaration
{
	const DvColumn *column;
	TypeUse		use;
} Declaration;

static const char *
general_hint(TypeUse use)
{
	return use == USE_SOURCE ? SOURCE_HINT : VAULT_HINT;
}

/*
 * Say it by the path: what the server stumbled over stands somewhere in a long
 * document.  A warning comes here as well: time(9) is taken for time(6).
 */
static void
explain_type(void *arg)
{
	const Declaration *declaration = arg;
	const DvColumn *column = declaration->column;
	int			code = geterrcode();
	int			category = ERRCODE_TO_CATEGORY(code);

	if (category != ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) && category != ERRCODE_DATA_EXCEPTION &&
		category != ERRCODE_FEATURE_NOT_SUPPORTED)
		return;
	errposition(0);				/* it counts in the type's text, not in the query */
	errcode(ERRCODE_INVALID_PARAMETER_VALUE);
	errdetail("It is \"%s\".", column->type);
	if (code == ERRCODE_SYNTAX_ERROR)
	{
		errmsg("model: %s has a type that cannot be read", column->path);
		errhint("%s", general_hint(declaration->use));
	}
	else
	{
		errmsg("model: %s has a type that PostgreSQL does not take as it stands", column->path);
		errhint("SELECT NULL::%s tells why.", column->type);
	}
}

/* InvalidOid if there is no such type. */
static Oid
look_up(const DvColumn *column, TypeUse use)
{
	Declaration declaration = {column, use};
	ErrorContextCallback callback = {error_context_stack, explain_type, &declaration};
	Oid			typid;
	int32		typmod;

	error_context_stack = &callback;
	parseTypeString(column->type, &typid, &typmod, true);
	error_context_stack = callback.previous;
	return typid;
}

static bool
domain_not_null(Oid typid)
{
	while (get_typtype(typid) == TYPTYPE_DOMAIN)
	{
		HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
		Form_pg_type type;
		bool		not_null;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for type %u", typid);
		type = (Form_pg_type) GETSTRUCT(tuple);
		not_null = type->typnotnull;
		typid = type->typbasetype;
		ReleaseSysCache(tuple);
		if (not_null)
			return true;
	}
	return false;
}

/* Can values be compared?  Of an array its elements, too. */
static bool
is_ordered(Oid typid)
{
	return OidIsValid(lookup_type_cache(typid, TYPECACHE_CMP_PROC)->cmp_proc);
}

static void
check_kept(const DvColumn *column, TypeUse use)
{
	DvNode		node = {NULL, column->path};
	Oid			typid = look_up(column, use);

	if (!OidIsValid(typid))
		dv_node_fail(&node, "Types are looked up in this database, in pg_catalog unless a schema is named.",
					 general_hint(use), "has the type \"%s\", which does not exist", column->type);
	if (get_typtype(typid) == TYPTYPE_PSEUDO || !dv_type_hashable(typid))
		dv_node_fail(&node, "Keys and hash diffs are made of texts that no setting changes.",
					 "Declare it as text in the vault; the type in \"sources\" stays.",
					 "is of type %s, which has no canonical text for hashing", format_type_be(typid));
	if (use != USE_ATTRIBUTE && !is_ordered(typid))
		dv_node_fail(&node, "Its values cannot be compared.",
					 "Declare it as text in the vault, or as jsonb if it is json; the type in \"sources\" stays.",
					 "is of type %s, which no key can have", format_type_be(typid));
	if (use != USE_DEPENDENT_KEY && domain_not_null(typid))
		dv_node_fail(&node, use == USE_ATTRIBUTE ? "Ended versions have no attributes." :
					 "The row of the zero key has no business key.",
					 "Use the domain's base type.",
					 "is of the domain %s, which is NOT NULL", format_type_be(typid));
}

static void
check_source(const DvModel *model, const DvColumn *column)
{
	DvNode		node = {NULL, column->path};
	DvArena		arena = dv_arena_of(CurrentMemoryContext);
	DvWireType	wire;
	DvErr		err;

	if (column->type[strspn(column->type, " \t\n\r")] == '\0')
		dv_node_fail(&node, "It tells what the column's values are on the wire.", SOURCE_HINT,
					 "names no type");
	look_up(column, USE_SOURCE);
	if (!dv_wire_from_declared(column->type, &model->wire, &arena, &wire, &err))
		dv_node_fail(&node, psprintf("It is \"%s\".", column->type), SOURCE_HINT,
					 "has a type that cannot be read");
}

static void
check_all(const DvColumn *columns, int n, TypeUse use)
{
	for (int i = 0; i < n; i++)
		check_kept(&columns[i], use);
}

void
dv_model_check_types(const DvModel *model)
{
	for (int i = 0; i < model->nhubs; i++)
		check_all(model->hubs[i].keys, model->hubs[i].nkeys, USE_BUSINESS_KEY);
	for (int i = 0; i < model->nlinks; i++)
	{
		check_all(model->links[i].dependent, model->links[i].ndependent, USE_DEPENDENT_KEY);
		check_all(model->links[i].attributes, model->links[i].nattributes, USE_ATTRIBUTE);
	}
	for (int i = 0; i < model->nsatellites; i++)
		check_all(model->satellites[i].columns, model->satellites[i].ncolumns, USE_ATTRIBUTE);
	for (int s = 0; s < model->nsources; s++)
	{
		for (int i = 0; i < model->sources[s].ncolumns; i++)
			check_source(model, &model->sources[s].columns[i]);
	}
}
