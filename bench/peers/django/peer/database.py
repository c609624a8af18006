"""Statements, word for word those of webapp/api/src/statement.c, and their rows as dictionaries."""

from django.db import connection

ENTER = "SELECT (e.found).user_id, (e.found).verdict FROM (SELECT bank_online.enter(%s::bytea, %s, %s::boolean) AS found OFFSET 0) AS e"
LOGIN_BEGIN = (
    "SELECT user_id, password_hash, password_changed_at, totp_secret, totp_last_step, retry_after"
    " FROM bank_online.login_begin(%s, %s::inet, %s::bytea)"
)
LOGIN_FINISH = (
    "SELECT session_id, party_id, role, expires_at FROM bank_online.login_finish(%s, %s::bigint, %s::timestamptz, %s::bigint, %s::bytea, %s::bytea,"
    " %s::bytea, %s::bytea, %s::inet, %s)"
)
LOGIN_REFUSED = "SELECT bank_online.login_refused(%s, %s::bigint, %s::inet, %s, %s::bytea)"
BALANCE = (
    "SELECT b.balance_minor, b.balance_minor + a.overdraft_limit_minor AS available_minor, a.currency_code"
    " FROM bank.account_balance AS b JOIN bank.account AS a ON a.account_id = b.account_id"
    " WHERE b.account_id = %s::bigint"
)
TRANSACTIONS = (
    "SELECT value_date, transfer_id, line_no, side, amount_minor, kind, booked_at, narrative, merchant, counterparty, transfer_uuid, mcc,"
    " to_json(statuses) AS statuses"
    " FROM bank.transactions(%s::bigint, %s::integer, %s::date, %s::bigint, %s::smallint, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
)
PAY = "SELECT transfer_id, is_new, booked_at FROM bank.pay(%s::uuid, %s::bigint, %s, %s::bigint, %s, %s, %s::inet)"


def rows(statement, *parameters):
    """All rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def row(statement, *parameters):
    """The first row of a statement; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = cursor.fetchone()
        return found and dict(zip([column.name for column in cursor.description], found, strict=True))
