"""Accounts, balances, holders, cards, orders, loans and rates as text: block by block by index."""

import numpy as np

import controls
import copytext as t
import words as w
from accounts import CURRENCIES, FOREVER, INTERNAL, POSTED, PRODUCT, day_number
from contracts import CARD_DAYS, CARD_STATES
from people import Names, upper
from plan import BRANCHES

NUMERIC = np.array([int(next(c[1] for c in w.CURRENCIES if c[0] == code)) for code in CURRENCIES])
CODES = t.Choices(CURRENCIES)
RATED = [("USD", 9050), ("EUR", 9860), ("CNY", 1255), ("BYN", 2790)]  # hundredths of a rouble on the first day
FOUNDED = day_number("2015-01-01")


def numbers(balance, currency, branch, serial):
    """Account numbers as text."""
    return (controls.account_no(balance, NUMERIC[currency], branch, serial) + ord("0")).astype(np.uint8)


def own_accounts():
    """The bank's accounts: settlement and cash in each currency, without a limit that matters."""
    k = np.arange(INTERNAL)
    currency = k % len(POSTED)
    balance = np.where(k < len(POSTED), 30301, 20202)
    product = np.where(k < len(POSTED), PRODUCT["INT-SETTLE"], PRODUCT["INT-CASH"])
    n, founded = INTERNAL, np.full(INTERNAL, FOUNDED)
    return t.rows([t.number(k + 1), numbers(balance, currency, np.ones(n, int), k + 1), t.number(product), t.constant("1", n),
                   CODES[currency], t.constant("active", n), t.constant(str(10**17), n), t.constant(None, n),
                   t.constant(None, n), t.day(founded), t.constant(None, n), t.stamp(founded * 86400)])


def branch_of(plan, i):
    """Index of the branch that keeps an account."""
    return plan.d.integer("account.branch", i, BRANCHES)


def account(plan, a, b):
    """account_id, account_no, product_id, branch_id, currency, status, limit, agreed_rate, nickname, opened, closed, created"""
    d, i, accounts = plan.d, np.arange(a, b), plan.accounts
    closed, opened = accounts.closed[a:b], accounts.opened[a:b].astype(np.int64)
    frozen = (d.below("account.frozen", i, plan.cal.frozen)) & ~accounts.organisation[a:b]
    state = np.where(closed < FOREVER, 2, np.where(frozen, 1, 0))
    balance = np.where(accounts.organisation[a:b], 40702, np.where(accounts.extra[a:b] & (accounts.currency[a:b] == 0), 42301, 40817))
    branch = branch_of(plan, i) + 1
    agreed = d.integer("account.rate", i, 200000)
    nickname = t.Choices(["Копилка", "На отпуск", "Family", "Дача", "Rainy day", "Ремонт"])
    out = t.rows([t.number(INTERNAL + 1 + i), numbers(balance, accounts.currency[a:b], branch, INTERNAL + 1 + i),
                  t.number(accounts.product[a:b]), t.number(branch), CODES[accounts.currency[a:b]],
                  t.Choices(["active", "frozen", "closed"])[state], t.number(accounts.limit[a:b]),
                  t.null(t.glue(b"0.", t.padded(agreed, 6)), ~d.below("account.agreed", i, .03)),
                  t.null(nickname[d.integer("account.nickname", i, len(nickname))], ~d.below("account.named", i, .1)),
                  t.day(opened), t.null(t.day(np.where(closed < FOREVER, closed, 0)), closed == FOREVER),
                  t.stamp(opened * 86400 + 32400 + d.integer("account.made", i, 3600))])
    return own_accounts() + out if a == 0 else out


def account_balance(plan, a, b):
    """account_id, balance_minor, entry_count, changed_at"""
    first = 1 if a == 0 else INTERNAL + 1 + a
    k = np.arange(first, INTERNAL + 1 + b)
    balances, opened = plan.balances, plan.accounts.opened[np.maximum(0, k - INTERNAL - 1)]
    at = np.where(balances.last[k] > 0, balances.last[k], opened.astype(np.int64) * 86400 + 32400)
    return t.rows([t.number(k), t.number(balances.net[k]), t.number(balances.count[k]), t.stamp(at)])


def account_holder(plan, a, b):
    """account_id, party_id, role, share, valid_from"""
    d, i, accounts = plan.d, np.arange(a, b), plan.accounts
    owner, opened = accounts.owner[a:b].astype(np.int64), accounts.opened[a:b]
    out = t.rows([t.number(INTERNAL + 1 + i), t.number(owner + 1), t.constant("owner", len(i)), t.constant("1", len(i)),
                  t.day(opened)])
    j = np.flatnonzero(d.below("holder.joint", i, plan.cal.joint) & (owner > 0))
    if not len(j):
        return out
    # Somebody who was a customer before: nobody holds anything earlier than that.
    other = d.integer("holder.other", i[j], owner[j])
    role = t.Choices(["co_owner", "attorney", "viewer"])[d.integer("holder.role", i[j], 3)]
    return out + t.rows([t.number(INTERNAL + 1 + i[j]), t.number(other + 1), role, t.constant(None, len(j)), t.day(opened[j])])


