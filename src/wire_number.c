/*
 * wire_number.c
 *		Integers, floats and decimals of the wire.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "wire.h"

/*
 * numeric holds 131072 digits before the point and 16383 behind it, which is
 * less than this many bytes of a binary integer.  Turning bytes into digits
 * takes quadratic time, so longer ones are refused first.
 */
#define MAX_UNSCALED_BYTES 61300
#define MAX_SCALE 16383
#define MAX_WHOLE_DIGITS 131072

bool
dv_parse_int64(DvSlice text, int64_t *result)
{
	bool		minus = text.len > 0 && text.data[0] == '-';
	int64_t		value = 0;

	if (text.len == (size_t) minus || text.len > 20)
		return false;
	for (size_t i = minus; i < text.len; i++)
	{
		int			digit = text.data[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_sub_overflow(value, digit, &value))
			return false;
	}
	if (!minus && value == INT64_MIN)
		return false;
	*result = minus ? value : -value;
	return true;
}

bool
dv_wire_int(DvWireContext *context, const DvWireValue *value, DvScalar *scalar)
{
	scalar->kind = DV_SCALAR_INT64;
	if (value->token != DV_TOKEN_NUMBER || !dv_parse_int64(value->raw, &scalar->u.integer))
		return dv_wire_mismatch(context, value, "an integer of 64 bits");
	return true;
}

static bool
special_float(DvSlice text, double *result)
{
	if (dv_slice_is(text, "NaN"))
		*result = NAN;
	else if (dv_slice_is(text, "Infinity"))
		*result = INFINITY;
	else if (dv_slice_is(text, "-Infinity"))
		*result = -INFINITY;
	else
		return false;
	return true;
}

/*
 * The JSON number was checked by its reader; strtod() wants it terminated, and
 * LC_NUMERIC to be C, as it is in a PostgreSQL backend.
 */
static bool
parse_float(const DvArena *arena, DvSlice text, bool single, double *result)
{
	char		buffer[64];
	char	   *copy = buffer;

	if (text.len >= sizeof(buffer))
		copy = arena->alloc(arena->owner, text.len + 1);
	memcpy(copy, text.data, text.len);
	copy[text.len] = 0;
	*result = single ? (double) strtof(copy, NULL) : strtod(copy, NULL);
	return isfinite(*result);
}

bool
dv_wire_float(DvWireContext *context, const DvWireValue *value, bool single, DvScalar *scalar)
{
	scalar->kind = DV_SCALAR_FLOAT8;
	if (value->token == DV_TOKEN_STRING && special_float(value->raw, &scalar->u.real))
		return true;
	if (value->token != DV_TOKEN_NUMBER ||
		!parse_float(context->arena, value->raw, single, &scalar->u.real))
		return dv_wire_mismatch(context, value, single ? "a real number of 32 bits" :
								"a real number of 64 bits");
	return true;
}

/* Big-endian two's complement into its magnitude, 32-bit words, lowest first. */
static size_t
load_magnitude(DvSlice bytes, bool minus, uint32_t *words)
{
	size_t		nwords = (bytes.len + 3) / 4;
	uint32_t	carry = minus;

	for (size_t w = 0; w < nwords; w++)
	{
		uint32_t	word = 0;

		for (size_t b = 4; b-- > 0;)
		{
			size_t		i = w * 4 + b;
			unsigned char byte = i < bytes.len ?
				(unsigned char) bytes.data[bytes.len - 1 - i] : (minus ? 0xFF : 0);

			word = word << 8 | byte;
		}
		if (minus)
			word = ~word;
		words[w] = word + carry;
		carry = carry && words[w] == 0;
	}
	/* -2^(32n) alone carries out of the top word */
	if (carry)
		words[nwords++] = 1;
	while (nwords > 0 && words[nwords - 1] == 0)
		nwords--;
	return nwords;
}

/* Digits of the magnitude, written backwards from `end`; destroys the words. */
static char *
print_magnitude(uint32_t *words, size_t nwords, char *end)
{
	char	   *p = end;

	while (nwords > 0)
	{
		uint64_t	rest = 0;

		for (size_t w = nwords; w-- > 0;)
		{
			rest = rest << 32 | words[w];
			words[w] = (uint32_t) (rest / 1000000000u);
			rest %= 1000000000u;
		}
		while (nwords > 0 && words[nwords - 1] == 0)
			nwords--;
		for (int i = 0; i < 9 && (nwords > 0 || rest > 0); i++, rest /= 10)
			*--p = (char) ('0' + rest % 10);
	}
	if (p == end)
		*--p = '0';
	return p;
}

