/*
 * text.c
 *	  What a piece of text is made of.
 */
#include "text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The character at *text, which moves behind it; -1 if these bytes are no UTF-8 (RFC 3629: no
 * surrogates, nothing overlong).
 */
static int32_t
next_character(const unsigned char **text)
{
	static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *at = *text;
	int			more = *at < 0x80 ? 0 : *at < 0xC2 ? -1 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : *at < 0xF5 ? 3 : -1;
	int32_t		character;

	if (more < 0)
		return -1;
	character = more == 0 ? *at : *at & (0x3F >> more);
	at++;
	for (int i = 0; i < more; i++, at++)
	{
		if ((*at & 0xC0) != 0x80)
			return -1;
		character = character << 6 | (*at & 0x3F);
	}
	*text = at;
	if (character < least[more] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
		return -1;
	return character;
}

/*
 * Characters of a text; -1 if it is not UTF-8.
 */
long
text_characters(const char *text)
{
	const unsigned char *at = (const unsigned char *) text;
	long		count = 0;

	for (; *at; count++)
		if (next_character(&at) < 0)
			return -1;
	return count;
}

typedef struct Range
{
	int32_t		first;
	int32_t		last;
} Range;

/*
 * What is not to be seen, turns the direction of what follows, or is no character: in the order of Unicode, as the
 * rest here. The letters of some languages are joined by U+200C and U+200D; ours are not, and two payees that look
 * the same would be two.
 */
static const Range unclean[] = {
	{0x00, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x34F, 0x34F}, {0x61C, 0x61C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
	{0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0x2800, 0x2800}, {0x3164, 0x3164},
	{0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE0FFF},
};

/* What is as wide as it is empty. */
static const Range blank[] = {
	{0x20, 0x20}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x202F, 0x202F}, {0x205F, 0x205F},
	{0x3000, 0x3000},
};

/* What is written upon the character before it. */
static const Range marks[] = {
	{0x300, 0x36F}, {0x483, 0x489}, {0x591, 0x5BD}, {0x610, 0x61A}, {0x64B, 0x65F}, {0x6D6, 0x6DC}, {0xE34, 0xE3A},
	{0xE47, 0xE4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

static bool
is_among(int32_t c, const Range *ranges, size_t count)
{
	for (size_t i = 0; i < count && c >= ranges[i].first; i++)
		if (c <= ranges[i].last)
			return true;
	return false;
}

#define IS_AMONG(c, ranges) is_among(c, ranges, sizeof(ranges) / sizeof(ranges[0]))

/*
 * Whether a text is UTF-8 without control characters, and looks to everybody as it is: nothing in it is unseen, or
 * grows over its neighbours.
 */
bool
text_is_clean(const char *text)
{
	const unsigned char *at = (const unsigned char *) text;
	int			run = 0;

	while (*at)
	{
		int32_t		c = next_character(&at);

		if (c < 0 || IS_AMONG(c, unclean))
			return false;
		run = IS_AMONG(c, marks) ? run + 1 : 0;
		if (run > TEXT_MARKS)
			return false;
	}
	return true;
}

/*
 * Whether a text begins with a blank, and how many bytes that has.
 */
size_t
text_blank(const char *text)
{
	const unsigned char *at = (const unsigned char *) text;

	return *at && IS_AMONG(next_character(&at), blank) ? (size_t) (at - (const unsigned char *) text) : 0;
}

/*
 * Whether there is nothing to be seen of a text.
 */
bool
text_is_blank(const char *text)
{
	size_t		len;

	while ((len = text_blank(text)) > 0)
		text += len;
	return *text == '\0';
}

bool
text_is_base64url(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char) text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	return true;
}

/*
 * Whether a text is of a form, character by character: 9 a digit, A a capital, a a small letter, h
 * a hexadecimal digit, 2 one of base32 in small letters; anything else is itself.
 */
bool
text_matches(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++)
	{
		unsigned char c = (unsigned char) *text;
		bool		good;

		switch (*pattern)
		{
			case '9':
				good = c >= '0' && c <= '9';
				break;
			case 'A':
				good = c >= 'A' && c <= 'Z';
				break;
			case 'a':
				good = c >= 'a' && c <= 'z';
				break;
			case 'h':
				good = c < 0x80 && isxdigit(c);
				break;
			case '2':
				good = (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
				break;
			default:
				good = c == (unsigned char) *pattern;
		}
		if (!good)
			return false;
	}
	return *text == '\0';
}

/*
 * Whether a text is a day that was or will be: YYYY-MM-DD, from 1900 to 2199.
 */
bool
text_is_date(const char *text)
{
	static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int			year,
				month,
				day;

	if (!text_matches(text, "9999-99-99"))
		return false;
	year = atoi(text);
	month = atoi(text + 5);
	day = atoi(text + 8);
	if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1)
		return false;
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return day <= 29;
	return day <= days[month - 1];
}

/*
 * The number of a day, YYYY-MM-DD, counted from some other one: for differences.
 */
long
text_day(const char *date)
{
	long		year = atol(date);
	long		month = atol(date + 5);

	/* years begin in March, so that the odd day is their last */
	year -= month <= 2;
	month += month <= 2 ? 9 : -3;
	return year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + atol(date + 8);
}

/*
 * An amount in minor units as people write it: 1234 with two decimals is 12.34.
 */
void
text_amount(char amount[TEXT_AMOUNT], const char *minor, int decimals)
{
	const char *digits = minor + (*minor == '-');
	int			len = (int) strlen(digits);
	int			whole = len > decimals ? len - decimals : 0;

	if (decimals == 0)
		snprintf(amount, TEXT_AMOUNT, "%s", minor);
	else if (whole)
		snprintf(amount, TEXT_AMOUNT, "%s%.*s.%s", *minor == '-' ? "-" : "", whole, digits, digits + whole);
	else
		snprintf(amount, TEXT_AMOUNT, "%s0.%0*lld", *minor == '-' ? "-" : "", decimals, atoll(digits));
}
