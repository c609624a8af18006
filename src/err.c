/*
 * err.c
 *		Filling in a DvErr: formatting into its fixed buffers, and the names of
 *		the classes.
 */
#include "err.h"

#include <stdio.h>
#include <string.h>

static const char *const class_names[] = {
	[DV_ERR_NONE] = "none",
	[DV_ERR_MALFORMED] = "malformed",
	[DV_ERR_NOT_DEBEZIUM] = "not_debezium",
	[DV_ERR_POSITION] = "position",
	[DV_ERR_MISSING_COLUMN] = "missing_column",
	[DV_ERR_NULL_KEY] = "null_key",
	[DV_ERR_TYPE] = "type",
	[DV_ERR_AMBIGUOUS] = "ambiguous",
	[DV_ERR_PLACEHOLDER] = "placeholder",
	[DV_ERR_IMMUTABLE_CHANGED] = "immutable_changed",
	[DV_ERR_COLLISION] = "collision",
	[DV_ERR_PARENT_MISSING] = "parent_missing",
	[DV_ERR_UNMAPPED] = "unmapped",
	[DV_ERR_UNSUPPORTED] = "unsupported",
	[DV_ERR_SOURCE_RESET] = "source_reset",
	[DV_ERR_LIMIT] = "limit",
	[DV_ERR_DATABASE] = "database",
};

/*
 * Bytes of the UTF-8 sequence that `lead` opens; 1 for what opens none, so
 * that foreign bytes are cut anywhere.
 */
static size_t
sequence_length(unsigned char lead)
{
	if (lead >= 0xF0 && lead < 0xF8)
		return 4;
	if (lead >= 0xE0 && lead < 0xF0)
		return 3;
	if (lead >= 0xC0 && lead < 0xE0)
		return 2;
	return 1;
}

void
dv_err_format(char *buf, size_t size, const char *fmt, va_list args)
{
	int			wanted = vsnprintf(buf, size, fmt, args);
	size_t		start;

	if (wanted < 0)
		buf[0] = '\0';
	if (wanted < 0 || (size_t) wanted < size)
		return;
	start = size - 1;
	while (start > 0 && size - 1 - start < 3 &&
		   ((unsigned char) buf[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0)
		return;
	start--;
	if (start + sequence_length((unsigned char) buf[start]) > size - 1)
		buf[start] = '\0';
}

const char *
dv_err_class_name(DvErrClass class)
{
	size_t		index = (size_t) class;

	if (index >= sizeof(class_names) / sizeof(class_names[0]))
		return "unknown";
	return class_names[index];
}

/* Start a new error: detail and hint of an earlier one do not survive. */
bool
dv_err_set(DvErr *err, DvErrClass class, const char *sqlstate,
		   const char *fmt,...)
{
	va_list		args;

	err->class = class;
	snprintf(err->sqlstate, sizeof(err->sqlstate), "%.5s", sqlstate);
	err->detail[0] = '\0';
	err->hint[0] = '\0';
	va_start(args, fmt);
	dv_err_format(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	return false;
}

void
dv_err_detail(DvErr *err, const char *fmt,...)
{
	va_list		args;

	va_start(args, fmt);
	dv_err_format(err->detail, sizeof(err->detail), fmt, args);
	va_end(args);
}

void
dv_err_hint(DvErr *err, const char *fmt,...)
{
	va_list		args;

	va_start(args, fmt);
	dv_err_format(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
}
