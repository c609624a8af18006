/*
 * log.c
 *	  Events as lines of JSON.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "jsontext.h"

/* The time, in UTC. */
static void
add_now(Buffer *line)
{
	struct timespec at;
	struct tm	utc;
	char		text[40];
	size_t		len;

	clock_gettime(CLOCK_REALTIME, &at);
	gmtime_r(&at.tv_sec, &utc);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + len, sizeof(text) - len, ".%03ldZ", at.tv_nsec / 1000000);
	jsontext_ascii(line, text);
}

/* Members as json_pack() has them, of the kinds that a line has: s (NULL is null), i, I. */
static void
add_members(Buffer *line, const char *format, va_list args)
{
	for (const char *at = strstr(format, "s:"); at; at = strstr(at + 3, "s:"))
	{
		const char *text;

		buffer_add_text(line, ",");
		jsontext_ascii(line, va_arg(args, const char *));
		buffer_add_text(line, ":");
		if (at[2] == 'i')
			buffer_printf(line, "%d", va_arg(args, int));
		else if (at[2] == 'I')
			buffer_printf(line, "%" JSON_INTEGER_FORMAT, va_arg(args, json_int_t));
		else if ((text = va_arg(args, const char *)))
			jsontext_ascii(line, text);
		else
			buffer_add_text(line, "null");
	}
}

/* Written straight: a tree of each line takes as long as the rest of a small request. */
void
log_event(const char *level, const char *event, const char *format,...)
{
	static Buffer line;			/* of this process, used again */
	va_list		args;
	ssize_t		written;

	line.len = 0;
	buffer_add_text(&line, "{\"at\":");
	add_now(&line);
	buffer_printf(&line, ",\"level\":\"%s\",\"event\":\"%s\",\"pid\":%d", level, event, (int) getpid());
	va_start(args, format);
	add_members(&line, format, args);
	va_end(args);
	buffer_add_text(&line, "}\n");
	/* one write, no other line in between */
	written = line.failed ? -1 : write(STDERR_FILENO, line.data, line.len);
	(void) written;				/* whom would we tell? */
}
