/*
 * worker.c
 *		One subscription's process; see worker.h for its states.
 *
 * Takes what has arrived, applies it, waits in one place.  Never a transaction
 * while waiting, never the network inside a transaction.  Transactions run as
 * the subscription's owner in a security-restricted operation, with every
 * setting pinned that could change what is written.
 *
 * Exit 0: not to be started again (disabled, stopped, dropped).  Exit 1: to be
 * started again after datavault.restart_interval, longer after failures.
 */
#include "postgres.h"

#include <malloc.h>

#include "access/xact.h"
#include "catalog/namespace.h"
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
#include "utils/backend_status.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "actas.h"
#include "apply.h"
#include "guc.h"
#include "offset.h"
#include "source_kafka.h"
#include "state.h"
#include "subscription.h"
#include "worker.h"

#define TICK 1000				/* ms between looks around while idle */
#define FIRST_BACKOFF 100		/* ms */
#define REPORT_INTERVAL 300000	/* ms between logs of one trouble */
#define READY_LIMIT 1000		/* held messages in one transaction */
#define TRIM_IN_BETWEEN 50000	/* messages after which memory is given back when none has arrived … */
#define TRIM_AT_REST 1000		/* … and when none has come for a TICK */
#define READY_ROUNDS 10			/* between two batches */
#define EXPIRE_LIMIT 10000		/* parked messages rejected in one transaction */
#define EXPIRE_INTERVAL 60000	/* ms between looks at most */

typedef struct Worker
{
	int32		id;
	MemoryContext sub_context;
	DvSubscription *sub;
	DvOffsets  *offsets;
	DvApplier  *applier;
	void	   *source;
	WaitEventSet *wait;
	int			faults;			/* in a row */
	bool		in_trouble;		/* since the last success */
	TimestampTz next_report;	/* when to log that it still is */
	char		unmatched[200]; /* patterns without a topic, as shown */
	bool		ready_left;		/* dv_apply_ready() has more to do */
	uint64		since_trim;		/* messages since memory was given back */
	TimestampTz next_partitions;
	TimestampTz next_expiry;
	DvActAs		saved;
	const DvMessage *first;		/* what is being applied, for the context */
	const DvMessage *last;
} Worker;

static Worker worker;
static bool settings_changed = false;	/* server or mapping, by invalidation */
static Oid	subscription_relid = InvalidOid;

/* Transactions ------------------------------------------------------------ */

static void
begin(void *arg)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PushActiveSnapshot(GetTransactionSnapshot());
	if (worker.sub)
		dv_act_as(worker.sub->owner, &worker.saved);
}

static void
commit(void *arg)
{
	if (worker.sub)
		dv_act_as_end(&worker.saved);
	PopActiveSnapshot();
	SPI_finish();
	CommitTransactionCommand();
	if (worker.offsets)
		dv_offsets_committed(worker.offsets);
}

static void
abort_transaction(void *arg)
{
	AbortCurrentTransaction();
	if (worker.offsets)
		dv_offsets_aborted(worker.offsets);
}

static void
advance(void *arg, const DvMessage *messages, int n)
{
	dv_offsets_advance(worker.offsets, messages, n);
}

static bool
admit(void *arg, const DvMessage *message, const DvEvent *event, DvErr *err)
{
	return dv_offsets_admit(worker.offsets, message, event, err);
}

static const DvApplyHooks hooks = {
	.begin = begin,
	.commit = commit,
	.abort = abort_transaction,
	.advance = advance,
	.admit = admit,
};

static void
pin(const char *name, const char *value)
{
	SetConfigOption(name, value, PGC_SUSET, PGC_S_OVERRIDE);
}

static void
pin_settings(void)
{
	char		timeout[32];

	pin("TimeZone", "UTC");
	pin("DateStyle", "ISO, YMD");
	pin("IntervalStyle", "postgres");
	pin("default_transaction_isolation", "read committed");
	pin("default_transaction_read_only", "off");
	pin("default_transaction_deferrable", "off");
	pin("session_replication_role", "origin");
	pin("row_security", "off");
	pin("statement_timeout", "0");
	pin("idle_in_transaction_session_timeout", "0");
	snprintf(timeout, sizeof(timeout), "%d", dv_guc_lock_timeout);
	pin("lock_timeout", timeout);
	pin("search_path", "pg_catalog, datavault, pg_temp");
	pin("extra_float_digits", "1");
	pin("bytea_output", "hex");
	if (worker.sub)
		pin("synchronous_commit", worker.sub->synchronous_commit ? "on" : "off");
}

