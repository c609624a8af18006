# datavault: a PostgreSQL extension (PGXS) and the bank around it.
#
#   make                 build the extension
#   make install         into the server that PG_CONFIG names
#   make clean           what the build made
#   make demo            the whole pipeline on real data, left running
#   make demo-stop       end it; the data stays
#   make demo-clean      end it, and its data
#   make check           every test
#   make check-long      40 kills under load, 20 orders of topics, 10 minutes of kills of the online bank, its API by schemathesis
#   make check-mutants   the oracle finds every planted bug
#   make check-sanitize  suites with the extension under address and undefined-behaviour sanitizers
#   make lint            formatter, layers, shell, Python
#   make bench           figures against COPY
#   make bench-generator 10 million ledger entries, generated and loaded
#   make bench-store     the bank's own functions over 10 million ledger entries
#   make bench-web       the bank's API against a Django peer, and pgbench
#   make help            this list
#
# PG_CONFIG chooses the server; the targets that start servers use a private
# copy of it under var/, so nothing is installed outside the tree but packages.

# PGXS has a "check" of its own, and a clean machine has no PGXS yet: what is
# not about building goes without it.
ifneq ($(filter check check-long check-mutants check-sanitize lint demo demo-stop demo-clean bench bench-generator bench-store bench-web help,$(MAKECMDGOALS)),)

check:
	stack/install packages
	test/check

check-long:
	stack/install packages
	DV_SHUFFLES=20 test/check e2e
	test/chaos/run --kills 40 --events 200000
	test/api/kills --seconds 600
	test/api/openapi --examples 100 --rounds 20

check-mutants:
	stack/install packages
	test/check mutants

check-sanitize:
	stack/install packages
	test/sanitize

lint:
	.ci/lint

demo:
	demo/run

demo-stop:
	demo/stop

demo-clean:
	demo/stop clean

bench:
	bench/run
	bench/latency

bench-generator:
	stack/install packages
	bench/generator

bench-store:
	stack/install packages
	bench/store/run

bench-web:
	stack/install packages
	bench/web/run --peer usual lean

help:
	@sed -n 's/^#   \(make.*\)/\1/p' Makefile

.PHONY: check check-long check-mutants check-sanitize lint demo demo-stop demo-clean bench bench-generator bench-store bench-web help

else

MODULE_big = datavault
EXTENSION = datavault
DATA_built = sql/datavault--0.1.sql
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))

PG_CONFIG ?= /usr/lib/postgresql/15/bin/pg_config
PG_CPPFLAGS = -Isrc -std=gnu11
PG_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers \
	-Wno-declaration-after-statement -Wno-vla
SHLIB_LINK = -lrdkafka -lcrypto

REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/[a-z]*_test.sql)))
ENCODING = UTF8
REGRESS_OPTS = --inputdir=. --load-extension=datavault

EXTRA_CLEAN = sql/datavault--0.1.sql

PGXS := $(shell $(PG_CONFIG) --pgxs)
# no bitcode: the extension's functions are not inlined into plans
override with_llvm = no
include $(PGXS)

# The install script is its parts in order: one topic a file.
sql/datavault--0.1.sql: $(sort $(wildcard sql/src/*.sql)) doc/model.schema.json
	sed -e '/^@MODEL_SCHEMA@$$/{r doc/model.schema.json' -e 'd}' $(filter %.sql,$^) > $@

$(OBJS): $(wildcard src/*.h)

endif
