/*
 * model_view.c
 *		The views of a model: histories, current rows, shared keys.
 *
 * Live rows are found by index: the newest row of a key that is live and has
 * no later row of the same key and source row.  Keys that were reached through
 * a foreign key are anchors; same-as says what they are called now.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model_ddl.h"

#define ZERO_KEY "'00000000-0000-0000-0000-000000000000'::uuid"

List *
dv_model_views(const DvModel *model)
{
	return NIL;
}
