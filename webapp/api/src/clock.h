/*
 * clock.h
 *	  How long things take.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

extern uint64_t clock_micros(void);

#endif
