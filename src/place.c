/*
 * place.c
 *		Versions into the histories of satellites: doc/rules.md, section 3.
 *
 * A version's state under a load is unknown, absent, or (key, diff).  Each
 * version is compared with its neighbours whose state is known; in arrival
 * order there is none behind it, and the comparison is with the row's newest
 * version alone.
 */
#include "postgres.h"

#include "utils/uuid.h"

#include "batch.h"
#include "keyhash.h"

typedef struct LoadState
{
	bool		known;
	bool		present;
	DvKey		key;			/* parent key in the satellite */
	DvKey		diff;			/* what must agree for "no change" */
} LoadState;

/* Same-as keeps two series in one table: from the anchor and from the origin. */
typedef enum Series
{
	SERIES_PLAIN,
	SERIES_ORIGIN
} Series;

static DvSatelliteKind
kind_of(const DvBatch *batch, const DvPlanLoad *pl)
{
	return batch->plan->model->satellites[pl->load->target].kind;
}

static LoadState
make_state(const DvMaybeKey *key, const DvKey *diff)
{
	LoadState	state = {key->known, key->present};

	state.key = key->key;
	state.diff = *diff;
	return state;
}

static LoadState
same_as_state(const DvRowEntry *row, const DvVersion *v, Series series)
{
	LoadState	state = {false, false};
	DvMaybeKey	from = series == SERIES_ORIGIN ? v->origin : row->anchor;

	if (!from.known || !row->anchor.known || !v->own.known)
		return state;
	if (!from.present || dv_key_equal(&from.key, &v->own.key) ||
		(series == SERIES_ORIGIN && row->anchor.present &&
		 dv_key_equal(&from.key, &row->anchor.key)))
	{
		state.known = true;
		return state;
	}
	return make_state(&from, &v->own.key);
}

/* The load was added to the model after the version was written (model_table.c). */
static bool
before_load(const DvMaybeKey *key)
{
	return key->known && key->present && dv_key_equal(&key->key, &dv_zero_key);
}

/* The state of a version under a load. */
static LoadState
load_state(DvBatch *batch, const DvRowEntry *row, const DvVersion *v, const DvPlanLoad *pl,
		   Series series)
{
	LoadState	state = {false, false};
	const DvMaybeKey *key = pl->link_state >= 0 ? &v->links[pl->link_state] : &v->own;

	if (v->kind == 'p')
		return state;
	if (v->kind == 'e')
	{
		state.known = true;
		return state;
	}
	if (kind_of(batch, pl) == DV_SAT_SAME_AS)
		return same_as_state(row, v, series);
	if (before_load(key) || (pl->state >= 0 && before_load(&v->links[pl->state])))
	{
		state.known = true;
		return state;
	}
	if (pl->state < 0)
		return make_state(key, &dv_zero_key);
	state = make_state(key, &v->links[pl->state].key);
	state.known &= v->links[pl->state].known;
	return state;
}

/* ---- output ---- */

static DvKey
diff_of(DvBatch *batch, DvPlanLoad *pl, const Datum *values, const bool *nulls, int n)
{
	DvKey		diff;

	dv_diffhash_begin(&batch->buf);
	for (int i = 0; i < n; i++)
	{
		int			a = pl->diff_order[i];

		dv_diffhash_add(&batch->buf, pl->diff_names[i],
						pl->target->types[pl->target->ncolumns - n + a], values[a], nulls[a]);
	}
	if (!dv_diffhash_end(&batch->buf, &diff))
		elog(ERROR, "could not compute SHA-256");
	return diff;
}

static Datum
key_datum(DvBatch *batch, const DvKey *key)
{
	DvKey	   *copy = MemoryContextAlloc(batch->context, sizeof(DvKey));

	*copy = *key;
	return PointerGetDatum(copy);
}

/* The constant text of a row's record source. */
static Datum
record_source(DvBatch *batch, const DvItem *item, const DvVersion *v)
{
	return PointerGetDatum(v->item && v->item->record_source ? v->item->record_source :
						   item->record_source);
}

