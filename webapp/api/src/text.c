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

/*
 * Whether a text is UTF-8 without control characters, and without those that turn the direction of
 * what follows: a payment's narrative must look to everybody as it is.
 */
bool
text_is_clean(const char *text)
{
	const unsigned char *at = (const unsigned char *) text;

	while (*at)
	{
		int32_t		c = next_character(&at);

		if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || c == 0x180E || c == 0x200B || c == 0x200E
			|| c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069)
			|| c == 0xFEFF || c == 0xFFFE || c == 0xFFFF)
			return false;
	}
	return true;
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
