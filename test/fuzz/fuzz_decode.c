/*
 * fuzz_decode.c
 *		Any bytes as key and value of a message, then every field under every
 *		kind of wire type: no crash, no overflow, no endless loop.
 *
 * The first byte chooses modes, the second where the key ends.
 */
#include <stdlib.h>
#include <string.h>

#include "decode_json.h"

#define MAX_BLOCKS 100000

static void *blocks[MAX_BLOCKS];
static int	nblocks;

/* Every block apart, so that the sanitizer sees its ends. */
static void *
fuzz_alloc(void *owner, size_t size)
{
	(void) owner;
	if (nblocks == MAX_BLOCKS)
		abort();
	return blocks[nblocks++] = malloc(size);
}

static const char *const declared_types[] = {
	"integer", "numeric", "numeric(18,2)", "date", "timestamp(3) without time zone",
	"timestamp with time zone", "time without time zone", "time with time zone",
	"interval", "bytea", "bit(8)", "point", "text", "integer[]", "numeric(5,1)[]",
	"date[]", "bytea[]", "text[]", "real", "boolean[]",
};

static void
decode_fields(const DvRow *row, const DvWireModes *modes, const DvArena *arena)
{
	for (int i = 0; i < row->nfields && i < 40; i++)
	{
		DvField		field = row->fields[i];
		DvScalar	scalar;
		DvWireType	wire;
		DvErr		err;

		dv_json_scalar(&field, NULL, modes, arena, &scalar, &err);
		field.wire = NULL;
		for (int kind = 0; kind <= DV_WIRE_POINT; kind++)
		{
			DvWireType	element = {DV_WIRE_STRING, 0, NULL};

			wire = (DvWireType) {(DvWireKind) kind, kind % 3, &element};
			dv_json_scalar(&field, &wire, modes, arena, &scalar, &err);
		}
		for (size_t t = 0; t < sizeof(declared_types) / sizeof(declared_types[0]); t++)
			if (dv_wire_from_declared(declared_types[t], modes, arena, &wire, &err))
				dv_json_scalar(&field, &wire, modes, arena, &scalar, &err);
	}
}

/* A declared type of the fuzzer's own making. */
static void
declare_name(const DvSlice *name, const DvWireModes *modes, const DvArena *arena)
{
	char		text[64];
	size_t		len = name->len < sizeof(text) ? name->len : sizeof(text) - 1;
	DvWireType	wire;
	DvErr		err;

	memcpy(text, name->data, len);
	text[len] = 0;
	dv_wire_from_declared(text, modes, arena, &wire, &err);
}

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DvArena		arena = {fuzz_alloc, NULL};
	DvWireModes modes = {0};
	DvMessage	message = {.topic = "bank.public.t"};
	DvHeader	header = {{"__debezium.newkey", 17}, {NULL, 0}};
	DvEvent		event;
	DvErr		err;
	size_t		key_len;

	if (size < 2)
		return 0;
	modes.decimal = data[0] & 3;
	modes.time = (data[0] >> 2 & 7) % 5;
	modes.binary = data[0] >> 5 & 3;
	key_len = data[1] < size - 2 ? data[1] : size - 2;
	message.key = (DvSlice) {(const char *) data + 2, key_len};
	message.value = (DvSlice) {(const char *) data + 2 + key_len, size - 2 - key_len};
	header.value = message.key;
	message.headers = &header;
	message.nheaders = 1;
	dv_json_decode(&message, &arena, &event, &err);
	decode_fields(&event.key, &modes, &arena);
	decode_fields(&event.before, &modes, &arena);
	decode_fields(&event.after, &modes, &arena);
	for (int i = 0; i < event.key.nfields; i++)
		declare_name(&event.key.fields[i].name, &modes, &arena);
	while (nblocks > 0)
		free(blocks[--nblocks]);
	return 0;
}
