/*
 * brake.h
 *	  Whether the database is away, as all processes know it: one tries, the others do not wait for what it finds.
 */
#ifndef BRAKE_H
#define BRAKE_H

#include <stdbool.h>
#include <stdint.h>

extern bool brake_set_up(void);
extern bool brake_holds(uint64_t lease_micros);
extern bool brake_pull(uint64_t pause_micros);
extern bool brake_release(void);

#endif
