/*
 * handle.h
 *	  What routes do that is more than a statement.
 */
#ifndef HANDLE_H
#define HANDLE_H

#include "context.h"

/* handle_service */
extern void handle_healthy(Context *context);
extern void handle_ready(Context *context);
extern void handle_metrics(Context *context);

/* handle_access */
extern void handle_login(Context *context);
extern void handle_logout(Context *context);
extern void handle_step_up(Context *context);
extern void handle_password(Context *context);
extern void handle_end_session(Context *context);

/* handle_registration */
extern void handle_activation(Context *context);
extern void handle_registration(Context *context);
extern void handle_registration_confirm(Context *context);
extern void handle_recovery_codes(Context *context);

/* handle_profile */
extern void handle_confirm_contact(Context *context);

/* handle_money */
extern void handle_payee(Context *context);
extern void handle_transactions(Context *context);

/* handle_statement */
extern void handle_statement(Context *context);
extern void handle_statement_csv(Context *context);
extern void handle_statement_html(Context *context);
extern void handle_statement_style(Context *context);

#endif
