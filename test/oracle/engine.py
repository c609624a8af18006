"""The extension under test: delivery through ingest_batch(), and its tables as texts.

Everything the reference knows is text: `EngineVault.collect` translates the vault's hash keys back
through its own hubs and links, and row keys through hash_key() of the primary keys delivered.
"""

import json
import os
import pathlib

import psycopg2

HERE = pathlib.Path(__file__).resolve().parent
#: Types that refuse some of the generated values, and what they are widened to.
WIDER = {
    "varchar(10)": "varchar(40)",
    "varchar(16)": "varchar(40)",
    "varchar(20)": "varchar(40)",
    "numeric(8,2)": "numeric(12,2)",
}
#: satellite: source table, and whether it hangs on a link
SATELLITES = {
    "branch_status": "branch",
    "branch_same_as": "branch",
    "currency_details": "currency",
    "currency_same_as": "currency",
    "party_details": "party",
    "party_parent_eff": "party",
    "party_same_as": "party",
    "person_details": "person",
    "account_details": "account",
    "account_terms": "account",
    "account_party_eff": "account",
    "account_fee_eff": "account",
    "account_branch_eff": "account",
    "account_same_as": "account",
    "holder_details": "account_holder",
    "membership_status": "membership",
}
#: hubs and links of satellites whose names do not tell
PARENTS = {
    "person_details": "party",
    "account_terms": "account_currency",
    "holder_details": "account_holder",
}
SUFFIXES = ("_details", "_status", "_same_as", "_eff")
ROW_KEYS = {
    "branch": "(pk::bigint)",
    "currency": "(pk)",
    "party": "(pk::bigint)",
    "person": "(pk::bigint)",
    "account": "(pk::bigint)",
    "account_holder": "(split_part(pk, ' | ', 1)::bigint, split_part(pk, ' | ', 2)::bigint,"
    " split_part(pk, ' | ', 3))",
    "membership": "(split_part(pk, ' | ', 1)::bigint, split_part(pk, ' | ', 2)::bigint)",
}


def parent_of(satellite):
    if satellite in PARENTS:
        return PARENTS[satellite]
    for suffix in SUFFIXES:
        if satellite.endswith(suffix):
            return satellite[: -len(suffix)]
    raise KeyError(satellite)


def widened(document):
    text = json.dumps(document)
    for narrow, wide in WIDER.items():
        text = text.replace(narrow, wide)
    return json.loads(text)


def column(declaration):
    """The name in a "name type" declaration."""
    return declaration.split()[0]


