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
