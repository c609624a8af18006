/*
 * state.c
 *		The slots of state.h: allocation, the worker's reports, the launcher's
 *		schedule.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "guc.h"
#include "state.h"

#define MAX_SCANS 32
#define TRANCHE "datavault"

typedef struct DvSlot
{
	/* guarded by the control lock */
	bool		in_use;
	bool		wanted;
	Oid			database;
	int32		subscription;
	int			pid;
	PGPROC	   *proc;
	uint32		starts;
	uint32		failures;
	TimestampTz next_start;
	/* no lock */
	volatile bool reload;
	/* guarded by the slot's lock */
	Oid			owner;
	int64		generation;
	DvWorkerState state;
	char		message[256];
	TimestampTz since;
	TimestampTz started;
	TimestampTz last_batch;
	TimestampTz sampled;
	uint64		sampled_messages;
	uint64		batch_rows;
	double		rate;
	DvApplyStats stats;
	int64		lag;			/* of all, also of partitions that find no place below */
	int			npartitions;
	int			nentities;
	DvEntityStat entities[DV_STATE_MAX_ENTITIES];
} DvSlot;

typedef struct DvShared
{
	LWLockPadded *locks;		/* [0] = control, [1 + i] = slot i */
	PGPROC	   *launcher;
	bool		warned;			/* that slots ran out; once */
	int			nscans;
	Oid			scans[MAX_SCANS];
	DvSlot		slots[FLEXIBLE_ARRAY_MEMBER];
} DvShared;

static DvShared *shared = NULL;
static DvPartitionStat *shared_partitions = NULL;
static int	my_slot = -1;
static shmem_request_hook_type prev_request_hook = NULL;
static shmem_startup_hook_type prev_startup_hook = NULL;

#define control_lock() (&shared->locks[0].lock)
#define slot_lock(i) (&shared->locks[1 + (i)].lock)
#define slot_partitions(i) (shared_partitions + (Size) (i) * dv_guc_max_partitions)

static Size
slots_size(void)
{
	return add_size(offsetof(DvShared, slots),
					mul_size(dv_guc_max_subscriptions, sizeof(DvSlot)));
}

static Size
partitions_size(void)
{
	return mul_size(mul_size(dv_guc_max_subscriptions, dv_guc_max_partitions),
					sizeof(DvPartitionStat));
}

static void
request_shmem(void)
{
	if (prev_request_hook)
		prev_request_hook();
	RequestAddinShmemSpace(add_size(slots_size(), partitions_size()));
	RequestNamedLWLockTranche(TRANCHE, 1 + dv_guc_max_subscriptions);
}

static void
startup_shmem(void)
{
	bool		found;

	if (prev_startup_hook)
		prev_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("datavault slots", slots_size(), &found);
	if (!found)
	{
		memset(shared, 0, slots_size());
		shared->locks = GetNamedLWLockTranche(TRANCHE);
	}
	shared_partitions = ShmemInitStruct("datavault partitions", partitions_size(), &found);
	if (!found)
		memset(shared_partitions, 0, partitions_size());
	LWLockRelease(AddinShmemInitLock);
}

void
dv_state_init(void)
{
	prev_request_hook = shmem_request_hook;
	shmem_request_hook = request_shmem;
	prev_startup_hook = shmem_startup_hook;
	shmem_startup_hook = startup_shmem;
}

bool
dv_state_available(void)
{
	return shared != NULL;
}

const char *
dv_worker_state_name(DvWorkerState state)
{
	static const char *const names[] = {
		"waiting", "starting", "connecting", "streaming", "idle",
		"backoff", "stopped", "fenced", "failed"
	};

	return names[state];
}

int
dv_state_slots(void)
{
	return dv_guc_max_subscriptions;
}

/* Launcher ---------------------------------------------------------------- */

static void
launcher_detach(int code, Datum arg)
{
	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	if (shared->launcher == MyProc)
		shared->launcher = NULL;
	LWLockRelease(control_lock());
}

void
dv_state_launcher_attach(void)
{
	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	shared->launcher = MyProc;
	LWLockRelease(control_lock());
	before_shmem_exit(launcher_detach, (Datum) 0);
}

