/*
 * secret.c
 *	  Tokens, codes, seeds, common passwords.
 *
 * One-time codes are those of RFC 6238: HMAC-SHA-1, steps of 30 seconds, six digits, as
 * authenticators have them. A seed is sealed with XChaCha20-Poly1305 for the login whose it is: one
 * that is copied to another user opens nothing.
 */
#include "secret.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_SECONDS 30
#define COMMON_PASSWORDS 8192

static struct
{
	unsigned char key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	char	   *common[COMMON_PASSWORDS];
	int			common_count;
} secret;

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The list of common passwords: one a line, in small letters. */
static bool
read_common(const char *path, char *problem, int problem_size)
{
	FILE	   *file = fopen(path, "re");
	char		line[256];

	if (file == NULL)
	{
		snprintf(problem, problem_size, "%s: %s", path, strerror(errno));
		return false;
	}
	while (secret.common_count < COMMON_PASSWORDS && fgets(line, sizeof(line), file))
	{
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] && strncmp(line, "#!", 2) != 0)
			secret.common[secret.common_count++] = strdup(line);
	}
	fclose(file);
	for (int i = 0; i < secret.common_count; i++)
		for (char *c = secret.common[i]; *c; c++)
			*c = (char) tolower((unsigned char) *c);
	qsort(secret.common, (size_t) secret.common_count, sizeof(char *), compare_text);
	if (secret.common_count < 3000)
		snprintf(problem, problem_size, "%s: %d passwords, and 3,000 are wanted", path, secret.common_count);
	return secret.common_count >= 3000;
}

/*
 * Read the sealing key and the common passwords; once, before anything else here.
 */
bool
secret_set_up(const Config *config, char *problem, int problem_size)
{
	char		hex[2 * sizeof(secret.key) + 2];
	size_t		len;

	if (sodium_init() < 0)
	{
		snprintf(problem, problem_size, "libsodium has no randomness");
		return false;
	}
	if (!config_read_secret(config->seal_key_file, hex, sizeof(hex), problem, problem_size))
		return false;
	if (sodium_hex2bin(secret.key, sizeof(secret.key), hex, strlen(hex), NULL, &len, NULL) != 0
		|| len != sizeof(secret.key))
	{
		snprintf(problem, problem_size, "%s: 64 hexadecimal digits are wanted", config->seal_key_file);
		return false;
	}
	sodium_memzero(hex, sizeof(hex));
	return read_common(config->common_passwords_file, problem, problem_size);
}

/* This process seals nothing. */
void
secret_forget(void)
{
	sodium_memzero(secret.key, sizeof(secret.key));
}

/* A new token. */
void
secret_token(char token[TOKEN_SIZE])
{
	unsigned char bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(token, TOKEN_SIZE, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof(bytes));
}

/* An id for a request that came without one: 32 hexadecimal digits. */
void
secret_request_id(char id[33])
{
	unsigned char bytes[16];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(id, 33, bytes, sizeof(bytes));
}

