/*
 * cgi.c
 *	  Plain CGI (RFC 3875): for compatibility, not for speed. Passwords are still the hashers', whose master runs with "workers = 0".
 */
#include "cgi.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db.h"
#include "log.h"
#include "metric.h"
#include "request.h"
#include "route.h"
#include "sandbox.h"
#include "serve.h"

extern char **environ;

/* Whether a web server started us for one request. */
bool
cgi_asked_for(void)
{
	return getenv("GATEWAY_INTERFACE") != NULL && getenv("REQUEST_METHOD") != NULL;
}

static long
read_input(void *from, char *data, size_t len)
{
	return read(*(int *) from, data, len);
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
	int			input = STDIN_FILENO;
	Buffer		body = {0};
	Sink		sink = {.take = take, .to = stdout};
	bool		whole;

	if (!metric_set_up(route_name))
		return 1;
	/* before anything of the request is looked at; connected first, for libraries read their configuration then */
	db_connect();
	if (config->sandbox && !sandbox_enter())
	{
		log_event("error", "sandbox", "{s:s}", "detail", "seccomp is not to be had; \"sandbox = off\" goes without");
		return 1;
	}
	if (request_read_body(&body, environ, config->body_limit, read_input, &input))
		whole = serve(config, environ, body.data ? body.data : "", body.len, &sink);
	else
		whole = serve_too_large(environ, &sink);
	whole = fflush(stdout) == 0 && whole;
	db_close();
	buffer_free(&body);
	return whole ? 0 : 1;
}
