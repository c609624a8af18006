/*
 * sql_fdw.c
 *		The validator of the foreign data wrapper datavault_kafka: which options
 *		servers and user mappings may have.
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "miscadmin.h"

#include "source_kafka.h"

PG_FUNCTION_INFO_V1(dv_kafka_validator);

Datum
dv_kafka_validator(PG_FUNCTION_ARGS)
{
	List	   *options = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);

		if (catalog != ForeignServerRelationId && catalog != UserMappingRelationId)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("invalid option \"%s\"", option->defname),
					 errhint("Only servers and user mappings of datavault_kafka have options.")));
		dv_kafka_check_option(catalog == ForeignServerRelationId ?
							  DV_OPTION_SERVER : DV_OPTION_MAPPING,
							  option->defname, defGetString(option), superuser());
	}
	PG_RETURN_VOID();
}
