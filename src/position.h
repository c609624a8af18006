/*
 * position.h
 *		datavault.source_pos: where in the source's history a row version
 *		stands.
 *
 * Twenty bytes, big-endian, so that memcmp() is the order:
 *
 *		epoch(2) commit(8) stage(1) lsn(8) half(1)
 *
 * Order of versions is the whole position; identity of a version within its
 * source row is (epoch, stage, lsn, half).  See doc/rules.md.
 */
#ifndef DV_POSITION_H
#define DV_POSITION_H

#include "postgres.h"

#include "fmgr.h"

#define DV_POS_LEN 20

#define DV_STAGE_SNAPSHOT 0
#define DV_STAGE_STREAM 1

#define DV_HALF_FIRST 0			/* everything but the two below */
#define DV_HALF_SECOND 1		/* the c of a primary-key change */
#define DV_HALF_MARKER 255		/* an undecodable event, right behind another */

typedef struct DvPos
{
	uint8		bytes[DV_POS_LEN];
} DvPos;

extern DvPos dv_pos_make(uint16 epoch, uint64 commit, uint8 stage, uint64 lsn,
						 uint8 half);
extern int	dv_pos_cmp(const DvPos *a, const DvPos *b);
extern uint16 dv_pos_epoch(const DvPos *pos);
extern uint64 dv_pos_commit(const DvPos *pos);
extern uint64 dv_pos_lsn(const DvPos *pos);
extern uint8 dv_pos_stage(const DvPos *pos);
extern uint8 dv_pos_half(const DvPos *pos);

/* "epoch/commit/stage/lsn/half" in decimal, as source_pos prints; palloc'd. */
extern char *dv_pos_text(const DvPos *pos);

#define DatumGetDvPosP(d) ((DvPos *) DatumGetPointer(d))
#define DvPosPGetDatum(p) PointerGetDatum(p)

#endif							/* DV_POSITION_H */