/* SHA-256 of a text, as a bytea's text: what the database has of tokens and recovery codes. */
void
secret_hash(char hash[HASH_TEXT], const char *text)
{
	unsigned char bytes[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(bytes, (const unsigned char *) text, strlen(text));
	memcpy(hash, "\\x", 2);
	sodium_bin2hex(hash + 2, HASH_TEXT - 2, bytes, sizeof(bytes));
}

/* A code to be written down: of recovery, of activation. */
void
secret_written_code(char code[WRITTEN_CODE])
{
	unsigned char bytes[10];
	char		text[17];

	randombytes_buf(bytes, sizeof(bytes));
	secret_base32(text, bytes, sizeof(bytes));
	for (char *c = text; *c; c++)
		*c = (char) tolower((unsigned char) *c);
	snprintf(code, WRITTEN_CODE, "%.4s-%.4s-%.4s-%.4s", text, text + 4, text + 8, text + 12);
	sodium_memzero(bytes, sizeof(bytes));
	sodium_memzero(text, sizeof(text));
}

/* A new seed of one-time codes. */
void
secret_seed(unsigned char seed[SEED_SIZE])
{
	randombytes_buf(seed, SEED_SIZE);
}

/* Base32 (RFC 4648) of whole groups of five bytes; text has room for eight characters each, and a zero byte. */
void
secret_base32(char *text, const unsigned char *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	for (size_t i = 0; i + 5 <= len; i += 5)
	{
		uint64_t	group = 0;

		for (int k = 0; k < 5; k++)
			group = group << 8 | bytes[i + k];
		for (int k = 7; k >= 0; k--)
			*text++ = digits[group >> (5 * k) & 31];
	}
	*text = '\0';
}

/* Whether a password is among the commonest, whatever its capitals. */
bool
secret_is_common(const char *password)
{
	char		small[256];
	const char *key = small;
	size_t		i = 0;

	for (; password[i] && i < sizeof(small) - 1; i++)
		small[i] = (char) tolower((unsigned char) password[i]);
	small[i] = '\0';
	return bsearch(&key, secret.common, (size_t) secret.common_count, sizeof(char *), compare_text) != NULL;
}

/* The code of a step (RFC 4226, 5.3); -1 if it could not be computed. */
int
secret_code_at(const unsigned char seed[SEED_SIZE], int64_t step)
{
	unsigned char counter[8];
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	unsigned int offset;

	for (int i = 0; i < 8; i++)
		counter[i] = (unsigned char) (step >> (56 - 8 * i));
	if (HMAC(EVP_sha1(), seed, SEED_SIZE, counter, sizeof(counter), mac, &len) == NULL || len != 20)
		return -1;
	offset = mac[19] & 0x0F;
	return (int) ((((uint32_t) mac[offset] & 0x7F) << 24 | (uint32_t) mac[offset + 1] << 16
				   | (uint32_t) mac[offset + 2] << 8 | mac[offset + 3]) % 1000000);
}

/*
 * The step whose code this is, out of the present one and its two neighbours (clocks differ); -1 if
 * it is none of them. Takes the same time whichever it is.
 */
int64_t
secret_step_of(const unsigned char seed[SEED_SIZE], const char *code, int64_t seconds)
{
	int64_t		present = seconds / STEP_SECONDS;
	int64_t		found = -1;

	for (int64_t step = present - 1; step <= present + 1; step++)
	{
		char		expected[8];

		snprintf(expected, sizeof(expected), "%06d", secret_code_at(seed, step) % 1000000);
		if (strlen(code) == 6 && sodium_memcmp(expected, code, 6) == 0)
			found = step;
	}
	return found;
}

/* Seal a seed for a login; as a bytea's text. */
void
secret_seal(char sealed[SEALED_TEXT], const unsigned char seed[SEED_SIZE], const char *login)
{
	unsigned char bytes[SEALED_SIZE];
	unsigned char *box = bytes + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;

	randombytes_buf(bytes, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, seed, SEED_SIZE, (const unsigned char *) login,
											   strlen(login), NULL, bytes, secret.key);
	memcpy(sealed, "\\x", 2);
	sodium_bin2hex(sealed + 2, SEALED_TEXT - 2, bytes, sizeof(bytes));
}

/* Open a sealed seed; false if it is not this login's, or was touched. */
bool
secret_unseal(unsigned char seed[SEED_SIZE], const char *sealed, const char *login)
{
	unsigned char bytes[SEALED_SIZE];
	const unsigned char *box = bytes + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
	size_t		len;

	if (strncmp(sealed, "\\x", 2) != 0
		|| sodium_hex2bin(bytes, sizeof(bytes), sealed + 2, strlen(sealed + 2), NULL, &len, NULL) != 0
		|| len != SEALED_SIZE)
		return false;
	return crypto_aead_xchacha20poly1305_ietf_decrypt(seed, NULL, NULL, box,
													  SEALED_SIZE - crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
													  (const unsigned char *) login, strlen(login),
													  bytes, secret.key) == 0;
}