bool
dv_state_take_scan(Oid *database)
{
	bool		found = false;

	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	if (shared->nscans > 0)
	{
		*database = shared->scans[--shared->nscans];
		found = true;
	}
	LWLockRelease(control_lock());
	return found;
}

/*
 * Should a worker be started in this slot now?  If it should later, *next is
 * lowered to that time.
 */
bool
dv_state_due(int i, TimestampTz now, Oid *database, int32 *subscription, TimestampTz *next)
{
	DvSlot	   *slot = &shared->slots[i];
	bool		due = false;

	LWLockAcquire(control_lock(), LW_SHARED);
	if (slot->in_use && slot->wanted && slot->pid == 0)
	{
		*database = slot->database;
		*subscription = slot->subscription;
		due = slot->next_start <= now;
		if (!due && slot->next_start < *next)
			*next = slot->next_start;
	}
	LWLockRelease(control_lock());
	return due;
}

/* A start was tried: no other before the interval, longer after failures. */
void
dv_state_started(int i, TimestampTz now)
{
	DvSlot	   *slot = &shared->slots[i];
	int64		delay;

	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	delay = (int64) dv_guc_restart_interval << Min(slot->failures, 10);
	delay = Min(delay, Max(dv_guc_restart_interval, dv_guc_backoff_max));
	slot->next_start = TimestampTzPlusMilliseconds(now, delay);
	slot->failures++;
	LWLockRelease(control_lock());
}

void
dv_state_forget_database(Oid database)
{
	(void) dv_state_want(database, NULL, 0);
}

/* Scout ------------------------------------------------------------------- */

static bool
listed(int32 subscription, const int32 *subscriptions, int n)
{
	for (int i = 0; i < n; i++)
		if (subscriptions[i] == subscription)
			return true;
	return false;
}

static DvSlot *
find_slot(Oid database, int32 subscription)
{
	for (int i = 0; i < dv_guc_max_subscriptions; i++)
	{
		DvSlot	   *slot = &shared->slots[i];

		if (slot->in_use && slot->database == database &&
			slot->subscription == subscription)
			return slot;
	}
	return NULL;
}

static DvSlot *
new_slot(Oid database, int32 subscription)
{
	for (int i = 0; i < dv_guc_max_subscriptions; i++)
	{
		DvSlot	   *slot = &shared->slots[i];

		if (slot->in_use)
			continue;
		LWLockAcquire(slot_lock(i), LW_EXCLUSIVE);
		memset(slot, 0, sizeof(*slot));
		slot->since = GetCurrentTimestamp();
		slot->in_use = true;
		slot->database = database;
		slot->subscription = subscription;
		LWLockRelease(slot_lock(i));
		return slot;
	}
	return NULL;
}

bool
dv_state_want(Oid database, const int32 *subscriptions, int n)
{
	bool		fits = true;

	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	for (int i = 0; i < dv_guc_max_subscriptions; i++)
	{
		DvSlot	   *slot = &shared->slots[i];

		if (!slot->in_use || slot->database != database ||
			listed(slot->subscription, subscriptions, n))
			continue;
		slot->wanted = false;
		slot->reload = true;
		if (slot->pid == 0)
			slot->in_use = false;
		else
			SetLatch(&slot->proc->procLatch);
	}
	for (int i = 0; i < n; i++)
	{
		DvSlot	   *slot = find_slot(database, subscriptions[i]);

		if (slot == NULL)
			slot = new_slot(database, subscriptions[i]);
		if (slot == NULL)
			fits = false;
		else if (!slot->wanted)
		{
			slot->wanted = true;
			slot->next_start = 0;
			slot->failures = 0;
		}
	}
	if (shared->launcher)
		SetLatch(&shared->launcher->procLatch);
	fits |= shared->warned;
	shared->warned |= !fits;
	LWLockRelease(control_lock());
	return fits;
}

/* Requests ---------------------------------------------------------------- */

void
dv_state_request_scan(Oid database)
{
	bool		known = false;

	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	for (int i = 0; i < shared->nscans; i++)
		known |= shared->scans[i] == database;
	if (!known && shared->nscans < MAX_SCANS)
		shared->scans[shared->nscans++] = database;
	if (shared->launcher)
		SetLatch(&shared->launcher->procLatch);
	LWLockRelease(control_lock());
}

