"""Random histories of the source in source.py, and what Kafka may make of them.

`history(seed, index, …)` is deterministic: the same arguments give the same messages.  Every
history has keys of its own (ids from index * 1000, business keys that begin with `h<index>-`), so
that many can live in one vault.
"""

import random

from garbage import spoil
from source import TABLES, Blocked, Connector, Source, compact, partition_of

#: Values that a narrow vault column refuses (model.json) and the widened model takes.
TOO_LONG = {
    "party": [("name", "name longer than twenty letters"), ("party_no", "{}-too-long-for-sixteen")],
    "person": [("tax_id", "tax id too long")],
    "currency": [("name", "name longer than twenty letters")],
    "account": [
        ("status", "status too long"),
        ("credit_limit", "1234567.5"),
        ("account_no", "{}-too-long-for-sixteen"),
    ],
    "posting": [("amount", "7654321.25")],
}
TEXTS = ["", "x", "y", "ä€", 'q"\\', None]
NOTES = ["~one", "~two", "~three ä\n", "short", None]


class Options:
    """What histories may contain.

    shared_positions: keys may move between the position of a blocking snapshot and its reading,
    so that two source rows have a version of one hub key at one position.
    garbage: messages that no connector sends (garbage.py) between the others.
    """

    def __init__(self, rejects=True, shared_positions=True, steps=(6, 45), garbage=True):
        self.rejects = rejects
        self.garbage = garbage
        self.shared_positions = shared_positions
        self.steps = steps


