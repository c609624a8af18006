/*
 * offset.c
 *		Positions of partitions; see offset.h.
 *
 * Why the expected row is locked: numbers are reused once pruned.  A worker
 * that slept through three batches of its successor would find its next number
 * free again.  Row seq − 1 is pruned only together with the insertion of
 * seq + 1, which waits for our lock on it.
 *
 * A partition without a row has nothing to lock: there the generation in
 * datavault.subscription is checked, under a lock that a claim waits for.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/pg_lsn.h"

#include "actas.h"
#include "apply.h"
#include "offset.h"

typedef struct Entry
{
	DvPosition	now;			/* committed */
	int64		seq;			/* committed; 0 = no row yet */
	DvPosition	next;			/* in this transaction */
	bool		moved;
} Entry;

struct DvOffsets
{
	MemoryContext context;
	int32		subscription;
	int64		generation;
	int			n;
	int			room;
	Entry	   *entries;
	int			last;			/* found last: messages come in stretches */
	DvPosition *list;
};

uint32
dv_offsets_crc(DvSlice value)
{
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	if (value.data)
		COMP_CRC32C(crc, value.data, value.len);
	FIN_CRC32C(crc);
	return crc;
}

int64
dv_offsets_generation(const DvOffsets *offsets)
{
	return offsets->generation;
}

static bool
is_entry(const Entry *entry, const char *topic, int32 partition)
{
	return entry->now.partition == partition && strcmp(entry->now.topic, topic) == 0;
}

/* The entry of a partition, made if it is new. */
static Entry *
find_entry(DvOffsets *offsets, const char *topic, int32 partition)
{
	Entry	   *entry;

	if (offsets->last < offsets->n &&
		is_entry(&offsets->entries[offsets->last], topic, partition))
		return &offsets->entries[offsets->last];
	for (int i = 0; i < offsets->n; i++)
		if (is_entry(&offsets->entries[i], topic, partition))
		{
			offsets->last = i;
			return &offsets->entries[i];
		}
	if (offsets->n == offsets->room)
	{
		offsets->room *= 2;
		offsets->entries = repalloc(offsets->entries, offsets->room * sizeof(Entry));
	}
	offsets->last = offsets->n++;
	entry = &offsets->entries[offsets->last];
	memset(entry, 0, sizeof(*entry));
	entry->now.topic = MemoryContextStrdup(offsets->context, topic);
	entry->now.partition = partition;
	entry->now.connector = "";
	entry->now.next_offset = DV_OFFSET_EARLIEST;
	entry->now.last_offset = entry->now.last_timestamp = -1;
	return entry;
}

static int64
spi_int64(int row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
									  column, &isnull);

	return isnull ? -1 : DatumGetInt64(value);
}

static void
load_claimed(DvOffsets *offsets)
{
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char	   *topic = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		Entry	   *entry = find_entry(offsets, topic, (int32) spi_int64(i, 2));

		entry->seq = spi_int64(i, 3);
		entry->now.next_offset = spi_int64(i, 4);
		entry->now.last_offset = spi_int64(i, 5);
		entry->now.last_timestamp = spi_int64(i, 6);
		entry->now.last_crc = (uint32) spi_int64(i, 7);
		entry->now.max_commit = (uint64) spi_int64(i, 8);
		entry->now.max_time = spi_int64(i, 9);
		entry->now.connector = MemoryContextStrdup(offsets->context,
												   SPI_getvalue(SPI_tuptable->vals[i],
																SPI_tuptable->tupdesc, 10));
	}
}

/* Raise the generation; the row lock keeps other claims out until commit. */
static void
raise_generation(DvOffsets *offsets)
{
	Oid			types[1] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(offsets->subscription)};

	SPI_execute_with_args("UPDATE datavault.subscription SET generation = generation + 1"
						  " WHERE id = $1 RETURNING generation",
						  1, types, values, NULL, false, 0);
	if (SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("subscription %d does not exist", offsets->subscription)));
	offsets->generation = spi_int64(0, 1);
}

/* Positions that are not of our generation yet. */
#define UNCLAIMED "(SELECT DISTINCT ON (topic, partition) * FROM datavault.offset" \
	" WHERE subscription_id = $1 ORDER BY topic, partition, seq DESC) l WHERE generation <> $2"

/*
 * Take over the positions as they are now.  True: whoever holds them was
 * quicker with some, which moved on; what we have taken cannot move any more.
 */
