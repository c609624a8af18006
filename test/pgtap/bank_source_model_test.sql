-- What propose_model() makes of the bank's source, against the model that was written for it (../../bank/vault/model.json);
-- and that check_source() finds nothing that would lose a change.
-- Run by pg_prove against an installed bank; everything is rolled back.
BEGIN;
SET client_min_messages = warning;
CREATE SCHEMA tap;
CREATE EXTENSION pgtap SCHEMA tap;
SET LOCAL search_path = tap, public;
SELECT plan(12);

\set model `cat bank/vault/model.json`
CREATE TEMP TABLE written AS SELECT :'model'::jsonb AS model;
CREATE TEMP TABLE proposed AS
SELECT datavault.propose_model('bank', '{transfer,ledger_entry,transfer_status}') || '{"name": "bank"}' AS model;

SELECT set_eq($$SELECT key, value -> 'business_key' FROM proposed, jsonb_each(model -> 'hubs')$$,
    $$SELECT key, value -> 'business_key' FROM written, jsonb_each(model -> 'hubs')$$,
    'the hubs and their keys are those of the bank''s model');
SELECT set_eq($$SELECT jsonb_object_keys(model -> 'links') FROM proposed$$,
    $$SELECT key FROM written, jsonb_object_keys(model -> 'links') AS key WHERE key NOT IN ('transfer_posting', 'standing_order_accounts')
      UNION ALL VALUES ('transfer_link'), ('standing_order_debit_account'), ('standing_order_credit_account')$$,
    'the links as well, the transfer''s by another name, and both accounts of a standing order in one');
SELECT set_eq($$SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = 'bank_pub' AND schemaname = 'bank'$$,
    $$SELECT jsonb_object_keys(model -> 'sources') FROM written$$, 'what is published is modelled');
SELECT set_eq($$SELECT key, value -> 'columns' AS columns, value -> 'primary_key' AS pk FROM written, jsonb_each(model -> 'sources')$$,
    $$SELECT key, value -> 'columns' AS columns, value -> 'primary_key' AS pk FROM proposed, jsonb_each(model -> 'sources')
      WHERE key NOT LIKE '%account_balance'$$, 'every column, by the type of the catalog');
SELECT set_eq($$SELECT r.value ->> 'role' || ' ' || (r.value ->> 'hub') FROM proposed, jsonb_array_elements(model #> '{links,transfer_link,hubs}') r
                WHERE jsonb_typeof(r.value) = 'object'$$,
    ARRAY['debit_account account', 'credit_account account', 'currency currency', 'card card', 'merchant merchant', 'reversal_of transfer'],
    'a transfer has one link to all that it refers to');
SELECT is((SELECT (model #> '{links,ledger_entry}') - 'note' FROM proposed),
    '{"hubs": [{"role": "transfer", "hub": "transfer", "optional": false}, {"role": "account", "hub": "account", "optional": false}],
      "dependent_keys": ["line_no smallint", "value_date date"], "non_historized": true, "attributes": ["side text", "amount_minor bigint"]}'::jsonb,
    'entries of the ledger refer to their transfer and have no history');
SELECT is((SELECT model #> '{sources,bank.person,parent}' FROM proposed),
    '{"foreign_key": ["party_id"], "references": "bank.party"}'::jsonb, 'a person is a part of a party');
SELECT is_empty($$SELECT key FROM proposed, jsonb_each(model -> 'sources') WHERE value ->> 'note' ~ 'left out'$$, 'no foreign key is left out');
SELECT is_empty($$SELECT key FROM proposed, jsonb_each(model -> 'hubs') WHERE value ->> 'note' ~ 'Warning'$$, 'no key looks like a surrogate');
SELECT lives_ok($$SELECT datavault.apply_model(model) FROM proposed$$, 'it can be applied');

SELECT is_empty($$SELECT level, code, subject, finding FROM datavault.check_source('bank_pub', role => 'bank_replication') WHERE level IN ('error', 'warning')$$,
    'the source is fit to be captured');
SELECT isnt_empty($$SELECT FROM datavault.check_source('bank_pub', role => 'bank_app') WHERE (level, code) = ('error', 'role_replication')$$, 'by its own role');

SELECT * FROM finish();
ROLLBACK;
