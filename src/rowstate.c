/*
 * rowstate.c
 *		Versions of source rows: read from and written to the row-state tables.
 *
 * A state table is insert-only for its readers: the newest version of a row is
 * the first entry of an index scan from above, however many dead ones an old
 * snapshot keeps alive.  A superseded version is deleted by the batch that
 * supersedes it, by its ctid.  Rows with something pending keep all versions
 * from before the oldest pending one (doc/rules.md, section 6).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "batch.h"

static HTAB *
rows_of(DvBatch *batch, int source)
{
	if (batch->rows[source] == NULL)
	{
		HASHCTL		ctl = {0};

		ctl.keysize = DV_KEY_LEN;
		ctl.entrysize = sizeof(DvRowEntry);
		ctl.hcxt = batch->context;
		batch->rows[source] = hash_create("datavault rows", Max(batch->nitems, 64), &ctl,
										  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	return batch->rows[source];
}

/* The entry of a row, made if need be; not loaded then. */
DvRowEntry *
dv_row_enter(DvBatch *batch, int source, const DvKey *key)
{
	bool		found;
	DvRowEntry *row = hash_search(rows_of(batch, source), key, HASH_ENTER, &found);

	if (!found)
	{
		memset((char *) row + DV_KEY_LEN, 0, sizeof(DvRowEntry) - DV_KEY_LEN);
		row->source = source;
		row->anchor = dv_maybe_absent();
	}
	return row;
}

DvRowEntry *
dv_row_find(DvBatch *batch, int source, const DvKey *key)
{
	return hash_search(rows_of(batch, source), key, HASH_FIND, NULL);
}

static DvVersion *
make_version(DvBatch *batch, int source)
{
	DvVersion  *v = MemoryContextAllocZero(batch->context, sizeof(DvVersion));

	v->links = MemoryContextAllocZero(batch->context,
									  sizeof(DvMaybeKey) * Max(batch->plan->sources[source].nstates, 1));
	v->origin = dv_maybe_absent();
	return v;
}

static void
add_version(DvBatch *batch, DvRowEntry *row, int at, DvVersion *v)
{
	if (row->nversions == row->maxversions)
	{
		int			n = Max(4, row->maxversions * 2);
		DvVersion **versions = MemoryContextAlloc(batch->context, sizeof(DvVersion *) * n);

		if (row->nversions)
			memcpy(versions, row->versions, sizeof(DvVersion *) * row->nversions);
		row->versions = versions;
		row->maxversions = n;
	}
	memmove(&row->versions[at + 1], &row->versions[at],
			sizeof(DvVersion *) * (row->nversions - at));
	row->versions[at] = v;
	row->nversions++;
}

/* A new version: the row's events arrive in order, so behind all others. */
DvVersion *
dv_row_insert(DvBatch *batch, DvRowEntry *row, const DvPos *pos)
{
	DvVersion  *v = make_version(batch, row->source);

	v->pos = *pos;
	add_version(batch, row, row->nversions, v);
	return v;
}

/* ---- reading ---- */

static DvMaybeKey
column_key(HeapTuple tuple, TupleDesc desc, int column)
{
	bool		isnull;
	Datum		d = SPI_getbinval(tuple, desc, column, &isnull);
	DvMaybeKey	key = {false, false};

	if (isnull)
		return key;
	return dv_maybe((const DvKey *) DatumGetUUIDP(d)->data);
}

/* NULL = none, the zero key = not known yet. */
static DvMaybeKey
origin_key(HeapTuple tuple, TupleDesc desc, int column)
{
	DvMaybeKey	key = column_key(tuple, desc, column);

	if (!key.known)
		return dv_maybe_absent();
	if (dv_key_equal(&key.key, &dv_zero_key))
		key.known = key.present = false;
	return key;
}

