/*
 * model_source.c
 *		Source tables and what they load.
 *
 * Three passes, because references point both ways: the tables with their
 * columns; their own keys (hub load, own link or parent); everything that
 * refers to other tables' keys.
 */
#include "postgres.h"

#include "model_parse.h"

static const char *const source_members[] = {"primary_key", "columns", "immutable", "status",
"parent", "loads", "comment", NULL};

static int
find_column(const DvColumn *columns, int n, const char *name)
{
	for (int i = 0; i < n; i++)
	{
		if (strcmp(columns[i].name, name) == 0)
			return i;
	}
	return -1;
}

/* A column of the source, named by a string. */
static int
source_column(const DvSource *source, const DvNode *node)
{
	char	   *name = dv_node_string(node);
	int			column = find_column(source->columns, source->ncolumns, name);

	if (column < 0)
		dv_node_fail(node, psprintf("It is \"%s\".", name),
					 psprintf("Declare its type under \"columns\" of \"%s\", or correct the name.",
							  source->name),
					 "names no declared column");
	return column;
}

static int *
source_columns(const DvSource *source, const DvNode *node, int *n)
{
	DvNodes		elements = dv_node_elements(node);
	int		   *columns = palloc0(sizeof(int) * (elements.n + 1));

	for (int i = 0; i < elements.n; i++)
		columns[i] = source_column(source, &elements.items[i]);
	*n = elements.n;
	return columns;
}

/* "schema.table": the first dot divides, as Debezium's topics are read. */
static void
split_name(DvSource *source, const DvNode *node)
{
	char	   *dot = strchr(node->name, '.');

	if (dot == NULL || dot == node->name || dot[1] == '\0')
		dv_node_fail(node, NULL, "For example \"public.account\".",
					 "must be named \"schema.table\"");
	source->name = node->name;
	source->schema = pnstrdup(node->name, dot - node->name);
	source->table = pstrdup(dot + 1);
	source->state_table = psprintf("%s_%s", source->schema, source->table);
	if (strlen(source->state_table) >= NAMEDATALEN)
		dv_node_fail(node, NULL, "Schema and table name together have at most 62 bytes.",
					 "has too long a name");
}

/* A column twice in the primary key: a slip, which would be hashed forever. */
static void
refuse_repetition(const DvSource *source, const DvNode *pk)
{
	DvNodes		elements = dv_node_elements(pk);

	for (int i = 0; i < source->npk; i++)
	{
		for (int j = 0; j < i; j++)
		{
			if (source->pk[i] == source->pk[j])
				dv_node_fail(&elements.items[i], "Rows are told apart by their primary key.",
							 "Leave it out, or name the column that is meant.",
							 "repeats the column \"%s\"", source->columns[source->pk[i]].name);
		}
	}
}

static void
parse_table(DvSource *source, const DvNode *node)
{
	DvNode	   *columns = dv_node_need(node, "columns");
	DvNode	   *pk = dv_node_need(node, "primary_key");
	DvNodes		members = dv_node_members(columns, NULL);

	split_name(source, node);
	source->columns = palloc0(sizeof(DvColumn) * (members.n + 1));
	source->ncolumns = members.n;
	for (int i = 0; i < members.n; i++)
	{
		source->columns[i].name = members.items[i].name;
		source->columns[i].type = dv_node_string(&members.items[i]);
		source->columns[i].path = members.items[i].path;
	}
	source->pk = source_columns(source, pk, &source->npk);
	if (source->npk == 0)
		dv_node_fail(pk, "Rows are told apart by their primary key.",
					 "List the columns of the table's primary key: \"primary_key\": [\"id\"].", "is empty");
	refuse_repetition(source, pk);
	source->immutable = dv_node_bool(node, "immutable");
	source->status = dv_node_bool(node, "status");
	source->own_hub_load = -1;
	source->own_link_load = -1;
}

/*
 * A foreign key: columns of this source that hold the primary key of another.
 */
