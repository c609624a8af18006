"""A vault in memory, so that generator, reference and mutants can be tested without the engine.

It reads the delivered messages one after another, keeps every version of every source row, and
works the history out at the end, row by row.  The planted bugs are those of the
engine, but for one: it lies in how held messages are applied.
"""

import datetime
import decimal
import json

from source import PLACEHOLDER, TABLES

ZERO = "(zero)"
HUBS = {"branch": "branch_no", "currency": "code", "party": "party_no", "account": "account_no"}
EPOCH = datetime.date(1970, 1, 1)
#: link, its satellite, its foreign key column, the parent's table
REFERENCES = {
    "party": [("party_parent", "party_parent_eff", "parent_party_id", "party")],
    "account": [
        ("account_party", "account_party_eff", "party_id", "party"),
        ("account_fee", "account_fee_eff", "fee_code", "currency"),
        ("account_branch", "account_branch_eff", "branch_id", "branch"),
    ],
}
ATTRIBUTES = {
    "currency": ("currency_details", ["name"]),
    "party": ("party_details", ["name", "notes"]),
    "person": ("person_details", ["birth_date", "tax_id", "bio"]),
    "account": ("account_details", ["status", "notes"]),
    "account_holder": ("holder_details", ["since"]),
    "branch": ("branch_status", []),
    "membership": ("membership_status", []),
}


def text(column, value):
    """A value as the vault's columns print it."""
    if value is None:
        return None
    if column in ("birth_date", "since"):
        return (EPOCH + datetime.timedelta(days=value)).isoformat()
    if column in ("credit_limit", "amount"):
        return str(decimal.Decimal(value).quantize(decimal.Decimal("0.01")))
    return value


class Version:
    __slots__ = ("pos", "op", "row", "applied", "oldpk", "snapshot")

    def __init__(self, pos, op, row, applied, oldpk):
        self.pos, self.op, self.row, self.applied, self.oldpk = pos, op, row, applied, oldpk

    @property
    def live(self):
        return self.op != "d"


