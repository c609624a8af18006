/*
 * source_queue.c
 *		A source in memory.  Messages stay until the queue is closed, so
 *		release() has nothing to free.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "source_queue.h"

typedef struct Item
{
	DvMessage	message;
	const DvSourceError *err;	/* instead of a message */
} Item;

typedef struct Queue
{
	MemoryContext context;
	int			n;
	int			room;
	int			next;
	Item	   *items;
	DvMessage  *batch;
} Queue;

static DvSlice
copy_slice(DvSlice slice)
{
	char	   *data;

	if (slice.data == NULL)
		return slice;
	data = palloc(slice.len + 1);
	memcpy(data, slice.data, slice.len);
	data[slice.len] = '\0';
	return (DvSlice) {data, slice.len};
}

static Item *
new_item(Queue *queue)
{
	if (queue->n == queue->room)
	{
		queue->room *= 2;
		queue->items = repalloc(queue->items, sizeof(Item) * queue->room);
	}
	memset(&queue->items[queue->n], 0, sizeof(Item));
	return &queue->items[queue->n++];
}

void *
dv_queue_open(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "datavault queue",
												  ALLOCSET_DEFAULT_SIZES);
	Queue	   *queue = MemoryContextAllocZero(context, sizeof(Queue));

	queue->context = context;
	queue->room = 16;
	queue->items = MemoryContextAlloc(context, sizeof(Item) * queue->room);
	return queue;
}

void
dv_queue_put(void *source, const DvMessage *message)
{
	Queue	   *queue = source;
	MemoryContext old = MemoryContextSwitchTo(queue->context);
	DvMessage  *copy = &new_item(queue)->message;
	DvHeader   *headers = palloc(sizeof(DvHeader) * Max(message->nheaders, 1));

	*copy = *message;
	copy->topic = pstrdup(message->topic);
	copy->key = copy_slice(message->key);
	copy->value = copy_slice(message->value);
	for (int i = 0; i < message->nheaders; i++)
	{
		headers[i].name = copy_slice(message->headers[i].name);
		headers[i].value = copy_slice(message->headers[i].value);
	}
	copy->headers = headers;
	MemoryContextSwitchTo(old);
}

void
dv_queue_put_error(void *source, const DvSourceError *err)
{
	Queue	   *queue = source;
	DvSourceError *copy = MemoryContextAlloc(queue->context, sizeof(*copy));

	*copy = *err;
	new_item(queue)->err = copy;
}

static int
queue_poll(void *source, const DvMessage **messages, int max, size_t max_bytes,
		   DvSourceError *err)
{
	Queue	   *queue = source;
	size_t		bytes = 0;
	int			n = 0;

	if (queue->next < queue->n && queue->items[queue->next].err)
	{
		*err = *queue->items[queue->next++].err;
		return -1;
	}
	if (queue->batch)
		pfree(queue->batch);
	queue->batch = MemoryContextAlloc(queue->context,
									  sizeof(DvMessage) * Max(Min(max, queue->n - queue->next), 1));
	while (n < max && bytes < max_bytes && queue->next < queue->n &&
		   queue->items[queue->next].err == NULL)
	{
		queue->batch[n] = queue->items[queue->next++].message;
		bytes += queue->batch[n].key.len + queue->batch[n].value.len;
		n++;
	}
	*messages = queue->batch;
	return n;
}

static void
queue_release(void *source)
{
}

static int
queue_wait_fd(void *source)
{
	return -1;
}

static void
queue_close(void *source)
{
	MemoryContextDelete(((Queue *) source)->context);
}

const DvSourceOps dv_queue_ops = {
	.poll = queue_poll,
	.release = queue_release,
	.wait_fd = queue_wait_fd,
	.close = queue_close,
};
