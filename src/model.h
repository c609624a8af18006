/*
 * model.h
 *		A model document, checked and resolved: what the tables are and how
 *		source tables load them.
 *
 * dv_model_parse() makes everything explicit: satellites that the document
 * only implies (effectivity of links from foreign keys, status where an end
 * would have no place, same-as of hubs) stand in the arrays beside the named
 * ones, and every load names its target, its columns and its key by index.
 * The DDL and the apply engine only walk these arrays.
 *
 * No catalog lookups here: types are text until somebody needs them.
 */
#ifndef DV_MODEL_H
#define DV_MODEL_H

#include "postgres.h"

#include "storage/lockdefs.h"
#include "utils/jsonb.h"

#include "decode_json.h"

typedef struct DvColumn
{
	char	   *name;
	char	   *type;			/* SQL type as written, e.g. "numeric(18,2)" */
	char	   *path;			/* where the document declares it, for complaints */
} DvColumn;

/* A typed constant of the physical layout: columns every target table has. */
#define DV_COL_LOAD "load_dts"
#define DV_COL_SOURCE "record_source"
#define DV_COL_POSITION "position"
#define DV_COL_APPLIED "applied_dts"
#define DV_COL_OPERATION "operation"
#define DV_COL_DIFF "hash_diff"
#define DV_COL_ROW "row_key"

/* Columns that a hub's view of shared keys has beside the business key. */
#define DV_COL_SOURCE_TABLE "source_table"
#define DV_COL_ROW_KEYS "row_keys"

typedef struct DvHub
{
	char	   *name;			/* table name in the model's schema */
	char	   *comment;		/* or NULL */
	char	   *key;			/* "<name>_hk" */
	int			nkeys;
	DvColumn   *keys;			/* business key, in hash order */
	int			same_as;		/* its DV_SAT_SAME_AS satellite, or -1 */
} DvHub;

typedef struct DvRole
{
	char	   *name;
	char	   *key;			/* "<role>_hk" */
	int			hub;
	bool		optional;		/* NULL becomes the zero key */
} DvRole;

typedef struct DvLink
{
	char	   *name;
	char	   *comment;
	char	   *key;			/* "<name>_hk" */
	int			nroles;
	DvRole	   *roles;			/* in hash order */
	int			ndependent;
	DvColumn   *dependent;		/* dependent child keys, hashed after the roles */
	bool		non_historized;
	int			nattributes;	/* non-historized only */
	DvColumn   *attributes;
	int			ndriving;		/* roles that drive effectivity (indexes) */
	int		   *driving;
} DvLink;

typedef enum DvSatelliteKind
{
	DV_SAT_DESCRIPTIVE,
	DV_SAT_EFFECTIVITY,			/* of a link that a foreign key loads */
	DV_SAT_STATUS,				/* where an end would have no place */
	DV_SAT_SAME_AS				/* of a hub: anchor -> current key */
} DvSatelliteKind;

typedef struct DvSatellite
{
	char	   *name;
	char	   *comment;
	DvSatelliteKind kind;
	bool		of_link;
	int			of;				/* index of its hub or link */
	char	   *key;			/* the parent's key column */
	int			ncolumns;		/* SAME_AS: one, "same_<hub>_hk uuid" */
	DvColumn   *columns;
} DvSatellite;

/* Where a hub key in a load comes from. */
typedef enum DvRefKind
{
	DV_REF_NONE,
	DV_REF_OWN,					/* the row's own key */
	DV_REF_COLUMNS,				/* the hub's business key stands in this row */
	DV_REF_FOREIGN_KEY			/* the anchor of a row of `parent` */
} DvRefKind;

typedef struct DvRef
{
	DvRefKind	kind;
	int			hub;			/* which hub's key it yields */
	int			ncolumns;
	int		   *columns;		/* indexes into DvSource.columns */
	int			parent;			/* index of the referenced source */
} DvRef;

