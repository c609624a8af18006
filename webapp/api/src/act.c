/*
 * act.c
 *	  Acting for whoever has signed in.
 */
#include "act.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "metric.h"

typedef struct Meaning
{
	const char *sqlstate;
	const char *code;
	bool		denied;			/* who asked may not: for the trail */
} Meaning;

/* The bank's own errors (bank/source/README.md), and those of constraints that a request can run into. */
static const Meaning meanings[] = {
	{"BK001", "account_not_active"},
	{"BK002", "currency_differs"},
	{"BK003", "insufficient_funds"},
	{"BK004", "card_not_usable"},
	{"BK006", "id_reused"},
	{"BK008", "not_found", true},
	{"BK009", "bad_field"},
	{"BK010", "no_session"},
	{"BK011", "step_up_needed", true},
	{"BK012", "no_such_account"},
	{"BK013", "not_allowed", true},
	{"BK014", "limit_reached"},
	{"BK015", "not_for_party"},
	{"BK016", "login_taken"},
	{"BK017", "last_contact"},
	{"BK018", "order_ended"},
	{"BK019", "customer_blocked", true},
	{"BK020", "transfer_void"},
	{"23503", "currency_differs"},	/* the only key that a request names and nothing asks for before: a currency that there is not */
	{"23514", "same_account"},
	{"57014", "unavailable"},	/* the statement took too long, and was ended by the server */
	{"55P03", "unavailable"},	/* so did a lock */
	{"40001", "unavailable"},
	{"40P01", "unavailable"},
};

static const Meaning *
meaning_of(const Trip *trip)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(meanings[i].sqlstate, trip->sqlstate) == 0)
			return &meanings[i];
	return NULL;
}

/* Answer what the database's refusal means; what has no meaning here is our fault, and logged. */
static void
refused(Context *context, const Trip *trip)
{
	const Meaning *meaning = meaning_of(trip);

	if (meaning)
	{
		if (strcmp(meaning->code, "unavailable") == 0)
			reply_later(context->reply, meaning->code, 1);
		else
			reply_problem(context->reply, meaning->code, NULL);
		return;
	}
	log_event("error", "database.refused", "{s:s, s:s, s:s}", "request", context->request->id, "sqlstate", trip->sqlstate,
			  "detail", trip->message);
	reply_problem(context->reply, "internal", NULL);
}

static void
gone(Context *context, const Trip *trip)
{
	metric_add(METRIC_DATABASE_GONE, 1);
	log_event("error", "database.gone", "{s:s, s:s}", "request", context->request->id, "detail", trip->message);
	reply_later(context->reply, "unavailable", 1);
}

/* How a request enters: what pages ask by themselves does not count as their user's. */
static StatementId
entrance(const Context *context)
{
	return context->route->unnoticed ? S_LOOK : S_ENTER;
}

/* Enter in whatever role, and run a statement: a trip besides the one that the answer is of. */
static void
run_besides(Context *context, Trip *trip, StatementId statement, const char *const *parameters)
{
	const char *enter[] = {context->token_hash, NULL, "false"};

	if (db_start(trip))
	{
		db_add(trip, CUSTOMER, entrance(context), enter);
		db_add(trip, CUSTOMER, statement, parameters);
		db_go(trip);
	}
	context->database_micros += trip->micros;
}

/*
 * The same; what comes of it changes no answer.
 */
void
act_quietly(Context *context, StatementId statement, const char *const *parameters)
{
	Trip		trip;

	run_besides(context, &trip, statement, parameters);
	db_end(&trip);
}

/* Whether a refusal of this trip tells something of the account that a number is of, as that there is none. */
static bool
tells_of_payee(const Trip *trip)
{
	if (strcmp(trip->sqlstate, "BK019") == 0 || strcmp(trip->sqlstate, "BK020") == 0)	/* nobody has looked at the number yet */
		return false;
	switch (trip->statement[trip->count - 1])
	{
		case S_PAY:
		case S_CHECK_PAYMENT:
		case S_ADD_BENEFICIARY:
		case S_MAKE_STANDING_ORDER:
			return true;
		default:
			return false;
	}
}

/*
 * A refusal counts as asking for a payee, or whoever tries numbers would do it for nothing. What the refused
 * trip counted was taken back with it, so this is another one. Before the answer goes out: what could not be
 * counted, or is beyond the limit, is not told.
 */
static void
count_payee(Context *context)
{
	Trip		trip;

	run_besides(context, &trip, S_COUNT_PAYEE, NULL);
	if (trip.outcome == DB_DONE)
		act_too_many(context, trip.rows[1]);
	else
		gone(context, &trip);
	db_end(&trip);
}

/* Add to the trail that somebody was refused. */
static void
record_denial(Context *context, const char *verdict)
{
	json_t	   *detail = json_pack("{s:s, s:s}", "route", context->route->path, "why", verdict);
	char	   *text = json_dumps(detail, JSON_COMPACT);
	const char *event[] = {context->request->client, text};

	act_quietly(context, S_DENIED, event);
	free(text);
	json_decref(detail);
}

/* Whether enter() let us in; else the answer is given. */
static bool
entered(Context *context, const Rows *rows)
{
	const char *verdict = rows_get(rows, "verdict");
	const char *user = rows_get(rows, "user_id");

	context->user_id = user ? atol(user) : 0;
	if (verdict && strcmp(verdict, "live") == 0)
		return true;
	if (verdict && (strcmp(verdict, "role") == 0 || strcmp(verdict, "step_up") == 0))
	{
		record_denial(context, verdict);
		reply_problem(context->reply, strcmp(verdict, "role") == 0 ? "not_allowed" : "step_up_needed", NULL);
	}
	else
		reply_problem(context->reply, "no_session", NULL);
	return false;
}