/* Leaving ----------------------------------------------------------------- */

static void pg_attribute_noreturn()
leave(void)
{
	dv_state_unwant();
	proc_exit(0);
}

/* Stop the subscription for good, saying why; in front of message `at`, if known. */
static void pg_attribute_noreturn()
stop(const char *code, const char *message, const char *hint, const DvMessage *at)
{
	begin(NULL);
	dv_subscription_stop(worker.id, code, message, hint, at);
	commit(NULL);
	dv_state_set(DV_WORKER_STOPPED, "%s: %s", code, message);
	ereport(LOG,
			(errhidecontext(true),
			 errmsg("subscription \"%s\" stopped: %s", worker.sub->name, message),
			 hint && *hint ? errhint("%s", hint) : 0));
	leave();
}

/* Reloading --------------------------------------------------------------- */

static void
on_syscache(Datum arg, int cacheid, uint32 hash)
{
	settings_changed = true;
}

static void
on_relcache(Datum arg, Oid relid)
{
	if (relid == subscription_relid || relid == InvalidOid)
		settings_changed = true;
}

/* Is there an extension, with its tables, in this database? */
static Oid
subscription_table(void)
{
	Oid			schema;

	if (!OidIsValid(get_extension_oid("datavault", true)))
		return InvalidOid;
	schema = get_namespace_oid("datavault", true);
	return OidIsValid(schema) ? get_relname_relid("subscription", schema) : InvalidOid;
}

/* The row as it is now, in a context of its own; NULL = gone. */
static DvSubscription *
read_subscription(MemoryContext *context)
{
	DvSubscription *sub = NULL;

	*context = AllocSetContextCreate(TopMemoryContext, "datavault subscription",
									 ALLOCSET_SMALL_SIZES);
	begin(NULL);
	if (worker.sub)
		dv_act_as_end(&worker.saved);
	subscription_relid = subscription_table();
	if (OidIsValid(subscription_relid))
		sub = dv_subscription_read(worker.id, *context);
	if (worker.sub)
		dv_act_as(worker.sub->owner, &worker.saved);
	commit(NULL);
	return sub;
}

static void
close_source(void)
{
	if (worker.wait)
		FreeWaitEventSet(worker.wait);
	worker.wait = NULL;
	if (worker.source)
		dv_kafka_ops.close(worker.source);
	worker.source = NULL;
}

static void
create_applier(void)
{
	DvApplyOptions options = {
		.subscription = worker.sub->name,
		.stop_on_error = worker.sub->stop_on_error,
		.max_rejects_in_row = worker.sub->max_rejects_in_row,
	};

	if (worker.applier)
		dv_applier_free(worker.applier);
	worker.applier = NULL;
	begin(NULL);
	worker.applier = dv_applier_create(worker.sub->model, &options, TopMemoryContext);
	commit(NULL);
	worker.ready_left = true;
}

static void
report_application_name(void)
{
	char		name[NAMEDATALEN];

	snprintf(name, sizeof(name), "datavault %s", worker.sub->name);
	pin("application_name", name);
	pgstat_report_appname(name);
}

/*
 * Take over what changed in the subscription, its server or mapping.  True if
 * the source was closed: messages held are gone then and come again.
 */
static bool
reload(void)
{
	MemoryContext context;
	DvSubscription *sub;
	bool		new_source;
	bool		new_applier;
	MemoryContext old_context = worker.sub_context;

	settings_changed = false;
	sub = read_subscription(&context);
	if (sub == NULL || !sub->enabled)
		leave();
	new_source = !dv_subscription_same_source(sub, worker.sub);
	new_applier = !dv_subscription_same_rest(sub, worker.sub);
	worker.sub = sub;
	worker.sub_context = context;
	MemoryContextDelete(old_context);
	if (!new_source && !new_applier)
		return false;
	pin_settings();
	report_application_name();
	dv_state_set_identity(sub->owner, dv_offsets_generation(worker.offsets));
	close_source();
	worker.faults = 0;
	worker.next_expiry = 0;
	if (new_applier)
		create_applier();
	return true;
}

/* Signals, configuration, invalidations; true as with reload(). */
static bool
look_around(void)
{
	bool		changed;

	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
		pin_settings();
	}
	AcceptInvalidationMessages();
	changed = dv_state_take_reload();
	if (changed || settings_changed)
		return reload();
	return false;
}

/* Faults ------------------------------------------------------------------ */

