-- The bank's source: posting. What transfer() takes and refuses, and the law that holds for every other way into the ledger.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(35);

-- The online bank pays by bank.pay() alone; what holds below it is shown as if it did not.
GRANT EXECUTE ON FUNCTION bank.transfer(uuid, bigint, bigint, bigint, char, bank.transfer_kind, bank.channel, text, bigint, bigint, bigint, inet, date) TO bank_app;

-- A transfer of the bank itself; arguments as SQL.
CREATE FUNCTION tap.posts(p_arguments text) RETURNS text
LANGUAGE sql AS $$SELECT tap.says('bank_core', NULL, format('SELECT is_new FROM bank.transfer(%s)', p_arguments))$$;
CREATE FUNCTION tap.posts_as(p_party bigint, p_arguments text) RETURNS text
LANGUAGE sql AS $$SELECT tap.says('bank_app', p_party, format('SELECT is_new FROM bank.transfer(%s)', p_arguments))$$;
-- Several statements as the superuser, undone afterwards; what the last one says, or SQLSTATE.
CREATE FUNCTION tap.after(p_sql text, p_then text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v text;
BEGIN
    EXECUTE p_sql;
    EXECUTE p_then INTO v;
    RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = coalesce(v, 'NULL');
EXCEPTION
    WHEN SQLSTATE 'TAP00' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;

SELECT is_empty('SELECT * FROM bank.ledger_violations()', 'the small bank is in order');
SELECT results_eq($$SELECT account_id, balance_minor, entry_count FROM bank.account_balance WHERE entry_count > 0 ORDER BY 1$$,
    $$VALUES (1::bigint, -149700::bigint, 3::bigint), (11, 99700, 4), (21, 50000, 3)$$, 'balances are the sums of their entries');
SELECT results_eq($$SELECT transfer_id, status FROM bank.transfer_status ORDER BY 1, 2$$,
    $$VALUES (1::bigint, 'posted'), (2, 'posted'), (3, 'posted'), (3, 'reversed'), (4, 'posted'), (5, 'posted')$$, 'each is posted, and one reversed');

-- Refusals: whatever is wrong, nothing is posted
CREATE TEMP TABLE refusal (expected text, arguments text);
INSERT INTO refusal VALUES
('23514', $$gen_random_uuid(), 11, 12, 0, 'QQQ'$$), ('23514', $$gen_random_uuid(), 11, 12, -5, 'QQQ'$$), ('23514', $$gen_random_uuid(), 11, 12, NULL, 'QQQ'$$),
('23514', $$gen_random_uuid(), 11, 11, 5, 'QQQ'$$), ('23502', $$NULL, 11, 12, 5, 'QQQ'$$), ('23502', $$gen_random_uuid(), NULL, 12, 5, 'QQQ'$$),
('23502', $$gen_random_uuid(), 11, NULL, 5, 'QQQ'$$), ('23502', $$gen_random_uuid(), 11, 12, 5, NULL$$),
('23502', $$gen_random_uuid(), 11, 12, 5, 'QQQ', p_value_date => NULL$$), ('23514', $$gen_random_uuid(), 11, 12, 5, 'QQQ', p_value_date => 'infinity'$$),
('23503', $$gen_random_uuid(), 11, 9999, 5, 'QQQ'$$), ('23503', $$gen_random_uuid(), 9999, 11, 5, 'QQQ'$$), ('23503', $$gen_random_uuid(), 11, 12, 5, 'ZZZ'$$),
('BK001', $$gen_random_uuid(), 11, 13, 5, 'QQQ'$$), ('BK001', $$gen_random_uuid(), 13, 11, 5, 'QQQ'$$), ('BK001', $$gen_random_uuid(), 11, 14, 5, 'QQQ'$$),
('BK001', $$gen_random_uuid(), 14, 11, 5, 'QQQ'$$), ('BK002', $$gen_random_uuid(), 11, 31, 5, 'QQQ'$$), ('BK002', $$gen_random_uuid(), 11, 12, 5, 'QQX'$$),
('BK002', $$gen_random_uuid(), 31, 11, 5, 'QQX'$$), ('BK003', $$gen_random_uuid(), 11, 12, 99801, 'QQQ'$$), ('BK003', $$gen_random_uuid(), 12, 11, 1, 'QQQ'$$),
('BK003', $$gen_random_uuid(), 11, 12, 9223372036854775807, 'QQQ'$$),
('BK004', $$gen_random_uuid(), 11, 1, 5, 'QQQ', 'card', p_card => 2$$), ('BK004', $$gen_random_uuid(), 11, 1, 5, 'QQQ', 'card', p_card => 3$$),
('BK004', $$gen_random_uuid(), 11, 1, 5, 'QQQ', 'card', p_card => 9999$$), ('BK004', $$gen_random_uuid(), 11, 1, 5, 'QQQ', 'card', p_card => 1, p_value_date => '2040-01-02'$$), ('23514', $$gen_random_uuid(), 11, 1, 5, 'QQQ', 'card', p_merchant => 1$$),
('23503', $$gen_random_uuid(), 11, 1, 5, 'QQQ', 'card', p_card => 1, p_merchant => 9999$$),
('BK005', $$gen_random_uuid(), 21, 11, 699, 'QQQ', 'reversal', p_reversal_of => 3$$), ('BK005', $$gen_random_uuid(), 11, 21, 700, 'QQQ', 'reversal', p_reversal_of => 3$$),
('BK005', $$gen_random_uuid(), 21, 12, 700, 'QQQ', 'reversal', p_reversal_of => 3$$), ('BK005', $$gen_random_uuid(), 21, 11, 700, 'QQQ', 'reversal', p_reversal_of => 9999$$),
('23514', $$gen_random_uuid(), 21, 11, 700, 'QQQ', 'payment', p_reversal_of => 3$$), ('23514', $$gen_random_uuid(), 21, 11, 700, 'QQQ', 'reversal'$$),
('23505', $$gen_random_uuid(), 21, 11, 700, 'QQQ', 'reversal', p_reversal_of => 3$$), ('BK005', $$gen_random_uuid(), 11, 21, 700, 'QQQ', 'reversal', p_reversal_of => 5$$),
('BK006', $$'00000000-0000-4000-8000-000000000003', 11, 21, 701, 'QQQ', p_narrative => 'rent'$$),
('BK006', $$'00000000-0000-4000-8000-000000000003', 12, 21, 700, 'QQQ', p_narrative => 'rent'$$),
('BK006', $$'00000000-0000-4000-8000-000000000003', 11, 12, 700, 'QQQ', p_narrative => 'rent'$$),
('BK006', $$'00000000-0000-4000-8000-000000000003', 11, 21, 700, 'QQX', p_narrative => 'rent'$$),
('BK006', $$'00000000-0000-4000-8000-000000000003', 11, 21, 700, 'QQQ', 'cash', p_narrative => 'rent'$$),
('BK006', $$'00000000-0000-4000-8000-000000000003', 11, 21, 700, 'QQQ'$$), ('BK006', $$'00000000-0000-4000-8000-000000000003', 11, 21, 700, 'QQQ', p_narrative => 'Rent'$$),
('BK006', $$'00000000-0000-4000-8000-000000000003', 11, 21, 700, 'QQQ', p_narrative => 'rent', p_card => 1$$),
('BK006', $$'00000000-0000-4000-8000-000000000003', 11, 21, 99999999, 'QQQ'$$), ('BK006', $$'00000000-0000-4000-8000-000000000003', 11, 13, 700, 'QQQ'$$);
SELECT is_empty('SELECT expected, tap.posts(arguments), arguments FROM refusal WHERE tap.posts(arguments) <> expected', 'each refusal has its code');

SELECT results_eq($$SELECT tap.posts($q$gen_random_uuid(), 11, 12, 99800, 'QQQ'$q$), tap.posts($q$gen_random_uuid(), 1, 12, 1, 'QQQ', 'cash', p_value_date => '1999-12-31'$q$),
                           tap.posts($q$gen_random_uuid(), 1, 12, 1, 'QQQ', p_value_date => '2099-12-31'$q$), tap.posts($q$gen_random_uuid(), 11, 1, 5, 'QQQ', 'card', p_card => 1, p_merchant => 1$q$)$$,
    $$VALUES ('true', 'true', 'true', 'true')$$, 'the whole limit, dates outside all partitions, and a card payment are taken');

-- Again: the first answer, whatever has changed since; time and place of the instruction are no content
SELECT results_eq($$SELECT transfer_id, is_new FROM bank.transfer('00000000-0000-4000-8000-000000000003', 11, 21, 700, 'QQQ', 'payment', 'branch', 'rent', p_client_ip => '10.0.0.1')$$,
    $$VALUES (3::bigint, FALSE)$$, 'a retry gets the first answer');
SELECT is(tap.after($$UPDATE bank.account SET status = 'frozen' WHERE account_id = 11$$,
    $$SELECT transfer_id || ' ' || is_new FROM bank.transfer('00000000-0000-4000-8000-000000000003', 11, 21, 700, 'QQQ', p_narrative => 'rent')$$), '3 false', 'also after the account was frozen');
SELECT is(tap.after($$UPDATE bank.card SET status = 'blocked' WHERE card_id = 1$$,
    $$SELECT transfer_id || ' ' || is_new FROM bank.transfer('00000000-0000-4000-8000-000000000004', 11, 1, 300, 'QQQ', 'card', p_card => 1, p_merchant => 1)$$), '4 false', 'and after the card was blocked');
SELECT is(tap.after($$UPDATE bank.card SET status = 'blocked' WHERE card_id = 1$$,
    $$SELECT bank.transfer('00000000-0000-4000-8000-000000000004', 11, 1, 301, 'QQQ', 'card', p_card => 1, p_merchant => 1)$$), 'BK006', 'with another content it is refused even then');
SELECT results_eq($$SELECT transfer_id, is_new FROM bank.reverse('00000000-0000-4000-8000-000000000005', 3, 'by mistake')$$, $$VALUES (5::bigint, FALSE)$$, 'so does a reversal');
SELECT results_eq($$SELECT (SELECT count(*) FROM bank.transfer), (SELECT count(*) FROM bank.ledger_entry), (SELECT sum(balance_minor) FROM bank.account_balance)$$,
    $$VALUES (5::bigint, 10::bigint, 0::numeric)$$, 'and nothing was posted by all that');

-- Reversals
SELECT results_eq($$SELECT t.transfer_id, t.kind::text, t.debit_account_id, t.credit_account_id, t.amount_minor, s.reason FROM bank.transfer AS t
                    JOIN bank.transfer_status AS s ON s.transfer_id = t.reversal_of AND s.status = 'reversed' WHERE t.reversal_of = 3$$,
    $$VALUES (5::bigint, 'reversal', 21::bigint, 11::bigint, 700::bigint, 'by mistake')$$, 'a reversal goes the other way, and says why');
SELECT results_eq($$SELECT t, tap.says('bank_core', NULL, format('SELECT is_new FROM bank.reverse(gen_random_uuid(), %s)', t)) FROM unnest('{3,4,5,9999}'::int[]) AS t$$,
    $$VALUES (3, '23505'), (4, 'true'), (5, 'BK005'), (9999, 'BK005')$$, 'once; not of a reversal, nor of nothing');
SELECT is(tap.after($$UPDATE bank.account SET status = 'frozen' WHERE account_id = 1$$, 'SELECT bank.reverse(gen_random_uuid(), 4)'), 'BK001', 'a frozen account refuses its reversal, too');

-- Who may debit
SELECT results_eq($$SELECT p, tap.posts_as(p, $q$gen_random_uuid(), 11, 21, 1, 'QQQ'$q$) FROM unnest('{1,2,4,5,6,7,99,NULL}'::bigint[]) AS p$$,
    $$VALUES (1::bigint, 'true'), (2, 'BK008'), (4, 'BK008'), (5, 'true'), (6, 'BK008'), (7, 'BK008'), (99, 'BK008'), (NULL, 'BK008')$$,
    'owners and attorneys spend while they are; viewers, strangers and nobody do not');
SELECT results_eq($$SELECT k::text, tap.posts_as(1, format('gen_random_uuid(), 11, 21, 1, ''QQQ'', %L', k)) FROM unnest(enum_range(NULL::bank.transfer_kind)) AS k
                    WHERE k NOT IN ('payment', 'card') AND tap.posts_as(1, format('gen_random_uuid(), 11, 21, 1, ''QQQ'', %L', k)) <> 'BK009'$$,
    $$SELECT NULL::text, NULL::text WHERE FALSE$$, 'a customer posts neither interest nor reversals');
SELECT results_eq($$SELECT d, tap.posts_as(1, format('gen_random_uuid(), 11, 21, 1, ''QQQ'', p_value_date => CURRENT_DATE + %s', d)) FROM unnest('{-1,0,1}'::int[]) AS d$$,
    $$VALUES (-1, 'BK009'), (0, 'true'), (1, 'BK009')$$, 'nor on another day than today');
SELECT results_eq($$SELECT tap.posts_as(1, '''5d41402a-bc4b-3a76-a971-9d911017c592'', 11, 21, 1, ''QQQ'''), tap.posts_as(1, '''019a0000-0000-7000-8000-000000000001'', 11, 21, 1, ''QQQ''')$$,
    $$VALUES ('BK009', 'true')$$, 'nor under the id of a standing order');
SELECT is(tap.says('bank_app', 1, 'SELECT bank.reverse(gen_random_uuid(), 4)'), '42501', 'nor calls reverse()');

-- The law, for the owner who inserts by hand: into the table, and into a partition by its name
CREATE FUNCTION tap.enters(p_table text, p_values text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bank.transfer (transfer_id, transfer_uuid, debit_account_id, credit_account_id, amount_minor, currency_code, kind, channel)
    VALUES (77, gen_random_uuid(), 11, 21, 10, 'QQQ', 'payment', 'batch'), (78, gen_random_uuid(), 11, 13, 10, 'QQQ', 'payment', 'batch'),
           (79, gen_random_uuid(), 12, 21, 10, 'QQQ', 'payment', 'batch'), (80, gen_random_uuid(), 31, 21, 10, 'QQQ', 'payment', 'batch');
    EXECUTE format('INSERT INTO %s (transfer_id, line_no, value_date, account_id, side, amount_minor) VALUES %s', p_table, p_values);
    RAISE EXCEPTION USING ERRCODE = 'TAP00',
        MESSAGE = (SELECT string_agg(b.balance_minor::text, ' ' ORDER BY b.account_id) FROM bank.account_balance AS b WHERE b.account_id IN (11, 21));
EXCEPTION
    WHEN SQLSTATE 'TAP00' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE TEMP TABLE law (expected text, lines text, name text);
INSERT INTO law VALUES
('99690 50010', $$(77, 1, '2024-03-01', 11, 'debit', 10), (77, 2, '2024-03-01', 21, 'credit', 10)$$, 'balanced'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 4), (77, 2, '2024-03-01', 11, 'debit', 6), (77, 3, '2024-03-01', 21, 'credit', 10)$$, 'three lines'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 10), (77, 3, '2024-03-01', 21, 'credit', 10)$$, 'another number'),
('BK007', $$(77, 1, '2024-03-01', 11, 'credit', 10), (77, 2, '2024-03-01', 21, 'debit', 10)$$, 'the other sides'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 10)$$, 'one line'),
('BK007', $$(77, 2, '2024-03-01', 21, 'credit', 10)$$, 'one line, the other'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 10), (77, 2, '2024-03-01', 21, 'debit', 10)$$, 'two debits'),
('BK007', $$(77, 1, '2024-03-01', 11, 'credit', 10), (77, 2, '2024-03-01', 21, 'credit', 10)$$, 'two credits'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 10), (77, 2, '2024-03-01', 21, 'credit', 10), (77, 3, '2024-03-01', 11, 'debit', 10), (77, 4, '2024-03-01', 21, 'credit', 10)$$, 'twice over'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 10), (77, 2, '2024-03-01', 21, 'credit', 11)$$, 'not balanced'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 9), (77, 2, '2024-03-01', 21, 'credit', 9)$$, 'not the amount'),
('BK007', $$(77, 1, '2024-03-01', 12, 'debit', 10), (77, 2, '2024-03-01', 21, 'credit', 10)$$, 'another account'),
('BK007', $$(77, 1, '2024-03-01', 21, 'debit', 10), (77, 2, '2024-03-01', 11, 'credit', 10)$$, 'the wrong way round'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 10), (77, 2, '2024-03-02', 21, 'credit', 10)$$, 'two value dates'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 10), (77, 2, '2024-03-01', 21, 'credit', 10), (78, 1, '2024-03-01', 11, 'debit', 10)$$, 'one of two does not balance'),
('BK007', $$(77, 1, '2024-03-01', 11, 'debit', 10), (77, 2, '2024-03-01', 21, 'credit', 10), (78, 1, '2024-03-01', 11, 'debit', 10), (78, 2, '2024-03-01', 13, 'credit', 10)$$, 'two transfers at once'),
('23505', $$(3, 1, '2024-03-01', 11, 'debit', 700), (3, 2, '2024-03-01', 21, 'credit', 700)$$, 'posted already'),
('BK001', $$(78, 1, '2024-03-01', 11, 'debit', 10), (78, 2, '2024-03-01', 13, 'credit', 10)$$, 'a frozen account'),
('BK002', $$(80, 1, '2024-03-01', 31, 'debit', 10), (80, 2, '2024-03-01', 21, 'credit', 10)$$, 'another currency'),
('BK003', $$(79, 1, '2024-03-01', 12, 'debit', 10), (79, 2, '2024-03-01', 21, 'credit', 10)$$, 'no funds'),
('23503', $$(9999, 1, '2024-03-01', 11, 'debit', 10), (9999, 2, '2024-03-01', 21, 'credit', 10)$$, 'no such transfer'),
('23503', $$(77, 1, '2024-03-01', 9999, 'debit', 10), (77, 2, '2024-03-01', 21, 'credit', 10)$$, 'no such account');
SELECT is_empty($$SELECT name, expected, tap.enters('bank.ledger_entry', lines) FROM law WHERE tap.enters('bank.ledger_entry', lines) <> expected$$,
    'the law holds for entries by hand');
