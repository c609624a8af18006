/*
 * route.h
 *	  The table of everything that can be asked for, and the one dispatch.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "context.h"

#define ROUTE_SEGMENT 64			/* of a path that is a field: the longest, and its end */

extern int	route_count(void);
extern int	route_find(const Request *request, Reply *reply, char values[FIELDS][ROUTE_SEGMENT]);
extern const Route *route_at(int route);
extern const char *route_name(int route);
extern int	route_serve(const Config *config, const Request *request, Reply *reply, long *user_id,
						uint64_t *database_micros);
extern void route_write_table(Buffer *out);

#endif
