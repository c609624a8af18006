-- The bank's source: every constraint of every table refuses what it is there to refuse. The list of constraints is the
-- catalog's: one that is not tested here is a failure.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(9);

-- A second good row of each table, as what differs from the first: each test is such a row with one thing wrong.
CREATE TEMP TABLE good (t regclass, patch jsonb);
INSERT INTO good VALUES
('bank.currency', '{"currency_code": "QQY", "numeric_code": "997"}'),
('bank.category', '{"category_id": 9, "mcc": "5412", "parent_id": 1}'),
('bank.product', '{"product_id": 9, "product_code": "TAP-9"}'),
('bank.address', '{"address_id": 9, "address_no": "A9999999999"}'),
('bank.branch', '{"branch_id": 9, "bic": "QQQQRUMM999"}'),
('bank.merchant', '{"merchant_id": 9, "merchant_no": "M999999998", "address_id": 1}'),
('bank.party', '{"party_id": 9, "party_no": "C9999999999"}'),
('bank.person', '{"party_id": 8, "tax_id": "999999999999"}'),
('bank.organisation', '{"party_id": 10, "tax_id": "9999999999", "registration_no": "9999999999999"}'),
('bank.party_address', '{"address_id": 2, "address_type": "work"}'),
('bank.contact', '{"ordinal": 2}'),
('bank.account', '{"account_id": 99, "account_no": "00000000000000000099"}'),
('bank.account_balance', '{"account_id": 98, "entry_count": 0}'),
('bank.account_holder', '{"role": "viewer"}'),
('bank.card', '{"card_id": 9, "pan_token": "tok_000000000000000000000009"}'),
('bank.transfer', '{"transfer_id": 99, "transfer_uuid": "00000000-0000-4000-8000-000000000099", "kind": "reversal", "reversal_of": 4,
                    "card_id": 1, "merchant_id": 1}'),
('bank.ledger_entry', '{"line_no": 9}'),
('bank.transfer_status', '{"status": "disputed"}'),
('bank.exchange_rate', '{"source": "treasury"}'),
('bank.loan', '{"loan_id": 9, "contract_no": "L9999999999"}'),
('bank.loan_schedule', '{"instalment_no": 9, "due_on": "2024-09-01", "paid_by": 3}'),
('bank.standing_order', '{"standing_order_id": 9, "order_no": "S9999999999"}'),
('bank_online.app_user', '{"user_id": 9, "login": "new", "party_id": 3}'),
('bank_online.recovery_code', '{"code_hash": "\\x0000000000000000000000000000000000000000000000000000000000000009"}'),
('bank_online.session', '{"session_id": 9, "token_hash": "\\x0000000000000000000000000000000000000000000000000000000000000009"}'),
('bank_online.audit_event', '{"event_id": 9}'),
('bank_online.throttle', '{"subject": "check 10"}'), ('bank_online.spent', '{"user_id": 2}'),
('bank_online.void_transfer', '{"user_id": 1}'),
('bank_online.device', '{"token_hash": "\\x0000000000000000000000000000000000000000000000000000000000000009"}'),
('bank_online.step_up_limit', '{"currency_code": "QQZ"}'),
('bank_online.beneficiary', '{"beneficiary_id": 9, "account_no": "00000000000000000099"}'),
('bank_online.activation', '{"party_id": 6}'),
('bank_online.registration', '{"party_id": 5, "token_hash": "\\x0000000000000000000000000000000000000000000000000000000000000009"}'),
('bank_online.message', '{"message_id": 9}'),
('bank_online.contact_change', '{"change_id": 9}'),
('bank_online.notification', '{"notification_id": 9}'),
('bank_online.idempotency', '{"request_id": "00000000-0000-4000-8000-000000000099"}'),
('bank_cdc.signal', '{"id": "9"}'),
('bank_cdc.marker', '{"id": 9}');
-- parties and an account for those rows
INSERT INTO bank.party (party_id, party_no, party_type)
VALUES (8, 'C9999999998', 'person'), (10, 'C9999999990', 'organisation');
INSERT INTO bank.account (account_id, account_no, product_id, branch_id, currency_code) VALUES (98, '00000000000000000098', 1, 1, 'QQQ');
DELETE FROM bank.account_balance WHERE account_id = 98;

