/*
 * norm.h
 *		The canonical text of values under the native hash profile, and how
 *		components are joined (doc/hash.md): what no setting, locale or time
 *		zone changes.
 */
#ifndef DV_NORM_H
#define DV_NORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

/* A byte buffer that grows through an arena; data is not NUL-terminated. */
typedef struct DvBuf
{
	char	   *data;
	size_t		len;
	size_t		cap;
	const DvArena *arena;
} DvBuf;

extern void dv_buf_init(DvBuf *buf, const DvArena *arena);
extern void dv_buf_append(DvBuf *buf, const void *data, size_t len);

/* Joining: `<octets>:<bytes>` per component, a distinct mark for NULL. */
extern void dv_norm_component(DvBuf *buf, const void *text, size_t len);
extern void dv_norm_null(DvBuf *buf);
/* What was appended since buf->len was `start` becomes one component. */
extern void dv_norm_component_from(DvBuf *buf, size_t start);

/* Canonical texts; each appends to buf. */
extern void dv_norm_bool(DvBuf *buf, bool value);
extern void dv_norm_int64(DvBuf *buf, int64_t value);
extern void dv_norm_float8(DvBuf *buf, double value);
extern void dv_norm_float4(DvBuf *buf, float value);
/* Decimal digits as PostgreSQL prints numerics: "-12.30", "NaN", "Infinity". */
extern void dv_norm_decimal(DvBuf *buf, const char *text, size_t len);
extern void dv_norm_date(DvBuf *buf, int32_t days);	/* since 2000-01-01 */
extern void dv_norm_time(DvBuf *buf, int64_t us);
extern void dv_norm_timestamp(DvBuf *buf, int64_t us);
extern void dv_norm_timestamptz(DvBuf *buf, int64_t us);
extern void dv_norm_bytes(DvBuf *buf, const void *data, size_t len);
extern void dv_norm_uuid(DvBuf *buf, const uint8_t uuid[16]);
/* The text that PostgreSQL prints for a jsonb; equal values, equal text. */
extern void dv_norm_jsonb(DvBuf *buf, const char *text, size_t len);

#endif							/* DV_NORM_H */
