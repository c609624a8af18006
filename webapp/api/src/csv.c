/*
 * csv.c
 *	  Lines of CSV. All text is quoted: some spreadsheets separate by commas, others by semicolons.
 */
#include "csv.h"

#include <string.h>

/* What a spreadsheet would take for a formula gets an apostrophe, which it takes for "this is text". */
static void
add_text(Buffer *out, const char *text)
{
	buffer_add_text(out, "\"");
	if (*text && strchr("=+-@\t\r", *text))
		buffer_add_text(out, "'");
	while (*text)
	{
		size_t		len = strcspn(text, "\"");

		buffer_add(out, text, len);
		text += len;
		if (*text == '"')
		{
			buffer_add_text(out, "\"\"");
			text++;
		}
	}
	buffer_add_text(out, "\"");
}

void
csv_line(Buffer *out, const Cell *cells, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			buffer_add_text(out, ",");
		if (cells[i].text == NULL)
			continue;
		if (cells[i].number)
			buffer_add_text(out, cells[i].text);
		else
			add_text(out, cells[i].text);
	}
	buffer_add_text(out, "\r\n");
}
