-- The bank's source: what customers read. Pages, statements, balances.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(14);

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
SELECT * FROM finish();
ROLLBACK;
