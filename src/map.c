/*
 * map.c
 *		From decoded events to keys and typed values, by the model: the first
 *		passes of a batch (see batch.h).
 *
 * Values are converted here and nowhere else.  An error raised while an item
 * is converted is that item's fault: batch->current says so to apply.c.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "batch.h"
#include "feed.h"
#include "keyhash.h"

const DvKey dv_zero_key = {{0}};

void
dv_item_error(DvErrClass class, int sqlstate, const char *detail, const char *hint,
			  const char *fmt,...)
{
	va_list		args;
	char		message[256];

	va_start(args, fmt);
	dv_err_format(message, sizeof(message), fmt, args);
	va_end(args);
	/* the class rides in the error's "domain name" field, which it has no use for */
	ereport(ERROR,
			(errcode(sqlstate),
			 err_generic_string(PG_DIAG_DATATYPE_NAME, dv_err_class_name(class)),
			 errmsg_internal("%s", message),
			 detail ? errdetail_internal("%s", detail) : 0,
			 hint ? errhint("%s", hint) : 0));
}

/* Is there a wider type that apply_model() would change the column to? */
static bool
is_widenable(const DvType *type)
{
	return type->domain_cache == NULL &&
		(type->norm == DV_NORM_INT2 || type->norm == DV_NORM_INT4 || type->basetypmod >= 0);
}

/* Of a value that is too large for its column: what to do about that column. */
static void
hint_widening(void *arg)
{
	const DvBatch *batch = arg;
	const DvTarget *target = batch->column ? batch->target : NULL;
	int			code = geterrcode();

	if (target && is_widenable(target->types[batch->target_column]) &&
		(code == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE || code == ERRCODE_STRING_DATA_RIGHT_TRUNCATION))
		errhint("Widen column \"%s\" of %s with datavault.apply_model(), then call datavault.retry_rejects(),"
				" or datavault.enable_subscription() if it stopped.",
				target->names[batch->target_column], target->relation);
}

/* The value as its type has it; an error will name the column, and where it was to go. */
static Datum
make_datum(DvBatch *batch, const char *column, const DvTarget *target, int target_column,
		   const DvType *type, const DvScalar *scalar)
{
	Datum		value;

	batch->column = column;
	batch->target = target;
	batch->target_column = target_column;
	value = dv_type_datum(type, scalar);
	batch->column = NULL;
	return value;
}

/* The field of that name, or NULL; `hint` remembers where it stood last time. */
static const DvField *
find_field(const DvRow *row, const char *name, int *hint)
{
	size_t		len = strlen(name);

	if (!row->present)
		return NULL;
	if (*hint < row->nfields && row->fields[*hint].name.len == len &&
		memcmp(row->fields[*hint].name.data, name, len) == 0)
		return &row->fields[*hint];
	for (int i = 0; i < row->nfields; i++)
		if (row->fields[i].name.len == len && memcmp(row->fields[i].name.data, name, len) == 0)
		{
			*hint = i;
			return &row->fields[i];
		}
	return NULL;
}

static void
raise_item(const DvErr *err)
{
	dv_item_error(err->class, MAKE_SQLSTATE(err->sqlstate[0], err->sqlstate[1],
											 err->sqlstate[2], err->sqlstate[3],
											 err->sqlstate[4]),
				  err->detail[0] ? err->detail : NULL, err->hint[0] ? err->hint : NULL,
				  "%s", err->message);
}

/* The image that holds an event's row: for a d only its key may be believed. */
static const DvRow *
row_image(const DvItem *item)
{
	if (item->event.op == 'd')
		return &item->event.before;
	return &item->event.after;
}

