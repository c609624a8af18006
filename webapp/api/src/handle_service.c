/*
 * handle_service.c
 *	  For those who watch the service, not for customers: metrics only the machine itself may ask for.
 */
#include "act.h"
#include "handle.h"
#include "metric.h"

/* The program answers. */
void
handle_healthy(Context *context)
{
	reply_json(context->reply, 200, json_pack("{s:s}", "status", "healthy"));
}

/* It can do its work: the database answers, too. */
void
handle_ready(Context *context)
{
	Trip		trip;

	if (!act_alone(context, &trip, S_READY, NULL))
		return;
	db_end(&trip);
	reply_json(context->reply, 200, json_pack("{s:s}", "status", "ready"));
}

/* Counters, for Prometheus. */
void
handle_metrics(Context *context)
{
	metric_write(&context->reply->body);
	context->reply->status = 200;
	context->reply->type = "text/plain; version=0.0.4; charset=utf-8";
}
