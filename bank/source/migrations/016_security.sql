-- Who may do what. Tables of customers have row security, forced on their owner too; what no policy allows is refused.
SELECT format('CREATE ROLE %I %s', r.name, r.options)
FROM (VALUES ('bank_core', 'LOGIN'), ('bank_analyst', 'LOGIN')) AS r (name, options)
WHERE NOT EXISTS (SELECT FROM pg_roles AS p WHERE p.rolname = r.name)
\gexec
COMMENT ON ROLE bank_core IS 'Branches and batch systems: all business rows, posting for everybody; no write to ledger and balances, no DDL';
COMMENT ON ROLE bank_app IS 'The online bank: rows of the customer that the transaction acts for; no write to ledger and balances, no DDL';
COMMENT ON ROLE bank_analyst IS 'Reading for analysis: no names, contacts, notes or tax numbers';

-- A temporary table is DDL as well, which the online bank has none of.
DO $$ BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO bank_core, bank_replication, bank_analyst', current_database());
END $$;

SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- All locks at once: one that is taken later could meet autovacuum, which waits for what the grants have changed.
DO $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN SELECT c.oid FROM pg_class AS c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
                   AND c.relnamespace IN ('bank'::regnamespace, 'bank_online'::regnamespace) ORDER BY c.oid LOOP
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', v_table);
    END LOOP;
END $$;

-- Everything anew: the first grants were wider, and reached the ledger's partitions, past their parent's policies.
REVOKE ALL ON ALL TABLES IN SCHEMA bank FROM bank_app, bank_replication;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA bank FROM bank_app;
-- routines: procedures are no functions here
REVOKE ALL ON ALL ROUTINES IN SCHEMA bank, bank_online FROM PUBLIC, bank_app, bank_replication;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- bank_replication: what is published, and what an audit compares it with.
GRANT SELECT ON bank.currency, bank.category, bank.product, bank.address, bank.branch, bank.merchant, bank.party, bank.person,
    bank.organisation, bank.party_address, bank.contact, bank.account, bank.account_holder, bank.card, bank.standing_order,
    bank.transfer, bank.transfer_status, bank.ledger_entry, bank.exchange_rate, bank.loan, bank.loan_schedule TO bank_replication;

-- bank_core
GRANT USAGE ON SCHEMA bank TO bank_core, bank_analyst;
GRANT SELECT ON bank.currency, bank.category, bank.product, bank.address, bank.branch, bank.merchant, bank.party, bank.person,
    bank.organisation, bank.party_address, bank.contact, bank.account, bank.account_balance, bank.account_holder, bank.card,
    bank.standing_order, bank.transfer, bank.transfer_status, bank.ledger_entry, bank.exchange_rate, bank.loan, bank.loan_schedule
    TO bank_core;
GRANT INSERT, UPDATE, DELETE ON bank.address, bank.party, bank.person, bank.organisation, bank.party_address, bank.contact,
    bank.account, bank.account_holder, bank.card, bank.merchant, bank.standing_order, bank.loan, bank.loan_schedule TO bank_core;
GRANT INSERT, UPDATE ON bank.exchange_rate TO bank_core;
GRANT INSERT (transfer_id, status, reason) ON bank.transfer_status TO bank_core;
GRANT USAGE ON SEQUENCE bank.party_no_seq, bank.address_no_seq, bank.merchant_no_seq, bank.account_serial_seq,
    bank.contract_no_seq, bank.standing_order_no_seq TO bank_core;
GRANT EXECUTE ON FUNCTION bank.transfer(uuid, bigint, bigint, bigint, char, bank.transfer_kind, bank.channel,
        text, bigint, bigint, bigint, inet, date),
    bank.reverse(uuid, bigint, text, bank.channel), bank.ledger_violations(), bank.ensure_ledger_partitions(date),
    bank.balance(bigint), bank.account_page(bigint, integer, date, bigint, smallint), bank.statement(bigint, date, date),
    bank.counterparties(bigint, bigint[]), bank.current_party(), bank.may_debit(bigint), bank.standing_order_uuid(text, date)
    TO bank_core;
GRANT EXECUTE ON PROCEDURE bank.run_standing_orders(date, bigint, bigint) TO bank_core;

-- bank_app: columns that a customer may change, rows by policy
GRANT SELECT ON bank.currency, bank.category, bank.product, bank.branch, bank.merchant, bank.exchange_rate, bank.address,
    bank.person, bank.organisation, bank.party_address, bank.contact, bank.account, bank.account_balance, bank.account_holder,
    bank.card, bank.standing_order, bank.ledger_entry, bank.loan, bank.loan_schedule TO bank_app;
-- both sides see a transfer: not where the payer was, nor with which card, nor why one of them disputes it
GRANT SELECT (transfer_id, transfer_uuid, debit_account_id, credit_account_id, amount_minor, currency_code, kind, channel, merchant_id,
    reversal_of, narrative, booked_at) ON bank.transfer TO bank_app;
