"""15 to 19, authorisation: requests of other sites, what GET may, whose things are whose, roles, and fields."""

import json
import re
import uuid

from problem import refused

from .common import requirement, transfer


@requirement(15, "requests of other sites change nothing")
def cross_site(tap, bank):
    client = bank.signed_in("customer1")
    own, fields = bank.url, transfer(bank, client)
    cases = [
        ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403), ({"Sec-Fetch-Site": "none"}, 201),
        ({"Sec-Fetch-Site": "same-origin", "Origin": own}, 201), ({"Origin": own}, 201), ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403), ({"Origin": own.replace("https", "http")}, 403), ({"Origin": own + ".evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415), ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415), ({"Content-Type": "application/json; charset=utf-8"}, 201),
        ({"Content-Type": "application/json; charset=utf-7"}, 415), ({"Content-Type": "application/jsonp"}, 415),
    ]
    for headers, wanted in cases:
        status, _ = client.call("POST", "/transfers", fields | {"transfer_uuid": str(uuid.uuid4())}, headers)
        tap.equal(status, wanted, f"15: {headers} gets {wanted}")
    tap.equal(client.call("POST", "/logout", {}, {"Sec-Fetch-Site": "cross-site"})[0], 403, "15: not even a logout")
    status, _ = client.request("OPTIONS", "/api/v1/transfers", None,
                               {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
    tap.ok(status == 405 and "Access-Control-Allow-Origin" not in client.headers, "15: no other site is let in")


def path_of(route, number="1", **known):
    """The path of a route with something in each place: what is known of it, a new UUID, or a number."""
    path = route["path"]
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", str(value))
    return re.sub(r"\{\w+\}", number, re.sub(r"\{\w+_uuid\}", str(uuid.uuid4()), path))


@requirement(16, "GET changes nothing")
def safe_get(tap, bank):
    tables = [row[0] for row in bank.sql(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('bank', 'bank_online', 'bank_cdc') AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1")]

    def checksum():
        return {name: bank.sql(f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {name} AS t")
                for name in tables}

    customer, staff = bank.signed_in("customer1"), bank.signed_in("staff1")
    account = bank.accounts(customer)[0]["account_id"]
    before = checksum()
    asked = 0
    for route in bank.routes():
        # looking at customers is recorded, which is wanted
        if route["method"] != "GET" or route["path"] == "/metrics" or "/staff/" in route["path"]:
            continue
        # who asks in the name of another role is put down in the audit trail
        client = staff if "staff" in route["who"] and "customer" not in route["who"] else customer
        asked += client.request("GET", path_of(route, account_id=account))[0] < 500
    after = checksum()
    tap.ok(asked > 8, f"16: {asked} routes were asked")
    tap.equal([name for name in tables if before[name] != after[name]], [], "16: no table is another")


@requirement(17, "nothing of another user")
def other_users(tap, bank):
    one, two = bank.signed_in("customer1"), bank.signed_in("customer2")
    account = f"/accounts/{bank.accounts(one)[0]['account_id']}"
    span = "?from=2025-01-01&to=2025-01-31"
    fields = transfer(bank, one, two)
    one.post("/transfers", **fields)
    for path in (account, f"{account}/balance", *(f"{account}/{what}{span}" for what in ("statement", "spending", "balances"))):
        tap.equal((one.get(path)[0], two.get(path)[0]), (200, 404), f"17: {path} is the owner's")
    told = [{a["account_id"] for a in client.get("/live")[1]["accounts"]} for client in (one, two)]
    mine = fields["debit_account_id"]
    tap.ok(mine in told[0] and mine not in told[1], "17: what is new is told to whom it is of", told)
    pages = [client.get(f"{account}/transactions")[1].get("items") for client in (one, two)]
    tap.ok(pages[0] and not pages[1], "17: so are its transactions")
    refused(tap, two.post("/transfers", **fields | {"transfer_uuid": str(uuid.uuid4())}), 404, "not_found",
            "17: nobody pays from it but its owner")
    tap.equal(two.post("/transfers", **fields)[0], 404, "17: not by asking again with the owner's id either")
    theirs = one.get("/sessions")[1]["items"][0]["session_id"]
    tap.equal(two.delete(f"/sessions/{theirs}")[0], 404, "17: nor ends the owner's session")
    receipt = f"/transfers/{fields['transfer_uuid']}"
    tap.equal((one.get(receipt)[0], bank.signed_in("customer3").get(receipt)[0]), (200, 404), "17: a receipt is its two sides'")
    every_account(tap, bank, {"customer1": one, "customer2": two})


def every_account(tap, bank, clients):
    """Of every account of the bank, each of two customers sees theirs, and no other."""
    accounts = [row[0] for row in bank.sql("SELECT account_id FROM bank.account ORDER BY 1 LIMIT 300")]
    for name, client in clients.items():
        seen = {a for a in accounts if client.get(f"/accounts/{a}")[0] == 200}
        own = {row[0] for row in bank.sql(
            "SELECT account_id FROM bank.account_holder WHERE party_id = %s AND CURRENT_DATE BETWEEN valid_from"
            " AND coalesce(valid_to, 'infinity')",
            bank.users[name]["party_id"])}
        tap.equal(seen, own & set(accounts), f"17: of {len(accounts)} accounts {name} sees {len(seen)}, which are theirs")


@requirement(18, "rights of each role, route by route")
def role_matrix(tap, bank):
    table = bank.routes()
    clients = {"nobody": bank.client(), "customer": bank.signed_in("customer1"), "staff": bank.signed_in("staff1")}
    wrong = []
    for route in table:
        if route["path"] in ("/metrics", "/api/v1/logout"):
            continue
        path = path_of(route, "999999999", contact_type="email", ordinal=1)
        query = "&".join(f"{f['name']}={well_formed(f)}" for f in route["fields"] if f["place"] == "query" and f["required"])
        path += "?" * bool(query) + query
        for role, client in clients.items():
            body = None if route["method"] == "GET" else json.dumps(fill(route)).encode()
            status, _ = client.request(route["method"], path, body)
            may = role in route["who"] or "nobody" in route["who"]
            was_refused = status == (401 if role == "nobody" else 403)
            if may and route["step_up"]:
                continue  # requirement 14
            if may == was_refused and not (may and status == 401 and "login" in path):
                wrong.append((route["method"], route["path"], role, status))
    tap.equal(wrong, [], f"18: {len(table)} routes, three roles: each may what the table says")
    tap.ok(bank.recorded("request.denied") > 0, "18: who was refused is on record")


#: a value of each type of field that is well formed
GOOD = {"id": 1, "amount": 1, "boolean": True, "uuid": str(uuid.uuid4()), "date": "2025-01-01", "currency": "RUB",
        "account_no": "40817810000000000001", "login": "nobody", "password": "long enough to be one", "code": "000000",
        "one_time_code": "000000",
        "written_code": "aaaa-aaaa-aaaa-aaaa", "token": "A" * 43, "party_no": "C9999999999"}


def well_formed(field):
    """A value that a field of the table may have."""
    schema = field["schema"]
    if "enum" in schema:
        return schema["enum"][0]
    if field["type"] == "number":
        return schema["minimum"]
    if field["type"] == "line":
        return "a" * schema["minLength"]
    return GOOD[field["type"]]


def fill(route):
    """A body of good form for a route: what it must have, or one of what it may have."""
    body = [field for field in route["fields"] if field["place"] == "body"]
    return {field["name"]: well_formed(field) for field in [field for field in body if field["required"]] or body[:1]}


#: field, and what it cannot be
BAD = (("amount_minor", "100"), ("amount_minor", True), ("amount_minor", 1.0), ("amount_minor", -1), ("amount_minor", 2**53),
       ("transfer_uuid", 1),
       ("narrative", "a\u202eb"), ("narrative", "a\u200db"), ("narrative", "a\u00adb"), ("narrative", "\u3164"),
       ("narrative", "a\U000e0041"),
       ("narrative", "   "), ("narrative", "a" + "\u0301" * 9), ("narrative", ["x"]), ("currency_code", "rub"), ("debit_account_id", "1"),
       ("transfer_uuid", str(uuid.UUID(int=1))))


@requirement(19, "no field that is not the route's, in or out")
def fields(tap, bank):
    client = bank.signed_in("customer1")

    for extra in ({"kind": "salary"}, {"is_new": False}, {"client": "1.2.3.4"}, {"__proto__": {}}, {"value_date": "2020-01-01"}):
        answer = client.post("/transfers", **transfer(bank, client) | extra)
        refused(tap, answer, 422, "unknown_field", f"19: {extra} is refused", field=next(iter(extra)))
    refused(tap, client.get("/accounts", role="staff"), 422, "unknown_field", "19: in the query, too")
    for name, value in BAD:
        answer = client.post("/transfers", **transfer(bank, client) | {name: value})
        refused(tap, answer, 422, "bad_field", f"19: {name} cannot be {value!r}", field=name)
    text = json.dumps([client.get("/accounts"), client.get("/session"), client.get("/sessions")])
    tap.ok(not re.search("password|token|secret|hash|risk|notes|tax", text), "19: nothing secret in the answers")
