/*
 * offset.h
 *		Where a subscription stands: positions of its partitions, kept in
 *		datavault.offset and moved in the transaction that writes the rows.
 *
 * A position moves by compare-and-set: the row read last must still be there
 * (locked), and the next number must be free.  Otherwise somebody else has
 * taken the partition: ERRCODE_DV_FENCED.  Rows are appended and pruned, never
 * updated, so an old snapshot costs nothing.
 *
 * Needs an open SPI connection and a snapshot, but for committed, aborted, list,
 * admit and crc.
 */
#ifndef DV_OFFSET_H
#define DV_OFFSET_H

#include "postgres.h"

#include "record.h"

typedef struct DvOffsets DvOffsets;

/* Where a partition is read from, if not at an offset; as next_offset. */
#define DV_OFFSET_EARLIEST (-1)	/* the first message there is */
#define DV_OFFSET_LATEST (-2)	/* its end, as the worker finds it */

typedef struct DvPosition
{
	const char *topic;
	int32		partition;
	int64		next_offset;	/* or one of the above */
	int64		last_offset;	/* −1 = none */
	int64		last_timestamp;
	uint32		last_crc;		/* CRC-32C of the value */
	uint64		max_commit;		/* of streamed changes; 0 = none yet */
	int64		max_time;
	const char *connector;		/* whose changes they are */
} DvPosition;

/*
 * Take over all partitions of the subscription, fencing whoever had them; in a
 * child of `parent`.  Takes effect with the caller's commit.
 */
extern DvOffsets *dv_offsets_claim(int32 subscription, MemoryContext parent);
extern int64 dv_offsets_generation(const DvOffsets *offsets);

/* Move past messages[0..n-1]; one INSERT, one DELETE. */
extern void dv_offsets_advance(DvOffsets *offsets, const DvMessage *messages, int n);

/* Set positions that were found by name (DV_OFFSET_LATEST). */
extern void dv_offsets_place(DvOffsets *offsets, const DvPosition *positions, int n);

/*
 * May this event follow what was seen of its partition?  False, with *err, if
 * the source's positions have begun anew (doc/rules.md, section 2).
 */
extern bool dv_offsets_admit(DvOffsets *offsets, const DvMessage *message, const DvEvent *event,
							 DvErr *err);

extern void dv_offsets_committed(DvOffsets *offsets);
extern void dv_offsets_aborted(DvOffsets *offsets);

/* Known positions, as committed; valid until the next advance. */
extern int	dv_offsets_list(DvOffsets *offsets, const DvPosition **positions);
extern uint32 dv_offsets_crc(DvSlice value);

/*
 * By hand, of a subscription without a worker; one that runs after all is
 * fenced off.  Both leave a row in datavault.position_change.
 *
 * reset: partitions with a position (topic NULL: all; partition −1: all of the
 * topic), or the one named; returns how many.  skip: past `offset`, if the
 * subscription stands there.
 */
extern int	dv_offsets_reset(int32 subscription, const char *topic, int32 partition, int64 next_offset);
extern void dv_offsets_skip(int32 subscription, const char *topic, int32 partition, int64 offset);

#endif							/* DV_OFFSET_H */
