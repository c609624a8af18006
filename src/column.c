/*
 * column.c
 *		Array arguments of set-based statements: see column.h.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/lsyscache.h"

#include "column.h"

DvColumnArray
dv_column_make(Oid type, int max)
{
	DvColumnArray column = {type, palloc(sizeof(Datum) * Max(max, 1)), palloc(Max(max, 1)), 0};

	return column;
}

void
dv_column_add(DvColumnArray *column, Datum value, bool isnull)
{
	column->values[column->n] = value;
	column->nulls[column->n++] = isnull;
}

Datum
dv_column_datum(const DvColumnArray *column)
{
	int16		len;
	bool		byval;
	char		align;
	int			dims[1] = {column->n};
	int			lbs[1] = {1};

	get_typlenbyvalalign(column->type, &len, &byval, &align);
	return PointerGetDatum(construct_md_array(column->values, column->nulls, 1, dims, lbs, column->type,
											  len, byval, align));
}
