/*
 * model_ddl.c
 *		From what the catalog holds to what a model wants: statements.
 *
 * Nothing is executed here.  Types are resolved, so that equal types written
 * differently are equal, and a type that is not one cannot carry SQL.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "model_ddl.h"

char *
dv_ddl_name(const char *schema, const char *name)
{
	return quote_qualified_identifier(schema, name);
}

/* The type as format_type() writes it: safe to put into a statement. */
static char *
resolved_type(const char *type, Oid *typid, int32 *typmod)
{
	parseTypeString(type, typid, typmod, false);
	return format_type_extended(*typid, *typmod,
								FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
}

/* The type of a column to be made. */
static char *
column_type(const DvTableColumn *column)
{
	Oid			typid;
	int32		typmod;

	return resolved_type(column->type, &typid, &typmod);
}

static char *
name_list(List *names)
{
	StringInfoData buf;
	ListCell   *cell;

	initStringInfo(&buf);
	foreach(cell, names)
		appendStringInfo(&buf, "%s%s", buf.len ? ", " : "", quote_identifier(lfirst(cell)));
	return buf.data;
}

static Oid
relation_oid(const char *schema, const char *name)
{
	Oid			namespace = get_namespace_oid(schema, true);

	return OidIsValid(namespace) ? get_relname_relid(name, namespace) : InvalidOid;
}

/* A comment; one that the model did not give stays. */
static List *
plan_comment(List *plan, const char *what, char *target, Oid relation, int column, const char *text,
			 const char *old)
{
	char	   *now = OidIsValid(relation) ? GetComment(relation, RelationRelationId, column) : NULL;

	if (text == NULL || (now != NULL && (old == NULL || strcmp(now, old) != 0 || strcmp(now, text) == 0)))
		return plan;
	return lappend(plan, psprintf("COMMENT ON %s %s IS %s", what, target, quote_literal_cstr(text)));
}

static List *
plan_comments(List *plan, const DvTable *table, const DvTable *old, Oid relation)
{
	char	   *name = dv_ddl_name(table->schema, table->name);

	plan = plan_comment(plan, "TABLE", name, relation, 0, table->comment, old ? old->comment : NULL);
	for (int i = 0; i < table->ncolumns; i++)
	{
		const DvTableColumn *column = &table->columns[i];
		int			attnum = OidIsValid(relation) ? get_attnum(relation, column->name) : 0;

		plan = plan_comment(plan, "COLUMN",
							psprintf("%s.%s", name, quote_identifier(column->name)),
							attnum > 0 ? relation : InvalidOid, attnum, column->comment, column->comment);
	}
	return plan;
}

static List *
plan_create(List *plan, const DvTable *table)
{
	StringInfoData buf;
	ListCell   *cell;
	char	   *name = dv_ddl_name(table->schema, table->name);

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE TABLE %s (", name);
	for (int i = 0; i < table->ncolumns; i++)
	{
		const DvTableColumn *column = &table->columns[i];

		appendStringInfo(&buf, "%s%s %s%s", i ? ", " : "", quote_identifier(column->name),
						 column_type(column),
						 column->required ? " NOT NULL" : "");
	}
	appendStringInfo(&buf, ", PRIMARY KEY (%s)", name_list(table->keys));
	if (table->check != NULL)
		appendStringInfo(&buf, ", CHECK (%s)", table->check);
	appendStringInfoChar(&buf, ')');
	if (table->churns)
		appendStringInfoString(&buf, " WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0)");
	plan = lappend(plan, buf.data);
	foreach(cell, table->indexes)
		plan = lappend(plan, psprintf("CREATE INDEX ON %s (%s)", name, name_list(lfirst(cell))));
	if (table->first_row != NULL)
		plan = lappend(plan, table->first_row);
	return plan_comments(plan, table, NULL, InvalidOid);
}

static int
precision_of(int32 typmod)
{
	return ((typmod - VARHDRSZ) >> 16) & 0xffff;
}

static int
scale_of(int32 typmod)
{
	return (((typmod - VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
}

/* Does every value of the old type stay what it is, and hash the same? */
static bool
is_widening(Oid old, int32 oldmod, Oid new, int32 newmod)
{
	if (old == new && newmod == -1 && old != BPCHAROID)
		return old != NUMERICOID || oldmod != -1;
	switch (old)
	{
		case INT2OID:
			return new == INT4OID || new == INT8OID;
		case INT4OID:
			return new == INT8OID;
		case VARCHAROID:
			return new == TEXTOID || (new == VARCHAROID && oldmod != -1 && newmod > oldmod);
		case BPCHAROID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return new == old && oldmod != -1 && newmod > oldmod;
		case NUMERICOID:
			return new == NUMERICOID && oldmod != -1 &&
				scale_of(newmod) >= scale_of(oldmod) &&
				precision_of(newmod) - scale_of(newmod) >=
				precision_of(oldmod) - scale_of(oldmod);
		default:
			return false;
	}
}

/* Columns whose types change, side by side. */
typedef struct Retyped
{
	List	   *tables;			/* Oids */
	List	   *columns;		/* names */
} Retyped;

/* An existing column: nothing, a wider type, or a refusal. */
static List *
plan_column(List *plan, const DvTable *table, Oid relation, int attnum,
			const DvTableColumn *column, Retyped *retyped)
{
	Oid			typid;
	int32		typmod;
	char	   *type = resolved_type(column->type, &typid, &typmod);
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(attnum));
	Form_pg_attribute attribute;
	Oid			now;
	int32		nowmod;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for attribute %d of relation %u", attnum, relation);
	attribute = (Form_pg_attribute) GETSTRUCT(tuple);
	now = attribute->atttypid;
	nowmod = attribute->atttypmod;
	ReleaseSysCache(tuple);
	if (now == typid && nowmod == typmod)
		return plan;
	if (!is_widening(now, nowmod, typid, typmod))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot change the type of column \"%s\" of \"%s\" from %s to %s",
						column->name, table->name, format_type_with_typemod(now, nowmod), type),
				 errdetail("Only widening keeps every value and every hash."),
				 errhint("Add a column with another name, or keep the type.")));
	retyped->tables = lappend_oid(retyped->tables, relation);
	retyped->columns = lappend(retyped->columns, column->name);
	return lappend(plan, psprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s",
								  dv_ddl_name(table->schema, table->name),
								  quote_identifier(column->name), type));
}

