/*
 * act.h
 *	  Acting for whoever has signed in: entering and a statement in one trip, and what the
 *	  database's answers mean over HTTP.
 */
#ifndef ACT_H
#define ACT_H

#include <stdbool.h>

#include "context.h"

extern bool act(Context *context, Trip *trip, StatementId statement, const char *const *parameters);
extern bool act_alone(Context *context, Trip *trip, StatementId statement, const char *const *parameters);
extern bool act_row_by_row(Context *context, Trip *trip, StatementId head, StatementId statement, RowTaker take,
						   void *to);
extern void act_plainly(Context *context);
extern void act_quietly(Context *context, StatementId statement, const char *const *parameters);
extern bool act_too_many(Context *context, const Rows *rows);

#endif