/* A scalar of one column; false if the column is not in the image. */
static bool
decode_column(DvBatch *batch, DvPlanSource *ps, const DvRow *row, int column, DvScalar *scalar)
{
	const DvField *field = find_field(row, ps->source->columns[column].name,
									  &ps->hints[column]);
	DvErr		err;

	if (field == NULL)
		return false;
	err.hint[0] = err.detail[0] = '\0';
	if (!dv_json_scalar(field, &ps->wires[column], &batch->plan->model->wire, &batch->arena,
						scalar, &err))
		raise_item(&err);
	return true;
}

/* Its field of a declared column, or NULL. */
static const DvField *
find_column(const DvItem *item, DvPlanSource *ps, int column)
{
	return find_field(row_image(item), ps->source->columns[column].name, &ps->hints[column]);
}

/* Into the log of a worker, to the caller of ingest(). */
#define TOLD_LEVEL (IsBackgroundWorker ? LOG : NOTICE)

/* An attribute that the event does not have counts as NULL: said once. */
static void
tell_missing(DvPlanSource *ps, int column)
{
	if (ps->missing_told[column])
		return;
	ps->missing_told[column] = true;
	ereport(TOLD_LEVEL,
			(errmsg("events of \"%s\" lack the column \"%s\"", ps->source->name,
					ps->source->columns[column].name),
			 errdetail("It counts as NULL from here on; this is said once."),
			 errhint("If it was renamed or dropped in the source, change the model with datavault.apply_model().")));
}

/* A table outside the model is skipped: said once. */
static void
tell_unmapped(DvPlan *plan, const DvEvent *event)
{
	char	   *name = psprintf("%.*s.%.*s", (int) event->schema.len, event->schema.data,
								(int) event->table.len, event->table.data);
	ListCell   *cell;
	MemoryContext old;

	foreach(cell, plan->unmapped_told)
		if (strcmp(lfirst(cell), name) == 0)
			return;
	old = MemoryContextSwitchTo(plan->context);
	plan->unmapped_told = lappend(plan->unmapped_told, pstrdup(name));
	MemoryContextSwitchTo(old);
	ereport(TOLD_LEVEL,
			(errmsg("table \"%s\" is not in model \"%s\": its events are skipped", name,
					plan->model->name),
			 errdetail("This is said once."),
			 errhint("Add it to the model's \"sources\", or take its topic out of the subscription.")));
}

/* The same with the item's cache. */
static const DvScalar *
item_scalar(DvBatch *batch, DvItem *item, int column)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];

	if (!item->has_scalar[column])
	{
		item->has_scalar[column] = true;
		if (!decode_column(batch, ps, row_image(item), column, &item->scalars[column]))
			item->scalars[column].kind = DV_SCALAR_NULL;
	}
	return &item->scalars[column];
}

/* A row key from any row image; false if a column is missing. */
static bool
row_key_from(DvBatch *batch, DvPlanSource *ps, const DvRow *row, DvKey *key)
{
	const DvSource *source = ps->source;

	dv_keyhash_begin(&batch->buf);
	for (int i = 0; i < source->npk; i++)
	{
		DvScalar	scalar;

		if (!decode_column(batch, ps, row, source->pk[i], &scalar))
			return false;
		if (scalar.kind == DV_SCALAR_NULL || scalar.kind == DV_SCALAR_PLACEHOLDER)
			dv_item_error(DV_ERR_NULL_KEY, ERRCODE_NOT_NULL_VIOLATION, NULL,
						  "A row without its primary key cannot be told apart from others.",
						  "primary key column \"%s\" of %s is null",
						  source->columns[source->pk[i]].name, source->name);
		dv_keyhash_add(&batch->buf, ps->pk_types[i],
					   make_datum(batch, source->columns[source->pk[i]].name, NULL, 0,
								  ps->pk_types[i], &scalar), false);
	}
	if (!dv_keyhash_end(&batch->buf, key))
		elog(ERROR, "could not compute SHA-256");
	return true;
}

