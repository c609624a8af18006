/*
 * text.h
 *	  What a piece of text is made of.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

extern long text_characters(const char *text);
extern bool text_is_clean(const char *text);
extern bool text_is_base64url(const char *text, size_t len);
extern bool text_matches(const char *text, const char *pattern);
extern bool text_is_date(const char *text);

#endif
