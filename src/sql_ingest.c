/*
 * sql_ingest.c
 *		ingest(), ingest_batch(), retry_rejects(): the worker's engine, called
 *		from SQL in the caller's transaction.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/resowner.h"

#include "apply.h"

PG_FUNCTION_INFO_V1(ingest);
PG_FUNCTION_INFO_V1(ingest_batch);
PG_FUNCTION_INFO_V1(retry_rejects);

/* ---- subtransactions of the caller's ---- */

typedef struct Nest
{
	MemoryContext context;
	ResourceOwner owner;
} Nest;

static void
nest_begin(void *arg)
{
	Nest	   *nest = arg;

	nest->context = CurrentMemoryContext;
	nest->owner = CurrentResourceOwner;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(nest->context);
}

static void
nest_commit(void *arg)
{
	Nest	   *nest = arg;

	ReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(nest->context);
	CurrentResourceOwner = nest->owner;
}

static void
nest_abort(void *arg)
{
	Nest	   *nest = arg;

	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(nest->context);
	CurrentResourceOwner = nest->owner;
}

/* ---- messages from jsonb ---- */

#define MESSAGE_HINT "Write [{\"topic\": \"…\", \"partition\": 0, \"offset\": 0, \"timestamp\": 0," \
	" \"key\": \"…\", \"value\": \"…\", \"headers\": [[\"name\", \"value\"]]}, …]."

#define HEADERS_HINT "Write [[\"name\", \"value\"], ...]."

static const char *const members[] = {
	"topic", "partition", "offset", "timestamp", "key", "value", "headers"
};

static const JsonbValue *
member(JsonbContainer *object, const char *name, JsonbValue *into)
{
	return getKeyJsonValueFromContainer(object, name, strlen(name), into);
}

static DvSlice
slice_of(const JsonbValue *v)
{
	DvSlice		s = {NULL, 0};

	if (v && v->type == jbvString)
	{
		s.data = v->val.string.val;
		s.len = v->val.string.len;
	}
	else if (v && v->type != jbvNull)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a message's key, value or header is neither a string nor null"),
				 errhint("Give JSON documents as strings, as they stand in Kafka.")));
	return s;
}

/* Whole, and neither below nor above; in numeric, because it may be any number. */
static bool
is_integer(Numeric n, int64 min, int64 max)
{
	Datum		d = NumericGetDatum(n);
	Datum		whole = DirectFunctionCall2(numeric_trunc, d, Int32GetDatum(0));

	return DatumGetBool(DirectFunctionCall2(numeric_eq, d, whole)) &&
		DatumGetBool(DirectFunctionCall2(numeric_ge, d, NumericGetDatum(int64_to_numeric(min)))) &&
		DatumGetBool(DirectFunctionCall2(numeric_le, d, NumericGetDatum(int64_to_numeric(max))));
}

static int64
integer_of(JsonbContainer *object, const char *name, int64 otherwise, int64 min, int64 max)
{
	JsonbValue	v;

	if (member(object, name, &v) == NULL || v.type == jbvNull)
		return otherwise;
	if (v.type != jbvNumeric || !is_integer(v.val.numeric, min, max))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" of a message is not an integer from %lld to %lld", name,
						(long long) min, (long long) max),
				 errhint("Take it as Kafka has it, or leave it out.")));
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(v.val.numeric)));
}

static void
refuse_headers(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("headers are not an array"),
			 errhint(HEADERS_HINT)));
}

/* [["name", "value"], ...] */
static void
read_headers(DvMessage *m, JsonbContainer *array)
{
	int			n = JsonContainerSize(array);
	DvHeader   *headers = palloc0(sizeof(DvHeader) * Max(n, 1));

	if (!JsonContainerIsArray(array) || JsonContainerIsScalar(array))
		refuse_headers();
	for (int i = 0; i < n; i++)
	{
		JsonbValue *pair = getIthJsonbValueFromContainer(array, i);

		if (pair->type != jbvBinary || !JsonContainerIsArray(pair->val.binary.data) ||
			JsonContainerSize(pair->val.binary.data) != 2)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("header %d is not a pair", i),
					 errhint(HEADERS_HINT)));
		headers[i].name = slice_of(getIthJsonbValueFromContainer(pair->val.binary.data, 0));
		if (headers[i].name.data == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("header %d has no name", i),
					 errhint(HEADERS_HINT)));
		headers[i].value = slice_of(getIthJsonbValueFromContainer(pair->val.binary.data, 1));
	}
	m->headers = headers;
	m->nheaders = n;
}

