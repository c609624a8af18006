-- Positions set by hand: what is refused, what becomes of datavault.offset, and
-- the trace that stays. No worker runs here; test/t/010_offsets.pl has one.
SET client_min_messages = error;
SELECT 1 AS applied FROM datavault.apply_model($$
{"name": "offsets", "schema": "offsets", "hubs": {"thing": {"business_key": ["no text"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}]}}}$$);
CREATE SERVER offsets FOREIGN DATA WRAPPER datavault_kafka OPTIONS ("bootstrap.servers" '127.0.0.1:1');
SELECT datavault.create_subscription('s', 'offsets', 'offsets', '{w.*}') > 0 AS created;
INSERT INTO datavault.offset (subscription_id, topic, partition, seq, generation, next_offset, last_offset, last_timestamp, last_crc)
SELECT s.id, t, p, 7, 0, 100 + p, 99 + p, 5, 6
  FROM datavault.subscription s, unnest('{w.a,w.b}'::text[]) t, generate_series(0, 1) p;
CREATE VIEW stands AS
SELECT topic, partition, max(seq) AS seq, (array_agg(next_offset ORDER BY seq DESC))[1] AS next_offset,
       (array_agg(last_offset ORDER BY seq DESC))[1] AS last_offset
  FROM datavault.offset GROUP BY topic, partition ORDER BY topic, partition;

-- options: each error names the option and what it takes
SELECT datavault.alter_subscription('s', '{"batch_rows": 0}');
SELECT datavault.alter_subscription('s', '{"batch_rows": "many"}');
SELECT datavault.alter_subscription('s', '{"batch_bytes": 99999999999999999999}');
SELECT datavault.alter_subscription('s', '{"max_rejects_in_row": -1}');
SELECT datavault.alter_subscription('s', '{"synchronous_commit": "perhaps"}');
SELECT datavault.alter_subscription('s', '{"on_error": "ignore"}');
SELECT datavault.alter_subscription('s', '{"on_error": null}');
SELECT datavault.alter_subscription('s', '{"parent_max_age": "-1 day"}');
SELECT datavault.alter_subscription('s', '{"topics": []}');
SELECT datavault.alter_subscription('s', '{"topics": "w.*"}');
SELECT datavault.alter_subscription('s', '{"name": ""}');
SELECT datavault.alter_subscription('s', '{"server": "nowhere"}');
SELECT datavault.alter_subscription('s', '{"model": "none"}');
SELECT datavault.alter_subscription('s', '{"batch": 1}');
SELECT datavault.alter_subscription('s', '[]');
SELECT datavault.create_subscription('t', 'offsets', 'offsets', '{w.*}', '{"batch_rows": 0}');
SELECT datavault.create_subscription('t', 'offsets', 'offsets', '{w.*}', '{"topics": ["x"]}');
SELECT datavault.alter_subscription('s', '{"topics": ["a", ""]}');
SELECT datavault.create_subscription('', 'offsets', 'offsets', '{w.*}');
SELECT datavault.create_subscription(repeat('n', 64), 'offsets', 'offsets', '{w.*}');
SELECT datavault.create_subscription('s', 'offsets', 'offsets', '{w.*}');
SELECT datavault.create_subscription('t', 'offsets', 'offsets', '{w.*,""}');
SELECT datavault.create_subscription('t', 'offsets', 'offsets', '{}');
CREATE ROLE regress_reader;
GRANT USAGE ON FOREIGN SERVER offsets TO regress_reader;
SET ROLE regress_reader;
SELECT datavault.create_subscription('t', 'offsets', 'offsets', '{w.*}');
RESET ROLE;
DROP OWNED BY regress_reader;
DROP ROLE regress_reader;

-- refused
SELECT datavault.reset_offsets('s', 'earliest');
SELECT datavault.skip_message('s', 'w.a', 0, 100);
SELECT datavault.disable_subscription('s');
SELECT datavault.reset_offsets('nobody', 'earliest');
SELECT datavault.reset_offsets('s', NULL);
SELECT datavault.reset_offsets('s', 'earliest', NULL, 0);
SELECT datavault.reset_offsets('s', '17');
SELECT datavault.reset_offsets('s', '17', 'w.a');
SELECT datavault.reset_offsets('s', '-1', 'w.a', 0);
SELECT datavault.reset_offsets('s', '17x', 'w.a', 0);
SELECT datavault.reset_offsets('s', '99999999999999999999', 'w.a', 0);
SELECT datavault.skip_message('s', 'w.a', 0, 99);
SELECT datavault.skip_message('s', 'w.a', 0, 101);
SELECT datavault.skip_message('s', 'w.c', 0, 0);
SELECT datavault.skip_message('s', 'w.a', 0, -1);
CREATE ROLE regress_offsets;
SET ROLE regress_offsets;
SELECT datavault.reset_offsets('s', 'earliest');
SELECT datavault.skip_message('s', 'w.a', 0, 100);
SELECT count(*) FROM datavault.position_changes;
RESET ROLE;
SELECT * FROM stands;
SELECT generation FROM datavault.subscription WHERE name = 's';

-- past one message: what is remembered of the last one stays
SELECT datavault.skip_message('s', 'w.a', 0, 100);
SELECT datavault.skip_message('s', 'w.a', 0, 100);
-- where offsets are missing from the log: where the worker stopped
UPDATE datavault.subscription SET state = 'stopped', state_message = 'apply: because',
    stopped_topic = 'w.a', stopped_partition = 1, stopped_offset = 104;
SELECT datavault.skip_message('s', 'w.a', 1, 105);
SELECT datavault.skip_message('s', 'w.a', 1, 104);
SELECT datavault.skip_message('s', 'w.a', 1, 104);
SELECT * FROM stands;
-- anew
SELECT datavault.reset_offsets('s', 'latest', 'w.b');
SELECT datavault.reset_offsets('s', '42', 'w.b', 1);
SELECT datavault.reset_offsets('s', '43', 'w.c', 5);
SELECT datavault.reset_offsets('s', 'earliest', 'w.nothing');
SELECT * FROM stands;
SELECT next_offset FROM datavault.stat_partition WHERE topic = 'w.b' ORDER BY partition;
SELECT datavault.reset_offsets('s', 'earliest');
SELECT * FROM stands;
SELECT generation FROM datavault.subscription WHERE name = 's';
SELECT datavault.drop_subscription('s');
SELECT model, subscription, topic, partition, action, old_offset, new_offset, reason, changed_by = current_user AS by_me
  FROM datavault.position_changes ORDER BY changed_at, topic, partition, action;

-- the next test finds the database as this one did
DELETE FROM datavault.position_change;
DROP VIEW stands;
DROP ROLE regress_offsets;
SELECT datavault.drop_model('offsets', true);
DROP SCHEMA offsets, offsets_state;
DROP SERVER offsets;
