/*
 * handle_registration.c
 *	  Online access for a customer who has none, and codes for whoever has.
 *
 * A branch hands out an activation code. With it, their number and birth date customers choose a name and a
 * password, and get the seed of their one-time codes; the first of these makes the user. Which of the facts was
 * wrong is never told.
 */
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "act.h"
#include "handle.h"
#include "password.h"
#include "secret.h"

#define RECOVERY_CODES 10

/* Ten codes: as they are told once, and as the database keeps them. */
typedef struct RecoveryCodes
{
	char		code[RECOVERY_CODES][WRITTEN_CODE];
	char		hashes[RECOVERY_CODES * (HASH_TEXT + 4) + 3];	/* a bytea[] */
} RecoveryCodes;

static void
make_codes(RecoveryCodes *codes)
{
	char	   *end = codes->hashes;

	for (int i = 0; i < RECOVERY_CODES; i++)
	{
		char		hash[HASH_TEXT];

		secret_written_code(codes->code[i]);
		secret_hash(hash, codes->code[i]);
		end += sprintf(end, "%s\"\\%s\"", i == 0 ? "{" : ",", hash);
	}
	strcpy(end, "}");
}

static void
tell_codes(Context *context, const RecoveryCodes *codes)
{
	json_t	   *array = json_array();

	for (int i = 0; i < RECOVERY_CODES; i++)
		json_array_append_new(array, json_string(codes->code[i]));
	reply_json(context->reply, 200, json_pack("{s:o}", "recovery_codes", array));
}

/* POST /recovery-codes: ten new ones; the old are good no more. */
void
handle_recovery_codes(Context *context)
{
	RecoveryCodes codes;
	const char *parameters[] = {codes.hashes};
	Trip		trip;

	make_codes(&codes);
	if (act(context, &trip, S_RENEW_RECOVERY_CODES, parameters))
	{
		if (!act_too_many(context, trip.rows[1]))
			tell_codes(context, &codes);
		db_end(&trip);
	}
	sodium_memzero(&codes, sizeof(codes));
}

/* POST /staff/customers/{party_id}/activation: a code to hand to a customer; told once. */
void
handle_activation(Context *context)
{
	char		code[WRITTEN_CODE],
				hash[HASH_TEXT];
	const char *parameters[] = {context->values.text[0], hash, context->request->client};
	json_t	   *row;
	Trip		trip;

	secret_written_code(code);
	secret_hash(hash, code);
	if (!act(context, &trip, S_MAKE_ACTIVATION, parameters))
		return;
	if (!act_too_many(context, trip.rows[1]))
	{
		row = reply_row(trip.rows[1], 0);
		json_object_del(row, "retry_after");
		json_object_set_new(row, "activation_code", json_string(code));
		reply_json(context->reply, 201, row);
	}
	db_end(&trip);
}

static void
add_escaped(Buffer *out, const char *text)
{
	for (; *text; text++)
	{
		unsigned char c = (unsigned char) *text;

		if (c < 0x80 && (isalnum(c) || strchr("-._~", c)))
			buffer_add(out, text, 1);
		else
			buffer_printf(out, "%%%02X", c);
	}
}

/* What an authenticator reads from a picture: otpauth://totp/Bank:login?secret=…&issuer=Bank */
static json_t *
describe_seed(const Context *context, const char *login, const char *seed)
{
	Buffer		uri = {0};
	json_t	   *text;

	buffer_add_text(&uri, "otpauth://totp/");
	add_escaped(&uri, context->config->bank_name);
	buffer_add_text(&uri, ":");
	add_escaped(&uri, login);
	buffer_printf(&uri, "?secret=%s&issuer=", seed);
	add_escaped(&uri, context->config->bank_name);
	text = json_string(uri.failed ? NULL : uri.data);
	buffer_free(&uri);
	return text;
}