/* Log a trouble when it begins, then now and then. */
static void
report_trouble(const char *message)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		loud = !worker.in_trouble || now >= worker.next_report;

	ereport(loud ? LOG : DEBUG1,
			(errhidecontext(true),
			 errmsg("subscription \"%s\" waits: %s", worker.sub->name, message),
			 errdetail("It goes on by itself.")));
	worker.in_trouble = true;
	if (loud)
		worker.next_report = TimestampTzPlusMilliseconds(now, REPORT_INTERVAL);
}

/*
 * Wait after a passing fault, twice as long each time.  True if the source was
 * closed meanwhile.
 */
static bool
back_off(const char *code, const char *message)
{
	int			ms = FIRST_BACKOFF << Min(worker.faults, 16);
	TimestampTz until;

	ms = Min(ms, dv_guc_backoff_max);
	until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);
	worker.faults++;
	dv_state_set(DV_WORKER_BACKOFF, "%s: %s", code, message);
	pgstat_report_activity(STATE_IDLE, NULL);
	report_trouble(message);
	for (;;)
	{
		long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);

		if (look_around())
			return true;
		if (left <= 0)
			return false;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Min(left, TICK), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

static void
source_failed(const DvSourceError *err)
{
	if (err->fatal)
		stop(err->code, err->message, err->hint, NULL);
	close_source();
	(void) back_off(err->code, err->message);
}

/* It works: forget earlier faults. */
static void
went_well(void)
{
	if (worker.in_trouble)
		ereport(LOG,
				(errhidecontext(true),
				 errmsg("subscription \"%s\" goes on", worker.sub->name)));
	worker.in_trouble = false;
	worker.faults = 0;
	dv_state_succeeded();
}

static void
enter_streaming(void)
{
	if (dv_state_get() == DV_WORKER_STREAMING)
		return;
	dv_state_set(DV_WORKER_STREAMING, NULL);
	pgstat_report_activity(STATE_RUNNING, "applying messages");
}

