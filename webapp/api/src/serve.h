/*
 * serve.h
 *	  One request, whichever way it came: read, answered, counted, logged.
 */
#ifndef SERVE_H
#define SERVE_H

#include "buffer.h"
#include "config.h"

extern void serve(const Config *config, char *const *variables, const char *body, size_t len, Buffer *out);
extern void serve_too_large(Buffer *out);

#endif
