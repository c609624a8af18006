"""What the database must say after transfers whose askers wrote down what they were told; and what it is changed to, to see that this would be told."""

import collections
import json

#: Of the run: transfers with all that was asked for
LEDGER = """
    SELECT t.transfer_uuid::text, t.transfer_id, t.debit_account_id, c.account_no::text, t.amount_minor, t.currency_code::text, t.narrative, t.kind::text,
        t.channel::text
    FROM bank.transfer AS t JOIN bank.account AS c ON c.account_id = t.credit_account_id WHERE t.transfer_id > %(base)s
"""
EVENTS = """
    SELECT (e.detail ->> 'transfer_id')::bigint, u.login FROM bank_online.audit_event AS e LEFT JOIN bank_online.app_user AS u ON u.user_id = e.user_id
    WHERE e.event = 'transfer.done' AND e.event_id > %(events)s
"""
#: What the money is: by currency, and that of those who take part; who is beyond the limit
TOTALS = """
    SELECT jsonb_object_agg(currency_code, total ORDER BY currency_code)::text, sum(ours)::bigint, sum(beyond)::bigint FROM (
        SELECT a.currency_code, sum(b.balance_minor) AS total, sum(b.balance_minor) FILTER (WHERE a.account_id = ANY (ARRAY[{accounts}]::bigint[])) AS ours,
            count(*) FILTER (WHERE b.balance_minor < -a.overdraft_limit_minor) AS beyond
        FROM bank.account AS a JOIN bank.account_balance AS b ON b.account_id = a.account_id GROUP BY 1) AS s
"""
#: Of the run: transfers; entries, statuses, events, and numbers of transfers in those
PIECES = """
    SELECT (SELECT count(*) FROM bank.transfer AS t WHERE t.transfer_id > %(base)s),
        (SELECT count(*) FROM bank.ledger_entry AS e WHERE e.transfer_id > %(base)s),
        (SELECT count(*) FROM bank.transfer_status AS s WHERE s.transfer_id > %(base)s AND s.status = 'posted'),
        count(*), count(DISTINCT e.detail ->> 'transfer_id')
    FROM bank_online.audit_event AS e WHERE e.event = 'transfer.done' AND e.event_id > %(events)s
"""
#: Balances of those who take part against what they had and the transfers since
SUMS = """
    SELECT b.account_id, b.balance_minor, f.had, coalesce(m.moved, 0)::bigint
    FROM bank.account_balance AS b JOIN unnest(%(accounts)s::bigint[], %(had)s::bigint[]) AS f (account_id, had) ON f.account_id = b.account_id
    LEFT JOIN (SELECT account_id, sum(amount) AS moved FROM (
            SELECT t.debit_account_id AS account_id, -t.amount_minor AS amount FROM bank.transfer AS t WHERE t.transfer_id > %(base)s
            UNION ALL SELECT t.credit_account_id, t.amount_minor FROM bank.transfer AS t WHERE t.transfer_id > %(base)s) AS s GROUP BY 1) AS m
        ON m.account_id = b.account_id
    WHERE b.balance_minor <> f.had + coalesce(m.moved, 0)
"""
CHECKS = {
    "answered": "each instruction was answered in the end",
    "lost": "each acknowledged transfer is there",
    "doubled": "none is there twice",
    "changed": "each as it was asked for, under the number that was told",
    "refused": "what was refused is not there",
    "strange": "nothing is there that nobody asked for",
    "recorded": "each is recorded once, of whom it was, and nothing else is",
    "invariants": "the ledger's invariants hold",
    "totals": "the totals are what they were, and no balance is beyond its limit",
    "sums": "balances are what they were and what was transferred since",
}


class Journals:
    """What was sent, and what became of it: uuid -> [content, login, outcome, transfer_id]."""

    def __init__(self, directory):
        self.sent, self.acknowledgements, self.waits, begun = {}, [], [], {}
        for path in directory.glob("*.journal"):
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                if "sent" in entry:
                    identifier = entry["sent"]["transfer_uuid"]
                    if identifier in self.sent:
                        raise RuntimeError(f"uuid {identifier} was made twice")
                    self.sent[identifier] = [entry["sent"], entry["by"], None, None]
                    begun[identifier] = entry["at"]
                    continue
                outcome = next(key for key in ("acknowledged", "refused", "unsure") if key in entry)
                self.sent[entry[outcome]][2:] = [outcome, entry.get("transfer")]
                if outcome == "acknowledged":
                    self.acknowledgements.append((entry["begun"], entry["at"]))
                    self.waits.append(entry["at"] - begun[entry[outcome]])

    def of(self, outcome):
        return {i: e for i, e in self.sent.items() if e[2] == outcome}


