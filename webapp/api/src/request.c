/*
 * request.c
 *	  Taking a request apart.
 */
#include "request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define TOKEN_LENGTH 43			/* 32 bytes in base64url */
#define PATH_LIMIT 256
#define QUERY_LIMIT 2048

/* A CGI variable's value; NULL if it is not there or empty. */
const char *
request_variable(char *const *variables, const char *name)
{
	size_t		len = strlen(name);

	for (; *variables; variables++)
		if (strncmp(*variables, name, len) == 0 && (*variables)[len] == '=')
			return (*variables)[len + 1] ? *variables + len + 1 : NULL;
	return NULL;
}

/* Bytes that follow as the body: 0 if there is none, -1 if it is not a number. */
long
request_body_length(char *const *variables)
{
	const char *text = request_variable(variables, "CONTENT_LENGTH");
	char	   *end;
	long		length;

	if (text == NULL)
		return 0;
	if (!isdigit((unsigned char) *text) || strlen(text) > 10)
		return -1;
	length = strtol(text, &end, 10);
	return *end ? -1 : length;
}

/*
 * Read a request's body from wherever it comes. False if there is more than the limit, or less than was said.
 */
bool
request_read_body(Buffer *body, char *const *variables, long limit, BodyReader read, void *from)
{
	long		length = request_body_length(variables);
	char		part[4096];

	if (length < 0 || length > limit)
		return false;
	while (body->len < (size_t) length)
	{
		size_t		left = (size_t) length - body->len;
		long		got = read(from, part, left < sizeof(part) ? left : sizeof(part));

		if (got <= 0)
			return false;
		buffer_add(body, part, (size_t) got);
	}
	return !body->failed;
}

static void
refuse(Request *request, const char *code)
{
	if (request->refused == NULL)
		request->refused = code;
}

/* The path and the query of what was asked for. Nothing in our paths is ever escaped. */
static void
read_target(Request *request, const char *target)
{
	size_t		len = target ? strcspn(target, "?") : 0;

	if (len == 0 || len > PATH_LIMIT || target[0] != '/' || strspn(target, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") < len)
	{
		refuse(request, "no_such_route");
		return;
	}
	request->path = strndup(target, len);
	if (target[len] == '?')
	{
		if (strlen(target + len + 1) > QUERY_LIMIT)
			refuse(request, "query_too_long");
		else
			request->query = strdup(target + len + 1);
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undo the escapes of a query, in place; false if one is broken, or stands for a zero byte. */
static bool
unescape(char *text)
{
	char	   *out = text;

	for (; *text; text++)
	{
		if (*text == '%')
		{
			int			high = hex_digit(text[1]);
			int			low = high < 0 ? -1 : hex_digit(text[2]);

			if (low < 0 || high * 16 + low == 0)
				return false;
			*out++ = (char) (high * 16 + low);
			text += 2;
		}
		else
			*out++ = *text == '+' ? ' ' : *text;
	}
	*out = '\0';
	return true;
}

/* name=value&name=value: each name once. */
static void
read_query(Request *request)
{
	char	   *rest = request->query;
	char	   *part;

	while (rest && *rest && (part = strsep(&rest, "&")))
	{
		char	   *value = strchr(part, '=');
		Parameter  *new = &request->parameter[request->parameters];

		if (value == NULL || request->parameters == REQUEST_PARAMETERS)
		{
			refuse(request, "bad_query");
			return;
		}
		*value++ = '\0';
		if (!unescape(part) || !unescape(value) || !text_is_clean(part) || !text_is_clean(value))
		{
			refuse(request, "bad_query");
			return;
		}
		for (int i = 0; i < request->parameters; i++)
			if (strcmp(request->parameter[i].name, part) == 0)
				refuse(request, "field_twice");
		new->name = part;
		new->value = value;
		request->parameters++;
	}
}

/* A cookie of ours. One that is there twice counts as none: somebody else may have set the other. */
static void
read_cookie(const char *header, const char *name, char *token)
{
	size_t		len = strlen(name);
	int			found = 0;

	token[0] = '\0';
	while (header && *header)
	{
		header += strspn(header, "; ");
		if (strncmp(header, name, len) == 0 && header[len] == '=')
		{
			const char *value = header + len + 1;
			size_t		size = strcspn(value, "; ");

			found++;
			token[0] = '\0';
			if (found == 1 && size == TOKEN_LENGTH && text_is_base64url(value, size))
			{
				memcpy(token, value, size);
				token[size] = '\0';
			}
		}
		header += strcspn(header, ";");
	}
}

/* application/json, with or without charset=utf-8. */
static bool
names_json(const char *type)
{
	static const char json[] = "application/json";

	if (type == NULL || strncasecmp(type, json, sizeof(json) - 1) != 0)
		return false;
	type += sizeof(json) - 1;
	type += strspn(type, " ");
	if (*type == '\0')
		return true;
	if (*type++ != ';')
		return false;
	type += strspn(type, " ");
	return strcasecmp(type, "charset=utf-8") == 0;
}

static void
read_body(Request *request, const char *body, size_t len)
{
	request->has_body = len > 0;
	if (len == 0 || !request->is_json)
		return;
	request->body = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(request->body))
		refuse(request, "bad_json");
}

/*
 * Take a request apart. What cannot be read is told in refused; everything is bounded
 * whether or not it is.
 *
 * variables: name=value, as CGI has them; they must outlive the request. body: len bytes.
 */
void
request_read(Request *request, char *const *variables, const char *body, size_t len)
{
	const char *cookie = request_variable(variables, "HTTP_COOKIE");
	const char *id = request_variable(variables, "REQUEST_ID");

	memset(request, 0, sizeof(*request));
	if (id && strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32)
		memcpy(request->id, id, 33);
	request->method = request_variable(variables, "REQUEST_METHOD");
	/* the same request and answer, less the answer's body (RFC 9110, section 9.3.2) */
	request->bodiless = request->method && strcmp(request->method, "HEAD") == 0;
	if (request->bodiless)
		request->method = "GET";
	request->client = request_variable(variables, "REMOTE_ADDR");
	request->agent = request_variable(variables, "HTTP_USER_AGENT");
	if (request->agent && !text_is_clean(request->agent))
		request->agent = NULL;	/* it is kept and shown: only what is text */
	request->origin = request_variable(variables, "HTTP_ORIGIN");
	request->fetch_site = request_variable(variables, "HTTP_SEC_FETCH_SITE");
	request->is_json = names_json(request_variable(variables, "CONTENT_TYPE"));
	if (request->method == NULL)
		refuse(request, "bad_request");
	read_target(request, request_variable(variables, "REQUEST_URI"));
	read_query(request);
	read_cookie(cookie, "__Host-session", request->session);
	read_cookie(cookie, "__Host-device", request->device);
	read_body(request, body, len);
}

void
request_end(Request *request)
{
	json_decref(request->body);
	free(request->path);
	free(request->query);
	memset(request, 0, sizeof(*request));
}