static Who
who_acts(const Context *context)
{
	return context->route->who & STAFF ? STAFF : CUSTOMER;
}

/* Begin a trip by entering. */
static bool
start(Context *context, Trip *trip)
{
	const char *enter[] = {
		context->token_hash,
		context->route->who == ANYBODY ? NULL : who_acts(context) == STAFF ? "staff" : "customer",
		context->route->step_up ? "true" : "false",
	};

	if (!db_start(trip))
		return false;
	db_add(trip, who_acts(context), entrance(context), enter);
	return true;
}

/* Whether a trip that began by entering did all it should; else the answer is given, and the trip is over. */
static bool
is_done(Context *context, Trip *trip)
{
	context->database_micros += trip->micros;
	if (context->reply->broken)	/* whoever asked has gone, or the rows were no good: serve() says so */
	{
		db_end(trip);
		return false;
	}
	if (trip->outcome == DB_GONE)
		gone(context, trip);
	else if (trip->rows[0] == NULL || entered(context, trip->rows[0]))
	{
		const Meaning *meaning;

		if (trip->outcome == DB_DONE)
			return true;
		meaning = meaning_of(trip);
		refused(context, trip);
		if (tells_of_payee(trip) && context->reply->status < 500 && context->reply->status != 401)
			count_payee(context);
		if (meaning && meaning->denied)
			record_denial(context, meaning->code);
	}
	db_end(trip);
	return false;
}

/*
 * Enter, and run a statement, in one transaction. True if both were done: the statement's rows are
 * trip->rows[1], and db_end() is the caller's. Else the answer is given, and the trip is over.
 */
bool
act(Context *context, Trip *trip, StatementId statement, const char *const *parameters)
{
	if (start(context, trip))
	{
		db_add(trip, who_acts(context), statement, parameters);
		db_go(trip);
	}
	return is_done(context, trip);
}

/*
 * The same for an answer that may be long: what it is about (head: trip->rows[1]), then rows that are taken as
 * they come; of both statements the parameters are the first fields. An answer that has begun and comes to no
 * good end is cut.
 */
bool
act_row_by_row(Context *context, Trip *trip, StatementId head, StatementId statement, RowTaker take, void *to)
{
	if (start(context, trip))
	{
		db_add(trip, who_acts(context), head, context->values.text);
		db_add(trip, who_acts(context), statement, context->values.text);
		db_each(trip, take, to);
		db_go(trip);
	}
	return is_done(context, trip);
}

/*
 * Run a statement for nobody: what happens before anybody has signed in. As act(), with the rows in trip->rows[0].
 */
bool
act_alone(Context *context, Trip *trip, StatementId statement, const char *const *parameters)
{
	if (db_start(trip))
	{
		db_add(trip, NOBODY, statement, parameters);
		db_go(trip);
	}
	context->database_micros += trip->micros;
	if (trip->outcome == DB_DONE)
		return true;
	if (trip->outcome == DB_GONE)
		gone(context, trip);
	else
		refused(context, trip);
	db_end(trip);
	return false;
}

/*
 * Whether the rows say that there were too many tries; then the answer says when to come again.
 */
bool
act_too_many(Context *context, const Rows *rows)
{
	const char *seconds = rows_get(rows, "retry_after");

	if (seconds)
		reply_later(context->reply, "too_many_tries", atoi(seconds));
	return seconds != NULL;
}

/*
 * A page of rows, and where the next begins: before the last one's first column. A page that is full may have
 * another behind it.
 */
static void
answer_page(Context *context, const Rows *rows)
{
	const char *limit = valid_get(&context->values, context->route->fields, "limit");
	int			count = rows_count(rows);
	json_t	   *next = json_null();

	if (limit && count > 0 && count == atoi(limit))
	{
		json_t	   *last = reply_row(rows, count - 1);

		next = json_pack("{s:O}", "before", json_object_get(last, rows_name(rows, 0)));
		json_decref(last);
	}
	reply_items(context->reply, rows, count, next);
}

/* A thing, and whether it was made just now; what only says when to come again is none of its members. */
static void
answer_row(Context *context, const Rows *rows)
{
	const char *is_new = rows_get(rows, "is_new");
	bool		made = context->route->shape == SHAPE_MADE && is_new && *is_new == 't';

	reply_first(context->reply, made ? 201 : 200, rows, "retry_after");
}

/* The rows, in the route's shape. */
static void
answer(Context *context, const Rows *rows)
{
	Shape		shape = context->route->shape;

	if (shape == SHAPE_PAGE)
		answer_page(context, rows);
	else if (shape == SHAPE_ROWS)
		reply_items(context->reply, rows, rows_count(rows), NULL);
	else if (rows_count(rows) == 0)
		reply_problem(context->reply, "not_found", NULL);
	else if (shape == SHAPE_GONE)
		reply_nothing(context->reply);
	else if (shape == SHAPE_ROWS_OF)
		reply_items(context->reply, rows, rows_count(rows), NULL);
	else
		answer_row(context, rows);
}

/*
 * The usual route: its fields are the statement's parameters, the rows are the answer.
 */
void
act_plainly(Context *context)
{
	Trip		trip;

	if (!act(context, &trip, context->route->statement, context->values.text))
		return;
	if (!act_too_many(context, trip.rows[1]))
		answer(context, trip.rows[1]);
	db_end(&trip);
}
