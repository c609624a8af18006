/*
 * sql_model.c
 *		SQL surface of models: plan, apply, export and drop.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"

#include "model.h"
#include "model_ddl.h"

PG_FUNCTION_INFO_V1(dv_plan_model);
PG_FUNCTION_INFO_V1(dv_apply_model);
PG_FUNCTION_INFO_V1(dv_drop_model);
PG_FUNCTION_INFO_V1(dv_check_model);

/* A model to be applied, in this database. */
static DvModel *
checked_model(Jsonb *document)
{
	DvModel    *model = dv_model_parse(document);

	dv_model_check_types(model);
	return model;
}

/* The stored id of a name; 0 = none. */
static int32
stored_id(const char *name)
{
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(name)};
	bool		isnull;

	if (SPI_execute_with_args("SELECT model_id FROM datavault.model WHERE name = $1",
							  1, types, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read datavault.model");
	return SPI_processed == 0 ? 0 :
		DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/* The stored model that `model` would replace, or NULL. */
static DvModel *
stored_model(const DvModel *model)
{
	DvModel    *old;

	if (stored_id(model->name) == 0)
		return NULL;
	old = dv_model_load(model->name, CurrentMemoryContext);
	if (strcmp(old->schema, model->schema) != 0 || strcmp(old->state_schema, model->state_schema) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot move model \"%s\" to another schema", model->name),
				 errdetail("Its tables are in \"%s\" and \"%s\".", old->schema, old->state_schema),
				 errhint("Keep the schemas, or choose another name for the model.")));
	return old;
}

static void
connect(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

static void
execute_all(List *plan)
{
	ListCell   *cell;

	foreach(cell, plan)
	{
		if (SPI_execute(lfirst(cell), false, 0) < 0)
			elog(ERROR, "could not execute: %s", (char *) lfirst(cell));
	}
}

/* plan_model(document jsonb) returns setof text */
Datum
dv_plan_model(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DvModel    *model = checked_model(PG_GETARG_JSONB_P(0));
	DvModel    *old;
	ListCell   *cell;
	MemoryContext caller = CurrentMemoryContext;
	List	   *plan;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	connect();
	old = stored_model(model);
	MemoryContextSwitchTo(caller);
	plan = dv_model_plan(old, model);
	foreach(cell, plan)
	{
		Datum		values[1] = {CStringGetTextDatum(lfirst(cell))};
		bool		nulls[1] = {false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}

/* Store the document; returns the new version. */
static int32
store_document(const DvModel *model, Datum document, int32 id)
{
	Oid			types[2] = {TEXTOID, JSONBOID};
	Datum		values[2] = {CStringGetTextDatum(model->name), document};
	bool		isnull;

	if (SPI_execute_with_args(id == 0 ?
							  "INSERT INTO datavault.model (name, document) VALUES ($1, $2) RETURNING version, model_id" :
							  "UPDATE datavault.model SET document = $2, version = version + 1, applied_at = pg_catalog.now() WHERE name = $1 RETURNING version, model_id",
							  2, types, values, NULL, false, 1) < 0)
		elog(ERROR, "could not write datavault.model");
	return DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

static bool
same_document(Jsonb *a, Jsonb *b)
{
	return compareJsonbContainers(&a->root, &b->root) == 0;
}

/* Before a model's own lock: one apply_model() or drop_model() at a time, also of models not there yet. */
static void
lock_models(void)
{
	if (SPI_execute("LOCK TABLE datavault.model IN SHARE ROW EXCLUSIVE MODE", false, 0) < 0)
		elog(ERROR, "could not lock datavault.model");
}

/* apply_model(document jsonb) returns text */
Datum
dv_apply_model(PG_FUNCTION_ARGS)
{
	Jsonb	   *document = PG_GETARG_JSONB_P(0);
	DvModel    *model = checked_model(document);
	DvModel    *old;
	MemoryContext caller = CurrentMemoryContext;
	List	   *plan;
	int32		id;
	int32		version;
	char	   *summary;

	dv_model_require_utf8();
	connect();
	lock_models();
	id = stored_id(model->name);
	if (id != 0)
		dv_model_lock(id, ExclusiveLock);
	MemoryContextSwitchTo(caller);
	old = stored_model(model);
	plan = dv_model_plan(old, model);
	execute_all(plan);
	if (plan == NIL && old != NULL && same_document(document, dv_model_document(model->name)))
		version = old->version;
	else
		version = store_document(model, JsonbPGetDatum(document), id);
	MemoryContextSwitchTo(caller);
	summary = psprintf("model \"%s\" version %d: %d statements", model->name, version, list_length(plan));
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(summary));
}

static void
refuse_used(const char *name)
{
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(name)};

	if (SPI_execute("SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass('datavault.subscription')", true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read pg_class");
	if (SPI_processed == 0)
		return;
	if (SPI_execute_with_args("SELECT FROM datavault.subscription WHERE model = $1", 1, types, values,
							  NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read datavault.subscription");
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("model \"%s\" is used by a subscription", name),
				 errhint("Drop the subscription first: drop_subscription().")));
}

/* drop_model(name text, drop_data boolean) returns void */
Datum
dv_drop_model(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	bool		drop_data = PG_GETARG_BOOL(1);
	DvModel    *model = dv_model_load(name, CurrentMemoryContext);
	MemoryContext caller = CurrentMemoryContext;
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(name)};

	connect();
	lock_models();
	dv_model_lock(model->id, ExclusiveLock);
	/* a subscription that is being made holds the row */
	if (SPI_execute_with_args("SELECT FROM datavault.model WHERE name = $1 FOR UPDATE", 1, types, values,
							  NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not lock model \"%s\"", name);
	refuse_used(name);
	MemoryContextSwitchTo(caller);
	execute_all(dv_model_drop_plan(model, drop_data));
	/* what was held for it could never be applied any more */
	if (SPI_execute_with_args("WITH m AS (SELECT model_id FROM datavault.model WHERE name = $1),"
							  " h AS (DELETE FROM datavault.held WHERE model_id = (SELECT model_id FROM m)),"
							  " f AS (DELETE FROM datavault.feed WHERE model_id = (SELECT model_id FROM m))"
							  " DELETE FROM datavault.key_mark WHERE model_id = (SELECT model_id FROM m)",
							  1, types, values, NULL, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not forget held messages");
	if (SPI_execute_with_args("DELETE FROM datavault.model WHERE name = $1", 1, types, values,
							  NULL, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not write datavault.model");
	SPI_finish();
	PG_RETURN_VOID();
}

/* check_model(document jsonb) returns boolean: true, or an error */
Datum
dv_check_model(PG_FUNCTION_ARGS)
{
	checked_model(PG_GETARG_JSONB_P(0));
	PG_RETURN_BOOL(true);
}
