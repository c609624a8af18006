/*
 * model_ddl.h
 *		The tables and views of a model, and the statements that make them.
 */
#ifndef DV_MODEL_DDL_H
#define DV_MODEL_DDL_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "model.h"

typedef struct DvTableColumn
{
	char	   *name;
	char	   *type;
	bool		required;		/* NOT NULL */
	bool		addable;		/* a later version of the model may bring it */
	const char *comment;
	const char *fill;			/* literal for rows that are there when it is added, or NULL */
} DvTableColumn;

typedef struct DvTable
{
	const char *schema;
	char	   *name;
	char	   *comment;
	int			ncolumns;
	DvTableColumn *columns;
	List	   *keys;			/* names of the primary key's columns */
	List	   *indexes;		/* lists of column names */
	char	   *check;			/* table constraint, or NULL */
	char	   *first_row;		/* statement for a new table, or NULL */
	bool		churns;			/* row state: vacuumed early */
} DvTable;

typedef struct DvView
{
	const char *schema;
	char	   *name;
	char	   *comment;
	List	   *columns;		/* names, in order */
	List	   *expressions;	/* what each is, beside `columns` */
	List	   *comments;		/* of each, or NULL */
	char	   *prefix;			/* before the select list: WITH clause, or "" */
	char	   *body;			/* FROM and everything behind */
} DvView;

/* model_table.c: lists of DvTable *. */
extern List *dv_model_tables(const DvModel *model);

/* Comment of a satellite's columns that are its own, in its table and its views. */
extern char *dv_model_column_comment(const DvSatellite *sat);

/* model_view.c: list of DvView *, in an order that satisfies dependencies. */
extern List *dv_model_views(const DvModel *model);

/*
 * model_ddl.c: statements (char *) from what the catalog holds to `model`;
 * `old` is the stored one, or NULL.  Refuses with 55000 or 0A000 what would
 * lose data or change keys, with 42P07 tables that are something else.
 */
extern List *dv_model_plan(const DvModel *old, const DvModel *model);

/* DROP VIEW of all views that exist, and with `tables` DROP TABLE as well. */
extern List *dv_model_drop_plan(const DvModel *model, bool tables);

/*
 * model_keep.c, inside SPI: what a view that is made again must get back, given
 * the comment that the model gave it, the columns that it will have and the
 * comments that the model gave to these; its options, "WITH (…) " or "".
 */
extern List *dv_keep_statements(Oid view, const char *comment, List *columns, List *comments);
extern char *dv_keep_options(Oid view);

/*
 * Refuse with 2BP01 if something that the model did not make depends on these
 * relations, or on these columns of these tables (lists side by side).
 */
extern void dv_refuse_dependents(List *relations, List *tables, List *columns);

/* "schema"."name", quoted where needed. */
extern char *dv_ddl_name(const char *schema, const char *name);

#endif							/* DV_MODEL_DDL_H */
