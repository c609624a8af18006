/*
 * write.c
 *		The sql driver: rows of a batch into their tables by set-based
 *		statements over arrays.
 *
 * Per table: sort by key, drop repeats, probe what exists, insert the rest.
 * It works on every kind of table and respects triggers, RLS and constraints.
 * Tables are written in model order and rows in key order, so that concurrent
 * writers meet in the same order; hubs and links yield to a writer who was
 * quicker (ON CONFLICT DO NOTHING).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "batch.h"

/* A new row of a target, its nulls all false. */
DvOutRow *
dv_write_row(DvTarget *target, int event)
{
	DvOutRow   *row;

	if (target->nrows == target->maxrows)
	{
		int			n = Max(64, target->maxrows * 2);
		DvOutRow   *rows = palloc(sizeof(DvOutRow) * n);

		if (target->nrows)
			memcpy(rows, target->rows, sizeof(DvOutRow) * target->nrows);
		target->rows = rows;
		target->maxrows = n;
	}
	row = &target->rows[target->nrows++];
	row->event = event;
	row->key = NULL;
	row->position = NULL;
	row->may_exist = false;
	row->values = palloc0((sizeof(Datum) + sizeof(bool)) * target->ncolumns);
	row->nulls = (bool *) (row->values + target->ncolumns);
	return row;
}

/* The rows belong to the batch's memory; forget them with it. */
void
dv_write_reset(DvPlan *plan)
{
	for (int i = 0; i < plan->ntargets; i++)
	{
		plan->targets[i]->nrows = plan->targets[i]->maxrows = 0;
		plan->targets[i]->rows = NULL;
	}
}

static int
compare_rows(const void *a, const void *b)
{
	const DvOutRow *x = a;
	const DvOutRow *y = b;
	int			c = memcmp(x->key->bytes, y->key->bytes, DV_KEY_LEN);

	if (c == 0 && x->position)
		c = memcmp(x->position, y->position, DV_POS_LEN);
	return c != 0 ? c : (x->event > y->event) - (x->event < y->event);
}

/* Record sources travel as C strings, made text once for all rows that share one. */
static Datum
text_of(const char *string, const char **last, Datum *text)
{
	if (string != *last)
	{
		*text = CStringGetTextDatum(string);
		*last = string;
	}
	return *text;
}

static int
source_column(const DvTarget *t)
{
	if (t->kind == DV_TARGET_SATELLITE)
		return DV_SATCOL_SOURCE;
	for (int i = 0; t->kind != DV_TARGET_STATE && i < t->ncolumns; i++)
		if (strcmp(t->names[i], DV_COL_SOURCE) == 0)
			return i;
	return -1;
}

/* Arrays travel as text: unnest() would take them apart (see plan.c). */
static Datum
array_element(const DvTarget *t, int column, Datum value)
{
	char	   *text;

	if (t->types[column]->norm != DV_NORM_ARRAY)
		return value;
	text = OutputFunctionCall((FmgrInfo *) &t->types[column]->output, value);
	return CStringGetTextDatum(text);
}

/* One column of the rows that are wanted, as an array. */
static Datum
make_array(const DvTarget *t, int column, bool is_source)
{
	Datum	   *values = palloc(sizeof(Datum) * t->nrows);
	bool	   *nulls = palloc(sizeof(bool) * t->nrows);
	const DvType *type = t->types[column];
	bool		as_text = type->norm == DV_NORM_ARRAY;
	const char *last = NULL;
	Datum		text = 0;
	int			dims[1] = {t->nrows};
	int			lbs[1] = {1};

	for (int i = 0; i < t->nrows; i++)
	{
		nulls[i] = t->rows[i].nulls[column];
		if (nulls[i])
			continue;
		if (is_source)
			values[i] = text_of(DatumGetCString(t->rows[i].values[column]), &last, &text);
		else
			values[i] = array_element(t, column, t->rows[i].values[column]);
	}
	return PointerGetDatum(construct_md_array(values, nulls, 1, dims, lbs,
											  as_text ? TEXTOID : type->basetype,
											  as_text ? -1 : type->typlen,
											  as_text ? false : type->typbyval,
											  as_text ? TYPALIGN_INT : type->typalign));
}

