"""Each function of the online bank: a case is a function of (tap, site)."""

import base64
import collections
import concurrent.futures
import contextlib
import csv
import datetime
import decimal
import html.parser
import http.client
import io
import os
import re
import signal
import ssl
import subprocess
import time
import urllib.parse
import uuid

from online_bank import until
from onlinesite import SANDBOXED, Client, code_at

ALL = {}


class Page(html.parser.HTMLParser):
    """Tags of a page, and the cells of its rows."""

    def __init__(self):
        super().__init__()
        self.tags, self.rows, self.cell = set(), [], None

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.cell = ""

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag == "td":
            self.rows[-1].append(self.cell)
            self.cell = None
        elif tag == "thead":
            self.rows.clear()


def case(function):
    ALL[function.__name__] = function
    return function


def refused(tap, answer, status, code, name):
    """An answer is this problem, and says so in a sentence."""
    return tap.ok((answer.status, answer.code) == (status, code) and answer.json["detail"] != code, name, f"have {answer}\nwant {status} {code}")


def is_(tap, answer, status, name):
    return tap.ok(answer.status == status, name, f"have {answer}\nwant {status}")


def money_account(client):
    """An account of a customer with something on it, in roubles."""
    accounts = client.get("/accounts").json["items"]
    return next(a for a in accounts if a["may_debit"] and a["currency_code"] == "RUB" and a["available_minor"] > 100000 and a["status"] == "active")


def foreign_account(site, party):
    """An active account in roubles of somebody else, a customer."""
    return site.sql(
        "SELECT a.account_no::text, a.account_id FROM bank.account AS a JOIN bank.account_holder AS h USING (account_id) JOIN bank.person USING (party_id)"
        " WHERE a.status = 'active' AND a.currency_code = 'RUB' AND h.role = 'owner' AND h.valid_to IS NULL"
        " AND a.account_id NOT IN (SELECT account_id FROM bank.account_holder WHERE party_id = %s) ORDER BY a.account_id LIMIT 1", (party,))[0]


def counts(site):
    """What a request that changes nothing leaves as it is."""
    return site.sql("SELECT (SELECT count(*) FROM bank.transfer), (SELECT sum(balance_minor) FROM bank.account_balance),"
                    " (SELECT count(*) FROM bank.standing_order)")[0]


@case
def transfers_check(tap, site):
    one = site.client("customer1")
    party = one.user["party_id"]
    mine = money_account(one)
    other, other_id = foreign_account(site, party)
    body = {"debit_account_id": mine["account_id"], "credit_account_no": other, "amount_minor": 100, "currency_code": "RUB"}
    before = counts(site)
    answer = one.post("/transfers/check", body)
    tap.ok(answer.status == 200 and answer.json["available_minor"] == mine["available_minor"] and answer.json["payee"] and not answer.json["step_up_needed"]
           and set(answer.json) == {"payee", "currency_code", "step_up_needed", "available_minor"}, "a payment that is right: payee, what is there", answer)
    limit = site.one("SELECT amount_minor FROM bank_online.step_up_limit WHERE currency_code = 'RUB'")
    site.sql("UPDATE bank_online.step_up_limit SET amount_minor = 99 WHERE currency_code = 'RUB'")
    tap.equal(one.post("/transfers/check", body).json["step_up_needed"], True, "above the limit a further code is wanted")
    one.step_up()
    tap.equal(one.post("/transfers/check", body).json["step_up_needed"], False, "and not once it was given")
    site.sql("UPDATE bank_online.step_up_limit SET amount_minor = %s WHERE currency_code = 'RUB'", (limit,))
    usd = site.one("SELECT account_no::text FROM bank.account WHERE currency_code <> 'RUB' AND status = 'active' LIMIT 1")
    closed = site.one("SELECT account_no::text FROM bank.account WHERE currency_code = 'RUB' AND status <> 'active' LIMIT 1")
    wrong = {
        "no such account": {"credit_account_no": "9" * 20},
        "another's account to pay from": {"debit_account_id": other_id},
        "to the same account": {"credit_account_no": mine["account_no"]},
        "another currency": {"currency_code": "USD"},
        "a currency that there is not": {"currency_code": "QQQ"},
        "an account of another currency": {"credit_account_no": usd},
        "a closed account": {"credit_account_no": closed},
        "more than there is": {"amount_minor": mine["available_minor"] + 1},
        "no amount": {"amount_minor": 0},
    }
    for name, change in wrong.items():
        checked = one.post("/transfers/check", body | change)
        paid = one.post("/transfers", body | change | {"transfer_uuid": str(uuid.uuid4())})
        tap.ok(checked.status >= 400 and (checked.status, checked.code) == (paid.status, paid.code), f"{name}: as the payment itself is refused",
               f"check {checked}\npaid  {paid}")
    tap.equal(counts(site), before, "and nothing was changed by any of it")
    site.sql("DELETE FROM bank_online.throttle")
    for _ in range(60):
        one.post("/transfers/check", body)
    answer = one.post("/transfers/check", body)
    tap.ok(refused(tap, answer, 429, "too_many_tries", "the sixty-first payee in an hour is refused") and int(answer.headers["Retry-After"]) > 0,
           "and told when to come again", answer)
    site.sql("DELETE FROM bank_online.throttle")
    answer = one.get("/transfers/check")
    tap.ok(refused(tap, answer, 405, "no_such_method", "it is not the transfer of an id") and answer.headers["Allow"] == "POST", "and nothing but POST", answer)


@case
def receipts(tap, site):
    """Both sides have the same receipt; but what the accounts are to the bank is told to whose they are."""
    one, two, three = (site.client(f"customer{n}") for n in (1, 2, 3))
    mine, theirs = money_account(one), money_account(two)
    body = {"transfer_uuid": str(uuid.uuid4()), "debit_account_id": mine["account_id"], "credit_account_no": theirs["account_no"], "amount_minor": 456, "currency_code": "RUB", "narrative": "for tea"}
    is_(tap, one.post("/transfers", body), 201, "a payment of one customer to another")
    path = f"/transfers/{body['transfer_uuid']}"
    payer, payee = one.get(path).json, two.get(path).json
    tap.equal([(t["debit_account_no"], t["credit_account_no"], t["amount_minor"], t["narrative"], t["statuses"]) for t in (payer, payee)],
              [(mine["account_no"], theirs["account_no"], 456, "for tea", ["posted"])] * 2, "both have its receipt, with both numbers")
    tap.equal((payer["counterparty"], payee["counterparty"]), (theirs["account_no"], None), "and know which side they are")
    refused(tap, three.get(path), 404, "not_found", "nobody else has it")
    bought = site.sql("SELECT t.transfer_uuid::text, m.name, c.mcc FROM bank.transfer AS t JOIN bank.merchant AS m USING (merchant_id) JOIN bank.category AS c USING (category_id)"
                      " WHERE t.debit_account_id = ANY (%s) LIMIT 1", ([a["account_id"] for a in one.get("/accounts").json["items"]],))[0]
    told = one.get(f"/transfers/{bought[0]}").json
    tap.equal((told["merchant"], told["mcc"]), bought[1:], "of what was bought it says where")


@case
def payees_are_counted(tap, site):
    """Whoever tries account numbers is told of sixty an hour, whichever way; who pays is not kept from it."""
    one = site.client("customer1")
    mine = money_account(one)
    number, _ = foreign_account(site, one.user["party_id"])
    pay = {"debit_account_id": mine["account_id"], "credit_account_no": "9" * 20, "amount_minor": 100, "currency_code": "RUB"}
    order = pay | {"day_of_month": 1, "starts_on": str(site.today())}
    one.step_up()
    ways = {
        "a payment": lambda to: one.post("/transfers", pay | {"transfer_uuid": str(uuid.uuid4()), "credit_account_no": to}),
        "its check": lambda to: one.post("/transfers/check", pay | {"credit_account_no": to}),
        "a beneficiary": lambda to: one.post("/beneficiaries", {"account_no": to, "alias": "x"}),
        "a standing order": lambda to: one.post("/standing-orders", order | {"request_id": str(uuid.uuid4()), "credit_account_no": to}),
    }
    for name, way in ways.items():
        site.sql("DELETE FROM bank_online.throttle")
        told = [way("9" * 20) for _ in range(61)]
        tap.ok(all((a.status, a.code) == (422, "no_such_account") for a in told[:60]), f"{name} to a number that there is not: refused", told[0])
        tap.ok(refused(tap, told[60], 429, "too_many_tries", f"{name}: the sixty-first in an hour is not told") and int(told[60].headers["Retry-After"]) > 1800,
               "but when to come again", told[60])
    for name, way in ways.items():
        refused(tap, way("9" * 20), 429, "too_many_tries", f"{name}: nor is it then by this way")
    usd = site.one("SELECT account_no::text FROM bank.account WHERE currency_code <> 'RUB' AND status = 'active' LIMIT 1")
    refused(tap, ways["a payment"](usd), 429, "too_many_tries", "an account that there is, and of which it would be told that, is no other answer")
    is_(tap, ways["a payment"](number), 201, "a payment that is right is carried out all the same")
    site.sql("DELETE FROM bank_online.throttle")


@case
def login_overtaken(tap, site):
    """What happens to a user while the password is compared counts: the hasher is held meanwhile."""
    one = Client(site, site.bank.users["customer1"])
    hashers = site.bank.workers_of(site.bank.master(), "bank-api-hasher")
    user = (one.user["login"],)

    def overtaken(change):
        for pid in hashers:
            os.kill(pid, signal.SIGSTOP)
        try:
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                answer = pool.submit(one.login)
                until(lambda: site.bank.metric("bank_api_password_queue") == 1, 10, "a login that waits for the hasher")
                site.sql(f"UPDATE bank_online.app_user SET {change} WHERE login = %s", user)
                for pid in hashers:
                    os.kill(pid, signal.SIGCONT)
                return answer.result()
        finally:
            for pid in hashers:
                os.kill(pid, signal.SIGCONT)

    is_(tap, one.login(), 200, "a login")
    for name, change in (("the password is changed", "password_changed_at = now()"), ("the user is suspended", "status = 'suspended'")):
        refused(tap, overtaken(change), 401, "bad_credentials", f"{name} while it is compared: no session")
        site.sql("UPDATE bank_online.app_user SET status = 'active' WHERE login = %s", user)
    tap.equal({row[0] for row in site.sql("SELECT detail->>'reason' FROM bank_online.audit_event WHERE event = 'login.refused' ORDER BY event_id DESC LIMIT 2")},
              {"password_changed", "suspended"}, "which is recorded")
    is_(tap, one.login(), 200, "and the next one gets in")


