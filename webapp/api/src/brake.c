/*
 * brake.c
 *	  Whether the database is away, in memory that all processes share.
 *
 * After a failure nobody tries until the pause is over; then the first that comes does, and has it to itself for a
 * while (its lease): were all to try what hangs, each request would wait for that.
 */
#include "brake.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

#include "clock.h"

/* As long as it is away, a line now and then is enough. */
#define TELL_MICROS UINT64_C(60000000)

typedef struct Brake
{
	_Atomic uint64_t until;		/* micros: nobody tries before; 0: it is there */
	_Atomic uint64_t told;		/* micros: when that it is away was logged; 0: not yet */
} Brake;

/* Of this process alone, until it is set up. */
static Brake own;
static Brake *brake = &own;

/* Share it; before any process is forked. */
bool
brake_set_up(void)
{
	Brake	   *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return false;
	brake = shared;
	return true;
}

/*
 * Whether to give up at once: somebody has just failed, or is trying. False: try, within the lease, and say what
 * came of it.
 */
bool
brake_holds(uint64_t lease_micros)
{
	uint64_t	now = clock_micros();
	uint64_t	until = atomic_load(&brake->until);

	if (until == 0)
		return false;
	return now < until || !atomic_compare_exchange_strong(&brake->until, &until, now + lease_micros);
}

/* It is away: nobody tries for a while. True if that is worth a line in the log. */
bool
brake_pull(uint64_t pause_micros)
{
	uint64_t	now = clock_micros();
	uint64_t	told = atomic_load(&brake->told);

	atomic_store(&brake->until, now + pause_micros);
	if (told && now - told < TELL_MICROS)
		return false;
	return atomic_compare_exchange_strong(&brake->told, &told, now);
}

/* It is there. True if it was said to be away. */
bool
brake_release(void)
{
	atomic_store(&brake->until, 0);
	return atomic_exchange(&brake->told, 0) != 0;
}
