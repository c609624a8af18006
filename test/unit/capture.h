/*
 * capture.h
 *		For tests: captured messages from test/data/debezium, an arena, and
 *		scalars as text.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode_json.h"
#include "json.h"
#include "wire.h"

#ifndef CAPTURES
#define CAPTURES "../data/debezium/"
#endif

/* Blocks in a list, each its own allocation so that sanitizers see its ends. */
typedef struct TestBlock
{
	struct TestBlock *next;
	void	   *padding;		/* keeps what follows aligned to 16 */
} TestBlock;

static TestBlock *test_blocks;

static inline void *
test_alloc(void *owner, size_t size)
{
	TestBlock  *block = malloc(sizeof(*block) + size);

	(void) owner;
	block->next = test_blocks;
	test_blocks = block;
	return block + 1;
}

static inline void
release_blocks(void)
{
	while (test_blocks != NULL)
	{
		TestBlock  *block = test_blocks;

		test_blocks = block->next;
		free(block);
	}
}

static const DvArena test_arena = {test_alloc, NULL};

static inline DvSlice
slice(const char *text)
{
	return (DvSlice) {text, text ? strlen(text) : 0};
}

static inline char *
cstring(DvSlice text)
{
	char	   *copy = test_alloc(NULL, text.len + 1);

	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	copy[text.len] = 0;
	return copy;
}

static inline DvSlice
captured_text(const DvJsonValue *value)
{
	if (value->token == DV_TOKEN_NULL)
		return (DvSlice) {NULL, 0};
	return dv_json_text(&value->raw, value->escaped, &test_arena);
}

/* [[name, value], …] */
static inline void
captured_headers(DvSlice text, DvMessage *message)
{
	DvHeader   *headers = test_alloc(NULL, 16 * sizeof(*headers));
	DvJson		json;
	DvErr		err;
	DvJsonValue name;
	DvJsonValue value;
	bool		more;

	message->headers = headers;
	dv_json_begin(&json, text, &err);
	dv_json_peek(&json);
	assert_true(dv_json_open(&json));
	while (dv_json_element(&json, &more) && more)
	{
		dv_json_peek(&json);
		assert_true(dv_json_open(&json));
		assert_true(dv_json_element(&json, &more) && dv_json_value(&json, &name));
		assert_true(dv_json_element(&json, &more) && dv_json_value(&json, &value));
		assert_true(dv_json_element(&json, &more) && !more);
		headers[message->nheaders].name = captured_text(&name);
		headers[message->nheaders++].value = captured_text(&value);
	}
}

static inline void
captured_line(DvSlice line, DvMessage *message)
{
	DvJson		json;
	DvErr		err;
	DvJsonValue name;
	DvJsonValue value;
	bool		more;

	memset(message, 0, sizeof(*message));
	dv_json_begin(&json, line, &err);
	dv_json_peek(&json);
	assert_true(dv_json_open(&json));
	while (dv_json_member(&json, &name, &more) && more)
	{
		assert_true(dv_json_value(&json, &value));
		if (dv_slice_is(name.raw, "topic"))
			message->topic = cstring(value.raw);
		else if (dv_slice_is(name.raw, "key"))
			message->key = captured_text(&value);
		else if (dv_slice_is(name.raw, "value"))
			message->value = captured_text(&value);
		else if (dv_slice_is(name.raw, "headers"))
			captured_headers(value.raw, message);
	}
	assert_true(dv_json_end(&json));
}

/* All messages of one file of captures. */
static inline int
load_captures(const char *file, DvMessage **messages)
{
	char		path[256];
	FILE	   *stream;
	char	   *line = NULL;
	size_t		size = 0;
	ssize_t		len;
	int			n = 0;

	snprintf(path, sizeof(path), CAPTURES "%s.jsonl", file);
	stream = fopen(path, "r");
	assert_non_null(stream);
	*messages = test_alloc(NULL, 1000 * sizeof(**messages));
	while ((len = getline(&line, &size, stream)) > 0)
		captured_line(slice(cstring((DvSlice) {line, (size_t) len - 1})), &(*messages)[n++]);
	free(line);
	fclose(stream);
	return n;
}

/* "int 5", "date 2026-11-23", "bytes deadbeef" … */
static inline const char *
show(const DvScalar *scalar)
{
	static const char *const names[] = {"null", "placeholder", "bool", "int", "float",
	"date", "time", "timestamp", "timestamptz", "text", "bytes"};
	char	   *out = test_alloc(NULL, scalar->kind >= DV_SCALAR_TEXT ?
								 scalar->u.text.len * 2 + 80 : 120);
	int			len = sprintf(out, "%s", names[scalar->kind]);

	if (scalar->kind >= DV_SCALAR_BOOL)
		out[len++] = ' ';
	out[len] = 0;
	if (scalar->kind == DV_SCALAR_BOOL)
		strcpy(out + len, scalar->u.boolean ? "true" : "false");
	else if (scalar->kind == DV_SCALAR_INT64)
		sprintf(out + len, "%lld", (long long) scalar->u.integer);
	else if (scalar->kind == DV_SCALAR_FLOAT8)
		sprintf(out + len, "%.9g", scalar->u.real);
	else if (scalar->kind == DV_SCALAR_TEXT)
		sprintf(out + len, "%.*s", (int) scalar->u.text.len, scalar->u.text.data);
	else if (scalar->kind == DV_SCALAR_BYTES)
		for (size_t i = 0; i < scalar->u.text.len; i++)
			sprintf(out + len + 2 * i, "%02x", (unsigned char) scalar->u.text.data[i]);
	else if (scalar->kind >= DV_SCALAR_DATE)
		out[len + (int) dv_wire_print_time(scalar, out + len)] = 0;
	return out;
}

#endif							/* CAPTURE_H */