void
dv_state_request_reload(Oid database, int32 subscription)
{
	LWLockAcquire(control_lock(), LW_SHARED);
	for (int i = 0; i < dv_guc_max_subscriptions; i++)
	{
		DvSlot	   *slot = &shared->slots[i];

		if (!slot->in_use || slot->database != database ||
			(subscription != 0 && slot->subscription != subscription))
			continue;
		slot->reload = true;
		if (slot->pid != 0)
			SetLatch(&slot->proc->procLatch);
	}
	LWLockRelease(control_lock());
}

/* Worker ------------------------------------------------------------------ */

static void
detach_at_exit(int code, Datum arg)
{
	dv_state_detach();
}

/*
 * Take the slot for this process.  False if it is no longer wanted or another
 * process has it (*other_pid, else 0).
 */
bool
dv_state_attach(int i, Oid *database, int32 *subscription, int *other_pid)
{
	DvSlot	   *slot = &shared->slots[i];
	bool		taken = false;

	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	*other_pid = slot->pid;
	if (slot->in_use && slot->wanted && slot->pid == 0)
	{
		taken = true;
		my_slot = i;
		slot->pid = MyProcPid;
		slot->proc = MyProc;
		slot->starts++;
		slot->reload = false;
		*database = slot->database;
		*subscription = slot->subscription;
		LWLockAcquire(slot_lock(i), LW_EXCLUSIVE);
		slot->started = slot->sampled = GetCurrentTimestamp();
		slot->npartitions = slot->nentities = 0;
		slot->sampled_messages = 0;
		slot->rate = 0;
		memset(&slot->stats, 0, sizeof(slot->stats));
		LWLockRelease(slot_lock(i));
	}
	LWLockRelease(control_lock());
	if (taken)
		before_shmem_exit(detach_at_exit, (Datum) 0);
	return taken;
}

void
dv_state_detach(void)
{
	DvSlot	   *slot;

	if (my_slot < 0)
		return;
	slot = &shared->slots[my_slot];
	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	if (slot->pid == MyProcPid) /* else another has taken over: it is his */
	{
		slot->pid = 0;
		slot->proc = NULL;
		if (!slot->wanted)
			slot->in_use = false;
	}
	if (shared->launcher)
		SetLatch(&shared->launcher->procLatch);
	LWLockRelease(control_lock());
	my_slot = -1;
}

void
dv_state_set_identity(Oid owner, int64 generation)
{
	DvSlot	   *slot = &shared->slots[my_slot];

	LWLockAcquire(slot_lock(my_slot), LW_EXCLUSIVE);
	slot->owner = owner;
	slot->generation = generation;
	LWLockRelease(slot_lock(my_slot));
}

/* The message may be NULL: none. */
void
dv_state_set(DvWorkerState state, const char *fmt,...)
{
	DvSlot	   *slot;
	char		message[256] = "";
	va_list		args;

	if (my_slot < 0)
		return;
	if (fmt)
	{
		va_start(args, fmt);
		dv_err_format(message, sizeof(message), fmt, args);
		va_end(args);
	}
	slot = &shared->slots[my_slot];
	LWLockAcquire(slot_lock(my_slot), LW_EXCLUSIVE);
	if (slot->state != state)
		slot->since = GetCurrentTimestamp();
	slot->state = state;
	strlcpy(slot->message, message, sizeof(slot->message));
	LWLockRelease(slot_lock(my_slot));
}

/* Only this worker changes its state: no lock to read it. */
DvWorkerState
dv_state_get(void)
{
	return shared->slots[my_slot].state;
}

void
dv_state_succeeded(void)
{
	DvSlot	   *slot = &shared->slots[my_slot];

	if (slot->failures == 0)	/* only raised before a start: a stale read is harmless */
		return;
	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	slot->failures = 0;
	LWLockRelease(control_lock());
}

void
dv_state_unwant(void)
{
	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	shared->slots[my_slot].wanted = false;
	LWLockRelease(control_lock());
}

bool
dv_state_take_reload(void)
{
	DvSlot	   *slot = &shared->slots[my_slot];

	if (!slot->reload)
		return false;
	slot->reload = false;
	pg_memory_barrier();
	return true;
}

