/*
 * actas.c
 *		Acting as another role for a while, inside one transaction.
 *
 * Bookkeeping tables belong to the extension's owner and nobody else may write
 * them; a subscription's owner need not be that role.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "actas.h"

void
dv_act_as(Oid role, DvActAs *saved)
{
	saved->nest = 0;
	GetUserIdAndSecContext(&saved->user, &saved->context);
	SetUserIdAndSecContext(role, saved->context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
}

static Oid
extension_owner(void)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			owner;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("datavault"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"datavault\" is not installed in this database"),
				 errhint("Run CREATE EXTENSION datavault.")));
	owner = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return owner;
}

void
dv_act_as_extension(DvActAs *saved)
{
	Oid			owner = extension_owner();
	int			nest = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	dv_act_as(owner, saved);
	saved->nest = nest;
}

void
dv_act_as_end(const DvActAs *saved)
{
	SetUserIdAndSecContext(saved->user, saved->context);
	if (saved->nest)
		AtEOXact_GUC(true, saved->nest);
}
