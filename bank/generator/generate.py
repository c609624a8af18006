#!/usr/bin/python3
"""Fills the bank with plausible data (load, write, digest) and keeps it busy (live).

    generate.py load --seed 1 --scale 1 --dsn "dbname=bank"     by COPY into a freshly migrated bank, as a superuser
    generate.py write --seed 1 --customers 1000000 --entries 100000000 --out DIR     one file a table
    generate.py digest --seed 1 --scale 1                       SHA-256 of these files, without writing them
    generate.py live --seed 1 --rate 500 --seconds 60 --dsn "dbname=bank user=bank_core"
"""

import argparse
import os
import sys


def number(kind, least):
    """What reads a number that is not below the least, for argparse."""
    def read(text):
        value = kind(text)
        if not value >= least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return value
    read.__name__ = "number"
    return read


def bulk(modes):
    """Options of the modes that make a whole bank."""
    for name, text in (("load", "bulk load of a freshly migrated bank"), ("write", "one file a table"),
                       ("digest", "SHA-256 of what write would make")):
        mode = modes.add_parser(name, help=text)
        mode.add_argument("--scale", type=number(float, 0.0001), default=1.0, help="1 is about a million published rows")
        mode.add_argument("--customers", type=number(int, 1), help="instead of a scale")
        mode.add_argument("--entries", type=number(int, 1), help="ledger entries, instead of a scale")
        mode.add_argument("--jobs", type=number(int, 1), default=os.cpu_count(), help="processes")
        mode.add_argument("--seed", type=int, default=1)
        if name != "digest":
            mode.add_argument("--labels", help="file for the labels of fraud, JSON lines")
        if name == "write":
            mode.add_argument("--out", required=True, help="directory")
        if name == "load":
            mode.add_argument("--dsn", required=True, help="libpq connection string of a superuser")


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    bulk(modes)
    live = modes.add_parser("live", help="a stream of changes at a set rate")
    live.add_argument("--rate", type=number(float, 0.1), default=100, help="published changes a second")
    live.add_argument("--seconds", type=number(float, 0), default=60, help="0: until SIGTERM")
    live.add_argument("--batch", type=number(int, 0), default=0, help="changes a transaction; 0: from the rate")
    live.add_argument("--labels", help="file for the labels of fraud, JSON lines")
    live.add_argument("--seed", type=int, default=1)
    live.add_argument("--dsn", required=True, help="libpq connection string")
    live.add_argument("--online", metavar="URL", help="of the online bank: a part of the changes goes through it")
    live.add_argument("--online-share", type=number(float, 0), default=.1, help="which part")
    live.add_argument("--ca", help="certificate authority of the online bank: DIRECTORY/ca.pem of webapp/place")
    live.add_argument("--users", help="who signs in there: what webapp/users wrote")
    args = parser.parse_args()
    if args.mode == "live" and args.online and not (args.ca and args.users):
        parser.error("--online wants --ca and --users")
    return args


def make(args):
    """Run one of the bulk modes."""
    import bulk as modes
    from plan import Plan, sizes
    customers, entries = sizes(args.scale)
    plan = Plan(args.seed, args.customers or customers, args.entries or entries)
    if args.mode == "load":
        modes.Loader(plan, args.dsn, args.jobs, args.labels).run()
    elif args.mode == "write":
        modes.write(plan, args.jobs, args.out, args.labels)
    else:
        print(modes.digest(plan, args.jobs))


def main():
    """Read the command line and run a mode."""
    args = options()
    if args.mode == "live":
        from live import Live
        from online import Online
        online = Online(args.online, args.ca, args.users) if args.online else None
        Live(args.dsn, args.seed, args.rate, args.seconds, args.batch, args.labels, online, args.online_share).run()
    else:
        make(args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
