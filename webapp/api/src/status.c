/*
 * status.c
 *	  Statuses of HTTP.
 */
#include "status.h"

#include <stddef.h>

static const struct
{
	int			status;
	const char *reason;
}			statuses[] = {
	{200, "OK"},
	{201, "Created"},
	{204, "No Content"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{409, "Conflict"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{422, "Unprocessable Content"},
	{429, "Too Many Requests"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
};

_Static_assert(sizeof(statuses) / sizeof(statuses[0]) == STATUSES, "status.h says how many there are");

/* The status at a place of the list, 0 to STATUSES - 1. */
int
status_at(int place)
{
	return statuses[place].status;
}

/* The place of a status; -1 if it is none of ours. */
int
status_place(int status)
{
	for (int place = 0; place < STATUSES; place++)
		if (statuses[place].status == status)
			return place;
	return -1;
}

/* What follows the number; NULL if it is none of ours. */
const char *
status_reason(int status)
{
	int			place = status_place(status);

	return place < 0 ? NULL : statuses[place].reason;
}