/* The fixed columns of a satellite row; ended rows have nothing else. */
static DvOutRow *
put_satellite(DvBatch *batch, DvItem *item, DvPlanLoad *pl, const DvKey *key,
			  const DvVersion *v, char operation)
{
	DvOutRow   *out = dv_write_row(pl->target, item->index);
	DvPos	   *pos = MemoryContextAlloc(batch->context, sizeof(DvPos));

	*pos = v->pos;
	out->values[DV_SATCOL_KEY] = key_datum(batch, key);
	out->key = (const DvKey *) DatumGetPointer(out->values[DV_SATCOL_KEY]);
	out->position = pos->bytes;
	out->values[DV_SATCOL_POSITION] = DvPosPGetDatum(pos);
	out->values[DV_SATCOL_APPLIED] = TimestampTzGetDatum(v->applied);
	out->values[DV_SATCOL_LOAD] = TimestampTzGetDatum(batch->load_dts);
	out->values[DV_SATCOL_OPERATION] = CharGetDatum(operation);
	out->values[DV_SATCOL_SOURCE] = record_source(batch, item, v);
	out->values[DV_SATCOL_ROW] = PointerGetDatum(item->row->key.bytes);
	for (int i = DV_SATCOL_FIXED; i < pl->target->ncolumns; i++)
		out->nulls[i] = true;
	out->nulls[DV_SATCOL_DIFF] = true;
	return out;
}

static void
put_ended(DvBatch *batch, DvItem *item, DvPlanLoad *pl, const DvKey *key, const DvVersion *v)
{
	DvOutRow   *out = put_satellite(batch, item, pl, key, v, v->kind == 'e' ? 'd' : 'k');

	out->may_exist = batch->retry;
}

static void
put_live(DvBatch *batch, DvItem *item, DvPlanLoad *pl, const LoadState *state,
		 const DvVersion *v)
{
	char		op = v->item && v->item->event.op ? v->item->event.op : 'u';
	DvOutRow   *out = put_satellite(batch, item, pl, &state->key, v, op);
	int			n = pl->target->ncolumns - DV_SATCOL_FIXED;
	DvKey		diff;

	if (kind_of(batch, pl) == DV_SAT_SAME_AS)
	{
		out->values[DV_SATCOL_FIXED] = key_datum(batch, &state->diff);
		out->nulls[DV_SATCOL_FIXED] = false;
		diff = diff_of(batch, pl, &out->values[DV_SATCOL_FIXED], &out->nulls[DV_SATCOL_FIXED], 1);
		out->may_exist = batch->retry;
	}
	else if (pl->state >= 0)
	{
		DvValues   *values = &item->values[pl - batch->plan->sources[item->source].loads];

		memcpy(&out->values[DV_SATCOL_FIXED], values->values, sizeof(Datum) * n);
		memcpy(&out->nulls[DV_SATCOL_FIXED], values->nulls, sizeof(bool) * n);
		diff = v->links[pl->state].key;
	}
	else
		diff = diff_of(batch, pl, NULL, NULL, 0);
	out->values[DV_SATCOL_DIFF] = key_datum(batch, &diff);
	out->nulls[DV_SATCOL_DIFF] = false;
}

static void
put_hub(DvBatch *batch, DvItem *item, int hub, const DvKey *key, const Datum *values)
{
	DvTarget   *t = batch->plan->hubs[hub];
	DvOutRow   *out = dv_write_row(t, item->index);
	int			n = batch->plan->model->hubs[hub].nkeys;

	out->values[0] = key_datum(batch, key);
	out->key = (const DvKey *) DatumGetPointer(out->values[0]);
	memcpy(&out->values[1], values, sizeof(Datum) * n);
	out->values[n + 1] = TimestampTzGetDatum(batch->load_dts);
	out->values[n + 2] = PointerGetDatum(item->record_source);
}