/* Sign, digits and the point put together in the arena. */
static DvSlice
join_decimal(const char *digits, size_t ndigits, int scale, bool minus, const DvArena *arena)
{
	size_t		behind = scale > 0 ? (size_t) scale : 0;
	size_t		zeros = ndigits <= behind ? behind + 1 - ndigits : 0;
	size_t		trailing = scale < 0 && !(ndigits == 1 && digits[0] == '0') ? (size_t) -scale : 0;
	size_t		total = ndigits + zeros;
	char	   *text = arena->alloc(arena->owner, total + trailing + 3);
	char	   *out = text;
	DvSlice		result;

	if (minus)
		*out++ = '-';
	memset(out, '0', zeros);
	memcpy(out + zeros, digits, ndigits);
	if (behind > 0)
	{
		memmove(out + total - behind + 1, out + total - behind, behind);
		out[total - behind] = '.';
		total++;
	}
	out += total;
	memset(out, '0', trailing);
	out += trailing;
	result.data = text;
	result.len = (size_t) (out - text);
	return result;
}

/* Nearly every amount fits 64 bits. */
static DvSlice
small_decimal(DvSlice bytes, int scale, const DvArena *arena)
{
	char		buffer[24];
	char	   *p = buffer + sizeof(buffer);
	uint64_t	bits = (signed char) bytes.data[0] < 0 ? UINT64_MAX : 0;
	bool		minus = bits != 0;

	for (size_t i = 0; i < bytes.len; i++)
		bits = bits << 8 | (unsigned char) bytes.data[i];
	if (minus)
		bits = -bits;
	do
	{
		*--p = (char) ('0' + bits % 10);
		bits /= 10;
	} while (bits > 0);
	return join_decimal(p, (size_t) (buffer + sizeof(buffer) - p), scale, minus, arena);
}

static DvSlice
large_decimal(DvSlice bytes, int scale, const DvArena *arena)
{
	bool		minus = (signed char) bytes.data[0] < 0;
	size_t		room = bytes.len * 5 / 2 + 16;	/* > log10(256) a byte */
	uint32_t   *words = arena->alloc(arena->owner, bytes.len + 16);
	char	   *digits = arena->alloc(arena->owner, room);
	size_t		nwords = load_magnitude(bytes, minus, words);
	char	   *p = print_magnitude(words, nwords, digits + room);

	return join_decimal(p, (size_t) (digits + room - p), scale, minus, arena);
}

static bool
too_many_digits(DvWireContext *context, const DvWireValue *value)
{
	return dv_wire_mismatch(context, value, "no more digits than numeric can hold");
}

static bool
decode_unscaled(DvWireContext *context, const DvWireValue *value, DvSlice base64,
				int64_t scale, DvScalar *scalar)
{
	DvSlice		bytes;

	if (scale < -MAX_SCALE || scale > MAX_SCALE)
		return dv_wire_mismatch(context, value, "a scale that numeric can hold");
	if (base64.len / 4 * 3 > MAX_UNSCALED_BYTES)
		return too_many_digits(context, value);
	if (!dv_base64_decode(base64, false, context->arena, &bytes) || bytes.len == 0)
	{
		dv_wire_mismatch(context, value, "a decimal as base64 of its unscaled value");
		dv_err_hint(context->err, "Compare decimal.handling.mode of the connector with "
					"\"wire.decimal\" in the model.");
		return false;
	}
	scalar->kind = DV_SCALAR_TEXT;
	if (dv_wire_is_placeholder(context, bytes))
		scalar->kind = DV_SCALAR_PLACEHOLDER;
	else if (bytes.len <= 8)
		scalar->u.text = small_decimal(bytes, (int) scale, context->arena);
	else
		scalar->u.text = large_decimal(bytes, (int) scale, context->arena);
	return true;
}

/* {"scale": n, "value": base64}; other members are let pass. */
static bool
decode_variable(DvWireContext *context, const DvWireValue *value, DvScalar *scalar)
{
	DvJson		json;
	DvJsonValue name;
	DvJsonValue member;
	DvSlice		base64 = {NULL, 0};
	int64_t		scale = 0;
	bool		has_scale = false;
	bool		more;

	dv_json_begin(&json, value->raw, context->err);
	if (dv_json_peek(&json) != '{' || !dv_json_open(&json))
		return dv_wire_mismatch(context, value, "a decimal");
	for (;;)
	{
		if (!dv_json_member(&json, &name, &more))
			return false;
		if (!more)
			break;
		if (!dv_json_value(&json, &member))
			return false;
		if (member.token == DV_TOKEN_NUMBER && dv_slice_is(name.raw, "scale"))
			has_scale = dv_parse_int64(member.raw, &scale);
		else if (member.token == DV_TOKEN_STRING && dv_slice_is(name.raw, "value"))
			base64 = dv_json_text(&member.raw, member.escaped, context->arena);
	}
	if (!has_scale || base64.data == NULL)
		return dv_wire_mismatch(context, value, "a decimal with its scale");
	return decode_unscaled(context, value, base64, scale, scalar);
}

