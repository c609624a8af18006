/*
 * csv.h
 *	  Lines of CSV (RFC 4180) that a spreadsheet shows and never computes.
 */
#ifndef CSV_H
#define CSV_H

#include <stdbool.h>

#include "buffer.h"

#define CSV_MARK "\xEF\xBB\xBF"	/* before all: this is UTF-8 */

typedef struct Cell
{
	const char *text;			/* NULL: empty */
	bool		number;			/* made by us, of digits: goes out as it is */
} Cell;

extern void csv_line(Buffer *out, const Cell *cells, int count);

#endif
