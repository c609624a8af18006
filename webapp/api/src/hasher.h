/*
 * hasher.h
 *	  argon2id in processes of its own, so that request workers stay small and logins cannot take
 *	  all memory and processors.
 *
 * A question is one packet over a local socket, the answer another. The socket's backlog is the
 * queue: when it is full, the kernel says so to the next one at once. Who is known (by a device that has
 * signed in before, a session, an activation code) has a hasher in reserve: however many guess, they are served.
 */
#ifndef HASHER_H
#define HASHER_H

#include <stdbool.h>
#include <stddef.h>

#define HASHER_TEXT 128			/* an encoded hash: crypto_pwhash_STRBYTES */

typedef enum HasherAnswer
{
	HASHER_YES,
	HASHER_NO,
	HASHER_BUSY,				/* too many wait */
	HASHER_GONE					/* no answer */
} HasherAnswer;

extern void hasher_set_up(const char *socket_path, const char *reserve_path);
extern HasherAnswer hasher_verify(const char *password, const char *hash, bool known);
extern HasherAnswer hasher_hash(const char *password, char hash[HASHER_TEXT]);
extern const char *hasher_stand_in(void);
extern int	hasher_compute(const char *password, size_t len, char hash[HASHER_TEXT]);
extern void hasher_serve(int listening);

#endif