/* A link row, and the rows of hubs that the link's source itself names. */
static void
put_link(DvBatch *batch, DvItem *item, int l, const DvKey *key)
{
	DvPlanLoad *pl = &batch->plan->sources[item->source].loads[l];
	const DvLink *link = &batch->plan->model->links[pl->load->target];
	DvOutRow   *out = dv_write_row(pl->target, item->index);
	int			at = 1;

	out->values[0] = key_datum(batch, key);
	out->key = (const DvKey *) DatumGetPointer(out->values[0]);
	for (int r = 0; r < link->nroles; r++)
	{
		out->values[at++] = key_datum(batch, &item->roles[l][r].key);
		if (pl->load->roles[r].kind == DV_REF_COLUMNS && item->role_values[l][r] != NULL)
			put_hub(batch, item, link->roles[r].hub, &item->roles[l][r].key,
					item->role_values[l][r]);
	}
	for (int d = 0; d < link->ndependent; d++, at++)
	{
		out->values[at] = item->values[l].values[d];
		out->nulls[at] = item->values[l].nulls[d];
	}
	out->values[at++] = TimestampTzGetDatum(batch->load_dts);
	out->values[at++] = PointerGetDatum(item->record_source);
	if (link->non_historized)
	{
		Datum	   *values = item->values[l].values + link->ndependent;
		bool	   *nulls = item->values[l].nulls + link->ndependent;
		DvKey		diff = diff_of(batch, pl, values, nulls, link->nattributes);

		out->values[at++] = TimestampTzGetDatum(item->applied);
		out->values[at++] = key_datum(batch, &diff);
		memcpy(&out->values[at], values, sizeof(Datum) * link->nattributes);
		memcpy(&out->nulls[at], nulls, sizeof(bool) * link->nattributes);
	}
}

/* ---- comparison ---- */

/* Do the satellites hold what this version says under this load? */
static bool
is_placed(DvBatch *batch, const DvRowEntry *row, const DvVersion *v, const DvPlanLoad *pl,
		  Series series)
{
	if (v->item == NULL || v->item->placed)
		return true;
	return v->item->was && load_state(batch, row, v->item->was, pl, series).known;
}

/* The nearest version on one side whose state is known; NULL if none. */
static DvVersion *
neighbour(DvBatch *batch, DvRowEntry *row, int i, int step, const DvPlanLoad *pl, Series series,
		  LoadState *state)
{
	for (i += step; i >= 0 && i < row->nversions; i += step)
	{
		if (!is_placed(batch, row, row->versions[i], pl, series))
			continue;
		*state = load_state(batch, row, row->versions[i], pl, series);
		if (state->known)
			return row->versions[i];
	}
	memset(state, 0, sizeof(*state));
	return NULL;
}

static void
place_load(DvBatch *batch, DvItem *item, DvRowEntry *row, int i, DvPlanLoad *pl, Series series,
		   bool force, bool with_next)
{
	DvVersion  *v = row->versions[i];
	LoadState	L = load_state(batch, row, v, pl, series);
	LoadState	P;
	LoadState	N;
	DvVersion  *next = NULL;

	if (!L.known)
		return;
	(void) neighbour(batch, row, i, -1, pl, series, &P);
	if (with_next)
		next = neighbour(batch, row, i, 1, pl, series, &N);
	if (L.present && (force || !P.present || !dv_key_equal(&P.key, &L.key) ||
					  !dv_key_equal(&P.diff, &L.diff)))
		put_live(batch, item, pl, &L, v);
	if (P.present && (!L.present || !dv_key_equal(&P.key, &L.key)) && !dv_mutant("no_end_on_move"))
		put_ended(batch, item, pl, &P.key, v);
	if (L.present && next && (!N.present || !dv_key_equal(&N.key, &L.key)))
		put_ended(batch, item, pl, &L.key, next);
}

/* ---- one item ---- */

