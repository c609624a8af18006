/*
 * json.c
 *		The reader of json.h.
 *
 * Most bytes of an event are inside strings, so those are looked at eight at a
 * time; everything else is decided by the first character.
 */
#include <string.h>

#include "decode_json.h"
#include "json.h"

#define ONES	UINT64_C(0x0101010101010101)
#define HIGHS	UINT64_C(0x8080808080808080)

static bool
fault(DvJson *json, const char *at, const char *sqlstate, const char *what)
{
	if (!json->faulty)
		dv_err_set(json->err, DV_ERR_MALFORMED, sqlstate,
				   "malformed JSON at byte %zu: %s",
				   (size_t) (at - json->start), what);
	json->faulty = true;
	return false;
}

static bool
fault_grammar(DvJson *json, const char *what)
{
	return fault(json, json->cur, "22032",
				 json->cur < json->end ? what : "unexpected end");
}

static bool
fault_depth(DvJson *json)
{
	if (!json->faulty)
		dv_err_set(json->err, DV_ERR_MALFORMED, "54000",
				   "malformed JSON at byte %zu: nested deeper than %d",
				   (size_t) (json->cur - json->start), DV_JSON_MAX_DEPTH);
	json->faulty = true;
	return false;
}

static void
note_nul(DvJson *json, const char *at)
{
	if (!json->faulty)
	{
		fault(json, at, "22P05", "NUL character");
		dv_err_detail(json->err, "PostgreSQL text cannot hold the character U+0000.");
	}
}

void
dv_json_begin(DvJson *json, DvSlice text, DvErr *err)
{
	json->start = json->cur = text.data;
	json->end = text.data + text.len;
	json->depth = 0;
	json->fresh = false;
	json->faulty = false;
	json->err = err;
}

