/*
 * guc.c
 *		The extension's settings.  Those that size shared memory are defined
 *		only while preloading: later they could not take effect.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "guc.h"

int			dv_guc_max_subscriptions = 16;
int			dv_guc_max_partitions = 256;
char	   *dv_guc_databases = NULL;
int			dv_guc_launcher_interval = 10;
int			dv_guc_restart_interval = 5000;
int			dv_guc_backoff_max = 60000;
int			dv_guc_metadata_interval = 30000;
int			dv_guc_lock_timeout = 10000;

static void
define_intervals(void)
{
	DefineCustomIntVariable("datavault.launcher_interval",
							"Time between two looks for subscriptions in a database.",
							NULL, &dv_guc_launcher_interval, 10, 1, 86400,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("datavault.restart_interval",
							"Least time between two starts of a subscription's worker.",
							NULL, &dv_guc_restart_interval, 5000, 10, 3600000,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("datavault.backoff_max",
							"Longest pause of a worker after a passing fault.",
							NULL, &dv_guc_backoff_max, 60000, 10, 3600000,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("datavault.metadata_interval",
							"Time between two looks for new topics and partitions.",
							NULL, &dv_guc_metadata_interval, 30000, 100, 86400000,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("datavault.lock_timeout",
							"How long a worker's batch waits for a lock; 0 waits forever.",
							NULL, &dv_guc_lock_timeout, 10000, 0, 3600000,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
}

#ifdef DV_MUTANTS
char	   *dv_guc_mutant;
#endif

void
dv_guc_init(void)
{
	if (process_shared_preload_libraries_in_progress)
	{
		DefineCustomIntVariable("datavault.max_subscriptions",
								"Number of subscriptions that can run in the cluster.",
								NULL, &dv_guc_max_subscriptions, 16, 1, 1024,
								PGC_POSTMASTER, 0, NULL, NULL, NULL);
		DefineCustomIntVariable("datavault.max_partitions",
								"Number of partitions shown per subscription.",
								NULL, &dv_guc_max_partitions, 256, 1, 65536,
								PGC_POSTMASTER, 0, NULL, NULL, NULL);
	}
	DefineCustomStringVariable("datavault.databases",
							   "Databases whose subscriptions run; empty means all.",
							   NULL, &dv_guc_databases, "",
							   PGC_SIGHUP, GUC_LIST_INPUT, NULL, NULL, NULL);
	define_intervals();
#ifdef DV_MUTANTS
	DefineCustomStringVariable("datavault.mutant",
							   "Bug to behave by, for the test of the property test.",
							   NULL, &dv_guc_mutant, "",
							   PGC_USERSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
#endif
	MarkGUCPrefixReserved("datavault");
}
