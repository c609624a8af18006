/*
 * norm.c
 *		Canonical texts of the native profile; doc/hash.md is their definition
 *		and changes with every change here.
 *
 * Nothing below reads a setting, a locale or the clock.
 */
#include "norm.h"

#include <math.h>
#include <string.h>

#include "common/shortest_dec.h"

#define DAYS_1970_TO_2000 INT64_C(10957)
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY (INT64_C(86400) * US_PER_SECOND)

void
dv_buf_init(DvBuf *buf, const DvArena *arena)
{
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
	buf->arena = arena;
}

/*
 * Make room for `extra` more bytes and return where they go.  The old block
 * stays with the arena; doubling keeps all of them together below twice the
 * last one.
 */
static char *
reserve(DvBuf *buf, size_t extra)
{
	size_t		cap = buf->cap < 128 ? 128 : buf->cap;
	char	   *grown;

	if (buf->cap - buf->len >= extra)
		return buf->data + buf->len;
	while (cap - buf->len < extra)
		cap *= 2;
	grown = buf->arena->alloc(buf->arena->owner, cap);
	if (buf->len > 0)
		memcpy(grown, buf->data, buf->len);
	buf->data = grown;
	buf->cap = cap;
	return buf->data + buf->len;
}

void
dv_buf_append(DvBuf *buf, const void *data, size_t len)
{
	char	   *to;

	if (len == 0)
		return;
	to = reserve(buf, len);
	memcpy(to, data, len);
	buf->len += len;
}

