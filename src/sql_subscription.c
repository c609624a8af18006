/*
 * sql_subscription.c
 *		SQL functions that make, change and drop subscriptions.
 *
 * The tables belong to the extension's owner; these functions check what the
 * caller may do and then write as that role.  Workers hear of it at commit.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "actas.h"
#include "model.h"
#include "offset.h"
#include "state.h"
#include "subscription.h"

PG_FUNCTION_INFO_V1(dv_create_subscription);
PG_FUNCTION_INFO_V1(dv_alter_subscription);
PG_FUNCTION_INFO_V1(dv_enable_subscription);
PG_FUNCTION_INFO_V1(dv_disable_subscription);
PG_FUNCTION_INFO_V1(dv_drop_subscription);
PG_FUNCTION_INFO_V1(dv_reset_offsets);
PG_FUNCTION_INFO_V1(dv_skip_message);

static bool changed = false;	/* in this transaction */

/* Tell the launcher and the workers, now that it can be seen. */
static void
on_xact(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT && changed)
	{
		dv_state_request_reload(MyDatabaseId, 0);
		dv_state_request_scan(MyDatabaseId);
	}
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		changed = false;
}

static void
note_change(void)
{
	static bool registered = false;

	if (!dv_state_available())
		return;
	if (!registered)
		RegisterXactCallback(on_xact, NULL);
	registered = true;
	changed = true;
}

static void
warn_without_workers(void)
{
	if (!dv_state_available())
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no worker will run: datavault is not preloaded"),
				 errhint("Add datavault to shared_preload_libraries and restart the server.")));
}

/* Options ----------------------------------------------------------------- */

typedef struct Option
{
	const char *name;			/* also the column */
	const char *type;
	bool		create;			/* also in create_subscription() */
	const char *allowed;		/* what the column's type and constraint let pass */
} Option;

static const Option options[] =
{
	{"on_error", "text", true, "\"reject\" or \"stop\""},
	{"batch_rows", "integer", true, "an integer from 1 to 1000000"},
	{"batch_bytes", "bigint", true, "an integer from 1 to 1073741824"},
	{"max_rejects_in_row", "integer", true, "an integer that is not negative"},
	{"synchronous_commit", "boolean", true, "true or false"},
	{"parent_max_age", "interval", true, "an interval above 0 such as \"1 day\", or null"},
	{"server", "text", false, "the name of a server of datavault_kafka"},
	{"model", "text", false, "the name of a model"},
	{"topics", "text[]", false, "an array of topics, none of them empty"},
	{"name", "text", false, "a name of 1 to 63 bytes that no other subscription has"},
	{"owner", "text", false, "the name of a role"},
};

static const Option *
find_option(const char *name, bool create)
{
	for (int i = 0; i < (int) lengthof(options); i++)
		if (strcmp(options[i].name, name) == 0 && (options[i].create || !create))
			return &options[i];
	return NULL;
}

typedef struct OptionValue
{
	const char *name;
	const char *value;
	const char *allowed;
} OptionValue;

/* Say it by the option: the table's constraints are nothing a user has heard of. */
static void
explain_option(void *arg)
{
	const OptionValue *option = arg;
	int			code = geterrcode();

	if (code != ERRCODE_CHECK_VIOLATION && code != ERRCODE_UNIQUE_VIOLATION &&
		ERRCODE_TO_CATEGORY(code) != ERRCODE_DATA_EXCEPTION)
		return;
	errcode(ERRCODE_INVALID_PARAMETER_VALUE);
	errmsg("option \"%s\" of a subscription cannot have this value", option->name);
	errdetail("The value is \"%s\".", option->value);
	errhint("Give %s.", option->allowed);
}

static void
require_brokers(const ForeignServer *server)
{
	ListCell   *cell;

	foreach(cell, server->options)
	{
		const char *name = ((DefElem *) lfirst(cell))->defname;

		if (strcmp(name, "bootstrap.servers") == 0 || strcmp(name, "metadata.broker.list") == 0)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
			 errmsg("server \"%s\" does not say where Kafka is", server->servername),
			 errhint("ALTER SERVER %s OPTIONS (ADD \"bootstrap.servers\" 'host:port');",
					 quote_identifier(server->servername))));
}

