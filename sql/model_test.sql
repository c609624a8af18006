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
