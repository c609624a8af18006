/*
 * handle_money.c
 *	  Routes about money that are more than a statement.
 */
#include <stdlib.h>

#include "act.h"
#include "handle.h"

/* POST /payees: whom an account number belongs to, masked, before anything is sent there. */
void
handle_payee(Context *context)
{
	const Rows *rows;
	Trip		trip;

	if (!act(context, &trip, S_PAYEE, context->values.text))
		return;
	rows = trip.rows[1];
	if (!act_too_many(context, rows) && rows_get(rows, "name") == NULL)
		reply_problem(context->reply, "no_such_account", "account_no");
	else if (context->reply->status == 0)
		reply_json(context->reply, 200, json_pack("{s:s, s:s}", "name", rows_get(rows, "name"), "currency_code", rows_get(rows, "currency_code")));
	db_end(&trip);
}

/* The last row is none of the page if it has nothing but a place: the one to go on from. It is taken away. */
static json_t *
take_next(const Rows *rows, int *count)
{
	json_t	   *last;
	json_t	   *next;

	if (*count == 0 || rows_value(rows, *count - 1, rows_column(rows, "booked_at")))
		return json_null();
	last = reply_row(rows, --*count);
	next = json_pack("{s:O, s:O, s:O}", "before_date", json_object_get(last, "value_date"),
					 "before_transfer", json_object_get(last, "transfer_id"), "before_line", json_object_get(last, "line_no"));
	json_decref(last);
	return next;
}

/* Whether there is such an account; the answer is given if that cannot be told, or there is none. */
static bool
is_account(Context *context)
{
	const char *account[] = {context->values.text[0]};
	bool		exists;
	Trip		trip;

	if (!act(context, &trip, S_BALANCE, account))
		return false;
	exists = rows_count(trip.rows[1]) > 0;
	db_end(&trip);
	if (!exists)
		reply_problem(context->reply, "not_found", NULL);
	return exists;
}

/* GET /accounts/{account_id}/transactions: a page, and how to ask for the next; a short one may have one, too. */
void
handle_transactions(Context *context)
{
	json_t	   *next;
	int			count;
	Trip		trip;

	if (!act(context, &trip, S_TRANSACTIONS, context->values.text))
		return;
	count = rows_count(trip.rows[1]);
	next = take_next(trip.rows[1], &count);
	/* nothing at all may be because there is no such account */
	if (count > 0 || !json_is_null(next))
		reply_items(context->reply, trip.rows[1], count, next);
	else
		json_decref(next);
	db_end(&trip);
	if (context->reply->status == 0 && is_account(context))
		reply_items(context->reply, NULL, 0, json_null());
}