static void
find_row_key(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];

	if (row_key_from(batch, ps, row_image(item), &item->row_key) ||
		row_key_from(batch, ps, &item->event.key, &item->row_key))
	{
		item->has_row = true;
		return;
	}
	if (item->broken)
		return;
	dv_item_error(DV_ERR_MISSING_COLUMN, ERRCODE_UNDEFINED_COLUMN, NULL,
				  "Name columns that every event carries as \"primary_key\" of the source.",
				  "primary key columns of %s are missing from the event", ps->source->name);
}

/* The source table by the topic's name, for values that do not decode. */
static int
source_by_topic(DvBatch *batch, const char *topic)
{
	for (int i = 0; i < batch->plan->model->nsources; i++)
	{
		const char *name = batch->plan->model->sources[i].name;
		size_t		n = strlen(name);
		size_t		t = strlen(topic);

		if (t > n && topic[t - n - 1] == '.' && strcmp(topic + t - n, name) == 0)
			return i;
	}
	return -1;
}

/* Which source an item belongs to; skips what is not for the vault. */
static void
find_source(DvBatch *batch, DvItem *item)
{
	item->source = -1;
	if (item->event.table.data != NULL)
		item->source = dv_plan_find_source(batch->plan, item->event.schema, item->event.table);
	if (item->broken)
	{
		if (item->event.table.data == NULL)
			item->source = source_by_topic(batch, item->message->topic);
		return;
	}
	if (item->event.kind == DV_EVENT_TOMBSTONE && dv_mutant("tombstone_delete"))
	{
		item->source = source_by_topic(batch, item->message->topic);
		item->skip = item->source < 0;
		return;
	}
	if (item->event.kind != DV_EVENT_ROW)
	{
		item->skip = true;
		batch->skipped++;
	}
	else if (item->source < 0)
	{
		batch->unmapped++;
		item->skip = true;
		if (batch->plan->model->unmapped_reject)
			dv_item_error(DV_ERR_UNMAPPED, ERRCODE_UNDEFINED_TABLE, NULL,
						  "Add the table to the model's \"sources\", or set \"unmapped\" to \"skip\".",
						  "table \"%.*s.%.*s\" is not in model \"%s\"",
						  (int) item->event.schema.len, item->event.schema.data,
						  (int) item->event.table.len, item->event.table.data,
						  batch->plan->model->name);
		tell_unmapped(batch->plan, &item->event);
	}
}

void
dv_map_begin(DvBatch *batch)
{
	for (int i = 0; i < batch->nitems; i++)
	{
		DvItem	   *item = &batch->items[i];

		if (item->skip)
			continue;			/* a held message that somebody else has taken */
		batch->current = item;
		item->stage = DV_STAGE_ROW_KEY;
		find_source(batch, item);
		if (item->skip || item->source < 0 || item->no_key)
			continue;
		find_row_key(batch, item);
		if (item->has_row && batch->plan->sources[item->source].state)
			item->row = dv_row_enter(batch, item->source, &item->row_key);
	}
	batch->current = NULL;
}

void
dv_item_wait(DvBatch *batch, DvItem *item, DvHeldReason reason, int source, const DvKey *row)
{
	item->held = reason;
	for (int i = 0; i < item->nwaits; i++)
		if (item->waits[i].source == source && dv_key_equal(&item->waits[i].row, row))
			return;
	if (item->nwaits == item->maxwaits)
	{
		int			n = Max(4, item->maxwaits * 2);
		DvWait	   *waits = palloc(sizeof(DvWait) * n);

		if (item->nwaits)
			memcpy(waits, item->waits, sizeof(DvWait) * item->nwaits);
		item->waits = waits;
		item->maxwaits = n;
	}
	item->waits[item->nwaits].source = source;
	item->waits[item->nwaits++].row = *row;
}

/* ---- positions ---- */

