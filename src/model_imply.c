/*
 * model_imply.c
 *		What a model document only implies: effectivity, status and same-as
 *		satellites with their loads; and what must hold of the whole.
 */
#include "postgres.h"

#include "catalog/heap.h"
#include "nodes/pg_list.h"

#include "model_parse.h"

/* A new satellite at the end of the array, without columns. */
static DvSatellite *
add_satellite(DvModel *model, char *name, DvSatelliteKind kind, bool of_link, int of)
{
	DvSatellite *sat;

	model->satellites = repalloc(model->satellites,
								 sizeof(DvSatellite) * (model->nsatellites + 1));
	sat = &model->satellites[model->nsatellites++];
	memset(sat, 0, sizeof(*sat));
	sat->name = name;
	sat->kind = kind;
	sat->of_link = of_link;
	sat->of = of;
	sat->key = pstrdup(of_link ? model->links[of].key : model->hubs[of].key);
	return sat;
}

/* Its load: the last satellite's. */
static void
add_load(DvModel *model, DvSource *source, int key_load)
{
	DvLoad	   *load = &source->loads[source->nloads++];

	load->kind = DV_LOAD_SATELLITE;
	load->target = model->nsatellites - 1;
	load->key_load = key_load;
}

/* "<of>_<suffix>", or "<of>_<table>_<suffix>" if another source has that. */
static char *
implied_name(const DvModel *model, const DvSource *source, const char *of, const char *suffix)
{
	char	   *name = psprintf("%s_%s", of, suffix);

	if (dv_model_satellite(model, name) >= 0)
		name = psprintf("%s_%s_%s", of, source->table, suffix);
	return name;
}

static bool
has_satellite_load(const DvSource *source, int nloads, int key_load)
{
	for (int i = 0; i < nloads; i++)
	{
		if (source->loads[i].kind == DV_LOAD_SATELLITE && source->loads[i].key_load == key_load)
			return true;
	}
	return false;
}

static void
imply_effectivity(DvModel *model, DvSource *source, int nloads)
{
	for (int i = 0; i < nloads; i++)
	{
		const DvLoad *load = &source->loads[i];
		const DvLink *link;

		if (load->kind != DV_LOAD_LINK || load->own ||
			(!load->effectivity && has_satellite_load(source, nloads, i)))
			continue;
		link = &model->links[load->target];
		add_satellite(model, implied_name(model, source, link->name, "eff"),
					  DV_SAT_EFFECTIVITY, true, load->target);
		add_load(model, source, i);
	}
}

static void
imply_status(DvModel *model, int s, int nloads)
{
	DvSource   *source = &model->sources[s];
	int			hub = dv_model_own_hub(model, s);
	int			link = dv_model_own_link(model, s);
	const char *of = hub >= 0 ? model->hubs[hub].name : model->links[link].name;

	if (!source->status && has_satellite_load(source, nloads, -1))
		return;
	add_satellite(model, implied_name(model, source, of, "status"), DV_SAT_STATUS,
				  hub < 0, hub >= 0 ? hub : link);
	add_load(model, source, -1);
}

static void
imply_same_as(DvModel *model, DvSource *source)
{
	int			target = source->loads[source->own_hub_load].target;
	DvHub	   *hub = &model->hubs[target];
	DvSatellite *sat = add_satellite(model, implied_name(model, source, hub->name, "same_as"),
									 DV_SAT_SAME_AS, false, target);

	sat->ncolumns = 1;
	sat->columns = palloc(sizeof(DvColumn));
	sat->columns[0].name = psprintf("same_%s", hub->key);
	sat->columns[0].type = pstrdup("uuid");
	sat->columns[0].path = dv_node_path("$.hubs", hub->name);
	add_load(model, source, -1);
	if (hub->same_as < 0)
		hub->same_as = model->nsatellites - 1;
}

static bool
needs_row_state(const DvModel *model, const DvSource *source)
{
	if (!source->immutable || source->referenced)
		return true;
	for (int i = 0; i < source->nloads; i++)
	{
		const DvLoad *load = &source->loads[i];

		if (load->kind == DV_LOAD_SATELLITE ||
			(load->kind == DV_LOAD_LINK && !model->links[load->target].non_historized))
			return true;
	}
	return false;
}

