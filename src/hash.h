/*
 * hash.h
 *		SHA-256 over the native profile's text (doc/hash.md), with one OpenSSL
 *		context reused for the life of the process.
 */
#ifndef DV_HASH_H
#define DV_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DV_HASH_LEN 32			/* SHA-256, as hash_key_bytea() gives it */
#define DV_KEY_LEN 16			/* its first 128 bits, as hash_key() gives it */

typedef struct DvKey
{
	uint8_t		bytes[DV_KEY_LEN];
} DvKey;

/*
 * SHA-256 of `len` bytes.  Returns false only if OpenSSL fails (no memory, a
 * provider that forbids it): the caller raises.
 */
extern bool dv_hash_bytes(const void *data, size_t len, uint8_t out[DV_HASH_LEN]);

#endif							/* DV_HASH_H */
