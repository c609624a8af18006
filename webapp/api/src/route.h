/*
 * route.h
 *	  The table of everything that can be asked for, and the one dispatch.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "context.h"

extern int	route_count(void);
extern const Route *route_at(int route);
extern const char *route_name(int route);
extern int	route_serve(const Config *config, const Request *request, Reply *reply, long *user_id,
						uint64_t *database_micros);
extern void route_write_table(Buffer *out);

#endif
