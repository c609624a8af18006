/*
 * model_parse.h
 *		The phases of dv_model_parse(): entities, then sources and their loads,
 *		then what the document only implies, then what must hold of it all.
 */
#ifndef DV_MODEL_PARSE_H
#define DV_MODEL_PARSE_H

#include "model.h"
#include "model_node.h"

/* model_parse.c: hubs, links, satellites by name; -1 = none. */
extern int	dv_model_hub(const DvModel *model, const char *name);
extern int	dv_model_link(const DvModel *model, const char *name);
extern int	dv_model_satellite(const DvModel *model, const char *name);
extern int	dv_model_source(const DvModel *model, const char *name);

/* The hub whose key is the source's own key, through parents; -1 = a link. */
extern int	dv_model_own_hub(const DvModel *model, int source);
/* The link that the source's own key is of; -1 = a hub. */
extern int	dv_model_own_link(const DvModel *model, int source);

/* model_source.c */
extern void dv_model_parse_sources(DvModel *model, const DvNode *node);

/* model_imply.c */
extern void dv_model_imply(DvModel *model, const DvNode *root);
extern void dv_model_check(const DvModel *model, const DvNode *root);

#endif							/* DV_MODEL_PARSE_H */
