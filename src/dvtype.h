/*
 * dvtype.h
 *		A database type as the vault uses it: from a decoded value to a Datum,
 *		and from a Datum to its canonical text for hashing.
 *
 * The SQL hash functions and the worker go through the same dv_type_norm(), so
 * hash_key(column) in the source equals what the worker writes.
 */
#ifndef DV_DVTYPE_H
#define DV_DVTYPE_H

#include "postgres.h"

#include "fmgr.h"

#include "norm.h"
#include "record.h"

/* How a type is normalized; DV_NORM_NONE = outside the defined list. */
typedef enum DvNormKind
{
	DV_NORM_NONE = 0,
	DV_NORM_BOOL,
	DV_NORM_INT2,
	DV_NORM_INT4,
	DV_NORM_INT8,
	DV_NORM_FLOAT4,
	DV_NORM_FLOAT8,
	DV_NORM_NUMERIC,
	DV_NORM_TEXT,				/* text, varchar, name, citext … */
	DV_NORM_BPCHAR,
	DV_NORM_DATE,
	DV_NORM_TIME,
	DV_NORM_TIMESTAMP,
	DV_NORM_TIMESTAMPTZ,
	DV_NORM_UUID,
	DV_NORM_BYTEA,
	DV_NORM_JSON,
	DV_NORM_JSONB,
	DV_NORM_INET,
	DV_NORM_ENUM,
	DV_NORM_MONEY,
	DV_NORM_ARRAY,
	DV_NORM_OUTPUT				/* output function that no setting changes */
} DvNormKind;

typedef struct DvType
{
	Oid			typid;			/* as declared; a domain keeps its own Oid */
	int32		typmod;
	Oid			basetype;		/* domains resolved */
	int16		typlen;
	bool		typbyval;
	char		typalign;
	DvNormKind	norm;
	int32		basetypmod;		/* that of the domain, or typmod */
	FmgrInfo	input;			/* of basetype; domains are checked apart */
	Oid			typioparam;
	FmgrInfo	output;			/* of basetype */
	struct DvType *element;		/* DV_NORM_ARRAY */
	MemoryContext context;		/* given to dv_type_init() */
	void	  **domain_cache;	/* of domain_check(); NULL if no domain */
} DvType;

/*
 * Fill *type in the given memory context.  Raises 0A000
 * (feature_not_supported) with a hint if `must_hash` and the type is outside
 * the defined list.
 */
extern void dv_type_init(DvType *type, Oid typid, int32 typmod, bool must_hash,
						 MemoryContext context);

/* Whether a type is on the defined list, or an array of one that is. */
extern bool dv_type_hashable(Oid typid);

/*
 * The Datum of a decoded value (not NULL, not a placeholder) in the current
 * memory context.  Raises class 22 where the value does not fit: out of range,
 * more digits than the type keeps (nothing is ever rounded silently), bad
 * syntax.
 */
extern Datum dv_type_datum(const DvType *type, const DvScalar *scalar);

/* Append the canonical text of a non-NULL Datum. */
extern void dv_type_norm(const DvType *type, Datum value, DvBuf *buf);

/* The same as one component, `<octets>:<bytes>`. */
extern void dv_type_norm_component(const DvType *type, Datum value, DvBuf *buf);

/* Arena over a memory context. */
extern DvArena dv_arena_of(MemoryContext context);

#endif							/* DV_DVTYPE_H */
