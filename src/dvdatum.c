/*
 * dvdatum.c
 *		From a decoded value to a Datum, without ever losing a digit, a
 *		character or a part of a date.
 *
 * The common pairs of kind and type are built directly.  All others go by the
 * value's text (ISO for dates and times) and the type's input function; where
 * input functions round or cut silently, that is found out and refused.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/cash.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "dvtype.h"

/* As many digits as a float4 ever needs to be told from its neighbours. */
#define FLOAT4_DIGITS 9

static char *
type_name(const DvType *type)
{
	return format_type_with_typemod(type->basetype, type->basetypmod);
}

/* The value's text, for input functions and for messages. */
static char *
scalar_text(const DvScalar *scalar)
{
	DvArena		arena = dv_arena_of(CurrentMemoryContext);
	DvBuf		buf;

	dv_buf_init(&buf, &arena);
	switch (scalar->kind)
	{
		case DV_SCALAR_BOOL:
			dv_norm_bool(&buf, scalar->u.boolean);
			break;
		case DV_SCALAR_INT64:
			dv_norm_int64(&buf, scalar->u.integer);
			break;
		case DV_SCALAR_FLOAT8:
			dv_norm_float8(&buf, scalar->u.real);
			break;
		case DV_SCALAR_DATE:
			dv_norm_date(&buf, (int32) scalar->u.integer);
			break;
		case DV_SCALAR_TIME:
			dv_norm_time(&buf, scalar->u.integer);
			break;
		case DV_SCALAR_TIMESTAMP:
			dv_norm_timestamp(&buf, scalar->u.integer);
			break;
		case DV_SCALAR_TIMESTAMPTZ:
			dv_norm_timestamptz(&buf, scalar->u.integer);
			break;
		case DV_SCALAR_TEXT:
			dv_buf_append(&buf, scalar->u.text.data, scalar->u.text.len);
			break;
		case DV_SCALAR_BYTES:
			dv_buf_append(&buf, "\\x", 2);
			dv_norm_bytes(&buf, scalar->u.text.data, scalar->u.text.len);
			break;
		case DV_SCALAR_NULL:
		case DV_SCALAR_PLACEHOLDER:
			elog(ERROR, "a value without content has no datum");
	}
	dv_buf_append(&buf, "", 1);
	return buf.data;
}

/*
 * The text in the server's encoding, NUL-terminated.  The wire is UTF-8;
 * invalid sequences and NUL octets raise 22021 in here.
 */
static char *
server_text(const DvScalar *scalar)
{
	DvSlice		text = scalar->u.text;
	char	   *converted;

	if (scalar->kind != DV_SCALAR_TEXT)
		return scalar_text(scalar);
	if (GetDatabaseEncoding() != PG_UTF8)
		pg_verify_mbstr(PG_UTF8, text.data, (int) text.len, false);
	converted = pg_any_to_server(text.data, (int) text.len, PG_UTF8);
	return converted != text.data ? converted : pnstrdup(text.data, text.len);
}

static void
refuse(const DvType *type, const char *text, int sqlstate, const char *why)
{
	int			shown = pg_mbcliplen(text, (int) strlen(text), 64);

	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg("value does not fit type %s", type_name(type)),
			 errdetail("The value \"%.*s\"%s %s.", shown, text,
					   text[shown] != '\0' ? "..." : "", why),
			 errhint("Declare the target column as wide as the source column.")));
}

static void
refuse_scalar(const DvType *type, const DvScalar *scalar, int sqlstate,
			  const char *why)
{
	refuse(type, server_text(scalar), sqlstate, why);
}

static void
refuse_range(const DvType *type, const DvScalar *scalar, int sqlstate)
{
	refuse_scalar(type, scalar, sqlstate, "is out of range");
}

static Datum
input(const DvType *type, char *text, int32 typmod)
{
	return InputFunctionCall(unconstify(FmgrInfo *, &type->input), text,
							 type->typioparam, typmod);
}

