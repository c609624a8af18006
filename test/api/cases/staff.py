"""Staff: customers that they search and look at, cards that they block, the trail, and what they may not too often."""

import urllib.parse

from problem import refused

from .common import is_, money_account


def staff(tap, site):
    desk, one, two = site.client("staff1"), site.client("customer1"), site.client("customer2")
    party = one.user["party_id"]
    number = customers_found(tap, site, desk, one)
    card = site.one("SELECT card_id FROM bank.card WHERE account_id = (SELECT min(account_id) FROM bank.card WHERE party_id = %s) LIMIT 1",
                    (party,))
    cards_blocked(tap, site, desk, one, card)
    trail_read(tap, desk, party, card)
    before = site.bank.recorded("request.denied")
    path = f"/staff/cards/{card}/block"
    for method, where in (("GET", "/staff/customers?query=aa"), ("GET", f"/staff/customers/{party}"), ("POST", path),
                          ("GET", "/staff/audit")):
        refused(tap, two.ask(method, where, {"reason": "none"} if method == "POST" else None), 403, "not_allowed",
                f"not for a customer: {method} {where[:20]}")
    tap.equal(site.bank.recorded("request.denied"), before + 4, "each denial is recorded")
    site.sql("UPDATE bank_online.throttle SET tries = 300 WHERE subject ~ '^(search|view|block) '")
    refused(tap, desk.get("/staff/customers?query=" + number), 429, "too_many_tries", "not more than 300 searches an hour")
    answer = desk.get(f"/staff/customers/{party}")
    tap.ok(refused(tap, answer, 429, "too_many_tries", "nor so many customers looked at") and int(answer.headers["Retry-After"]) > 0,
           "and it says when to come again", answer)
    refused(tap, desk.post(path, {"reason": "one more"}), 429, "too_many_tries", "nor so many cards blocked")
    site.forget_tries()


def customers_found(tap, site, desk, one):
    """Searches, and what is shown; returns the customer's number."""
    party = one.user["party_id"]
    number, surname = site.sql("SELECT p.party_no, i.last_name FROM bank.party AS p JOIN bank.person AS i USING (party_id)"
                               " WHERE party_id = %s", (party,))[0]
    for word in (number, "customer1", money_account(one)["account_no"], surname):
        got = desk.get("/staff/customers?query=" + urllib.parse.quote(word))
        found = (got.json or {}).get("items", [])
        tap.ok(party in [f["party_id"] for f in found] and len(found) <= 50, f"found by {'surname' if word == surname else word}", got)
    tap.equal(desk.get("/staff/customers?query=%25%25").json["items"], [], "a pattern is no surname")
    tap.equal(desk.get("/staff/customers?query=nobody-of-this-name").json["items"], [], "nobody")
    refused(tap, desk.get("/staff/customers?query=x"), 422, "bad_field", "one letter is too little")
    refused(tap, desk.get("/staff/customers"), 422, "missing_field", "none even more so")
    told = desk.get(f"/staff/customers/{party}")
    tap.ok(told.status == 200 and told.json["party"]["party_no"] == number and told.json["accounts"]
           and told.json["access"]["login"] == "customer1"
           and not any(word in told.body for word in (b"balance", b"password", b"pan_token")), "a customer, without balances and secrets",
           told)
    refused(tap, desk.get("/staff/customers/999999999"), 404, "not_found", "or none")
    return number


def cards_blocked(tap, site, desk, one, card):
    site.sql("UPDATE bank.card SET status = 'active' WHERE card_id = %s", (card,))
    site.sql("DELETE FROM bank_online.notification")
    path = f"/staff/cards/{card}/block"
    refused(tap, desk.post(path, {}), 422, "missing_field", "a card is blocked for a reason")
    tap.equal(desk.post(path, {"reason": "reported stolen"}).json, {"card_id": card, "status": "blocked"}, "blocked")
    tap.equal(site.one("SELECT status::text FROM bank.card WHERE card_id = %s", (card,)), "blocked", "so it is in the bank")
    tap.ok("card.blocked" in [n["kind"] for n in one.get("/notifications").json["items"]], "and the customer is told")
    is_(tap, desk.post(path, {"reason": "again"}), 200, "again: nothing more")
    tap.equal(site.bank.recorded("card.blocked"), 1, "recorded once")
    site.sql("UPDATE bank.card SET status = 'expired' WHERE card_id = %s", (card,))
    refused(tap, desk.post(path, {"reason": "late"}), 409, "card_not_usable", "what has ended is not blocked")
    refused(tap, desk.post("/staff/cards/999999999/block", {"reason": "none"}), 404, "not_found", "nor what is not there")


def trail_read(tap, desk, party, card):
    trail = desk.get("/staff/audit?limit=200").json["items"]
    tap.ok([e["event_id"] for e in trail] == sorted((e["event_id"] for e in trail), reverse=True)
           and {"card.blocked", "staff.viewed", "staff.searched"} <= {e["event"] for e in trail},
           "the trail, newest first, with what the staff did")
    done_to = desk.get(f"/staff/audit?party_id={party}&event=card.blocked").json["items"]
    tap.equal([(e["login"], e["detail"]["card_id"]) for e in done_to], [("staff1", card)], "of a customer, what was done to them by whom")
    mine = desk.get(f"/staff/audit?party_id={party}&event=login.done").json["items"]
    tap.ok(mine and {(e["login"], e["event"]) for e in mine} == {("customer1", "login.done")}, "of a customer, of an event", mine[:2])
    first = desk.get("/staff/audit?limit=3&event=login.done").json
    second = desk.get(f"/staff/audit?limit=3&event=login.done&before={first['next']['before']}").json
    whole = desk.get("/staff/audit?limit=6&event=login.done").json["items"]
    tap.equal(first["items"] + second["items"], whole, "page by page: the same")
