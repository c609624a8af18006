"""Registration: the code that staff hands out, what begins it, what confirms it, and what comes in between."""

import base64
import contextlib
import re

from onlinesite import Client, present_code
from problem import refused

from .common import is_, wrong_code


def newcomer(site):
    """A customer without online access: party, number, birth date."""
    return site.sql("SELECT p.party_id, p.party_no, i.birth_date::text FROM bank.party AS p JOIN bank.person AS i USING (party_id)"
                    " WHERE p.status = 'active' AND NOT EXISTS (SELECT FROM bank_online.app_user AS u WHERE u.party_id = p.party_id)"
                    " ORDER BY p.party_id LIMIT 1")[0]


def registration(tap, site):
    staff, guest = site.client("staff1"), Client(site)
    party, number, born = newcomer(site)
    first, code = activation_codes(tap, site, staff, party)
    body = {"party_no": number, "birth_date": born, "activation_code": code, "login": "new.comer", "password": "correct horse battery"}
    told = begun(tap, site, guest, body, first)
    codes = confirmed(tap, guest, told)
    signed_in(tap, guest, body, told, codes, party)
    tap.equal(site.sql("SELECT event, count(*)::int FROM bank_online.audit_event"
                       " WHERE event LIKE 'activation.%' OR event = 'access.registered' AND detail->>'by' = 'activation' GROUP BY 1"
                       " ORDER BY 1"),
              [("access.registered", 1), ("activation.made", 2), ("activation.refused", 4)], "all of it is recorded")
    recovery_codes_made_anew(tap, guest, codes)

    party, number, born = newcomer(site)
    code = staff.post(f"/staff/customers/{party}/activation").json["activation_code"]
    body = {"party_no": number, "birth_date": born, "activation_code": code, "login": "late.comer", "password": "correct horse battery"}
    tried_and_expired(tap, site, guest, body)
    overtaken_meanwhile(tap, site, guest, body, party)
    tap.ok([e["login"] for e in staff.get(f"/staff/audit?party_id={party}&event=activation.made").json["items"]] == ["staff1"],
           "the trail of a customer without access has the code that staff made")
    tries_of_a_network(tap, site, guest, body)


def activation_codes(tap, site, staff, party):
    """Who hands them out, and to whom; the first, and the one that is good."""
    one = site.client("customer1")
    path = f"/staff/customers/{party}/activation"
    refused(tap, one.post(path), 403, "not_allowed", "a customer hands out no activation code")
    refused(tap, staff.post(path), 403, "step_up_needed", "nor staff, without a further code")
    staff.step_up()
    first = staff.post(path).json["activation_code"]
    made = staff.post(path)
    code = made.json["activation_code"]
    tap.ok(made.status == 201 and re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", code) and first != code, "staff does, a new one each time",
           made)
    tap.equal(site.one("SELECT count(*)::int FROM bank_online.activation WHERE code_hash = sha256(%s)"
                       " AND expires_at BETWEEN now() + INTERVAL '167 hours'"
                       " AND now() + INTERVAL '168 hours'", (code.encode(),)), 1, "of which the database has the hash, for seven days")
    organisation = site.one("SELECT party_id FROM bank.organisation LIMIT 1")
    refused(tap, staff.post(f"/staff/customers/{organisation}/activation"), 409, "not_for_party", "not for an organisation")
    refused(tap, staff.post(f"/staff/customers/{one.user['party_id']}/activation"), 409, "not_for_party", "nor for one who has access")
    refused(tap, staff.post("/staff/customers/999999999/activation"), 404, "not_found", "nor for nobody")
    return first, code


def begun(tap, site, guest, body, first):
    """What begins a registration; its answer."""
    refused(tap, guest.post("/registration", body | {"password": "password1"}), 422, "common_password", "a common password is refused")
    refused(tap, guest.post("/registration", body | {"password": "short"}), 422, "bad_field", "so is a short one")
    wrong = [guest.post("/registration", body | change) for change in (
        {"party_no": "C0000000000"}, {"birth_date": "1970-02-03"}, {"activation_code": first})]
    tap.ok(len({(a.status, a.body) for a in wrong}) == 1 and wrong[0].code == "bad_activation",
           "whichever fact is wrong, the answer is the same", wrong)
    refused(tap, guest.post("/registration", body | {"login": "customer1"}), 409, "login_taken",
            "a name that is taken is told to who has the code")
    told = guest.post("/registration", body)
    seed = told.json["totp_secret"]
    tap.ok(told.status == 201 and told.json["totp_uri"] == f"otpauth://totp/Test%20Bank:new.comer?secret={seed}&issuer=Test%20Bank"
           and len(base64.b32decode(seed)) == 20, "all right: a token, a seed, and its picture's text", told)
    sealed, hashed = site.sql("SELECT totp_secret, password_hash FROM bank_online.registration")[0]
    tap.ok(len(sealed) == 60 and base64.b32decode(seed) not in bytes(sealed) and hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$"),
           "kept sealed and hashed")
    return told.json


def confirm(guest, told, code=None):
    """The answer to the first code of a registration."""
    return guest.post("/registration/confirm", {"registration_token": told["registration_token"], "code": code or present_code(told)})


