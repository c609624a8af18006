/*
 * arena.h
 *		An arena for tests: every block apart, so that sanitizers see each
 *		overrun; all freed at once.
 */
#ifndef TEST_ARENA_H
#define TEST_ARENA_H

#include <stdlib.h>

#include "record.h"

#define TEST_ARENA_BLOCKS 4096

typedef struct TestArena
{
	DvArena		arena;
	void	   *blocks[TEST_ARENA_BLOCKS];
	int			nblocks;
} TestArena;

static inline void *
test_arena_alloc(void *owner, size_t size)
{
	TestArena  *test = owner;
	void	   *block = malloc(size > 0 ? size : 1);

	if (block == NULL || test->nblocks == TEST_ARENA_BLOCKS)
		abort();
	test->blocks[test->nblocks++] = block;
	return block;
}

static inline void
test_arena_init(TestArena *test)
{
	test->nblocks = 0;
	test->arena.alloc = test_arena_alloc;
	test->arena.owner = test;
}

static inline void
test_arena_free(TestArena *test)
{
	while (test->nblocks > 0)
		free(test->blocks[--test->nblocks]);
}

#endif							/* TEST_ARENA_H */
