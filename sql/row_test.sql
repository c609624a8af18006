-- What one source row may go through: an insert that waited for a delete, a
-- primary-key change that keeps the row, keys that an event does not carry.
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT datavault.apply_model($$
{"name": "row", "schema": "row", "wire": {"decimal": "string"},
 "hubs": {"thing": {"business_key": ["no varchar(4)"]}},
 "links": {"thing_tag": {"hubs": ["thing"], "dependent_keys": ["tag text"]},
           "posting": {"hubs": ["thing"], "dependent_keys": ["line integer"], "non_historized": true, "attributes": ["remark text"]}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["label text", "note text"]}},
 "sources": {
  "public.thing": {"primary_key": ["id"],
   "columns": {"id": "numeric", "no": "text", "label": "text", "note": "text", "tag": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]},
             {"link": "thing_tag", "hubs": {"thing": "own"}, "dependent_keys": ["tag"]},
             {"satellite": "thing_details", "columns": ["label", "note"]}]},
  "public.posting": {"primary_key": ["line"], "immutable": true,
   "columns": {"no": "text", "line": "integer", "remark": "text"},
   "loads": [{"link": "posting", "hubs": {"thing": ["no"]}, "dependent_keys": ["line"], "attributes": ["remark"]}]}}}$$::jsonb);

CREATE FUNCTION event(tab text, op text, commit int, lsn int, image jsonb, xid int DEFAULT 0, headers jsonb DEFAULT NULL,
 OUT repeated bigint, OUT rejected bigint, OUT rows_written bigint)
LANGUAGE sql AS $$
SELECT r.repeated, r.rejected, r.rows_written FROM datavault.ingest('row', 'w.' || tab,
 convert_to(jsonb_build_object('id', image -> 'id', 'line', image -> 'line')::text, 'UTF8'),
 convert_to(jsonb_build_object('op', op, 'before', CASE op WHEN 'd' THEN image END, 'after', CASE WHEN op <> 'd' THEN image END,
  'source', jsonb_build_object('name', 'w', 'schema', 'public', 'table', tab, 'snapshot', 'false', 'ts_ms', lsn * 1000,
  'sequence', format('["%s","%s"]', commit, lsn), 'lsn', lsn, 'txId', xid))::text, 'UTF8'), headers) r $$;
CREATE VIEW history AS
SELECT t.no, s.position, s.operation, s.label, s.note FROM "row".thing_details s JOIN "row".thing t USING (thing_hk) ORDER BY 1, 2;

-- Transaction 3 inserts at 90 and waits for transaction 2, which deletes at 95 and commits at 100.
SELECT * FROM event('thing', 'c', 10, 20, '{"id": "1", "no": "A", "label": "old", "tag": "t"}', 1);
SELECT * FROM event('thing', 'd', 30, 95, '{"id": "1"}', 2);
SELECT * FROM event('thing', 'c', 100, 90, '{"id": "1", "no": "A", "label": "new", "tag": "t"}', 3);
SELECT * FROM history;
SELECT no, label FROM "row".thing_current;
-- all of it again, and again behind its next change
SELECT * FROM event('thing', 'c', 10, 20, '{"id": "1", "no": "A", "label": "old", "tag": "t"}', 1);
SELECT * FROM event('thing', 'd', 30, 95, '{"id": "1"}', 2);
SELECT * FROM event('thing', 'c', 100, 90, '{"id": "1", "no": "A", "label": "new", "tag": "t"}', 3);
SELECT * FROM event('thing', 'd', 120, 130, '{"id": "1"}', 4);
SELECT * FROM event('thing', 'd', 30, 95, '{"id": "1"}', 2);
SELECT * FROM event('thing', 'c', 100, 90, '{"id": "1", "no": "A", "label": "new", "tag": "t"}', 3);
SELECT count(*) FROM history;
-- inserted and deleted by one transaction, whose events come again with the last LSN that was processed
SELECT * FROM event('thing', 'c', 140, 150, '{"id": "2", "no": "B", "label": "short-lived", "tag": "t"}', 5);
SELECT * FROM event('thing', 'd', 140, 160, '{"id": "2"}', 5);
SELECT * FROM event('thing', 'c', 170, 150, '{"id": "2", "no": "B", "label": "short-lived", "tag": "t"}', 5);
SELECT count(*) FROM "row".thing_current;

-- 5.0 becomes 5.00: two keys in Kafka, one row; what the second half leaves out lies under the first
SELECT * FROM event('thing', 'c', 200, 210, '{"id": "5.0", "no": "C", "label": "c", "note": "long", "tag": "t"}', 6);
SELECT * FROM event('thing', 'd', 220, 230, '{"id": "5.0"}', 7, '[["__debezium.newkey", "{\"id\": \"5.00\"}"]]');
SELECT * FROM event('thing', 'c', 220, 230, '{"id": "5.00", "no": "C", "label": "cc", "note": "__debezium_unavailable_value", "tag": "t"}', 7,
  '[["__debezium.oldkey", "{\"id\": \"5.0\"}"]]');
SELECT * FROM event('thing', 'd', 220, 230, '{"id": "5.0"}', 7, '[["__debezium.newkey", "{\"id\": \"5.00\"}"]]');
SELECT * FROM event('thing', 'c', 220, 230, '{"id": "5.00", "no": "C", "label": "cc", "note": "__debezium_unavailable_value", "tag": "t"}', 7,
  '[["__debezium.oldkey", "{\"id\": \"5.0\"}"]]');
SELECT * FROM history WHERE no = 'C';
SELECT no, label, note FROM "row".thing_current;
SELECT count(*) AS same_as FROM "row".thing_same_as;
SELECT count(*) AS pending FROM row_state.public_thing WHERE pending;

-- a dependent key is a key: it may be NULL, but not missing, nor unknown
SELECT * FROM event('thing', 'u', 240, 250, '{"id": "5.0", "no": "C", "label": "ccc", "note": "x", "tag": null}');
SELECT tag FROM "row".thing_tag_current;
SELECT * FROM event('thing', 'u', 250, 260, '{"id": "5.0", "no": "C", "label": "ccc", "note": "y", "tag": "__debezium_unavailable_value"}');
SELECT * FROM event('thing', 'u', 260, 270, '{"id": "5.0", "no": "C", "label": "ccc", "note": "y"}');
-- without row state there is no version before
SELECT * FROM event('posting', 'c', 270, 280, '{"no": "C", "line": 1, "remark": "__debezium_unavailable_value"}', 8,
  '[["__debezium.oldkey", "{\"line\": 7}"]]');
SELECT count(*) FROM "row".posting WHERE line IS NOT NULL;
-- two keys that differ in blanks are two
SELECT * FROM event('thing', 'c', 280, 290, '{"id": "8", "no": "ABCD", "tag": "t"}');
SELECT * FROM event('thing', 'c', 280, 300, '{"id": "9", "no": "ABCD ", "tag": "t"}');
SELECT class, sqlstate, message, hint FROM datavault.rejects ORDER BY id;

-- the next test finds the database as this one did
DELETE FROM datavault.held;
DROP VIEW history;
SELECT datavault.drop_model('row', true);
DROP FUNCTION event(text, text, int, int, jsonb, int, jsonb);
DROP SCHEMA "row", row_state;
