/*
 * handle_access.c
 *	  Signing in and out, further codes, passwords.
 *
 * What was wrong with a login is never told apart: not by the answer, and not by the time that it takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "act.h"
#include "handle.h"
#include "metric.h"
#include "password.h"
#include "secret.h"

#define COOKIE "; Path=/; Secure; HttpOnly; SameSite=Strict"
#define DEVICE_DAYS 400

/* What a code is good for: a step of the one-time codes, or a recovery code's hash. */
typedef struct Proof
{
	char		step[24];
	char		recovery[HASH_TEXT];
	const char *step_value;		/* NULL if it is none */
	const char *recovery_value;
} Proof;

/* Read a code. False if it is a one-time code of no step that is still unused. */
static bool
read_proof(Proof *proof, const char *code, const char *login, const char *sealed, const char *last_step)
{
	unsigned char seed[SEED_SIZE] = {0};
	bool		known = sealed && secret_unseal(seed, sealed, login);
	int64_t		step = secret_step_of(seed, code, time(NULL));

	memset(proof, 0, sizeof(*proof));
	if (strlen(code) != 6)
	{
		secret_hash(proof->recovery, code);
		proof->recovery_value = proof->recovery;
		return true;
	}
	snprintf(proof->step, sizeof(proof->step), "%lld", (long long) step);
	proof->step_value = proof->step;
	return known && step > (last_step ? atoll(last_step) : 0);
}

/* The hash of the device's token, or NULL if the browser has none. */
static const char *
device_of(const Context *context, char hash[HASH_TEXT])
{
	if (context->request->device[0] == '\0')
		return NULL;
	secret_hash(hash, context->request->device);
	return hash;
}

static void
refuse_login(Context *context, const char *login, const char *user, const char *reason)
{
	char		device[HASH_TEXT];
	const char *parameters[] = {login, user, context->request->client, reason, device_of(context, device)};
	Trip		trip;

	metric_add(METRIC_LOGINS_REFUSED, 1);
	if (!act_alone(context, &trip, S_LOGIN_REFUSED, parameters))
		return;
	db_end(&trip);
	reply_problem(context->reply, "bad_credentials", NULL);
}

/* Who signs in anew leaves the session of before, if this browser has one: a token never outlives a login. */
static void
end_old_session(Context *context)
{
	const char *present[] = {NULL};

	/* refused where there is none: nothing to end */
	if (context->request->session[0])
		act_quietly(context, S_END_SESSION, present);
}

/*
 * Begin the session: the last of what a login does, and the only one that can still find the code used, or another
 * password.
 */
static void
open_session(Context *context, const char *login, const Rows *found, const Proof *proof)
{
	const char *user = rows_get(found, "user_id");
	char		token[TOKEN_SIZE],
				token_hash[HASH_TEXT];
	char		device[TOKEN_SIZE],
				device_hash[HASH_TEXT],
				old_device[HASH_TEXT];
	const char *parameters[] = {login, user, rows_get(found, "password_changed_at"), proof->step_value, proof->recovery_value, token_hash, device_hash,
	device_of(context, old_device), context->request->client, context->request->agent};
	Trip		trip;

	secret_token(token);
	secret_hash(token_hash, token);
	secret_token(device);
	secret_hash(device_hash, device);
	if (!act_alone(context, &trip, S_LOGIN_FINISH, parameters))
	{
		/* only who had the right password comes here: a fault of ours must not tell that */
		if (context->reply->status == 500)
			refuse_login(context, login, user, "fault");
		return;
	}
	if (rows_get(trip.rows[0], "session_id"))
	{
		end_old_session(context);
		metric_add(METRIC_LOGINS_DONE, 1);
		context->user_id = atol(user);
		reply_json(context->reply, 200, reply_row(trip.rows[0], 0));
		reply_header(context->reply, "Set-Cookie", "__Host-session=%s" COOKIE, token);
		reply_header(context->reply, "Set-Cookie", "__Host-device=%s; Max-Age=%d" COOKIE, device, DEVICE_DAYS * 86400);
	}
	else
	{
		metric_add(METRIC_LOGINS_REFUSED, 1);
		reply_problem(context->reply, "bad_credentials", NULL);
	}
	db_end(&trip);
}

