"""20 to 26, data: statements, rights in the database, one transfer for an id, the audit trail, logs."""

import json
import re

import psycopg2
from load import answers_at_once
from online_bank import ROOT, until
from problem import refused

from .common import requirement, transfer

#: what means something to SQL
NASTY = ("'", "''", "1; DROP TABLE bank.party", "' OR '1'='1", "\\", "$1", "%s", "1 UNION SELECT 1", "') --", "/*", "\u02bc",
         "1)); SELECT pg_sleep(5)--")


@requirement(20, "parameterised statements only")
def statements(tap, bank):
    source = {path.name: path.read_text() for path in (ROOT / "webapp/api/src").glob("*.c")}
    users = [name for name, text in source.items() if re.search(r"\bPQ[a-z]|libpq-fe", text)]
    tap.equal(users, ["db.c"], "20: one module knows libpq")
    calls = set(re.findall(r"\bPQ(?:exec\w*|send\w*|prepare)\b", source["db.c"]))
    tap.equal(calls, {"PQsendPrepare", "PQsendQueryPrepared"}, "20: and only prepares and runs")
    tap.ok(re.search(r"PQsendPrepare\(db\.connection, statement->name, statement->sql, 0, NULL\)", source["db.c"]),
           "20: what is in the array")
    tables = [row[0] for row in bank.sql(
        "SELECT c.oid::regclass::text FROM pg_class AS c"
        " WHERE c.relnamespace::regnamespace::text IN ('bank', 'bank_online') AND c.relkind IN ('r', 'p') AND NOT c.relispartition")]

    def rows():
        return {name: bank.sql(f"SELECT count(*) FROM {name}")[0][0] for name in tables}

    client = bank.signed_in("customer1")
    before = rows()
    injections(tap, bank, client)
    after = rows()
    # tries are forgotten by who signs in, by and by
    gone = [name for name in tables if after[name] < before[name] and name != "bank_online.throttle"]
    tap.ok(len(tables) > 30 and not gone and before["bank.party"] > 0 < before["bank_online.session"],
           f"20: nothing is gone of {len(tables)} tables", gone)


def injections(tap, bank, client):
    account, statuses = bank.accounts(client)[0]["account_id"], set()
    for text in NASTY:
        for answer in (client.get(f"/accounts/{account}/transactions", before_date=text), client.post("/payees", account_no=text),
                       client.post("/login", login=text, password=text * 3 + "12345678", code="000000"),
                       client.post("/transfers", **transfer(bank, client, amount=1) | {"narrative": text})):
            statuses.add(answer[0])
    tap.ok(statuses <= {201, 401, 422, 429}, "20: what means something to SQL means nothing here", statuses)
    kept = {row[0] for row in bank.sql("SELECT narrative FROM bank.transfer WHERE channel = 'web' ORDER BY transfer_id DESC LIMIT 50")}
    tap.ok(set(NASTY) <= kept, "20: and is kept as it is", set(NASTY) - kept)


@requirement(21, "row security: default deny, forced; the role neither owns nor bypasses")
def row_security(tap, bank):
    rows = bank.sql("SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = 'bank_app'")
    owned = bank.sql("SELECT count(*) FROM pg_class WHERE relowner = 'bank_app'::regrole")
    tap.equal((rows, owned), ([(False,)], [(0,)]), "21: the role has no power and owns nothing")
    open_tables = bank.sql(
        "SELECT c.oid::regclass::text FROM pg_class AS c WHERE c.relnamespace = 'bank_online'::regnamespace AND c.relkind = 'r'"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)")
    tap.equal(open_tables, [], "21: forced on each table of the application")
    seen = {t: bank.sql(f"SELECT count(*) FROM {t}", role="bank_app")[0][0]
            for t in ("bank.party", "bank.account", "bank.account_balance", "bank.transfer", "bank.ledger_entry", "bank_online.session")}
    tap.ok(not any(seen.values()), "21: for nobody there are no rows (all tables: test/pgtap)", seen)


def sqlstate(bank, statement, role):
    """Of the error that a statement ends with; None if it ends well."""
    try:
        bank.sql(statement, role=role)
    except psycopg2.Error as error:
        return error.pgcode
    return None


@requirement(22, "least privilege")
def privileges(tap, bank):
    for statement in ("UPDATE bank.ledger_entry SET amount_minor = 1", "DELETE FROM bank.transfer", "CREATE TABLE bank.x ()",
                      "CREATE TEMP TABLE x ()",
                      "SELECT password_hash FROM bank_online.app_user", "SELECT token_hash FROM bank_online.session",
                      "SELECT notes FROM bank.party",
                      "UPDATE bank_online.audit_event SET event = 'x'", "UPDATE bank.account_balance SET balance_minor = 1",
                      "SELECT * FROM bank_online.throttle", "TRUNCATE bank_online.audit_event"):
        tap.equal(sqlstate(bank, statement, "bank_app"), "42501", f"22: the application cannot {statement} (all rights: test/pgtap)")
    functions_that_it_may_run(tap, bank)


def functions_that_it_may_run(tap, bank):
    """Those that the closed array names, those that these and row security ask as their caller; no other."""
    text = (ROOT / "webapp/api/src/statement.c").read_text()
    known = {row[0]: row[1:] for row in bank.sql(
        "SELECT p.oid::regproc::text, bool_or(NOT p.prosecdef), string_agg(p.prosrc, ' '),"
        " bool_or(has_function_privilege('bank_app', p.oid, 'EXECUTE'))"
        " FROM pg_proc AS p WHERE p.pronamespace::regnamespace::text LIKE 'bank%%' GROUP BY 1")}
    text += " ".join(row[0] for row in bank.sql("SELECT concat_ws(' ', qual, with_check) FROM pg_policies WHERE 'bank_app' = ANY (roles)"))
    used, todo = set(), {text}
    while todo:
        found = set(re.findall(r"\b(bank(?:_online)?\.\w+)\(", todo.pop())) & set(known) - used
        used |= found
        todo |= {known[name][1] for name in found if known[name][0]}
    tap.ok(len(used) > 30 and "bank.pay" in used,
           f"22: {len(used)} functions are named in the application's statements, or by what these ask")
    may = {name for name, (_, _, granted) in known.items() if granted}
    tap.equal((sorted(used - may), sorted(may - used)), ([], []), "22: it may run these, and no other")