/* Hubs and links: one row a key. */
static void
drop_repeats(DvTarget *t)
{
	int			n = 0;

	for (int i = 0; i < t->nrows; i++)
		if (n == 0 || !dv_key_equal(t->rows[n - 1].key, t->rows[i].key))
			t->rows[n++] = t->rows[i];
	t->nrows = n;
}

static void
collision(DvBatch *batch, DvTarget *t, const DvOutRow *row)
{
	batch->current = row->event >= 0 ? &batch->items[row->event] : NULL;
	dv_item_error(DV_ERR_COLLISION, ERRCODE_UNIQUE_VIOLATION, NULL,
				  "Compare the stored row of that key with the message: either two keys collide, or a row of an immutable table changed.",
				  "a row of %s has the same key as another with different content", t->relation);
}

/* Keep the rows for which `exists` is false. */
static void
keep_missing(DvTarget *t, const bool *exists)
{
	int			n = 0;

	for (int i = 0; i < t->nrows; i++)
		if (!exists[i])
			t->rows[n++] = t->rows[i];
	t->nrows = n;
}

static void
mark_existing(DvBatch *batch, DvTarget *t, bool *exists)
{
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		int			at = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i],
														SPI_tuptable->tupdesc, 1, &isnull)) - 1;

		exists[at] = true;
		if (DatumGetBool(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull)))
			collision(batch, t, &t->rows[at]);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Take out of a hub's or link's rows those that the table has. */
static void
probe_keys(DvBatch *batch, DvTarget *t)
{
	Datum	   *args = palloc(sizeof(Datum) * (1 + t->content_n));
	bool	   *exists = palloc0(sizeof(bool) * t->nrows);

	args[0] = make_array(t, 0, false);
	for (int c = 0; c < t->content_n; c++)
		args[c + 1] = make_array(t, t->content_first + c, false);
	if (SPI_execute_plan(t->probe, args, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not probe %s", t->relation);
	mark_existing(batch, t, exists);
	keep_missing(t, exists);
}

/* Ends placed behind what came earlier may stand there already. */
static void
probe_ends(DvBatch *batch, DvTarget *t)
{
	Datum		args[3];
	bool	   *exists;
	bool		any = false;

	for (int i = 0; i < t->nrows && !any; i++)
		any = t->rows[i].may_exist;
	if (!any)
		return;
	exists = palloc0(sizeof(bool) * t->nrows);
	args[0] = make_array(t, DV_SATCOL_KEY, false);
	args[1] = make_array(t, DV_SATCOL_POSITION, false);
	args[2] = make_array(t, DV_SATCOL_ROW, false);
	if (SPI_execute_plan(t->probe, args, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not probe %s", t->relation);
	mark_existing(batch, t, exists);
	for (int i = 0; i < t->nrows; i++)
	{
		/* and twice within the batch */
		if (i > 0 && t->rows[i].may_exist &&
			dv_key_equal(t->rows[i].key, t->rows[i - 1].key) &&
			memcmp(t->rows[i].position, t->rows[i - 1].position, DV_POS_LEN) == 0 &&
			t->rows[i].values[DV_SATCOL_ROW] == t->rows[i - 1].values[DV_SATCOL_ROW])
			exists[i] = true;
		exists[i] &= t->rows[i].may_exist;
	}
	keep_missing(t, exists);
}

static void
insert_rows(DvTarget *t)
{
	Datum	   *args = palloc(sizeof(Datum) * t->ncolumns);
	int			source = source_column(t);

	for (int c = 0; c < t->ncolumns; c++)
		args[c] = make_array(t, c, c == source);
	if (SPI_execute_plan(t->insert, args, NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not insert into %s", t->relation);
	t->written += SPI_processed;
}

static void
write_target(DvBatch *batch, DvTarget *t)
{
	if (t->nrows == 0)
		return;
	qsort(t->rows, t->nrows, sizeof(DvOutRow), compare_rows);
	if (t->kind == DV_TARGET_HUB || t->kind == DV_TARGET_LINK)
	{
		drop_repeats(t);
		probe_keys(batch, t);
	}
	else if (t->kind == DV_TARGET_SATELLITE)
		probe_ends(batch, t);
	if (t->nrows > 0)
		insert_rows(t);
}

void
dv_write(DvBatch *batch)
{
	for (int i = 0; i < batch->plan->ntargets; i++)
	{
		DvTarget   *t = batch->plan->targets[i];

		write_target(batch, t);
		/* a batch of one: what fails here is its fault */
		batch->current = NULL;
	}
}
