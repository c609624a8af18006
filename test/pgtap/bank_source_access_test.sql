-- The bank's source: who is who. Sessions, logins, codes, tries, step-up, passwords; what each function says, and what it leaves.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(88);

-- only its owner asks this, but here is asked what a transaction may
GRANT EXECUTE ON FUNCTION bank_online.stepped_up() TO bank_app;

-- Codes and secrets of ada (1), bob (2), and eve (3), who is staff.
UPDATE bank_online.app_user SET totp_secret = decode(repeat('00', 60), 'hex');

SELECT setval('bank_online.session_session_id_seq', 100), setval('bank_online.app_user_user_id_seq', 100) \g /dev/null

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
-- Time goes by: all that was stays, that much earlier.
CREATE FUNCTION tap.passes(p_time interval) RETURNS void
LANGUAGE sql AS $$
    UPDATE bank_online.throttle SET since = since - p_time;
    UPDATE bank_online.session SET created_at = created_at - p_time, seen_at = seen_at - p_time, expires_at = expires_at - p_time,
           step_up_until = step_up_until - p_time WHERE ended_at IS NULL;
    UPDATE bank_online.app_user SET password_changed_at = password_changed_at - p_time;
$$;
-- One login from beginning to end, as the application does it: the session, or why there is none.
CREATE FUNCTION tap.signs_in(p_login text, p_token text, p_step bigint, p_client text DEFAULT '10.0.0.1', p_device text DEFAULT NULL, p_recovery text DEFAULT NULL,
    p_new_device text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_told text;
BEGIN
    v_told := tap.asks('', format('SELECT coalesce(''wait '' || b.retry_after, format(''%%s, %%L'', b.user_id, b.password_changed_at)) FROM bank_online.login_begin(%L, %L, sha256(%L)) AS b',
                                  p_login, p_client, p_device));
    IF v_told ~ '^[0-9]+, ' THEN
        v_told := tap.asks('', format('SELECT coalesce(concat_ws('' '', f.party_id, f.role), ''none'') FROM bank_online.login_finish(%L, %s, %L, sha256(%L), sha256(%L), sha256(%L),
            sha256(%L), %L, ''a browser'') AS f WHERE f.session_id IS NOT NULL', p_login, v_told, p_step, p_recovery, p_token, p_new_device, p_device, p_client));
    END IF;
    RETURN v_told;
END $$;
CREATE FUNCTION tap.last_event() RETURNS text
LANGUAGE sql AS $$SELECT concat_ws(' ', user_id, event, client_ip, detail) FROM bank_online.audit_event ORDER BY event_id DESC LIMIT 1$$;

-- Sessions: enter()
UPDATE bank_online.session SET step_up_until = now() + INTERVAL '1 minute' WHERE session_id = 2;
CREATE TEMP VIEW verdict AS SELECT * FROM (VALUES
    ('1', NULL, FALSE, '1 1 1 customer f live', '1,1,1,'), ('1', 'customer', FALSE, '1 1 1 customer f live', '1,1,1,'),
    ('1', 'customer', TRUE, '1 1 1 customer f step_up', ',,,'), ('1', 'staff', FALSE, '1 1 1 customer f role', ',,,'), ('1', 'staff', TRUE, '1 1 1 customer f role', ',,,'),
    ('2', 'customer', TRUE, '2 2 2 customer t live', '2,2,2,on'), ('2', NULL, NULL, '2 2 2 customer t live', '2,2,2,on'),
    ('3', 'staff', FALSE, '3 3 staff f live', '3,,3,'), ('3', 'customer', FALSE, '3 3 staff f role', ',,,'),
    ('4', NULL, FALSE, 'none', ',,,'), ('4', 'staff', TRUE, 'none', ',,,')) AS v (token, role, step_up, told, set);
SELECT results_eq($$SELECT token, role, step_up, tap.says('bank_app', 7, format('SELECT concat_ws('' '', e.session_id, e.user_id, e.party_id, e.role, e.stepped_up::text::"char", e.verdict) FROM bank_online.enter(sha256(%L), %L, %L) AS e', token, role, step_up)) FROM verdict$$,
    'SELECT token, role, step_up, told FROM verdict', 'verdicts: live, of another role, without the further code, none');
SELECT results_eq($$SELECT token, role, step_up, tap.says('bank_app', 7, format('SELECT concat_ws('','', current_setting(''bank.user_id''), current_setting(''bank.party_id''), current_setting(''bank.session_id''), current_setting(''bank.stepped_up''))
                        FROM bank_online.enter(sha256(%L), %L, %L) AS e', token, role, step_up)) FROM verdict$$,
    'SELECT token, role, step_up, set FROM verdict', 'only a live one lets the transaction act for its user');
SELECT results_eq($$SELECT tap.asks('2', 'SELECT concat_ws('' '', bank_online.current_user_id(), bank_online.current_session_id(), bank_online.stepped_up())'),
                           tap.asks('4', 'SELECT concat_ws('' '', bank_online.current_user_id(), bank_online.current_session_id(), bank_online.stepped_up())')$$,
    $$VALUES ('2 2 t', 'f')$$, 'which can be asked for');
SELECT is(tap.says('bank_app', 1, $$SELECT concat_ws(' ', e.verdict, (SELECT count(*) FROM bank.party)) FROM bank_online.enter(sha256('1'), 'staff') AS e$$), 'role 0', 'after a refusal nothing is seen');
UPDATE bank_online.session SET seen_at = now() - INTERVAL '30 seconds' WHERE session_id = 1;
SELECT is(tap.asks('1', 'SELECT seen_at < now() FROM bank_online.session WHERE session_id = 1'), 'true', 'within a minute the session''s row is not written');
UPDATE bank_online.session SET seen_at = now() - INTERVAL '61 seconds' WHERE session_id = 1;
SELECT is(tap.asks('1', 'SELECT seen_at = now() FROM bank_online.session WHERE session_id = 1'), 'true', 'after it, it is');
SELECT is(tap.asks('1', $$SELECT verdict FROM bank_online.enter(sha256('1'), p_idle => '0 seconds')$$), 'none', 'the idle limit can be another');

-- Looking: the same, but that the session is not seen to be used
SELECT is(pg_get_function_arguments('bank_online.look'::regproc), pg_get_function_arguments('bank_online.enter'::regproc), 'look() is asked as enter() is');
UPDATE bank_online.session SET step_up_until = now() + INTERVAL '1 minute' WHERE session_id = 2;
SELECT results_eq($$SELECT token, role, step_up, tap.says('bank_app', 7, format('SELECT concat_ws('' '', e.session_id, e.user_id, e.party_id, e.role, e.stepped_up::text::"char", e.verdict) FROM bank_online.look(sha256(%L), %L, %L) AS e', token, role, step_up)) FROM verdict$$,
    'SELECT token, role, step_up, told FROM verdict', 'its verdicts are the same');
SELECT results_eq($$SELECT token, role, step_up, tap.says('bank_app', 7, format('SELECT concat_ws('','', current_setting(''bank.user_id''), current_setting(''bank.party_id''), current_setting(''bank.session_id''), current_setting(''bank.stepped_up''))
                        FROM bank_online.look(sha256(%L), %L, %L) AS e', token, role, step_up)) FROM verdict$$,
    'SELECT token, role, step_up, set FROM verdict', 'and so is whom the transaction then acts for');
UPDATE bank_online.session SET seen_at = now() - INTERVAL '14 minutes 59 seconds' WHERE session_id = 1;
SELECT results_eq($$SELECT (bank_online.look(sha256('1'))).verdict, (SELECT now() - seen_at FROM bank_online.session WHERE session_id = 1)$$, $$VALUES ('live', INTERVAL '14 minutes 59 seconds')$$,
    'whoever looks does not move the idle limit on');
UPDATE bank_online.session SET seen_at = now() - INTERVAL '15 minutes' WHERE session_id = 1;
SELECT is((bank_online.look(sha256('1'))).verdict, 'none', 'and does not see beyond it');
UPDATE bank_online.session SET seen_at = now() WHERE session_id = 1;

-- Login: what it is checked with
CREATE FUNCTION tap.begins(p_login text, p_client text DEFAULT '10.9.9.9', p_device text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$SELECT tap.asks('', format('SELECT concat_ws('' '', b.user_id, b.password_hash, octet_length(b.totp_secret), b.totp_last_step, ''wait '' || b.retry_after) FROM bank_online.login_begin(%L, %L, sha256(%L)) AS b',
                                             p_login, p_client, p_device))$$;
SELECT results_eq($$SELECT l, tap.begins(l) FROM unnest('{ada,ADA,nobody,eve,NULL}'::text[]) AS l$$,
    $$VALUES ('ada', '1 $argon2id$v=19$x 60 0'), ('ADA', '1 $argon2id$v=19$x 60 0'), ('nobody', ''), ('eve', '3 $argon2id$v=19$z 60 0'), (NULL, '23502')$$, 'what a login is checked with; of nobody, nothing');
UPDATE bank_online.app_user SET status = 'suspended' WHERE user_id = 3;
SELECT is(tap.begins('eve'), '', 'of one who is suspended, neither');
SELECT ok(NOT EXISTS (SELECT FROM bank_online.throttle WHERE subject ~ 'ada|eve|nobody'), 'what is counted does not name the login');

-- Login: tries
DELETE FROM bank_online.throttle;
SELECT results_eq($$SELECT n, tap.begins('ada') ~ '^wait [0-9]+$' FROM generate_series(1, 12) AS n$$, $$SELECT n, n > 10 FROM generate_series(1, 12) AS n$$, 'ten tries in a quarter of an hour');
SELECT is(tap.begins('ada'), 'wait 900', 'then it says how long to wait');
SELECT is((SELECT max(tries) FROM bank_online.throttle WHERE subject ~ '^network'), 10, 'refused tries do not count against the network');
SELECT results_eq($$SELECT tap.begins('bob') ~ '^2 ', tap.begins('ada', '10.9.9.8') ~ '^1 ', tap.begins('ada', NULL) ~ '^1 '$$, $$VALUES (TRUE, TRUE, TRUE)$$, 'others there, and the owner elsewhere, go on');
SELECT tap.passes('14 minutes 59 seconds') \g /dev/null
SELECT is(tap.begins('ada'), 'wait 1', 'a second before the end it is one second');
SELECT tap.passes('1 second') \g /dev/null
SELECT ok(tap.begins('ada') ~ '^1 ', 'then one may try again');
SELECT is((SELECT tries FROM bank_online.throttle WHERE subject ~ '^login' ORDER BY since DESC LIMIT 1), 1, 'from the beginning');
INSERT INTO bank_online.device (user_id, token_hash) VALUES (1, sha256('laptop'));
SELECT count(tap.begins('ada', '10.9.9.7')) FROM generate_series(1, 10) \g /dev/null
SELECT results_eq($$SELECT n, tap.begins('ada', '10.9.9.7', 'laptop') ~ '^1 ' FROM generate_series(1, 11) AS n$$, $$SELECT n, n <= 10 FROM generate_series(1, 11) AS n$$,
    'a device that is known gets in where others are locked out, ten times');
SELECT ok(tap.begins('ada', '10.9.9.7', 'stranger') ~ '^wait', 'one that is not known does not');
SELECT ok(tap.begins('bob', '10.9.9.7', 'laptop') ~ '^2 ' AND NOT EXISTS (SELECT FROM bank_online.throttle WHERE subject ~ '^device' AND tries < 10), 'nor does it help with another login');
DELETE FROM bank_online.throttle;
SELECT results_eq($$SELECT l, d, tap.asks('', format('SELECT known_device FROM bank_online.login_begin(%L, ''10.9.9.6'', sha256(%L))', l, d))
                    FROM (VALUES ('ada', 'laptop'), ('eve', 'laptop'), ('bob', 'laptop'), ('bob', NULL), ('nobody', 'laptop')) AS v (l, d)$$,
    $$VALUES ('ada', 'laptop', 'true'), ('eve', 'laptop', 'false'), ('bob', 'laptop', 'false'), ('bob', NULL, 'false'), ('nobody', 'laptop', 'false')$$, 'a device is known to whoever signed in from it, and to nobody else');
DELETE FROM bank_online.throttle;
SELECT results_eq($$SELECT n, tap.begins('user' || n, '2001:db8:1:2::' || to_hex(n)) ~ '^wait' FROM generate_series(1, 102) AS n$$, $$SELECT n, n > 100 FROM generate_series(1, 102) AS n$$,
    'a hundred tries of a network, which is a /64');
SELECT results_eq($$SELECT tap.begins('ada', '2001:db8:1:3::1') ~ '^1 ', tap.begins('ada', '::ffff:10.0.0.1') ~ '^1 '$$, $$VALUES (TRUE, TRUE)$$, 'another network goes on');
SELECT set_eq($$SELECT a, bank_online.network_of(a::inet) FROM unnest('{10.1.2.3,2001:db8:1:2:3:4:5:6,::ffff:10.1.2.3,NULL}'::text[]) AS a$$,
    $$VALUES ('10.1.2.3', '10.1.2.3'), ('2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'), ('::ffff:10.1.2.3', '::ffff:10.1.2.3'), (NULL, 'unknown')$$, 'networks');
SELECT tap.passes('25 hours') \g /dev/null
SELECT count(tap.begins('ada', '10.0.0.' || n)) FROM generate_series(1, 40) AS n \g /dev/null
SELECT is((SELECT count(*)::int FROM bank_online.throttle WHERE since < now()), 0, 'what is a day old is cleared away by those that come after');

-- Login: the end
DELETE FROM bank_online.throttle;
UPDATE bank_online.session SET seen_at = now(), expires_at = now() + INTERVAL '1 hour';
SELECT is(tap.signs_in('ada', 't1', 100, p_new_device => 'phone'), '1 customer', 'password and code are right: a session');
SELECT results_eq($$SELECT tap.asks('t1', 'SELECT bank_online.current_user_id()'), (SELECT concat_ws(' ', expires_at - now(), client_ip, user_agent) FROM bank_online.session WHERE token_hash = sha256('t1'))$$,
    $$VALUES ('1', '12:00:00 10.0.0.1 a browser')$$, 'of twelve hours');
SELECT is(tap.last_event(), '1 login.done 10.0.0.1 {"by": "one_time_code", "new_device": true}', 'which is recorded');
SELECT is((SELECT string_agg(subject || tries, ',') FROM bank_online.throttle), 'network 10.0.0.10', 'the tries are taken back, of the network as many as there were');
SELECT results_eq($$SELECT n, tap.signs_in('ada', 't' || n, n) FROM unnest('{100,99,101}'::int[]) AS n$$, $$VALUES (100, 'NULL'), (99, 'NULL'), (101, '1 customer')$$,
    'a code is good once, and none is good that is older than one that was used');
SELECT is((SELECT string_agg(detail::text, ' ' ORDER BY event_id) FROM bank_online.audit_event WHERE user_id = 1 AND event = 'login.refused'), '{"reason": "code_used"} {"reason": "code_used"}', 'the refusals are recorded');
SELECT results_eq($$SELECT n, tap.signs_in('ada', 'r' || n, NULL, p_recovery => '1') FROM generate_series(1, 2) AS n$$, $$VALUES (1, '1 customer'), (2, 'NULL')$$, 'a recovery code is good once');
SELECT is(tap.signs_in('ada', 'r3', NULL, p_recovery => '2'), 'NULL', 'and for its user only');
SELECT results_eq($$SELECT tap.signs_in('ada', 'r4', NULL), tap.signs_in('ada', 'r4', 102, p_recovery => '1')$$, $$VALUES ('22023', '22023')$$, 'one of both, not none, not two');
SELECT results_eq($$SELECT tap.asks('', 'SELECT session_id FROM bank_online.login_finish(''bob'', 1, now(), 500, NULL, sha256(''x''), NULL, NULL, NULL, NULL)'),
                           tap.asks('', 'SELECT session_id FROM bank_online.login_finish(''eve'', 3, now(), 500, NULL, sha256(''x''), NULL, NULL, NULL, NULL)'), tap.last_event()$$,
    $$VALUES ('NULL', 'NULL', '3 login.refused {"reason": "suspended"}')$$, 'no session for one of another name, nor for one who was suspended meanwhile');
SELECT results_eq($$SELECT tap.asks('', format('SELECT session_id FROM bank_online.login_finish(''bob'', 2, %s, 500, NULL, sha256(''x''), NULL, NULL, NULL, NULL)', t)), tap.last_event()
    FROM (SELECT quote_nullable(password_changed_at - INTERVAL '1 microsecond') FROM bank_online.app_user WHERE login = 'bob' UNION ALL SELECT 'NULL') AS v (t)$$,
    $$VALUES ('NULL', '2 login.refused {"reason": "password_changed"}'), ('NULL', '2 login.refused {"reason": "password_changed"}')$$, 'nor for one whose password was another when it was compared');
SELECT ok((SELECT bool_and(totp_last_step < 500) FROM bank_online.app_user), 'and no code is used up');
SELECT is(tap.signs_in('ada', 't102', 102, p_device => 'phone', p_new_device => 'phone2'), '1 customer', 'a login from a known device');
SELECT set_eq('SELECT token_hash FROM bank_online.device WHERE user_id = 1', $$VALUES (sha256('laptop')), (sha256('phone2'))$$, 'changes its token');
SELECT count(tap.signs_in('ada', 'd' || n, 200 + n, p_client => NULL, p_new_device => 'd' || n)) FROM generate_series(1, 30) AS n \g /dev/null
SELECT results_eq($$SELECT count(*), bool_or(token_hash = sha256('d30')) FROM bank_online.device WHERE user_id = 1$$, $$VALUES (20::bigint, TRUE)$$, 'the last twenty are remembered');

-- What is recorded of a refused login
SELECT results_eq($$SELECT l, u, tap.asks('', format('SELECT bank_online.login_refused(%L, %L, ''10.0.0.1'', ''password'')', l, u)), tap.last_event() FROM (VALUES ('ada', '1'), ('ada', NULL), ('hunter2', NULL)) AS v (l, u)$$,
    $$VALUES ('ada', '1', '', '1 login.refused 10.0.0.1 {"reason": "password"}'), ('ada', NULL, '', '1 login.refused 10.0.0.1 {"reason": "password"}'),
             ('hunter2', NULL, '', 'login.refused 10.0.0.1 {"reason": "password"}')$$, 'whose it was, if there is such a user; never what was typed');
SELECT results_eq($$SELECT tap.asks('', format('SELECT bank_online.login_refused(''ada'', 1, NULL, %L)', r)) FROM unnest('{"a b",NULL,""}'::text[]) AS r$$, $$VALUES ('22023'), ('22023'), ('22023')$$, 'a reason is a word of the application''s');

-- Signed in
SELECT is_empty($$SELECT f, tap.asks('nobody', 'SELECT ' || f) FROM unnest(ARRAY['login FROM bank_online.my_secrets()', 'bank_online.step_up(1, NULL)', 'bank_online.change_password(''$argon2id$v=19$n'', sha256(''n''))',
    'bank_online.end_session(1)', 'bank_online.renew_recovery_codes(''{}'')', 'name FROM bank.payee(''1'')', 'transfer_id FROM bank.pay(gen_random_uuid(), 11, ''1'', 1, ''QQQ'', NULL, NULL)']) AS f
    WHERE tap.asks('nobody', 'SELECT ' || f) <> 'BK010'$$, 'each needs somebody: BK010');
SELECT results_eq($$SELECT n, tap.asks('1', 'SELECT coalesce(''wait '' || retry_after, concat_ws('' '', login, password_hash, octet_length(totp_secret), totp_last_step)) FROM bank_online.my_secrets()') FROM generate_series(1, 11) AS n$$,
    $$SELECT n, CASE WHEN n > 10 THEN 'wait 900' ELSE 'ada $argon2id$v=19$x 60 230' END FROM generate_series(1, 11) AS n$$, 'one''s secrets, ten times in a quarter of an hour');
SELECT is(tap.asks('1', 'SELECT bank_online.step_up(230, NULL)'), 'NULL', 'a code that was used opens nothing');
SELECT is(tap.last_event(), '1 step_up.refused {"reason": "code_used"}', 'which is recorded');
SELECT results_eq($$SELECT tap.asks('1', 'SELECT bank_online.step_up(231, NULL) = now() + INTERVAL ''5 minutes'''), tap.last_event(), tap.asks('1', 'SELECT bank_online.stepped_up()'), tap.asks('t1', 'SELECT bank_online.stepped_up()')$$,
    $$VALUES ('true', '1 step_up.done {"by": "one_time_code"}', 'true', 'false')$$, 'a new one opens five minutes, in this session only');
SELECT isnt(tap.asks('1', 'SELECT login FROM bank_online.my_secrets()'), 'NULL', 'and takes the counted tries back');
SELECT tap.passes('5 minutes') \g /dev/null
SELECT is(tap.asks('1', 'SELECT bank_online.stepped_up()'), 'false', 'then they are over');
SELECT results_eq($$SELECT tap.asks('1', 'SELECT bank_online.change_password(''$argon2id$v=19$n'', sha256(''new''))'), tap.asks('1', 'SELECT bank_online.renew_recovery_codes(ARRAY[sha256(''n'')])')$$,
    $$VALUES ('BK011', 'BK011')$$, 'a new password, and new recovery codes, take a further code');
SELECT tap.asks('1', 'SELECT bank_online.step_up(232, NULL)') \g /dev/null
SELECT results_eq($$SELECT tap.asks('1', 'SELECT bank_online.renew_recovery_codes(ARRAY[sha256(''n1''), sha256(''n2'')])'), tap.last_event()$$,
    $$VALUES ('NULL', '1 recovery_codes.renewed {}')$$, 'recovery codes are renewed');
SELECT set_eq('SELECT code_hash FROM bank_online.recovery_code WHERE user_id = 1', $$VALUES (sha256('n1')), (sha256('n2'))$$, 'the new ones replace all');
SELECT results_eq($$SELECT tap.asks('1', 'SELECT bank_online.end_session(s.session_id) FROM bank_online.session AS s WHERE s.user_agent IS NOT NULL ORDER BY session_id LIMIT 1'),
                           tap.asks('1', 'SELECT bank_online.end_session(2)'), tap.asks('t1', 'SELECT bank_online.current_user_id()'), tap.asks('2', 'SELECT bank_online.current_user_id()')$$,
    $$VALUES ('true', 'false', 'NULL', '2')$$, 'one ends a session of one''s own, and none of others');
CREATE TEMP TABLE before AS SELECT expires_at FROM bank_online.session WHERE session_id = 1;
SELECT tap.asks('1', 'SELECT bank_online.change_password(''$argon2id$v=19$n'', sha256(''new''))') AS session_id \gset
SELECT results_eq('SELECT session_id FROM bank_online.session WHERE token_hash = sha256(''new'')', format('SELECT %s::bigint', :'session_id'), 'the password is changed, and the session another');
SELECT is(tap.last_event(), '1 password.changed {"session_before": 1}', 'which is recorded');
SELECT results_eq($$SELECT t, tap.asks(t, 'SELECT concat_ws('' '', bank_online.current_user_id(), bank_online.stepped_up())') FROM unnest('{1,t101,r1,d30,new,2}'::text[]) AS t$$,
    $$VALUES ('1', 'f'), ('t101', 'f'), ('r1', 'f'), ('d30', 'f'), ('new', '1 f'), ('2', '2 f')$$, 'all other sessions of the user have ended');
SELECT results_eq($$SELECT (SELECT expires_at FROM bank_online.session WHERE token_hash = sha256('new')) = expires_at, (SELECT array_agg(user_id) FROM bank_online.device) FROM before$$,
    $$VALUES (TRUE, '{2}'::bigint[])$$, 'the new one ends when the old one would have; devices are forgotten');
SELECT results_eq($$SELECT tap.asks('new', 'SELECT bank_online.end_session(bank_online.current_session_id())'), tap.asks('new', 'SELECT bank_online.current_user_id()'), tap.last_event() ~ '1 session.ended'$$,
    $$VALUES ('true', 'NULL', TRUE)$$, 'one signs out');

-- Registering
SELECT results_eq($$SELECT tap.asks('', format('SELECT bank_online.add_user(%L, %L, %L, ''$argon2id$v=19$s3cret'', NULL, ARRAY[sha256(''a'')]) > 0', l, p, r), 'bank_core') FROM (VALUES
        ('carl', 3, 'customer'), ('carl', 4, 'customer'), ('dan', 3, 'customer'), ('fay', NULL, 'staff'), ('gil', 99, 'customer'), ('Hal', 4, 'customer'), ('ida', NULL, 'customer')) AS v (l, p, r)$$,
    $$VALUES ('true'), ('23505'), ('23505'), ('true'), ('23503'), ('23514'), ('23514')$$, 'a branch registers access, once for each login and party');
SELECT results_eq($$SELECT tap.begins('carl', '10.3.3.3') ~ 's3cret', (SELECT count(*) FROM bank_online.recovery_code AS c JOIN bank_online.app_user USING (user_id) WHERE login = 'carl'), (SELECT count(*) FROM bank_online.audit_event WHERE event = 'access.registered' AND detail = '{"by": "bank_core"}')$$,
    $$VALUES (TRUE, 1::bigint, 2::bigint)$$, 'with recovery codes, and a record of who did it');

-- Errors tell no secret, not even the row that a constraint refused
CREATE FUNCTION tap.detail(p_user text, p_sql text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_detail text;
BEGIN
    EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', p_user);
    IF p_user = 'bank_app' THEN
        PERFORM bank_online.enter(sha256('2'));
    END IF;
    EXECUTE p_sql;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
    RETURN SQLERRM || ' ' || v_detail;
END $$;
UPDATE bank_online.session SET step_up_until = now() + INTERVAL '5 minutes' WHERE session_id = 2;
SELECT is_empty($$SELECT t FROM (VALUES ('bank_core', 'SELECT bank_online.add_user(''kim'', 4, ''customer'', ''hunter2'', ''\x6875'', NULL)'), ('bank_core', 'SELECT bank_online.add_user(''kim'', 4, ''customer'', ''$argon2id$v=19$hunter2'', ''\x68756e74657232'', NULL)'),
    ('bank_app', 'SELECT bank_online.change_password(''hunter2'', sha256(''x''))'), ('bank_app', 'SELECT bank_online.change_password(''$argon2id$v=19$hunter2'', sha256(''2''))'),
    ('bank_app', format('SELECT bank_online.login_finish(''bob'', 2, %L, 1000, NULL, ''hunter2'', NULL, NULL, NULL, NULL)',
                                                                                                (SELECT password_changed_at FROM bank_online.app_user WHERE login = 'bob')))) AS v (u, s), LATERAL tap.detail(u, s) AS t
    WHERE t !~ 'violates' OR t ~ 'hunter2|68756e74657232|2c624232|d4735e3a'$$, 'errors tell no secret');
-- Wrong codes with the right password, from many networks
DELETE FROM bank_online.throttle;
UPDATE bank_online.app_user SET totp_last_step = 100 WHERE user_id = 1;
INSERT INTO bank_online.device (user_id, token_hash) VALUES (1, sha256('d30')) ON CONFLICT DO NOTHING;
CREATE FUNCTION tap.guesses(p_device text DEFAULT NULL) RETURNS bigint
LANGUAGE sql AS $$SELECT count(tap.asks('', format('SELECT bank_online.login_refused(''ada'', 1, ''10.1.0.%s'', ''code'', sha256(%L))', n, p_device))) FROM generate_series(1, 9) AS n$$;
SELECT tap.guesses() \g /dev/null
SELECT is(tap.signs_in('ada', 'g1', 300, '10.2.0.1'), '1 customer', 'nine wrong codes, each from another network, and the right one: a session');
SELECT tap.signs_in('ada', 'g2', NULL, '10.2.0.2', p_recovery => 'no code') \g /dev/null
SELECT results_eq($$SELECT tap.signs_in('ada', 'g3', 301, '10.2.0.3'), tap.last_event()$$, $$VALUES ('NULL', '1 login.refused 10.2.0.3 {"reason": "too_many_codes"}')$$, 'after ten the right one is no more than a wrong one');
SELECT is((SELECT totp_last_step FROM bank_online.app_user WHERE user_id = 1), 300::bigint, 'nor used up');
SELECT is(tap.signs_in('ada', 'g4', 302, '10.2.0.4', p_device => 'd30', p_new_device => 'd31'), '1 customer', 'from a known device it is good');
INSERT INTO bank_online.recovery_code (user_id, code_hash) VALUES (1, sha256('another'));
SELECT is(tap.signs_in('ada', 'g5', NULL, '10.2.0.5', p_recovery => 'another'), '1 customer', 'and a recovery code from anywhere');
SELECT tap.guesses('d31'), tap.signs_in('ada', 'g6', NULL, '10.2.0.6', 'd31', 'no code') \g /dev/null
SELECT is(tap.signs_in('ada', 'g6', 303, '10.2.0.6', 'd31'), 'NULL', 'ten wrong ones from the known device are enough there, too');
UPDATE bank_online.app_user SET password_changed_at = password_changed_at - INTERVAL '1 second' WHERE user_id = 1;
SELECT is(tap.signs_in('ada', 'g7', 303, '10.2.0.7'), '1 customer', 'another password begins with no tries');
UPDATE bank_online.app_user SET password_changed_at = password_changed_at + INTERVAL '1 second' WHERE user_id = 1;
UPDATE bank_online.throttle SET since = since - INTERVAL '1 day';
SELECT is(tap.signs_in('ada', 'g8', 304, '10.2.0.8'), '1 customer', 'a day later there are ten again');

-- Wrong further codes
INSERT INTO bank_online.session (session_id, user_id, token_hash, expires_at) OVERRIDING SYSTEM VALUE VALUES (901, 1, sha256('s1'), now() + INTERVAL '1 hour'), (902, 1, sha256('s2'), now() + INTERVAL '1 hour');
CREATE FUNCTION tap.mistakes(p_token text, p_count bigint) RETURNS text
LANGUAGE sql AS $$
    SELECT string_agg(tap.asks(p_token, 'SELECT bank_online.step_up_refused(''code'', ''10.0.0.1'')'), ',') FROM generate_series(1, p_count);
    SELECT tap.asks(p_token, 'SELECT bank_online.current_session_id()');
$$;
SELECT results_eq($$SELECT tap.mistakes('s1', 8), tap.last_event()$$, $$VALUES ('901', '1 step_up.refused 10.0.0.1 {"reason": "code"}')$$, 'wrong further codes are recorded');
SELECT is(tap.asks('s1', 'SELECT bank_online.step_up(1, NULL)'), 'NULL', 'one that was used counts as one');
SELECT results_eq($$SELECT tap.asks('s1', 'SELECT bank_online.current_session_id()'), tap.mistakes('s1', 1), tap.last_event()$$, $$VALUES ('901', 'NULL', '1 session.ended {"session_id": 901}')$$, 'the tenth ends the session');
SELECT is(tap.mistakes('s2', 9), '902', 'another has ten of its own');
SELECT results_eq($$SELECT tap.asks('s2', 'SELECT bank_online.step_up(400, NULL) IS NOT NULL'), tap.mistakes('s2', 9)$$, $$VALUES ('true', '902')$$, 'which a right one gives back');

-- A click too many
INSERT INTO bank_online.session (session_id, user_id, token_hash, expires_at) OVERRIDING SYSTEM VALUE VALUES (903, 1, sha256('s3'), now() + INTERVAL '1 hour'), (904, 1, sha256('s4'), now() + INTERVAL '1 hour');
SELECT is(tap.asks('s3', 'SELECT bank_online.step_up(401, NULL) IS NOT NULL'), 'true', 'a code');
SELECT results_eq($$SELECT count(*)::int, min(t), tap.last_event(), tap.asks('s3', 'SELECT bank_online.stepped_up()')
                    FROM (SELECT tap.asks('s3', 'SELECT bank_online.step_up(401, NULL)') AS t FROM generate_series(1, 12)) AS twelve$$,
    $$VALUES (12, 'NULL', '1 step_up.refused {"reason": "code_repeated"}', 'true')$$, 'a code that this session has just used opens nothing more, and ends nothing');
SELECT results_eq($$SELECT tap.asks('s4', 'SELECT bank_online.step_up(401, NULL)'), tap.last_event()$$,
    $$VALUES ('NULL', '1 step_up.refused {"reason": "code_used"}')$$, 'that of another session is a wrong one');

-- What is too much is recorded once in a window
DELETE FROM bank_online.throttle;
CREATE FUNCTION tap.exceeded(p_sql text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_before bigint := (SELECT coalesce(max(event_id), 0) FROM bank_online.audit_event);
BEGIN
    EXECUTE 'SELECT count(x) FROM (' || p_sql || ') AS t (x)';
    RETURN (SELECT string_agg(concat_ws(' ', e.user_id, host(e.client_ip), e.detail->>'what'), ',' ORDER BY e.event_id)
            FROM bank_online.audit_event AS e WHERE e.event_id > v_before AND e.event = 'tries.exceeded');
END $$;
SELECT is(tap.exceeded($$SELECT tap.begins('ada', '10.7.0.1') FROM generate_series(1, 30)$$), '1 10.7.0.1 login', 'of a login from a network');
SELECT is(tap.exceeded($$SELECT tap.begins('n' || n, '10.7.0.2') FROM generate_series(1, 130) AS n$$), '10.7.0.2 network', 'of a network');
SELECT is(tap.exceeded($$SELECT tap.asks('', format('SELECT bank_online.login_refused(''bob'', 2, ''10.7.1.%s'', ''code'')', n)) FROM generate_series(1, 30) AS n$$), '2 code', 'of codes');
SELECT is(tap.exceeded($$SELECT tap.asks('s2', 'SELECT bank_online.record_denial(''10.7.0.3'', ''{"route": "x"}'')') FROM generate_series(1, 130)$$), '1 10.7.0.3 denied', 'of what was denied');
SELECT is((SELECT count(*)::int FROM bank_online.audit_event WHERE event = 'request.denied' AND client_ip = '10.7.0.3'), 100, 'after a hundred that are recorded each');
SELECT results_eq($$SELECT tap.asks('s2', 'SELECT bank_online.password_refused(''10.7.0.4'')'), tap.last_event(), tap.asks('nobody', 'SELECT bank_online.password_refused(NULL)'), tap.asks('nobody', 'SELECT bank_online.record_denial(NULL, ''{}'')')$$,
    $$VALUES ('', '1 password.refused 10.7.0.4 {}', 'BK010', '')$$, 'a wrong old password is recorded; of nobody, nothing');
SELECT * FROM finish();
ROLLBACK;