void
dv_model_imply(DvModel *model, const DvNode *root)
{
	for (int s = 0; s < model->nsources; s++)
	{
		DvSource   *source = &model->sources[s];
		int			nloads = source->nloads;

		if (!source->immutable)
		{
			imply_effectivity(model, source, nloads);
			imply_status(model, s, nloads);
			if (source->own_hub_load >= 0)
				imply_same_as(model, source);
		}
		source->row_state = needs_row_state(model, source);
	}
}

/* A name that a relation of this kind will have; complains if it is taken. */
static void
take_name(const DvNode *root, const char *member, const char *of, List **taken, char *name)
{
	DvNode		node = *root;
	ListCell   *cell;

	node.path = dv_node_path(psprintf("$.%s", member), of);
	if (strlen(name) >= NAMEDATALEN)
		dv_node_fail(&node, psprintf("It has %d bytes, 63 are possible.", (int) strlen(name)),
					 "Shorten the name that it is made from.",
					 "leads to the name \"%s\"", name);
	foreach(cell, *taken)
	{
		if (strcmp(lfirst(cell), name) == 0)
			dv_node_fail(&node, "Hubs, links, satellites and their views share one schema.",
						 "Rename one of them.", "leads to the name \"%s\", which is taken", name);
	}
	*taken = lappend(*taken, name);
}

static void
check_names(const DvModel *model, const DvNode *root)
{
	List	   *taken = NIL;

	for (int i = 0; i < model->nhubs; i++)
	{
		char	   *name = model->hubs[i].name;

		take_name(root, "hubs", name, &taken, name);
		take_name(root, "hubs", name, &taken, psprintf("%s_current", name));
		take_name(root, "hubs", name, &taken, psprintf("%s_shared_keys", name));
	}
	for (int i = 0; i < model->nlinks; i++)
	{
		char	   *name = model->links[i].name;

		take_name(root, "links", name, &taken, name);
		take_name(root, "links", name, &taken, psprintf("%s_current", name));
	}
	for (int i = 0; i < model->nsatellites; i++)
	{
		char	   *name = model->satellites[i].name;

		take_name(root, "satellites", name, &taken, name);
		take_name(root, "satellites", name, &taken, psprintf("%s_current", name));
		take_name(root, "satellites", name, &taken, psprintf("%s_history", name));
	}
	taken = NIL;
	for (int i = 0; i < model->nsources; i++)
		take_name(root, "sources", model->sources[i].name, &taken,
				  model->sources[i].state_table);
}

static void
refuse_system_column(const DvColumn *column, const char *hint)
{
	DvNode		node = {.path = column->path};

	if (SystemAttributeByName(column->name) != NULL)
		dv_node_fail(&node, "Every table of PostgreSQL has a system column of that name.", hint,
					 "is a column named \"%s\"", column->name);
}

#define RENAME(member) "Give it another name in the vault: \"" member "\": {\"vault_name\": \"source_name\"}."
#define RENAME_KEY "Give it another name in the vault: a business key is loaded in the order of its columns, whatever they are called."

/* Columns of a table must not be called as the ones that every table has. */
static void
check_columns(const char *key, const DvColumn *columns, int n, const char *hint)
{
	static const char *const reserved[] = {DV_COL_LOAD, DV_COL_SOURCE, DV_COL_POSITION,
		DV_COL_APPLIED, DV_COL_OPERATION, DV_COL_DIFF, DV_COL_ROW, "valid_from", "valid_to",
	"is_live"};

	for (int i = 0; i < n; i++)
	{
		DvNode		node = {.path = columns[i].path};
		bool		bad = strcmp(columns[i].name, key) == 0;

		refuse_system_column(&columns[i], hint);
		for (size_t j = 0; j < lengthof(reserved); j++)
			bad |= strcmp(columns[i].name, reserved[j]) == 0;
		if (bad)
			dv_node_fail(&node, "Every table of the vault has a column of that name.", hint,
						 "is a column named \"%s\"", columns[i].name);
	}
}

