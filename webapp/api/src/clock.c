/*
 * clock.c
 *	  How long things take.
 */
#include "clock.h"

#include <time.h>

/* Microseconds since some moment; never set back. */
uint64_t
clock_micros(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint64_t) at.tv_sec * 1000000 + (uint64_t) at.tv_nsec / 1000;
}
