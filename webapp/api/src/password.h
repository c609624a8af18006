/*
 * password.h
 *	  Passwords, by way of the hashers: asked, counted, and answered if nobody can tell now.
 */
#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>

#include "context.h"
#include "hasher.h"

extern bool password_compare(Context *context, const char *password, const char *hash, bool known, bool *same);
extern bool password_hash(Context *context, const char *password, char hash[HASHER_TEXT]);

#endif
