"""Accounts: searches of their transactions, what was spent, balances by day, and what a page asks every few seconds."""

import datetime
import urllib.parse

from online_bank import payment
from onlinesite import Client
from problem import refused

from .common import all_pages, foreign_account, internal_account, money_account, new_id, user_id, wrong_periods


def transactions(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    mine = money_account(one)
    path = f"/accounts/{mine['account_id']}/transactions"
    entries, count, _ = all_pages(one, path, {"limit": 200})
    tap.equal((len(entries), count > 1),
              (site.one("SELECT count(*)::int FROM bank.ledger_entry WHERE account_id = %s", (mine["account_id"],)), len(entries) > 200),
              "all, page by page")
    tap.equal(len({(e["transfer_id"], e["line_no"]) for e in entries}), len(entries), "each once")
    searches = searches_of(entries)
    for name, (query, wanted) in searches.items():
        got, _, _ = all_pages(one, path, query | {"limit": 50})
        tap.ok(got == [e for e in entries if wanted(e)] and got, f"by {name}: what fits, in order",
               f"{len(got)} of {sum(map(wanted, entries))}")
    tap.equal(one.get(path + "?text=nothing%20like%20this").json, {"items": [], "next": None}, "nothing fits")
    site.sql("SELECT bank.transfer(gen_random_uuid(), %s, %s, 1, 'RUB', 'fee', 'branch', 'bulk') FROM generate_series(1, 21000)",
             (internal_account(site), mine["account_id"]))
    for client in (one, two):  # on a busy machine that takes longer than the web server keeps a connection
        client.connection = None
    query, wanted = searches["text"]
    got, count, short = all_pages(one, path, query | {"limit": 50})
    tap.ok(short > 0 and got == [e for e in entries if wanted(e)],
           "beyond the bound of one page: it is short, says how to go on, and nothing is lost", (count, short))
    for query in ("side=left", "least=0", "from=2024-13-01", "status=lost", "mcc=1", "text=", "limit=0"):
        refused(tap, one.get(f"{path}?{query}"), 422, "bad_field", f"not so: {query}")
    refused(tap, one.get(f"{path}?kind=card"), 422, "unknown_field", "no other filter")
    refused(tap, two.get(path), 404, "not_found", "another's account is not there")


def searches_of(entries):
    """Name -> a query, and what it must find of these entries."""
    amounts, days = sorted(e["amount_minor"] for e in entries), sorted(e["value_date"] for e in entries)
    low, high = amounts[len(amounts) // 4], amounts[3 * len(amounts) // 4]
    first, last = days[len(days) // 4], days[len(days) // 2]
    mcc = next((e["mcc"] for e in entries if e["mcc"]), None)
    word = next(e["narrative"] for e in entries if e["narrative"])[:4]
    searches = {
        "days": ({"from": first, "to": last}, lambda e: first <= e["value_date"] <= last),
        "amounts": ({"least": low, "most": high}, lambda e: low <= e["amount_minor"] <= high),
        "side": ({"side": "credit"}, lambda e: e["side"] == "credit"),
        "status": ({"status": "posted"}, lambda e: "posted" in e["statuses"]),
        "text": ({"text": word.upper()},
                 lambda e: any(word.lower() in (e[k] or "").lower() for k in ("narrative", "merchant", "counterparty"))),
        "several": ({"side": "debit", "most": high, "from": first},
                    lambda e: e["side"] == "debit" and e["amount_minor"] <= high and e["value_date"] >= first),
    }
    return searches | ({"category": ({"mcc": mcc}, lambda e: e["mcc"] == mcc)} if mcc else {})


def spending(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    spending_by_group(tap, site, one)
    spending_grows(tap, site, one)
    path = f"/accounts/{money_account(one)['account_id']}/spending"
    tap.equal(one.get(f"{path}?from=1999-01-01&to=1999-12-31").json, {"total_minor": 0, "items": []}, "nothing was spent before")
    not_told(tap, site, one, two, path)


def spending_by_group(tap, site, client):
    """The year in which most was bought, against its transactions."""
    account, last = site.sql("SELECT e.account_id, max(e.value_date) FROM bank.ledger_entry AS e"
                             " JOIN bank.transfer AS t USING (transfer_id) WHERE e.account_id = ANY (%s) AND e.side = 'debit'"
                             " AND t.merchant_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
                             ([a["account_id"] for a in client.get("/accounts").json["items"]],))[0]
    span = {"from": last - datetime.timedelta(days=365), "to": last}
    whole = client.get(f"/accounts/{account}/spending?{urllib.parse.urlencode(span)}").json
    names = {"mcc", "name", "name_ru", "kind", "amount_minor", "count"}
    tap.ok(any(i["mcc"] for i in whole["items"])
           and all(set(i) == names and (i["mcc"] is None) != (i["kind"] is None) and (i["mcc"] is None) == (i["name"] is None)
                   for i in whole["items"]),
           "each item is a group, or a kind", whole)
    amounts = [i["amount_minor"] for i in whole["items"]]
    tap.equal((sorted(amounts, reverse=True), sum(amounts)), (amounts, whole["total_minor"]), "the biggest first; the total is theirs")
    for item in whole["items"]:
        if item["mcc"]:
            paid, _, _ = all_pages(client, f"/accounts/{account}/transactions", span | {"side": "debit", "mcc": item["mcc"], "limit": 200})
            paid = [e["amount_minor"] for e in paid if "reversed" not in e["statuses"]]
            tap.equal((item["amount_minor"], item["count"]), (sum(paid), len(paid)), f"{item['name']}: the transactions of that category")


def spending_grows(tap, site, client):
    """Two payments, one of which is taken back."""
    mine, today = money_account(client), site.today()
    path = f"/accounts/{mine['account_id']}/spending?from={today.replace(day=1)}&to={today}"
    number, _ = foreign_account(site, client.user["party_id"])
    before = client.get(path).json
    body = payment(mine["account_id"], number, 321)
    _, taken = (client.post("/transfers", body | {"transfer_uuid": new_id()}).json["transfer_id"] for _ in range(2))
    site.sql("SELECT bank.reverse(gen_random_uuid(), %s, 'by mistake')", (taken,))
    after = client.get(path).json
    payments = [sum(i["amount_minor"] for i in told["items"] if i["kind"] == "payment") for told in (before, after)]
    tap.equal((payments[1] - payments[0], after["total_minor"] - before["total_minor"]), (321, 321),
              "a payment is spent, one that was taken back is not")


def day_balances(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    mine = money_account(one)
    path, today = f"/accounts/{mine['account_id']}/balances", site.today()
    first = today.replace(month=1, day=1)
    days = one.get(f"{path}?from={first}&to={today}").json["items"]
    statement = one.get(f"/accounts/{mine['account_id']}/statement?from={first}&to={today}").json
    tap.equal(([d["day"] for d in days][:2], len(days), days[-1]["day"]),
              ([str(first), f"{first:%Y}-01-02"], (today - first).days + 1, str(today)), "each day")
    last, want = statement["opening_minor"], []
    by_day = {e["value_date"]: e["balance_minor"] for e in statement["items"]}
    for day in days:
        last = by_day.get(day["day"], last)
        want.append({"day": day["day"], "balance_minor": last})
    tap.equal(days, want, "with the balance after its last entry, or that of the day before")
    tap.equal(days[-1]["balance_minor"], one.get(f"/accounts/{mine['account_id']}/balance").json["balance_minor"], "today's is the balance")
    tap.equal([d["balance_minor"] for d in one.get(f"{path}?from=1999-01-01&to=1999-01-02").json["items"]], [0, 0],
              "and there was none before")
    not_told(tap, site, one, two, path)


def not_told(tap, site, one, two, path):
    """Days that are none, and others' accounts."""
    today = site.today()
    wrong_periods(tap, one, path, today, **{
        "no first day": (f"?to={today}", "missing_field"),
        "a field that there is not": (f"?from={today}&to={today}&limit=1", "unknown_field")})
    refused(tap, two.get(f"{path}?from={today}&to={today}"), 404, "not_found", "another's account is not there")
    refused(tap, site.client("staff1").get(f"{path}?from={today}&to={today}"), 403, "not_allowed", "nor is it the staff's")


def live(tap, site):
    one, staff = site.client("customer1"), site.client("staff1")
    live_accounts(tap, site, one, site.client("customer2"))
    live_notifications(tap, site, one, staff)
    live_keeps_no_session(tap, site, one)
    refused(tap, Client(site).get("/live"), 401, "no_session", "nor is there without one")


def live_accounts(tap, site, one, two):
    told, accounts = one.get("/live").json, one.get("/accounts").json["items"]
    tap.equal(told["accounts"], [{key: a[key] for key in ("account_id", "entry_count", "balance_minor")} for a in accounts],
              "the accounts, as the list of them has them")
    mine = money_account(one)
    account = mine["account_id"]
    tap.equal(one.get(f"/accounts/{account}").json["entry_count"], mine["entry_count"], "and each alone")
    number, _ = foreign_account(site, one.user["party_id"])
    one.post("/transfers", payment(account, number, 100, transfer_uuid=new_id()))
    after = {a["account_id"]: a for a in one.get("/live").json["accounts"]}
    moved = [a["account_id"] for a in told["accounts"] if after[a["account_id"]]["entry_count"] != a["entry_count"]]
    tap.equal((moved, after[account]["entry_count"], after[account]["balance_minor"]),
              ([account], mine["entry_count"] + 1, mine["balance_minor"] - 100),
              "a payment is seen at its account, and there alone")
    tap.ok(not {a["account_id"] for a in two.get("/live").json["accounts"]} & set(after), "nothing of others")


def live_notifications(tap, site, one, staff):
    def told():
        answer = one.get("/live").json
        return answer["last_notification_id"], answer["unread"]

    user = user_id(site)
    site.sql("DELETE FROM bank_online.notification")
    tap.equal(told(), (None, 0), "no notification")
    last = site.sql("INSERT INTO bank_online.notification (user_id, kind) SELECT %s, 'test' FROM generate_series(1, 3)"
                    " RETURNING notification_id", (user,))[-1][0]
    site.sql("INSERT INTO bank_online.notification (user_id, kind) SELECT user_id, 'other' FROM bank_online.app_user WHERE user_id <> %s",
             (user,))
    tap.equal(told(), (last, 3), "three")
    one.post("/notifications/read", {"up_to": last - 1})
    tap.equal(told(), (last, 1), "of which two were read")
    of_staff = staff.get("/live").json
    tap.equal((of_staff["accounts"], of_staff["unread"]), ([], 1), "staff have no accounts, but notifications")
    site.sql("DELETE FROM bank_online.notification")


def live_keeps_no_session(tap, site, one):
    """Who only asks what is new ends by being idle."""
    session = one.get("/session").json
    name = session["session_id"]
    ends = [site.one("SELECT extract(epoch FROM %s::timestamptz - now())::float", (session[key],))
            for key in ("idle_expires_at", "expires_at")]
    tap.ok(13.9 * 60 < ends[0] <= 15 * 60 and ends[1] > 11 * 3600, "a session tells when it ends by itself, and when in any case", session)
    idle = site.one("UPDATE bank_online.session SET seen_at = now() - INTERVAL '10 minutes' WHERE session_id = %s"
                    " RETURNING seen_at + INTERVAL '15 minutes'", (name,))
    tap.equal([site.one("SELECT %s::timestamptz", (one.get("/live").json["idle_expires_at"],)) for _ in range(3)], [idle] * 3,
              "to ask what is new does not put that off")
    tap.ok(one.get("/session").json["idle_expires_at"] > session["idle_expires_at"][:19]
           and site.one("SELECT seen_at > now() - INTERVAL '1 minute' FROM bank_online.session WHERE session_id = %s", (name,)),
           "what its user asks does")
    site.sql("UPDATE bank_online.session SET expires_at = now() + INTERVAL '5 minutes' WHERE session_id = %s", (name,))
    told = one.get("/live").json
    tap.equal(told["idle_expires_at"], told["expires_at"], "but not beyond its end")
    site.sql("UPDATE bank_online.session SET seen_at = now() - INTERVAL '16 minutes' WHERE session_id = %s", (name,))
    refused(tap, one.get("/live"), 401, "no_session", "when it has ended there is nothing to be told")
