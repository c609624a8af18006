/*
 * password.c
 *	  Passwords, by way of the hashers.
 */
#include "password.h"

#include "metric.h"

/* Before a hasher is asked. */
static void
count_question(void)
{
	metric_add(METRIC_HASHES, 1);
	metric_add(METRIC_HASHER_WAITING, 1);
}

/* After it; false, and the request's answer, if it did not say. */
static bool
is_answered(Context *context, HasherAnswer answer)
{
	metric_add(METRIC_HASHER_WAITING, -1);
	if (answer == HASHER_YES || answer == HASHER_NO)
		return true;
	metric_add(METRIC_HASHER_BUSY, answer == HASHER_BUSY);
	reply_later(context->reply, answer == HASHER_BUSY ? "busy" : "unavailable", 2);
	return false;
}

/*
 * Whether a password is that of a hash. False, and the answer, if nobody can tell now. known: who asks has a
 * device that has signed in before, or a session.
 */
bool
password_compare(Context *context, const char *password, const char *hash, bool known, bool *same)
{
	HasherAnswer answer;

	count_question();
	answer = hasher_verify(password, hash, known);
	*same = answer == HASHER_YES;
	return is_answered(context, answer);
}

/*
 * The hash of a new password. False, and the answer, if there is nobody to compute it now.
 */
bool
password_hash(Context *context, const char *password, char hash[HASHER_TEXT])
{
	HasherAnswer answer;

	count_question();
	answer = hasher_hash(password, hash);
	if (answer == HASHER_NO)	/* a question that could not be put: as one that was not answered */
		answer = HASHER_GONE;
	return is_answered(context, answer);
}
