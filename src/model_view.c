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
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "hash.h"
#include "model_ddl.h"

#define ZERO_KEY "'00000000-0000-0000-0000-000000000000'::pg_catalog.uuid"
#define LIVE "operation NOT IN ('d', 'k')"

/* What columns of several views are. */
#define SAYS_POSITION "where in the source's history: the order of versions"
#define SAYS_APPLIED "when the source wrote it"
#define SAYS_LOAD "when the vault recorded it"
#define SAYS_SOURCE "connector.schema.table that it came from"
#define SAYS_ROW "which source row: hash_key of its primary key"

/* quote_identifier(), safe to keep. */
static char *
quoted(const char *name)
{
	return pstrdup(quote_identifier(name));
}

static char *
of_alias(const char *alias, const char *column)
{
	return psprintf("%s.%s", alias, quote_identifier(column));
}

static DvView *
view_make(const DvModel *model, const char *name, const char *suffix, const char *comment)
{
	DvView	   *view = palloc0(sizeof(DvView));

	view->schema = model->schema;
	view->name = psprintf("%s_%s", name, suffix);
	view->comment = psprintf("%s of %s", comment, name);
	view->prefix = pstrdup("");
	return view;
}

static bool
has_column(const DvView *view, const char *name)
{
	ListCell   *cell;

	foreach(cell, view->columns)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

static void
add(DvView *view, const char *name, char *expression, char *comment)
{
	view->columns = lappend(view->columns, pstrdup(name));
	view->expressions = lappend(view->expressions, expression);
	view->comments = lappend(view->comments, comment);
}

/*
 * A name that `view` does not have yet, of at most 63 bytes: as it is, or else cut and
 * with a hash behind.  It depends on the names only, so it stays from one model to the next.
 */
static char *
free_name(const DvView *view, char *name)
{
	int			room = NAMEDATALEN - 1 - 9;
	char	   *shown = name;

	while (strlen(shown) >= NAMEDATALEN || has_column(view, shown))
	{
		uint8		hash[DV_HASH_LEN];

		if (!dv_hash_bytes(shown, strlen(shown), hash))
			elog(ERROR, "could not compute a hash");
		shown = psprintf("%.*s_%02x%02x%02x%02x", pg_mbcliplen(name, strlen(name), room), name,
						 hash[0], hash[1], hash[2], hash[3]);
	}
	return shown;
}

/* An attribute; if the name is taken, with its satellite's before it. */
static void
add_attribute(DvView *view, const char *alias, const DvSatellite *sat, const char *name)
{
	if (!has_column(view, name))
		add(view, name, of_alias(alias, name), psprintf("attribute, from %s", sat->name));
	else
		add(view, free_name(view, psprintf("%s_%s", sat->name, name)), of_alias(alias, name),
			psprintf("attribute \"%s\", from %s", name, sat->name));
}

/* The live rows of satellite `sat` as alias s; conditions may follow. */
static char *
live_rows(const DvModel *model, const DvSatellite *sat)
{
	char	   *table = dv_ddl_name(model->schema, sat->name);
	char	   *key = quoted(sat->key);

	return psprintf("FROM %s s WHERE s." LIVE " AND NOT EXISTS (SELECT FROM %s n WHERE n.%s = s.%s AND n.row_key = s.row_key AND n.\"position\" OPERATOR(datavault.>) s.\"position\")",
					table, table, key, key);
}

/* The newest live row of the key `key_expression`, as a LATERAL body. */
static char *
newest_live(const DvModel *model, const DvSatellite *sat, const char *key_expression)
{
	return psprintf("SELECT s.* %s AND s.%s = %s ORDER BY s.\"position\" DESC LIMIT 1",
					live_rows(model, sat), quoted(sat->key), key_expression);
}

static char *
key_comment(const DvModel *model, const DvSatellite *sat)
{
	return psprintf("key of %s", sat->of_link ? model->links[sat->of].name : model->hubs[sat->of].name);
}

static DvView *
history_view(const DvModel *model, const DvSatellite *sat)
{
	DvView	   *view = view_make(model, sat->name, "history",
								 "versions with their ends, equal neighbours merged,");
	char	   *key = quoted(sat->key);

	add(view, sat->key, of_alias("h", sat->key), key_comment(model, sat));
	add(view, DV_COL_ROW, "h.row_key", SAYS_ROW);
	add(view, DV_COL_POSITION, "h.\"position\"", SAYS_POSITION);
	add(view, "valid_from", "h.applied_dts", "when the source wrote this version");
	add(view, "valid_to", psprintf("pg_catalog.lead(h.applied_dts) OVER (PARTITION BY h.%s, h.row_key ORDER BY h.\"position\")", key),
		"when the source wrote what follows it; NULL: nothing does");
	add(view, "is_live", "h." LIVE, "false: from valid_from on the row does not exist under this key");
	add(view, DV_COL_LOAD, "h.load_dts", SAYS_LOAD);
	add(view, DV_COL_OPERATION, "h.operation", "r, c, u: live; d: deleted; k: the key moved away");
	add(view, DV_COL_DIFF, "h.hash_diff", "hash_diff of the attributes; NULL where ended");
	add(view, DV_COL_SOURCE, "h.record_source", SAYS_SOURCE);
	for (int i = 0; i < sat->ncolumns; i++)
		add(view, sat->columns[i].name, of_alias("h", sat->columns[i].name), dv_model_column_comment(sat));
	view->body = psprintf("FROM (SELECT s.*, pg_catalog.lag(s." LIVE ") OVER w AS \" live\", pg_catalog.lag(s.hash_diff) OVER w AS \" diff\" FROM %s s WINDOW w AS (PARTITION BY s.%s, s.row_key ORDER BY s.\"position\")) h "
						  "WHERE CASE WHEN h." LIVE " THEN h.\" live\" IS NOT TRUE OR h.hash_diff IS DISTINCT FROM h.\" diff\" ELSE h.\" live\" IS TRUE END",
						  dv_ddl_name(model->schema, sat->name), key);
	return view;
}

static DvView *
satellite_current_view(const DvModel *model, const DvSatellite *sat)
{
	DvView	   *view = view_make(model, sat->name, "current", "live version of each key");
	const char *parent = sat->of_link ? model->links[sat->of].name : model->hubs[sat->of].name;

	add(view, sat->key, of_alias("p", sat->key), key_comment(model, sat));
	add(view, DV_COL_POSITION, "s.\"position\"", SAYS_POSITION);
	add(view, DV_COL_APPLIED, "s.applied_dts", SAYS_APPLIED);
	add(view, DV_COL_LOAD, "s.load_dts", SAYS_LOAD);
	add(view, DV_COL_SOURCE, "s.record_source", SAYS_SOURCE);
	add(view, DV_COL_ROW, "s.row_key", SAYS_ROW);
	for (int i = 0; i < sat->ncolumns; i++)
		add(view, sat->columns[i].name, of_alias("s", sat->columns[i].name), dv_model_column_comment(sat));
	view->body = psprintf("FROM %s p CROSS JOIN LATERAL (%s) s",
						  dv_ddl_name(model->schema, parent),
						  newest_live(model, sat, of_alias("p", sat->key)));
	return view;
}

/* Live same-as rows of the anchor `key`: columns same, position; or NULL. */
static char *
same_as_rows(const DvModel *model, int hub, const char *key)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < model->nsatellites; i++)
	{
		const DvSatellite *sat = &model->satellites[i];

		if (sat->kind != DV_SAT_SAME_AS || sat->of != hub)
			continue;
		appendStringInfo(&buf, "%sSELECT s.%s AS same, s.\"position\" %s AND s.%s = %s",
						 buf.len ? " UNION ALL " : "", quoted(sat->columns[0].name),
						 live_rows(model, sat), quoted(sat->key), key);
	}
	return buf.len ? buf.data : NULL;
}

