/*
 * write.c
 *		The sql driver: rows of a batch into their tables by set-based
 *		statements.
 *
 * Per table: sort by key, drop repeats, offer the rows to one statement as a
 * relation (see DV_ROWS).  It works on every kind of table and respects
 * triggers, RLS and constraints.  Tables are written in model order and rows in
 * key order, so that concurrent writers meet in the same order; hubs and links
 * yield to a writer who was quicker (ON CONFLICT DO NOTHING).
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"

#include "batch.h"

/*
 * After so many batches of so many rows with nothing but new keys, hubs and links
 * are inserted without asking (ON CONFLICT searches every key twice): a first load.
 */
#define TRUST_BATCHES 3
#define TRUST_ROWS 1000
/* And not again for so many, once that went wrong. */
#define DISTRUST_BATCHES 100

/* A new row of a target, its nulls all false. */
DvOutRow *
dv_write_row(DvTarget *target, int event)
{
	int			n = target->ncolumns + 1;
	DvOutRow   *row = palloc0(sizeof(DvOutRow) + (sizeof(Datum) + sizeof(bool)) * n);

	if (target->nrows == target->maxrows)
	{
		int			max = Max(64, target->maxrows * 2);
		DvOutRef   *rows = palloc(sizeof(DvOutRef) * max);

		if (target->nrows)
			memcpy(rows, target->rows, sizeof(DvOutRef) * target->nrows);
		target->rows = rows;
		target->maxrows = max;
	}
	target->rows[target->nrows++].row = row;
	row->event = event;
	row->values = (Datum *) (row + 1);
	row->nulls = (bool *) (row->values + n);
	return row;
}

/* The rows belong to the batch's memory; forget them with it. */
void
dv_write_reset(DvPlan *plan)
{
	plan->trusting = false;
	for (int i = 0; i < plan->ntargets; i++)
	{
		plan->targets[i]->nrows = plan->targets[i]->maxrows = 0;
		plan->targets[i]->inserted = 0;
		plan->targets[i]->used = false;
		plan->targets[i]->rows = NULL;
	}
}

/* ---- order ---- */

static inline int
compare_refs(const DvOutRef *a, const DvOutRef *b)
{
	const DvOutRow *x = a->row;
	const DvOutRow *y = b->row;
	int			c;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	c = memcmp(x->key->bytes, y->key->bytes, DV_KEY_LEN);
	if (c == 0 && x->position)
		c = memcmp(x->position, y->position, DV_POS_LEN);
	return c != 0 ? c : (x->event > y->event) - (x->event < y->event);
}

#define ST_SORT sort_refs
#define ST_ELEMENT_TYPE DvOutRef
#define ST_COMPARE(a, b) compare_refs(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static void
sort_rows(DvTarget *t)
{
	for (int i = 0; i < t->nrows; i++)
	{
		memcpy(&t->rows[i].prefix, t->rows[i].row->key->bytes, sizeof(uint64));
		t->rows[i].prefix = pg_ntoh64(t->rows[i].prefix);
	}
	sort_refs(t->rows, t->nrows);
}

static void
collision(DvBatch *batch, const DvTarget *t, const DvOutRow *row)
{
	batch->current = row->event >= 0 ? &batch->items[row->event] : NULL;
	dv_item_error(DV_ERR_COLLISION, ERRCODE_UNIQUE_VIOLATION, NULL,
				  "Compare the stored row of that key with the message: either two keys collide, or a row of an immutable table changed.",
				  "a row of %s has the same key as another with different content", t->relation);
}

/* ON CONFLICT yields to every unique index, also to one that somebody added; a trigger may return NULL. */
static void
not_inserted(DvBatch *batch, const DvTarget *t, const DvOutRow *row)
{
	batch->current = row->event >= 0 ? &batch->items[row->event] : NULL;
	dv_item_error(DV_ERR_DATABASE, ERRCODE_UNIQUE_VIOLATION, NULL,
				  "Drop the unique index or trigger that is not the extension's, or mend the data and retry.",
				  "a row of %s was turned away, by a unique index other than that of its key or by a trigger", t->relation);
}

/* A link's content are keys and diffs; that a hub's key stands for its content says SHA-256. */
static void
check_repeat(DvBatch *batch, const DvTarget *t, const DvOutRow *first, const DvOutRow *again)
{
	for (int c = t->content_first; t->kind == DV_TARGET_LINK && c < t->content_first + t->content_n; c++)
		if (!dv_key_equal((const DvKey *) DatumGetPointer(first->values[c]),
						  (const DvKey *) DatumGetPointer(again->values[c])))
			collision(batch, t, again);
}

/* Hubs and links: one row a key, the first. */
static void
drop_repeats(DvBatch *batch, DvTarget *t)
{
	int			n = 0;

	for (int i = 0; i < t->nrows; i++)
	{
		if (n == 0 || !dv_key_equal(t->rows[n - 1].row->key, t->rows[i].row->key))
			t->rows[n++] = t->rows[i];
		else
			check_repeat(batch, t, t->rows[n - 1].row, t->rows[i].row);
	}
	t->nrows = n;
}

/* ---- statements ---- */

