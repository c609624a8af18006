/*
 * decode_json.h
 *		Debezium's JSON, with and without schemas, into DvEvent; and single
 *		values of it into DvScalar.
 *
 * Pure: no server, no globals, no recursion on the input's depth.
 */
#ifndef DV_DECODE_JSON_H
#define DV_DECODE_JSON_H

#include "record.h"

#define DV_JSON_MAX_DEPTH 64

/*
 * Decode one message.  On false *err says why; whatever could still be decoded
 * (the key, the source block, the position) is in *event all the same, so that
 * a reject can be tied to its row: fields not reached are zero.
 */
extern bool dv_json_decode(const DvMessage *message, const DvArena *arena,
						   DvEvent *event, DvErr *err);

/* The connector's settings that schemaless values depend on. */
typedef struct DvWireModes
{
	enum { DV_DECIMAL_PRECISE, DV_DECIMAL_STRING, DV_DECIMAL_DOUBLE, DV_DECIMAL_UNDECLARED } decimal;
	enum
	{
		DV_TIME_ADAPTIVE, DV_TIME_ADAPTIVE_US, DV_TIME_CONNECT, DV_TIME_ISOSTRING,
		DV_TIME_UNDECLARED
	}			time;
	enum { DV_BINARY_BYTES, DV_BINARY_BASE64, DV_BINARY_BASE64_URL, DV_BINARY_HEX } binary;
	DvSlice		placeholder;	/* unavailable.value.placeholder */
} DvWireModes;

/*
 * Of a DV_WIRE_UNKNOWN from dv_wire_from_declared(): `scale` says which setting
 * is missing.  Then strings do not stand for themselves either.
 */
#define DV_WIRE_OPEN_DECIMAL	1
#define DV_WIRE_OPEN_TIME		2

/*
 * The wire type of a column from its declared source type, written as
 * format_type() does: "numeric(18,2)", "timestamp(3) without time zone",
 * "integer[]".  Unknown type names are text on the wire (DV_WIRE_STRING).
 * DV_WIRE_UNKNOWN (with true) where the modes leave scale or unit open: then the
 * first value gets DV_ERR_AMBIGUOUS.
 */
extern bool dv_wire_from_declared(const char *source_type, const DvWireModes *modes,
								  const DvArena *arena, DvWireType *wire, DvErr *err);

/*
 * One value.  `wire` is the declared type; the field's own (from a schema)
 * wins.  A value that is not NULL and whose wire type is unknown:
 * strings, booleans stand for themselves, anything else is DV_ERR_AMBIGUOUS.
 */
extern bool dv_json_scalar(const DvField *field, const DvWireType *wire,
						   const DvWireModes *modes, const DvArena *arena,
						   DvScalar *scalar, DvErr *err);

#endif							/* DV_DECODE_JSON_H */