/* A stored version; the row's own fields are those of its newest one. */
static void
read_version(DvBatch *batch, DvPlanSource *ps, DvRowEntry *row, HeapTuple tuple, TupleDesc desc)
{
	DvVersion  *v = make_version(batch, row->source);
	const int	base = 2;		/* SPI columns count from one, and ctid is first */
	bool		isnull;

	v->stored = true;
	v->ctid = *(ItemPointer) DatumGetPointer(SPI_getbinval(tuple, desc, 1, &isnull));
	v->pos = *DatumGetDvPosP(SPI_getbinval(tuple, desc, base + DV_STATE_POSITION, &isnull));
	v->kind = DatumGetChar(SPI_getbinval(tuple, desc, base + DV_STATE_KIND, &isnull));
	v->seen_lsn = DatumGetInt64(SPI_getbinval(tuple, desc, base + DV_STATE_SEEN, &isnull));
	v->delete_xid = DatumGetInt64(SPI_getbinval(tuple, desc, base + DV_STATE_DELETE_XID, &isnull));
	if (isnull)
		v->delete_xid = 0;
	v->applied = DatumGetTimestampTz(SPI_getbinval(tuple, desc, base + DV_STATE_APPLIED, &isnull));
	v->own = column_key(tuple, desc, base + DV_STATE_OWN_KEY);
	v->origin = origin_key(tuple, desc, base + DV_STATE_ORIGIN);
	for (int i = 0; i < ps->nstates; i++)
		v->links[i] = column_key(tuple, desc, base + DV_STATE_FIXED + i);
	row->pending = DatumGetBool(SPI_getbinval(tuple, desc, base + DV_STATE_PENDING, &isnull));
	row->anchor = column_key(tuple, desc, base + DV_STATE_ANCHOR);
	if (!row->anchor.known && !row->pending)
		row->anchor = dv_maybe_absent();
	add_version(batch, row, row->nversions, v);
}

