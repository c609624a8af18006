"""Each function of the online bank: a case is a function of (tap, site)."""

import base64
import csv
import decimal
import html.parser
import http.client
import io
import re
import ssl
import time
import uuid

from onlinesite import Client, code_at

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
    """An answer is this problem."""
    return tap.ok((answer.status, answer.code) == (status, code), name, f"have {answer}\nwant {status} {code}")


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
    for text in ('=1+1', '@cmd', '-2', '+7', 'a;b,"c"\'', '<script>alert(1)</script>&', None):
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
    tap.equal(site.one("SELECT tries::int FROM bank_online.activation WHERE party_id = %s", (party,)), 2, "tries of the code are counted")
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
    for _ in range(5):
        guest.post("/registration", body | {"birth_date": "1970-02-03"})
    refused(tap, guest.post("/registration", body), 422, "bad_activation", "after five wrong tries the right facts are too late")
    site.sql("UPDATE bank_online.activation SET tries = 0, expires_at = created_at + INTERVAL '1 microsecond'")
    refused(tap, guest.post("/registration", body), 422, "bad_activation", "so they are after seven days")
    site.sql("UPDATE bank_online.activation SET expires_at = now() + INTERVAL '1 day'")
    told = guest.post("/registration", body).json
    site.sql("UPDATE bank_online.registration SET expires_at = created_at + INTERVAL '1 microsecond'")
    answer = guest.post("/registration/confirm", {"registration_token": told["registration_token"], "code": code_at(told["totp_secret"], int(time.time()) // 30)})
    refused(tap, answer, 422, "bad_code", "and the first code after half an hour")
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
