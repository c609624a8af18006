/*
 * request.h
 *	  A request as it came in: taken apart, bounded, and nothing believed.
 *
 * Reads the CGI variables that the web server sets, and of the client's headers only those that are
 * named here. Pure: no clock, no database, no files, so it is tested and fuzzed alone.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

#define REQUEST_PARAMETERS 24

typedef struct Parameter
{
	char	   *name;
	char	   *value;
} Parameter;

typedef struct Request
{
	char		id[33];			/* the web server's, 32 hexadecimal digits; empty if it gave none */
	const char *method;			/* GET also for HEAD */
	bool		bodiless;		/* HEAD */
	char	   *path;			/* without the query; only letters, digits, and -_./ */
	const char *client;			/* address, as the web server saw it */
	const char *agent;			/* NULL if it has none */
	const char *origin;
	const char *fetch_site;
	char		session[44];	/* cookies: empty if there is none that could be ours */
	char		device[44];
	int			parameters;
	Parameter	parameter[REQUEST_PARAMETERS];
	bool		has_body;
	bool		is_json;		/* the content type says so */
	json_t	   *body;			/* an object, or NULL */

	const char *refused;		/* why, one of our codes; NULL: it is not */
	char	   *query;			/* the parameters' memory */
} Request;

extern void request_read(Request *request, char *const *variables, const char *body, size_t len);
extern const char *request_variable(char *const *variables, const char *name);
/* Gives up to len further bytes of a body; 0 or less if there are none. */
typedef long (*BodyReader) (void *from, char *data, size_t len);

extern bool request_read_body(Buffer *body, char *const *variables, long limit, BodyReader read, void *from);
extern long request_body_length(char *const *variables);
extern void request_end(Request *request);

#endif