static bool
claim_some(DvOffsets *offsets)
{
	Oid			types[2] = {INT4OID, INT8OID};
	Datum		values[2] = {Int32GetDatum(offsets->subscription), Int64GetDatum(offsets->generation)};

	SPI_execute_with_args("INSERT INTO datavault.offset (subscription_id, topic, partition, seq,"
						  " generation, next_offset, last_offset, last_timestamp, last_crc, max_commit,"
						  " max_time, connector)"
						  " SELECT subscription_id, topic, partition, seq + 1, $2, next_offset,"
						  " last_offset, last_timestamp, last_crc, max_commit, max_time, connector FROM " UNCLAIMED
						  " ON CONFLICT DO NOTHING RETURNING topic, partition::bigint, seq, next_offset,"
						  " last_offset, last_timestamp, last_crc, max_commit, max_time, connector",
						  2, types, values, NULL, false, 0);
	load_claimed(offsets);
	SPI_execute_with_args("SELECT FROM " UNCLAIMED, 2, types, values, NULL, false, 1);
	return SPI_processed > 0;
}

DvOffsets *
dv_offsets_claim(int32 subscription, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "datavault offsets",
												  ALLOCSET_DEFAULT_SIZES);
	DvOffsets  *offsets = MemoryContextAllocZero(context, sizeof(DvOffsets));
	DvActAs		saved;

	offsets->context = context;
	offsets->subscription = subscription;
	offsets->room = 16;
	offsets->entries = MemoryContextAllocZero(context, offsets->room * sizeof(Entry));
	dv_act_as_extension(&saved);
	raise_generation(offsets);
	while (claim_some(offsets))
		CHECK_FOR_INTERRUPTS();
	dv_act_as_end(&saved);
	return offsets;
}

/* Watching ----------------------------------------------------------------- */

static bool
raise_reset(const DvEvent *event, DvErr *err)
{
	(void) dv_err_set(err, DV_ERR_SOURCE_RESET, "DV002",
					  "the positions of the source have begun anew: a later change follows the commit %X/%X",
					  LSN_FORMAT_ARGS(event->commit));
	dv_err_hint(err, "If the source was restored, failed over or migrated, load it into a new vault."
				" If only its clock was wrong, go on at this very offset with datavault.reset_offsets(),"
				" which forgets what was seen.");
	return false;
}

/*
 * Greatest values, not the last ones: what is sent again was seen before and
 * is not later than they are, whatever the clock did.  Rows of snapshots have
 * the time of their reading, and a snapshot may be taken twice: they do not
 * count.  The connector's first transaction has a time, but no commit before it
 * until it is sent again.  What was admitted and not committed counts again; it is harmless.
 */
bool
dv_offsets_admit(DvOffsets *offsets, const DvMessage *message, const DvEvent *event, DvErr *err)
{
	DvPosition *seen;
	size_t		len = event->connector.len;

	if (event->kind != DV_EVENT_ROW || event->snapshot)
		return true;
	seen = &find_entry(offsets, message->topic, message->partition)->now;
	if (!dv_slice_equal(event->connector, (DvSlice) {seen->connector, strlen(seen->connector)}))
	{
		MemoryContext old = MemoryContextSwitchTo(offsets->context);

		if (seen->connector[0])
			pfree(unconstify(char *, seen->connector));
		seen->connector = pnstrdup(event->connector.data, len);
		seen->max_commit = 0;
		seen->max_time = 0;
		MemoryContextSwitchTo(old);
	}
	if (event->has_commit && event->commit < seen->max_commit && event->source_us > seen->max_time)
		return raise_reset(event, err);
	if (event->has_commit)
		seen->max_commit = Max(seen->max_commit, event->commit);
	seen->max_time = Max(seen->max_time, event->source_us);
	return true;
}

/* Advance ----------------------------------------------------------------- */

#define MOVE_COLUMNS 10

/* The moved entries as parameters of the statements below. */
typedef struct Moves
{
	int			n;
	int			nnew;			/* without a row */
	Datum		values[2 + MOVE_COLUMNS];	/* subscription, generation, then arrays */
} Moves;

#define MOVES_FROM "unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12)" \
	" AS m(topic, partition, seq, next_offset, last_offset, last_timestamp, last_crc," \
	" max_commit, max_time, connector)"

static const Oid move_types[2 + MOVE_COLUMNS] = {
	INT4OID, INT8OID, TEXTARRAYOID, INT4ARRAYOID, INT8ARRAYOID, INT8ARRAYOID,
	INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, PG_LSNARRAYOID, INT8ARRAYOID, TEXTARRAYOID
};

