-- Models: what documents may say, the tables and views they become, how they
-- may change, and what is refused.
SET datestyle = iso; SET timezone = 'UTC';
\set VERBOSITY default
\set QUIET on
CREATE TEMP TABLE doc(d jsonb);
INSERT INTO doc VALUES ($$
{"name": "bank", "schema": "vault", "note": "a small bank",
 "wire": {"decimal": "string", "time": "adaptive"},
 "hubs": {"customer": {"business_key": ["customer_no text"], "comment": "who has accounts"},
          "account": {"business_key": ["account_no text"]}},
 "links": {"account_customer": {"hubs": ["account", {"role": "owner", "hub": "customer", "optional": true}],
                                "effectivity": {"driving_key": ["account"]}},
           "transfer": {"hubs": [{"role": "debit_account", "hub": "account"}, {"role": "credit_account", "hub": "account"}],
                        "dependent_keys": ["id uuid"], "non_historized": true, "attributes": ["amount numeric(18,2)"]}},
 "satellites": {"customer_details": {"of": "customer", "columns": ["full_name varchar(20)", "birth_date date"]},
                "person_details": {"of": "customer", "columns": ["\"Tax Id\" text"]}},
 "sources": {
  "public.customer": {"primary_key": ["id"],
     "columns": {"id": "bigint", "customer_no": "text", "full_name": "text", "birth_date": "date"},
     "loads": [{"hub": "customer", "business_key": ["customer_no"]},
               {"satellite": "customer_details", "columns": ["full_name", "birth_date"]}]},
  "public.person": {"primary_key": ["customer_id"],
     "columns": {"customer_id": "bigint", "tax_id": "text"},
     "parent": {"foreign_key": ["customer_id"], "references": "public.customer"},
     "loads": [{"satellite": "person_details", "columns": {"Tax Id": "tax_id"}}]},
  "public.account": {"primary_key": ["id"],
     "columns": {"id": "bigint", "account_no": "text", "customer_id": "bigint"},
     "loads": [{"hub": "account", "business_key": ["account_no"]},
               {"link": "account_customer", "hubs": {"account": "own",
                  "owner": {"foreign_key": ["customer_id"], "references": "public.customer"}}}]},
  "public.transfer": {"primary_key": ["id"], "immutable": true,
     "columns": {"id": "uuid", "debit_account_id": "bigint", "credit_account_id": "bigint", "amount": "numeric(18,2)"},
     "loads": [{"link": "transfer", "dependent_keys": ["id"], "attributes": {"amount": "amount"},
                "hubs": {"debit_account": {"foreign_key": ["debit_account_id"], "references": "public.account"},
                         "credit_account": {"foreign_key": ["credit_account_id"], "references": "public.account"}}}]}}}
$$);
SELECT datavault.check_model(d) FROM doc;
SELECT datavault.apply_model(d) FROM doc;
SELECT datavault.apply_model(datavault.export_model('bank'));
SELECT count(*) AS left_to_do FROM doc, datavault.plan_model(d);
-- evolution: a new column and a wider type, once
SELECT datavault.apply_model(jsonb_set(d, '{satellites,customer_details,columns}', '["full_name varchar(30)", "birth_date date", "id bigint"]')
  #- '{sources,public.customer,loads,1}' || jsonb_build_object('sources', jsonb_set(d -> 'sources', '{public.customer,loads,1,columns}', '["full_name", "birth_date", "id"]'))) FROM doc;
SELECT datavault.apply_model(datavault.export_model('bank'));
-- refusals
SELECT datavault.apply_model(d) FROM doc;
SELECT datavault.plan_model(jsonb_set(datavault.export_model('bank'), '{hubs,account,business_key}', '["number text"]'));
SELECT datavault.plan_model(jsonb_set(datavault.export_model('bank'), '{satellites,customer_details,columns}', '["full_name varchar(5)", "birth_date date", "id bigint"]'));
-- errors name the place
SELECT datavault.check_model(d #- '{name}') FROM doc;
SELECT datavault.check_model(d || '{"nmae": 1}') FROM doc;
SELECT datavault.check_model(jsonb_set(d, '{links,account_customer,hubs,1,hub}', '"person"')) FROM doc;
SELECT datavault.check_model(jsonb_set(d, '{hubs,account,business_key}', '["account_no"]')) FROM doc;
SELECT datavault.check_model(d || '{"hash": {"profile": "automatedv"}}') FROM doc;
SELECT datavault.check_model(jsonb_set(d, '{hubs,account,business_key}', '["row_keys text"]')) FROM doc;
SELECT datavault.check_model(jsonb_set(d, '{hubs,account,business_key}', '["source_table text"]')) FROM doc;
SELECT datavault.check_model(jsonb_set(d, '{sources,public.account,loads,1,hubs,owner,references}', '"public.nobody"')) FROM doc;
SELECT datavault.check_model(jsonb_set(d, '{sources,public.transfer,immutable}', 'false')) FROM doc;
SELECT datavault.check_model(d #- '{sources,public.person,loads,0}') FROM doc;
-- a swap of keys between two rows: row 1 was A and is B, row 2 was B and is A; customer C went
INSERT INTO vault.account VALUES (md5('A')::uuid, 'A', now(), 't'), (md5('B')::uuid, 'B', now(), 't'), (md5('C')::uuid, 'C', now(), 't');
INSERT INTO vault.account_status (account_hk, position, applied_dts, load_dts, operation, record_source, row_key)
SELECT md5(k)::uuid, p::datavault.source_pos, '2026-01-01'::timestamptz + n * interval '1 h', now(), o::"char", 't', md5(r)::uuid
FROM (VALUES ('A','1/1/1/1/0',1,'c','1'), ('B','1/1/1/2/0',2,'c','2'), ('A','1/2/1/3/0',3,'k','1'), ('B','1/2/1/3/0',3,'u','1'),
             ('B','1/2/1/4/0',4,'k','2'), ('A','1/2/1/4/0',4,'u','2'), ('C','1/1/1/5/0',5,'c','3'), ('C','1/2/1/6/0',6,'d','3')) v(k, p, n, o, r);
SELECT account_no FROM vault.account_current ORDER BY 1;
SELECT a.account_no, s.row_key = md5('2')::uuid AS by_row_2 FROM vault.account_status_current s JOIN vault.account a USING (account_hk) ORDER BY 1;
SELECT a.account_no, h.position, h.valid_from, h.valid_to, h.is_live FROM vault.account_status_history h JOIN vault.account a USING (account_hk) ORDER BY 1, 2;
SELECT * FROM vault.account_shared_keys;
-- names that are no model, and a document without its cast
SELECT datavault.export_model('nobody');
SELECT datavault.draw_model('nobody');
SELECT datavault.draw_model('{"name": "bank", "schema": "vault", "note": "longer than a name can be, and no name at all"}');
SELECT datavault.draw_model('bank') LIKE 'flowchart%' AS drawn;
-- drop
SELECT datavault.drop_model('nobody');
SELECT datavault.drop_model('bank', true);
SELECT count(*) FROM pg_class WHERE relnamespace IN ('vault'::regnamespace, 'vault_state'::regnamespace);
-- what hash_diff() refuses is refused before it is needed
SELECT datavault.plan_model('{"name": "m", "schema": "m", "hubs": {"h": {"business_key": ["id integer"]}}, "satellites": {"s": {"of": "h", "columns": ["i interval"]}},
    "sources": {"a.b": {"primary_key": ["id"], "columns": {"id": "integer", "i": "interval"}, "loads": [{"hub": "h", "business_key": ["id"]}, {"satellite": "s", "columns": ["i"]}]}}}');
-- types are looked up before anything is made, and named by their path
CREATE TEMP TABLE small(d jsonb);
INSERT INTO small VALUES ($$
{"name": "s", "schema": "small", "hubs": {"h": {"business_key": ["no text"]}},
 "links": {"l": {"hubs": ["h"], "dependent_keys": ["line integer"], "non_historized": true, "attributes": ["amount numeric(9,2)"]}},
 "satellites": {"d": {"of": "h", "columns": ["a text"]}},
 "sources": {"public.h": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "a": "text"},
                "loads": [{"hub": "h", "business_key": ["no"]}, {"satellite": "d", "columns": ["a"]}]},
             "public.l": {"primary_key": ["line"], "columns": {"line": "bigint", "no": "text", "amount": "numeric(9,2)"}, "immutable": true,
                "loads": [{"link": "l", "hubs": {"h": ["no"]}, "dependent_keys": ["line"], "attributes": ["amount"]}]}}}
$$);
CREATE DOMAIN never_null AS text NOT NULL;
CREATE FUNCTION changed(path text[], value text) RETURNS jsonb LANGUAGE sql AS 'SELECT jsonb_set(d, path, to_jsonb(value)) FROM small';
SELECT datavault.check_model(d) FROM small;
SELECT datavault.check_model(changed('{satellites,d,columns,0}', 'a nosuch'));
SELECT datavault.plan_model(changed('{satellites,d,columns,0}', 'a text; DROP TABLE x'));
SELECT datavault.apply_model(changed('{satellites,d,columns,0}', 'a numeric(2000)'));
SELECT datavault.check_model(changed('{satellites,d,columns,0}', 'a time(9)'));
SELECT datavault.check_model(changed('{satellites,d,columns,0}', 'a unknown'));
SELECT datavault.check_model(jsonb_set(d, '{hubs,h,business_key}', (SELECT jsonb_agg('k' || i || ' text') FROM generate_series(1, 33) i))) FROM small;
SELECT datavault.check_model(changed('{satellites,d,columns,0}', 'a public.never_null'));
SELECT datavault.check_model(changed('{satellites,d,columns,0}', 'a json'));
SELECT datavault.check_model(changed('{hubs,h,business_key,0}', 'no json'));
SELECT datavault.check_model(changed('{hubs,h,business_key,0}', 'no json[]'));
SELECT datavault.check_model(changed('{hubs,h,business_key,0}', 'no jsonb[]'));
SELECT datavault.check_model(changed('{hubs,h,business_key,0}', 'no interval'));
SELECT datavault.check_model(changed('{hubs,h,business_key,0}', 'no public.never_null'));
SELECT datavault.check_model(changed('{links,l,dependent_keys,0}', 'line tstzrange'));
SELECT datavault.check_model(changed('{links,l,attributes,0}', 'amount pg_catalog.nosuch'));
-- a type of the source may be unknown here, as an enum is, but it must be a type
SELECT datavault.check_model(changed('{sources,public.h,columns,id}', 'shop.mood')), datavault.check_model(changed('{sources,public.h,columns,a}', 'mood[]'));
SELECT datavault.check_model(changed('{sources,public.h,columns,a}', ''));
SELECT datavault.check_model(changed('{sources,public.h,columns,a}', '  '));
SELECT datavault.check_model(changed('{sources,public.h,columns,id}', 'bigint, text'));
SELECT datavault.check_model(changed('{sources,public.l,columns,amount}', 'numeric(9,2'));
SELECT datavault.check_model(changed('{sources,public.l,columns,amount}', 'numeric(a,b)'));
-- names that PostgreSQL, the extension or the views have
SELECT datavault.check_model(jsonb_set(changed('{satellites,d,columns,0}', 'ctid text'), '{sources,public.h,loads,1,columns}', '{"ctid": "a"}'));
SELECT datavault.check_model(changed('{hubs,h,business_key,0}', 'xmin text'));
SELECT datavault.check_model(jsonb_set(changed('{links,l,dependent_keys,0}', 'tableoid integer'), '{sources,public.l,loads,0,dependent_keys}', '{"tableoid": "line"}'));
SELECT datavault.check_model(jsonb_set(changed('{links,l,attributes,0}', 'cmax text'), '{sources,public.l,loads,0,attributes}', '{"cmax": "amount"}'));
SELECT datavault.check_model(jsonb_set(d, '{sources,public.h,columns,ctid}', '"tid"')) FROM small;
SELECT datavault.check_model(jsonb_set(changed('{satellites,d,columns,0}', 'position text'), '{sources,public.h,loads,1,columns}', '{"position": "a"}'));
SELECT datavault.check_model(jsonb_set(changed('{links,l,attributes,0}', 'h_hk text'), '{sources,public.l,loads,0,attributes}', '{"h_hk": "amount"}'));
SELECT datavault.check_model(jsonb_set(changed('{links,l,attributes,0}', 'line text'), '{sources,public.l,loads,0,attributes}', '{"line": "amount"}'));
SELECT datavault.check_model(changed('{schema}', 'datavault'));
SELECT datavault.check_model(changed('{schema}', 'pg_vault'));
SELECT datavault.check_model(changed('{state_schema}', 'pg_catalog'));
SELECT datavault.check_model(changed('{state_schema}', 'information_schema'));
-- what is no document, and slips in one: each with a hint
SELECT datavault.check_model('null');
SELECT datavault.check_model('1');
SELECT datavault.check_model('"x"');
SELECT datavault.check_model('true');
SELECT datavault.check_model('[]');
SELECT datavault.check_model(d || '{"note": 1}') FROM small;
SELECT datavault.check_model(jsonb_set(d, '{hubs,h,note}', '["a", "b"]')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{hubs}', '[]')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{links,l,hubs}', '"h"')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{links,l,hubs}', '[]')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{links,l,non_historized}', '"true"')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{satellites,d,columns}', '["a text", "a text"]')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{sources,public.h,primary_key}', '[]')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{sources,public.h,primary_key}', '["id", "id"]')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{sources,public.h,loads,0,business_key}', '["no", "a"]')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{sources,public.h,loads,1,columns}', '["b"]')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{sources,public.l,loads,0,hubs,h}', '["no", "line"]')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{sources,public.l,loads,0,hubs}', '{"h": ["no"], "g": ["no"]}')) FROM small;
SELECT datavault.check_model(jsonb_set(d, '{satellites,my details}', '{"of": "h", "columns": ["a text"]}')) FROM small;
-- and nothing has been made
SELECT to_regnamespace('small'), (SELECT count(*) FROM datavault.model);
-- a domain that is NOT NULL does for a dependent key: no row is without
SELECT count(*) > 0 AS planned FROM datavault.plan_model(changed('{links,l,dependent_keys,0}', 'line public.never_null'));
DROP FUNCTION changed(text[], text);
DROP DOMAIN never_null;
-- two satellites with a column of the same name: the second shows it with its own name before it, cut with a hash
-- behind where that is too long or taken; nothing is lost
SELECT datavault.apply_model(replace(replace($${"name": "n", "schema": "n", "hubs": {"h": {"business_key": ["id integer"]}},
 "satellites": {"s": {"of": "h", "columns": ["COLUMN text", "t_COLUMN text"]}, "t": {"of": "h", "columns": ["COLUMN text"]},
  "LONG_1": {"of": "h", "columns": ["COLUMN text"]}, "LONG_2": {"of": "h", "columns": ["COLUMN text"]}},
 "sources": {"a.b": {"primary_key": ["id"], "columns": {"id": "integer", "c": "text"}, "loads": [{"hub": "h", "business_key": ["id"]},
  {"satellite": "s", "columns": {"COLUMN": "c", "t_COLUMN": "c"}}, {"satellite": "t", "columns": {"COLUMN": "c"}},
  {"satellite": "LONG_1", "columns": {"COLUMN": "c"}}, {"satellite": "LONG_2", "columns": {"COLUMN": "c"}}]}}}$$,
 'LONG', 'details_of_something_large_and_ünlucky'), 'COLUMN', 'a_column_of_twenty_nine_bytes')::jsonb);
SELECT attname, octet_length(attname::text) AS bytes, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'n.h_current'::regclass AND attnum > 2 ORDER BY attnum;
SELECT count(*) AS left_to_do FROM datavault.plan_model(datavault.export_model('n'));
SELECT datavault.drop_model('n', true);
DROP SCHEMA n, n_state;
