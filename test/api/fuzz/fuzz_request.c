/*
 * fuzz_request.c
 *	  Requests of any bytes: taken apart, then held against the fields of every route of the table.
 *
 * Input: CGI variables, a line each, an empty line, the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static void
read_request(char **variables, const char *body, size_t len)
{
	Request		request;
	Values		values;
	const char *path_values[FIELDS];

	request_read(&request, variables, body, len);
	for (int i = 0; i < FIELDS; i++)
		path_values[i] = request.path ? request.path : "";
	for (int route = 0; request.refused == 0 && route < route_count(); route++)
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
