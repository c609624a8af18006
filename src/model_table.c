/*
 * model_table.c
 *		The tables of a model, column by column: doc/rules.md, section 1.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "model_ddl.h"

#define ZERO_KEY "'00000000-0000-0000-0000-000000000000'"
#define POSITION_TYPE "datavault.source_pos"

static DvTable *
table_make(const char *schema, char *name, char *comment, int capacity)
{
	DvTable    *table = palloc0(sizeof(DvTable));

	table->schema = schema;
	table->name = name;
	table->comment = comment;
	table->columns = palloc0(sizeof(DvTableColumn) * capacity);
	return table;
}

static DvTableColumn *
add(DvTable *table, const char *name, const char *type, bool required, const char *comment)
{
	DvTableColumn *column = &table->columns[table->ncolumns++];

	column->name = pstrdup(name);
	column->type = pstrdup(type);
	column->required = required;
	column->comment = comment;
	return column;
}

static void
add_all(DvTable *table, const DvColumn *columns, int n, bool key, bool required,
		const char *comment)
{
	for (int i = 0; i < n; i++)
		add(table, columns[i].name, columns[i].type, required, comment)->addable = !key;
}

static void
add_load_columns(DvTable *table)
{
	add(table, DV_COL_LOAD, "timestamp with time zone", true, "when the vault recorded it");
	add(table, DV_COL_SOURCE, "text", true, "connector.schema.table that it came from");
}

static DvTable *
hub_table(const DvModel *model, const DvHub *hub)
{
	DvTable    *table = table_make(model->schema, hub->name,
								   hub->comment ? hub->comment : psprintf("hub %s", hub->name),
								   hub->nkeys + 3);
	StringInfoData check;
	List	   *index = NIL;
	char	   *key = pstrdup(quote_identifier(hub->key));

	add(table, hub->key, "uuid", true, "hash key: hash_key of the business key; the zero key stands for none");
	add_all(table, hub->keys, hub->nkeys, true, false, "business key");
	add_load_columns(table);
	table->keys = list_make1(hub->key);
	initStringInfo(&check);
	appendStringInfo(&check, "%s = " ZERO_KEY " OR (", key);
	for (int i = 0; i < hub->nkeys; i++)
	{
		appendStringInfo(&check, "%s%s IS NOT NULL", i ? " AND " : "",
						 quote_identifier(hub->keys[i].name));
		index = lappend(index, hub->keys[i].name);
	}
	appendStringInfoChar(&check, ')');
	table->check = check.data;
	table->indexes = list_make1(index);
	table->first_row = psprintf("INSERT INTO %s (%s, load_dts, record_source) VALUES (" ZERO_KEY ", now(), 'datavault') ON CONFLICT DO NOTHING",
								dv_ddl_name(model->schema, hub->name), key);
	return table;
}

static DvTable *
link_table(const DvModel *model, const DvLink *link)
{
	DvTable    *table = table_make(model->schema, link->name,
								   link->comment ? link->comment : psprintf("link %s", link->name),
								   link->nroles + link->ndependent + link->nattributes + 5);

	add(table, link->key, "uuid", true, "hash key: hash_key of the hub keys and the dependent keys");
	for (int i = 0; i < link->nroles; i++)
	{
		const DvRole *role = &link->roles[i];

		add(table, role->key, "uuid", true,
			psprintf("key of %s%s", model->hubs[role->hub].name,
					 role->optional ? "; the zero key stands for none" : ""));
		table->indexes = lappend(table->indexes, list_make1(role->key));
	}
	add_all(table, link->dependent, link->ndependent, true, false, "dependent child key");
	if (link->non_historized)
	{
		add(table, DV_COL_APPLIED, "timestamp with time zone", true, "when the source wrote it");
		add(table, DV_COL_DIFF, "uuid", true, "hash_diff of the attributes");
		add_all(table, link->attributes, link->nattributes, false, false, "attribute");
	}
	add_load_columns(table);
	table->keys = list_make1(link->key);
	return table;
}

static DvTable *
satellite_table(const DvModel *model, const DvSatellite *sat)
{
	static const char *const kinds[] = {"satellite", "effectivity satellite", "status satellite",
	"same-as satellite"};
	const char *of = sat->of_link ? model->links[sat->of].name : model->hubs[sat->of].name;
	bool		same_as = sat->kind == DV_SAT_SAME_AS;
	DvTable    *table = table_make(model->schema, sat->name,
								   sat->comment ? sat->comment : psprintf("%s of %s", kinds[sat->kind], of),
								   sat->ncolumns + 8);

	add(table, sat->key, "uuid", true, psprintf("key of %s", of));
	add(table, DV_COL_POSITION, POSITION_TYPE, true, "where in the source's history: the order of versions");
	add(table, DV_COL_APPLIED, "timestamp with time zone", true, "when the source wrote it");
	add(table, DV_COL_LOAD, "timestamp with time zone", true, "when the vault recorded it");
	add(table, DV_COL_OPERATION, "\"char\"", true, "r, c, u: live; d: deleted; k: the key moved away");
	add(table, DV_COL_DIFF, "uuid", false, "hash_diff of the attributes; NULL where ended");
	add(table, DV_COL_SOURCE, "text", true, "connector.schema.table that it came from");
	add(table, DV_COL_ROW, "uuid", true, "which source row: hash_key of its primary key");
	add_all(table, sat->columns, sat->ncolumns, false, false,
			dv_model_column_comment(sat));
	table->keys = list_make3(sat->key, pstrdup(DV_COL_POSITION), pstrdup(DV_COL_ROW));
	if (same_as)
		table->indexes = list_make1(list_make1(sat->columns[0].name));
	return table;
}

char *
dv_model_column_comment(const DvSatellite *sat)
{
	return sat->kind == DV_SAT_SAME_AS ? "the key that the same thing has now" : "attribute";
}

static DvTable *
state_table(const DvModel *model, const DvSource *source)
{
	DvTable    *table = table_make(model->state_schema, source->state_table,
								   psprintf("row state of %s: internal, pruned", source->name),
								   source->nloads + 10);

	add(table, DV_COL_ROW, "uuid", true, "which source row: hash_key of its primary key");
	add(table, DV_COL_POSITION, POSITION_TYPE, true, "position of the version");
	add(table, "kind", "\"char\"", true, "r, c, u: live; d, k: ended; p: held");
	add(table, "pending", "boolean", true, "something of the row waits");
	add(table, "seen_lsn", "bigint", false, "greatest streamed LSN that the row has seen");
	add(table, "delete_xid", "bigint", false, "its transaction, if that was a delete");
	add(table, "anchor", "uuid", false, "own key of the row's first live version");
	add(table, "origin", "uuid", false, "anchor of the row that it was before its primary key changed");
	add(table, "own_key", "uuid", false, "the key that the row's satellites hang on");
	add(table, DV_COL_APPLIED, "timestamp with time zone", false, "when the source wrote it");
	for (int i = 0; i < source->nloads; i++)
	{
		if (source->loads[i].state_column != NULL)
		{
			DvTableColumn *column = add(table, source->loads[i].state_column, "uuid", false,
										"state of a load at that version; the zero key: before there was the load");

			column->addable = true;
			column->fill = ZERO_KEY;
		}
	}
	table->keys = list_make2(pstrdup(DV_COL_ROW), pstrdup(DV_COL_POSITION));
	table->churns = true;
	return table;
}

List *
dv_model_tables(const DvModel *model)
{
	List	   *tables = NIL;

	for (int i = 0; i < model->nhubs; i++)
		tables = lappend(tables, hub_table(model, &model->hubs[i]));
	for (int i = 0; i < model->nlinks; i++)
		tables = lappend(tables, link_table(model, &model->links[i]));
	for (int i = 0; i < model->nsatellites; i++)
		tables = lappend(tables, satellite_table(model, &model->satellites[i]));
	for (int i = 0; i < model->nsources; i++)
	{
		if (model->sources[i].row_state)
			tables = lappend(tables, state_table(model, &model->sources[i]));
	}
	return tables;
}