static List *
plan_missing_column(List *plan, const DvTable *table, const DvTableColumn *column)
{
	if (!column->addable)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" lacks the column \"%s\"", table->name, column->name),
				 errdetail("It is part of the key or of the layout of every table of its kind."),
				 errhint("Keys do not change: give the new hub or link another name.")));
	plan = lappend(plan, psprintf("ALTER TABLE %s ADD COLUMN %s %s%s%s",
								  dv_ddl_name(table->schema, table->name),
								  quote_identifier(column->name),
								  column_type(column),
								  column->fill ? " DEFAULT " : "", column->fill ? column->fill : ""));
	if (column->fill)
		plan = lappend(plan, psprintf("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT",
									  dv_ddl_name(table->schema, table->name),
									  quote_identifier(column->name)));
	return plan;
}

static const DvTable *
find_table(List *tables, const DvTable *like)
{
	ListCell   *cell;

	foreach(cell, tables)
	{
		const DvTable *table = lfirst(cell);

		if (strcmp(table->schema, like->schema) == 0 && strcmp(table->name, like->name) == 0)
			return table;
	}
	return NULL;
}

static const DvTableColumn *
find_column(const DvTable *table, const char *name)
{
	for (int i = 0; i < table->ncolumns; i++)
	{
		if (strcmp(table->columns[i].name, name) == 0)
			return &table->columns[i];
	}
	return NULL;
}

