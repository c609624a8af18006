/*
 * serve.c
 *	  One request, whichever way it came.
 */
#include "serve.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "metric.h"
#include "route.h"

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

/* What a request is, and the id that answer and log know it by. */
static void
take_request(Request *request, Reply *reply, char *const *variables, const char *body, size_t len)
{
	request_read(request, variables, body, len);
	reply->bodiless = request->bodiless;
	if (request->id[0] == '\0')
		secret_request_id(request->id);
	reply_header(reply, "X-Request-Id", "%s", request->id);
}

/*
 * Answer a request. variables: as CGI has them. False if the answer was cut short.
 */
bool
serve(const Config *config, char *const *variables, const char *body, size_t len, const Sink *sink)
{
	uint64_t	begun = clock_micros(),
				taken,
				database = 0;
	long		user_id = 0;
	int			route;
	Request		request;
	Reply		reply = {.sink = sink, .patience = (uint64_t) config->answer_timeout_ms * 1000};
	bool		whole;

	metric_add(METRIC_WORKERS_AT_WORK, 1);
	take_request(&request, &reply, variables, body, len);
	route = route_serve(config, &request, &reply, &user_id, &database);
	if (reply.status == 0 || reply.status == 500)
	{
		log_event("error", "internal", "{s:s, s:s}", "request", request.id, "route", route_name(route));
		reply_problem(&reply, "internal", NULL);
	}
	whole = reply_finish(&reply);
	if (!whole)
		log_event("error", "answer.cut", "{s:s, s:s}", "request", request.id, "route", route_name(route));
	taken = clock_micros() - begun;
	metric_request(route, reply.status, taken, database);
	log_request(&request, route, &reply, user_id, taken, database);
	metric_add(METRIC_WORKERS_AT_WORK, -1);
	reply_end(&reply);
	request_end(&request);
	return whole;
}

/* The answer to a body that is not even read. */
bool
serve_too_large(char *const *variables, const Sink *sink)
{
	uint64_t	begun = clock_micros(),
				taken;
	Request		request;
	Reply		reply = {.sink = sink};
	bool		whole;

	take_request(&request, &reply, variables, "", 0);
	reply_problem(&reply, "body_too_large", NULL);
	whole = reply_finish(&reply);
	taken = clock_micros() - begun;
	metric_request(-1, reply.status, taken, 0);
	log_request(&request, -1, &reply, 0, taken, 0);
	reply_end(&reply);
	request_end(&request);
	return whole;
}
