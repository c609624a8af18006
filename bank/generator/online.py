"""Customers who pay through the online bank: a part of the live stream that takes the way of a browser."""

import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "webapp"))
from client import Client, read_users  # noqa: E402

TRIES = 5
#: published rows of a transfer: itself, two entries, its status
ROWS = 4
#: least and most of a payment, in minor units: what a customer pays in a day stays below what takes a further code
LEAST, MOST = 1_00, 100_00


class Online:
    """Signed-in customers, each paying the others. Like the stream, drawn from the seed."""

    def __init__(self, url, ca, users):
        self.customers = []
        for user in read_users(users):
            if user["role"] != "customer":
                continue
            client = Client(url, ca)
            status, answer = client.login(user | {"recovery_codes": []}, tries=3)
            if status != 200:
                raise SystemExit(f"{user['login']} cannot sign in: {status} {answer}")
            accounts = [a for a in client.get("/accounts")[1]["items"] if a["currency_code"] == "RUB" and a["may_debit"]]
            if accounts:
                self.customers.append((client, accounts))
        if len(self.customers) < 2:
            raise SystemExit(f"{users}: two customers with roubles are needed to pay each other")

    def pay(self, rng, done):
        """One payment; how many published rows it made."""
        payer, payee = rng.choice(len(self.customers), size=2, replace=False)
        client, own = self.customers[payer]
        debit = own[int(rng.integers(len(own)))]
        others = self.customers[payee][1]
        fields = {
            "transfer_uuid": str(uuid.UUID(bytes=rng.bytes(16), version=4)),
            "debit_account_id": debit["account_id"],
            "credit_account_no": others[int(rng.integers(len(others)))]["account_no"],
            "amount_minor": int(rng.integers(LEAST, MOST)),
            "currency_code": "RUB",
            "narrative": "перевод",
        }
        status, answer = self.send(client, fields)
        if status in (200, 201):
            done["online"] += 1
            return ROWS
        done["online_refused"] += 1
        if status not in (409,):  # not enough there, or frozen: the stream does such things
            print(f"online: {status} {answer}", file=sys.stderr)
        return 0

    @staticmethod
    def send(client, fields):
        """Ask until there is an answer: the same id is never paid twice."""
        for left in reversed(range(TRIES)):
            try:
                status, answer = client.post("/transfers", **fields)
                if status != 503 or not left:
                    return status, answer
            except OSError:
                if not left:
                    raise
        return None