class NaiveVault:
    def __init__(self, mutant=None):
        self.mutant = mutant
        self.rows = {}  # (table, pk) -> [Version, …]
        self.seen = {}  # ident -> greatest LSN, and the transaction if that was a delete
        self.hubs = {(hub, ZERO) for hub in HUBS}
        self.links = set()
        self.history = []

    # -- arrival --------------------------------------------------------------------------

    def ingest(self, messages):
        for message in messages:
            table = message["topic"].rsplit(".", 1)[1]
            if table not in TABLES:
                continue
            key = json.loads(message["key"])
            ident = table, tuple(key[c] for c in TABLES[table].pk)
            if message["value"] is None:
                if self.mutant == "tombstone_delete":
                    self.tombstone(ident)
                continue
            self.event(ident, json.loads(message["value"]), dict(message["headers"]))

    def tombstone(self, ident):
        newest = max(self.rows.get(ident, ()), key=lambda v: v.pos, default=None)
        if newest is not None and newest.live:
            pos = newest.pos[:3] + (254,)
            self.rows[ident].append(Version(pos, "d", None, newest.applied, None))

    def event(self, ident, value, headers):
        source = value["source"]
        sequence = json.loads(source["sequence"])
        commit = None if sequence[0] is None else int(sequence[0])
        lsn = int(sequence[1])
        kind = source["snapshot"]
        oldkey = headers.get("__debezium.oldkey")
        half = 0 if oldkey is None else 1
        versions = self.rows.setdefault(ident, [])
        newest = max((v.pos for v in versions), default=(0, 0, 0, 0))
        resend = self.mutant == "resend_applies"
        if kind == "false":
            seen, deleted_by = self.seen.get(ident, (0, None))
            pos = max(newest[0], commit or 0), 1, lsn, half
            waited = (
                value["op"] == "c"
                and deleted_by not in (None, source["txId"])
                and (commit or 0) > seen
                and pos > newest
                and self.mutant != "lsn_repeats"
            )
            if lsn <= seen and not waited and not resend:
                return
            if lsn >= seen:
                self.seen[ident] = lsn, source["txId"] if value["op"] == "d" else None
            if resend:
                pos = max(newest[0], commit or 0), 1, max(lsn, newest[2] + 1), half
        else:
            stage = 1 if kind == "incremental" else 0
            pos = lsn if commit is None else commit, stage, lsn, half
            if pos <= newest and not (resend and pos != newest):
                return
        if self.mutant == "lsn_order":
            pos = 0, pos[1], lsn, half
            pos = 0, 0, lsn, half
            if any(v.pos == pos for v in versions):
                return
        if self.mutant == "snapshot_stage":
            pos = (pos[0], 1 - pos[1]) + pos[2:]
        row = value["after"]
        if self.mutant == "drop_parked" and row is not None and self.parked(ident, row):
            return
        oldpk = None
        if oldkey is not None:
            old = json.loads(oldkey)
            oldpk = tuple(old[c] for c in TABLES[ident[0]].pk)
        versions.append(Version(pos, value["op"], row, source["ts_us"], oldpk))

    def parked(self, ident, row):
        return any(
            row[column] is not None
            and column != "currency_code"
            and (parent, (row[column],)) not in self.rows
            for column, (parent, _) in TABLES[ident[0]].foreign.items()
        )

    # -- the end --------------------------------------------------------------------------

    def fill(self, ident, at):
        """The row of a version with its placeholders resolved."""
        versions = self.rows[ident]
        version = versions[at]
        if version.row is None or PLACEHOLDER not in version.row.values():
            return version.row
        if version.oldpk is not None:
            ident = ident[0], version.oldpk
            versions = self.rows[ident]
            lsn = version.pos[2]
            at = next((i for i, v in enumerate(versions) if v.pos[2] == lsn), len(versions))
        if self.mutant == "newest_toast":
            known = [v.row for v in versions if v.row and PLACEHOLDER not in v.row.values()]
            before = known[-1] if known else {}
        else:
            before = self.fill(ident, at - 1) if at > 0 else {}
        before = before or {}
        version.row = {
            c: before.get(c) if v == PLACEHOLDER else v for c, v in version.row.items()
        }
        return version.row

    def anchor(self, table, value):
        if value is None:
            return ZERO
        versions = self.rows.get((table, (value,)), ())
        order = reversed(versions) if self.mutant == "fk_current" else versions
        for version in order:
            if version.live:
                return version.row[HUBS[table]]
        return ZERO

    def own(self, table, row):
        if table in HUBS:
            return row[HUBS[table]]
        if table == "person":
            return self.anchor("party", row["party_id"])
        if table == "membership":
            return " | ".join(
                (self.anchor("party", row["party_id"]), self.anchor("branch", row["branch_id"]))
            )
        account, party = self.anchor("account", row["account_id"]), row["party_id"]
        return " | ".join((account, self.anchor("party", party), row["role"]))

    def finish(self):
        for versions in self.rows.values():
            versions.sort(key=lambda v: v.pos)
        for ident, versions in self.rows.items():
            for i in range(len(versions)):
                self.fill(ident, i)
        for ident, versions in self.rows.items():
            if ident[0] == "posting":
                self.postings(versions)
            else:
                self.row_history(ident, versions)

    def postings(self, versions):
        for version in versions:
            row = version.row
            key = " | ".join(
                (
                    self.anchor("account", row["debit_id"]),
                    self.anchor("account", row["credit_id"]),
                    row["transfer_no"],
                    str(row["line"]),
                )
            )
            attrs = {"amount": text("amount", row["amount"]), "note": row["note"]}
            self.links.add(("posting", key, json.dumps(attrs)))

    def states(self, table, version, own, anchor, origin):
        """(satellite, key, attributes) of a live version; absent ones left out."""
        row = version.row
        sat, columns = ATTRIBUTES[table]
        yield sat, own, {c: text(c, row[c]) for c in columns}
        for _, effectivity, column, parent in REFERENCES.get(table, ()):
            yield effectivity, f"{own} | {self.anchor(parent, row[column])}", {}
        if table == "account":
            limit = text("credit_limit", row["credit_limit"])
            yield "account_terms", f"{own} | {row['currency_code']}", {"credit_limit": limit}
        if table in HUBS:
            same = {f"same_{table}_hk": own}
            if own != anchor:
                yield table + "_same_as", anchor, same
            if origin is not None and origin not in (own, anchor):
                yield table + "_same_as origin", origin, same

    def row_history(self, ident, versions):
        table, pk = ident
        anchor = origin = None
        before = {}
        for version in versions:
            now = {}
            if version.live:
                own = self.own(table, version.row)
                anchor = anchor or own
                if version.oldpk is not None and table in HUBS:
                    origin = self.anchor(table, version.oldpk[0])
                for sat, key, attrs in self.states(table, version, own, anchor, origin):
                    now[sat] = key, attrs
                    self.seen_key(table, sat, key)
                if table in HUBS:
                    self.hubs.add((table, own))
                if table == "account":
                    self.hubs.add(("currency", version.row["currency_code"]))
            else:
                origin = None
            for sat in before.keys() | now.keys():
                old, new = before.get(sat), now.get(sat)
                if old is not None and (new is None or new[0] != old[0]):
                    if new is None or self.mutant != "no_end_on_move":
                        self.add(sat, old[0], ident, version, None)
                if new is not None and new != old:
                    self.add(sat, new[0], ident, version, new[1])
            before = now

    def seen_key(self, table, sat, key):
        if sat.endswith("_eff"):
            self.links.add((sat[:-4], key, "{}"))
        elif sat == "account_terms":
            self.links.add(("account_currency", key, "{}"))
        elif table in ("account_holder", "membership"):
            self.links.add((table, key, "{}"))

    def add(self, sat, key, ident, version, attrs):
        row = " | ".join(str(v) for v in ident[1])
        self.history.append(
            (sat.split(" ")[0], key, ident[0], row, *version.pos, version.applied,
             attrs is not None, None if attrs is None else json.dumps(attrs))
        )
