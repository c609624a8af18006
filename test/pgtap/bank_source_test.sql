-- The bank's source database: keys, publication, immutability, balance, privileges.
-- Run by pg_prove against an installed bank, loaded or empty; everything is rolled back.
BEGIN;
SET client_min_messages = warning;
CREATE SCHEMA tap;
CREATE EXTENSION pgtap SCHEMA tap;
SET LOCAL search_path = tap, public;
SELECT plan(34);

SELECT is((SELECT string_agg(format('%I.%I', schemaname, tablename), ' ' ORDER BY schemaname, tablename)
           FROM pg_publication_tables WHERE pubname = 'bank_pub'),
    'bank.account bank.account_holder bank.address bank.branch bank.card bank.category bank.currency '
    'bank.ledger_entry bank.merchant bank.organisation bank.party bank.person bank.product '
    'bank.transfer bank_cdc.marker bank_cdc.signal', 'the publication is exactly the named tables');
SELECT ok(pubviaroot AND NOT puballtables, 'partitions are published as their root')
FROM pg_publication WHERE pubname = 'bank_pub';

SELECT col_is_pk('bank', 'currency', 'currency_code', 'currency: its code');
SELECT col_is_pk('bank', 'person', 'party_id', 'person: its party');
SELECT col_is_pk('bank', 'account_holder', ARRAY['account_id', 'party_id', 'role'], 'holder: the relation');
SELECT col_is_pk('bank', 'ledger_entry', ARRAY['transfer_id', 'line_no', 'value_date'], 'entry: with its partition key');
SELECT col_is_unique('bank', t, ARRAY[c], format('%s.%s is unique', t, c))
FROM (VALUES ('party', 'party_no'), ('account', 'account_no'), ('card', 'pan_token'),
             ('merchant', 'merchant_no'), ('product', 'product_code'), ('branch', 'bic'),
             ('category', 'mcc'), ('address', 'address_no'), ('transfer', 'transfer_uuid')) AS k (t, c);
SELECT is_empty($$
    SELECT c.conrelid::regclass, c.conname FROM pg_constraint AS c
    WHERE c.contype = 'f' AND c.connamespace = 'bank'::regnamespace AND c.conparentid = 0 AND NOT EXISTS (
        SELECT FROM pg_index AS i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])$$,
    'every foreign key has an index');
SELECT is_empty($$
    SELECT c.oid::regclass, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace IN ('bank'::regnamespace, 'bank_cdc'::regnamespace) AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
      AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)$$,
    'every table and column has a comment');
SELECT is_empty($$SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p')
    AND relnamespace IN ('bank'::regnamespace, 'bank_cdc'::regnamespace)
    AND relowner <> 'bank_owner'::regrole$$, 'one role owns every table');

-- Rows of our own: the codes cannot collide with generated ones.
INSERT INTO bank.currency (currency_code, numeric_code, exponent, name) VALUES ('QQQ', '999', 2, 'Test');
INSERT INTO bank.product (product_id, product_code, kind, name, fee_currency_code, on_sale_from)
VALUES (-1, 'TAP', 'current', 'Test', 'QQQ', '2020-01-01');
INSERT INTO bank.address (address_id, address_no, country_code, city, street, house)
VALUES (-1, 'A9999999999', 'RU', 'c', 's', '1');
INSERT INTO bank.branch (branch_id, bic, name, address_id, opened_on) VALUES (-1, 'QQQQRUMMXXX', 'b', -1, '2020-01-01');
INSERT INTO bank.account (account_id, account_no, product_id, branch_id, currency_code, overdraft_limit_minor)
VALUES (-1, '99999999999999999991', -1, -1, 'QQQ', 100), (-2, '99999999999999999992', -1, -1, 'QQQ', 0);

SET LOCAL ROLE bank_app;
SELECT pg_catalog.set_config('tap.ok', (SELECT is_new::text FROM bank.transfer(
    '00000000-0000-4000-8000-000000000001', -1, -2, 100, 'QQQ')), TRUE);
RESET ROLE;
SELECT is(current_setting('tap.ok'), 'true', 'the application posts through the function');
SELECT is((SELECT is_new FROM bank.transfer('00000000-0000-4000-8000-000000000001', -1, -2, 100, 'QQQ')),
    FALSE, 'a retry returns the first answer');
SELECT throws_ok($$SELECT bank.transfer('00000000-0000-4000-8000-000000000001', -1, -2, 99, 'QQQ')$$,
    'BK006', NULL, 'the same uuid with another content is refused');
SELECT throws_ok($$SELECT bank.transfer('00000000-0000-4000-8000-000000000002', -1, -2, 1, 'QQQ')$$,
    'BK003', NULL, 'no overdraft beyond the limit');
SELECT is((SELECT string_agg(balance_minor::text, ',' ORDER BY account_id)
           FROM bank.account_balance WHERE account_id IN (-1, -2)), '100,-100', 'balances follow');
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'the posting balances');
SELECT throws_ok('UPDATE bank.transfer SET narrative = NULL WHERE debit_account_id = -1', '55000', NULL,
    'a transfer cannot be updated, not even by a superuser');
SELECT throws_ok('DELETE FROM bank.ledger_entry WHERE account_id = -1', '55000', NULL,
    'an entry cannot be deleted, not even by a superuser');
SELECT throws_ok($$INSERT INTO bank.ledger_entry SELECT transfer_id, 3, value_date, -1, 'debit', 5
    FROM bank.ledger_entry WHERE account_id = -1$$, '23514', NULL, 'an entry that unbalances is refused');
SELECT throws_ok($$INSERT INTO bank.transfer (transfer_uuid, debit_account_id, credit_account_id,
    amount_minor, currency_code, kind, channel)
    VALUES ('00000000-0000-4000-8000-000000000003', -1, -2, 1, 'QQQ', 'payment', 'web')$$, '23514', NULL,
    'a transfer without entries is refused');
SELECT is_empty('SELECT * FROM bank.ledger_violations()', 'the ledger holds');

SELECT ok(NOT has_table_privilege('bank_app', t, 'INSERT, UPDATE, DELETE, TRUNCATE'),
    'the application cannot write ' || t)
FROM (VALUES ('bank.transfer'), ('bank.ledger_entry'), ('bank.account_balance')) AS w (t);
SELECT ok(rolreplication AND rolbypassrls AND NOT rolsuper, 'replication sees every row, and is no superuser')
FROM pg_roles WHERE rolname = 'bank_replication';
SELECT ok(NOT has_schema_privilege('bank_monitor', 'bank', 'USAGE')
    AND NOT has_schema_privilege('bank_app', 'bank', 'CREATE'), 'monitoring sees no rows, the application has no DDL');
SELECT * FROM finish();
ROLLBACK;
