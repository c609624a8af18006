/*
 * plan.c
 *		Make a parsed model ready to run: see plan.h.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "keyhash.h"
#include "plan.h"
#include "position.h"

/* The relation that a target writes to. */
static Oid
target_oid(const DvTarget *target, LOCKMODE lock)
{
	return RangeVarGetRelid(makeRangeVarFromNameList(stringToQualifiedNameList(target->relation)),
							lock, false);
}

/* Superseded versions are deleted by their place in the table: it must be one table. */
static void
check_state_table(const DvTarget *state)
{
	if (get_rel_relkind(target_oid(state, NoLock)) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("row state %s is not a plain table", state->relation),
				 errhint("Only hubs, links and satellites may be partitioned.")));
}

static Oid
database_owner(void)
{
	HeapTuple	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for database %u", MyDatabaseId);
	owner = ((Form_pg_database) GETSTRUCT(tuple))->datdba;
	ReleaseSysCache(tuple);
	return owner;
}

static bool
is_trusted(Oid owner)
{
	/* of the schema "public" */
	if (owner == ROLE_PG_DATABASE_OWNER)
		owner = database_owner();
	return owner == GetUserId() || superuser_arg(owner);
}

/* What runs code of its owner's (triggers, checks) when `used` is. */
static void
check_owner(Oid owner, const char *kind, const char *name, const char *used)
{
	if (is_trusted(owner))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s %s belongs to another role than the subscription", kind, name),
			 errdetail("What that role does with %s would run with the rights of \"%s\".", used,
					   GetUserNameFromId(GetUserId(), false)),
			 errhint("Give it to the subscription's owner, or the subscription to \"%s\" with alter_subscription().",
					 GetUserNameFromId(owner, false))));
}

static void
check_schema_owner(Oid schema, const DvTarget *target)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for schema %u", schema);
	check_owner(((Form_pg_namespace) GETSTRUCT(tuple))->nspowner, "schema",
				NameStr(((Form_pg_namespace) GETSTRUCT(tuple))->nspname), target->relation);
	ReleaseSysCache(tuple);
}

static void
check_table_owner(Oid relation, const DvTarget *target)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	check_owner(((Form_pg_class) GETSTRUCT(tuple))->relowner, "table",
				NameStr(((Form_pg_class) GETSTRUCT(tuple))->relname), target->relation);
	ReleaseSysCache(tuple);
}

void
dv_plan_use(const DvPlan *plan, DvTarget *target)
{
	Oid			relation;
	ListCell   *cell;

	if (target->used || !plan->guarded)
		return;
	/* locked, it cannot change hands until the transaction ends */
	relation = target_oid(target, RowExclusiveLock);
	check_schema_owner(get_rel_namespace(relation), target);
	foreach(cell, find_all_inheritors(relation, RowExclusiveLock, NULL))
		check_table_owner(lfirst_oid(cell), target);
	target->used = true;
}

/* Kept until the plan's context goes. */
static SPIPlanPtr
prepare(DvPlan *plan, const char *sql, int nargs, Oid *argtypes)
{
	MemoryContext caller = CurrentMemoryContext;
	SPIPlanPtr	statement = SPI_prepare(sql, nargs, argtypes);

	if (statement == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql,
			 SPI_result_code_string(SPI_result));
	/* SPI has left us in its own context */
	MemoryContextSwitchTo(plan->context);
	plan->statements = lappend(plan->statements, NULL);
	if (SPI_keepplan(statement) != 0)
		elog(ERROR, "could not keep a prepared statement");
	llast(plan->statements) = statement;
	MemoryContextSwitchTo(caller);
	return statement;
}

/* Prepared statements live in a context of the cache's. */
static void
free_statements(void *arg)
{
	DvPlan	   *plan = arg;
	ListCell   *cell;

	foreach(cell, plan->statements)
		if (lfirst(cell))
			(void) SPI_freeplan(lfirst(cell));
}

Oid
dv_plan_pos_type(const DvPlan *plan)
{
	return plan->pos_type->typid;
}

/* A domain's checks, and those of what it is made of, run wherever a value is made. */
static void
check_type_owner(Oid typid)
{
	while (OidIsValid(typid))
	{
		HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
		Form_pg_type form;
		const char *name = format_type_be(typid);

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for type %u", typid);
		form = (Form_pg_type) GETSTRUCT(tuple);
		check_owner(form->typowner, "type", name, name);
		typid = form->typtype == TYPTYPE_DOMAIN ? form->typbasetype :
			form->typtype == TYPTYPE_MULTIRANGE ? get_multirange_range(typid) :
			form->typtype == TYPTYPE_RANGE ? get_range_subtype(typid) : form->typelem;
		ReleaseSysCache(tuple);
	}
}

