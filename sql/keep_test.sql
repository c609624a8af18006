-- What others have done to a model's relations survives apply_model(): grants,
-- owners, comments and options of views that a wider type makes anew; and what
-- they have built on them is never dropped.
SET client_min_messages = warning;
CREATE ROLE regress_keep_owner;
CREATE ROLE regress_keep_analyst;
CREATE ROLE regress_keep_lead;
CREATE TEMP TABLE doc AS SELECT $$
{"name": "keep", "schema": "keep", "hubs": {"thing": {"business_key": ["no text"]}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["label varchar(10)", "size integer"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "label": "text", "size": "integer"},
   "loads": [{"hub": "thing", "business_key": ["no"]}, {"satellite": "thing_details", "columns": ["label", "size"]}]}}}$$::jsonb AS d;
SELECT datavault.apply_model(d) FROM doc;
GRANT CREATE, USAGE ON SCHEMA keep TO regress_keep_owner;
GRANT SELECT ON keep.thing_current TO regress_keep_analyst;
GRANT SELECT, TRIGGER ON keep.thing_current TO regress_keep_lead WITH GRANT OPTION;
GRANT SELECT ON keep.thing_details_history TO PUBLIC;
GRANT SELECT (label, no) ON keep.thing_current TO PUBLIC;
REVOKE DELETE ON keep.thing_details_current FROM CURRENT_USER;
COMMENT ON VIEW keep.thing_details_current IS 'the DBA''s own words';
COMMENT ON COLUMN keep.thing_current.label IS 'what is printed on it';
COMMENT ON TABLE keep.thing IS 'the DBA''s table';
ALTER VIEW keep.thing_current SET (security_barrier = true);
ALTER VIEW keep.thing_details_history OWNER TO regress_keep_owner;
-- as others see it; grantors become the owner
CREATE VIEW kept AS
SELECT c.relname, pg_get_userbyid(c.relowner) = current_user AS mine, c.reloptions,
       (SELECT string_agg(DISTINCT format('%s:%s%s', CASE grantee WHEN 0 THEN 'PUBLIC' WHEN c.relowner THEN 'owner' ELSE pg_get_userbyid(grantee) END,
               left(privilege_type, 3), CASE WHEN is_grantable THEN '*' ELSE '' END), ' ') FROM aclexplode(c.relacl)) AS acl,
       (SELECT string_agg(a.attname || '=' || x.privilege_type, ' ' ORDER BY a.attname) FROM pg_attribute a, aclexplode(a.attacl) x
         WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns,
       obj_description(c.oid, 'pg_class') AS comment,
       (SELECT string_agg(col_description(c.oid, a.attnum), ';') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attname <> 'id'
          AND c.relkind = 'v') AS column_comments
  FROM pg_class c WHERE c.relnamespace = 'keep'::regnamespace AND c.relkind IN ('r', 'v')
   AND c.relname IN ('thing', 'thing_current', 'thing_details_current', 'thing_details_history');
\x on
CREATE TEMP TABLE before AS SELECT * FROM kept;
SELECT * FROM before ORDER BY relname;
-- a wider type: everything is as it was
SELECT datavault.apply_model(replace(d::text, 'varchar(10)', 'varchar(20)')::jsonb) FROM doc;
SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'keep.thing_current'::regclass AND attname = 'label';
SELECT count(*) AS differ FROM (TABLE kept EXCEPT TABLE before) k;
SELECT count(*) AS missing FROM (TABLE before EXCEPT TABLE kept) k;
-- again, and a new column beside it (views replaced, not dropped)
SELECT datavault.apply_model(replace(replace(replace(d::text, 'varchar(10)', 'varchar(20)'), '"size integer"]', '"size integer", "id bigint"]'), '["label", "size"]', '["label", "size", "id"]')::jsonb) FROM doc;
SELECT count(*) AS differ FROM (TABLE kept EXCEPT TABLE before) k;
\x off
-- views and functions of others stand on them: nothing happens, and it says what to do
CREATE TABLE doc2 AS SELECT replace(datavault.export_model('keep')::text, 'varchar(20)', 'varchar(30)')::jsonb AS d;
CREATE VIEW mine AS SELECT label FROM keep.thing_current;
SELECT datavault.apply_model(d) FROM doc2;
DROP VIEW mine;
-- one that stands on what does not change is not in the way
CREATE VIEW mine AS SELECT t.no, s.size FROM keep.thing t JOIN keep.thing_details s USING (thing_hk);
SELECT datavault.apply_model(d) FROM doc2;
SELECT * FROM mine;
DROP VIEW mine;
CREATE MATERIALIZED VIEW mine AS SELECT label FROM keep.thing_details;
CREATE FUNCTION labels() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT label FROM keep.thing_details_current; END;
SELECT datavault.apply_model(replace(d::text, 'varchar(30)', 'varchar(50)')::jsonb) FROM doc2;
SELECT datavault.drop_model('keep');
SELECT datavault.drop_model('keep', true);
SELECT count(*) AS still_there FROM pg_class WHERE relname IN ('thing_current', 'mine');
DROP FUNCTION labels();
SELECT datavault.drop_model('keep', true);
DROP MATERIALIZED VIEW mine;

-- the next test finds the database as this one did
SELECT datavault.drop_model('keep', true);
DROP VIEW kept;
DROP TABLE doc2;
DROP SCHEMA keep, keep_state;
DROP ROLE regress_keep_owner, regress_keep_analyst, regress_keep_lead;