SELECT is_empty($$SELECT name, expected, tap.enters('bank.ledger_entry_m202403', lines) FROM law WHERE tap.enters('bank.ledger_entry_m202403', lines) <> expected$$,
    'and for a partition by its name');
CREATE TEMP TABLE gone AS SELECT * FROM bank.account_balance WHERE account_id = 21;
DELETE FROM bank.account_balance WHERE account_id = 21;
SELECT is((SELECT tap.enters('bank.ledger_entry', lines) FROM law WHERE name = 'balanced'), 'BK007', 'an account that has lost its balance takes no posting');
INSERT INTO bank.account_balance SELECT * FROM gone;
SELECT is(tap.says('bank_owner', NULL, $$SELECT count(*) FROM bank.ledger_entry_m202402$$), '0', 'even the owner sees nothing in a partition');
SELECT is(tap.does('bank_owner', NULL, $$INSERT INTO bank.ledger_entry_m202403 VALUES (4, 9, '2024-03-01', 11, 'debit', 1)$$), '42501', 'and enters nothing there');
SELECT throws_ok($$INSERT INTO bank.transfer (transfer_uuid, debit_account_id, credit_account_id, amount_minor, currency_code, kind, channel)
    VALUES (gen_random_uuid(), 11, 21, 1, 'QQQ', 'payment', 'web'); SET CONSTRAINTS ALL IMMEDIATE$$, 'BK007', NULL, 'a transfer without entries does not commit');