/* Without it the same key could be there twice. */
static void
check_primary_key(const DvTable *table, Oid relation)
{
	Oid			constraint;
	Bitmapset  *has = get_primary_key_attnos(relation, false, &constraint);
	Bitmapset  *wants = NULL;
	ListCell   *cell;

	foreach(cell, table->keys)
		wants = bms_add_member(wants, get_attnum(relation, lfirst(cell)) - FirstLowInvalidHeapAttributeNumber);
	if (!bms_equal(has, wants))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\".\"%s\" exists and is not of this model", table->schema, table->name),
				 errdetail("Its primary key is not what the model wants."),
				 errhint("Rename one of them, or give the model another schema.")));
}

/*
 * Versions without the row state of the rows they are of: who wrote them nobody
 * knows any more, so that what ends them would end nothing.
 */
static void
check_no_history(const DvTable *table)
{
	MemoryContext caller = CurrentMemoryContext;

	if (find_column(table, DV_COL_POSITION) == NULL)
		return;
	if (SPI_execute(psprintf("SELECT FROM %s LIMIT 1", quote_qualified_identifier(table->schema, table->name)),
					false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read %s", table->name);
	/* SPI leaves us in its own context */
	MemoryContextSwitchTo(caller);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\".\"%s\" has rows of another model, or of a dropped one",
						table->schema, table->name),
				 errdetail("Which source rows they belong to is no longer known, so that nothing could continue or end them."),
				 errhint("Give the model another \"schema\", or drop the old tables, and load it anew.")));
}

/* Is a table that this model did not make the one that it would make? */
static void
check_adoption(const DvTable *table, Oid relation)
{
	for (int i = 0; i < table->ncolumns; i++)
	{
		const DvTableColumn *column = &table->columns[i];
		int			attnum = get_attnum(relation, column->name);
		Oid			typid;
		int32		typmod;
		Oid			now = InvalidOid;
		int32		nowmod = -1;
		Oid			collation;

		resolved_type(column->type, &typid, &typmod);
		if (attnum > 0)
			get_atttypetypmodcoll(relation, attnum, &now, &nowmod, &collation);
		if (now != typid || nowmod != typmod || get_rel_relkind(relation) == RELKIND_VIEW)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_TABLE),
					 errmsg("relation \"%s\".\"%s\" exists and is not of this model",
							table->schema, table->name),
					 errdetail("Its column \"%s\" is not what the model wants.", column->name),
					 errhint("Rename one of them, or give the model another schema.")));
	}
	/* what another model has seen would pass for this one's */
	if (table->churns)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("row state \"%s\".\"%s\" exists already", table->schema, table->name),
				 errhint("Another model keeps it, or did: give this one another \"schema\" and \"state_schema\".")));
	check_primary_key(table, relation);
	check_no_history(table);
	ereport(NOTICE,
			(errmsg("using the existing table \"%s\".\"%s\"", table->schema, table->name)));
}

static List *
plan_table(List *plan, List *old_tables, const DvTable *table, Retyped *retyped)
{
	Oid			relation = relation_oid(table->schema, table->name);

	if (!OidIsValid(relation))
		return plan_create(plan, table);
	if (find_table(old_tables, table) == NULL)
		check_adoption(table, relation);
	for (int i = 0; i < table->ncolumns; i++)
	{
		const DvTableColumn *column = &table->columns[i];
		int			attnum = get_attnum(relation, column->name);

		plan = attnum > 0 ? plan_column(plan, table, relation, attnum, column, retyped)
			: plan_missing_column(plan, table, column);
	}
	return plan_comments(plan, table, find_table(old_tables, table), relation);
}