/* What the anchor `expression` is called now. */
static char *
current_key(const DvModel *model, int hub, char *expression)
{
	char	   *rows = same_as_rows(model, hub, expression);

	if (rows == NULL)
		return expression;
	return psprintf("COALESCE((SELECT a.same FROM (%s) a ORDER BY a.\"position\" DESC LIMIT 1), %s)",
					rows, expression);
}

/* Which source loads satellite `index`. */
static const DvSource *
loader_of(const DvModel *model, int index)
{
	for (int s = 0; s < model->nsources; s++)
	{
		for (int i = 0; i < model->sources[s].nloads; i++)
		{
			const DvLoad *load = &model->sources[s].loads[i];

			if (load->kind == DV_LOAD_SATELLITE && load->target == index)
				return &model->sources[s];
		}
	}
	elog(ERROR, "satellite %d has no load", index);
}

/* A satellite that tells whether a hub's key is live: of a table that loads it. */
static bool
tells_life(const DvModel *model, int index)
{
	const DvSatellite *sat = &model->satellites[index];

	if (sat->kind == DV_SAT_SAME_AS)
		return false;
	return sat->of_link || loader_of(model, index)->own_hub_load >= 0;
}

/*
 * The keys under which subtype satellites of hub key h.<key> may hang: every
 * anchor that is called so now, and the key itself unless it is called
 * something else now.
 */
