/*
 * keyhash.c
 *		Joining the canonical texts of Datums and hashing them.
 */
#include "postgres.h"

#include "keyhash.h"

void
dv_keyhash_begin(DvBuf *buf)
{
	buf->len = 0;
}

void
dv_keyhash_add(DvBuf *buf, const DvType *type, Datum value, bool isnull)
{
	if (isnull)
		dv_norm_null(buf);
	else
		dv_type_norm_component(type, value, buf);
}

bool
dv_keyhash_end_full(DvBuf *buf, uint8_t out[DV_HASH_LEN])
{
	return dv_hash_bytes(buf->data, buf->len, out);
}

bool
dv_keyhash_end(DvBuf *buf, DvKey *out)
{
	uint8_t		full[DV_HASH_LEN];

	if (!dv_keyhash_end_full(buf, full))
		return false;
	memcpy(out->bytes, full, DV_KEY_LEN);
	return true;
}

void
dv_diffhash_begin(DvBuf *buf)
{
	dv_keyhash_begin(buf);
}

void
dv_diffhash_add(DvBuf *buf, DvSlice name, const DvType *type, Datum value,
				bool isnull)
{
	if (isnull)
		return;
	dv_norm_component(buf, name.data, name.len);
	dv_keyhash_add(buf, type, value, false);
}

bool
dv_diffhash_end(DvBuf *buf, DvKey *out)
{
	return dv_keyhash_end(buf, out);
}

int
dv_diffhash_compare(DvSlice a, DvSlice b)
{
	int			order = memcmp(a.data, b.data, Min(a.len, b.len));

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}
