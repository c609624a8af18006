-- The bank's source: row security. A customer sees what is theirs, and nobody acts for nobody.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(32);

-- How many rows of each table customers 1 and 2, one who only looks at account 11, a stranger, and nobody see.
CREATE TEMP TABLE seen (t text, one int, two int, viewer int, stranger int, nobody int);
INSERT INTO seen VALUES
('bank.address', 1, 1, 0, 0, 0), ('bank.party', 1, 1, 1, 0, 0), ('bank.person', 1, 1, 1, 0, 0), ('bank.organisation', 0, 0, 0, 0, 0),
('bank.party_address', 1, 1, 0, 0, 0), ('bank.contact', 1, 1, 0, 0, 0), ('bank.account', 5, 1, 1, 0, 0), ('bank.account_balance', 5, 1, 1, 0, 0),
('bank.account_holder', 5, 1, 1, 0, 0), ('bank.card', 2, 1, 2, 0, 0), ('bank.standing_order', 1, 1, 1, 0, 0), ('bank.transfer', 4, 3, 4, 0, 0),
('bank.transfer_status', 5, 4, 5, 0, 0), ('bank.ledger_entry', 4, 3, 4, 0, 0), ('bank.loan', 1, 1, 1, 0, 0), ('bank.loan_schedule', 1, 1, 1, 0, 0),
('bank_online.app_user', 1, 1, 0, 0, 0), ('bank_online.session', 1, 1, 0, 0, 0), ('bank_online.audit_event', 1, 1, 0, 0, 0),
('bank_online.idempotency', 1, 1, 0, 0, 0), ('bank_online.beneficiary', 1, 1, 0, 0, 0), ('bank_online.notification', 1, 1, 0, 0, 0),
('bank_online.step_up_limit', 13, 13, 13, 13, 13);

CREATE TEMP VIEW customer_table AS
SELECT c.oid, c.oid::regclass::text AS t, c.relrowsecurity AND c.relforcerowsecurity AS forced
FROM pg_class AS c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace IN ('bank'::regnamespace, 'bank_online'::regnamespace);

SELECT set_eq('SELECT t FROM customer_table WHERE NOT forced',
    $$SELECT 'bank.' || t FROM unnest('{currency,category,product,branch,merchant,exchange_rate}'::text[]) AS t$$,
    'row security is on and forced wherever there are customers'' rows');
SELECT is_empty($$SELECT oid::regclass FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = 'bank'::regnamespace
    AND NOT (relrowsecurity AND relforcerowsecurity)$$, 'and on each partition of the ledger');
SELECT set_eq($$SELECT format('%s %s %s %s', p.polrelid::regclass, p.polname, p.polcmd, array_to_string(p.polroles::regrole[], ','))
               FROM pg_policy AS p WHERE p.polrelid::regclass::text LIKE 'bank%'$$,
    $$SELECT format('%s %s %s %s', t, r, CASE WHEN r = 'bank_analyst' OR t = 'bank_online.step_up_limit' AND r = 'bank_app' THEN 'r' ELSE '*' END, r)
      FROM customer_table, unnest('{bank_owner,bank_app,bank_core,bank_analyst}'::text[]) AS r
      WHERE forced AND NOT (t LIKE 'bank_online.%' AND r IN ('bank_core', 'bank_analyst')) AND (t, r) <> ('bank.contact', 'bank_analyst')
        AND NOT (t = ANY ('{bank_online.throttle,bank_online.spent,bank_online.void_transfer,bank_online.device,bank_online.activation,bank_online.registration,bank_online.message,bank_online.contact_change}') AND r = 'bank_app')$$, 'the policies are these');
SELECT is_empty($$SELECT p.polrelid::regclass, p.polname FROM pg_policy AS p WHERE p.polroles = '{0}' OR NOT p.polpermissive$$, 'none is for everybody');

CREATE FUNCTION tap.sees(p_table text, p_party bigint) RETURNS text
LANGUAGE sql AS $$
    SELECT pg_catalog.set_config('bank.user_id', CASE WHEN p_party < 3 THEN p_party::text ELSE '' END, TRUE);
    SELECT tap.says('bank_app', p_party, 'SELECT count(*) FROM ' || p_table);
