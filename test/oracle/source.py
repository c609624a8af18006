"""A small source database, its write-ahead log, and a Debezium connector over it.

`Source` keeps rows, runs interleaved transactions under row locks, and gives every change an
LSN; `Connector` turns that into messages: whole transactions in commit order, snapshots of three
kinds, heartbeats.  Nothing here knows what a vault is.
"""

import json
import zlib

PLACEHOLDER = "__debezium_unavailable_value"
CONNECTOR = "prop"


class Table:
    """A source table: columns, primary key, foreign keys, out-of-line columns."""

    def __init__(self, columns, pk, foreign=None, toast=(), bk=None, immutable=False):
        self.columns = columns
        self.pk = pk
        self.foreign = foreign or {}  # column -> (table, required)
        self.toast = toast
        self.bk = bk
        self.immutable = immutable


TABLES = {
    "branch": Table(["id", "branch_no"], ["id"], bk="branch_no"),
    "currency": Table(["code", "name"], ["code"], bk="code"),
    "party": Table(
        ["id", "party_no", "name", "notes", "parent_party_id"],
        ["id"],
        {"parent_party_id": ("party", False)},
        ["notes"],
        "party_no",
    ),
    "person": Table(
        ["party_id", "birth_date", "tax_id", "bio"],
        ["party_id"],
        {"party_id": ("party", True)},
        ["bio"],
    ),
    "account": Table(
        [
            "id",
            "account_no",
            "party_id",
            "currency_code",
            "fee_code",
            "branch_id",
            "status",
            "credit_limit",
            "notes",
        ],
        ["id"],
        {
            "party_id": ("party", True),
            "currency_code": ("currency", True),
            "fee_code": ("currency", False),
            "branch_id": ("branch", False),
        },
        ["notes"],
        "account_no",
    ),
    "account_holder": Table(
        ["account_id", "party_id", "role", "since"],
        ["account_id", "party_id", "role"],
        {"account_id": ("account", True), "party_id": ("party", True)},
    ),
    "membership": Table(
        ["party_id", "branch_id"],
        ["party_id", "branch_id"],
        {"party_id": ("party", True), "branch_id": ("branch", True)},
    ),
    "posting": Table(
        ["id", "transfer_no", "line", "debit_id", "credit_id", "amount", "note"],
        ["id"],
        {"debit_id": ("account", True), "credit_id": ("account", True)},
        immutable=True,
    ),
}

#: NOT NULL columns and what Debezium invents for them in a `before` image.
FILLER = {"branch_no": "", "party_no": "", "account_no": "", "party_id": 0, "currency_code": ""}


class Blocked(Exception):
    """The operation would wait for another transaction's lock, or break a constraint."""


class Change:
    """One WAL record of a row."""

    __slots__ = ("lsn", "op", "table", "pk", "row", "touched", "oldpk", "newpk")

    def __init__(self, lsn, op, table, pk, row=None, touched=None, oldpk=None, newpk=None):
        self.lsn, self.op, self.table, self.pk = lsn, op, table, pk
        self.row, self.touched, self.oldpk, self.newpk = row, touched, oldpk, newpk


class Transaction:
    def __init__(self, xid, start):
        self.xid = xid
        self.start = start  # LSN
        self.changes = []
        self.undo = []


