-- The bank's source: what customers do with their money. Payments, whom they pay, and the search in what was.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(63);
SELECT pg_catalog.set_config('bank.user_id', '1', TRUE) \g /dev/null

-- Payments: what customer 1 (accounts 11, 12, 13 frozen, 14 closed, 31 of another currency) gets for one
CREATE FUNCTION tap.pays(p_debit bigint, p_credit bigint, p_amount bigint, p_currency text DEFAULT 'QQQ', p_party bigint DEFAULT 1, p_uuid text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
    SELECT tap.says('bank_app', p_party, format('SELECT concat_ws('' '', p.is_new, p.booked_at = now(), p.transfer_id > 5)
        FROM bank.pay(coalesce(%L, gen_random_uuid()), %L, lpad(%L, 20, ''9''), %L, %L, ''rent'', ''10.0.0.1'') AS p', p_uuid, p_debit, p_credit, p_amount, p_currency))
$$;
SELECT is(tap.pays(11, 21, 100), 't t t', 'a payment');
SELECT results_eq($$SELECT d, c, a, y, p, tap.pays(d, c, a, y, p) FROM (VALUES
        (11, 98, 100, 'QQQ', 1), (11, 21, 5001, 'QQQ', 1), (11, 21, 5000, 'QQQ', 1), (11, 98, 5001, 'QQQ', 1), (31, 31, 1, 'QQX', 1), (11, 21, 1, NULL, 1), (21, 11, 100, 'QQQ', 1),
        (11, 21, 100, 'QQQ', 4), (11, 21, 100, 'QQQ', 5), (11, 21, 100, 'QQQ', NULL), (13, 21, 100, 'QQQ', 1), (11, 14, 100, 'QQQ', 1), (11, 31, 100, 'QQQ', 1),
        (12, 21, 100, 'QQQ', 1), (11, 21, 0, 'QQQ', 1), (11, 21, -1, 'QQQ', 1), (11, 21, NULL, 'QQQ', 1), (11, 11, 100, 'QQQ', 1)) AS v (d, c, a, y, p)$$,
    $$VALUES (11, 98, 100, 'QQQ', 1, 'BK012'), (11, 21, 5001, 'QQQ', 1, 'BK011'), (11, 21, 5000, 'QQQ', 1, 't t t'), (11, 98, 5001, 'QQQ', 1, 'BK012'), (31, 31, 1, 'QQX', 1, 'BK011'), (11, 21, 1, NULL, 1, 'BK011'),
             (21, 11, 100, 'QQQ', 1, 'BK008'), (11, 21, 100, 'QQQ', 4, 'BK008'), (11, 21, 100, 'QQQ', 5, 't t t'), (11, 21, 100, 'QQQ', NULL, 'BK010'), (13, 21, 100, 'QQQ', 1, 'BK001'),
             (11, 14, 100, 'QQQ', 1, 'BK001'), (11, 31, 100, 'QQQ', 1, 'BK002'), (12, 21, 100, 'QQQ', 1, 'BK003'), (11, 21, 0, 'QQQ', 1, '23514'), (11, 21, -1, 'QQQ', 1, '23514'), (11, 21, NULL, 'QQQ', 1, '23514'), (11, 11, 100, 'QQQ', 1, '23514')$$,
    'who may pay what, from where, to whom');
SELECT pg_catalog.set_config('bank.user_id', '', TRUE) \g /dev/null
SELECT is(tap.pays(11, 21, 100), 'BK010', 'a customer without a user does not');
SELECT pg_catalog.set_config('bank.user_id', '1', TRUE), pg_catalog.set_config('bank.stepped_up', 'on', TRUE) \g /dev/null
SELECT results_eq($$SELECT tap.pays(11, 21, 5001), tap.pays(31, 21, 1, 'QQX')$$, $$VALUES ('t t t', 'BK002')$$, 'with a further code one may pay more, and in a currency without a limit');
SELECT pg_catalog.set_config('bank.party_id', '1', TRUE), pg_catalog.set_config('bank.session_id', '1', TRUE) \g /dev/null
SET LOCAL SESSION AUTHORIZATION bank_app;
SELECT transfer_id, is_new FROM bank.pay('00000000-0000-4000-8000-000000000077', 11, lpad('21', 20, '9'), 6000, 'QQQ', 'a car', '10.0.0.1') \gset
RESET SESSION AUTHORIZATION;
SELECT pg_catalog.set_config('bank.stepped_up', '', TRUE) \g /dev/null
SELECT results_eq($$SELECT concat_ws(' ', kind, channel, client_ip, narrative, debit_account_id, credit_account_id, amount_minor) FROM bank.transfer WHERE transfer_uuid = '00000000-0000-4000-8000-000000000077'$$,
    $$VALUES ('payment web 10.0.0.1 a car 11 21 6000')$$, 'it is a payment by the web');
SELECT results_eq($$SELECT user_id, session_id, event, client_ip, detail FROM bank_online.audit_event ORDER BY event_id DESC LIMIT 1$$,
    format('SELECT 1::bigint, 1::bigint, ''transfer.done'', inet ''10.0.0.1'', %L::jsonb', jsonb_build_object('transfer_id', :transfer_id)), 'it is recorded');
SELECT is(tap.says('bank_app', 1, $$SELECT concat_ws(' ', transfer_id, is_new, booked_at) FROM bank.pay('00000000-0000-4000-8000-000000000077', 11, lpad('21', 20, '9'), 6000, 'QQQ', 'a car', '10.0.0.9')$$),
    (SELECT concat_ws(' ', transfer_id, FALSE, booked_at) FROM bank.transfer WHERE transfer_uuid = '00000000-0000-4000-8000-000000000077'), 'again it is the same answer, a further code or not');
SELECT is(tap.says('bank_app', 1, $$SELECT count(*) FROM bank.pay('00000000-0000-4000-8000-000000000077', 11, lpad('21', 20, '9'), 6000, 'QQQ', 'a car', '10.0.0.9'), bank_online.audit_event WHERE event = 'transfer.done'$$), '1', 'and recorded once');
SELECT results_eq($$SELECT tap.pays(11, 21, 100, p_uuid => '00000000-0000-4000-8000-000000000077'), tap.pays(11, 21, 100, p_uuid => '00000000-0000-3000-8000-000000000078')$$,
    $$VALUES ('BK006', 'BK009')$$, 'not with another content, nor under an id that the bank derives');

-- What is given up: its id is closed, for whoever closed it
CREATE FUNCTION tap.voids(p_uuid text, p_user bigint DEFAULT 1) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_told text;
BEGIN
    PERFORM pg_catalog.set_config('bank.user_id', p_user::text, TRUE), pg_catalog.set_config('bank.party_id', p_user::text, TRUE);
    SET LOCAL SESSION AUTHORIZATION bank_app;
    SELECT concat_ws(' ', v.made, v.retry_after) INTO v_told FROM bank.void_transfer(p_uuid::uuid, '10.0.0.1') AS v;
    SET LOCAL SESSION AUTHORIZATION DEFAULT;
    PERFORM pg_catalog.set_config('bank.user_id', '1', TRUE), pg_catalog.set_config('bank.party_id', '1', TRUE);
    RETURN v_told;
END $$;
SELECT is(tap.voids('00000000-0000-4000-8000-000000000077'), 't', 'what was made cannot be given up');
SELECT results_eq($$SELECT tap.voids('00000000-0000-4000-8000-000000000079'), tap.voids('00000000-0000-4000-8000-000000000079')$$, $$VALUES ('f', 'f')$$, 'what was not made can, and again');
SELECT results_eq($$SELECT user_id, session_id, client_ip, detail FROM bank_online.audit_event WHERE event = 'transfer.voided'$$,
    $$VALUES (1::bigint, 1::bigint, inet '10.0.0.1', '{"transfer_uuid": "00000000-0000-4000-8000-000000000079"}'::jsonb)$$, 'it is recorded, once');
SELECT results_eq($$SELECT tap.pays(11, 21, 100, p_uuid => '00000000-0000-4000-8000-000000000079'), tap.pays(11, 98, 100, p_uuid => '00000000-0000-4000-8000-000000000079')$$,
    $$VALUES ('BK020', 'BK020')$$, 'it is never made, whatever it is');
SELECT is(tap.pays(11, 21, 101, p_uuid => '00000000-0000-4000-8000-000000000098'), 't t t', 'what another has closed is open');
SELECT is(tap.voids('00000000-0000-4000-8000-000000000077', 2), 't', 'what the other side sees was made');
UPDATE bank.account_holder SET valid_to = CURRENT_DATE - 1 WHERE account_id IN (11, 21) AND party_id IN (1, 2);
SELECT results_eq($$SELECT tap.voids('00000000-0000-4000-8000-000000000077'), tap.voids('00000000-0000-4000-8000-000000000077', 2)$$, $$VALUES ('t', 'f')$$,
    'what one has made is one''s own, also without the account; what another has is not told');
UPDATE bank.account_holder SET valid_to = NULL WHERE account_id IN (11, 21) AND party_id IN (1, 2);
SELECT is((SELECT string_agg(tap.voids(gen_random_uuid()::text), ',') FROM generate_series(1, 100)) ~ '^(f,){99}3600$', TRUE, 'a hundred in an hour');
SELECT pg_catalog.set_config('bank.user_id', '', TRUE) \g /dev/null
SELECT is(tap.says('bank_app', 1, $$SELECT made FROM bank.void_transfer(gen_random_uuid(), NULL)$$), 'BK010', 'nobody gives anything up');
SELECT pg_catalog.set_config('bank.user_id', '1', TRUE) \g /dev/null
DELETE FROM bank_online.throttle WHERE subject = 'void 1';

-- What is paid without a further code, together: 5000 in 24 hours
CREATE FUNCTION tap.pays_on(p_amount bigint, p_currency text DEFAULT 'QQQ') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_told text;
BEGIN
    SET LOCAL SESSION AUTHORIZATION bank_app;
    SELECT is_new INTO v_told FROM bank.pay(gen_random_uuid(), 11, lpad('21', 20, '9'), p_amount, p_currency, 'bit by bit', '10.0.0.1');
    SET LOCAL SESSION AUTHORIZATION DEFAULT;
    RETURN v_told;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT is((SELECT string_agg(tap.pays_on(a), ',') FROM unnest('{2000,2000,1001,1000,1}'::int[]) AS a), 'true,true,BK011,true,BK011', 'payments of 24 hours are added up; one that goes beyond the limit is none of them');
SELECT results_eq('SELECT user_id, currency_code::text, amount_minor FROM bank_online.spent WHERE currency_code = ''QQQ''', $$VALUES (1::bigint, 'QQQ', 5000::bigint)$$, 'what was refused is not counted, nor what a further code was given for');
SELECT is(tap.says('bank_app', 1, $$SELECT step_up_needed FROM bank.check_payment(11, lpad('21', 20, '9'), 1, 'QQQ')$$), 'true', 'a check says so');
SELECT results_eq($$SELECT tap.says('bank_app', 1, 'SELECT is_new FROM bank.make_standing_order(gen_random_uuid(), 11, lpad(''21'', 20, ''9''), 1, ''QQQ'', 1::smallint, CURRENT_DATE, NULL, NULL, NULL)'),
                           tap.says('bank_app', 1, 'SELECT amount_minor FROM bank.change_standing_order(101, 11, NULL, NULL, NULL, NULL, NULL)')$$, $$VALUES ('BK011', 'BK011')$$, 'standing orders are among them');
SELECT pg_catalog.set_config('bank.stepped_up', 'on', TRUE) \g /dev/null
SELECT results_eq($$SELECT tap.pays_on(6000), (SELECT amount_minor FROM bank_online.spent WHERE currency_code = 'QQQ')$$, $$VALUES ('true', 5000::bigint)$$, 'with a further code one pays on, and it is not counted');
SELECT pg_catalog.set_config('bank.stepped_up', '', TRUE) \g /dev/null
UPDATE bank_online.spent SET since = now() - INTERVAL '24 hours';
SELECT results_eq($$SELECT tap.pays_on(4000), tap.says('bank_app', 1, 'SELECT is_new FROM bank.make_standing_order(gen_random_uuid(), 11, lpad(''21'', 20, ''9''), 1001, ''QQQ'', 1::smallint, CURRENT_DATE, NULL, NULL, NULL)'),
                           tap.says('bank_app', 1, 'SELECT is_new FROM bank.make_standing_order(gen_random_uuid(), 11, lpad(''21'', 20, ''9''), 1000, ''QQQ'', 1::smallint, CURRENT_DATE, NULL, NULL, NULL)')$$,
    $$VALUES ('true', 'BK011', 'true')$$, 'a day later it begins anew');
SELECT results_eq('SELECT since = now(), amount_minor FROM bank_online.spent WHERE currency_code = ''QQQ''', $$VALUES (TRUE, 4000::bigint)$$, 'with the first of them');
DELETE FROM bank_online.spent;

-- Whom one pays
INSERT INTO bank.account (account_id, account_no, product_id, branch_id, currency_code) SELECT i, lpad(i::text, 20, '9'), 1, 1, 'QQQ' FROM unnest('{41,42,43,44}'::int[]) AS i;
INSERT INTO bank.product (product_id, product_code, kind, name, fee_currency_code, on_sale_from) VALUES (2, 'OWN', 'internal', 'Settlement', 'QQQ', '2020-01-01');
UPDATE bank.account SET product_id = 2 WHERE account_id = 1;
UPDATE bank.person SET first_name = 'Иван', last_name = 'Петров' WHERE party_id = 2;
INSERT INTO bank.account_holder (account_id, party_id, role, valid_from, valid_to) VALUES (41, 3, 'owner', '2020-01-01', NULL), (42, 1, 'owner', '2020-01-02', NULL), (42, 2, 'owner', '2020-01-01', NULL),
    (43, 1, 'owner', '2020-01-01', '2020-12-31'), (43, 2, 'co_owner', '2020-01-01', NULL);
SELECT results_eq($$SELECT a, tap.says('bank_app', 1, format('SELECT concat_ws(''/'', name, currency_code, retry_after) FROM bank.payee(lpad(%L, 20, ''9''))', a)) FROM unnest('{21,31,41,42,43,44,1,98}'::text[]) AS a$$,
    $$VALUES ('21', 'Иван П./QQQ'), ('31', 'F L./QQX'), ('41', 'O/QQQ'), ('42', 'Иван П./QQQ'), ('43', 'QQQ'), ('44', 'QQQ'), ('1', 'Settlement/QQQ'), ('98', '')$$,
    'a person by first name and initial, an organisation, the bank by its product; the first owner of today; or nobody');
SELECT is(tap.says('bank_app', 1, $$SELECT concat_ws('/', name, currency_code, retry_after) FROM bank.payee('1 OR 1=1')$$), '', 'nonsense is nobody''s number');
SELECT is(tap.says('bank_app', 1, $$SELECT string_agg(format('%s %s', p.name IS NULL, p.retry_after), ',') FROM (SELECT (bank.payee(lpad('21', 20, '9'))).* FROM generate_series(1, 22)) AS p$$) ~ '^(f ,){20}t [0-9]+,t [0-9]+$', TRUE, 'sixty in an hour: a call for each of three columns');
SELECT is(tap.says('bank_app', 1, $$SELECT string_agg(coalesce(c::text, 'in'), ',') FROM (SELECT bank_online.count_payee() AS c FROM generate_series(1, 61)) AS p$$), repeat('in,', 60) || '3600',
    'a refusal that tells of one counts as asking for one');

-- The search: 900 entries of account 12 over three years
INSERT INTO bank.category (category_id, mcc, name, parent_id) VALUES (2, 'G002', 'Travel', NULL), (3, '4511', 'Airlines', 2), (4, '4112', 'Railways', 2);
INSERT INTO bank.merchant (merchant_id, merchant_no, category_id, name) VALUES (2, 'M999999992', 3, 'Аэрофлот'), (3, 'M999999993', 4, '100% Rail_way');
INSERT INTO bank.card (card_id, pan_token, account_id, party_id, scheme, last4, embossed_name, expires_on, status) VALUES (12, 'tok_000000000000000000000012', 12, 1, 'mir', '0000', 'A B', '2040-01-01', 'active');
UPDATE bank.account SET overdraft_limit_minor = 1000000 WHERE account_id = 12;
SELECT setseed(0.5) \g /dev/null
SELECT count(bank.transfer(md5(i::text)::uuid, CASE WHEN i % 4 < 3 THEN 12 ELSE 1 END, CASE i % 4 WHEN 3 THEN 12 WHEN 2 THEN 1 ELSE 21 END, 1 + i, 'QQQ',
    CASE i % 4 WHEN 2 THEN 'card' ELSE 'payment' END::bank.transfer_kind, 'web', CASE i % 10 WHEN 0 THEN 'Rent ' || i WHEN 1 THEN 'a_b' WHEN 2 THEN 'a\b' WHEN 5 THEN 'Ёлка ' || i END,
    CASE i % 4 WHEN 2 THEN 12 END, CASE i % 4 WHEN 2 THEN 1 + i % 3 END, p_value_date => CASE WHEN i < 300 THEN CURRENT_DATE - (random() * 20)::int ELSE CURRENT_DATE - (random() * 1100)::int END))
FROM generate_series(1, 900) AS i \g /dev/null
SELECT count(bank.reverse(md5('r' || i)::uuid, (SELECT t.transfer_id FROM bank.transfer AS t WHERE t.transfer_uuid = md5(i::text)::uuid), 'by mistake')) FROM generate_series(5, 900, 100) AS i \g /dev/null
INSERT INTO bank.transfer_status (transfer_id, status) SELECT t.transfer_id, 'disputed' FROM bank.transfer AS t WHERE t.transfer_uuid IN (SELECT md5(i::text)::uuid FROM generate_series(7, 900, 200) AS i);

-- The same by a query of its own.
CREATE TEMP VIEW line AS
SELECT e.value_date, e.transfer_id, e.line_no, e.side, e.amount_minor, t.kind, t.booked_at, t.narrative, m.name AS merchant, a.account_no::text AS counterparty, t.transfer_uuid, c.mcc::text AS mcc,
       (SELECT array_agg(s.status ORDER BY s.status) FROM bank.transfer_status AS s WHERE s.transfer_id = t.transfer_id) AS statuses, g.mcc::text AS of_group
FROM bank.ledger_entry AS e JOIN bank.transfer AS t USING (transfer_id) JOIN bank.account AS a ON a.account_id IN (t.debit_account_id, t.credit_account_id) AND a.account_id <> 12
LEFT JOIN bank.merchant AS m USING (merchant_id) LEFT JOIN bank.category AS c USING (category_id) LEFT JOIN bank.category AS g ON g.category_id = c.parent_id
WHERE e.account_id = 12;
-- All pages, each asked for with the last row of the one before, until one says that it was all.
CREATE FUNCTION tap.found(p_limit int, p_filter text) RETURNS TABLE (n bigint, value_date date, transfer_id bigint, line_no smallint, page int)
LANGUAGE plpgsql AS $$
DECLARE
    v record;
    v_rows int;
BEGIN
    page := 0;
    n := 0;
    LOOP
        page := page + 1;
        v_rows := 0;
        v := NULL;
        FOR v IN EXECUTE format('SELECT * FROM bank.transactions(12, $1, $2, $3, $4%s)', p_filter) USING p_limit, value_date, transfer_id, line_no LOOP
            EXIT WHEN v.side IS NULL;
            v_rows := v_rows + 1;
            n := n + 1;
            value_date := v.value_date; transfer_id := v.transfer_id; line_no := v.line_no;
            RETURN NEXT;
        END LOOP;
        -- the last row, or nothing
        EXIT WHEN v.side IS NOT NULL OR v.transfer_id IS NULL OR page > 2000;
        value_date := v.value_date; transfer_id := v.transfer_id; line_no := v.line_no;
    END LOOP;
END $$;
CREATE TEMP TABLE filter (name text, f text, rule text);
INSERT INTO filter VALUES
('nothing', '', 'TRUE'), ('days', ', CURRENT_DATE - 400, CURRENT_DATE - 5', 'value_date BETWEEN CURRENT_DATE - 400 AND CURRENT_DATE - 5'), ('a first day', ', CURRENT_DATE - 3', 'value_date >= CURRENT_DATE - 3'),
('a last day', ', p_to => CURRENT_DATE - 900', 'value_date <= CURRENT_DATE - 900'), ('one day', ', CURRENT_DATE - 2, CURRENT_DATE - 2', 'value_date = CURRENT_DATE - 2'), ('days the wrong way round', ', CURRENT_DATE, CURRENT_DATE - 2', 'FALSE'),
('amounts', ', p_least => 100, p_most => 300', 'amount_minor BETWEEN 100 AND 300'), ('a least amount', ', p_least => 890', 'amount_minor >= 890'), ('a side', ', p_side => ''credit''', 'side = ''credit'''),
('a category', ', p_mcc => ''4511''', 'mcc = ''4511'''), ('a group', ', p_mcc => ''G002''', 'of_group = ''G002'''), ('no such category', ', p_mcc => ''9999''', 'FALSE'),
('reversed', ', p_status => ''reversed''', '''reversed'' = ANY (statuses)'), ('disputed', ', p_status => ''disputed''', '''disputed'' = ANY (statuses)'),
('text of a narrative', ', p_text => ''rEnt''', 'narrative LIKE ''Rent%'''), ('of a merchant', ', p_text => ''аэро''', 'merchant = ''Аэрофлот'''), ('of other letters', ', p_text => ''ёлка''', 'narrative LIKE ''Ёлка%'''),
('with what stands for anything', ', p_text => ''a_b''', 'narrative = ''a_b'''), ('with what escapes', ', p_text => ''A\b''', 'narrative = ''a\b'''), ('of a name with both', ', p_text => ''% rail_''', 'merchant = ''100% Rail_way'''),
('of a counterparty', ', p_text => ''9921''', 'counterparty LIKE ''%9921%'''), ('digits of a narrative', ', p_text => ''360''', 'narrative LIKE ''%360%'''), ('an empty text', ', p_text => ''''', 'TRUE'),
('all at once', ', CURRENT_DATE - 800, CURRENT_DATE - 1, 50, 800, ''debit'', NULL, ''posted'', ''rent''',
 'value_date BETWEEN CURRENT_DATE - 800 AND CURRENT_DATE - 1 AND amount_minor BETWEEN 50 AND 800 AND side = ''debit'' AND narrative LIKE ''Rent%''');
CREATE FUNCTION tap.expected(p_rule text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v text;
BEGIN
    EXECUTE 'SELECT string_agg(transfer_id::text, '','' ORDER BY value_date DESC, transfer_id DESC, line_no DESC) FROM line WHERE ' || p_rule INTO v;
    RETURN coalesce(v, '');
END $$;
SELECT is((SELECT coalesce(string_agg(transfer_id::text, ',' ORDER BY n), '') FROM tap.found(50, f)), tap.expected(rule), 'search by ' || name) FROM filter;
SELECT is_empty($$SELECT name, size FROM filter, unnest('{1,7,500}'::int[]) AS size WHERE (size > 1 OR name IN ('reversed', 'days', 'all at once'))
    AND (SELECT coalesce(string_agg(transfer_id::text, ',' ORDER BY n), '') FROM tap.found(size, f)) <> tap.expected(rule)$$, 'the same on pages of other sizes');
SELECT is((SELECT count(*)::int FROM filter WHERE tap.expected(rule) = ''), 2, 'all but two find something');
SELECT results_eq('SELECT * FROM bank.transactions(12, 500) WHERE side IS NOT NULL', 'SELECT value_date, transfer_id, line_no, side, amount_minor, kind, booked_at, narrative, merchant, counterparty, transfer_uuid, mcc, statuses
    FROM line ORDER BY value_date DESC, transfer_id DESC, line_no DESC LIMIT 500', 'every column is what it says');
SELECT results_eq('SELECT value_date, transfer_id, line_no, side, amount_minor, kind, booked_at, narrative, merchant, counterparty FROM bank.transactions(12, 77) WHERE side IS NOT NULL', 'SELECT * FROM bank.account_page(12, 77)', 'the same as account_page()');
SELECT results_eq($$SELECT p, tap.does('bank_app', p, 'SELECT * FROM bank.transactions(12)'), tap.does('bank_app', p, 'SELECT * FROM bank.transactions(12, p_text => ''rent'')'),
        tap.does('bank_app', p, 'SELECT * FROM bank.page_lines(12, (SELECT array_agg(ROW(t, 1, CURRENT_DATE, 12, ''debit'', 1)::bank.ledger_entry) FROM generate_series(1, 900) AS t))'),
        tap.does('bank_app', p, 'SELECT * FROM bank.matching_entries(12, (SELECT array_agg(ROW(t, 1, CURRENT_DATE, 12, ''debit'', 1)::bank.ledger_entry) FROM generate_series(1, 900) AS t), 10, NULL, NULL, NULL, NULL, ''posted'', NULL)')
    FROM unnest('{1,2,NULL}'::bigint[]) AS p$$, $$VALUES (1::bigint, '51 rows', '51 rows', '42501', '42501'), (2, '0 rows', '0 rows', '42501', '42501'), (NULL, '0 rows', '0 rows', '42501', '42501')$$, 'nothing of others'' accounts, nor past transactions()');
SELECT is(tap.says('bank_core', NULL, 'SELECT count(*) FROM bank.page_lines(11, (SELECT array_agg(ROW(t.transfer_id, 1, CURRENT_DATE, 11, ''debit'', 1)::bank.ledger_entry) FROM bank.transfer AS t WHERE 12 IN (t.debit_account_id, t.credit_account_id)))'), '0',
    'nor of a transfer that is not the account''s');
SELECT throws_ok('SELECT * FROM bank.transactions(12, p_side => ''left'')', '22P02', NULL, 'a side is debit or credit');

-- The bound: 45,000 entries of account 44, of which the oldest one matches
SET LOCAL session_replication_role = replica;
INSERT INTO bank.transfer (transfer_id, transfer_uuid, debit_account_id, credit_account_id, amount_minor, currency_code, kind, channel, narrative)
SELECT 100000 + i, md5('b' || i)::uuid, 44, 1, i, 'QQQ', 'payment', 'web', CASE i WHEN 1 THEN 'needle' END FROM generate_series(1, 45000) AS i;
INSERT INTO bank.ledger_entry (transfer_id, line_no, value_date, account_id, side, amount_minor) SELECT 100000 + i, 1, DATE '2024-01-01' + i / 100, 44, 'debit', i FROM generate_series(1, 45000) AS i;
SET LOCAL session_replication_role = origin;
SELECT results_eq($$SELECT transfer_id, value_date, line_no, side::text FROM bank.transactions(44, p_text => 'needle')$$, $$VALUES (125001::bigint, DATE '2024-01-01' + 250, 1::smallint, NULL::text)$$, 'a call looks through 20,000 entries, and says where it stopped');
SELECT results_eq($$SELECT transfer_id, side IS NULL FROM bank.transactions(44, 50, DATE '2024-01-01' + 250, 125001, 1::smallint, p_text => 'needle')$$, $$VALUES (105001::bigint, TRUE)$$, 'the next one goes on behind it');
SELECT results_eq($$SELECT transfer_id, side IS NULL FROM bank.transactions(44, 50, DATE '2024-01-01' + 50, 105001, 1::smallint, p_text => 'needle')$$, $$VALUES (100001::bigint, FALSE)$$, 'and the last one finds it, and that that was all');
SELECT * FROM finish();
ROLLBACK;
