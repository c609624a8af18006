-- The bank's source: what a party's status lets it do, what changes write and how often, the desk's bounds, whose a statement is.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(10);
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

-- Those who do not sign in
SELECT results_eq($$SELECT s, tap.becomes(1, s), tap.verdict('1'), tap.signs_in('ada', 10), tap.sessions(),
    tap.becomes(1, 'active'), tap.verdict('1'), tap.signs_in('ada', 10 + o) FROM unnest('{left,prospect}'::text[]) WITH ORDINALITY AS v (s, o)$$,
    $$VALUES ('left', 'left', 'none', 'unknown', 0::bigint, 'active', 'none', '1 customer'), ('prospect', 'prospect', 'none', 'unknown', 0::bigint, 'active', 'none', '1 customer')$$,
    'who has left, or is no customer yet: no session lives on, none begins, and the old ones do not come back');
SELECT is(tap.events('customer.%'), 4::bigint, 'each change is recorded');
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

SELECT * FROM finish();
ROLLBACK;
