/*
 * reply.h
 *	  What goes out: a status, headers, and a body of JSON. The only module that builds it.
 *
 * Mostly an answer is made whole, and then written. One that may be long is begun with reply_begin(): from there
 * on reply_pass() hands on what the body holds, and what goes wrong later can only cut it short,
 * which whoever reads must be able to see.
 */
#ifndef REPLY_H
#define REPLY_H

#include <jansson.h>

#include "buffer.h"
#include "db.h"

/* Where an answer goes; take() is false if nobody takes it any more. */
typedef struct Sink
{
	bool		(*take) (void *to, const char *data, size_t len);
	void	   *to;
} Sink;

typedef struct Reply
{
	int			status;			/* 0: nothing was said yet */
	const char *type;			/* of the content; NULL: there is none */
	Buffer		headers;		/* further ones, each with its line end */
	Buffer		body;
	const char *code;			/* of a problem, for the log */
	const Sink *sink;
	bool		bodiless;		/* HEAD: only what goes before the body is wanted */
	uint64_t	patience;		/* micros that a begun answer may wait for whoever takes it, in all */
	uint64_t	waited;			/* of these, so far */
	bool		begun;			/* the head is out */
	bool		broken;			/* the rest never will be */
} Reply;

extern json_t *reply_codes(void);
extern json_t *reply_row(const Rows *rows, int row);
extern void reply_json(Reply *reply, int status, json_t *object);
extern void reply_first(Reply *reply, int status, const Rows *rows, const char *without);
extern void reply_items(Reply *reply, const Rows *rows, int count, json_t *next);
extern void reply_nothing(Reply *reply);
extern void reply_problem(Reply *reply, const char *code, const char *field);
extern void reply_later(Reply *reply, const char *code, int seconds);
extern void reply_header(Reply *reply, const char *name, const char *format,...)
			__attribute__((format(printf, 3, 4)));
extern void reply_begin(Reply *reply, const char *type);
extern bool reply_pass(Reply *reply);
extern void reply_add_object(Reply *reply, json_t *object);
extern void reply_add_members(Reply *reply, json_t *object);
extern bool reply_finish(Reply *reply);
extern void reply_end(Reply *reply);

#endif