typedef enum DvLoadKind
{
	DV_LOAD_HUB,				/* the row's own hub: at most one a source */
	DV_LOAD_LINK,
	DV_LOAD_SATELLITE
} DvLoadKind;

typedef struct DvLoad
{
	DvLoadKind	kind;
	int			target;			/* index into hubs, links or satellites */
	bool		own;			/* LINK: the row is the link (relation table) */
	bool		effectivity;	/* LINK: … satellite also beside a descriptive one */
	DvRef	   *roles;			/* LINK: one for each role of the link */
	int		   *columns;		/* source columns: HUB business key; LINK dependent
								 * keys then attributes; SATELLITE attributes */
	int			ncolumns;
	int			key_load;		/* SATELLITE: the LINK load whose key it hangs on,
								 * or -1 = the row's own key */
	char	   *state_column;	/* column of the state table: last hash diff
								 * (descriptive satellite) or link key (link not
								 * own, historized); NULL = none */
} DvLoad;

typedef struct DvSource
{
	char	   *schema;
	char	   *table;
	char	   *name;			/* "schema.table", as in the document */
	int			ncolumns;
	DvColumn   *columns;		/* declared source types; every column any load uses */
	int			npk;
	int		   *pk;				/* indexes into columns */
	bool		immutable;
	bool		status;			/* a status satellite also beside a descriptive one */
	bool		referenced;		/* some foreign key refers to its rows */
	bool		row_state;		/* keeps row state: false only if immutable, not
								 * referenced, and all its loads are hubs and
								 * non-historized links */
	char	   *state_table;	/* name in state_schema */
	/* what the row's own key is; exactly one */
	int			own_hub_load;	/* index of its HUB load, or -1 */
	int			own_link_load;	/* index of its own LINK load, or -1 */
	DvRef		parent;			/* kind FOREIGN_KEY: key of the parent's row */
	int			nloads;
	DvLoad	   *loads;			/* explicit and implied ones */
} DvSource;

typedef struct DvModel
{
	int32		id;				/* datavault.model.model_id, 0 = not stored */
	int32		version;		/* datavault.model.version */
	char	   *name;
	char	   *schema;
	char	   *state_schema;
	DvWireModes wire;
	bool		unmapped_reject;	/* unmapped: "reject", else skip */
	int			nhubs;
	DvHub	   *hubs;
	int			nlinks;
	DvLink	   *links;
	int			nsatellites;
	DvSatellite *satellites;
	int			nsources;
	DvSource   *sources;
} DvModel;

/*
 * Parse and check a document; everything in the current memory context.
 * Raises 22023 (invalid_parameter_value) with the JSON path in the message,
 * what was expected in the detail and a hint.
 */
extern DvModel *dv_model_parse(Jsonb *document);

/*
 * Look up the declared types, with the search_path of now; raises as above.  For
 * models that are about to be applied: a stored one stays readable whatever
 * became of its types.
 */
extern void dv_model_check_types(const DvModel *model);

/*
 * The stored model of that name, parsed into `context`.  Raises 42704
 * (undefined_object) if there is none.
 */
extern DvModel *dv_model_load(const char *name, MemoryContext context);

/* The stored document of that name; 42704 if there is none. */
extern Jsonb *dv_model_document(const char *name);

/* The version now stored under that id; 0 = dropped. */
extern int32 dv_model_version(int32 model_id);

/*
 * A vault is in UTF-8, as the wire is: names of tables and columns are compared with it
 * as they are.  An error in a database of another encoding.
 */
extern void dv_model_require_utf8(void);

/*
 * Whoever writes a model's tables or changes the model holds it, in ExclusiveLock,
 * until the end of the transaction: what a batch has read of the row state must still
 * be so when it commits.  ShareLock keeps them out.
 */
extern void dv_model_lock(int32 model_id, LOCKMODE mode);

#endif							/* DV_MODEL_H */
