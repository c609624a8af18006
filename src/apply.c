/*
 * apply.c
 *		A batch from messages to committed rows, and what becomes of it when
 *		something fails.
 *
 * Decoding is pure and happens once, before any transaction.  Then a range of
 * messages is one transaction.  If it fails by one message's fault, that message
 * is marked and the range done again; if nobody knows whose fault it was, the
 * range is cut in two, until the offender stands alone.  A marked message is
 * written to datavault.held instead.  Faults that pass (locks, disk, memory)
 * reject nothing: the caller tries again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lockdefs.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "batch.h"
#include "guc.h"
#include "keyhash.h"

/* After so many faults in one range it is cut, so that starting over costs less. */
#define FAULTS_BEFORE_CUT 8

struct DvApplier
{
	MemoryContext context;
	MemoryContext batch_context;	/* decoded messages; reset for each batch */
	MemoryContext attempt_context;	/* one attempt at a range */
	char	   *model;
	DvApplyOptions options;
	DvPlan	   *plan;
	DvApplyStats stats;
	int			rejects_in_row;
	uint64		progress;		/* of held messages; see dv_apply_ready() */
	bool		stuck;			/* the last held messages came no further */
	uint64		unmoved;		/* … how many are to be tried all the same */
};

#ifdef DV_MUTANTS
bool
dv_mutant(const char *name)
{
	return dv_guc_mutant && strcmp(dv_guc_mutant, name) == 0;
}
#endif

static void pin_settings(void);

/* ---- the applier ---- */

/* Tables count on under another version of the model. */
static void
carry_counts(const DvPlan *from, DvPlan *to)
{
	for (int i = 0; i < to->ntargets; i++)
		for (int j = 0; j < from->ntargets; j++)
			if (strcmp(from->targets[j]->relation, to->targets[i]->relation) == 0)
				to->targets[i]->written = from->targets[j]->written;
}

/* Read the model again if it changed; in a transaction. */
static void
refresh_plan(DvApplier *applier)
{
	MemoryContext context;
	DvPlan	   *old = applier->plan;
	DvPlan	   *fresh;

	if (applier->plan && dv_model_version(applier->plan->model->id) == applier->plan->model->version)
		return;
	/* ours once it is whole; until then it goes with the transaction */
	context = AllocSetContextCreate(CurrentMemoryContext, "datavault model", ALLOCSET_DEFAULT_SIZES);
	fresh = dv_plan_make(dv_model_load(applier->model, context), context,
						 applier->options.subscription != NULL);
	MemoryContextSetParent(context, applier->context);
	if (old)
	{
		carry_counts(old, fresh);
		MemoryContextDelete(MemoryContextGetParent(old->context));
	}
	applier->plan = fresh;
	applier->stats.nentities = fresh->model->nhubs + fresh->model->nlinks + fresh->model->nsatellites;
}

DvApplier *
dv_applier_create(const char *model, const DvApplyOptions *options, MemoryContext parent)
{
	/* as with plans: ours once it is whole */
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "datavault applier",
												  ALLOCSET_DEFAULT_SIZES);
	DvApplier  *applier = MemoryContextAllocZero(context, sizeof(DvApplier));
	int			nest;

	dv_model_require_utf8();
	applier->context = context;
	applier->batch_context = AllocSetContextCreate(context, "datavault batch",
												   ALLOCSET_DEFAULT_SIZES);
	applier->attempt_context = AllocSetContextCreate(context, "datavault attempt",
													 ALLOCSET_DEFAULT_SIZES);
	applier->model = MemoryContextStrdup(context, model);
	applier->options = *options;
	if (options->subscription)
		applier->options.subscription = MemoryContextStrdup(context, options->subscription);
	nest = NewGUCNestLevel();
	pin_settings();
	SPI_connect();
	refresh_plan(applier);
	SPI_finish();
	AtEOXact_GUC(true, nest);
	MemoryContextSetParent(context, parent);
	return applier;
}

