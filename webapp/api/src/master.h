/*
 * master.h
 *	  The process that starts the others, and starts them again.
 */
#ifndef MASTER_H
#define MASTER_H

#include <stdbool.h>

#include "config.h"

extern bool master_can_succeed(const Config *config);
extern int	master_run(const Config *config, char *const *arguments);

#endif
