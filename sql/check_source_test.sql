-- check_source(): each code of doc/check_source.md is produced, here or in test/t/016_check_source.pl, and no other.
\set QUIET on
\getenv abs_srcdir PG_ABS_SRCDIR
\set doc :abs_srcdir '/doc/check_source.md'
SET client_min_messages = error;
SET datestyle = 'ISO, MDY';
CREATE TEMP TABLE seen (level text, code text, subject text, finding text, hint text);
-- What depends on the server that this runs on is left out: test/t/016_check_source.pl looks at it.
CREATE FUNCTION pg_temp.look(publication name, slot name DEFAULT NULL, role name DEFAULT NULL, connector jsonb DEFAULT NULL)
    RETURNS TABLE (level text, code text, subject text, finding text) LANGUAGE sql AS $$
    WITH found AS (INSERT INTO seen SELECT * FROM datavault.check_source(publication, slot, role, connector) f
                   WHERE f.code NOT IN ('wal_level', 'slots_exhausted', 'senders_exhausted', 'encoding', 'retention_unlimited', 'slot_other') RETURNING *)
    SELECT f.level, f.code, f.subject, f.finding FROM found f ORDER BY array_position('{error,warning,note}', f.level), f.subject COLLATE "C", f.code COLLATE "C", f.finding COLLATE "C" $$;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA src;

\qecho -- Nothing to say of a source that is well.
CREATE ROLE regress_cs_good LOGIN REPLICATION BYPASSRLS;
CREATE TABLE src.well (id integer PRIMARY KEY, code text NOT NULL UNIQUE, amount numeric(12,2));
CREATE UNIQUE INDEX well_identity ON src.well (id, code);
ALTER TABLE src.well REPLICA IDENTITY USING INDEX well_identity;
ALTER TABLE src.well ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE src.signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
GRANT USAGE ON SCHEMA src TO regress_cs_good;
GRANT SELECT ON src.well, src.signal TO regress_cs_good;
CREATE PUBLICATION cs_well FOR TABLE src.well, src.signal;
SELECT * FROM pg_temp.look('cs_well', role => 'regress_cs_good');

\qecho -- Nor of the connector in stack/conf, but that it was not started yet: as rendered, as Connect answers, and flat.
\set template :abs_srcdir '/stack/conf/connector.json.in'
SELECT replace(replace(replace(replace(pg_read_file(:'template'), '@NAME@', 'cs_well'), '@DATABASE@', current_database()), '@TABLES@', 'src\\.well,src[.](?:SIGNAL)'),
    '"debezium"', '"regress_cs_good"') AS ours \gset
SELECT * FROM pg_temp.look('cs_well', connector => :'ours');
SELECT code, subject FROM pg_temp.look(NULL, connector => :'ours'::jsonb || '{"type": "source", "tasks": []}');
SELECT code, subject FROM pg_temp.look('cs_well', role => 'regress_cs_good', connector => :'ours'::jsonb -> 'config');
SELECT level, code, subject FROM pg_temp.look('cs_well', slot => 'regress_cs_none');

\qecho -- What cannot be looked at at all.
\set SHOW_CONTEXT never
SELECT datavault.check_source();
SELECT datavault.check_source('cs_well', connector => '["a"]');
SELECT datavault.check_source('cs_well', connector => '"a"');