static void
publish_entities(DvSlot *slot, const DvApplier *applier, const DvApplyStats *stats)
{
	int			n = Min(stats->nentities, DV_STATE_MAX_ENTITIES);

	for (int i = 0; i < n; i++)
	{
		/* the model may have changed */
		strlcpy(slot->entities[i].name, dv_applier_entity_name(applier, i), NAMEDATALEN);
		slot->entities[i].rows = dv_applier_entity_rows(applier, i);
	}
	slot->nentities = n;
}

void
dv_state_publish(const DvApplier *applier, uint64 batch_rows)
{
	DvSlot	   *slot = &shared->slots[my_slot];
	const DvApplyStats *stats = dv_applier_stats(applier);
	TimestampTz now = GetCurrentTimestamp();

	LWLockAcquire(slot_lock(my_slot), LW_EXCLUSIVE);
	slot->stats = *stats;
	publish_entities(slot, applier, stats);
	if (batch_rows > 0)
	{
		slot->last_batch = now;
		slot->batch_rows = batch_rows;
	}
	if (TimestampDifferenceExceeds(slot->sampled, now, 2000))
	{
		if (stats->messages >= slot->sampled_messages)
			slot->rate = (stats->messages - slot->sampled_messages) * 1e6 / (now - slot->sampled);
		slot->sampled = now;
		slot->sampled_messages = stats->messages;
	}
	LWLockRelease(slot_lock(my_slot));
}

/* −1 if the end of one of them is not known. */
static int64
total_lag(const DvPartitionStat *partitions, int n)
{
	int64		lag = 0;

	for (int i = 0; i < n; i++)
	{
		if (partitions[i].high_watermark < 0)
			return -1;
		lag += Max(partitions[i].high_watermark - Max(partitions[i].next_offset, 0), 0);
	}
	return n > 0 ? lag : -1;
}

void
dv_state_publish_partitions(const DvPartitionStat *partitions, int n)
{
	int64		lag = total_lag(partitions, n);

	n = Min(n, dv_guc_max_partitions);
	LWLockAcquire(slot_lock(my_slot), LW_EXCLUSIVE);
	shared->slots[my_slot].lag = lag;
	memcpy(slot_partitions(my_slot), partitions, n * sizeof(*partitions));
	shared->slots[my_slot].npartitions = n;
	LWLockRelease(slot_lock(my_slot));
}

/* Views ------------------------------------------------------------------- */

static void
copy_slot(DvSlotView *view, int i)
{
	DvSlot	   *slot = &shared->slots[i];

	view->database = slot->database;
	view->subscription = slot->subscription;
	view->pid = slot->pid;
	view->starts = slot->starts;
	/* room first: no palloc under the lock for an unknown size */
	view->partitions = palloc(sizeof(DvPartitionStat) * dv_guc_max_partitions);
	view->entities = palloc(sizeof(DvEntityStat) * DV_STATE_MAX_ENTITIES);
	LWLockAcquire(slot_lock(i), LW_SHARED);
	view->owner = slot->owner;
	view->generation = slot->generation;
	view->state = slot->state;
	strlcpy(view->message, slot->message, sizeof(view->message));
	view->since = slot->since;
	view->started = slot->started;
	view->last_batch = slot->last_batch;
	view->batch_rows = slot->batch_rows;
	view->rate = slot->rate;
	view->stats = slot->stats;
	view->lag = slot->lag;
	view->npartitions = slot->npartitions;
	memcpy(view->partitions, slot_partitions(i), slot->npartitions * sizeof(DvPartitionStat));
	view->nentities = slot->nentities;
	memcpy(view->entities, slot->entities, slot->nentities * sizeof(DvEntityStat));
	LWLockRelease(slot_lock(i));
}

DvSlotView *
dv_state_copy(Oid database, int *n)
{
	DvSlotView *views = palloc0(sizeof(DvSlotView) * dv_guc_max_subscriptions);

	*n = 0;
	LWLockAcquire(control_lock(), LW_SHARED);
	for (int i = 0; i < dv_guc_max_subscriptions; i++)
		if (shared->slots[i].in_use && shared->slots[i].database == database)
			copy_slot(&views[(*n)++], i);
	LWLockRelease(control_lock());
	return views;
}