static int
version_index(const DvRowEntry *row, const DvVersion *v)
{
	for (int i = row->nversions - 1; i >= 0; i--)
		if (row->versions[i] == v)
			return i;
	elog(ERROR, "a version is not in its row");
}

/* Was this version's state there settled when it was placed in part? */
static bool
knew_diff(const DvItem *item, const DvPlanLoad *pl)
{
	return item->was && item->was->kind == 'l' && item->was->links[pl->state].known;
}

/* Attributes of a stored version, read back from its satellite. */
static void
fetch_values(DvTarget *t, const DvKey *key, const DvPos *pos, const DvKey *row, DvValues *into)
{
	Datum		args[3] = {PointerGetDatum(key->bytes), PointerGetDatum(pos), PointerGetDatum(row->bytes)};
	int			n = t->ncolumns - DV_SATCOL_FIXED;

	if (SPI_execute_plan(t->fetch, args, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read %s", t->relation);
	if (SPI_processed == 0)
		dv_item_error(DV_ERR_PLACEHOLDER, ERRCODE_DATA_EXCEPTION, NULL,
					  "Take a new snapshot of the table, or make the column part of the replica identity.",
					  "an unchanged TOAST value has no predecessor in %s", t->relation);
	for (int i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		d = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull);

		if (!into->is_placeholder[i])
			continue;
		into->nulls[i] = isnull;
		if (!isnull)
			into->values[i] = SPI_datumTransfer(d, t->types[DV_SATCOL_FIXED + i]->typbyval,
												t->types[DV_SATCOL_FIXED + i]->typlen);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Replace the placeholders of one load by the predecessor's values. */
static void
fill_load(DvBatch *batch, DvItem *item, int l, const DvVersion *from, const DvKey *row_key,
		  const DvPos *as_of, const DvMaybeKey *key)
{
	DvPlanLoad *pl = &batch->plan->sources[item->source].loads[l];
	DvValues   *values = &item->values[l];

	if (values->placeholders == 0 || knew_diff(item, pl))
		return;
	if (from && from->item && from->item->values && from->item->values[l].placeholders == 0)
	{
		for (int i = 0; i < pl->load->ncolumns; i++)
			if (values->is_placeholder[i])
			{
				values->values[i] = from->item->values[l].values[i];
				values->nulls[i] = from->item->values[l].nulls[i];
			}
	}
	else
	{
		dv_plan_use(batch->plan, pl->target);
		fetch_values(pl->target, &key->key, as_of, row_key, values);
	}
	values->placeholders = 0;
}

/*
 * The version of the other row just before a position, if this batch knows it.
 * False if it is itself held, or the batch has yet to place that row.
 */
static bool
version_before(DvBatch *batch, int source, const DvKey *key, const DvPos *pos, DvVersion **from)
{
	const DvRowEntry *row = dv_row_find(batch, source, key);

	*from = NULL;
	for (int i = 0; i < row->nversions; i++)
	{
		DvVersion  *v = row->versions[i];

		if (dv_pos_cmp(&v->pos, pos) >= 0)
			break;
		if (v->item && !v->item->placed && !(v->item->was && v->item->was->kind == 'l'))
			return false;
		*from = v;
	}
	return *from == NULL || (*from)->kind != 'p';
}

/* From the row that the primary key left; false if it has to be waited for. */
static bool
fill_from_other_half(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	const DvMark *mark = dv_mark_find(batch, item);
	DvVersion  *from;

	if (mark == NULL)
	{
		dv_item_wait(batch, item, DV_HELD_OTHER_HALF, item->source, &item->row_key);
		return false;
	}
	if (!version_before(batch, item->source, &mark->old_row, &mark->old_pos, &from))
	{
		dv_item_wait(batch, item, DV_HELD_OTHER_HALF, item->source, &mark->old_row);
		/* the mark may stand in this very batch: then it wakes this row */
		dv_item_wait(batch, item, DV_HELD_OTHER_HALF, item->source, &item->row_key);
		return false;
	}
	if (!mark->old_own.known)
		dv_item_error(DV_ERR_PLACEHOLDER, ERRCODE_DATA_EXCEPTION, NULL,
					  "Take a new snapshot of the table, or make the column part of the replica identity.",
					  "an unchanged TOAST value has no predecessor under the row's old key");
	for (int l = 0; l < ps->nloads; l++)
		if (item->values[l].placeholders)
			fill_load(batch, item, l, from, &mark->old_row, &mark->old_pos, &mark->old_own);
	return true;
}

/* Placeholders become values; false if the item has to wait for them. */
static bool
fill_placeholders(DvBatch *batch, DvItem *item, int i)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	DvRowEntry *row = item->row;
	DvVersion  *p = i > 0 ? row->versions[i - 1] : NULL;

	if (dv_mutant("newest_toast") && row->nversions > i + 1)
		p = row->versions[row->nversions - 1];
	if (p && p->kind == 'p')
	{
		dv_item_wait(batch, item, DV_HELD_PREDECESSOR, item->source, &item->row_key);
		return false;
	}
	if (item->has_other)
		return fill_from_other_half(batch, item);
	if (p == NULL || p->kind == 'e')
		dv_item_error(DV_ERR_PLACEHOLDER, ERRCODE_DATA_EXCEPTION, NULL,
					  "Take a new snapshot of the table, or make the column part of the replica identity.",
					  "an unchanged TOAST value has no predecessor in this row's history");
	for (int l = 0; l < ps->nloads; l++)
	{
		const DvMaybeKey *key = ps->loads[l].link_state >= 0 ?
			&p->links[ps->loads[l].link_state] : &p->own;

		if (item->values[l].placeholders == 0 || knew_diff(item, &ps->loads[l]))
			continue;
		if (!key->known)
		{
			dv_item_wait(batch, item, DV_HELD_PREDECESSOR, item->source, &item->row_key);
			return false;
		}
		fill_load(batch, item, l, p, &row->key, &p->pos, key);
	}
	item->placeholders = false;
	return true;
}

/* What was settled then stays: only the rest needs its placeholders filled. */
static void
keep_settled(DvItem *item, const DvPlanSource *ps)
{
	bool		placeholders = false;

	for (int l = 0; l < ps->nloads; l++)
	{
		const DvPlanLoad *pl = &ps->loads[l];

		if (pl->load->kind != DV_LOAD_SATELLITE || pl->state < 0)
			continue;
		if (knew_diff(item, pl))
			item->version->links[pl->state] = item->was->links[pl->state];
		else
			placeholders |= item->values[l].placeholders > 0;
	}
	item->placeholders = placeholders;
}

/* Hash diffs of the version's descriptive satellites. */
static void
set_diffs(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];

	for (int l = 0; l < ps->nloads; l++)
	{
		DvPlanLoad *pl = &ps->loads[l];
		DvKey		diff;

		if (pl->load->kind != DV_LOAD_SATELLITE || pl->state < 0 || item->values[l].placeholders ||
			knew_diff(item, pl))
			continue;
		diff = diff_of(batch, pl, item->values[l].values, item->values[l].nulls,
					   pl->load->ncolumns);
		item->version->links[pl->state] = dv_maybe(&diff);
	}
}

/* Does a version repeat its predecessor in everything? */
static bool
is_unchanged(const DvPlanSource *ps, const DvVersion *p, const DvVersion *v)
{
	if (p->kind != v->kind || v->kind == 'p')
		return false;
	if (v->kind == 'e')
		return true;
	if (!dv_maybe_equal(&p->own, &v->own) || !dv_maybe_equal(&p->origin, &v->origin))
		return false;
	for (int i = 0; i < ps->nstates; i++)
		if (!v->links[i].known || !dv_maybe_equal(&p->links[i], &v->links[i]))
			return false;
	return true;
}

/* Hubs and links of a live version: rows where the predecessor's keys differ. */
static void
place_keys(DvBatch *batch, DvItem *item, const DvVersion *p)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	DvVersion  *v = item->version;
	bool		same_own = p && p->kind == 'l' && dv_maybe_equal(&p->own, &v->own);

	for (int l = 0; l < ps->nloads; l++)
	{
		const DvLoad *load = ps->loads[l].load;

		if (load->kind == DV_LOAD_HUB && !same_own)
			put_hub(batch, item, load->target, &v->own.key, item->key_values);
		else if (load->kind == DV_LOAD_LINK && load->own && !same_own)
			put_link(batch, item, l, &v->own.key);
		else if (load->kind == DV_LOAD_LINK && ps->loads[l].state >= 0)
		{
			const DvMaybeKey *key = &v->links[ps->loads[l].state];

			if (key->known && !(p && p->kind == 'l' &&
								dv_maybe_equal(key, &p->links[ps->loads[l].state])))
				put_link(batch, item, l, &key->key);
		}
	}
}

