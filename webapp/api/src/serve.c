/*
 * serve.c
 *	  One request, whichever way it came.
 */
#include "serve.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "metric.h"
#include "route.h"

static uint64_t
micros(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint64_t) at.tv_sec * 1000000 + (uint64_t) at.tv_nsec / 1000;
}

/* A line for each request but the checks of health, which would be most of the log. */
static void
log_request(const Request *request, int route, const Reply *reply, long user_id, uint64_t taken, uint64_t database)
{
	if (route >= 0 && strncmp(route_at(route)->path, "/api/", 5) != 0 && reply->status < 400)
		return;
	log_event("info", "request", "{s:s, s:s, s:i, s:s?, s:s?, s:I, s:I, s:I}", "request", request->id, "route", route_name(route),
			  "status", reply->status, "code", reply->code, "client", request->client, "user_id", (json_int_t) user_id,
			  "micros", (json_int_t) taken, "database_micros", (json_int_t) database);
}

/*
 * Answer a request. variables: as CGI has them. out gets the whole answer, headers and body.
 */
void
serve(const Config *config, char *const *variables, const char *body, size_t len, Buffer *out)
{
	uint64_t	begun = micros(),
				taken,
				database = 0;
	long		user_id = 0;
	int			route;
	Request		request;
	Reply		reply = {0};

	metric_add(METRIC_WORKERS_AT_WORK, 1);
	request_read(&request, variables, body, len);
	if (request.id[0] == '\0')
		secret_request_id(request.id);
	route = route_serve(config, &request, &reply, &user_id, &database);
	if (reply.status == 0 || reply.status == 500)
	{
		log_event("error", "internal", "{s:s, s:s}", "request", request.id, "route", route_name(route));
		reply_problem(&reply, 500, "internal", NULL);
	}
	reply_header(&reply, "X-Request-Id", "%s", request.id);
	reply_write(&reply, out);
	taken = micros() - begun;
	metric_request(route, reply.status, taken, database);
	log_request(&request, route, &reply, user_id, taken, database);
	metric_add(METRIC_WORKERS_AT_WORK, -1);
	reply_end(&reply);
	request_end(&request);
}

/* The answer to a body that is not even read. */
void
serve_too_large(Buffer *out)
{
	Reply		reply = {0};

	reply_problem(&reply, 413, "body_too_large", NULL);
	reply_write(&reply, out);
	reply_end(&reply);
}
