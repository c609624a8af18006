/*
 * batch.h
 *		One batch while it is applied: its events, the source rows they touch
 *		and the versions of those rows.  Private to layer 2 (apply, map,
 *		resolve, place, rowstate, mark, held, write).
 *
 * Everything here lives in the batch's memory context and is gone with it.
 * The passes, in order (doc/rules.md says what each must achieve):
 *
 *		dv_map_begin	which source table, which row
 *		dv_rows_load	row state of all of them
 *		dv_map_events	values, own keys that stand in the row itself, anchors
 *		dv_resolve		foreign keys and primary-key changes
 *		dv_place		versions into order, rows for the target tables
 *		dv_rows_store	row state: what goes, rows for its tables
 *		dv_write		everything to the tables
 *		dv_marks_store	what primary-key changes leave for their other halves
 *		dv_held_store	messages that must wait or were rejected
 */
#ifndef DV_BATCH_H
#define DV_BATCH_H

#include "postgres.h"

#include "storage/itemptr.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

#include "apply.h"
#include "plan.h"
#include "position.h"

/* A value that may not be known yet. */
typedef struct DvMaybeKey
{
	bool		known;
	bool		present;		/* known, and there is one */
	DvKey		key;
} DvMaybeKey;

/* Attribute values of one satellite at one version. */
typedef struct DvValues
{
	Datum	   *values;
	bool	   *nulls;
	uint32		placeholders;	/* how many are still placeholders */
	bool	   *is_placeholder;	/* NULL if none */
} DvValues;

struct DvItem;

typedef struct DvVersion
{
	DvPos		pos;
	char		kind;			/* 'l' live, 'e' ended, 'p' wholly held */
	bool		stored;			/* stands in the state table at ctid */
	bool		dirty;			/* to be written (again) */
	ItemPointerData ctid;
	int64		seen_lsn;		/* greatest streamed LSN up to here … */
	int64		delete_xid;		/* … its transaction if that was a delete, else 0 */
	TimestampTz applied;
	DvMaybeKey	own;
	DvMaybeKey	origin;
	bool		origin_settled; /* was unknown, and has become known in this batch */
	DvMaybeKey *links;			/* per state of the source: link keys, or diffs */
	struct DvItem *item;		/* the event of this batch, or NULL */
} DvVersion;

typedef struct DvRowEntry
{
	DvKey		key;			/* row_key; must be first (hash key) */
	int			source;
	bool		loaded;
	bool		pending;		/* as stored with the newest version */
	bool		touched;		/* has to be written */
	bool		woken;			/* what waits for it is ready */
	bool		anchor_settled; /* the anchor was unknown and now is not */
	bool		origin_settled;	/* … the origin of a version */
	DvMaybeKey	anchor;			/* known and not present: none yet */
	int			nversions;
	int			maxversions;
	DvVersion **versions;		/* in position order */
} DvRowEntry;

typedef enum DvHeldReason
{
	DV_HELD_NONE,
	DV_HELD_REJECTED,
	DV_HELD_PARENT,
	DV_HELD_PREDECESSOR,
	DV_HELD_OTHER_HALF
} DvHeldReason;

/* What the d half of a primary-key change leaves for its c half. */
typedef struct DvMark
{
	DvKey		old_row;
	DvMaybeKey	old_own;		/* not known: none, or not yet */
	DvPos		old_pos;		/* of the end */
} DvMark;

/* What a held message waits for: something about a source row. */
typedef struct DvWait
{
	int			source;
	DvKey		row;
} DvWait;

/* One message on its way through the passes. */
typedef struct DvItem
{
	int			index;			/* in the batch */
	const DvMessage *message;
	DvEvent		event;
	bool		broken;			/* does not decode, or was found guilty: err */
	bool		no_key;			/* … of a primary key that cannot be computed */
	bool		no_own;			/* … of a business key that cannot be computed */
	DvErr		err;
	int64		held_id;		/* a held message on its second try, else 0 */
	int			attempts;
	TimestampTz held_at;
	char	   *held_by;		/* subscription that it came through, or NULL */
	bool		has_held_pos;
	DvPos		held_pos;		/* where it was placed when it was held */

	/* from here on, anew in every attempt */
	enum { DV_STAGE_ROW_KEY, DV_STAGE_OWN_KEY, DV_STAGE_REST } stage;
	int			source;			/* index in the model, or -1 */
	bool		skip;			/* nothing (more) to do */
	bool		ended;			/* a d */
	bool		has_row;
	DvKey		row_key;
	DvRowEntry *row;
	DvVersion  *version;
	DvVersion  *was;			/* as it was stored, when a held one comes again */
	bool		placed;			/* its satellites' rows are made */
	DvScalar   *scalars;		/* per declared column of the source */
	bool	   *has_scalar;
	bool		derive_commit;	/* the commit may come from the row's newest version */
	DvMaybeKey	column_key;		/* own key that stands in the row itself */
	Datum	   *key_values;		/* business key of the own hub */
	DvValues   *values;			/* per load */
	DvMaybeKey **roles;			/* per load, per role of its link */
	DvKey	  **parents;		/* per load, per role: row key a foreign key refers to */
	Datum	 ***role_values;	/* per load, per role by columns: business key */
	DvKey		parent_row;		/* DvSource.parent: row key */
	bool		has_other;		/* half of a primary-key change … */
	DvKey		other_row;		/* … and the row key of the other half */
	bool		placeholders;
	TimestampTz applied;
	text	   *record_source;

	DvHeldReason held;
	int			nwaits;
	int			maxwaits;
	DvWait	   *waits;
} DvItem;