/* Array input rounds its elements as their type's input does. */
static bool
same_value(const DvType *type, Datum a, Datum b)
{
	if (type->element != NULL)
		return DatumGetBool(OidFunctionCall2Coll(F_ARRAY_EQ, C_COLLATION_OID,
												 a, b));
	return datum_image_eq(a, b, type->typbyval, type->typlen);
}

/* By the input function, once more with the modifier to see what it changes. */
static Datum
datum_from_text(const DvType *type, char *text)
{
	Datum		plain = input(type, text, -1);
	Datum		fitted;

	if (type->basetypmod < 0)
		return plain;
	fitted = input(type, text, type->basetypmod);
	if (!same_value(type, plain, fitted))
		refuse(type, text, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
			   "would be rounded or cut");
	return fitted;
}

static Datum
datum_numeric(const DvType *type, const DvScalar *scalar)
{
	Datum		plain;
	Datum		fitted;

	if (scalar->kind == DV_SCALAR_INT64)
		plain = NumericGetDatum(int64_to_numeric(scalar->u.integer));
	else
		plain = input(type, server_text(scalar), -1);
	if (type->basetypmod < 0)
		return plain;
	fitted = DirectFunctionCall2(numeric, plain,
								 Int32GetDatum(type->basetypmod));
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, plain, fitted)))
		refuse_scalar(type, scalar, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
					  "has more digits than the type keeps");
	return fitted;
}

static Datum
datum_int(const DvType *type, const DvScalar *scalar)
{
	int64		value = scalar->u.integer;

	if (scalar->kind != DV_SCALAR_INT64)
		return datum_from_text(type, server_text(scalar));
	switch (type->norm)
	{
		case DV_NORM_INT2:
			if (value < PG_INT16_MIN || value > PG_INT16_MAX)
				break;
			return Int16GetDatum((int16) value);
		case DV_NORM_INT4:
			if (value < PG_INT32_MIN || value > PG_INT32_MAX)
				break;
			return Int32GetDatum((int32) value);
		default:
			return Int64GetDatum(value);
	}
	refuse_range(type, scalar, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
	return (Datum) 0;
}

/* Integers up to 2^53, or larger ones that a double happens to hold. */
static bool
int_to_double(int64 integer, double *real)
{
	*real = (double) integer;
	return *real < 9223372036854775808.0 && (int64) *real == integer;
}

/*
 * Whether a double is what a float4 prints, hence the float4 itself: the wire
 * has float4 in decimal digits, which no double holds exactly.
 */
static bool
is_float4(double real)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];
	int			len;
	int			digits = 0;

	if (isnan(real) || isinf(real) || (double) (float) real == real)
		return true;
	if (isinf((float) real) || (float) real == 0)
		return false;
	len = double_to_shortest_decimal_buf(real, text);
	for (int i = 0; i < len && text[i] != 'e'; i++)
		if (text[i] >= '0' && text[i] <= '9' && (digits > 0 || text[i] != '0'))
			digits++;
	return digits <= FLOAT4_DIGITS;
}

static Datum
datum_float(const DvType *type, const DvScalar *scalar)
{
	double		real = scalar->u.real;

	if (scalar->kind == DV_SCALAR_INT64 &&
		!int_to_double(scalar->u.integer, &real))
		refuse_scalar(type, scalar, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
					  "has more digits than the type keeps");
	else if (scalar->kind != DV_SCALAR_INT64 &&
			 scalar->kind != DV_SCALAR_FLOAT8)
		return datum_from_text(type, server_text(scalar));
	if (type->norm == DV_NORM_FLOAT8)
		return Float8GetDatum(real);
	if (!is_float4(real))
		refuse_scalar(type, scalar, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
					  "has more digits than the type keeps");
	return Float4GetDatum((float) real);
}

/*
 * How many octets of text a character type of `limit` characters keeps: all, or
 * all but trailing blanks where they mean nothing.  SQL lets varchar lose blanks,
 * too; but two keys that differ in them would become one.
 */
