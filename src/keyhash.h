/*
 * keyhash.h
 *		Hash keys and hash diffs from Datums: what hash_key(), hash_diff() and
 *		the worker share, so that all of them give the same value.
 *
 * A key:  dv_keyhash_begin(buf), dv_keyhash_add() per component in order,
 * dv_keyhash_end().  A diff: dv_diffhash_begin(buf), dv_diffhash_add() per
 * attribute in the order of dv_diffhash_compare(), dv_diffhash_end().  The
 * buffer keeps its memory from one use to the next.
 */
#ifndef DV_KEYHASH_H
#define DV_KEYHASH_H

#include "dvtype.h"
#include "hash.h"

extern void dv_keyhash_begin(DvBuf *buf);
extern void dv_keyhash_add(DvBuf *buf, const DvType *type, Datum value,
						   bool isnull);

/* The first 128 bits; false only if OpenSSL fails. */
extern bool dv_keyhash_end(DvBuf *buf, DvKey *out);

/* All 256 bits. */
extern bool dv_keyhash_end_full(DvBuf *buf, uint8_t out[DV_HASH_LEN]);

extern void dv_diffhash_begin(DvBuf *buf);

/* Names are UTF-8.  A NULL attribute adds nothing. */
extern void dv_diffhash_add(DvBuf *buf, DvSlice name, const DvType *type,
							Datum value, bool isnull);
extern bool dv_diffhash_end(DvBuf *buf, DvKey *out);

/* Bytewise, a prefix first; <0, 0, >0. */
extern int	dv_diffhash_compare(DvSlice a, DvSlice b);

#endif							/* DV_KEYHASH_H */
