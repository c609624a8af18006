/*
 * worker.h
 *		One subscription's process: takes messages and has them applied.
 *
 *		starting ─► connecting ─► idle ◄─► streaming
 *		                 ▲          │         │
 *		                 └─ backoff ◄─────────┤  a passing fault
 *		        stopped (exit 0) ◄────────────┤  disabled, fatal, on_error = stop
 *		        fenced, failed (exit 1) ◄─────┘  started again by the launcher
 */
#ifndef DV_WORKER_H
#define DV_WORKER_H

#include "postgres.h"

/* Entry of a dynamic background worker; the argument is its slot. */
extern PGDLLEXPORT void dv_worker_main(Datum slot);

#endif							/* DV_WORKER_H */
