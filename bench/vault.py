"""The vault under measurement: a model, a subscription, and COPY of the same rows."""

import contextlib
import json
import os
import pathlib
import time

import psycopg2

HUB_COLUMNS = "customer_hk, customer_no, load_dts, record_source"
ATTRIBUTES = {
    "first_name": "text",
    "last_name": "text",
    "birth_date": "date",
    "email": "text",
    "phone": "text",
    "city": "text",
    "status": "varchar(10)",
    "credit_limit": "numeric(12,2)",
    "branch_id": "bigint",
    "updated_at": "timestamptz",
}
TICK = os.sysconf("SC_CLK_TCK")
ZERO = "00000000-0000-0000-0000-000000000000"


def cpu(pid):
    """Processor seconds of a process's first thread: the worker without librdkafka's own."""
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/stat").read_text()
    words = text[text.rindex(")") + 2 :].split()
    return (int(words[11]) + int(words[12])) / TICK


def model(name, with_link):
    """Hub and satellite of customers, with or without the link to their branch."""
    attributes = {k: v for k, v in ATTRIBUTES.items() if k != "branch_id" or not with_link}
    loads = [
        {"hub": "customer", "business_key": ["customer_no"]},
        {"satellite": "customer_details", "columns": list(attributes)},
    ]
    document = {
        "name": name,
        "schema": name,
        "wire": {"decimal": "string", "time": "adaptive"},
        "hubs": {"customer": {"business_key": ["customer_no text"]}},
        "satellites": {
            "customer_details": {
                "of": "customer",
                "columns": [f"{k} {v}" for k, v in attributes.items()],
            }
        },
        "sources": {
            "public.customer": {
                "primary_key": ["id"],
                "columns": {"id": "bigint", "customer_no": "text", **ATTRIBUTES},
                "loads": loads,
            }
        },
    }
    if with_link:
        document["hubs"]["branch"] = {"business_key": ["branch_no text"]}
        document["links"] = {
            "customer_branch": {
                "hubs": ["customer", "branch"],
                "effectivity": {"driving_key": ["customer"]},
            }
        }
        reference = {"foreign_key": ["branch_id"], "references": "public.branch"}
        loads.append(
            {"link": "customer_branch", "hubs": {"customer": "own", "branch": reference}}
        )
        document["sources"]["public.branch"] = {
            "primary_key": ["id"],
            "columns": {"id": "bigint", "branch_no": "text"},
            "loads": [{"hub": "branch", "business_key": ["branch_no"]}],
        }
    return document


class Vault:
    """A database of its own with one model and one subscription."""

    def __init__(self, settings, name, with_link=False):
        self.settings = settings
        self.name = name
        with contextlib.closing(self.connect("postgres")) as db:
            db.cursor().execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            db.cursor().execute(f"CREATE DATABASE {name}")
        self.db = self.connect(name)
        self.cpu = 0.0  # processor seconds of the last consume() or copy()
        self.run("CREATE EXTENSION datavault")
        self.run("SELECT datavault.apply_model(%s)", json.dumps(model(name, with_link)))
        self.run(
            "CREATE SERVER kafka FOREIGN DATA WRAPPER datavault_kafka"
            ' OPTIONS ("bootstrap.servers" %s)',
            settings["bootstrap"],
        )
        self.tables = [
            row[0]
            for row in self.run(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = %s::regnamespace ORDER BY relname",
                name,
            )
        ]
        self.state = [
            row[0]
            for row in self.run(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = %s::regnamespace",
                name + "_state",
            )
        ]
        for table in self.tables + self.state:
            self.run(f"ALTER TABLE {table} SET (autovacuum_analyze_threshold = 1000000000)")

    def connect(self, database):
        db = psycopg2.connect(dbname=database, **self.settings["vault"])
        db.autocommit = True
        return db

    def run(self, statement, *arguments):
        with self.db.cursor() as cursor:
            cursor.execute(statement, arguments or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement, *arguments):
        rows = self.run(statement, *arguments)
        return rows[0][0] if rows else None

    def drop(self):
        self.unsubscribe()
        self.db.close()
        with contextlib.closing(self.connect("postgres")) as db:
            db.cursor().execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    # -- consuming ------------------------------------------------------------------------

    def subscribe(self, topic, **options):
        self.run(
            "SELECT datavault.create_subscription(%s, 'kafka', %s, %s, %s, false)",
            *(self.name, self.name, [topic], json.dumps(options)),
        )

    def unsubscribe(self):
        if self.value("SELECT count(*) FROM datavault.subscription"):
            self.disable()
            self.run("SELECT datavault.drop_subscription(%s)", self.name)

    def pid(self):
        return self.value("SELECT pid FROM datavault.stat_subscription")

    def disable(self):
        self.run("SELECT datavault.disable_subscription(%s)", self.name)
        while self.pid() is not None:
            time.sleep(0.02)

    def offset(self):
        """Next offset of the only partition."""
        return self.value("SELECT next_offset FROM datavault.offset ORDER BY seq DESC LIMIT 1") or 0

    def consume(self, end, watch=None):
        """Start the worker; seconds from its start until everything to `end` is committed."""
        self.run("SELECT datavault.enable_subscription(%s)", self.name)
        pause = time.monotonic() + 1
        while True:
            at = self.offset()
            now = time.time()
            if at >= end:
                break
            if watch:
                watch(at)
            if time.monotonic() > pause:
                pause += 1
                state = self.run("SELECT state, message FROM datavault.stat_subscription")[0]
                if state[0] == "stopped":
                    raise RuntimeError(f"the worker stopped: {state[1]}")
            time.sleep(0.02)
        self.cpu = cpu(self.pid())
        start = self.value(
            "SELECT extract(epoch FROM started_at)::float8 FROM datavault.stat_subscription"
        )
        held = self.value("SELECT count(*) FROM datavault.held")
        if held:
            raise RuntimeError(f"{held} messages were held")
        return now - start

    # -- emptying and copying -------------------------------------------------------------

    def empty(self):
        """As after apply_model: nothing but the zero keys of the hubs."""
        self.unsubscribe()
        for table in self.tables + self.state:
            self.truncate(table)

    def truncate(self, table):
        key = self.value(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum = 1",
            table,
        )
        self.run(f"CREATE TEMP TABLE zero AS SELECT * FROM {table} WHERE {key} = %s", ZERO)
        self.run(f"TRUNCATE {table}")
        self.run(f"INSERT INTO {table} SELECT * FROM zero")
        self.run("DROP TABLE zero")

    def settle(self):
        """Both sides start from the same: nothing to write, nothing to vacuum."""
        self.run("CHECKPOINT")

    def file(self, table):
        return f"{self.settings['files']}/{self.name}.{table.split('.')[-1]}.copy"

    def export(self, queries):
        """Rows to files on the server: {table: query}; returns how many."""
        n = 0
        with self.db.cursor() as cursor:
            for table, query in queries.items():
                cursor.execute(f"COPY ({query}) TO '{self.file(table)}' (FORMAT binary)")
                n += cursor.rowcount
        return n

    def copy(self, tables):
        """COPY BINARY of what was exported: seconds until all is committed."""
        self.run("SET synchronous_commit = off")
        start, used = time.time(), cpu(self.db.info.backend_pid)
        for table, into in tables.items():
            self.run(f"COPY {into} FROM '{self.file(table)}' (FORMAT binary)")
        self.cpu = cpu(self.db.info.backend_pid) - used
        return time.time() - start

    def sizes(self):
        return {
            table: self.value("SELECT pg_total_relation_size(%s)", table)
            for table in self.tables + self.state + ["datavault.offset"]
        }