class EngineVault:
    """One round: a model and schemas of its own, dropped by close()."""

    rounds = 0

    def __init__(self, dsn, mutant, rng):
        self.rng = rng
        EngineVault.rounds += 1
        self.document = json.loads((HERE / "model.json").read_text())
        self.name = f"oracle_{os.getpid()}_{EngineVault.rounds}"
        self.document["name"] = self.document["schema"] = self.name
        self.sessions = [self.connect(dsn, mutant) for _ in range(2)]
        self.apply_model(self.document)

    def connect(self, dsn, mutant):
        session = psycopg2.connect(dsn)
        cursor = session.cursor()
        cursor.execute("SET client_min_messages = warning")
        cursor.execute("LOAD 'datavault'")
        if mutant is not None:
            cursor.execute("SELECT 1 FROM pg_settings WHERE name = 'datavault.mutant'")
            if cursor.fetchone() is None:
                raise SystemExit("this build has no planted bugs: make with -DDV_MUTANTS")
            cursor.execute("SELECT set_config('datavault.mutant', %s, false)", (mutant,))
        session.commit()
        return session

    def query(self, sql, *arguments):
        """One statement in a transaction of its own."""
        with self.sessions[0] as session, session.cursor() as cursor:
            cursor.execute(sql, arguments or None)
            return cursor.fetchall()

    def apply_model(self, document):
        self.query("SELECT datavault.apply_model(%s::jsonb)", json.dumps(document))

    def close(self):
        """Drop the model."""
        for session in self.sessions:
            session.rollback()
        with self.sessions[0] as session, session.cursor() as cursor:
            cursor.execute("SELECT datavault.drop_model(%s, true)", (self.name,))
            cursor.execute(f'DROP SCHEMA IF EXISTS "{self.name}", "{self.name}_state" CASCADE')
        for session in self.sessions:
            session.close()

    # -- delivery -------------------------------------------------------------------------

    def deliver(self, messages):
        """Everything, in batches of random size; returns what went wrong."""
        rng = self.rng
        at = 0
        while at < len(messages):
            size = rng.choice((1, 3, 20, 100, 400, 400, 1500))
            batch = messages[at : at + size]
            at += size
            text = json.dumps([{k: v for k, v in m.items() if k != "garbage"} for m in batch])
            if rng.random() < 0.1:  # a crash before the commit
                self.batch(rng.choice(self.sessions), text, commit=False)
            self.batch(rng.choice(self.sessions), text)
            if rng.random() < 0.05:
                self.query("SELECT * FROM datavault.retry_rejects(%s)", self.name)
        return self.settle() + self.rubbish([m for m in messages if m["garbage"]])

    def batch(self, session, text, commit=True):
        with session.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM datavault.ingest_batch(%s, %s::jsonb)", (self.name, text)
            )
        if commit:
            session.commit()
        else:
            session.rollback()

    def settle(self):
        """Widen the types and retry until nothing moves any more."""
        self.apply_model(widened(self.document))
        held = None
        while True:
            self.query("SELECT * FROM datavault.retry_rejects(%s)", self.name)
            now = self.query("SELECT count(*) FROM datavault.held")[0][0]
            if now == held or now == 0:
                break
            held = now
        faults = []
        for table in ROW_KEYS:
            rows = self.query(
                f'SELECT row_key FROM "{self.name}_state"."public_{table}" s'
                " WHERE NOT EXISTS (SELECT FROM datavault.held h WHERE h.row_key = s.row_key)"
                " GROUP BY row_key HAVING count(*) > 1 OR bool_or(pending) LIMIT 3"
            )
            faults += [f"row state of {table} not pruned: {row[0]}" for row in rows]
        return faults

    def rubbish(self, garbage):
        """Exactly the garbage that must be is held, and rejected; the rest was skipped."""
        held = {}
        for topic, partition, offset, reason, text in self.query(
            'SELECT topic, "partition", "offset", reason, left(h::text, 400) FROM datavault.held h'
        ):
            held[topic, partition, offset] = reason, text
        expected = {
            (m["topic"], m["partition"], m["offset"]) for m in garbage if m["garbage"] == "reject"
        }
        surplus = [text for place, (_, text) in held.items() if place not in expected]
        waiting = [text for place, (reason, text) in held.items() if reason != "rejected"]
        lost = expected - set(held)
        return (
            [f"held: {text}" for text in surplus[:10]]
            + [f"garbage waits: {text}" for text in waiting[:10] if text not in surplus]
            + [f"garbage was not rejected: {place}" for place in list(lost)[:10]]
        )

    # -- what is in the vault ---------------------------------------------------------------

    def collect(self, cursor):
        """Fill oracle.actual*; needs oracle.version (the delivered primary keys)."""
        cursor.execute(
            "CREATE TEMP TABLE key_text (name text, hk uuid, key text) ON COMMIT DROP;"
            "CREATE TEMP TABLE row_text (tab text, row_key uuid, pk text) ON COMMIT DROP"
        )
        for table, arguments in ROW_KEYS.items():
            cursor.execute(
                f"INSERT INTO row_text SELECT DISTINCT tab, datavault.hash_key{arguments}, pk"
                " FROM oracle.version WHERE tab = %s",
                (table,),
            )
        for hub, spec in self.document["hubs"].items():
            bk = column(spec["business_key"][0])
            cursor.execute(
                f"INSERT INTO key_text SELECT '{hub}', {hub}_hk, coalesce({bk}, '(zero)')"
                f' FROM "{self.name}".{hub}'
            )
        cursor.execute("INSERT INTO oracle.actual_hub SELECT name, key FROM key_text")
        cursor.execute("ANALYZE key_text")
        for link in self.document["links"]:
            self.collect_link(cursor, link)
        cursor.execute("CREATE INDEX ON key_text (hk); ANALYZE key_text; ANALYZE row_text")
        for satellite in SATELLITES:
            self.collect_satellite(cursor, satellite)

    def collect_link(self, cursor, link):
        spec = self.document["links"][link]
        parts, joins = [], []
        for role in spec["hubs"]:
            name, hub = (role, role) if isinstance(role, str) else (role["role"], role["hub"])
            joins.append(
                f" LEFT JOIN key_text r_{name} ON r_{name}.name = '{hub}'"
                f" AND r_{name}.hk = l.{name}_hk"
            )
            parts.append(f"coalesce(r_{name}.key, '?' || l.{name}_hk)")
        parts += [f"l.{column(c)}::text" for c in spec.get("dependent_keys", [])]
        attributes = ", ".join(
            f"'{column(c)}', l.{column(c)}::text" for c in spec.get("attributes", [])
        )
        key = " || ' | ' || ".join(parts)
        cursor.execute(
            f"CREATE TEMP TABLE a_link ON COMMIT DROP AS SELECT l.{link}_hk AS hk, {key} AS key,"
            f' jsonb_build_object({attributes}) AS attrs FROM "{self.name}".{link} l'
            + "".join(joins)
        )
        cursor.execute(
            f"INSERT INTO oracle.actual_link SELECT '{link}', key, attrs FROM a_link;"
            f"INSERT INTO key_text SELECT '{link}', hk, key FROM a_link; DROP TABLE a_link"
        )

    def collect_satellite(self, cursor, satellite):
        parent, table = parent_of(satellite), SATELLITES[satellite]
        spec = self.document["satellites"].get(satellite, {"columns": []})
        attributes = ", ".join(
            f"'{column(c)}', s.{column(c)}::text" for c in spec["columns"]
        )
        join = ""
        if satellite.endswith("_same_as"):
            attributes = f"'same_{parent}_hk', coalesce(k2.key, '?' || s.same_{parent}_hk)"
            join = (
                f" LEFT JOIN key_text k2 ON k2.name = '{parent}'"
                f" AND k2.hk = s.same_{parent}_hk"
            )
        part = "split_part(s.position::text, '/', {})::numeric".format
        cursor.execute(
            f"INSERT INTO oracle.actual SELECT '{satellite}',"
            f" coalesce(k.key, '?' || s.{parent}_hk), '{table}',"
            f" coalesce(r.pk, '?' || s.row_key),"
            f" {part(2)}, {part(3)}, {part(4)}, {part(5)},"
            " (extract(epoch FROM s.applied_dts) * 1000000)::bigint,"
            " s.operation NOT IN ('d', 'k'),"
            " CASE WHEN s.operation NOT IN ('d', 'k')"
            f" THEN jsonb_build_object({attributes}) END"
            f' FROM "{self.name}".{satellite} s'
            f" LEFT JOIN key_text k ON k.name = '{parent}' AND k.hk = s.{parent}_hk"
            f" LEFT JOIN row_text r ON r.tab = '{table}' AND r.row_key = s.row_key" + join
        )
        self.check_satellite(cursor, satellite, table, spec)

    def check_satellite(self, cursor, satellite, table, spec):
        """What is not part of equality but must hold: hash diffs and record sources."""
        columns = "".join(f", {column(c)}" for c in spec["columns"])
        if satellite.endswith("_same_as"):
            columns = f", same_{parent_of(satellite)}_hk"
        cursor.execute(
            f"SELECT 'hash_diff' FROM (SELECT 1{columns} FROM \"{self.name}\".{satellite}"
            f" WHERE operation NOT IN ('d', 'k') GROUP BY 1{columns}"
            " HAVING count(DISTINCT hash_diff) <> 1 OR bool_or(hash_diff IS NULL) LIMIT 5) x"
            f" UNION ALL SELECT 'ended row with content' FROM \"{self.name}\".{satellite}"
            " WHERE operation IN ('d', 'k') AND hash_diff IS NOT NULL"
            f" UNION ALL SELECT 'record_source' FROM \"{self.name}\".{satellite}"
            f" WHERE record_source <> 'prop.public.{table}' LIMIT 5"
        )
        for (what,) in cursor.fetchall():
            raise AssertionError(f"{satellite}: wrong {what}")