@requirement(23, "whom a statement acts for holds for its transaction")
def interleaved(tap, bank):
    clients = {name: bank.signed_in(name) for name in ("customer1", "customer2", "customer3")}
    own = {name: json.dumps(client.get("/accounts")) for name, client in clients.items()}

    def read(name):
        """How many of 60 answers were not the customer's own; what a stranger was told in between."""
        client, mixed, denied = bank.client(cookies=clients[name].cookies), 0, []
        for _ in range(60):
            mixed += json.dumps(client.get("/accounts")) != own[name]
            denied.append(bank.client(cookies={"__Host-session": "A" * 43}).get("/accounts")[0])
        return mixed, denied

    told = answers_at_once([lambda name=name: read(name) for name in clients for _ in range(3)])
    denied = [status for _, statuses in told for status in statuses]
    tap.equal([mixed for mixed, _ in told], [0] * 9, f"23: {len(denied)} answers over {bank.workers} connections, each to its own customer")
    tap.equal(set(denied), {401}, "23: and none to a stranger in between")


@requirement(24, "one id, one transfer")
def idempotency(tap, bank):
    client, other = bank.signed_in("customer1"), bank.signed_in("customer2")
    fields = transfer(bank, client, other, amount=777)

    def balance():
        return client.get(f"/accounts/{fields['debit_account_id']}/balance")[1]["balance_minor"]

    def send():
        mine = bank.client(cookies=client.cookies)
        # of one session eight at a time
        return until(lambda: (answer := mine.post("/transfers", **fields))[0] != 429 and answer, 20, "a turn")

    before = balance()
    answers = answers_at_once([send] * 50)
    tap.equal(sorted(status for status, _ in answers), [200] * 49 + [201],
              "24: 50 at once with one id: one is carried out, all are answered")
    tap.equal(len({answer["transfer_id"] for _, answer in answers}), 1, "24: with the same transfer")
    tap.equal(bank.sql("SELECT count(*) FROM bank.transfer WHERE transfer_uuid = %s", fields["transfer_uuid"]), [(1,)], "24: one row")
    tap.equal(balance(), before - 777, "24: and the money has moved once")
    refused(tap, client.post("/transfers", **fields | {"amount_minor": 778}), 422, "id_reused",
            "24: another content under the id is refused")


@requirement(25, "an append-only trail of logins, denials, transfers")
def audit_trail(tap, bank):
    events = ("login.done", "login.refused", "request.denied", "transfer.done", "session.ended", "step_up.refused", "password.refused",
              "tries.exceeded")
    before = {event: bank.recorded(event) for event in events}
    of_each_kind(bank)
    grown = {event: bank.recorded(event) - n for event, n in before.items()}
    tap.ok(all(n >= 1 for n in grown.values()), "25: each is there", grown)
    tap.equal(grown["tries.exceeded"], 1, "25: what was too much once, not each time")
    for statement in ("UPDATE bank_online.audit_event SET event = 'x'", "DELETE FROM bank_online.audit_event",
                      "TRUNCATE bank_online.audit_event"):
        for role in ("bank_app", "postgres"):
            tap.ok(sqlstate(bank, statement, role), f"25: {role} cannot {statement.split()[0]} it")


def of_each_kind(bank):
    """One customer does something of each kind that is recorded."""
    client = bank.signed_in("customer1")
    wrong = {"login": "customer1", "password": "wrong password", "code": "000000"}
    client.post("/step-up", code="000000")
    client.step_up(bank.users["customer1"])
    client.post("/password", old_password="not this one", new_password="whatever it is")
    bank.sql("UPDATE bank_online.session SET step_up_until = NULL WHERE session_id = %s", client.get("/session")[1]["session_id"])
    for _ in range(20):
        bank.client(source="127.0.25.2").post("/login", **wrong)
    bank.client(source="127.0.25.1").post("/login", **wrong)
    client.get("/staff/customers", query="x")
    client.request("POST", "/api/v1/password", b'{"old_password": "12345678", "new_password": "something else"}')
    client.post("/transfers", **transfer(bank, client))
    client.call("POST", "/logout", {})


@requirement(26, "no secret in the log, and one event a line")
def logs(tap, bank):
    user = bank.users["customer2"]
    client = bank.signed_in("customer2")
    client.step_up(user)
    client.request("GET", "/api/v1/accounts?x=%0d%0a{\"level\":\"forged\"}", None, {"User-Agent": "a\tb \x1b[31m"})
    client.post("/login", login="customer2", password="canary-password-26", code="424242")
    text = bank.log() + bank.log("web")
    needles = [user["password"], user["totp_secret"], client.cookies["__Host-session"], "canary-password-26", "424242",
               (bank.place / "secret/seal").read_text().strip(), *user["recovery_codes"]]
    tap.equal([needle for needle in needles if needle in text], [], "26: nothing secret in the logs")
    lines = bank.log().splitlines()
    tap.ok(all(isinstance(json.loads(line), dict) for line in lines), f"26: {len(lines)} lines, each an event")
    tap.ok("forged" not in bank.log() and "\x1b" not in bank.log(), "26: nothing that came in is a line of its own")
