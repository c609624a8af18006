/*
 * master.h
 *	  The process that starts the others, and starts them again.
 */
#ifndef MASTER_H
#define MASTER_H

#include "config.h"

extern int	master_run(const Config *config, char *const *arguments);

#endif
