/*
 * sql_stat.c
 *		Set-returning functions under the stat_* views: shared memory as rows.
 *
 * A caller sees the subscriptions whose owner's privileges it has; members of
 * pg_monitor see all.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "actas.h"
#include "state.h"

PG_FUNCTION_INFO_V1(dv_worker_stat);
PG_FUNCTION_INFO_V1(dv_partition_stat);
PG_FUNCTION_INFO_V1(dv_entity_stat);

#define UNIX_TO_POSTGRES_US \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

typedef void (*put_slot) (ReturnSetInfo *rsinfo, const DvSlotView *slot);

static bool
may_see(const DvSlotView *slot)
{
	if (has_privs_of_role(GetUserId(), ROLE_PG_MONITOR))
		return true;
	return OidIsValid(slot->owner) && has_privs_of_role(GetUserId(), slot->owner);
}

static Datum
put_slots(FunctionCallInfo fcinfo, put_slot put)
{
	DvSlotView *slots;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	if (!dv_state_available())
		return (Datum) 0;
	slots = dv_state_copy(MyDatabaseId, &n);
	for (int i = 0; i < n; i++)
		if (may_see(&slots[i]))
			put((ReturnSetInfo *) fcinfo->resultinfo, &slots[i]);
	return (Datum) 0;
}

static void
put_worker(ReturnSetInfo *rsinfo, const DvSlotView *slot)
{
	const DvApplyStats *stats = &slot->stats;
	Datum		values[23];
	bool		nulls[23] = {false};
	int			i = 0;

	values[i++] = Int32GetDatum(slot->subscription);
	nulls[i] = slot->pid == 0;
	values[i++] = Int32GetDatum(slot->pid);
	values[i++] = CStringGetTextDatum(dv_worker_state_name(slot->state));
	nulls[i] = slot->message[0] == '\0';
	values[i++] = CStringGetTextDatum(slot->message);
	values[i++] = TimestampTzGetDatum(slot->since);
	nulls[i] = slot->started == 0;
	values[i++] = TimestampTzGetDatum(slot->started);
	values[i++] = Int64GetDatum(slot->generation);
	values[i++] = Int64GetDatum(slot->starts);
	values[i++] = Int64GetDatum(stats->messages);
	values[i++] = Int64GetDatum(stats->row_events);
	values[i++] = Int64GetDatum(stats->skipped);
	values[i++] = Int64GetDatum(stats->unmapped);
	values[i++] = Int64GetDatum(stats->repeated);
	values[i++] = Int64GetDatum(stats->unchanged);
	values[i++] = Int64GetDatum(stats->rejected);
	values[i++] = Int64GetDatum(stats->parked);
	values[i++] = Int64GetDatum(stats->retried);
	values[i++] = Int64GetDatum(stats->batches);
	values[i++] = Float8GetDatum(slot->rate);
	nulls[i] = stats->newest_source_us == 0;
	values[i++] = TimestampTzGetDatum((int64) stats->newest_source_us - UNIX_TO_POSTGRES_US);
	nulls[i] = slot->last_batch == 0;
	values[i++] = TimestampTzGetDatum(slot->last_batch);
	values[i++] = Int64GetDatum(slot->batch_rows);
	nulls[i] = slot->lag < 0;
	values[i++] = Int64GetDatum(slot->lag);
	Assert(i == lengthof(values));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_partitions(ReturnSetInfo *rsinfo, const DvSlotView *slot)
{
	for (int i = 0; i < slot->npartitions; i++)
	{
		const DvPartitionStat *stat = &slot->partitions[i];
		Datum		values[5];
		bool		nulls[5] = {false};

		values[0] = Int32GetDatum(slot->subscription);
		values[1] = CStringGetTextDatum(stat->topic);
		values[2] = Int32GetDatum(stat->partition);
		values[3] = Int64GetDatum(stat->next_offset);
		nulls[3] = stat->next_offset < 0;
		values[4] = Int64GetDatum(stat->high_watermark);
		nulls[4] = stat->high_watermark < 0;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

static void
put_entities(ReturnSetInfo *rsinfo, const DvSlotView *slot)
{
	for (int i = 0; i < slot->nentities; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = Int32GetDatum(slot->subscription);
		values[1] = CStringGetTextDatum(slot->entities[i].name);
		values[2] = Int64GetDatum(slot->entities[i].rows);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

Datum
dv_worker_stat(PG_FUNCTION_ARGS)
{
	return put_slots(fcinfo, put_worker);
}

Datum
dv_partition_stat(PG_FUNCTION_ARGS)
{
	return put_slots(fcinfo, put_partitions);
}

Datum
dv_entity_stat(PG_FUNCTION_ARGS)
{
	return put_slots(fcinfo, put_entities);
}