static void
place_same_as(DvBatch *batch, DvItem *item, int i, DvPlanLoad *pl, bool force)
{
	DvRowEntry *row = item->row;

	if (row->anchor_settled)
		return;
	if (!is_placed(batch, row, item->version, pl, SERIES_PLAIN))
		place_load(batch, item, row, i, pl, SERIES_PLAIN, force, true);
	if (!row->origin_settled && !is_placed(batch, row, item->version, pl, SERIES_ORIGIN))
		place_load(batch, item, row, i, pl, SERIES_ORIGIN, force, true);
}

static void
place_satellites(DvBatch *batch, DvItem *item, int i, bool force)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];

	for (int l = 0; l < ps->nloads; l++)
	{
		DvPlanLoad *pl = &ps->loads[l];

		if (pl->load->kind != DV_LOAD_SATELLITE)
			continue;
		if (l == ps->same_as)
			place_same_as(batch, item, i, pl, force);
		else if (!is_placed(batch, item->row, item->version, pl, SERIES_PLAIN))
			place_load(batch, item, item->row, i, pl, SERIES_PLAIN, force, true);
	}
}

/* The origin that a version inherits from the one before it. */
static void
inherit_origin(DvItem *item, DvVersion *v, const DvVersion *p)
{
	if (item->has_other || v->kind != 'l')
		return;
	if (p && p->kind == 'l')
		v->origin = p->origin;
	else if (p && p->kind == 'p')
		v->origin = p->origin;
}

