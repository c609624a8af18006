"""Payments whose answer was lost: what a customer gives up was made, or it never will be."""

import collections
import concurrent.futures
import uuid

from online_bank import payment, until
from problem import refused

from onlinesite import Client

from .common import foreign_account, is_, money_account, new_id

LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted = %s"
AT_ONCE = 100
MOST = 100  # ids that are given up in an hour


class Orders:
    """Payments of a customer that may be given up."""

    def __init__(self, site, login):
        self.client = site.client(login)
        self.account = money_account(self.client)["account_id"]
        self.to, _ = foreign_account(site, self.client.user["party_id"])

    def new(self):
        return payment(self.account, self.to, transfer_uuid=new_id())

    def pay(self, order):
        return self.client.post("/transfers", order)

    def status(self, order):
        return self.client.get(f"/transfers/{order['transfer_uuid']}").status


def void(order, client):
    return client.post(f"/transfers/{order['transfer_uuid']}/void", {})


def made_or_never(tap, orders, other):
    given, made, foreign = orders.new(), orders.new(), orders.new()
    tap.equal([void(given, orders.client).json for _ in range(2)], [{"transfer_uuid": given["transfer_uuid"], "made": False}] * 2,
              "what was not made is given up, and again")
    refused(tap, orders.pay(given), 409, "transfer_void", "what comes late is refused")
    tap.equal(orders.status(given), 404, "and is not there")
    is_(tap, orders.pay(made), 201, "another id is free")
    tap.equal(void(made, orders.client).json, {"transfer_uuid": made["transfer_uuid"], "made": True}, "what was made is not given up")
    is_(tap, orders.pay(made), 200, "it stays as it is")
    tap.equal([void(foreign, other).json["made"], orders.pay(foreign).status, void(foreign, orders.client).json["made"]], [False, 201, True],
              "nobody gives up what is another's")
    return given, made


def who_may(tap, site, client):
    refused(tap, site.client("staff1").post(f"/transfers/{uuid.uuid4()}/void", {}), 403, "not_allowed", "staff have none")
    refused(tap, Client(site).post(f"/transfers/{uuid.uuid4()}/void", {}), 401, "no_session", "nor has nobody")
    refused(tap, client.post("/transfers/00000000-0000-3000-8000-000000000001/void", {}), 404, "not_found", "an id is a client's")
    refused(tap, client.post(f"/transfers/{uuid.uuid4()}/void", {"made": True}), 422, "unknown_field", "there is nothing to say of it")


def waits(tap, site, orders, client, pool):
    """A payment waits in the bank for a balance, with its id's lock."""
    order = orders.new()
    site.sql("BEGIN")
    site.sql("SELECT FROM bank.account_balance WHERE account_id = %s FOR UPDATE", (orders.account,))
    paid = pool.submit(orders.pay, order)
    until(lambda: site.one(LOCKS, (True,)) == 1, 4, "the payment has the lock")
    answer = pool.submit(void, order, client)
    until(lambda: site.one(LOCKS, (False,)) == 1, 4, "who gives it up waits")
    site.sql("COMMIT")
    tap.equal((paid.result().status, answer.result().json["made"]), (201, True),
              "who gives up what is under way waits for what becomes of it")


def at_once(tap, site, orders, client, pool):
    outcomes = collections.Counter()
    for _ in range(AT_ONCE):
        order = orders.new()
        paid, answer = pool.submit(orders.pay, order), pool.submit(void, order, client)
        outcomes[paid.result().status, answer.result().json["made"], orders.status(order)] += 1
        site.forget_tries()
    tap.ok(set(outcomes) <= {(201, True, 200), (409, False, 404)}, "of two at once both say the same, and it is so", outcomes)
    tap.say(f"of {AT_ONCE} at once {outcomes[201, True, 200]} were made")


def void_transfer(tap, site):
    orders, other = Orders(site, "customer1"), site.client("customer2")
    site.sql("DELETE FROM bank_online.spent")
    given, made = made_or_never(tap, orders, other)
    who_may(tap, site, orders.client)
    again = site.client("customer1")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waits(tap, site, orders, again, pool)
        at_once(tap, site, orders, again, pool)
    answers = [void(orders.new(), orders.client).status for _ in range(MOST + 1)]
    tap.equal((answers[:MOST], answers[MOST]), ([200] * MOST, 429), "a hundred in an hour")
    is_(tap, orders.pay(orders.new()), 201, "then one pays all the same")
    tap.equal([void(given, orders.client).status, void(made, orders.client).status], [200, 200], "and what is known already is told")
    site.forget_tries()
    site.sql("DELETE FROM bank_online.spent")