static DvRef
parse_foreign_key(DvModel *model, const DvSource *source, const DvNode *node)
{
	static const char *const members[] = {"foreign_key", "references", NULL};
	DvNode	   *references = (dv_node_members(node, members), dv_node_need(node, "references"));
	DvNode	   *columns = dv_node_need(node, "foreign_key");
	DvRef		ref = {DV_REF_FOREIGN_KEY, -1};
	char	   *name = dv_node_string(references);
	DvSource   *parent;

	ref.parent = dv_model_source(model, name);
	if (ref.parent < 0)
		dv_node_fail(references, psprintf("It is \"%s\".", name),
					 "Only tables under \"sources\" keep the keys of their rows.",
					 "names no source");
	ref.columns = source_columns(source, columns, &ref.ncolumns);
	parent = &model->sources[ref.parent];
	if (ref.ncolumns != parent->npk)
		dv_node_fail(columns, psprintf("The primary key of \"%s\" has %d columns.", name, parent->npk),
					 "A foreign key to other columns than the primary key is a reference by business key: list its columns alone.",
					 "has %d columns", ref.ncolumns);
	parent->referenced = true;
	return ref;
}

/* The target and kind of each load, and a hub load's columns. */
static void
parse_load_target(DvModel *model, DvSource *source, DvLoad *load, const DvNode *node)
{
	static const char *const hub_members[] = {"hub", "business_key", NULL};
	static const char *const link_members[] = {"link", "hubs", "dependent_keys", "attributes",
	"effectivity", NULL};
	static const char *const satellite_members[] = {"satellite", "columns", NULL};
	DvNode	   *target;

	load->key_load = -1;
	if ((target = dv_node_member(node, "hub")) != NULL)
	{
		dv_node_members(node, hub_members);
		load->kind = DV_LOAD_HUB;
		load->target = dv_model_hub(model, dv_node_string(target));
	}
	else if ((target = dv_node_member(node, "link")) != NULL)
	{
		dv_node_members(node, link_members);
		load->kind = DV_LOAD_LINK;
		load->target = dv_model_link(model, dv_node_string(target));
		load->effectivity = dv_node_bool(node, "effectivity");
	}
	else
	{
		target = dv_node_member(node, "satellite");
		if (target == NULL)
			dv_node_fail(node, NULL, "A load names its target: {\"satellite\": \"customer_details\", ...}.",
						 "has neither \"hub\" nor \"link\" nor \"satellite\"");
		dv_node_members(node, satellite_members);
		load->kind = DV_LOAD_SATELLITE;
		load->target = dv_model_satellite(model, dv_node_string(target));
	}
	if (load->target < 0)
		dv_node_fail(target, psprintf("It is \"%s\".", dv_node_string(target)),
					 psprintf("Declare it under \"%ss\", or correct the name.", target->name),
					 "names no %s", target->name);
}

static void
parse_hub_load(DvModel *model, DvSource *source, DvLoad *load, const DvNode *node)
{
	DvNode	   *key = dv_node_need(node, "business_key");
	const DvHub *hub = &model->hubs[load->target];

	if (source->own_hub_load >= 0)
		dv_node_fail(node, "A row has one own key.",
					 "Reach the other hub by a link with its business key columns.",
					 "is a second hub load");
	load->columns = source_columns(source, key, &load->ncolumns);
	if (load->ncolumns != hub->nkeys)
		dv_node_fail(key, psprintf("The business key of \"%s\" has %d columns.", hub->name, hub->nkeys),
					 "Name a source column for each of them, in their order.",
					 "has %d columns", load->ncolumns);
	source->own_hub_load = (int) (load - source->loads);
}

/* What the rows of this source are: a hub's, a parent's, or a link's. */
static void
parse_own_key(DvModel *model, DvSource *source, const DvNode *node)
{
	DvNode	   *loads_node = dv_node_need(node, "loads");
	DvNode	   *parent = dv_node_member(node, "parent");
	DvNodes		loads = dv_node_elements(loads_node);
	int			first_link = -1;

	/* room for the implied ones: one a load, status and same-as */
	source->loads = palloc0(sizeof(DvLoad) * (loads.n * 2 + 2));
	source->nloads = loads.n;
	for (int i = 0; i < loads.n; i++)
	{
		DvLoad	   *load = &source->loads[i];

		parse_load_target(model, source, load, &loads.items[i]);
		if (load->kind == DV_LOAD_HUB)
			parse_hub_load(model, source, load, &loads.items[i]);
		else if (load->kind == DV_LOAD_LINK && first_link < 0)
			first_link = i;
	}
	if (parent != NULL && source->own_hub_load >= 0)
		dv_node_fail(parent, "A row has one own key: its hub load's, or its parent's.",
					 "Leave one of them out.", "stands beside a hub load");
	if (parent != NULL)
		source->parent = parse_foreign_key(model, source, parent);
	else if (source->own_hub_load < 0)
	{
		if (first_link < 0)
			dv_node_fail(loads_node, "A row's satellites hang on its own key.",
						 "Add a hub load, a link load, or a \"parent\".",
						 "gives the rows no own key");
		source->own_link_load = first_link;
		source->loads[first_link].own = true;
	}
}