GRANT SELECT (transfer_id, status, reached_at) ON bank.transfer_status TO bank_app;
-- without the staff's notes and the compliance score
GRANT SELECT (party_id, party_no, party_type, status, language, preferences, customer_since) ON bank.party TO bank_app;
GRANT UPDATE (language, preferences) ON bank.party TO bank_app;
GRANT INSERT (party_id, contact_type, ordinal, value), UPDATE (value, verified_at), DELETE ON bank.contact TO bank_app;
GRANT UPDATE (nickname) ON bank.account TO bank_app;
GRANT UPDATE (status, day_limit_minor) ON bank.card TO bank_app;
GRANT INSERT (debit_account_id, credit_account_id, amount_minor, day_of_month, starts_on, ends_on, narrative),
    UPDATE (amount_minor, day_of_month, ends_on, narrative, status) ON bank.standing_order TO bank_app;
GRANT USAGE ON SEQUENCE bank.standing_order_no_seq TO bank_app;
GRANT EXECUTE ON FUNCTION bank.transfer(uuid, bigint, bigint, bigint, char, bank.transfer_kind, bank.channel,
        text, bigint, bigint, bigint, inet, date),
    bank.balance(bigint), bank.account_page(bigint, integer, date, bigint, smallint), bank.statement(bigint, date, date),
    bank.counterparties(bigint, bigint[]), bank.current_party(), bank.may_debit(bigint) TO bank_app;
GRANT USAGE ON SCHEMA bank_online TO bank_app;
GRANT SELECT (user_id, login, role, party_id, status, password_changed_at, created_at) ON bank_online.app_user TO bank_app;
GRANT SELECT (session_id, user_id, created_at, seen_at, expires_at, step_up_until, ended_at, client_ip, user_agent),
    UPDATE (ended_at, step_up_until) ON bank_online.session TO bank_app;
GRANT SELECT, INSERT (user_id, session_id, event, client_ip, detail) ON bank_online.audit_event TO bank_app;
GRANT SELECT, INSERT ON bank_online.idempotency TO bank_app;
GRANT EXECUTE ON FUNCTION bank_online.enter(bytea, interval), bank_online.current_user_id() TO bank_app;

-- bank_analyst: columns that name nobody
GRANT SELECT ON bank.currency, bank.category, bank.product, bank.branch, bank.merchant, bank.exchange_rate, bank.account_balance,
    bank.account_holder, bank.party_address, bank.ledger_entry, bank.loan, bank.loan_schedule TO bank_analyst;
GRANT SELECT (address_id, address_no, country_code, region, city, postcode) ON bank.address TO bank_analyst;
GRANT SELECT (party_id, party_no, party_type, status, language, risk_score, tags, customer_since, created_at) ON bank.party TO bank_analyst;
GRANT SELECT (party_id, birth_date, sex, citizenship, is_pep) ON bank.person TO bank_analyst;
GRANT SELECT (party_id, registration_no, legal_name, legal_form, registered_on, employee_count) ON bank.organisation TO bank_analyst;
GRANT SELECT (account_id, account_no, product_id, branch_id, currency_code, status, overdraft_limit_minor, agreed_rate, opened_on,
    closed_on, created_at) ON bank.account TO bank_analyst;
GRANT SELECT (card_id, account_id, party_id, scheme, expires_on, status, is_virtual, day_limit_minor, issued_at) ON bank.card TO bank_analyst;
GRANT SELECT (transfer_id, transfer_uuid, debit_account_id, credit_account_id, amount_minor, currency_code, kind, channel, card_id,
    merchant_id, reversal_of, booked_at) ON bank.transfer TO bank_analyst;
GRANT SELECT (transfer_id, status, reached_at) ON bank.transfer_status TO bank_analyst;
GRANT SELECT (standing_order_id, order_no, debit_account_id, credit_account_id, amount_minor, day_of_month, starts_on, ends_on,
    status, created_at) ON bank.standing_order TO bank_analyst;

-- Accounts of the customer. An array, fetched once for a query: a subselect would be run once for each partition.
CREATE FUNCTION bank.my_accounts() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT h.account_id), '{}') FROM bank.account_holder AS h
    WHERE h.party_id = bank.current_party() AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')
$$;
COMMENT ON FUNCTION bank.my_accounts() IS 'Accounts that the customer of this transaction may see, in whatever role';
REVOKE ALL ON FUNCTION bank.my_accounts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.my_accounts() TO bank_app;

DO $$
DECLARE
    v_table text;
    v_rule text;
    v_check text;
