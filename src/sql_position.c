/*
 * sql_position.c
 *		SQL surface of datavault.source_pos: input and output, comparison,
 *		hashing, construction and access to the parts.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/pg_lsn.h"
#include "utils/sortsupport.h"

#include "position.h"

PG_FUNCTION_INFO_V1(dv_source_pos_in);
PG_FUNCTION_INFO_V1(dv_source_pos_out);
PG_FUNCTION_INFO_V1(dv_source_pos_recv);
PG_FUNCTION_INFO_V1(dv_source_pos_send);
PG_FUNCTION_INFO_V1(dv_source_pos_lt);
PG_FUNCTION_INFO_V1(dv_source_pos_le);
PG_FUNCTION_INFO_V1(dv_source_pos_eq);
PG_FUNCTION_INFO_V1(dv_source_pos_ne);
PG_FUNCTION_INFO_V1(dv_source_pos_ge);
PG_FUNCTION_INFO_V1(dv_source_pos_gt);
PG_FUNCTION_INFO_V1(dv_source_pos_cmp);
PG_FUNCTION_INFO_V1(dv_source_pos_sortsupport);
PG_FUNCTION_INFO_V1(dv_source_pos_hash);
PG_FUNCTION_INFO_V1(dv_source_pos_hash_extended);
PG_FUNCTION_INFO_V1(dv_make_source_pos);
PG_FUNCTION_INFO_V1(dv_source_pos_epoch);
PG_FUNCTION_INFO_V1(dv_source_pos_commit);
PG_FUNCTION_INFO_V1(dv_source_pos_stage);
PG_FUNCTION_INFO_V1(dv_source_pos_lsn);
PG_FUNCTION_INFO_V1(dv_source_pos_half);

#define PG_GETARG_POS(n) DatumGetDvPosP(PG_GETARG_DATUM(n))

static Datum
pos_datum(DvPos pos)
{
	DvPos	   *copy = palloc(sizeof(DvPos));

	*copy = pos;
	return DvPosPGetDatum(copy);
}

/* One decimal part up to `max`; moves *cursor behind it. */
static bool
parse_part(const char **cursor, uint64 max, uint64 *value)
{
	const char *p = *cursor;
	uint64		v = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
	{
		uint64		digit = (uint64) (*p - '0');

		if (v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	*cursor = p;
	return true;
}

Datum
dv_source_pos_in(PG_FUNCTION_ARGS)
{
	static const uint64 limits[5] = {PG_UINT16_MAX, PG_UINT64_MAX, 255, PG_UINT64_MAX, 255};
	const char *text = PG_GETARG_CSTRING(0);
	const char *cursor = text;
	uint64		part[5];

	for (int i = 0; i < 5; i++)
	{
		if ((i > 0 && *cursor++ != '/') || !parse_part(&cursor, limits[i], &part[i]))
			goto bad;
	}
	if (*cursor == '\0')
		return pos_datum(dv_pos_make((uint16) part[0], part[1], (uint8) part[2],
									 part[3], (uint8) part[4]));
bad:
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"", "source_pos", text),
			 errdetail("A source position is written epoch/commit/stage/lsn/half, in decimal."),
			 errhint("For example: 1/26547456/1/26547272/0.")));
	return (Datum) 0;
}

Datum
dv_source_pos_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(dv_pos_text(PG_GETARG_POS(0)));
}

Datum
dv_source_pos_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	DvPos		pos;

	pq_copymsgbytes(buf, (char *) pos.bytes, DV_POS_LEN);
	return pos_datum(pos);
}

Datum
dv_source_pos_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, (char *) PG_GETARG_POS(0)->bytes, DV_POS_LEN);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static int
compare_args(FunctionCallInfo fcinfo)
{
	return dv_pos_cmp(PG_GETARG_POS(0), PG_GETARG_POS(1));
}

Datum
dv_source_pos_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) < 0);
}

Datum
dv_source_pos_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) <= 0);
}

Datum
dv_source_pos_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) == 0);
}

Datum
dv_source_pos_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) != 0);
}

Datum
dv_source_pos_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) >= 0);
}

Datum
dv_source_pos_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) > 0);
}

Datum
dv_source_pos_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_args(fcinfo));
}

static int
sort_comparator(Datum a, Datum b, SortSupport ssup)
{
	return dv_pos_cmp(DatumGetDvPosP(a), DatumGetDvPosP(b));
}

Datum
dv_source_pos_sortsupport(PG_FUNCTION_ARGS)
{
	SortSupport ssup = (SortSupport) PG_GETARG_POINTER(0);

	ssup->comparator = sort_comparator;
	PG_RETURN_VOID();
}

Datum
dv_source_pos_hash(PG_FUNCTION_ARGS)
{
	return hash_any(PG_GETARG_POS(0)->bytes, DV_POS_LEN);
}

Datum
dv_source_pos_hash_extended(PG_FUNCTION_ARGS)
{
	return hash_any_extended(PG_GETARG_POS(0)->bytes, DV_POS_LEN,
							 (uint64) PG_GETARG_INT64(1));
}

/* A part given as integer; raises 22003 outside 0 … max. */
static int
ranged_part(const char *name, int32 value, int max)
{
	if (value < 0 || value > max)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s of a source position out of range: %d", name, value),
				 errdetail("It is between 0 and %d.", max)));
	return value;
}

Datum
dv_make_source_pos(PG_FUNCTION_ARGS)
{
	int			epoch = ranged_part("epoch", PG_GETARG_INT32(0), PG_UINT16_MAX);
	int			stage = ranged_part("stage", PG_GETARG_INT32(2), 255);
	int			half = ranged_part("half", PG_GETARG_INT32(4), 255);

	return pos_datum(dv_pos_make((uint16) epoch, PG_GETARG_LSN(1), (uint8) stage,
								 PG_GETARG_LSN(3), (uint8) half));
}

Datum
dv_source_pos_epoch(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(dv_pos_epoch(PG_GETARG_POS(0)));
}

Datum
dv_source_pos_commit(PG_FUNCTION_ARGS)
{
	PG_RETURN_LSN(dv_pos_commit(PG_GETARG_POS(0)));
}

Datum
dv_source_pos_stage(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(dv_pos_stage(PG_GETARG_POS(0)));
}

Datum
dv_source_pos_lsn(PG_FUNCTION_ARGS)
{
	PG_RETURN_LSN(dv_pos_lsn(PG_GETARG_POS(0)));
}

Datum
dv_source_pos_half(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(dv_pos_half(PG_GETARG_POS(0)));
}