static void
hold_version(const DvPlanSource *ps, DvItem *item, DvVersion *v, const DvVersion *p)
{
	v->kind = 'p';
	if (ps->same_as >= 0 && item->event.op == 'c' && item->event.oldkey.present)
		v->origin.known = v->origin.present = false;
	else if (p)
		v->origin = p->origin;
	for (int i = 0; i < ps->nstates; i++)
		v->links[i].known = v->links[i].present = false;
}

/*
 * A held version came further: wake who waits for this row, and tell the end
 * behind it, and the mark that this end left, which key it ended.
 */
static void
wake_followers(DvBatch *batch, DvItem *item, int i)
{
	DvRowEntry *row = item->row;
	DvVersion  *next = i + 1 < row->nversions ? row->versions[i + 1] : NULL;

	row->woken = true;
	batch->progress++;
	if (next && next->kind == 'e' && !next->own.known && item->version->own.known)
	{
		next->own = item->version->own;
		next->dirty = true;
		dv_mark_complete(batch, row, next);
	}
}

static void
place_item(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	DvRowEntry *row = item->row;
	DvVersion  *v = item->version;
	int			i = version_index(row, v);
	DvVersion  *p = i > 0 ? row->versions[i - 1] : NULL;
	bool		pending;

	if (item->broken || v->kind == 'p')
	{
		hold_version(ps, item, v, p);
		item->placed = true;
		return;
	}
	if (v->kind == 'e' && p)
		v->own = p->own;
	inherit_origin(item, v, p);
	if (v->kind == 'l')
	{
		if (item->placeholders)
			keep_settled(item, ps);
		if (item->placeholders && !fill_placeholders(batch, item, i) &&
			!(item->was && item->was->kind == 'l'))
		{
			hold_version(ps, item, v, p);
			item->placed = true;
			return;
		}
		set_diffs(batch, item);
	}
	pending = dv_row_is_pending(batch, row);
	if (dv_mutant("no_force_pending"))
		pending = false;
	if (item->held_id && (item->held == DV_HELD_NONE || (item->was && item->was->kind == 'p')))
		wake_followers(batch, item, i);
	if (!pending && p && is_unchanged(ps, p, v))
		batch->unchanged++;
	if (v->kind == 'l')
		place_keys(batch, item, p);
	place_satellites(batch, item, i, pending && v->kind == 'l');
	item->placed = true;
}