-- What CHECK constraints refuse; several rows where a constraint has several sides.
CREATE TEMP TABLE bad (t regclass, constraint_name text, patch jsonb);
INSERT INTO bad VALUES
('bank.currency', 'currency_currency_code_check', '{"currency_code": "qqy"}'),
('bank.currency', 'currency_exponent_check', '{"exponent": 5}'),
('bank.currency', 'currency_exponent_check', '{"exponent": -1}'),
('bank.currency', 'currency_name_check', '{"name": ""}'),
('bank.currency', 'currency_numeric_code_check', '{"numeric_code": "9a7"}'),
('bank.category', 'category_check', '{"parent_id": 9}'),
('bank.category', 'category_mcc_check', '{"mcc": "541"}'),
('bank.category', 'category_name_check', '{"name": ""}'),
('bank.product', 'product_annual_rate_check', '{"annual_rate": 11}'),
('bank.product', 'product_annual_rate_check', '{"annual_rate": "NaN"}'),
('bank.product', 'product_check', '{"on_sale_to": "2019-12-31"}'),
('bank.product', 'product_kind_check', '{"kind": "other"}'),
('bank.product', 'product_monthly_fee_minor_check', '{"monthly_fee_minor": -1}'),
('bank.product', 'product_name_check', '{"name": ""}'),
('bank.product', 'product_notice_days_check', '{"notice_days": -1}'),
('bank.product', 'product_product_code_check', '{"product_code": "9"}'),
('bank.address', 'address_address_no_check', '{"address_no": "A1"}'),
('bank.address', 'address_check', '{"latitude": 1}'),
('bank.address', 'address_city_check', '{"city": ""}'),
('bank.address', 'address_country_code_check', '{"country_code": "ru"}'),
('bank.address', 'address_house_check', '{"house": ""}'),
('bank.address', 'address_latitude_check', '{"latitude": 91, "longitude": 0}'),
('bank.address', 'address_longitude_check', '{"latitude": 0, "longitude": -181}'),
('bank.address', 'address_street_check', '{"street": ""}'),
('bank.branch', 'branch_bic_check', '{"bic": "1QQQRUMMXXX"}'),
('bank.branch', 'branch_check', '{"closed_on": "2019-12-31"}'),
('bank.branch', 'branch_check1', '{"closes_at": "08:00"}'),
('bank.branch', 'branch_name_check', '{"name": ""}'),
('bank.merchant', 'merchant_attributes_check', '{"attributes": []}'),
('bank.merchant', 'merchant_logo_digest_check', '{"logo_digest": "\\x00"}'),
('bank.merchant', 'merchant_merchant_no_check', '{"merchant_no": "M1"}'),
('bank.merchant', 'merchant_name_check', '{"name": ""}'),
('bank.merchant', 'merchant_website_check', '{"website": "ftp://x"}'),
('bank.party', 'party_language_check', '{"language": "RU"}'),
('bank.party', 'party_party_no_check', '{"party_no": "C1"}'),
('bank.party', 'party_preferences_check', '{"preferences": []}'),
('bank.party', 'party_risk_score_check', '{"risk_score": 101}'),
('bank.party', 'party_status_check', '{"status": "other"}'),
('bank.person', 'person_birth_date_check', '{"birth_date": "1899-12-31"}'),
('bank.person', 'person_citizenship_check', '{"citizenship": "ru"}'),
('bank.person', 'person_first_name_check', '{"first_name": ""}'),
('bank.person', 'person_last_name_check', '{"last_name": ""}'),
('bank.person', 'person_sex_check', '{"sex": "X"}'),
('bank.person', 'person_tax_id_check', '{"tax_id": "1"}'),
('bank.organisation', 'organisation_employee_count_check', '{"employee_count": -1}'),
('bank.organisation', 'organisation_legal_form_check', '{"legal_form": ""}'),
('bank.organisation', 'organisation_legal_name_check', '{"legal_name": ""}'),
('bank.organisation', 'organisation_registration_no_check', '{"registration_no": "1"}'),
('bank.organisation', 'organisation_tax_id_check', '{"tax_id": "1"}'),
('bank.party_address', 'party_address_address_type_check', '{"address_type": "other"}'),
('bank.party_address', 'party_address_check', '{"valid_from": "2024-01-02", "valid_to": "2024-01-01"}'),
('bank.contact', 'contact_check', '{"value": "nobody"}'),
('bank.contact', 'contact_check', '{"contact_type": "phone", "value": "8 800"}'),
('bank.contact', 'contact_check', '{"contact_type": "fax", "value": "+78001234567"}'),
('bank.contact', 'contact_ordinal_check', '{"ordinal": 0}'),
('bank.account', 'account_account_no_check', '{"account_no": "1"}'),
('bank.account', 'account_agreed_rate_check', '{"agreed_rate": -2}'),
('bank.account', 'account_check', '{"status": "closed", "closed_on": "2000-01-01"}'),
('bank.account', 'account_check1', '{"status": "closed"}'),
('bank.account', 'account_check1', '{"closed_on": "2100-01-01"}'),
('bank.account', 'account_overdraft_limit_minor_check', '{"overdraft_limit_minor": -1}'),
('bank.account_balance', 'account_balance_entry_count_check', '{"entry_count": -1}'),
('bank.account_holder', 'account_holder_check', '{"valid_to": "2000-01-01"}'),
('bank.account_holder', 'account_holder_role_check', '{"role": "other"}'),
('bank.account_holder', 'account_holder_share_check', '{"share": 0}'),
('bank.account_holder', 'account_holder_share_check', '{"share": 1.1}'),
('bank.card', 'card_day_limit_minor_check', '{"day_limit_minor": -1}'),
('bank.card', 'card_embossed_name_check', '{"embossed_name": ""}'),
('bank.card', 'card_last4_check', '{"last4": "12a4"}'),
('bank.card', 'card_pan_token_check', '{"pan_token": "4111111111111111"}'),
('bank.card', 'card_scheme_check', '{"scheme": "other"}'),
('bank.transfer', 'transfer_amount_minor_check', '{"amount_minor": 0}'),
('bank.transfer', 'transfer_check', '{"debit_account_id": 11, "credit_account_id": 11}'),
('bank.transfer', 'transfer_check1', '{"reversal_of": null}'),
('bank.transfer', 'transfer_check1', '{"kind": "payment"}'),
('bank.transfer', 'transfer_check2', '{"reversal_of": 99}'),
('bank.transfer', 'transfer_check3', '{"card_id": null}'),
('bank.ledger_entry', 'ledger_entry_amount_minor_check', '{"amount_minor": 0}'),
('bank.ledger_entry', 'ledger_entry_line_no_check', '{"line_no": 0}'),
('bank.ledger_entry', 'ledger_entry_value_date_check', '{"value_date": "infinity"}'),
('bank.transfer_status', 'transfer_status_status_check', '{"status": "other"}'),
('bank.exchange_rate', 'exchange_rate_check', '{"quote_code": "QQQ"}'),
('bank.exchange_rate', 'exchange_rate_rate_check', '{"rate": 0}'),
('bank.exchange_rate', 'exchange_rate_rate_check', '{"rate": "NaN"}'),
('bank.exchange_rate', 'exchange_rate_source_check', '{"source": "other"}'),
('bank.loan', 'loan_annual_rate_check', '{"annual_rate": -0.1}'),
('bank.loan', 'loan_contract_no_check', '{"contract_no": "L1"}'),
('bank.loan', 'loan_principal_minor_check', '{"principal_minor": 0}'),
('bank.loan', 'loan_status_check', '{"status": "other"}'),
('bank.loan', 'loan_term_months_check', '{"term_months": 481}'),
('bank.loan_schedule', 'loan_schedule_check', '{"principal_minor": 0, "interest_minor": 0}'),
('bank.loan_schedule', 'loan_schedule_instalment_no_check', '{"instalment_no": 0}'),
('bank.loan_schedule', 'loan_schedule_interest_minor_check', '{"interest_minor": -1}'),
('bank.loan_schedule', 'loan_schedule_principal_minor_check', '{"principal_minor": -1, "interest_minor": 9}'),
('bank.standing_order', 'standing_order_amount_minor_check', '{"amount_minor": 0}'),
('bank.standing_order', 'standing_order_check', '{"ends_on": "2023-12-31"}'),
('bank.standing_order', 'standing_order_check1', '{"credit_account_id": 11}'),
('bank.standing_order', 'standing_order_day_of_month_check', '{"day_of_month": 32}'),
('bank.standing_order', 'standing_order_day_of_month_check', '{"day_of_month": 0}'),
('bank.standing_order', 'standing_order_order_no_check', '{"order_no": "S1"}'),
('bank.standing_order', 'standing_order_status_check', '{"status": "other"}'),
('bank_online.app_user', 'app_user_check', '{"role": "staff"}'),
('bank_online.app_user', 'app_user_check', '{"party_id": null}'),
('bank_online.app_user', 'app_user_login_check', '{"login": "Ada"}'),
('bank_online.app_user', 'app_user_password_hash_check', '{"password_hash": "hunter2"}'),
('bank_online.app_user', 'app_user_role_check', '{"role": "admin", "party_id": null}'),
('bank_online.app_user', 'app_user_status_check', '{"status": "other"}'),
('bank_online.app_user', 'app_user_totp_secret_check', '{"totp_secret": "\\x00"}'),
('bank_online.recovery_code', 'recovery_code_code_hash_check', '{"code_hash": "\\x00"}'),
('bank_online.session', 'session_check', '{"expires_at": "2000-01-01"}'),
('bank_online.session', 'session_token_hash_check', '{"token_hash": "\\x00"}'),
('bank_online.audit_event', 'audit_event_detail_check', '{"detail": []}'),
('bank_online.audit_event', 'audit_event_event_check', '{"event": "a line\nfeed"}'),
('bank_online.throttle', 'throttle_tries_check', '{"tries": -1}'), ('bank_online.spent', 'spent_amount_minor_check', '{"amount_minor": 0}'), ('bank_online.spent', 'spent_currency_code_check', '{"currency_code": "qqq"}'),
('bank_online.device', 'device_token_hash_check', '{"token_hash": "\\x00"}'),
('bank_online.step_up_limit', 'step_up_limit_amount_minor_check', '{"amount_minor": -1}'),
('bank_online.step_up_limit', 'step_up_limit_currency_code_check', '{"currency_code": "rub"}'),
('bank_online.beneficiary', 'beneficiary_account_no_check', '{"account_no": "1234567890123456789x"}'),
('bank_online.beneficiary', 'beneficiary_alias_check', '{"alias": ""}'),
('bank_online.activation', 'activation_check', '{"expires_at": "2000-01-01"}'),
('bank_online.activation', 'activation_code_hash_check', '{"code_hash": "\\x00"}'),
('bank_online.registration', 'registration_check', '{"expires_at": "2000-01-01"}'),
('bank_online.registration', 'registration_token_hash_check', '{"token_hash": "\\x00"}'),
('bank_online.registration', 'registration_login_check', '{"login": "Dan"}'),
('bank_online.registration', 'registration_password_hash_check', '{"password_hash": "hunter2"}'),
('bank_online.registration', 'registration_totp_secret_check', '{"totp_secret": "\\x00"}'),
('bank_online.registration', 'registration_tries_check', '{"tries": 6}'),
('bank_online.message', 'message_medium_check', '{"medium": "fax"}'),
('bank_online.message', 'message_kind_check', '{"kind": "a line\nfeed"}'),
('bank_online.message', 'message_detail_check', '{"detail": []}'),
('bank_online.contact_change', 'contact_change_check', '{"expires_at": "2000-01-01"}'),
('bank_online.contact_change', 'contact_change_check1', '{"value": "nowhere"}'),
('bank_online.contact_change', 'contact_change_check1', '{"contact_type": "phone"}'),
('bank_online.contact_change', 'contact_change_code_hash_check', '{"code_hash": "\\x00"}'),
('bank_online.contact_change', 'contact_change_ordinal_check', '{"ordinal": 10}'),
('bank_online.contact_change', 'contact_change_tries_check', '{"tries": 6}'),
('bank_online.notification', 'notification_kind_check', '{"kind": "A"}'),
('bank_online.notification', 'notification_detail_check', '{"detail": []}'),
('bank_online.idempotency', 'idempotency_request_hash_check', '{"request_hash": "\\x00"}');
INSERT INTO bad SELECT 'bank_online.session', 'session_user_agent_check', jsonb_build_object('user_agent', repeat('x', 401));
INSERT INTO bad SELECT 'bank_online.message', 'message_recipient_check', jsonb_build_object('recipient', repeat('x', 255));
INSERT INTO bad SELECT 'bank_online.contact_change', 'contact_change_value_check', jsonb_build_object('value', 'x@' || repeat('x', 253));
INSERT INTO bad SELECT 'bank_online.throttle', 'throttle_subject_check', jsonb_build_object('subject', repeat('x', 201));