BEGIN
    FOR v_table, v_rule, v_check IN VALUES
        ('bank.address', 'address_id = ANY (ARRAY(SELECT a.address_id FROM bank.party_address AS a))', NULL),
        ('bank.party', 'party_id = bank.current_party()', NULL),
        ('bank.person', 'party_id = bank.current_party()', NULL),
        ('bank.organisation', 'party_id = bank.current_party()', NULL),
        ('bank.party_address', 'party_id = bank.current_party()', NULL),
        ('bank.contact', 'party_id = bank.current_party()', NULL),
        ('bank.account', 'account_id = ANY ((SELECT bank.my_accounts())::bigint[])', 'bank.may_debit(account_id)'),
        ('bank.account_balance', 'account_id = ANY ((SELECT bank.my_accounts())::bigint[])', NULL),
        ('bank.account_holder', 'party_id = bank.current_party()', NULL),
        ('bank.card', 'account_id = ANY ((SELECT bank.my_accounts())::bigint[])', 'bank.may_debit(account_id)'),
        ('bank.standing_order', 'debit_account_id = ANY ((SELECT bank.my_accounts())::bigint[])', 'bank.may_debit(debit_account_id)'),
        ('bank.transfer', 'debit_account_id = ANY ((SELECT bank.my_accounts())::bigint[])'
                          ' OR credit_account_id = ANY ((SELECT bank.my_accounts())::bigint[])', NULL),
        ('bank.transfer_status', 'EXISTS (SELECT FROM bank.transfer AS t WHERE t.transfer_id = transfer_status.transfer_id)', NULL),
        ('bank.ledger_entry', 'account_id = ANY ((SELECT bank.my_accounts())::bigint[])', NULL),
        ('bank.loan', 'account_id = ANY ((SELECT bank.my_accounts())::bigint[])', NULL),
        ('bank.loan_schedule', 'EXISTS (SELECT FROM bank.loan AS l WHERE l.loan_id = loan_schedule.loan_id)', NULL),
        ('bank_online.app_user', 'user_id = bank_online.current_user_id()', NULL),
        ('bank_online.recovery_code', 'user_id = bank_online.current_user_id()', NULL),
        ('bank_online.session', 'user_id = bank_online.current_user_id()', NULL),
        ('bank_online.audit_event', 'user_id = bank_online.current_user_id()', NULL),
        ('bank_online.idempotency', 'user_id = bank_online.current_user_id()', NULL)
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY bank_owner ON %s TO bank_owner USING (TRUE)', v_table);
        EXECUTE format('COMMENT ON POLICY bank_owner ON %s IS %L', v_table, 'Functions that act as the owner see every row');
        EXECUTE format('CREATE POLICY bank_app ON %s TO bank_app USING (%s) WITH CHECK (%s)', v_table, v_rule,
                       coalesce(v_check, v_rule));
        EXECUTE format('COMMENT ON POLICY bank_app ON %s IS %L', v_table, 'Rows of whom the transaction acts for; none if it acts for nobody');
        CONTINUE WHEN v_table LIKE 'bank_online.%';
        -- posted and reversed come from the ledger alone
        EXECUTE format('CREATE POLICY bank_core ON %s TO bank_core USING (TRUE) WITH CHECK (%s)', v_table,
                       CASE v_table WHEN 'bank.transfer_status' THEN 'status = ''disputed''' ELSE 'TRUE' END);
        EXECUTE format('COMMENT ON POLICY bank_core ON %s IS %L', v_table, 'Branches and batch systems see every row');
        CONTINUE WHEN v_table IN ('bank.contact');
        EXECUTE format('CREATE POLICY bank_analyst ON %s FOR SELECT TO bank_analyst USING (TRUE)', v_table);
        EXECUTE format('COMMENT ON POLICY bank_analyst ON %s IS %L', v_table, 'Analysts read every row, of columns that name nobody');
    END LOOP;
END $$;

-- Events are appended for somebody or for nobody, as a failed login; never for another user.
CREATE POLICY bank_app_nobody ON bank_online.audit_event FOR INSERT TO bank_app WITH CHECK (user_id IS NULL);
COMMENT ON POLICY bank_app_nobody ON bank_online.audit_event IS 'What happens before anybody has signed in';

-- A customer freezes and releases a card; what the bank has blocked stays blocked.
CREATE FUNCTION bank.guard_card_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_has_role(current_user, 'bank_app', 'USAGE') AND NOT pg_has_role(current_user, 'bank_core', 'USAGE')
       AND (OLD.status, NEW.status) NOT IN (('active', 'frozen'), ('frozen', 'active')) THEN
        RAISE EXCEPTION 'card % is % and cannot become %', OLD.card_id, OLD.status, NEW.status
            USING ERRCODE = 'BK004', HINT = 'Ask a branch.';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION bank.guard_card_status() IS 'Lets the online bank freeze and release cards, no more';
CREATE TRIGGER card_status_guarded BEFORE UPDATE OF status ON bank.card
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION bank.guard_card_status();
COMMENT ON TRIGGER card_status_guarded ON bank.card IS 'What the online bank may do to a card';
