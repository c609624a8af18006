"""What a customer has beside accounts: cards, loans, beneficiaries, standing orders."""

import concurrent.futures
import re

from online_bank import payment
from onlinesite import Client
from problem import refused

from .common import foreign_account, foreign_card, is_, money_account, new_id, user_id


def cards(tap, site):
    one, staff = site.client("customer1"), site.client("staff1")
    party = one.user["party_id"]
    card = site.one("SELECT c.card_id FROM bank.card AS c JOIN bank.account_holder AS h USING (account_id) WHERE h.party_id = %s"
                    " AND h.role = 'owner' AND h.valid_to IS NULL ORDER BY c.status = 'active' DESC LIMIT 1", (party,))
    site.sql("UPDATE bank.card SET status = 'active', day_limit_minor = 1000 WHERE card_id = %s", (card,))
    items = one.get("/cards").json["items"]
    tap.ok(any(item["card_id"] == card and item["may_change"] for item in items) and "pan_token" not in items[0],
           "one's own cards, without their token", items)
    tap.equal(len(items), site.one("SELECT count(*) FROM bank.card AS c WHERE c.account_id IN (SELECT account_id FROM bank.account_holder"
                                   " WHERE party_id = %s AND CURRENT_DATE BETWEEN valid_from AND coalesce(valid_to, 'infinity'))",
                                   (party,)),
              "all of them, and none of others")
    path = f"/cards/{card}"
    card_changes(tap, site, one, card, path)
    refused(tap, one.patch(path, {"status": "blocked"}), 422, "bad_field", "a customer does not block")
    refused(tap, one.patch(path, {"day_limit_minor": -1}), 422, "bad_field", "no limit below zero")
    refused(tap, one.patch(path, {"pan_token": "x"}), 422, "unknown_field", "no other field")
    site.sql("UPDATE bank.card SET status = 'blocked' WHERE card_id = %s", (card,))
    refused(tap, one.patch(path, {"status": "active"}), 409, "card_not_usable", "what the bank has blocked stays blocked")
    site.sql("UPDATE bank.card SET status = 'active' WHERE card_id = %s", (card,))
    refused(tap, one.patch(f"/cards/{foreign_card(site, party)}", {"status": "frozen"}), 404, "not_found", "another's card is not there")
    refused(tap, one.patch("/cards/x", {"status": "frozen"}), 404, "not_found", "nor is one of no number")
    refused(tap, staff.get("/cards"), 403, "not_allowed", "staff have none")


def card_changes(tap, site, client, card, path):
    """What a customer changes of a card, and what of it is recorded."""
    tap.equal(client.patch(path, {"status": "frozen"}).json, {"card_id": card, "status": "frozen", "day_limit_minor": 1000}, "frozen")
    tap.equal(site.one("SELECT status::text FROM bank.card WHERE card_id = %s", (card,)), "frozen", "so it is in the bank")
    tap.equal(client.patch(path, {"status": "active", "day_limit_minor": 0}).json,
              {"card_id": card, "status": "active", "day_limit_minor": 0},
              "released, limit lowered")
    refused(tap, client.patch(path, {"day_limit_minor": 1}), 403, "step_up_needed", "a higher limit takes a further code")
    client.step_up()
    tap.equal(client.patch(path, {"day_limit_minor": 2000}).json["day_limit_minor"], 2000, "and is set with one")
    client.step_down()
    events = site.bank.recorded("card.changed")
    is_(tap, client.patch(path, {"status": "active"}), 200, "what is so already is no change")
    tap.equal(site.bank.recorded("card.changed"), events, "nor recorded as one")
    tap.equal(events, 3, "the three changes are")


