-- How a model may grow under data: satellites beside what was implied, links
-- that keep their meaning.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE TEMP TABLE doc AS SELECT $$
{"name": "change", "schema": "change",
 "hubs": {"owner": {"business_key": ["no text"]}, "thing": {"business_key": ["no text"]}},
 "links": {"thing_owner": {"hubs": ["thing", {"role": "owner", "hub": "owner", "optional": true}]}},
 "sources": {
  "public.owner": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "owner", "business_key": ["no"]}]},
  "public.thing": {"primary_key": ["id"],
   "columns": {"id": "bigint", "no": "text", "label": "text", "owner_id": "bigint", "buyer_id": "bigint", "since": "integer"},
   "loads": [{"hub": "thing", "business_key": ["no"]},
             {"link": "thing_owner", "hubs": {"thing": "own",
                "owner": {"foreign_key": ["owner_id"], "references": "public.owner"}}}]}}}$$::jsonb AS d;
SELECT datavault.apply_model(d) FROM doc;

CREATE FUNCTION event(tab text, op text, lsn int, image jsonb, OUT row_events bigint, OUT rejected bigint, OUT parked bigint)
LANGUAGE sql AS $$
SELECT r.row_events, r.rejected, r.parked FROM datavault.ingest('change', 'w.' || tab,
 convert_to(jsonb_build_object('id', image -> 'id')::text, 'UTF8'),
 convert_to(jsonb_build_object('op', op, 'before', CASE op WHEN 'd' THEN image END, 'after', CASE WHEN op <> 'd' THEN image END,
  'source', jsonb_build_object('name', 'w', 'schema', 'public', 'table', tab, 'snapshot', 'false', 'ts_ms', lsn * 1000,
  'sequence', format('["%s","%s"]', lsn - 5, lsn), 'lsn', lsn))::text, 'UTF8')) r $$;
SELECT event('owner', 'c', 10, '{"id": 1, "no": "O1"}');
SELECT event('owner', 'c', 20, '{"id": 2, "no": "O2"}');
SELECT event('thing', 'c', 30, '{"id": 1, "no": "T1", "label": "a", "owner_id": 1, "buyer_id": 2, "since": 1}');
SELECT event('thing', 'c', 40, '{"id": 2, "no": "T2", "label": "b", "owner_id": 2, "buyer_id": 1, "since": 2}');

-- a mapping that would mix meanings
SELECT datavault.apply_model(replace(d::text, '["owner_id"]', '["buyer_id"]')::jsonb) FROM doc;
SELECT datavault.apply_model(jsonb_set(d, '{sources,public.thing,loads,1,hubs,owner}', '["label"]')) FROM doc;
SELECT datavault.apply_model(jsonb_set(d, '{sources,public.thing,loads,1,hubs,owner,references}', '"public.nobody"')) FROM doc;
-- as a link of its own it is welcome, and what comes is in both
UPDATE doc SET d = jsonb_set(jsonb_set(d, '{links,thing_buyer}', '{"hubs": ["thing", "owner"]}'), '{sources,public.thing,loads,2}',
 '{"link": "thing_buyer", "hubs": {"thing": "own", "owner": {"foreign_key": ["buyer_id"], "references": "public.owner"}}}', true);
SELECT datavault.apply_model(d) FROM doc;
SELECT event('thing', 'u', 50, '{"id": 1, "no": "T1", "label": "a", "owner_id": 1, "buyer_id": 2, "since": 1}');
SELECT t.no, o.no AS buyer FROM change.thing_buyer_current JOIN change.thing t USING (thing_hk) JOIN change.owner o USING (owner_hk) ORDER BY 1;

-- a satellite with columns where a status, or an effectivity, was implied
CREATE TEMP TABLE wider AS SELECT jsonb_set(jsonb_set(d, '{satellites}', '{"thing_details": {"of": "thing", "columns": ["label text"]}}'),
 '{sources,public.thing,loads,3}', '{"satellite": "thing_details", "columns": ["label"]}', true) AS d FROM doc;
SELECT datavault.apply_model(d) FROM wider;
UPDATE wider SET d = jsonb_set(d, '{sources,public.thing,status}', 'true');
SELECT datavault.apply_model(d) FROM wider;
UPDATE wider SET d = jsonb_set(jsonb_set(d, '{satellites,owner_terms}', '{"of": "thing_owner", "columns": ["since integer"]}'),
 '{sources,public.thing,loads,4}', '{"satellite": "owner_terms", "columns": ["since"]}', true);