class History:
    """One random walk through source, transactions and connector."""

    def __init__(self, seed, index, options):
        self.rng = rng = random.Random(f"{seed}/{index}")
        self.index = index
        self.options = options
        self.source = Source(rng, rng.randrange(10**6, 10**9))
        self.connector = Connector(self.source, rng)
        self.bad = rng.choice((0, 0, 0.05, 0.2)) if options.rejects else 0
        self.streaming = False
        self.open = []
        self.lines = 0
        self.past = {}  # ident -> an earlier row
        # A few rows a table only, so that the same rows meet again and again.
        self.focus = rng.sample(list(TABLES), rng.randrange(2, len(TABLES) + 1))
        self.width = rng.randrange(1, 4)

    # -- values ---------------------------------------------------------------------------

    def spoiled(self, table):
        """A value that the vault's declared types refuse, for one column."""
        if table not in TOO_LONG:
            return {}
        column, value = self.rng.choice(TOO_LONG[table])
        return {column: value.format(f"h{self.index}")}

    def value(self, table, column, txn):
        """A random value; foreign keys refer to a row that the transaction sees."""
        rng = self.rng
        base = f"h{self.index}-"
        if column in TABLES[table].foreign:
            parent, required = TABLES[table].foreign[column]
            if not required and rng.random() < 0.3:
                return None
            found = self.source.visible(txn, parent)
            if not found:
                if not required:
                    return None
                self.insert(txn, parent)
                found = self.source.visible(txn, parent)
                if not found:
                    raise Blocked
            return rng.choice(found)[1][0]
        if column in ("id", "party_id", "account_id"):
            return self.index * 1000 + rng.randrange(self.width + 1)
        if column in ("branch_no", "party_no", "account_no", "code"):
            return base + column[0].upper() + str(rng.randrange(self.width + 2))
        if column in ("birth_date", "since"):
            return rng.choice((None, 0, 11000, -3000))
        if column in ("credit_limit", "amount"):
            return rng.choice((None, "1.5", "1.50", "0", "-20.25"))
        if column in ("notes", "bio"):
            return rng.choice(NOTES)
        if column == "role":
            return rng.choice(("owner", "proxy"))
        if column == "transfer_no":
            self.lines += 1
            return base + "T" + str(self.lines // 2)
        if column == "line":
            return self.lines
        return rng.choice(TEXTS)

    # -- operations -----------------------------------------------------------------------

    def insert(self, txn, table):
        row = {c: self.value(table, c, txn) for c in TABLES[table].columns}
        if table == "posting":
            row["id"] = self.index * 1000 + self.lines
        if self.rng.random() < self.bad:
            row.update(self.spoiled(table))
        self.source.insert(txn, table, row)

    def cycle(self, txn):
        """Two parties that refer to each other, under deferred constraints."""
        one = {c: self.value("party", c, txn) for c in TABLES["party"].columns}
        two = {c: self.value("party", c, txn) for c in TABLES["party"].columns}
        if one["id"] == two["id"] or one["party_no"] == two["party_no"]:
            raise Blocked
        one["parent_party_id"], two["parent_party_id"] = two["id"], one["id"]
        self.source.insert(txn, "party", one, check=False)
        self.source.insert(txn, "party", two)

    def taken(self, ident, bk, value):
        return any(
            i[0] == ident[0] and i != ident and row[bk] == value
            for i, row in self.source.rows.items()
        )

    def update(self, txn, ident):
        table = TABLES[ident[0]]
        free = [c for c in table.columns if c not in table.pk and c != table.bk]
        count = self.rng.choice((0, 1, 1, 1, 2))
        columns = self.rng.sample(free, min(count, len(free)))
        new = {c: self.value(ident[0], c, txn) for c in columns}
        if ident in self.past and self.rng.random() < 0.3:
            new = {c: self.past[ident][c] for c in free}  # as it was: equal to a predecessor
        elif columns:
            self.past[ident] = self.source.rows[ident]
            if self.rng.random() < self.bad:
                new.update(self.spoiled(ident[0]))
        self.source.update(txn, ident, new)

    def change_bk(self, txn, ident):
        bk = TABLES[ident[0]].bk
        if bk is None or bk in TABLES[ident[0]].pk:
            raise Blocked
        new = {bk: self.value(ident[0], bk, txn)}
        if self.rng.random() < 0.3:
            column = self.rng.choice(TABLES[ident[0]].columns)
            if column not in TABLES[ident[0]].pk:
                new.setdefault(column, self.value(ident[0], column, txn))
        self.source.update(txn, ident, new)

    def swap(self, txn, ident):
        """Two rows exchange business keys: through a third value, or deferred."""
        table, bk = ident[0], TABLES[ident[0]].bk
        others = [i for i in self.source.visible(txn, table) if i != ident]
        if bk is None or bk in TABLES[table].pk or not others:
            raise Blocked
        other = self.rng.choice(others)
        one, two = self.source.rows[ident][bk], self.source.rows[other][bk]
        if self.rng.random() < 0.5:
            self.source.update(txn, ident, {bk: f"h{self.index}-tmp"})
        else:
            self.source.update(txn, ident, {bk: two})
        self.source.update(txn, other, {bk: one})
        if self.source.rows[ident][bk] != two:
            self.source.update(txn, ident, {bk: two})

    def replace(self, txn, ident):
        """Delete and insert again: the same primary key or the same business key, or both."""
        table = TABLES[ident[0]]
        old = dict(self.source.rows[ident])
        self.source.delete(txn, ident)
        row = {c: self.value(ident[0], c, txn) for c in table.columns}
        choice = self.rng.randrange(3)
        if choice != 1:
            row.update((c, old[c]) for c in table.pk)
        if choice != 0 and table.bk:
            row[table.bk] = old[table.bk]
        self.source.insert(txn, ident[0], row)

    def change_pk(self, txn, ident):
        table = TABLES[ident[0]]
        if table.immutable:
            raise Blocked
        own = [c for c in table.pk if c not in table.foreign or len(table.pk) > 1]
        if not own:
            raise Blocked
        column = self.rng.choice(own)
        new = {column: self.value(ident[0], column, txn)}
        if self.rng.random() < 0.25:
            if table.bk:
                new.setdefault(table.bk, self.value(ident[0], table.bk, txn))
            else:
                free = [c for c in table.columns if c not in table.pk]
                if free:
                    change = self.rng.choice(free)
                    new[change] = self.value(ident[0], change, txn)
        if all(self.source.rows[ident][c] == v for c, v in new.items() if c in table.pk):
            raise Blocked
        self.source.change_pk(txn, ident, new)

    def operation(self, txn):
        """One random operation; undone if it would wait or break a constraint."""
        savepoint = len(txn.undo), len(txn.changes)
        rng = self.rng
        table = rng.choice(self.focus)
        try:
            found = [i for i in self.source.visible(txn, table)]
            if not found or rng.random() < 0.2:
                if table == "party" and rng.random() < 0.2:
                    self.cycle(txn)
                else:
                    self.insert(txn, table)
            else:
                ident = rng.choice(found)
                if TABLES[table].immutable:
                    raise Blocked
                actions = [self.update] * 6 + [self.change_bk] * 2 + [self.change_pk] * 2
                actions += [self.swap, self.replace, self.source_delete]
                rng.choice(actions)(txn, ident)
            self.unique(txn)
        except Blocked:
            self.source.rollback(txn, savepoint)

    def source_delete(self, txn, ident):
        self.source.delete(txn, ident)

    def unique(self, txn):
        """Business keys are unique after each operation."""
        seen = {}
        for ident, row in self.source.rows.items():
            bk = TABLES[ident[0]].bk
            if bk and seen.setdefault((ident[0], row[bk]), ident) != ident:
                raise Blocked

    # -- the walk -------------------------------------------------------------------------

    def finish(self, txn):
        self.open.remove(txn)
        if self.rng.random() < 0.1 or not self.source.consistent(txn):
            self.source.rollback(txn)
            return
        end, ts = self.source.commit(txn)
        if self.streaming:
            self.connector.stream(txn, end, ts)

    def step(self):
        rng = self.rng
        if len(self.open) < 3 and (not self.open or rng.random() < 0.3):
            self.open.append(self.source.begin())
        txn = rng.choice(self.open)
        for _ in range(rng.choice((1, 1, 2, 4))):
            self.operation(txn)
        if rng.random() < 0.5:
            self.finish(txn)

    def special(self):
        """What the connector does beside streaming."""
        connector, rng = self.connector, self.rng
        if connector.paused is not None:
            if rng.random() < 0.4:
                connector.resume()
        elif connector.window is not None:
            if rng.random() < 0.4:
                connector.close_window()
        elif rng.random() < 0.05:
            connector.pause()
            if not self.options.shared_positions:
                connector.resume()
        elif rng.random() < 0.05:
            connector.open_window()
        elif rng.random() < 0.02:
            connector.heartbeat()

    def run(self):
        rng = self.rng
        for _ in range(rng.choice((0, 0, 3, 8))):
            self.step()
        self.source.advance()
        self.connector.snapshot(None, self.source.lsn)
        self.streaming = True
        self.source.advance()
        for _ in range(rng.randrange(*self.options.steps)):
            self.step()
            self.special()
        for txn in list(self.open):
            self.finish(txn)
        if self.connector.paused is not None:
            self.connector.resume()
        if self.connector.window is not None:
            self.connector.close_window()
        return self.connector.log


def processed(message, lsn):
    """A message of the first transaction as sent again: null has become an LSN."""
    value, own = message["first"]
    again = dict(value, source=dict(value["source"], sequence=compact([str(lsn), str(own)])))
    return dict(message, value=compact(again))


def runs(rng, log):
    """A chain of runs over the log: what Kafka gets when Connect dies now and then.

    A run ends anywhere and the next one starts anywhere at or before that end.
    """
    crashes = rng.choice((0, 0, 1, 1, 2, 4)) if log else 0
    stops = sorted(rng.randrange(len(log)) for _ in range(crashes))
    start = 0
    out = []
    for stop in stops:
        stop = max(stop, start)
        out.extend(log[start:stop])
        start = max(0, stop - rng.choice((0, 1, 3, 10, stop)))
        sent = [m["first"][1] for m in out if m.get("first")]
        if sent and rng.random() < 0.7:
            log = log[:start] + [
                processed(m, max(sent)) if m.get("first") else m for m in log[start:]
            ]
    out.extend(log[start:])
    return out


def history(seed, index, options):
    """The partitions of one history: {(topic, partition): [message, …]} in offset order."""
    walk = History(seed, index, options)
    log = walk.run()
    rng = walk.rng
    partitions = {name: rng.randrange(1, 4) for name in TABLES}
    split = {}
    together = rng.random() < 0.5  # one restart seen by all partitions, or each its own
    for message in runs(rng, log) if together else log:
        name = message["table"]
        if name is None:
            place = "__debezium-heartbeat.prop", index * 4
        else:
            part = partition_of(message, partitions[name])
            place = f"prop.public.{name}", index * 4 + part
        split.setdefault(place, []).append(message)
    if not together:
        split = {place: runs(rng, sent) for place, sent in split.items()}
    if options.garbage:
        spoiler = random.Random(f"{seed}/{index}/garbage")
        rate = spoiler.choice((0, 0, 0.02, 0.15))
        split = {place: spoil(spoiler, index, place, sent, rate) for place, sent in split.items()}
    return {
        place: [wire(*place, offset, message) for offset, message in enumerate(sent)]
        for place, sent in split.items()
    }


def wire(topic, partition, offset, message):
    """A message as ingest_batch() takes it."""
    return {
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "timestamp": 1_790_000_000_000 + offset,
        "key": message["key"],
        "value": message["value"],
        "headers": message["headers"],
        "garbage": message.get("garbage"),
    }


def deliver(seed, histories):
    """All messages of all partitions in one random order that keeps each partition's.

    `histories` is {index: partitions}; the order within one does not depend on the others.
    """
    timed = []
    for index, partitions in histories.items():
        rng = random.Random(f"{seed}/{index}/delivery")
        for messages in partitions.values():
            style = rng.randrange(4)
            if style == 0:  # early, or late, at once
                start, width = rng.choice((0.0, 0.95)), 0.05
            elif style == 1:
                start, width = rng.random() * 0.8, 0.2
            else:
                start, width = 0.0, 1.0
            times = sorted(start + width * rng.random() for _ in messages)
            timed.extend(zip(times, messages))
    timed.sort(key=lambda item: item[0])
    return [message for _, message in timed]