static void
check_server(const char *name, Oid role)
{
	ForeignServer *server = GetForeignServerByName(name, false);
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);
	AclResult	acl;

	if (strcmp(wrapper->fdwname, "datavault_kafka") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not of datavault_kafka", name),
				 errhint("Use CREATE SERVER … FOREIGN DATA WRAPPER datavault_kafka.")));
	require_brokers(server);
	acl = pg_foreign_server_aclcheck(server->serverid, role, ACL_USAGE);
	if (acl != ACLCHECK_OK)
		aclcheck_error(acl, OBJECT_FOREIGN_SERVER, name);
}

static void
raise_unknown_option(const char *name, bool create)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < (int) lengthof(options); i++)
		if (options[i].create || !create)
			appendStringInfo(&names, "%s%s", i ? ", " : "", options[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown option \"%s\" of a subscription", name),
			 errhint("Options are %s.", names.data)));
}

/* Run as the extension's owner; returns the number of rows. */
static uint64
run(const char *command, int n, Oid *types, Datum *values)
{
	DvActAs		saved;

	dv_act_as_extension(&saved);
	SPI_execute_with_args(command, n, types, values, NULL, false, 0);
	dv_act_as_end(&saved);
	return SPI_processed;
}

/* A new owner: the caller must be that role, too. */
static char *
owner_value(const char *role)
{
	Oid			owner = get_role_oid(role, false);

	check_is_member_of_role(GetUserId(), owner);
	return psprintf("%u", owner);
}

static void
set_option(int32 id, const char *name, char *value, bool create)
{
	Oid			types[2] = {INT4OID, TEXTOID};
	Datum		values[2];
	const Option *option = find_option(name, create);
	const char *type;
	OptionValue given = {name, value, NULL};
	ErrorContextCallback context = {error_context_stack, explain_option, &given};

	if (option == NULL)
		raise_unknown_option(name, create);
	given.allowed = option->allowed;
	type = option->type;
	if (value == NULL && strcmp(name, "parent_max_age") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("option \"%s\" of a subscription cannot be null", name)));
	if (strcmp(name, "server") == 0)
		check_server(value, GetUserId());
	if (strcmp(name, "owner") == 0)
	{
		value = owner_value(value);
		type = "oid";
	}
	values[0] = Int32GetDatum(id);
	values[1] = value ? CStringGetTextDatum(value) : (Datum) 0;
	error_context_stack = &context;
	if (strcmp(name, "name") == 0)
	{
		run("UPDATE datavault.held SET subscription = $2 WHERE subscription ="
			" (SELECT name FROM datavault.subscription WHERE id = $1)", 2, types, values);
		run("UPDATE datavault.position_change SET subscription = $2 WHERE subscription ="
			" (SELECT name FROM datavault.subscription WHERE id = $1)", 2, types, values);
	}
	if (value)
		run(psprintf("UPDATE datavault.subscription SET %s = $2::%s WHERE id = $1",
					 quote_identifier(name), type), 2, types, values);
	else
		run("UPDATE datavault.subscription SET parent_max_age = NULL WHERE id = $1",
			1, types, values);
	error_context_stack = context.previous;
}

static void
set_options(int32 id, Jsonb *document, bool create)
{
	Oid			types[1] = {JSONBOID};
	Datum		values[1] = {JsonbPGetDatum(document)};
	SPITupleTable *table;
	uint64		n;

	if (!JB_ROOT_IS_OBJECT(document))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options of a subscription must be a JSON object"),
				 errhint("For example {\"on_error\": \"stop\"}.")));
	SPI_execute_with_args("SELECT key, CASE WHEN pg_catalog.jsonb_typeof(value) = 'array'"
						  " THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(value))::pg_catalog.text"
						  " ELSE value OPERATOR(pg_catalog.#>>) '{}' END"
						  " FROM pg_catalog.jsonb_each($1)", 1, types, values, NULL, true, 0);
	table = SPI_tuptable;
	n = SPI_processed;
	for (uint64 i = 0; i < n; i++)
		set_option(id, SPI_getvalue(table->vals[i], table->tupdesc, 1),
				   SPI_getvalue(table->vals[i], table->tupdesc, 2), create);
	types[0] = INT4OID;
	values[0] = Int32GetDatum(id);
	/* held against drop_model() until we commit */
	if (run("SELECT FROM datavault.model m JOIN datavault.subscription s ON s.model = m.name"
			" WHERE s.id = $1 FOR KEY SHARE OF m", 1, types, values) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the subscription's model does not exist"),
				 errhint("Make it first with datavault.apply_model().")));
	if (run("SELECT FROM datavault.subscription s WHERE s.id = $1"
			" AND pg_catalog.has_table_privilege(s.owner, 'datavault.model', 'SELECT')", 1, types, values) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the subscription's owner may not read datavault.model"),
				 errdetail("The worker acts as that role."),
				 errhint("GRANT SELECT ON datavault.model TO it: see \"Roles\" in doc/operations.md.")));
}

