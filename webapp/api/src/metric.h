/*
 * metric.h
 *	  Counters that all processes share, and their text for Prometheus.
 */
#ifndef METRIC_H
#define METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

#define METRIC_PROCESSES 512	/* at most that count */
#define METRIC_ROUTES 96		/* more than there are routes; the last is for what is none */

typedef enum Gauge
{
	METRIC_LOGINS_DONE,
	METRIC_LOGINS_REFUSED,
	METRIC_HASHES,
	METRIC_HASHER_BUSY,
	METRIC_DATABASE_GONE,
	METRIC_HEAVY_REFUSED,
	METRIC_HASHER_WAITING,		/* this and the next four go up and down */
	METRIC_WORKERS,
	METRIC_WORKERS_READY,
	METRIC_WORKERS_AT_WORK,
	METRIC_HEAVY_AT_WORK,
	METRIC_RESTARTS,
	GAUGES
} Gauge;

extern bool metric_set_up(const char *(*route_name) (int route));
extern void metric_be(int number);
extern void metric_forget(int number);
extern void metric_add(Gauge gauge, int64_t change);
extern bool metric_add_below(Gauge gauge, int64_t most);
extern int64_t metric_of(Gauge gauge);
extern void metric_request(int route, int status, uint64_t micros, uint64_t database_micros);
extern void metric_write(Buffer *out);

#endif
