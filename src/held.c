/*
 * held.c
 *		Messages that must wait or were rejected: datavault.held and its
 *		satellites held_on (for whom) and held_ready (whose turn it is).
 *
 * Everything is set-based: a topic read before its parents' parks every one of
 * its messages.  A held message on its second try is deleted and, if it must
 * stay, inserted again under its old id.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "actas.h"
#include "batch.h"
#include "column.h"

/* What is taken at once: memory is about four times that. */
#define READY_BYTES "33554432"

static const char *const reason_names[] = {
	[DV_HELD_NONE] = "", [DV_HELD_REJECTED] = "rejected", [DV_HELD_PARENT] = "parent",
	[DV_HELD_PREDECESSOR] = "predecessor", [DV_HELD_OTHER_HALF] = "other_half"
};

static void
add_text(DvColumnArray *c, const char *text)
{
	dv_column_add(c, text && text[0] ? CStringGetTextDatum(text) : (Datum) 0, !(text && text[0]));
}

static void
add_bytes(DvColumnArray *c, DvSlice slice)
{
	bytea	   *b = NULL;

	if (slice.data)
	{
		b = palloc(VARHDRSZ + slice.len);
		SET_VARSIZE(b, VARHDRSZ + slice.len);
		memcpy(VARDATA(b), slice.data, slice.len);
	}
	dv_column_add(c, PointerGetDatum(b), b == NULL);
}

/* Run a statement over array columns; plans are not kept, holding is rare. */
static void
run(const char *sql, DvColumnArray *columns, int n)
{
	Oid			types[24];
	Datum		args[24];

	Assert(n <= 24);
	for (int i = 0; i < n; i++)
	{
		types[i] = get_array_type(columns[i].type);
		args[i] = dv_column_datum(&columns[i]);
	}
	if (SPI_execute_with_args(sql, n, types, args, NULL, false, 0) < 0)
		elog(ERROR, "could not run \"%s\"", sql);
}

/* ---- headers as bytes ---- */

static void
append_slice(StringInfo buf, DvSlice s)
{
	uint32		n = pg_hton32(s.data ? (uint32) s.len : PG_UINT32_MAX);

	appendBinaryStringInfo(buf, (char *) &n, 4);
	if (s.data)
		appendBinaryStringInfo(buf, s.data, s.len);
}

static DvSlice
pack_headers(const DvMessage *m)
{
	StringInfoData buf;
	DvSlice		result = {NULL, 0};

	if (m->nheaders == 0)
		return result;
	initStringInfo(&buf);
	for (int i = 0; i < m->nheaders; i++)
	{
		append_slice(&buf, m->headers[i].name);
		append_slice(&buf, m->headers[i].value);
	}
	result.data = buf.data;
	result.len = buf.len;
	return result;
}

static DvSlice
take_slice(const char **p, const char *end)
{
	DvSlice		s = {NULL, 0};
	uint32		n;

	if (end - *p < 4)
		elog(ERROR, "headers of a held message are cut short");
	memcpy(&n, *p, 4);
	n = pg_ntoh32(n);
	*p += 4;
	if (n == PG_UINT32_MAX)
		return s;
	if (end - *p < (ptrdiff_t) n)
		elog(ERROR, "headers of a held message are cut short");
	s.data = *p;
	s.len = n;
	*p += n;
	return s;
}

static void
unpack_headers(DvMessage *m, DvSlice packed)
{
	const char *p = packed.data;
	const char *end = p + packed.len;
	DvHeader   *headers = palloc(sizeof(DvHeader) * (packed.len / 8 + 1));

	m->headers = headers;
	while (packed.data && p < end)
	{
		headers[m->nheaders].name = take_slice(&p, end);
		headers[m->nheaders++].value = take_slice(&p, end);
	}
}

/* ---- storing ---- */

enum
{
	H_ID, H_REASON, H_SOURCE, H_ROW, H_POS, H_TOPIC, H_PARTITION, H_OFFSET, H_TIME, H_KEY,
	H_VALUE, H_HEADERS, H_STATE, H_CLASS, H_MESSAGE, H_DETAIL, H_HINT, H_ATTEMPTS, H_AT, H_BY, H_N
};

