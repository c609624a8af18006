-- The bank's source: its catalog. Tables and columns, indexes, triggers, comments, publication, replica identities.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(19);

CREATE TEMP VIEW base AS
SELECT c.oid, c.relnamespace::regnamespace::text AS s, c.oid::regclass::text AS t, c.relreplident FROM pg_class AS c
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace::regnamespace::text IN ('bank', 'bank_cdc', 'bank_online');
CREATE TEMP VIEW shape AS
SELECT b.t, string_agg(format('%s %s%s', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN '!' END), ', ' ORDER BY a.attnum) AS columns
FROM base AS b JOIN pg_attribute AS a ON a.attrelid = b.oid AND a.attnum > 0 AND NOT a.attisdropped GROUP BY b.t;

-- ! is NOT NULL
CREATE TEMP TABLE expected (t text, columns text);
INSERT INTO expected VALUES
('bank.currency', 'currency_code character(3)!, numeric_code character(3)!, exponent smallint!, name text!, name_ru text, is_active boolean!'),
('bank.category', 'category_id bigint!, mcc character(4)!, parent_id bigint, name text!, name_ru text, is_high_risk boolean!'),
('bank.product', 'product_id bigint!, product_code text!, kind text!, name text!, annual_rate numeric(9,6)!, monthly_fee_minor bigint!,
fee_currency_code character(3)!, notice_days integer, on_sale_from date!, on_sale_to date'),
('bank.address', 'address_id bigint!, address_no text!, country_code character(2)!, region text, city text!, street text!, house text!, flat text,
postcode text, latitude numeric(9,6), longitude numeric(9,6), verified_at timestamp with time zone, created_at timestamp with time zone!'),
('bank.branch', 'branch_id bigint!, bic character(11)!, name text!, address_id bigint!, phone text, opens_at time(0) without time zone!, closes_at
time(0) without time zone!, has_atm boolean!, opened_on date!, closed_on date'),
('bank.merchant', 'merchant_id bigint!, merchant_no text!, category_id bigint!, address_id bigint, name text!, website text, attributes jsonb!,
logo_digest bytea, is_online boolean!, created_at timestamp with time zone!'),
('bank.party', 'party_id bigint!, party_no text!, party_type bank.party_type!, status text!, language character(2)!, risk_score smallint, preferences
jsonb!, tags text[]!, notes text, customer_since date!, created_at timestamp with time zone!'),
('bank.person', 'party_id bigint!, last_name text!, first_name text!, middle_name text, birth_date date!, sex character(1)!, tax_id text, citizenship
character(2)!, is_pep boolean!'),
('bank.organisation', 'party_id bigint!, registration_no text!, tax_id text!, legal_name text!, legal_form text!, registered_on date!, employee_count
integer, description text'),
('bank.account', 'account_id bigint!, account_no character(20)!, product_id bigint!, branch_id bigint!, currency_code character(3)!, status
bank.account_status!, overdraft_limit_minor bigint!, agreed_rate numeric(9,6), nickname text, opened_on date!, closed_on date, created_at timestamp
with time zone!'),
('bank.account_balance', 'account_id bigint!, balance_minor bigint!, entry_count bigint!, changed_at timestamp with time zone!'),
('bank.account_holder', 'account_id bigint!, party_id bigint!, role text!, share numeric(5,4), valid_from date!, valid_to date'),
('bank.card', 'card_id bigint!, pan_token text!, account_id bigint!, party_id bigint!, scheme text!, last4 character(4)!, embossed_name text!,
expires_on date!, status bank.card_status!, is_virtual boolean!, day_limit_minor bigint, issued_at timestamp with time zone!'),
('bank.transfer', 'transfer_id bigint!, transfer_uuid uuid!, debit_account_id bigint!, credit_account_id bigint!, amount_minor bigint!, currency_code
character(3)!, kind bank.transfer_kind!, channel bank.channel!, card_id bigint, merchant_id bigint, reversal_of bigint, client_ip inet, narrative
text, booked_at timestamp with time zone!'),
('bank.ledger_entry', 'transfer_id bigint!, line_no smallint!, value_date date!, account_id bigint!, side bank.entry_side!, amount_minor bigint!'),
('bank_cdc.signal', 'id character varying(42)!, type character varying(32)!, data character varying(2048)'),
('bank_cdc.marker', 'id bigint!, marked_at timestamp with time zone!'),
('bank.party_address', 'party_id bigint!, address_id bigint!, address_type text!, valid_from date!, valid_to date'),
('bank.contact', 'party_id bigint!, contact_type text!, ordinal smallint!, value text!, verified_at timestamp with time zone'),
('bank.exchange_rate', 'base_code character(3)!, quote_code character(3)!, rate_date date!, source text!, rate numeric(18,10)!'),
('bank.loan', 'loan_id bigint!, contract_no text!, account_id bigint!, product_id bigint!, principal_minor bigint!, annual_rate numeric(9,6)!,
term_months smallint!, granted_on date!, status text!, created_at timestamp with time zone!'),
('bank.loan_schedule', 'loan_id bigint!, instalment_no smallint!, due_on date!, principal_minor bigint!, interest_minor bigint!, paid_by bigint'),
('bank.standing_order', 'standing_order_id bigint!, order_no text!, debit_account_id bigint!, credit_account_id bigint!, amount_minor bigint!,
day_of_month smallint!, starts_on date!, ends_on date, narrative text, status text!, created_at timestamp with time zone!'),
('bank.transfer_status', 'transfer_id bigint!, status text!, reached_at timestamp with time zone!, reason text'),
('bank_online.app_user', 'user_id bigint!, login text!, role text!, party_id bigint, status text!, password_hash text!, password_changed_at timestamp
with time zone!, totp_secret bytea, totp_last_step bigint!, created_at timestamp with time zone!'),
('bank_online.recovery_code', 'user_id bigint!, code_hash bytea!, used_at timestamp with time zone'),
('bank_online.session', 'session_id bigint!, user_id bigint!, token_hash bytea!, created_at timestamp with time zone!, seen_at timestamp with time
zone!, expires_at timestamp with time zone!, step_up_until timestamp with time zone, ended_at timestamp with time zone, client_ip inet, user_agent
text, code_step bigint'),
('bank_online.audit_event', 'event_id bigint!, at timestamp with time zone!, user_id bigint, session_id bigint, event text!, client_ip inet, detail
jsonb!'),
('bank_online.throttle', 'subject text!, tries integer!, since timestamp with time zone!'),
('bank_online.spent', 'user_id bigint!, currency_code character(3)!, since timestamp with time zone!, amount_minor bigint!'),
('bank_online.void_transfer', 'user_id bigint!, transfer_uuid uuid!, voided_at timestamp with time zone!'),
('bank_online.device', 'user_id bigint!, token_hash bytea!, created_at timestamp with time zone!, used_at timestamp with time zone!'),
('bank_online.step_up_limit', 'currency_code character(3)!, amount_minor bigint!'),
('bank_online.beneficiary', 'beneficiary_id bigint!, user_id bigint!, account_no character(20)!, alias text!, created_at timestamp with time zone!'),
('bank_online.activation', 'party_id bigint!, code_hash bytea!, made_by bigint!, created_at timestamp with time zone!, expires_at timestamp
with time zone!'),
('bank_online.registration', 'token_hash bytea!, party_id bigint!, login text!, password_hash text!, totp_secret bytea!, tries smallint!, created_at timestamp
with time zone!, expires_at timestamp with time zone!'),
('bank_online.message', 'message_id bigint!, user_id bigint!, medium text!, recipient text!, kind text!, detail jsonb!, created_at timestamp with time zone!,
sent_at timestamp with time zone'),
('bank_online.contact_change', 'change_id bigint!, user_id bigint!, contact_type text!, ordinal smallint, value text!, code_hash bytea!, tries smallint!,
created_at timestamp with time zone!, expires_at timestamp with time zone!'),
('bank_online.notification', 'notification_id bigint!, user_id bigint!, at timestamp with time zone!, kind text!, detail jsonb!, read_at timestamp with time zone'),
('bank_online.idempotency', 'user_id bigint!, request_id uuid!, request_hash bytea!, response jsonb!, created_at timestamp
with time zone!');
SELECT set_eq('SELECT t, columns FROM shape', $$SELECT t, regexp_replace(columns, '\s+', ' ', 'g') FROM expected$$, 'tables and columns are these');
SELECT is_empty($$SELECT b.t, a.attname FROM base AS b JOIN pg_attribute AS a ON a.attrelid = b.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE (a.attname ~ '_minor$') <> (a.attname ~ 'amount|balance|fee_minor|limit|principal|interest') OR a.attname ~ '_minor$' AND a.atttypid <> 'bigint'::regtype
       OR a.atttypid IN ('real'::regtype, 'double precision'::regtype, 'money'::regtype)$$, 'money is in bigint minor units, never floating');
SELECT set_eq($$SELECT b.t, string_agg(a.attname, ' ' ORDER BY k.n) FROM base AS b JOIN pg_constraint AS c ON c.conrelid = b.oid AND c.contype = 'p',
                  unnest(c.conkey) WITH ORDINALITY AS k (a, n) JOIN pg_attribute AS a ON a.attnum = k.a WHERE a.attrelid = c.conrelid GROUP BY 1$$,
    $$SELECT 'bank.' || t AS t, t || '_id' AS k FROM unnest('{category,product,address,branch,merchant,party,account,card,transfer,loan,standing_order}'::text[]) AS t
      UNION ALL VALUES ('bank.currency', 'currency_code'), ('bank.person', 'party_id'), ('bank.organisation', 'party_id'), ('bank.account_balance', 'account_id'),
      ('bank.party_address', 'party_id address_id address_type'), ('bank.contact', 'party_id contact_type ordinal'), ('bank.account_holder', 'account_id party_id role'),
      ('bank.ledger_entry', 'transfer_id line_no value_date'), ('bank.transfer_status', 'transfer_id status'), ('bank.loan_schedule', 'loan_id instalment_no'),
      ('bank.exchange_rate', 'base_code quote_code rate_date source'), ('bank_online.app_user', 'user_id'), ('bank_online.recovery_code', 'user_id code_hash'),
      ('bank_online.session', 'session_id'), ('bank_online.audit_event', 'event_id'), ('bank_online.idempotency', 'user_id request_id'),
      ('bank_online.throttle', 'subject'), ('bank_online.spent', 'user_id currency_code'), ('bank_online.void_transfer', 'user_id transfer_uuid'), ('bank_online.device', 'user_id token_hash'), ('bank_online.step_up_limit', 'currency_code'),
      ('bank_online.beneficiary', 'beneficiary_id'), ('bank_online.activation', 'party_id'), ('bank_online.registration', 'token_hash'),
      ('bank_online.message', 'message_id'), ('bank_online.contact_change', 'change_id'), ('bank_online.notification', 'notification_id'),
      ('bank_cdc.signal', 'id'), ('bank_cdc.marker', 'id')$$, 'primary keys');
SELECT set_has($$SELECT c.conrelid::regclass::text || ' ' || a.attname FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                 WHERE c.contype IN ('u', 'p') AND cardinality(c.conkey) = 1 AND a.attnotnull$$,
    $$SELECT 'bank.' || k FROM unnest('{currency currency_code,category mcc,product product_code,address address_no,branch bic,merchant merchant_no,party party_no,
        account account_no,card pan_token,transfer transfer_uuid,loan contract_no,standing_order order_no}'::text[]) AS k$$, 'natural keys are unique and mandatory');

-- Foreign keys: each has an index that begins with its columns, whole, or of all rows that are not NULL.
SELECT set_eq($$SELECT c.conname::text FROM pg_constraint AS c JOIN base AS b ON b.oid = c.conrelid
    WHERE c.contype = 'f' AND NOT EXISTS (
        SELECT FROM pg_index AS i WHERE i.indrelid = c.conrelid AND i.indisvalid
          AND (SELECT array_agg(k ORDER BY k) FROM unnest((i.indkey::int2[])[0:cardinality(c.conkey) - 1]) AS k) = (SELECT array_agg(k ORDER BY k) FROM unnest(c.conkey) AS k)
          AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)',
               (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = c.conrelid AND a.attnum = c.conkey[1]))))$$,
    -- of a currency's transfers nobody asks, and a currency that has any cannot go; the index would cost each posting
    $$VALUES ('transfer_currency_code_fkey')$$, 'every foreign key has an index, but one');
SELECT is_empty($$SELECT a.indexrelid::regclass, b.indexrelid::regclass FROM pg_index AS a JOIN pg_index AS b ON b.indrelid = a.indrelid AND a.indexrelid < b.indexrelid
    JOIN base AS t ON t.oid = a.indrelid WHERE a.indkey = b.indkey AND a.indpred IS NOT DISTINCT FROM b.indpred AND a.indexprs IS NOT DISTINCT FROM b.indexprs$$, 'no index is there twice');
SELECT is_empty($$SELECT c.conname FROM pg_constraint AS c JOIN base AS b ON b.oid = c.conrelid WHERE NOT c.convalidated$$, 'every constraint is validated');
SELECT results_eq($$SELECT conname::text COLLATE "default", confupdtype::text COLLATE "default", confdeltype::text COLLATE "default" FROM pg_constraint AS c JOIN base AS b ON b.oid = c.conrelid
    WHERE c.contype = 'f' AND b.s = 'bank' AND c.confrelid::regclass::text IN ('bank.transfer', 'bank.account', 'bank.currency') AND c.confdeltype <> 'r' ORDER BY 1$$,
    $$VALUES ('account_balance_account_id_fkey', 'a', 'c')$$, 'no deletion cascades into the ledger');

SELECT set_eq($$SELECT format('%s %s %s', t.tgrelid::regclass, t.tgname, t.tgfoid::regproc) FROM pg_trigger AS t JOIN base AS b ON b.oid = t.tgrelid WHERE NOT t.tgisinternal$$,
    ARRAY['bank.party party_type_kept bank.keep_party_type', 'bank.party party_status_followed bank_online.follow_party_status', 'bank.person person_subtype bank.check_subtype', 'bank.organisation organisation_subtype bank.check_subtype',
    'bank.account account_opened bank.open_balance', 'bank.account account_status_guarded bank.guard_account_status', 'bank.account account_limit_guarded bank.guard_overdraft_limit',
    'bank.account account_currency_guarded bank.guard_account_currency', 'bank.card card_status_guarded bank.guard_card_status',
    'bank.transfer transfer_immutable bank.refuse_change', 'bank.transfer transfer_not_truncated bank.refuse_change', 'bank.transfer transfer_posted bank.check_transfer_posted',
    'bank.ledger_entry ledger_entry_immutable bank.refuse_change', 'bank.ledger_entry ledger_entry_not_truncated bank.refuse_change', 'bank.ledger_entry ledger_entry_posted bank.post_entries',
    'bank.transfer_status transfer_status_immutable bank.refuse_change', 'bank.transfer_status transfer_status_not_truncated bank.refuse_change',
    'bank_online.session session_end_immutable bank.refuse_change', 'bank_online.audit_event audit_event_immutable bank.refuse_change', 'bank_online.audit_event audit_event_not_truncated bank.refuse_change',
    'bank_online.audit_event audit_event_told bank_online.notify_of_event'], 'triggers');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class AS c WHERE c.relispartition AND c.relkind = 'r' AND c.relnamespace = 'bank'::regnamespace AND
    (SELECT count(*) FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgenabled = 'O'
     AND t.tgname IN ('ledger_entry_immutable', 'ledger_entry_not_truncated', 'ledger_entry_posted')) <> 3$$, 'each partition has the ledger''s');
SELECT is_empty($$SELECT t.tgrelid::regclass, t.tgname FROM pg_trigger AS t JOIN base AS b ON b.oid = t.tgrelid WHERE t.tgenabled <> 'O'$$, 'none is off');

-- Comments
SELECT is_empty($$SELECT b.oid::regclass, a.attname FROM pg_class AS b JOIN pg_attribute AS a ON a.attrelid = b.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE b.relkind IN ('r', 'p', 'v') AND NOT b.relispartition AND b.relnamespace::regnamespace::text IN ('bank', 'bank_cdc', 'bank_online', 'bank_keys', 'bank_meta')
      AND coalesce(col_description(b.oid, a.attnum), '') = ''$$, 'every column has a comment');
SELECT is_empty($$
    WITH schema AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('bank', 'bank_cdc', 'bank_online', 'bank_keys', 'bank_meta'))
    SELECT 'schema', s.nspname::text FROM schema AS s WHERE obj_description(s.oid, 'pg_namespace') IS NULL
    UNION ALL SELECT 'relation', c.oid::regclass::text FROM pg_class AS c JOIN schema AS s ON s.oid = c.relnamespace
    WHERE (c.relkind IN ('r', 'p', 'v') OR c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'i'))
      AND obj_description(c.oid, 'pg_class') IS NULL
    UNION ALL SELECT 'function', p.oid::regprocedure::text FROM pg_proc AS p JOIN schema AS s ON s.oid = p.pronamespace WHERE obj_description(p.oid, 'pg_proc') IS NULL
    UNION ALL SELECT 'type', t.oid::regtype::text FROM pg_type AS t JOIN schema AS s ON s.oid = t.typnamespace WHERE t.typtype IN ('e', 'd') AND obj_description(t.oid, 'pg_type') IS NULL
    UNION ALL SELECT 'trigger', t.tgname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN schema AS s ON s.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND obj_description(t.oid, 'pg_trigger') IS NULL
    UNION ALL SELECT 'policy', p.polname FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN schema AS s ON s.oid = c.relnamespace WHERE obj_description(p.oid, 'pg_policy') IS NULL
    UNION ALL SELECT 'publication', p.pubname FROM pg_publication AS p WHERE p.pubname = 'bank_pub' AND obj_description(p.oid, 'pg_publication') IS NULL$$,
    'so has every schema, relation, function, type, trigger, policy and publication');

-- What leaves the database
SELECT set_eq($$SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = 'bank_pub'$$,
    $$SELECT t FROM base WHERE s IN ('bank', 'bank_cdc') AND t <> 'bank.account_balance'$$, 'the publication is every table of bank and bank_cdc, but for the derived one');
SELECT results_eq($$SELECT p.puballtables, p.pubviaroot, pubinsert, pubupdate, pubdelete, pubtruncate, (SELECT count(*) FROM pg_publication_namespace) FROM pg_publication AS p WHERE p.pubname = 'bank_pub'$$,
    $$VALUES (FALSE, TRUE, TRUE, TRUE, TRUE, TRUE, 0::bigint)$$, 'by name, partitions as their root, all that happens');
SELECT is_empty($$SELECT tablename, attname FROM pg_publication_tables, unnest(attnames) AS attname WHERE attname ~ 'password|totp|token_hash|code_hash|secret' OR schemaname = 'bank_online'$$,
    'no secret is among its columns');
SELECT is((SELECT count(*)::int FROM pg_publication), 1, 'there is no other publication');
SELECT set_eq($$SELECT b.t, i.indexrelid::regclass::text FROM base AS b LEFT JOIN pg_index AS i ON i.indrelid = b.oid AND i.indisreplident WHERE b.relreplident <> 'd'$$,
    $$SELECT 'bank.' || t AS t, format('bank.%s_identity_idx', t) AS i FROM unnest('{party,account,card,loan,standing_order}'::text[]) AS t$$, 'replica identities: keys and references of what may change them');
SELECT is_empty($$SELECT b.t FROM base AS b WHERE b.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = b.oid AND c.contype = 'p')$$, 'the primary key elsewhere');
SELECT * FROM finish();
ROLLBACK;
