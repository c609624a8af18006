/*
 * wire_time.c
 *		Dates, times, timestamps and intervals of the wire.
 *
 * Infinity has no spelling of its own on the wire: each way that Debezium takes
 * a value leaves another number in its place.  All that were seen with
 * PostgreSQL and Debezium 3.2 and 3.6 are listed here, once.
 */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "wire.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY INT64_C(86400000000)
#define SECONDS_PER_DAY INT64_C(86400)

/* PGStatement.DATE_POSITIVE_INFINITY and _NEGATIVE_ of the JDBC driver. */
#define POSITIVE_SENTINEL INT64_C(9223372036825200000)
#define NEGATIVE_SENTINEL INT64_C(-9223372036832400000)

/* PostgreSQL's own limits, in days from 1970: 4714-11-24 BC on, before 5874898 and 294277. */
#define MIN_DAY INT64_C(-2440588)
#define END_DAY INT64_C(2145042906)
#define END_TIMESTAMP_DAY INT64_C(106762940)

/* A cursor over text; `ok` falls with the first mismatch and stays. */
typedef struct Scan
{
	const char *p;
	const char *end;
	bool		ok;
} Scan;

static Scan
scan_begin(DvSlice text)
{
	return (Scan) {text.data, text.data + text.len, true};
}

static bool
scan_char(Scan *scan, char c)
{
	if (scan->p < scan->end && *scan->p == c)
	{
		scan->p++;
		return true;
	}
	return false;
}

static void
scan_expect(Scan *scan, char c)
{
	scan->ok &= scan_char(scan, c);
}

