/*
 * worker.h
 *	  The loops of the kinds of child.
 */
#ifndef WORKER_H
#define WORKER_H

#include <signal.h>
#include <stdbool.h>

#include "config.h"

extern void worker_catch_signals(void);
extern void worker_run(const Config *config, int listening, const sigset_t *asleep, bool succeeds);
extern void worker_run_health(const Config *config, int listening, const sigset_t *asleep, bool succeeds);
extern void worker_run_hasher(const Config *config, int listening, const sigset_t *asleep);

#endif
