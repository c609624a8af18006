/*
 * serve.h
 *	  One request, whichever way it came: read, answered, counted, logged.
 */
#ifndef SERVE_H
#define SERVE_H

#include "config.h"
#include "reply.h"

extern bool serve(const Config *config, char *const *variables, const char *body, size_t len, const Sink *sink);
extern bool serve_too_large(char *const *variables, const Sink *sink);

#endif