static void
check_topics(ArrayType *topics)
{
	Datum	   *names = NULL;
	int			n = 0;
	bool		good = ARR_NDIM(topics) == 1 && !array_contains_nulls(topics);

	if (good)
		deconstruct_array(topics, TEXTOID, -1, false, TYPALIGN_INT, &names, NULL, &n);
	for (int i = 0; i < n; i++)
		good = good && VARSIZE_ANY_EXHDR(DatumGetPointer(names[i])) > 0;
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a subscription needs a list of topics"),
				 errhint("For example '{bank.public.*}'; * stands for any characters.")));
}

/* Functions --------------------------------------------------------------- */

Datum
dv_create_subscription(PG_FUNCTION_ARGS)
{
	Oid			types[8] = {TEXTOID, OIDOID, TEXTOID, TEXTOID, TEXTARRAYOID, BOOLOID, TEXTOID, OIDOID};
	Datum		values[8];
	char		system[32];
	bool		isnull;
	int32		id;
	OptionValue name = {"name", text_to_cstring(PG_GETARG_TEXT_PP(0)), find_option("name", false)->allowed};
	ErrorContextCallback context = {error_context_stack, explain_option, &name};
	char	   *model = text_to_cstring(PG_GETARG_TEXT_PP(2));
	DvActAs		saved;

	SPI_connect();
	check_server(text_to_cstring(PG_GETARG_TEXT_PP(1)), GetUserId());
	check_topics(PG_GETARG_ARRAYTYPE_P(3));
	dv_act_as_extension(&saved);
	(void) dv_model_load(model, CurrentMemoryContext);
	dv_act_as_end(&saved);
	snprintf(system, sizeof(system), UINT64_FORMAT, GetSystemIdentifier());
	values[0] = PG_GETARG_DATUM(0);
	values[1] = ObjectIdGetDatum(GetUserId());
	values[2] = PG_GETARG_DATUM(1);
	values[3] = PG_GETARG_DATUM(2);
	values[4] = PG_GETARG_DATUM(3);
	values[5] = PG_GETARG_DATUM(5);
	values[6] = CStringGetTextDatum(system);
	values[7] = ObjectIdGetDatum(MyDatabaseId);
	error_context_stack = &context;
	if (run("INSERT INTO datavault.subscription (name, owner, server, model, topics, enabled,"
			" system_identifier, database) VALUES ($1, $2, $3, $4, $5, $6, $7::numeric, $8)"
			" ON CONFLICT (name) DO NOTHING RETURNING id", 8, types, values) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("subscription \"%s\" already exists", name.value),
				 errhint("Drop it with drop_subscription(), change it with alter_subscription(), or choose another name.")));
	error_context_stack = context.previous;
	id = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	set_options(id, PG_GETARG_JSONB_P(4), true);
	SPI_finish();
	note_change();
	if (PG_GETARG_BOOL(5))
		warn_without_workers();
	PG_RETURN_INT32(id);
}

Datum
dv_alter_subscription(PG_FUNCTION_ARGS)
{
	SPI_connect();
	set_options(dv_subscription_own(text_to_cstring(PG_GETARG_TEXT_PP(0)), NULL), PG_GETARG_JSONB_P(1), false);
	SPI_finish();
	note_change();
	PG_RETURN_VOID();
}

