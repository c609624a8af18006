"""Access: what happens while somebody signs in, codes that are guessed, and reaching for what is another's."""

import concurrent.futures
import contextlib
import os
import signal

from online_bank import payment, until
from onlinesite import Client, present_code
from problem import refused

from .common import foreign_account, foreign_card, is_, money_account, new_id, wrong_code


def overtaken(site, client, change):
    """A login's answer, where a user is changed while the hasher compares the password: it is held meanwhile."""
    hashers = site.bank.workers_of(site.bank.master(), "bank-api-hasher")

    def tell(number):
        for pid in hashers:
            os.kill(pid, number)

    tell(signal.SIGSTOP)
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.login)
            until(lambda: site.bank.metric("bank_api_password_queue") == 1, 10, "a login that waits for the hasher")
            site.sql(f"UPDATE bank_online.app_user SET {change} WHERE login = %s", (client.user["login"],))
            tell(signal.SIGCONT)
            return answer.result()
    finally:
        tell(signal.SIGCONT)


def login_overtaken(tap, site):
    """What happens to a user while the password is compared counts."""
    one = Client(site, site.bank.users["customer1"])
    is_(tap, one.login(), 200, "a login")
    for name, change in (("the password is changed", "password_changed_at = now()"), ("the user is suspended", "status = 'suspended'")):
        refused(tap, overtaken(site, one, change), 401, "bad_credentials", f"{name} while it is compared: no session")
        site.sql("UPDATE bank_online.app_user SET status = 'active' WHERE login = %s", (one.user["login"],))
    tap.equal({row[0] for row in site.sql("SELECT detail->>'reason' FROM bank_online.audit_event WHERE event = 'login.refused'"
                                          " ORDER BY event_id DESC LIMIT 2")},
              {"password_changed", "suspended"}, "which is recorded")
    is_(tap, one.login(), 200, "and the next one gets in")


def codes_are_counted(tap, site):
    """Who has the password and many networks gets ten codes a day; the owner gets in all the same."""
    one = site.client("customer1")
    user, wrong = one.user, wrong_code(one.user["totp_secret"])

    def attacker(n, code=wrong):
        with contextlib.closing(site.bank.client(source=f"127.21.{n}.1")) as client:
            return client.login(user, code)[0]

    tap.equal({attacker(n) for n in range(1, 11)}, {401}, "ten wrong codes, each from another network")
    site.forget_codes(user)
    tap.equal(attacker(11, present_code(user)), 401, "then not even the right one opens a session")
    tap.equal(site.one("SELECT detail->>'reason' FROM bank_online.audit_event ORDER BY event_id DESC LIMIT 1"), "too_many_codes",
              "which is recorded")
    is_(tap, one.login(), 200, "the owner gets in from the browser of before")
    tap.equal(attacker(12, user["recovery_codes"][3]), 200, "and with a recovery code from anywhere")
    further_codes_are_counted(tap, site, one, wrong)
    site.forget_tries()


def further_codes_are_counted(tap, site, client, wrong):
    for _ in range(9):
        refused(tap, client.post("/step-up", {"code": wrong}), 422, "bad_code", "a wrong further code")
    site.sql("DELETE FROM bank_online.throttle WHERE subject LIKE 'check %%'")
    tap.equal(site.one("SELECT count(*) FROM bank_online.audit_event WHERE event = 'step_up.refused' AND detail->>'reason' = 'code'"
                       " AND client_ip = '127.0.0.1'"), 9, "each is recorded")
    is_(tap, client.get("/session"), 200, "nine leave the session")
    refused(tap, client.post("/step-up", {"code": wrong}), 422, "bad_code", "the tenth")
    refused(tap, client.get("/session"), 401, "no_session", "ends it")


def denials(tap, site):
    """Who reaches for what is another's is in the trail: a hundred times an hour."""
    one = site.client("customer1")
    mine = money_account(one)
    _, other = foreign_account(site, one.user["party_id"])
    card = foreign_card(site, one.user["party_id"])
    site.forget_tries()
    last = site.one("SELECT max(event_id) FROM bank_online.audit_event")

    def tries():
        return site.sql("SELECT detail->>'why', count(*)::int FROM bank_online.audit_event WHERE event = 'request.denied' AND event_id > %s"
                        " GROUP BY 1", (last,))

    refused(tap, one.post("/transfers", payment(other, mine["account_no"], 1, transfer_uuid=new_id())), 404, "not_found",
            "a payment from another's account")
    refused(tap, one.patch(f"/cards/{card}", {"status": "frozen"}), 404, "not_found", "another's card")
    tap.equal(tries(), [("not_found", 2)], "both are in the trail")
    for _ in range(110):
        one.patch(f"/cards/{card}", {"status": "frozen"})
    tap.equal(tries(), [("not_found", 100)], "and no more than a hundred in an hour")
    site.forget_tries()
