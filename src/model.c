/*
 * model.c
 *		Models as they are stored in datavault.model, and their lock.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "model.h"

/* Copies the document into `context`; false if there is no such model. */
static bool
fetch_model(const char *name, MemoryContext context, int32 *id, int32 *version, Jsonb **document)
{
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(name)};
	bool		found;
	bool		isnull;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args("SELECT model_id, version, document FROM datavault.model WHERE name = $1",
							  1, types, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read datavault.model");
	found = SPI_processed == 1;
	if (found)
	{
		HeapTuple	tuple = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		MemoryContext old;

		*id = DatumGetInt32(SPI_getbinval(tuple, desc, 1, &isnull));
		*version = DatumGetInt32(SPI_getbinval(tuple, desc, 2, &isnull));
		old = MemoryContextSwitchTo(context);
		*document = DatumGetJsonbPCopy(SPI_getbinval(tuple, desc, 3, &isnull));
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return found;
}

static void
raise_unknown(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("model \"%s\" does not exist", name),
			 errhint("datavault.model lists the models; apply_model() makes them.")));
}

DvModel *
dv_model_load(const char *name, MemoryContext context)
{
	Jsonb	   *document = NULL;
	int32		id = 0;
	int32		version = 0;
	MemoryContext old;
	DvModel    *model;

	if (!fetch_model(name, context, &id, &version, &document))
		raise_unknown(name);
	old = MemoryContextSwitchTo(context);
	model = dv_model_parse(document);
	MemoryContextSwitchTo(old);
	model->id = id;
	model->version = version;
	return model;
}

Jsonb *
dv_model_document(const char *name)
{
	Jsonb	   *document = NULL;
	int32		id;
	int32		version;

	if (!fetch_model(name, CurrentMemoryContext, &id, &version, &document))
		raise_unknown(name);
	return document;
}

int32
dv_model_version(int32 model_id)
{
	static SPIPlanPtr plan = NULL;
	Datum		values[1] = {Int32GetDatum(model_id)};
	int32		version = 0;
	bool		isnull;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (plan == NULL)
	{
		Oid			types[1] = {INT4OID};
		SPIPlanPtr	fresh = SPI_prepare("SELECT version FROM datavault.model WHERE model_id = $1",
										1, types);

		if (fresh == NULL || SPI_keepplan(fresh) != 0)
			elog(ERROR, "could not prepare the look-up of a model's version");
		plan = fresh;
	}
	if (SPI_execute_plan(plan, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read datavault.model");
	if (SPI_processed == 1)
		version = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
											  1, &isnull));
	SPI_finish();
	return version;
}

void
dv_model_lock(int32 model_id, LOCKMODE mode)
{
	Oid			namespace = get_namespace_oid("datavault", false);
	Oid			relation = get_relname_relid("model", namespace);

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"datavault.model\" does not exist"),
				 errhint("Is the extension datavault installed in this database?")));
	LockDatabaseObject(relation, (Oid) model_id, 0, mode);
}

void
dv_model_require_utf8(void)
{
	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the encoding of this database is %s", GetDatabaseEncodingName()),
				 errdetail("A vault holds what the source's tables hold, in any language."),
				 errhint("Create the vault's database with ENCODING 'UTF8' TEMPLATE template0.")));
}