DvType *
dv_plan_type(DvPlan *plan, const char *type, bool must_hash)
{
	MemoryContext old = MemoryContextSwitchTo(plan->context);
	DvType	   *result = palloc0(sizeof(DvType));
	Oid			typid;
	int32		typmod;

	parseTypeString(type, &typid, &typmod, false);
	if (plan->guarded)
		check_type_owner(typid);
	dv_type_init(result, typid, typmod, must_hash, plan->context);
	MemoryContextSwitchTo(old);
	return result;
}

/*
 * The type in which a source column is compared and hashed as a primary key.
 * Types that only the source knows (enums, domains), and those without a
 * canonical text, travel as text.
 */
static DvType *
source_type(DvPlan *plan, const char *type)
{
	Oid			typid;
	int32		typmod;

	parseTypeString(type, &typid, &typmod, true);
	if (!OidIsValid(typid) || !dv_type_hashable(typid))
		type = "text";
	return dv_plan_type(plan, type, true);
}

static DvTarget *
target_make(DvPlan *plan, DvTargetKind kind, int index, const char *schema,
			const char *table, int maxcolumns)
{
	DvTarget   *target = palloc0(sizeof(DvTarget));

	target->kind = kind;
	target->index = index;
	target->relation = quote_qualified_identifier(schema, table);
	target->names = palloc0(sizeof(char *) * maxcolumns);
	target->types = palloc0(sizeof(DvType *) * maxcolumns);
	plan->targets[plan->ntargets++] = target;
	return target;
}

static void
target_add(DvPlan *plan, DvTarget *target, const char *name, const char *type,
		   bool must_hash)
{
	int			i = target->ncolumns++;

	target->names[i] = pstrdup(name);
	if (strcmp(type, "uuid") == 0)
		target->types[i] = plan->uuid_type;
	else
		target->types[i] = dv_plan_type(plan, type, must_hash);
}

static void
target_add_columns(DvPlan *plan, DvTarget *target, const DvColumn *columns, int n)
{
	for (int i = 0; i < n; i++)
		target_add(plan, target, columns[i].name, columns[i].type, true);
}

/* ---- a batch's rows as a relation ---- */

/* The columns of `rows` in a target's statements: c0, c1, … as in the table, then the row's ordinal. */
static TupleDesc
rows_desc(const DvTarget *target)
{
	TupleDesc	desc = CreateTemplateTupleDesc(target->ncolumns + 1);

	for (int i = 0; i < target->ncolumns; i++)
		TupleDescInitEntry(desc, i + 1, psprintf("c%d", i), target->types[i]->typid,
						   target->types[i]->typmod, 0);
	TupleDescInitEntry(desc, target->ncolumns + 1, "ordinal", INT4OID, -1, 0);
	return desc;
}

