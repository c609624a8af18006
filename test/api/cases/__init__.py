"""Each function of the online bank: a case is a function of (tap, site), in the module of what it is about.

All have one bank, and some count what is there: they run in this order.
"""

from . import access, accounts, customers, lost_answers, payments, products, registration, staff, statements, status

ALL = {case.__name__: case for case in (
    payments.transfers_check, payments.receipts, payments.payees_are_counted,
    access.login_overtaken, access.codes_are_counted,
    payments.payments_are_added_up,
    products.cards, products.beneficiaries, products.loans,
    statements.statements, statements.database_dies_on_the_way,
    registration.registration,
    customers.profile, customers.contacts,
    products.standing_orders,
    customers.notifications,
    status.customer_blocked, status.customer_left, status.customer_prospect, status.customer_active, status.changes,
    access.denials,
    statements.statement_of_another,
    customers.reference,
    staff.staff,
    accounts.transactions, accounts.spending, accounts.day_balances, accounts.live,
    statements.plain_cgi,
    lost_answers.void_transfer,
)}
