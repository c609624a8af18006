/*
 * launcher.c
 *		Finds subscriptions and keeps their workers running.
 *
 * A process can connect to one database only, so the launcher reads the shared
 * catalogs and sends a scout, a worker that lives for a moment, into each
 * database: at start, every datavault.launcher_interval, and when a function
 * there asks for it.  Scouts leave what they found in shared memory.  So no
 * connection is held to a database without enabled subscriptions, and CREATE
 * DATABASE … TEMPLATE and DROP DATABASE are not in the way.  A scout that must
 * wait for such a command, or for ALTER DATABASE, is left to wait by itself.
 *
 * On a standby the launcher starts with its promotion.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_database.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "guc.h"
#include "launcher.h"
#include "state.h"
#include "subscription.h"

#define LIBRARY "datavault"
#define INVALID_DATABASE (-2)	/* datconnlimit of an interrupted DROP DATABASE */

#define SCOUT_PATIENCE 3000		/* ms that the launcher waits for a scout */

typedef struct Scout
{
	Oid			database;
	BackgroundWorkerHandle *handle;
} Scout;

static bool warned_workers = false; /* once, until a start succeeds */
static List *scouts = NIL;		/* sent, not yet known to be back; in TopMemoryContext */

static void
fill_worker(BackgroundWorker *bgw, const char *function, const char *type)
{
	memset(bgw, 0, sizeof(*bgw));
	bgw->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	bgw->bgw_start_time = BgWorkerStart_RecoveryFinished;
	bgw->bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(bgw->bgw_library_name, LIBRARY, BGW_MAXLEN);
	strlcpy(bgw->bgw_function_name, function, BGW_MAXLEN);
	strlcpy(bgw->bgw_type, type, BGW_MAXLEN);
	strlcpy(bgw->bgw_name, type, BGW_MAXLEN);
}

void
dv_launcher_init(void)
{
	BackgroundWorker bgw;

	fill_worker(&bgw, "dv_launcher_main", "datavault launcher");
	bgw.bgw_restart_time = 5;
	RegisterBackgroundWorker(&bgw);
}

static bool
start_worker(BackgroundWorker *bgw, BackgroundWorkerHandle **handle)
{
	bgw->bgw_notify_pid = MyProcPid;
	if (RegisterDynamicBackgroundWorker(bgw, handle))
	{
		warned_workers = false;
		return true;
	}
	if (!warned_workers)
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("out of background worker slots"),
				 errdetail("A process of datavault could not be started; it is tried again."),
				 errhint("You might need to increase max_worker_processes.")));
	warned_workers = true;
	return false;
}

/* Databases --------------------------------------------------------------- */

/* Is the database one whose subscriptions we run? */
static bool
wanted_database(const char *name, List *names)
{
	ListCell   *cell;

	if (names == NIL)
		return true;
	foreach(cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/* Their Oids, in the current memory context. */
static List *
list_databases(void)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *databases = NIL;
	List	   *names = NIL;
	char	   *setting = pstrdup(dv_guc_databases);
	Relation	rel;
	TableScanDesc scan;
	HeapTuple	tuple;

	if (!SplitIdentifierString(setting, ',', &names))
		ereport(WARNING,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid list of names in parameter \"datavault.databases\"")));
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext old;

		if (form->datistemplate || !form->datallowconn ||
			form->datconnlimit == INVALID_DATABASE ||
			!wanted_database(NameStr(form->datname), names))
			continue;
		old = MemoryContextSwitchTo(context);
		databases = lappend_oid(databases, form->oid);
		MemoryContextSwitchTo(old);
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	return databases;
}

/* Is a scout still on its way there?  Forgets those that have returned. */
static bool
is_scouted(Oid database)
{
	bool		found = false;
	ListCell   *cell;
	pid_t		pid;

	foreach(cell, scouts)
	{
		Scout	   *scout = lfirst(cell);

		if (GetBackgroundWorkerPid(scout->handle, &pid) != BGWH_STOPPED)
			found |= scout->database == database;
		else
		{
			pfree(scout->handle);
			pfree(scout);
			scouts = foreach_delete_current(scouts, cell);
		}
	}
	return found;
}