void
dv_plan_offer_rows(DvTarget *target, Tuplestorestate *rows, double n)
{
	EphemeralNamedRelation enr = &target->rows_relation;

	enr->md.name = (char *) DV_ROWS;
	enr->md.reliddesc = InvalidOid;
	enr->md.tupdesc = target->desc;
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	enr->md.enrtuples = n;
	enr->reldata = rows;
	if (SPI_register_relation(enr) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not offer the rows of %s", target->relation);
}

void
dv_plan_withdraw_rows(void)
{
	if (SPI_unregister_relation(DV_ROWS) != SPI_OK_REL_UNREGISTER)
		elog(ERROR, "could not withdraw rows");
}

/* A statement that reads from `rows`. */
static SPIPlanPtr
prepare_with_rows(DvPlan *plan, DvTarget *target, const char *sql)
{
	SPIPlanPtr	statement;

	dv_plan_offer_rows(target, NULL, 1000);
	statement = prepare(plan, sql, 0, NULL);
	dv_plan_withdraw_rows();
	return statement;
}

static void
append_names(StringInfo sql, const DvTarget *target, const char *prefix, int from, int n)
{
	for (int i = from; i < from + n; i++)
		appendStringInfo(sql, "%s%s%s", i > from ? ", " : "", prefix,
						 quote_identifier(target->names[i]));
}

static void
prepare_insert(DvPlan *plan, DvTarget *target)
{
	StringInfoData sql;

	target->desc = rows_desc(target);
	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO %s (", target->relation);
	append_names(&sql, target, "", 0, target->ncolumns);
	appendStringInfoString(&sql, ") SELECT ");
	for (int i = 0; i < target->ncolumns; i++)
		appendStringInfo(&sql, "%sc%d", i ? ", " : "", i);
	appendStringInfoString(&sql, " FROM " DV_ROWS);
	if (target->kind == DV_TARGET_HUB || target->kind == DV_TARGET_LINK)
	{
		target->insert_new = prepare_with_rows(plan, target, sql.data);
		appendStringInfoString(&sql, " ON CONFLICT DO NOTHING");
	}
	target->insert = prepare_with_rows(plan, target, sql.data);
}

/*
 * Which of the keys exist, and whether what stands there differs in its
 * content: (ordinal, differs).  LATERAL with OFFSET keeps it one index probe a key,
 * whatever the planner believes about the table's size.
 */
static void
prepare_probe(DvPlan *plan, DvTarget *target)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT u.ordinal, ");
	if (target->content_n == 0)
		appendStringInfoString(&sql, "false");
	for (int i = 0; i < target->content_n; i++)
	{
		int			c = target->content_first + i;

		appendStringInfo(&sql, "%st.%s IS DISTINCT FROM u.c%d", i ? " OR " : "",
						 quote_identifier(target->names[c]), c);
	}
	appendStringInfoString(&sql, " FROM " DV_ROWS " u, LATERAL (SELECT ");
	if (target->content_n == 0)
		appendStringInfoString(&sql, "1");
	append_names(&sql, target, "s.", target->content_first, target->content_n);
	appendStringInfo(&sql, " FROM %s s WHERE s.%s = u.c0 OFFSET 0) t",
					 target->relation, quote_identifier(target->names[0]));
	target->probe = prepare_with_rows(plan, target, sql.data);
}

/*
 * Satellites.  probe: which (parent, position, row) exist, for ends that may stand
 * there already.  fetch: the attributes of a row's live version at or before a
 * position, for placeholders.
 */
static void
prepare_satellite(DvPlan *plan, DvTarget *target)
{
	StringInfoData sql;
	Oid			one[3] = {UUIDOID, target->types[DV_SATCOL_POSITION]->typid, UUIDOID};
	const char *key = quote_identifier(target->names[0]);

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT u.ordinal, false FROM " DV_ROWS " u,"
					 " LATERAL (SELECT 1 FROM %s s WHERE s.%s = u.c%d AND s.position OPERATOR(datavault.=) u.c%d"
					 " AND s.row_key = u.c%d OFFSET 0) t",
					 target->relation, key, DV_SATCOL_KEY, DV_SATCOL_POSITION, DV_SATCOL_ROW);
	target->probe = prepare_with_rows(plan, target, sql.data);
	if (target->ncolumns == DV_SATCOL_FIXED)
		return;
	resetStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	append_names(&sql, target, "s.", DV_SATCOL_FIXED, target->ncolumns - DV_SATCOL_FIXED);
	appendStringInfo(&sql,
					 " FROM %s s WHERE s.%s = $1 AND s.position OPERATOR(datavault.<=) $2"
					 " AND s.row_key = $3 AND s.operation IN ('r', 'c', 'u')"
					 " ORDER BY s.%s DESC, s.position DESC LIMIT 1",
					 target->relation, key, key);
	target->fetch = prepare(plan, sql.data, 3, one);
}

static void
make_hub(DvPlan *plan, int i)
{
	const DvHub *hub = &plan->model->hubs[i];
	DvTarget   *t = target_make(plan, DV_TARGET_HUB, i, plan->model->schema, hub->name,
								hub->nkeys + 3);

	target_add(plan, t, hub->key, "uuid", true);
	target_add_columns(plan, t, hub->keys, hub->nkeys);
	target_add(plan, t, DV_COL_LOAD, "timestamptz", true);
	target_add(plan, t, DV_COL_SOURCE, "text", true);
	t->content_first = 1;
	t->content_n = hub->nkeys;
	prepare_insert(plan, t);
	prepare_probe(plan, t);
	plan->hubs[i] = t;
}

