/*
 * subscription.c
 *		Reading and stopping subscriptions.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "actas.h"
#include "subscription.h"

static char *
column_text(MemoryContext context, int column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);

	return value ? MemoryContextStrdup(context, value) : NULL;
}

static Datum
column_datum(int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
									  column, &isnull);

	if (isnull)
		elog(ERROR, "unexpected null in datavault.subscription");
	return value;
}

static void
read_topics(DvSubscription *sub, MemoryContext context)
{
	Datum	   *elements;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(column_datum(6)), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &n);
	sub->topics = MemoryContextAlloc(context, sizeof(char *) * Max(n, 1));
	for (int i = 0; i < n; i++)
		sub->topics[i] = MemoryContextStrdup(context, TextDatumGetCString(elements[i]));
	sub->ntopics = n;
}

static bool
fetch_row(int32 id)
{
	Oid			types[3] = {INT4OID, TEXTOID, OIDOID};
	char		system[32];
	Datum		values[3];

	snprintf(system, sizeof(system), UINT64_FORMAT, GetSystemIdentifier());
	values[0] = Int32GetDatum(id);
	values[1] = CStringGetTextDatum(system);
	values[2] = ObjectIdGetDatum(MyDatabaseId);
	SPI_execute_with_args("SELECT name, owner, server, model, enabled, topics, on_error = 'stop',"
						  " batch_rows, batch_bytes, max_rejects_in_row, synchronous_commit,"
						  " coalesce((extract(epoch FROM parent_max_age) * 1000)::bigint, 0)"
						  " FROM datavault.subscription WHERE id = $1"
						  " AND system_identifier = $2::numeric AND database = $3",
						  3, types, values, NULL, true, 0);
	return SPI_processed == 1;
}

/* The options of the server and of the owner's (or PUBLIC's) mapping. */
static List *
read_options(const DvSubscription *sub)
{
	ForeignServer *server = GetForeignServerByName(sub->server, false);
	List	   *options = list_copy(server->options);

	if (pg_foreign_server_aclcheck(server->serverid, sub->owner, ACL_USAGE) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not use foreign server \"%s\"",
						GetUserNameFromId(sub->owner, false), sub->server),
				 errhint("Grant USAGE on the server to the owner of the subscription.")));
	if (SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(sub->owner),
							  ObjectIdGetDatum(server->serverid)) ||
		SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
							  ObjectIdGetDatum(server->serverid)))
		options = list_concat(options, GetUserMapping(sub->owner, server->serverid)->options);
	return options;
}

DvSubscription *
dv_subscription_read(int32 id, MemoryContext context)
{
	DvSubscription *sub;
	DvActAs		saved;
	MemoryContext old;

	dv_act_as_extension(&saved);
	if (!fetch_row(id))
	{
		dv_act_as_end(&saved);
		return NULL;
	}
	sub = MemoryContextAllocZero(context, sizeof(DvSubscription));
	sub->id = id;
	sub->name = column_text(context, 1);
	sub->owner = DatumGetObjectId(column_datum(2));
	sub->server = column_text(context, 3);
	sub->model = column_text(context, 4);
	sub->enabled = DatumGetBool(column_datum(5));
	read_topics(sub, context);
	sub->stop_on_error = DatumGetBool(column_datum(7));
	sub->batch_rows = DatumGetInt32(column_datum(8));
	sub->batch_bytes = DatumGetInt64(column_datum(9));
	sub->max_rejects_in_row = DatumGetInt32(column_datum(10));
	sub->synchronous_commit = DatumGetBool(column_datum(11));
	sub->parent_max_age = DatumGetInt64(column_datum(12));
	dv_act_as_end(&saved);
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(sub->owner)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the owner of subscription \"%s\" does not exist", sub->name),
				 errhint("Give it an owner: alter_subscription(name, '{\"owner\": \"…\"}').")));
	old = MemoryContextSwitchTo(context);
	sub->options = read_options(sub);
	MemoryContextSwitchTo(old);
	return sub;
}