/* What the old model has and the new one lacks would be lost. */
static void
refuse_losses(List *old_tables, List *tables)
{
	ListCell   *cell;

	foreach(cell, old_tables)
	{
		const DvTable *old = lfirst(cell);
		const DvTable *new = find_table(tables, old);

		if (new == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the model no longer has the table \"%s\".\"%s\"", old->schema, old->name),
					 errdetail("Its history would be lost, or stand still."),
					 errhint("Keep it in the model, or start a new model with drop_model().")));
		for (int i = 0; i < old->ncolumns; i++)
		{
			if (find_column(new, old->columns[i].name) == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						 errmsg("the model no longer has the column \"%s\" of \"%s\"",
								old->columns[i].name, old->name),
						 errdetail("Its values would be lost, or the keys would change."),
						 errhint("Keep it in the model; a column that the source has lost becomes NULL.")));
		}
	}
}

static void
refuse_key_change(const char *what, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot change %s of \"%s\"", what, name),
			 errdetail("The keys in the vault were made by it."),
			 errhint("Give it another name, or load a new model from the start.")));
}

static bool
same_names(const DvColumn *a, int na, const DvColumn *b, int nb)
{
	if (na != nb)
		return false;
	for (int i = 0; i < na; i++)
	{
		if (strcmp(a[i].name, b[i].name) != 0)
			return false;
	}
	return true;
}

static bool
same_roles(const DvModel *old, const DvLink *a, const DvModel *new, const DvLink *b)
{
	if (a->nroles != b->nroles)
		return false;
	for (int i = 0; i < a->nroles; i++)
	{
		if (strcmp(a->roles[i].name, b->roles[i].name) != 0 ||
			strcmp(old->hubs[a->roles[i].hub].name, new->hubs[b->roles[i].hub].name) != 0)
			return false;
	}
	return true;
}

static bool
same_source_columns(const DvSource *a, const int *ca, int na, const DvSource *b, const int *cb, int nb)
{
	if (na != nb)
		return false;
	for (int i = 0; i < na; i++)
	{
		if (strcmp(a->columns[ca[i]].name, b->columns[cb[i]].name) != 0)
			return false;
	}
	return true;
}

static void
refuse_source_change(const DvSource *a, const DvSource *b)
{
	if (!same_source_columns(a, a->pk, a->npk, b, b->pk, b->npk))
		refuse_key_change("the primary key", a->name);
	if (a->immutable != b->immutable)
		refuse_key_change("the immutability", a->name);
	if ((a->own_hub_load < 0) != (b->own_hub_load < 0) || a->parent.kind != b->parent.kind)
		refuse_key_change("the own key", a->name);
	if (a->own_hub_load >= 0 &&
		!same_source_columns(a, a->loads[a->own_hub_load].columns, a->loads[a->own_hub_load].ncolumns,
							 b, b->loads[b->own_hub_load].columns, b->loads[b->own_hub_load].ncolumns))
		refuse_key_change("the business key columns", a->name);
}

static bool
same_ref(const DvModel *old, const DvSource *sa, const DvRef *a, const DvModel *new, const DvSource *sb,
		 const DvRef *b)
{
	return a->kind == b->kind &&
		same_source_columns(sa, a->columns, a->ncolumns, sb, b->columns, b->ncolumns) &&
		(a->kind != DV_REF_FOREIGN_KEY ||
		 strcmp(old->sources[a->parent].name, new->sources[b->parent].name) == 0);
}

/* Does `b` make the same link keys from a row as `a`? */
static bool
same_link_load(const DvModel *old, const DvSource *sa, const DvLoad *a, const DvModel *new,
			   const DvSource *sb, const DvLoad *b)
{
	const DvLink *link = &old->links[a->target];

	if (b->kind != DV_LOAD_LINK || strcmp(link->name, new->links[b->target].name) != 0 ||
		a->own != b->own ||
		!same_source_columns(sa, a->columns, link->ndependent, sb, b->columns, link->ndependent))
		return false;
	for (int i = 0; i < link->nroles; i++)
		if (!same_ref(old, sa, &a->roles[i], new, sb, &b->roles[i]))
			return false;
	return true;
}

