/*
 * state.h
 *		What the workers are doing, in shared memory: a fixed array of slots,
 *		one for each subscription that runs or should.
 *
 * Locks: `wanted`, `in_use`, identity, `pid`, `starts`, `next_start` and
 * `failures` of all slots are guarded by the control lock; everything after
 * them in a slot by that slot's own lock.  Both are LWLocks; whoever takes both
 * takes the control lock first.  `reload` is set and read without a lock.
 *
 * Without preloading there is no shared memory: dv_state_available() is false,
 * and nothing but it may be called.
 */
#ifndef DV_STATE_H
#define DV_STATE_H

#include "postgres.h"

#include "apply.h"
#include "datatype/timestamp.h"

#define DV_STATE_TOPIC_LEN 250	/* Kafka's limit, and a NUL */
#define DV_STATE_MAX_ENTITIES 1024

typedef enum DvWorkerState
{
	DV_WORKER_WAITING = 0,		/* wanted, not started yet */
	DV_WORKER_STARTING,
	DV_WORKER_CONNECTING,
	DV_WORKER_STREAMING,
	DV_WORKER_IDLE,
	DV_WORKER_BACKOFF,			/* a passing fault, will try again by itself */
	DV_WORKER_STOPPED,
	DV_WORKER_FENCED,
	DV_WORKER_FAILED			/* exited by an error, will be started again */
} DvWorkerState;

typedef struct DvPartitionStat
{
	char		topic[DV_STATE_TOPIC_LEN];
	int32		partition;
	int64		next_offset;	/* committed; −1 = none yet */
	int64		high_watermark; /* −1 = not known */
} DvPartitionStat;

typedef struct DvEntityStat
{
	char		name[NAMEDATALEN];
	uint64		rows;
} DvEntityStat;

/* A copy of a slot, for the views. */
typedef struct DvSlotView
{
	Oid			database;
	int32		subscription;
	Oid			owner;
	int			pid;			/* 0 = none */
	int64		generation;
	uint32		starts;
	DvWorkerState state;
	char		message[256];
	TimestampTz since;			/* in this state */
	TimestampTz started;
	TimestampTz last_batch;
	uint64		batch_rows;		/* messages of the last batch */
	double		rate;			/* messages/s over the last interval */
	DvApplyStats stats;
	int64		lag;			/* of all partitions; −1 = not known */
	int			npartitions;	/* datavault.max_partitions at most */
	DvPartitionStat *partitions;
	int			nentities;
	DvEntityStat *entities;
} DvSlotView;

/* Shared memory hooks; called while preloading. */
extern void dv_state_init(void);
extern bool dv_state_available(void);
extern const char *dv_worker_state_name(DvWorkerState state);

/* Launcher's side. */
extern void dv_state_launcher_attach(void);
extern bool dv_state_take_scan(Oid *database);	/* next database to look at at once */
extern int	dv_state_slots(void);
extern bool dv_state_due(int slot, TimestampTz now, Oid *database,
						 int32 *subscription, TimestampTz *next);
extern void dv_state_started(int slot, TimestampTz now);
extern void dv_state_forget_database(Oid database);

/* Scout's side: what should run in its database. False, once = slots ran out. */
extern bool dv_state_want(Oid database, const int32 *subscriptions, int n);

/* Everybody's: look at this database now; reread that subscription (0 = all). */
extern void dv_state_request_scan(Oid database);
extern void dv_state_request_reload(Oid database, int32 subscription);

/* Worker's side. */
extern bool dv_state_attach(int slot, Oid *database, int32 *subscription, int *other_pid);
extern void dv_state_detach(void);	/* also at exit */
extern void dv_state_set_identity(Oid owner, int64 generation);
extern void dv_state_set(DvWorkerState state, const char *fmt,...) pg_attribute_printf(2, 3);
extern DvWorkerState dv_state_get(void);
extern void dv_state_succeeded(void);	/* forget earlier failures */
extern void dv_state_unwant(void);	/* do not start me again */
extern bool dv_state_take_reload(void);
extern void dv_state_publish(const DvApplier *applier, uint64 batch_rows);
extern void dv_state_publish_partitions(const DvPartitionStat *partitions, int n);

/* Views: copies every slot of this database; palloc'd. */
extern DvSlotView *dv_state_copy(Oid database, int *n);

#endif							/* DV_STATE_H */