/* A misspelt one would be taken for one that is not there. */
static void
check_members(JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	name;

	while ((token = JsonbIteratorNext(&it, &name, true)) != WJB_DONE)
	{
		bool		known = false;

		if (token != WJB_KEY)
			continue;
		for (size_t i = 0; i < lengthof(members); i++)
			known |= name.val.string.len == (int) strlen(members[i]) &&
				memcmp(name.val.string.val, members[i], name.val.string.len) == 0;
		if (!known)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a message has no member \"%.*s\"", pg_mbcliplen(name.val.string.val,
																			 name.val.string.len, 63),
							name.val.string.val),
					 errhint(MESSAGE_HINT)));
	}
}

static void
read_message(DvMessage *m, JsonbValue *v)
{
	JsonbContainer *object;
	JsonbValue	field;
	const JsonbValue *f;

	if (v->type != jbvBinary || !JsonContainerIsObject(v->val.binary.data))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a message is not a JSON object"),
				 errhint(MESSAGE_HINT)));
	object = v->val.binary.data;
	check_members(object);
	f = member(object, "topic", &field);
	if (f == NULL || f->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a message has no topic"),
				 errhint(MESSAGE_HINT)));
	m->topic = pnstrdup(f->val.string.val, f->val.string.len);
	m->partition = integer_of(object, "partition", 0, 0, PG_INT32_MAX);
	m->offset = integer_of(object, "offset", 0, 0, PG_INT64_MAX);
	m->timestamp_ms = integer_of(object, "timestamp", -1, -1, DV_MAX_TIMESTAMP_MS);
	m->key = slice_of(member(object, "key", &field));
	m->value = slice_of(member(object, "value", &field));
	f = member(object, "headers", &field);
	if (f && f->type == jbvBinary)
		read_headers(m, f->val.binary.data);
	else if (f && f->type != jbvNull)
		refuse_headers();
}

static DvMessage *
read_messages(Jsonb *messages, int *n)
{
	DvMessage  *result;

	if (!JB_ROOT_IS_ARRAY(messages))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("messages are not a JSON array"),
				 errhint(MESSAGE_HINT)));
	*n = JB_ROOT_COUNT(messages);
	result = palloc0(sizeof(DvMessage) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
		read_message(&result[i], getIthJsonbValueFromContainer(&messages->root, i));
	return result;
}

/* ---- running ---- */

static void
raise_result(const DvApplyResult *result)
{
	ereport(ERROR,
			(errcode(MAKE_SQLSTATE(result->err.sqlstate[0], result->err.sqlstate[1],
								   result->err.sqlstate[2], result->err.sqlstate[3],
								   result->err.sqlstate[4])),
			 errmsg("message %d could not be applied: %s", result->stopped_at, result->err.message),
			 result->err.detail[0] ? errdetail("%s", result->err.detail) : 0,
			 result->err.hint[0] ? errhint("%s", result->err.hint) : 0));
}

static uint64
rows_written(const DvApplier *applier)
{
	uint64		rows = 0;

	for (int i = 0; i < dv_applier_stats(applier)->nentities; i++)
		rows += dv_applier_entity_rows(applier, i);
	return rows;
}

/*
 * An applier for this call, in its memory: an error frees it; from the first batch on the model is ours until the
 * transaction ends.  An older snapshot would not show what its last owner wrote.
 */
static DvApplier *
open_applier(const char *model)
{
	DvApplyOptions options = {NULL, false, 0};

	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("messages cannot be applied in a transaction with a fixed snapshot"),
				 errhint("Use the isolation level READ COMMITTED.")));
	return dv_applier_create(model, &options, CurrentMemoryContext);
}

static void
drain_ready(DvApplier *applier, const DvApplyHooks *hooks)
{
	bool		left = true;

	while (left)
	{
		DvApplyResult result = dv_apply_ready(applier, hooks, 1000, &left);
		const char *state = result.err.sqlstate;

		if (result.outcome != DV_APPLY_DONE)
			ereport(ERROR,
					(errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])),
					 errmsg("held messages could not be applied: %s", result.err.message),
					 result.err.hint[0] ? errhint("%s", result.err.hint) : 0));
		CHECK_FOR_INTERRUPTS();
	}
}

