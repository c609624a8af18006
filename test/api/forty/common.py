"""What the forty requirements share: their table, payments to try things with, pages in a browser, and bytes over TLS."""

import contextlib
import socket
import uuid

from online_bank import payment
from pages import browser

#: number -> (what is required, the test)
TABLE = {}


def requirement(number, text):
    """Registers a test: it is given the Tap and the bank."""
    def register(test):
        TABLE[number] = (text, test)
        return test
    return register


def shown(tap, bank, number):
    """A requirement in a browser; by a customer and staff that nothing else here signs in as, for a code is good once."""
    browser(tap, bank, ["requirements.spec.ts", "-g", number, "--workers=1"], BANK_CUSTOMER="customer13", BANK_STAFF="staff3")


def transfer(bank, client, other=None, amount=100, **changes):
    """The fields of a payment that would be carried out."""
    own = bank.accounts(client)
    target = bank.accounts(other)[0]["account_no"] if other else own[1]["account_no"] if len(own) > 1 else None
    if target is None:
        target = bank.sql("SELECT account_no FROM bank.account WHERE currency_code = 'RUB' AND status = 'active'"
                          " AND account_id <> %s LIMIT 1",
                          own[0]["account_id"])[0][0]
    return payment(own[0]["account_id"], target, amount, transfer_uuid=str(uuid.uuid4()), narrative="test") | changes


def counted(values):
    """How often each is among them: to be shown."""
    return {value: values.count(value) for value in set(values)}


def raw_exchange(bank, data, seconds=5):
    """Bytes as they are over TLS; what came back until the end, or until nothing more comes."""
    with (socket.create_connection(("127.0.0.1", bank.port), timeout=seconds) as raw,
          bank.tls_context().wrap_socket(raw, server_hostname="127.0.0.1") as s):
        with contextlib.suppress(OSError):
            s.sendall(data)
        answer = b""
        with contextlib.suppress(OSError):
            while part := s.recv(65536):
                answer += part
        return answer
