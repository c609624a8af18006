"""Customers: their profile and contacts, what they are notified of, and the bank's reference data."""

import re

from onlinesite import Client
from problem import refused

from .common import is_, user_id


def profile(tap, site):
    one, two, staff = site.client("customer1"), site.client("customer2"), site.client("staff1")
    party = one.user["party_id"]
    told = one.get("/profile").json
    tap.equal((told["party_id"], told["party_no"], told["organisation"]),
              (party, site.one("SELECT party_no FROM bank.party WHERE party_id = %s", (party,)), None),
              "a customer's own profile")
    tap.ok(told["person"]["last_name"] and told["addresses"] and "notes" not in told and "risk_score" not in told,
           "with name and address, without the bank's notes", told)
    refused(tap, staff.get("/profile"), 403, "not_allowed", "staff have none")
    before = site.sql("SELECT preferences, language FROM bank.party WHERE party_id = %s", (two.user["party_id"],))
    tap.equal(one.patch("/profile", {"language": "en", "theme": "dark", "news": True}).json,
              {"language": "en", "theme": "dark", "news": True}, "changed")
    tap.equal(one.patch("/profile", {"news": False}).json, {"language": "en", "theme": "dark", "news": False}, "what is not named stays")
    told = one.get("/profile").json
    tap.equal((told["language"], told["theme"], told["news"]), ("en", "dark", False), "and is there")
    tap.equal(site.sql("SELECT preferences, language FROM bank.party WHERE party_id = %s", (two.user["party_id"],)), before,
              "nobody else's")
    for field, value in (("language", "xx"), ("theme", 1), ("news", "true"), ("news", 1)):
        refused(tap, one.patch("/profile", {field: value}), 422, "bad_field", f"not so: {field} {value!r}")
    refused(tap, one.patch("/profile", {"status": "active"}), 422, "unknown_field", "no other field")


# --- contacts ----------------------------------------------------------------------


def contact_code(site):
    """The code that was sent last."""
    return site.one("SELECT detail->>'code' FROM bank_online.message WHERE kind = 'contact.code' ORDER BY message_id DESC LIMIT 1")


def told(site, kind):
    """Who was sent messages of a kind."""
    return [recipient for (recipient,) in site.sql("SELECT recipient FROM bank_online.message WHERE kind = %s ORDER BY message_id",
                                                   (kind,))]


def confirm(client, change, code):
    return client.post("/contacts/confirm", {"change_id": change, "code": code})


def other_code(code):
    return f"{(int(code) + 1) % 1000000:06d}"