/* The position an event gives itself; derive_commit if it needs its row. */
static DvPos
event_position(DvItem *item)
{
	const DvEvent *e = &item->event;
	uint8		stage = e->snapshot && !e->incremental ? DV_STAGE_SNAPSHOT : DV_STAGE_STREAM;
	uint64		commit = e->has_commit ? e->commit : 0;
	uint8		half = e->op == 'c' && e->oldkey.present ? DV_HALF_SECOND : DV_HALF_FIRST;

	if (stage == DV_STAGE_SNAPSHOT && !e->has_commit)
		commit = e->lsn;
	item->derive_commit = stage == DV_STAGE_STREAM && !e->incremental;
	if (dv_mutant("lsn_order"))
	{
		commit = 0;
		item->derive_commit = false;
		stage = DV_STAGE_STREAM;
	}
	if (dv_mutant("snapshot_stage"))
		stage = DV_STAGE_STREAM + DV_STAGE_STREAM - stage;
	return dv_pos_make(1, commit, stage, e->lsn, half);
}

static bool
is_streamed(const DvItem *item)
{
	return !item->event.snapshot;
}

/*
 * An insert writes its record before it looks for its key.  If it then waits for
 * another transaction's delete of that key, its LSN is below that of the delete,
 * but the commit before its own is not.
 */
static bool
waited_for_delete(const DvItem *item, const DvPos *pos, const DvVersion *newest)
{
	const DvEvent *e = &item->event;

	return e->op == 'c' && newest->delete_xid != 0 && e->xid != 0 && (int64) e->xid != newest->delete_xid &&
		e->has_commit && (int64) e->commit > newest->seen_lsn && dv_pos_cmp(pos, &newest->pos) > 0 &&
		!dv_mutant("lsn_repeats");
}

/* The c of a primary-key change that keeps the row: 5.0 became 5.00. */
static bool
is_second_half_of(const DvPos *pos, const DvPos *newest)
{
	return dv_pos_lsn(pos) == dv_pos_lsn(newest) && dv_pos_stage(newest) == DV_STAGE_STREAM &&
		dv_pos_half(pos) == DV_HALF_SECOND && dv_pos_half(newest) == DV_HALF_FIRST;
}

/* Has the row seen this event already? */
static bool
is_repetition(DvBatch *batch, const DvItem *item, const DvPos *pos)
{
	const DvRowEntry *row = item->row;
	const DvVersion *newest;

	if (row->nversions == 0 || batch->retry || dv_mutant("resend_applies"))
		return false;
	newest = row->versions[row->nversions - 1];
	if (is_streamed(item))
		return (int64) item->event.lsn <= newest->seen_lsn && !is_second_half_of(pos, &newest->pos) &&
			!waited_for_delete(item, pos, newest);
	return dv_pos_cmp(pos, &newest->pos) <= 0;
}

static DvPos
marker_position(const DvRowEntry *row)
{
	DvPos		pos = dv_pos_make(0, 0, 0, 0, DV_HALF_MARKER);

	if (row->nversions > 0)
	{
		pos = row->versions[row->nversions - 1]->pos;
		pos.bytes[DV_POS_LEN - 1] = DV_HALF_MARKER;
	}
	return pos;
}

/* ---- values ---- */

static Datum
column_datum(DvBatch *batch, DvItem *item, int column, const DvTarget *target, int target_column,
			 const DvType *type, bool *isnull)
{
	const DvScalar *scalar = item_scalar(batch, item, column);
	DvPlanSource *ps = &batch->plan->sources[item->source];

	/* an attribute may be missing and counts as null; a key may not */
	if (scalar->kind == DV_SCALAR_NULL &&
		find_column(item, ps, column) == NULL)
		dv_item_error(DV_ERR_MISSING_COLUMN, ERRCODE_UNDEFINED_COLUMN, NULL,
					  "If the column was dropped or renamed in the source, change the model and retry.",
					  "key column \"%s\" of %s is missing from the event",
					  ps->source->columns[column].name, ps->source->name);
	*isnull = scalar->kind == DV_SCALAR_NULL;
	if (scalar->kind == DV_SCALAR_PLACEHOLDER)
		dv_item_error(DV_ERR_PLACEHOLDER, ERRCODE_FEATURE_NOT_SUPPORTED, NULL,
					  "Include the column in the table's replica identity, or set its storage to MAIN.",
					  "key column \"%s\" holds the placeholder of an unchanged TOAST value",
					  batch->plan->sources[item->source].source->columns[column].name);
	return *isnull ? (Datum) 0 :
		make_datum(batch, ps->source->columns[column].name, target, target_column, type, scalar);
}