static const char *
special_decimal(DvSlice text)
{
	static const char *const spellings[][2] = {
		{"NAN", "NaN"}, {"NaN", "NaN"},
		{"POSITIVE_INFINITY", "Infinity"}, {"Infinity", "Infinity"},
		{"+Infinity", "Infinity"},
		{"NEGATIVE_INFINITY", "-Infinity"}, {"-Infinity", "-Infinity"},
	};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		if (dv_slice_is(text, spellings[i][0]))
			return spellings[i][1];
	return NULL;
}

static size_t
count_digits(DvSlice text, size_t *at)
{
	size_t		start = *at;

	while (*at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9')
		(*at)++;
	return *at - start;
}

/* What numeric's input takes, without blanks. */
static bool
is_decimal_text(DvSlice text)
{
	size_t		at = 0;
	size_t		digits;

	if (at < text.len && (text.data[at] == '-' || text.data[at] == '+'))
		at++;
	digits = count_digits(text, &at);
	if (at < text.len && text.data[at] == '.')
	{
		at++;
		digits += count_digits(text, &at);
	}
	if (digits == 0)
		return false;
	if (at < text.len && (text.data[at] == 'e' || text.data[at] == 'E'))
	{
		at++;
		if (at < text.len && (text.data[at] == '-' || text.data[at] == '+'))
			at++;
		if (count_digits(text, &at) == 0)
			return false;
	}
	return at == text.len;
}

/* The power of ten behind e or E; one that is out of bounds anyway is cut short. */
static int64_t
read_exponent(DvSlice text, size_t at)
{
	int64_t		exponent = 0;
	bool		minus = at < text.len && text.data[at] == '-';

	for (; at < text.len && exponent < INT32_MAX; at++)
		if (text.data[at] >= '0' && text.data[at] <= '9')
			exponent = exponent * 10 + (text.data[at] - '0');
	return minus ? -exponent : exponent;
}

/* Does numeric hold that many digits?  The text is a decimal number, maybe with an exponent. */
static bool
fits_numeric(DvSlice text)
{
	int64_t		whole = 0;		/* from the first that is not zero; behind the point less than one */
	int64_t		scale = 0;
	int64_t		exponent = 0;
	bool		point = false;
	bool		zero = true;

	for (size_t i = 0; i < text.len; i++)
	{
		char		c = text.data[i];

		if (c == 'e' || c == 'E')
		{
			exponent = read_exponent(text, i + 1);
			break;
		}
		point |= c == '.';
		if (c < '0' || c > '9')
			continue;
		zero &= c == '0';
		scale += point;
		whole += !zero && !point;
		whole -= zero && point;
	}
	return scale - exponent <= MAX_SCALE && (zero || whole + exponent <= MAX_WHOLE_DIGITS);
}

static bool
decode_text(DvWireContext *context, const DvWireValue *value, bool number, DvScalar *scalar)
{
	DvSlice		text = dv_json_text(&value->raw, value->escaped, context->arena);
	const char *special = special_decimal(text);

	scalar->kind = DV_SCALAR_TEXT;
	scalar->u.text = text;
	if (special != NULL)
	{
		scalar->u.text.data = special;
		scalar->u.text.len = strlen(special);
		return true;
	}
	if (!number && is_decimal_text(text))
		return fits_numeric(text) || too_many_digits(context, value);
	dv_wire_mismatch(context, value, "a decimal number");
	dv_err_hint(context->err, "Compare decimal.handling.mode of the connector with "
				"\"wire.decimal\" in the model.");
	return false;
}

bool
dv_wire_decimal(DvWireContext *context, const DvWireValue *value,
				const DvWireType *wire, DvScalar *scalar)
{
	/* The struct tells all there is to know, whatever was declared. */
	if (value->token == DV_TOKEN_OBJECT)
		return decode_variable(context, value, scalar);
	if (value->token == DV_TOKEN_NUMBER && wire->kind == DV_WIRE_DECIMAL_DOUBLE)
	{
		scalar->kind = DV_SCALAR_TEXT;
		scalar->u.text = value->raw;
		return fits_numeric(value->raw) || too_many_digits(context, value);
	}
	if (value->token == DV_TOKEN_STRING)
	{
		if (wire->kind == DV_WIRE_DECIMAL)
			return decode_unscaled(context, value,
								   dv_json_text(&value->raw, value->escaped, context->arena),
								   wire->scale, scalar);
		if (wire->kind == DV_WIRE_VARDECIMAL)
			return dv_wire_mismatch(context, value, "a decimal with its scale");
		return decode_text(context, value, wire->kind == DV_WIRE_DECIMAL_DOUBLE, scalar);
	}
	dv_wire_mismatch(context, value, "a decimal");
	dv_err_hint(context->err, "Compare decimal.handling.mode of the connector with "
				"\"wire.decimal\" in the model.");
	return false;
}
