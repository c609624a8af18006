/*
 * json.h
 *		A strict, zero-copy pull reader for JSON (RFC 8259).
 *
 * One pass, linear time, no recursion, no allocation but in dv_json_text().
 * All that is read is validated, also what the caller skips: grammar, UTF-8 (no
 * overlong forms, no surrogates), depth.  Repeated member names are passed on
 * as they come.
 *
 * Faults are of two sorts.  A broken grammar ends the reading: the functions
 * return false.  A bad character inside a string (invalid UTF-8, NUL) is noted
 * and reading goes on, so that the rest of the message can still be told;
 * dv_json_end() then returns false.  Either way *err has the first fault and
 * its byte offset.
 */
#ifndef DV_JSON_H
#define DV_JSON_H


#include "record.h"

typedef struct DvJson
{
	const char *start;
	const char *cur;
	const char *end;
	int			depth;			/* containers opened and not yet closed */
	bool		fresh;			/* just behind an opening bracket */
	bool		faulty;			/* *err is filled */
	DvErr	   *err;
} DvJson;

typedef struct DvJsonValue
{
	DvToken		token;
	bool		escaped;		/* a string with backslashes in it */
	DvSlice		raw;			/* strings without their quotes */
} DvJsonValue;

extern void dv_json_begin(DvJson *json, DvSlice text, DvErr *err);

/* The next value as a whole, containers included. */
extern bool dv_json_value(DvJson *json, DvJsonValue *value);

/* Step into the container that comes next; only after dv_json_peek(). */
extern bool dv_json_open(DvJson *json);

/* First character of what comes next; 0 at the end of the text. */
extern char dv_json_peek(DvJson *json);

/*
 * The next member's name, or *more = false behind the closing bracket.  Its
 * value must be read (dv_json_value, dv_json_open) before the next call.
 */
extern bool dv_json_member(DvJson *json, DvJsonValue *name, bool *more);
extern bool dv_json_element(DvJson *json, bool *more);

/* Nothing but white space is left, and no fault was noted. */
extern bool dv_json_end(DvJson *json);

/* The characters of a string: the raw slice, or unescaped in the arena. */
extern DvSlice dv_json_text(const DvSlice *raw, bool escaped, const DvArena *arena);

/* The same into a buffer of at least raw->len bytes; returns the length. */
extern size_t dv_json_unescape(const DvSlice *raw, char *buffer);

/* 0 to 15, or -1. */
extern int	dv_hex_digit(char c);

#endif							/* DV_JSON_H */