char
dv_json_peek(DvJson *json)
{
	const char *p = json->cur;

	while (p < json->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	json->cur = p;
	return p < json->end ? *p : 0;
}

/* A mask whose lowest set bit lies in the first byte that ends a plain run. */
static inline uint64_t
special_bytes(uint64_t x)
{
	uint64_t	quote = x ^ (ONES * '"');
	uint64_t	slash = x ^ (ONES * '\\');

	return (((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) |
			((x - ONES * 0x20) & ~x) | x) & HIGHS;
}

static inline bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static inline const char *
skip_plain(const char *p, const char *end)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	while (end - p >= 8)
	{
		uint64_t	word;
		uint64_t	mask;

		memcpy(&word, p, 8);
		mask = special_bytes(word);
		if (mask != 0)
			return p + (__builtin_ctzll(mask) >> 3);
		p += 8;
	}
#endif
	while (p < end && is_plain((unsigned char) *p))
		p++;
	return p;
}

/* Length of the UTF-8 sequence at p, 0 if it is not one (Unicode table 3-7). */
static int
utf8_length(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80;
	unsigned char high = 0xBF;
	int			len;

	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		len = 2;
	else if ((p[0] & 0xF0) == 0xE0)
		len = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		len = 4;
	else
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0;
	else if (p[0] == 0xED)
		high = 0x9F;
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F;
	if (left < (size_t) len || p[1] < low || p[1] > high)
		return 0;
	for (int i = 2; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

static const char *
skip_utf8(DvJson *json, const char *p)
{
	while (p < json->end && (unsigned char) *p >= 0x80)
	{
		int			len = utf8_length((const unsigned char *) p, (size_t) (json->end - p));

		if (len == 0)
		{
			fault(json, p, "22021", "invalid UTF-8");
			len = 1;
		}
		p += len;
	}
	return p;
}

int
dv_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits of \uXXXX, -1 if they are not. */
static int
hex4(const char *p, const char *end)
{
	int			code = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		int			digit = dv_hex_digit(p[i]);

		if (digit < 0)
			return -1;
		code = code << 4 | digit;
	}
	return code;
}

/* Validate \uXXXX or a surrogate pair of two of them; p is behind the u. */
static const char *
skip_unicode_escape(DvJson *json, const char *p)
{
	int			code = hex4(p, json->end);

	if (code < 0)
	{
		fault(json, p, "22032", "expected four hexadecimal digits");
		return NULL;
	}
	if (code == 0)
		note_nul(json, p - 2);
	p += 4;
	if (code < 0xD800 || code > 0xDFFF)
		return p;
	if (code <= 0xDBFF && json->end - p >= 6 && p[0] == '\\' && p[1] == 'u')
	{
		int			low = hex4(p + 2, json->end);

		if (low >= 0xDC00 && low <= 0xDFFF)
			return p + 6;
	}
	fault(json, p - 6, "22P05", "unpaired surrogate");
	return p;
}

/* p is at the backslash. */
static const char *
skip_escape(DvJson *json, const char *p)
{
	if (p + 1 < json->end)
	{
		switch (p[1])
		{
			case '"':
			case '\\':
			case '/':
			case 'b':
			case 'f':
			case 'n':
			case 'r':
			case 't':
				return p + 2;
			case 'u':
				return skip_unicode_escape(json, p + 2);
			default:
				break;
		}
	}
	fault(json, p, "22032", "invalid escape sequence");
	return NULL;
}

/* json->cur is behind the opening quote. */
static inline bool
scan_string(DvJson *json, DvJsonValue *value)
{
	const char *p = json->cur;

	value->token = DV_TOKEN_STRING;
	value->escaped = false;
	value->raw.data = p;
	for (;;)
	{
		p = skip_plain(p, json->end);
		if (p == json->end)
			return fault(json, p, "22032", "unterminated string");
		if (*p == '"')
			break;
		if (*p == '\\')
		{
			value->escaped = true;
			if ((p = skip_escape(json, p)) == NULL)
				return false;
		}
		else if ((unsigned char) *p >= 0x80)
			p = skip_utf8(json, p);
		else if (*p == 0)
			note_nul(json, p++);
		else
			return fault(json, p, "22032", "control character in a string");
	}
	value->raw.len = (size_t) (p - value->raw.data);
	json->cur = p + 1;
	return true;
}

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* The fraction and the exponent; NULL if they lack digits. */
static const char *
skip_fraction(const char *p, const char *end)
{
	const char *digits;

	if (p < end && *p == '.')
	{
		digits = p + 1;
		if ((p = skip_digits(digits, end)) == digits)
			return NULL;
	}
	if (p < end && (*p == 'e' || *p == 'E'))
	{
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		if ((p = skip_digits(digits, end)) == digits)
			return NULL;
	}
	return p;
}

static bool
scan_number(DvJson *json, DvJsonValue *value)
{
	const char *p = json->cur;
	const char *digits;

	if (*p == '-')
		p++;
	digits = p;
	p = skip_digits(p, json->end);
	if (p == digits || (*digits == '0' && p > digits + 1))
		return fault(json, json->cur, "22032", "invalid number");
	if ((p = skip_fraction(p, json->end)) == NULL)
		return fault(json, json->cur, "22032", "invalid number");
	value->token = DV_TOKEN_NUMBER;
	value->raw.data = json->cur;
	value->raw.len = (size_t) (p - json->cur);
	json->cur = p;
	return true;
}

static bool
scan_literal(DvJson *json, DvJsonValue *value, DvToken token, const char *text)
{
	size_t		len = strlen(text);

	if ((size_t) (json->end - json->cur) < len || memcmp(json->cur, text, len) != 0)
		return fault(json, json->cur, "22032", "expected a value");
	value->token = token;
	value->raw.data = json->cur;
	value->raw.len = len;
	json->cur += len;
	return true;
}

static bool
scan_scalar(DvJson *json, DvJsonValue *value, char c)
{
	value->escaped = false;
	switch (c)
	{
		case '"':
			json->cur++;
			return scan_string(json, value);
		case 'n':
			return scan_literal(json, value, DV_TOKEN_NULL, "null");
		case 't':
			return scan_literal(json, value, DV_TOKEN_TRUE, "true");
		case 'f':
			return scan_literal(json, value, DV_TOKEN_FALSE, "false");
		case '-':
			return scan_number(json, value);
		default:
			if (c >= '0' && c <= '9')
				return scan_number(json, value);
			return fault_grammar(json, "expected a value");
	}
}

bool
dv_json_open(DvJson *json)
{
	if (json->depth >= DV_JSON_MAX_DEPTH)
		return fault_depth(json);
	json->depth++;
	json->cur++;
	json->fresh = true;
	return true;
}

/* Is there another item before `close`?  Eats the comma or the bracket. */
static bool
next_item(DvJson *json, char close, bool *more)
{
	char		c = dv_json_peek(json);

	*more = false;
	if (c == close)
	{
		json->cur++;
		json->depth--;
		json->fresh = false;
		return true;
	}
	if (!json->fresh)
	{
		if (c != ',')
			return fault_grammar(json, "expected a comma or a closing bracket");
		json->cur++;
	}
	json->fresh = false;
	*more = true;
	return true;
}

bool
dv_json_element(DvJson *json, bool *more)
{
	return next_item(json, ']', more);
}

bool
dv_json_member(DvJson *json, DvJsonValue *name, bool *more)
{
	if (!next_item(json, '}', more))
		return false;
	if (!*more)
		return true;
	if (dv_json_peek(json) != '"')
		return fault_grammar(json, "expected a member name");
	json->cur++;
	if (!scan_string(json, name))
		return false;
	if (dv_json_peek(json) != ':')
		return fault_grammar(json, "expected a colon");
	json->cur++;
	return true;
}

/*
 * Read a container to its end.  Which brackets are open is a bit each, so the
 * stack is one word and depth costs no memory.
 */
static bool
skip_container(DvJson *json)
{
	int			base = json->depth;
	uint64_t	objects = 0;
	DvJsonValue item;
	bool		more;

	do
	{
		char		c = dv_json_peek(json);

		if (c == '{' || c == '[')
		{
			if (!dv_json_open(json))
				return false;
			objects = objects << 1 | (c == '{');
		}
		else if (!scan_scalar(json, &item, c))
			return false;
		do
		{
			if (!(objects & 1 ? dv_json_member(json, &item, &more)
				  : dv_json_element(json, &more)))
				return false;
			if (!more)
				objects >>= 1;
		} while (!more && json->depth > base);
	} while (json->depth > base);
	return true;
}

bool
dv_json_value(DvJson *json, DvJsonValue *value)
{
	char		c = dv_json_peek(json);

	if (c != '{' && c != '[')
		return scan_scalar(json, value, c);
	value->token = c == '{' ? DV_TOKEN_OBJECT : DV_TOKEN_ARRAY;
	value->escaped = false;
	value->raw.data = json->cur;
	if (!skip_container(json))
		return false;
	value->raw.len = (size_t) (json->cur - value->raw.data);
	return true;
}

bool
dv_json_end(DvJson *json)
{
	dv_json_peek(json);
	if (json->cur < json->end)
		return fault_grammar(json, "something follows the value");
	return !json->faulty;
}

static char *
put_utf8(char *out, uint32_t code)
{
	if (code < 0x80)
		*out++ = (char) code;
	else if (code < 0x800)
	{
		*out++ = (char) (0xC0 | code >> 6);
		*out++ = (char) (0x80 | (code & 0x3F));
	}
	else if (code < 0x10000)
	{
		*out++ = (char) (0xE0 | code >> 12);
		*out++ = (char) (0x80 | (code >> 6 & 0x3F));
		*out++ = (char) (0x80 | (code & 0x3F));
	}
	else
	{
		*out++ = (char) (0xF0 | code >> 18);
		*out++ = (char) (0x80 | (code >> 12 & 0x3F));
		*out++ = (char) (0x80 | (code >> 6 & 0x3F));
		*out++ = (char) (0x80 | (code & 0x3F));
	}
	return out;
}

/* \uXXXX at p (behind the u), already validated; returns what follows it. */
static const char *
get_unicode(const char *p, const char *end, uint32_t *code)
{
	int			high = hex4(p, end);

	*code = high < 0 ? 0xFFFD : (uint32_t) high;
	p += 4;
	if (high >= 0xD800 && high <= 0xDFFF)
	{
		int			low = end - p >= 6 ? hex4(p + 2, end) : -1;

		*code = 0xFFFD;			/* noted when it was read */
		if (high <= 0xDBFF && low >= 0xDC00 && low <= 0xDFFF)
		{
			*code = 0x10000 + ((uint32_t) (high - 0xD800) << 10) + (uint32_t) (low - 0xDC00);
			p += 6;
		}
	}
	return p;
}

static char
simple_escape(char c)
{
	switch (c)
	{
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		default:
			return c;
	}
}

size_t
dv_json_unescape(const DvSlice *raw, char *buffer)
{
	const char *p = raw->data;
	const char *end = p + raw->len;
	char	   *out = buffer;

	while (p < end)
	{
		const char *slash = memchr(p, '\\', (size_t) (end - p));
		size_t		run = (size_t) ((slash ? slash : end) - p);

		memcpy(out, p, run);
		out += run;
		p += run;
		if (slash == NULL || end - p < 2)
			break;
		p += 2;
		if (p[-1] == 'u')
		{
			uint32_t	code;

			if (end - p < 4)
				break;
			p = get_unicode(p, end, &code);
			out = put_utf8(out, code);
		}
		else
			*out++ = simple_escape(p[-1]);
	}
	return (size_t) (out - buffer);
}

DvSlice
dv_json_text(const DvSlice *raw, bool escaped, const DvArena *arena)
{
	DvSlice		text;
	char	   *buffer;

	if (!escaped)
		return *raw;
	buffer = arena->alloc(arena->owner, raw->len + 1);
	text.data = buffer;
	text.len = dv_json_unescape(raw, buffer);
	return text;
}