static void
refuse_link_changes(const DvModel *old, const DvSource *sa, const DvModel *new, const DvSource *sb)
{
	for (int i = 0; i < sa->nloads; i++)
	{
		bool		found = sa->loads[i].kind != DV_LOAD_LINK;

		for (int j = 0; j < sb->nloads && !found; j++)
			found = same_link_load(old, sa, &sa->loads[i], new, sb, &sb->loads[j]);
		if (!found)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot change how \"%s\" loads the link \"%s\"", sa->name,
							old->links[sa->loads[i].target].name),
					 errdetail("The link would hold relations of two meanings, and rows that came before would never end."),
					 errhint("Leave this load as it is, and load what is new into a link of another name.")));
	}
	if (sa->parent.kind == DV_REF_FOREIGN_KEY && sb->parent.kind == DV_REF_FOREIGN_KEY &&
		!same_ref(old, sa, &sa->parent, new, sb, &sb->parent))
		refuse_key_change("the parent", sa->name);
}

/* The source and load that fill a satellite; each has exactly one. */
static const DvSource *
satellite_source(const DvModel *model, const char *name, const DvLoad **load)
{
	for (int s = 0; s < model->nsources; s++)
		for (int i = 0; i < model->sources[s].nloads; i++)
		{
			*load = &model->sources[s].loads[i];
			if ((*load)->kind == DV_LOAD_SATELLITE &&
				strcmp(model->satellites[(*load)->target].name, name) == 0)
				return &model->sources[s];
		}
	return NULL;
}

/* What was implied where no other satellite told the end of a row must stay. */
static void
refuse_implied_loss(const DvModel *old, const DvSatellite *sat, const DvSource *source, const DvLoad *load)
{
	bool		status = sat->kind == DV_SAT_STATUS;

	if (!status && sat->kind != DV_SAT_EFFECTIVITY)
		return;					/* refuse_losses() says the rest */
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the model no longer implies the satellite \"%s\"", sat->name),
			 errdetail("It tells since when the rows of \"%s\" live and have ended; a satellite with columns has taken its place.",
					   source->name),
			 status ? errhint("Keep it beside the new one: add \"status\": true to the source \"%s\".", source->name) :
			 errhint("Keep it beside the new one: add \"effectivity\": true to the load of the link \"%s\" in the source \"%s\".",
					 old->links[source->loads[load->key_load].target].name, source->name)));
}

static void
refuse_satellite_changes(const DvModel *old, const DvModel *new)
{
	for (int i = 0; i < old->nsatellites; i++)
	{
		const DvSatellite *sat = &old->satellites[i];
		const DvLoad *load;
		const DvSource *before = satellite_source(old, sat->name, &load);
		const DvLoad *new_load;
		const DvSource *now = satellite_source(new, sat->name, &new_load);

		if (before == NULL)
			continue;
		if (now == NULL)
			refuse_implied_loss(old, sat, before, load);
		else if (strcmp(before->name, now->name) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot load the satellite \"%s\" from \"%s\" instead of \"%s\"", sat->name,
							now->name, before->name),
					 errdetail("Its history is that of the rows of one source."),
					 errhint("Give the other source a satellite of its own.")));
	}
}