static void
add_item(DvBatch *batch, DvItem *item, DvColumnArray *c, int64 id)
{
	const DvMessage *m = item->message;
	bool		rejected = item->held == DV_HELD_REJECTED;
	DvPos	   *pos = item->version ? &item->version->pos : item->has_held_pos ? &item->held_pos : NULL;

	dv_column_add(&c[H_ID], Int64GetDatum(id), false);
	add_text(&c[H_REASON], reason_names[item->held]);
	add_text(&c[H_SOURCE], item->source >= 0 ? batch->plan->model->sources[item->source].name : NULL);
	dv_column_add(&c[H_ROW], PointerGetDatum(item->row_key.bytes), !item->has_row);
	dv_column_add(&c[H_POS], DvPosPGetDatum(pos), pos == NULL);
	add_text(&c[H_TOPIC], m->topic);
	dv_column_add(&c[H_PARTITION], Int32GetDatum(m->partition), false);
	dv_column_add(&c[H_OFFSET], Int64GetDatum(m->offset), false);
	dv_column_add(&c[H_TIME], Int64GetDatum(m->timestamp_ms), false);
	add_bytes(&c[H_KEY], m->key);
	add_bytes(&c[H_VALUE], m->value);
	add_bytes(&c[H_HEADERS], pack_headers(m));
	add_text(&c[H_STATE], rejected ? item->err.sqlstate : NULL);
	add_text(&c[H_CLASS], rejected ? dv_err_class_name(item->err.class) : NULL);
	add_text(&c[H_MESSAGE], rejected ? item->err.message : NULL);
	add_text(&c[H_DETAIL], rejected ? item->err.detail : NULL);
	add_text(&c[H_HINT], rejected ? item->err.hint : NULL);
	dv_column_add(&c[H_ATTEMPTS], Int32GetDatum(item->attempts + 1), false);
	dv_column_add(&c[H_AT], TimestampTzGetDatum(item->held_id ? item->held_at : batch->load_dts), false);
	add_text(&c[H_BY], item->held_id ? item->held_by : batch->options->subscription);
}

static void
insert_held(DvBatch *batch, DvColumnArray *c)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "INSERT INTO datavault.held (id, model_id, subscription, reason, source, row_key, \"position\","
					 " topic, \"partition\", \"offset\", \"timestamp\", key, value, headers, sqlstate, class,"
					 " message, detail, hint, attempts, held_at)"
					 " SELECT u.id, %d, u.by, u.reason, u.source, u.row_key, u.pos, u.topic, u.part, u.off, u.ts,"
					 " u.key, u.value, u.headers, u.state, u.class, u.message, u.detail, u.hint, u.attempts, u.at"
					 " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
					 " $16, $17, $18, $19, $20) AS u(id, reason, source, row_key, pos, topic, part, off, ts, key, value,"
					 " headers, state, class, message, detail, hint, attempts, at, by)",
					 batch->plan->model->id);
	run(sql.data, c, H_N);
}

