/*
 * cgi.c
 *	  Plain CGI (RFC 3875): for compatibility, not for speed. Passwords are still the hashers', whose master runs with "workers = 0".
 */
#include "cgi.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db.h"
#include "metric.h"
#include "request.h"
#include "route.h"
#include "serve.h"

extern char **environ;

/* Whether a web server started us for one request. */
bool
cgi_asked_for(void)
{
	return getenv("GATEWAY_INTERFACE") != NULL && getenv("REQUEST_METHOD") != NULL;
}

/* The body, up to the limit. */
static bool
read_body(const Config *config, Buffer *body)
{
	long		length = request_body_length(environ);
	char		part[4096];

	if (length < 0 || length > config->body_limit)
		return false;
	while (body->len < (size_t) length)
	{
		size_t		left = (size_t) length - body->len;
		ssize_t		got = read(STDIN_FILENO, part, left < sizeof(part) ? left : sizeof(part));

		if (got <= 0)
			return false;
		buffer_add(body, part, (size_t) got);
	}
	return !body->failed;
}

static bool
take(void *to, const char *data, size_t len)
{
	return fwrite(data, 1, len, (FILE *) to) == len;
}

/*
 * Serve the request. Returns the exit status.
 */
int
cgi_run(const Config *config)
{
	Buffer		body = {0};
	Sink		sink = {.take = take, .to = stdout};
	bool		whole;

	if (!metric_set_up(route_name))
		return 1;
	if (read_body(config, &body))
		whole = serve(config, environ, body.data ? body.data : "", body.len, &sink);
	else
		whole = serve_too_large(&sink);
	whole = fflush(stdout) == 0 && whole;
	db_close();
	buffer_free(&body);
	return whole ? 0 : 1;
}
