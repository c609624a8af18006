/*
 * decode.c
 *		Time to decode a captured event: envelope, and envelope with all values
 *		of the row.  cmocka is linked only because the captures' reader checks.
 */
#include <time.h>

#define CAPTURES "test/data/debezium/"
#include "../test/unit/capture.h"

#define ROUNDS 200000
#define ARENA (1 << 20)

static char arena_space[ARENA];
static size_t arena_used;

static void *
bump(void *owner, size_t size)
{
	void	   *result = arena_space + arena_used;

	(void) owner;
	arena_used += (size + 15) & ~(size_t) 15;
	if (arena_used > ARENA)
		abort();
	return result;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void
measure(const char *file, const char *table)
{
	const DvArena arena = {bump, NULL};
	DvMessage  *messages;
	int			n = load_captures(file, &messages);

	for (int i = 0; i < n; i++)
	{
		DvEvent		event;
		DvErr		err;
		double		start;

		if (!dv_json_decode(&messages[i], &test_arena, &event, &err) || event.op == 0 ||
			!dv_slice_is(event.table, table) || !event.after.present)
			continue;
		start = seconds();
		for (int round = 0; round < ROUNDS; round++)
		{
			arena_used = 0;
			if (!dv_json_decode(&messages[i], &arena, &event, &err))
				abort();
		}
		printf("%-32s %-9s %5zu B %8.0f ns/event\n", file, table,
			   messages[i].value.len, (seconds() - start) / ROUNDS * 1e9);
		break;
	}
	release_blocks();
}

int
main(void)
{
	static const char *const tables[] = {"customer", "account", "transfer"};

	for (int t = 0; t < 3; t++)
	{
		measure("02-insert-update-delete.json-noschema", tables[t]);
		measure("02-insert-update-delete.json-schema", tables[t]);
	}
	return 0;
}
