/*
 * context.h
 *	  What a route is, and what its handler is given.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "reply.h"
#include "request.h"
#include "secret.h"
#include "valid.h"

typedef struct Context Context;
typedef void (*Handler) (Context *context);

/* What the answer is made of. */
typedef enum Shape
{
	SHAPE_ROW,					/* the row, or 404 */
	SHAPE_ROWS,					/* {"items": [...]} */
	SHAPE_ROWS_OF,				/* the same of a thing that has some: none is 404 */
	SHAPE_PAGE,					/* rows by their first column downwards, "limit" at most, and where the next page begins */
	SHAPE_MADE,					/* the row: 201 if its is_new is true, else 200 */
	SHAPE_GONE,					/* 204 if there is a row, or 404 */
	SHAPE_OWN					/* the handler's */
} Shape;

typedef struct Route
{
	const char *method;
	const char *path;			/* {name} stands for a field */
	unsigned	who;			/* set of Who; NOBODY alone: no session is asked for */
	bool		step_up;		/* a further code must have been given */
	StatementId statement;
	Shape		shape;
	Handler		handle;			/* NULL: run the statement with the fields in order, and answer its rows */
	Field		fields[FIELDS];
	bool		heavy;			/* the database is at it for a while */
	bool		unnoticed;		/* asked by pages without their user: it keeps no idle session alive */
} Route;

struct Context
{
	const Config *config;
	const Request *request;
	const Route *route;
	Values		values;
	Reply	   *reply;
	char		token_hash[HASH_TEXT];	/* of the session's token */
	long		user_id;		/* for the log; 0 before anybody has entered */
	uint64_t	database_micros;
};

#endif