$$;
SELECT set_eq('SELECT t FROM seen', $$SELECT t FROM customer_table WHERE forced AND t <> ALL ('{bank_online.recovery_code,bank_online.throttle,bank_online.spent,bank_online.void_transfer,bank_online.device,bank_online.activation,bank_online.registration,bank_online.message,bank_online.contact_change}')$$,
    'every such table is looked at (codes, tries, devices, messages, what waits: nobody may)');
SELECT is_empty(format($$SELECT t, %1$s, tap.sees(t, %2$s) FROM seen WHERE tap.sees(t, %2$s) <> %1$s::text$$, who, id), who || ' sees what is theirs')
FROM (VALUES ('one', '1'), ('two', '2'), ('viewer', '4'), ('stranger', '99'), ('nobody', 'NULL')) AS v (who, id);
SELECT pg_catalog.set_config('bank.user_id', '', TRUE) \g /dev/null
SELECT is_empty($$SELECT t, r FROM customer_table, LATERAL tap.says('bank_core', NULL, 'SELECT count(*) > 1 OR ''' || t || ''' = ''bank.organisation'' FROM ' || t) AS r
    WHERE t LIKE 'bank.%' AND forced AND r <> 'true'$$, 'branches and batch systems see everybody''s');
SELECT is_empty($$SELECT t, r FROM customer_table, LATERAL tap.says('bank_replication', NULL, 'SELECT count(*) > 1 OR ''' || t || ''' = ''bank.organisation'' FROM ' || t) AS r
    WHERE t LIKE 'bank.%' AND forced AND t <> 'bank.account_balance' AND r <> 'true'$$, 'so does the replication');
SELECT is(tap.says('bank_analyst', NULL, 'SELECT count(*) FROM bank_keys.party'), '7', 'analysts read the keys of all parties');
SELECT is_empty($$SELECT c.relname, r FROM pg_class AS c, LATERAL tap.does('bank_analyst', NULL, 'SELECT * FROM bank_keys.' || c.relname) AS r
    WHERE c.relnamespace = 'bank_keys'::regnamespace AND c.relkind = 'v' AND c.relname <> 'card' AND r !~ 'rows$'$$, 'every view of keys that is theirs can be read');

SELECT results_eq($$SELECT p, tap.says('bank_app', p, 'SELECT count(*) FROM bank.counterparties(11, ''{3}'')'), tap.says('bank_app', p, 'SELECT count(*) FROM bank.counterparties(21, ''{3}'')'),
                           tap.says('bank_app', p, 'SELECT count(*) FROM bank.counterparties(12, ''{3}'')') FROM unnest('{1,2,99,NULL}'::bigint[]) AS p$$,
    $$VALUES (1::bigint, '1', '0', '0'), (2, '0', '1', '0'), (99, '0', '0', '0'), (NULL, '0', '0', '0')$$, 'the other side''s number is told to the two sides of a transfer only');

-- Writing
CREATE FUNCTION tap.desk(p_user int, p_call text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v text;
BEGIN
    PERFORM pg_catalog.set_config('bank.user_id', p_user::text, TRUE);
    v := tap.says('bank_app', NULL, format('SELECT count(*) FROM %s', p_call));
    PERFORM pg_catalog.set_config('bank.user_id', '1', TRUE);
    RETURN CASE WHEN v ~ '^[0-9]+$' THEN 'done' ELSE v END;
END $$;
SELECT results_eq($$SELECT tap.does('bank_app', 1, 'UPDATE bank.account SET nickname = ''x'''), tap.does('bank_app', 2, 'UPDATE bank.account SET nickname = ''x'''),
                           tap.does('bank_app', NULL, 'UPDATE bank.account SET nickname = ''x''')$$, $$VALUES ('5 rows', '1 rows', '0 rows')$$,
    'one names one''s own accounts');
SELECT pg_catalog.set_config('bank.user_id', '1', TRUE) \g /dev/null
SELECT results_eq($$SELECT tap.does('bank_app', 4, 'UPDATE bank.account SET nickname = ''x'''), tap.does('bank_app', 4, 'SELECT bank.change_card(1, ''frozen'', NULL, NULL)'),
                           tap.does('bank_app', 4, 'SELECT bank.change_standing_order(101, 9, NULL, NULL, NULL, NULL, NULL)')$$, $$VALUES ('42501', 'BK008', 'BK008')$$,
    'who may only look changes nothing');
