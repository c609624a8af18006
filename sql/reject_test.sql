-- Rejects: classes that take some doing, with what they say, and how each is mended.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE TEMP TABLE doc AS SELECT $$
{"name": "reject", "schema": "reject", "wire": {"decimal": "string"},
 "hubs": {"thing": {"business_key": ["no text"]}},
 "links": {"booking": {"hubs": ["thing", {"role": "other", "hub": "thing"}], "dependent_keys": ["id bigint"], "non_historized": true,
                       "attributes": ["amount numeric(12,2)"]},
           "pair": {"hubs": ["thing", {"role": "other", "hub": "thing"}]}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["size smallint"]}},
 "sources": {
  "public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "size": "integer"},
   "loads": [{"hub": "thing", "business_key": ["no"]}, {"satellite": "thing_details", "columns": ["size"]}]},
  "public.booking": {"primary_key": ["id"], "immutable": true,
   "columns": {"id": "bigint", "a": "text", "b": "text", "amount": "numeric(12,2)"},
   "loads": [{"link": "booking", "hubs": {"thing": ["a"], "other": ["b"]}, "dependent_keys": ["id"], "attributes": ["amount"]}]},
  "public.pair": {"primary_key": ["id"], "columns": {"id": "bigint", "a": "text", "b": "text"},
   "loads": [{"link": "pair", "hubs": {"thing": ["a"], "other": ["b"]}}]}}}$$::jsonb AS d;
SELECT 1 AS applied FROM doc, datavault.apply_model(d);

-- one event; `source` overrides members of its source block
CREATE FUNCTION event(tab text, op text, lsn int, image jsonb, source jsonb DEFAULT '{}', kafka_ms bigint DEFAULT NULL) RETURNS jsonb
LANGUAGE sql AS $$
SELECT jsonb_build_object('topic', 'w.public.' || tab, 'timestamp', kafka_ms, 'key', jsonb_build_object('id', image -> 'id')::text,
 'value', jsonb_build_object('op', op, 'before', CASE op WHEN 'd' THEN image END, 'after', CASE WHEN op <> 'd' THEN image END,
  'source', jsonb_build_object('name', 'w', 'schema', 'public', 'table', tab, 'snapshot', 'false', 'ts_ms', lsn * 1000,
   'sequence', format('["%s","%s"]', lsn - 5, lsn), 'lsn', lsn) || source)::text) $$;
CREATE FUNCTION deliver(VARIADIC messages jsonb[], OUT row_events bigint, OUT unchanged bigint, OUT rejected bigint, OUT rows_written bigint)
LANGUAGE sql AS $$
SELECT r.row_events, r.unchanged, r.rejected, r.rows_written FROM datavault.ingest_batch('reject', to_jsonb(messages)) r $$;
CREATE FUNCTION retry(OUT retried bigint, OUT rejected bigint, OUT parked bigint, OUT rows_written bigint) LANGUAGE sql AS $$
SELECT * FROM datavault.retry_rejects('reject') $$;
CREATE VIEW rejected AS SELECT class, sqlstate, source, message, detail, hint FROM datavault.rejects ORDER BY id;
\x on

-- collision: a hub has another business key under this one's hash
INSERT INTO reject.thing (thing_hk, no, load_dts, record_source) VALUES (datavault.hash_key('T1'::text), 'something else', now(), 'planted');
SELECT * FROM deliver(event('thing', 'c', 10, '{"id": 1, "no": "T1", "size": 1}'), event('thing', 'c', 11, '{"id": 2, "no": "T2", "size": 2}'));
SELECT * FROM rejected;
SELECT string_agg(no, ' ' ORDER BY no) AS things FROM reject.thing WHERE no IS NOT NULL;
SELECT rejected, retried FROM retry();
DELETE FROM reject.thing WHERE no = 'something else';
SELECT rejected, retried FROM retry();
SELECT string_agg(no, ' ' ORDER BY no) AS things FROM reject.thing WHERE no IS NOT NULL;
-- … a link has other ends under this one's hash
INSERT INTO reject.pair (pair_hk, thing_hk, other_hk, load_dts, record_source)
 VALUES (datavault.hash_key(datavault.hash_key('P'::text), datavault.hash_key('Q'::text)), datavault.hash_key('P'::text), datavault.hash_key('P'::text), now(), 'planted');
SELECT * FROM deliver(event('pair', 'c', 20, '{"id": 1, "a": "P", "b": "Q"}'));
SELECT * FROM rejected;
DELETE FROM reject.pair;
SELECT rejected, retried FROM retry();
-- … a row of an immutable table comes again with other content: in the same batch, and later; without it, it is no fault
SELECT * FROM deliver(event('booking', 'c', 30, '{"id": 1, "a": "P", "b": "Q", "amount": "10.00"}'),
                      event('booking', 'c', 31, '{"id": 2, "a": "P", "b": "Q", "amount": "20.00"}'),
                      event('booking', 'c', 32, '{"id": 1, "a": "P", "b": "Q", "amount": "10.00"}'),
                      event('booking', 'c', 33, '{"id": 2, "a": "P", "b": "Q", "amount": "21.00"}'));
