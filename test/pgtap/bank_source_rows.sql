-- What the tests of the bank's source begin with: pgTAP, ways to act as a role, and a small bank.
-- \ir by bank_source_*_test.sql, inside their transaction, in a database with nothing but the bank.
SET client_min_messages = warning;
CREATE SCHEMA tap;
CREATE EXTENSION pgtap SCHEMA tap;

-- Session users, not roles: bank.transfer() asks who has logged in. Nothing stays of what was done.
CREATE FUNCTION tap.act(p_role text, p_party bigint, p_sql text, p_value boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_told text;
    v_count bigint;
BEGIN
    PERFORM pg_catalog.set_config('bank.party_id', coalesce(p_party::text, ''), TRUE);
    EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', p_role);
    IF p_value THEN
        EXECUTE p_sql INTO v_told;
    ELSE
        EXECUTE p_sql;
        GET DIAGNOSTICS v_count = ROW_COUNT;
        v_told := v_count || ' rows';
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = coalesce(v_told, 'NULL');
EXCEPTION
    WHEN SQLSTATE 'TAP00' THEN
        RETURN SQLERRM;
    WHEN OTHERS THEN
        RETURN SQLSTATE;
END $$;
-- How many rows a statement reads or writes as a role for a customer, or the error's SQLSTATE.
CREATE FUNCTION tap.does(p_role text, p_party bigint, p_sql text) RETURNS text
LANGUAGE sql AS $$SELECT tap.act(p_role, p_party, p_sql, FALSE)$$;
-- The one value that a query returns.
CREATE FUNCTION tap.says(p_role text, p_party bigint, p_sql text) RETURNS text
LANGUAGE sql AS $$SELECT tap.act(p_role, p_party, p_sql, TRUE)$$;

-- Parties: 1 and 2 persons, 3 an organisation, 4 looks at account 11 only, 5 is its attorney, 6 was, 7 will be.
INSERT INTO bank.currency (currency_code, numeric_code, exponent, name) VALUES ('QQQ', '999', 2, 'Test'), ('QQX', '998', 0, 'Other');
INSERT INTO bank.category (category_id, mcc, name) VALUES (1, '5411', 'Food');
INSERT INTO bank.product (product_id, product_code, kind, name, fee_currency_code, on_sale_from)
VALUES (1, 'TAP', 'current', 'Test', 'QQQ', '2020-01-01');
INSERT INTO bank.address (address_id, address_no, country_code, city, street, house)
VALUES (1, 'A9999999991', 'RU', 'c', 's', '1'), (2, 'A9999999992', 'RU', 'c', 's', '2');
INSERT INTO bank.branch (branch_id, bic, name, address_id, opened_on) VALUES (1, 'QQQQRUMMXXX', 'b', 1, '2020-01-01');
INSERT INTO bank.merchant (merchant_id, merchant_no, category_id, name) VALUES (1, 'M999999999', 1, 'Shop');
INSERT INTO bank.party (party_id, party_no, party_type)
SELECT i, 'C999999999' || i, CASE i WHEN 3 THEN 'organisation' ELSE 'person' END::bank.party_type FROM generate_series(1, 7) AS i;
INSERT INTO bank.person (party_id, last_name, first_name, birth_date, sex, tax_id)
SELECT i, 'L', 'F', '1980-01-01', 'F', '11111111111' || i FROM generate_series(1, 7) AS i WHERE i <> 3;
INSERT INTO bank.organisation (party_id, registration_no, tax_id, legal_name, legal_form, registered_on)
VALUES (3, '1111111111111', '1111111111', 'O', 'LLC', '2020-01-01');
INSERT INTO bank.party_address (party_id, address_id, address_type) VALUES (1, 1, 'residential'), (2, 2, 'residential');
INSERT INTO bank.contact (party_id, contact_type, ordinal, value) VALUES (1, 'email', 1, 'a@b.c'), (2, 'email', 1, 'd@e.f');
-- 1 is the bank's own, 11 and 12 of party 1, 21 of party 2, 31 in another currency
INSERT INTO bank.account (account_id, account_no, product_id, branch_id, currency_code, overdraft_limit_minor)
SELECT i, lpad(i::text, 20, '9'), 1, 1, CASE i WHEN 31 THEN 'QQX' ELSE 'QQQ' END, CASE i WHEN 1 THEN 1000000000 WHEN 11 THEN 100 ELSE 0 END
FROM unnest(ARRAY[1, 11, 12, 13, 14, 21, 31]) AS i;
UPDATE bank.account SET status = 'frozen' WHERE account_id = 13;
UPDATE bank.account SET status = 'closed', closed_on = CURRENT_DATE WHERE account_id = 14;
INSERT INTO bank.account_holder (account_id, party_id, role, valid_from, valid_to)
VALUES (11, 1, 'owner', '2020-01-01', NULL), (12, 1, 'owner', '2020-01-01', NULL), (13, 1, 'owner', '2020-01-01', NULL),
       (14, 1, 'owner', '2020-01-01', NULL), (31, 1, 'owner', '2020-01-01', NULL), (21, 2, 'owner', '2020-01-01', NULL),
       (11, 4, 'viewer', '2020-01-01', NULL), (11, 5, 'attorney', '2020-01-01', CURRENT_DATE),
       (11, 6, 'attorney', '2020-01-01', CURRENT_DATE - 1), (11, 7, 'co_owner', CURRENT_DATE + 1, NULL);
INSERT INTO bank.card (card_id, pan_token, account_id, party_id, scheme, last4, embossed_name, expires_on, status)
SELECT i, 'tok_00000000000000000000000' || i, CASE i WHEN 3 THEN 21 ELSE 11 END, CASE i WHEN 3 THEN 2 ELSE 1 END, 'mir', '0000', 'A B',
       '2040-01-01', CASE i WHEN 2 THEN 'blocked' ELSE 'active' END::bank.card_status
FROM generate_series(1, 3) AS i;
-- 1 and 2 put money in, 3 is a payment between customers, 4 a card payment, 5 takes 3 back
SELECT setval('bank.transfer_transfer_id_seq', 1, FALSE) \g /dev/null
SELECT bank.transfer('00000000-0000-4000-8000-000000000001', 1, 11, 100000, 'QQQ', 'opening', 'branch', p_value_date => '2024-01-15'),
       bank.transfer('00000000-0000-4000-8000-000000000002', 1, 21, 50000, 'QQQ', 'opening', 'branch', p_value_date => '2024-01-15'),
       bank.transfer('00000000-0000-4000-8000-000000000003', 11, 21, 700, 'QQQ', p_narrative => 'rent', p_value_date => '2024-02-10'),
       bank.transfer('00000000-0000-4000-8000-000000000004', 11, 1, 300, 'QQQ', 'card', 'terminal', p_card => 1, p_merchant => 1,
                     p_value_date => '2024-02-10'),
       bank.reverse('00000000-0000-4000-8000-000000000005', 3, 'by mistake') \g /dev/null
INSERT INTO bank.exchange_rate (base_code, quote_code, rate_date, source, rate) VALUES ('QQQ', 'QQX', '2024-01-01', 'market', 2);
INSERT INTO bank.loan (loan_id, contract_no, account_id, product_id, principal_minor, annual_rate, term_months, granted_on)
VALUES (1, 'L9999999991', 11, 1, 1000, 0.1, 12, '2024-01-01'), (2, 'L9999999992', 21, 1, 1000, 0.1, 12, '2024-01-01');
INSERT INTO bank.loan_schedule (loan_id, instalment_no, due_on, principal_minor, interest_minor, paid_by)
VALUES (1, 1, '2024-02-01', 83, 8, 4), (2, 1, '2024-02-01', 83, 8, NULL);
INSERT INTO bank.standing_order (standing_order_id, order_no, debit_account_id, credit_account_id, amount_minor, day_of_month, starts_on)
VALUES (101, 'S9999999991', 11, 21, 10, 31, '2024-01-01'), (102, 'S9999999992', 21, 11, 10, 15, '2024-01-01');
INSERT INTO bank_online.app_user (user_id, login, party_id, role, password_hash) OVERRIDING SYSTEM VALUE
VALUES (1, 'ada', 1, 'customer', '$argon2id$v=19$x'), (2, 'bob', 2, 'customer', '$argon2id$v=19$y'), (3, 'eve', NULL, 'staff', '$argon2id$v=19$z');
INSERT INTO bank_online.session (session_id, user_id, token_hash, expires_at) OVERRIDING SYSTEM VALUE
SELECT i, i, sha256(i::text::bytea), now() + INTERVAL '1 hour' FROM generate_series(1, 3) AS i;
INSERT INTO bank_online.recovery_code (user_id, code_hash) VALUES (1, sha256('1')), (2, sha256('2'));
INSERT INTO bank_online.audit_event (user_id, event) VALUES (1, 'login'), (2, 'login'), (NULL, 'login.refused');
INSERT INTO bank_online.idempotency (user_id, request_id, request_hash, response)
VALUES (1, '00000000-0000-4000-8000-000000000001', sha256('1'), '{}'), (2, '00000000-0000-4000-8000-000000000002', sha256('2'), '{}');
INSERT INTO bank_online.throttle (subject, tries, since) VALUES ('check 9', 1, now());
INSERT INTO bank_online.device (user_id, token_hash) VALUES (2, sha256('device of 2'));
INSERT INTO bank_online.step_up_limit (currency_code, amount_minor) VALUES ('QQQ', 5000);
INSERT INTO bank_online.spent (user_id, currency_code, since, amount_minor) VALUES (1, 'QQX', now(), 1);
INSERT INTO bank_online.void_transfer (user_id, transfer_uuid) VALUES (2, '00000000-0000-4000-8000-000000000098');
INSERT INTO bank_online.beneficiary (beneficiary_id, user_id, account_no, alias) OVERRIDING SYSTEM VALUE
VALUES (101, 1, lpad('21', 20, '9'), 'Bob'), (102, 2, lpad('11', 20, '9'), 'Ada');
INSERT INTO bank_online.activation (party_id, code_hash, made_by) VALUES (4, sha256('a code'), 3), (5, sha256('another'), 3);
INSERT INTO bank_online.registration (token_hash, party_id, login, password_hash, totp_secret)
VALUES (sha256('token of 4'), 4, 'dan', '$argon2id$v=19$w', decode(repeat('00', 60), 'hex'));
INSERT INTO bank_online.message (message_id, user_id, medium, recipient, kind) OVERRIDING SYSTEM VALUE VALUES (101, 2, 'email', 'd@e.f', 'contact.changed');
INSERT INTO bank_online.contact_change (change_id, user_id, contact_type, value, code_hash) OVERRIDING SYSTEM VALUE
VALUES (101, 2, 'email', 'g@h.i', sha256('101 123456'));
INSERT INTO bank_online.notification (notification_id, user_id, kind) OVERRIDING SYSTEM VALUE VALUES (101, 1, 'card.blocked'), (102, 2, 'card.blocked');
INSERT INTO bank_cdc.signal (id, type) VALUES ('1', 'log');
INSERT INTO bank_cdc.marker (id) VALUES (1);
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SET search_path = tap, public;
