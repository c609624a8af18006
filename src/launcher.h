/*
 * launcher.h
 *		The one process of the cluster that starts workers.
 */
#ifndef DV_LAUNCHER_H
#define DV_LAUNCHER_H

#include "postgres.h"

/* Register the launcher; while preloading only. */
extern void dv_launcher_init(void);

extern PGDLLEXPORT void dv_launcher_main(Datum arg);

/* Looks into one database (the argument is its Oid), tells what should run. */
extern PGDLLEXPORT void dv_scout_main(Datum database);

#endif							/* DV_LAUNCHER_H */