SELECT results_eq($$SELECT p, tap.does('bank_app', p, 'SELECT bank.make_standing_order(gen_random_uuid(), 11, ''99999999999999999921'', 1, ''QQQ'', 1::smallint, CURRENT_DATE,
                    NULL, NULL, NULL)') FROM unnest('{1,2,4,5,6,7,NULL}'::bigint[]) AS p$$,
    $$VALUES (1::bigint, '1 rows'), (2, 'BK008'), (4, 'BK008'), (5, '1 rows'), (6, 'BK008'), (7, 'BK008'), (NULL, 'BK010')$$,
    'owners and attorneys, while they are, make standing orders');
CREATE FUNCTION tap.stepped_up(p_sql text) RETURNS text
LANGUAGE sql AS $$
    SELECT pg_catalog.set_config('bank.stepped_up', 'on', TRUE);
    SELECT tap.says('bank_app', 1, p_sql) FROM (SELECT NULL) AS one;
$$;
SELECT results_eq($$SELECT tap.says('bank_app', 1, 'SELECT bank_online.remove_contact(''email'', 1::smallint, NULL)'),
                           tap.stepped_up('SELECT bank_online.remove_contact(''email'', 1::smallint, NULL)'), tap.stepped_up('SELECT bank_online.remove_contact(''phone'', 1::smallint, NULL)'),
                           tap.stepped_up('SELECT value FROM bank_online.confirm_contact(101, ''123456'', NULL)'),
                           tap.stepped_up('SELECT (change_id > 0)::text FROM bank_online.begin_contact_change(''email'', NULL, ''x@y'', NULL)')$$,
    $$VALUES ('BK011', 'BK017', 'false', 'NULL', 'true')$$, 'contacts: one''s own, after a further code, and not the last');
SELECT pg_catalog.set_config('bank.stepped_up', '', TRUE) \g /dev/null
SELECT results_eq($$SELECT tap.does('bank_app', 1, 'SELECT bank.change_card(1, ''frozen'', NULL, NULL)'), tap.does('bank_app', 1, 'SELECT bank.change_card(2, ''active'', NULL, NULL)'),
                           tap.does('bank_app', 1, 'SELECT bank.change_card(3, ''frozen'', NULL, NULL)'), tap.does('bank_core', NULL, 'UPDATE bank.card SET status = ''active'' WHERE card_id = 2')$$,
    $$VALUES ('1 rows', 'BK004', 'BK008', '1 rows')$$, 'a customer freezes a card, and does not release what the bank has blocked');
CREATE ROLE tap_web LOGIN IN ROLE bank_app;
SELECT is(tap.does('tap_web', 1, 'SELECT bank.change_card(2, ''active'', NULL, NULL)'), 'BK004', 'nor through another role of the online bank');
SELECT is_empty($$SELECT u, s, r FROM unnest('{1,3}'::int[]) AS u, unnest(ARRAY['bank_online.find_customers(''ada'', NULL)', 'bank_online.view_customer(1, NULL)',
        'bank_online.block_card(1, ''lost'', NULL)', 'bank_online.read_audit(NULL, NULL, NULL, 9, NULL)', 'bank_online.make_activation(6, sha256(''x''), NULL)']) AS s,
        tap.desk(u, s) AS r WHERE r <> CASE u WHEN 1 THEN 'BK013' ELSE 'done' END$$, 'the desk is for staff');
SELECT results_eq($$SELECT s, tap.does('bank_core', NULL, format('INSERT INTO bank.transfer_status (transfer_id, status) VALUES (4, %L)', s))
    FROM unnest('{disputed,reversed,posted}'::text[]) AS s$$, $$VALUES ('disputed', '1 rows'), ('reversed', '42501'), ('posted', '42501')$$,
    'a branch disputes a transfer; reversed and posted come from the ledger');
SELECT pg_catalog.set_config('bank.user_id', '1', TRUE) \g /dev/null
SELECT results_eq($$SELECT u, tap.does('bank_app', 1, format('INSERT INTO bank_online.audit_event (user_id, event) VALUES (%s, ''login.refused'')', u))
    FROM unnest('{1,2,NULL}'::text[]) AS w (v), coalesce(v, 'NULL') AS u$$, $$VALUES ('1', '42501'), ('2', '42501'), ('NULL', '42501')$$,
    'functions write the trail, nobody else does');