static void
make_link(DvPlan *plan, int i)
{
	const DvLink *link = &plan->model->links[i];
	DvTarget   *t = target_make(plan, DV_TARGET_LINK, i, plan->model->schema, link->name,
								link->nroles + link->ndependent + link->nattributes + 5);

	target_add(plan, t, link->key, "uuid", true);
	for (int r = 0; r < link->nroles; r++)
		target_add(plan, t, link->roles[r].key, "uuid", true);
	target_add_columns(plan, t, link->dependent, link->ndependent);
	target_add(plan, t, DV_COL_LOAD, "timestamptz", true);
	target_add(plan, t, DV_COL_SOURCE, "text", true);
	if (link->non_historized)
	{
		target_add(plan, t, DV_COL_APPLIED, "timestamptz", true);
		target_add(plan, t, DV_COL_DIFF, "uuid", true);
		target_add_columns(plan, t, link->attributes, link->nattributes);
		t->content_first = t->ncolumns - link->nattributes - 1;
		t->content_n = 1;
	}
	else
	{
		t->content_first = 1;
		t->content_n = link->nroles;
	}
	prepare_insert(plan, t);
	prepare_probe(plan, t);
	plan->links[i] = t;
}

static void
make_satellite(DvPlan *plan, int i)
{
	const DvSatellite *sat = &plan->model->satellites[i];
	DvTarget   *t = target_make(plan, DV_TARGET_SATELLITE, i, plan->model->schema, sat->name,
								DV_SATCOL_FIXED + sat->ncolumns);

	target_add(plan, t, sat->key, "uuid", true);
	target_add(plan, t, DV_COL_POSITION, "datavault.source_pos", false);
	target_add(plan, t, DV_COL_APPLIED, "timestamptz", true);
	target_add(plan, t, DV_COL_LOAD, "timestamptz", true);
	target_add(plan, t, DV_COL_OPERATION, "\"char\"", false);
	target_add(plan, t, DV_COL_DIFF, "uuid", true);
	target_add(plan, t, DV_COL_SOURCE, "text", true);
	target_add(plan, t, DV_COL_ROW, "uuid", true);
	target_add_columns(plan, t, sat->columns, sat->ncolumns);
	prepare_insert(plan, t);
	prepare_satellite(plan, t);
	plan->satellites[i] = t;
}

/* Row state: the fixed columns, then one for each load that has state. */
static void
make_state(DvPlan *plan, DvPlanSource *ps, int index)
{
	static const char *const names[DV_STATE_FIXED] = {
		"row_key", "position", "kind", "pending", "seen_lsn", "delete_xid", "anchor", "origin",
		"own_key", "applied_dts"
	};
	static const char *const types[DV_STATE_FIXED] = {
		"uuid", "datavault.source_pos", "\"char\"", "boolean", "bigint", "bigint",
		"uuid", "uuid", "uuid", "timestamptz"
	};
	DvTarget   *t = target_make(plan, DV_TARGET_STATE, index, plan->model->state_schema,
								ps->source->state_table, DV_STATE_FIXED + ps->nloads);

	for (int i = 0; i < DV_STATE_FIXED; i++)
		target_add(plan, t, names[i], types[i], false);
	for (int i = 0; i < ps->nloads; i++)
		if (ps->loads[i].state >= 0)
			target_add(plan, t, ps->loads[i].load->state_column, "uuid", true);
	prepare_insert(plan, t);
	ps->state = t;
}

static void
prepare_state(DvPlan *plan, DvPlanSource *ps)
{
	StringInfoData sql;
	DvTarget   *t = ps->state;
	Oid			keys[1] = {UUIDARRAYOID};
	Oid			tids[1] = {TIDARRAYOID};

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT t.ctid, ");
	append_names(&sql, t, "t.", 0, t->ncolumns);
	appendStringInfo(&sql,
					 " FROM unnest($1) AS u(k), LATERAL (SELECT s.ctid, s.* FROM %s s"
					 " WHERE s.row_key = u.k ORDER BY s.row_key DESC, s.position DESC LIMIT 1) t",
					 t->relation);
	ps->load_newest = prepare(plan, sql.data, 1, keys);
	resetStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT t.ctid, ");
	append_names(&sql, t, "t.", 0, t->ncolumns);
	appendStringInfo(&sql,
					 " FROM unnest($1) AS u(k), LATERAL (SELECT s.ctid, s.* FROM %s s"
					 " WHERE s.row_key = u.k ORDER BY s.row_key, s.position OFFSET 0) t",
					 t->relation);
	ps->load_all = prepare(plan, sql.data, 1, keys);
	resetStringInfo(&sql);
	appendStringInfo(&sql, "DELETE FROM %s WHERE ctid = ANY ($1)", t->relation);
	ps->remove = prepare(plan, sql.data, 1, tids);
}

