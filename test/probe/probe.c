/*
 * probe.c
 *		dv_type_datum() as an SQL function.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "dvtype.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(probe_datum);

static const struct
{
	const char *name;
	DvScalarKind kind;
}			kinds[] = {
	{"bool", DV_SCALAR_BOOL}, {"int64", DV_SCALAR_INT64},
	{"float8", DV_SCALAR_FLOAT8}, {"date", DV_SCALAR_DATE},
	{"time", DV_SCALAR_TIME}, {"timestamp", DV_SCALAR_TIMESTAMP},
	{"timestamptz", DV_SCALAR_TIMESTAMPTZ}, {"text", DV_SCALAR_TEXT},
	{"octets", DV_SCALAR_TEXT}, {"bytes", DV_SCALAR_BYTES},
};

static void
fill_octets(DvScalar *scalar, const char *hex)
{
	size_t		len = strlen(hex);
	char	   *octets = palloc(len / 2 + 1);

	scalar->u.text.data = octets;
	scalar->u.text.len = hex_decode(hex, len, octets);
}

static DvScalar
make_scalar(const char *kind, char *value)
{
	DvScalar	scalar = {0};

	for (size_t i = 0; i < lengthof(kinds); i++)
		if (strcmp(kinds[i].name, kind) == 0)
			scalar.kind = kinds[i].kind;
	if (scalar.kind == DV_SCALAR_NULL)
		elog(ERROR, "unknown kind %s", kind);
	if (strcmp(kind, "text") == 0)
	{
		scalar.u.text.data = value;
		scalar.u.text.len = strlen(value);
	}
	else if (strcmp(kind, "octets") == 0 || strcmp(kind, "bytes") == 0)
		fill_octets(&scalar, value);
	else if (scalar.kind == DV_SCALAR_FLOAT8)
		scalar.u.real = float8in_internal(value, NULL, "float8", value);
	else if (scalar.kind == DV_SCALAR_BOOL)
		scalar.u.boolean = strcmp(value, "true") == 0;
	else
		scalar.u.integer = pg_strtoint64(value);
	return scalar;
}

Datum
probe_datum(PG_FUNCTION_ARGS)
{
	char	   *kind = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char	   *value = text_to_cstring(PG_GETARG_TEXT_PP(2));
	DvScalar	scalar = make_scalar(kind, value);
	DvType		type;
	Oid			typid;
	int32		typmod;

	parseTypeString(text_to_cstring(PG_GETARG_TEXT_PP(0)), &typid, &typmod,
					false);
	dv_type_init(&type, typid, typmod, false, CurrentMemoryContext);
	value = OutputFunctionCall(&type.output, dv_type_datum(&type, &scalar));
	PG_RETURN_TEXT_P(cstring_to_text(value));
}
