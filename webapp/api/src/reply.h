/*
 * reply.h
 *	  What goes out: a status, headers, and a body of JSON. The only module that builds it.
 */
#ifndef REPLY_H
#define REPLY_H

#include <jansson.h>

#include "buffer.h"
#include "db.h"

typedef struct Reply
{
	int			status;			/* 0: nothing was said yet */
	const char *type;			/* of the content; NULL: there is none */
	Buffer		headers;		/* further ones, each with its line end */
	Buffer		body;
	const char *code;			/* of a problem, for the log */
} Reply;

extern json_t *reply_row(const Rows *rows, int row);
extern json_t *reply_rows(const Rows *rows);
extern void reply_json(Reply *reply, int status, json_t *object);
extern void reply_nothing(Reply *reply);
extern void reply_problem(Reply *reply, int status, const char *code, const char *field);
extern void reply_later(Reply *reply, int status, const char *code, int seconds);
extern void reply_header(Reply *reply, const char *name, const char *format,...) __attribute__((format(printf, 3, 4)));
extern const char *reply_reason(int status);
extern void reply_write(const Reply *reply, Buffer *out);
extern void reply_end(Reply *reply);

#endif