def findings(cursor, scene, journals):
    """What is wrong, by kind; lists that are empty are right."""
    place = {"base": scene.base, "events": scene.events, "accounts": [a.id for a in scene.accounts], "had": scene.had}
    acknowledged, refused = journals.of("acknowledged"), journals.of("refused")
    cursor.execute(LEDGER, place)
    ledger = collections.defaultdict(list)
    for row in cursor.fetchall():
        ledger[row[0]].append(row[1:])
    found = {
        "answered": [i for i, e in journals.sent.items() if not e[2]],
        "lost": [i for i in acknowledged if i not in ledger],
        "doubled": [i for i, rows in ledger.items() if len(rows) > 1],
        "refused": [i for i in refused if i in ledger],
        "strange": [i for i in ledger if i not in journals.sent],
        "changed": [],
    }
    for identifier, rows in ledger.items():
        content, _, outcome, transfer = journals.sent.get(identifier, (None,) * 4)
        for row in rows if content else ():
            asked = (content["debit_account_id"], content["credit_account_no"], content["amount_minor"], content["currency_code"], content["narrative"])
            if row[1:] != (*asked, "payment", "web") or outcome == "acknowledged" and row[0] != transfer:
                found["changed"].append((identifier, row))
    cursor.execute(EVENTS, place)
    events = collections.Counter(cursor.fetchall())
    should = {(row[0], journals.sent.get(i, (None, None))[1]) for i, rows in ledger.items() for row in rows}
    found["recorded"] = [e for e, n in events.items() if n > 1] + list(events.keys() ^ should)
    cursor.execute("SELECT invariant, key, detail FROM bank.ledger_violations() LIMIT 20")
    found["invariants"] = cursor.fetchall()
    cursor.execute(scene.totals)
    totals = cursor.fetchone()
    found["totals"] = [] if totals == scene.expected else [totals, scene.expected]
    cursor.execute(SUMS, place)
    found["sums"] = cursor.fetchall()
    return found


#: What the database is changed to, in a transaction that is taken back, and what must be found then. One is an acknowledged transfer, lost another
#: one's uuid that was refused.
TAMPERED = {
    "an acknowledged transfer is gone, all of it": (
        """WITH gone AS (DELETE FROM bank.transfer WHERE transfer_id = %(one)s RETURNING *), e AS (DELETE FROM bank.ledger_entry WHERE transfer_id = %(one)s),
               s AS (DELETE FROM bank.transfer_status WHERE transfer_id = %(one)s),
               a AS (DELETE FROM bank_online.audit_event WHERE event = 'transfer.done' AND detail @> jsonb_build_object('transfer_id', %(one)s))
           UPDATE bank.account_balance AS b SET entry_count = entry_count - 1,
               balance_minor = balance_minor + CASE b.account_id WHEN g.debit_account_id THEN g.amount_minor ELSE -g.amount_minor END
           FROM gone AS g WHERE b.account_id IN (g.debit_account_id, g.credit_account_id)""", {"lost"}),
    "one is there twice": (
        """ALTER TABLE bank.transfer DROP CONSTRAINT transfer_transfer_uuid_key;
           INSERT INTO bank.transfer (transfer_uuid, debit_account_id, credit_account_id, amount_minor, currency_code, kind, channel, narrative)
           SELECT transfer_uuid, debit_account_id, credit_account_id, amount_minor, currency_code, kind, channel, narrative
           FROM bank.transfer WHERE transfer_id = %(one)s""", {"doubled", "changed", "recorded", "invariants", "sums"}),
    "one has another narrative": ("UPDATE bank.transfer SET narrative = 'another' WHERE transfer_id = %(one)s", {"changed"}),
    "one has another payee": (
        "UPDATE bank.transfer SET credit_account_id = %(other)s WHERE transfer_id = %(one)s", {"changed", "invariants", "sums"}),
    "one was made under the uuid of another that was refused": (
        "UPDATE bank.transfer SET transfer_uuid = %(refused)s WHERE transfer_id = %(one)s", {"lost", "refused", "changed"}),
    "one was made under a uuid that nobody has sent": (
        "UPDATE bank.transfer SET transfer_uuid = gen_random_uuid() WHERE transfer_id = %(one)s", {"lost", "strange"}),
    "one is not recorded": (
        "DELETE FROM bank_online.audit_event WHERE event = 'transfer.done' AND detail @> jsonb_build_object('transfer_id', %(one)s)", {"recorded"}),
    "one is recorded twice": (
        """INSERT INTO bank_online.audit_event (user_id, event, detail) SELECT user_id, event, detail FROM bank_online.audit_event
           WHERE event = 'transfer.done' AND detail @> jsonb_build_object('transfer_id', %(one)s)""", {"recorded"}),
    "a balance is one more": (
        "UPDATE bank.account_balance SET balance_minor = balance_minor + 1 WHERE account_id = %(other)s", {"totals", "sums", "invariants"}),
    "a balance is beyond its limit": (
        "UPDATE bank.account SET overdraft_limit_minor = -1 - (SELECT b.balance_minor FROM bank.account_balance AS b WHERE b.account_id = %(other)s)"
        " WHERE account_id = %(other)s", {"totals", "invariants"}),
}


def tampering(connection, scene, journals):
    """What was not noticed: (what, what should have been found of it, what was)."""
    acknowledged = journals.of("acknowledged")
    some = next(iter(acknowledged.values()))
    names = {"one": some[3], "refused": next(iter(journals.of("refused"))),
             "other": next(a.id for a in scene.accounts if a.id != some[0]["debit_account_id"] and a.number != some[0]["credit_account_no"])}
    missed = []
    connection.autocommit = False
    with connection.cursor() as cursor:
        for what, (change, expected) in TAMPERED.items():
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("ALTER TABLE bank.account DROP CONSTRAINT IF EXISTS account_overdraft_limit_minor_check")
            cursor.execute(change, names)
            found = {kind for kind, what in findings(cursor, scene, journals).items() if what}
            if not expected <= found:
                missed.append((what, sorted(expected - found), sorted(found)))
            connection.rollback()
    return missed
