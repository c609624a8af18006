/*
 * fuzz_request.c
 *	  Requests of any bytes: taken apart, found in the table of routes, held against the fields of every route, and
 *	  what comes through written down in each of the ways that answers are.
 *
 * Input: CGI variables, a line each, an empty line, the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "html.h"
#include "jsontext.h"
#include "request.h"
#include "route.h"
#include "text.h"

#define VARIABLES 32

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the checks promise of values must hold of them. */
static void
check_values(const Route *route, const Values *values)
{
	for (int i = 0; route->fields[i].place != PLACE_NONE; i++)
		if (values->text[i] && text_characters(values->text[i]) < 0 && route->fields[i].place != PLACE_CLIENT)
			abort();
}

/*
 * A text of a request, as answers have it: JSON says the same, markup is none, and a spreadsheet has nothing to
 * compute.
 */
static void
check_written(const char *text)
{
	const Cell	cell = {.text = text};
	Buffer		json = {0},
				html = {0},
				csv = {0};
	json_t	   *read;

	jsontext_string(&json, text);
	read = json_loadb(json.data, json.len, JSON_DECODE_ANY, NULL);
	if (read == NULL || strcmp(json_string_value(read), text) != 0)
		abort();
	json_decref(read);
	html_text(&html, text);
	if (html.len && strpbrk(html.data, "<>\"'"))
		abort();
	csv_line(&csv, &cell, 1);
	if (csv.len < 4 || strchr("=+-@", csv.data[1]) || strstr(csv.data, ";="))
		abort();
	buffer_free(&json);
	buffer_free(&html);
	buffer_free(&csv);
}

/* An amount is its digits, with a point between. */
static void
check_amount(const char *text)
{
	char		amount[TEXT_AMOUNT];
	size_t		len = strspn(text, "0123456789");

	if (len == 0 || len > 15 || text[len])
		return;
	for (int decimals = 0; decimals <= 4; decimals++)
	{
		text_amount(amount, text, decimals);
		if (strlen(amount) < len || strspn(amount, "0123456789.") != strlen(amount))
			abort();
	}
}

/* What the table says of a path: values for all of its fields, each as long as its place. */
static void
check_route(const Request *request)
{
	static char nothing[FIELDS][ROUTE_SEGMENT];
	char		values[FIELDS][ROUTE_SEGMENT];
	Reply		reply = {0};
	const char *path_values[FIELDS];
	Values		read;
	int			route;

	memcpy(values, nothing, sizeof(values));
	route = route_find(request, &reply, values);
	if ((route < 0) != (reply.status != 0) || route >= route_count())
		abort();
	for (int i = 0; i < FIELDS; i++)
		path_values[i] = values[i];
	if (route >= 0)
		valid_read(&read, route_at(route)->fields, request, path_values);
	reply_end(&reply);
}

static void
read_request(char **variables, const char *body, size_t len)
{
	Request		request;
	Values		values;
	const char *path_values[FIELDS];

	request_read(&request, variables, body, len);
	for (int i = 0; i < FIELDS; i++)
		path_values[i] = request.path ? request.path : "";
	if (request.refused == NULL)
		check_route(&request);
	for (int i = 0; i < request.parameters; i++)
	{
		check_written(request.parameter[i].value);
		check_amount(request.parameter[i].value);
	}
	for (int route = 0; request.refused == NULL && route < route_count(); route++)
		if (valid_read(&values, route_at(route)->fields, &request, path_values))
			check_values(route_at(route), &values);
	if (request.path && !text_is_clean(request.path))
		abort();
	request_body_length(variables);
	request_end(&request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = malloc(size + 1);
	char	   *rest = text;
	char	   *variables[VARIABLES + 1];
	int			count = 0;

	memcpy(text, data, size);
	text[size] = '\0';
	while (count < VARIABLES && rest && *rest && *rest != '\n')
		variables[count++] = strsep(&rest, "\n");
	variables[count] = NULL;
	if (rest && *rest == '\n')
		rest++;
	if (rest == NULL)
		rest = text + size;
	read_request(variables, rest, (size_t) (text + size - rest));
	free(text);
	return 0;
}