static int64 *
new_ids(int n)
{
	int64	   *ids = palloc(sizeof(int64) * Max(n, 1));
	Oid			types[1] = {INT4OID};
	Datum		args[1] = {Int32GetDatum(n)};

	if (SPI_execute_with_args("SELECT pg_catalog.nextval('datavault.held_id_seq')"
							  " FROM pg_catalog.generate_series(1, $1)", 1, types, args, NULL,
							  false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not draw ids for held messages");
	for (int i = 0; i < n; i++)
	{
		bool		isnull;

		ids[i] = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
	return ids;
}

static void
insert_waits(DvBatch *batch, DvColumnArray *c)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "INSERT INTO datavault.held_on (model_id, source, row_key, held_id)"
					 " SELECT %d, u.s, u.r, u.h FROM unnest($1, $2, $3) AS u(s, r, h)",
					 batch->plan->model->id);
	run(sql.data, c, 3);
}

/* What of the batch is held, with whom it waits for. */
static void
store_items(DvBatch *batch, int nheld, int nwaits)
{
	static const Oid types[H_N] = {INT8OID, TEXTOID, TEXTOID, UUIDOID, 0, TEXTOID, INT4OID, INT8OID,
		INT8OID, BYTEAOID, BYTEAOID, BYTEAOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID,
	TIMESTAMPTZOID, TEXTOID};
	DvColumnArray c[H_N];
	DvColumnArray w[3] = {dv_column_make(TEXTOID, nwaits), dv_column_make(UUIDOID, nwaits),
		dv_column_make(INT8OID, nwaits)};
	int64	   *ids = new_ids(nheld);
	Oid			pos_type = dv_plan_pos_type(batch->plan);
	int			n = 0;

	for (int i = 0; i < H_N; i++)
		c[i] = dv_column_make(i == H_POS ? pos_type : types[i], nheld);
	for (int i = 0; i < batch->nitems; i++)
	{
		DvItem	   *item = &batch->items[i];
		int64		id;

		if (item->held == DV_HELD_NONE)
			continue;
		id = item->held_id ? item->held_id : ids[n];
		n++;
		add_item(batch, item, c, id);
		for (int k = 0; k < item->nwaits; k++)
		{
			add_text(&w[0], batch->plan->model->sources[item->waits[k].source].name);
			dv_column_add(&w[1], PointerGetDatum(item->waits[k].row.bytes), false);
			dv_column_add(&w[2], Int64GetDatum(id), false);
		}
	}
	insert_held(batch, c);
	if (nwaits > 0)
		insert_waits(batch, w);
}

static bool
anything_waits(DvBatch *batch)
{
	char		sql[128];
	bool		found;

	snprintf(sql, sizeof(sql), "SELECT 1 FROM datavault.held_on WHERE model_id = %d LIMIT 1",
			 batch->plan->model->id);
	if (SPI_execute(sql, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read datavault.held_on");
	found = SPI_processed > 0;
	SPI_freetuptable(SPI_tuptable);
	return found;
}

/* Held messages that wait for rows of which something became known are ready. */
static void
wake(DvBatch *batch)
{
	int			max = 0;
	DvColumnArray c[2];
	StringInfoData sql;

	for (int s = 0; s < batch->plan->model->nsources; s++)
		if (batch->rows[s])
			max += hash_get_num_entries(batch->rows[s]);
	c[0] = dv_column_make(TEXTOID, max);
	c[1] = dv_column_make(UUIDOID, max);
	for (int s = 0; s < batch->plan->model->nsources; s++)
	{
		HASH_SEQ_STATUS scan;
		DvRowEntry *row;

		if (batch->rows[s] == NULL)
			continue;
		hash_seq_init(&scan, batch->rows[s]);
		while ((row = hash_seq_search(&scan)) != NULL)
			if (row->woken)
			{
				add_text(&c[0], batch->plan->model->sources[s].name);
				dv_column_add(&c[1], PointerGetDatum(row->key.bytes), false);
			}
	}
	if (c[0].n == 0 || !anything_waits(batch))
		return;
	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "INSERT INTO datavault.held_ready (held_id, model_id) SELECT DISTINCT o.held_id, %d"
					 " FROM unnest($1, $2) AS u(s, r), LATERAL (SELECT h.held_id FROM datavault.held_on h"
					 " WHERE h.model_id = %d AND h.source = u.s AND h.row_key = u.r OFFSET 0) o"
					 " ON CONFLICT DO NOTHING",
					 batch->plan->model->id, batch->plan->model->id);
	run(sql.data, c, 2);
}

/* Second tries are over: whatever stays is inserted again. */
static void
delete_taken(DvBatch *batch)
{
	DvColumnArray c = dv_column_make(INT8OID, batch->nitems);

	for (int i = 0; i < batch->nitems; i++)
		if (batch->items[i].held_id)
			dv_column_add(&c, Int64GetDatum(batch->items[i].held_id), false);
	if (c.n > 0)
		run("DELETE FROM datavault.held WHERE id = ANY ($1)", &c, 1);
}

static void
store_held(DvBatch *batch)
{
	int			nheld = 0;
	int			nwaits = 0;

	for (int i = 0; i < batch->nitems; i++)
	{
		DvItem	   *item = &batch->items[i];

		if (item->broken && !item->skip)
			item->held = DV_HELD_REJECTED;
		if (item->held == DV_HELD_REJECTED)
			batch->rejected++;
		else if (item->held != DV_HELD_NONE)
			batch->parked++;
		else if (item->held_id)
		{
			batch->retried++;
			batch->progress++;
		}
		nheld += item->held != DV_HELD_NONE;
		nwaits += item->nwaits;
	}
	if (batch->retry)
		delete_taken(batch);
	if (nheld > 0)
		store_items(batch, nheld, nwaits);
	if (!dv_mutant("drop_parked"))
		wake(batch);
}

/* ---- taking ---- */

static DvSlice
column_slice(HeapTuple tuple, TupleDesc desc, int column)
{
	bool		isnull;
	Datum		d = SPI_getbinval(tuple, desc, column, &isnull);
	DvSlice		s = {NULL, 0};

	if (!isnull)
	{
		bytea	   *b = DatumGetByteaPCopy(d);

		s.data = VARDATA(b);
		s.len = VARSIZE(b) - VARHDRSZ;
	}
	return s;
}

static void
read_item(DvItem *item, DvMessage *m, HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;
	Datum		d;

	item->held_id = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull));
	m->topic = SPI_getvalue(tuple, desc, 2);
	m->partition = DatumGetInt32(SPI_getbinval(tuple, desc, 3, &isnull));
	m->offset = DatumGetInt64(SPI_getbinval(tuple, desc, 4, &isnull));
	m->timestamp_ms = DatumGetInt64(SPI_getbinval(tuple, desc, 5, &isnull));
	m->key = column_slice(tuple, desc, 6);
	m->value = column_slice(tuple, desc, 7);
	unpack_headers(m, column_slice(tuple, desc, 8));
	d = SPI_getbinval(tuple, desc, 9, &isnull);
	item->has_held_pos = !isnull;
	if (!isnull)
		item->held_pos = *DatumGetDvPosP(d);
	item->attempts = DatumGetInt32(SPI_getbinval(tuple, desc, 10, &isnull));
	item->held_at = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 11, &isnull));
	item->held_by = SPI_getvalue(tuple, desc, 12);
	item->message = m;
}