static void
refuse_key_changes(const DvModel *old, const DvModel *new)
{
	refuse_satellite_changes(old, new);
	for (int i = 0; i < old->nhubs; i++)
		for (int j = 0; j < new->nhubs; j++)
		{
			const DvHub *a = &old->hubs[i];
			const DvHub *b = &new->hubs[j];

			if (strcmp(a->name, b->name) == 0 && !same_names(a->keys, a->nkeys, b->keys, b->nkeys))
				refuse_key_change("the business key", a->name);
		}
	for (int i = 0; i < old->nlinks; i++)
		for (int j = 0; j < new->nlinks; j++)
		{
			const DvLink *a = &old->links[i];
			const DvLink *b = &new->links[j];

			if (strcmp(a->name, b->name) == 0 &&
				(!same_roles(old, a, new, b) || a->non_historized != b->non_historized ||
				 !same_names(a->dependent, a->ndependent, b->dependent, b->ndependent)))
				refuse_key_change("the key", a->name);
		}
	for (int i = 0; i < old->nsources; i++)
		for (int j = 0; j < new->nsources; j++)
		{
			if (strcmp(old->sources[i].name, new->sources[j].name) != 0)
				continue;
			refuse_source_change(&old->sources[i], &new->sources[j]);
			refuse_link_changes(old, &old->sources[i], new, &new->sources[j]);
		}
}

/*
 * CREATE OR REPLACE wants the columns of the old view first: those that the
 * view has keep their places, new ones follow.
 */
static char *
view_statement(const DvView *view, Oid relation, const char *options)
{
	int			n = list_length(view->columns);
	bool	   *done = palloc0(sizeof(bool) * n);
	StringInfoData buf;
	int			written = 0;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE OR REPLACE VIEW %s %sAS %sSELECT ",
					 dv_ddl_name(view->schema, view->name), options, view->prefix);
	for (int attnum = 1; written < n; attnum++)
	{
		char	   *name = OidIsValid(relation) ? get_attname(relation, attnum, true) : NULL;
		int			i = 0;

		while (i < n && (done[i] || (name != NULL && strcmp(list_nth(view->columns, i), name) != 0)))
			i++;
		if (i == n)
			continue;
		done[i] = true;
		appendStringInfo(&buf, "%s%s AS %s", written++ ? ", " : "",
						 (char *) list_nth(view->expressions, i),
						 quote_identifier(list_nth(view->columns, i)));
	}
	appendStringInfo(&buf, " %s", view->body);
	return buf.data;
}

