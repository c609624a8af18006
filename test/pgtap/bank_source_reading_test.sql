-- The bank's source: what customers read. Pages, statements, balances.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(26);

-- 300 transfers over three years, many on one day, some outside all partitions.
SELECT setseed(0.5) \g /dev/null
SELECT count(bank.transfer(md5(i::text)::uuid, CASE i % 3 WHEN 0 THEN 11 ELSE 1 END, CASE i % 3 WHEN 0 THEN 21 ELSE 11 END, 1 + (random() * 50)::int, 'QQQ',
    p_value_date => CASE WHEN i <= 60 THEN CURRENT_DATE WHEN i = 61 THEN '2009-01-01' WHEN i = 62 THEN '2051-01-01' ELSE CURRENT_DATE - (random() * 1100)::int END))
FROM generate_series(1, 300) AS i \g /dev/null

-- All pages of an account, each asked for with the last row of the one before.
CREATE FUNCTION tap.pages(p_account bigint, p_limit int) RETURNS TABLE (n int, value_date date, transfer_id bigint, line_no smallint)
LANGUAGE plpgsql AS $$
DECLARE
    v record;
    v_page int := 0;
    v_rows int := 0;
    v_before int;
    d date;
    t bigint;
    l smallint;
BEGIN
    LOOP
        v_before := v_rows;
        FOR v IN SELECT * FROM bank.account_page(p_account, p_limit, d, t, l) LOOP
            v_rows := v_rows + 1;
            n := v_rows;
            value_date := v.value_date; transfer_id := v.transfer_id; line_no := v.line_no;
            RETURN NEXT;
        END LOOP;
        v_page := v_page + 1;
        EXIT WHEN v_rows - v_before < p_limit OR v_page > 1000;
        d := value_date; t := transfer_id; l := line_no;
    END LOOP;
END $$;
SELECT results_eq(format('SELECT value_date, transfer_id, line_no FROM tap.pages(11, %s) ORDER BY n', size),
    'SELECT value_date, transfer_id, line_no FROM bank.ledger_entry WHERE account_id = 11 ORDER BY value_date DESC, transfer_id DESC, line_no DESC',
    format('pages of %s, one after the other, are all entries once, newest first', size))
FROM unnest('{3,50,303,500}'::int[]) AS size;
SELECT results_eq($$SELECT (SELECT count(*) FROM bank.account_page(11, 0)), (SELECT count(*) FROM bank.account_page(11, -1)), (SELECT count(*) FROM bank.account_page(11)),
                           (SELECT count(*) FROM bank.account_page(11, NULL)), (SELECT count(*) FROM bank.account_page(11, 100000)), (SELECT count(*) FROM bank.account_page(12))$$,
    $$VALUES (1::bigint, 1::bigint, 50::bigint, 50::bigint, 304::bigint, 0::bigint)$$, 'sizes: at least one, 50 by default; an account without entries has none');
SELECT results_eq($$SELECT value_date, side::text, amount_minor, kind::text, narrative, merchant, counterparty FROM bank.account_page(11, 500)
                    WHERE transfer_id IN (3, 4, 5) ORDER BY transfer_id$$,
    $$VALUES (DATE '2024-02-10', 'debit', 700::bigint, 'payment', 'rent', NULL, lpad('21', 20, '9')), ('2024-02-10', 'debit', 300, 'card', NULL, 'Shop', lpad('1', 20, '9')),
             (CURRENT_DATE, 'credit', 700, 'reversal', 'by mistake', NULL, lpad('21', 20, '9'))$$, 'a line says what it was, with whom');
-- not the online bank's, which has others; but row security is for all that read as their caller
GRANT EXECUTE ON FUNCTION bank.account_page(bigint, integer, date, bigint, smallint), bank.balance(bigint), bank.page_lines(bigint, bank.ledger_entry[]) TO bank_app;
SELECT results_eq($$SELECT p, tap.does('bank_app', p, 'SELECT * FROM bank.account_page(11)'), tap.does('bank_app', p, 'SELECT * FROM bank.statement(11, ''2024-01-01'', ''2024-12-31'')') ~ '^0 ',
                           tap.says('bank_app', p, 'SELECT balance_minor FROM bank.balance(11)') = 'NULL' FROM unnest('{1,4,2,99,NULL}'::bigint[]) AS p$$,
    $$VALUES (1::bigint, '50 rows', FALSE, FALSE), (4, '50 rows', FALSE, FALSE), (2, '0 rows', TRUE, TRUE), (99, '0 rows', TRUE, TRUE), (NULL, '0 rows', TRUE, TRUE)$$,
    'pages, statements and balances of others are empty');