/* Decimal digits of value, written to end at `end`; returns their start. */
static char *
digits_before(char *end, uint64_t value)
{
	do
	{
		*--end = (char) ('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return end;
}

static void
append_unsigned(DvBuf *buf, uint64_t value)
{
	char		text[20];
	char	   *end = text + sizeof(text);
	char	   *start = digits_before(end, value);

	dv_buf_append(buf, start, (size_t) (end - start));
}

/* Exactly `width` digits, or more where the value needs them. */
static void
append_padded(DvBuf *buf, uint64_t value, int width)
{
	char		text[20];
	char	   *end = text + sizeof(text);
	char	   *start = digits_before(end, value);

	while (end - start < width)
		*--start = '0';
	dv_buf_append(buf, start, (size_t) (end - start));
}

void
dv_norm_component(DvBuf *buf, const void *text, size_t len)
{
	append_unsigned(buf, len);
	dv_buf_append(buf, ":", 1);
	dv_buf_append(buf, text, len);
}

/*
 * Turn what was appended since `start` into a component: for texts whose
 * length is known only once they are written.
 */
void
dv_norm_component_from(DvBuf *buf, size_t start)
{
	size_t		len = buf->len - start;
	char		prefix[21];
	char	   *end = prefix + sizeof(prefix);
	char	   *from;
	size_t		size;

	*--end = ':';
	from = digits_before(end, len);
	size = (size_t) (end + 1 - from);
	reserve(buf, size);
	memmove(buf->data + start + size, buf->data + start, len);
	memcpy(buf->data + start, from, size);
	buf->len += size;
}

void
dv_norm_null(DvBuf *buf)
{
	dv_buf_append(buf, "~", 1);
}

void
dv_norm_bool(DvBuf *buf, bool value)
{
	if (value)
		dv_buf_append(buf, "true", 4);
	else
		dv_buf_append(buf, "false", 5);
}

void
dv_norm_int64(DvBuf *buf, int64_t value)
{
	if (value < 0)
		dv_buf_append(buf, "-", 1);
	append_unsigned(buf, value < 0 ? -(uint64_t) value : (uint64_t) value);
}

/* The values that have no digits, and zero without its sign. */
static bool
append_special_float(DvBuf *buf, double value)
{
	if (isnan(value))
		dv_buf_append(buf, "NaN", 3);
	else if (isinf(value) && value < 0)
		dv_buf_append(buf, "-Infinity", 9);
	else if (isinf(value))
		dv_buf_append(buf, "Infinity", 8);
	else if (value == 0)
		dv_buf_append(buf, "0", 1);
	else
		return false;
	return true;
}

void
dv_norm_float8(DvBuf *buf, double value)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (!append_special_float(buf, value))
		dv_buf_append(buf, text,
					  (size_t) double_to_shortest_decimal_buf(value, text));
}

void
dv_norm_float4(DvBuf *buf, float value)
{
	char		text[FLOAT_SHORTEST_DECIMAL_LEN];

	if (!append_special_float(buf, (double) value))
		dv_buf_append(buf, text,
					  (size_t) float_to_shortest_decimal_buf(value, text));
}

/* Without needless zeros on either side; no sign on zero; words as they are. */
void
dv_norm_decimal(DvBuf *buf, const char *text, size_t len)
{
	const char *end = text + len;
	const char *point;
	bool		negative = len > 0 && *text == '-';

	if (len > 0 && (*text == '-' || *text == '+'))
		text++;
	if (text < end && *text != '.' && (*text < '0' || *text > '9'))
	{
		if (negative)
			dv_buf_append(buf, "-", 1);
		dv_buf_append(buf, text, (size_t) (end - text));
		return;
	}
	while (text < end && *text == '0')
		text++;
	for (point = text; point < end && *point != '.';)
		point++;
	while (end > point && (end[-1] == '0' || end[-1] == '.'))
		end--;
	if (negative && text < end)
		dv_buf_append(buf, "-", 1);
	if (text == end || *text == '.')
		dv_buf_append(buf, "0", 1);
	dv_buf_append(buf, text, (size_t) (end - text));
}

/*
 * Year, month and day of the proleptic Gregorian calendar.  Counting in years
 * that begin in March puts the leap day last, so months need no table.
 */
static void
civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t		shifted = days + DAYS_1970_TO_2000 + 719468;
	int64_t		era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t		of_era = shifted - era * 146097;
	int64_t		year_of_era = (of_era - of_era / 1460 + of_era / 36524 -
							   of_era / 146096) / 365;
	int64_t		of_year = of_era - (365 * year_of_era + year_of_era / 4 -
									year_of_era / 100);
	int64_t		march_month = (5 * of_year + 2) / 153;

	*day = (int) (of_year - (153 * march_month + 2) / 5 + 1);
	*month = (int) (march_month < 10 ? march_month + 3 : march_month - 9);
	*year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

/* YYYY-MM-DD; returns whether " BC" has to end the text. */
static bool
append_date(DvBuf *buf, int64_t days)
{
	int64_t		year;
	int			month;
	int			day;

	civil_from_days(days, &year, &month, &day);
	append_padded(buf, (uint64_t) (year > 0 ? year : 1 - year), 4);
	dv_buf_append(buf, "-", 1);
	append_padded(buf, (uint64_t) month, 2);
	dv_buf_append(buf, "-", 1);
	append_padded(buf, (uint64_t) day, 2);
	return year <= 0;
}

static void
append_infinity(DvBuf *buf, bool negative)
{
	if (negative)
		dv_buf_append(buf, "-infinity", 9);
	else
		dv_buf_append(buf, "infinity", 8);
}

void
dv_norm_date(DvBuf *buf, int32_t days)
{
	if (days == INT32_MIN || days == INT32_MAX)
		append_infinity(buf, days < 0);
	else if (append_date(buf, days))
		dv_buf_append(buf, " BC", 3);
}

/* HH:MM:SS.ffffff, always six digits: what every dialect's formatter can do. */
void
dv_norm_time(DvBuf *buf, int64_t us)
{
	uint64_t	seconds = (uint64_t) us / US_PER_SECOND;

	append_padded(buf, seconds / 3600, 2);
	dv_buf_append(buf, ":", 1);
	append_padded(buf, seconds / 60 % 60, 2);
	dv_buf_append(buf, ":", 1);
	append_padded(buf, seconds % 60, 2);
	dv_buf_append(buf, ".", 1);
	append_padded(buf, (uint64_t) us % US_PER_SECOND, 6);
}

static void
append_timestamp(DvBuf *buf, int64_t us, bool utc)
{
	int64_t		days = us / US_PER_DAY;
	int64_t		rest = us % US_PER_DAY;
	bool		bc;

	if (us == INT64_MIN || us == INT64_MAX)
	{
		append_infinity(buf, us < 0);
		return;
	}
	if (rest < 0)
	{
		rest += US_PER_DAY;
		days--;
	}
	bc = append_date(buf, days);
	dv_buf_append(buf, "T", 1);
	dv_norm_time(buf, rest);
	if (utc)
		dv_buf_append(buf, "Z", 1);
	if (bc)
		dv_buf_append(buf, " BC", 3);
}

void
dv_norm_timestamp(DvBuf *buf, int64_t us)
{
	append_timestamp(buf, us, false);
}

void
dv_norm_timestamptz(DvBuf *buf, int64_t us)
{
	append_timestamp(buf, us, true);
}

/* Lower-case hexadecimal without a prefix. */
void
dv_norm_bytes(DvBuf *buf, const void *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *from = data;
	char	   *to = reserve(buf, len * 2);

	for (size_t i = 0; i < len; i++)
	{
		*to++ = hex[from[i] >> 4];
		*to++ = hex[from[i] & 15];
	}
	buf->len += len * 2;
}

void
dv_norm_uuid(DvBuf *buf, const uint8_t uuid[16])
{
	static const int groups[] = {4, 2, 2, 2, 6};

	for (int i = 0, at = 0; i < 5; at += groups[i++])
	{
		if (i > 0)
			dv_buf_append(buf, "-", 1);
		dv_norm_bytes(buf, uuid + at, (size_t) groups[i]);
	}
}

/* A jsonb as PostgreSQL prints it, each of its numbers as a decimal. */
void
dv_norm_jsonb(DvBuf *buf, const char *text, size_t len)
{
	size_t		i = 0;

	while (i < len)
	{
		size_t		start = i;

		if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9'))
		{
			while (i < len && (text[i] == '-' || text[i] == '.' ||
							   (text[i] >= '0' && text[i] <= '9')))
				i++;
			dv_norm_decimal(buf, text + start, i - start);
			continue;
		}
		if (text[i++] == '"')
		{
			while (i < len && text[i] != '"')
				i += text[i] == '\\' ? 2 : 1;
			i = i < len ? i + 1 : len;
		}
		dv_buf_append(buf, text + start, i - start);
	}
}
