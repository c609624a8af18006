"""Bulk mode: a whole bank as files, as a digest, or by COPY into a freshly migrated database."""

import hashlib
import io
import pathlib
import sys
import time

import psycopg2

import parallel
import tables

#: Made after the rows: kept up to date row by row they would cost most of the time.
LATE = ("transfer_debit_account_id_idx", "transfer_credit_account_id_idx", "transfer_card_id_idx", "transfer_merchant_id_idx",
        "ledger_entry_page_idx")
SEQUENCES = {"party_no": "party", "address_no": "address", "merchant_no": "merchant", "account_serial": "account",
             "contract_no": "loan", "standing_order_no": "standing_order"}
IDENTITIES = ("category", "product", "address", "branch", "merchant", "party", "account", "card", "transfer", "loan",
              "standing_order")


class Progress:
    """Tells on stderr what is done: at most a line a second."""

    def __init__(self):
        self.begun = self.shown = time.monotonic()
        self.rows = 0

    def __call__(self, what, rows=0, always=False):
        self.rows += rows
        now = time.monotonic()
        if always or now - self.shown > 1:
            self.shown = now
            print(f"{now - self.begun:7.1f} s  {what:<30}{self.rows:>14,}", file=sys.stderr)


def texts(plan, jobs, progress):
    """All texts of a bank in order, as (table, bytes)."""
    progress("what accounts spend", always=True)
    tables.balanced(plan, jobs)
    for table, text in parallel.run(lambda task: tables.made(plan, task), tables.tasks(plan), jobs):
        progress(table, text.count(b"\n") if table in tables.COLUMNS else 0)
        yield table, text


def write(plan, jobs, out, labels=None):
    """One file a table, out/TABLE.copy, in COPY's text format."""
    progress, out = Progress(), pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    files = {table: open(out / f"{table}.copy", "wb") for table in tables.COLUMNS}
    if labels:
        files["labels"] = open(labels, "wb")
    for table, text in texts(plan, jobs, progress):
        if table in files:
            files[table].write(text)
    for file in files.values():
        file.close()
    print(f"wrote {progress.rows:,} rows in {time.monotonic() - progress.begun:.1f} s")


def digest(plan, jobs):
    """SHA-256 of each file that write() would make, as sha256sum prints it, and of these lines."""
    sums = {table: hashlib.sha256() for table in tables.COLUMNS}
    for table, text in texts(plan, jobs, Progress()):
        if table in sums:
            sums[table].update(text)
    lines = "".join(f"{s.hexdigest()}  {table}.copy\n" for table, s in sums.items())
    return f"{lines}{hashlib.sha256(lines.encode()).hexdigest()}  -"