static uint64
count_ready(const DvPlan *plan)
{
	char		sql[256];
	bool		isnull;

	snprintf(sql, sizeof(sql), "SELECT pg_catalog.count(*) FROM datavault.held_ready r JOIN datavault.held h"
			 " ON h.id = r.held_id AND h.model_id = r.model_id WHERE r.model_id = %d",
			 plan->model->id);
	if (SPI_execute(sql, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not count held messages");
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/*
 * Held messages whose turn it is, oldest position of each row first: at most
 * `limit`, and few enough of large ones.  *more if asked for: how many are left.
 */
static DvItem *
take_held(DvPlan *plan, MemoryContext context, int limit, int *n, uint64 *more)
{
	char		sql[768];
	DvItem	   *items = NULL;
	DvMessage  *messages;
	MemoryContext old;

	snprintf(sql, sizeof(sql),
			 "SELECT h.id, h.topic, h.\"partition\", h.\"offset\", h.\"timestamp\", h.key, h.value, h.headers,"
			 " h.\"position\", h.attempts, h.held_at, h.subscription"
			 " FROM (SELECT id, pg_catalog.sum(size) OVER (ORDER BY id) - size AS before"
			 " FROM (SELECT c.id, coalesce(pg_catalog.octet_length(c.value), 0) AS size"
			 " FROM datavault.held_ready r JOIN datavault.held c ON c.id = r.held_id AND c.model_id = r.model_id"
			 " WHERE r.model_id = %d LIMIT %d) c) r"
			 " JOIN datavault.held h ON h.id = r.id WHERE r.before < " READY_BYTES
			 " ORDER BY h.source, h.row_key, h.\"position\", h.id",
			 plan->model->id, limit);
	if (SPI_execute(sql, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read held messages");
	*n = SPI_processed;
	old = MemoryContextSwitchTo(context);
	items = palloc0(sizeof(DvItem) * Max(*n, 1));
	messages = palloc0(sizeof(DvMessage) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
		read_item(&items[i], &messages[i], SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	if (more)
		*more = count_ready(plan) - *n;
	return items;
}

/* Make them ours, under the model's exclusive lock: others may have been quicker. */
static void
claim_held(DvBatch *batch)
{
	DvColumnArray c = dv_column_make(INT8OID, batch->nitems);

	for (int i = 0; i < batch->nitems; i++)
		dv_column_add(&c, Int64GetDatum(batch->items[i].held_id), false);
	run("DELETE FROM datavault.held_ready WHERE held_id = ANY ($1) RETURNING held_id", &c, 1);
	if (SPI_processed < (uint64) batch->nitems)
		for (int i = 0; i < batch->nitems; i++)
		{
			bool		mine = false;

			for (uint64 k = 0; k < SPI_processed && !mine; k++)
			{
				bool		isnull;

				mine = batch->items[i].held_id ==
					DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[k], SPI_tuptable->tupdesc, 1, &isnull));
			}
			if (!mine)
			{
				batch->items[i].skip = true;
				batch->items[i].held_id = 0;
			}
		}
	SPI_freetuptable(SPI_tuptable);
}

/*
 * Messages that have waited too long for a row they refer to are rejects from
 * here on; what they wait for stays written, so its arrival applies them still.
 * Those whose turn it is are left alone.
 */
static uint64
expire_held(const DvPlan *plan, const char *subscription, int64 age, int limit)
{
	Oid			types[5] = {INT4OID, TEXTOID, INT8OID, INT4OID, TEXTOID};
	Datum		args[5] = {Int32GetDatum(plan->model->id), CStringGetTextDatum(subscription),
		Int64GetDatum(age), Int32GetDatum(limit),
	CStringGetTextDatum(dv_err_class_name(DV_ERR_PARENT_MISSING))};

	if (SPI_execute_with_args("UPDATE datavault.held h SET reason = 'rejected', sqlstate = '23503', class = $5,"
							  " message = 'a row that it refers to has not come within ' || ($3 / 1000) || ' s',"
							  " detail = (SELECT 'It waits for a row of ' || pg_catalog.string_agg(DISTINCT o.source, ', ')"
							  " || '.' FROM datavault.held_on o WHERE o.held_id = h.id),"
							  " hint = 'It is applied when the row comes: is the table in the publication, in topics, in the model?'"
							  " WHERE h.id IN (SELECT p.id FROM datavault.held p WHERE p.model_id = $1"
							  " AND p.reason = 'parent' AND p.subscription = $2"
							  " AND p.held_at < pg_catalog.now() - $3 * pg_catalog.make_interval(secs => 0.001)"
							  " AND NOT EXISTS (SELECT FROM datavault.held_ready r WHERE r.held_id = p.id) LIMIT $4)",
							  5, types, args, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not reject messages that waited too long");
	return SPI_processed;
}

/*
 * ---- entry points ----
 *
 * The tables belong to the extension's owner; a subscription's owner has no
 * rights there.  An error undoes the change of role with its transaction.
 */
void
dv_held_store(DvBatch *batch)
{
	DvActAs		saved;

	dv_act_as_extension(&saved);
	store_held(batch);
	dv_act_as_end(&saved);
}

DvItem *
dv_held_take(DvPlan *plan, MemoryContext context, int limit, int *n, uint64 *more)
{
	DvActAs		saved;
	DvItem	   *items;

	dv_act_as_extension(&saved);
	items = take_held(plan, context, limit, n, more);
	dv_act_as_end(&saved);
	return items;
}

void
dv_held_claim(DvBatch *batch)
{
	DvActAs		saved;

	dv_act_as_extension(&saved);
	claim_held(batch);
	dv_act_as_end(&saved);
}

uint64
dv_held_expire(const DvPlan *plan, const char *subscription, int64 age, int limit)
{
	DvActAs		saved;
	uint64		n;

	dv_act_as_extension(&saved);
	n = expire_held(plan, subscription, age, limit);
	dv_act_as_end(&saved);
	return n;
}