CREATE TEMP VIEW known AS
SELECT c.oid, c.conname, c.contype, c.conrelid, c.conkey, c.confrelid
FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.conrelid
WHERE c.connamespace::regnamespace::text IN ('bank', 'bank_cdc', 'bank_online') AND NOT r.relispartition AND c.contype <> 't';

-- The table's first row with the changes, inserted: 'ok', or SQLSTATE and the constraint or column that refused. Nothing stays.
CREATE FUNCTION tap.try(p_table regclass, p_patch jsonb) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    v_row jsonb;
    v_constraint text;
    v_column text;
BEGIN
    EXECUTE format('SELECT to_jsonb(t) FROM %s AS t ORDER BY 1 LIMIT 1', p_table) INTO v_row;
    EXECUTE format('INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::%s, $1)', p_table, p_table)
        USING v_row || (SELECT g.patch FROM pg_temp.good AS g WHERE g.t = p_table) || p_patch;
    RAISE EXCEPTION USING ERRCODE = 'TAP00';
EXCEPTION
    WHEN SQLSTATE 'TAP00' THEN
        RETURN 'ok';
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME, v_column = COLUMN_NAME;
        RETURN SQLSTATE || ' ' || coalesce(nullif(v_constraint, ''), v_column);
END $$;

SELECT set_eq('SELECT t FROM good', 'SELECT DISTINCT conrelid::regclass FROM known', 'every table has its good row here');
SELECT results_eq($$SELECT t::text, tap.try(t, '{}') FROM good WHERE t <> 'bank.ledger_entry'::regclass AND tap.try(t, '{}') <> 'ok'$$,
    $$SELECT NULL::text, NULL::text WHERE FALSE$$, 'the good rows are taken');
