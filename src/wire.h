/*
 * wire.h
 *		Single values of the wire into scalars: the parts of dv_json_scalar(),
 *		one file a family of types.  Private to wire*.c.
 */
#ifndef DV_WIRE_H
#define DV_WIRE_H

#include "decode_json.h"

/* What is being decoded: its column for messages, and where results may live. */
typedef struct DvWireContext
{
	DvSlice		column;
	const DvWireModes *modes;	/* may be NULL */
	DvSlice		placeholder;
	const DvArena *arena;
	DvErr	   *err;
} DvWireContext;

/* One value: a field's, or an array element's. */
typedef struct DvWireValue
{
	DvToken		token;
	bool		escaped;
	DvSlice		raw;
} DvWireValue;

#define DV_DATE_EPOCH_DAYS	10957	/* 2000-01-01 in days since 1970 */

/* DV_ERR_TYPE naming value (cut) and column; always false. */
extern bool dv_wire_mismatch(DvWireContext *context, const DvWireValue *value,
							 const char *expected);
extern bool dv_wire_ambiguous(DvWireContext *context, const DvWireValue *value,
							  const char *hint);
extern bool dv_wire_is_placeholder(const DvWireContext *context, DvSlice text);

/* wire_number.c */
extern bool dv_parse_int64(DvSlice text, int64_t *result);
extern bool dv_wire_int(DvWireContext *context, const DvWireValue *value, DvScalar *scalar);
extern bool dv_wire_float(DvWireContext *context, const DvWireValue *value,
						  bool single, DvScalar *scalar);
extern bool dv_wire_decimal(DvWireContext *context, const DvWireValue *value,
							const DvWireType *wire, DvScalar *scalar);

/* wire_time.c */
extern bool dv_wire_date(DvWireContext *context, const DvWireValue *value, DvScalar *scalar);
extern bool dv_wire_time(DvWireContext *context, const DvWireValue *value,
						 DvWireKind kind, DvScalar *scalar);
extern bool dv_wire_timestamp(DvWireContext *context, const DvWireValue *value,
							  DvWireKind kind, DvScalar *scalar);
extern bool dv_wire_timetz(DvWireContext *context, const DvWireValue *value, DvScalar *scalar);
extern bool dv_wire_interval(DvWireContext *context, const DvWireValue *value, DvScalar *scalar);

/* A date, time or timestamp as PostgreSQL writes it (DateStyle ISO); at most 48 bytes. */
extern size_t dv_wire_print_time(const DvScalar *scalar, char *buffer);

/* wire_bytes.c */
extern bool dv_base64_decode(DvSlice text, bool url, const DvArena *arena, DvSlice *bytes);
extern bool dv_wire_bytes(DvWireContext *context, const DvWireValue *value,
						  DvWireKind kind, DvScalar *scalar);
extern bool dv_wire_bits(DvWireContext *context, const DvWireValue *value,
						 int length, DvScalar *scalar);

/* wire_array.c */
extern bool dv_wire_array(DvWireContext *context, const DvWireValue *value,
						  const DvWireType *own, const DvWireType *declared,
						  DvScalar *scalar);

/* wire.c: a value that is not an array, by its wire type (NULL = not known). */
extern bool dv_wire_simple(DvWireContext *context, const DvWireValue *value,
						   const DvWireType *wire, DvScalar *scalar);

/* The schema's word on a column, made finer by what was declared. */
extern const DvWireType *dv_wire_refine(const DvWireType *own, const DvWireType *declared,
										DvWireType *buffer);

#endif							/* DV_WIRE_H */
