-- The bank's source: what a party's status lets it do, what changes write and how often, the desk's bounds, whose a statement is.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(44);
SELECT setval('bank_online.session_session_id_seq', 100), setval('bank_online.app_user_user_id_seq', 100),
    setval('bank_online.beneficiary_beneficiary_id_seq', 200) \g /dev/null
INSERT INTO bank_online.step_up_limit (currency_code, amount_minor) VALUES ('QQX', 5000);
UPDATE bank_online.session SET step_up_until = now() + INTERVAL '5 minutes';

-- What bank_app gets for a query in a transaction that a token begins, or the error's SQLSTATE. What it does stays.
CREATE FUNCTION tap.asks(p_token text, p_sql text, p_user text DEFAULT 'bank_app') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_told text;
BEGIN
    BEGIN
        EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', p_user);
        IF p_user = 'bank_app' THEN
            PERFORM bank_online.enter(sha256(p_token::bytea));
        END IF;
        EXECUTE p_sql INTO v_told;
        SET LOCAL SESSION AUTHORIZATION DEFAULT;
    EXCEPTION WHEN OTHERS THEN
        v_told := SQLSTATE;
    END;
    RETURN coalesce(v_told, 'NULL');
END $$;
CREATE FUNCTION tap.verdict(p_token text) RETURNS text
LANGUAGE sql AS $$SELECT tap.says('bank_app', NULL, format('SELECT verdict FROM bank_online.enter(sha256(%L))', p_token))$$;
CREATE FUNCTION tap.becomes(p_party bigint, p_status text) RETURNS text
LANGUAGE sql AS $$SELECT tap.asks('', format('UPDATE bank.party SET status = %L WHERE party_id = %L RETURNING status', p_status, p_party), 'bank_core')$$;
CREATE FUNCTION tap.signs_in(p_login text, p_step bigint) RETURNS text
LANGUAGE sql AS $$
    SELECT tap.asks('', format('SELECT coalesce(b.user_id::text, ''unknown'') || coalesce('' '' || f.role, '''') FROM bank_online.login_begin(%1$L, ''10.0.0.1'', NULL) AS b
        LEFT JOIN LATERAL bank_online.login_finish(%1$L, b.user_id, b.password_changed_at, %2$L, NULL, sha256((''in'' || %2$L)::bytea), NULL, NULL, ''10.0.0.1'', ''x'') AS f ON b.user_id IS NOT NULL', p_login, p_step))
$$;
CREATE FUNCTION tap.events(p_event text) RETURNS bigint
LANGUAGE sql AS $$SELECT count(*) FROM bank_online.audit_event WHERE event LIKE p_event$$;

-- each sees what the same query has done before
CREATE FUNCTION tap.told() RETURNS text
LANGUAGE plpgsql AS $$BEGIN RETURN (SELECT string_agg(kind, ',' ORDER BY notification_id) FROM bank_online.notification WHERE user_id = 1 AND kind LIKE 'customer.%'); END $$;
CREATE FUNCTION tap.sessions() RETURNS bigint
LANGUAGE plpgsql AS $$BEGIN RETURN (SELECT count(*) FROM bank_online.session WHERE user_id = 1 AND ended_at IS NULL); END $$;
CREATE FUNCTION tap.access() RETURNS text
LANGUAGE plpgsql AS $$BEGIN RETURN (SELECT status FROM bank_online.app_user WHERE user_id = 2); END $$;

-- What a customer does: name, query
CREATE TEMP TABLE deed (n int, name text, q text);
INSERT INTO deed VALUES
(1, 'pays', 'SELECT is_new FROM bank.pay(gen_random_uuid(), 11, lpad(''21'', 20, ''9''), 10, ''QQQ'', NULL, NULL)'),
(2, 'asks what a payment would come to', 'SELECT available_minor > 0 FROM bank.check_payment(11, lpad(''21'', 20, ''9''), 10, ''QQQ'')'),
(3, 'makes a standing order', 'SELECT is_new FROM bank.make_standing_order(gen_random_uuid(), 11, lpad(''21'', 20, ''9''), 10, ''QQQ'', 1::smallint, CURRENT_DATE, NULL, NULL, NULL)'),
(4, 'raises one', 'SELECT amount_minor > 10 FROM bank.change_standing_order(101, 11, NULL, NULL, NULL, NULL, NULL)'),
(5, 'lets one go on', 'SELECT status = ''active'' FROM bank.change_standing_order(101, NULL, NULL, NULL, NULL, ''active'', NULL)'),
(6, 'adds a beneficiary', 'SELECT is_new FROM bank_online.add_beneficiary(lpad(''12'', 20, ''9''), ''x'', NULL)'),
(7, 'releases a card', 'SELECT status = ''active'' FROM bank.change_card(1, ''active'', NULL, NULL)'),
(8, 'lowers a card''s limit', 'SELECT day_limit_minor = 1 FROM bank.change_card(1, NULL, 1, NULL)'),
(9, 'freezes one, and sets its limit', 'SELECT day_limit_minor = 1 FROM bank.change_card(1, ''frozen'', 1, NULL)'),
(11, 'freezes a card', 'SELECT status = ''frozen'' FROM bank.change_card(1, ''frozen'', NULL, NULL)'),
(12, 'pauses a standing order', 'SELECT status = ''paused'' FROM bank.change_standing_order(101, NULL, NULL, NULL, NULL, ''paused'', NULL)'),
(13, 'removes a beneficiary', 'SELECT bank_online.remove_beneficiary(101, NULL)'),
(14, 'asks whom a number belongs to', 'SELECT name IS NOT NULL FROM bank.payee(lpad(''21'', 20, ''9''))'),
(15, 'looks at accounts', 'SELECT count(*) = 5 FROM bank.account'),
(16, 'chooses a language', 'SELECT language = ''en'' FROM bank.change_profile(''en'', NULL, NULL, NULL)'),
(17, 'sees why', 'SELECT status = ''blocked'' FROM bank.party');
-- each by itself: taken back
CREATE FUNCTION tap.deed(p_query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_told text;
BEGIN
    v_told := tap.asks('1', p_query);
    RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = v_told;
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
    RETURN SQLERRM;
END $$;
SELECT is_empty($$SELECT name, tap.deed(q) FROM deed WHERE n <> 17 AND tap.deed(q) <> 'true'$$, 'an active customer does all that');
SELECT tap.asks('1', 'SELECT is_new FROM bank.pay(''00000000-0000-4000-8000-000000000088'', 11, lpad(''21'', 20, ''9''), 10, ''QQQ'', NULL, NULL)'),
    tap.asks('1', 'SELECT is_new FROM bank.make_standing_order(''00000000-0000-4000-8000-000000000089'', 11, lpad(''21'', 20, ''9''), 10, ''QQQ'', 1::smallint, CURRENT_DATE, NULL, NULL, NULL)') \g /dev/null
SELECT is(tap.becomes(1, 'blocked'), 'blocked', 'a branch blocks a party');
SELECT results_eq('SELECT name, tap.deed(q) FROM deed WHERE n < 10 ORDER BY n', 'SELECT name, ''BK019'' FROM deed WHERE n < 10 ORDER BY n', 'a blocked one neither pays nor orders, nor makes more possible');
SELECT results_eq('SELECT name, tap.deed(q) FROM deed WHERE n > 10 ORDER BY n', 'SELECT name, ''true'' FROM deed WHERE n > 10 ORDER BY n', 'it looks, sees why, and makes less possible');
SELECT is(tap.signs_in('ada', 1), '1 customer', 'it signs in');
SELECT is(tap.asks('1', 'SELECT is_new FROM bank.pay(''00000000-0000-4000-8000-000000000088'', 11, lpad(''21'', 20, ''9''), 10, ''QQQ'', NULL, NULL)'), 'false', 'a payment of before is answered as before');
SELECT is(tap.asks('1', 'SELECT is_new FROM bank.make_standing_order(''00000000-0000-4000-8000-000000000089'', 11, lpad(''21'', 20, ''9''), 10, ''QQQ'', 1::smallint, CURRENT_DATE, NULL, NULL, NULL)'), 'false', 'so is a standing order');
SELECT is(tap.asks('2', 'SELECT is_new FROM bank.pay(gen_random_uuid(), 21, lpad(''11'', 20, ''9''), 10, ''QQQ'', NULL, NULL)'), 'true', 'money comes in all the same');
SELECT is(tap.told(), 'customer.blocked', 'the customer is told');
SELECT results_eq($$SELECT user_id, event, detail FROM bank_online.audit_event WHERE event LIKE 'customer.%'$$, $$VALUES (1::bigint, 'customer.blocked', jsonb '{"by": "bank_core", "party_id": 1}')$$, 'and it is recorded');
SELECT results_eq($$SELECT tap.becomes(1, 'active'), tap.deed((SELECT q FROM deed WHERE n = 1)), tap.told()$$, $$VALUES ('active', 'true', 'customer.blocked,customer.active')$$, 'released, it pays again');

-- Those who do not sign in
SELECT results_eq($$SELECT s, tap.becomes(1, s), tap.verdict('1'), tap.signs_in('ada', 10), tap.sessions(),
    tap.becomes(1, 'active'), tap.verdict('1'), tap.signs_in('ada', 10 + o) FROM unnest('{left,prospect}'::text[]) WITH ORDINALITY AS v (s, o)$$,
    $$VALUES ('left', 'left', 'none', 'unknown', 0::bigint, 'active', 'none', '1 customer'), ('prospect', 'prospect', 'none', 'unknown', 0::bigint, 'active', 'none', '1 customer')$$,
    'who has left, or is no customer yet: no session lives on, none begins, and the old ones do not come back');
SELECT is(tap.events('customer.%'), 6::bigint, 'each change is recorded');
SELECT is((SELECT count(*)::int FROM bank_online.notification WHERE kind IN ('customer.left', 'customer.prospect')), 0, 'who cannot look is not told here');
UPDATE bank_online.app_user SET status = 'suspended' WHERE user_id = 2;
SELECT results_eq($$SELECT tap.becomes(2, 'left'), tap.becomes(2, 'active'), tap.access()$$, $$VALUES ('left', 'active', 'suspended')$$, 'who was suspended stays so');
UPDATE bank_online.app_user SET status = 'active' WHERE user_id = 2;
SELECT results_eq($$SELECT tap.becomes(2, 'left'), tap.becomes(2, 'blocked'), tap.access(), tap.becomes(2, 'active')$$, $$VALUES ('left', 'blocked', 'active', 'active')$$, 'one who comes back blocked looks');
SELECT is(tap.becomes(7, 'left'), 'left', 'a party without access just leaves');

-- Registering: who is active only
UPDATE bank_online.registration SET totp_secret = decode(repeat('00', 60), 'hex');
CREATE FUNCTION tap.finishes() RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_told text;
BEGIN
    v_told := tap.asks('', 'SELECT bank_online.finish_registration(sha256(''token of 4''), 1, ''{}'', NULL) > 0');
    RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = v_told;
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
    RETURN SQLERRM;
END $$;
SELECT results_eq($$SELECT s, tap.becomes(4, s), tap.finishes() FROM unnest('{blocked,left,prospect,active}'::text[]) AS s$$,
    $$VALUES ('blocked', 'blocked', 'BK015'), ('left', 'left', 'BK015'), ('prospect', 'prospect', 'BK015'), ('active', 'active', 'true')$$, 'a registration is finished of an active party only');
SELECT results_eq($$SELECT s, tap.becomes(6, s), tap.asks('', 'SELECT bank_online.add_user(''gil'', 6, ''customer'', ''$argon2id$v=19$s'', NULL, ''{}'') > 0', 'bank_core') FROM unnest('{blocked,left,prospect,active}'::text[]) AS s$$,
    $$VALUES ('blocked', 'blocked', 'BK015'), ('left', 'left', 'BK015'), ('prospect', 'prospect', 'BK015'), ('active', 'active', 'true')$$, 'so is access that a branch registers');
UPDATE bank_online.registration SET login = 'ada';
SELECT is(tap.finishes(), 'BK016', 'a login that was taken meanwhile is told as such');
UPDATE bank_online.registration SET login = 'dan';
SELECT tap.asks('', 'SELECT bank_online.add_user(''dan.the.other'', 4, ''customer'', ''$argon2id$v=19$s'', NULL, ''{}'') > 0', 'bank_core') \g /dev/null
SELECT is(tap.finishes(), 'BK015', 'access that the party got meanwhile is another thing');

-- What changes nothing writes nothing
INSERT INTO bank_online.session (session_id, user_id, token_hash, expires_at, step_up_until) OVERRIDING SYSTEM VALUE
VALUES (900, 1, sha256('c'), now() + INTERVAL '1 hour', now() + INTERVAL '5 minutes');
DELETE FROM bank_online.throttle;
CREATE FUNCTION tap.many(p_sql text, p_times int) RETURNS text
LANGUAGE sql AS $$SELECT string_agg(DISTINCT t, ',' ORDER BY t) FROM (SELECT tap.asks('c', p_sql) AS t FROM generate_series(1, p_times)) AS v$$;
CREATE TEMP TABLE was AS SELECT (SELECT max(event_id) FROM bank_online.audit_event) AS event_id, p.xmin::text AS party, o.xmin::text AS standing_order, c.xmin::text AS card, b.xmin::text AS beneficiary
FROM bank.party AS p, bank.standing_order AS o, bank.card AS c, bank_online.beneficiary AS b WHERE p.party_id = 1 AND o.standing_order_id = 101 AND c.card_id = 1 AND b.beneficiary_id = 101;
UPDATE bank.party SET preferences = '{"theme": "dark", "news": true}', language = 'ru' WHERE party_id = 1;
SELECT results_eq($$SELECT q, tap.many('SELECT ' || q, 150) FROM unnest(ARRAY['status FROM bank.change_standing_order(101, NULL, NULL, NULL, NULL, NULL, NULL)', 'concat_ws('' '', amount_minor, day_of_month, ends_on, status) FROM bank.change_standing_order(101, 10, 31::smallint, NULL, NULL, ''active'', NULL)',
        'status FROM bank.change_card(1, ''active'', NULL, NULL)', 'concat_ws('' '', language, theme, news) FROM bank.change_profile(''ru'', ''dark'', NULL, NULL)', 'concat_ws('' '', language, theme, news) FROM bank.change_profile(NULL, NULL, NULL, NULL)']) AS q$$,
    $$VALUES ('status FROM bank.change_standing_order(101, NULL, NULL, NULL, NULL, NULL, NULL)', 'active'), ('concat_ws('' '', amount_minor, day_of_month, ends_on, status) FROM bank.change_standing_order(101, 10, 31::smallint, NULL, NULL, ''active'', NULL)', '10 31 active'),
        ('status FROM bank.change_card(1, ''active'', NULL, NULL)', 'active'), ('concat_ws('' '', language, theme, news) FROM bank.change_profile(''ru'', ''dark'', NULL, NULL)', 'ru dark t'), ('concat_ws('' '', language, theme, news) FROM bank.change_profile(NULL, NULL, NULL, NULL)', 'ru dark t')$$,
    'what is so already is answered, however often');
SELECT is(tap.many('SELECT concat_ws('' '', is_new, beneficiary_id) FROM bank_online.add_beneficiary(lpad(''21'', 20, ''9''), ''Bob'', NULL)', 50), 'f 101', 'a beneficiary under the name it has, too');
SELECT results_eq($$SELECT (SELECT max(event_id) FROM bank_online.audit_event), o.xmin::text, c.xmin::text, b.xmin::text FROM bank.standing_order AS o, bank.card AS c, bank_online.beneficiary AS b
    WHERE o.standing_order_id = 101 AND c.card_id = 1 AND b.beneficiary_id = 101$$, 'SELECT event_id, standing_order, card, beneficiary FROM was', 'no row is written, nor the trail');
SELECT is((SELECT count(*)::int FROM bank_online.throttle WHERE subject LIKE 'change %'), 0, 'and none of it is counted');

-- What changes something does so a hundred times an hour
CREATE FUNCTION tap.toggles(p_times int) RETURNS TABLE (told text, n bigint)
LANGUAGE sql AS $$
    SELECT CASE WHEN t ~ '^[0-9]+$' THEN 'wait' ELSE t END, count(*) FROM (
        SELECT tap.asks('c', format('SELECT coalesce(retry_after::text, status) FROM bank.change_card(1, %L, NULL, NULL)', CASE n % 2 WHEN 1 THEN 'frozen' ELSE 'active' END)) AS t
        FROM generate_series(1, p_times) AS n) AS v GROUP BY 1 ORDER BY 1
$$;
SELECT results_eq('SELECT * FROM tap.toggles(300)', $$VALUES ('active', 100::bigint), ('frozen', 150), ('wait', 50)$$, 'a card is released a hundred times, and frozen always');
SELECT results_eq($$SELECT tap.events('card.changed'), (SELECT status::text FROM bank.card WHERE card_id = 1), tap.events('tries.exceeded')$$, $$VALUES (201::bigint, 'frozen', 1::bigint)$$, 'each is recorded, and that there were more');
SELECT results_eq($$SELECT q, tap.many('SELECT retry_after > 0 FROM ' || q, 1) FROM unnest(ARRAY['bank.change_standing_order(101, 9, NULL, NULL, NULL, NULL, NULL)', 'bank.change_profile(''en'', NULL, NULL, NULL)', 'bank.change_card(1, NULL, 1, NULL)',
        'bank.make_standing_order(''00000000-0000-4000-8000-000000000090'', 11, lpad(''21'', 20, ''9''), 10, ''QQQ'', 1::smallint, CURRENT_DATE, NULL, NULL, NULL)']) AS q$$,
    $$SELECT q, 'true' FROM unnest(ARRAY['bank.change_standing_order(101, 9, NULL, NULL, NULL, NULL, NULL)', 'bank.change_profile(''en'', NULL, NULL, NULL)', 'bank.change_card(1, NULL, 1, NULL)',
        'bank.make_standing_order(''00000000-0000-4000-8000-000000000090'', 11, lpad(''21'', 20, ''9''), 10, ''QQQ'', 1::smallint, CURRENT_DATE, NULL, NULL, NULL)']) AS q$$, 'all these are counted together');
SELECT results_eq($$SELECT amount_minor, (SELECT language FROM bank.party WHERE party_id = 1), (SELECT day_limit_minor FROM bank.card WHERE card_id = 1), (SELECT count(*) FROM bank_online.idempotency WHERE request_id = '00000000-0000-4000-8000-000000000090')
    FROM bank.standing_order WHERE standing_order_id = 101$$, $$VALUES (10::bigint, 'ru'::bpchar, NULL::bigint, 0::bigint)$$, 'and what is too much is not done');
DELETE FROM bank_online.throttle;
SELECT results_eq($$SELECT tap.many('SELECT is_new FROM bank.make_standing_order(''00000000-0000-4000-8000-000000000090'', 11, lpad(''21'', 20, ''9''), 10, ''QQQ'', 1::smallint, CURRENT_DATE, NULL, NULL, NULL)', 1)$$, $$VALUES ('true')$$, 'an order that was too much is made later, under the same id');
SELECT results_eq($$SELECT tap.asks('c', 'SELECT amount_minor FROM bank.change_standing_order(101, 9, NULL, NULL, NULL, NULL, NULL)'), tap.asks('c', 'SELECT concat_ws('' '', language, theme, news) FROM bank.change_profile(''en'', NULL, FALSE, NULL)')$$,
    $$VALUES ('9', 'en dark f')$$, 'an hour later they are done');
SELECT is(tap.many('SELECT retry_after IS NULL FROM bank_online.renew_recovery_codes(ARRAY[sha256(''x'')])', 10) || ' ' || tap.many('SELECT retry_after > 0 FROM bank_online.renew_recovery_codes(ARRAY[sha256(''x'')])', 1), 'true true', 'recovery codes are renewed ten times');
SELECT is(tap.many('SELECT bank.change_profile(NULL, NULL, NULL, NULL)', 1), '(en,dark,f,)', 'preferences are the customer''s');
SELECT is(tap.asks('3', 'SELECT bank.change_profile(''en'', NULL, NULL, NULL)'), 'BK010', 'and of nobody else');

-- Two hundred beneficiaries
INSERT INTO bank_online.beneficiary (user_id, account_no, alias) SELECT 1, lpad(i::text, 20, '0'), 'x' FROM generate_series(1, 199) AS i;
SELECT results_eq($$SELECT tap.asks('c', 'SELECT concat_ws('' '', is_new, beneficiary_id) FROM bank_online.add_beneficiary(lpad(''21'', 20, ''9''), ''Robert'', NULL)'), tap.asks('c', 'SELECT is_new FROM bank_online.add_beneficiary(lpad(''12'', 20, ''9''), ''x'', NULL)'),
    tap.asks('c', 'SELECT alias FROM bank_online.beneficiary WHERE beneficiary_id = 101')$$, $$VALUES ('f 101', 'BK014', 'Robert')$$, 'of 200 one gets another name, and there is no further one');

-- The desk
CREATE FUNCTION tap.desk(p_sql text, p_times int) RETURNS text
LANGUAGE sql AS $$SELECT string_agg(t || ' ' || n, ', ' ORDER BY t) FROM (SELECT t, count(*) AS n FROM (SELECT tap.asks('3', p_sql) AS t FROM generate_series(1, p_times)) AS v GROUP BY 1) AS v$$;
DELETE FROM bank_online.throttle;
SELECT results_eq($$SELECT q, tap.desk('SELECT CASE WHEN retry_after IS NULL THEN ''done'' WHEN retry_after > 0 THEN ''wait'' END FROM bank_online.' || q, 302) FROM unnest(ARRAY['view_customer(7, NULL)', 'block_card(3, ''lost'', NULL)', 'make_activation(5, sha256(''x''), NULL)']) AS q$$,
    $$VALUES ('view_customer(7, NULL)', 'done 300, wait 2'), ('block_card(3, ''lost'', NULL)', 'done 300, wait 2'), ('make_activation(5, sha256(''x''), NULL)', 'done 300, wait 2')$$, 'looking, blocking and activating: three hundred an hour');
SELECT is(tap.desk('SELECT concat_ws('','', party, contacts, accounts, cards, access) FROM bank_online.view_customer(2, NULL)', 1), ' 1', 'beyond it nothing is told');
SELECT results_eq($$SELECT tap.events('staff.viewed'), tap.events('card.blocked'), (SELECT count(*) FROM bank_online.notification WHERE user_id = 2 AND kind = 'card.blocked' AND detail ? 'last4')$$, $$VALUES (300::bigint, 1::bigint, 1::bigint)$$, 'what was done is recorded, and the customer told, once');
DELETE FROM bank_online.throttle;
SELECT tap.desk('SELECT party FROM bank_online.view_customer(1, NULL)', 1) \g /dev/null

-- The trail of a customer: what they did, and what was done to them
SELECT results_eq($$SELECT p, tap.asks('3', format('SELECT string_agg(DISTINCT event, '','' ORDER BY event) FROM bank_online.read_audit(%L, NULL, NULL, 200, NULL)', p)) FROM unnest('{1,2,5}'::int[]) AS p$$,
    $$VALUES (1, 'beneficiary.added,card.changed,recovery_codes.renewed,staff.viewed,standing_order.changed,standing_order.made,tries.exceeded'), (2, 'card.blocked,customer.active,customer.blocked,customer.left,login,transfer.done'), (5, 'activation.made')$$,
    'of what staff did, too, also to one who has no access');
SELECT results_eq($$SELECT tap.asks('3', 'SELECT string_agg(DISTINCT login, '','') FROM bank_online.read_audit(2, ''card.blocked'', NULL, 200, NULL)'), tap.asks('3', 'SELECT count(*) FROM bank_online.read_audit(99, NULL, NULL, 200, NULL)')$$, $$VALUES ('eve', '0')$$, 'and who of them; of nobody, nothing');
SELECT results_eq($$SELECT tap.asks('3', 'WITH a AS (SELECT row_number() OVER () AS n, event_id FROM bank_online.read_audit(1, NULL, NULL, 6, NULL)), b AS (SELECT row_number() OVER () AS n, event_id FROM bank_online.read_audit(1, NULL, (SELECT event_id FROM a WHERE n = 3), 3, NULL))
    SELECT (SELECT array_agg(event_id ORDER BY n) FROM b) = (SELECT array_agg(event_id ORDER BY n) FROM a WHERE n > 3) AND (SELECT bool_and(a.event_id > l.event_id) FROM a JOIN a AS l ON l.n = a.n + 1)')$$, $$VALUES ('true')$$, 'page by page, newest first, each once');

-- Whose a statement is
INSERT INTO bank.account_holder (account_id, party_id, role, valid_from, valid_to) VALUES (12, 3, 'co_owner', '2020-01-01', NULL), (12, 2, 'co_owner', '2020-01-01', '2020-12-31');
UPDATE bank.person SET first_name = 'N' || party_id, middle_name = CASE party_id WHEN 1 THEN 'M' END;
SELECT results_eq($$SELECT a, p, tap.says('bank_app', p, format('SELECT bank.owners(%L)', a)) FROM (VALUES (11, 1), (11, 4), (11, 5), (11, 6), (12, 1), (12, 3), (12, 2), (21, 2), (21, 1), (1, 1), (11, NULL)) AS v (a, p)$$,
    $$VALUES (11, 1, 'N1 M L'), (11, 4, 'N1 M L'), (11, 5, 'N1 M L'), (11, 6, 'NULL'), (12, 1, 'N1 M L, O'), (12, 3, 'N1 M L, O'), (12, 2, 'NULL'), (21, 2, 'N2 L'), (21, 1, 'NULL'), (1, 1, 'NULL'), (11, NULL, 'NULL')$$,
    'its owners of today, whoever of those who may see it asks');

-- One place
SELECT is_empty($$SELECT p.oid::regproc FROM pg_proc AS p WHERE p.pronamespace = 'bank'::regnamespace AND p.proname IN ('matching_entries', 'counterparties') AND p.prosrc !~ 'bank\.may_see\('$$, 'who may see an account is asked in one place');
SELECT results_eq($$SELECT t, v, bank.is_contact(t, v) FROM (VALUES ('email', 'a@b'), ('email', 'a b@c'), ('email', 'ab'), ('phone', '+79000000000'), ('phone', '8900'), ('fax', '+79000000000'), ('email', NULL)) AS x (t, v)$$,
    $$VALUES ('email', 'a@b', TRUE), ('email', 'a b@c', FALSE), ('email', 'ab', FALSE), ('phone', '+79000000000', TRUE), ('phone', '8900', FALSE), ('fax', '+79000000000', FALSE), ('email', NULL, NULL)$$, 'so is what a contact is');
SELECT * FROM finish();
ROLLBACK;