static const DvView *
find_view(List *views, const char *name)
{
	ListCell   *cell;

	foreach(cell, views)
	{
		if (strcmp(((DvView *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	}
	return NULL;
}

/* The comment that the model gave to a view's column; NULL = none. */
static const char *
column_comment(const DvView *view, const char *column)
{
	ListCell   *name;
	ListCell   *comment;

	if (view == NULL)
		return NULL;
	forboth(name, view->columns, comment, view->comments)
	{
		if (strcmp(lfirst(name), column) == 0)
			return lfirst(comment);
	}
	return NULL;
}

static List *
plan_view_columns(List *plan, const DvView *old, const DvView *view, Oid relation)
{
	char	   *name = dv_ddl_name(view->schema, view->name);
	ListCell   *column;
	ListCell   *comment;

	forboth(column, view->columns, comment, view->comments)
	{
		int			attnum = OidIsValid(relation) ? get_attnum(relation, lfirst(column)) : 0;

		plan = plan_comment(plan, "COLUMN",
							psprintf("%s.%s", name, quote_identifier(lfirst(column))),
							attnum > 0 ? relation : InvalidOid, attnum, lfirst(comment),
							column_comment(old, lfirst(column)));
	}
	return plan;
}

/* What the old model said of the columns of the new view, beside them. */
static List *
old_comments(const DvView *old, const DvView *view)
{
	List	   *comments = NIL;
	ListCell   *cell;

	foreach(cell, view->columns)
		comments = lappend(comments, unconstify(char *, column_comment(old, lfirst(cell))));
	return comments;
}

static List *
plan_views(List *plan, List *old_views, List *views, bool dropped)
{
	ListCell   *cell;

	foreach(cell, views)
	{
		const DvView *view = lfirst(cell);
		const DvView *old = find_view(old_views, view->name);
		Oid			before = relation_oid(view->schema, view->name);
		Oid			relation = dropped ? InvalidOid : before;
		const char *comment = old ? old->comment : NULL;
		char	   *name = dv_ddl_name(view->schema, view->name);

		if (OidIsValid(relation) && old == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_TABLE),
					 errmsg("relation \"%s\".\"%s\" exists and is not of this model",
							view->schema, view->name),
					 errhint("Drop or rename it, or give the model another schema.")));
		if (!OidIsValid(relation) ||
			strcmp(view_statement(view, InvalidOid, ""), view_statement(old, InvalidOid, "")) != 0)
			plan = lappend(plan, view_statement(view, relation,
												OidIsValid(before) ? dv_keep_options(before) : ""));
		plan = plan_comment(plan, "VIEW", name, relation, 0, view->comment, comment);
		plan = plan_view_columns(plan, old, view, relation);
		if (dropped && OidIsValid(before))
			plan = list_concat(plan, dv_keep_statements(before, comment, view->columns,
														old_comments(old, view)));
	}
	return plan;
}

static List *
plan_drop_views(List *plan, List *views)
{
	for (int i = list_length(views) - 1; i >= 0; i--)
	{
		const DvView *view = list_nth(views, i);

		if (OidIsValid(relation_oid(view->schema, view->name)))
			plan = lappend(plan, psprintf("DROP VIEW %s", dv_ddl_name(view->schema, view->name)));
	}
	return plan;
}

static List *
view_oids(List *views)
{
	List	   *oids = NIL;
	ListCell   *cell;

	foreach(cell, views)
	{
		const DvView *view = lfirst(cell);
		Oid			relation = relation_oid(view->schema, view->name);

		if (OidIsValid(relation))
			oids = lappend_oid(oids, relation);
	}
	return oids;
}

static List *
plan_schema(List *plan, const char *schema)
{
	if (OidIsValid(get_namespace_oid(schema, true)))
		return plan;
	return lappend(plan, psprintf("CREATE SCHEMA %s", quote_identifier(schema)));
}

List *
dv_model_plan(const DvModel *old, const DvModel *model)
{
	List	   *old_tables = old ? dv_model_tables(old) : NIL;
	List	   *old_views = old ? dv_model_views(old) : NIL;
	List	   *tables = dv_model_tables(model);
	List	   *plan = plan_schema(NIL, model->schema);
	List	   *changes = NIL;
	Retyped		retyped = {NIL, NIL};
	ListCell   *cell;

	if (old != NULL)
	{
		refuse_key_changes(old, model);
		refuse_losses(old_tables, tables);
	}
	plan = plan_schema(plan, model->state_schema);
	foreach(cell, tables)
		changes = plan_table(changes, old_tables, lfirst(cell), &retyped);
	if (retyped.tables != NIL)
	{
		dv_refuse_dependents(view_oids(old_views), retyped.tables, retyped.columns);
		plan = plan_drop_views(plan, old_views);
	}
	plan = list_concat(plan, changes);
	return plan_views(plan, old_views, dv_model_views(model), retyped.tables != NIL);
}

List *
dv_model_drop_plan(const DvModel *model, bool tables)
{
	List	   *views = dv_model_views(model);
	List	   *plan = plan_drop_views(NIL, views);
	List	   *gone = view_oids(views);
	ListCell   *cell;

	foreach(cell, tables ? dv_model_tables(model) : NIL)
	{
		const DvTable *table = lfirst(cell);
		Oid			relation = relation_oid(table->schema, table->name);

		if (OidIsValid(relation))
			gone = lappend_oid(gone, relation);
	}
	dv_refuse_dependents(gone, NIL, NIL);
	if (!tables)
		return plan;
	foreach(cell, dv_model_tables(model))
	{
		const DvTable *table = lfirst(cell);

		if (OidIsValid(relation_oid(table->schema, table->name)))
			plan = lappend(plan, psprintf("DROP TABLE %s", dv_ddl_name(table->schema, table->name)));
	}
	return plan;
}
