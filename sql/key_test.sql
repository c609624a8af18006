-- Primary-key changes: a d and a c at one lsn, on two keys.
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT 1 AS applied FROM datavault.apply_model($$
{"name": "keys", "schema": "keys", "hubs": {"thing": {"business_key": ["no text"]}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["label text", "doc text"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "label": "text", "doc": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}, {"satellite": "thing_details", "columns": ["label", "doc"]}]}}}$$);

CREATE FUNCTION event(op text, lsn bigint, id bigint, image jsonb, header text DEFAULT NULL, other bigint DEFAULT NULL)
RETURNS jsonb LANGUAGE sql AS $$
SELECT jsonb_build_object('topic', 'w.public.thing', 'key', jsonb_build_object('id', id)::text,
 'headers', CASE WHEN header IS NOT NULL THEN jsonb_build_array(jsonb_build_array('__debezium.' || header, jsonb_build_object('id', other)::text)) END,
 'value', jsonb_build_object('op', op, 'before', CASE op WHEN 'd' THEN jsonb_build_object('id', id) END,
  'after', CASE WHEN op <> 'd' THEN jsonb_build_object('id', id) || image END,
  'source', jsonb_build_object('name', 'w', 'schema', 'public', 'table', 'thing', 'snapshot', 'false', 'ts_ms', lsn * 1000,
   'sequence', format('["%s","%s"]', lsn - 5, lsn), 'lsn', lsn))::text) $$;
-- the halves of row i's change to another key
CREATE FUNCTION leaves(lsn bigint, id bigint, other bigint) RETURNS jsonb LANGUAGE sql AS $$
SELECT event('d', lsn, id, NULL, 'newkey', other) $$;
CREATE FUNCTION comes(lsn bigint, id bigint, other bigint, image jsonb) RETURNS jsonb LANGUAGE sql AS $$
SELECT event('c', lsn, other, image, 'oldkey', id) $$;
CREATE FUNCTION deliver(messages jsonb, OUT row_events bigint, OUT rejected bigint, OUT parked bigint, OUT retried bigint)
LANGUAGE sql AS $$
SELECT r.row_events, r.rejected, r.parked, r.retried FROM datavault.ingest_batch('keys', messages) r $$;
CREATE FUNCTION history(thing text, OUT id bigint, OUT "position" text, OUT operation "char", OUT label text, OUT doc text)
RETURNS SETOF record LANGUAGE sql AS $$
SELECT i, s.position::text, s.operation, s.label, s.doc FROM keys.thing_details s JOIN keys.thing t USING (thing_hk)
  JOIN generate_series(1, 60) i ON s.row_key = datavault.hash_key(i) WHERE t.no = thing ORDER BY s.position, i $$;

-- how many statements a batch needs for its marks
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE WARNING '% marks written', (SELECT pg_catalog.count(*) FROM fresh); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT ON datavault.key_mark REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tell();

SELECT deliver(jsonb_agg(event('c', 10 + i, i, jsonb_build_object('no', 'T' || i, 'label', 'a', 'doc', 'long ' || i)) ORDER BY i))
  FROM generate_series(1, 9) i;
-- both halves in one batch, with the value of an unchanged TOAST column under the old key; twice in a row
SELECT deliver(jsonb_agg(m ORDER BY lsn, half)) FROM generate_series(1, 3) i, LATERAL (VALUES
 (100 + i, 1, leaves(100 + i, i, 10 + i)),
 (100 + i, 2, comes(100 + i, i, 10 + i, jsonb_build_object('no', 'T' || i, 'label', 'b', 'doc', '__debezium_unavailable_value'))),
 (200 + i, 1, leaves(200 + i, 10 + i, 20 + i)),
 (200 + i, 2, comes(200 + i, 10 + i, 20 + i, jsonb_build_object('no', 'T' || i, 'label', 'b', 'doc', '__debezium_unavailable_value')))) v(lsn, half, m);
SELECT * FROM history('T2');
-- the d in an earlier batch, as from another partition
SELECT deliver(jsonb_agg(leaves(300 + i, i, 30 + i) ORDER BY i)) FROM generate_series(4, 6) i;
SELECT deliver(jsonb_agg(comes(300 + i, i, 30 + i, jsonb_build_object('no', 'T' || i, 'label', 'c', 'doc', '__debezium_unavailable_value')) ORDER BY i))
  FROM generate_series(4, 6) i;
SELECT * FROM history('T5');
-- the c first: with placeholders it waits, without them only its origin does
SELECT deliver(jsonb_agg(comes(400 + i, i, 40 + i,
   jsonb_build_object('no', CASE i WHEN 9 THEN 'N9' ELSE 'T' || i END, 'label', 'd',
                      'doc', CASE i WHEN 9 THEN 'new' ELSE '__debezium_unavailable_value' END)) ORDER BY i))
  FROM generate_series(7, 9) i;
SELECT reason, count(*) FROM datavault.parked GROUP BY 1;
SELECT * FROM history('N9');
SELECT deliver(jsonb_agg(leaves(400 + i, i, 40 + i) ORDER BY i)) FROM generate_series(7, 9) i;
SELECT * FROM history('T8');
SELECT a.no, b.no AS same FROM keys.thing_same_as_current s JOIN keys.thing a USING (thing_hk) JOIN keys.thing b ON b.thing_hk = s.same_thing_hk;
SELECT (SELECT count(*) FROM datavault.held) AS held, (SELECT count(*) FROM datavault.key_mark) AS marks;

-- the next test finds the database as this one did
DROP TRIGGER tell ON datavault.key_mark;
SELECT datavault.drop_model('keys', true);
DROP FUNCTION tell(), history(text), deliver(jsonb), comes(bigint, bigint, bigint, jsonb), leaves(bigint, bigint, bigint),
  event(text, bigint, bigint, jsonb, text, bigint);
DROP SCHEMA keys, keys_state;