static Datum
stats_tuple(FunctionCallInfo fcinfo, const int64 *values, int n)
{
	TupleDesc	desc;
	Datum		datums[8];
	bool		nulls[8] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	for (int i = 0; i < n; i++)
		datums[i] = Int64GetDatum(values[i]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), datums, nulls));
}

static Datum
apply_messages(FunctionCallInfo fcinfo, const char *model, const DvMessage *messages, int n)
{
	Nest		nest;
	DvApplyHooks hooks = {&nest, nest_begin, nest_commit, nest_abort, NULL};
	DvApplier  *applier = open_applier(model);
	const DvApplyStats *s = dv_applier_stats(applier);
	int64		values[8];
	DvApplyResult result = dv_apply_batch(applier, &hooks, messages, n);

	if (result.outcome != DV_APPLY_DONE)
		raise_result(&result);
	drain_ready(applier, &hooks);
	values[0] = s->row_events;
	values[1] = s->repeated;
	values[2] = s->unchanged;
	values[3] = s->skipped + s->unmapped;
	values[4] = s->rejected;
	values[5] = s->parked;
	values[6] = s->retried;
	values[7] = rows_written(applier);
	dv_applier_free(applier);
	return stats_tuple(fcinfo, values, 8);
}

static DvSlice
bytea_slice(FunctionCallInfo fcinfo, int arg)
{
	DvSlice		s = {NULL, 0};

	if (!PG_ARGISNULL(arg))
	{
		bytea	   *b = PG_GETARG_BYTEA_PP(arg);

		s.data = VARDATA_ANY(b);
		s.len = VARSIZE_ANY_EXHDR(b);
	}
	return s;
}

Datum
ingest(PG_FUNCTION_ARGS)
{
	DvMessage	m = {0};

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("model and topic must not be null"),
				 errhint("Call ingest(model, topic, key, value, headers).")));
	m.topic = text_to_cstring(PG_GETARG_TEXT_PP(1));
	m.timestamp_ms = -1;
	m.key = bytea_slice(fcinfo, 2);
	m.value = bytea_slice(fcinfo, 3);
	if (!PG_ARGISNULL(4))
	{
		Jsonb	   *headers = PG_GETARG_JSONB_P(4);
		JsonbValue	scalar;

		if (!JB_ROOT_IS_SCALAR(headers) || !JsonbExtractScalar(&headers->root, &scalar) ||
			scalar.type != jbvNull)
			read_headers(&m, &headers->root);
	}
	return apply_messages(fcinfo, text_to_cstring(PG_GETARG_TEXT_PP(0)), &m, 1);
}

Datum
ingest_batch(PG_FUNCTION_ARGS)
{
	int			n;
	DvMessage  *messages = read_messages(PG_GETARG_JSONB_P(1), &n);

	return apply_messages(fcinfo, text_to_cstring(PG_GETARG_TEXT_PP(0)), messages, n);
}

Datum
retry_rejects(PG_FUNCTION_ARGS)
{
	Nest		nest;
	DvApplyHooks hooks = {&nest, nest_begin, nest_commit, nest_abort, NULL};
	DvApplier  *applier;
	const DvApplyStats *s;
	Oid			types[2] = {TEXTOID, INT8ARRAYOID};
	Datum		args[2];
	char		nulls[2] = "  ";
	int64		values[4];

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("model must not be null"),
				 errhint("Call retry_rejects(model), or retry_rejects(model, ids).")));
	args[0] = PG_GETARG_DATUM(0);
	nulls[1] = PG_ARGISNULL(1) ? 'n' : ' ';
	args[1] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	applier = open_applier(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	SPI_connect();
	dv_applier_lock(applier);
	if (SPI_execute_with_args("INSERT INTO datavault.held_ready (held_id, model_id)"
							  " SELECT h.id, h.model_id FROM datavault.held h JOIN datavault.model m USING (model_id)"
							  " WHERE m.name = $1 AND h.reason = 'rejected' AND ($2 IS NULL OR h.id = ANY ($2))"
							  " ON CONFLICT DO NOTHING", 2, types, args, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not choose rejects");
	SPI_finish();
	drain_ready(applier, &hooks);
	s = dv_applier_stats(applier);
	values[0] = s->retried;
	values[1] = s->rejected;
	values[2] = s->parked;
	values[3] = rows_written(applier);
	dv_applier_free(applier);
	return stats_tuple(fcinfo, values, 4);
}