/* Those of a view beside the business key. */
static void
check_hub_columns(const DvHub *hub)
{
	check_columns(hub->key, hub->keys, hub->nkeys, RENAME_KEY);
	for (int i = 0; i < hub->nkeys; i++)
	{
		DvNode		node = {.path = hub->keys[i].path};

		if (strcmp(hub->keys[i].name, DV_COL_SOURCE_TABLE) == 0 || strcmp(hub->keys[i].name, DV_COL_ROW_KEYS) == 0)
			dv_node_fail(&node, psprintf("The view \"%s_shared_keys\" has a column of that name.", hub->name),
						 RENAME_KEY, "is a column named \"%s\"", hub->keys[i].name);
	}
}

static void
check_link_columns(const DvLink *link)
{
	check_columns(link->key, link->dependent, link->ndependent, RENAME("dependent_keys"));
	check_columns(link->key, link->attributes, link->nattributes, RENAME("attributes"));
	for (int i = 0; i < link->ndependent + link->nattributes; i++)
	{
		const DvColumn *column = i < link->ndependent ? &link->dependent[i]
			: &link->attributes[i - link->ndependent];
		const char *name = column->name;
		DvNode		node = {.path = column->path};

		for (int j = 0; j < link->nroles; j++)
		{
			if (strcmp(name, link->roles[j].key) == 0)
				dv_node_fail(&node, "A role's key has that name.", "Rename the column or the role.",
							 "is a column named \"%s\"", name);
		}
		for (int j = 0; i >= link->ndependent && j < link->ndependent; j++)
		{
			if (strcmp(name, link->dependent[j].name) == 0)
				dv_node_fail(&node, "A dependent key has that name.", "Leave it out: a dependent key is no attribute too.",
							 "is a column named \"%s\"", name);
		}
	}
}

/* How often entities are loaded: `hub` counts references as well. */
static void
count_loads(const DvModel *model, int *hubs, int *links, int *satellites)
{
	for (int s = 0; s < model->nsources; s++)
	{
		for (int i = 0; i < model->sources[s].nloads; i++)
		{
			const DvLoad *load = &model->sources[s].loads[i];

			if (load->kind == DV_LOAD_HUB)
				hubs[load->target]++;
			else if (load->kind == DV_LOAD_SATELLITE)
				satellites[load->target]++;
			else
			{
				links[load->target]++;
				for (int r = 0; r < model->links[load->target].nroles; r++)
					hubs[load->roles[r].hub]++;
			}
		}
	}
}

static void
check_loaded(const DvNode *root, const char *member, const char *name, int count, bool once)
{
	DvNode		node = *root;

	node.path = dv_node_path(psprintf("$.%s", member), name);
	if (count == 0)
		dv_node_fail(&node, NULL, "Add a load to a source, or leave it out.", "is loaded by no source");
	if (once && count > 1)
		dv_node_fail(&node, "Its history is that of the rows of one source.",
					 "Give each source its own.", "is loaded %d times", count);
}

void
dv_model_check(const DvModel *model, const DvNode *root)
{
	int		   *hubs = palloc0(sizeof(int) * (model->nhubs + 1));
	int		   *links = palloc0(sizeof(int) * (model->nlinks + 1));
	int		   *satellites = palloc0(sizeof(int) * (model->nsatellites + 1));

	check_names(model, root);
	for (int s = 0; s < model->nsources; s++)
	{
		for (int i = 0; i < model->sources[s].ncolumns; i++)
			refuse_system_column(&model->sources[s].columns[i],
								 "Leave it out: the source never sends it.");
	}
	count_loads(model, hubs, links, satellites);
	for (int i = 0; i < model->nhubs; i++)
	{
		const DvHub *hub = &model->hubs[i];

		check_hub_columns(hub);
		check_loaded(root, "hubs", hub->name, hubs[i], false);
	}
	for (int i = 0; i < model->nlinks; i++)
	{
		check_link_columns(&model->links[i]);
		check_loaded(root, "links", model->links[i].name, links[i], !model->links[i].non_historized);
	}
	for (int i = 0; i < model->nsatellites; i++)
	{
		const DvSatellite *sat = &model->satellites[i];

		check_columns(sat->key, sat->columns, sat->ncolumns, RENAME("columns"));
		check_loaded(root, "satellites", sat->name, satellites[i], true);
	}
}
