"""Each function of the online bank: a case is a function of (tap, site)."""

import uuid

ALL = {}


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