SELECT is(tap.try('bank.ledger_entry', '{}'), 'BK007 ', 'but no entry is added to what is posted');
SELECT set_eq('SELECT DISTINCT t, constraint_name FROM bad', $$SELECT conrelid::regclass, conname::text FROM known WHERE contype = 'c'$$,
    'every CHECK constraint is tested');
SELECT results_eq($$SELECT t::text, constraint_name, patch, tap.try(t, patch) FROM bad
                    WHERE tap.try(t, patch) <> '23514 ' || constraint_name$$,
    $$SELECT NULL::text, NULL::text, NULL::jsonb, NULL::text WHERE FALSE$$, 'each refuses its bad rows, by its name');

-- The key's columns as the first row has them.
CREATE FUNCTION tap.first(p_table regclass, p_columns smallint[]) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_row jsonb;
BEGIN
    EXECUTE format('SELECT to_jsonb(t) FROM %s AS t ORDER BY 1 LIMIT 1', p_table) INTO v_row;
    RETURN (SELECT jsonb_object_agg(a.attname, v_row -> a.attname) FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = p_table AND a.attnum = ANY (p_columns));
END $$;
SELECT is_empty($$SELECT k.conrelid::regclass, k.conname, r FROM known AS k,
        tap.try(k.conrelid, tap.first(k.conrelid, k.conkey) || CASE k.conname
            WHEN 'category_pkey' THEN '{"parent_id": null}' WHEN 'transfer_pkey' THEN '{"kind": "payment", "reversal_of": null}' ELSE '{}'
        END::jsonb) AS r
    WHERE k.contype IN ('p', 'u') AND r <> '23505 ' || k.conname
      -- of a partition, by its own name
      AND NOT (k.conname = 'ledger_entry_pkey' AND r ~ '^23505 ledger_entry_m[0-9]+_pkey$')$$,
    'every primary and unique key refuses a second row');