static int
fitting_length(const DvType *type, const char *text, int len, int limit)
{
	int			keep;

	if (len <= limit || pg_mbstrlen_with_len(text, len) <= limit)
		return len;
	keep = pg_mbcharcliplen(text, len, limit);
	for (int i = keep; i < len; i++)
		if (text[i] != ' ' || type->norm != DV_NORM_BPCHAR)
			refuse(type, pnstrdup(text, len),
				   ERRCODE_STRING_DATA_RIGHT_TRUNCATION, "is too long");
	return keep;
}

/* A varlena of text, blank-padded to `width` characters for character(n). */
static Datum
make_text(const char *text, int len, int width)
{
	int			blanks = width > 0 ? width - pg_mbstrlen_with_len(text, len) : 0;
	struct varlena *result = palloc(VARHDRSZ + len + Max(blanks, 0));

	memcpy(VARDATA(result), text, len);
	if (blanks > 0)
		memset(VARDATA(result) + len, ' ', blanks);
	SET_VARSIZE(result, VARHDRSZ + len + Max(blanks, 0));
	return PointerGetDatum(result);
}

static Datum
make_name(const DvType *type, const char *text, int len)
{
	Name		name;

	if (len >= NAMEDATALEN)
		refuse(type, pnstrdup(text, len),
			   ERRCODE_STRING_DATA_RIGHT_TRUNCATION, "is too long");
	name = palloc0(NAMEDATALEN);
	memcpy(NameStr(*name), text, len);
	return NameGetDatum(name);
}

/* text, varchar(n), character(n), name; pg_any_to_server() verifies. */
static Datum
datum_text(const DvType *type, const DvScalar *scalar)
{
	const char *text = scalar->u.text.data;
	int			len = (int) scalar->u.text.len;
	int			limit = type->basetypmod - (int) VARHDRSZ;

	if (scalar->kind != DV_SCALAR_TEXT || GetDatabaseEncoding() != PG_UTF8)
	{
		text = server_text(scalar);
		len = (int) strlen(text);
	}
	else
		pg_verify_mbstr(PG_UTF8, text, len, false);
	if (type->typlen != -1)
		return make_name(type, text, len);
	if (limit <= 0)
		return make_text(text, len, 0);
	len = fitting_length(type, text, len, limit);
	return make_text(text, len, type->norm == DV_NORM_BPCHAR ? limit : 0);
}

static Datum
datum_bytea(const DvType *type, const DvScalar *scalar)
{
	if (scalar->kind != DV_SCALAR_BYTES)
		return datum_from_text(type, server_text(scalar));
	return make_text(scalar->u.text.data, (int) scalar->u.text.len, 0);
}

static Datum
datum_uuid(const DvType *type, const DvScalar *scalar)
{
	pg_uuid_t  *uuid;

	if (scalar->kind != DV_SCALAR_BYTES || scalar->u.text.len != UUID_LEN)
		return datum_from_text(type, server_text(scalar));
	uuid = palloc(sizeof(pg_uuid_t));
	memcpy(uuid->data, scalar->u.text.data, UUID_LEN);
	return UUIDPGetDatum(uuid);
}

/* Refuse what time(p) and timestamp(p) would round. */
static void
check_precision(const DvType *type, const DvScalar *scalar, int64 us)
{
	int64		unit = 1;

	if (type->basetypmod < 0)
		return;
	for (int i = type->basetypmod; i < MAX_TIMESTAMP_PRECISION; i++)
		unit *= 10;
	if (us % unit != 0)
		refuse_scalar(type, scalar, ERRCODE_DATETIME_FIELD_OVERFLOW,
					  "has more fractional digits than the type keeps");
}

static void
refuse_datetime(const DvType *type, const char *text)
{
	refuse(type, text, ERRCODE_INVALID_DATETIME_FORMAT,
		   "is not in the form that the type prints");
}