def loans(tap, site):
    one = site.client("customer1")
    account = money_account(one)["account_id"]
    loan = site.one("UPDATE bank.loan SET account_id = %s WHERE loan_id = (SELECT min(loan_id) FROM bank.loan_schedule"
                    " WHERE paid_by IS NULL)"
                    " RETURNING loan_id", (account,))
    got = next(item for item in one.get("/loans").json["items"] if item["loan_id"] == loan)
    tap.equal(got["left_minor"],
              site.one("SELECT sum(principal_minor)::bigint FROM bank.loan_schedule WHERE loan_id = %s AND paid_by IS NULL", (loan,)),
              "a loan, and what is left of it")
    rows = one.get(f"/loans/{loan}/schedule").json["items"]
    tap.equal((len(rows), sum(r["principal_minor"] for r in rows)), (got["term_months"], got["principal_minor"]),
              "its instalments add up to it")
    other = site.one("SELECT loan_id FROM bank.loan WHERE account_id NOT IN (SELECT account_id FROM bank.account_holder"
                     " WHERE party_id = %s) LIMIT 1", (one.user["party_id"],))
    refused(tap, one.get(f"/loans/{other}/schedule"), 404, "not_found", "another's is not there")
    refused(tap, one.get(f"/loans/{loan}/schedule?x=1"), 422, "unknown_field", "no field that there is not")


def beneficiaries(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    number, _ = foreign_account(site, one.user["party_id"])
    refused(tap, one.post("/beneficiaries", {"account_no": number, "alias": "Ann"}), 403, "step_up_needed",
            "a new one takes a further code")
    one.step_up()
    made = one.post("/beneficiaries", {"account_no": number, "alias": "Ann"})
    tap.ok(made.status == 201 and made.json["is_new"] and made.json["payee"], "added, with the payee's name", made)
    tap.ok([(b["account_no"], b["alias"]) for b in one.get("/beneficiaries").json["items"]] == [(number, "Ann")], "it is there")
    again = one.post("/beneficiaries", {"account_no": number, "alias": "Анна; rent"})
    tap.ok(again.status == 200 and again.json["beneficiary_id"] == made.json["beneficiary_id"], "the same number again: another name",
           again)
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
    no_more_than_200(tap, site, one, number)


def no_more_than_200(tap, site, client, number):
    site.sql("INSERT INTO bank_online.beneficiary (user_id, account_no, alias) SELECT %s, lpad(i::text, 20, '0'), 'x'"
             " FROM generate_series(1, 200) AS i", (user_id(site),))
    refused(tap, client.post("/beneficiaries", {"account_no": number, "alias": "Ann"}), 409, "limit_reached", "not more than 200")
    site.sql("UPDATE bank_online.beneficiary SET account_no = %s WHERE account_no = lpad('200', 20, '0')", (number,))
    again = client.post("/beneficiaries", {"account_no": number, "alias": "Ann"})
    tap.ok(again.status == 200 and not again.json["is_new"], "but one of the 200 gets another name", again)
    site.sql("DELETE FROM bank_online.beneficiary")
    site.forget_tries()


# --- standing orders ---------------------------------------------------------------


def standing_orders(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    mine = money_account(one)
    number, other = foreign_account(site, one.user["party_id"])
    body = payment(mine["account_id"], number, 700, day_of_month=31, starts_on=str(site.today()), narrative="rent")
    order = orders_by_id(tap, site, one, two, body | {"request_id": new_id()})
    shown = next(o for o in one.get("/standing-orders").json["items"] if o["standing_order_id"] == order)
    tap.equal((shown["debit_account_id"], shown["credit_account_no"], shown["amount_minor"], shown["status"], shown["may_change"]),
              (mine["account_id"], number, 700, "active", True), "it is in the list, with the number it pays to")
    order_paid(tap, site, one, shown)
    tap.ok(order not in [o["standing_order_id"] for o in two.get("/standing-orders").json["items"]], "not in another's")
    wrong_orders(tap, one, body, mine, other)
    order_changes(tap, one, two, order)


def order_paid(tap, site, client, shown):
    """What it pays today is told as soon as it is booked, and only then."""
    tap.equal(shown["paid_on"], None, "an order has not paid today")
    order = shown["standing_order_id"]
    site.sql("UPDATE bank.standing_order SET day_of_month = %s WHERE standing_order_id = %s", (site.today().day, order))
    site.sql(f"CALL bank.run_standing_orders('{site.today()}')")
    paid = {o["standing_order_id"]: o["paid_on"] for o in client.get("/standing-orders").json["items"]}
    tap.equal(paid[order], str(site.today()), "and has once the day's are posted")
    site.sql("UPDATE bank.standing_order SET day_of_month = %s WHERE standing_order_id = %s", (shown["day_of_month"], order))


def orders_by_id(tap, site, client, other, body):
    """One id, one order; returns it."""
    before = site.one("SELECT count(*) FROM bank.standing_order")
    made = client.post("/standing-orders", body)
    tap.ok(made.status == 201 and made.json["is_new"] and re.fullmatch("S[0-9]{10}", made.json["order_no"]), "made", made)
    again = client.post("/standing-orders", body)
    tap.equal((again.status, again.json["order_no"], again.json["is_new"]), (200, made.json["order_no"], False),
              "the same id again is the same answer")
    refused(tap, client.post("/standing-orders", body | {"amount_minor": 701}), 422, "id_reused", "with another content it is refused")
    refused(tap, other.post("/standing-orders", body), 404, "not_found",
            "another customer's same id is another id, and the account is not theirs")
    same = body | {"request_id": new_id()}
    clients = [Client(site, client.user) for _ in range(8)]
    for twin in clients:
        twin.cookies = dict(client.cookies)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda twin: twin.post("/standing-orders", same), clients))
    tap.equal((sorted(a.status for a in answers), len({a.json.get("order_no") for a in answers})), ([200] * 7 + [201], 1),
              "eight at once with one id: one order")
    tap.equal(site.one("SELECT count(*) FROM bank.standing_order"), before + 2, "and there are as many as were made")
    return made.json["standing_order_id"]


