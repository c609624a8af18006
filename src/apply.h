/*
 * apply.h
 *		From messages to vault rows: decode, map, place, write; one batch, one
 *		transaction.
 *
 * The caller owns the transactions through DvApplyHooks: the worker gives real
 * ones, ingest() subtransactions of its caller's.  A batch that fails is cut:
 * the offender is found, rejected, and everything else goes on.
 */
#ifndef DV_APPLY_H
#define DV_APPLY_H

#include "postgres.h"

#include "model.h"

typedef struct DvApplier DvApplier;

typedef struct DvApplyHooks
{
	void	   *arg;
	void		(*begin) (void *arg);	/* starts a (sub)transaction */
	void		(*commit) (void *arg);
	void		(*abort) (void *arg);	/* after an error, error data already copied */
	/* Positions of messages[0..n-1], inside the transaction; may be NULL. */
	void		(*advance) (void *arg, const DvMessage *messages, int n);
	/*
	 * Each message that decodes, in order, before any transaction; may be NULL.
	 * False, with *err: stop in front of it.
	 */
	bool		(*admit) (void *arg, const DvMessage *message, const DvEvent *event, DvErr *err);
} DvApplyHooks;

typedef struct DvApplyOptions
{
	const char *subscription;	/* name, for held messages; NULL with ingest() */
	bool		stop_on_error;	/* on_error = stop */
	int			max_rejects_in_row; /* then stop; 0 = no limit */
} DvApplyOptions;

/* Counters since the applier was made; the worker publishes them. */
typedef struct DvApplyStats
{
	uint64		messages;
	uint64		row_events;
	uint64		skipped;		/* heartbeats, transactions, tombstones … */
	uint64		unmapped;
	uint64		repeated;		/* known already: re-sent */
	uint64		unchanged;
	uint64		rejected;
	uint64		parked;
	uint64		retried;		/* held messages applied after all */
	uint64		batches;
	uint64		newest_source_us;	/* Unix epoch; 0 = none */
	int			nentities;		/* hubs, links, satellites of the model */
} DvApplyStats;

typedef enum DvApplyOutcome
{
	DV_APPLY_DONE,
	DV_APPLY_STOPPED,			/* on_error = stop, truncate, too many rejects:
								 * everything before `stopped_at` is committed */
	DV_APPLY_RETRY				/* a passing fault (lock, disk, shutdown …):
								 * nothing from `stopped_at` on is committed */
} DvApplyOutcome;

typedef struct DvApplyResult
{
	DvApplyOutcome outcome;
	int			stopped_at;		/* index of the message */
	bool		at_fault;		/* STOPPED: that message is why */
	DvErr		err;
} DvApplyResult;

/*
 * An applier for a stored model; lives in a child of `parent`.  Call outside
 * any batch, in a transaction.
 */
extern DvApplier *dv_applier_create(const char *model, const DvApplyOptions *options,
									MemoryContext parent);

/* Nobody else applies to the model until the caller's transaction ends; with SPI connected. */
extern void dv_applier_lock(DvApplier *applier);

/* Between batches: let go of what the last one took. */
extern void dv_applier_rest(DvApplier *applier);
extern void dv_applier_free(DvApplier *applier);
extern const DvApplyStats *dv_applier_stats(const DvApplier *applier);
extern const char *dv_applier_entity_name(const DvApplier *applier, int i);

/* Rows inserted into that entity and committed, since the applier was made. */
extern uint64 dv_applier_entity_rows(const DvApplier *applier, int i);

/*
 * Apply messages in order.  Errors that are the server's own (cancel,
 * shutdown, fenced: SQLSTATE DV001) are re-thrown after abort().
 */
extern DvApplyResult dv_apply_batch(DvApplier *applier, const DvApplyHooks *hooks,
									const DvMessage *messages, int n);

/*
 * Apply held messages that became ready (their parent or predecessor arrived,
 * or retry_rejects() asked for them), at most `limit`; *left = call again.
 * One transaction of its own through the hooks.  Faults as with
 * dv_apply_batch(); stopped_at means nothing.
 */
extern DvApplyResult dv_apply_ready(DvApplier *applier, const DvApplyHooks *hooks, int limit,
									bool *left);

/*
 * Messages parked for a missing parent for longer than `age` ms become rejects:
 * at most `limit`, in one transaction; returns how many.
 */
extern uint64 dv_apply_expire(DvApplier *applier, const DvApplyHooks *hooks, int64 age, int limit);

#define ERRCODE_DV_FENCED MAKE_SQLSTATE('D','V','0','0','1')

#endif							/* DV_APPLY_H */