/* Digits of the seconds beyond a microsecond, which input would round. */
static bool
has_nanoseconds(const char *text)
{
	const char *point = strchr(text, '.');
	int			digits = 0;

	if (point == NULL)
		return false;
	for (const char *c = point + 1; *c >= '0' && *c <= '9'; c++)
		if (++digits > MAX_TIMESTAMP_PRECISION && *c != '0')
			return true;
	return false;
}

/*
 * Text for a date or time type.  Its input functions take more than they keep:
 * words such as "now", a time for a date, a zone for a timestamp without one.
 */
static void
check_datetime_text(const DvType *type, const char *text)
{
	const char *colon = strchr(text, ':');
	bool		infinite = pg_strcasecmp(text, "infinity") == 0 ||
	pg_strcasecmp(text, "-infinity") == 0;

	if (type->norm == DV_NORM_TIME ? infinite :
		!infinite && (text[0] < '0' || text[0] > '9'))
		refuse_datetime(type, text);
	if (type->norm == DV_NORM_DATE && colon != NULL)
		refuse_datetime(type, text);
	if (type->norm == DV_NORM_TIME &&
		(colon == NULL || text[strspn(text, "0123456789:.")] != '\0'))
		refuse_datetime(type, text);
	if (type->norm == DV_NORM_TIMESTAMP && colon != NULL &&
		strpbrk(colon, "+-zZ") != NULL)
		refuse_datetime(type, text);
	if (has_nanoseconds(text))
		refuse(type, text, ERRCODE_DATETIME_FIELD_OVERFLOW,
			   "has more fractional digits than the type keeps");
}

static Datum
datum_datetime_text(const DvType *type, const DvScalar *scalar)
{
	char	   *text = server_text(scalar);
	Datum		value;

	if (scalar->kind != DV_SCALAR_TEXT)
		refuse_datetime(type, text);
	check_datetime_text(type, text);
	value = input(type, text, -1);
	if (type->norm != DV_NORM_DATE &&
		!(type->norm != DV_NORM_TIME &&
		  TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value))))
		check_precision(type, scalar, DatumGetInt64(value));
	return value;
}

