-- The bank's source: who may do what with which table, column, function, sequence and schema; what roles are.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(17);

CREATE TEMP VIEW role AS SELECT r FROM (VALUES ('bank_app'), ('bank_core'), ('bank_replication'), ('bank_monitor'), ('bank_analyst')) AS v (r);
CREATE TEMP VIEW relation AS
SELECT c.oid, c.oid::regclass::text AS t FROM pg_class AS c
WHERE c.relnamespace::regnamespace::text IN ('bank', 'bank_cdc', 'bank_online', 'bank_keys', 'bank_meta')
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition;

-- What the server says of each role, table and privilege; by columns where the whole table is not granted.
CREATE TEMP VIEW held AS
SELECT r, t, string_agg(x.what, ' ' ORDER BY x.o) AS privileges
FROM role CROSS JOIN relation CROSS JOIN LATERAL (
    SELECT u.o, u.p AS what FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) WITH ORDINALITY AS u (p, o)
    WHERE has_table_privilege(r, relation.oid, u.p)
    UNION ALL
    SELECT u.o, u.p || '(' || string_agg(a.attname, ',' ORDER BY a.attnum) || ')'
    FROM unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) WITH ORDINALITY AS u (p, o)
    JOIN pg_attribute AS a ON a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE NOT has_table_privilege(r, relation.oid, u.p) AND has_column_privilege(r, relation.oid, a.attnum, u.p)
    GROUP BY u.o, u.p) AS x
GROUP BY r, t;