/* Attribute order of a hash diff: by column name, bytewise. */
static void
make_diff(DvPlanLoad *pl, const DvColumn *columns, int n)
{
	pl->diff_order = palloc(sizeof(int) * Max(n, 1));
	pl->diff_names = palloc(sizeof(DvSlice) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		int			j = i;
		DvSlice		name = {columns[i].name, strlen(columns[i].name)};

		while (j > 0 && dv_diffhash_compare(pl->diff_names[j - 1], name) > 0)
		{
			pl->diff_names[j] = pl->diff_names[j - 1];
			pl->diff_order[j] = pl->diff_order[j - 1];
			j--;
		}
		pl->diff_names[j] = name;
		pl->diff_order[j] = i;
	}
}

/* The types to which a reference's columns are cast before hashing. */
static DvType **
ref_types(DvPlan *plan, const DvRef *ref)
{
	DvType	  **types = palloc0(sizeof(DvType *) * Max(ref->ncolumns, 1));

	for (int i = 0; i < ref->ncolumns; i++)
	{
		if (ref->kind == DV_REF_COLUMNS)
			types[i] = plan->hubs[ref->hub]->types[1 + i];
		else
		{
			const DvSource *parent = &plan->model->sources[ref->parent];

			types[i] = source_type(plan, parent->columns[parent->pk[i]].type);
		}
	}
	return types;
}

static void
make_load(DvPlan *plan, DvPlanSource *ps, int i)
{
	DvPlanLoad *pl = &ps->loads[i];
	const DvLoad *load = &ps->source->loads[i];

	pl->load = load;
	pl->state = load->state_column ? ps->nstates++ : -1;
	pl->link_state = -1;
	if (load->kind == DV_LOAD_HUB)
	{
		pl->target = plan->hubs[load->target];
		pl->first = 1;
		ps->own_hub = &plan->model->hubs[load->target];
	}
	else if (load->kind == DV_LOAD_LINK)
	{
		const DvLink *link = &plan->model->links[load->target];

		pl->target = plan->links[load->target];
		pl->first = 1 + link->nroles;
		make_diff(pl, link->attributes, link->nattributes);
		pl->role_types = palloc(sizeof(DvType **) * link->nroles);
		for (int r = 0; r < link->nroles; r++)
			pl->role_types[r] = ref_types(plan, &load->roles[r]);
	}
	else
	{
		const DvSatellite *sat = &plan->model->satellites[load->target];

		pl->target = plan->satellites[load->target];
		pl->first = DV_SATCOL_FIXED;
		make_diff(pl, sat->columns, sat->ncolumns);
		if (sat->kind == DV_SAT_SAME_AS)
			ps->same_as = i;
	}
}

static void
make_source(DvPlan *plan, int index)
{
	DvPlanSource *ps = &plan->sources[index];
	const DvSource *source = &plan->model->sources[index];
	DvArena		arena = dv_arena_of(plan->context);
	DvErr		err;

	ps->source = source;
	ps->same_as = -1;
	ps->wires = palloc0(sizeof(DvWireType) * source->ncolumns);
	ps->hints = palloc0(sizeof(int) * source->ncolumns);
	ps->missing_told = palloc0(sizeof(bool) * source->ncolumns);
	for (int i = 0; i < source->ncolumns; i++)
		if (!dv_wire_from_declared(source->columns[i].type, &plan->model->wire, &arena,
								   &ps->wires[i], &err))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("column \"%s\" of source \"%s\": %s", source->columns[i].name,
							source->name, err.message),
					 err.hint[0] ? errhint("%s", err.hint) : 0));
	ps->pk_types = palloc(sizeof(DvType *) * source->npk);
	for (int i = 0; i < source->npk; i++)
		ps->pk_types[i] = source_type(plan, source->columns[source->pk[i]].type);
	ps->nloads = source->nloads;
	ps->loads = palloc0(sizeof(DvPlanLoad) * Max(source->nloads, 1));
	for (int i = 0; i < source->nloads; i++)
		make_load(plan, ps, i);
	for (int i = 0; i < source->nloads; i++)
		if (source->loads[i].kind == DV_LOAD_SATELLITE && source->loads[i].key_load >= 0)
			ps->loads[i].link_state = ps->loads[source->loads[i].key_load].state;
	if (source->parent.kind == DV_REF_FOREIGN_KEY)
		ps->parent_types = ref_types(plan, &source->parent);
	if (source->row_state)
	{
		make_state(plan, ps, index);
		check_state_table(ps->state);
		prepare_state(plan, ps);
	}
}