/* The record source of the last event of a source table. */
typedef struct DvRecordSource
{
	DvSlice		connector;
	text	   *name;
} DvRecordSource;

typedef struct DvBatch
{
	DvApplier  *applier;
	DvPlan	   *plan;
	const DvApplyOptions *options;
	MemoryContext context;
	bool		retry;			/* held messages: may come late */
	int			nitems;
	DvItem	   *items;
	DvItem	   *current;		/* whose fault an error would be, or NULL */
	const char *column;			/* source column whose value is being made, for errors */
	const DvTarget *target;		/* the table that it is for, or NULL */
	int			target_column;
	HTAB	  **rows;			/* per source */
	HTAB	   *marks;			/* of mark.c: marks read and to be written, … */
	HTAB	   *mark_ends;		/* … and what earlier ones did not know */
	DvRecordSource *record_sources; /* per source */
	TimestampTz load_dts;
	DvBuf		buf;			/* for hashing */
	DvArena		arena;
	uint64		unmapped;
	uint64		repeated;
	uint64		unchanged;
	uint64		skipped;
	uint64		row_events;
	uint64		rejected;
	uint64		parked;
	uint64		retried;
	uint64		progress;		/* held messages that came further than before */
	uint64		newest_source_us;
} DvBatch;

extern const DvKey dv_zero_key;

static inline bool
dv_key_equal(const DvKey *a, const DvKey *b)
{
	return memcmp(a->bytes, b->bytes, DV_KEY_LEN) == 0;
}

static inline bool
dv_maybe_equal(const DvMaybeKey *a, const DvMaybeKey *b)
{
	return a->known == b->known && a->present == b->present &&
		(!a->present || dv_key_equal(&a->key, &b->key));
}

static inline DvMaybeKey
dv_maybe(const DvKey *key)
{
	DvMaybeKey	result = {true, true};

	result.key = *key;
	return result;
}

static inline DvMaybeKey
dv_maybe_absent(void)
{
	DvMaybeKey	result = {true, false};

	return result;
}

/* A fault of the current item, as an error that rejects just it. */
extern void dv_item_error(DvErrClass class, int sqlstate, const char *detail,
						  const char *hint, const char *fmt,...)
			__attribute__((format(printf, 5, 6))) __attribute__((noreturn));

/* The server's compile of planted bugs, for the oracle's own test. */
#ifdef DV_MUTANTS
extern bool dv_mutant(const char *name);
#else
#define dv_mutant(name) false
#endif

/* map.c */
extern void dv_map_begin(DvBatch *batch);
extern void dv_map_events(DvBatch *batch);
extern void dv_item_wait(DvBatch *batch, DvItem *item, DvHeldReason reason,
						 int source, const DvKey *row);

/* rowstate.c */
extern DvRowEntry *dv_row_enter(DvBatch *batch, int source, const DvKey *key);
extern DvRowEntry *dv_row_find(DvBatch *batch, int source, const DvKey *key);
extern void dv_rows_load(DvBatch *batch);
extern DvVersion *dv_row_insert(DvBatch *batch, DvRowEntry *row, const DvPos *pos);
extern bool dv_row_is_pending(const DvBatch *batch, const DvRowEntry *row);
extern void dv_rows_store(DvBatch *batch);

/* resolve.c */
extern void dv_resolve(DvBatch *batch);
extern DvMaybeKey dv_link_key(DvBatch *batch, DvItem *item, int load);

/* place.c */
extern void dv_place(DvBatch *batch);

/*
 * mark.c.  A d half puts its mark; once all have, those that the c halves may ask
 * for are loaded, with the row state of the rows they left; NULL: it has not come.
 */
extern void dv_mark_put(DvBatch *batch, const DvItem *item);
extern void dv_marks_load(DvBatch *batch);
extern const DvMark *dv_mark_find(DvBatch *batch, const DvItem *item);
/* The key that an end ended has become known after the end. */
extern void dv_mark_complete(DvBatch *batch, const DvRowEntry *row, const DvVersion *end);
extern void dv_marks_store(DvBatch *batch);

/* held.c */
extern void dv_held_store(DvBatch *batch);
extern DvItem *dv_held_take(DvPlan *plan, MemoryContext context, int limit, int *n, uint64 *more);
extern void dv_held_claim(DvBatch *batch);
extern uint64 dv_held_expire(const DvPlan *plan, const char *subscription, int64 age, int limit);

/* write.c */
extern DvOutRow *dv_write_row(DvTarget *target, int event);
extern void dv_write(DvBatch *batch);
extern void dv_write_reset(DvPlan *plan);
/* Did the batch fail because keys were taken for new?  Not again, then: it can be repeated. */
extern bool dv_write_trusted(DvPlan *plan, int sqlstate);

#endif							/* DV_BATCH_H */
