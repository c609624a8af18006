"""The tables that bulk mode fills, in the order of their names in the schema, and how their text is made."""

import holdings
import ledger
import ledgertext
import parallel
import people
import places
from accounts import INTERNAL

BLOCK = 10000
#: Columns as their texts have them.
COLUMNS = {
    "currency": "currency_code, numeric_code, exponent, name, name_ru",
    "category": "category_id, mcc, parent_id, name, name_ru, is_high_risk",
    "product": "product_id, product_code, kind, name, annual_rate, monthly_fee_minor, fee_currency_code, notice_days, on_sale_from",
    "address": "address_id, address_no, country_code, region, city, street, house, flat, postcode, latitude, longitude, created_at",
    "branch": "branch_id, bic, name, address_id, phone, has_atm, opened_on",
    "merchant": "merchant_id, merchant_no, category_id, address_id, name, website, attributes, logo_digest, is_online, created_at",
    "party": "party_id, party_no, party_type, status, language, risk_score, preferences, tags, notes, customer_since, created_at",
    "person": "party_id, last_name, first_name, middle_name, birth_date, sex, tax_id, citizenship, is_pep",
    "organisation": "party_id, registration_no, tax_id, legal_name, legal_form, registered_on, employee_count, description",
    "party_address": "party_id, address_id, address_type, valid_from, valid_to",
    "contact": "party_id, contact_type, ordinal, value, verified_at",
    "account": "account_id, account_no, product_id, branch_id, currency_code, status, overdraft_limit_minor, agreed_rate, "
               "nickname, opened_on, closed_on, created_at",
    "account_balance": "account_id, balance_minor, entry_count, changed_at",
    "account_holder": "account_id, party_id, role, share, valid_from",
    "card": "card_id, pan_token, account_id, party_id, scheme, last4, embossed_name, expires_on, status, is_virtual, "
            "day_limit_minor, issued_at",
    "exchange_rate": "base_code, quote_code, rate_date, source, rate",
    "standing_order": "standing_order_id, order_no, debit_account_id, credit_account_id, amount_minor, day_of_month, "
                      "starts_on, ends_on, narrative, status, created_at",
    "loan": "loan_id, contract_no, account_id, product_id, principal_minor, annual_rate, term_months, granted_on, status, created_at",
    "loan_schedule": "loan_id, instalment_no, due_on, principal_minor, interest_minor, paid_by",
    "transfer": "transfer_id, transfer_uuid, debit_account_id, credit_account_id, amount_minor, currency_code, kind, channel, "
                "card_id, merchant_id, reversal_of, client_ip, narrative, booked_at",
    "ledger_entry": "transfer_id, line_no, value_date, account_id, side, amount_minor",
    "transfer_status": "transfer_id, status, reached_at, reason",
}
MAKERS = {**places.TABLES, **people.TABLES, **holdings.TABLES}


def balanced(plan, jobs):
    """Find out what every account will spend, and settle the plan."""
    spans = plan.spans()
    cuts = [len(spans) * k // jobs for k in range(jobs + 1)]
    parts = [spans[a:b] for a, b in zip(cuts, cuts[1:]) if b > a]
    total = ledger.Balances(plan.accounts.n + INTERNAL)
    for part in parallel.run(lambda some: [ledger.balances(plan, some)], parts, jobs):
        total.follow(part)
    plan.settle(total)


def tasks(plan):
    """Everything to be made: blocks of a table, and stretches of days for those of the ledger."""
    out = []
    for table, (_, size) in MAKERS.items():
        n = size(plan)
        out += [(table, 0, 0)] if n is None else [(table, a, min(a + BLOCK, n)) for a in range(0, n, BLOCK)]
    return out + [("ledger", *days) for days in plan.spans()]


def made(plan, task):
    """The texts of a task, as (table, bytes)."""
    table, a, b = task
    if table == "ledger":
        yield from ledgertext.texts(plan, ledger.span(plan, a, b))
    else:
        yield table, MAKERS[table][0](plan, a, b)
