/*
 * feed.c
 *		Which connector a source table's events come from: datavault.feed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "actas.h"
#include "feed.h"

/* Who feeds the source may; the first does from now on. */
static bool
may_feed(int32 model, const char *source, Datum connector)
{
	Oid			types[3] = {INT4OID, TEXTOID, TEXTOID};
	Datum		values[3] = {Int32GetDatum(model), CStringGetTextDatum(source), connector};
	DvActAs		saved;
	MemoryContext caller = CurrentMemoryContext;
	bool		isnull;
	bool		may;
	bool		first;

	dv_act_as_extension(&saved);
	/* the model's lock keeps others out between the two */
	if (SPI_execute_with_args("SELECT COALESCE(pg_catalog.bool_or(connector = $3), false),"
							  " NOT COALESCE(pg_catalog.bool_or(NOT allowed), false)"
							  " FROM datavault.feed WHERE model_id = $1 AND source = $2",
							  3, types, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read datavault.feed");
	may = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	first = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	if (!may && first)
	{
		may = true;
		if (SPI_execute_with_args("INSERT INTO datavault.feed (model_id, source, connector) VALUES ($1, $2, $3)",
								  3, types, values, NULL, false, 0) != SPI_OK_INSERT)
			elog(ERROR, "could not write datavault.feed");
	}
	dv_act_as_end(&saved);
	MemoryContextSwitchTo(caller);
	return may;
}

void
dv_feed_check(DvBatch *batch, const DvItem *item)
{
	const DvSource *source = &batch->plan->model->sources[item->source];
	DvSlice		connector = item->event.connector;
	char	   *name;
	const char *hint = "If it is the same database under a new name, say so with datavault.allow_connector();"
		" another database needs a model of its own.";

	name = pnstrdup(connector.data, connector.len);
	if (may_feed(batch->plan->model->id, source->name, CStringGetTextDatum(name)))
		return;
	if (batch->retry)
		dv_item_error(DV_ERR_UNSUPPORTED, ERRCODE_FEATURE_NOT_SUPPORTED, NULL, hint,
					  "an event of \"%s\" comes from the connector \"%s\", earlier ones came from another",
					  source->name, name);
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("an event of \"%s\" comes from the connector \"%s\", earlier ones came from another",
					source->name, name),
			 errhint("%s", hint)));
}
