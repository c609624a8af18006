/*
 * html.c
 *	  Text in a page: never markup, whatever it is.
 */
#include "html.h"

#include <string.h>

/*
 * Add text; NULL is none.
 */
void
html_text(Buffer *out, const char *text)
{
	while (text && *text)
	{
		size_t		len = strcspn(text, "&<>\"'");

		buffer_add(out, text, len);
		text += len;
		if (*text)
			buffer_printf(out, "&#%d;", *text++);
	}
}

/*
 * Add text within a tag: th, or td class="amount". Both are ours.
 */
void
html_element(Buffer *out, const char *tag, const char *text)
{
	buffer_printf(out, "<%s>", tag);
	html_text(out, text);
	buffer_printf(out, "</%.*s>", (int) strcspn(tag, " "), tag);
}