\qecho -- Publications.
SELECT * FROM pg_temp.look('No "such"');
CREATE PUBLICATION cs_part WITH (publish = 'insert');
SELECT * FROM pg_temp.look('cs_part');
DROP PUBLICATION cs_part;
BEGIN;
CREATE TABLE src.fast (id text PRIMARY KEY);
ALTER TABLE src.fast SET UNLOGGED;
CREATE FOREIGN DATA WRAPPER cs_wrapper;
CREATE SERVER cs_server FOREIGN DATA WRAPPER cs_wrapper;
CREATE FOREIGN TABLE src.far (id text) SERVER cs_server;
CREATE PUBLICATION cs_all FOR ALL TABLES;
SELECT * FROM pg_temp.look('cs_all') WHERE subject ~ '^src|cs_all' AND code <> 'row_security_unknown';
DROP PUBLICATION cs_all;
CREATE PUBLICATION cs_schema FOR TABLES IN SCHEMA src;
SELECT * FROM pg_temp.look('cs_schema', role => 'regress_cs_good');
DROP PUBLICATION cs_schema;
DROP TABLE src.fast;
DROP FOREIGN DATA WRAPPER cs_wrapper CASCADE;
COMMIT;
CREATE PUBLICATION cs_filter FOR TABLE src.well (id, code, amount) WHERE (id > 0), src.signal (id, type);
SELECT * FROM pg_temp.look('cs_filter', role => 'regress_cs_good');
DROP PUBLICATION cs_filter;
CREATE TABLE src.year (id integer, day date, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE src.year_1 PARTITION OF src.year FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE src.year_2 PARTITION OF src.year FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
CREATE PUBLICATION cs_year FOR TABLE src.year, src.year_1;
SELECT * FROM pg_temp.look('cs_year');
ALTER PUBLICATION cs_year SET (publish_via_partition_root = true);
SELECT * FROM pg_temp.look('cs_year');
SELECT * FROM pg_temp.look('cs_year', connector => jsonb_set(:'ours', '{config,table.include.list}', '"src.year.*"')) WHERE code ~ 'captured|table';
ALTER PUBLICATION cs_year SET TABLE src.year_2;
SELECT * FROM pg_temp.look('cs_year');
-- Hints that are statements mend it.
SELECT hint FROM datavault.check_source('cs_year') WHERE code = 'partition_names' \gexec
SELECT code, subject FROM datavault.check_source('cs_year') WHERE code ~ '^partition';
ALTER PUBLICATION cs_year SET TABLE src.year_1;
ALTER PUBLICATION cs_year SET (publish_via_partition_root = false);
SELECT hint FROM datavault.check_source('cs_year') WHERE code = 'partition_names' \gexec
SELECT code, subject FROM datavault.check_source('cs_year') WHERE code ~ '^partition';
-- The identity of partitions counts, not that of their root.
ALTER PUBLICATION cs_year SET TABLE src.year;
ALTER TABLE src.year REPLICA IDENTITY FULL;
SELECT * FROM pg_temp.look('cs_year');
ALTER TABLE src.year REPLICA IDENTITY DEFAULT;
ALTER TABLE src.year_2 REPLICA IDENTITY FULL;
SELECT * FROM pg_temp.look('cs_year');
DROP PUBLICATION cs_year;

\qecho -- Tables and what the log says of old rows.
CREATE TABLE src.bare (a integer);
CREATE TABLE src.bare_full (a integer);
ALTER TABLE src.bare_full REPLICA IDENTITY FULL;
CREATE TABLE src."Übersicht" (id text PRIMARY KEY);
CREATE TABLE src.a_table_with_such_a_name_as_people_give_it_late_at_night_again (id text PRIMARY KEY);
CREATE TABLE src.parent (id text PRIMARY KEY);
CREATE TABLE src.child (PRIMARY KEY (id)) INHERITS (src.parent);
CREATE TABLE src.elsewhere (id integer PRIMARY KEY);
CREATE TABLE src.surrogate (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE DEFERRABLE, elsewhere_id integer REFERENCES src.elsewhere,
    year_id integer, year_day date, FOREIGN KEY (year_id, year_day) REFERENCES src.year);
CREATE TABLE src.nothing (id text PRIMARY KEY);
ALTER TABLE src.nothing REPLICA IDENTITY NOTHING;
CREATE TABLE src.gone (id text PRIMARY KEY, code text NOT NULL);
CREATE UNIQUE INDEX gone_index ON src.gone (id, code);
ALTER TABLE src.gone REPLICA IDENTITY USING INDEX gone_index;
DROP INDEX src.gone_index;
CREATE TABLE src.no_key (id integer PRIMARY KEY, code text NOT NULL UNIQUE);
ALTER TABLE src.no_key REPLICA IDENTITY USING INDEX no_key_code_key;
CREATE TABLE src.narrow (id integer PRIMARY KEY, "Code" text NOT NULL UNIQUE, elsewhere_id integer NOT NULL REFERENCES src.elsewhere, optional_id integer REFERENCES src.elsewhere);
CREATE TABLE src.narrow_index (id integer PRIMARY KEY, code text NOT NULL UNIQUE, other text NOT NULL);
CREATE UNIQUE INDEX narrow_index_idx ON src.narrow_index (id, other);
ALTER TABLE src.narrow_index REPLICA IDENTITY USING INDEX narrow_index_idx;
CREATE TABLE src.part (id integer PRIMARY KEY REFERENCES src.narrow);
CREATE TABLE src.later (id text PRIMARY KEY DEFERRABLE);
CREATE TABLE src.later_full (id text PRIMARY KEY DEFERRABLE);
ALTER TABLE src.later_full REPLICA IDENTITY FULL;
CREATE PUBLICATION cs_tables FOR TABLE src.bare, src.bare_full, src."Übersicht", src.a_table_with_such_a_name_as_people_give_it_late_at_night_again, src.parent, src.surrogate,
    src.nothing, src.gone, src.no_key, src.narrow, src.narrow_index, src.later, src.later_full, src.part, src.year WITH (publish_via_partition_root = true);
SELECT * FROM pg_temp.look('cs_tables') WHERE subject NOT LIKE 'src.year%';
-- The server agrees, and the statement of the hint mends it.
INSERT INTO src.later VALUES ('a');
UPDATE src.later SET id = 'b';
DELETE FROM src.gone;
SELECT DISTINCT substr(hint, strpos(hint, 'CREATE')) FROM seen WHERE code = 'identity_narrow' AND subject = 'src.narrow' \gexec
SELECT code FROM pg_temp.look('cs_tables') WHERE subject = 'src.narrow' AND code LIKE 'identity%';
DROP PUBLICATION cs_tables;

\qecho -- Columns and types.
CREATE SCHEMA src_types;
CREATE EXTENSION citext SCHEMA src_types;
CREATE TYPE src.mood AS ENUM ('sad', 'happy');
CREATE TYPE src.pair AS (a integer, b integer);
CREATE TYPE src_types.own;
CREATE FUNCTION src_types.own_in(cstring) RETURNS src_types.own IMMUTABLE STRICT LANGUAGE internal AS 'textin';
CREATE FUNCTION src_types.own_out(src_types.own) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'textout';
CREATE TYPE src_types.own (input = src_types.own_in, output = src_types.own_out, like = text);
CREATE DOMAIN src.price AS money;
CREATE DOMAIN src.prices AS numeric(18,2)[];
CREATE COLLATION src.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE src.columns (id integer PRIMARY KEY, "größe" text, twice integer GENERATED ALWAYS AS (id * 2) STORED, preset integer DEFAULT 5, filled integer NOT NULL DEFAULT 5,
    born date, seen timestamptz, n name, v bit varying(8), nv int2vector, p src.pair, ps src.pair[], b box, mr int4multirange, o src_types.own, tags text[], m src.price, iv interval,
    pr src.prices, mo src.mood, r int4range, c "char", u uuid);
CREATE TABLE src.key_citext (k src_types.citext PRIMARY KEY);
CREATE TABLE src.key_enum (k src.mood PRIMARY KEY);
CREATE TABLE src.key_float (k real PRIMARY KEY);
CREATE TABLE src.key_text (k interval PRIMARY KEY);
CREATE TABLE src.key_range (k int4range PRIMARY KEY);
CREATE TABLE src.key_collation (k text COLLATE src.loose PRIMARY KEY);
CREATE TABLE src.key_name (id integer PRIMARY KEY, "schlüssel" name NOT NULL UNIQUE);
CREATE TABLE src.key_generated (a text NOT NULL, id text GENERATED ALWAYS AS (a || 'x') STORED PRIMARY KEY);
INSERT INTO src.columns (id, born, seen) SELECT i, CASE WHEN i > 7 THEN format('00%s-03-15 BC', 40 + i)::date ELSE '2001-01-01' END, CASE WHEN i % 2 = 0 THEN '1500-01-01' ELSE 'infinity' END::timestamptz
    FROM generate_series(1, 10) i;
ANALYZE src.columns;
CREATE PUBLICATION cs_columns FOR TABLE src.columns, src.key_citext, src.key_enum, src.key_float, src.key_text, src.key_range, src.key_collation, src.key_name, src.key_generated;
SELECT * FROM pg_temp.look('cs_columns') WHERE code !~ '^identity';
\qecho -- Settings of the connector decide some of it.
SELECT * FROM pg_temp.look('cs_columns', connector => :'ours') WHERE code IN ('type_interval', 'null_default');
SELECT * FROM pg_temp.look('cs_columns', connector => :'ours'::jsonb -> 'config' || '{"interval.handling.mode": "STRING"}') WHERE code IN ('type_interval', 'null_default');
SELECT * FROM pg_temp.look('cs_columns', connector => (:'ours'::jsonb -> 'config') - 'value.converter.replace.null.with.default') WHERE code ~ 'null_default';
DROP PUBLICATION cs_columns;
CREATE PUBLICATION cs_columns FOR TABLE src.columns (id, m), src.narrow (id, "Code", elsewhere_id), src.narrow_index (id, other);
SELECT level, code, subject FROM pg_temp.look('cs_columns') WHERE code ~ '^column_list' AND subject ~ 'narrow|filled|twice';
SELECT level, code, subject, finding FROM pg_temp.look('cs_columns', connector => :'ours'::jsonb -> 'config' ||
    '{"column.exclude.list": "src.narrow.(code|optional_id),src.columns.iv", "column.mask.hash.SHA-256.with.salt.Pepper": "src.narrow_index.*", "column.truncate.to.2.chars": "src.narrow.elsewhere_id"}')
    WHERE code ~ '^column_(excl|mask)';
SELECT code, subject FROM pg_temp.look('cs_columns', connector => :'ours'::jsonb -> 'config' || '{"column.include.list": "src[.]narrow[.]id"}') WHERE code ~ '^column_excl';
DROP PUBLICATION cs_columns;

\qecho -- Roles.
SELECT * FROM pg_temp.look('cs_well', role => 'regress_cs_"none"');
CREATE ROLE regress_cs_bad NOLOGIN VALID UNTIL '2001-01-01 00:00:00+00';
SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT level, code, subject, replace(replace(finding, current_setting('timezone'), ''), '2001-01-01 00:00:00+00', '2001') FROM pg_temp.look('cs_well', role => 'regress_cs_bad') WHERE code <> 'role_expired';
SELECT level, code, subject FROM pg_temp.look('cs_well', role => 'regress_cs_bad') WHERE code = 'role_expired';
SELECT format('GRANT CONNECT ON DATABASE %I TO PUBLIC', current_database()) \gexec
CREATE ROLE regress_cs_owner LOGIN REPLICATION;
CREATE ROLE regress_cs_part LOGIN REPLICATION IN ROLE regress_cs_owner;
GRANT USAGE ON SCHEMA src TO regress_cs_owner;
GRANT SELECT (id, code) ON src.well TO regress_cs_owner;
GRANT SELECT ON src.signal TO regress_cs_owner;
ALTER TABLE src.signal ENABLE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.look('cs_well', role => 'regress_cs_part');
ALTER TABLE src.signal OWNER TO regress_cs_owner;
SELECT code, subject FROM pg_temp.look('cs_well', role => 'regress_cs_part') WHERE code = 'row_security';
ALTER TABLE src.signal FORCE ROW LEVEL SECURITY;
SELECT code, subject FROM pg_temp.look('cs_well', role => 'regress_cs_part') WHERE code = 'row_security';
SELECT code, subject FROM pg_temp.look('cs_well');
CREATE ROLE regress_cs_super SUPERUSER LOGIN;
SELECT * FROM pg_temp.look('cs_well', role => 'regress_cs_super');
\qecho -- A role with few rights sees all that catalogs say; what is kept from it is said.
CREATE ROLE regress_cs_few;
GRANT INSERT ON seen TO regress_cs_few;
GRANT SELECT ON seen TO regress_cs_few;
CREATE TEMP TABLE all_of_it AS SELECT * FROM datavault.check_source('cs_well', role => 'regress_cs_part');
GRANT SELECT ON all_of_it TO regress_cs_few;
BEGIN;
SET LOCAL ROLE regress_cs_few;
SELECT count(*) FROM (TABLE all_of_it EXCEPT ALL SELECT * FROM datavault.check_source('cs_well', role => 'regress_cs_part')) missing;
RESET ROLE;
REVOKE SELECT ON pg_replication_slots, pg_roles FROM PUBLIC;
SET LOCAL ROLE regress_cs_few;
SELECT * FROM pg_temp.look('cs_well', role => 'regress_cs_part');
RESET ROLE;
GRANT SELECT ON pg_replication_slots, pg_roles TO PUBLIC;
COMMIT;

\qecho -- Settings of the connector, each wrong one.
CREATE FUNCTION pg_temp.wrong(ours jsonb, wrong jsonb) RETURNS TABLE (level text, code text, subject text, finding text) LANGUAGE sql
    AS $$SELECT * FROM pg_temp.look('cs_well', connector => ours -> 'config' || wrong) WHERE code <> 'slot_missing' AND code <> 'row_security_unknown'$$;
SELECT * FROM pg_temp.wrong(:'ours', '{"connector.class": "io.debezium.connector.mysql.MySqlConnector", "plugin.name": "decoderbufs", "publication.autocreate.mode": "filtered", "slot.drop.on.stop": "TRUE",
    "skipped.operations": "t,d", "decimal.handling.mode": "double", "time.precision.mode": "connect", "binary.handling.mode": "hex", "hstore.handling.mode": "map", "snapshot.mode": "never",
    "snapshot.isolation.mode": "read_committed", "provide.transaction.metadata": "true", "heartbeat.interval.ms": "10000", "tombstones.on.delete": "false", "extended.headers.enabled": "true",
    "flush.lsn.source": "false", "event.processing.failure.handling.mode": "warn", "errors.tolerance": "all", "unavailable.value.placeholder": "gone", "field.name.adjustment.mode": "avro",
    "schema.name.adjustment.mode": "avro_unicode", "money.fraction.digits": "4", "message.key.columns": "src.well:code", "producer.override.partitioner.class": "org.apache.kafka.clients.producer.RoundRobinPartitioner",
    "producer.override.acks": "1", "producer.override.max.request.size": "", "snapshot.include.collection.list": "src.signal", "snapshot.select.statement.overrides": "src.well", "post.processors": "reselector",
    "converters": "mine", "value.converter": "io.confluent.connect.avro.AvroConverter", "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter.replace.null.with.default": "true", "topic.creation.default.cleanup.policy": "compact,delete", "table.include.list": "\\Qsrc.well\\E,src.(", "signal.data.collection": "src.signals"}');
SELECT * FROM pg_temp.wrong(:'ours', '{"value.converter.schemas.enable": "true", "decimal.handling.mode": "precise", "time.precision.mode": "isostring", "snapshot.mode": "initial_only", "signal.data.collection": "src.signal"}');
SELECT * FROM pg_temp.wrong(:'ours', '{"time.precision.mode": "nanoseconds", "snapshot.mode": "when_needed"}');
SELECT * FROM pg_temp.wrong(:'ours', '{"snapshot.mode": "custom", "table.include.list": "src.(well|bare|year_1)", "schema.exclude.list": "pg_.*"}');
SELECT * FROM pg_temp.wrong(:'ours', '{"table.include.list": "src.well", "table.exclude.list": ""}');
\qecho -- Defaults count as well: of an empty configuration.
SELECT level, code FROM datavault.check_source('cs_well', connector => '{}') WHERE code ~ '^(connector|decimal|snapshot|table)' AND (subject !~ '^src|^datavault' OR subject = 'src.bare');
\qecho -- The configuration of another connector. What Connect fills in is not known, and nothing is said of it.
SELECT * FROM pg_temp.look('cs_none', slot => 'regress_cs_none', role => 'regress_cs_good', connector => :'ours'::jsonb -> 'config' || '{"database.dbname": "other", "database.user": "somebody"}') WHERE subject ~ '^connector';
SELECT * FROM pg_temp.look('cs_none', slot => 'regress_cs_none', role => 'regress_cs_good', connector => :'ours'::jsonb -> 'config' ||
    '{"database.dbname": "${env:A}", "database.user": "${env:A}", "publication.name": "${env:A}", "slot.name": "${env:A}", "decimal.handling.mode": "${env:A}"}') WHERE subject ~ '^connector';
\qecho -- Transforms.
SELECT * FROM pg_temp.wrong(:'ours', '{"transforms": "unwrap, byday,drop,part,route,changes,headers,mask,none", "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
    "transforms.byday.type": "org.apache.kafka.connect.transforms.TimestampRouter", "transforms.drop.type": "org.apache.kafka.connect.transforms.Filter",
    "transforms.part.type": "io.debezium.transforms.partitions.PartitionRouting", "transforms.route.type": "io.debezium.transforms.ByLogicalTableRouter",
    "transforms.changes.type": "io.debezium.transforms.ExtractChangedRecordState", "transforms.headers.type": "org.apache.kafka.connect.transforms.DropHeaders",
    "transforms.mask.type": "org.apache.kafka.connect.transforms.MaskField$Value"}');

\qecho -- No value of a setting is repeated that is not one of those that were looked at, and no secret is.
CREATE TEMP TABLE secret AS SELECT * FROM datavault.check_source('cs_well', connector => :'ours'::jsonb -> 'config' || '{"database.password": "hunter2", "database.sslpassword": "hunter2",
    "producer.override.sasl.jaas.config": "x password=hunter2", "signal.kafka.secret": "hunter2", "driver.token": "hunter2", "database.hostname": "hunter2", "transforms": "a", "transforms.a.type": "hunter2",
    "column.mask.hash.SHA-256.with.salt.hunter2": "src.well.(", "column.mask.hash.v2.SHA-256.with.salt.hunter2": "src.well.code", "message.key.columns": "hunter2", "snapshot.select.statement.overrides": "hunter2", "post.processors": "hunter2", "converters": "hunter2",
    "unavailable.value.placeholder": "hunter2", "table.include.list": "hunter2(", "database.dbname": "hunter2", "publication.name": "hunter2",
    "decimal.handling.mode": "hunter 2/password", "producer.override.partitioner.class": "hunter2"}') s;
INSERT INTO seen SELECT * FROM secret WHERE code = 'connector_password';
SELECT code, subject FROM secret WHERE code = 'connector_password';
SELECT count(*) AS repeated FROM secret WHERE secret::text ~ 'hunter';

\qecho -- What a hint says to a DBA, once for each code.
SELECT code || E'\n    ' || hint FROM (SELECT DISTINCT ON (code COLLATE "C") code, hint FROM seen ORDER BY code COLLATE "C", subject COLLATE "C", hint COLLATE "C") h ORDER BY code COLLATE "C";

\qecho -- Codes that are not documented; documented ones of another level; and those left to test/t/016_check_source.pl.
CREATE TEMP TABLE documented AS SELECT m[1] AS code, m[2] AS levels FROM regexp_matches(pg_read_file(:'doc'), '^\| `(\w+)` \| ([a-z, ]+) \|', 'gn') m;
SELECT code, level FROM seen s WHERE NOT EXISTS (SELECT FROM documented d WHERE d.code = s.code AND s.level = ANY (string_to_array(d.levels, ', ')));
SELECT code, l FROM documented d, unnest(string_to_array(levels, ', ')) l WHERE EXISTS (SELECT FROM seen s WHERE s.code = d.code) AND NOT EXISTS (SELECT FROM seen s WHERE s.code = d.code AND s.level = l);
SELECT 'left: ' || string_agg(code, ' ' ORDER BY code COLLATE "C") FROM documented d WHERE NOT EXISTS (SELECT FROM seen s WHERE s.code = d.code);
SELECT 'complete sentences: ' || bool_and(finding ~ '^[A-Z].*[.]$' AND hint <> '') FROM seen;
DROP PUBLICATION cs_well;
DROP TABLE seen, all_of_it;
DROP SCHEMA src, src_types CASCADE;
DROP ROLE regress_cs_good, regress_cs_bad, regress_cs_part, regress_cs_owner, regress_cs_super, regress_cs_few;
