/*
 * csv.c
 *	  Lines of CSV. All text is quoted: some spreadsheets separate by commas, others by semicolons.
 */
#include "csv.h"

#include <string.h>

#include "text.h"

/* How formulas begin, also on keyboards whose characters are twice as wide (U+FF1D, U+FF0B, U+FF0D, U+FF20). */
static const char *const beginnings[] = {"=", "+", "-", "@", "\t", "\r", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};

/*
 * Whether a spreadsheet would take this for a formula: behind a semicolon quotes are no hindrance to that, nor are
 * blanks anywhere.
 */
static bool
is_formula(const char *text)
{
	while (*text == '"' || text_blank(text))
		text += *text == '"' ? 1 : text_blank(text);
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

/*
 * What would be a formula gets an apostrophe, which says "this is text". Where semicolons separate, a text that has some is
 * more than one cell: quotes that begin with the first comma's do not hold it together.
 */
static void
add_text(Buffer *out, const char *text)
{
	buffer_add_text(out, "\"");
	if (*text != '"' && is_formula(text))
		buffer_add_text(out, "'");
	for (; *text; text++)
	{
		buffer_add(out, text, 1);
		if (*text == '"')
			buffer_add_text(out, "\"");
		else if (*text == ';' && is_formula(text + 1))
			buffer_add_text(out, "'");
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
