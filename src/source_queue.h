/*
 * source_queue.h
 *		A source in memory, for tests of what stands above sources.
 */
#ifndef DV_SOURCE_QUEUE_H
#define DV_SOURCE_QUEUE_H

#include "postgres.h"

#include "source.h"

extern const DvSourceOps dv_queue_ops;

/* An empty queue in a child of the current memory context. */
extern void *dv_queue_open(void);

/* Append a copy of the message. */
extern void dv_queue_put(void *queue, const DvMessage *message);

/* Let the poll() that would come to this point fail, once. */
extern void dv_queue_put_error(void *queue, const DvSourceError *err);

#endif							/* DV_SOURCE_QUEUE_H */
