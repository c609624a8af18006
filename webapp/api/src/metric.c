/*
 * metric.c
 *	  Counters in memory that all processes share. Written without locks: each number is right by itself.
 */
#include "metric.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "status.h"

/* Upper bounds of the histograms, in microseconds. */
static const uint64_t bounds[] = {500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000};

#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

typedef struct Histogram
{
	_Atomic uint64_t bucket[BOUNDS + 1];
	_Atomic uint64_t micros;
} Histogram;

static struct Shared
{
	_Atomic int64_t gauge[GAUGES];
	_Atomic int64_t held[METRIC_PROCESSES][GAUGES];	/* of these, what a process has added: gone with it */
	Histogram	request[METRIC_ROUTES][STATUSES];
	Histogram	database[METRIC_ROUTES];
}		   *shared;

static const char *(*route_name) (int route);
static int	process = -1;		/* which this one is */

static const struct
{
	const char *name;
	const char *type;
	const char *help;
}			gauges[GAUGES] = {
	[METRIC_LOGINS_DONE] = {"bank_api_logins_total", "counter", "Logins that were let in."},
	[METRIC_LOGINS_REFUSED] = {"bank_api_logins_refused_total", "counter", "Logins that were refused."},
	[METRIC_HASHES] = {"bank_api_password_hashes_total", "counter", "Passwords that were hashed."},
	[METRIC_HASHER_BUSY] = {"bank_api_password_queue_full_total", "counter", "Requests refused because too many waited for a hasher."},
	[METRIC_DATABASE_GONE] = {"bank_api_database_gone_total", "counter", "Trips to the database that had no answer."},
	[METRIC_HEAVY_REFUSED] = {"bank_api_heavy_refused_total", "counter", "Statements and searches refused because too many were under way."},
	[METRIC_HASHER_WAITING] = {"bank_api_password_queue", "gauge", "Requests that wait for a hasher now."},
	[METRIC_WORKERS] = {"bank_api_workers", "gauge", "Workers, each with a database connection."},
	[METRIC_WORKERS_READY] = {"bank_api_workers_ready", "gauge", "Workers that have reached the database."},
	[METRIC_WORKERS_AT_WORK] = {"bank_api_workers_at_work", "gauge", "Workers that serve a request now."},
	[METRIC_HEAVY_AT_WORK] = {"bank_api_heavy_at_work", "gauge", "Statements and searches under way."},
	[METRIC_RESTARTS] = {"bank_api_restarts_total", "counter", "Workers and hashers that ended unasked and were started again."},
};

/* Make the memory; before any process is forked. name: of a route by its number, "GET /path", or "none". */
bool
metric_set_up(const char *(*name) (int route))
{
	route_name = name;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		shared = NULL;
	return shared != NULL;
}

/* From here on, this is the process of that number: 0 to METRIC_PROCESSES - 1. */
void
metric_be(int number)
{
	process = number;
}

/* Returns what it was before. */
static int64_t
add(Gauge gauge, int64_t change)
{
	if (process >= 0)
		atomic_fetch_add_explicit(&shared->held[process][gauge], change, memory_order_relaxed);
	return atomic_fetch_add_explicit(&shared->gauge[gauge], change, memory_order_relaxed);
}

void
metric_add(Gauge gauge, int64_t change)
{
	add(gauge, change);
}

/* Add one, unless there are as many as there may be. */
bool
metric_add_below(Gauge gauge, int64_t most)
{
	if (add(gauge, 1) < most)
		return true;
	add(gauge, -1);
	return false;
}

int64_t
metric_of(Gauge gauge)
{
	return atomic_load_explicit(&shared->gauge[gauge], memory_order_relaxed);
}

/* A process has ended, however: what it was, and what it did just then, is no more. What it has counted stays. */
void
metric_forget(int number)
{
	for (int i = 0; i < GAUGES; i++)
	{
		int64_t		held = atomic_exchange_explicit(&shared->held[number][i], 0, memory_order_relaxed);

		if (strcmp(gauges[i].type, "gauge") == 0)
			atomic_fetch_add_explicit(&shared->gauge[i], -held, memory_order_relaxed);
	}
}

static void
observe(Histogram *histogram, uint64_t micros)
{
	size_t		i = 0;

	while (i < BOUNDS && micros > bounds[i])
		i++;
	atomic_fetch_add_explicit(&histogram->bucket[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&histogram->micros, micros, memory_order_relaxed);
}

/* A request that was answered, with a status of the list; a route of -1 is none of ours. */
void
metric_request(int route, int status, uint64_t micros, uint64_t database_micros)
{
	int			place = status_place(status);

	if (route < 0 || route >= METRIC_ROUTES)
		route = METRIC_ROUTES - 1;
	if (place >= 0)
		observe(&shared->request[route][place], micros);
	if (database_micros)
		observe(&shared->database[route], database_micros);
}

/* One histogram's lines; nothing if it never saw anything. */
static void
write_histogram(Buffer *out, const char *name, const char *labels, Histogram *histogram)
{
	uint64_t	count = 0;

	for (size_t i = 0; i <= BOUNDS; i++)
		count += atomic_load_explicit(&histogram->bucket[i], memory_order_relaxed);
	if (count == 0)
		return;
	count = 0;
	for (size_t i = 0; i < BOUNDS; i++)
	{
		count += atomic_load_explicit(&histogram->bucket[i], memory_order_relaxed);
		buffer_printf(out, "%s_bucket{%s,le=\"%g\"} %lu\n", name, labels, (double) bounds[i] / 1e6, (unsigned long) count);
	}
	count += atomic_load_explicit(&histogram->bucket[BOUNDS], memory_order_relaxed);
	buffer_printf(out, "%s_bucket{%s,le=\"+Inf\"} %lu\n", name, labels, (unsigned long) count);
	buffer_printf(out, "%s_sum{%s} %.6f\n", name, labels, (double) atomic_load_explicit(&histogram->micros, memory_order_relaxed) / 1e6);
	buffer_printf(out, "%s_count{%s} %lu\n", name, labels, (unsigned long) count);
}

/* Everything, in Prometheus's text format 0.0.4. */
void
metric_write(Buffer *out)
{
	Buffer		labels = {0};

	for (int i = 0; i < GAUGES; i++)
		buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %ld\n", gauges[i].name, gauges[i].help, gauges[i].name, gauges[i].type,
					  gauges[i].name, (long) atomic_load_explicit(&shared->gauge[i], memory_order_relaxed));
	buffer_add_text(out, "# HELP bank_api_request_seconds Time that requests took.\n# TYPE bank_api_request_seconds histogram\n");
	for (int route = 0; route < METRIC_ROUTES; route++)
		for (int place = 0; place < STATUSES; place++)
		{
			labels.len = 0;
			buffer_printf(&labels, "route=\"%s\",status=\"%d\"", route_name(route), status_at(place));
			write_histogram(out, "bank_api_request_seconds", labels.data, &shared->request[route][place]);
		}
	buffer_add_text(out, "# HELP bank_api_database_seconds Time that the database took of a request.\n"
					"# TYPE bank_api_database_seconds histogram\n");
	for (int route = 0; route < METRIC_ROUTES; route++)
	{
		labels.len = 0;
		buffer_printf(&labels, "route=\"%s\"", route_name(route));
		write_histogram(out, "bank_api_database_seconds", labels.data, &shared->database[route]);
	}
	buffer_free(&labels);
}