-- What is written stays, whoever asks
SELECT is_empty($$SELECT s, tap.after(s, 'SELECT 1') FROM unnest(ARRAY['UPDATE bank.transfer SET narrative = NULL', 'DELETE FROM bank.transfer',
    'UPDATE bank.ledger_entry SET amount_minor = 1', 'DELETE FROM bank.ledger_entry', 'DELETE FROM bank.ledger_entry_m202402', 'UPDATE bank.ledger_entry_m202402 SET account_id = 12',
    'TRUNCATE bank.ledger_entry', 'TRUNCATE bank.ledger_entry_m202402', 'TRUNCATE bank.ledger_entry_default', 'TRUNCATE bank.transfer CASCADE',
    'UPDATE bank.transfer_status SET reason = NULL', 'DELETE FROM bank.transfer_status', 'TRUNCATE bank.transfer_status',
    'UPDATE bank_online.audit_event SET detail = ''{}''', 'DELETE FROM bank_online.audit_event', 'TRUNCATE bank_online.audit_event']) AS s
    WHERE tap.after(s, 'SELECT 1') <> '55000'$$, 'ledger, statuses and events: no change, not even by a superuser, nor of one partition');

-- Accounts
SELECT results_eq($$SELECT tap.after('UPDATE bank.account SET status = ''closed'', closed_on = CURRENT_DATE WHERE account_id = 11', 'SELECT 1'),
                           tap.after('UPDATE bank.account SET status = ''closed'', closed_on = CURRENT_DATE WHERE account_id = 12', 'SELECT bank.transfer(gen_random_uuid(), 11, 12, 1, ''QQQ'')'),
                           tap.after('UPDATE bank.account SET currency_code = ''QQX'' WHERE account_id = 11', 'SELECT 1'), tap.after('UPDATE bank.account SET currency_code = ''QQX'' WHERE account_id = 12', 'SELECT 1')$$,
    $$VALUES ('23514', 'BK001', '23514', '1')$$, 'closing needs an empty account, and refuses what comes after; postings settle the currency');
