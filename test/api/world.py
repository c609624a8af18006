"""The world that the examples of the OpenAPI document speak of: a few customers, their things, a clerk; and its putting back.

What an example may be sent once only (a code, a deletion) is there again after put_back(); limits on tries, which have tests of their own, begin anew.
"""

import base64
import contextlib
import hashlib
import hmac
import pathlib
import struct
import subprocess
import sys
import threading
import time

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "webapp"))
from client import STEP, Client, code_of  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "a long and quiet river"
CUSTOMER, OTHER, CLERK = "maria.petrova", "nina.volkova", "anna.clerk"
PARTIES = {CUSTOMER: 900001, OTHER: 900005, CLERK: None}
#: codes that the examples have: recovery codes of the customer, of activation, of a contact, the first of a registration
RECOVERY, ACTIVATION, CONTACT, FIRST = ("m4ra-x2ty-q7hz-k3pd", "t5nv-b3kc-w6gs-e2ju"), "k7wq-2m5p-x3td-a6bn", "482913", "482913"
TOKEN = "A" * 43

PUT_BACK = """
DELETE FROM bank_online.throttle;
DELETE FROM bank_online.void_transfer;
UPDATE bank_online.app_user SET password_hash = %(password_hash)s WHERE login = ANY (%(logins)s) AND password_hash <> %(password_hash)s;
INSERT INTO bank_online.recovery_code AS r (user_id, code_hash)
SELECT u.user_id, sha256(convert_to(code, 'UTF8')) FROM bank_online.app_user AS u, unnest(%(recovery)s) AS code WHERE u.login = %(customer)s
ON CONFLICT (user_id, code_hash) DO UPDATE SET used_at = NULL WHERE r.used_at IS NOT NULL;
UPDATE bank.card SET status = 'active' WHERE card_id IN (900031, 900032) AND status <> 'active';
INSERT INTO bank_online.beneficiary (beneficiary_id, user_id, account_no, alias) OVERRIDING SYSTEM VALUE
SELECT 900051, u.user_id, '42301810900000900012', 'Savings' FROM bank_online.app_user AS u WHERE u.login = %(customer)s ON CONFLICT DO NOTHING;
INSERT INTO bank.standing_order AS o (standing_order_id, order_no, debit_account_id, credit_account_id, amount_minor, day_of_month, starts_on, narrative)
VALUES (900061, 'S0000900061', 900011, 900021, 50000, 1, '2026-01-01', 'Allowance')
ON CONFLICT (standing_order_id) DO UPDATE SET status = 'active', amount_minor = 50000 WHERE o.status <> 'active';
INSERT INTO bank_online.notification (notification_id, user_id, at, kind, detail) OVERRIDING SYSTEM VALUE
SELECT 900071, u.user_id, '2026-02-05 09:00Z', 'login.new_device', '{"client_ip": "192.0.2.7"}' FROM bank_online.app_user AS u WHERE u.login = %(customer)s
ON CONFLICT DO NOTHING;
DELETE FROM bank.contact WHERE party_id = 900001 AND ordinal > 4;
INSERT INTO bank.contact (party_id, contact_type, ordinal, value, verified_at)
VALUES (900001, 'email', 1, 'maria@example.com', '2020-05-12'), (900001, 'phone', 1, '+79995550100', '2020-05-12'),
       (900001, 'phone', 2, '+79995550101', '2020-05-12') ON CONFLICT DO NOTHING;
DELETE FROM bank_online.contact_change WHERE change_id = 900081;
INSERT INTO bank_online.contact_change (change_id, user_id, contact_type, value, code_hash) OVERRIDING SYSTEM VALUE
SELECT 900081, u.user_id, 'email', 'new@example.com', sha256(convert_to('900081 ' || %(contact)s, 'UTF8'))
FROM bank_online.app_user AS u WHERE u.login = %(customer)s;
DELETE FROM bank_online.session WHERE session_id = 900091 AND ended_at IS NOT NULL;
INSERT INTO bank_online.session (session_id, user_id, token_hash, expires_at, client_ip, user_agent) OVERRIDING SYSTEM VALUE
SELECT 900091, u.user_id, sha256('session 900091'), now() + INTERVAL '12 hours', '192.0.2.7', 'an old telephone'
FROM bank_online.app_user AS u WHERE u.login = %(customer)s ON CONFLICT DO NOTHING;
UPDATE bank_online.session SET seen_at = now() WHERE session_id = 900091 AND seen_at < now() - INTERVAL '1 minute';
DELETE FROM bank_online.app_user WHERE party_id IN (900002, 900003, 900004);
INSERT INTO bank_online.activation AS a (party_id, code_hash, made_by)
SELECT p, sha256(convert_to(%(activation)s, 'UTF8')), u.user_id FROM unnest(ARRAY[900003, 900004]) AS p, bank_online.app_user AS u WHERE u.login = %(clerk)s
ON CONFLICT (party_id) DO UPDATE SET code_hash = excluded.code_hash WHERE a.code_hash IS DISTINCT FROM excluded.code_hash;
DELETE FROM bank_online.registration WHERE party_id = 900004 OR login = 'pavel.orlov';
INSERT INTO bank_online.registration (token_hash, party_id, login, password_hash, totp_secret)
VALUES (sha256(convert_to(%(token)s, 'UTF8')), 900004, 'pavel.orlov', %(password_hash)s, %(seed)s::bytea);
"""


