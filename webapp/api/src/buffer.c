/*
 * buffer.c
 *	  A string that grows.
 */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is printed at a time seldom takes more. */
#define USUAL 64

/* Make room for len more bytes and a zero byte. */
static bool
reserve(Buffer *buffer, size_t len)
{
	size_t		wanted = buffer->len + len + 1;
	size_t		size = buffer->size ? buffer->size : 256;
	char	   *data;

	if (buffer->failed)
		return false;
	if (wanted <= buffer->size)
		return true;
	while (size < wanted)
		size *= 2;
	data = realloc(buffer->data, size);
	if (data == NULL)
	{
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->size = size;
	return true;
}

void
buffer_add(Buffer *buffer, const void *data, size_t len)
{
	if (!reserve(buffer, len))
		return;
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	buffer->data[buffer->len] = '\0';
}

void
buffer_add_text(Buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void
buffer_printf(Buffer *buffer, const char *format,...)
{
	va_list		args;
	int			len;

	if (!reserve(buffer, USUAL))
		return;
	/* what there is room for is mostly enough; only else it is written twice */
	va_start(args, format);
	len = vsnprintf(buffer->data + buffer->len, buffer->size - buffer->len, format, args);
	va_end(args);
	if (len >= 0 && (size_t) len >= buffer->size - buffer->len)
	{
		if (!reserve(buffer, (size_t) len))
			return;
		va_start(args, format);
		vsnprintf(buffer->data + buffer->len, (size_t) len + 1, format, args);
		va_end(args);
	}
	if (len > 0)
		buffer->len += (size_t) len;
}

/* Give the memory back; the buffer is empty and may be used again. */
void
buffer_free(Buffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}