def contacts(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    party = one.user["party_id"]
    site.sql("DELETE FROM bank.contact WHERE party_id = %s", (party,))
    site.sql("INSERT INTO bank.contact (party_id, contact_type, ordinal, value) VALUES (%s, 'phone', 1, '+79000000001')", (party,))
    contact_added(tap, site, one, two)
    contact_replaced(tap, site, one, party)
    contact_wrong(tap, one)
    contact_codes(tap, site, one)
    contact_removed(tap, site, one)
    site.forget_tries()
    new = {"contact_type": "email", "value": "new@example.org"}
    for _ in range(10):
        one.post("/contacts", new)
    refused(tap, one.post("/contacts", new), 429, "too_many_tries", "ten messages an hour are enough")
    site.forget_tries()
    taken = site.sql("SELECT * FROM bank_online.take_messages(1000)")
    tap.ok(taken and site.one("SELECT count(*) FROM bank_online.message WHERE sent_at IS NULL OR detail ? 'code'") == 0,
           "what the gateway takes is sent, and its codes are gone")


def contact_added(tap, site, one, two):
    new = {"contact_type": "email", "value": "new@example.org"}
    refused(tap, one.post("/contacts", new), 403, "step_up_needed", "a contact takes a further code")
    one.step_up()
    asked = one.post("/contacts", new)
    tap.ok(asked.status == 200 and set(asked.json) == {"change_id", "expires_at"}, "asked for: a change that waits", asked)
    change, code = asked.json["change_id"], contact_code(site)
    tap.ok(re.fullmatch("[0-9]{6}", code) and told(site, "contact.code") == ["new@example.org"], "its code is sent there", code)
    tap.equal(one.get("/profile").json["contacts"],
              [{"contact_type": "phone", "ordinal": 1, "value": "+79000000001", "is_verified": False}],
              "nothing is changed yet")
    refused(tap, confirm(one, change, other_code(code)), 422, "bad_code", "a wrong code")
    refused(tap, confirm(two, change, code), 422, "bad_code", "another customer's try")
    done = confirm(one, change, code)
    tap.ok(done.status == 200 and done.json["verified_at"]
           and (done.json["contact_type"], done.json["ordinal"], done.json["value"]) == ("email", 1, "new@example.org"), "the right one",
           done)
    refused(tap, confirm(one, change, code), 422, "bad_code", "is good once")
    tap.equal(told(site, "contact.changed"), ["+79000000001"], "the contact there was is told")


def contact_replaced(tap, site, one, party):
    change = one.post("/contacts", {"contact_type": "email", "value": "other@example.org", "ordinal": 1}).json["change_id"]
    tap.equal(confirm(one, change, contact_code(site)).json["value"], "other@example.org", "one that takes another's place")
    tap.equal(site.sql("SELECT contact_type, ordinal::int, value FROM bank.contact WHERE party_id = %s ORDER BY 1", (party,)),
              [("email", 1, "other@example.org"), ("phone", 1, "+79000000001")], "does")
    tap.equal(told(site, "contact.changed")[-1], "new@example.org", "and that one is told")


def contact_wrong(tap, one):
    for bad in ({"contact_type": "email", "value": "no address"}, {"contact_type": "phone", "value": "12345678"},
                {"contact_type": "fax", "value": "+79000000000"}, {"contact_type": "email", "value": "x@" + "y" * 300}):
        refused(tap, one.post("/contacts", bad), 422, "bad_field", f"none: {bad['contact_type']} {bad['value'][:20]}")
    absent = {"contact_type": "phone", "value": "+79000000009", "ordinal": 5}
    refused(tap, one.post("/contacts", absent), 404, "not_found", "no such contact to take the place of")


def contact_codes(tap, site, one):
    """Five tries, a quarter of an hour."""
    def ask():
        return one.post("/contacts", {"contact_type": "phone", "value": "+79000000002"}).json["change_id"], contact_code(site)

    change, code = ask()
    for _ in range(5):
        confirm(one, change, other_code(code))
    refused(tap, confirm(one, change, code), 422, "bad_code", "after five wrong codes the right one is too late")
    change, code = ask()
    site.sql("UPDATE bank_online.contact_change SET expires_at = created_at + INTERVAL '1 microsecond'")
    refused(tap, confirm(one, change, code), 422, "bad_code", "so it is after a quarter of an hour")


def contact_removed(tap, site, one):
    one.step_down()
    refused(tap, one.delete("/contacts/email/1"), 403, "step_up_needed", "removal takes a further code")
    one.step_up()
    refused(tap, one.delete("/contacts/email/2"), 404, "not_found", "what is not there is not removed")
    refused(tap, one.delete("/contacts/fax/1"), 404, "not_found", "nor what cannot be")
    is_(tap, one.delete("/contacts/email/1"), 204, "removed")
    tap.equal(told(site, "contact.removed"), ["other@example.org"], "and told")
    refused(tap, one.delete("/contacts/phone/1"), 409, "last_contact", "the last one stays")


# --- notifications -------------------------------------------------------------------


def notifications(tap, site):
    one = site.client("customer1")
    site.sql("DELETE FROM bank_online.notification")
    site.sql("INSERT INTO bank_online.notification (user_id, kind) SELECT user_id, 'other' FROM bank_online.app_user WHERE user_id <> %s",
             (user_id(site),))
    one.login()
    tap.equal(one.get("/notifications").json["items"], [], "a login from a browser that was there before tells nothing")
    new = site.client("customer1")
    items = new.get("/notifications").json["items"]
    tap.equal([(n["kind"], n["detail"]["client_ip"], n["read_at"]) for n in items], [("login.new_device", "127.0.0.1", None)],
              "one from a new one does")
    new.step_up()
    password = new.user["password"]
    is_(tap, new.post("/password", {"old_password": password, "new_password": password + "!"}), 204, "a new password")
    new.user["password"] = password + "!"
    new.step_up()
    new.post("/recovery-codes")
    items = new.get("/notifications").json["items"]
    tap.equal([n["kind"] for n in items], ["recovery_codes.renewed", "password.changed", "login.new_device"],
              "the newest first, and only one's own")
    page = new.get("/notifications?limit=2").json
    rest = new.get(f"/notifications?limit=2&before={page['next']['before']}").json
    tap.equal((page["items"] + rest["items"], rest["next"]), (items, None), "page by page: the same")
    notifications_read(tap, site, new, items)


def notifications_read(tap, site, client, items):
    tap.equal(client.post("/notifications/read", {"up_to": items[1]["notification_id"]}).json, {"unread": 1}, "read up to one")
    tap.equal([n["read_at"] is None for n in client.get("/notifications").json["items"]], [True, False, False], "that and those before")
    tap.equal(site.one("SELECT count(*) FROM bank_online.notification WHERE kind = 'other' AND read_at IS NOT NULL"), 0, "nobody else's")
    refused(tap, client.post("/notifications/read", {}), 422, "missing_field", "up to which?")
    refused(tap, client.get("/notifications?limit=201"), 422, "bad_field", "pages have their bound")


def reference(tap, site):
    one = site.client("customer1")
    tap.equal([c["currency_code"] for c in one.get("/reference/currencies").json["items"]],
              [c for (c,) in site.sql("SELECT currency_code::text FROM bank.currency ORDER BY 1")], "currencies")
    tap.ok(next(c for c in one.get("/reference/currencies").json["items"] if c["currency_code"] == "RUB")["step_up_above_minor"] == 5000000,
           "with their limits")
    got = one.get("/reference/categories").json["items"]
    tap.equal((len(got), sum(c["parent_mcc"] is not None for c in got)),
              site.sql("SELECT count(*)::int, count(parent_id)::int FROM bank.category")[0], "categories, and their groups")
    refused(tap, Client(site).get("/reference/currencies"), 401, "no_session", "for whoever has signed in")