static bool
same_columns(const DvLoad *load, const int *columns, int n)
{
	return load->ncolumns == n && memcmp(load->columns, columns, sizeof(int) * n) == 0;
}

/* Where a role's key comes from: "own", columns, or a foreign key. */
static DvRef
parse_ref(DvModel *model, int s, const DvRole *role, const DvNode *node)
{
	DvSource   *source = &model->sources[s];
	const DvHub *hub = &model->hubs[role->hub];
	int			own = dv_model_own_hub(model, s);
	DvRef		ref = {DV_REF_OWN, role->hub};

	if (dv_node_is_string(node))
	{
		if (strcmp(dv_node_string(node), "own") != 0 || own != role->hub)
			dv_node_fail(node, psprintf("The role \"%s\" wants a key of the hub \"%s\".", role->name, hub->name),
						 "\"own\" needs a hub load or a parent of that hub; else list its business key columns, or give a foreign key.",
						 "is not the row's own key");
		return ref;
	}
	if (dv_node_is_array(node))
	{
		ref.columns = source_columns(source, node, &ref.ncolumns);
		if (ref.ncolumns != hub->nkeys)
			dv_node_fail(node, psprintf("The business key of \"%s\" has %d columns.", hub->name, hub->nkeys),
						 "Name a source column for each of them, in their order, or give a foreign key.",
						 "has %d columns", ref.ncolumns);
		if (own != role->hub || source->own_hub_load < 0 ||
			!same_columns(&source->loads[source->own_hub_load], ref.columns, ref.ncolumns))
			ref.kind = DV_REF_COLUMNS;
		return ref;
	}
	ref = parse_foreign_key(model, source, node);
	ref.hub = role->hub;
	if (dv_model_own_hub(model, ref.parent) != role->hub)
		dv_node_fail(node, psprintf("The rows of \"%s\" are not of the hub \"%s\".",
									model->sources[ref.parent].name, hub->name),
					 "The referenced table must load that hub, or have a parent that does.",
					 "refers to rows of something else");
	return ref;
}

/*
 * Fill `out` with the source column of each target column: from an object
 * {target: source}, or an array of equal names.
 */
static void
parse_mapping(const DvSource *source, const DvNode *parent, const char *member,
			  const DvColumn *targets, int n, int *out)
{
	DvNode	   *node = dv_node_member(parent, member);
	bool		array = node != NULL && dv_node_is_array(node);
	DvNodes		pairs = {0, NULL};

	if (node == NULL && n == 0)
		return;
	if (node == NULL)
		node = dv_node_need(parent, member);
	pairs = array ? dv_node_elements(node) : dv_node_members(node, NULL);
	for (int i = 0; i < n; i++)
		out[i] = -1;
	for (int i = 0; i < pairs.n; i++)
	{
		char	   *name = array ? dv_node_string(&pairs.items[i]) : pairs.items[i].name;
		int			target = find_column(targets, n, name);

		if (target < 0 || out[target] >= 0)
			dv_node_fail(&pairs.items[i], psprintf("It is \"%s\".", name),
						 target < 0 ? "Declare it where the target's columns are, or write {\"target_name\": \"source_name\"}." :
						 "Leave it out, or name the column that is meant.",
						 target < 0 ? "is no column of the target" : "is repeated");
		out[target] = source_column(source, &pairs.items[i]);
	}
	for (int i = 0; i < n; i++)
	{
		if (out[i] < 0)
			dv_node_fail(node, NULL, "Every column of the target is loaded; leave columns without a source out of the target.",
						 "does not load the column \"%s\"", targets[i].name);
	}
}

static char *
role_names(const DvLink *link)
{
	char	   *names = link->roles[0].name;

	for (int i = 1; i < link->nroles; i++)
		names = psprintf("%s, %s", names, link->roles[i].name);
	return names;
}

