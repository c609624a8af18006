/*
 * guc.h
 *		The extension's settings, all named datavault.*.
 */
#ifndef DV_GUC_H
#define DV_GUC_H

extern int	dv_guc_max_subscriptions;	/* worker slots in shared memory */
extern int	dv_guc_max_partitions;	/* partitions shown per slot */
extern char *dv_guc_databases;	/* comma-separated; empty = all */
extern int	dv_guc_launcher_interval;	/* s between looks at a database */
extern int	dv_guc_restart_interval;	/* ms between two starts of a worker */
extern int	dv_guc_backoff_max;		/* ms, longest pause after a fault */
extern int	dv_guc_metadata_interval;	/* ms between looks for new topics */
extern int	dv_guc_lock_timeout;	/* ms a batch waits for a lock */

/* Define them; called once, from _PG_init. */
extern void dv_guc_init(void);

#ifdef DV_MUTANTS
extern char *dv_guc_mutant;
#endif

#endif							/* DV_GUC_H */