/* POST /login: name, password and code, all at once. */
void
handle_login(Context *context)
{
	const char *login = context->values.text[0];
	const char *password = context->values.text[1];
	const char *code = context->values.text[2];
	char		device[HASH_TEXT];
	const char *parameters[] = {login, context->request->client, device_of(context, device)};
	const char *user,
			   *hash,
			   *known;
	bool		same;
	Proof		proof;
	Trip		trip;

	if (!act_alone(context, &trip, S_LOGIN_BEGIN, parameters))
		return;
	if (!act_too_many(context, trip.rows[0]))
	{
		user = rows_get(trip.rows[0], "user_id");
		hash = rows_get(trip.rows[0], "password_hash");
		known = rows_get(trip.rows[0], "known_device");
		if (password_compare(context, password, hash ? hash : hasher_stand_in(), known && *known == 't', &same))
		{
			bool		good = read_proof(&proof, code, login, rows_get(trip.rows[0], "totp_secret"), rows_get(trip.rows[0], "totp_last_step"));

			if (user && same && good)
				open_session(context, login, trip.rows[0], &proof);
			else
				refuse_login(context, login, user, !user ? "login" : !same ? "password" : "code");
		}
	}
	db_end(&trip);
}

/* POST /logout: ends this session; also one that was over anyway is forgotten by the browser. */
void
handle_logout(Context *context)
{
	const char *parameters[] = {NULL};
	Trip		trip;

	if (act(context, &trip, S_END_SESSION, parameters))
	{
		db_end(&trip);
		reply_nothing(context->reply);
	}
	if (context->reply->status == 503)
		return;
	reply_header(context->reply, "Set-Cookie", "__Host-session=; Max-Age=0" COOKIE);
	reply_header(context->reply, "Clear-Site-Data", "\"cache\", \"storage\"");
}

/* A further code that is wrong; too many of them end the session. */
static void
refuse_step_up(Context *context)
{
	const char *parameters[] = {"code", context->request->client};

	act_quietly(context, S_STEP_UP_REFUSED, parameters);
	reply_problem(context->reply, "bad_code", "code");
}

/* POST /step-up: a further code opens what needs one, for some minutes. */
void
handle_step_up(Context *context)
{
	const char *code = context->values.text[0];
	Proof		proof;
	Trip		secrets,
				trip;
	const char *parameters[2];

	if (!act(context, &secrets, S_MY_SECRETS, NULL))
		return;
	if (act_too_many(context, secrets.rows[1]))
		;
	/* one that was right, but used before, is the database's to judge: it knows by whom */
	else if (!read_proof(&proof, code, rows_get(secrets.rows[1], "login"), rows_get(secrets.rows[1], "totp_secret"), NULL))
		refuse_step_up(context);
	else
	{
		parameters[0] = proof.step_value;
		parameters[1] = proof.recovery_value;
		if (act(context, &trip, S_STEP_UP, parameters))
		{
			if (rows_get(trip.rows[1], "step_up_until"))
				reply_json(context->reply, 200, reply_row(trip.rows[1], 0));
			else
				reply_problem(context->reply, "bad_code", "code");
			db_end(&trip);
		}
	}
	db_end(&secrets);
}

/* Whether the password of whoever has signed in is this one; else the answer is given. */
static bool
is_own_password(Context *context, const char *password)
{
	const char *refused[] = {context->request->client};
	bool		same = false;
	Trip		trip;

	if (!act(context, &trip, S_MY_SECRETS, NULL))
		return false;
	if (!act_too_many(context, trip.rows[1])
		&& password_compare(context, password, rows_get(trip.rows[1], "password_hash"), true, &same) && !same)
	{
		act_quietly(context, S_PASSWORD_REFUSED, refused);
		reply_problem(context->reply, "bad_password", "old_password");
	}
	db_end(&trip);
	return same;
}

/* Keep a new password's hash. All other sessions end; this one goes on under a new token. */
static void
change_password(Context *context, const char *hash)
{
	char		token[TOKEN_SIZE],
				token_hash[HASH_TEXT];
	const char *parameters[] = {hash, token_hash};
	Trip		trip;

	secret_token(token);
	secret_hash(token_hash, token);
	if (!act(context, &trip, S_CHANGE_PASSWORD, parameters))
		return;
	reply_nothing(context->reply);
	reply_header(context->reply, "Set-Cookie", "__Host-session=%s" COOKIE, token);
	db_end(&trip);
}

/* POST /password: the old one, and a new one. */
void
handle_password(Context *context)
{
	const char *old = context->values.text[0];
	const char *new = context->values.text[1];
	char		hash[HASHER_TEXT];

	if (secret_is_common(new))
		reply_problem(context->reply, "common_password", "new_password");
	else if (is_own_password(context, old) && password_hash(context, new, hash))
		change_password(context, hash);
}

/* DELETE /sessions/{session_id}: one's own, wherever it is. */
void
handle_end_session(Context *context)
{
	const char *ended;
	Trip		trip;

	if (!act(context, &trip, S_END_SESSION, context->values.text))
		return;
	ended = rows_get(trip.rows[1], "ended");
	if (ended && *ended == 't')
		reply_nothing(context->reply);
	else
		reply_problem(context->reply, "not_found", NULL);
	db_end(&trip);
}
