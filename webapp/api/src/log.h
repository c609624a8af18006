/*
 * log.h
 *	  Events as lines of JSON on the error output: one write each, ASCII only, so that nothing
 *	  that came in can end a line.
 *
 * Never give it a secret: passwords, tokens, codes, seeds, whole bodies or query strings.
 */
#ifndef LOG_H
#define LOG_H

#include <jansson.h>

/*
 * The event's name, then its members as jansson's json_pack() has them, of kinds s (NULL is null), i
 * and I (json_int_t): log_event("error", "database.gone", "{s:s}", "detail", text).
 */
extern void log_event(const char *level, const char *event, const char *format,...);

#endif