/* The own hub's business key and its hash. */
static void
map_hub(DvBatch *batch, DvItem *item, DvPlanLoad *pl)
{
	DvKey		key;
	int			n = pl->load->ncolumns;
	Datum	   *values = palloc(sizeof(Datum) * n);

	dv_keyhash_begin(&batch->buf);
	for (int i = 0; i < n; i++)
	{
		const DvType *type = pl->target->types[1 + i];
		bool		isnull;

		values[i] = column_datum(batch, item, pl->load->columns[i], pl->target, 1 + i, type, &isnull);
		if (isnull)
			dv_item_error(DV_ERR_NULL_KEY, ERRCODE_NOT_NULL_VIOLATION, NULL,
						  "Choose a business key whose columns are never null.",
						  "business key \"%s\" of hub \"%s\" is null", pl->target->names[1 + i],
						  batch->plan->model->hubs[pl->load->target].name);
		dv_keyhash_add(&batch->buf, type, values[i], false);
	}
	if (!dv_keyhash_end(&batch->buf, &key))
		elog(ERROR, "could not compute SHA-256");
	item->key_values = values;
	item->column_key = dv_maybe(&key);
}

/* Values of a satellite's or non-historized link's columns from target column `first`. */
static void
map_values(DvBatch *batch, DvItem *item, DvPlanLoad *pl, DvValues *out)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	int			n = pl->load->ncolumns;
	int			ndependent = pl->load->kind == DV_LOAD_LINK ?
		batch->plan->model->links[pl->load->target].ndependent : 0;

	out->values = palloc0(sizeof(Datum) * Max(n, 1));
	out->nulls = palloc0(sizeof(bool) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		const DvScalar *scalar = item_scalar(batch, item, pl->load->columns[i]);

		out->nulls[i] = true;
		if (i < ndependent)
		{
			int			column = pl->first + i;

			out->values[i] = column_datum(batch, item, pl->load->columns[i], pl->target, column,
										  pl->target->types[column], &out->nulls[i]);
		}
		else if (scalar->kind == DV_SCALAR_PLACEHOLDER)
		{
			if (out->is_placeholder == NULL)
				out->is_placeholder = palloc0(sizeof(bool) * n);
			out->is_placeholder[i] = true;
			out->placeholders++;
			item->placeholders = true;
		}
		else if (scalar->kind != DV_SCALAR_NULL)
		{
			/* a link's load_dts and so on stand between its keys and attributes */
			int			column = pl->first + i + (pl->load->kind == DV_LOAD_LINK ? 4 : 0);
			const char *name = ps->source->columns[pl->load->columns[i]].name;

			out->values[i] = make_datum(batch, name, pl->target, column, pl->target->types[column],
										scalar);
			out->nulls[i] = false;
		}
		else if (find_column(item, ps, pl->load->columns[i]) == NULL)
			tell_missing(ps, pl->load->columns[i]);
	}
}

/* Hash of a reference's columns; absent if any of them is null. */
static DvMaybeKey
ref_key(DvBatch *batch, DvItem *item, const DvRef *ref, DvType **types, Datum **values)
{
	DvKey		key;

	*values = palloc(sizeof(Datum) * Max(ref->ncolumns, 1));
	dv_keyhash_begin(&batch->buf);
	for (int i = 0; i < ref->ncolumns; i++)
	{
		bool		isnull;

		(*values)[i] = column_datum(batch, item, ref->columns[i], NULL, 0, types[i], &isnull);
		if (isnull)
			return dv_maybe_absent();
		dv_keyhash_add(&batch->buf, types[i], (*values)[i], false);
	}
	if (!dv_keyhash_end(&batch->buf, &key))
		elog(ERROR, "could not compute SHA-256");
	return dv_maybe(&key);
}