/* Nothing to do; a pattern that no topic matches is shown, and logged once. */
static void
enter_idle(void)
{
	const char *patterns = dv_kafka_unmatched(worker.source);
	bool		changed = strcmp(patterns, worker.unmatched) != 0;

	if (dv_state_get() == DV_WORKER_IDLE && !changed)
		return;
	if (*patterns && !*worker.unmatched)
		ereport(LOG,
				(errhidecontext(true),
				 errmsg("subscription \"%s\": no topic matches %s yet", worker.sub->name, patterns),
				 errhint("A topic appears with its first message; if there should be one, compare its name with the subscription's topics.")));
	strlcpy(worker.unmatched, patterns, sizeof(worker.unmatched));
	if (*patterns)
		dv_state_set(DV_WORKER_IDLE, "no topic matches %s yet", patterns);
	else
		dv_state_set(DV_WORKER_IDLE, NULL);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/* Applying ---------------------------------------------------------------- */

static void
error_context(void *arg)
{
	const DvMessage *first = worker.first;
	const DvMessage *last = worker.last;

	if (first == NULL)
		errcontext("subscription \"%s\"", worker.sub->name);
	else if (first->topic == last->topic && first->partition == last->partition)
		errcontext("subscription \"%s\", topic \"%s\", partition %d, offsets %lld to %lld",
				   worker.sub->name, first->topic, first->partition,
				   (long long) first->offset, (long long) last->offset);
	else
		errcontext("subscription \"%s\", %s/%d@%lld to %s/%d@%lld", worker.sub->name,
				   first->topic, first->partition, (long long) first->offset,
				   last->topic, last->partition, (long long) last->offset);
}

static void pg_attribute_noreturn()
stop_applying(const DvApplyResult *result, const DvMessage *at)
{
	char	   *message = pstrdup(result->err.message);

	if (at && result->at_fault)
		message = psprintf("stopped before offset %lld of topic \"%s\", partition %d: %s",
						   (long long) at->offset, at->topic, at->partition, message);
	stop(result->err.class == DV_ERR_SOURCE_RESET ? dv_err_class_name(DV_ERR_SOURCE_RESET) : "apply",
		 message, result->err.hint, at);
}

/* Apply all of them, or leave, or lose the source (false). */
static bool
apply_messages(const DvMessage *messages, int n)
{
	int			done = 0;

	while (done < n)
	{
		DvApplyResult result;

		worker.first = &messages[done];
		worker.last = &messages[n - 1];
		result = dv_apply_batch(worker.applier, &hooks, messages + done, n - done);
		worker.first = worker.last = NULL;
		if (result.outcome == DV_APPLY_DONE)
			break;
		done += result.stopped_at;
		dv_state_publish(worker.applier, 0);
		if (result.outcome == DV_APPLY_STOPPED)
			stop_applying(&result, done < n ? &messages[done] : NULL);
		if (back_off("retry", result.err.message))
			return false;
		enter_streaming();
	}
	return true;
}

/* Held messages whose turn it is; false: a fault, it is still their turn. */
static bool
apply_ready(void)
{
	worker.ready_left = true;
	for (int i = 0; i < READY_ROUNDS && worker.ready_left; i++)
	{
		DvApplyResult result = dv_apply_ready(worker.applier, &hooks, READY_LIMIT,
											  &worker.ready_left);

		if (result.outcome == DV_APPLY_DONE)
			continue;
		dv_state_publish(worker.applier, 0);
		if (result.outcome == DV_APPLY_STOPPED)
			stop("apply", psprintf("held messages could not be applied: %s", result.err.message),
				 result.err.hint, NULL);
		worker.ready_left = true;
		(void) back_off("retry", result.err.message);
		return false;
	}
	return true;
}

/* Parked messages that have reached parent_max_age; looked for now and then. */
static void
expire_parked(void)
{
	int64		age = worker.sub->parent_max_age;
	TimestampTz now = GetCurrentTimestamp();

	if (age == 0 || now < worker.next_expiry)
		return;
	while (dv_apply_expire(worker.applier, &hooks, age, EXPIRE_LIMIT) == EXPIRE_LIMIT)
		CHECK_FOR_INTERRUPTS();
	worker.next_expiry = TimestampTzPlusMilliseconds(now, Max(TICK, Min(age / 10, EXPIRE_INTERVAL)));
}

/* Partition figures for the views: committed positions, known ends. */
static void
publish_partitions(void)
{
	TimestampTz now = GetCurrentTimestamp();
	const DvPartitionStat *known;
	const DvPosition *positions;
	DvPartitionStat *stats;
	int			npositions;
	int			n;

	if (worker.source == NULL || now < worker.next_partitions)
		return;
	worker.next_partitions = TimestampTzPlusMilliseconds(now, TICK);
	n = dv_kafka_partitions(worker.source, &known);
	npositions = dv_offsets_list(worker.offsets, &positions);
	stats = palloc(sizeof(*stats) * Max(n, 1));
	memcpy(stats, known, sizeof(*stats) * n);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < npositions; k++)
			if (stats[i].partition == positions[k].partition &&
				strcmp(stats[i].topic, positions[k].topic) == 0)
			{
				/* past the last message there may be control records */
				if (stats[i].next_offset != stats[i].high_watermark)
					stats[i].next_offset = positions[k].next_offset;
				break;
			}
	dv_state_publish_partitions(stats, n);
	pfree(stats);
}

/* The loop ---------------------------------------------------------------- */

