/*
 * model_node.h
 *		Walking a model document: JSON values that know their own path, so that
 *		every complaint can say where.
 */
#ifndef DV_MODEL_NODE_H
#define DV_MODEL_NODE_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "model.h"

typedef struct DvNode
{
	char	   *name;			/* member name; NULL for elements and the root */
	char	   *path;			/* "$.links.account_customer.hubs[1]" */
	JsonbValue	value;
} DvNode;

/* Children of an object or array, in the order jsonb keeps them. */
typedef struct DvNodes
{
	int			n;
	DvNode	   *items;
} DvNodes;

/* Raises 22023 "model: <path> <message>"; detail may be NULL, a hint there always is. */
extern void dv_node_fail(const DvNode *node, const char *detail, const char *hint,
						 const char *fmt,...)
			__attribute__((noreturn, nonnull(1, 3, 4), format(printf, 4, 5)));

extern DvNode dv_node_root(Jsonb *document);

/* A member's path: names that are not plain are quoted, as in JSON path. */
extern char *dv_node_path(const char *path, const char *name);

/* Members of an object; all of them must be in `allowed` (NULL-terminated;
 * "note" always is), unless that is NULL. */
extern DvNodes dv_node_members(const DvNode *node, const char *const *allowed);
/* Members of a map of named things: without its "note". */
extern DvNodes dv_node_entries(const DvNode *node);
extern DvNodes dv_node_elements(const DvNode *node);

/* A member, or NULL. */
extern DvNode *dv_node_member(const DvNode *node, const char *name);
extern DvNode *dv_node_need(const DvNode *node, const char *name);

extern bool dv_node_is_string(const DvNode *node);
extern bool dv_node_is_object(const DvNode *node);
extern bool dv_node_is_array(const DvNode *node);
extern char *dv_node_string(const DvNode *node);
extern bool dv_node_bool(const DvNode *parent, const char *name);
extern char *dv_node_comment(const DvNode *parent);

/* A table or role name: not empty, at most 50 bytes. */
extern char *dv_node_name(const DvNode *node, const char *text);

/* "name type"; and an array of those (missing = none). */
extern DvColumn dv_node_column(const DvNode *node);
extern DvColumn *dv_node_columns(const DvNode *parent, const char *member, int *n);

#endif							/* DV_MODEL_NODE_H */