-- Statements
CREATE TEMP VIEW month AS SELECT a, m::date AS d, (m + INTERVAL '1 month - 1 day')::date AS e
FROM unnest('{1,11,12,21}'::bigint[]) AS a, generate_series(date_trunc('month', CURRENT_DATE) - INTERVAL '40 months', CURRENT_DATE, INTERVAL '1 month') AS m;
SELECT is_empty($$SELECT a, d FROM month, LATERAL (
        SELECT min(s.balance_minor) FILTER (WHERE what = 'opening') AS opening, min(s.balance_minor) FILTER (WHERE what = 'closing') AS closing,
               coalesce(sum(s.debit_minor) FILTER (WHERE what = 'entry'), 0) AS debits, coalesce(sum(s.credit_minor) FILTER (WHERE what = 'entry'), 0) AS credits,
               min(s.debit_minor) FILTER (WHERE what = 'closing') AS all_debits, min(s.credit_minor) FILTER (WHERE what = 'closing') AS all_credits
        FROM bank.statement(a, d, e) AS s) AS s
    WHERE opening - debits + credits IS DISTINCT FROM closing OR debits <> all_debits OR credits <> all_credits$$, 'opening - debits + credits = closing, every month');
SELECT is_empty($$SELECT a, d FROM month AS m, bank.statement(a, d, e) AS s WHERE s.what IN ('opening', 'closing')
    AND s.balance_minor <> (SELECT coalesce(sum(CASE l.side WHEN 'credit' THEN l.amount_minor ELSE -l.amount_minor END), 0) FROM bank.ledger_entry AS l
                            WHERE l.account_id = m.a AND l.value_date < CASE s.what WHEN 'opening' THEN m.d ELSE m.e + 1 END)$$,
    'both balances are the sums of what was before: one month''s closing is the next one''s opening');
SELECT is_empty($$SELECT * FROM (
        SELECT s.what, s.balance_minor, lag(s.balance_minor) OVER w - coalesce(s.debit_minor, 0) + coalesce(s.credit_minor, 0) AS expected
        FROM bank.statement(11, CURRENT_DATE - 400, CURRENT_DATE) WITH ORDINALITY AS s (what, value_date, transfer_id, counterparty, narrative, debit_minor, credit_minor, balance_minor, n)
        WINDOW w AS (ORDER BY n)) AS s WHERE what = 'entry' AND balance_minor <> expected$$, 'each line has the balance after it');
SELECT throws_ok(format('SELECT * FROM bank.statement(11, %L, %L)', f, t), '22023', NULL, format('no statement from %s to %s', f, t))
FROM (VALUES (DATE '2024-02-02', DATE '2024-02-01'), (NULL, '2024-02-01'), ('2024-02-01', NULL)) AS d (f, t);
SELECT results_eq($$SELECT balance_minor = (SELECT balance_minor FROM bank.account_balance WHERE account_id = 11), available_minor - balance_minor, currency_code FROM bank.balance(11)$$,
    $$VALUES (TRUE, 100::bigint, 'QQQ')$$, 'what may be spent is the balance and the limit');

-- What was spent on what
INSERT INTO bank.category (category_id, mcc, parent_id, name, name_ru) VALUES (2, 'G001', NULL, 'Out', 'Вне дома'), (3, '5812', 2, 'Restaurants', NULL), (4, '5813', 2, 'Bars', NULL);
INSERT INTO bank.merchant (merchant_id, merchant_no, category_id, name) VALUES (2, 'M999999998', 3, 'Table'), (3, 'M999999997', 4, 'Counter');
INSERT INTO bank.card (card_id, pan_token, account_id, party_id, scheme, last4, embossed_name, expires_on, status)
VALUES (4, 'tok_000000000000000000000004', 12, 1, 'mir', '0000', 'A B', '2040-01-01', 'active');
CREATE FUNCTION tap.spends(p_n int, p_debit bigint, p_credit bigint, p_amount bigint, p_day date, p_kind bank.transfer_kind DEFAULT 'payment', p_merchant bigint DEFAULT NULL) RETURNS bigint
LANGUAGE sql AS $$SELECT transfer_id FROM bank.transfer(('00000000-0000-4000-9000-' || lpad(p_n::text, 12, '0'))::uuid, p_debit, p_credit, p_amount, 'QQQ', p_kind,
                                                        p_card => CASE WHEN p_merchant IS NOT NULL THEN 4 END, p_merchant => p_merchant, p_value_date => p_day)$$;
SELECT tap.spends(1, 1, 12, 100000, '2024-03-01', 'opening'), tap.spends(2, 12, 1, 500, '2024-03-02', 'card', 2), tap.spends(3, 12, 1, 250, '2024-03-03', 'card', 3),
       tap.spends(4, 12, 1, 40, '2024-03-03', 'card', 1), tap.spends(5, 12, 21, 900, '2024-03-03'), tap.spends(6, 12, 21, 30, '2024-03-03', 'standing_order'),
       tap.spends(7, 12, 1, 10, '2024-03-03', 'fee'), tap.spends(8, 12, 11, 5000, '2024-03-03'), tap.spends(9, 12, 1, 1, '2024-03-04', 'fee') \g /dev/null