class Source:
    """Rows, locks and transactions.  READ COMMITTED, without waiting: Blocked instead."""

    def __init__(self, rng, lsn):
        self.rng = rng
        self.lsn = lsn
        self.clock = 1_790_000_000_000_000 + rng.randrange(10**12)
        self.rows = {}  # (table, pk) -> row, with uncommitted changes in place
        self.committed = {}
        self.locks = {}  # (table, pk) -> (transaction, key lock?)
        self.shares = {}  # (table, pk) -> set of transactions
        self.keys = {}  # (table, business key) -> transaction
        self.gone = {}  # (table, pk) -> LSN of its last committed delete
        self.written = {}  # (table, pk) -> LSN of the last commit of a change
        self.xid = 700

    def advance(self):
        self.lsn += self.rng.randrange(40, 400, 8)
        return self.lsn

    def now(self):
        """Commit times: mostly forward, sometimes equal, sometimes back."""
        self.clock += self.rng.choice((0, 1, 977, 1_000_003, 60_000_000, -1_500_000))
        return self.clock

    def begin(self):
        self.xid += 1
        return Transaction(self.xid, self.lsn)

    def visible(self, txn, table):
        """Keys of rows that a transaction may refer to."""
        found = []
        for ident in self.rows:
            if ident[0] == table:
                lock = self.locks.get(ident)
                if lock is None or lock[0] is txn or not lock[1]:
                    found.append(ident)
        return found

    def lock(self, txn, ident, key):
        held = self.locks.get(ident)
        if held is not None and held[0] is not txn:
            raise Blocked
        if key and any(t is not txn for t in self.shares.get(ident, ())):
            raise Blocked
        self.locks[ident] = (txn, key or (held is not None and held[1]))

    def lock_business_key(self, txn, table, row):
        bk = TABLES[table].bk
        if bk:
            if self.keys.setdefault((table, row[bk]), txn) is not txn:
                raise Blocked

    def refer(self, txn, table, row):
        """Take the key-share locks of a row's foreign keys."""
        for column, (parent, _) in TABLES[table].foreign.items():
            if row[column] is None:
                continue
            ident = (parent, (row[column],))
            if ident not in self.rows:
                raise Blocked
            held = self.locks.get(ident)
            if held is not None and held[0] is not txn and held[1]:
                raise Blocked
            self.shares.setdefault(ident, set()).add(txn)

    def children(self, ident):
        """Rows that refer to this one, as (table, pk, column)."""
        table, pk = ident
        for (other, other_pk), row in list(self.rows.items()):
            for column, (parent, _) in TABLES[other].foreign.items():
                if parent == table and row[column] == pk[0]:
                    yield other, other_pk, column

    def write(self, txn, ident, row):
        """Put a row in place; what its old version referred to must stay, should this be undone."""
        old = self.rows.get(ident)
        txn.undo.append((ident, old))
        if old is not None:
            for column, (parent, _) in TABLES[ident[0]].foreign.items():
                self.shares.setdefault((parent, (old[column],)), set()).add(txn)
        if row is None:
            del self.rows[ident]
        else:
            self.rows[ident] = row

    def lsn_of_new(self, txn, target, old=None):
        """The LSN of a record that makes a new primary key.

        It is written before the key is looked for: where a row of that key was being deleted by
        another transaction, the record waits for that one's commit with an LSN below the delete's.
        """
        gone = self.gone.get(target)
        last = max([txn.start, self.written.get(old, 0)] + [c.lsn for c in txn.changes[-1:]])
        if gone is None or last >= gone - 1 or self.rng.random() < 0.3:
            return self.advance()
        self.gone[target] = gone - 1
        return gone - 1

    def insert(self, txn, table, row, check=True):
        ident = (table, tuple(row[c] for c in TABLES[table].pk))
        if ident in self.rows:
            raise Blocked
        self.lock(txn, ident, True)
        self.lock_business_key(txn, table, row)
        if check:
            self.refer(txn, table, row)
        self.write(txn, ident, row)
        txn.changes.append(Change(self.lsn_of_new(txn, ident), "c", table, ident[1], row))

    def update(self, txn, ident, new, deferred=False):
        """Update a row without changing its primary key."""
        table = ident[0]
        self.lock(txn, ident, False)
        old = self.rows[ident]
        row = {**old, **new}
        if not deferred:
            self.refer(txn, table, row)
        self.lock_business_key(txn, table, old)
        self.lock_business_key(txn, table, row)
        self.write(txn, ident, row)
        touched = {c for c in row if row[c] != old[c]}
        txn.changes.append(Change(self.advance(), "u", table, ident[1], row, touched))

    def delete(self, txn, ident):
        for _ in self.children(ident):
            if _[:2] != ident:
                raise Blocked
        self.lock(txn, ident, True)
        self.lock_business_key(txn, ident[0], self.rows[ident])
        self.write(txn, ident, None)
        txn.changes.append(Change(self.advance(), "d", ident[0], ident[1]))

    def change_pk(self, txn, ident, new):
        """Change a primary key; what refers to it follows (ON UPDATE CASCADE)."""
        table = ident[0]
        old = self.rows[ident]
        row = {**old, **new}
        pk = tuple(row[c] for c in TABLES[table].pk)
        target = (table, pk)
        if target in self.rows:
            raise Blocked
        children = [c for c in self.children(ident) if c[:2] != ident]
        if any(TABLES[c[0]].immutable for c in children):
            raise Blocked
        for child in children:
            self.lock(txn, child[:2], child[2] in TABLES[child[0]].pk)
        self.lock(txn, ident, True)
        self.lock(txn, target, True)
        self.lock_business_key(txn, table, old)
        self.lock_business_key(txn, table, row)
        for column, (parent, _) in TABLES[table].foreign.items():
            if parent == table and (row[column],) == ident[1]:
                row[column] = pk[0]  # refers to itself
        self.refer_other(txn, table, row, target)
        self.write(txn, ident, None)
        self.write(txn, target, row)
        touched = {c for c in row if row[c] != old[c]}
        lsn = self.lsn_of_new(txn, target, ident)
        txn.changes.append(Change(lsn, "d", table, ident[1], newpk=pk))
        txn.changes.append(Change(lsn, "c", table, pk, row, touched, oldpk=ident[1]))
        for other, other_pk, column in children:
            if (other, other_pk) not in self.rows:
                continue  # moved already through another of its columns
            if column in TABLES[other].pk:
                self.change_pk(txn, (other, other_pk), {column: pk[0]})
            else:
                self.update(txn, (other, other_pk), {column: pk[0]})

    def refer_other(self, txn, table, row, target):
        """refer(), for a row that may refer to its own new key."""
        self.rows[target] = row
        try:
            self.refer(txn, table, row)
        finally:
            del self.rows[target]

    def release(self, txn):
        for ident in [i for i, lock in self.locks.items() if lock[0] is txn]:
            del self.locks[ident]
        for key in [k for k, t in self.keys.items() if t is txn]:
            del self.keys[key]
        for holders in self.shares.values():
            holders.discard(txn)

    def rollback(self, txn, savepoint=None):
        """Undo everything, or what came after savepoint = (undo length, changes length)."""
        undo, changes = savepoint or (0, 0)
        while len(txn.undo) > undo:
            ident, row = txn.undo.pop()
            if row is None:
                self.rows.pop(ident, None)
            else:
                self.rows[ident] = row
        del txn.changes[changes:]
        if savepoint is None:
            self.release(txn)

    def consistent(self, txn):
        """Do all references of the rows it wrote hold (deferred constraints)?"""
        for ident, _ in txn.undo:
            row = self.rows.get(ident)
            if row is None:
                continue
            for column, (parent, _) in TABLES[ident[0]].foreign.items():
                if row[column] is not None and (parent, (row[column],)) not in self.rows:
                    return False
        return True

    def commit(self, txn):
        """Returns the LSN after the commit record and the commit time."""
        for ident, _ in txn.undo:
            if ident in self.rows:
                self.committed[ident] = self.rows[ident]
            else:
                self.committed.pop(ident, None)
        self.release(txn)
        self.advance()
        end = self.advance()
        for change in txn.changes:
            ident = change.table, change.pk
            self.written[ident] = end
            if change.op == "d":
                self.gone[ident] = change.lsn
        return end, self.now()


