#!/usr/bin/python3
"""The property test: random histories, delivered as Kafka may, against the reference vault.

    run.py --histories 2000 --seed 7 --dsn 'host=… dbname=…'
    run.py --mutants --dsn …              every planted bug must be found
    run.py --mutant lsn_order --dsn …     one of them
    run.py --naive …                      without the engine: generator against reference
    run.py --seed 7 --only 123 …          one history again, alone

The database needs the extension (except with --naive) and is written to: schema `oracle`, and
the model's own schemas.  Exit status 0 = equal, 1 = a difference (or, with --mutants, a survivor).
"""

import argparse
import io
import json
import pathlib
import random
import re
import sys
import time

import psycopg2

from engine import EngineVault
from history import Options, deliver, history
from naive import NaiveVault

HERE = pathlib.Path(__file__).resolve().parent
MUTANTS = [
    "lsn_order",
    "newest_toast",
    "tombstone_delete",
    "resend_applies",
    "no_force_pending",
    "fk_current",
    "no_end_on_move",
    "drop_parked",
    "snapshot_stage",
    "lsn_repeats",
]
#: Bugs that only an engine can have: they lie in how held messages are applied.
ENGINE_ONLY = {"no_force_pending"}


def field(value):
    """One value in COPY's text format."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        value = value.replace("\\", "\\\\").replace("\t", "\\t")
        return value.replace("\n", "\\n").replace("\r", "\\r")
    return str(value)


def copy(cursor, table, rows):
    lines = "".join("\t".join(map(field, row)) + "\n" for row in rows)
    cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(lines))


def load_messages(cursor, messages):
    cursor.execute("TRUNCATE oracle.message, oracle.actual, oracle.actual_hub, oracle.actual_link")
    copy(
        cursor,
        "oracle.message",
        (
            (m["topic"], m["partition"], m["offset"], m["key"], m["value"],
             json.dumps(m["headers"]))
            for m in messages
            if not m["garbage"]
        ),
    )


def naive_round(cursor, messages, args):
    vault = NaiveVault(args.mutant)
    vault.ingest(messages)
    vault.finish()
    copy(cursor, "oracle.actual", vault.history)
    copy(cursor, "oracle.actual_hub", vault.hubs)
    copy(cursor, "oracle.actual_link", vault.links)
    return []


def blame(key, line):
    """The history that a differing row belongs to."""
    found = re.search(r"h(\d+)-", f"{key} {line}")
    return int(found.group(1)) if found else None


class Run:
    def __init__(self, args):
        self.args = args
        self.connection = psycopg2.connect(args.dsn)
        self.cursor = self.connection.cursor()
        self.cursor.execute("SET client_min_messages = warning")
        self.cursor.execute((HERE / "reference.sql").read_text())
        self.connection.commit()
        self.spent = {"generate": 0.0, "vault": 0.0, "reference": 0.0}
        self.messages = 0
        self.counts = {}

    def timed(self, what, function, *arguments):
        begin = time.monotonic()
        result = function(*arguments)
        self.spent[what] += time.monotonic() - begin
        return result

    def generate(self, indexes):
        args = self.args
        if args.replay is not None:
            lines = pathlib.Path(args.replay).read_text().splitlines()
            return random.Random(f"{args.seed}/batches"), [json.loads(line) for line in lines]
        options = Options(args.rejects, args.shared_positions, garbage=args.garbage and not args.naive)
        histories = {i: history(args.seed, i, options) for i in indexes}
        messages = deliver(args.seed, histories)
        if args.dump is not None:
            lines = (json.dumps(m, ensure_ascii=False) + "\n" for m in messages)
            pathlib.Path(args.dump).write_text("".join(lines))
        return random.Random(f"{args.seed}/batches/{indexes[0]}/{len(indexes)}"), messages

    def round(self, indexes):
        """One vault with these histories; returns the differences as printable lines."""
        args, cursor = self.args, self.cursor
        rng, messages = self.timed("generate", self.generate, indexes)
        self.messages += len(messages)
        load_messages(cursor, messages)
        self.connection.commit()
        if args.naive:
            faults = self.timed("vault", naive_round, cursor, messages, args)
        else:
            faults = self.engine_round(rng, messages)
        if args.naive:
            self.timed("reference", cursor.execute, "SELECT oracle.build()")
        self.timed("reference", cursor.execute, "SELECT * FROM oracle.source_resets()")
        faults += [f"taken for a source that begins anew: {line}" for (line,) in cursor.fetchall()]
        self.timed("reference", cursor.execute, "SELECT * FROM oracle.differences()")
        found = cursor.fetchall()
        self.connection.commit()
        blamed = {}
        for what, key, line in found:
            blamed.setdefault(blame(key, line), []).append(f"{what} {line}")
        return faults, blamed

    def engine_round(self, rng, messages):
        """Deliver to the extension and read its vault; an error is a fault."""
        vault = EngineVault(self.args.dsn, self.args.mutant, rng)
        try:
            faults = self.timed("vault", vault.deliver, messages)
            self.timed("reference", self.cursor.execute, "SELECT oracle.build()")
            self.timed("reference", vault.collect, self.cursor)
        except (psycopg2.Error, AssertionError) as error:
            if self.args.mutant is None:
                raise
            self.connection.rollback()
            faults = [str(error)]
        finally:
            self.connection.commit()
            vault.close()
        return faults

    def all(self):
        """Rounds until everything is done or something differs; returns histories needed."""
        args = self.args
        first, last = args.first, args.first + args.histories
        if args.only is not None:
            first, last = args.only, args.only + 1
        if args.replay is not None:
            first, last = 0, 1
        begin = time.monotonic()
        done = 0
        while first < last:
            indexes = list(range(first, min(first + args.round, last)))
            faults, blamed = self.round(indexes)
            done += len(indexes)
            if faults or blamed:
                self.report(indexes, faults, blamed)
                return done
            first = indexes[-1] + 1
        self.speed(done, time.monotonic() - begin)
        return None

    def report(self, indexes, faults, blamed):
        args = self.args
        if args.mutant is not None and not args.verbose:
            return
        for fault in faults[:10]:
            print(f"FAULT {fault}")
        for index, lines in sorted(blamed.items(), key=lambda b: len(b[1]))[:5]:
            print(f"DIFFERENCE seed {args.seed} history {index}, of {indexes[0]}…{indexes[-1]}:")
            for line in lines[:12]:
                print(f"    {line}")
        print(f"differing histories: {len(blamed)}")
        print(
            f"reproduce: run.py --seed {args.seed} --first {indexes[0]} "
            f"--histories {len(indexes)} --round {len(indexes)}, or --only INDEX"
        )

    def speed(self, done, seconds):
        if self.args.mutant is None:
            parts = ", ".join(f"{k} {v:.1f} s" for k, v in self.spent.items())
            print(
                f"{done} histories, {self.messages} messages equal in {seconds:.1f} s: "
                f"{done / seconds:.0f} histories/s ({parts})"
            )


def mutants(args):
    """Every planted bug must be found; returns the exit status."""
    survivors = 0
    for name in MUTANTS:
        if args.naive and name in ENGINE_ONLY:
            continue
        args.mutant = name
        begin = time.monotonic()
        needed = Run(args).all()
        seconds = time.monotonic() - begin
        verdict = "SURVIVED" if needed is None else f"found within {needed} histories"
        survivors += needed is None
        print(f"{name:18} {verdict} ({seconds:.1f} s)", flush=True)
    return 1 if survivors else 0


def arguments():
    parser = argparse.ArgumentParser(description="property test with a reference vault")
    parser.add_argument("--dsn", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="index of the first history")
    parser.add_argument("--round", type=int, default=200, help="histories in one vault")
    parser.add_argument("--only", type=int, help="one history, alone")
    parser.add_argument("--mutant", choices=MUTANTS)
    parser.add_argument("--mutants", action="store_true", help="all of them")
    parser.add_argument("--naive", action="store_true", help="the vault in naive.py")
    parser.add_argument("--no-rejects", dest="rejects", action="store_false")
    parser.add_argument("--no-garbage", dest="garbage", action="store_false")
    parser.add_argument(
        "--no-shared-positions",
        dest="shared_positions",
        action="store_false",
        help="no key moves between a blocking snapshot's position and its reading",
    )
    parser.add_argument("--dump", metavar="FILE", help="write what is delivered, as JSON lines")
    parser.add_argument("--replay", metavar="FILE", help="deliver what --dump wrote")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def main():
    args = arguments()
    if args.mutants:
        return mutants(args)
    needed = Run(args).all()
    if args.mutant is not None:
        print(f"{args.mutant}: " + (f"found within {needed}" if needed else "SURVIVED"))
        return 0 if needed else 1
    return 1 if needed else 0


if __name__ == "__main__":
    sys.exit(main())