static void
collect_moves(DvOffsets *offsets, Moves *moves)
{
	Datum	   *cells[MOVE_COLUMNS];
	static const Oid types[MOVE_COLUMNS] = {TEXTOID, INT4OID, INT8OID, INT8OID, INT8OID, INT8OID,
	INT8OID, LSNOID, INT8OID, TEXTOID};

	memset(moves, 0, sizeof(*moves));
	for (int c = 0; c < MOVE_COLUMNS; c++)
		cells[c] = palloc(sizeof(Datum) * Max(offsets->n, 1));
	for (int i = 0; i < offsets->n; i++)
	{
		Entry	   *entry = &offsets->entries[i];
		int			k = moves->n;

		if (!entry->moved)
			continue;
		cells[0][k] = CStringGetTextDatum(entry->now.topic);
		cells[1][k] = Int32GetDatum(entry->now.partition);
		cells[2][k] = Int64GetDatum(entry->seq + 1);
		cells[3][k] = Int64GetDatum(entry->next.next_offset);
		cells[4][k] = Int64GetDatum(entry->next.last_offset);
		cells[5][k] = Int64GetDatum(entry->next.last_timestamp);
		cells[6][k] = Int64GetDatum((int64) entry->next.last_crc);
		cells[7][k] = LSNGetDatum(entry->next.max_commit);
		cells[8][k] = Int64GetDatum(entry->next.max_time);
		cells[9][k] = CStringGetTextDatum(entry->next.connector);
		moves->nnew += entry->seq == 0;
		moves->n++;
	}
	moves->values[0] = Int32GetDatum(offsets->subscription);
	moves->values[1] = Int64GetDatum(offsets->generation);
	for (int c = 0; c < MOVE_COLUMNS; c++)
		moves->values[2 + c] = PointerGetDatum(
			construct_array(cells[c], moves->n, types[c], types[c] == TEXTOID ? -1 :
							types[c] == INT4OID ? 4 : 8, types[c] != TEXTOID,
							types[c] == TEXTOID || types[c] == INT4OID ? TYPALIGN_INT : TYPALIGN_DOUBLE));
}

static uint64
run(const char *command, Moves *moves)
{
	SPI_execute_with_args(command, 2 + MOVE_COLUMNS, (Oid *) move_types, moves->values, NULL, false, 0);
	return SPI_processed;
}

static void
raise_fenced(const DvOffsets *offsets)
{
	ereport(ERROR,
			(errcode(ERRCODE_DV_FENCED),
			 errmsg("another worker has taken over the subscription"),
			 errdetail("The position in datavault.offset is no longer that of generation %lld.",
					   (long long) offsets->generation)));
}

static void
write_moves(DvOffsets *offsets, Moves *moves)
{
	uint64		known = moves->n - moves->nnew;

	if (moves->nnew > 0 &&
		run("SELECT 1 FROM datavault.subscription WHERE id = $1 AND generation = $2 FOR SHARE",
			moves) != 1)
		raise_fenced(offsets);
	if (known > 0 &&
		run("SELECT 1 FROM " MOVES_FROM " JOIN datavault.offset o ON o.subscription_id = $1"
			" AND o.topic = m.topic AND o.partition = m.partition AND o.seq = m.seq - 1"
			" FOR KEY SHARE OF o", moves) != known)
		raise_fenced(offsets);
	if (run("INSERT INTO datavault.offset (subscription_id, topic, partition, seq, generation,"
			" next_offset, last_offset, last_timestamp, last_crc, max_commit, max_time, connector)"
			" SELECT $1, topic, partition, seq, $2, next_offset, last_offset, last_timestamp, last_crc,"
			" max_commit, max_time, connector FROM " MOVES_FROM " ON CONFLICT DO NOTHING", moves) != (uint64) moves->n)
		raise_fenced(offsets);
	if (known > 0)
		run("DELETE FROM datavault.offset o USING " MOVES_FROM " WHERE o.subscription_id = $1"
			" AND o.topic = m.topic AND o.partition = m.partition AND o.seq <= m.seq - 2", moves);
}