SELECT * FROM deliver(event('booking', 'r', 34, '{"id": 1, "a": "P", "b": "Q", "amount": "11.00"}'),
                      event('booking', 'r', 35, '{"id": 2, "a": "P", "b": "Q", "amount": "20.00"}'));
SELECT * FROM rejected;
SELECT string_agg(format('%s: %s', id, amount), ', ' ORDER BY id) AS bookings FROM reject.booking;
DELETE FROM datavault.held;

-- immutable_changed
SELECT * FROM deliver(event('booking', 'u', 40, '{"id": 1, "a": "P", "b": "Q", "amount": "10.00"}'), event('booking', 'd', 41, '{"id": 2}'),
                      event('booking', 'c', 42, '{"id": 3, "a": "P", "b": "Q", "amount": "30.00"}'));
SELECT * FROM rejected;
SELECT string_agg(format('%s: %s', id, amount), ', ' ORDER BY id) AS bookings FROM reject.booking;
SELECT rejected, retried FROM retry();
DELETE FROM datavault.held;

-- unsupported: what was rejected speaks for no connector; at its retry another one feeds the table
SELECT datavault.drop_model('reject', true);
DROP SCHEMA reject, reject_state CASCADE;
SELECT 1 AS applied FROM doc, datavault.apply_model(d);
SELECT * FROM deliver(event('thing', 'c', 50, '{"id": 5, "no": "T5", "size": 70000}', '{"name": "v"}'));
SELECT * FROM deliver(event('thing', 'c', 51, '{"id": 6, "no": "T6", "size": 6}'));
SELECT class, message FROM rejected;
SELECT rejected, retried FROM retry();
SELECT * FROM rejected;
SELECT datavault.allow_connector('reject', 'v') AS allowed;
SELECT 1 AS applied FROM doc, datavault.apply_model(replace(d::text, 'size smallint', 'size integer')::jsonb);
SELECT rejected, retried FROM retry();
SELECT no, size, thing_details.record_source FROM reject.thing_details JOIN reject.thing USING (thing_hk) ORDER BY no;

-- position: no commit time is invented; what stands behind is not held up
SELECT * FROM deliver(event('thing', 'c', 60, '{"id": 7, "no": "T7", "size": 1}', '{"ts_ms": 1000000000000000000}'),
                      event('thing', 'u', 61, '{"id": 6, "no": "T6", "size": 7}', '{"ts_ms": -1000000000000000000}', 1700000000000),
                      event('thing', 'u', 62, '{"id": 6, "no": "T6", "size": 8}', '{"ts_ms": null}'),
                      event('thing', 'u', 63, '{"id": 6, "no": "T6", "size": 9}', '{"ts_us": 63000001}'));
SELECT * FROM rejected;
-- a message without a timestamp has none here
SELECT kafka_time, convert_from(value, 'UTF8')::jsonb #>> '{after,size}' AS size FROM datavault.rejects ORDER BY id;
SELECT "position", applied_dts, size FROM reject.thing_details JOIN reject.thing USING (thing_hk) WHERE no = 'T6' ORDER BY 1;
UPDATE datavault.held SET value = convert_to(regexp_replace(convert_from(value, 'UTF8'), '"ts_ms": [^,]*', '"ts_ms": 62000'), 'UTF8');
SELECT rejected, retried FROM retry();
SELECT no, "position", applied_dts, size FROM reject.thing_details JOIN reject.thing USING (thing_hk) WHERE no IN ('T6', 'T7') ORDER BY 1, 2;

-- not_debezium: an empty name of a connector is as good as none, and stops nothing
SELECT * FROM deliver(event('thing', 'c', 70, '{"id": 8, "no": "T8", "size": 1}', '{"name": ""}'),
                      event('thing', 'c', 71, '{"id": 9, "no": "T9", "size": 1}', '{"name": null}'),
                      event('thing', 'c', 72, '{"id": 10, "no": "T10", "size": 1}'));
SELECT * FROM rejected;
DELETE FROM datavault.held;

-- type: a number that no numeric holds cannot be helped by a wider column
SELECT * FROM deliver(event('booking', 'c', 80, '{"id": 80, "a": "P", "b": "Q", "amount": "1e400000"}'),
                      event('booking', 'c', 81, '{"id": 81, "a": "P", "b": "Q", "amount": "1e-400000"}'),
                      event('booking', 'c', 82, '{"id": 82, "a": "P", "b": "Q", "amount": "1e131071"}'));
SELECT class, sqlstate, left(message, 100) AS message, left(detail, 100) AS detail, hint FROM rejected;
DELETE FROM datavault.held;
\x off

-- the next test finds the database as this one did
SELECT datavault.drop_model('reject', true);
DROP VIEW rejected;
DROP FUNCTION retry(), deliver(VARIADIC jsonb[]), event(text, text, int, jsonb, jsonb, bigint);
DROP SCHEMA reject, reject_state;
