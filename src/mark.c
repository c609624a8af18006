/*
 * mark.c
 *		Marks of primary-key changes: datavault.key_mark.
 *
 * The d half of a change leaves word of the row it ends, for the c half, which
 * may come in another batch, through another partition.  A batch reads the marks
 * that its c halves ask for by one statement, and writes those of its d halves
 * by one at its end; in between both stand in memory.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "actas.h"
#include "batch.h"
#include "column.h"

/* Which change: the row that it made, and where.  All octets count. */
typedef struct MarkKey
{
	DvKey		row;
	int64		lsn;
	int64		source;
} MarkKey;

typedef struct Mark
{
	MarkKey		key;			/* must be first (hash key) */
	DvMark		mark;
	bool		fresh;			/* left by this batch: to be written */
} Mark;

/* Which end: of a row, at a position. */
typedef struct EndKey
{
	DvKey		row;
	DvPos		pos;
} EndKey;

/* The own key that an end ended, which became known after the end. */
typedef struct End
{
	EndKey		key;			/* must be first (hash key) */
	DvKey		own;
} End;

static HTAB *
make_table(DvBatch *batch, const char *name, Size key, Size entry)
{
	HASHCTL		ctl = {.keysize = key,.entrysize = entry,.hcxt = batch->context};

	return hash_create(name, 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* The entry of a change; NULL if it is only looked for and not there. */
static Mark *
entry_of(DvBatch *batch, int source, const DvKey *row, uint64 lsn, HASHACTION action)
{
	MarkKey		key = {*row, (int64) lsn, source};

	if (batch->marks == NULL)
		batch->marks = make_table(batch, "datavault marks", sizeof(MarkKey), sizeof(Mark));
	return hash_search(batch->marks, &key, action, NULL);
}

void
dv_mark_put(DvBatch *batch, const DvItem *item)
{
	Mark	   *entry = entry_of(batch, item->source, &item->other_row, item->event.lsn, HASH_ENTER);
	const DvRowEntry *row = item->row;
	const DvVersion *p = NULL;

	for (int i = 0; i < row->nversions && row->versions[i] != item->version; i++)
		p = row->versions[i];
	entry->mark.old_row = item->row_key;
	entry->mark.old_own = p && p->own.known ? p->own : dv_maybe_absent();
	entry->mark.old_own.known = entry->mark.old_own.present;
	entry->mark.old_pos = item->version->pos;
	entry->fresh = true;
}

void
dv_mark_complete(DvBatch *batch, const DvRowEntry *row, const DvVersion *end)
{
	EndKey		key = {row->key, end->pos};
	End		   *entry;

	if (batch->mark_ends == NULL)
		batch->mark_ends = make_table(batch, "datavault ends", sizeof(EndKey), sizeof(End));
	entry = hash_search(batch->mark_ends, &key, HASH_ENTER, NULL);
	entry->own = end->own.key;
}

const DvMark *
dv_mark_find(DvBatch *batch, const DvItem *item)
{
	Mark	   *entry = entry_of(batch, item->source, &item->row_key, item->event.lsn, HASH_FIND);

	if (entry && batch->mark_ends)
	{
		EndKey		key = {entry->mark.old_row, entry->mark.old_pos};
		const End  *end = hash_search(batch->mark_ends, &key, HASH_FIND, NULL);

		if (end)
			entry->mark.old_own = dv_maybe(&end->own);
	}
	return entry ? &entry->mark : NULL;
}

/* ---- statements ---- */

/* The model's id, then the columns. */
static void
run(const DvBatch *batch, SPIPlanPtr plan, const DvColumnArray *columns, int ncolumns, int expected)
{
	Datum		args[8] = {Int32GetDatum(batch->plan->model->id)};

	Assert(ncolumns < (int) lengthof(args));
	for (int i = 0; i < ncolumns; i++)
		args[i + 1] = dv_column_datum(&columns[i]);
	if (SPI_execute_plan(plan, args, NULL, false, 0) != expected)
		elog(ERROR, "could not read or write datavault.key_mark");
}

static Datum
source_name(const DvBatch *batch, int source)
{
	return CStringGetTextDatum(batch->plan->model->sources[source].name);
}

/* ---- reading ---- */

/* May this item ask for a mark that the batch itself does not leave? */
static bool
asks(DvBatch *batch, const DvItem *item)
{
	if (item->skip || item->broken || item->ended || !item->has_other || item->version == NULL)
		return false;
	if (batch->plan->sources[item->source].same_as < 0 && !item->placeholders)
		return false;
	return entry_of(batch, item->source, &item->row_key, item->event.lsn, HASH_FIND) == NULL;
}

static void
read_mark(DvBatch *batch, const DvItem *item, HeapTuple tuple, TupleDesc desc)
{
	Mark	   *entry = entry_of(batch, item->source, &item->row_key, item->event.lsn, HASH_ENTER);
	bool		isnull;
	Datum		d = SPI_getbinval(tuple, desc, 2, &isnull);

	entry->fresh = false;
	memcpy(entry->mark.old_row.bytes, DatumGetUUIDP(d)->data, DV_KEY_LEN);
	d = SPI_getbinval(tuple, desc, 3, &isnull);
	memset(&entry->mark.old_own, 0, sizeof(DvMaybeKey));
	if (!isnull)
		entry->mark.old_own = dv_maybe((const DvKey *) DatumGetUUIDP(d)->data);
	d = SPI_getbinval(tuple, desc, 4, &isnull);
	entry->mark.old_pos = *DatumGetDvPosP(d);
	(void) dv_row_enter(batch, item->source, &entry->mark.old_row);
}

static void
read_marks(DvBatch *batch, const DvItem **items, int n)
{
	DvColumnArray c[3] = {dv_column_make(TEXTOID, n), dv_column_make(UUIDOID, n), dv_column_make(INT8OID, n)};

	for (int i = 0; i < n; i++)
	{
		dv_column_add(&c[0], source_name(batch, items[i]->source), false);
		dv_column_add(&c[1], PointerGetDatum(items[i]->row_key.bytes), false);
		dv_column_add(&c[2], Int64GetDatum((int64) items[i]->event.lsn), false);
	}
	run(batch, batch->plan->find_marks, c, lengthof(c), SPI_OK_SELECT);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		int64		at = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull));

		read_mark(batch, items[at - 1], tuple, desc);
	}
	SPI_freetuptable(SPI_tuptable);
}