SELECT bank.reverse(gen_random_uuid(), tap.spends(10, 12, 21, 77, '2024-03-03'), 'by mistake'), bank.reverse(gen_random_uuid(), tap.spends(11, 21, 12, 60, '2024-03-03'), 'by mistake') \g /dev/null
CREATE FUNCTION tap.spent(p_from date, p_to date, p_account bigint DEFAULT 12) RETURNS text
LANGUAGE sql AS $$SELECT s.total_minor || ': ' || coalesce((SELECT string_agg(concat_ws(' ', i->>'mcc', i->>'name', i->>'name_ru', i->>'kind', i->>'amount_minor', i->>'count'), ', ' ORDER BY n)
                                                            FROM json_array_elements(s.items) WITH ORDINALITY AS e (i, n)), 'nothing') FROM bank.spending(p_account, p_from, p_to) AS s$$;
SELECT is(tap.spent('2024-03-02', '2024-03-03'), '1730: payment 900 1, G001 Out Вне дома 750 2, 5411 Food 40 1, standing_order 30 1, fee 10 1',
    'by group, by category where there is none, by kind without a merchant; biggest first; not what was taken back, nor what stays the owner''s');
SELECT results_eq($$SELECT tap.spent('2024-03-04', CURRENT_DATE), tap.spent('2024-03-03', '2024-03-03'), tap.spent('2020-01-01', '2024-03-01'), tap.spent('2024-01-01', CURRENT_DATE, 31)$$,
    $$VALUES ('1: fee 1 1', '1230: payment 900 1, G001 Out Вне дома 250 1, 5411 Food 40 1, standing_order 30 1, fee 10 1', '0: nothing', '0: nothing')$$,
    'days are both included; what takes back is not spent; an account of nothing spent has no items');
SELECT is((SELECT sum(amount_minor)::bigint FROM bank.transactions(12, p_from => '2024-03-02', p_to => '2024-03-03', p_side => 'debit', p_mcc => 'G001')), 750::bigint, 'a group is what transactions() takes');
UPDATE bank.account_holder SET role = 'attorney' WHERE account_id = 11 AND party_id = 1;
SELECT is(tap.spent('2024-03-03', '2024-03-03'), '6230: payment 5900 2, G001 Out Вне дома 250 1, 5411 Food 40 1, standing_order 30 1, fee 10 1', 'an account that one only acts for is another''s');
UPDATE bank.account_holder SET role = 'owner' WHERE account_id = 11 AND party_id = 1;

-- The balance day by day
SELECT is_empty($$SELECT a, d.day FROM unnest('{1,11,12,21,31}'::bigint[]) AS a, bank.day_balances(a, CURRENT_DATE - 1100, CURRENT_DATE + 3) AS d
    WHERE d.balance_minor <> (SELECT coalesce(sum(CASE l.side WHEN 'credit' THEN l.amount_minor ELSE -l.amount_minor END), 0) FROM bank.ledger_entry AS l WHERE l.account_id = a AND l.value_date <= d.day)$$,
    'each day''s balance is the sum of what was up to it, also where some is of days to come');
SELECT results_eq($$SELECT day FROM bank.day_balances(12, '2024-02-27', '2024-03-05')$$, $$SELECT DATE '2024-02-27' + n FROM generate_series(0, 7) AS n$$, 'a row for each day, in order');
SELECT results_eq($$SELECT balance_minor FROM bank.day_balances(12, '2024-02-28', '2024-03-05') OFFSET 1$$, $$SELECT unnest('{0,100000,99500,93253,93252,93252}'::bigint[])$$,
    'nothing before the first entry; a day without has the balance of the one before');
SELECT is_empty($$SELECT a, d FROM month AS m, bank.day_balances(m.a, m.d, m.e) AS b JOIN bank.statement(m.a, m.d, m.e) AS s ON s.what = 'closing' AND s.value_date = b.day WHERE b.balance_minor <> s.balance_minor$$,
    'the last day''s is a statement''s closing balance');
SELECT results_eq($$SELECT p, tap.does('bank_app', p, 'SELECT * FROM bank.spending(11, ''2024-01-01'', ''2024-12-31'')'), tap.does('bank_app', p, 'SELECT * FROM bank.day_balances(11, ''2024-01-01'', ''2024-01-07'')')
                    FROM unnest('{1,4,2,99,NULL}'::bigint[]) AS p$$,
    $$VALUES (1::bigint, '1 rows', '7 rows'), (4, '1 rows', '7 rows'), (2, '0 rows', '0 rows'), (99, '0 rows', '0 rows'), (NULL, '0 rows', '0 rows')$$, 'both are empty of others'' accounts');
SELECT throws_ok(format('SELECT * FROM bank.%s(11, %L, %L)', w, f, t), '22023', NULL, format('no %s from %s to %s', w, f, t))
FROM (VALUES ('spending', DATE '2024-02-02', DATE '2024-02-01'), ('spending', NULL, '2024-02-01'), ('day_balances', '2024-02-01', NULL)) AS d (w, f, t);
SELECT * FROM finish();
ROLLBACK;