void
dv_subscription_stop(int32 id, const char *code, const char *message, const char *hint,
					 const DvMessage *at)
{
	Oid			types[5] = {INT4OID, TEXTOID, TEXTOID, INT4OID, INT8OID};
	Datum		values[5];
	char		nulls[5] = "     ";
	DvActAs		saved;

	values[0] = Int32GetDatum(id);
	values[1] = CStringGetTextDatum(psprintf("%s: %s%s%s", code, message,
											 hint && *hint ? ". " : "", hint ? hint : ""));
	values[2] = at ? CStringGetTextDatum(at->topic) : (Datum) 0;
	values[3] = Int32GetDatum(at ? at->partition : 0);
	values[4] = Int64GetDatum(at ? at->offset : 0);
	nulls[2] = nulls[3] = nulls[4] = at ? ' ' : 'n';
	dv_act_as_extension(&saved);
	SPI_execute_with_args("UPDATE datavault.subscription SET enabled = false,"
						  " state = 'stopped', state_message = $2, stopped_topic = $3,"
						  " stopped_partition = $4, stopped_offset = $5 WHERE id = $1",
						  5, types, values, nulls, false, 0);
	dv_act_as_end(&saved);
}

int32
dv_subscription_own(const char *name, bool *enabled)
{
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(name)};
	Oid			owner;
	DvActAs		saved;

	dv_act_as_extension(&saved);
	SPI_execute_with_args("SELECT id, owner, enabled FROM datavault.subscription WHERE name = $1 FOR UPDATE",
						  1, types, values, NULL, false, 0);
	dv_act_as_end(&saved);
	if (SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("subscription \"%s\" does not exist", name),
				 errhint("See datavault.stat_subscription.")));
	owner = DatumGetObjectId(column_datum(2));
	if (!has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of subscription \"%s\"", name)));
	if (enabled)
		*enabled = DatumGetBool(column_datum(3));
	return DatumGetInt32(column_datum(1));
}

int32 *
dv_subscription_enabled(int *n)
{
	Oid			types[2] = {TEXTOID, OIDOID};
	char		system[32];
	Datum		values[2];
	int32	   *ids;
	DvActAs		saved;

	snprintf(system, sizeof(system), UINT64_FORMAT, GetSystemIdentifier());
	values[0] = CStringGetTextDatum(system);
	values[1] = ObjectIdGetDatum(MyDatabaseId);
	dv_act_as_extension(&saved);
	SPI_execute_with_args("SELECT id FROM datavault.subscription WHERE enabled"
						  " AND system_identifier = $1::numeric AND database = $2 ORDER BY id",
						  2, types, values, NULL, true, 0);
	dv_act_as_end(&saved);
	*n = (int) SPI_processed;
	ids = palloc(sizeof(int32) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
	{
		bool		isnull;

		ids[i] = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
											 1, &isnull));
	}
	return ids;
}

static bool
same_options(const List *a, const List *b)
{
	if (list_length(a) != list_length(b))
		return false;
	for (int i = 0; i < list_length(a); i++)
	{
		DefElem    *x = list_nth(a, i);
		DefElem    *y = list_nth(b, i);

		if (strcmp(x->defname, y->defname) != 0 ||
			strcmp(defGetString(x), defGetString(y)) != 0)
			return false;
	}
	return true;
}

bool
dv_subscription_same_source(const DvSubscription *a, const DvSubscription *b)
{
	if (a->ntopics != b->ntopics || !same_options(a->options, b->options))
		return false;
	for (int i = 0; i < a->ntopics; i++)
		if (strcmp(a->topics[i], b->topics[i]) != 0)
			return false;
	return true;
}

bool
dv_subscription_same_rest(const DvSubscription *a, const DvSubscription *b)
{
	return strcmp(a->name, b->name) == 0 && a->owner == b->owner &&
		strcmp(a->model, b->model) == 0 && a->stop_on_error == b->stop_on_error &&
		a->batch_rows == b->batch_rows && a->batch_bytes == b->batch_bytes &&
		a->max_rejects_in_row == b->max_rejects_in_row &&
		a->synchronous_commit == b->synchronous_commit && a->parent_max_age == b->parent_max_age;
}