void
dv_marks_load(DvBatch *batch)
{
	MemoryContext caller = CurrentMemoryContext;
	const DvItem **items = palloc(sizeof(DvItem *) * Max(batch->nitems, 1));
	DvActAs		saved;
	int			n = 0;

	for (int i = 0; i < batch->nitems; i++)
		if (asks(batch, &batch->items[i]))
			items[n++] = &batch->items[i];
	if (n > 0)
	{
		dv_act_as_extension(&saved);
		read_marks(batch, items, n);
		dv_act_as_end(&saved);
		dv_rows_load(batch);
	}
	/* SPI has left us in its own context */
	MemoryContextSwitchTo(caller);
}

/* ---- writing ---- */

/* The marks of this batch; who waits for one of them is woken. */
static void
write_marks(DvBatch *batch)
{
	int			max = hash_get_num_entries(batch->marks);
	DvColumnArray c[6] = {dv_column_make(TEXTOID, max), dv_column_make(UUIDOID, max),
		dv_column_make(INT8OID, max), dv_column_make(UUIDOID, max), dv_column_make(UUIDOID, max),
		dv_column_make(dv_plan_pos_type(batch->plan), max)};
	HASH_SEQ_STATUS scan;
	Mark	   *entry;

	hash_seq_init(&scan, batch->marks);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (!entry->fresh)
			continue;
		dv_column_add(&c[0], source_name(batch, entry->key.source), false);
		dv_column_add(&c[1], PointerGetDatum(entry->key.row.bytes), false);
		dv_column_add(&c[2], Int64GetDatum(entry->key.lsn), false);
		dv_column_add(&c[3], PointerGetDatum(entry->mark.old_row.bytes), false);
		dv_column_add(&c[4], PointerGetDatum(entry->mark.old_own.key.bytes), !entry->mark.old_own.known);
		dv_column_add(&c[5], DvPosPGetDatum(&entry->mark.old_pos), false);
		dv_row_enter(batch, entry->key.source, &entry->key.row)->woken = true;
	}
	if (c[0].n > 0)
		run(batch, batch->plan->put_marks, c, lengthof(c), SPI_OK_INSERT);
}

/* Marks of this batch, or earlier ones, whose end has come to know what it ended. */
static void
complete_marks(DvBatch *batch)
{
	int			max = hash_get_num_entries(batch->mark_ends);
	DvColumnArray c[3] = {dv_column_make(UUIDOID, max), dv_column_make(dv_plan_pos_type(batch->plan), max),
		dv_column_make(UUIDOID, max)};
	HASH_SEQ_STATUS scan;
	End		   *entry;

	hash_seq_init(&scan, batch->mark_ends);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		dv_column_add(&c[0], PointerGetDatum(entry->key.row.bytes), false);
		dv_column_add(&c[1], DvPosPGetDatum(&entry->key.pos), false);
		dv_column_add(&c[2], PointerGetDatum(entry->own.bytes), false);
	}
	run(batch, batch->plan->complete_marks, c, lengthof(c), SPI_OK_UPDATE);
}

void
dv_marks_store(DvBatch *batch)
{
	MemoryContext caller = CurrentMemoryContext;
	DvActAs		saved;

	if (batch->marks == NULL && batch->mark_ends == NULL)
		return;
	/* the table is the extension's, as those of held.c */
	dv_act_as_extension(&saved);
	if (batch->marks)
		write_marks(batch);
	if (batch->mark_ends)
		complete_marks(batch);
	dv_act_as_end(&saved);
	MemoryContextSwitchTo(caller);
}