static void
map_role(DvBatch *batch, DvItem *item, int l, int r)
{
	DvPlanLoad *pl = &batch->plan->sources[item->source].loads[l];
	const DvRole *role = &batch->plan->model->links[pl->load->target].roles[r];
	const DvRef *ref = &pl->load->roles[r];
	DvMaybeKey	key;

	if (ref->kind == DV_REF_OWN)
		return;
	key = ref_key(batch, item, ref, pl->role_types[r], &item->role_values[l][r]);
	if (!key.present)
	{
		if (!role->optional)
			dv_item_error(DV_ERR_NULL_KEY, ERRCODE_NOT_NULL_VIOLATION, NULL,
						  "Declare the role \"optional\": null then means the zero key.",
						  "role \"%s\" of link \"%s\" is null", role->name,
						  batch->plan->model->links[pl->load->target].name);
		item->roles[l][r] = dv_maybe(&dv_zero_key);
		item->role_values[l][r] = NULL;
	}
	else if (ref->kind == DV_REF_COLUMNS)
		item->roles[l][r] = key;
	else
	{
		item->parents[l][r] = key.key;
		dv_row_enter(batch, ref->parent, &key.key);
	}
}

static void
map_link(DvBatch *batch, DvItem *item, int l)
{
	DvPlanLoad *pl = &batch->plan->sources[item->source].loads[l];
	int			n = batch->plan->model->links[pl->load->target].nroles;

	item->roles[l] = palloc0(sizeof(DvMaybeKey) * n);
	item->parents[l] = palloc0(sizeof(DvKey) * n);
	item->role_values[l] = palloc0(sizeof(Datum *) * n);
	for (int r = 0; r < n; r++)
		map_role(batch, item, l, r);
	map_values(batch, item, pl, &item->values[l]);
}

static void
map_parent(DvBatch *batch, DvItem *item, DvPlanSource *ps)
{
	const DvRef *ref = &ps->source->parent;
	Datum	   *values;
	DvMaybeKey	key = ref_key(batch, item, ref, ps->parent_types, &values);

	if (!key.present)
		dv_item_error(DV_ERR_NULL_KEY, ERRCODE_NOT_NULL_VIOLATION, NULL, NULL,
					  "the reference of %s to its parent is null", ps->source->name);
	item->parent_row = key.key;
	dv_row_enter(batch, ref->parent, &key.key);
}

/* Everything an item's live row says. */
static void
map_live(DvBatch *batch, DvItem *item, DvPlanSource *ps)
{
	item->stage = DV_STAGE_OWN_KEY;
	if (ps->source->own_hub_load >= 0 && !item->no_own)
		map_hub(batch, item, &ps->loads[ps->source->own_hub_load]);
	item->stage = DV_STAGE_REST;
	if (item->broken)
		return;
	item->values = palloc0(sizeof(DvValues) * Max(ps->nloads, 1));
	item->roles = palloc0(sizeof(DvMaybeKey *) * Max(ps->nloads, 1));
	item->parents = palloc0(sizeof(DvKey *) * Max(ps->nloads, 1));
	item->role_values = palloc0(sizeof(Datum **) * Max(ps->nloads, 1));
	if (ps->source->parent.kind == DV_REF_FOREIGN_KEY)
		map_parent(batch, item, ps);
	for (int l = 0; l < ps->nloads; l++)
	{
		const DvLoad *load = ps->loads[l].load;

		if (load->kind == DV_LOAD_LINK)
			map_link(batch, item, l);
		else if (load->kind == DV_LOAD_SATELLITE &&
				 batch->plan->model->satellites[load->target].kind == DV_SAT_DESCRIPTIVE)
			map_values(batch, item, &ps->loads[l], &item->values[l]);
	}
}