/* A timestamp becomes a date only at midnight: nothing is cut off. */
static Datum
datum_date(const DvType *type, const DvScalar *scalar)
{
	int64		days = scalar->u.integer;

	if (scalar->kind == DV_SCALAR_TIMESTAMP ||
		scalar->kind == DV_SCALAR_TIMESTAMPTZ)
	{
		if (TIMESTAMP_IS_NOBEGIN(days) || TIMESTAMP_IS_NOEND(days))
			return DateADTGetDatum(days < 0 ? DATEVAL_NOBEGIN : DATEVAL_NOEND);
		if (days % USECS_PER_DAY != 0)
			refuse_scalar(type, scalar, ERRCODE_DATETIME_FIELD_OVERFLOW,
						  "has a time of day");
		days /= USECS_PER_DAY;
	}
	else if (scalar->kind != DV_SCALAR_DATE)
		return datum_datetime_text(type, scalar);
	if (days != DATEVAL_NOBEGIN && days != DATEVAL_NOEND &&
		!IS_VALID_DATE(days))
		refuse_range(type, scalar, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
	return DateADTGetDatum((DateADT) days);
}

static Datum
datum_time(const DvType *type, const DvScalar *scalar)
{
	int64		us = scalar->u.integer;

	if (scalar->kind != DV_SCALAR_TIME)
		return datum_datetime_text(type, scalar);
	if (us < 0 || us > USECS_PER_DAY)
	{
		DvScalar	number = {DV_SCALAR_INT64, {.integer = us}};

		refuse_range(type, &number, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
	}
	check_precision(type, scalar, us);
	return TimeADTGetDatum(us);
}

/* A date's midnight; false if no timestamp is that far away. */
static bool
midnight(int64 days, int64 *us)
{
	if (days == DATEVAL_NOBEGIN || days == DATEVAL_NOEND)
	{
		*us = days < 0 ? DT_NOBEGIN : DT_NOEND;
		return true;
	}
	return !__builtin_mul_overflow(days, USECS_PER_DAY, us);
}

/* With or without time zone: the wire's instants are UTC, and stay so. */
static Datum
datum_timestamp(const DvType *type, const DvScalar *scalar)
{
	int64		us = scalar->u.integer;

	if (scalar->kind == DV_SCALAR_DATE)
	{
		if (!midnight(scalar->u.integer, &us))
			refuse_range(type, scalar, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
	}
	else if (scalar->kind != DV_SCALAR_TIMESTAMP &&
			 scalar->kind != DV_SCALAR_TIMESTAMPTZ)
		return datum_datetime_text(type, scalar);
	if (TIMESTAMP_NOT_FINITE(us))
		return TimestampGetDatum(us);
	if (!IS_VALID_TIMESTAMP(us))
		refuse_range(type, scalar, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
	check_precision(type, scalar, us);
	return TimestampGetDatum(us);
}

/* In cents: from 2^46 on a double no longer tells one cent from the next. */
#define EXACT_CENTS (INT64CONST(100) << 46)

/*
 * Money by way of numeric: money's own input depends on lc_monetary and rounds.
 * Only text with a currency sign or group separators is left to it.  An exponent
 * is the mark of a double, which the snapshot makes of it on the way.
 */
static Datum
datum_money(const DvType *type, const DvScalar *scalar)
{
	char	   *text = server_text(scalar);
	Datum		exact;
	Datum		money;

	if (text[strspn(text, "0123456789.-+eE")] != '\0')
		return datum_from_text(type, text);
	exact = DirectFunctionCall3(numeric_in, CStringGetDatum(text),
								ObjectIdGetDatum(InvalidOid),
								Int32GetDatum(-1));
	money = DirectFunctionCall1(numeric_cash, exact);
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, exact,
										  DirectFunctionCall1(cash_numeric,
															  money))))
		refuse(type, text, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
			   "has more digits than the type keeps");
	if (strpbrk(text, "eE") != NULL &&
		(DatumGetCash(money) >= EXACT_CENTS || DatumGetCash(money) <= -EXACT_CENTS))
		refuse(type, text, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
			   "has lost digits on the wire");
	return money;
}

static Datum
base_datum(const DvType *type, const DvScalar *scalar)
{
	switch (type->norm)
	{
		case DV_NORM_BOOL:
			if (scalar->kind == DV_SCALAR_BOOL)
				return BoolGetDatum(scalar->u.boolean);
			break;
		case DV_NORM_INT2:
		case DV_NORM_INT4:
		case DV_NORM_INT8:
			return datum_int(type, scalar);
		case DV_NORM_FLOAT4:
		case DV_NORM_FLOAT8:
			return datum_float(type, scalar);
		case DV_NORM_NUMERIC:
			return datum_numeric(type, scalar);
		case DV_NORM_TEXT:
		case DV_NORM_BPCHAR:
			return datum_text(type, scalar);
		case DV_NORM_DATE:
			return datum_date(type, scalar);
		case DV_NORM_TIME:
			return datum_time(type, scalar);
		case DV_NORM_TIMESTAMP:
		case DV_NORM_TIMESTAMPTZ:
			return datum_timestamp(type, scalar);
		case DV_NORM_UUID:
			return datum_uuid(type, scalar);
		case DV_NORM_BYTEA:
			return datum_bytea(type, scalar);
		case DV_NORM_MONEY:
			return datum_money(type, scalar);
		default:
			break;
	}
	return datum_from_text(type, server_text(scalar));
}

Datum
dv_type_datum(const DvType *type, const DvScalar *scalar)
{
	Datum		value;

	if (scalar->kind == DV_SCALAR_NULL || scalar->kind == DV_SCALAR_PLACEHOLDER)
		elog(ERROR, "a value without content has no datum");
	value = base_datum(type, scalar);
	if (type->domain_cache != NULL)
		domain_check(value, false, type->typid, type->domain_cache,
					 type->context);
	return value;
}
