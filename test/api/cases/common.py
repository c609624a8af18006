"""What the cases share: accounts and payments to try things with, what a customer does, and verdicts on answers."""

import datetime
import time
import urllib.parse
import uuid

from online_bank import payment
from problem import refused

from client import STEP, code_of


def is_(tap, answer, status, name):
    return tap.ok(answer.status == status, name, f"have {answer}\nwant {status}")


def new_id():
    """Of a payment or an order, as clients make it."""
    return str(uuid.uuid4())


def wrong_code(seed):
    """A code of none of the steps around now."""
    now = int(time.time()) // STEP
    near = {code_of(seed, step) for step in range(now - 2, now + 4)}
    return next(code for code in (f"{n:06d}" for n in range(10)) if code not in near)


def money_account(client):
    """An account of a customer with something on it, in roubles."""
    accounts = client.get("/accounts").json["items"]
    return next(a for a in accounts if a["may_debit"] and a["currency_code"] == "RUB" and a["available_minor"] > 100000
                and a["status"] == "active")


def foreign_account(site, party):
    """An active account in roubles of somebody else, a customer."""
    return site.sql(
        "SELECT a.account_no::text, a.account_id FROM bank.account AS a JOIN bank.account_holder AS h USING (account_id)"
        " JOIN bank.person USING (party_id) WHERE a.status = 'active' AND a.currency_code = 'RUB'"
        " AND h.role = 'owner' AND h.valid_to IS NULL AND a.account_id NOT IN (SELECT account_id FROM bank.account_holder"
        " WHERE party_id = %s) ORDER BY a.account_id LIMIT 1",
        (party,))[0]


def foreign_card(site, party):
    """A card of somebody else."""
    return site.one("SELECT card_id FROM bank.card WHERE account_id NOT IN (SELECT account_id FROM bank.account_holder"
                    " WHERE party_id = %s) LIMIT 1", (party,))


def internal_account(site):
    """An account of the bank's own in roubles."""
    return site.one("SELECT account_id FROM bank.account JOIN bank.product USING (product_id)"
                    " WHERE kind = 'internal' AND currency_code = 'RUB' AND status = 'active' LIMIT 1")


def user_id(site, login="customer1"):
    return site.one("SELECT user_id FROM bank_online.app_user WHERE login = %s", (login,))


def all_pages(client, path, query):
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


def wrong_periods(tap, client, path, today, **more):
    """Days that are none are refused, and `more`: name -> (query, code). A leap year is not too long."""
    wrong = {
        "the wrong way round": (f"?from={today}&to={today - datetime.timedelta(days=300)}", "period_too_long"),
        "a day more than a leap year": ("?from=2024-01-01&to=2025-01-01", "period_too_long"),
        "a day that never was": ("?from=2023-02-29&to=2023-03-01", "bad_field"),
    }
    for name, (query, code) in (wrong | more).items():
        refused(tap, client.get(path + query), 422, code, f"days: {name}")
    is_(tap, client.get(path + "?from=2024-01-01&to=2024-12-31"), 200, "a leap year is not too long")


def becomes(site, client, status):
    """The bank gives a customer another status."""
    site.sql("UPDATE bank.party SET status = %s WHERE party_id = %s", (status, client.user["party_id"]))


def everything(client, site):
    """What a customer does with money and cards: name -> request, right as it stands; what a blocked one may not, and what they may."""
    mine = money_account(client)
    number, _ = foreign_account(site, client.user["party_id"])
    pay = payment(mine["account_id"], number)
    order = pay | {"day_of_month": 1, "starts_on": str(site.today())}
    made = client.post("/standing-orders", order | {"request_id": new_id()}).json["standing_order_id"]
    card = site.one("UPDATE bank.card SET account_id = %s, status = 'active' WHERE card_id = (SELECT min(card_id) FROM bank.card)"
                    " RETURNING card_id", (mine["account_id"],))
    beneficiary = client.post("/beneficiaries", {"account_no": number, "alias": "kept"}).json["beneficiary_id"]
    return {
        "pays": lambda: client.post("/transfers", pay | {"transfer_uuid": new_id()}),
        "checks a payment": lambda: client.post("/transfers/check", pay),
        "makes a standing order": lambda: client.post("/standing-orders", order | {"request_id": new_id()}),
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
