/*
 * model_node.c
 *		JSON values with their paths.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model_node.h"

#define MAX_NAME 50

void
dv_node_fail(const DvNode *node, const char *detail, const char *hint,
			 const char *fmt,...)
{
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(&text, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("model: %s %s", node->path, text.data),
			 detail ? errdetail("%s", detail) : 0,
			 errhint("%s", hint)));
	pg_unreachable();
}

DvNode
dv_node_root(Jsonb *document)
{
	DvNode		root = {NULL, pstrdup("$")};

	if (JsonbExtractScalar(&document->root, &root.value))
		return root;
	root.value.type = jbvBinary;
	root.value.val.binary.data = &document->root;
	root.value.val.binary.len = (int) VARSIZE(document) - VARHDRSZ;
	return root;
}

static const char *
type_name(const DvNode *node)
{
	if (dv_node_is_object(node))
		return "an object";
	if (dv_node_is_array(node))
		return "an array";
	switch (node->value.type)
	{
		case jbvNull:
			return "null";
		case jbvString:
			return "a string";
		case jbvNumeric:
			return "a number";
		default:
			return "a boolean";
	}
}

char *
dv_node_path(const char *path, const char *name)
{
	size_t		plain = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	if (name[0] != '\0' && name[plain] == '\0')
		return psprintf("%s.%s", path, name);
	return psprintf("%s.\"%s\"", path, name);
}

bool
dv_node_is_string(const DvNode *node)
{
	return node->value.type == jbvString;
}

bool
dv_node_is_object(const DvNode *node)
{
	return node->value.type == jbvBinary &&
		JsonContainerIsObject(node->value.val.binary.data);
}

bool
dv_node_is_array(const DvNode *node)
{
	return node->value.type == jbvBinary &&
		JsonContainerIsArray(node->value.val.binary.data) &&
		!JsonContainerIsScalar(node->value.val.binary.data);
}

static bool
is_allowed(const char *name, const char *const *allowed)
{
	if (allowed == NULL || strcmp(name, "note") == 0)
		return true;
	for (; *allowed != NULL; allowed++)
	{
		if (strcmp(name, *allowed) == 0)
			return true;
	}
	return false;
}

static void
check_allowed(const DvNode *child, const char *const *allowed)
{
	StringInfoData list;

	if (is_allowed(child->name, allowed))
		return;
	initStringInfo(&list);
	for (; *allowed != NULL; allowed++)
		appendStringInfo(&list, "%s, ", *allowed);
	dv_node_fail(child, psprintf("Known members here: %snote.", list.data),
				 "Explanations go into \"note\", which any object may have.",
				 "is unknown");
}

static void
check_object(const DvNode *node)
{
	if (!dv_node_is_object(node))
		dv_node_fail(node, psprintf("It is %s.", type_name(node)),
					 "Write {\"member\": value, …}; doc/model.md describes the members of a model.",
					 "must be an object");
}

DvNodes
dv_node_members(const DvNode *node, const char *const *allowed)
{
	DvNodes		nodes = {0, NULL};
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;

	check_object(node);
	nodes.items = palloc(sizeof(DvNode) *
						 (JsonContainerSize(node->value.val.binary.data) + 1));
	it = JsonbIteratorInit(node->value.val.binary.data);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		DvNode	   *child = &nodes.items[nodes.n];

		if (token == WJB_KEY)
		{
			child->name = pnstrdup(value.val.string.val, value.val.string.len);
			child->path = dv_node_path(node->path, child->name);
		}
		else if (token == WJB_VALUE)
		{
			child->value = value;
			check_allowed(child, allowed);
			if (strcmp(child->name, "note") != 0 || allowed == NULL)
				nodes.n++;
			else if (!dv_node_is_string(child))
				dv_node_fail(child, psprintf("It is %s.", type_name(child)),
							 "A note is one text for people: put several into one string.",
							 "must be a string");
		}
	}
	return nodes;
}

DvNodes
dv_node_entries(const DvNode *node)
{
	DvNodes		all = dv_node_members(node, NULL);
	DvNodes		nodes = {0, all.items};

	for (int i = 0; i < all.n; i++)
	{
		if (strcmp(all.items[i].name, "note") != 0 || !dv_node_is_string(&all.items[i]))
			nodes.items[nodes.n++] = all.items[i];
	}
	return nodes;
}

DvNodes
dv_node_elements(const DvNode *node)
{
	DvNodes		nodes = {0, NULL};
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;

	if (!dv_node_is_array(node))
		dv_node_fail(node, psprintf("It is %s.", type_name(node)),
					 "Write [value, …], also if there is but one.",
					 "must be an array");
	nodes.items = palloc0(sizeof(DvNode) *
						  (JsonContainerSize(node->value.val.binary.data) + 1));
	it = JsonbIteratorInit(node->value.val.binary.data);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		nodes.items[nodes.n].path = psprintf("%s[%d]", node->path, nodes.n);
		nodes.items[nodes.n++].value = value;
	}
	return nodes;
}

DvNode *
dv_node_member(const DvNode *node, const char *name)
{
	DvNode	   *child = palloc0(sizeof(DvNode));
	JsonbValue *value;

	check_object(node);
	value = getKeyJsonValueFromContainer(node->value.val.binary.data, name,
										 (int) strlen(name), NULL);
	if (value == NULL)
		return NULL;
	child->name = pstrdup(name);
	child->path = dv_node_path(node->path, name);
	child->value = *value;
	return child;
}

DvNode *
dv_node_need(const DvNode *node, const char *name)
{
	DvNode	   *child = dv_node_member(node, name);

	if (child == NULL)
		dv_node_fail(node, NULL, "doc/model.md describes the members of a model.",
					 "lacks the member \"%s\"", name);
	return child;
}

char *
dv_node_string(const DvNode *node)
{
	if (!dv_node_is_string(node))
		dv_node_fail(node, psprintf("It is %s.", type_name(node)),
					 "Write one text in double quotes; doc/model.md describes the members of a model.",
					 "must be a string");
	return pnstrdup(node->value.val.string.val, node->value.val.string.len);
}

bool
dv_node_bool(const DvNode *parent, const char *name)
{
	DvNode	   *node = dv_node_member(parent, name);

	if (node == NULL)
		return false;
	if (node->value.type != jbvBool)
		dv_node_fail(node, psprintf("It is %s.", type_name(node)),
					 "Write true or false without quotes, or leave it out for false.",
					 "must be true or false");
	return node->value.val.boolean;
}

char *
dv_node_comment(const DvNode *parent)
{
	DvNode	   *node = dv_node_member(parent, "comment");

	return node ? dv_node_string(node) : NULL;
}

char *
dv_node_name(const DvNode *node, const char *text)
{
	if (text[0] == '\0' || strlen(text) > MAX_NAME)
		dv_node_fail(node, psprintf("The name is %d bytes long.", (int) strlen(text)),
					 "Names are at most 50 bytes, so that names made from them fit.",
					 "is not a usable name");
	return pstrdup(text);
}

/* The identifier at the start of `text`; returns what follows, NULL if bad. */
static const char *
split_identifier(const char *text, char **name)
{
	StringInfoData buf;
	const char *p = text;

	initStringInfo(&buf);
	if (*p != '"')
	{
		size_t		len = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_");

		if (len == 0 || (*p >= '0' && *p <= '9'))
			return NULL;
		*name = pnstrdup(p, len);
		return p + len;
	}
	for (p++; *p != '\0'; p++)
	{
		if (*p == '"' && *++p != '"')
		{
			*name = buf.data;
			return p;
		}
		appendStringInfoChar(&buf, *p);
	}
	return NULL;
}

