/*
 * resolve.c
 *		References between rows: foreign keys to anchors, own keys that hang on
 *		a parent's, and the two halves of primary-key changes.
 *
 * All rows of the batch are known by now, so that only what is really missing
 * waits: a parent that comes later in the same batch is no reason to.
 */
#include "postgres.h"

#include "batch.h"
#include "keyhash.h"

/* The anchor of a row, from the versions at hand (complete while it is open). */
static bool
settle_anchor(DvRowEntry *row)
{
	if (row->anchor.present)
		return false;
	for (int i = 0; i < row->nversions; i++)
	{
		DvVersion  *v = row->versions[i];

		if (v->kind == 'e')
			continue;
		if (!v->own.known)
		{
			row->anchor.known = false;
			return false;
		}
		row->anchor_settled = row->nversions > 1;
		row->anchor = v->own;
		row->woken = row->touched = true;
		v->dirty = true;
		row->versions[row->nversions - 1]->dirty = true;
		return true;
	}
	row->anchor = dv_maybe_absent();
	return false;
}

/* The key that a foreign key to this row means, if it is known. */
static DvMaybeKey
referenced_key(DvBatch *batch, int source, const DvKey *key)
{
	DvRowEntry *row = dv_row_find(batch, source, key);
	DvMaybeKey	unknown = {false, false};

	if (row == NULL || !row->anchor.present)
		return unknown;
	if (dv_mutant("fk_current") && row->nversions > 0 &&
		row->versions[row->nversions - 1]->own.present)
		return row->versions[row->nversions - 1]->own;
	return row->anchor;
}

static DvMaybeKey
version_own(const DvItem *item)
{
	if (item->version)
		return item->version->own;
	return item->column_key;
}

/* Fill in the roles that can be; true if all are known now. */
static bool
resolve_roles(DvBatch *batch, DvItem *item, int l)
{
	DvPlanLoad *pl = &batch->plan->sources[item->source].loads[l];
	int			n = batch->plan->model->links[pl->load->target].nroles;
	bool		all = true;

	for (int r = 0; r < n; r++)
	{
		const DvRef *ref = &pl->load->roles[r];

		if (item->roles[l][r].known)
			continue;
		if (ref->kind == DV_REF_OWN)
			item->roles[l][r] = version_own(item);
		else
			item->roles[l][r] = referenced_key(batch, ref->parent, &item->parents[l][r]);
		all &= item->roles[l][r].known;
	}
	return all;
}

/* Wait for the parents of a link that are missing. */
static void
wait_roles(DvBatch *batch, DvItem *item, int l)
{
	DvPlanLoad *pl = &batch->plan->sources[item->source].loads[l];
	int			n = batch->plan->model->links[pl->load->target].nroles;

	for (int r = 0; r < n; r++)
		if (!item->roles[l][r].known && pl->load->roles[r].kind == DV_REF_FOREIGN_KEY)
			dv_item_wait(batch, item, DV_HELD_PARENT, pl->load->roles[r].parent,
						 &item->parents[l][r]);
}

/* The key of a link all of whose roles are known. */
DvMaybeKey
dv_link_key(DvBatch *batch, DvItem *item, int l)
{
	DvPlanLoad *pl = &batch->plan->sources[item->source].loads[l];
	const DvLink *link = &batch->plan->model->links[pl->load->target];
	DvKey		key;

	dv_keyhash_begin(&batch->buf);
	for (int r = 0; r < link->nroles; r++)
		dv_keyhash_add(&batch->buf, batch->plan->uuid_type,
					   PointerGetDatum(item->roles[l][r].key.bytes), false);
	for (int d = 0; d < link->ndependent; d++)
		dv_keyhash_add(&batch->buf, pl->target->types[pl->first + d],
					   item->values[l].values[d], item->values[l].nulls[d]);
	if (!dv_keyhash_end(&batch->buf, &key))
		elog(ERROR, "could not compute SHA-256");
	return dv_maybe(&key);
}

