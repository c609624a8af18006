/*
 * test_request.c
 *	  Taking a request apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "request.h"

#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"

/* Read a request of a target with one header more; the caller ends it. */
static Request
read_one(const char *target, const char *header, const char *body)
{
	static char uri[4096];
	char	   *variables[] = {(char *) "REQUEST_METHOD=GET", uri, (char *) (header ? header : "X=y"), NULL};
	Request		request;

	strcpy(uri, "REQUEST_URI=");
	strncat(uri, target, sizeof(uri) - 20);
	request_read(&request, variables, body, strlen(body));
	return request;
}

static void
expect(const char *target, const char *header, const char *body, const char *refused)
{
	Request		request = read_one(target, header, body);

	if (refused)
		assert_string_equal(request.refused, refused);
	else
		assert_null(request.refused);
	request_end(&request);
}

static void
reads_path_and_query(void **state)
{
	Request		request = read_one("/api/v1/accounts/1?a=1&b=%D1%82+x", NULL, "");

	(void) state;
	assert_null(request.refused);
	assert_string_equal(request.path, "/api/v1/accounts/1");
	assert_int_equal(request.parameters, 2);
	assert_string_equal(request.parameter[1].value, "т x");
	request_end(&request);
}

static void
refuses_broken_targets(void **state)
{
	char		path[400] = "/";
	char		query[3000] = "/a?x=";

	(void) state;
	memset(path + 1, 'a', 300);
	memset(query + 5, 'a', 2500);
	expect("", NULL, "", "no_such_route");
	expect("relative", NULL, "", "no_such_route");
	expect("/a%2Fb", NULL, "", "no_such_route");
	expect("/a\\b", NULL, "", "no_such_route");
	expect("/a;b", NULL, "", "no_such_route");
	expect(path, NULL, "", "no_such_route");
	expect(query, NULL, "", "query_too_long");
	expect("/a?x", NULL, "", "bad_query");
	expect("/a?x=1&&y=2", NULL, "", "bad_query");
	expect("/a?x=%", NULL, "", "bad_query");
	expect("/a?x=%4", NULL, "", "bad_query");
	expect("/a?x=%zz", NULL, "", "bad_query");
	expect("/a?x=%00", NULL, "", "bad_query");
	expect("/a?x=%0A", NULL, "", "bad_query");
	expect("/a?x=%FF", NULL, "", "bad_query");
	expect("/a?x=1&x=2", NULL, "", "field_twice");
}

static void
takes_head_for_get(void **state)
{
	char	   *head[] = {(char *) "REQUEST_METHOD=HEAD", (char *) "REQUEST_URI=/a", NULL};
	char	   *get[] = {(char *) "REQUEST_METHOD=GET", (char *) "REQUEST_URI=/a", NULL};
	Request		request;

	(void) state;
	request_read(&request, head, "", 0);
	assert_string_equal(request.method, "GET");
	assert_true(request.bodiless);
	request_end(&request);
	request_read(&request, get, "", 0);
	assert_false(request.bodiless);
	request_end(&request);
}

static void
reads_cookies(void **state)
{
	Request		request = read_one("/a", "HTTP_COOKIE=x=1; __Host-session=" TOKEN ";y=2", "");

	(void) state;
	assert_string_equal(request.session, TOKEN);
	assert_string_equal(request.device, "");
	request_end(&request);
	request = read_one("/a", "HTTP_COOKIE=__Host-session=" TOKEN "; __Host-session=" TOKEN, "");
	assert_string_equal(request.session, "");
	request_end(&request);
	request = read_one("/a", "HTTP_COOKIE=__Host-session=" TOKEN "x", "");
	assert_string_equal(request.session, "");
	request_end(&request);
	request = read_one("/a", "HTTP_COOKIE=a__Host-session=" TOKEN ";__Host-device=short", "");
	assert_string_equal(request.session, "");
	assert_string_equal(request.device, "");
	request_end(&request);
}

static void
reads_bodies(void **state)
{
	(void) state;
	expect("/a", "CONTENT_TYPE=application/json", "{\"a\": 1}", NULL);
	expect("/a", "CONTENT_TYPE=application/json; charset=utf-8", "{}", NULL);
	expect("/a", "CONTENT_TYPE=application/json", "{\"a\": 1, \"a\": 2}", "bad_json");
	expect("/a", "CONTENT_TYPE=application/json", "[]", "bad_json");
	expect("/a", "CONTENT_TYPE=application/json", "{} {}", "bad_json");
	expect("/a", "CONTENT_TYPE=text/plain", "{", NULL);	/* not looked at; the route refuses the type */
}

static void
reads_lengths(void **state)
{
	static const struct
	{
		const char *variable;
		long		length;
	}			cases[] = {
		{"CONTENT_LENGTH=0", 0}, {"CONTENT_LENGTH=12", 12}, {"CONTENT_LENGTH=", 0}, {"CONTENT_LENGTH=-1", -1}, {"CONTENT_LENGTH=+1", -1},
		{"CONTENT_LENGTH=1x", -1}, {"CONTENT_LENGTH= 1", -1}, {"CONTENT_LENGTH=99999999999", -1}, {"CONTENT_LENGT=5", 0},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		char	   *variables[] = {(char *) cases[i].variable, NULL};

		assert_int_equal(request_body_length(variables), cases[i].length);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_path_and_query),
		cmocka_unit_test(refuses_broken_targets),
		cmocka_unit_test(takes_head_for_get),
		cmocka_unit_test(reads_cookies),
		cmocka_unit_test(reads_bodies),
		cmocka_unit_test(reads_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