static char *
anchors_of(const DvModel *model, int hub, char *key)
{
	StringInfoData buf;
	char	   *candidates = psprintf("SELECT %s AS anchor", key);

	for (int i = 0; i < model->nsatellites; i++)
	{
		const DvSatellite *sat = &model->satellites[i];

		if (sat->kind == DV_SAT_SAME_AS && sat->of == hub)
			candidates = psprintf("%s UNION SELECT x.%s FROM %s x WHERE x.%s = %s", candidates,
								  quoted(sat->key), dv_ddl_name(model->schema, sat->name),
								  quoted(sat->columns[0].name), key);
	}
	initStringInfo(&buf);
	appendStringInfo(&buf, "(%s) c WHERE %s = %s", candidates,
					 current_key(model, hub, pstrdup("c.anchor")), key);
	return buf.data;
}

/* Join the satellites of a hub or link; collects the condition of life. */
static void
join_satellites(const DvModel *model, DvView *view, bool of_link, int of,
				StringInfo body, StringInfo life)
{
	for (int i = 0; i < model->nsatellites; i++)
	{
		const DvSatellite *sat = &model->satellites[i];
		char	   *key = of_alias("h", sat->key);
		char	   *alias = psprintf("s%d", i);

		if (sat->of_link != of_link || sat->of != of || sat->kind == DV_SAT_SAME_AS)
			continue;
		if (tells_life(model, i))
		{
			appendStringInfo(body, " LEFT JOIN LATERAL (%s) %s ON true",
							 newest_live(model, sat, key), alias);
			appendStringInfo(life, "%s%s.row_key IS NOT NULL", life->len ? " OR " : "", alias);
		}
		else
			appendStringInfo(body, " LEFT JOIN LATERAL (SELECT v.* FROM (SELECT c.anchor FROM %s) c CROSS JOIN LATERAL (%s) v ORDER BY v.\"position\" DESC LIMIT 1) %s ON true",
							 anchors_of(model, of, key), newest_live(model, sat, "c.anchor"), alias);
		for (int j = 0; j < sat->ncolumns; j++)
			add_attribute(view, alias, sat, sat->columns[j].name);
	}
}

static DvView *
hub_current_view(const DvModel *model, int index)
{
	const DvHub *hub = &model->hubs[index];
	DvView	   *view = view_make(model, hub->name, "current", "live business keys with their attributes:");
	char	   *key = of_alias("h", hub->key);
	StringInfoData body;
	StringInfoData life;

	initStringInfo(&body);
	initStringInfo(&life);
	add(view, hub->key, key, psprintf("key of %s", hub->name));
	for (int i = 0; i < hub->nkeys; i++)
		add(view, hub->keys[i].name, of_alias("h", hub->keys[i].name), "business key");
	appendStringInfo(&body, "FROM %s h", dv_ddl_name(model->schema, hub->name));
	join_satellites(model, view, false, index, &body, &life);
	appendStringInfo(&body, " WHERE %s <> " ZERO_KEY, key);
	if (life.len > 0)
		appendStringInfo(&body, " AND (%s)", life.data);
	view->body = body.data;
	return view;
}