static void
open_source(void)
{
	const DvPosition *positions;
	DvSourceError err;
	DvKafkaConfig config = {
		.options = worker.sub->options,
		.ntopics = worker.sub->ntopics,
		.topics = worker.sub->topics,
		.metadata_interval = dv_guc_metadata_interval,
	};

	if (dv_state_get() != DV_WORKER_BACKOFF)
		dv_state_set(DV_WORKER_CONNECTING, NULL);
	config.npositions = dv_offsets_list(worker.offsets, &positions);
	config.positions = positions;
	worker.source = dv_kafka_open(&config, &err);
	if (worker.source == NULL)
	{
		source_failed(&err);
		return;
	}
	worker.wait = CreateWaitEventSet(TopMemoryContext, 3);
	AddWaitEventToSet(worker.wait, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(worker.wait, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	AddWaitEventToSet(worker.wait, WL_SOCKET_READABLE,
					  dv_kafka_ops.wait_fd(worker.source), NULL, NULL);
}

/* After so many messages: what the allocator still keeps goes back to the system. */
static void
give_back(uint64 messages)
{
#ifdef __GLIBC__
	if (worker.since_trim >= messages)
	{
		worker.since_trim = 0;
		dv_applier_rest(worker.applier);
		(void) malloc_trim(0);
	}
#endif
}

/* Nothing has arrived: held messages, statistics, then wait. */
static void
idle(void)
{
	const char *trouble = dv_kafka_trouble(worker.source);
	WaitEvent	event;

	give_back(TRIM_IN_BETWEEN);
	if (trouble == NULL)
	{
		went_well();
		enter_idle();
	}
	else
	{
		if (dv_state_get() != DV_WORKER_BACKOFF)
			dv_state_set(DV_WORKER_BACKOFF, "broker: %s", trouble);
		report_trouble(trouble);
	}
	dv_state_publish(worker.applier, 0);
	publish_partitions();
	(void) pgstat_report_stat(true);
	if (WaitEventSetWait(worker.wait, TICK, &event, 1, PG_WAIT_EXTENSION) == 0)
	{
		give_back(TRIM_AT_REST);
		if (apply_ready())
			expire_parked();
	}
	else if (event.events & WL_LATCH_SET)
		ResetLatch(MyLatch);
}

/* Where reset_offsets() said "latest": what that was stays, also if nothing comes. */
static void
keep_found(void)
{
	const DvPosition *positions;
	int			n = dv_kafka_take_found(worker.source, &positions);

	if (n == 0)
		return;
	begin(NULL);
	dv_offsets_place(worker.offsets, positions, n);
	commit(NULL);
}

static void
take_and_apply(void)
{
	const DvMessage *messages;
	DvSourceError err;
	int			n;

	n = dv_kafka_ops.poll(worker.source, &messages, worker.sub->batch_rows,
						  worker.sub->batch_bytes, &err);
	if (n < 0)
	{
		source_failed(&err);
		return;
	}
	keep_found();
	if (n == 0 && !worker.ready_left)
	{
		idle();
		return;
	}
	if (n > 0)
	{
		enter_streaming();
		if (!apply_messages(messages, n))
			return;
		dv_kafka_ops.release(worker.source);
		dv_state_publish(worker.applier, n);
		worker.since_trim += n;
	}
	if (apply_ready())
	{
		if (n > 0)
			went_well();
		expire_parked();
	}
	publish_partitions();
	(void) pgstat_report_stat(false);
}

static void
run(void)
{
	ErrorContextCallback callback = {.callback = error_context};

	worker.sub = read_subscription(&worker.sub_context);
	if (worker.sub == NULL || !worker.sub->enabled)
		leave();
	pin_settings();
	report_application_name();
	begin(NULL);
	worker.offsets = dv_offsets_claim(worker.id, TopMemoryContext);
	commit(NULL);
	dv_state_set_identity(worker.sub->owner, dv_offsets_generation(worker.offsets));
	create_applier();
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	ereport(LOG,
			(errhidecontext(true),
			 errmsg("subscription \"%s\" started, generation %lld", worker.sub->name,
					(long long) dv_offsets_generation(worker.offsets))));
	for (;;)
	{
		Assert(!IsTransactionState());
		MemoryContextSwitchTo(TopMemoryContext);
		(void) look_around();
		if (worker.source == NULL)
			open_source();
		else
			take_and_apply();
	}
}

/* An error ends the process: leave its text where the views find it. */
static void
note_failure(void)
{
	ErrorData  *edata;

	MemoryContextSwitchTo(TopMemoryContext);
	edata = CopyErrorData();
	if (edata->sqlerrcode == ERRCODE_DV_FENCED)
		dv_state_set(DV_WORKER_FENCED, "%s", edata->message);
	else
		dv_state_set(DV_WORKER_FAILED, "%s", edata->message);
	FreeErrorData(edata);
}

static void
close_at_exit(int code, Datum arg)
{
	if (worker.source)
		dv_kafka_ops.close(worker.source);
	worker.source = NULL;
}

/*
 * Batches come and go by the dozen megabytes, and the client library's threads
 * free what others allocated: with its defaults the allocator would keep the
 * high tide of all of it for ever.  Few arenas, and large blocks go back at once.
 */
static void
tame_allocator(void)
{
#ifdef __GLIBC__
	(void) mallopt(M_ARENA_MAX, 2);
	(void) mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
	(void) mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024);
#endif
}

void
dv_worker_main(Datum slot)
{
	Oid			database;
	int			other;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	tame_allocator();
	if (!dv_state_attach(DatumGetInt32(slot), &database, &worker.id, &other))
	{
		if (other)
			ereport(LOG, (errmsg("a worker for this subscription runs already, PID %d", other)));
		proc_exit(0);
	}
	dv_state_set(DV_WORKER_STARTING, NULL);
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	before_shmem_exit(close_at_exit, (Datum) 0);
	pin_settings();
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, on_syscache, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, on_syscache, (Datum) 0);
	CacheRegisterRelcacheCallback(on_relcache, (Datum) 0);
	PG_TRY();
	{
		run();
	}
	PG_CATCH();
	{
		note_failure();
		PG_RE_THROW();
	}
	PG_END_TRY();
}
