/*
 * connect_schema.h
 *		The Kafka Connect schema inside a message, as wire types by field name.
 */
#ifndef DV_CONNECT_SCHEMA_H
#define DV_CONNECT_SCHEMA_H

#include "record.h"

typedef struct DvSchemaField
{
	DvSlice		name;
	const DvWireType *wire;
} DvSchemaField;

typedef struct DvRowSchema
{
	int			nfields;
	DvSchemaField *fields;
} DvRowSchema;

/* The fields of a struct schema, {"type":"struct","fields":[…]}. */
extern bool dv_schema_read_row(DvSlice schema, const DvArena *arena,
							   DvRowSchema *row, DvErr *err);

/*
 * The row inside an envelope's schema: that of "after", else of "before".
 * Without either (heartbeats, transactions) the row has no fields.
 */
extern bool dv_schema_read_envelope(DvSlice schema, const DvArena *arena,
									DvRowSchema *row, DvErr *err);

#endif							/* DV_CONNECT_SCHEMA_H */
