/*
 * record.h
 *		A Debezium event, decoded but not yet mapped: what every decoder of the
 *		wire (JSON now, Avro later) produces and everything above consumes.
 *
 * All slices point into the message or into the arena given to the decoder;
 * an event lives as long as both.  No server headers here.
 */
#ifndef DV_RECORD_H
#define DV_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "err.h"

typedef struct DvSlice
{
	const char *data;			/* NULL = SQL/Kafka null */
	size_t		len;
} DvSlice;

/* Inline, so that comparing with a literal costs one word or two. */
static inline bool
dv_slice_is(DvSlice slice, const char *text)
{
	size_t		len = strlen(text);

	return slice.len == len && slice.data != NULL && memcmp(slice.data, text, len) == 0;
}

/* Slices of no characters are equal, wherever they point. */
static inline bool
dv_slice_equal(DvSlice a, DvSlice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Where decoders take memory from; the owner frees all of it at once. */
typedef struct DvArena
{
	void	   *(*alloc) (void *owner, size_t size);	/* never returns NULL */
	void	   *owner;
} DvArena;

typedef struct DvHeader
{
	DvSlice		name;
	DvSlice		value;
} DvHeader;

/* The end of the year 9999. */
#define DV_MAX_TIMESTAMP_MS INT64_C(253402300799999)

/* One Kafka message, as a source hands it over. */
typedef struct DvMessage
{
	const char *topic;			/* NUL-terminated */
	int32_t		partition;
	int64_t		offset;
	int64_t		timestamp_ms;	/* -1 = none */
	DvSlice		key;
	DvSlice		value;			/* data NULL = tombstone */
	int			nheaders;
	const DvHeader *headers;
} DvMessage;

/*
 * How a value is written on the wire: from the Connect schema in the message,
 * or from the column's declared source type and the connector's modes.
 */
typedef enum DvWireKind
{
	DV_WIRE_UNKNOWN = 0,		/* no schema, no declaration */
	DV_WIRE_BOOL,
	DV_WIRE_INT,				/* JSON number, 16/32/64 bits */
	DV_WIRE_FLOAT4,
	DV_WIRE_FLOAT8,
	DV_WIRE_STRING,				/* text as the source prints it */
	DV_WIRE_DECIMAL,			/* base64 unscaled big-endian, `scale` known */
	DV_WIRE_VARDECIMAL,			/* {"scale": n, "value": base64} */
	DV_WIRE_DECIMAL_STRING,		/* "12.30", "NAN", "POSITIVE_INFINITY" … */
	DV_WIRE_DECIMAL_DOUBLE,		/* JSON number: lossy, said so in doc/types.md */
	DV_WIRE_DATE,				/* days since 1970-01-01 */
	DV_WIRE_TIME_MS,
	DV_WIRE_TIME_US,
	DV_WIRE_TIME_NS,
	DV_WIRE_TIMESTAMP_MS,
	DV_WIRE_TIMESTAMP_US,
	DV_WIRE_TIMESTAMP_NS,
	DV_WIRE_ISO_DATE,			/* "2026-11-23Z" */
	DV_WIRE_ISO_TIME,
	DV_WIRE_ISO_TIMESTAMP,
	DV_WIRE_ZONED_TIMESTAMP,	/* "2026-01-02T00:04:05.678901Z" */
	DV_WIRE_ZONED_TIME,
	DV_WIRE_BYTES_BASE64,
	DV_WIRE_BYTES_BASE64_URL,
	DV_WIRE_BYTES_HEX,
	DV_WIRE_ARRAY,				/* JSON array of `element` */
	DV_WIRE_INTERVAL,			/* number: microseconds; string: ISO 8601 */
	DV_WIRE_BITS,				/* base64, little-endian; `scale` bits, or bool */
	DV_WIRE_POINT				/* {"x": n, "y": n, …} */
} DvWireKind;

typedef struct DvWireType
{
	DvWireKind	kind;
	int			scale;			/* DECIMAL: scale; BITS: length; UNKNOWN: what
								 * is open, see decode_json.h */
	const struct DvWireType *element;	/* DV_WIRE_ARRAY */
} DvWireType;

typedef enum DvToken
{
	DV_TOKEN_NULL,
	DV_TOKEN_FALSE,
	DV_TOKEN_TRUE,
	DV_TOKEN_NUMBER,
	DV_TOKEN_STRING,
	DV_TOKEN_ARRAY,
	DV_TOKEN_OBJECT
} DvToken;

/* One column of a row image: name, raw JSON, and its wire type if the message
 * carries a schema (NULL otherwise). */
typedef struct DvField
{
	DvSlice		name;			/* unescaped */
	DvToken		token;
	bool		escaped;		/* a string with backslashes in it */
	DvSlice		raw;			/* strings without their quotes */
	const DvWireType *wire;
} DvField;

typedef struct DvRow
{
	bool		present;		/* false = null or absent */
	int			nfields;
	DvField    *fields;
} DvRow;

typedef enum DvEventKind
{
	DV_EVENT_ROW,				/* r, c, u, d */
	DV_EVENT_TRUNCATE,			/* t */
	DV_EVENT_MESSAGE,			/* m */
	DV_EVENT_TOMBSTONE,
	DV_EVENT_HEARTBEAT,
	DV_EVENT_TRANSACTION		/* BEGIN / END records */
} DvEventKind;

typedef struct DvEvent
{
	DvEventKind kind;
	char		op;				/* r c u d t m; 0 for the rest */
	DvRow		key;			/* the message key, if it decodes */
	DvRow		before;
	DvRow		after;
	DvSlice		connector;		/* source.name, the topic prefix; of a row never empty */
	DvSlice		schema;			/* source.schema */
	DvSlice		table;			/* source.table */
	bool		snapshot;		/* read by a snapshot of any kind */
	bool		incremental;	/* … by an incremental one */
	bool		has_commit;		/* sequence[0] is not null */
	uint64_t	commit;			/* sequence[0] */
	bool		has_lsn;
	uint64_t	lsn;			/* sequence[1], else source.lsn */
	uint64_t	xid;			/* the source's transaction; 0 = not told */
	bool		has_time;
	int64_t		source_us;		/* source.ts_us, else ts_ms * 1000; a commit time */
	DvRow		oldkey;			/* header __debezium.oldkey */
	DvRow		newkey;			/* header __debezium.newkey */
} DvEvent;

/*
 * A decoded value, still independent of any database.  Dates and times count
 * from 2000-01-01 as PostgreSQL does.  TEXT is what the source's type would
 * accept as input ("12.30", "{1,NULL,3}"); BYTES is raw.
 */
typedef enum DvScalarKind
{
	DV_SCALAR_NULL,
	DV_SCALAR_PLACEHOLDER,		/* unchanged TOAST value */
	DV_SCALAR_BOOL,
	DV_SCALAR_INT64,
	DV_SCALAR_FLOAT8,
	DV_SCALAR_DATE,				/* days; INT32_MIN/INT32_MAX = -/+infinity */
	DV_SCALAR_TIME,				/* µs since midnight, 0 … 86400000000 */
	DV_SCALAR_TIMESTAMP,		/* µs; INT64_MIN/INT64_MAX = -/+infinity */
	DV_SCALAR_TIMESTAMPTZ,		/* the same, UTC */
	DV_SCALAR_TEXT,
	DV_SCALAR_BYTES
} DvScalarKind;

typedef struct DvScalar
{
	DvScalarKind kind;
	union
	{
		bool		boolean;
		int64_t		integer;	/* INT64, DATE, TIME, TIMESTAMP, TIMESTAMPTZ */
		double		real;
		DvSlice		text;		/* TEXT, BYTES */
	}			u;
} DvScalar;

#endif							/* DV_RECORD_H */