def card_rows(plan, ids, k, issued, status):
    """Cards by id: the k-th of the first ones, or its successor."""
    d, cards = plan.d, plan.cards
    owner = plan.accounts.owner[cards.account[k]].astype(np.int64)
    first, last = Names(plan, owner).latin()
    token = t.glue(b"tok_", t.hexes(d.bits("card.token", ids)), t.hexes(d.bits("card.token2", ids))[:, :8])
    scheme = t.Choices(["mir", "visa", "mastercard", "unionpay"])[d.choice("card.scheme", ids, (.6, .17, .17, .06))]
    limit = 1000000 * (1 + d.integer("card.limit", ids, 50))
    return t.rows([t.number(ids), token, t.number(INTERNAL + 1 + cards.account[k]), t.number(owner + 1), scheme,
                   t.padded(d.integer("card.last4", ids, 10000), 4), t.glue(upper(first), b" ", upper(last)),
                   t.day(issued + CARD_DAYS), status, t.boolean(d.below("card.virtual", ids, .2)),
                   t.null(t.number(limit), d.below("card.unlimited", ids, .5)),
                   t.stamp(issued * 86400 + 36000 + d.integer("card.made", ids, 3600))])


def card(plan, a, b):
    """card_id, pan_token, account, party, scheme, last4, embossed_name, expires_on, status, is_virtual, day_limit, issued_at"""
    cards = plan.cards
    names = t.Choices(CARD_STATES + ["expired"])
    out, k = b"", np.arange(a, min(b, cards.first))
    if len(k):
        closed = plan.accounts.closed[cards.account[k]] < FOREVER
        state = np.where(cards.expires[k] <= plan.end, 4, np.where(closed, CARD_STATES.index("blocked"), cards.state[k]))
        out = card_rows(plan, k + 1, k, cards.issued[k].astype(np.int64), names[state])
    j = np.arange(max(a, cards.first), b) - cards.first
    if len(j):
        k = cards.renewed[j]
        out += card_rows(plan, cards.first + 1 + j, k, cards.expires[k].astype(np.int64) - 20, names[cards.state[k]])
    return out


def exchange_rate(plan, _a, _b):
    """base_code, quote_code, rate_date, source, rate: a walk by day, never far from where it began"""
    out = b""
    for code, first in RATED:
        # The code that live mode changes takes its rates with it: a few are enough.
        days = np.arange(plan.start if code in POSTED else plan.end - 4, plan.end + 1)
        walk = np.cumsum(plan.d.normal(f"rate.{code}", len(days))) * .006
        middle = first * 10**8 * np.exp(walk - np.linspace(0, walk[-1] * .8, len(days)))
        for source, margin in (("central_bank", 1.0), ("market", 1.004), ("treasury", 1.012)):
            rate = np.rint(middle * margin).astype(np.int64)
            out += t.rows([t.constant(code, len(days)), t.constant("RUB", len(days)), t.day(days), t.constant(source, len(days)),
                           t.glue(t.number(rate // 10**10), b".", t.padded(rate % 10**10, 10))])
    return out


def standing_order(plan, a, b):
    """standing_order_id, order_no, debit, credit, amount, day_of_month, starts_on, ends_on, narrative, status, created_at"""
    o, k = plan.orders, np.arange(a, b)
    told = t.Choices(w.ORDERS)[k % len(w.ORDERS)]
    return t.rows([t.number(k + 1), t.glue(b"S", t.padded(k + 1, 10)), t.number(INTERNAL + 1 + o.debit[a:b]),
                   t.number(INTERNAL + 1 + o.credit[a:b]), t.number(o.amount[a:b]), t.number(o.day_of_month[a:b]),
                   t.day(o.starts[a:b]), t.null(t.day(np.where(o.status[a:b] == 2, o.until[a:b], 0)), o.status[a:b] != 2), told,
                   t.Choices(["active", "paused", "ended"])[o.status[a:b]], t.stamp((o.starts[a:b] - 1) * 86400 + 39600)])


def loan(plan, a, b):
    """loan_id, contract_no, account_id, product_id, principal, annual_rate, term_months, granted_on, status, created_at"""
    x, k = plan.loans, np.arange(a, b)
    return t.rows([t.number(k + 1), t.glue(b"L", t.padded(k + 1, 10)), t.number(INTERNAL + 1 + x.account[a:b]),
                   t.constant(str(PRODUCT["LOAN-CASH"]), b - a), t.number(x.principal[a:b]),
                   t.glue(b"0.", t.padded(np.rint(x.rate[a:b] * 10**6).astype(np.int64), 6)), t.number(x.term[a:b]),
                   t.day(x.granted[a:b]), t.Choices(["active", "overdue", "repaid", "written_off"])[x.status[a:b]],
                   t.stamp(x.granted[a:b] * 86400 + 36000)])


def loan_schedule(plan, a, b):
    """loan_id, instalment_no, due_on, principal, interest, paid_by: instalments that nobody has paid"""
    x = plan.loans
    left = x.term[a:b] - x.paid[a:b]
    k = np.repeat(np.arange(a, b), left)
    number = np.arange(left.sum()) - np.repeat(np.cumsum(left) - left, left) + x.paid[k] + 1
    if not len(k):
        return b""
    principal, interest = x.instalment(k, number)
    return t.rows([t.number(k + 1), t.number(number), t.day(x.due_on(k, number)), t.number(principal), t.number(interest),
                   t.constant(None, len(k))])


def accounts(plan):
    """How many accounts of customers there are."""
    return plan.accounts.n


TABLES = {"account": (account, accounts), "account_balance": (account_balance, accounts),
          "account_holder": (account_holder, accounts), "card": (card, lambda plan: plan.cards.n),
          "exchange_rate": (exchange_rate, lambda plan: None), "standing_order": (standing_order, lambda plan: plan.orders.n),
          "loan": (loan, lambda plan: plan.loans.n), "loan_schedule": (loan_schedule, lambda plan: plan.loans.n)}
