/*
 * column.h
 *		Array arguments of set-based statements, gathered value by value.
 */
#ifndef DV_COLUMN_H
#define DV_COLUMN_H

#include "postgres.h"

typedef struct DvColumnArray
{
	Oid			type;			/* of the elements */
	Datum	   *values;
	bool	   *nulls;
	int			n;
} DvColumnArray;

/* Room for `max` values, in the current memory context. */
extern DvColumnArray dv_column_make(Oid type, int max);
extern void dv_column_add(DvColumnArray *column, Datum value, bool isnull);

/* The array, in the current memory context. */
extern Datum dv_column_datum(const DvColumnArray *column);

#endif							/* DV_COLUMN_H */
