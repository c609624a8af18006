/*
 * lose.c
 *		Makes the server believe that a subscription's worker is gone: the one
 *		way to have two of them, since a slot is given to one process only.
 *
 * Takes state.c in whole, for the layout of its slots; what it calls besides is
 * found in the preloaded library.  Nothing of it is in the product.
 */
#include "../../../src/state.c"

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(lose_worker);

Datum
lose_worker(PG_FUNCTION_ARGS)
{
	DvSlot	   *slot;
	int			pid = 0;
	bool		found;

	shared = ShmemInitStruct("datavault slots", slots_size(), &found);
	LWLockAcquire(control_lock(), LW_EXCLUSIVE);
	slot = found ? find_slot(MyDatabaseId, PG_GETARG_INT32(0)) : NULL;
	if (slot)
	{
		pid = slot->pid;
		slot->pid = 0;
		slot->proc = NULL;
		slot->next_start = 0;
		SetLatch(&shared->launcher->procLatch);
	}
	LWLockRelease(control_lock());
	if (pid == 0)
		elog(ERROR, "there is no worker to lose");
	PG_RETURN_INT32(pid);
}