SELECT datavault.apply_model(d) FROM wider;
UPDATE wider SET d = jsonb_set(d, '{sources,public.thing,loads,1,effectivity}', 'true');
SELECT datavault.apply_model(d) FROM wider;
SELECT count(*) AS left_to_do FROM wider, datavault.plan_model(d);
-- rows that were there live on without the new columns, until they change
SELECT no, label FROM change.thing_current ORDER BY 1;
SELECT event('thing', 'u', 60, '{"id": 1, "no": "T1", "label": "a", "owner_id": 1, "buyer_id": 2, "since": 7}');
SELECT event('thing', 'u', 70, '{"id": 1, "no": "T1", "label": "aa", "owner_id": 1, "buyer_id": 2, "since": 7}');
SELECT event('thing', 'd', 80, '{"id": 2}');
SELECT event('thing', 'c', 90, '{"id": 3, "no": "T3", "label": "c", "owner_id": 1, "buyer_id": 1, "since": 3}');
SELECT no, label FROM change.thing_current ORDER BY 1;
SELECT t.no, o.no AS owner, since FROM change.thing_owner_current JOIN change.thing t USING (thing_hk) JOIN change.owner o ON o.owner_hk = thing_owner_current.owner_hk ORDER BY 1;
SELECT t.no, s.position, s.operation, s.label FROM change.thing_details s JOIN change.thing t USING (thing_hk) ORDER BY 1, 2;
SELECT t.no, s.position, s.operation FROM change.thing_status s JOIN change.thing t USING (thing_hk) ORDER BY 1, 2;
SELECT t.no, s.position, s.operation, s.since FROM change.owner_terms s JOIN change.thing_owner l USING (thing_owner_hk) JOIN change.thing t USING (thing_hk) ORDER BY 1, 2;
SELECT t.no, s.position, s.operation FROM change.thing_owner_eff s JOIN change.thing_owner l USING (thing_owner_hk) JOIN change.thing t USING (thing_hk) ORDER BY 1, 2;
SELECT count(*) AS held FROM datavault.held;
-- an unchanged TOAST value from before the satellite cannot be known
SELECT event('thing', 'c', 100, '{"id": 4, "no": "T4", "label": "d", "owner_id": 1, "buyer_id": 1, "since": 3}');
UPDATE wider SET d = jsonb_set(jsonb_set(d, '{satellites,thing_more}', '{"of": "thing", "columns": ["label text"]}'),
 '{sources,public.thing,loads,5}', '{"satellite": "thing_more", "columns": ["label"]}', true);
SELECT datavault.apply_model(d) FROM wider;
SELECT event('thing', 'u', 110, '{"id": 4, "no": "T4", "label": "__debezium_unavailable_value", "owner_id": 1, "buyer_id": 1, "since": 4}');
SELECT message, hint FROM datavault.rejects;
SELECT event('thing', 'u', 120, '{"id": 4, "no": "T4", "label": "e", "owner_id": 1, "buyer_id": 1, "since": 4}');
SELECT t.no, s.position, s.operation, s.label FROM change.thing_more s JOIN change.thing t USING (thing_hk) ORDER BY 1, 2;
DELETE FROM datavault.held;
SELECT count(*) AS states, bool_or(pending) AS pending FROM change_state.public_thing WHERE row_key <> datavault.hash_key(4::bigint);
-- and it moves to no other source
SELECT datavault.apply_model(jsonb_set(jsonb_set(d, '{sources,public.thing,loads}', (d #> '{sources,public.thing,loads}') - 3),
  '{sources,public.item}', jsonb_set((d #> '{sources,public.thing}') - 'status', '{loads}',
   '[{"hub": "thing", "business_key": ["no"]}, {"satellite": "thing_details", "columns": ["label"]}]'))) FROM wider;

-- what a changed model would do is shown before it is done: the views made anew keep what others have set on them
COMMENT ON VIEW change.thing_more_current IS 'of the DBA';
SELECT left(plan_model, 60) AS starts FROM wider, datavault.plan_model(jsonb_set(jsonb_set(d, '{satellites,thing_more,columns}',
  '["label text", "amount integer"]'), '{sources,public.thing,loads,5,columns}', '{"label": "label", "amount": "since"}'));
CREATE ROLE change_reader;
GRANT SELECT ON change.thing_current TO change_reader;
SELECT left(plan_model, 60) AS starts FROM wider, datavault.plan_model(replace(d::text, 'since integer', 'since bigint')::jsonb)
  WHERE plan_model ~ '^(ALTER|GRANT)|of the DBA';
DROP OWNED BY change_reader;
DROP ROLE change_reader;

-- the next test finds the database as this one did
SELECT datavault.drop_model('change', true);
DROP FUNCTION event(text, text, int, jsonb);
DROP SCHEMA change, change_state;
