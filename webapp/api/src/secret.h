/*
 * secret.h
 *	  Tokens, one-time codes, recovery codes, sealed seeds, and which passwords are too common. No
 *	  database, no requests.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define TOKEN_SIZE 44			/* 43 characters of base64url: 256 bits */
#define HASH_TEXT 67			/* \x and 64 hexadecimal digits: a bytea */
#define SEED_SIZE 20
#define SEALED_SIZE 60			/* nonce, seed, tag */
#define SEALED_TEXT (2 + 2 * SEALED_SIZE + 1)
#define SEED_TEXT 33			/* in base32 */
#define WRITTEN_CODE 20			/* four groups of four characters of base32: 80 bits */

extern bool secret_set_up(const Config *config, char *problem, int problem_size);
extern void secret_forget(void);
extern void secret_token(char token[TOKEN_SIZE]);
extern void secret_request_id(char id[33]);
extern void secret_hash(char hash[HASH_TEXT], const char *text);
extern void secret_written_code(char code[WRITTEN_CODE]);
extern void secret_seed(unsigned char seed[SEED_SIZE]);
extern void secret_base32(char *text, const unsigned char *bytes, size_t len);
extern bool secret_is_common(const char *password);
extern int64_t secret_step_of(const unsigned char seed[SEED_SIZE], const char *code, int64_t seconds);
extern int	secret_code_at(const unsigned char seed[SEED_SIZE], int64_t step);
extern void secret_seal(char sealed[SEALED_TEXT], const unsigned char seed[SEED_SIZE], const char *login);
extern bool secret_unseal(unsigned char seed[SEED_SIZE], const char *sealed, const char *login);

#endif