static text *
name_source(const DvBatch *batch, const DvItem *item)
{
	DvSlice		connector = item->event.connector;

	return cstring_to_text(psprintf("%.*s.%s", (int) connector.len, connector.data ? connector.data : "",
									batch->plan->sources[item->source].source->name));
}

/*
 * "connector.schema.table"; the same text as the source's last event, as a rule.
 * A connector is asked about once a batch, but never believed on the word of an
 * event that is not applied.
 */
static text *
record_source(DvBatch *batch, const DvItem *item)
{
	DvSlice		connector = item->event.connector;
	DvRecordSource *last = &batch->record_sources[item->source];

	if (item->broken || item->event.kind != DV_EVENT_ROW)
		return name_source(batch, item);
	if (last->name == NULL || !dv_slice_equal(last->connector, connector))
	{
		dv_feed_check(batch, item);
		last->connector = connector;
		last->name = name_source(batch, item);
	}
	return last->name;
}

static void
map_constants(DvBatch *batch, DvItem *item)
{
	const DvEvent *e = &item->event;

	item->applied = e->source_us - (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
	item->record_source = record_source(batch, item);
}

/* A streamed event never stands before its row's newest version: it takes its commit. */
static DvPos
behind_newest(const DvItem *item, const DvPos *pos, const DvVersion *newest)
{
	if (!item->derive_commit || newest == NULL || dv_pos_commit(&newest->pos) <= dv_pos_commit(pos))
		return *pos;
	return dv_pos_make(1, dv_pos_commit(&newest->pos), dv_pos_stage(pos), dv_pos_lsn(pos),
					   dv_pos_half(pos));
}

/* The version an item stands for, put into its row. */
static void
enter_version(DvBatch *batch, DvItem *item, const DvPos *pos)
{
	DvRowEntry *row = item->row;
	DvVersion  *newest = row->nversions ? row->versions[row->nversions - 1] : NULL;
	DvPos		place = behind_newest(item, pos, newest);
	DvVersion  *v = dv_row_insert(batch, row, &place);

	v->item = item;
	v->dirty = true;
	v->applied = item->applied;
	v->kind = item->broken ? 'p' : item->ended ? 'e' : 'l';
	v->seen_lsn = newest ? newest->seen_lsn : 0;
	v->delete_xid = newest ? newest->delete_xid : 0;
	if (is_streamed(item) && item->event.has_lsn && (int64) item->event.lsn >= v->seen_lsn)
	{
		v->seen_lsn = item->event.lsn;
		v->delete_xid = item->event.op == 'd' ? item->event.xid : 0;
	}
	if (!item->ended)
		v->own = item->column_key;
	item->version = v;
	row->touched = true;
	if (!row->anchor.present)
		row->anchor.known = row->anchor.known && item->ended;
}

static void
place_unknown(void)
{
	dv_item_error(DV_ERR_POSITION, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, NULL,
				  "Delete it from datavault.held if the source's present value is in the vault.",
				  "the place of this held message in its row's history is no longer known");
}

/* A version held earlier is found where it was put, and moved if that was a marker. */
static void
reenter_version(DvBatch *batch, DvItem *item, DvPos pos)
{
	DvRowEntry *row = item->row;

	for (int i = 0; i < row->nversions; i++)
	{
		DvVersion  *v = row->versions[i];

		if (dv_pos_cmp(&v->pos, &item->held_pos) != 0)
			continue;
		if (!item->broken && dv_pos_half(&v->pos) == DV_HALF_MARKER)
		{
			if ((i > 0 && dv_pos_cmp(&row->versions[i - 1]->pos, &pos) >= 0) ||
				(i + 1 < row->nversions && dv_pos_cmp(&row->versions[i + 1]->pos, &pos) <= 0))
				break;
			v->pos = pos;
		}
		item->was = palloc(sizeof(DvVersion));
		*item->was = *v;
		item->was->links = palloc(sizeof(DvMaybeKey) * Max(batch->plan->sources[item->source].nstates, 1));
		memcpy(item->was->links, v->links,
			   sizeof(DvMaybeKey) * batch->plan->sources[item->source].nstates);
		v->item = item;
		v->dirty = true;
		v->applied = item->applied;
		v->kind = item->broken ? 'p' : item->ended ? 'e' : 'l';
		if (!item->ended && item->column_key.known && !v->own.known)
			v->own = item->column_key;
		item->version = v;
		row->touched = true;
		return;
	}
	place_unknown();
}

/* The other row of a primary-key change, by the header that names it. */
static void
map_other_half(DvBatch *batch, DvItem *item, DvPlanSource *ps)
{
	const DvRow *other = item->ended ? &item->event.newkey : &item->event.oldkey;

	if (!item->broken && other->present && (item->ended || item->event.op == 'c'))
		item->has_other = row_key_from(batch, ps, other, &item->other_row);
}

static void
map_item(DvBatch *batch, DvItem *item)
{
	DvPlanSource *ps = &batch->plan->sources[item->source];
	DvPos		pos;

	item->scalars = palloc(sizeof(DvScalar) * Max(ps->source->ncolumns, 1));
	item->has_scalar = palloc0(sizeof(bool) * Max(ps->source->ncolumns, 1));
	item->ended = item->event.op == 'd' || item->event.kind == DV_EVENT_TOMBSTONE;
	/* a held one was counted when it came */
	if (!batch->retry)
		batch->row_events++;
	map_constants(batch, item);
	map_other_half(batch, item, ps);
	pos = event_position(item);
	if (item->row && item->event.has_lsn && !item->has_held_pos && is_repetition(batch, item, &pos))
	{
		batch->repeated++;
		item->skip = true;
		return;
	}
	if (!item->broken && ps->source->immutable && item->event.op != 'r' && item->event.op != 'c')
		dv_item_error(DV_ERR_IMMUTABLE_CHANGED, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, NULL,
					  "If its rows may change, load the source into a new model that does not declare it immutable.",
					  "%s is declared immutable, but a row of it was %s", ps->source->name,
					  item->event.op == 'd' ? "deleted" : "updated");
	if (!item->ended && item->event.after.present)
		map_live(batch, item, ps);
	if (item->row == NULL)
	{
		if (item->placeholders)
			dv_item_error(DV_ERR_PLACEHOLDER, ERRCODE_FEATURE_NOT_SUPPORTED, NULL,
						  "Rows of a table that is declared immutable have no version before: send the whole row again.",
						  "a row of %s holds the placeholder of an unchanged TOAST value", ps->source->name);
		return;
	}
	if (!item->event.has_lsn)
		pos = marker_position(item->row);
	if (batch->retry && item->has_held_pos)
		reenter_version(batch, item, pos);
	else if (batch->retry && item->row->nversions > 0 &&
			 dv_pos_cmp(&pos, &item->row->versions[item->row->nversions - 1]->pos) <= 0)
		place_unknown();
	else
		enter_version(batch, item, &pos);
}

void
dv_map_events(DvBatch *batch)
{
	ErrorContextCallback callback = {
		.previous = error_context_stack, .callback = hint_widening, .arg = batch
	};

	error_context_stack = &callback;
	for (int i = 0; i < batch->nitems; i++)
	{
		DvItem	   *item = &batch->items[i];

		if (item->skip || item->source < 0 || !item->has_row)
			continue;
		batch->current = item;
		item->stage = DV_STAGE_REST;
		map_item(batch, item);
		if (!item->skip && !item->broken && item->event.source_us > 0)
			batch->newest_source_us = Max(batch->newest_source_us, (uint64) item->event.source_us);
	}
	batch->current = NULL;
	error_context_stack = callback.previous;
}