/* Keep the registration under a new token and seed, which only the answer has in clear. */
static void
begin_registration(Context *context, const char *party, const char *code_hash, const char *password_hash)
{
	const char *login = context->values.text[3];
	unsigned char seed[SEED_SIZE];
	char		seed_text[SEED_TEXT],
				sealed[SEALED_TEXT];
	char		token[TOKEN_SIZE],
				token_hash[HASH_TEXT];
	const char *parameters[] = {party, code_hash, login, password_hash, sealed, token_hash};
	Trip		trip;

	secret_seed(seed);
	secret_base32(seed_text, seed, sizeof(seed));
	secret_seal(sealed, seed, login);
	secret_token(token);
	secret_hash(token_hash, token);
	if (act_alone(context, &trip, S_BEGIN_REGISTRATION, parameters))
	{
		if (rows_get(trip.rows[0], "expires_at"))
		{
			json_t	   *row = reply_row(trip.rows[0], 0);

			json_object_update_new(row, json_pack("{s:s, s:s, s:o}", "registration_token", token, "totp_secret", seed_text,
												  "totp_uri", describe_seed(context, login, seed_text)));
			reply_json(context->reply, 201, row);
		}
		else
			reply_problem(context->reply, "bad_activation", NULL);
		db_end(&trip);
	}
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(seed_text, sizeof(seed_text));
}

/* POST /registration: number, birth date, activation code; the name and password that are wished for. */
void
handle_registration(Context *context)
{
	const char *password = context->values.text[4];
	char		code_hash[HASH_TEXT],
				new_hash[HASHER_TEXT];
	const char *const *fields = context->values.text;
	const char *parameters[] = {fields[0], fields[1], code_hash, context->request->client};
	const char *party;
	Trip		trip;

	if (secret_is_common(password))
	{
		reply_problem(context->reply, "common_password", "password");
		return;
	}
	secret_hash(code_hash, context->values.text[2]);
	if (!act_alone(context, &trip, S_TRY_ACTIVATION, parameters))
		return;
	party = rows_get(trip.rows[0], "party_id");
	if (act_too_many(context, trip.rows[0]))
		;
	else if (party == NULL)
		reply_problem(context->reply, "bad_activation", NULL);
	else if (password_hash(context, password, new_hash))
		begin_registration(context, party, code_hash, new_hash);
	db_end(&trip);
}

/* Make the user: the first code was right. */
static void
finish_registration(Context *context, const char *token_hash, int64_t step)
{
	RecoveryCodes codes;
	char		step_text[24];
	const char *parameters[] = {token_hash, step_text, codes.hashes, context->request->client};
	Trip		trip;

	make_codes(&codes);
	snprintf(step_text, sizeof(step_text), "%lld", (long long) step);
	if (act_alone(context, &trip, S_FINISH_REGISTRATION, parameters))
	{
		if (rows_get(trip.rows[0], "user_id"))
			tell_codes(context, &codes);
		else
			reply_problem(context->reply, "bad_code", "code");
		db_end(&trip);
	}
	sodium_memzero(&codes, sizeof(codes));
}

/* POST /registration/confirm: the seed's first code. A token of nothing is answered as a wrong code is. */
void
handle_registration_confirm(Context *context)
{
	char		token_hash[HASH_TEXT];
	const char *parameters[] = {token_hash, context->request->client};
	unsigned char seed[SEED_SIZE];
	const char *sealed;
	int64_t		step = -1;
	Trip		trip;

	secret_hash(token_hash, context->values.text[0]);
	if (!act_alone(context, &trip, S_TRY_REGISTRATION, parameters))
		return;
	sealed = rows_get(trip.rows[0], "totp_secret");
	if (sealed && secret_unseal(seed, sealed, rows_get(trip.rows[0], "login")))
		step = secret_step_of(seed, context->values.text[1], time(NULL));
	if (act_too_many(context, trip.rows[0]))
		;
	else if (step < 0)
		reply_problem(context->reply, "bad_code", "code");
	else
		finish_registration(context, token_hash, step);
	db_end(&trip);
	sodium_memzero(seed, sizeof(seed));
}
