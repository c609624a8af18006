/*
 * subscription.h
 *		A row of datavault.subscription, with the options of its server and the
 *		owner's user mapping.
 */
#ifndef DV_SUBSCRIPTION_H
#define DV_SUBSCRIPTION_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "record.h"

typedef struct DvSubscription
{
	int32		id;
	char	   *name;
	Oid			owner;
	char	   *server;
	char	   *model;
	int			ntopics;
	char	  **topics;			/* globs */
	bool		enabled;
	bool		stop_on_error;
	int			batch_rows;
	int64		batch_bytes;
	int			max_rejects_in_row;
	bool		synchronous_commit;
	int64		parent_max_age; /* ms; 0 = none */
	List	   *options;		/* DefElem: server's, then mapping's; holds secrets */
} DvSubscription;

/* All of these need an open SPI connection and a snapshot. */

/*
 * Read a subscription into `context`; NULL if there is none, or if it belongs
 * to another cluster or database (a restored copy).  Raises if its server or
 * the owner's right to use it is gone.
 */
extern DvSubscription *dv_subscription_read(int32 id, MemoryContext context);

/* Stop it for good: disabled, with the reason, in front of `at` (or NULL). */
extern void dv_subscription_stop(int32 id, const char *code, const char *message,
								 const char *hint, const DvMessage *at);

/* The one of that name, locked; the caller must own it.  *enabled may be NULL. */
extern int32 dv_subscription_own(const char *name, bool *enabled);

/* Ids of those that should run in this database; palloc'd. */
extern int32 *dv_subscription_enabled(int *n);

/* Do both need the same connection to Kafka? */
extern bool dv_subscription_same_source(const DvSubscription *a, const DvSubscription *b);
extern bool dv_subscription_same_rest(const DvSubscription *a, const DvSubscription *b);

#endif							/* DV_SUBSCRIPTION_H */