static void
parse_link_load(DvModel *model, int s, DvLoad *load, const DvNode *node)
{
	DvSource   *source = &model->sources[s];
	const DvLink *link = &model->links[load->target];
	DvNode	   *hubs = dv_node_need(node, "hubs");
	DvNodes		members = dv_node_members(hubs, NULL);

	if (link->non_historized && !source->immutable)
		dv_node_fail(node, psprintf("Rows of \"%s\" may change, the link \"%s\" keeps no history.",
									source->name, link->name),
					 "Declare the source \"immutable\": true, or give the link satellites instead.",
					 "loads a non-historized link");
	for (int i = 0; i < members.n; i++)
	{
		int			role = 0;

		while (role < link->nroles && strcmp(link->roles[role].name, members.items[i].name) != 0)
			role++;
		if (role == link->nroles)
			dv_node_fail(&members.items[i], NULL,
						 psprintf("Roles are named under \"links\", by the role or else by the hub: %s.", role_names(link)),
						 "is no role of \"%s\"", link->name);
	}
	load->roles = palloc0(sizeof(DvRef) * link->nroles);
	for (int i = 0; i < link->nroles; i++)
		load->roles[i] = parse_ref(model, s, &link->roles[i],
								   dv_node_need(hubs, link->roles[i].name));
	load->ncolumns = link->ndependent + link->nattributes;
	load->columns = palloc0(sizeof(int) * (load->ncolumns + 1));
	parse_mapping(source, node, "dependent_keys", link->dependent, link->ndependent, load->columns);
	parse_mapping(source, node, "attributes", link->attributes, link->nattributes,
				  load->columns + link->ndependent);
	if (!load->own && !link->non_historized)
		load->state_column = psprintf("key_%s", link->name);
}

/* The load whose key a satellite of a link hangs on; -1 = the row's own. */
static int
satellite_key_load(const DvModel *model, int s, const DvSatellite *sat, const DvNode *node)
{
	const DvSource *source = &model->sources[s];

	if (sat->of_link ? dv_model_own_link(model, s) == sat->of : dv_model_own_hub(model, s) == sat->of)
		return -1;
	for (int i = 0; sat->of_link && i < source->nloads; i++)
	{
		if (source->loads[i].kind == DV_LOAD_LINK && source->loads[i].target == sat->of)
			return i;
	}
	dv_node_fail(node, psprintf("The satellite hangs on \"%s\".",
								sat->of_link ? model->links[sat->of].name : model->hubs[sat->of].name),
				 "Load that hub or link from this source too, or give the source a parent that does.",
				 "hangs on a key that \"%s\" does not have", source->name);
}

static void
parse_satellite_load(DvModel *model, int s, DvLoad *load, const DvNode *node)
{
	const DvSatellite *sat = &model->satellites[load->target];

	load->key_load = satellite_key_load(model, s, sat, node);
	load->ncolumns = sat->ncolumns;
	load->columns = palloc0(sizeof(int) * (sat->ncolumns + 1));
	parse_mapping(&model->sources[s], node, "columns", sat->columns, sat->ncolumns, load->columns);
	load->state_column = psprintf("diff_%s", sat->name);
}

static void
parse_references(DvModel *model, int s, const DvNode *node)
{
	DvSource   *source = &model->sources[s];
	DvNodes		loads = dv_node_elements(dv_node_need(node, "loads"));

	if (source->parent.kind == DV_REF_FOREIGN_KEY)
	{
		source->parent.hub = dv_model_own_hub(model, s);
		if (source->parent.hub < 0 && dv_model_own_link(model, s) < 0)
			dv_node_fail(dv_node_need(node, "parent"), NULL,
						 "At the end of a chain of parents stands a table that loads a hub or is a link.",
						 "goes round in a circle");
	}
	for (int i = 0; i < loads.n; i++)
	{
		if (source->loads[i].kind == DV_LOAD_LINK)
			parse_link_load(model, s, &source->loads[i], &loads.items[i]);
		else if (source->loads[i].kind == DV_LOAD_SATELLITE)
			parse_satellite_load(model, s, &source->loads[i], &loads.items[i]);
	}
}

void
dv_model_parse_sources(DvModel *model, const DvNode *node)
{
	DvNodes		sources = dv_node_entries(node);

	model->sources = palloc0(sizeof(DvSource) * (sources.n + 1));
	model->nsources = sources.n;
	for (int i = 0; i < sources.n; i++)
	{
		dv_node_members(&sources.items[i], source_members);
		parse_table(&model->sources[i], &sources.items[i]);
	}
	for (int i = 0; i < sources.n; i++)
		parse_own_key(model, &model->sources[i], &sources.items[i]);
	for (int i = 0; i < sources.n; i++)
		parse_references(model, i, &sources.items[i]);
}