def find_seed(code, step):
    """A seed whose code of a step is this one; it takes a second or two to find."""
    message, wanted, n = struct.pack(">q", step), int(code), 0
    while True:
        seed = struct.pack(">QQL", step, n, 0)
        digest = hmac.digest(seed, message, hashlib.sha1)
        offset = digest[-1] & 15
        if (struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000 == wanted:
            return seed
        n += 1


class FirstCode:
    """The seed of the example's registration, whose code is always the right one: the next is found beforehand, by another process."""

    def __init__(self, seal):
        self.seal, self.sealed, self.until = seal, None, 0
        self.look_for(int(time.time()) // STEP + 1)

    def look_for(self, step):
        # its code is good in the step before, too, and in the one after
        self.step = step
        self.search = subprocess.Popen([sys.executable, __file__, FIRST, str(step)], stdout=subprocess.PIPE, text=True)

    def get(self):
        now = int(time.time()) // STEP
        if now > self.until:
            self.sealed, self.until = self.seal("pavel.orlov", bytes.fromhex(self.search.communicate()[0])), self.step + 1
            self.look_for(max(self.until, now) + 2)
        return self.sealed

    def end(self):
        self.search.kill()
        self.search.communicate()


class World:
    """Of an OnlineBank that runs."""

    def __init__(self, bank):
        self.bank = bank
        self.program, self.configuration = bank.place / "bank-api", bank.place / "api.conf"
        self.connection = psycopg2.connect(host=str(bank.database.directory), port=5432, dbname="bank", user="postgres")
        self.connection.autocommit = True
        self.lock = threading.RLock()
        self.first = FirstCode(self.seal)
        self.seeds = {}
        with self.connection.cursor() as cursor:
            cursor.execute((HERE / "world.sql").read_text())
            self.password_hash = self.ask("--hash", given=PASSWORD + "\n")
            for login, party in PARTIES.items():
                seed = hashlib.sha1(login.encode()).digest()
                self.seeds[login] = base64.b32encode(seed).decode()
                cursor.execute("SELECT bank_online.add_user(%s, %s, %s, %s, %s::bytea, '{}')",
                               (login, party, "customer" if party else "staff", self.password_hash, self.seal(login, seed)))
        self.put_back()

    def ask(self, *words, given=None):
        return subprocess.run([self.program, *map(str, words)], input=given, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def seal(self, login, seed):
        return self.ask("--config", self.configuration, "--seal", login, given=seed.hex() + "\n")

    def put_back(self):
        with self.lock, self.connection.cursor() as cursor:
            # triggers keep what happened: the world forgets it
            cursor.execute("BEGIN; SET LOCAL session_replication_role = replica;" + PUT_BACK + "COMMIT", {
                "password_hash": self.password_hash, "logins": list(PARTIES), "customer": CUSTOMER, "clerk": CLERK, "recovery": list(RECOVERY),
                "activation": ACTIVATION, "contact": CONTACT, "token": TOKEN, "seed": self.first.get()})

    def client(self, login):
        """Somebody signed in, who has given a further code."""
        client = Client(self.bank.url, self.bank.place / "ca.pem")
        with self.lock:
            for what in ("login", "step-up"):
                self.use(client, login, what)
        return client

    def use(self, client, login, what):
        """A code of the present step, which is as good as new; again if other tries were too many meanwhile."""
        end = time.monotonic() + 20
        while True:
            with self.connection.cursor() as cursor:
                cursor.execute("DELETE FROM bank_online.throttle; UPDATE bank_online.app_user SET totp_last_step = 0 WHERE login = %s", (login,))
            code = code_of(self.seeds[login], int(time.time()) // STEP)
            fields = {"login": login, "password": PASSWORD, "code": code} if what == "login" else {"code": code}
            status, answer = client.post(f"/{what}", **fields)
            if status == 200:
                return
            if time.monotonic() > end:
                raise RuntimeError(f"{what} of {login}: {status} {answer}")
            self.put_back()
            time.sleep(0.05)

    def close(self):
        self.first.end()
        with contextlib.suppress(psycopg2.Error):
            self.connection.close()


if __name__ == "__main__":
    print(find_seed(sys.argv[1], int(sys.argv[2])).hex())
