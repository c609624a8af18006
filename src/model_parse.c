/*
 * model_parse.c
 *		A model document into a DvModel: settings and entities.  Sources are
 *		model_source.c's, what is implied model_imply.c's.
 */
#include "postgres.h"

#include "catalog/catalog.h"
#include "utils/builtins.h"

#include "model_parse.h"

static const char *const root_members[] = {"name", "schema", "state_schema", "hash", "wire",
	"unmapped", "hubs", "links", "satellites", "sources", "comment", NULL};

#define FIND(model, n, items, what) \
	for (int i = 0; i < (model)->n; i++) \
	{ \
		if (strcmp((model)->items[i].name, what) == 0) \
			return i; \
	} \
	return -1

int
dv_model_hub(const DvModel *model, const char *name)
{
	FIND(model, nhubs, hubs, name);
}

int
dv_model_link(const DvModel *model, const char *name)
{
	FIND(model, nlinks, links, name);
}

int
dv_model_satellite(const DvModel *model, const char *name)
{
	FIND(model, nsatellites, satellites, name);
}

int
dv_model_source(const DvModel *model, const char *name)
{
	FIND(model, nsources, sources, name);
}

int
dv_model_own_hub(const DvModel *model, int source)
{
	const DvSource *s = &model->sources[source];

	for (int steps = 0; s->parent.kind == DV_REF_FOREIGN_KEY; steps++)
	{
		if (steps > model->nsources)
			return -1;
		s = &model->sources[s->parent.parent];
	}
	return s->own_hub_load >= 0 ? s->loads[s->own_hub_load].target : -1;
}

int
dv_model_own_link(const DvModel *model, int source)
{
	const DvSource *s = &model->sources[source];

	for (int steps = 0; s->parent.kind == DV_REF_FOREIGN_KEY; steps++)
	{
		if (steps > model->nsources)
			return -1;
		s = &model->sources[s->parent.parent];
	}
	return s->own_link_load >= 0 ? s->loads[s->own_link_load].target : -1;
}

/* One of `names` (NULL-terminated), as its index; -1 if the member is absent. */
static int
parse_choice(const DvNode *parent, const char *member, const char *const *names)
{
	DvNode	   *node = dv_node_member(parent, member);
	char	   *text;

	if (node == NULL)
		return -1;
	text = dv_node_string(node);
	for (int i = 0; names[i] != NULL; i++)
	{
		if (strcmp(text, names[i]) == 0)
			return i;
	}
	dv_node_fail(node, psprintf("It is \"%s\".", text),
				 psprintf("The first of the known ones is \"%s\"; doc/model.md lists all.", names[0]),
				 "is not a known value");
}

static void
parse_wire(DvModel *model, const DvNode *root)
{
	static const char *const members[] = {"decimal", "time", "binary", "placeholder", NULL};
	static const char *const decimals[] = {"precise", "string", "double", NULL};
	static const char *const times[] = {"adaptive", "adaptive_time_microseconds", "connect",
	"isostring", NULL};
	static const char *const binaries[] = {"bytes", "base64", "base64-url-safe", "hex", NULL};
	DvNode	   *node = dv_node_member(root, "wire");
	DvNode	   *placeholder;
	int			choice;

	model->wire.decimal = DV_DECIMAL_UNDECLARED;
	model->wire.time = DV_TIME_UNDECLARED;
	model->wire.binary = DV_BINARY_BYTES;
	model->wire.placeholder.data = "__debezium_unavailable_value";
	if (node != NULL)
	{
		dv_node_members(node, members);
		if ((choice = parse_choice(node, "decimal", decimals)) >= 0)
			model->wire.decimal = choice;
		if ((choice = parse_choice(node, "time", times)) >= 0)
			model->wire.time = choice;
		if ((choice = parse_choice(node, "binary", binaries)) >= 0)
			model->wire.binary = choice;
		placeholder = dv_node_member(node, "placeholder");
		if (placeholder != NULL)
			model->wire.placeholder.data = dv_node_string(placeholder);
	}
	model->wire.placeholder.len = strlen(model->wire.placeholder.data);
}

/* Only the native profile with uuid keys is there yet. */
static void
check_hash(const DvNode *root)
{
	static const char *const members[] = {"profile", "key_type", NULL};
	static const char *const expected[] = {"native", "uuid"};
	DvNode	   *node = dv_node_member(root, "hash");

	if (node == NULL)
		return;
	dv_node_members(node, members);
	for (int i = 0; i < 2; i++)
	{
		DvNode	   *member = dv_node_member(node, members[i]);

		if (member != NULL && strcmp(dv_node_string(member), expected[i]) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("model: %s \"%s\" is not supported", member->path,
							dv_node_string(member)),
					 errhint("Use \"%s\", or leave it out.", expected[i])));
	}
}

