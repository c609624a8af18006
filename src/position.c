/*
 * position.c
 *		Making, reading and printing source positions.
 */
#include "postgres.h"

#include "port/pg_bswap.h"

#include "position.h"

#define OFF_EPOCH 0
#define OFF_COMMIT 2
#define OFF_STAGE 10
#define OFF_LSN 11
#define OFF_HALF 19

static uint64
read64(const uint8 *p)
{
	uint64		v;

	memcpy(&v, p, sizeof(v));
	return pg_ntoh64(v);
}

static void
write64(uint8 *p, uint64 v)
{
	v = pg_hton64(v);
	memcpy(p, &v, sizeof(v));
}

DvPos
dv_pos_make(uint16 epoch, uint64 commit, uint8 stage, uint64 lsn, uint8 half)
{
	DvPos		pos;

	pos.bytes[OFF_EPOCH] = (uint8) (epoch >> 8);
	pos.bytes[OFF_EPOCH + 1] = (uint8) epoch;
	write64(pos.bytes + OFF_COMMIT, commit);
	pos.bytes[OFF_STAGE] = stage;
	write64(pos.bytes + OFF_LSN, lsn);
	pos.bytes[OFF_HALF] = half;
	return pos;
}

int
dv_pos_cmp(const DvPos *a, const DvPos *b)
{
	return memcmp(a->bytes, b->bytes, DV_POS_LEN);
}

uint16
dv_pos_epoch(const DvPos *pos)
{
	return (uint16) (pos->bytes[OFF_EPOCH] << 8 | pos->bytes[OFF_EPOCH + 1]);
}

uint64
dv_pos_commit(const DvPos *pos)
{
	return read64(pos->bytes + OFF_COMMIT);
}

uint64
dv_pos_lsn(const DvPos *pos)
{
	return read64(pos->bytes + OFF_LSN);
}

uint8
dv_pos_stage(const DvPos *pos)
{
	return pos->bytes[OFF_STAGE];
}

uint8
dv_pos_half(const DvPos *pos)
{
	return pos->bytes[OFF_HALF];
}

char *
dv_pos_text(const DvPos *pos)
{
	return psprintf("%u/" UINT64_FORMAT "/%u/" UINT64_FORMAT "/%u",
					dv_pos_epoch(pos), dv_pos_commit(pos), dv_pos_stage(pos),
					dv_pos_lsn(pos), dv_pos_half(pos));
}
