/*
 * html.h
 *	  Text in a page.
 */
#ifndef HTML_H
#define HTML_H

#include "buffer.h"

extern void html_text(Buffer *out, const char *text);
extern void html_element(Buffer *out, const char *tag, const char *text);

#endif
