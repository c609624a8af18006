/*
 * hash.c
 *		SHA-256 through OpenSSL's EVP.
 *
 * The algorithm is fetched and the context allocated once: both cost more than
 * hashing a key does.  One context per process means one thread: the server's.
 */
#include "hash.h"

#include <openssl/evp.h>

static EVP_MD_CTX *context;
static const EVP_MD *sha256;

/* Allocate both, or neither; a later call tries again. */
static bool
prepare(void)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
#else
	sha256 = EVP_sha256();
#endif
	if (sha256 == NULL)
		return false;
	context = EVP_MD_CTX_new();
	return context != NULL;
}

bool
dv_hash_bytes(const void *data, size_t len, uint8_t out[DV_HASH_LEN])
{
	unsigned int written;

	if (context == NULL && !prepare())
		return false;
	return EVP_DigestInit_ex(context, sha256, NULL) == 1 &&
		EVP_DigestUpdate(context, data, len) == 1 &&
		EVP_DigestFinal_ex(context, out, &written) == 1 &&
		written == DV_HASH_LEN;
}
