/*
 * jsontext.c
 *	  Strings of JSON (RFC 8259, section 7).
 */
#include "jsontext.h"

#include <string.h>

/* Bytes that a string does not hold as they are: quote, backslash, and those below the space. */
static const char special[] =
	"\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";

/*
 * Add text, which is UTF-8, with its quotes.
 */
void
jsontext_string(Buffer *out, const char *text)
{
	buffer_add(out, "\"", 1);
	for (;;)
	{
		size_t		len = strcspn(text, special);

		buffer_add(out, text, len);
		text += len;
		if (*text == '\0')
			break;
		if (*text == '"' || *text == '\\')
			buffer_add(out, (char[]) {'\\', *text}, 2);
		else
			buffer_printf(out, "\\u%04x", (unsigned char) *text);
		text++;
	}
	buffer_add(out, "\"", 1);
}
