/*
 * jsontext.h
 *	  Text as a string of JSON, written straight into a buffer: for lists of rows, of which nobody needs a tree.
 */
#ifndef JSONTEXT_H
#define JSONTEXT_H

#include "buffer.h"

extern void jsontext_string(Buffer *out, const char *text);
extern void jsontext_ascii(Buffer *out, const char *text);

#endif