/* Until it has returned, or has to wait for somebody's lock on the database. */
static void
await_scout(BackgroundWorkerHandle *handle)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), SCOUT_PATIENCE);
	pid_t		pid;

	while (GetBackgroundWorkerPid(handle, &pid) != BGWH_STOPPED)
	{
		long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);

		if (left <= 0)
			break;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, left, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	/* what else the latch was set for has not been looked at */
	SetLatch(MyLatch);
}

/* One at a time, so that many databases do not need many worker slots. */
static void
send_scout(Oid database)
{
	BackgroundWorker bgw;
	MemoryContext caller;
	Scout	   *scout;

	if (is_scouted(database))
		return;
	fill_worker(&bgw, "dv_scout_main", "datavault scout");
	bgw.bgw_main_arg = ObjectIdGetDatum(database);
	caller = MemoryContextSwitchTo(TopMemoryContext);
	scout = palloc(sizeof(*scout));
	scout->database = database;
	if (start_worker(&bgw, &scout->handle))
	{
		scouts = lappend(scouts, scout);
		await_scout(scout->handle);
	}
	else
		pfree(scout);
	MemoryContextSwitchTo(caller);
}

/* Start what is due; returns when to look again. */
static TimestampTz
start_due(TimestampTz next, List *databases)
{
	TimestampTz now = GetCurrentTimestamp();

	for (int i = 0; i < dv_state_slots(); i++)
	{
		BackgroundWorker bgw;
		BackgroundWorkerHandle *handle;
		Oid			database;
		int32		subscription;

		if (!dv_state_due(i, now, &database, &subscription, &next))
			continue;
		if (!list_member_oid(databases, database))
		{
			dv_state_forget_database(database);
			continue;
		}
		fill_worker(&bgw, "dv_worker_main", "datavault worker");
		snprintf(bgw.bgw_name, BGW_MAXLEN, "datavault worker for subscription %d", subscription);
		bgw.bgw_main_arg = Int32GetDatum(i);
		dv_state_started(i, now);
		if (start_worker(&bgw, &handle))
			pfree(handle);
		next = Min(next, TimestampTzPlusMilliseconds(now, dv_guc_restart_interval));
	}
	return next;
}

static void
launch(MemoryContext context)
{
	TimestampTz next_round = 0;

	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz next;
		List	   *databases;
		ListCell   *cell;
		Oid			database;

		MemoryContextReset(context);
		MemoryContextSwitchTo(context);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			next_round = 0;
		}
		databases = list_databases();
		while (dv_state_take_scan(&database))
			if (list_member_oid(databases, database))
				send_scout(database);
		if (now >= next_round)
		{
			foreach(cell, databases)
				send_scout(lfirst_oid(cell));
			next_round = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													 (int64) dv_guc_launcher_interval * 1000);
		}
		next = start_due(next_round, databases);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Max(1, TimestampDifferenceMilliseconds(GetCurrentTimestamp(), next)),
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

void
dv_launcher_main(Datum arg)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	dv_state_launcher_attach();
	launch(AllocSetContextCreate(TopMemoryContext, "datavault launcher", ALLOCSET_DEFAULT_SIZES));
}

/* Scout ------------------------------------------------------------------- */

void
dv_scout_main(Datum database)
{
	Oid			schema;
	int32	   *ids = NULL;
	int			n = 0;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
	SetConfigOption("lock_timeout", "2s", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("search_path", "pg_catalog, pg_temp", PGC_SUSET, PGC_S_OVERRIDE);
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	schema = OidIsValid(get_extension_oid("datavault", true)) ?
		get_namespace_oid("datavault", true) : InvalidOid;
	if (OidIsValid(schema) && OidIsValid(get_relname_relid("subscription", schema)))
	{
		SPI_connect();
		ids = dv_subscription_enabled(&n);
		if (!dv_state_want(MyDatabaseId, ids, n))
			ereport(WARNING,
					(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
					 errmsg("more subscriptions are enabled than datavault.max_subscriptions allows"),
					 errhint("Increase datavault.max_subscriptions and restart the server.")));
		SPI_finish();
	}
	else
		dv_state_forget_database(MyDatabaseId);
	PopActiveSnapshot();
	CommitTransactionCommand();
	proc_exit(0);
}
