/*
 * sandbox.h
 *	  What a process may still ask of the kernel once it has all that it needs.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>

extern bool sandbox_enter(void);

#endif
