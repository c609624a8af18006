"""What a customer's status lets one do, and how often something is changed."""

from online_bank import payment
from problem import refused

from .common import becomes, everything, is_, money_account, new_id


def customer_blocked(tap, site):
    """Whoever the bank has blocked looks, and makes less possible; no more."""
    one, two = site.client("customer1"), site.client("customer2")
    one.step_up()
    no_more, still = everything(one, site)
    mine, theirs = money_account(one), money_account(two)
    instruction = payment(mine["account_id"], theirs["account_no"], transfer_uuid=new_id())
    is_(tap, one.post("/transfers", instruction), 201, "a payment before")
    site.sql("DELETE FROM bank_online.notification")
    becomes(site, one, "blocked")
    while_blocked(tap, site, one, no_more, still)
    is_(tap, one.post("/transfers", instruction), 200, "a payment of before is answered as before")
    refused(tap, one.post("/transfers", instruction | {"amount_minor": 101}), 422, "id_reused", "not with another content")
    theirs = money_account(two)
    is_(tap, two.post("/transfers", payment(theirs["account_id"], mine["account_no"], transfer_uuid=new_id())), 201,
        "money comes in all the same")
    site.forget_tries()
    tap.equal({no_more["pays"]().code for _ in range(62)}, {"customer_blocked"},
              "refusals that tell of no account number do not count as asking for one")
    becomes(site, one, "active")
    one.step_up()
    for name, ask in no_more.items():
        answer = ask()
        tap.ok(answer.status in (200, 201), f"released, the customer again {name}", answer)
    site.sql("DELETE FROM bank_online.beneficiary")
    site.forget_tries()


def while_blocked(tap, site, client, no_more, still):
    denied = site.bank.recorded("request.denied")
    for name, ask in no_more.items():
        refused(tap, ask(), 409, "customer_blocked", f"a blocked customer no longer {name}")
    tap.equal(site.bank.recorded("request.denied"), denied + len(no_more), "each refusal is in the trail")
    for name, ask in still.items():
        answer = ask()
        tap.ok(answer.status in (200, 204), f"but still {name}", answer)
    is_(tap, client.login(), 200, "signs in")
    tap.equal(client.get("/profile").json["status"], "blocked", "and sees why")
    tap.equal([n["kind"] for n in client.get("/notifications").json["items"]], ["customer.blocked"], "is told so, too")


def is_out(tap, site, status):
    """Who is none of the bank's customers: sessions are over at once, and none begins; no answer tells why."""
    one, other = site.client("customer1"), site.client("customer1")
    stranger = other.post("/login", {"login": "nobody.there", "password": one.user["password"], "code": "123456"})
    becomes(site, one, status)
    for client in (one, other):
        refused(tap, client.get("/accounts"), 401, "no_session", f"{status}: a session is over at once")
    refused(tap, one.post("/transfers", payment(1, "9" * 20, 1, transfer_uuid=new_id())), 401, "no_session",
            f"{status}: nothing is paid in it")
    answer = one.login()
    tap.ok(refused(tap, answer, 401, "bad_credentials", f"{status}: nobody signs in") and answer.body == stranger.body,
           "which is what a stranger is told", answer)
    becomes(site, one, "active")
    refused(tap, one.get("/session"), 401, "no_session", f"no longer {status}: the session of before stays over")
    is_(tap, one.login(), 200, "but a new one begins")
    tap.equal(site.sql("SELECT event FROM bank_online.audit_event WHERE event LIKE 'customer.%%' ORDER BY event_id DESC LIMIT 2"),
              [("customer.active",), (f"customer.{status}",)], "both are in the trail")
    site.forget_tries()


def customer_left(tap, site):
    is_out(tap, site, "left")


def customer_prospect(tap, site):
    is_out(tap, site, "prospect")


def customer_active(tap, site):
    one = site.client("customer1")
    one.step_up()
    for name, ask in {name: ask for part in everything(one, site) for name, ask in part.items()}.items():
        answer = ask()
        tap.ok(answer.status in (200, 201, 204), f"an active customer {name}", answer)
    site.sql("DELETE FROM bank_online.beneficiary")


def changes(tap, site):
    """What changes nothing writes nothing; what changes something does so a hundred times an hour."""
    one = site.client("customer1")
    one.step_up()
    everything(one, site)
    order = one.get("/standing-orders").json["items"][0]
    card = next(c for c in one.get("/cards").json["items"] if c["may_change"] and c["status"] == "active")
    changes_of_nothing(tap, site, one, order, card)
    changes_are_counted(tap, site, one, order, card)
    codes = [one.post("/recovery-codes").status for _ in range(11)]
    tap.equal(codes, [200] * 10 + [429], "recovery codes are made anew ten times an hour")
    site.sql("DELETE FROM bank_online.beneficiary")
    site.forget_tries()


def changes_of_nothing(tap, site, client, order, card):
    same_of = {
        f"/standing-orders/{order['standing_order_id']}": {name: order[name] for name in ("day_of_month", "status", "amount_minor")},
        f"/cards/{card['card_id']}": {"status": "active"},
        "/profile": {"theme": client.get("/profile").json["theme"]},
    }
    state = ("SELECT (SELECT max(event_id) FROM bank_online.audit_event), (SELECT xmin::text FROM bank.party WHERE party_id = %s),"
             " (SELECT xmin::text FROM bank.standing_order WHERE standing_order_id = %s), (SELECT xmin::text FROM bank.card"
             " WHERE card_id = %s)")
    ids = (client.user["party_id"], order["standing_order_id"], card["card_id"])
    before = site.sql(state, ids)
    for path, same in same_of.items():
        for _ in range(20):
            answer = client.patch(path, {})
        refused(tap, answer, 422, "missing_field", f"{path}: a change of nothing is none")
        tap.equal({client.patch(path, same).status for _ in range(110)}, {200}, f"{path}: what is so already is answered, however often")
        is_(tap, client.patch(path, {name: None for name in same}), 200, f"{path}: null is as it is")
    tap.equal(site.sql(state, ids), before, "none of it is written anywhere")
    refused(tap, client.patch("/profile", {"status": None}), 422, "unknown_field", "a field that there is not is none, either")


def changes_are_counted(tap, site, client, order, card):
    site.forget_tries()
    path = f"/cards/{card['card_id']}"
    told = [client.patch(path, {"status": status}) for _ in range(101) for status in ("frozen", "active")]
    tap.equal({a.status for a in told[:-1]}, {200}, "a card is frozen and released a hundred times")
    tap.ok(refused(tap, told[-1], 429, "too_many_tries", "not once more") and int(told[-1].headers["Retry-After"]) > 0,
           "and it says when to come again", told[-1])
    is_(tap, client.patch(path, {"status": "frozen"}), 200, "frozen it stays, and could be at any time")
    refused(tap, client.patch(f"/standing-orders/{order['standing_order_id']}", {"day_of_month": 28}), 429, "too_many_tries",
            "standing orders are among the hundred")
    refused(tap, client.patch("/profile", {"theme": "light", "news": True}), 429, "too_many_tries", "so are preferences")
    new = payment(order["debit_account_id"], order["credit_account_no"], 1, request_id=new_id(), day_of_month=1,
                  starts_on=str(site.today()))
    refused(tap, client.post("/standing-orders", new), 429, "too_many_tries", "and new orders")
    site.forget_tries()