static Datum
key_array(const DvKey **keys, int n)
{
	Datum	   *values = palloc(sizeof(Datum) * n);

	for (int i = 0; i < n; i++)
		values[i] = PointerGetDatum(keys[i]->bytes);
	return PointerGetDatum(construct_array(values, n, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

static int
compare_keys(const void *a, const void *b)
{
	return memcmp((*(const DvKey *const *) a)->bytes, (*(const DvKey *const *) b)->bytes,
				  DV_KEY_LEN);
}

/* Read the versions of these rows by one statement. */
static void
read_rows(DvBatch *batch, int source, SPIPlanPtr plan, const DvKey **keys, int n)
{
	DvPlanSource *ps = &batch->plan->sources[source];
	Datum		args[1];

	qsort(keys, n, sizeof(DvKey *), compare_keys);
	args[0] = key_array(keys, n);
	if (SPI_execute_plan(plan, args, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read row state");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Datum		key = SPI_getbinval(tuple, desc, 2 + DV_STATE_ROW_KEY, &isnull);

		read_version(batch, ps, dv_row_find(batch, source, (const DvKey *) DatumGetUUIDP(key)->data),
					 tuple, desc);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* The newest versions of all rows not read yet; all versions of pending ones. */
static void
load_source(DvBatch *batch, int source)
{
	DvPlanSource *ps = &batch->plan->sources[source];
	HASH_SEQ_STATUS scan;
	DvRowEntry *row;
	const DvKey **keys;
	int			n = 0;

	keys = palloc(sizeof(DvKey *) * hash_get_num_entries(batch->rows[source]));
	hash_seq_init(&scan, batch->rows[source]);
	while ((row = hash_seq_search(&scan)) != NULL)
		if (!row->loaded)
		{
			row->loaded = true;
			keys[n++] = &row->key;
		}
	if (ps->state)
		dv_plan_use(batch->plan, ps->state);
	if (n > 0 && ps->state)
		read_rows(batch, source, ps->load_newest, keys, n);
	else
		n = 0;
	for (int i = 0, all = n; i < all; i++)
	{
		row = (DvRowEntry *) keys[i];
		if (i == 0)
			n = 0;
		if (row->pending)
		{
			row->nversions = 0;
			keys[n++] = &row->key;
		}
	}
	if (n > 0)
		read_rows(batch, source, ps->load_all, keys, n);
}

void
dv_rows_load(DvBatch *batch)
{
	for (int i = 0; i < batch->plan->model->nsources; i++)
		if (batch->rows[i] != NULL)
			load_source(batch, i);
}

/* ---- writing ---- */

static bool
version_is_pending(const DvPlanSource *ps, const DvVersion *v)
{
	if (v->kind == 'p' || (v->kind == 'l' && (!v->own.known || !v->origin.known)))
		return true;
	for (int i = 0; v->kind == 'l' && i < ps->nstates; i++)
		if (!v->links[i].known)
			return true;
	return false;
}

bool
dv_row_is_pending(const DvBatch *batch, const DvRowEntry *row)
{
	if (!row->anchor.known)
		return true;
	for (int i = 0; i < row->nversions; i++)
	{
		const DvVersion *v = row->versions[i];

		/* what the batch has not come to yet says nothing */
		if (v->item && !v->item->placed && !v->item->was)
			continue;
		if (version_is_pending(&batch->plan->sources[row->source], v))
			return true;
	}
	return false;
}

static void
put_key(DvOutRow *out, int column, const DvMaybeKey *key)
{
	out->nulls[column] = !key->present;
	if (key->present)
		out->values[column] = PointerGetDatum(key->key.bytes);
}

static void
write_version(DvPlanSource *ps, DvRowEntry *row, DvVersion *v, bool pending)
{
	DvOutRow   *out = dv_write_row(ps->state, v->item ? v->item->index : -1);
	/* what is not known is told apart from what is not there by the zero key */
	static const DvMaybeKey unknown = {true, true, {{0}}};

	out->key = &row->key;
	out->position = v->pos.bytes;
	out->values[DV_STATE_ROW_KEY] = PointerGetDatum(row->key.bytes);
	out->values[DV_STATE_POSITION] = DvPosPGetDatum(&v->pos);
	out->values[DV_STATE_KIND] = CharGetDatum(v->kind);
	out->values[DV_STATE_PENDING] = BoolGetDatum(pending);
	out->values[DV_STATE_SEEN] = Int64GetDatum(v->seen_lsn);
	out->values[DV_STATE_DELETE_XID] = Int64GetDatum(v->delete_xid);
	out->nulls[DV_STATE_DELETE_XID] = v->delete_xid == 0;
	out->values[DV_STATE_APPLIED] = TimestampTzGetDatum(v->applied);
	put_key(out, DV_STATE_ANCHOR, &row->anchor);
	put_key(out, DV_STATE_ORIGIN, v->origin.known ? &v->origin : &unknown);
	put_key(out, DV_STATE_OWN_KEY, &v->own);
	for (int i = 0; i < ps->nstates; i++)
		put_key(out, DV_STATE_FIXED + i, &v->links[i]);
}

/* One row: what goes, what is written. */
static void
store_row(DvBatch *batch, DvRowEntry *row, Datum *gone, int *ngone)
{
	DvPlanSource *ps = &batch->plan->sources[row->source];
	bool		pending = dv_row_is_pending(batch, row);
	int			last = row->nversions - 1;

	for (int i = 0; i <= last; i++)
	{
		DvVersion  *v = row->versions[i];
		bool		keep = pending || i == last;
		bool		write = keep && (v->dirty || !v->stored ||
									 (i == last && row->pending != pending));

		if (v->stored && (write || !keep))
			gone[(*ngone)++] = PointerGetDatum(&v->ctid);
		if (write)
			write_version(ps, row, v, pending);
	}
}

void
dv_rows_store(DvBatch *batch)
{
	for (int s = 0; s < batch->plan->model->nsources; s++)
	{
		DvPlanSource *ps = &batch->plan->sources[s];
		HASH_SEQ_STATUS scan;
		DvRowEntry *row;
		Datum	   *gone;
		int			ngone = 0;
		int			max = 0;

		if (batch->rows[s] == NULL || ps->state == NULL)
			continue;
		hash_seq_init(&scan, batch->rows[s]);
		while ((row = hash_seq_search(&scan)) != NULL)
			max += row->touched ? row->nversions : 0;
		gone = palloc(sizeof(Datum) * Max(max, 1));
		hash_seq_init(&scan, batch->rows[s]);
		while ((row = hash_seq_search(&scan)) != NULL)
			if (row->touched)
				store_row(batch, row, gone, &ngone);
		if (ngone > 0)
		{
			Datum		args[1];

			args[0] = PointerGetDatum(construct_array(gone, ngone, TIDOID, sizeof(ItemPointerData),
													  false, TYPALIGN_SHORT));
			if (SPI_execute_plan(ps->remove, args, NULL, false, 0) != SPI_OK_DELETE)
				elog(ERROR, "could not prune row state");
			if (SPI_processed != (uint64) ngone)
				ereport(ERROR,
						(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						 errmsg("rows of %s were changed by somebody else", ps->state->relation),
						 errhint("Row state is written by the workers and functions of this extension alone.")));
		}
	}
}