def confirmed(tap, guest, told):
    """What confirms a registration; the recovery codes."""
    nothing = {"registration_token": "x" * 43}
    refused(tap, confirm(guest, nothing, "000000"), 422, "bad_code", "a token of nothing is as a wrong code")
    refused(tap, confirm(guest, told, "12345"), 422, "bad_field", "a code has six digits")
    refused(tap, confirm(guest, told, wrong_code(told["totp_secret"])), 422, "bad_code", "a wrong code")
    told["used"] = present_code(told)
    done = confirm(guest, told, told["used"])
    codes = done.json["recovery_codes"]
    tap.ok(done.status == 200 and len(set(codes)) == 10, "the right one: ten recovery codes", done)
    refused(tap, confirm(guest, told, told["used"]), 422, "bad_code", "once")
    return codes


def signed_in(tap, guest, body, told, codes, party):
    """Who has registered signs in, but not with what confirmed it."""
    refused(tap, guest.post("/registration", body), 422, "bad_activation", "the activation code is used up")
    user = {"login": body["login"], "password": body["password"], "code": told["used"]}
    refused(tap, guest.post("/login", user), 401, "bad_credentials", "the code that confirmed signs nobody in")
    tap.equal(guest.post("/login", user | {"code": codes[0]}).json["party_id"], party, "a recovery code does")
    tap.ok(guest.get("/accounts").json["items"], "and there are the customer's accounts")


def recovery_codes_made_anew(tap, guest, codes):
    refused(tap, guest.post("/recovery-codes"), 403, "step_up_needed", "new recovery codes take a further code")
    is_(tap, guest.post("/step-up", {"code": codes[1]}), 200, "which may be a recovery code")
    new = guest.post("/recovery-codes").json["recovery_codes"]
    refused(tap, guest.post("/step-up", {"code": codes[2]}), 422, "bad_code", "the old codes are good no more")
    tap.ok(len(set(new)) == 10 and not set(new) & set(codes) and guest.post("/step-up", {"code": new[9]}).status == 200, "the new ones are",
           new)


def tried_and_expired(tap, site, guest, body):
    """Tries of others do not use an activation code up, time does."""
    site.forget_tries()
    with contextlib.closing(site.bank.client(source="127.0.26.1")) as other:
        told = [other.post("/registration", **body | {"activation_code": "aaaa-aaaa-aaaa-aaaa"})[0] for _ in range(21)]
    tap.equal(told, [422] * 20 + [429], "whoever knows number and birth date gets twenty tries of the code")
    is_(tap, guest.post("/registration", body), 201, "which do not use it up")
    site.sql("UPDATE bank_online.activation SET expires_at = created_at + INTERVAL '1 microsecond'")
    refused(tap, guest.post("/registration", body), 422, "bad_activation", "after seven days the right facts are too late")
    site.sql("UPDATE bank_online.activation SET expires_at = now() + INTERVAL '1 day'")
    told = guest.post("/registration", body).json
    site.sql("UPDATE bank_online.registration SET expires_at = created_at + INTERVAL '1 microsecond'")
    refused(tap, confirm(guest, told), 422, "bad_code", "and the first code after half an hour")


def overtaken_meanwhile(tap, site, guest, body, party):
    """What the bank or another user does between the beginning and the first code counts."""
    site.forget_tries()
    told = guest.post("/registration", body).json
    site.sql("UPDATE bank.party SET status = 'blocked' WHERE party_id = %s", (party,))
    refused(tap, confirm(guest, told), 409, "not_for_party", "who was blocked meanwhile does not finish")
    refused(tap, guest.post("/registration", body), 422, "bad_activation", "nor begin")
    site.sql("UPDATE bank.party SET status = 'active' WHERE party_id = %s", (party,))
    user = site.one("SELECT bank_online.add_user('by.branch', %s, 'customer', '$argon2id$v=19$x', NULL, '{}')", (party,))
    refused(tap, confirm(guest, told), 409, "not_for_party", "nor one who has access by now: that is no matter of the name")
    site.sql("ALTER TABLE bank_online.audit_event DISABLE TRIGGER audit_event_immutable")
    site.sql("DELETE FROM bank_online.audit_event WHERE user_id = %s; DELETE FROM bank_online.app_user WHERE user_id = %s", (user, user))
    site.sql("ALTER TABLE bank_online.audit_event ENABLE TRIGGER audit_event_immutable")
    site.sql("UPDATE bank_online.app_user SET login = 'late.comer' WHERE login = 'new.comer'")
    refused(tap, confirm(guest, told), 409, "login_taken", "but one that was taken meanwhile is")
    site.sql("UPDATE bank_online.app_user SET login = 'new.comer' WHERE login = 'late.comer'")


def tries_of_a_network(tap, site, guest, body):
    site.forget_tries()
    for _ in range(20):
        guest.post("/registration", body | {"birth_date": "1970-02-03"})
    refused(tap, guest.post("/registration", body), 429, "too_many_tries", "a network has twenty tries")
    tap.ok("registration 127.0.0.1" in [s for (s,) in site.sql("SELECT subject FROM bank_online.throttle")], "counted by its address")
    site.forget_tries()
