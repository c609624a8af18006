/*
 * plan.h
 *		A model made ready to run: types looked up, statements written and
 *		prepared, one DvTarget for each table that batches write to.
 *
 * A plan lives in its own memory context and is thrown away when the model's
 * version changes.
 */
#ifndef DV_PLAN_H
#define DV_PLAN_H

#include "postgres.h"

#include "executor/spi.h"
#include "nodes/pg_list.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

#include "dvtype.h"
#include "hash.h"
#include "model.h"

typedef enum DvTargetKind
{
	DV_TARGET_HUB,
	DV_TARGET_LINK,
	DV_TARGET_SATELLITE,
	DV_TARGET_STATE
} DvTargetKind;

/* One row on its way; the values array has the target's columns in order. */
typedef struct DvOutRow
{
	const DvKey *key;			/* first column: hash key, parent key or row key */
	const uint8 *position;		/* satellites and state: second column */
	Datum	   *values;			/* one more than columns: the ordinal */
	bool	   *nulls;
	int			event;			/* index of the event it comes from */
	bool		may_exist;		/* satellites: an end that may stand there already */
} DvOutRow;

/* A row with the first octets of its key as a number: quick to sort. */
typedef struct DvOutRef
{
	uint64		prefix;
	DvOutRow   *row;
} DvOutRef;

typedef struct DvTarget
{
	DvTargetKind kind;
	int			index;			/* in the model's hubs, links, satellites, sources */
	char	   *relation;		/* qualified and quoted */
	int			ncolumns;
	char	  **names;
	DvType	  **types;
	TupleDesc	desc;			/* of DV_ROWS: the columns, then an ordinal */
	EphemeralNamedRelationData rows_relation;
	int			content_first;	/* hubs: first column that must agree with what is */
	int			content_n;		/* stored under the same key; 0 = no check */
	bool		mostly_there;	/* hubs, links: more of the last rows existed than not */
	int			all_new;		/* … and so many large batches had nothing but new keys */
	SPIPlanPtr	insert;			/* all of DV_ROWS; hubs, links: those whose keys are not there */
	SPIPlanPtr	insert_new;		/* hubs, links: all of them, an error if a key is there */
	SPIPlanPtr	probe;			/* of DV_ROWS: (ordinal of one that exists, differs) */
	SPIPlanPtr	fetch;			/* satellites: attributes as of a position */
	uint64		written;		/* rows committed, since the plan's applier was made */
	/* of the attempt at hand */
	bool		used;			/* locked and checked */
	uint64		inserted;
	int			nrows;
	int			maxrows;
	DvOutRef   *rows;
} DvTarget;

/* A load with its types; mirrors DvLoad. */
typedef struct DvPlanLoad
{
	const DvLoad *load;
	DvTarget   *target;
	int			first;			/* column of the target where its source values start */
	int			state;			/* index among the row state's load columns, or -1 */
	int			link_state;		/* satellites on a link load: that load's state */
	int		   *diff_order;		/* attribute positions sorted by name bytewise */
	DvSlice    *diff_names;
	DvType	 ***role_types;		/* per role: types that its columns are cast to */
} DvPlanLoad;

typedef struct DvPlanSource
{
	const DvSource *source;
	DvWireType *wires;			/* per declared column */
	int		   *hints;			/* field index where the column was last seen */
	bool	   *missing_told;	/* per declared column: that events lack it was said */
	DvType	  **pk_types;
	DvType	  **parent_types;	/* DvSource.parent: the parent's primary-key types */
	int			nloads;
	DvPlanLoad *loads;
	int			nstates;
	DvTarget   *state;			/* NULL if the source keeps no row state */
	SPIPlanPtr	load_newest;
	SPIPlanPtr	load_all;
	SPIPlanPtr	remove;
	int			same_as;		/* index in loads of its same-as satellite, or -1 */
	const DvHub *own_hub;
} DvPlanSource;

typedef struct DvPlan
{
	MemoryContext context;
	MemoryContextCallback at_end;
	List	   *statements;		/* prepared, to be freed */
	DvModel    *model;
	DvType	   *uuid_type;
	DvType	   *pos_type;
	List	   *unmapped_told;	/* "schema.table": that it is not in the model was said */
	bool		guarded;		/* owners of tables and types are checked */
	bool		trusting;		/* the batch has used a target's insert_new */
	SPIPlanPtr	find_marks;		/* of (sources, row keys, lsns): ordinal, old row, own key, position */
	SPIPlanPtr	put_marks;
	SPIPlanPtr	complete_marks; /* of (old rows, positions, own keys) */
	int			ntargets;
	DvTarget  **targets;		/* hubs, links, satellites in model order, then state */
	DvTarget  **hubs;
	DvTarget  **links;
	DvTarget  **satellites;
	DvPlanSource *sources;
} DvPlan;

/* Columns before the loads' own in every row-state table, in order. */
enum
{
	DV_STATE_ROW_KEY,
	DV_STATE_POSITION,
	DV_STATE_KIND,
	DV_STATE_PENDING,
	DV_STATE_SEEN,
	DV_STATE_DELETE_XID,
	DV_STATE_ANCHOR,
	DV_STATE_ORIGIN,
	DV_STATE_OWN_KEY,
	DV_STATE_APPLIED,
	DV_STATE_FIXED
};

/* Columns before the attributes of every satellite, in order. */
enum
{
	DV_SATCOL_KEY,
	DV_SATCOL_POSITION,
	DV_SATCOL_APPLIED,
	DV_SATCOL_LOAD,
	DV_SATCOL_OPERATION,
	DV_SATCOL_DIFF,
	DV_SATCOL_SOURCE,
	DV_SATCOL_ROW,
	DV_SATCOL_FIXED
};

/* Lives, with its prepared statements, in a child of `parent`. */
extern DvPlan *dv_plan_make(DvModel *model, MemoryContext parent, bool guarded);

/*
 * To be called before a batch first reads or writes a target.  If the plan is
 * guarded, locks the table, and raises an error if it, its schema or a partition
 * belongs to a role that the current one need not trust: their triggers,
 * defaults and views run as the current role.
 */
extern void dv_plan_use(const DvPlan *plan, DvTarget *target);

/* The source table of an event, or -1. */
extern int	dv_plan_find_source(const DvPlan *plan, DvSlice schema, DvSlice table);

/* A DvType in the plan's context for a type as written in the model. */
extern DvType *dv_plan_type(DvPlan *plan, const char *type, bool must_hash);

/* The type datavault.source_pos. */
extern Oid	dv_plan_pos_type(const DvPlan *plan);

/*
 * The name under which a target's statements read the rows of a batch: an
 * ephemeral relation over a tuplestore, as triggers have for their transition
 * tables.  So a row is formed once, and columns of any type and modifier
 * travel as they are.
 */
#define DV_ROWS "datavault_rows"

/* Offer n rows, of the target's desc, to its statements; withdraw them again. */
extern void dv_plan_offer_rows(DvTarget *target, Tuplestorestate *rows, double n);
extern void dv_plan_withdraw_rows(void);

#endif							/* DV_PLAN_H */