/* Also adopts a subscription that came with a restored or copied database. */
Datum
dv_enable_subscription(PG_FUNCTION_ARGS)
{
	Oid			types[3] = {INT4OID, TEXTOID, OIDOID};
	Datum		values[3];
	char		system[32];

	SPI_connect();
	snprintf(system, sizeof(system), UINT64_FORMAT, GetSystemIdentifier());
	values[0] = Int32GetDatum(dv_subscription_own(text_to_cstring(PG_GETARG_TEXT_PP(0)), NULL));
	values[1] = CStringGetTextDatum(system);
	values[2] = ObjectIdGetDatum(MyDatabaseId);
	run("UPDATE datavault.subscription SET enabled = true, state = NULL, state_message = NULL,"
		" stopped_topic = NULL, stopped_partition = NULL, stopped_offset = NULL,"
		" system_identifier = $2::numeric, database = $3 WHERE id = $1", 3, types, values);
	SPI_finish();
	note_change();
	warn_without_workers();
	PG_RETURN_VOID();
}

Datum
dv_disable_subscription(PG_FUNCTION_ARGS)
{
	Oid			types[1] = {INT4OID};
	Datum		values[1];

	SPI_connect();
	values[0] = Int32GetDatum(dv_subscription_own(text_to_cstring(PG_GETARG_TEXT_PP(0)), NULL));
	/* one that stopped by itself is disabled already: why it did stays */
	run("UPDATE datavault.subscription SET enabled = false, state = NULL, state_message = NULL"
		" WHERE id = $1 AND enabled", 1, types, values);
	SPI_finish();
	note_change();
	PG_RETURN_VOID();
}

Datum
dv_drop_subscription(PG_FUNCTION_ARGS)
{
	Oid			types[1] = {INT4OID};
	Datum		values[1];

	SPI_connect();
	values[0] = Int32GetDatum(dv_subscription_own(text_to_cstring(PG_GETARG_TEXT_PP(0)), NULL));
	run("DELETE FROM datavault.subscription WHERE id = $1", 1, types, values);
	SPI_finish();
	note_change();
	PG_RETURN_VOID();
}

/* Positions ---------------------------------------------------------------- */

/* One whose positions may be set by hand: the caller's, and disabled. */
static int32
resting_subscription(const char *name)
{
	bool		enabled;
	int32		id = dv_subscription_own(name, &enabled);

	if (enabled)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("subscription \"%s\" is enabled", name),
				 errhint("Call datavault.disable_subscription() first, datavault.enable_subscription() afterwards.")));
	return id;
}

static void
raise_bad_target(const char *target)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is no position", target),
			 errhint("Give 'earliest', 'latest', or with topic and partition an offset.")));
}

/* "earliest", "latest", or for a single partition an offset. */
static int64
parse_target(const char *target, bool single)
{
	char	   *end;
	long long	offset;

	if (strcmp(target, "earliest") == 0)
		return DV_OFFSET_EARLIEST;
	if (strcmp(target, "latest") == 0)
		return DV_OFFSET_LATEST;
	errno = 0;
	offset = strtoll(target, &end, 10);
	if (*target < '0' || *target > '9' || *end != '\0' || errno != 0 || !single)
		raise_bad_target(target);
	return offset;
}

Datum
dv_reset_offsets(PG_FUNCTION_ARGS)
{
	char	   *topic = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	int32		partition = PG_ARGISNULL(3) ? -1 : PG_GETARG_INT32(3);
	int64		target;
	int			n;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || (topic == NULL && !PG_ARGISNULL(3)) ||
		(!PG_ARGISNULL(3) && partition < 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("subscription and target are needed, and a topic for a partition")));
	target = parse_target(text_to_cstring(PG_GETARG_TEXT_PP(1)), partition >= 0);
	SPI_connect();
	n = dv_offsets_reset(resting_subscription(text_to_cstring(PG_GETARG_TEXT_PP(0))), topic,
						 partition, target);
	SPI_finish();
	PG_RETURN_INT32(n);
}

Datum
dv_skip_message(PG_FUNCTION_ARGS)
{
	SPI_connect();
	dv_offsets_skip(resting_subscription(text_to_cstring(PG_GETARG_TEXT_PP(0))),
					text_to_cstring(PG_GETARG_TEXT_PP(1)), PG_GETARG_INT32(2), PG_GETARG_INT64(3));
	SPI_finish();
	PG_RETURN_VOID();
}