-- A reference to what is not there; the subtypes' triggers come before their keys.
SELECT is_empty($$SELECT k.conrelid::regclass, k.conname, r
    FROM known AS k, tap.try(k.conrelid, (SELECT jsonb_object_agg(a.attname, CASE a.atttypid WHEN 'bigint'::regtype THEN '-9' ELSE 'QZZ' END)
                                          FROM pg_attribute AS a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))) AS r
    WHERE k.contype = 'f' AND r <> '23503 ' || k.conname
      AND NOT (k.conname IN ('person_party_id_fkey', 'organisation_party_id_fkey') AND r = '23514 ')$$,
    'every foreign key refuses what is not there');

SELECT is_empty($$SELECT a.attrelid::regclass, a.attname, r
    FROM good AS g JOIN pg_attribute AS a ON a.attrelid = g.t AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped,
         tap.try(g.t, jsonb_build_object(a.attname, NULL)) AS r
    WHERE r <> '23502 ' || a.attname AND NOT (r = '23514 ' AND g.t IN ('bank.person'::regclass, 'bank.organisation'::regclass))
      AND NOT (a.attname = 'value_date' AND r LIKE '23502%')$$,
    'every mandatory column refuses NULL');

-- Partial unique indexes are no constraints.
SELECT results_eq($$SELECT tap.try('bank.party_address', '{"address_type": "residential"}'),
                           tap.try('bank.transfer', '{"debit_account_id": 11, "credit_account_id": 21, "reversal_of": 3}')$$,
    $$VALUES ('23505 party_address_current_idx', '23505 transfer_reversal_of_idx')$$,
    'one address of a type at a time, one reversal of a transfer');
SELECT * FROM finish();
ROLLBACK;
