-- The extension in the catalogs: comments, volatility, privileges, and that it comes and goes clean.
-- Run by pg_prove in a database without it, on a server that does not preload the library.
BEGIN;
SET client_min_messages = warning;
CREATE SCHEMA tap;
CREATE EXTENSION pgtap SCHEMA tap;
SET LOCAL search_path = tap, pg_catalog;
SELECT plan(28);

SELECT unalike(current_setting('shared_preload_libraries'), '%datavault%', 'the library is not preloaded');
CREATE EXTENSION datavault;

-- Its members, by catalog.
CREATE TEMPORARY VIEW member AS
SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS name
FROM pg_depend AS d JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'datavault' AND d.deptype = 'e';
CREATE TEMPORARY VIEW member_function AS
SELECT p.*, p.oid::regprocedure::text AS signature
FROM pg_proc AS p JOIN member AS m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid;
CREATE TEMPORARY VIEW member_relation AS
SELECT c.* FROM pg_class AS c JOIN member AS m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid;

SELECT has_schema('datavault');
SELECT is_empty($$SELECT c.relname FROM member_relation AS c WHERE c.relnamespace <> 'datavault'::regnamespace
    UNION ALL SELECT signature FROM member_function WHERE pronamespace <> 'datavault'::regnamespace$$,
    'everything lies in its schema');

-- Comments.
SELECT cmp_ok((SELECT count(*) FROM member_function), '>', 20::bigint, 'there are functions to look at');
SELECT is_empty($$SELECT signature FROM member_function WHERE obj_description(oid, 'pg_proc') IS NULL$$,
    'every function has a comment');
SELECT is_empty($$SELECT relname FROM member_relation
    WHERE relkind IN ('r', 'v') AND obj_description(oid, 'pg_class') IS NULL$$, 'every table and view has a comment');
SELECT is_empty($$SELECT c.relname, a.attname FROM member_relation AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL$$,
    'and every column of them');
SELECT is_empty($$SELECT t.typname FROM pg_type AS t JOIN member AS m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid
    WHERE t.typelem = 0 AND t.typrelid = 0 AND obj_description(t.oid, 'pg_type') IS NULL$$, 'every type has a comment');
SELECT is_empty($$SELECT m.name FROM member AS m
    WHERE m.classid IN ('pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_foreign_data_wrapper'::regclass)
      AND obj_description(m.objid, m.classid::regclass::name) IS NULL$$,
    'every operator, operator class and wrapper has a comment');

-- Labels.
SELECT is_empty($$SELECT signature FROM member_function WHERE prolang = (SELECT oid FROM pg_language WHERE lanname = 'sql')
    AND NOT coalesce(proconfig::text LIKE '%search_path=%', FALSE)$$, 'every SQL function fixes its search_path');
SELECT is_empty($$SELECT signature FROM member_function WHERE prosecdef$$, 'no function runs as its owner');
SELECT is_empty($$SELECT signature FROM member_function WHERE proname ~ '^(hash_|source_pos|pos_|make_source_pos)'
    AND (provolatile <> 'i' OR proparallel <> 's')$$, 'hashes and positions are immutable and parallel safe');
SELECT is_empty($$SELECT signature FROM member_function
    WHERE proname ~ '^(apply_model|drop_model|ingest|retry_|(create|alter|enable|disable|drop)_subscription|reset_offsets$|skip_message$|.*_stat$)'
    AND (provolatile <> 'v' OR proparallel <> 'u')$$, 'what writes, or looks into other processes, is volatile and not parallel');
SELECT is_empty($$SELECT signature FROM member_function WHERE proname ~ '^(check_|propose_|export_|draw_)' AND provolatile = 'v'$$,
    'what only reads the catalog is not volatile');

-- Privileges: PUBLIC reads the statistics, nothing else.
SELECT ok(has_schema_privilege('public', 'datavault', 'USAGE')
    AND NOT has_schema_privilege('public', 'datavault', 'CREATE'), 'PUBLIC may use the schema, not create in it');
SELECT bag_eq($$SELECT relname::text FROM member_relation, aclexplode(relacl) AS a
    WHERE a.grantee = 0 AND relkind IN ('r', 'v')$$,
    $$VALUES ('stat_subscription'), ('stat_partition'), ('stat_entity'), ('position_changes')$$, 'PUBLIC has four views');
SELECT is_empty($$SELECT relname FROM member_relation, aclexplode(relacl) AS a
    WHERE a.grantee = 0 AND a.privilege_type <> 'SELECT'$$, 'PUBLIC only reads');
SELECT is_empty($$SELECT c.relname FROM member_relation AS c, aclexplode(c.relacl) AS a
    WHERE a.grantee = 0 AND c.relkind = 'v'
      AND NOT coalesce('security_barrier=true' = ANY (c.reloptions), FALSE)$$,
    'a view for PUBLIC is a security barrier');
CREATE ROLE dv_stranger;
SET LOCAL ROLE dv_stranger;
SELECT set_config('tap.denied', (SELECT string_agg(c.relname, ' ') FROM pg_class AS c
    WHERE c.relnamespace = 'datavault'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname NOT LIKE 'stat\_%'
    AND c.relname <> 'position_changes'
      AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')), TRUE);
SELECT set_config('tap.rows', (SELECT count(*)::text FROM datavault.stat_subscription), TRUE);
RESET ROLE;
SELECT is(nullif(current_setting('tap.denied'), ''), NULL, 'a stranger can touch no table');
SELECT is(current_setting('tap.rows'), '0', 'a stranger can look at the statistics, which are empty');

-- Dumps: every table with its rows, every sequence with its value.
SELECT is_empty($$SELECT c.relname FROM member_relation AS c WHERE c.relkind IN ('r', 'S')
    AND NOT c.oid = ANY ((SELECT extconfig FROM pg_extension WHERE extname = 'datavault')::oid[])$$,
    'pg_dump takes every table and sequence along');

-- Functions without the library preloaded.
SELECT is(datavault.hash_key('C1'::text), datavault.hash_key('C1'::varchar), 'hash_key() works, whatever the text''s type');
SELECT lives_ok($$SELECT datavault.apply_model('{"name": "m", "schema": "tap_vault",
    "hubs": {"thing": {"business_key": ["no text"]}},
    "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
        "loads": [{"hub": "thing", "business_key": ["no"]}]}}}')$$, 'apply_model() works');
SELECT lives_ok($$SELECT * FROM datavault.ingest('m', 't', '{"id": 1}', convert_to('{"op": "c", "before": null,
    "after": {"id": 1, "no": "N1"}, "source": {"version": "3", "connector": "postgresql", "name": "w", "ts_ms": 1,
    "snapshot": "false", "db": "d", "sequence": "[\"16\",\"32\"]", "schema": "public", "table": "thing",
    "txId": 1, "lsn": 32}}', 'UTF8'))$$, 'ingest() works');
SELECT throws_ok('DROP EXTENSION datavault', '2BP01', NULL, 'DROP EXTENSION does not take a vault along');
SELECT lives_ok($$SELECT datavault.drop_model('m', TRUE)$$, 'drop_model() takes the vault away');
SELECT lives_ok('DROP EXTENSION datavault RESTRICT', 'DROP EXTENSION then');
SELECT is_empty($$SELECT relname::text FROM pg_class WHERE relnamespace = to_regnamespace('datavault')
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = to_regnamespace('datavault')
    UNION ALL SELECT fdwname FROM pg_foreign_data_wrapper WHERE fdwname LIKE 'datavault%'$$, 'nothing of it is left');

SELECT * FROM finish();
ROLLBACK;