DvColumn
dv_node_column(const DvNode *node)
{
	char	   *text = dv_node_string(node);
	DvColumn	column = {.path = node->path};
	const char *rest = split_identifier(text, &column.name);

	if (rest == NULL || *rest != ' ' || rest[strspn(rest, " ")] == '\0')
		dv_node_fail(node, psprintf("It is \"%s\".", text),
					 "For example \"amount numeric(18,2)\"; names with other characters than a-z, 0-9 and _ are double-quoted.",
					 "must be a column, written \"name type\"");
	column.name = dv_node_name(node, column.name);
	column.type = pstrdup(rest + strspn(rest, " "));
	return column;
}

DvColumn *
dv_node_columns(const DvNode *parent, const char *member, int *n)
{
	DvNode	   *node = dv_node_member(parent, member);
	DvNodes		elements;
	DvColumn   *columns;

	*n = 0;
	if (node == NULL)
		return NULL;
	elements = dv_node_elements(node);
	columns = palloc0(sizeof(DvColumn) * (elements.n + 1));
	for (int i = 0; i < elements.n; i++)
	{
		columns[i] = dv_node_column(&elements.items[i]);
		for (int j = 0; j < i; j++)
		{
			if (strcmp(columns[j].name, columns[i].name) == 0)
				dv_node_fail(&elements.items[i], NULL,
							 "Leave it out, or give one of the two another name.",
							 "repeats the column \"%s\"", columns[i].name);
		}
	}
	*n = elements.n;
	return columns;
}