/* An own key that hangs on other rows; true if it became known. */
static bool
resolve_own(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	DvMaybeKey	own = {false, false};

	if (ps->source->own_link_load >= 0)
	{
		if (resolve_roles(batch, item, ps->source->own_link_load))
			own = dv_link_key(batch, item, ps->source->own_link_load);
	}
	else if (ps->source->parent.kind == DV_REF_FOREIGN_KEY)
		own = referenced_key(batch, ps->source->parent.parent, &item->parent_row);
	if (!own.known)
		return false;
	item->column_key = own;
	if (item->version)
	{
		item->version->own = own;
		item->version->dirty = true;
		settle_anchor(item->row);
	}
	return true;
}

static bool
is_live_item(const DvItem *item)
{
	return !item->skip && !item->broken && item->source >= 0 && item->has_row && !item->ended &&
		item->values != NULL;
}

/* Own keys, until nothing more becomes known. */
static void
resolve_own_keys(DvBatch *batch)
{
	bool		changed = true;

	for (int i = 0; i < batch->nitems; i++)
		if (batch->items[i].version)
			settle_anchor(batch->items[i].row);
	while (changed)
	{
		changed = false;
		for (int i = 0; i < batch->nitems; i++)
		{
			DvItem	   *item = &batch->items[i];

			if (is_live_item(item) && !version_own(item).known)
				changed |= resolve_own(batch, item);
		}
	}
}

/* Links, and who must wait for whom. */
static void
resolve_links(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];

	if (!version_own(item).known)
	{
		if (ps->source->own_link_load >= 0)
			wait_roles(batch, item, ps->source->own_link_load);
		else if (ps->source->parent.kind == DV_REF_FOREIGN_KEY)
			dv_item_wait(batch, item, DV_HELD_PARENT, ps->source->parent.parent, &item->parent_row);
		if (item->version)
			item->version->kind = 'p';
		return;
	}
	for (int l = 0; l < ps->nloads; l++)
	{
		const DvLoad *load = ps->loads[l].load;

		if (load->kind != DV_LOAD_LINK || load->own)
			continue;
		if (!resolve_roles(batch, item, l))
			wait_roles(batch, item, l);
		else if (ps->loads[l].state >= 0 && item->version)
			item->version->links[ps->loads[l].state] = dv_link_key(batch, item, l);
	}
}

/* The anchor of the row that a primary-key change left, once it is known. */
static void
resolve_origin(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	DvVersion  *v = item->version;
	const DvMark *mark;

	if (ps->same_as < 0 || (v->origin.known && v->origin.present))
		return;
	v->origin.known = v->origin.present = false;
	mark = dv_mark_find(batch, item);
	if (mark)
	{
		const DvRowEntry *old = dv_row_find(batch, item->source, &mark->old_row);

		if (old->anchor.known)
			v->origin = old->anchor;
		else
			dv_item_wait(batch, item, DV_HELD_OTHER_HALF, item->source, &mark->old_row);
	}
	else
		dv_item_wait(batch, item, DV_HELD_OTHER_HALF, item->source, &item->row_key);
	if (batch->retry && v->origin.known)
		item->row->origin_settled = v->origin_settled = true;
	v->dirty = true;
}

void
dv_resolve(DvBatch *batch)
{
	dv_rows_load(batch);
	resolve_own_keys(batch);
	for (int i = 0; i < batch->nitems; i++)
	{
		DvItem	   *item = &batch->items[i];

		batch->current = item;
		if (!item->skip && !item->broken && item->ended && item->has_other && item->version)
			dv_mark_put(batch, item);
	}
	batch->current = NULL;
	dv_marks_load(batch);
	for (int i = 0; i < batch->nitems; i++)
	{
		DvItem	   *item = &batch->items[i];

		if (!is_live_item(item))
			continue;
		batch->current = item;
		resolve_links(batch, item);
		if (item->version && item->version->kind == 'l' && item->has_other)
			resolve_origin(batch, item);
	}
	batch->current = NULL;
}