/* A schema that the vault may fill: of nobody else, and one that can be made. */
static char *
parse_schema(const DvNode *node)
{
	char	   *name = dv_node_name(node, dv_node_string(node));
	const char *owner = NULL;

	if (IsReservedName(name) || strcmp(name, "information_schema") == 0)
		owner = "PostgreSQL";
	else if (strcmp(name, "datavault") == 0)
		owner = "the extension";
	if (owner != NULL)
		dv_node_fail(node, psprintf("The schema \"%s\" is %s's own.", name, owner),
					 "Choose another name, for example \"vault\".", "cannot be a vault's schema");
	return name;
}

static void
parse_settings(DvModel *model, const DvNode *root)
{
	static const char *const policies[] = {"skip", "reject", NULL};
	DvNode	   *node = dv_node_need(root, "name");
	DvNode	   *state;

	model->name = dv_node_name(node, dv_node_string(node));
	if (strlen(model->name) > 40)
		dv_node_fail(node, NULL, "A model's name is at most 40 bytes.", "is too long");
	node = dv_node_need(root, "schema");
	model->schema = parse_schema(node);
	state = dv_node_member(root, "state_schema");
	model->state_schema = state ? parse_schema(state)
		: psprintf("%s_state", model->schema);
	if (strcmp(model->schema, model->state_schema) == 0)
		dv_node_fail(state ? state : node, NULL, "Leave \"state_schema\" out.",
					 "must differ from the model's schema");
	check_hash(root);
	parse_wire(model, root);
	model->unmapped_reject = parse_choice(root, "unmapped", policies) == 1;
}

static void
parse_hubs(DvModel *model, const DvNode *root)
{
	static const char *const members[] = {"business_key", "comment", NULL};
	DvNode	   *node = dv_node_member(root, "hubs");
	DvNodes		hubs = {0, NULL};

	if (node != NULL)
		hubs = dv_node_entries(node);
	model->hubs = palloc0(sizeof(DvHub) * (hubs.n + 1));
	model->nhubs = hubs.n;
	for (int i = 0; i < hubs.n; i++)
	{
		DvHub	   *hub = &model->hubs[i];

		dv_node_members(&hubs.items[i], members);
		hub->name = dv_node_name(&hubs.items[i], hubs.items[i].name);
		hub->comment = dv_node_comment(&hubs.items[i]);
		hub->key = psprintf("%s_hk", hub->name);
		hub->keys = dv_node_columns(&hubs.items[i], "business_key", &hub->nkeys);
		hub->same_as = -1;
		if (hub->nkeys == 0)
			dv_node_fail(&hubs.items[i], "A hub is its business key.",
						 "For example \"business_key\": [\"customer_no text\"].",
						 "has no business key");
		if (hub->nkeys > INDEX_MAX_KEYS)
			dv_node_fail(dv_node_need(&hubs.items[i], "business_key"), "An index has no more columns.",
						 "Give the hub a shorter key; what only describes it is a satellite's.",
						 "has more than %d columns", INDEX_MAX_KEYS);
	}
}

static DvRole
parse_role(const DvModel *model, const DvNode *node)
{
	static const char *const members[] = {"role", "hub", "optional", NULL};
	DvNode	   *hub = (DvNode *) node;
	DvRole		role = {NULL};
	char	   *name;

	if (dv_node_is_object(node))
	{
		DvNode	   *named = dv_node_member(node, "role");

		dv_node_members(node, members);
		hub = dv_node_need(node, "hub");
		role.optional = dv_node_bool(node, "optional");
		if (named != NULL)
			role.name = dv_node_name(named, dv_node_string(named));
	}
	name = dv_node_string(hub);
	role.hub = dv_model_hub(model, name);
	if (role.hub < 0)
		dv_node_fail(hub, psprintf("It is \"%s\".", name),
					 "Declare it under \"hubs\", or correct the name.", "names no hub");
	if (role.name == NULL)
		role.name = name;
	role.key = psprintf("%s_hk", role.name);
	return role;
}

static void
parse_roles(const DvModel *model, DvLink *link, const DvNode *node)
{
	DvNode	   *hubs = dv_node_need(node, "hubs");
	DvNodes		roles = dv_node_elements(hubs);

	if (roles.n == 0)
		dv_node_fail(hubs, "It is empty.", "List the hubs that the link relates: \"hubs\": [\"account\", \"customer\"].",
					 "names no hub");
	link->roles = palloc0(sizeof(DvRole) * roles.n);
	link->nroles = roles.n;
	for (int i = 0; i < roles.n; i++)
	{
		link->roles[i] = parse_role(model, &roles.items[i]);
		for (int j = 0; j < i; j++)
		{
			if (strcmp(link->roles[i].name, link->roles[j].name) == 0)
				dv_node_fail(&roles.items[i], NULL,
							 "Name roles apart: {\"role\": \"debit_account\", \"hub\": \"account\"}.",
							 "repeats the role \"%s\"", link->roles[i].name);
		}
		if (strcmp(link->roles[i].key, link->key) == 0)
			dv_node_fail(&roles.items[i], NULL, "Rename the role or the link.",
						 "has a role named as the link itself");
	}
}