CREATE TEMP TABLE granted (r text, t text, privileges text);
INSERT INTO granted VALUES
('bank_analyst', 'bank.account', 'SELECT(account_id,account_no,product_id,branch_id,currency_code,status,overdraft_limit_minor,agreed_rate,opened_on,closed_on,created_at)'),
('bank_analyst', 'bank.address', 'SELECT(address_id,address_no,country_code,region,city,postcode)'),
('bank_analyst', 'bank.card', 'SELECT(card_id,account_id,party_id,scheme,expires_on,status,is_virtual,day_limit_minor,issued_at)'),
('bank_analyst', 'bank.organisation', 'SELECT(party_id,registration_no,legal_name,legal_form,registered_on,employee_count)'),
('bank_analyst', 'bank.party', 'SELECT(party_id,party_no,party_type,status,language,risk_score,tags,customer_since,created_at)'),
('bank_analyst', 'bank.person', 'SELECT(party_id,birth_date,sex,citizenship,is_pep)'),
('bank_analyst', 'bank.standing_order', 'SELECT(standing_order_id,order_no,debit_account_id,credit_account_id,amount_minor,day_of_month,starts_on,ends_on,status,created_at)'),
('bank_analyst', 'bank.transfer', 'SELECT(transfer_id,transfer_uuid,debit_account_id,credit_account_id,amount_minor,currency_code,kind,channel,card_id,merchant_id,reversal_of,booked_at)'),
('bank_analyst', 'bank.transfer_status', 'SELECT(transfer_id,status,reached_at)'),
('bank_app', 'bank.account', 'SELECT UPDATE(nickname)'),
('bank_app', 'bank.party', 'SELECT(party_id,party_no,party_type,status,language,preferences,customer_since)'),
('bank_app', 'bank.transfer', 'SELECT(transfer_id,transfer_uuid,debit_account_id,credit_account_id,amount_minor,currency_code,kind,channel,merchant_id,reversal_of,narrative,booked_at)'),
('bank_app', 'bank.transfer_status', 'SELECT(transfer_id,status,reached_at)'),
('bank_app', 'bank_online.app_user', 'SELECT(user_id,login,role,party_id,status,password_changed_at,created_at)'),
('bank_app', 'bank_online.session', 'SELECT(session_id,user_id,created_at,seen_at,expires_at,step_up_until,ended_at,client_ip,user_agent)'),
('bank_core', 'bank.account', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.account_holder', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.address', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.card', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.contact', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.exchange_rate', 'SELECT INSERT UPDATE'),
('bank_core', 'bank.loan', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.loan_schedule', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.merchant', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.organisation', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.party', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.party_address', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.person', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.standing_order', 'SELECT INSERT UPDATE DELETE'),
('bank_core', 'bank.transfer_status', 'SELECT INSERT(transfer_id,status,reason)'),
('bank_monitor', 'bank_cdc.marker', 'SELECT INSERT'),
('bank_replication', 'bank_cdc.marker', 'SELECT INSERT'),
('bank_replication', 'bank_cdc.signal', 'SELECT INSERT DELETE');
-- the rest is read whole
INSERT INTO granted
SELECT v.r, v.s || '.' || unnest(v.t), 'SELECT' FROM (VALUES
    ('bank_analyst', 'bank', '{account_balance,account_holder,branch,category,currency,exchange_rate,ledger_entry,loan,loan_schedule,merchant,party_address,product}'::text[]),
    ('bank_analyst', 'bank_keys', '{account,address,branch,category,currency,loan,merchant,party,product,standing_order,transfer}'::text[]),
    ('bank_app', 'bank_online', '{audit_event,beneficiary,idempotency,notification,step_up_limit}'::text[]),
    ('bank_app', 'bank', '{account_balance,account_holder,address,branch,card,category,contact,currency,exchange_rate,ledger_entry,loan,loan_schedule,merchant,organisation,party_address,person,product,standing_order}'::text[]),
    ('bank_core', 'bank', '{account_balance,branch,category,currency,ledger_entry,product,transfer}'::text[]),
    ('bank_core', 'bank_cdc', '{slot_health}'::text[]),
    ('bank_core', 'bank_keys', '{account,address,branch,card,category,currency,loan,merchant,party,product,standing_order,transfer}'::text[]),
    ('bank_monitor', 'bank_cdc', '{slot_health}'::text[]),
    ('bank_replication', 'bank', '{account,account_holder,address,branch,card,category,contact,currency,exchange_rate,ledger_entry,loan,loan_schedule,merchant,organisation,party,party_address,person,product,standing_order,transfer,transfer_status}'::text[]),
    ('bank_replication', 'bank_cdc', '{slot_health}'::text[]),
    ('bank_replication', 'bank_keys', '{account,address,branch,card,category,currency,loan,merchant,party,product,standing_order,transfer}'::text[])) AS v (r, s, t);
SELECT set_eq('SELECT r, t, privileges FROM held', 'SELECT r, t, privileges FROM granted', 'tables and columns: what is listed, and nothing else');
SELECT is_empty($$SELECT r, c.oid::regclass FROM role, pg_class AS c WHERE c.relispartition AND c.relkind = 'r' AND c.relnamespace = 'bank'::regnamespace
    AND (has_any_column_privilege(r, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') OR has_table_privilege(r, c.oid, 'DELETE, TRUNCATE, TRIGGER'))$$,
    'nobody reaches a partition of the ledger past its parent');

SELECT set_eq($$SELECT r, p.oid::regproc::text FROM role, pg_proc AS p
    WHERE p.pronamespace::regnamespace::text IN ('bank', 'bank_cdc', 'bank_online', 'bank_keys') AND has_function_privilege(r, p.oid, 'EXECUTE')$$,
    $$VALUES ('bank_app', 'bank.statement'),
             ('bank_app', 'bank.counterparties'), ('bank_app', 'bank.current_party'), ('bank_app', 'bank.may_debit'),
             ('bank_app', 'bank.pay'), ('bank_app', 'bank.payee'), ('bank_app', 'bank.void_transfer'), ('bank_app', 'bank_online.count_payee'), ('bank_app', 'bank.transactions'),
             ('bank_app', 'bank.spending'), ('bank_app', 'bank.owners'), ('bank_app', 'bank.change_profile'), ('bank_core', 'bank.is_contact'), ('bank_app', 'bank.day_balances'),
             ('bank_core', 'bank.transactions'),
             ('bank_core', 'bank.page_lines'), ('bank_core', 'bank.matching_entries'),
             ('bank_app', 'bank_online.enter'), ('bank_app', 'bank_online.look'), ('bank_app', 'bank_online.current_user_id'), ('bank_app', 'bank_online.current_session_id'),
             ('bank_app', 'bank_online.login_begin'), ('bank_app', 'bank_online.login_finish'),
             ('bank_app', 'bank_online.login_refused'), ('bank_app', 'bank_online.record_denial'), ('bank_app', 'bank_online.password_refused'), ('bank_app', 'bank_online.my_secrets'), ('bank_app', 'bank_online.step_up'), ('bank_app', 'bank_online.step_up_refused'),
             ('bank_app', 'bank_online.change_password'), ('bank_app', 'bank_online.end_session'), ('bank_app', 'bank_online.renew_recovery_codes'),
             ('bank_app', 'bank.check_payment'), ('bank_app', 'bank.change_card'), ('bank_app', 'bank_online.add_beneficiary'),
             ('bank_app', 'bank_online.remove_beneficiary'), ('bank_app', 'bank_online.make_activation'), ('bank_app', 'bank_online.try_activation'),
             ('bank_app', 'bank_online.begin_registration'), ('bank_app', 'bank_online.try_registration'), ('bank_app', 'bank_online.finish_registration'),
             ('bank_app', 'bank_online.begin_contact_change'), ('bank_app', 'bank_online.confirm_contact'), ('bank_app', 'bank_online.remove_contact'),
             ('bank_app', 'bank.my_standing_orders'), ('bank_app', 'bank.make_standing_order'), ('bank_app', 'bank.change_standing_order'),
             ('bank_app', 'bank_online.read_notifications'), ('bank_app', 'bank_online.find_customers'), ('bank_app', 'bank_online.view_customer'),
             ('bank_app', 'bank_online.block_card'), ('bank_app', 'bank_online.read_audit'), ('bank_core', 'bank_online.take_messages'),
             ('bank_core', 'bank_online.add_user'), ('bank_core', 'bank_online.clean_up'),
             ('bank_core', 'bank.transfer'), ('bank_core', 'bank.reverse'), ('bank_core', 'bank.run_standing_orders'),
             ('bank_core', 'bank.ledger_violations'), ('bank_core', 'bank.ensure_ledger_partitions'), ('bank_core', 'bank.balance'),
             ('bank_core', 'bank.account_page'), ('bank_core', 'bank.statement'), ('bank_core', 'bank.counterparties'),
             ('bank_core', 'bank.current_party'), ('bank_core', 'bank.may_debit'), ('bank_core', 'bank.standing_order_uuid')$$, 'functions and procedures: the same');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    WHERE p.pronamespace::regnamespace::text LIKE 'bank%' AND a.grantee = 0$$, 'none for PUBLIC');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.pronamespace::regnamespace::text LIKE 'bank%' AND p.prosecdef
    AND coalesce(NOT 'search_path=pg_catalog, pg_temp' = ANY (p.proconfig), TRUE)$$, 'those that act as their owner have a path of their own');
SELECT set_eq($$SELECT r, c.oid::regclass::text FROM role, pg_class AS c WHERE c.relkind = 'S' AND c.relnamespace::regnamespace::text LIKE 'bank%'
    AND has_sequence_privilege(r, c.oid, 'USAGE, SELECT, UPDATE')$$,
    $$SELECT 'bank_core' AS r, 'bank.' || s AS s FROM unnest('{party_no_seq,address_no_seq,merchant_no_seq,account_serial_seq,contract_no_seq,standing_order_no_seq}'::text[]) AS s
      UNION ALL VALUES ('bank_replication', 'bank_cdc.marker_id_seq'), ('bank_monitor', 'bank_cdc.marker_id_seq')$$,
    'sequences: those that feed what a role inserts');
SELECT set_eq($$SELECT r, n.nspname FROM role, pg_namespace AS n WHERE n.nspname LIKE 'bank%' AND has_schema_privilege(r, n.oid, 'USAGE')$$,
    $$VALUES ('bank_app', 'bank'), ('bank_app', 'bank_online'), ('bank_core', 'bank'), ('bank_core', 'bank_online'), ('bank_core', 'bank_cdc'), ('bank_core', 'bank_keys'),
             ('bank_replication', 'bank'), ('bank_replication', 'bank_cdc'), ('bank_replication', 'bank_keys'), ('bank_monitor', 'bank_cdc'),
             ('bank_analyst', 'bank'), ('bank_analyst', 'bank_keys')$$, 'schemas');

-- DDL
SELECT is_empty($$SELECT r, n.nspname FROM role, pg_namespace AS n WHERE has_schema_privilege(r, n.oid, 'CREATE') AND n.nspname !~ '^(tap|pg_temp)'$$,
    'nobody creates anything in a schema');
SELECT set_eq($$SELECT r, p FROM role, unnest('{CREATE,TEMPORARY}'::text[]) AS p WHERE has_database_privilege(r, current_database(), p)$$,
    $$VALUES ('bank_core', 'TEMPORARY'), ('bank_replication', 'TEMPORARY'), ('bank_analyst', 'TEMPORARY')$$,
    'nor in the database; temporary tables only where they are needed');
SELECT results_eq($$SELECT s, tap.does('bank_app', 1, s) FROM unnest(ARRAY['CREATE TABLE public.x ()', 'CREATE TEMPORARY TABLE x ()',
    'CREATE FUNCTION bank.x() RETURNS int LANGUAGE sql AS $f$SELECT 1$f$', 'ALTER TABLE bank.transfer DISABLE TRIGGER ALL',
    'DROP TABLE bank.ledger_entry', 'ALTER TABLE bank.account NO FORCE ROW LEVEL SECURITY', 'CREATE SCHEMA x', 'DROP POLICY bank_app ON bank.account',
    'TRUNCATE bank.ledger_entry', 'TRUNCATE bank.ledger_entry_m202401', 'UPDATE bank.ledger_entry SET amount_minor = 1',
    'DELETE FROM bank.ledger_entry', 'UPDATE bank.transfer SET amount_minor = 1', 'DELETE FROM bank.transfer', 'UPDATE bank.account_balance SET balance_minor = 0',
    'UPDATE bank.transfer_status SET status = status', 'INSERT INTO bank.account_balance VALUES (99)', 'SET LOCAL session_replication_role = replica',
    'SET LOCAL ROLE bank_owner', 'SET LOCAL ROLE bank_core', 'CREATE ROLE x', 'DELETE FROM bank_online.audit_event',
    'UPDATE bank_online.audit_event SET detail = detail', 'SELECT password_hash FROM bank_online.app_user', 'SELECT totp_secret FROM bank_online.app_user',
    'SELECT token_hash FROM bank_online.session', 'SELECT * FROM bank_online.throttle', 'DELETE FROM bank_online.throttle', 'SELECT * FROM bank_online.device',
    'UPDATE bank_online.session SET ended_at = NULL', 'UPDATE bank_online.session SET step_up_until = now()', 'UPDATE bank_online.step_up_limit SET amount_minor = 1',
    'SELECT bank.transfer(gen_random_uuid(), 11, 21, 1, ''QQQ'')', 'SELECT bank_online.count_try(''x'', 1)', 'SELECT bank_online.use_code(1, 1, NULL)', 'SELECT bank_online.add_user(''x'', 1, ''staff'', '''', NULL, NULL)', 'SELECT * FROM bank_online.recovery_code', 'SELECT * FROM bank_online.activation', 'SELECT * FROM bank_online.registration',
    'SELECT * FROM bank_online.message', 'SELECT * FROM bank_online.contact_change', 'UPDATE bank.card SET status = ''active''',
    'UPDATE bank.standing_order SET amount_minor = 1', 'UPDATE bank.party SET language = ''en''', 'DELETE FROM bank.contact', 'INSERT INTO bank_online.beneficiary (user_id, account_no, alias) VALUES (1, 1, 1)',
    'SELECT bank_online.take_messages()', 'SELECT * FROM bank_meta.migration']) AS s
    WHERE tap.does('bank_app', 1, s) <> '42501'$$, $$SELECT NULL::text, NULL::text WHERE FALSE$$,
    'the online bank cannot change the ledger, run DDL, become another, or read a secret: 42501 for each try');
SELECT is_empty($$SELECT r, s, tap.does(r, NULL, s) FROM unnest('{bank_core,bank_replication,bank_analyst,bank_monitor}'::text[]) AS r,
    unnest(ARRAY['UPDATE bank.ledger_entry SET amount_minor = 1', 'DELETE FROM bank.transfer', 'TRUNCATE bank.transfer',
                 'UPDATE bank.account_balance SET balance_minor = 0', 'SELECT * FROM bank_online.app_user', 'SELECT * FROM bank.ledger_entry_m202401',
                 'CREATE TABLE bank.x ()']) AS s
    WHERE tap.does(r, NULL, s) <> '42501'$$, 'nor can anybody else');

-- Roles
SELECT results_eq($$SELECT rolname::text COLLATE "default", rolcanlogin, rolreplication, rolbypassrls FROM pg_roles WHERE rolname LIKE 'bank\_%' ORDER BY 1$$,
    $$VALUES ('bank_analyst', TRUE, FALSE, FALSE), ('bank_app', TRUE, FALSE, FALSE), ('bank_core', TRUE, FALSE, FALSE),
             ('bank_monitor', TRUE, FALSE, FALSE), ('bank_owner', FALSE, FALSE, FALSE), ('bank_replication', TRUE, TRUE, TRUE)$$,
    'only the replication sees past row security, and the owner does not log in');
SELECT is_empty($$SELECT rolname FROM pg_roles WHERE rolname LIKE 'bank\_%' AND (rolsuper OR rolcreaterole OR rolcreatedb)$$, 'none has power over the server');
SELECT set_eq($$SELECT m.member::regrole::text, m.roleid::regrole::text FROM pg_auth_members AS m
    WHERE m.member::regrole::text LIKE 'bank\_%' OR m.roleid::regrole::text LIKE 'bank\_%'$$, $$VALUES ('bank_monitor', 'pg_monitor')$$,
    'none is a member of another');
SELECT is_empty($$SELECT rolname FROM pg_roles WHERE rolname LIKE 'bank\_%' AND shobj_description(oid, 'pg_authid') IS NULL$$, 'each says what it is for');
SELECT is_empty($$SELECT n.nspname || '.' || o.name FROM (
        SELECT relname AS name, relnamespace AS nsp, relowner AS owner FROM pg_class
        UNION ALL SELECT proname, pronamespace, proowner FROM pg_proc UNION ALL SELECT typname, typnamespace, typowner FROM pg_type
        UNION ALL SELECT nspname, oid, nspowner FROM pg_namespace) AS o
    JOIN pg_namespace AS n ON n.oid = o.nsp WHERE n.nspname IN ('bank', 'bank_cdc', 'bank_online', 'bank_keys') AND o.owner <> 'bank_owner'::regrole$$,
    'one role owns every object');
SELECT ok((SELECT r.rolsuper FROM pg_publication AS p JOIN pg_roles AS r ON r.oid = p.pubowner WHERE p.pubname = 'bank_pub'),
    'but the publication is the administrator''s: nobody else widens it');
SELECT * FROM finish();
ROLLBACK;
