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
	if (rows_get(rows, "retry_after"))
		reply_later(context->reply, 429, "too_many_tries", atoi(rows_get(rows, "retry_after")));
	else if (rows_get(rows, "name") == NULL)
		reply_problem(context->reply, 422, "no_such_account", "account_no");
	else
		reply_json(context->reply, 200, json_pack("{s:s, s:s}", "name", rows_get(rows, "name"), "currency_code", rows_get(rows, "currency_code")));
	db_end(&trip);
}

/* GET /accounts/{account_id}/transactions: a page, and how to ask for the next. */
void
handle_transactions(Context *context)
{
	json_t	   *items,
			   *last,
			   *next = json_null();
	Trip		trip;

	if (!act(context, &trip, S_TRANSACTIONS, context->values.text))
		return;
	items = reply_rows(trip.rows[1]);
	db_end(&trip);
	/* a page that is full may have another behind it */
	if (json_array_size(items) > 0 && json_array_size(items) == (size_t) atol(context->values.text[1]))
	{
		last = json_array_get(items, json_array_size(items) - 1);
		next = json_pack("{s:O, s:O, s:O}", "before_date", json_object_get(last, "value_date"),
						 "before_transfer", json_object_get(last, "transfer_id"), "before_line", json_object_get(last, "line_no"));
	}
	reply_json(context->reply, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}
