/*
 * err.h
 *		Errors of the server-free layer: a value filled in by whoever found the
 *		fault, never thrown.
 *
 * Functions of layer 0 return false and fill a DvErr.  Nothing here allocates:
 * the texts live in fixed buffers, cut at a character boundary when too long,
 * so that an error can be reported when memory is what ran out.
 *
 * The class names what went wrong in the words of the reject table
 * (datavault.rejects.class); the SQLSTATE is what ereport() will carry.
 */
#ifndef DV_ERR_H
#define DV_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum DvErrClass
{
	DV_ERR_NONE = 0,
	DV_ERR_MALFORMED,			/* not JSON, bad UTF-8, NUL byte, too deep */
	DV_ERR_NOT_DEBEZIUM,		/* JSON, but not an envelope that we know */
	DV_ERR_POSITION,			/* source block without a usable position or time */
	DV_ERR_MISSING_COLUMN,		/* a key column is absent */
	DV_ERR_NULL_KEY,			/* a key column is NULL */
	DV_ERR_TYPE,				/* value does not fit its type */
	DV_ERR_AMBIGUOUS,			/* the wire does not tell scale or unit */
	DV_ERR_PLACEHOLDER,			/* unchanged TOAST value without predecessor */
	DV_ERR_IMMUTABLE_CHANGED,	/* u or d on a table declared immutable */
	DV_ERR_COLLISION,			/* same hash, other content */
	DV_ERR_PARENT_MISSING,		/* parked longer than the age limit */
	DV_ERR_UNMAPPED,			/* table outside the model, unmapped = reject */
	DV_ERR_UNSUPPORTED,			/* a truncate, another connector */
	DV_ERR_SOURCE_RESET,		/* the source's positions have begun anew */
	DV_ERR_LIMIT,				/* too large, too many */
	DV_ERR_DATABASE				/* an SQLSTATE raised while applying */
} DvErrClass;

typedef struct DvErr
{
	DvErrClass	class;
	char		sqlstate[6];	/* five characters and a NUL */
	char		message[256];	/* lowercase, no final stop */
	char		detail[512];	/* full sentences, or empty */
	char		hint[256];		/* something to act on, or empty */
} DvErr;

/*
 * Format into a fixed buffer.  A character that truncation has cut in two is
 * dropped whole: half of it would make the message itself unprintable.
 */
extern void dv_err_format(char *buf, size_t size, const char *fmt, va_list args)
			__attribute__((format(printf, 3, 0)));

/* The class as datavault.rejects shows it, e.g. "missing_column". */
extern const char *dv_err_class_name(DvErrClass class);

/* Fill *err and return false, so that callers can `return dv_err_set(...)`. */
extern bool dv_err_set(DvErr *err, DvErrClass class, const char *sqlstate,
					   const char *fmt,...)
			__attribute__((format(printf, 4, 5)));
extern void dv_err_detail(DvErr *err, const char *fmt,...)
			__attribute__((format(printf, 2, 3)));
extern void dv_err_hint(DvErr *err, const char *fmt,...)
			__attribute__((format(printf, 2, 3)));

#endif							/* DV_ERR_H */
