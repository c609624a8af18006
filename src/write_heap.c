/*
 * write_heap.c
 *		The heap driver: rows of a batch into plain tables the way COPY does it,
 *		many at a time and past the executor.
 *
 * Only where an INSERT would do nothing else: a heap of the model's own columns
 * without triggers, rules, row security or generated columns.  Constraints and
 * indexes are served as ever.  Everything else is left to the sql driver.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "batch.h"

#define CHUNK 500				/* rows in one call of the table's access method */

/* Rows below which a subtransaction of their own does not pay. */
#define FEW_ROWS 16

typedef struct Insert
{
	DvTarget   *target;
	Relation	rel;
	int		   *columns;		/* target column per attribute, or -1 */
	int			source;			/* target column that holds C strings, or -1 */
	EState	   *estate;
	ResultRelInfo *result;
	TupleTableSlot **slots;
	BulkInsertState bulk;
} Insert;

/* Does an INSERT into this table do nothing but insert? */
static bool
is_plain(Relation rel)
{
	const TupleConstr *constr = rel->rd_att->constr;

	return rel->rd_rel->relkind == RELKIND_RELATION &&
		rel->rd_tableam == GetHeapamTableAmRoutine() &&
		rel->rd_rel->relpersistence != RELPERSISTENCE_TEMP &&
		!rel->rd_rel->relispartition && !rel->rd_rel->relrowsecurity &&
		rel->trigdesc == NULL && rel->rd_rules == NULL &&
		(constr == NULL || !constr->has_generated_stored);
}

static int
column_of(const DvTarget *t, const char *name)
{
	for (int i = 0; i < t->ncolumns; i++)
		if (strcmp(t->names[i], name) == 0)
			return i;
	return -1;
}

/* Which of the target's columns is each attribute; false if they do not match. */
static bool
match_columns(const DvTarget *t, Relation rel, int *columns)
{
	int			found = 0;

	for (int i = 0; i < rel->rd_att->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(rel->rd_att, i);

		columns[i] = -1;
		if (att->attisdropped)
			continue;
		columns[i] = column_of(t, NameStr(att->attname));
		if (columns[i] < 0)
		{
			/* somebody's own column: it would get its default */
			if (att->atthasdef || att->attidentity)
				return false;
			continue;
		}
		found++;
		/* the batch's values have the declared type exactly */
		if (att->atttypid != t->types[columns[i]]->typid ||
			att->atttypid != t->types[columns[i]]->basetype ||
			att->atttypmod != t->types[columns[i]]->typmod)
			return false;
	}
	return found == t->ncolumns;
}

static void
begin_insert(Insert *in, int n)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(in->rel);
	rte->relkind = in->rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	rte->requiredPerms = ACL_INSERT;
	in->estate = CreateExecutorState();
	ExecInitRangeTable(in->estate, list_make1(rte));
	in->result = makeNode(ResultRelInfo);
	InitResultRelInfo(in->result, in->rel, 1, NULL, 0);
	ExecOpenIndices(in->result, false);
	in->slots = palloc(sizeof(TupleTableSlot *) * n);
	for (int i = 0; i < n; i++)
		in->slots[i] = table_slot_create(in->rel, NULL);
	in->bulk = GetBulkInsertState();
}

static void
end_insert(Insert *in, int n)
{
	FreeBulkInsertState(in->bulk);
	for (int i = 0; i < n; i++)
		ExecDropSingleTupleTableSlot(in->slots[i]);
	ExecCloseIndices(in->result);
	FreeExecutorState(in->estate);
}

static void
fill_slot(const Insert *in, TupleTableSlot *slot, const DvOutRow *row, Datum text)
{
	ExecClearTuple(slot);
	for (int i = 0; i < in->rel->rd_att->natts; i++)
	{
		int			c = in->columns[i];

		slot->tts_isnull[i] = c < 0 || row->nulls[c];
		slot->tts_values[i] = slot->tts_isnull[i] ? (Datum) 0 :
			c == in->source ? text : row->values[c];
	}
	ExecStoreVirtualTuple(slot);
	if (in->rel->rd_att->constr)
		ExecConstraints(in->result, slot, in->estate);
}

static void
insert_indexes(const Insert *in, int n)
{
	if (in->result->ri_NumIndices == 0)
		return;
	for (int i = 0; i < n; i++)
	{
		ExecInsertIndexTuples(in->result, in->slots[i], in->estate, false, false, NULL, NIL);
		ResetPerTupleExprContext(in->estate);
	}
}

static void
insert_all(Insert *in)
{
	DvTarget   *t = in->target;
	int			nslots = Min(t->nrows, CHUNK);
	CommandId	cid = GetCurrentCommandId(true);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "datavault insert",
												  ALLOCSET_DEFAULT_SIZES);
	const char *last = NULL;
	Datum		text = 0;

	begin_insert(in, nslots);
	for (int at = 0; at < t->nrows; at += nslots)
	{
		int			n = Min(nslots, t->nrows - at);
		MemoryContext old;

		for (int i = 0; i < n; i++)
		{
			DvOutRow   *row = &t->rows[at + i];

			if (in->source >= 0 && DatumGetCString(row->values[in->source]) != last)
			{
				last = DatumGetCString(row->values[in->source]);
				text = CStringGetTextDatum(last);
			}
			fill_slot(in, in->slots[i], row, text);
			ResetPerTupleExprContext(in->estate);
		}
		old = MemoryContextSwitchTo(scratch);
		table_multi_insert(in->rel, in->slots, n, cid, 0, in->bulk);
		MemoryContextSwitchTo(old);
		MemoryContextReset(scratch);
		insert_indexes(in, n);
	}
	end_insert(in, nslots);
	MemoryContextDelete(scratch);
	CommandCounterIncrement();
}

/*
 * Hubs and links yield to a writer who was quicker: his key shows as a unique
 * violation, and the sql driver does it again with ON CONFLICT.  Memory of a
 * failed try is the batch's.
 */
static bool
insert_yielding(Insert *in)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = true;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		insert_all(in);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION)
			ReThrowError(error);
		FreeErrorData(error);
		done = false;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return done;
}

/* Insert the target's rows; false if that is the sql driver's task. */
bool
dv_write_heap(DvTarget *t, int source_column)
{
	bool		yields = t->kind == DV_TARGET_HUB || t->kind == DV_TARGET_LINK;
	Insert		in = {.target = t, .source = source_column};
	bool		done = false;
	Oid			relid;

	if (XactReadOnly || (yields && t->nrows < FEW_ROWS))
		return false;
	relid = get_relname_relid(t->table, get_namespace_oid(t->schema, true));
	in.rel = OidIsValid(relid) ? try_relation_open(relid, RowExclusiveLock) : NULL;
	if (in.rel == NULL)
		return false;
	in.columns = palloc(sizeof(int) * in.rel->rd_att->natts);
	if (is_plain(in.rel) && match_columns(t, in.rel, in.columns) &&
		pg_class_aclcheck(relid, GetUserId(), ACL_INSERT) == ACLCHECK_OK)
	{
		if (yields)
			done = insert_yielding(&in);
		else
		{
			insert_all(&in);
			done = true;
		}
	}
	pfree(in.columns);
	relation_close(in.rel, NoLock);
	if (done)
		t->written += t->nrows;
	return done;
}
