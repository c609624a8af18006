/*
 * feed.h
 *		Which connector a source table's events come from.
 *
 * Positions are those of one database's log: a row of a second database that
 * has the same table would be taken for a version of the first one's.
 */
#ifndef DV_FEED_H
#define DV_FEED_H

#include "batch.h"

/*
 * The connector of an item's event may feed its source: the first that did, or
 * one that datavault.allow_connector() named.  Else an error, ERRCODE_FEATURE_NOT_SUPPORTED,
 * for which a worker stops; of a held message it is the item's own.
 */
extern void dv_feed_check(DvBatch *batch, const DvItem *item);

#endif							/* DV_FEED_H */
