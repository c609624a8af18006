"""Payments: their check beforehand, receipts, account numbers that are tried, and what many small ones come to."""

from online_bank import payment
from problem import refused

from .common import foreign_account, is_, money_account, new_id


def counts(site):
    """What a request that changes nothing leaves as it is."""
    return site.sql("SELECT (SELECT count(*) FROM bank.transfer), (SELECT sum(balance_minor) FROM bank.account_balance),"
                    " (SELECT count(*) FROM bank.standing_order)")[0]


def wrong_payments(site, mine, foreign):
    """Name -> what makes a payment from one's own account wrong."""
    usd = site.one("SELECT account_no::text FROM bank.account WHERE currency_code <> 'RUB' AND status = 'active' LIMIT 1")
    closed = site.one("SELECT account_no::text FROM bank.account WHERE currency_code = 'RUB' AND status <> 'active' LIMIT 1")
    return {
        "no such account": {"credit_account_no": "9" * 20},
        "another's account to pay from": {"debit_account_id": foreign},
        "to the same account": {"credit_account_no": mine["account_no"]},
        "another currency": {"currency_code": "USD"},
        "a currency that there is not": {"currency_code": "QQQ"},
        "an account of another currency": {"credit_account_no": usd},
        "a closed account": {"credit_account_no": closed},
        "more than there is": {"amount_minor": mine["available_minor"] + 1},
        "no amount": {"amount_minor": 0},
    }


def checks_are_counted(tap, site, client, body):
    site.forget_tries()
    for _ in range(60):
        client.post("/transfers/check", body)
    answer = client.post("/transfers/check", body)
    tap.ok(refused(tap, answer, 429, "too_many_tries", "the sixty-first payee in an hour is refused")
           and int(answer.headers["Retry-After"]) > 0,
           "and told when to come again", answer)
    site.forget_tries()


def transfers_check(tap, site):
    one = site.client("customer1")
    mine = money_account(one)
    number, foreign = foreign_account(site, one.user["party_id"])
    body = payment(mine["account_id"], number)
    before = counts(site)
    answer = one.post("/transfers/check", body)
    tap.ok(answer.status == 200 and answer.json["available_minor"] == mine["available_minor"] and answer.json["payee"]
           and not answer.json["step_up_needed"] and set(answer.json) == {"payee", "currency_code", "step_up_needed", "available_minor"},
           "a payment that is right: payee, what is there", answer)
    with site.bank.step_up_above(99):
        tap.equal(one.post("/transfers/check", body).json["step_up_needed"], True, "above the limit a further code is wanted")
        one.step_up()
        tap.equal(one.post("/transfers/check", body).json["step_up_needed"], False, "and not once it was given")
    for name, change in wrong_payments(site, mine, foreign).items():
        checked = one.post("/transfers/check", body | change)
        paid = one.post("/transfers", body | change | {"transfer_uuid": new_id()})
        tap.ok(checked.status >= 400 and (checked.status, checked.code) == (paid.status, paid.code),
               f"{name}: as the payment itself is refused",
               f"check {checked}\npaid  {paid}")
    tap.equal(counts(site), before, "and nothing was changed by any of it")
    checks_are_counted(tap, site, one, body)
    answer = one.get("/transfers/check")
    tap.ok(refused(tap, answer, 405, "no_such_method", "it is not the transfer of an id") and answer.headers["Allow"] == "POST",
           "and nothing but POST", answer)


def receipts(tap, site):
    """Both sides have the same receipt; but what the accounts are to the bank is told to whose they are."""
    one, two, three = (site.client(f"customer{n}") for n in (1, 2, 3))
    mine, theirs = money_account(one), money_account(two)
    body = payment(mine["account_id"], theirs["account_no"], 456, transfer_uuid=new_id(), narrative="for tea")
    is_(tap, one.post("/transfers", body), 201, "a payment of one customer to another")
    path = f"/transfers/{body['transfer_uuid']}"
    payer, payee = one.get(path).json, two.get(path).json
    tap.equal([(t["debit_account_no"], t["credit_account_no"], t["amount_minor"], t["narrative"], t["statuses"]) for t in (payer, payee)],
              [(mine["account_no"], theirs["account_no"], 456, "for tea", ["posted"])] * 2, "both have its receipt, with both numbers")
    tap.equal((payer["counterparty"], payee["counterparty"]), (theirs["account_no"], None), "and know which side they are")
    refused(tap, three.get(path), 404, "not_found", "nobody else has it")
    bought = site.sql("SELECT t.transfer_uuid::text, m.name, c.mcc FROM bank.transfer AS t JOIN bank.merchant AS m USING (merchant_id)"
                      " JOIN bank.category AS c USING (category_id) WHERE t.debit_account_id = ANY (%s) LIMIT 1",
                      ([a["account_id"] for a in one.get("/accounts").json["items"]],))[0]
    told = one.get(f"/transfers/{bought[0]}").json
    tap.equal((told["merchant"], told["mcc"]), bought[1:], "of what was bought it says where")


def payees_are_counted(tap, site):
    """Whoever tries account numbers is told of sixty an hour, whichever way; who pays is not kept from it."""
    one = site.client("customer1")
    mine = money_account(one)
    number, _ = foreign_account(site, one.user["party_id"])
    pay = payment(mine["account_id"], "9" * 20)
    order = pay | {"day_of_month": 1, "starts_on": str(site.today())}
    one.step_up()
    ways = {
        "a payment": lambda to: one.post("/transfers", pay | {"transfer_uuid": new_id(), "credit_account_no": to}),
        "its check": lambda to: one.post("/transfers/check", pay | {"credit_account_no": to}),
        "a beneficiary": lambda to: one.post("/beneficiaries", {"account_no": to, "alias": "x"}),
        "a standing order": lambda to: one.post("/standing-orders", order | {"request_id": new_id(), "credit_account_no": to}),
    }
    for name, way in ways.items():
        site.forget_tries()
        told = [way("9" * 20) for _ in range(61)]
        tap.ok(all((a.status, a.code) == (422, "no_such_account") for a in told[:60]), f"{name} to a number that there is not: refused",
               told[0])
        tap.ok(refused(tap, told[60], 429, "too_many_tries", f"{name}: the sixty-first in an hour is not told")
               and int(told[60].headers["Retry-After"]) > 1800, "but when to come again", told[60])
    for name, way in ways.items():
        refused(tap, way("9" * 20), 429, "too_many_tries", f"{name}: nor is it then by this way")
    usd = site.one("SELECT account_no::text FROM bank.account WHERE currency_code <> 'RUB' AND status = 'active' LIMIT 1")
    refused(tap, ways["a payment"](usd), 429, "too_many_tries",
            "an account that there is, and of which it would be told that, is no other answer")
    is_(tap, ways["a payment"](number), 201, "a payment that is right is carried out all the same")
    site.forget_tries()


def payments_are_added_up(tap, site):
    """Many payments, each within the limit, take a further code as one above it does."""
    one = site.client("customer1")
    mine = money_account(one)
    number, _ = foreign_account(site, one.user["party_id"])
    body = payment(mine["account_id"], number, 400)
    site.sql("DELETE FROM bank_online.spent")

    def pay(amount=400):
        return one.post("/transfers", body | {"amount_minor": amount, "transfer_uuid": new_id()})

    with site.bank.step_up_above(1000):
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
    site.sql("DELETE FROM bank_online.spent")
    site.forget_tries()