class Loader:
    """Loads a plan: everything, or nothing when something fails."""

    def __init__(self, plan, dsn, jobs, labels=None):
        self.plan, self.dsn, self.jobs, self.labels = plan, dsn, jobs, labels
        self.progress, self.con = Progress(), None

    def connect(self):
        """A session in which no trigger fires: checks of whole tables stand for them."""
        con = psycopg2.connect(self.dsn, application_name="bank load")
        con.autocommit = True
        with con.cursor() as cur:
            cur.execute("SET timezone = 'UTC'; SET datestyle = 'ISO'; SET synchronous_commit = off; SET work_mem = '128MB';"
                        "SET maintenance_work_mem = '256MB'; SET session_replication_role = replica")
        return con

    def sql(self, query, *args):
        """Run a statement; its rows, if it has any. Each process has a session of its own, made when it is needed."""
        if self.con is None:
            self.con = self.connect()
        with self.con.cursor() as cur:
            cur.execute(query, args or None)
            return cur.fetchall() if cur.description else []

    def copied(self, task):
        """Make and copy a task's rows in one transaction; tells (table, rows)."""
        self.sql("BEGIN")
        for table, text in tables.made(self.plan, task):
            if table == "labels":
                yield table, text
            elif text:
                with self.con.cursor() as cur:
                    cur.copy_expert(f"COPY bank.{table} ({tables.COLUMNS[table]}) FROM STDIN", io.BytesIO(text), 1 << 20)
                    yield table, cur.rowcount
        self.sql("COMMIT")

    def rows(self):
        """Copy everything."""
        self.disconnect()
        labels = open(self.labels, "wb") if self.labels else None
        for table, done in parallel.run(self.copied, tables.tasks(self.plan), self.jobs):
            if table != "labels":
                self.progress(table, done)
            elif labels:
                labels.write(done)
        if labels:
            labels.close()

    def disconnect(self):
        """Before a fork: a session cannot be shared."""
        if self.con:
            self.con.close()
        self.con = None

    def at_once(self, what, queries):
        """Run queries, several at a time; the rows of all of them."""
        self.progress(what, always=True)
        self.disconnect()
        return [row for rows in parallel.run(lambda q: [self.sql(q)], list(queries), self.jobs) for row in rows]

    def late_indexes(self):
        """How to make those that are made later."""
        found = self.sql("SELECT pg_get_indexdef(c.oid) FROM pg_class AS c WHERE c.relname = ANY (%s)"
                         " AND c.relnamespace = 'bank'::regnamespace", list(LATE))
        # of a partitioned table the definition says ONLY, which would leave the partitions without
        return [row[0].replace(" ON ONLY ", " ON ") for row in found]

    def references(self):
        """A query for each table with foreign keys: how many rows refer to nothing, by key."""
        keys = {}
        for table, column, parent, key in self.sql("""
            SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, f.attname
            FROM pg_constraint AS c
            JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            JOIN pg_attribute AS f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[1]
            WHERE c.contype = 'f' AND c.conparentid = 0 AND cardinality(c.conkey) = 1
              AND c.connamespace = 'bank'::regnamespace ORDER BY 1, 2"""):
            keys.setdefault(table, []).append((column, parent, key))
        for table, found in keys.items():
            joins = " ".join(f"LEFT JOIN {p} AS p{k} ON p{k}.{key} = c.{c}" for k, (c, p, key) in enumerate(found))
            names = ", ".join(f"'{table}.{c} refers to nothing in {p}'" for c, p, _ in found)
            counts = ", ".join(f"count(*) FILTER (WHERE c.{c} IS NOT NULL AND p{k}.{key} IS NULL)"
                               for k, (c, _, key) in enumerate(found))
            yield (f"SELECT * FROM (SELECT unnest(ARRAY[{names}]) AS what, unnest(ARRAY[{counts}]) AS n"
                   f" FROM {table} AS c {joins}) AS x WHERE x.n > 0")

    def wrong(self):
        """What constraints and triggers would have refused, and breaches of the ledger's law."""
        subtypes = ("SELECT 'party without its {0}', p.party_id FROM bank.party AS p FULL JOIN bank.{0} AS s USING (party_id)"
                    " WHERE (p.party_type = '{0}') IS DISTINCT FROM (s.party_id IS NOT NULL) LIMIT 5")
        queries = [*self.references()] + [subtypes.format(t) for t in ("person", "organisation")]
        queries.insert(0, "SELECT invariant, key, detail FROM bank.ledger_violations() LIMIT 5")
        return self.at_once("checks", queries)

    def finish(self, indexes):
        """Indexes, sequences, checks."""
        self.at_once("indexes", indexes)
        for table in IDENTITIES:
            self.sql(f"SELECT setval(pg_get_serial_sequence('bank.{table}', '{table}_id'), max({table}_id)) FROM bank.{table}")
        for sequence, table in SEQUENCES.items():
            self.sql(f"SELECT setval('bank.{sequence}_seq', max({table}_id)) FROM bank.{table}")
        self.at_once("statistics", ["ANALYZE"])
        wrong = self.wrong()
        if wrong:
            raise SystemExit(f"the bank does not hold: {wrong[:5]}")

    def empty(self, indexes):
        """Take everything back. Of the application's tables, which refer to parties, only while they are empty."""
        self.disconnect()
        online = self.sql("SELECT DISTINCT c.conrelid::regclass::text FROM pg_constraint AS c WHERE c.contype = 'f'"
                          " AND c.connamespace = 'bank_online'::regnamespace")
        self.sql("TRUNCATE " + ", ".join([f"bank.{table}" for table in tables.COLUMNS] + [row[0] for row in online]))
        for statement in indexes:
            self.sql(statement.replace(" INDEX ", " INDEX IF NOT EXISTS ", 1))

    def run(self):
        """Load everything or nothing."""
        if self.sql("SELECT EXISTS (SELECT FROM bank.currency) OR EXISTS (SELECT FROM bank.party)"
                    " OR EXISTS (SELECT FROM bank_online.app_user) OR EXISTS (SELECT FROM bank_online.audit_event)")[0][0]:
            raise SystemExit("the bank is not empty: load wants a freshly migrated one (createdb, bank/source/migrate)")
        self.progress("what accounts spend", always=True)
        self.disconnect()
        tables.balanced(self.plan, self.jobs)
        indexes = self.late_indexes()
        try:
            for name in LATE:
                self.sql(f"DROP INDEX IF EXISTS bank.{name}")
            self.rows()
            self.finish(indexes)
        except BaseException:
            self.empty(indexes)
            raise
        self.disconnect()
        balances = self.plan.accounts.n + tables.INTERNAL
        took = time.monotonic() - self.progress.begun
        print(f"loaded {self.progress.rows - balances:,} rows and {balances:,} balances in {took:.1f} s")