static int
scan_digits(Scan *scan, int min, int max)
{
	int			value = 0;
	int			n = 0;

	while (n < max && scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9')
	{
		value = value * 10 + (*scan->p++ - '0');
		n++;
	}
	scan->ok &= n >= min;
	return value;
}

/* Days since 1970 in the proleptic Gregorian calendar; year 0 is 1 BC. */
static int64_t
days_from_civil(int64_t year, int month, int day)
{
	int64_t		era;
	int64_t		year_of_era;
	int64_t		day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
		day_of_year - 719468;
}

static void
civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t		z = days + 719468;
	int64_t		era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t		doe = z - era * 146097;
	int64_t		yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t		doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int			mp = (int) ((5 * doy + 2) / 153);

	*day = (int) (doy - (153 * mp + 2) / 5 + 1);
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = yoe + era * 400 + (*month <= 2);
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* [+-]Y…-MM-DD as ISO 8601 has it; days since 1970. */
static int64_t
scan_date(Scan *scan)
{
	bool		minus = scan_char(scan, '-');
	int			year;
	int			month;
	int			day;

	if (!minus)
		scan_char(scan, '+');
	year = scan_digits(scan, 4, 9);
	if (minus)
		year = -year;
	scan_expect(scan, '-');
	month = scan_digits(scan, 2, 2);
	scan_expect(scan, '-');
	day = scan_digits(scan, 2, 2);
	if (!scan->ok || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
	{
		scan->ok = false;
		return 0;
	}
	return days_from_civil(year, month, day);
}

/* Up to nine digits; what is finer than a microsecond must be nought. */
static int
scan_fraction(Scan *scan)
{
	int			us = 0;
	int			n = 0;

	for (; scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9'; n++)
	{
		int			digit = *scan->p++ - '0';

		if (n < 6)
			us = us * 10 + digit;
		else
			scan->ok &= digit == 0;
	}
	scan->ok &= n > 0 && n <= 9;
	for (; n < 6; n++)
		us *= 10;
	return us;
}

/* HH:MM[:SS[.f…]], up to 24:00:00; microseconds. */
static int64_t
scan_time(Scan *scan)
{
	int			hour = scan_digits(scan, 2, 2);
	int			minute;
	int			second = 0;
	int			fraction = 0;
	int64_t		us;

	scan_expect(scan, ':');
	minute = scan_digits(scan, 2, 2);
	if (scan_char(scan, ':'))
	{
		second = scan_digits(scan, 2, 2);
		if (scan_char(scan, '.'))
			fraction = scan_fraction(scan);
	}
	us = ((hour * 60 + minute) * INT64_C(60) + second) * US_PER_SECOND + fraction;
	scan->ok &= minute < 60 && second < 60 && us <= US_PER_DAY;
	return us;
}

/* Z or ±HH[:MM[:SS]]; seconds east.  `*present` says whether there was one. */
static int
scan_zone(Scan *scan, bool *present)
{
	bool		minus;
	int			seconds;

	*present = true;
	if (scan_char(scan, 'Z'))
		return 0;
	minus = scan_char(scan, '-');
	if (!minus && !scan_char(scan, '+'))
	{
		*present = false;
		return 0;
	}
	seconds = scan_digits(scan, 2, 2) * 3600;
	if (scan_char(scan, ':'))
		seconds += scan_digits(scan, 2, 2) * 60;
	if (scan_char(scan, ':'))
		seconds += scan_digits(scan, 2, 2);
	scan->ok &= seconds < 86400;
	return minus ? -seconds : seconds;
}

static bool
scan_done(const Scan *scan)
{
	return scan->ok && scan->p == scan->end;
}

static bool
special_infinity(DvSlice text, bool *positive)
{
	/* an array's -infinity: the driver's constant, without its era */
	if (dv_slice_is(text, "+292269055-12-02T23:00:00.000000Z"))
	{
		*positive = false;
		return true;
	}
	/* or OffsetDateTime.MAX and MIN, which the driver uses for it */
	if (text.len > 17 && memcmp(text.data, "+999999999-12-31T", 17) == 0)
		return *positive = true;
	*positive = dv_slice_is(text, "infinity");
	return *positive || dv_slice_is(text, "-infinity") ||
		(text.len > 17 && memcmp(text.data, "-999999999-01-01T", 17) == 0);
}

/*
 * Days that mean infinity.  The 32-bit ones: of the stream, -2147472692 and
 * -2147472691; of the snapshot and of arrays, the driver's constant in days,
 * wrapped (of -infinity without its era).  The 64-bit ones are the driver's
 * constant as an ISO date.
 */
static bool
infinite_day(int64_t days, bool *positive)
{
	*positive = days == -2147472692 || days == -622191234 || days == INT64_C(106751991166);
	return *positive || days == -2147472691 || days == -625821272 ||
		days == INT64_C(-106751991168);
}

static bool
date_from_days(DvWireContext *context, const DvWireValue *value, int64_t days, DvScalar *scalar)
{
	bool		positive;

	scalar->kind = DV_SCALAR_DATE;
	if (infinite_day(days, &positive))
		scalar->u.integer = positive ? INT32_MAX : INT32_MIN;
	else if (days < MIN_DAY || days >= END_DAY)
		return dv_wire_mismatch(context, value, "a date that PostgreSQL can hold");
	else
		scalar->u.integer = days - DV_DATE_EPOCH_DAYS;
	return true;
}

bool
dv_wire_date(DvWireContext *context, const DvWireValue *value, DvScalar *scalar)
{
	DvSlice		text;
	Scan		scan;
	int64_t		days;
	bool		positive;

	if (value->token == DV_TOKEN_NUMBER && dv_parse_int64(value->raw, &days))
		return date_from_days(context, value, days, scalar);
	if (value->token != DV_TOKEN_STRING)
		return dv_wire_mismatch(context, value, "a date");
	text = dv_json_text(&value->raw, value->escaped, context->arena);
	if (special_infinity(text, &positive))
	{
		scalar->kind = DV_SCALAR_DATE;
		scalar->u.integer = positive ? INT32_MAX : INT32_MIN;
		return true;
	}
	scan = scan_begin(text);
	days = scan_date(&scan);
	scan_char(&scan, 'Z');
	if (!scan_done(&scan))
		return dv_wire_mismatch(context, value, "a date");
	return date_from_days(context, value, days, scalar);
}

/* A number of `kind`'s unit in microseconds; false if it does not come out even. */
static bool
to_microseconds(DvWireKind kind, int64_t number, int64_t *us)
{
	switch (kind)
	{
		case DV_WIRE_TIME_MS:
		case DV_WIRE_TIMESTAMP_MS:
			return !__builtin_mul_overflow(number, 1000, us);
		case DV_WIRE_TIME_NS:
		case DV_WIRE_TIMESTAMP_NS:
			*us = number / 1000;
			return number % 1000 == 0;
		default:
			*us = number;
			return true;
	}
}

static bool
is_iso(DvWireKind kind)
{
	return kind == DV_WIRE_ISO_TIME || kind == DV_WIRE_ISO_TIMESTAMP ||
		kind == DV_WIRE_ZONED_TIMESTAMP;
}

bool
dv_wire_time(DvWireContext *context, const DvWireValue *value, DvWireKind kind, DvScalar *scalar)
{
	int64_t		us;
	bool		zone;

	scalar->kind = DV_SCALAR_TIME;
	if (!is_iso(kind))
	{
		if (value->token != DV_TOKEN_NUMBER || !dv_parse_int64(value->raw, &us) ||
			!to_microseconds(kind, us, &us) || us < 0 || us > US_PER_DAY)
			return dv_wire_mismatch(context, value, "a time of day");
	}
	else
	{
		Scan		scan;

		if (value->token != DV_TOKEN_STRING)
			return dv_wire_mismatch(context, value, "a time of day");
		scan = scan_begin(dv_json_text(&value->raw, value->escaped, context->arena));
		us = scan_time(&scan);
		if (scan_zone(&scan, &zone) != 0 || !scan_done(&scan))
			return dv_wire_mismatch(context, value, "a time of day");
	}
	scalar->u.integer = us;
	return true;
}

static void
set_infinity(DvScalar *scalar, bool positive)
{
	scalar->u.integer = positive ? INT64_MAX : INT64_MIN;
}

/* Seconds since 1970 and microseconds within, with a check of the range. */
static bool
timestamp_from_parts(DvWireContext *context, const DvWireValue *value,
					 int64_t seconds, int64_t us, DvScalar *scalar)
{
	if (seconds < MIN_DAY * SECONDS_PER_DAY || seconds >= END_TIMESTAMP_DAY * SECONDS_PER_DAY)
		return dv_wire_mismatch(context, value, "a timestamp that PostgreSQL can hold");
	seconds -= DV_DATE_EPOCH_DAYS * SECONDS_PER_DAY;
	scalar->u.integer = seconds * US_PER_SECOND + us;
	return true;
}

/*
 * Seconds that mean infinity: the driver's constants read as milliseconds (the
 * snapshot's way) and as microseconds, as ISO strings show them.
 */
static bool
infinite_second(int64_t seconds, int64_t us, bool *positive)
{
	*positive = (seconds == POSITIVE_SENTINEL / 1000000 && us == 200000) ||
		seconds == POSITIVE_SENTINEL / 1000;
	return *positive || (seconds == NEGATIVE_SENTINEL / 1000000 - 1 && us == 600000) ||
		seconds == NEGATIVE_SENTINEL / 1000;
}

static bool
timestamp_from_text(DvWireContext *context, const DvWireValue *value,
					bool zoned, DvScalar *scalar)
{
	DvSlice		text = dv_json_text(&value->raw, value->escaped, context->arena);
	Scan		scan = scan_begin(text);
	int64_t		days;
	int64_t		us;
	int64_t		seconds;
	int			offset;
	bool		positive;
	bool		zone;

	if (special_infinity(text, &positive))
	{
		set_infinity(scalar, positive);
		return true;
	}
	days = scan_date(&scan);
	scan_expect(&scan, 'T');
	us = scan_time(&scan);
	offset = scan_zone(&scan, &zone);
	if (!scan_done(&scan) || (zoned ? !zone : offset != 0))
		return dv_wire_mismatch(context, value, zoned ? "a timestamp with time zone" :
								"a timestamp without time zone");
	seconds = days * SECONDS_PER_DAY + us / US_PER_SECOND - offset;
	us %= US_PER_SECOND;
	if (infinite_second(seconds, us, &positive))
	{
		set_infinity(scalar, positive);
		return true;
	}
	return timestamp_from_parts(context, value, seconds, us, scalar);
}

static bool
timestamp_from_number(DvWireContext *context, const DvWireValue *value,
					  DvWireKind kind, DvScalar *scalar)
{
	int64_t		number;
	int64_t		us;
	int64_t		seconds;
	int64_t		second = kind == DV_WIRE_TIMESTAMP_MS ? 1000 : US_PER_SECOND;

	if (!dv_parse_int64(value->raw, &number))
		return dv_wire_mismatch(context, value, "a timestamp");
	if (kind != DV_WIRE_TIMESTAMP_NS)
	{
		int64_t		unit = kind == DV_WIRE_TIMESTAMP_MS ? 1000 : 1;

		if (number == POSITIVE_SENTINEL || number == NEGATIVE_SENTINEL ||
			number == POSITIVE_SENTINEL / unit || number == NEGATIVE_SENTINEL / unit)
		{
			set_infinity(scalar, number > 0);
			return true;
		}
	}
	/* milliseconds reach further than microseconds from 1970 do */
	if (kind == DV_WIRE_TIMESTAMP_NS && !to_microseconds(kind, number, &number))
		return dv_wire_mismatch(context, value, "a timestamp in whole microseconds");
	seconds = number / second;
	us = number % second * (US_PER_SECOND / second);
	if (us < 0)
	{
		us += US_PER_SECOND;
		seconds--;
	}
	return timestamp_from_parts(context, value, seconds, us, scalar);
}

bool
dv_wire_timestamp(DvWireContext *context, const DvWireValue *value,
				  DvWireKind kind, DvScalar *scalar)
{
	bool		zoned = kind == DV_WIRE_ZONED_TIMESTAMP;

	scalar->kind = zoned ? DV_SCALAR_TIMESTAMPTZ : DV_SCALAR_TIMESTAMP;
	if (is_iso(kind) && value->token == DV_TOKEN_STRING)
		return timestamp_from_text(context, value, zoned, scalar);
	if (!is_iso(kind) && value->token == DV_TOKEN_NUMBER)
		return timestamp_from_number(context, value, kind, scalar);
	return dv_wire_mismatch(context, value, zoned ? "a timestamp with time zone" :
							"a timestamp without time zone");
}

static size_t
print_fraction(char *buffer, int us)
{
	size_t		len;

	if (us == 0)
		return 0;
	len = (size_t) sprintf(buffer, ".%06d", us);
	while (buffer[len - 1] == '0')
		len--;
	return len;
}

static size_t
print_time(char *buffer, int64_t us)
{
	int			seconds = (int) (us / US_PER_SECOND);
	size_t		len = (size_t) sprintf(buffer, "%02d:%02d:%02d", seconds / 3600,
									   seconds / 60 % 60, seconds % 60);

	return len + print_fraction(buffer + len, (int) (us % US_PER_SECOND));
}

/* Debezium brings the zone to UTC; the scalar is timetz's own text. */
bool
dv_wire_timetz(DvWireContext *context, const DvWireValue *value, DvScalar *scalar)
{
	char	   *text;
	size_t		len;
	Scan		scan;
	int64_t		us;
	int			offset;
	bool		zone;

	if (value->token != DV_TOKEN_STRING)
		return dv_wire_mismatch(context, value, "a time with time zone");
	scan = scan_begin(dv_json_text(&value->raw, value->escaped, context->arena));
	us = scan_time(&scan);
	offset = scan_zone(&scan, &zone);
	if (!scan_done(&scan) || !zone)
		return dv_wire_mismatch(context, value, "a time with time zone");
	text = context->arena->alloc(context->arena->owner, 48);
	len = print_time(text, us);
	text[len++] = offset < 0 ? '-' : '+';
	offset = offset < 0 ? -offset : offset;
	len += (size_t) sprintf(text + len, "%02d", offset / 3600);
	if (offset % 3600 != 0)
		len += (size_t) sprintf(text + len, ":%02d", offset / 60 % 60);
	if (offset % 60 != 0)
		len += (size_t) sprintf(text + len, ":%02d", offset % 60);
	scalar->kind = DV_SCALAR_TEXT;
	scalar->u.text.data = text;
	scalar->u.text.len = len;
	return true;
}

/*
 * Microseconds have lost months and days (Debezium takes a month for 30.4375
 * days); they stay what they are: hours.  ISO 8601 text passes unchanged.
 */
bool
dv_wire_interval(DvWireContext *context, const DvWireValue *value, DvScalar *scalar)
{
	int64_t		us;
	uint64_t	size;
	char	   *text;
	size_t		len;

	scalar->kind = DV_SCALAR_TEXT;
	if (value->token == DV_TOKEN_STRING)
	{
		scalar->u.text = dv_json_text(&value->raw, value->escaped, context->arena);
		return true;
	}
	if (value->token != DV_TOKEN_NUMBER || !dv_parse_int64(value->raw, &us))
		return dv_wire_mismatch(context, value, "an interval");
	size = us < 0 ? -(uint64_t) us : (uint64_t) us;
	text = context->arena->alloc(context->arena->owner, 48);
	len = (size_t) sprintf(text, "%s%02llu:%02u:%02u", us < 0 ? "-" : "",
						   (unsigned long long) (size / UINT64_C(3600000000)),
						   (unsigned) (size / 60000000 % 60), (unsigned) (size / 1000000 % 60));
	len += print_fraction(text + len, (int) (size % 1000000));
	scalar->u.text.data = text;
	scalar->u.text.len = len;
	return true;
}

static size_t
print_date(char *buffer, int64_t days, bool *bc)
{
	int64_t		year;
	int			month;
	int			day;

	civil_from_days(days + DV_DATE_EPOCH_DAYS, &year, &month, &day);
	*bc = year <= 0;
	return (size_t) sprintf(buffer, "%04lld-%02d-%02d",
							(long long) (*bc ? 1 - year : year), month, day);
}

static size_t
print_timestamp(char *buffer, int64_t us, bool zoned)
{
	int64_t		days = us / US_PER_DAY;
	int64_t		rest = us % US_PER_DAY;
	size_t		len;
	bool		bc;

	if (rest < 0)
	{
		rest += US_PER_DAY;
		days--;
	}
	len = print_date(buffer, days, &bc);
	buffer[len++] = ' ';
	len += print_time(buffer + len, rest);
	if (zoned)
		len += (size_t) sprintf(buffer + len, "+00");
	if (bc)
		len += (size_t) sprintf(buffer + len, " BC");
	return len;
}

size_t
dv_wire_print_time(const DvScalar *scalar, char *buffer)
{
	int64_t		value = scalar->u.integer;
	bool		date = scalar->kind == DV_SCALAR_DATE;
	size_t		len;
	bool		bc;

	if (scalar->kind == DV_SCALAR_TIME)
		return print_time(buffer, value);
	if (value == (date ? INT32_MAX : INT64_MAX))
		return (size_t) sprintf(buffer, "infinity");
	if (value == (date ? INT32_MIN : INT64_MIN))
		return (size_t) sprintf(buffer, "-infinity");
	if (!date)
		return print_timestamp(buffer, value, scalar->kind == DV_SCALAR_TIMESTAMPTZ);
	len = print_date(buffer, value, &bc);
	if (bc)
		len += (size_t) sprintf(buffer + len, " BC");
	return len;
}
