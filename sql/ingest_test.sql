-- ingest(): captured events of a real connector through the worker's engine.
-- The true value of a row at each step is what the source itself said.
SET timezone = 'UTC';
SET datestyle = iso;
\set QUIET on
\getenv abs_srcdir PG_ABS_SRCDIR
\set model_file :abs_srcdir '/test/data/models/captures.json'
CREATE TABLE message (n serial, line jsonb);
SELECT 1 AS applied FROM datavault.apply_model(pg_read_file(:'model_file')::jsonb);

-- One scenario as one batch; its counts are the answer.
CREATE FUNCTION deliver(scenario text, OUT row_events bigint, OUT repeated bigint, OUT unchanged bigint,
    OUT rejected bigint, OUT parked bigint) RETURNS record LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM message;
    EXECUTE format('COPY message (line) FROM %L (FORMAT csv, DELIMITER e''\x01'', QUOTE e''\x02'')',
                   current_setting('test.dir') || scenario || '.jsonl');
    SELECT r.row_events, r.repeated, r.unchanged, r.rejected, r.parked
      INTO row_events, repeated, unchanged, rejected, parked
      FROM (SELECT jsonb_agg(line ORDER BY n) AS lines FROM message) m,
           LATERAL datavault.ingest_batch('bankj', m.lines) r;
END $$;
\set data_dir :abs_srcdir '/test/data/debezium/'
SELECT set_config('test.dir', :'data_dir', false) <> '' AS found;

SELECT * FROM deliver('01-snapshot.json-noschema');
SELECT * FROM deliver('02-insert-update-delete.json-noschema');
SELECT * FROM deliver('03-primary-key-change.json-noschema');
SELECT * FROM deliver('04-unchanged-toast.json-noschema');
SELECT * FROM deliver('05-nulls.json-noschema');
SELECT * FROM deliver('06-logical-message.json-noschema');
SELECT * FROM deliver('07-transaction.json-noschema');
SELECT * FROM deliver('08-alter-table.json-noschema');
SELECT * FROM deliver('09-types-stream.json-noschema');
SELECT * FROM deliver('10-incremental-snapshot.json-noschema');
SELECT * FROM deliver('12-heartbeat.json-noschema');

-- a repeated stretch adds nothing
SELECT count(*) AS before FROM vault.customer_details \gset
SELECT * FROM deliver('04-unchanged-toast.json-noschema');
SELECT count(*) - :before AS added FROM vault.customer_details;

-- nothing waits, and who lives has the source's values
SELECT count(*) AS held FROM datavault.held;
SELECT c.customer_no, s.full_name, s.birth_date, length(s.notes) AS notes, s.created_at
  FROM vault.customer c JOIN vault.customer_details_current s USING (customer_hk) ORDER BY 1;
SELECT code, exponent, name FROM vault.currency JOIN vault.currency_details_current USING (currency_hk) ORDER BY 1;
SELECT id, d, ts0, ts3, ts6, tstz, t3, t6 FROM vault.specimen JOIN vault.specimen_values_current USING (specimen_hk) ORDER BY 1;
SELECT id, n18, nfree, f4, f8, b, by, j, u, ia, txa, '[' || ch || ']' AS ch, inetc
  FROM vault.specimen JOIN vault.specimen_values_current USING (specimen_hk) ORDER BY 1;

-- the hash of a source value is the key that the worker wrote
SELECT customer_no, customer_hk = datavault.hash_key(customer_no) AS same FROM vault.customer
 WHERE customer_no IS NOT NULL ORDER BY 1 LIMIT 3;

-- a truncated table stops
SELECT * FROM deliver('11-truncate.json-noschema');

-- bad input costs itself only
SELECT rejected FROM datavault.ingest('bankj', 'bankj.public.customer', '{"id": 1}', '{"after": ');
SELECT rejected FROM datavault.ingest('bankj', 'bankj.public.customer', '{"id": 1}', '\xff7b7d');
SELECT rejected FROM datavault.ingest('bankj', 'bankj.public.currency', '{"code": "EUR"}',
 convert_to('{"before":null,"after":{"code":"EUR","exponent":99999,"name":"x"},"source":{"name":"bankj","ts_ms":1,"snapshot":"false","sequence":"[\"99999999\",\"99999999\"]","schema":"public","table":"currency","lsn":99999999},"op":"u"}', 'UTF8'));
SELECT rejected FROM datavault.ingest('bankj', 'bankj.public.currency', '{"code": "USD"}',
 convert_to('{"before":null,"after":{"exponent":2,"name":"x"},"source":{"name":"bankj","ts_ms":1,"snapshot":"false","sequence":"[\"99999999\",\"99999999\"]","schema":"public","table":"currency","lsn":99999999},"op":"u"}', 'UTF8'));