def compact(value):
    return json.dumps(value, separators=(",", ":"))


class Connector:
    """Turns commits and snapshots into messages, in the order Debezium would send them."""

    def __init__(self, source, rng):
        self.source = source
        self.rng = rng
        self.log = []  # dicts: table, key, value, headers, lsn, xid (of the first transaction)
        self.last_commit = None
        self.first_run = True
        self.paused = None  # [(txn, end, time)] while a blocking snapshot runs
        self.window = None  # keys seen while an incremental snapshot's window is open

    def key(self, table, pk):
        return compact(dict(zip(TABLES[table].pk, pk)))

    def emit(self, table, pk, op, row, commit, lsn, ts, **more):
        snapshot = more.get("snapshot", "false")
        before = more.get("before")
        incremental = snapshot == "incremental"
        sequence = [None if commit is None else str(commit), str(lsn)]
        value = {
            "before": before,
            "after": row,
            "source": {
                "version": "3.2.3.Final",
                "connector": "postgresql",
                "name": CONNECTOR,
                "ts_ms": ts // 1000,
                "snapshot": snapshot,
                "db": "bank",
                "sequence": compact(sequence),
                "ts_us": ts,
                "ts_ns": ts * 1000,
                "schema": "public",
                "table": table,
                "txId": None if incremental else more.get("xid", 700),
                "lsn": None if incremental else lsn,
                "xmin": None,
            },
            "transaction": None,
            "op": op,
            "ts_ms": ts // 1000 + 150,
            "ts_us": ts + 150_000,
            "ts_ns": (ts + 150_000) * 1000,
        }
        message = {
            "table": table,
            "key": self.key(table, pk),
            "value": compact(value),
            "headers": more.get("headers", []),
        }
        if more.get("first"):
            message["first"] = (value, lsn)
        self.log.append(message)

    def stream(self, txn, end, ts):
        """One committed transaction; while paused it waits."""
        if self.paused is not None:
            self.paused.append((txn, end, ts))
            return
        for change in txn.changes:
            if self.window is not None:
                self.window.add((change.table, change.pk))
            self.change(txn, change, ts)
        if txn.changes:
            self.last_commit = end

    def change(self, txn, change, ts):
        table = TABLES[change.table]
        more = {"xid": txn.xid, "first": self.last_commit is None}
        if change.op == "d":
            image = {c: FILLER.get(c) for c in table.columns}
            image.update(zip(table.pk, change.pk))
            more["before"] = image
            if change.newpk is not None:
                header = [["__debezium.newkey", self.key(change.table, change.newpk)]]
                more["headers"] = header
            self.emit(
                change.table, change.pk, "d", None, self.last_commit, change.lsn, ts, **more
            )
            self.log.append(
                {
                    "table": change.table,
                    "key": self.key(change.table, change.pk),
                    "value": None,
                    "headers": more.get("headers", []),
                }
            )
            return
        row = dict(change.row)
        if change.touched is not None:
            for column in table.toast:
                if column not in change.touched and long(row[column]):
                    row[column] = PLACEHOLDER
        if change.oldpk is not None:
            more["headers"] = [["__debezium.oldkey", self.key(change.table, change.oldpk)]]
        self.emit(
            change.table, change.pk, change.op, row, self.last_commit, change.lsn, ts, **more
        )

    def snapshot(self, commit, lsn, kind="true"):
        """Initial and blocking: every committed row, in random order of tables."""
        ts = self.source.now()
        tables = list(TABLES)
        self.rng.shuffle(tables)
        rows = sorted(self.source.committed.items(), key=lambda item: tables.index(item[0][0]))
        for i, ((table, pk), row) in enumerate(rows):
            mark = "first" if i == 0 else "last" if i == len(rows) - 1 else kind
            self.emit(table, pk, "r", row, commit, lsn, ts, snapshot=mark)

    def pause(self):
        self.source.advance()
        self.paused = []
        self.pause_at = (self.last_commit, self.source.lsn)

    def resume(self):
        """Read the tables as they are now, then stream what was committed meanwhile."""
        self.snapshot(*self.pause_at)
        waiting, self.paused = self.paused, None
        for item in waiting:
            self.stream(*item)

    def open_window(self):
        self.last_commit = self.source.advance()
        self.window = set()
        rows = list(self.source.committed.items())
        self.rng.shuffle(rows)
        self.chunk = rows[: self.rng.randrange(1, 8)]

    def close_window(self):
        lsn, ts = self.source.advance(), self.source.now()
        for (table, pk), row in self.chunk:
            if (table, pk) not in self.window:
                self.emit(
                    table, pk, "r", row, self.last_commit, lsn, ts, snapshot="incremental"
                )
        self.window = None
        self.last_commit = self.source.advance()

    def heartbeat(self):
        self.log.append(
            {
                "table": None,
                "key": compact({"serverName": CONNECTOR}),
                "value": compact({"ts_ms": self.source.clock // 1000}),
                "headers": [],
            }
        )


def long(value):
    """Is the value stored out of line?  (The bank's long notes; short ones are not.)"""
    return value is not None and value.startswith("~")


def partition_of(message, partitions):
    return zlib.crc32(message["key"].encode()) % partitions
