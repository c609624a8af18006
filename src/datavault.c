/*
 * datavault.c
 *		The module: magic and initialisation, which only delegates.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "guc.h"
#include "launcher.h"
#include "state.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

/* Functions work without preloading; workers need shared memory. */
void
_PG_init(void)
{
	dv_guc_init();
	if (!process_shared_preload_libraries_in_progress)
		return;
	dv_state_init();
	dv_launcher_init();
}