static void
parse_driving(DvLink *link, const DvNode *node)
{
	static const char *const members[] = {"driving_key", NULL};
	DvNode	   *effectivity = dv_node_member(node, "effectivity");
	DvNodes		names;

	if (effectivity == NULL)
		return;
	dv_node_members(effectivity, members);
	names = dv_node_elements(dv_node_need(effectivity, "driving_key"));
	link->driving = palloc0(sizeof(int) * (names.n + 1));
	for (int i = 0; i < names.n; i++)
	{
		char	   *name = dv_node_string(&names.items[i]);
		int			role = 0;

		while (role < link->nroles && strcmp(link->roles[role].name, name) != 0)
			role++;
		if (role == link->nroles)
			dv_node_fail(&names.items[i], psprintf("It is \"%s\".", name),
						 "A driving key is made of roles of the link.", "names no role");
		link->driving[link->ndriving++] = role;
	}
}

static void
parse_links(DvModel *model, const DvNode *root)
{
	static const char *const members[] = {"hubs", "dependent_keys", "non_historized",
	"attributes", "effectivity", "comment", NULL};
	DvNode	   *node = dv_node_member(root, "links");
	DvNodes		links = {0, NULL};

	if (node != NULL)
		links = dv_node_entries(node);
	model->links = palloc0(sizeof(DvLink) * (links.n + 1));
	model->nlinks = links.n;
	for (int i = 0; i < links.n; i++)
	{
		DvLink	   *link = &model->links[i];
		const DvNode *item = &links.items[i];

		dv_node_members(item, members);
		link->name = dv_node_name(item, item->name);
		link->comment = dv_node_comment(item);
		link->key = psprintf("%s_hk", link->name);
		parse_roles(model, link, item);
		link->dependent = dv_node_columns(item, "dependent_keys", &link->ndependent);
		link->non_historized = dv_node_bool(item, "non_historized");
		link->attributes = dv_node_columns(item, "attributes", &link->nattributes);
		if (link->nattributes > 0 && !link->non_historized)
			dv_node_fail(item, "Attributes that may change have a history.",
						 "Put them into a satellite of the link, or declare \"non_historized\": true.",
						 "has attributes, but is not non_historized");
		parse_driving(link, item);
	}
}

static void
parse_satellites(DvModel *model, const DvNode *root)
{
	static const char *const members[] = {"of", "columns", "comment", NULL};
	DvNode	   *node = dv_node_member(root, "satellites");
	DvNodes		satellites = {0, NULL};

	if (node != NULL)
		satellites = dv_node_entries(node);
	model->satellites = palloc0(sizeof(DvSatellite) * (satellites.n + 1));
	model->nsatellites = satellites.n;
	for (int i = 0; i < satellites.n; i++)
	{
		DvSatellite *sat = &model->satellites[i];
		const DvNode *item = &satellites.items[i];
		DvNode	   *of = (dv_node_members(item, members), dv_node_need(item, "of"));
		char	   *parent = dv_node_string(of);
		int			hub = dv_model_hub(model, parent);

		sat->name = dv_node_name(item, item->name);
		sat->comment = dv_node_comment(item);
		sat->kind = DV_SAT_DESCRIPTIVE;
		sat->of_link = hub < 0;
		sat->of = hub >= 0 ? hub : dv_model_link(model, parent);
		if (sat->of < 0)
			dv_node_fail(of, psprintf("It is \"%s\".", parent),
						 "Declare it under \"hubs\" or \"links\", or correct the name.",
						 "names no hub and no link");
		sat->key = psprintf("%s_hk", parent);
		sat->columns = dv_node_columns(item, "columns", &sat->ncolumns);
		if (sat->ncolumns == 0)
			dv_node_fail(item, NULL, "Ends need none: leave the satellite out, status satellites are implied.",
						 "has no columns");
	}
}

DvModel *
dv_model_parse(Jsonb *document)
{
	DvNode		root = dv_node_root(document);
	DvModel    *model = palloc0(sizeof(DvModel));

	dv_node_members(&root, root_members);
	parse_settings(model, &root);
	parse_hubs(model, &root);
	parse_links(model, &root);
	parse_satellites(model, &root);
	dv_model_parse_sources(model, dv_node_need(&root, "sources"));
	dv_model_imply(model, &root);
	dv_model_check(model, &root);
	return model;
}
