/*
 * text.h
 *	  What a piece of text is made of.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_AMOUNT 32
#define TEXT_MARKS 4			/* upon one character: more is no language's */

extern long text_characters(const char *text);
extern bool text_is_clean(const char *text);
extern size_t text_blank(const char *text);
extern bool text_is_blank(const char *text);
extern bool text_is_base64url(const char *text, size_t len);
extern bool text_matches(const char *text, const char *pattern);
extern bool text_is_date(const char *text);
extern long text_day(const char *date);
extern void text_amount(char amount[TEXT_AMOUNT], const char *minor, int decimals);

#endif
