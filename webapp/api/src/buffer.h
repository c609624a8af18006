/*
 * buffer.h
 *	  A string that grows. One that could not grow stays as it was and says so.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Buffer
{
	char	   *data;			/* ends with a zero byte once anything was added */
	size_t		len;
	size_t		size;
	bool		failed;			/* there was no memory: len is short of what was added */
} Buffer;

extern void buffer_add(Buffer *buffer, const void *data, size_t len);
extern void buffer_add_text(Buffer *buffer, const char *text);
extern void buffer_printf(Buffer *buffer, const char *format,...) __attribute__((format(printf, 2, 3)));
extern void buffer_free(Buffer *buffer);

#endif