/* Is the role loaded with anchors, which same-as may have renamed? */
static bool
holds_anchors(const DvModel *model, int link, int role)
{
	for (int s = 0; s < model->nsources; s++)
	{
		const DvSource *source = &model->sources[s];

		for (int i = 0; i < source->nloads; i++)
		{
			const DvLoad *load = &source->loads[i];

			if (load->kind == DV_LOAD_LINK && load->target == link &&
				(load->roles[role].kind == DV_REF_FOREIGN_KEY ||
				 (load->roles[role].kind == DV_REF_OWN && source->own_hub_load < 0)))
				return true;
		}
	}
	return false;
}

static DvView *
link_current_view(const DvModel *model, int index)
{
	const DvLink *link = &model->links[index];
	DvView	   *view = view_make(model, link->name, "current", "live relations under the keys of now:");
	StringInfoData body;
	StringInfoData life;

	initStringInfo(&body);
	initStringInfo(&life);
	add(view, link->key, of_alias("h", link->key), psprintf("key of %s", link->name));
	for (int i = 0; i < link->nroles; i++)
	{
		char	   *key = of_alias("h", link->roles[i].key);

		add(view, link->roles[i].key, holds_anchors(model, index, i) ?
			current_key(model, link->roles[i].hub, key) : key,
			psprintf("key of %s, as it is called now", model->hubs[link->roles[i].hub].name));
	}
	for (int i = 0; i < link->ndependent; i++)
		add(view, link->dependent[i].name, of_alias("h", link->dependent[i].name), "dependent child key");
	if (link->non_historized)
		add(view, DV_COL_APPLIED, "h.applied_dts", SAYS_APPLIED);
	for (int i = 0; i < link->nattributes; i++)
		add(view, link->attributes[i].name, of_alias("h", link->attributes[i].name), "attribute");
	appendStringInfo(&body, "FROM %s h", dv_ddl_name(model->schema, link->name));
	join_satellites(model, view, true, index, &body, &life);
	if (life.len > 0)
		appendStringInfo(&body, " WHERE (%s)", life.data);
	view->body = body.data;
	return view;
}

/* Keys that more than one live row of one source table has; NULL = cannot be. */
static DvView *
shared_keys_view(const DvModel *model, int index)
{
	const DvHub *hub = &model->hubs[index];
	DvView	   *view = view_make(model, hub->name, "shared_keys", "keys that several live rows of one source have:");
	StringInfoData rows;

	initStringInfo(&rows);
	for (int i = 0; i < model->nsatellites; i++)
	{
		const DvSatellite *sat = &model->satellites[i];

		if (!sat->of_link && sat->of == index && tells_life(model, i))
			appendStringInfo(&rows, "%sSELECT s.%s AS hk, %s::pg_catalog.text AS source, s.row_key %s",
							 rows.len ? " UNION " : "", quoted(sat->key),
							 quote_literal_cstr(loader_of(model, i)->name), live_rows(model, sat));
	}
	if (rows.len == 0)
		return NULL;
	add(view, hub->key, of_alias("h", hub->key), psprintf("key of %s", hub->name));
	for (int i = 0; i < hub->nkeys; i++)
		add(view, hub->keys[i].name, of_alias("h", hub->keys[i].name), "business key");
	add(view, DV_COL_SOURCE_TABLE, "r.source", "source table whose rows share the key");
	add(view, DV_COL_ROW_KEYS, "r.row_keys", "those rows: hash_key of their primary keys");
	view->body = psprintf("FROM %s h JOIN (SELECT u.hk, u.source, pg_catalog.array_agg(u.row_key ORDER BY u.row_key) AS row_keys FROM (%s) u GROUP BY u.hk, u.source HAVING pg_catalog.count(*) > 1) r ON r.hk = h.%s",
						  dv_ddl_name(model->schema, hub->name), rows.data, quoted(hub->key));
	return view;
}

List *
dv_model_views(const DvModel *model)
{
	List	   *views = NIL;

	for (int i = 0; i < model->nsatellites; i++)
	{
		views = lappend(views, history_view(model, &model->satellites[i]));
		views = lappend(views, satellite_current_view(model, &model->satellites[i]));
	}
	for (int i = 0; i < model->nlinks; i++)
		views = lappend(views, link_current_view(model, i));
	for (int i = 0; i < model->nhubs; i++)
	{
		DvView	   *shared = shared_keys_view(model, i);

		views = lappend(views, hub_current_view(model, i));
		if (shared != NULL)
			views = lappend(views, shared);
	}
	return views;
}