/* Rows of tables that keep no row state: hubs and non-historized links only. */
static void
place_stateless(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];

	if (item->broken || item->held || item->values == NULL)
		return;
	for (int l = 0; l < ps->nloads; l++)
	{
		const DvLoad *load = ps->loads[l].load;

		if (load->kind == DV_LOAD_HUB)
			put_hub(batch, item, load->target, &item->column_key.key, item->key_values);
		else if (load->kind == DV_LOAD_LINK)
		{
			DvKey		key = load->own ? item->column_key.key : dv_link_key(batch, item, l).key;

			put_link(batch, item, l, &key);
		}
	}
}

/* An anchor that was unknown until now: same-as rows of all versions so far. */
static void
place_anchor(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	DvRowEntry *row = item->row;
	bool		force;

	if (!row->anchor_settled || ps->same_as < 0)
		return;
	row->anchor_settled = false;
	force = dv_row_is_pending(batch, row);
	for (int i = 0; i < row->nversions; i++)
	{
		place_load(batch, item, row, i, &ps->loads[ps->same_as], SERIES_PLAIN, force, false);
		place_load(batch, item, row, i, &ps->loads[ps->same_as], SERIES_ORIGIN, force, false);
	}
}

/* Hand an origin on to the versions that inherit it. */
static void
hand_on_origin(DvRowEntry *row, int from)
{
	for (int i = from + 1; i < row->nversions; i++)
	{
		DvVersion  *v = row->versions[i];

		/* one that knows its own was told so elsewhere; or inherits it right now */
		if (v->kind == 'e' || v->origin_settled ||
			(v->origin.known && (v->item == NULL || v->item->has_other)))
			break;
		v->origin = row->versions[from]->origin;
		v->dirty = true;
	}
}

/*
 * Origins that were unknown until now.  place_same_as() left the whole series to
 * this moment, also for versions with an origin of their own: all are placed.
 */
static void
place_origins(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	DvRowEntry *row = item->row;
	bool		force;

	if (!row->origin_settled)
		return;
	row->origin_settled = false;
	for (int i = 0; i < row->nversions; i++)
		if (row->versions[i]->origin_settled)
			hand_on_origin(row, i);
	force = dv_row_is_pending(batch, row);
	for (int i = 0; i < row->nversions; i++)
		place_load(batch, item, row, i, &ps->loads[ps->same_as], SERIES_ORIGIN, force, false);
}

void
dv_place(DvBatch *batch)
{
	for (int i = 0; i < batch->nitems; i++)
	{
		DvItem	   *item = &batch->items[i];

		if (item->skip || item->source < 0 || !item->has_row)
			continue;
		batch->current = item;
		if (item->version)
			place_item(batch, item);
		else
			place_stateless(batch, item);
	}
	for (int i = 0; i < batch->nitems; i++)
	{
		DvItem	   *item = &batch->items[i];

		if (item->version)
		{
			batch->current = item;
			place_anchor(batch, item);
			place_origins(batch, item);
		}
	}
	batch->current = NULL;
}