/* Marks of primary-key changes: mark.c.  One index probe for each, as everywhere. */
static void
prepare_marks(DvPlan *plan)
{
	Oid			positions = get_array_type(plan->pos_type->typid);
	Oid			find[4] = {INT4OID, TEXTARRAYOID, UUIDARRAYOID, INT8ARRAYOID};
	Oid			put[7] = {INT4OID, TEXTARRAYOID, UUIDARRAYOID, INT8ARRAYOID, UUIDARRAYOID, UUIDARRAYOID,
	positions};
	Oid			complete[4] = {INT4OID, UUIDARRAYOID, positions, UUIDARRAYOID};

	plan->find_marks =
		prepare(plan, "SELECT u.n, m.old_row, m.old_own, m.old_position"
				" FROM unnest($2, $3, $4) WITH ORDINALITY AS u(source, row_key, lsn, n),"
				" LATERAL (SELECT k.old_row, k.old_own, k.old_position FROM datavault.key_mark k"
				" WHERE k.model_id = $1 AND k.source = u.source AND k.row_key = u.row_key AND k.lsn = u.lsn OFFSET 0) m",
				lengthof(find), find);
	plan->put_marks =
		prepare(plan, "INSERT INTO datavault.key_mark (model_id, source, row_key, lsn, old_row, old_own, old_position)"
				" SELECT $1, u.* FROM unnest($2, $3, $4, $5, $6, $7) AS u"
				" ON CONFLICT (model_id, source, row_key, lsn) DO UPDATE SET old_row = excluded.old_row,"
				" old_own = excluded.old_own, old_position = excluded.old_position", lengthof(put), put);
	plan->complete_marks =
		prepare(plan, "UPDATE datavault.key_mark m SET old_own = u.own FROM unnest($2, $3, $4) AS u(row_key, pos, own)"
				" WHERE m.model_id = $1 AND m.old_row = u.row_key AND m.old_position OPERATOR(datavault.=) u.pos",
				lengthof(complete), complete);
}

DvPlan *
dv_plan_make(DvModel *model, MemoryContext parent, bool guarded)
{
	MemoryContext context = AllocSetContextCreate(parent, "datavault plan",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	DvPlan	   *plan = palloc0(sizeof(DvPlan));

	plan->context = context;
	plan->model = model;
	plan->guarded = guarded;
	plan->at_end.func = free_statements;
	plan->at_end.arg = plan;
	MemoryContextRegisterResetCallback(context, &plan->at_end);
	plan->uuid_type = dv_plan_type(plan, "uuid", true);
	plan->pos_type = dv_plan_type(plan, "datavault.source_pos", false);
	plan->targets = palloc0(sizeof(DvTarget *) *
							(model->nhubs + model->nlinks + model->nsatellites +
							 model->nsources + 1));
	plan->hubs = palloc0(sizeof(DvTarget *) * Max(model->nhubs, 1));
	plan->links = palloc0(sizeof(DvTarget *) * Max(model->nlinks, 1));
	plan->satellites = palloc0(sizeof(DvTarget *) * Max(model->nsatellites, 1));
	plan->sources = palloc0(sizeof(DvPlanSource) * Max(model->nsources, 1));
	for (int i = 0; i < model->nhubs; i++)
		make_hub(plan, i);
	for (int i = 0; i < model->nlinks; i++)
		make_link(plan, i);
	for (int i = 0; i < model->nsatellites; i++)
		make_satellite(plan, i);
	for (int i = 0; i < model->nsources; i++)
		make_source(plan, i);
	prepare_marks(plan);
	MemoryContextSwitchTo(old);
	return plan;
}

int
dv_plan_find_source(const DvPlan *plan, DvSlice schema, DvSlice table)
{
	for (int i = 0; i < plan->model->nsources; i++)
	{
		const DvSource *s = &plan->model->sources[i];

		if (strlen(s->table) == table.len && memcmp(s->table, table.data, table.len) == 0 &&
			strlen(s->schema) == schema.len && memcmp(s->schema, schema.data, schema.len) == 0)
			return i;
	}
	return -1;
}