SELECT results_eq($$SELECT tap.after($q$SELECT bank.transfer(gen_random_uuid(), 11, 12, 99750, 'QQQ')$q$, 'UPDATE bank.account SET overdraft_limit_minor = 49 WHERE account_id = 11 RETURNING 1'),
                           tap.after($q$SELECT bank.transfer(gen_random_uuid(), 11, 12, 99750, 'QQQ')$q$, 'UPDATE bank.account SET overdraft_limit_minor = 50 WHERE account_id = 11 RETURNING 1')$$,
    $$VALUES ('BK003', '1')$$, 'a limit does not fall below what is used');
SELECT results_eq($$SELECT tap.after('INSERT INTO bank.person (party_id, last_name, first_name, birth_date, sex) VALUES (3, ''x'', ''y'', ''2000-01-01'', ''F'')', 'SELECT 1'),
                           tap.after('UPDATE bank.party SET party_type = ''organisation'' WHERE party_id = 1', 'SELECT 1')$$, $$VALUES ('23514', '23514')$$, 'a party is a person or an organisation, and stays it');

-- Partitions
SELECT results_eq($$SELECT tap.says('bank_core', NULL, 'SELECT bank.ensure_ledger_partitions(DATE ''2028-03-15'')'), tap.says('bank_core', NULL, 'SELECT bank.ensure_ledger_partitions(''infinity'')')$$,
    $$VALUES ('3', '22023')$$, 'new partitions by the month, and not without end');