void
dv_applier_rest(DvApplier *applier)
{
	MemoryContextReset(applier->attempt_context);
	MemoryContextReset(applier->batch_context);
}

void
dv_applier_free(DvApplier *applier)
{
	MemoryContextDelete(applier->context);
}

const DvApplyStats *
dv_applier_stats(const DvApplier *applier)
{
	return &applier->stats;
}

const char *
dv_applier_entity_name(const DvApplier *applier, int i)
{
	const DvModel *model = applier->plan->model;

	if (i < model->nhubs)
		return model->hubs[i].name;
	i -= model->nhubs;
	if (i < model->nlinks)
		return model->links[i].name;
	i -= model->nlinks;
	return i < model->nsatellites ? model->satellites[i].name : NULL;
}

uint64
dv_applier_entity_rows(const DvApplier *applier, int i)
{
	/* targets stand in the same order */
	return i < applier->plan->ntargets ? applier->plan->targets[i]->written : 0;
}

/* ---- one attempt ---- */

/* What the planner may not do: every probe is by index, whatever it believes. */
static void
pin_settings(void)
{
	static const char *const settings[][2] = {
		{"enable_seqscan", "off"}, {"enable_hashjoin", "off"}, {"enable_mergejoin", "off"},
		{"enable_bitmapscan", "off"}, {"plan_cache_mode", "force_generic_plan"}, {"jit", "off"},
		{"work_mem", "64MB"}, {"TimeZone", "UTC"}, {"DateStyle", "ISO, YMD"},
		{"search_path", "pg_catalog, pg_temp"}
	};

	for (size_t i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* What an earlier attempt left in an item goes; what decoding found stays. */
static void
reset_items(DvItem *items, int n)
{
	for (int i = 0; i < n; i++)
	{
		DvItem	   *item = &items[i];

		memset(&item->stage, 0, sizeof(DvItem) - offsetof(DvItem, stage));
		item->index = i;
		item->source = -1;
	}
}

static DvBatch *
make_batch(DvApplier *applier, DvItem *items, int n, bool retry)
{
	DvBatch    *batch = palloc0(sizeof(DvBatch));

	batch->applier = applier;
	batch->plan = applier->plan;
	batch->options = &applier->options;
	batch->context = applier->attempt_context;
	batch->retry = retry;
	batch->items = items;
	batch->nitems = n;
	batch->rows = palloc0(sizeof(HTAB *) * Max(applier->plan->model->nsources, 1));
	batch->record_sources = palloc0(sizeof(DvRecordSource) * Max(applier->plan->model->nsources, 1));
	batch->load_dts = GetCurrentTransactionStartTimestamp();
	batch->arena = dv_arena_of(applier->attempt_context);
	dv_buf_init(&batch->buf, &batch->arena);
	return batch;
}

static void
count_batch(DvApplier *applier, const DvBatch *batch)
{
	DvApplyStats *s = &applier->stats;

	s->row_events += batch->row_events;
	s->skipped += batch->skipped;
	s->unmapped += batch->unmapped;
	s->repeated += batch->repeated;
	s->unchanged += batch->unchanged;
	s->rejected += batch->rejected;
	s->parked += batch->parked;
	s->retried += batch->retried;
	for (int i = 0; i < batch->plan->ntargets; i++)
		batch->plan->targets[i]->written += batch->plan->targets[i]->inserted;
	applier->progress += batch->progress;
	s->newest_source_us = Max(s->newest_source_us, batch->newest_source_us);
	s->batches++;
}

/* Errors of types and casts do not know whose value it was. */
static void
name_column(void *arg)
{
	const DvBatch *batch = arg;

	if (batch->column)
		err_generic_string(PG_DIAG_COLUMN_NAME, batch->column);
}

void
dv_applier_lock(DvApplier *applier)
{
	int32		id;

	do
	{
		id = applier->plan->model->id;
		dv_model_lock(id, ExclusiveLock);
		refresh_plan(applier);
	} while (applier->plan->model->id != id);	/* dropped and made again meanwhile */
}

/* All passes over items[0..n-1]; *current tells whose fault an error was. */
static void
run_passes(DvApplier *applier, DvItem *items, int n, bool retry, DvBatch **out)
{
	DvBatch    *batch;
	ErrorContextCallback callback = {.previous = error_context_stack, .callback = name_column};

	dv_applier_lock(applier);
	dv_write_reset(applier->plan);
	reset_items(items, n);
	*out = batch = make_batch(applier, items, n, retry);
	callback.arg = batch;
	error_context_stack = &callback;
	if (retry)
		dv_held_claim(batch);
	dv_map_begin(batch);
	dv_rows_load(batch);
	dv_map_events(batch);
	dv_resolve(batch);
	dv_place(batch);
	dv_rows_store(batch);
	dv_write(batch);
	dv_marks_store(batch);
	dv_held_store(batch);
	error_context_stack = callback.previous;
}

/*
 * One transaction.  Returns NULL if it committed, else the error, and *culprit
 * the item whose fault it was, or NULL.
 */
static ErrorData *
attempt(DvApplier *applier, const DvApplyHooks *hooks, DvItem *items, int n,
		const DvMessage *messages, bool retry, DvItem **culprit)
{
	MemoryContext caller = CurrentMemoryContext;
	DvBatch    *volatile batch = NULL;
	ErrorData  *volatile error = NULL;

	MemoryContextReset(applier->attempt_context);
	hooks->begin(hooks->arg);
	PG_TRY();
	{
		int			nest = NewGUCNestLevel();

		pin_settings();
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		MemoryContextSwitchTo(applier->attempt_context);
		run_passes(applier, items, n, retry, (DvBatch **) &batch);
		SPI_finish();
		if (messages && hooks->advance)
			hooks->advance(hooks->arg, messages, n);
		AtEOXact_GUC(true, nest);
		MemoryContextSwitchTo(caller);
		hooks->commit(hooks->arg);
		count_batch(applier, batch);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(applier->batch_context);
		error = CopyErrorData();
		FlushErrorState();
		*culprit = batch ? batch->current : NULL;
		MemoryContextSwitchTo(caller);
		hooks->abort(hooks->arg);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	return error;
}

/* ---- errors ---- */

typedef enum Verdict
{
	VERDICT_REJECT,
	VERDICT_RETRY,
	VERDICT_STOP,
	VERDICT_RETHROW
} Verdict;

/* SQLSTATE classes, and single codes before them. */
static const struct
{
	const char *code;
	Verdict		verdict;
}			verdicts[] = {
	{"DV001", VERDICT_RETHROW},
	{"57014", VERDICT_RETRY},	/* canceled: a timeout */
	{"57P", VERDICT_RETHROW},	/* shutdown */
	{"55P03", VERDICT_RETRY},	/* lock not available */
	{"55006", VERDICT_RETRY},	/* object in use */
	{"25006", VERDICT_RETRY},	/* read only: a standby */
	{"40", VERDICT_RETRY},		/* deadlock, serialization */
	{"53", VERDICT_RETRY},		/* disk, memory, connections */
	{"58", VERDICT_RETRY},		/* input/output */
	{"08", VERDICT_RETRY},
	{"22", VERDICT_REJECT},
	{"23", VERDICT_REJECT},
	{"21", VERDICT_REJECT},
	{"44", VERDICT_REJECT},		/* WITH CHECK OPTION */
	{"54", VERDICT_REJECT},		/* a limit, as an index row's size */
	{"P0", VERDICT_REJECT},		/* a trigger's word */
	{"DV", VERDICT_REJECT},
};

static Verdict
judge(const ErrorData *error, const DvItem *culprit)
{
	const char *state = unpack_sql_state(error->sqlerrcode);

	if (error->datatype_name && culprit)
		return VERDICT_REJECT;	/* dv_item_error */
	for (size_t i = 0; i < lengthof(verdicts); i++)
		if (strncmp(state, verdicts[i].code, strlen(verdicts[i].code)) == 0)
			return verdicts[i].verdict;
	return VERDICT_STOP;
}

static DvErrClass
class_by_name(const char *name)
{
	for (int c = DV_ERR_NONE + 1; c <= DV_ERR_DATABASE; c++)
		if (name && strcmp(name, dv_err_class_name(c)) == 0)
			return c;
	return DV_ERR_DATABASE;
}

static void
keep_error(DvErr *err, const ErrorData *error)
{
	DvErrClass	class = class_by_name(error->datatype_name);
	const char *state = unpack_sql_state(error->sqlerrcode);

	if (class == DV_ERR_DATABASE && strncmp(state, "22", 2) == 0)
		class = DV_ERR_TYPE;
	/* of a constraint (23) the server names the column itself */
	if (error->column_name && strncmp(state, "23", 2) != 0)
		(void) dv_err_set(err, class, state, "column \"%s\": %s", error->column_name, error->message);
	else
		(void) dv_err_set(err, class, state, "%s", error->message ? error->message : "unknown error");
	if (error->detail)
		dv_err_detail(err, "%s", error->detail);
	if (error->hint)
		dv_err_hint(err, "%s", error->hint);
}

/* The item is guilty: what of it could not even be computed is not tried again. */
static void
blame(DvItem *item, const ErrorData *error)
{
	if (item->broken)
	{
		/* it failed again while it was being written off: ask less of it */
		if (item->stage == DV_STAGE_ROW_KEY || item->no_own)
			item->no_key = item->no_own = true;
		else
			item->no_own = true;
		return;
	}
	item->broken = true;
	keep_error(&item->err, error);
	item->no_key = item->stage == DV_STAGE_ROW_KEY;
	item->no_own = item->stage == DV_STAGE_OWN_KEY;
}

/* ---- ranges ---- */

typedef struct Range
{
	DvItem	   *items;
	const DvMessage *messages;	/* NULL for held messages */
	bool		retry;
	int			refused;		/* first message that was not admitted; n if none */
	DvErr		refusal;
} Range;

static bool
range_stop(DvApplyResult *result, DvApplyOutcome outcome, int at, const DvErr *err)
{
	result->outcome = outcome;
	result->stopped_at = at;
	result->at_fault = outcome == DV_APPLY_STOPPED;
	result->err = *err;
	return false;
}

static bool
stop_on_error_state(DvApplyResult *result, DvApplyOutcome outcome, int at, const ErrorData *error)
{
	DvErr		err;

	keep_error(&err, error);
	return range_stop(result, outcome, at, &err);
}

/* Items up to the first that must stop the subscription; n if there is none. */
static int
first_stop(DvApplier *applier, Range *range, int from, int to, DvErr *err)
{
	for (int i = from; i < to; i++)
	{
		const DvItem *item = &range->items[i];

		if (i == range->refused)
		{
			*err = range->refusal;
			return i;
		}
		if (!item->broken && item->event.kind == DV_EVENT_TRUNCATE &&
			dv_plan_find_source(applier->plan, item->event.schema, item->event.table) >= 0)
		{
			(void) dv_err_set(err, DV_ERR_UNSUPPORTED, "0A000", "table %.*s.%.*s was truncated",
							  (int) item->event.schema.len, item->event.schema.data,
							  (int) item->event.table.len, item->event.table.data);
			dv_err_hint(err, "Truncation is not supported yet: load the table's present rows into a new vault, or pass over the message with datavault.skip_message().");
			return i;
		}
		if (item->broken && applier->options.stop_on_error)
		{
			*err = item->err;
			return i;
		}
	}
	return to;
}

static bool run_range(DvApplier *applier, const DvApplyHooks *hooks, Range *range, int from,
					  int to, DvApplyResult *result);

static bool
run_halves(DvApplier *applier, const DvApplyHooks *hooks, Range *range, int from, int to,
		   DvApplyResult *result)
{
	int			middle = from + (to - from) / 2;

	return run_range(applier, hooks, range, from, middle, result) &&
		run_range(applier, hooks, range, middle, to, result);
}

/* Too many rejects one after another: something is wrong with more than a message. */
static bool
too_many_rejects(DvApplier *applier, Range *range, int from, int to, DvApplyResult *result)
{
	int			limit = applier->options.max_rejects_in_row;
	DvErr		err;

	if (range->retry || limit <= 0)
		return false;
	for (int i = from; i < to; i++)
	{
		if (range->items[i].broken)
			applier->rejects_in_row++;
		else if (!range->items[i].skip)
			applier->rejects_in_row = 0;
		if (applier->rejects_in_row < limit)
			continue;
		err = range->items[i].err;
		dv_err_hint(&err, "%d messages in a row were rejected; see datavault.rejects.", limit);
		applier->rejects_in_row = 0;
		range_stop(result, DV_APPLY_STOPPED, to, &err);
		result->at_fault = false;
		return true;
	}
	return false;
}

/*
 * Apply items[from..to-1], in one transaction if possible.  False: stop, *result
 * says why and where.
 */
static bool
run_range(DvApplier *applier, const DvApplyHooks *hooks, Range *range, int from, int to,
		  DvApplyResult *result)
{
	DvErr		stop_err;
	int			stop = first_stop(applier, range, from, to, &stop_err);
	int			faults = 0;
	bool		counted = false;

	while (from < stop)
	{
		DvItem	   *culprit = NULL;
		ErrorData  *error = attempt(applier, hooks, &range->items[from], stop - from,
									range->messages ? &range->messages[from] : NULL,
									range->retry, &culprit);

		if (error == NULL)
			break;
		if (dv_write_trusted(applier->plan, error->sqlerrcode))
			continue;
		if (culprit == NULL && stop - from == 1)
			culprit = &range->items[from];
		switch (judge(error, culprit))
		{
			case VERDICT_RETHROW:
				ReThrowError(error);
				break;
			case VERDICT_RETRY:
				return stop_on_error_state(result, DV_APPLY_RETRY, from, error);
			case VERDICT_STOP:
				if (culprit == NULL)
					break;		/* look for it */
				range->refused = culprit - range->items;
				keep_error(&range->refusal, error);
				return run_range(applier, hooks, range, from, to, result);
			case VERDICT_REJECT:
				break;
		}
		if (culprit && culprit->broken && culprit->no_key && culprit->no_own)
			return stop_on_error_state(result, DV_APPLY_STOPPED, from, error);
		if (culprit)
			blame(culprit, error);
		if (culprit && applier->options.stop_on_error && !range->retry)
			return run_range(applier, hooks, range, from, to, result);
		if (culprit == NULL || (++faults >= FAULTS_BEFORE_CUT && stop - from > 1))
		{
			if (!run_halves(applier, hooks, range, from, stop, result))
				return false;
			counted = true;
			break;
		}
	}
	if (stop < to)
		return range_stop(result, DV_APPLY_STOPPED, stop, &stop_err);
	return counted || !too_many_rejects(applier, range, from, to, result);
}

/* ---- entry points ---- */

static void
decode_items(DvApplier *applier, DvItem *items, int n)
{
	DvArena		arena = dv_arena_of(applier->batch_context);

	for (int i = 0; i < n; i++)
	{
		DvItem	   *item = &items[i];

		item->broken = !dv_json_decode(item->message, &arena, &item->event, &item->err);
	}
}

static void
admit_items(const DvApplyHooks *hooks, Range *range, int n)
{
	for (int i = 0; i < n; i++)
	{
		DvItem	   *item = &range->items[i];

		if (!item->broken && !hooks->admit(hooks->arg, item->message, &item->event, &range->refusal))
		{
			range->refused = i;
			return;
		}
	}
}

DvApplyResult
dv_apply_batch(DvApplier *applier, const DvApplyHooks *hooks, const DvMessage *messages, int n)
{
	DvApplyResult result = {DV_APPLY_DONE};
	MemoryContext old;
	Range		range = {NULL, messages, false, n};

	MemoryContextReset(applier->batch_context);
	old = MemoryContextSwitchTo(applier->batch_context);
	range.items = MemoryContextAllocExtended(CurrentMemoryContext, sizeof(DvItem) * Max(n, 1),
											 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < n; i++)
		range.items[i].message = &messages[i];
	decode_items(applier, range.items, n);
	if (hooks->admit)
		admit_items(hooks, &range, n);
	(void) run_range(applier, hooks, &range, 0, n, &result);
	applier->stats.messages += result.outcome == DV_APPLY_DONE ? n : result.stopped_at;
	MemoryContextSwitchTo(old);
	return result;
}

/* Held messages that are ready, read in a transaction of their own; or the error. */
static ErrorData *
take_ready(DvApplier *applier, const DvApplyHooks *hooks, int limit, DvItem **items, int *n, uint64 *more)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	hooks->begin(hooks->arg);
	PG_TRY();
	{
		int			nest = NewGUCNestLevel();

		pin_settings();
		SPI_connect();
		refresh_plan(applier);
		*items = dv_held_take(applier->plan, applier->batch_context, limit, n, more);
		SPI_finish();
		AtEOXact_GUC(true, nest);
		MemoryContextSwitchTo(caller);
		hooks->commit(hooks->arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(applier->batch_context);
		error = CopyErrorData();
		FlushErrorState();
		MemoryContextSwitchTo(caller);
		hooks->abort(hooks->arg);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	return error;
}

DvApplyResult
dv_apply_ready(DvApplier *applier, const DvApplyHooks *hooks, int limit, bool *left)
{
	DvApplyResult result = {DV_APPLY_DONE};
	Range		range = {NULL, NULL, true, -1};
	MemoryContext old;
	ErrorData  *error;
	int			n;
	uint64		more = 0;
	bool		count = applier->stuck && applier->unmoved == 0;

	*left = false;
	MemoryContextReset(applier->batch_context);
	error = take_ready(applier, hooks, limit, &range.items, &n, count ? &more : NULL);
	if (error)
	{
		if (judge(error, NULL) != VERDICT_RETRY)
			ReThrowError(error);
		(void) stop_on_error_state(&result, DV_APPLY_RETRY, 0, error);
		return result;
	}
	if (n == 0)
	{
		applier->stuck = false;
		applier->unmoved = 0;
		return result;
	}
	applier->progress = 0;
	old = MemoryContextSwitchTo(applier->batch_context);
	decode_items(applier, range.items, n);
	(void) run_range(applier, hooks, &range, 0, n, &result);
	MemoryContextSwitchTo(old);
	/*
	 * What wakes each other without coming further waits for something new: one
	 * round of all.  They are counted only then.
	 */
	if (applier->progress > 0)
		applier->unmoved = 0;
	else if (count)
		applier->unmoved = more;
	else
		applier->unmoved -= Min(applier->unmoved, (uint64) n);
	*left = applier->progress > 0 || !applier->stuck || applier->unmoved > 0;
	applier->stuck = applier->progress == 0 && *left;
	return result;
}

uint64
dv_apply_expire(DvApplier *applier, const DvApplyHooks *hooks, int64 age, int limit)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile uint64 n = 0;

	hooks->begin(hooks->arg);
	PG_TRY();
	{
		SPI_connect();
		refresh_plan(applier);
		/* not while a retry takes them */
		dv_model_lock(applier->plan->model->id, ShareLock);
		n = dv_held_expire(applier->plan, applier->options.subscription, age, limit);
		SPI_finish();
		MemoryContextSwitchTo(caller);
		hooks->commit(hooks->arg);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextReset(applier->attempt_context);
		MemoryContextSwitchTo(applier->attempt_context);
		error = CopyErrorData();
		FlushErrorState();
		MemoryContextSwitchTo(caller);
		hooks->abort(hooks->arg);
		/* a lock, a full disk: there is time */
		if (judge(error, NULL) != VERDICT_RETRY)
			ReThrowError(error);
		n = 0;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	applier->stats.rejected += n;
	return n;
}