/* Run a statement of the target over its rows; SPI holds the result. */
static void
run_over_rows(DvTarget *t, SPIPlanPtr plan, int expected)
{
	Tuplestorestate *store = tuplestore_begin_heap(false, false, work_mem);

	for (int i = 0; i < t->nrows; i++)
	{
		DvOutRow   *row = t->rows[i].row;

		row->values[t->ncolumns] = Int32GetDatum(i);
		tuplestore_putvalues(store, t->desc, row->values, row->nulls);
	}
	dv_plan_offer_rows(t, store, t->nrows);
	if (SPI_execute_plan(plan, NULL, NULL, false, 0) != expected)
		elog(ERROR, "could not write or probe %s", t->relation);
	dv_plan_withdraw_rows();
	tuplestore_end(store);
}

/* Which rows exist; an error if one of them does with other content. */
static bool *
probe_rows(DvBatch *batch, DvTarget *t)
{
	bool	   *exists = palloc0(sizeof(bool) * t->nrows);

	run_over_rows(t, t->probe, SPI_OK_SELECT);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		int			at = DatumGetInt32(SPI_getbinval(tuple, desc, 1, &isnull));

		exists[at] = true;
		if (DatumGetBool(SPI_getbinval(tuple, desc, 2, &isnull)))
			collision(batch, t, t->rows[at].row);
	}
	SPI_freetuptable(SPI_tuptable);
	return exists;
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

/* How many of the target's rows were inserted. */
static int
insert_rows(DvTarget *t, SPIPlanPtr insert)
{
	if (t->nrows == 0)
		return 0;
	run_over_rows(t, insert, SPI_OK_INSERT);
	t->inserted += SPI_processed;
	return (int) SPI_processed;
}

bool
dv_write_trusted(DvPlan *plan, int sqlstate)
{
	if (!plan->trusting || sqlstate != ERRCODE_UNIQUE_VIOLATION)
		return false;
	for (int i = 0; i < plan->ntargets; i++)
		plan->targets[i]->all_new = -DISTRUST_BATCHES;
	return true;
}

/* Rows that were not inserted must stand there, with the same content. */
static void
check_refused(DvBatch *batch, DvTarget *t)
{
	bool	   *exists = probe_rows(batch, t);

	for (int i = 0; i < t->nrows; i++)
		if (!exists[i])
			not_inserted(batch, t, t->rows[i].row);
}

/*
 * Hubs and links.  Finding that a key exists costs less by a probe than by a
 * failed insertion, and an insertion less without a probe before it: which comes
 * first is what would have been better the last time.
 */
static void
write_keys(DvBatch *batch, DvTarget *t)
{
	bool		trust;
	int			offered;
	int			inserted;

	drop_repeats(batch, t);
	offered = t->nrows;
	trust = offered >= TRUST_ROWS && t->all_new >= TRUST_BATCHES;
	batch->plan->trusting |= trust;
	if (t->mostly_there)
		keep_missing(t, probe_rows(batch, t));
	inserted = insert_rows(t, trust ? t->insert_new : t->insert);
	if (inserted < t->nrows)
		check_refused(batch, t);
	t->mostly_there = inserted < offered - inserted;
	if (inserted < offered)
		t->all_new = Min(t->all_new, 0);
	else if (offered >= TRUST_ROWS)
		t->all_new++;
}

/* Is this an end that another row of the batch says already? */
static bool
repeats_previous(const DvTarget *t, int i)
{
	const DvOutRow *row = t->rows[i].row;
	const DvOutRow *last = i > 0 ? t->rows[i - 1].row : NULL;

	return last && dv_key_equal(row->key, last->key) &&
		memcmp(row->position, last->position, DV_POS_LEN) == 0 &&
		row->values[DV_SATCOL_ROW] == last->values[DV_SATCOL_ROW];
}

/* Ends placed behind what came earlier may stand there already. */
static void
drop_known_ends(DvBatch *batch, DvTarget *t)
{
	bool	   *exists;
	bool		any = false;

	for (int i = 0; i < t->nrows && !any; i++)
		any = t->rows[i].row->may_exist;
	if (!any)
		return;
	exists = probe_rows(batch, t);
	for (int i = 0; i < t->nrows; i++)
		exists[i] = t->rows[i].row->may_exist && (exists[i] || repeats_previous(t, i));
	keep_missing(t, exists);
}

/* A trigger returned NULL: what the vault then lacks nobody could tell. */
static void
turned_away(const DvTarget *t)
{
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
			 errmsg("rows of %s were not inserted", t->relation),
			 errdetail("A trigger or a rule of the table turned them away."),
			 errhint("Drop it, or let it raise an error for the rows that the vault must not have.")));
}

static void
write_target(DvBatch *batch, DvTarget *t)
{
	int			offered;

	if (t->nrows == 0)
		return;
	dv_plan_use(batch->plan, t);
	sort_rows(t);
	if (t->kind == DV_TARGET_HUB || t->kind == DV_TARGET_LINK)
	{
		write_keys(batch, t);
		return;
	}
	if (t->kind == DV_TARGET_SATELLITE)
		drop_known_ends(batch, t);
	offered = t->nrows;
	if (insert_rows(t, t->insert) < offered)
		turned_away(t);
}

void
dv_write(DvBatch *batch)
{
	for (int i = 0; i < batch->plan->ntargets; i++)
	{
		write_target(batch, batch->plan->targets[i]);
		/* a batch of one: what fails here is its fault */
		batch->current = NULL;
	}
}