SELECT results_eq($$SELECT s, tap.says('bank_app', 1, format('SELECT bank_online.end_session(%s)', s)) FROM unnest('{1,2}'::int[]) AS s$$,
    $$VALUES (1, 'true'), (2, 'false')$$, 'one ends one''s own sessions');
UPDATE bank_online.session SET ended_at = now() WHERE session_id = 1;
SELECT throws_ok('UPDATE bank_online.session SET ended_at = NULL WHERE session_id = 1', '55000', NULL, 'and nobody brings back what has ended');
DELETE FROM bank_online.session WHERE session_id = 1;
INSERT INTO bank_online.session (session_id, user_id, token_hash, expires_at) OVERRIDING SYSTEM VALUE VALUES (1, 1, sha256('1'), now() + INTERVAL '1 hour');

-- Context: of the transaction, from a live session only
CREATE FUNCTION tap.enters(p_user int, p_change text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v text;
BEGIN
    EXECUTE p_change;
    v := tap.says('bank_app', NULL, format(
        'SELECT concat_ws('' '', e.user_id, e.party_id, e.role, current_setting(''bank.user_id''), current_setting(''bank.party_id''))
         FROM bank_online.enter(sha256(''%s'')) AS e', p_user));
    RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = v;
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
    RETURN SQLERRM;
END $$;
SELECT results_eq($$SELECT u, tap.enters(u, 'SELECT 1') FROM unnest('{1,2,3,4}'::int[]) AS u$$,
    $$VALUES (1, '1 1 customer 1 1'), (2, '2 2 customer 2 2'), (3, '3 staff 3 '), (4, ' ')$$, 'a live token acts for its user, another one for nobody');
SELECT is_empty($$SELECT change, tap.enters(1, change) FROM unnest(ARRAY[
    'UPDATE bank_online.session SET ended_at = now()', 'UPDATE bank_online.session SET created_at = now() - INTERVAL ''2 hours'', expires_at = now()',
    'UPDATE bank_online.session SET seen_at = now() - INTERVAL ''16 minutes''', 'UPDATE bank_online.app_user SET status = ''suspended''',
    'UPDATE bank_online.app_user SET password_changed_at = now() + INTERVAL ''1 second''']) AS change WHERE tap.enters(1, change) <> ' '$$,
    'not one that has ended, is too old, idle, of a suspended user, or older than the password');
SELECT is(tap.enters(1, 'UPDATE bank_online.session SET seen_at = now() - INTERVAL ''14 minutes'''), '1 1 customer 1 1', 'within the idle limit it lives');
SELECT is(tap.says('bank_app', 1, $$SELECT concat_ws(' ', e.party_id, (SELECT count(*) FROM bank.party)) FROM bank_online.enter(sha256('9')) AS e$$), '0',
    'a wrong token takes away what the transaction had');
SELECT is(tap.says('bank_app', 1, $$SELECT count(*) FROM (SELECT set_config('bank.party_id', 'x', TRUE)) AS s, bank.party$$), '22P02',
    'nonsense is an error, not everybody');
ROLLBACK;

-- Transaction-local, seen from outside one: two customers take turns on a connection.
CREATE TABLE public.told (n int, rows text);
GRANT ALL ON public.told TO bank_app;
INSERT INTO bank.party (party_id, party_type) VALUES (1, 'person'), (2, 'person');
SET SESSION AUTHORIZATION bank_app;
BEGIN;
SET LOCAL bank.party_id = 1;
INSERT INTO public.told SELECT 1, string_agg(party_id::text, ',') FROM bank.party;
COMMIT;
INSERT INTO public.told SELECT 2, string_agg(party_id::text, ',') FROM bank.party;
BEGIN;
SET LOCAL bank.party_id = 2;
INSERT INTO public.told SELECT 3, string_agg(party_id::text, ',') FROM bank.party;
COMMIT;
BEGIN;
SET LOCAL bank.party_id = 1;
ROLLBACK;
INSERT INTO public.told SELECT 4, string_agg(party_id::text, ',') FROM bank.party;
RESET SESSION AUTHORIZATION;
SELECT CASE WHEN array_agg(rows ORDER BY n) = '{1,NULL,2,NULL}' THEN '' ELSE 'not ' END || 'ok 32 - the context ends with its transaction' FROM public.told;
DROP TABLE public.told;
DELETE FROM bank.party WHERE party_id IN (1, 2);
