# make -f bench/decode.mk bench-decode    ns/event of the JSON decoder
SRC = $(addprefix src/,json.c connect_schema.c decode_json.c err.c) $(wildcard src/wire*.c)

bench-decode: bench/decode.c $(SRC) $(wildcard src/*.h)
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -Isrc -o bench/decode bench/decode.c $(SRC) -lcmocka
	./bench/decode

.PHONY: bench-decode