SELECT source, sqlstate, class, message, hint FROM datavault.rejects ORDER BY id;

-- what was too large fits when the type is widened, and its row's history is whole
SELECT row_events, rejected FROM datavault.ingest('bankj', 'bankj.public.currency', '{"code": "EUR"}',
 convert_to('{"before":null,"after":{"code":"EUR","exponent":3,"name":"y"},"source":{"name":"bankj","ts_ms":2,"snapshot":"false","sequence":"[\"99999999\",\"199999999\"]","schema":"public","table":"currency","lsn":199999999},"op":"u"}', 'UTF8'));
SELECT 1 AS applied FROM datavault.apply_model(
    replace(pg_read_file(:'model_file'), '"exponent smallint"', '"exponent integer"')::jsonb);
SELECT retried, rejected FROM datavault.retry_rejects('bankj');
SELECT s.position, s.operation, s.exponent, s.name FROM vault.currency_details s JOIN vault.currency c USING (currency_hk)
 WHERE c.code = 'EUR' ORDER BY s.position;
SELECT count(*) AS versions, bool_or(pending) AS pending FROM vault_state.public_currency
 WHERE row_key = datavault.hash_key('EUR'::char(3));

-- a unique index that somebody added to a hub refuses a row: told, not lost
CREATE UNIQUE INDEX currency_lower ON vault.currency (lower(code::text));
SELECT rejected FROM datavault.ingest('bankj', 'bankj.public.currency', '{"code": "eur"}',
 convert_to('{"before":null,"after":{"code":"eur","exponent":2,"name":"z"},"source":{"name":"bankj","ts_ms":3,"snapshot":"false","sequence":"[\"99999999\",\"299999999\"]","schema":"public","table":"currency","lsn":299999999},"op":"c"}', 'UTF8'));
SELECT source, sqlstate, message, hint FROM datavault.rejects ORDER BY id DESC LIMIT 1;
DROP INDEX vault.currency_lower;
SELECT retried, rejected FROM datavault.retry_rejects('bankj');
SELECT count(*) AS there FROM vault.currency WHERE code = 'eur';

-- what cannot be
SELECT datavault.ingest('nobody', 't', NULL, NULL);
SELECT datavault.ingest(NULL, 't', NULL, NULL);
SELECT datavault.ingest_batch('bankj', '{}');
SELECT datavault.ingest_batch('bankj', '[{}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "headers": [1]}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "partition": 2147483648}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "offset": "7"}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "offset": 1e30}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "offset": -1e30}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "timestamp": 1.5}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "ofset": 7}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "value": {"op": "c"}}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "headers": "h"}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "headers": {"name": "value"}}]');
SELECT datavault.ingest_batch('bankj', '[{"topic": "t", "headers": [[null, "value"]]}]');
SELECT datavault.ingest('bankj', 't', NULL, NULL, '{"name": "value"}');
SELECT datavault.ingest('bankj', 't', NULL, NULL, '7');
-- what may be left out may be null
SELECT * FROM datavault.ingest_batch('bankj', '[{"topic": "t", "partition": null, "offset": null, "timestamp": null, "key": null, "value": null, "headers": null}]');
SELECT * FROM datavault.ingest('bankj', 't', NULL, NULL, 'null');
SELECT datavault.retry_rejects(NULL);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT datavault.ingest('bankj', 't', NULL, NULL);
ROLLBACK;

-- a second database that has the same table
SELECT source, connector FROM datavault.feed WHERE source = 'public.currency';
SELECT rejected FROM datavault.ingest('bankj', 'other.public.currency', '{"code": "EUR"}',
 convert_to('{"before":null,"after":{"code":"EUR","exponent":2,"name":"z"},"source":{"name":"other","ts_ms":3,"snapshot":"false","sequence":"[\"99999999\",\"299999999\"]","schema":"public","table":"currency","lsn":299999999},"op":"c"}', 'UTF8'));
SELECT datavault.allow_connector('nobody', 'other');
SELECT datavault.allow_connector('bankj', 'other') > 0 AS allowed;
SELECT rejected FROM datavault.ingest('bankj', 'other.public.currency', '{"code": "EUR"}',
 convert_to('{"before":null,"after":{"code":"EUR","exponent":2,"name":"z"},"source":{"name":"other","ts_ms":3,"snapshot":"false","sequence":"[\"99999999\",\"299999999\"]","schema":"public","table":"currency","lsn":299999999},"op":"c"}', 'UTF8'));

-- the next test finds the database as this one did
SET client_min_messages = warning;
SELECT datavault.drop_model('bankj', true);
SELECT (SELECT count(*) FROM datavault.held) AS held, (SELECT count(*) FROM datavault.feed) AS feeds;
DROP SCHEMA vault, vault_state;
DROP TABLE message;
DROP FUNCTION deliver(text);