SELECT is(tap.after($$SELECT bank.ensure_ledger_partitions('2028-01-31')$$, $$SELECT concat_ws(' ', c.relrowsecurity, c.relforcerowsecurity, (SELECT count(*) FROM pg_trigger AS t
    WHERE t.tgrelid = c.oid AND t.tgname IN ('ledger_entry_posted', 'ledger_entry_not_truncated', 'ledger_entry_immutable')), c.relowner::regrole, c.relacl)
    FROM pg_class AS c WHERE c.oid = 'bank.ledger_entry_m202801'::regclass$$), 't t 3 bank_owner', 'each under the same law');
SELECT is(tap.after($$SELECT bank.transfer(gen_random_uuid(), 11, 12, 5, 'QQQ', p_value_date => '2028-02-10')$$,
    $$SELECT bank.ensure_ledger_partitions('2028-03-15') || ' ' || (to_regclass('bank.ledger_entry_m202802') IS NULL)$$), '2 true', 'a month whose entries are in the default partition stops no other');
SELECT is(tap.after($$SELECT bank.transfer(gen_random_uuid(), 11, 12, 5, 'QQQ', p_value_date => CURRENT_DATE)$$, 'SELECT count(*) FROM bank.ledger_violations()'), '0', 'the ledger holds');

-- Each rule of ledger_violations() finds what breaks it; broken with the triggers off
CREATE TEMP TABLE breach (invariant text, sql text);
INSERT INTO breach VALUES
('transfer balances', 'DELETE FROM bank.ledger_entry WHERE transfer_id = 3 AND line_no = 2'),
('transfer balances', 'UPDATE bank.ledger_entry SET amount_minor = amount_minor + 1 WHERE transfer_id = 3'),
('transfer balances', 'UPDATE bank.ledger_entry SET value_date = value_date + 1 WHERE transfer_id = 3 AND line_no = 1'),
('transfer is posted', 'DELETE FROM bank.transfer_status WHERE transfer_id = 4'),
('entry on the transfer''s account', 'UPDATE bank.ledger_entry SET account_id = 12 WHERE transfer_id = 3 AND line_no = 1'),
('balance is the sum of entries', 'UPDATE bank.account_balance SET balance_minor = balance_minor + 1 WHERE account_id = 11'),
('balance is the sum of entries', 'UPDATE bank.account_balance SET entry_count = entry_count + 1 WHERE account_id = 11'),
('balance is the sum of entries', 'DELETE FROM bank.account_balance WHERE account_id = 31'),
('one currency', 'UPDATE bank.account SET currency_code = ''QQX'' WHERE account_id = 11'),
('reversal mirrors its transfer', 'UPDATE bank.transfer SET amount_minor = 1 WHERE transfer_id = 3'),
('reversal mirrors its transfer', 'DELETE FROM bank.transfer_status WHERE status = ''reversed'''),
('reversed by a reversal', 'INSERT INTO bank.transfer_status (transfer_id, status) VALUES (4, ''reversed'')'),
('no reversal of a reversal', 'UPDATE bank.transfer SET reversal_of = 5, kind = ''reversal'' WHERE transfer_id = 4'),
('overdraft within its limit', 'UPDATE bank.account_balance SET balance_minor = -101 WHERE account_id = 11'),
('closed means empty', 'UPDATE bank.account SET status = ''closed'', closed_on = CURRENT_DATE WHERE account_id = 11');
SELECT is_empty($$SELECT invariant, sql, r FROM breach, tap.after('SET LOCAL session_replication_role = replica; ' || sql,
    format('SELECT count(*) FROM bank.ledger_violations() WHERE invariant = %L', invariant)) AS r WHERE r !~ '^[1-9]'$$, 'ledger_violations() finds each kind of breach');
SELECT is((SELECT count(DISTINCT m[1])::int FROM pg_proc, regexp_matches(prosrc, 'SELECT ''((?:[^'']|'''')+)'', ', 'g') AS m WHERE oid = 'bank.ledger_violations'::regproc),
    (SELECT count(DISTINCT invariant)::int FROM breach), 'and has no rule that is not tried here');
SELECT * FROM finish();
ROLLBACK;
