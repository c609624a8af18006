/*
 * statement.c
 *	  The closed array of statements.
 *
 * Parameters are text; NULL where a field was not given. Rows are the customer's own by row
 * security, which bank_online.enter(), run in the same transaction before, sets. Names of columns
 * are names of members in the answer.
 */
#include "statement.h"

const Statement statements[STATEMENTS] = {
	[NO_STATEMENT] = {"none", 0, 0, ""},

	[S_READY] = {"ready", NOBODY, 0, "SELECT 1 AS ready"},

	/*
	 * Whose session, and whether it may: a token's hash, the role that is wanted, whether step-up is.
	 * A function in FROM would keep its row for a scan; OFFSET 0: called once, not for each column.
	 */
	[S_ENTER] = {"enter", NOBODY | CUSTOMER | STAFF, 3,
	"SELECT (e.found).user_id, (e.found).verdict FROM (SELECT bank_online.enter($1::bytea, $2, $3::boolean) AS found OFFSET 0) AS e"},
	/* The same, without the session being seen to be used. */
	[S_LOOK] = {"look", NOBODY | CUSTOMER | STAFF, 3,
	"SELECT (e.found).user_id, (e.found).verdict FROM (SELECT bank_online.look($1::bytea, $2, $3::boolean) AS found OFFSET 0) AS e"},

	[S_LOGIN_BEGIN] = {"login_begin", NOBODY, 3,
		"SELECT user_id, password_hash, password_changed_at, totp_secret, totp_last_step, known_device, retry_after"
	" FROM bank_online.login_begin($1, $2::inet, $3::bytea)"},
	[S_LOGIN_FINISH] = {"login_finish", NOBODY, 10,
		"SELECT session_id, party_id, role, expires_at FROM bank_online.login_finish($1, $2::bigint, $3::timestamptz, $4::bigint, $5::bytea,"
	" $6::bytea, $7::bytea, $8::bytea, $9::inet, $10)"},
	[S_LOGIN_REFUSED] = {"login_refused", NOBODY, 5,
	"SELECT bank_online.login_refused($1, $2::bigint, $3::inet, $4, $5::bytea)"},

	[S_MY_SECRETS] = {"my_secrets", ANYBODY, 0,
	"SELECT login, password_hash, totp_secret, totp_last_step, retry_after FROM bank_online.my_secrets()"},
	[S_STEP_UP] = {"step_up", ANYBODY, 2,
	"SELECT bank_online.step_up($1::bigint, $2::bytea) AS step_up_until"},
	[S_STEP_UP_REFUSED] = {"step_up_refused", ANYBODY, 2,
	"SELECT bank_online.step_up_refused($1, $2::inet)"},
	[S_RENEW_RECOVERY_CODES] = {"renew_recovery_codes", ANYBODY, 1,
	"SELECT bank_online.renew_recovery_codes($1::bytea[]) AS retry_after"},
	[S_MAKE_ACTIVATION] = {"make_activation", STAFF, 3,
	"SELECT party_id, expires_at, retry_after FROM bank_online.make_activation($1::bigint, $2::bytea, $3::inet)"},
	[S_TRY_ACTIVATION] = {"try_activation", NOBODY, 4,
	"SELECT party_id, retry_after FROM bank_online.try_activation($1, $2::date, $3::bytea, $4::inet)"},
	[S_BEGIN_REGISTRATION] = {"begin_registration", NOBODY, 6,
	"SELECT bank_online.begin_registration($1::bigint, $2::bytea, $3, $4, $5::bytea, $6::bytea) AS expires_at"},
	[S_TRY_REGISTRATION] = {"try_registration", NOBODY, 2,
	"SELECT login, totp_secret, retry_after FROM bank_online.try_registration($1::bytea, $2::inet)"},
	[S_FINISH_REGISTRATION] = {"finish_registration", NOBODY, 4,
	"SELECT bank_online.finish_registration($1::bytea, $2::bigint, $3::bytea[], $4::inet) AS user_id"},
	[S_CHANGE_PASSWORD] = {"change_password", ANYBODY, 2,
	"SELECT bank_online.change_password($1, $2::bytea) AS session_id"},
	[S_END_SESSION] = {"end_session", ANYBODY, 1,
	"SELECT bank_online.end_session(coalesce($1::bigint, bank_online.current_session_id())) AS ended"},
	[S_SESSIONS] = {"sessions", ANYBODY, 0,
		"SELECT s.session_id, s.created_at, s.seen_at, s.expires_at, host(s.client_ip) AS client_ip, s.user_agent,"
		" s.session_id = bank_online.current_session_id() AS is_current"
		" FROM bank_online.session AS s WHERE s.ended_at IS NULL AND s.expires_at > now() AND s.seen_at > now() - INTERVAL '15 minutes'"
	" ORDER BY s.session_id DESC LIMIT 200"},
	[S_SESSION] = {"session", ANYBODY, 0,
		"SELECT u.login, u.role, s.session_id, s.expires_at, least(s.seen_at + INTERVAL '15 minutes', s.expires_at) AS idle_expires_at,"
		" CASE WHEN s.step_up_until > now() THEN s.step_up_until END AS step_up_until"
		" FROM bank_online.session AS s JOIN bank_online.app_user AS u ON u.user_id = s.user_id"
	" WHERE s.session_id = bank_online.current_session_id()"},
	/* All that a page asks for again and again, in one. */
	[S_LIVE] = {"live", ANYBODY, 0,
		"SELECT s.expires_at, least(s.seen_at + INTERVAL '15 minutes', s.expires_at) AS idle_expires_at,"
		" (SELECT max(n.notification_id) FROM bank_online.notification AS n WHERE n.user_id = s.user_id) AS last_notification_id,"
		" (SELECT count(*) FROM bank_online.notification AS n WHERE n.user_id = s.user_id AND n.read_at IS NULL) AS unread,"
		" (SELECT coalesce(json_agg(json_build_object('account_id', b.account_id, 'entry_count', b.entry_count,"
		" 'balance_minor', b.balance_minor) ORDER BY b.account_id), '[]')"
		" FROM bank.account AS a JOIN bank.account_balance AS b ON b.account_id = a.account_id WHERE a.status <> 'closed') AS accounts"
	" FROM bank_online.session AS s WHERE s.session_id = bank_online.current_session_id()"},

	/* What was refused and why, for the audit trail: address, detail. */
	[S_DENIED] = {"denied", ANYBODY, 2,
	"SELECT bank_online.record_denial($1::inet, $2::jsonb)"},
	[S_PASSWORD_REFUSED] = {"password_refused", ANYBODY, 1,
	"SELECT bank_online.password_refused($1::inet)"},

	[S_PROFILE] = {"profile", CUSTOMER, 0,
		"SELECT p.party_id, p.party_no, p.party_type, p.status, p.language, p.customer_since,"
		" coalesce(p.preferences->>'theme', 'system') AS theme, coalesce((p.preferences->>'news')::boolean, FALSE) AS news,"
		" (SELECT json_build_object('first_name', i.first_name, 'middle_name', i.middle_name, 'last_name', i.last_name, 'birth_date', i.birth_date,"
		" 'tax_id', i.tax_id, 'citizenship', i.citizenship) FROM bank.person AS i WHERE i.party_id = p.party_id) AS person,"
		" (SELECT json_build_object('legal_name', o.legal_name, 'legal_form', o.legal_form, 'registration_no', o.registration_no,"
		" 'tax_id', o.tax_id, 'registered_on', o.registered_on) FROM bank.organisation AS o WHERE o.party_id = p.party_id) AS organisation,"
		" (SELECT coalesce(json_agg(json_build_object('address_type', h.address_type, 'country_code', d.country_code, 'region', d.region,"
		" 'city', d.city, 'street', d.street, 'house', d.house, 'flat', d.flat, 'postcode', d.postcode) ORDER BY h.address_type), '[]')"
		" FROM bank.party_address AS h JOIN bank.address AS d ON d.address_id = h.address_id"
		" WHERE h.party_id = p.party_id AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')) AS addresses,"
		" (SELECT coalesce(json_agg(json_build_object('contact_type', c.contact_type, 'ordinal', c.ordinal, 'value', c.value,"
		" 'is_verified', c.verified_at IS NOT NULL) ORDER BY c.contact_type, c.ordinal), '[]')"
		" FROM bank.contact AS c WHERE c.party_id = p.party_id) AS contacts"
	" FROM bank.party AS p WHERE p.party_id = bank.current_party()"},
	[S_CHANGE_PROFILE] = {"change_profile", CUSTOMER, 4,
	"SELECT language, theme, news, retry_after FROM bank.change_profile($1, $2, $3::boolean, $4::inet)"},
	[S_BEGIN_CONTACT] = {"begin_contact", CUSTOMER, 4,
	"SELECT change_id, expires_at, retry_after FROM bank_online.begin_contact_change($1, $2::smallint, $3, $4::inet)"},
	[S_CONFIRM_CONTACT] = {"confirm_contact", CUSTOMER, 3,
	"SELECT contact_type, ordinal, value, verified_at FROM bank_online.confirm_contact($1::bigint, $2, $3::inet) AS c WHERE c.value IS NOT NULL"},
	[S_REMOVE_CONTACT] = {"remove_contact", CUSTOMER, 3,
	"SELECT FROM bank_online.remove_contact($1, $2::smallint, $3::inet) AS done WHERE done"},

	[S_ACCOUNTS] = {"accounts", CUSTOMER, 0,
		"SELECT a.account_id, a.account_no, a.nickname, p.name AS product, p.kind, a.currency_code, a.status, a.opened_on,"
		" b.balance_minor, b.balance_minor + a.overdraft_limit_minor AS available_minor, b.entry_count,"
		" bank.may_debit(a.account_id) AS may_debit"
		" FROM bank.account AS a JOIN bank.account_balance AS b ON b.account_id = a.account_id"
		" JOIN bank.product AS p ON p.product_id = a.product_id"
	" WHERE a.status <> 'closed' ORDER BY a.account_id LIMIT 500"},
	[S_ACCOUNT] = {"account", CUSTOMER, 1,
		"SELECT a.account_id, a.account_no, a.nickname, p.name AS product, p.kind, a.currency_code, a.status, a.opened_on, a.closed_on,"
		" a.overdraft_limit_minor, b.balance_minor, b.balance_minor + a.overdraft_limit_minor AS available_minor, b.entry_count,"
		" bank.may_debit(a.account_id) AS may_debit"
		" FROM bank.account AS a JOIN bank.account_balance AS b ON b.account_id = a.account_id"
		" JOIN bank.product AS p ON p.product_id = a.product_id"
	" WHERE a.account_id = $1::bigint"},
	[S_BALANCE] = {"balance", CUSTOMER, 1,
		"SELECT b.balance_minor, b.balance_minor + a.overdraft_limit_minor AS available_minor, a.currency_code"
		" FROM bank.account_balance AS b JOIN bank.account AS a ON a.account_id = b.account_id"
	" WHERE b.account_id = $1::bigint"},
	[S_TRANSACTIONS] = {"transactions", CUSTOMER, 13,
		"SELECT value_date, transfer_id, line_no, side, amount_minor, kind, booked_at, narrative, merchant, counterparty, transfer_uuid, mcc,"
		" to_json(statuses) AS statuses"
		" FROM bank.transactions($1::bigint, $2::integer, $3::date, $4::bigint, $5::smallint, $6::date, $7::date, $8::bigint, $9::bigint,"
	" $10, $11, $12, $13)"},

	/* Of what a statement is, and its lines: opening, entries, closing. */
	[S_STATEMENT_HEAD] = {"statement_head", CUSTOMER, 1,
		"SELECT a.account_no, p.name AS product, a.currency_code, c.exponent,"
		" bank.owners(a.account_id) AS customer"
		" FROM bank.account AS a JOIN bank.currency AS c ON c.currency_code = a.currency_code JOIN bank.product AS p ON p.product_id = a.product_id"
	" WHERE a.account_id = $1::bigint"},
	[S_STATEMENT] = {"statement", CUSTOMER, 3,
		"SELECT what, value_date, transfer_id, counterparty, narrative, debit_minor, credit_minor, balance_minor"
	" FROM bank.statement($1::bigint, $2::date, $3::date)"},
	[S_SPENDING] = {"spending", CUSTOMER, 3,
	"SELECT total_minor, items FROM bank.spending($1::bigint, $2::date, $3::date)"},
	[S_DAY_BALANCES] = {"day_balances", CUSTOMER, 3,
	"SELECT day, balance_minor FROM bank.day_balances($1::bigint, $2::date, $3::date)"},

	[S_PAYEE] = {"payee", CUSTOMER, 1,
	"SELECT name, currency_code, retry_after FROM bank.payee($1)"},
	[S_COUNT_PAYEE] = {"count_payee", CUSTOMER, 0,
	"SELECT bank_online.count_payee() AS retry_after"},
	[S_PAY] = {"pay", CUSTOMER, 7,
		"SELECT transfer_id, is_new, booked_at"
	" FROM bank.pay($1::uuid, $2::bigint, $3, $4::bigint, $5, $6, $7::inet)"},
	[S_TRANSFER] = {"transfer", CUSTOMER, 1,
		"SELECT t.transfer_id, t.transfer_uuid, t.debit_account_id, t.amount_minor, t.currency_code, t.kind, t.narrative, t.booked_at,"
		" c.account_no AS counterparty, coalesce(a.account_no, d.account_no) AS debit_account_no,"
		" coalesce(c.account_no, b.account_no) AS credit_account_no, m.name AS merchant, g.mcc,"
		" (SELECT json_agg(s.status ORDER BY s.reached_at) FROM bank.transfer_status AS s WHERE s.transfer_id = t.transfer_id) AS statuses"
		" FROM bank.transfer AS t LEFT JOIN LATERAL bank.counterparties(t.debit_account_id, ARRAY[t.transfer_id]) AS c ON TRUE"
		" LEFT JOIN LATERAL bank.counterparties(t.credit_account_id, ARRAY[t.transfer_id]) AS d ON TRUE"
		" LEFT JOIN bank.account AS a ON a.account_id = t.debit_account_id LEFT JOIN bank.account AS b ON b.account_id = t.credit_account_id"
		" LEFT JOIN (bank.merchant AS m JOIN bank.category AS g ON g.category_id = m.category_id) ON m.merchant_id = t.merchant_id"
	" WHERE t.transfer_uuid = $1::uuid"},
	[S_VOID_TRANSFER] = {"void_transfer", CUSTOMER, 2,
	"SELECT transfer_uuid, made, retry_after FROM bank.void_transfer($1::uuid, $2::inet)"},
	[S_CHECK_PAYMENT] = {"check_payment", CUSTOMER, 4,
		"SELECT payee, currency_code, step_up_needed, available_minor, retry_after"
	" FROM bank.check_payment($1::bigint, $2, $3::bigint, $4)"},

	[S_CARDS] = {"cards", CUSTOMER, 0,
		"SELECT c.card_id, c.account_id, a.account_no, a.currency_code, c.scheme, c.last4, c.embossed_name, c.expires_on, c.status, c.is_virtual,"
		" c.day_limit_minor, c.issued_at, bank.may_debit(c.account_id) AS may_change"
		" FROM bank.card AS c JOIN bank.account AS a ON a.account_id = c.account_id"
	" ORDER BY c.card_id LIMIT 500"},
	[S_CHANGE_CARD] = {"change_card", CUSTOMER, 4,
	"SELECT card_id, status, day_limit_minor, retry_after FROM bank.change_card($1::bigint, $2, $3::bigint, $4::inet)"},

	[S_BENEFICIARIES] = {"beneficiaries", CUSTOMER, 0,
	"SELECT b.beneficiary_id, b.account_no, b.alias, b.created_at FROM bank_online.beneficiary AS b ORDER BY b.alias, b.beneficiary_id LIMIT 200"},
	[S_ADD_BENEFICIARY] = {"add_beneficiary", CUSTOMER, 3,
	"SELECT beneficiary_id, is_new, payee, retry_after FROM bank_online.add_beneficiary($1, $2, $3::inet)"},
	[S_REMOVE_BENEFICIARY] = {"remove_beneficiary", CUSTOMER, 2,
	"SELECT FROM bank_online.remove_beneficiary($1::bigint, $2::inet) AS done WHERE done"},

	[S_LOANS] = {"loans", CUSTOMER, 0,
		"SELECT l.loan_id, l.contract_no, l.account_id, a.account_no, a.currency_code, p.name AS product, l.principal_minor,"
		" l.annual_rate, l.term_months, l.granted_on, l.status,"
		" (SELECT sum(s.principal_minor) FROM bank.loan_schedule AS s WHERE s.loan_id = l.loan_id AND s.paid_by IS NULL)::bigint AS left_minor,"
		" (SELECT min(s.due_on) FROM bank.loan_schedule AS s WHERE s.loan_id = l.loan_id AND s.paid_by IS NULL) AS next_due_on"
		" FROM bank.loan AS l JOIN bank.account AS a ON a.account_id = l.account_id JOIN bank.product AS p ON p.product_id = l.product_id"
	" ORDER BY l.loan_id LIMIT 200"},
	[S_LOAN_SCHEDULE] = {"loan_schedule", CUSTOMER, 1,
		"SELECT s.instalment_no, s.due_on, s.principal_minor, s.interest_minor, s.paid_by IS NOT NULL AS is_paid"
	" FROM bank.loan_schedule AS s WHERE s.loan_id = $1::bigint ORDER BY s.instalment_no LIMIT 480"},

	[S_STANDING_ORDERS] = {"standing_orders", CUSTOMER, 0,
		"SELECT standing_order_id, order_no, debit_account_id, debit_account_no, credit_account_no, currency_code, amount_minor, day_of_month,"
	" starts_on, ends_on, narrative, status, created_at, may_change, paid_on FROM bank.my_standing_orders()"},
	[S_MAKE_STANDING_ORDER] = {"make_standing_order", CUSTOMER, 10,
		"SELECT standing_order_id, order_no, is_new, retry_after"
	" FROM bank.make_standing_order($1::uuid, $2::bigint, $3, $4::bigint, $5, $6::smallint, $7::date, $8::date, $9, $10::inet)"},
	[S_CHANGE_STANDING_ORDER] = {"change_standing_order", CUSTOMER, 7,
		"SELECT standing_order_id, amount_minor, day_of_month, ends_on, narrative, status, retry_after"
	" FROM bank.change_standing_order($1::bigint, $2::bigint, $3::smallint, $4::date, $5, $6, $7::inet)"},

	[S_NOTIFICATIONS] = {"notifications", ANYBODY, 2,
		"SELECT n.notification_id, n.at, n.kind, n.detail, n.read_at FROM bank_online.notification AS n"
		" WHERE n.user_id = bank_online.current_user_id() AND n.notification_id < coalesce($2::bigint, 9223372036854775807)"
	" ORDER BY n.notification_id DESC LIMIT $1::integer"},
	[S_READ_NOTIFICATIONS] = {"read_notifications", ANYBODY, 1,
	"SELECT bank_online.read_notifications($1::bigint) AS unread"},

	/* The same for everybody; but only whoever has signed in has a use for it. */
	[S_CURRENCIES] = {"currencies", ANYBODY, 0,
		"SELECT c.currency_code, c.exponent, c.name, c.name_ru, c.is_active, l.amount_minor AS step_up_above_minor"
		" FROM bank.currency AS c LEFT JOIN bank_online.step_up_limit AS l ON l.currency_code = c.currency_code"
	" ORDER BY c.currency_code"},
	[S_CATEGORIES] = {"categories", ANYBODY, 0,
		"SELECT c.mcc, g.mcc AS parent_mcc, c.name, c.name_ru FROM bank.category AS c LEFT JOIN bank.category AS g ON g.category_id = c.parent_id"
	" ORDER BY c.mcc"},

	[S_FIND_CUSTOMERS] = {"find_customers", STAFF, 2,
	"SELECT customers AS items, retry_after FROM bank_online.find_customers($1, $2::inet)"},
	[S_VIEW_CUSTOMER] = {"view_customer", STAFF, 2,
	"SELECT party, contacts, accounts, cards, access, retry_after FROM bank_online.view_customer($1::bigint, $2::inet)"},
	[S_BLOCK_CARD] = {"block_card", STAFF, 3,
	"SELECT card_id, status, retry_after FROM bank_online.block_card($1::bigint, $2, $3::inet)"},
	[S_READ_AUDIT] = {"read_audit", STAFF, 5,
		"SELECT event_id, at, login, session_id, event, client_ip, detail"
	" FROM bank_online.read_audit($1::bigint, $2, $3::bigint, $4::integer, $5::inet)"},
};
