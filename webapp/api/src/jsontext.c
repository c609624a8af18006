/*
 * jsontext.c
 *	  Strings of JSON (RFC 8259, section 7).
 */
#include "jsontext.h"

#include <stdbool.h>

/* Whether a string does not hold this byte as it is: quote, backslash, and those below the space. */
static bool
is_special(char byte)
{
	return (unsigned char) byte < ' ' || byte == '"' || byte == '\\';
}

/*
 * Add text, which is UTF-8, with its quotes.
 */
void
jsontext_string(Buffer *out, const char *text)
{
	buffer_add(out, "\"", 1);
	for (;;)
	{
		size_t		len = 0;

		/* not strcspn(), which makes a table of all these bytes for each short text */
		while (!is_special(text[len]))
			len++;

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

/* The next character of a text that is UTF-8; a byte that is none becomes U+FFFD. */
static unsigned
next_character(const char **text)
{
	const unsigned char *at = (const unsigned char *) *text;
	int			more = at[0] >= 0xf0 && at[0] < 0xf8 ? 3 : at[0] >= 0xe0 ? 2 : 1;
	unsigned	character = at[0] & (0x3f >> more);

	*text += 1;
	if (at[0] < 0xc2 || at[0] >= 0xf5)
		return 0xfffd;
	for (int i = 1; i <= more; i++)
	{
		if ((at[i] & 0xc0) != 0x80)
			return 0xfffd;
		character = character << 6 | (at[i] & 0x3f);
	}
	if ((character >= 0xd800 && character < 0xe000) || character > 0x10ffff)
		return 0xfffd;
	*text += more;
	return character;
}

/*
 * The same with nothing but ASCII.
 */
void
jsontext_ascii(Buffer *out, const char *text)
{
	buffer_add(out, "\"", 1);
	for (;;)
	{
		size_t		len = 0;
		unsigned	character;

		while (!is_special(text[len]) && (unsigned char) text[len] < 0x7f)
			len++;
		buffer_add(out, text, len);
		text += len;
		if (*text == '\0')
			break;
		if (*text == '"' || *text == '\\')
		{
			buffer_add(out, (char[]) {'\\', *text++}, 2);
			continue;
		}
		character = (unsigned char) *text < 0x80 ? (unsigned char) *text++ : next_character(&text);
		if (character < 0x10000)
			buffer_printf(out, "\\u%04x", character);
		else
			buffer_printf(out, "\\u%04x\\u%04x", 0xd800 + ((character - 0x10000) >> 10), 0xdc00 + ((character - 0x10000) & 0x3ff));
	}
	buffer_add(out, "\"", 1);
}