void
dv_offsets_advance(DvOffsets *offsets, const DvMessage *messages, int n)
{
	Moves		moves;
	DvActAs		saved;

	for (int i = 0; i < n; i++)
	{
		const DvMessage *message = &messages[i];
		Entry	   *entry;

		/* only the last of a stretch counts */
		if (i + 1 < n && messages[i + 1].partition == message->partition &&
			messages[i + 1].topic == message->topic)
			continue;
		entry = find_entry(offsets, message->topic, message->partition);
		entry->next = entry->now;
		entry->next.next_offset = message->offset + 1;
		entry->next.last_offset = message->offset;
		entry->next.last_timestamp = message->timestamp_ms;
		entry->next.last_crc = dv_offsets_crc(message->value);
		entry->moved = true;
	}
	if (n == 0)
		return;
	dv_act_as_extension(&saved);
	collect_moves(offsets, &moves);
	write_moves(offsets, &moves);
	dv_act_as_end(&saved);
}

void
dv_offsets_place(DvOffsets *offsets, const DvPosition *positions, int n)
{
	Moves		moves;
	DvActAs		saved;

	for (int i = 0; i < n; i++)
	{
		Entry	   *entry = find_entry(offsets, positions[i].topic, positions[i].partition);

		entry->next = entry->now;
		entry->next.next_offset = positions[i].next_offset;
		entry->moved = true;
	}
	dv_act_as_extension(&saved);
	collect_moves(offsets, &moves);
	write_moves(offsets, &moves);
	dv_act_as_end(&saved);
}

void
dv_offsets_committed(DvOffsets *offsets)
{
	for (int i = 0; i < offsets->n; i++)
	{
		Entry	   *entry = &offsets->entries[i];

		if (!entry->moved)
			continue;
		entry->now = entry->next;
		entry->seq++;
		entry->moved = false;
	}
}

void
dv_offsets_aborted(DvOffsets *offsets)
{
	for (int i = 0; i < offsets->n; i++)
		offsets->entries[i].moved = false;
}

int
dv_offsets_list(DvOffsets *offsets, const DvPosition **positions)
{
	int			n = 0;

	if (offsets->list)
		pfree(offsets->list);
	offsets->list = MemoryContextAlloc(offsets->context, sizeof(DvPosition) * (offsets->n + 1));
	for (int i = 0; i < offsets->n; i++)
		if (offsets->entries[i].seq > 0)
			offsets->list[n++] = offsets->entries[i].now;
	*positions = offsets->list;
	return n;
}

/* By hand ----------------------------------------------------------------- */

#define NPARAMETERS 7

/* Who is fenced by what follows, and who asks; as the extension from here on. */
static void
take_over(int32 subscription, Datum *values, DvActAs *saved)
{
	char	   *caller = GetUserNameFromId(GetUserId(), false);
	DvOffsets	offsets = {.subscription = subscription};

	dv_act_as_extension(saved);
	raise_generation(&offsets);
	values[0] = Int32GetDatum(subscription);
	values[1] = Int64GetDatum(offsets.generation);
	values[6] = CStringGetTextDatum(caller);
}

/*
 * Append the next row of each partition chosen and write the change down.  The
 * row is appended, not begun anew: see above why numbers must not come again.
 */
static int
change_positions(const char *command, Datum *values, const char *nulls)
{
	static const Oid types[NPARAMETERS] = {INT4OID, INT8OID, TEXTOID, INT4OID, INT8OID, TEXTOID, TEXTOID};

	SPI_execute_with_args(command, NPARAMETERS, (Oid *) types, values, nulls, false, 0);
	if (spi_int64(0, 1) != spi_int64(0, 2))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("the worker of the subscription has just moved its position"),
				 errhint("Try again: the worker is on its way out.")));
	return (int) spi_int64(0, 1);
}

/* $1 subscription, $2 generation, $3 topic, $4 partition, $5 offset, $6 action, $7 who */
#define CHANGE_POSITIONS(last_columns) \
	", written AS (INSERT INTO datavault.offset (subscription_id, topic, partition, seq, generation," \
	" next_offset, last_offset, last_timestamp, last_crc, max_commit, max_time, connector)" \
	" SELECT $1, topic, partition, seq + 1, $2, $5, " last_columns " FROM chosen" \
	" ON CONFLICT DO NOTHING RETURNING 1)," \
	" noted AS (INSERT INTO datavault.position_change (model, subscription, topic, partition, action," \
	" old_offset, new_offset, reason, changed_by)" \
	" SELECT s.model, s.name, c.topic, c.partition, $6, c.next_offset, $5, s.state_message, $7" \
	" FROM chosen c JOIN datavault.subscription s ON s.id = $1)" \
	" SELECT (SELECT count(*) FROM chosen), (SELECT count(*) FROM written)"

