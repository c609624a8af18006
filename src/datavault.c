/*
 * datavault.c
 *		The module: magic and initialisation, which only delegates.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
}
