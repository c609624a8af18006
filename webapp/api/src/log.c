/*
 * log.c
 *	  Events as lines of JSON.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static json_t *
now(void)
{
	struct timespec at;
	struct tm	utc;
	char		text[40];
	size_t		len;

	clock_gettime(CLOCK_REALTIME, &at);
	gmtime_r(&at.tv_sec, &utc);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + len, sizeof(text) - len, ".%03ldZ", at.tv_nsec / 1000000);
	return json_string(text);
}

void
log_event(const char *level, const char *event, const char *format,...)
{
	json_t	   *line = json_pack("{s:o, s:s, s:s, s:i}", "at", now(), "level", level, "event", event, "pid", (int) getpid());
	json_t	   *more;
	char	   *text;
	va_list		args;

	va_start(args, format);
	more = json_vpack_ex(NULL, 0, format, args);
	va_end(args);
	if (line && more)
		json_object_update(line, more);
	text = line ? json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	if (text)
	{
		size_t		len = strlen(text);
		ssize_t		written;

		text[len] = '\n';		/* in place of the zero byte: one write, no other line in between */
		written = write(STDERR_FILENO, text, len + 1);
		(void) written;			/* whom would we tell? */
	}
	free(text);
	json_decref(more);
	json_decref(line);
}
