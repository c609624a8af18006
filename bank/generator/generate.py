#!/usr/bin/python3
"""Fills the bank with plausible data (load) and keeps it busy (live)."""

import argparse
import sys


def main():
    """Read the command line and run one of the two modes."""
    parser = argparse.ArgumentParser(description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    load = modes.add_parser("load", help="bulk load of a freshly installed bank")
    load.add_argument("--scale", type=float, default=1.0, help="1 is about a million rows")
    live = modes.add_parser("live", help="a stream of changes at a set rate")
    live.add_argument("--rate", type=float, default=100, help="published changes a second")
    live.add_argument("--seconds", type=float, default=60, help="0: until SIGTERM")
    live.add_argument("--batch", type=int, default=0, help="changes a transaction; 0: from the rate")
    for mode in (load, live):
        mode.add_argument("--seed", type=int, default=1)
        mode.add_argument("--dsn", required=True, help="libpq connection string")
    args = parser.parse_args()
    if args.mode == "load":
        from load import Loader
        Loader(args.dsn, args.seed, args.scale).run()
    else:
        from live import Live
        Live(args.dsn, args.seed, args.rate, args.seconds, args.batch).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
