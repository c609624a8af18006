/*
 * handle_profile.c
 *	  Routes about the customer that are more than a statement.
 */
#include "act.h"
#include "handle.h"

/* POST /contacts/confirm: the code that was sent there. A wrong one is answered as a change that is over is. */
void
handle_confirm_contact(Context *context)
{
	Trip		trip;

	if (!act(context, &trip, S_CONFIRM_CONTACT, context->values.text))
		return;
	if (rows_count(trip.rows[1]))
		reply_json(context->reply, 200, reply_row(trip.rows[1], 0));
	else
		reply_problem(context->reply, "bad_code", "code");
	db_end(&trip);
}
