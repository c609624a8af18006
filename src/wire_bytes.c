/*
 * wire_bytes.c
 *		bytea and bit strings: base64 (both alphabets), hex, Debezium's Bits.
 */
#include <string.h>

#include "json.h"
#include "wire.h"

static int
base64_digit(char c, bool url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (url ? '-' : '+'))
		return 62;
	if (c == (url ? '_' : '/'))
		return 63;
	return -1;
}

/* Without its padding, which must be right if it is there; -1 = it is not. */
static long
unpadded_length(DvSlice text, bool url)
{
	size_t		len = text.len;

	while (len > 0 && text.len - len < 2 && text.data[len - 1] == '=')
		len--;
	if (len % 4 == 1 || (len != text.len && text.len % 4 != 0))
		return -1;
	if (len == text.len && len % 4 != 0 && !url)
		return -1;
	return (long) len;
}

/*
 * Strict: the right alphabet, padding (optional in the URL alphabet), no
 * leftover bits, so that every value has one spelling.
 */
bool
dv_base64_decode(DvSlice text, bool url, const DvArena *arena, DvSlice *bytes)
{
	long		len = unpadded_length(text, url);
	uint32_t	bits = 0;
	int			nbits = 0;
	char	   *out;

	if (len < 0)
		return false;
	out = arena->alloc(arena->owner, (size_t) len / 4 * 3 + 3);
	bytes->data = out;
	for (long i = 0; i < len; i++)
	{
		int			digit = base64_digit(text.data[i], url);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t) digit;
		nbits += 6;
		if (nbits >= 8)
		{
			nbits -= 8;
			*out++ = (char) (bits >> nbits & 0xFF);
		}
	}
	bytes->len = (size_t) (out - bytes->data);
	return (bits & ((1u << nbits) - 1)) == 0;
}

static bool
hex_decode(DvSlice text, const DvArena *arena, DvSlice *bytes)
{
	char	   *out;

	if (text.len % 2 != 0)
		return false;
	out = arena->alloc(arena->owner, text.len / 2 + 1);
	bytes->data = out;
	bytes->len = text.len / 2;
	for (size_t i = 0; i < text.len; i += 2)
	{
		int			high = dv_hex_digit(text.data[i]);
		int			low = dv_hex_digit(text.data[i + 1]);

		if (high < 0 || low < 0)
			return false;
		*out++ = (char) (high << 4 | low);
	}
	return true;
}

bool
dv_wire_bytes(DvWireContext *context, const DvWireValue *value,
			  DvWireKind kind, DvScalar *scalar)
{
	DvSlice		text;
	DvSlice		bytes;
	bool		ok;

	if (value->token != DV_TOKEN_STRING)
		return dv_wire_mismatch(context, value, "encoded bytes");
	text = dv_json_text(&value->raw, value->escaped, context->arena);
	if (kind == DV_WIRE_BYTES_HEX)
		ok = hex_decode(text, context->arena, &bytes);
	else
		ok = dv_base64_decode(text, kind == DV_WIRE_BYTES_BASE64_URL, context->arena, &bytes);
	if (!ok)
		return dv_wire_mismatch(context, value,
								kind == DV_WIRE_BYTES_HEX ? "bytes in hexadecimal" :
								"bytes in base64");
	scalar->kind = DV_SCALAR_BYTES;
	scalar->u.text = bytes;
	if (dv_wire_is_placeholder(context, bytes))
		scalar->kind = DV_SCALAR_PLACEHOLDER;
	return true;
}

/*
 * bit(n): the least significant byte comes first, and the last bit of the text
 * is the lowest.  High bytes without a bit are left out.  bit(1) comes as a
 * boolean.
 */
bool
dv_wire_bits(DvWireContext *context, const DvWireValue *value, int length, DvScalar *scalar)
{
	DvSlice		bytes;
	char	   *out;

	scalar->kind = DV_SCALAR_TEXT;
	if (value->token == DV_TOKEN_TRUE || value->token == DV_TOKEN_FALSE)
	{
		scalar->u.text.data = value->token == DV_TOKEN_TRUE ? "1" : "0";
		scalar->u.text.len = 1;
		return true;
	}
	if (!dv_wire_bytes(context, value, DV_WIRE_BYTES_BASE64, scalar))
		return false;
	if (scalar->kind == DV_SCALAR_PLACEHOLDER)
		return true;
	bytes = scalar->u.text;
	if (length <= 0)
		return dv_wire_ambiguous(context, value, "Declare the column's type as bit(n).");
	for (size_t i = (size_t) length; i < bytes.len * 8; i++)
		if (bytes.data[i / 8] >> (i % 8) & 1)
			return dv_wire_mismatch(context, value, "no more bits than were declared");
	out = context->arena->alloc(context->arena->owner, (size_t) length);
	memset(out, '0', (size_t) length);
	for (int i = 0; i < length && (size_t) i < bytes.len * 8; i++)
		out[length - 1 - i] = (bytes.data[i / 8] >> (i % 8) & 1) ? '1' : '0';
	scalar->kind = DV_SCALAR_TEXT;
	scalar->u.text.data = out;
	scalar->u.text.len = (size_t) length;
	return true;
}