int
dv_offsets_reset(int32 subscription, const char *topic, int32 partition, int64 next_offset)
{
	Datum		values[NPARAMETERS];
	char		nulls[NPARAMETERS] = "       ";
	DvActAs		saved;
	int			n;

	take_over(subscription, values, &saved);
	values[2] = topic ? CStringGetTextDatum(topic) : (Datum) 0;
	nulls[2] = topic ? ' ' : 'n';
	values[3] = Int32GetDatum(partition);
	nulls[3] = partition >= 0 ? ' ' : 'n';
	values[4] = Int64GetDatum(next_offset);
	values[5] = CStringGetTextDatum("reset");
	n = change_positions("WITH known AS (SELECT DISTINCT ON (topic, partition) topic, partition, seq, next_offset"
						 " FROM datavault.offset WHERE subscription_id = $1 AND topic = coalesce($3, topic)"
						 " AND partition = coalesce($4, partition) ORDER BY topic, partition, seq DESC),"
						 " chosen AS (SELECT * FROM known UNION ALL SELECT $3, $4, 0, NULL"
						 " WHERE $3 IS NOT NULL AND $4 IS NOT NULL AND NOT EXISTS (SELECT FROM known))"
						 CHANGE_POSITIONS("-1, -1, 0, '0/0', 0, ''"), values, nulls);
	dv_act_as_end(&saved);
	return n;
}

static void
refuse_skip(const char *topic, int32 partition, int64 offset, bool known, int64 stands)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the subscription does not stand at offset %lld of topic \"%s\", partition %d",
					(long long) offset, topic, partition),
			 known && stands >= 0 ? errdetail("It stands at offset %lld.", (long long) stands) :
			 errdetail("It has no position there."),
			 errhint("Only the message in front of it can be skipped; datavault.reset_offsets() sets any position.")));
}

/*
 * Where it stands is its position, or, where offsets are missing from the log
 * (compacted, control records), the message that it stopped at.  What is
 * remembered of the last message stays: it still must be there.
 */
void
dv_offsets_skip(int32 subscription, const char *topic, int32 partition, int64 offset)
{
	Datum		values[NPARAMETERS];
	char		nulls[NPARAMETERS] = "       ";
	Oid			types[3] = {INT4OID, TEXTOID, INT4OID};
	Datum		place[3];
	DvActAs		saved;
	int64		stands;
	int64		stopped;

	take_over(subscription, values, &saved);
	place[0] = values[0];
	place[1] = values[2] = CStringGetTextDatum(topic);
	place[2] = values[3] = Int32GetDatum(partition);
	SPI_execute_with_args("SELECT (SELECT o.next_offset FROM datavault.offset o WHERE o.subscription_id = $1"
						  " AND o.topic = $2 AND o.partition = $3 ORDER BY o.seq DESC LIMIT 1),"
						  " CASE WHEN (s.stopped_topic, s.stopped_partition) = ($2, $3) THEN s.stopped_offset END"
						  " FROM datavault.subscription s WHERE s.id = $1",
						  3, types, place, NULL, false, 0);
	stands = spi_int64(0, 1);
	stopped = spi_int64(0, 2);
	if (offset < 0 || (offset != stands && offset != stopped))
		refuse_skip(topic, partition, offset, stands >= 0 || stopped >= 0, stopped >= 0 ? stopped : stands);
	values[4] = Int64GetDatum(offset + 1);
	values[5] = CStringGetTextDatum("skip");
	change_positions("WITH known AS (SELECT topic, partition, seq, $5 - 1 AS next_offset, last_offset,"
					 " last_timestamp, last_crc, max_commit, max_time, connector FROM datavault.offset WHERE subscription_id = $1"
					 " AND topic = $3 AND partition = $4 ORDER BY seq DESC LIMIT 1),"
					 " chosen AS (SELECT * FROM known UNION ALL SELECT $3, $4, 0, $5 - 1, -1, -1, 0, '0/0', 0, ''"
					 " WHERE NOT EXISTS (SELECT FROM known))"
					 CHANGE_POSITIONS("last_offset, last_timestamp, last_crc, max_commit, max_time, connector"),
					 values, nulls);
	SPI_execute_with_args("UPDATE datavault.subscription SET stopped_topic = NULL, stopped_partition = NULL,"
						  " stopped_offset = NULL WHERE id = $1", 1, types, place, NULL, false, 0);
	dv_act_as_end(&saved);
}
