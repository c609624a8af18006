/*
 * model_keep.c
 *		What others have built on the relations of a model: grants, owners,
 *		comments and options of views that are made again, and objects that
 *		depend on what is about to change.
 *
 * A view stands on the types of its columns, so a wider type means dropping it
 * and making it again.  Nothing that a person has done may go with it, and
 * nothing is ever dropped that the model did not make.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "model_ddl.h"

#define GRANTEE(g) "CASE " g " WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(" g ")) END"
#define GRANTABLE(g) "CASE WHEN " g " THEN ' WITH GRANT OPTION' ELSE '' END"

/*
 * $1 the view, $2 the comment that the model gave it, $3 the columns that it
 * will have, $4 the comments that the model gave them.  The owner first: grants are made in his name.
 */
static const char keep_query[] =
"WITH c AS (SELECT c.oid, c.relowner, c.relacl, format('%I.%I', n.nspname, c.relname) AS name"
" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1),"
" a AS (SELECT c.name, c.relowner, x.* FROM c, aclexplode(c.relacl) x),"
" owner AS (SELECT c.name, c.relowner, count(a.privilege_type) < 7 AS lacks FROM c LEFT JOIN a"
"   ON a.grantee = c.relowner WHERE c.relacl IS NOT NULL GROUP BY 1, 2),"
" col AS (SELECT c.name, c.oid, t.attnum, t.attname, t.attacl FROM c JOIN pg_attribute t"
"   ON t.attrelid = c.oid AND t.attnum > 0 AND t.attname = ANY ($3))"
" SELECT s FROM ("
" SELECT 1, format('ALTER VIEW %s OWNER TO %I', name, pg_get_userbyid(relowner)) FROM c"
"   WHERE pg_get_userbyid(relowner) <> current_user"
" UNION ALL SELECT 2, format('REVOKE ALL ON %s FROM %I', name, pg_get_userbyid(relowner)) FROM owner WHERE lacks"
" UNION ALL SELECT 3, format('GRANT %s ON %s TO %s%s', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type),"
"   a.name, " GRANTEE("a.grantee") ", " GRANTABLE("a.is_grantable") ") FROM a JOIN owner o USING (name)"
"   WHERE a.grantee <> a.relowner OR o.lacks GROUP BY a.name, a.grantee, a.is_grantable"
" UNION ALL SELECT 4, format('GRANT %s (%I) ON %s TO %s%s', x.privilege_type, attname, name,"
"   " GRANTEE("x.grantee") ", " GRANTABLE("x.is_grantable") ") FROM col, aclexplode(attacl) x"
" UNION ALL SELECT 5, format('COMMENT ON VIEW %s IS %L', name, obj_description(oid, 'pg_class')) FROM c"
"   WHERE obj_description(oid, 'pg_class') <> $2"
" UNION ALL SELECT 6, format('COMMENT ON COLUMN %s.%I IS %L', name, attname, col_description(oid, attnum)) FROM col"
"   WHERE col_description(oid, attnum) <> coalesce($4[array_position($3, attname::text)], '')) q(n, s) ORDER BY n, s";

static Datum
name_array(List *names)
{
	Datum	   *values = palloc(sizeof(Datum) * (list_length(names) + 1));
	ListCell   *cell;
	int			n = 0;

	foreach(cell, names)
		values[n++] = CStringGetTextDatum(lfirst(cell) ? lfirst(cell) : "");
	return PointerGetDatum(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The first column of a catalog query's rows, as texts. */
static List *
query_texts(const char *query, int n, Oid *types, Datum *values)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *texts = NIL;

	if (SPI_execute_with_args(query, n, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the catalog");
	MemoryContextSwitchTo(caller);	/* the plan outlives SPI_finish() */
	for (uint64 i = 0; i < SPI_processed; i++)
		texts = lappend(texts, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	return texts;
}

List *
dv_keep_statements(Oid view, const char *comment, List *columns, List *comments)
{
	Oid			types[4] = {OIDOID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID};
	Datum		values[4];

	values[0] = ObjectIdGetDatum(view);
	values[1] = CStringGetTextDatum(comment ? comment : "");
	values[2] = name_array(columns);
	values[3] = name_array(comments);
	return query_texts(keep_query, 4, types, values);
}

char *
dv_keep_options(Oid view)
{
	Oid			types[1] = {OIDOID};
	Datum		values[1] = {ObjectIdGetDatum(view)};
	List	   *texts = query_texts("SELECT format('WITH (%s) ', array_to_string(reloptions, ', '))"
									" FROM pg_class WHERE oid = $1 AND reloptions IS NOT NULL", 1, types, values);

	return texts ? linitial(texts) : pstrdup("");
}

static Datum
oid_array(List *oids)
{
	Datum	   *values = palloc(sizeof(Datum) * (list_length(oids) + 1));
	ListCell   *cell;
	int			n = 0;

	foreach(cell, oids)
		values[n++] = ObjectIdGetDatum(lfirst_oid(cell));
	return PointerGetDatum(construct_array(values, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

/*
 * $1 relations that go, $2 relations of which the columns $3 change.  What
 * depends on them and does not go itself: views by their rules, functions with
 * a parsed body.
 */
static const char dependents_query[] =
"WITH d AS (SELECT d.classid, d.objid FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass"
"   AND d.deptype = 'n' AND (d.refobjid = ANY ($1) OR EXISTS (SELECT FROM unnest($2, $3) c(rel, col)"
"   JOIN pg_attribute a ON a.attrelid = c.rel AND a.attname = c.col"
"   WHERE d.refobjid = c.rel AND d.refobjsubid = a.attnum)))"
" SELECT DISTINCT pg_describe_object('pg_class'::regclass, r.ev_class, 0) FROM d JOIN pg_rewrite r"
"   ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid WHERE r.ev_class <> ALL ($1)"
" UNION SELECT pg_describe_object(classid, objid, 0) FROM d WHERE classid = 'pg_proc'::regclass ORDER BY 1";

void
dv_refuse_dependents(List *relations, List *tables, List *columns)
{
	Oid			types[3] = {OIDARRAYOID, OIDARRAYOID, TEXTARRAYOID};
	Datum		values[3] = {oid_array(relations), oid_array(tables), name_array(columns)};
	List	   *found = query_texts(dependents_query, 3, types, values);
	StringInfoData names;
	ListCell   *cell;

	if (found == NIL)
		return;
	initStringInfo(&names);
	foreach(cell, found)
		appendStringInfo(&names, "%s%s", names.len ? ", " : "", (char *) lfirst(cell));
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("views of the model must be dropped, and other objects depend on them or on their tables"),
			 errdetail("They are not of the model: %s.", names.data),
			 errhint("Drop them yourself and make them again afterwards; pg_get_viewdef() and pg_get_functiondef() give their text.")));
}