@case
def codes_are_counted(tap, site):
    """Who has the password and many networks gets ten codes a day; the owner gets in all the same."""
    one = site.client("customer1")
    user, wrong = one.user, "000000"
    while wrong in {code_at(user["totp_secret"], int(time.time()) // 30 + n) for n in (-1, 0, 1, 2)}:
        wrong = f"{int(wrong) + 1:06d}"

    def attacker(n, code=wrong):
        with contextlib.closing(site.bank.client(source=f"127.21.{n}.1")) as client:
            return client.post("/login", login=user["login"], password=user["password"], code=code)[0]

    tap.equal({attacker(n) for n in range(1, 11)}, {401}, "ten wrong codes, each from another network")
    site.sql("UPDATE bank_online.app_user SET totp_last_step = 0 WHERE login = %s", (user["login"],))
    tap.equal(attacker(11, code_at(user["totp_secret"], int(time.time()) // 30)), 401, "then not even the right one opens a session")
    tap.equal(site.one("SELECT detail->>'reason' FROM bank_online.audit_event ORDER BY event_id DESC LIMIT 1"), "too_many_codes", "which is recorded")
    is_(tap, one.login(), 200, "the owner gets in from the browser of before")
    tap.equal(attacker(12, user["recovery_codes"][3]), 200, "and with a recovery code from anywhere")
    for _ in range(9):
        refused(tap, one.post("/step-up", {"code": wrong}), 422, "bad_code", "a wrong further code")
    site.sql("DELETE FROM bank_online.throttle WHERE subject LIKE 'check %%'")
    tap.equal(site.one("SELECT count(*) FROM bank_online.audit_event WHERE event = 'step_up.refused' AND detail->>'reason' = 'code' AND client_ip = '127.0.0.1'"), 9,
              "each is recorded")
    is_(tap, one.get("/session"), 200, "nine leave the session")
    refused(tap, one.post("/step-up", {"code": wrong}), 422, "bad_code", "the tenth")
    refused(tap, one.get("/session"), 401, "no_session", "ends it")
    site.sql("DELETE FROM bank_online.throttle")


@case
def payments_are_added_up(tap, site):
    """Many payments, each within the limit, take a further code as one above it does."""
    one = site.client("customer1")
    mine = money_account(one)
    number, _ = foreign_account(site, one.user["party_id"])
    body = {"debit_account_id": mine["account_id"], "credit_account_no": number, "amount_minor": 400, "currency_code": "RUB"}
    limit = site.one("SELECT amount_minor FROM bank_online.step_up_limit WHERE currency_code = 'RUB'")
    site.sql("UPDATE bank_online.step_up_limit SET amount_minor = 1000 WHERE currency_code = 'RUB'")
    site.sql("DELETE FROM bank_online.spent")

    def pay(amount=400):
        return one.post("/transfers", body | {"amount_minor": amount, "transfer_uuid": str(uuid.uuid4())})

    tap.equal([pay().status, pay().status], [201, 201], "two payments below the limit")
    tap.equal(one.post("/transfers/check", body).json["step_up_needed"], True, "the third takes a further code, says the check")
    refused(tap, pay(), 403, "step_up_needed", "and so it does")
    is_(tap, pay(200), 201, "what is left is paid without")
    one.step_up()
    is_(tap, pay(), 201, "with a further code it goes on")
    one.step_down()
    refused(tap, pay(1), 403, "step_up_needed", "and not without, afterwards")
    site.sql("UPDATE bank_online.spent SET since = now() - INTERVAL '24 hours'")
    is_(tap, pay(), 201, "but again a day later")
    site.sql("UPDATE bank_online.step_up_limit SET amount_minor = %s WHERE currency_code = 'RUB'", (limit,))
    site.sql("DELETE FROM bank_online.spent")
    site.sql("DELETE FROM bank_online.throttle")


@case
def cards(tap, site):
    one, staff = site.client("customer1"), site.client("staff1")
    card = site.sql("SELECT c.card_id, c.account_id FROM bank.card AS c JOIN bank.account_holder AS h USING (account_id) WHERE h.party_id = %s"
                    " AND h.role = 'owner' AND h.valid_to IS NULL ORDER BY c.status = 'active' DESC LIMIT 1", (one.user["party_id"],))[0][0]
    site.sql("UPDATE bank.card SET status = 'active', day_limit_minor = 1000 WHERE card_id = %s", (card,))
    items = one.get("/cards").json["items"]
    tap.ok(any(item["card_id"] == card and item["may_change"] for item in items) and "pan_token" not in items[0], "one's own cards, without their token", items)
    tap.equal(len(items), site.one("SELECT count(*) FROM bank.card AS c WHERE c.account_id IN (SELECT account_id FROM bank.account_holder"
                                   " WHERE party_id = %s AND CURRENT_DATE BETWEEN valid_from AND coalesce(valid_to, 'infinity'))", (one.user["party_id"],)),
              "all of them, and none of others")
    path = f"/cards/{card}"
    tap.equal(one.patch(path, {"status": "frozen"}).json, {"card_id": card, "status": "frozen", "day_limit_minor": 1000}, "frozen")
    tap.equal(site.one("SELECT status::text FROM bank.card WHERE card_id = %s", (card,)), "frozen", "so it is in the bank")
    tap.equal(one.patch(path, {"status": "active", "day_limit_minor": 0}).json, {"card_id": card, "status": "active", "day_limit_minor": 0}, "released, limit lowered")
    refused(tap, one.patch(path, {"day_limit_minor": 1}), 403, "step_up_needed", "a higher limit takes a further code")
    one.step_up()
    tap.equal(one.patch(path, {"day_limit_minor": 2000}).json["day_limit_minor"], 2000, "and is set with one")
    one.step_down()
    events = site.one("SELECT count(*) FROM bank_online.audit_event WHERE event = 'card.changed'")
    is_(tap, one.patch(path, {"status": "active"}), 200, "what is so already is no change")
    tap.equal(site.one("SELECT count(*) FROM bank_online.audit_event WHERE event = 'card.changed'"), events, "nor recorded as one")
    tap.equal(events, 3, "the three changes are")
    refused(tap, one.patch(path, {"status": "blocked"}), 422, "bad_field", "a customer does not block")
    refused(tap, one.patch(path, {"day_limit_minor": -1}), 422, "bad_field", "no limit below zero")
    refused(tap, one.patch(path, {"pan_token": "x"}), 422, "unknown_field", "no other field")
    site.sql("UPDATE bank.card SET status = 'blocked' WHERE card_id = %s", (card,))
    refused(tap, one.patch(path, {"status": "active"}), 409, "card_not_usable", "what the bank has blocked stays blocked")
    site.sql("UPDATE bank.card SET status = 'active' WHERE card_id = %s", (card,))
    other = site.one("SELECT card_id FROM bank.card WHERE account_id NOT IN (SELECT account_id FROM bank.account_holder WHERE party_id = %s) LIMIT 1",
                     (one.user["party_id"],))
    refused(tap, one.patch(f"/cards/{other}", {"status": "frozen"}), 404, "not_found", "another's card is not there")
    refused(tap, one.patch("/cards/x", {"status": "frozen"}), 404, "not_found", "nor is one of no number")
    refused(tap, staff.get("/cards"), 403, "not_allowed", "staff have none")


@case
def beneficiaries(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    number, _ = foreign_account(site, one.user["party_id"])
    refused(tap, one.post("/beneficiaries", {"account_no": number, "alias": "Ann"}), 403, "step_up_needed", "a new one takes a further code")
    one.step_up()
    made = one.post("/beneficiaries", {"account_no": number, "alias": "Ann"})
    tap.ok(made.status == 201 and made.json["is_new"] and made.json["payee"], "added, with the payee's name", made)
    tap.ok([(b["account_no"], b["alias"]) for b in one.get("/beneficiaries").json["items"]] == [(number, "Ann")], "it is there")
    again = one.post("/beneficiaries", {"account_no": number, "alias": "Анна; rent"})
    tap.ok(again.status == 200 and again.json["beneficiary_id"] == made.json["beneficiary_id"], "the same number again: another name", again)
    refused(tap, one.post("/beneficiaries", {"account_no": "9" * 20, "alias": "x"}), 422, "no_such_account", "no account of that number")
    refused(tap, one.post("/beneficiaries", {"account_no": number, "alias": ""}), 422, "bad_field", "no empty name")
    refused(tap, one.post("/beneficiaries", {"account_no": number}), 422, "missing_field", "no name at all")
    path = f"/beneficiaries/{made.json['beneficiary_id']}"
    tap.equal(two.get("/beneficiaries").json["items"], [], "another customer does not see it")
    refused(tap, two.delete(path), 404, "not_found", "nor removes it")
    is_(tap, one.delete(path), 204, "removed")
    refused(tap, one.delete(path), 404, "not_found", "and then gone")
    tap.equal(site.sql("SELECT event, count(*)::int FROM bank_online.audit_event WHERE event LIKE 'beneficiary.%' GROUP BY 1 ORDER BY 1"),
              [("beneficiary.added", 2), ("beneficiary.removed", 1)], "all of it is recorded")
    user = site.one("SELECT user_id FROM bank_online.app_user WHERE login = 'customer1'")
    site.sql("INSERT INTO bank_online.beneficiary (user_id, account_no, alias) SELECT %s, lpad(i::text, 20, '0'), 'x' FROM generate_series(1, 200) AS i", (user,))
    refused(tap, one.post("/beneficiaries", {"account_no": number, "alias": "Ann"}), 409, "limit_reached", "not more than 200")
    site.sql("UPDATE bank_online.beneficiary SET account_no = %s WHERE account_no = lpad('200', 20, '0')", (number,))
    again = one.post("/beneficiaries", {"account_no": number, "alias": "Ann"})
    tap.ok(again.status == 200 and not again.json["is_new"], "but one of the 200 gets another name", again)
    site.sql("DELETE FROM bank_online.beneficiary")
    site.sql("DELETE FROM bank_online.throttle")


@case
def loans(tap, site):
    one = site.client("customer1")
    account = money_account(one)["account_id"]
    loan = site.one("UPDATE bank.loan SET account_id = %s WHERE loan_id = (SELECT min(loan_id) FROM bank.loan_schedule WHERE paid_by IS NULL) RETURNING loan_id", (account,))
    got = next(item for item in one.get("/loans").json["items"] if item["loan_id"] == loan)
    tap.equal(got["left_minor"], site.one("SELECT sum(principal_minor)::bigint FROM bank.loan_schedule WHERE loan_id = %s AND paid_by IS NULL", (loan,)),
              "a loan, and what is left of it")
    rows = one.get(f"/loans/{loan}/schedule").json["items"]
    tap.equal((len(rows), sum(r["principal_minor"] for r in rows)), (got["term_months"], got["principal_minor"]), "its instalments add up to it")
    other = site.one("SELECT loan_id FROM bank.loan WHERE account_id NOT IN (SELECT account_id FROM bank.account_holder WHERE party_id = %s) LIMIT 1",
                     (one.user["party_id"],))
    refused(tap, one.get(f"/loans/{other}/schedule"), 404, "not_found", "another's is not there")
    refused(tap, one.get(f"/loans/{loan}/schedule?x=1"), 422, "unknown_field", "no field that there is not")


def busy_account(site, client):
    """An account with some thousand entries of today, one of them with a narrative that is none of a spreadsheet's or a page's business."""
    mine = money_account(client)
    own = site.one("SELECT account_id FROM bank.account JOIN bank.product USING (product_id) WHERE kind = 'internal' AND currency_code = 'RUB' AND status = 'active' LIMIT 1")
    for text in ('=1+1', '@cmd', '-2', '+7', 'a;b,"c"\'', 'a;=2+2', '<script>alert(1)</script>&', None):
        site.sql("SELECT bank.transfer(gen_random_uuid(), %s, %s, 105, 'RUB', 'fee', 'branch', %s)", (mine["account_id"], own, text))
    site.sql("SELECT bank.transfer(gen_random_uuid(), %s, %s, 1, 'RUB', 'fee', 'branch', rpad(i::text, 140, 'x')) FROM generate_series(1, 8000) AS i",
             (mine["account_id"], own))
    return mine


def peaks(site):
    """The most memory that each worker has had, in kB."""
    return {process.pid: memory for process in site.workers() for memory in [int(process.status["VmHWM"].split()[0])]}


@case
def statements(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    mine = busy_account(site, one)
    path = f"/accounts/{mine['account_id']}"
    today = site.today()
    first = today.replace(month=1, day=1)
    span = f"?from={first}&to={today}"
    want = site.sql("SELECT what, value_date::text, transfer_id, counterparty, narrative, debit_minor, credit_minor, balance_minor"
                    " FROM bank.statement(%s, %s, %s)", (mine["account_id"], first, today))
    before = peaks(site)

    told = one.get(f"{path}/statement{span}")
    whole = told.json
    tap.ok(told.status == 200 and "Content-Length" not in told.headers and len(whole["items"]) == len(want) - 2, "as JSON: all entries", told)
    tap.equal([(e["value_date"], e["transfer_id"], e["counterparty"], e["narrative"], e["debit_minor"], e["credit_minor"], e["balance_minor"]) for e in whole["items"]],
              [row[1:] for row in want[1:-1]], "each as the bank has it")
    tap.equal((whole["opening_minor"], whole["closing_minor"], whole["closing_minor"]),
              (want[0][7], want[-1][7], whole["opening_minor"] - whole["debit_minor"] + whole["credit_minor"]), "opening - debits + credits = closing")
    tap.equal((whole["account_no"], whole["currency_code"], whole["exponent"], whole["from"], whole["to"]),
              (mine["account_no"], "RUB", 2, str(first), str(today)), "and of what it is")

    told = one.get(f"{path}/statement.csv{span}")
    tap.ok(told.status == 200 and told.headers["Content-Type"].startswith("text/csv") and told.headers["Content-Disposition"]
           == f'attachment; filename="statement-{mine["account_no"]}-{first}-{today}.csv"' and told.body.startswith(b"\xef\xbb\xbf"), "as CSV: a file, in UTF-8 with its mark", told)
    lines = list(csv.reader(io.StringIO(told.body.decode("utf-8-sig"), newline="")))
    tap.equal(len(lines), len(want) + 1, "with a line for each row, and its heading")
    cells = [cell for line in lines for cell in line]
    tap.equal([c for c in cells if c[:1] and c[0] in "=+-@\t\r" and not re.fullmatch(r"-?\d+(\.\d+)?", c)], [], "no cell is a formula")
    tap.equal(sorted(c for c in cells if c.startswith("'")), sorted(["'=1+1", "'@cmd", "'-2", "'+7"]), "those that would be begin with an apostrophe")
    tap.ok(any(c == 'a;b,"c"\'' for c in cells), "separators and quotes are within their cell")
    cells = [cell for line in csv.reader(io.StringIO(told.body.decode("utf-8-sig"), newline=""), delimiter=";") for cell in line]
    tap.ok(len(cells) > len(lines) and not [c for c in cells if c[:1] and c[0] in "=+-@\t\r"], "nor is one where semicolons separate", cells[-3:])
    tap.equal([decimal.Decimal(line[7]) for line in lines[1:]], [decimal.Decimal(row[7]) / 100 for row in want], "balances with the currency's decimals")
    tap.ok(lines[-1][0] == "closing" and decimal.Decimal(lines[1][7]) - decimal.Decimal(lines[-1][5]) + decimal.Decimal(lines[-1][6]) == decimal.Decimal(lines[-1][7]),
           "the totals are those of the lines", lines[-1])

    told = one.get(f"{path}/statement.html{span}")
    page = told.body.decode()
    tap.ok(told.status == 200 and told.headers["Content-Type"] == "text/html; charset=utf-8" and page.endswith("</html>\n"), "as a page", told)
    parser = Page()
    parser.feed(page)
    tap.equal((len(parser.rows), parser.rows[0][5], parser.rows[-1][5]),
              (len(want), f"{decimal.Decimal(want[0][7]) / 100:.2f}", f"{decimal.Decimal(want[-1][7]) / 100:.2f}"), "a row for each, opening and closing shown")
    tap.ok(any(row[2] == "<script>alert(1)</script>&" for row in parser.rows), "markup in a narrative is text")
    tap.equal(parser.tags & {"script", "style", "iframe", "img", "form"}, set(), "no script, and no style of its own")
    tap.equal((one.get("/statement.css").headers["Content-Type"], "/api/v1/statement.css" in page), ("text/css; charset=utf-8", True), "but for a sheet of the bank's")
    after = peaks(site)
    grown = max(after[pid] - before.get(pid, after[pid]) for pid in after)
    if not SANDBOXED:
        tap.skip("and all that in little memory", "sanitizers keep what is freed")
    else:
        tap.ok(len(page) > 1500000 and grown < 1000, "and all that in little memory", f"{len(page)} bytes, the most that a worker grew: {grown} kB")

    for name, query, status, code in (
            ("the wrong way round", f"?from={today}&to={first}", 422, "period_too_long"), ("a day more than a leap year", "?from=2024-01-01&to=2025-01-01", 422, "period_too_long"),
            ("no last day", f"?from={first}", 422, "missing_field"), ("a day that never was", "?from=2023-02-29&to=2023-03-01", 422, "bad_field")):
        refused(tap, one.get(f"{path}/statement.csv{query}"), status, code, f"days: {name}")
    is_(tap, one.get(f"{path}/statement?from=2024-01-01&to=2024-12-31"), 200, "a leap year is not too long")
    for form in ("", ".csv", ".html"):
        refused(tap, two.get(f"{path}/statement{form}{span}"), 404, "not_found", f"another's is not there {form}")

    site.sql("ALTER FUNCTION bank.statement(bigint, date, date) RENAME TO statement_kept")
    try:
        for name, last in (("a statement that fails on its way", "1 / (i - i) * i"), ("one whose sum is untrue", "i")):
            site.sql(f"""CREATE FUNCTION bank.statement(p_account bigint, p_from date, p_to date) RETURNS TABLE (what text, value_date date, transfer_id bigint, counterparty text,
                narrative text, debit_minor bigint, credit_minor bigint, balance_minor bigint) LANGUAGE sql STABLE AS $$
                SELECT CASE i WHEN 1 THEN 'opening' WHEN 4000 THEN 'closing' ELSE 'entry' END, p_from, i, NULL, repeat('n', 100), 1::bigint, NULL::bigint,
                       CASE WHEN i = 4000 THEN {last} ELSE 0 END FROM generate_series(1::bigint, 4000) AS i $$;
                GRANT EXECUTE ON FUNCTION bank.statement(bigint, date, date) TO bank_app""")
            try:
                told = one.get(f"{path}/statement.csv{span}")
                tap.ok(b"closing" not in told.body and told.status == 200, f"{name}: has no closing line", told)
                tap.ok(False, f"{name}: is cut, not ended", told)
            except (http.client.HTTPException, OSError) as error:
                tap.ok(isinstance(error, (http.client.IncompleteRead, ConnectionError, ssl.SSLError)), f"{name}: is cut, not ended", error)
            site.sql("DROP FUNCTION bank.statement(bigint, date, date)")
    finally:
        site.sql("ALTER FUNCTION bank.statement_kept(bigint, date, date) RENAME TO statement")
    is_(tap, one.get(f"{path}/statement.csv{span}"), 200, "and the next one is whole again")


@case
def database_dies_on_the_way(tap, site):
    """kill -9 of the session whose rows are being passed on: the answer is cut, and the worker lives."""
    one = site.client("customer1")
    mine = busy_account(site, one)
    path, span = f"/accounts/{mine['account_id']}", f"?from={site.today()}&to={site.today()}"
    site.sql("ALTER FUNCTION bank.statement(bigint, date, date) RENAME TO statement_kept")
    site.sql("""CREATE FUNCTION public.die() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'; RETURN 1; END $$;
        CREATE FUNCTION bank.statement(p_account bigint, p_from date, p_to date) RETURNS TABLE (what text, value_date date, transfer_id bigint, counterparty text,
            narrative text, debit_minor bigint, credit_minor bigint, balance_minor bigint) LANGUAGE sql STABLE AS $$
            SELECT CASE i WHEN 1 THEN 'opening' ELSE 'entry' END, p_from, i, NULL, repeat('n', 100), 1::bigint, NULL::bigint,
                   CASE WHEN i = 4000 THEN public.die() ELSE 0 END FROM generate_series(1::bigint, 4000) AS i $$;
        GRANT EXECUTE ON FUNCTION bank.statement(bigint, date, date) TO bank_app; GRANT USAGE ON SCHEMA public TO bank_app""")
    workers = {process.pid for process in site.workers()}
    for form in ("", ".csv", ".html"):
        try:
            told = one.get(f"{path}/statement{form}{span}")
            tap.ok(told.status == 503, f"statement{form}: 503, or cut", told)
        except (http.client.HTTPException, OSError):
            tap.ok(True, f"statement{form}: cut")
        site.connection = None
        until(site.bank.is_ready, 60, "the database")
    tap.equal({process.pid for process in site.workers()}, workers, "the workers live")
    site.sql("DROP FUNCTION bank.statement(bigint, date, date); DROP FUNCTION public.die(); ALTER FUNCTION bank.statement_kept(bigint, date, date) RENAME TO statement")
    is_(tap, one.get(f"{path}/statement.csv{span}"), 200, "and the next statement is whole")


def newcomer(site, skip=0):
    """A customer without online access: party, number, birth date."""
    return site.sql("SELECT p.party_id, p.party_no, i.birth_date::text FROM bank.party AS p JOIN bank.person AS i USING (party_id) WHERE p.status = 'active'"
                    " AND NOT EXISTS (SELECT FROM bank_online.app_user AS u WHERE u.party_id = p.party_id) ORDER BY p.party_id OFFSET %s LIMIT 1", (skip,))[0]


@case
def registration(tap, site):
    staff, one = site.client("staff1"), site.client("customer1")
    party, number, born = newcomer(site)
    path = f"/staff/customers/{party}/activation"
    refused(tap, one.post(path), 403, "not_allowed", "a customer hands out no activation code")
    refused(tap, staff.post(path), 403, "step_up_needed", "nor staff, without a further code")
    staff.step_up()
    first = staff.post(path)
    made = staff.post(path)
    code = made.json["activation_code"]
    tap.ok(made.status == 201 and re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", code) and first.json["activation_code"] != code, "staff does, a new one each time", made)
    tap.equal(site.one("SELECT count(*)::int FROM bank_online.activation WHERE code_hash = sha256(%s) AND expires_at BETWEEN now() + INTERVAL '167 hours'"
                       " AND now() + INTERVAL '168 hours'", (code.encode(),)), 1, "of which the database has the hash, for seven days")
    organisation = site.one("SELECT party_id FROM bank.organisation LIMIT 1")
    refused(tap, staff.post(f"/staff/customers/{organisation}/activation"), 409, "not_for_party", "not for an organisation")
    refused(tap, staff.post(f"/staff/customers/{one.user['party_id']}/activation"), 409, "not_for_party", "nor for one who has access")
    refused(tap, staff.post("/staff/customers/999999999/activation"), 404, "not_found", "nor for nobody")

    guest = Client(site)
    body = {"party_no": number, "birth_date": born, "activation_code": code, "login": "new.comer", "password": "correct horse battery"}
    refused(tap, guest.post("/registration", body | {"password": "password1"}), 422, "common_password", "a common password is refused")
    refused(tap, guest.post("/registration", body | {"password": "short"}), 422, "bad_field", "so is a short one")
    wrong = [guest.post("/registration", body | change) for change in (
        {"party_no": "C0000000000"}, {"birth_date": "1970-02-03"}, {"activation_code": first.json["activation_code"]})]
    tap.ok(len({(a.status, a.body) for a in wrong}) == 1 and wrong[0].code == "bad_activation", "whichever fact is wrong, the answer is the same", wrong)
    refused(tap, guest.post("/registration", body | {"login": "customer1"}), 409, "login_taken", "a name that is taken is told to who has the code")
    told = guest.post("/registration", body)
    seed = told.json["totp_secret"]
    tap.ok(told.status == 201 and told.json["totp_uri"] == f"otpauth://totp/Test%20Bank:new.comer?secret={seed}&issuer=Test%20Bank"
           and len(base64.b32decode(seed)) == 20, "all right: a token, a seed, and its picture's text", told)
    kept = site.sql("SELECT totp_secret, password_hash FROM bank_online.registration")[0]
    tap.ok(len(kept[0]) == 60 and base64.b32decode(seed) not in bytes(kept[0]) and kept[1].startswith("$argon2id$v=19$m=19456,t=2,p=1$"), "kept sealed and hashed")
    token = told.json["registration_token"]
    refused(tap, guest.post("/registration/confirm", {"registration_token": "x" * 43, "code": "000000"}), 422, "bad_code", "a token of nothing is as a wrong code")
    refused(tap, guest.post("/registration/confirm", {"registration_token": token, "code": "12345"}), 422, "bad_field", "a code has six digits")
    now = int(time.time()) // 30
    false = next(f"{n:06d}" for n in range(10) if f"{n:06d}" not in [code_at(seed, step) for step in range(now - 2, now + 4)])
    refused(tap, guest.post("/registration/confirm", {"registration_token": token, "code": false}), 422, "bad_code", "a wrong code")
    done = guest.post("/registration/confirm", {"registration_token": token, "code": code_at(seed, now)})
    codes = done.json["recovery_codes"]
    tap.ok(done.status == 200 and len(set(codes)) == 10, "the right one: ten recovery codes", done)
    refused(tap, guest.post("/registration/confirm", {"registration_token": token, "code": code_at(seed, now)}), 422, "bad_code", "once")
    refused(tap, guest.post("/registration", body), 422, "bad_activation", "the activation code is used up")
    user = {"login": "new.comer", "password": "correct horse battery", "code": code_at(seed, now)}
    refused(tap, guest.post("/login", user), 401, "bad_credentials", "the code that confirmed signs nobody in")
    tap.equal(guest.post("/login", user | {"code": codes[0]}).json["party_id"], party, "a recovery code does")
    tap.ok(guest.get("/accounts").json["items"], "and there are the customer's accounts")
    tap.equal(site.sql("SELECT event, count(*)::int FROM bank_online.audit_event WHERE event LIKE 'activation.%' OR event = 'access.registered'"
                       " AND detail->>'by' = 'activation' GROUP BY 1 ORDER BY 1"),
              [("access.registered", 1), ("activation.made", 2), ("activation.refused", 4)], "all of it is recorded")

    refused(tap, guest.post("/recovery-codes"), 403, "step_up_needed", "new recovery codes take a further code")
    is_(tap, guest.post("/step-up", {"code": codes[1]}), 200, "which may be a recovery code")
    new = guest.post("/recovery-codes").json["recovery_codes"]
    refused(tap, guest.post("/step-up", {"code": codes[2]}), 422, "bad_code", "the old codes are good no more")
    tap.ok(len(set(new)) == 10 and not set(new) & set(codes) and guest.post("/step-up", {"code": new[9]}).status == 200, "the new ones are", new)

    party, number, born = newcomer(site)
    code = staff.post(f"/staff/customers/{party}/activation").json["activation_code"]
    body = {"party_no": number, "birth_date": born, "activation_code": code, "login": "late.comer", "password": "correct horse battery"}
    site.sql("DELETE FROM bank_online.throttle")
    with contextlib.closing(site.bank.client(source="127.0.26.1")) as other:
        told = [other.post("/registration", **body | {"activation_code": "aaaa-aaaa-aaaa-aaaa"})[0] for _ in range(21)]
    tap.equal(told, [422] * 20 + [429], "whoever knows number and birth date gets twenty tries of the code")
    is_(tap, guest.post("/registration", body), 201, "which do not use it up")
    site.sql("UPDATE bank_online.activation SET expires_at = created_at + INTERVAL '1 microsecond'")
    refused(tap, guest.post("/registration", body), 422, "bad_activation", "after seven days the right facts are too late")
    site.sql("UPDATE bank_online.activation SET expires_at = now() + INTERVAL '1 day'")
    told = guest.post("/registration", body).json
    site.sql("UPDATE bank_online.registration SET expires_at = created_at + INTERVAL '1 microsecond'")
    answer = guest.post("/registration/confirm", {"registration_token": told["registration_token"], "code": code_at(told["totp_secret"], int(time.time()) // 30)})
    refused(tap, answer, 422, "bad_code", "and the first code after half an hour")

    def confirmed(told):
        return guest.post("/registration/confirm", {"registration_token": told["registration_token"], "code": code_at(told["totp_secret"], int(time.time()) // 30)})

    site.sql("DELETE FROM bank_online.throttle")
    told = guest.post("/registration", body).json
    site.sql("UPDATE bank.party SET status = 'blocked' WHERE party_id = %s", (party,))
    refused(tap, confirmed(told), 409, "not_for_party", "who was blocked meanwhile does not finish")
    refused(tap, guest.post("/registration", body), 422, "bad_activation", "nor begin")
    site.sql("UPDATE bank.party SET status = 'active' WHERE party_id = %s", (party,))
    user = site.one("SELECT bank_online.add_user('by.branch', %s, 'customer', '$argon2id$v=19$x', NULL, '{}')", (party,))
    refused(tap, confirmed(told), 409, "not_for_party", "nor one who has access by now: that is no matter of the name")
    site.sql("ALTER TABLE bank_online.audit_event DISABLE TRIGGER audit_event_immutable")
    site.sql("DELETE FROM bank_online.audit_event WHERE user_id = %s; DELETE FROM bank_online.app_user WHERE user_id = %s", (user, user))
    site.sql("ALTER TABLE bank_online.audit_event ENABLE TRIGGER audit_event_immutable")
    site.sql("UPDATE bank_online.app_user SET login = 'late.comer' WHERE login = 'new.comer'")
    refused(tap, confirmed(told), 409, "login_taken", "but one that was taken meanwhile is")
    site.sql("UPDATE bank_online.app_user SET login = 'new.comer' WHERE login = 'late.comer'")
    tap.ok([e["login"] for e in staff.get(f"/staff/audit?party_id={party}&event=activation.made").json["items"]] == ["staff1"],
           "the trail of a customer without access has the code that staff made")
    site.sql("DELETE FROM bank_online.throttle")
    for _ in range(20):
        guest.post("/registration", body | {"birth_date": "1970-02-03"})
    answer = guest.post("/registration", body)
    refused(tap, answer, 429, "too_many_tries", "a network has twenty tries")
    tap.ok("registration 127.0.0.1" in [s for (s,) in site.sql("SELECT subject FROM bank_online.throttle")], "counted by its address")
    site.sql("DELETE FROM bank_online.throttle")


@case
def profile(tap, site):
    one, two, staff = site.client("customer1"), site.client("customer2"), site.client("staff1")
    party = one.user["party_id"]
    told = one.get("/profile").json
    tap.equal((told["party_id"], told["party_no"], told["organisation"]), (party, site.one("SELECT party_no FROM bank.party WHERE party_id = %s", (party,)), None),
              "a customer's own profile")
    tap.ok(told["person"]["last_name"] and told["addresses"] and "notes" not in told and "risk_score" not in told, "with name and address, without the bank's notes", told)
    refused(tap, staff.get("/profile"), 403, "not_allowed", "staff have none")
    before = site.sql("SELECT preferences, language FROM bank.party WHERE party_id = %s", (two.user["party_id"],))
    tap.equal(one.patch("/profile", {"language": "en", "theme": "dark", "news": True}).json, {"language": "en", "theme": "dark", "news": True}, "changed")
    tap.equal(one.patch("/profile", {"news": False}).json, {"language": "en", "theme": "dark", "news": False}, "what is not named stays")
    told = one.get("/profile").json
    tap.equal((told["language"], told["theme"], told["news"]), ("en", "dark", False), "and is there")
    tap.equal(site.sql("SELECT preferences, language FROM bank.party WHERE party_id = %s", (two.user["party_id"],)), before, "nobody else's")
    for field, value in (("language", "xx"), ("theme", 1), ("news", "true"), ("news", 1)):
        refused(tap, one.patch("/profile", {field: value}), 422, "bad_field", f"not so: {field} {value!r}")
    refused(tap, one.patch("/profile", {"status": "active"}), 422, "unknown_field", "no other field")


def code_of(site):
    return site.one("SELECT detail->>'code' FROM bank_online.message WHERE kind = 'contact.code' ORDER BY message_id DESC LIMIT 1")


@case
def contacts(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    party = one.user["party_id"]
    site.sql("DELETE FROM bank.contact WHERE party_id = %s", (party,))
    site.sql("INSERT INTO bank.contact (party_id, contact_type, ordinal, value) VALUES (%s, 'phone', 1, '+79000000001')", (party,))
    new = {"contact_type": "email", "value": "new@example.org"}
    refused(tap, one.post("/contacts", new), 403, "step_up_needed", "a contact takes a further code")
    one.step_up()
    asked = one.post("/contacts", new)
    tap.ok(asked.status == 200 and set(asked.json) == {"change_id", "expires_at"}, "asked for: a change that waits", asked)
    change, code = asked.json["change_id"], code_of(site)
    tap.ok(re.fullmatch("[0-9]{6}", code) and site.one("SELECT recipient FROM bank_online.message WHERE kind = 'contact.code'") == "new@example.org", "its code is sent there", code)
    tap.equal(one.get("/profile").json["contacts"], [{"contact_type": "phone", "ordinal": 1, "value": "+79000000001", "is_verified": False}], "nothing is changed yet")
    wrong = f"{(int(code) + 1) % 1000000:06d}"
    refused(tap, one.post("/contacts/confirm", {"change_id": change, "code": wrong}), 422, "bad_code", "a wrong code")
    refused(tap, two.post("/contacts/confirm", {"change_id": change, "code": code}), 422, "bad_code", "another customer's try")
    done = one.post("/contacts/confirm", {"change_id": change, "code": code})
    tap.ok(done.status == 200 and (done.json["contact_type"], done.json["ordinal"], done.json["value"]) == ("email", 1, "new@example.org") and done.json["verified_at"], "the right one", done)
    refused(tap, one.post("/contacts/confirm", {"change_id": change, "code": code}), 422, "bad_code", "is good once")
    tap.equal(site.sql("SELECT recipient FROM bank_online.message WHERE kind = 'contact.changed'"), [("+79000000001",)], "the contact there was is told")

    change = one.post("/contacts", {"contact_type": "email", "value": "other@example.org", "ordinal": 1}).json["change_id"]
    tap.equal(one.post("/contacts/confirm", {"change_id": change, "code": code_of(site)}).json["value"], "other@example.org", "one that takes another's place")
    tap.equal(site.sql("SELECT contact_type, ordinal::int, value FROM bank.contact WHERE party_id = %s ORDER BY 1", (party,)),
              [("email", 1, "other@example.org"), ("phone", 1, "+79000000001")], "does")
    tap.equal(site.sql("SELECT recipient FROM bank_online.message WHERE kind = 'contact.changed' ORDER BY message_id")[-1], ("new@example.org",), "and that one is told")

    for bad in ({"contact_type": "email", "value": "no address"}, {"contact_type": "phone", "value": "12345678"}, {"contact_type": "fax", "value": "+79000000000"},
                {"contact_type": "email", "value": "x@" + "y" * 300}):
        refused(tap, one.post("/contacts", bad), 422, "bad_field", f"none: {bad['contact_type']} {bad['value'][:20]}")
    refused(tap, one.post("/contacts", {"contact_type": "phone", "value": "+79000000009", "ordinal": 5}), 404, "not_found", "no such contact to take the place of")

    change = one.post("/contacts", {"contact_type": "phone", "value": "+79000000002"}).json["change_id"]
    code = code_of(site)
    for _ in range(5):
        one.post("/contacts/confirm", {"change_id": change, "code": f"{(int(code) + 1) % 1000000:06d}"})
    refused(tap, one.post("/contacts/confirm", {"change_id": change, "code": code}), 422, "bad_code", "after five wrong codes the right one is too late")
    change = one.post("/contacts", {"contact_type": "phone", "value": "+79000000002"}).json["change_id"]
    code = code_of(site)
    site.sql("UPDATE bank_online.contact_change SET expires_at = created_at + INTERVAL '1 microsecond'")
    refused(tap, one.post("/contacts/confirm", {"change_id": change, "code": code}), 422, "bad_code", "so it is after a quarter of an hour")

    one.step_down()
    refused(tap, one.delete("/contacts/email/1"), 403, "step_up_needed", "removal takes a further code")
    one.step_up()
    refused(tap, one.delete("/contacts/email/2"), 404, "not_found", "what is not there is not removed")
    refused(tap, one.delete("/contacts/fax/1"), 404, "not_found", "nor what cannot be")
    is_(tap, one.delete("/contacts/email/1"), 204, "removed")
    tap.equal(site.sql("SELECT recipient FROM bank_online.message WHERE kind = 'contact.removed'"), [("other@example.org",)], "and told")
    refused(tap, one.delete("/contacts/phone/1"), 409, "last_contact", "the last one stays")
    site.sql("DELETE FROM bank_online.throttle")
    for _ in range(10):
        one.post("/contacts", new)
    refused(tap, one.post("/contacts", new), 429, "too_many_tries", "ten messages an hour are enough")
    site.sql("DELETE FROM bank_online.throttle")
    taken = site.sql("SELECT * FROM bank_online.take_messages(1000)")
    tap.ok(taken and site.one("SELECT count(*) FROM bank_online.message WHERE sent_at IS NULL OR detail ? 'code'") == 0, "what the gateway takes is sent, and its codes are gone")


@case
def standing_orders(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    mine = money_account(one)
    number, other = foreign_account(site, one.user["party_id"])
    today = site.today()
    body = {"request_id": str(uuid.uuid4()), "debit_account_id": mine["account_id"], "credit_account_no": number, "amount_minor": 700, "currency_code": "RUB",
            "day_of_month": 31, "starts_on": str(today), "narrative": "rent"}
    before = site.one("SELECT count(*) FROM bank.standing_order")
    made = one.post("/standing-orders", body)
    tap.ok(made.status == 201 and made.json["is_new"] and re.fullmatch("S[0-9]{10}", made.json["order_no"]), "made", made)
    again = one.post("/standing-orders", body)
    tap.equal((again.status, again.json["order_no"], again.json["is_new"]), (200, made.json["order_no"], False), "the same id again is the same answer")
    refused(tap, one.post("/standing-orders", body | {"amount_minor": 701}), 422, "id_reused", "with another content it is refused")
    other_one = two.post("/standing-orders", body)
    refused(tap, other_one, 404, "not_found", "another customer's same id is another id, and the account is not theirs")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        clients = [Client(site, one.user) for _ in range(8)]
        for client in clients:
            client.cookies = dict(one.cookies)
        same = body | {"request_id": str(uuid.uuid4())}
        answers = list(pool.map(lambda client: client.post("/standing-orders", same), clients))
    tap.equal((sorted(a.status for a in answers), len({a.json.get("order_no") for a in answers})), ([200] * 7 + [201], 1), "eight at once with one id: one order")
    tap.equal(site.one("SELECT count(*) FROM bank.standing_order"), before + 2, "and there are as many as were made")
    order = made.json["standing_order_id"]
    shown = next(o for o in one.get("/standing-orders").json["items"] if o["standing_order_id"] == order)
    tap.equal((shown["debit_account_id"], shown["credit_account_no"], shown["amount_minor"], shown["status"], shown["may_change"]),
              (mine["account_id"], number, 700, "active", True), "it is in the list, with the number it pays to")
    tap.ok(order not in [o["standing_order_id"] for o in two.get("/standing-orders").json["items"]], "not in another's")

    def new(**change):
        return one.post("/standing-orders", body | {"request_id": str(uuid.uuid4())} | change)

    refused(tap, new(amount_minor=10 ** 12), 403, "step_up_needed", "a large one takes a further code")
    one.step_up()
    is_(tap, new(amount_minor=10 ** 12), 201, "and is made with one")
    one.step_down()
    refused(tap, new(debit_account_id=other), 404, "not_found", "not from another's account")
    refused(tap, new(credit_account_no="9" * 20), 422, "no_such_account", "nor to none")
    refused(tap, new(credit_account_no=mine["account_no"]), 422, "same_account", "nor to itself")
    refused(tap, new(currency_code="USD"), 422, "currency_differs", "nor in another currency")
    refused(tap, new(starts_on="2020-01-01"), 422, "bad_field", "nor from a day that is over")
    refused(tap, new(ends_on="2020-01-01"), 422, "bad_field", "nor to one before")
    refused(tap, new(day_of_month=32), 422, "bad_field", "nor on a day that no month has")
    refused(tap, new(request_id="x"), 422, "bad_field", "nor with an id that is none")

    path = f"/standing-orders/{order}"
    tap.equal(one.patch(path, {"amount_minor": 800, "status": "paused", "ends_on": "2199-12-31"}).json,
              {"standing_order_id": order, "amount_minor": 800, "day_of_month": 31, "ends_on": "2199-12-31", "narrative": "rent", "status": "paused"}, "changed and paused")
    refused(tap, one.patch(path, {"amount_minor": 10 ** 12}), 403, "step_up_needed", "raised above the limit: a further code")
    refused(tap, one.patch(path, {"ends_on": "2020-01-01"}), 422, "bad_field", "no end before the beginning")
    refused(tap, two.patch(path, {"status": "ended"}), 404, "not_found", "another's is not there")
    tap.equal(one.patch(path, {"status": "ended"}).json["status"], "ended", "ended")
    refused(tap, one.patch(path, {"status": "active"}), 409, "order_ended", "for good")
    refused(tap, one.patch(path, {"status": "cancelled"}), 422, "bad_field", "no status that there is not")


@case
def notifications(tap, site):
    one = site.client("customer1")
    user = site.one("SELECT user_id FROM bank_online.app_user WHERE login = 'customer1'")
    site.sql("DELETE FROM bank_online.notification")
    site.sql("INSERT INTO bank_online.notification (user_id, kind) SELECT user_id, 'other' FROM bank_online.app_user WHERE user_id <> %s", (user,))
    one.login()
    tap.equal(one.get("/notifications").json["items"], [], "a login from a browser that was there before tells nothing")
    new = site.client("customer1")
    told = new.get("/notifications").json["items"]
    tap.equal([(n["kind"], n["detail"]["client_ip"], n["read_at"]) for n in told], [("login.new_device", "127.0.0.1", None)], "one from a new one does")
    new.step_up()
    password = new.user["password"]
    is_(tap, new.post("/password", {"old_password": password, "new_password": password + "!"}), 204, "a new password")
    new.user["password"] = password + "!"
    new.step_up()
    new.post("/recovery-codes")
    items = new.get("/notifications").json["items"]
    tap.equal([n["kind"] for n in items], ["recovery_codes.renewed", "password.changed", "login.new_device"], "the newest first, and only one's own")
    page = new.get("/notifications?limit=2").json
    rest = new.get(f"/notifications?limit=2&before={page['next']['before']}").json
    tap.equal((page["items"] + rest["items"], rest["next"]), (items, None), "page by page: the same")
    tap.equal(new.post("/notifications/read", {"up_to": items[1]["notification_id"]}).json, {"unread": 1}, "read up to one")
    tap.equal([n["read_at"] is None for n in new.get("/notifications").json["items"]], [True, False, False], "that and those before")
    tap.equal(site.one("SELECT count(*) FROM bank_online.notification WHERE kind = 'other' AND read_at IS NOT NULL"), 0, "nobody else's")
    refused(tap, new.post("/notifications/read", {}), 422, "missing_field", "up to which?")
    refused(tap, new.get("/notifications?limit=201"), 422, "bad_field", "pages have their bound")


def everything(client, site):
    """What a customer does with money and cards: name, request. Each is right as it stands."""
    mine = money_account(client)
    number, _ = foreign_account(site, client.user["party_id"])
    pay = {"debit_account_id": mine["account_id"], "credit_account_no": number, "amount_minor": 100, "currency_code": "RUB"}
    order = pay | {"day_of_month": 1, "starts_on": str(site.today())}
    made = client.post("/standing-orders", order | {"request_id": str(uuid.uuid4())}).json["standing_order_id"]
    card = site.one("UPDATE bank.card SET account_id = %s, status = 'active' WHERE card_id = (SELECT min(card_id) FROM bank.card) RETURNING card_id", (mine["account_id"],))
    beneficiary = client.post("/beneficiaries", {"account_no": number, "alias": "kept"}).json["beneficiary_id"]
    return {
        "pays": lambda: client.post("/transfers", pay | {"transfer_uuid": str(uuid.uuid4())}),
        "checks a payment": lambda: client.post("/transfers/check", pay),
        "makes a standing order": lambda: client.post("/standing-orders", order | {"request_id": str(uuid.uuid4())}),
        "changes one": lambda: client.patch(f"/standing-orders/{made}", {"day_of_month": 2}),
        "lets one go on": lambda: client.patch(f"/standing-orders/{made}", {"status": "active"}),
        "names a beneficiary": lambda: client.post("/beneficiaries", {"account_no": number, "alias": "Ann"}),
        "sets a card's limit": lambda: client.patch(f"/cards/{card}", {"day_limit_minor": 5}),
        "releases a card": lambda: client.patch(f"/cards/{card}", {"status": "active"}),
    }, {
        "freezes a card": lambda: client.patch(f"/cards/{card}", {"status": "frozen"}),
        "pauses a standing order": lambda: client.patch(f"/standing-orders/{made}", {"status": "paused"}),
        "removes a beneficiary": lambda: client.delete(f"/beneficiaries/{beneficiary}"),
        "looks at accounts": lambda: client.get("/accounts"),
        "looks at transactions": lambda: client.get(f"/accounts/{mine['account_id']}/transactions"),
        "asks whose a number is": lambda: client.post("/payees", {"account_no": number}),
    }


def becomes(site, client, status):
    site.sql("UPDATE bank.party SET status = %s WHERE party_id = %s", (status, client.user["party_id"]))


@case
def customer_blocked(tap, site):
    """Whoever the bank has blocked looks, and makes less possible; no more."""
    one, two = site.client("customer1"), site.client("customer2")
    one.step_up()
    no_more, still = everything(one, site)
    mine = money_account(one)
    instruction = {"transfer_uuid": str(uuid.uuid4()), "debit_account_id": mine["account_id"], "credit_account_no": money_account(two)["account_no"],
                   "amount_minor": 100, "currency_code": "RUB"}
    is_(tap, one.post("/transfers", instruction), 201, "a payment before")
    site.sql("DELETE FROM bank_online.notification")
    denied = site.one("SELECT count(*) FROM bank_online.audit_event WHERE event = 'request.denied'")
    becomes(site, one, "blocked")
    for name, ask in no_more.items():
        refused(tap, ask(), 409, "customer_blocked", f"a blocked customer no longer {name}")
    tap.equal(site.one("SELECT count(*) FROM bank_online.audit_event WHERE event = 'request.denied'"), denied + len(no_more), "each refusal is in the trail")
    for name, ask in still.items():
        answer = ask()
        tap.ok(answer.status in (200, 204), f"but still {name}", answer)
    is_(tap, one.login(), 200, "signs in")
    tap.equal(one.get("/profile").json["status"], "blocked", "and sees why")
    tap.equal([n["kind"] for n in one.get("/notifications").json["items"]], ["customer.blocked"], "is told so, too")
    is_(tap, one.post("/transfers", instruction), 200, "a payment of before is answered as before")
    refused(tap, one.post("/transfers", instruction | {"amount_minor": 101}), 422, "id_reused", "not with another content")
    theirs = money_account(two)
    is_(tap, two.post("/transfers", {"transfer_uuid": str(uuid.uuid4()), "debit_account_id": theirs["account_id"], "credit_account_no": mine["account_no"],
                                     "amount_minor": 100, "currency_code": "RUB"}), 201, "money comes in all the same")
    site.sql("DELETE FROM bank_online.throttle")
    tap.equal({no_more["pays"]().code for _ in range(62)}, {"customer_blocked"}, "refusals that tell of no account number do not count as asking for one")
    becomes(site, one, "active")
    one.step_up()
    for name, ask in no_more.items():
        answer = ask()
        tap.ok(answer.status in (200, 201), f"released, the customer again {name}", answer)
    site.sql("DELETE FROM bank_online.beneficiary")
    site.sql("DELETE FROM bank_online.throttle")


def is_out(tap, site, status):
    """Who is none of the bank's customers: sessions are over at once, and none begins; no answer tells why."""
    one, other = site.client("customer1"), site.client("customer1")
    stranger = other.post("/login", {"login": "nobody.there", "password": one.user["password"], "code": "123456"})
    becomes(site, one, status)
    for client in (one, other):
        refused(tap, client.get("/accounts"), 401, "no_session", f"{status}: a session is over at once")
    refused(tap, one.post("/transfers", {"transfer_uuid": str(uuid.uuid4()), "debit_account_id": 1, "credit_account_no": "9" * 20, "amount_minor": 1, "currency_code": "RUB"}),
            401, "no_session", f"{status}: nothing is paid in it")
    answer = one.login()
    tap.ok(refused(tap, answer, 401, "bad_credentials", f"{status}: nobody signs in") and answer.body == stranger.body, "which is what a stranger is told", answer)
    becomes(site, one, "active")
    refused(tap, one.get("/session"), 401, "no_session", f"no longer {status}: the session of before stays over")
    is_(tap, one.login(), 200, "but a new one begins")
    tap.equal(site.sql("SELECT event FROM bank_online.audit_event WHERE event LIKE 'customer.%%' ORDER BY event_id DESC LIMIT 2"), [("customer.active",), (f"customer.{status}",)],
              "both are in the trail")
    site.sql("DELETE FROM bank_online.throttle")


@case
def customer_left(tap, site):
    is_out(tap, site, "left")


@case
def customer_prospect(tap, site):
    is_out(tap, site, "prospect")


@case
def customer_active(tap, site):
    one = site.client("customer1")
    one.step_up()
    for name, ask in {name: ask for part in everything(one, site) for name, ask in part.items()}.items():
        answer = ask()
        tap.ok(answer.status in (200, 201, 204), f"an active customer {name}", answer)
    site.sql("DELETE FROM bank_online.beneficiary")


@case
def changes(tap, site):
    """What changes nothing writes nothing; what changes something does so a hundred times an hour."""
    one = site.client("customer1")
    one.step_up()
    everything(one, site)
    order = one.get("/standing-orders").json["items"][0]
    card = next(c for c in one.get("/cards").json["items"] if c["may_change"] and c["status"] == "active")
    paths = {f"/standing-orders/{order['standing_order_id']}": {"day_of_month": order["day_of_month"], "status": order["status"], "amount_minor": order["amount_minor"]},
             f"/cards/{card['card_id']}": {"status": "active"}, "/profile": {"theme": one.get("/profile").json["theme"]}}
    state = ("SELECT (SELECT max(event_id) FROM bank_online.audit_event), (SELECT xmin::text FROM bank.party WHERE party_id = %s),"
             " (SELECT xmin::text FROM bank.standing_order WHERE standing_order_id = %s), (SELECT xmin::text FROM bank.card WHERE card_id = %s)")
    ids = (one.user["party_id"], order["standing_order_id"], card["card_id"])
    before = site.sql(state, ids)
    for path, same in paths.items():
        for _ in range(20):
            answer = one.patch(path, {})
        refused(tap, answer, 422, "missing_field", f"{path}: a change of nothing is none")
        tap.equal({one.patch(path, same).status for _ in range(110)}, {200}, f"{path}: what is so already is answered, however often")
        is_(tap, one.patch(path, {name: None for name in same}), 200, f"{path}: null is as it is")
    tap.equal(site.sql(state, ids), before, "none of it is written anywhere")
    refused(tap, one.patch("/profile", {"status": None}), 422, "unknown_field", "a field that there is not is none, either")
    site.sql("DELETE FROM bank_online.throttle")
    path = f"/cards/{card['card_id']}"
    told = [one.patch(path, {"status": status}) for _ in range(101) for status in ("frozen", "active")]
    tap.equal({a.status for a in told[:-1]}, {200}, "a card is frozen and released a hundred times")
    tap.ok(refused(tap, told[-1], 429, "too_many_tries", "not once more") and int(told[-1].headers["Retry-After"]) > 0, "and it says when to come again", told[-1])
    is_(tap, one.patch(path, {"status": "frozen"}), 200, "frozen it stays, and could be at any time")
    refused(tap, one.patch(f"/standing-orders/{order['standing_order_id']}", {"day_of_month": 28}), 429, "too_many_tries", "standing orders are among the hundred")
    refused(tap, one.patch("/profile", {"theme": "light", "news": True}), 429, "too_many_tries", "so are preferences")
    refused(tap, one.post("/standing-orders", {"request_id": str(uuid.uuid4()), "debit_account_id": order["debit_account_id"], "credit_account_no": order["credit_account_no"],
                                               "amount_minor": 1, "currency_code": "RUB", "day_of_month": 1, "starts_on": str(site.today())}),
            429, "too_many_tries", "and new orders")
    site.sql("DELETE FROM bank_online.throttle")
    codes = [one.post("/recovery-codes").status for _ in range(11)]
    tap.equal(codes, [200] * 10 + [429], "recovery codes are made anew ten times an hour")
    site.sql("DELETE FROM bank_online.beneficiary")
    site.sql("DELETE FROM bank_online.throttle")


@case
def denials(tap, site):
    """Who reaches for what is another's is in the trail: a hundred times an hour."""
    one = site.client("customer1")
    mine = money_account(one)
    number, other = foreign_account(site, one.user["party_id"])
    site.sql("DELETE FROM bank_online.throttle")

    def tries():
        return site.sql("SELECT detail->>'why', count(*)::int FROM bank_online.audit_event WHERE event = 'request.denied' AND event_id > %s GROUP BY 1", (last,))

    last = site.one("SELECT max(event_id) FROM bank_online.audit_event")
    foreign = {"transfer_uuid": str(uuid.uuid4()), "debit_account_id": other, "credit_account_no": mine["account_no"], "amount_minor": 1, "currency_code": "RUB"}
    refused(tap, one.post("/transfers", foreign), 404, "not_found", "a payment from another's account")
    card = site.one("SELECT card_id FROM bank.card WHERE account_id NOT IN (SELECT account_id FROM bank.account_holder WHERE party_id = %s) LIMIT 1", (one.user["party_id"],))
    refused(tap, one.patch(f"/cards/{card}", {"status": "frozen"}), 404, "not_found", "another's card")
    tap.equal(tries(), [("not_found", 2)], "both are in the trail")
    for _ in range(110):
        one.patch(f"/cards/{card}", {"status": "frozen"})
    tap.equal(tries(), [("not_found", 100)], "and no more than a hundred in an hour")
    site.sql("DELETE FROM bank_online.throttle")


@case
def statement_of_another(tap, site):
    """A statement has its account's owners, whoever asks."""
    one, two = site.client("customer1"), site.client("customer2")
    mine = money_account(one)
    names = dict(site.sql("SELECT party_id, concat_ws(' ', first_name, middle_name, last_name) FROM bank.person WHERE party_id IN (%s, %s)",
                          (one.user["party_id"], two.user["party_id"])))
    site.sql("INSERT INTO bank.account_holder (account_id, party_id, role, valid_from) VALUES (%s, %s, 'viewer', '2020-01-01')", (mine["account_id"], two.user["party_id"]))
    try:
        path, span = f"/accounts/{mine['account_id']}/statement", f"?from={site.today()}&to={site.today()}"
        told = [client.get(path + span).json["customer"] for client in (one, two)]
        tap.ok(told[0] == told[1] and names[one.user["party_id"]] in told[0] and names[two.user["party_id"]] not in told[0], "the same name for owner and viewer", told)
        page = two.get(f"{path}.html{span}").body.decode()
        tap.ok(names[two.user["party_id"]] not in page, "on the page, too")
    finally:
        site.sql("DELETE FROM bank.account_holder WHERE account_id = %s AND party_id = %s", (mine["account_id"], two.user["party_id"]))


@case
def reference(tap, site):
    one = site.client("customer1")
    tap.equal([c["currency_code"] for c in one.get("/reference/currencies").json["items"]],
              [c for (c,) in site.sql("SELECT currency_code::text FROM bank.currency ORDER BY 1")], "currencies")
    tap.ok(next(c for c in one.get("/reference/currencies").json["items"] if c["currency_code"] == "RUB")["step_up_above_minor"] == 5000000, "with their limits")
    got = one.get("/reference/categories").json["items"]
    tap.equal((len(got), sum(c["parent_mcc"] is not None for c in got)),
              site.sql("SELECT count(*)::int, count(parent_id)::int FROM bank.category")[0], "categories, and their groups")
    refused(tap, Client(site).get("/reference/currencies"), 401, "no_session", "for whoever has signed in")


@case
def staff(tap, site):
    desk, one, two = site.client("staff1"), site.client("customer1"), site.client("customer2")
    party = one.user["party_id"]
    number, surname = site.sql("SELECT p.party_no, i.last_name FROM bank.party AS p JOIN bank.person AS i USING (party_id) WHERE party_id = %s", (party,))[0]
    account = money_account(one)["account_no"]
    for word in (number, "customer1", account, surname):
        got = desk.get("/staff/customers?query=" + urllib.parse.quote(word))
        found = (got.json or {}).get("items", [])
        tap.ok(party in [f["party_id"] for f in found] and len(found) <= 50, f"found by {'surname' if word == surname else word}", got)
    tap.equal(desk.get("/staff/customers?query=%25%25").json["items"], [], "a pattern is no surname")
    tap.equal(desk.get("/staff/customers?query=nobody-of-this-name").json["items"], [], "nobody")
    refused(tap, desk.get("/staff/customers?query=x"), 422, "bad_field", "one letter is too little")
    refused(tap, desk.get("/staff/customers"), 422, "missing_field", "none even more so")
    told = desk.get(f"/staff/customers/{party}")
    tap.ok(told.status == 200 and told.json["party"]["party_no"] == number and told.json["accounts"] and told.json["access"]["login"] == "customer1"
           and b"balance" not in told.body and b"password" not in told.body and b"pan_token" not in told.body, "a customer, without balances and secrets", told)
    refused(tap, desk.get("/staff/customers/999999999"), 404, "not_found", "or none")
    card = site.one("SELECT card_id FROM bank.card WHERE account_id = (SELECT min(account_id) FROM bank.card WHERE party_id = %s) LIMIT 1", (party,))
    site.sql("UPDATE bank.card SET status = 'active' WHERE card_id = %s", (card,))
    site.sql("DELETE FROM bank_online.notification")
    path = f"/staff/cards/{card}/block"
    refused(tap, desk.post(path, {}), 422, "missing_field", "a card is blocked for a reason")
    tap.equal(desk.post(path, {"reason": "reported stolen"}).json, {"card_id": card, "status": "blocked"}, "blocked")
    tap.equal(site.one("SELECT status::text FROM bank.card WHERE card_id = %s", (card,)), "blocked", "so it is in the bank")
    tap.ok("card.blocked" in [n["kind"] for n in one.get("/notifications").json["items"]], "and the customer is told")
    is_(tap, desk.post(path, {"reason": "again"}), 200, "again: nothing more")
    tap.equal(site.one("SELECT count(*)::int FROM bank_online.audit_event WHERE event = 'card.blocked'"), 1, "recorded once")
    site.sql("UPDATE bank.card SET status = 'expired' WHERE card_id = %s", (card,))
    refused(tap, desk.post(path, {"reason": "late"}), 409, "card_not_usable", "what has ended is not blocked")
    refused(tap, desk.post("/staff/cards/999999999/block", {"reason": "none"}), 404, "not_found", "nor what is not there")

    trail = desk.get("/staff/audit?limit=200").json["items"]
    tap.ok([e["event_id"] for e in trail] == sorted((e["event_id"] for e in trail), reverse=True) and {"card.blocked", "staff.viewed", "staff.searched"} <= {e["event"] for e in trail},
           "the trail, newest first, with what the staff did")
    done_to = desk.get(f"/staff/audit?party_id={party}&event=card.blocked").json["items"]
    tap.equal([(e["login"], e["detail"]["card_id"]) for e in done_to], [("staff1", card)], "of a customer, what was done to them by whom")
    mine = desk.get(f"/staff/audit?party_id={party}&event=login.done").json["items"]
    tap.ok(mine and {(e["login"], e["event"]) for e in mine} == {("customer1", "login.done")}, "of a customer, of an event", mine[:2])
    first = desk.get("/staff/audit?limit=3&event=login.done").json
    second = desk.get(f"/staff/audit?limit=3&event=login.done&before={first['next']['before']}").json
    whole = desk.get("/staff/audit?limit=6&event=login.done").json["items"]
    tap.equal(first["items"] + second["items"], whole, "page by page: the same")
    before = site.one("SELECT count(*) FROM bank_online.audit_event WHERE event = 'request.denied'")
    for method, where in (("GET", "/staff/customers?query=aa"), ("GET", f"/staff/customers/{party}"), ("POST", path), ("GET", "/staff/audit")):
        refused(tap, two.ask(method, where, {"reason": "none"} if method == "POST" else None), 403, "not_allowed", f"not for a customer: {method} {where[:20]}")
    tap.equal(site.one("SELECT count(*) FROM bank_online.audit_event WHERE event = 'request.denied'"), before + 4, "each denial is recorded")
    site.sql("UPDATE bank_online.throttle SET tries = 300 WHERE subject ~ '^(search|view|block) '")
    refused(tap, desk.get("/staff/customers?query=" + number), 429, "too_many_tries", "not more than 300 searches an hour")
    answer = desk.get(f"/staff/customers/{party}")
    tap.ok(refused(tap, answer, 429, "too_many_tries", "nor so many customers looked at") and int(answer.headers["Retry-After"]) > 0, "and it says when to come again", answer)
    refused(tap, desk.post(path, {"reason": "one more"}), 429, "too_many_tries", "nor so many cards blocked")
    site.sql("DELETE FROM bank_online.throttle")


def pages(client, path, query):
    """All items of a search, and how many pages and short ones it took."""
    items, count, short, cursor = [], 0, 0, {}
    while True:
        page = client.get(f"{path}?{urllib.parse.urlencode(query | cursor)}").json
        items += page["items"]
        count += 1
        if page["next"] is None:
            return items, count, short
        short += len(page["items"]) < query["limit"]
        cursor = page["next"]


@case
def transactions(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    mine = money_account(one)
    path = f"/accounts/{mine['account_id']}/transactions"
    everything, count, _ = pages(one, path, {"limit": 200})
    tap.equal((len(everything), count > 1), (site.one("SELECT count(*)::int FROM bank.ledger_entry WHERE account_id = %s", (mine["account_id"],)), len(everything) > 200), "all, page by page")
    tap.equal(len({(e["transfer_id"], e["line_no"]) for e in everything}), len(everything), "each once")
    amounts = sorted(e["amount_minor"] for e in everything)
    low, high = amounts[len(amounts) // 4], amounts[3 * len(amounts) // 4]
    days = sorted(e["value_date"] for e in everything)
    mcc = next((e["mcc"] for e in everything if e["mcc"]), None)
    word = next(e["narrative"] for e in everything if e["narrative"])[:4]
    searches = {
        "days": ({"from": days[len(days) // 4], "to": days[len(days) // 2]}, lambda e: days[len(days) // 4] <= e["value_date"] <= days[len(days) // 2]),
        "amounts": ({"least": low, "most": high}, lambda e: low <= e["amount_minor"] <= high),
        "side": ({"side": "credit"}, lambda e: e["side"] == "credit"),
        "status": ({"status": "posted"}, lambda e: "posted" in e["statuses"]),
        "text": ({"text": word.upper()}, lambda e: any(word.lower() in (e[k] or "").lower() for k in ("narrative", "merchant", "counterparty"))),
        "several": ({"side": "debit", "most": high, "from": days[len(days) // 4]}, lambda e: e["side"] == "debit" and e["amount_minor"] <= high and e["value_date"] >= days[len(days) // 4]),
    }
    if mcc:
        searches["category"] = ({"mcc": mcc}, lambda e: e["mcc"] == mcc)
    for name, (query, wanted) in searches.items():
        got, _, _ = pages(one, path, query | {"limit": 50})
        tap.ok(got == [e for e in everything if wanted(e)] and got, f"by {name}: what fits, in order", f"{len(got)} of {sum(map(wanted, everything))}")
    tap.equal(one.get(path + "?text=nothing%20like%20this").json, {"items": [], "next": None}, "nothing fits")
    own = site.one("SELECT account_id FROM bank.account JOIN bank.product USING (product_id) WHERE kind = 'internal' AND currency_code = 'RUB' AND status = 'active' LIMIT 1")
    site.sql("SELECT bank.transfer(gen_random_uuid(), %s, %s, 1, 'RUB', 'fee', 'branch', 'bulk') FROM generate_series(1, 21000)", (own, mine["account_id"]))
    for client in (one, two):  # on a busy machine that takes longer than the web server keeps a connection
        client.connection = None
    got, count, short = pages(one, path, {"text": word, "limit": 50})
    tap.ok(short > 0 and got == [e for e in everything if searches["text"][1](e)], "beyond the bound of one page: it is short, says how to go on, and nothing is lost", (count, short))
    for query in ("side=left", "least=0", "from=2024-13-01", "status=lost", "mcc=1", "text=", "limit=0"):
        refused(tap, one.get(f"{path}?{query}"), 422, "bad_field", f"not so: {query}")
    refused(tap, one.get(f"{path}?kind=card"), 422, "unknown_field", "no other filter")
    refused(tap, two.get(path), 404, "not_found", "another's account is not there")


@case
def spending(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    mine, today = money_account(one), site.today()
    # the year of it in which most was bought
    account, last = site.sql("SELECT e.account_id, max(e.value_date) FROM bank.ledger_entry AS e JOIN bank.transfer AS t USING (transfer_id)"
                             " WHERE e.account_id = ANY (%s) AND e.side = 'debit' AND t.merchant_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
                             ([a["account_id"] for a in one.get("/accounts").json["items"]],))[0]
    span = {"from": last - datetime.timedelta(days=365), "to": last}
    whole = one.get(f"/accounts/{account}/spending?{urllib.parse.urlencode(span)}").json
    tap.ok(any(i["mcc"] for i in whole["items"]) and all(set(i) == {"mcc", "name", "name_ru", "kind", "amount_minor", "count"} and (i["mcc"] is None) != (i["kind"] is None)
                                  and (i["mcc"] is None) == (i["name"] is None) for i in whole["items"]), "each item is a group, or a kind", whole)
    amounts = [i["amount_minor"] for i in whole["items"]]
    tap.equal((sorted(amounts, reverse=True), sum(amounts)), (amounts, whole["total_minor"]), "the biggest first; the total is theirs")
    for item in whole["items"]:
        if item["mcc"]:
            paid, _, _ = pages(one, f"/accounts/{account}/transactions", span | {"side": "debit", "mcc": item["mcc"], "limit": 200})
            paid = [e["amount_minor"] for e in paid if "reversed" not in e["statuses"]]
            tap.equal((item["amount_minor"], item["count"]), (sum(paid), len(paid)), f"{item['name']}: the transactions of that category")
    path, first = f"/accounts/{mine['account_id']}/spending", today.replace(day=1)
    number, _ = foreign_account(site, one.user["party_id"])
    before = one.get(f"{path}?from={first}&to={today}").json
    body = {"debit_account_id": mine["account_id"], "credit_account_no": number, "amount_minor": 321, "currency_code": "RUB"}
    kept, taken = (one.post("/transfers", body | {"transfer_uuid": str(uuid.uuid4())}).json["transfer_id"] for _ in range(2))
    site.sql("SELECT bank.reverse(gen_random_uuid(), %s, 'by mistake')", (taken,))
    after = one.get(f"{path}?from={first}&to={today}").json
    payments = [sum(i["amount_minor"] for i in told["items"] if i["kind"] == "payment") for told in (before, after)]
    tap.equal((payments[1] - payments[0], after["total_minor"] - before["total_minor"]), (321, 321), "a payment is spent, one that was taken back is not")
    tap.equal(one.get(f"{path}?from=1999-01-01&to=1999-12-31").json, {"total_minor": 0, "items": []}, "nothing was spent before")
    not_told(tap, site, one, two, path)


@case
def day_balances(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    mine = money_account(one)
    path, today = f"/accounts/{mine['account_id']}/balances", site.today()
    first = today.replace(month=1, day=1)
    days = one.get(f"{path}?from={first}&to={today}").json["items"]
    statement = one.get(f"/accounts/{mine['account_id']}/statement?from={first}&to={today}").json
    tap.equal(([d["day"] for d in days][:2], len(days), days[-1]["day"]), ([str(first), f"{first:%Y}-01-02"], (today - first).days + 1, str(today)), "each day")
    last, want = statement["opening_minor"], []
    by_day = {e["value_date"]: e["balance_minor"] for e in statement["items"]}
    for day in days:
        last = by_day.get(day["day"], last)
        want.append({"day": day["day"], "balance_minor": last})
    tap.equal(days, want, "with the balance after its last entry, or that of the day before")
    tap.equal(days[-1]["balance_minor"], one.get(f"/accounts/{mine['account_id']}/balance").json["balance_minor"], "today's is the balance")
    tap.equal([d["balance_minor"] for d in one.get(f"{path}?from=1999-01-01&to=1999-01-02").json["items"]], [0, 0], "and there was none before")
    not_told(tap, site, one, two, path)


def not_told(tap, site, one, two, path):
    """Days that are none, and others' accounts."""
    today = site.today()
    for name, query, code in (
            ("the wrong way round", f"?from={today}&to={today.replace(year=today.year - 1, day=1)}", "period_too_long"), ("a day more than a leap year", "?from=2024-01-01&to=2025-01-01", "period_too_long"),
            ("no first day", f"?to={today}", "missing_field"), ("a day that never was", "?from=2023-02-29&to=2023-03-01", "bad_field"),
            ("a field that there is not", f"?from={today}&to={today}&limit=1", "unknown_field")):
        refused(tap, one.get(path + query), 422, code, f"days: {name}")
    is_(tap, one.get(path + "?from=2024-01-01&to=2024-12-31"), 200, "a leap year is not too long")
    refused(tap, two.get(f"{path}?from={today}&to={today}"), 404, "not_found", "another's account is not there")
    refused(tap, site.client("staff1").get(f"{path}?from={today}&to={today}"), 403, "not_allowed", "nor is it the staff's")


@case
def live(tap, site):
    one, two, staff = site.client("customer1"), site.client("customer2"), site.client("staff1")
    told, accounts = one.get("/live").json, one.get("/accounts").json["items"]
    tap.equal(told["accounts"], [{key: a[key] for key in ("account_id", "entry_count", "balance_minor")} for a in accounts], "the accounts, as the list of them has them")
    mine = money_account(one)
    tap.equal(one.get(f"/accounts/{mine['account_id']}").json["entry_count"], mine["entry_count"], "and each alone")
    number, other = foreign_account(site, one.user["party_id"])
    one.post("/transfers", {"transfer_uuid": str(uuid.uuid4()), "debit_account_id": mine["account_id"], "credit_account_no": number, "amount_minor": 100, "currency_code": "RUB"})
    after = {a["account_id"]: a for a in one.get("/live").json["accounts"]}
    moved = [a["account_id"] for a in told["accounts"] if after[a["account_id"]]["entry_count"] != a["entry_count"]]
    tap.equal((moved, after[mine["account_id"]]["entry_count"], after[mine["account_id"]]["balance_minor"]),
              ([mine["account_id"]], mine["entry_count"] + 1, mine["balance_minor"] - 100), "a payment is seen at its account, and there alone")
    tap.ok(not {a["account_id"] for a in two.get("/live").json["accounts"]} & set(after), "nothing of others")
    user = site.one("SELECT user_id FROM bank_online.app_user WHERE login = 'customer1'")
    site.sql("DELETE FROM bank_online.notification")
    tap.equal([one.get("/live").json[key] for key in ("last_notification_id", "unread")], [None, 0], "no notification")
    last = site.sql("INSERT INTO bank_online.notification (user_id, kind) SELECT %s, 'test' FROM generate_series(1, 3) RETURNING notification_id", (user,))[-1][0]
    site.sql("INSERT INTO bank_online.notification (user_id, kind) SELECT user_id, 'other' FROM bank_online.app_user WHERE user_id <> %s", (user,))
    tap.equal([one.get("/live").json[key] for key in ("last_notification_id", "unread")], [last, 3], "three")
    one.post("/notifications/read", {"up_to": last - 1})
    tap.equal([one.get("/live").json[key] for key in ("last_notification_id", "unread")], [last, 1], "of which two were read")
    told = staff.get("/live").json
    tap.equal((told["accounts"], told["unread"]), ([], 1), "staff have no accounts, but notifications")
    site.sql("DELETE FROM bank_online.notification")

    session = one.get("/session").json
    ends = [site.one("SELECT extract(epoch FROM %s::timestamptz - now())::float", (session[key],)) for key in ("idle_expires_at", "expires_at")]
    tap.ok(13.9 * 60 < ends[0] <= 15 * 60 and ends[1] > 11 * 3600, "a session tells when it ends by itself, and when in any case", session)
    seen = "UPDATE bank_online.session SET seen_at = now() - INTERVAL '10 minutes' WHERE session_id = %s RETURNING seen_at + INTERVAL '15 minutes'"
    idle = site.one(seen, (session["session_id"],))
    tap.equal([site.one("SELECT %s::timestamptz", (one.get("/live").json["idle_expires_at"],)) for _ in range(3)], [idle] * 3, "to ask what is new does not put that off")
    tap.ok(one.get("/session").json["idle_expires_at"] > session["idle_expires_at"][:19] and site.one("SELECT seen_at > now() - INTERVAL '1 minute' FROM bank_online.session"
           " WHERE session_id = %s", (session["session_id"],)), "what its user asks does")
    site.sql("UPDATE bank_online.session SET expires_at = now() + INTERVAL '5 minutes' WHERE session_id = %s", (session["session_id"],))
    told = one.get("/live").json
    tap.equal(told["idle_expires_at"], told["expires_at"], "but not beyond its end")
    site.sql("UPDATE bank_online.session SET seen_at = now() - INTERVAL '16 minutes' WHERE session_id = %s", (session["session_id"],))
    refused(tap, one.get("/live"), 401, "no_session", "when it has ended there is nothing to be told")
    refused(tap, Client(site).get("/live"), 401, "no_session", "nor is there without one")


@case
def plain_cgi(tap, site):
    one = site.client("customer1")
    mine = money_account(one)
    today = site.today()
    path = f"/api/v1/accounts/{mine['account_id']}/statement.csv?from={today.replace(month=1, day=1)}&to={today}"
    cookie = "; ".join(f"{name}={value}" for name, value in one.cookies.items())

    def run(target, **more):
        environment = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": target, "REMOTE_ADDR": "127.0.0.1",
                       "HTTP_COOKIE": cookie, "BANK_API_CONFIG": str(site.configuration)} | more
        done = subprocess.run([site.program], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        return done.returncode, head.decode().split("\r\n"), body

    status, head, body = run(path)
    tap.ok(status == 0 and head[0] == "Status: 200 OK" and body == one.get(path).body, "the same binary as plain CGI streams the same statement", head, body[:200])
    status, head, body = run("/api/v1/session", HTTP_COOKIE="")
    tap.ok(status == 0 and head[0] == "Status: 401 Unauthorized" and b"no_session" in body, "and refuses as it does", head, body[:200])


@case
def void_transfer(tap, site):
    """A payment whose answer was lost was made, or it never will be."""
    one, two = site.client("customer1"), site.client("customer2")
    mine = money_account(one)
    number, _ = foreign_account(site, one.user["party_id"])
    site.sql("DELETE FROM bank_online.spent")

    def order():
        return {"transfer_uuid": str(uuid.uuid4()), "debit_account_id": mine["account_id"], "credit_account_no": number, "amount_minor": 100, "currency_code": "RUB"}

    def void(body, client=one):
        return client.post(f"/transfers/{body['transfer_uuid']}/void", {})

    given, made = order(), order()
    tap.equal([void(given).json for _ in range(2)], [{"transfer_uuid": given["transfer_uuid"], "made": False}] * 2, "what was not made is given up, and again")
    refused(tap, one.post("/transfers", given), 409, "transfer_void", "what comes late is refused")
    refused(tap, one.get(f"/transfers/{given['transfer_uuid']}"), 404, "not_found", "and is not there")
    is_(tap, one.post("/transfers", made), 201, "another id is free")
    tap.equal(void(made).json, {"transfer_uuid": made["transfer_uuid"], "made": True}, "what was made is not given up")
    is_(tap, one.post("/transfers", made), 200, "it stays as it is")
    foreign = order()
    tap.equal([void(foreign, two).json["made"], one.post("/transfers", foreign).status, void(foreign).json["made"]], [False, 201, True], "nobody gives up what is another's")
    refused(tap, site.client("staff1").post(f"/transfers/{uuid.uuid4()}/void", {}), 403, "not_allowed", "staff have none")
    refused(tap, Client(site).post(f"/transfers/{uuid.uuid4()}/void", {}), 401, "no_session", "nor has nobody")
    refused(tap, one.post("/transfers/00000000-0000-3000-8000-000000000001/void", {}), 404, "not_found", "an id is a client's")
    refused(tap, one.post(f"/transfers/{uuid.uuid4()}/void", {"made": True}), 422, "unknown_field", "there is nothing to say of it")

    other, outcomes = site.client("customer1"), collections.Counter()
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted = %s"
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        # one that waits in the bank for a balance, with its id's lock
        waiting = order()
        site.sql("BEGIN")
        site.sql("SELECT FROM bank.account_balance WHERE account_id = %s FOR UPDATE", (mine["account_id"],))
        paid = pool.submit(other.post, "/transfers", waiting)
        until(lambda: site.one(locks, (True,)) == 1, 4, "the payment has the lock")
        answer = pool.submit(void, waiting)
        until(lambda: site.one(locks, (False,)) == 1, 4, "who gives it up waits")
        site.sql("COMMIT")
        tap.equal((paid.result().status, answer.result().json["made"]), (201, True), "who gives up what is under way waits for what becomes of it")
        for _ in range(100):
            body = order()
            paid, answer = pool.submit(other.post, "/transfers", body), pool.submit(void, body)
            outcomes[paid.result().status, answer.result().json["made"], one.get(f"/transfers/{body['transfer_uuid']}").status] += 1
            site.sql("DELETE FROM bank_online.throttle")
    tap.ok(set(outcomes) <= {(201, True, 200), (409, False, 404)}, "of two at once both say the same, and it is so", outcomes)
    tap.say(f"of 100 at once {outcomes[201, True, 200]} were made")
    answers = [void(order()).status for _ in range(101)]
    tap.equal((answers[:100], answers[100]), ([200] * 100, 429), "a hundred in an hour")
    is_(tap, one.post("/transfers", order()), 201, "then one pays all the same")
    tap.equal([void(given).status, void(made).status], [200, 200], "and what is known already is told")
    site.sql("DELETE FROM bank_online.throttle")
    site.sql("DELETE FROM bank_online.spent")