def wrong_orders(tap, client, body, mine, other):
    def new(**change):
        return client.post("/standing-orders", body | {"request_id": new_id()} | change)

    refused(tap, new(amount_minor=10 ** 12), 403, "step_up_needed", "a large one takes a further code")
    client.step_up()
    is_(tap, new(amount_minor=10 ** 12), 201, "and is made with one")
    client.step_down()
    refused(tap, new(debit_account_id=other), 404, "not_found", "not from another's account")
    refused(tap, new(credit_account_no="9" * 20), 422, "no_such_account", "nor to none")
    refused(tap, new(credit_account_no=mine["account_no"]), 422, "same_account", "nor to itself")
    refused(tap, new(currency_code="USD"), 422, "currency_differs", "nor in another currency")
    refused(tap, new(starts_on="2020-01-01"), 422, "bad_field", "nor from a day that is over")
    refused(tap, new(ends_on="2020-01-01"), 422, "bad_field", "nor to one before")
    refused(tap, new(day_of_month=32), 422, "bad_field", "nor on a day that no month has")
    refused(tap, new(request_id="x"), 422, "bad_field", "nor with an id that is none")


def order_changes(tap, client, other, order):
    path = f"/standing-orders/{order}"
    tap.equal(client.patch(path, {"amount_minor": 800, "status": "paused", "ends_on": "2199-12-31"}).json,
              {"standing_order_id": order, "amount_minor": 800, "day_of_month": 31, "ends_on": "2199-12-31", "narrative": "rent",
               "status": "paused"},
              "changed and paused")
    refused(tap, client.patch(path, {"amount_minor": 10 ** 12}), 403, "step_up_needed", "raised above the limit: a further code")
    refused(tap, client.patch(path, {"ends_on": "2020-01-01"}), 422, "bad_field", "no end before the beginning")
    refused(tap, other.patch(path, {"status": "ended"}), 404, "not_found", "another's is not there")
    tap.equal(client.patch(path, {"status": "ended"}).json["status"], "ended", "ended")
    refused(tap, client.patch(path, {"status": "active"}), 409, "order_ended", "for good")
    refused(tap, client.patch(path, {"status": "cancelled"}), 422, "bad_field", "no status that there is not")
