-- One law for every way into the ledger: a statement-level trigger checks what the statement inserted, moves the
-- balances and records that the transfer is posted. So the function that posts has only to lock, and to insert.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE TABLE bank.transfer_status (
    transfer_id bigint      NOT NULL REFERENCES bank.transfer ON DELETE RESTRICT,
    -- text, not an enum: it is part of the key, and keys are compared and hashed as text
    status      text        NOT NULL CHECK (status IN ('posted', 'reversed', 'disputed')),
    reached_at  timestamptz NOT NULL DEFAULT now(),
    reason      text,
    PRIMARY KEY (transfer_id, status)
);
COMMENT ON TABLE bank.transfer_status IS 'What became of a transfer: appended, each status once; posted comes with the ledger entries';
COMMENT ON COLUMN bank.transfer_status.transfer_id IS 'The transfer';
COMMENT ON COLUMN bank.transfer_status.status IS 'posted, reversed or disputed';
COMMENT ON COLUMN bank.transfer_status.reached_at IS 'When';
COMMENT ON COLUMN bank.transfer_status.reason IS 'Why, where somebody gave a reason';
INSERT INTO bank.transfer_status (transfer_id, status, reached_at, reason)
SELECT t.transfer_id, 'posted', t.booked_at, NULL FROM bank.transfer AS t
UNION ALL
SELECT t.reversal_of, 'reversed', t.booked_at, t.narrative FROM bank.transfer AS t WHERE t.reversal_of IS NOT NULL;
CREATE OR REPLACE FUNCTION bank.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.% is immutable: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = 'What happened stays: what corrects it is a row of its own, as a reversal.';
END $$;
CREATE TRIGGER transfer_status_immutable BEFORE UPDATE OR DELETE ON bank.transfer_status
    FOR EACH ROW EXECUTE FUNCTION bank.refuse_change();
COMMENT ON TRIGGER transfer_status_immutable ON bank.transfer_status IS 'What happened stays';
CREATE TRIGGER transfer_status_not_truncated BEFORE TRUNCATE ON bank.transfer_status
    FOR EACH STATEMENT EXECUTE FUNCTION bank.refuse_change();
COMMENT ON TRIGGER transfer_status_not_truncated ON bank.transfer_status IS 'What happened stays';

-- Pages begin at infinity, and statements end somewhere.
ALTER TABLE bank.ledger_entry ADD CONSTRAINT ledger_entry_value_date_check CHECK (isfinite(value_date));

DROP TRIGGER transfer_balanced ON bank.transfer;
DROP TRIGGER ledger_entry_balanced ON bank.ledger_entry;
DROP FUNCTION bank.check_transfer_posted();
DROP FUNCTION bank.check_transfer_balanced();

-- It reads its own lines, never the partitions: a query on all of them takes a lock on each. Nobody but the owner may
-- insert here, so it needs no rights but the inserter's, nor a path of its own: each would cost a posting a hundredth.
CREATE FUNCTION bank.post_entries() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    -- Always in the order of the ids: two transfers the two ways round cannot deadlock. What the next statement reads holds
    -- until the commit, because a change of status or limit writes the same rows.
    PERFORM FROM bank.account_balance AS b
    WHERE b.account_id = ANY (ARRAY(SELECT l.account_id FROM line AS l)) ORDER BY b.account_id FOR UPDATE;
    WITH moved AS (
        UPDATE bank.account_balance AS b
        SET balance_minor = b.balance_minor + CASE l.side WHEN 'credit' THEN l.amount_minor ELSE -l.amount_minor END,
            entry_count = b.entry_count + 1, changed_at = now()
        FROM line AS l
        WHERE b.account_id = l.account_id
        RETURNING l.transfer_id, l.line_no, l.value_date, l.account_id, l.side, l.amount_minor, b.balance_minor
    ), posted AS (
        -- its key is what lets a transfer be posted only once
        INSERT INTO bank.transfer_status (transfer_id, status) SELECT l.transfer_id, 'posted' FROM line AS l WHERE l.line_no = 1
    )
    SELECT min(t.transfer_id) AS transfer_id, min(t.currency_code) AS currency_code, (SELECT count(*) FROM line) AS lines, CASE
               WHEN count(*) <> 2 OR min(m.transfer_id) <> max(m.transfer_id) OR min(m.value_date) <> max(m.value_date)
                    OR bool_or((m.line_no, m.account_id, m.amount_minor)
                               <> (CASE m.side WHEN 'debit' THEN 1 ELSE 2 END,
                                   CASE m.side WHEN 'debit' THEN t.debit_account_id ELSE t.credit_account_id END, t.amount_minor))
               THEN 'BK007'
               WHEN bool_or(a.status <> 'active') THEN 'BK001'
               WHEN bool_or(a.currency_code <> t.currency_code) THEN 'BK002'
               WHEN bool_or(m.side = 'debit' AND m.balance_minor < -a.overdraft_limit_minor) THEN 'BK003'
           END AS code
    INTO v
    FROM moved AS m
    JOIN bank.transfer AS t ON t.transfer_id = m.transfer_id
    JOIN bank.account AS a ON a.account_id = m.account_id;
    IF v.lines = 0 THEN
        RETURN NULL;  -- a retry inserts nothing
    ELSIF v.lines <> 2 THEN
        v.code := 'BK007';
    END IF;
    CASE v.code
    WHEN 'BK001' THEN
        RAISE EXCEPTION 'an account of transfer % is frozen or closed', v.transfer_id
            USING ERRCODE = 'BK001', HINT = 'Only active accounts take postings.';
    WHEN 'BK002' THEN
        RAISE EXCEPTION 'both accounts of transfer % must be in %', v.transfer_id, v.currency_code
            USING ERRCODE = 'BK002', HINT = 'Exchange is two transfers, one in each currency.';
    WHEN 'BK003' THEN
        RAISE EXCEPTION 'insufficient funds for transfer %', v.transfer_id
            USING ERRCODE = 'BK003', HINT = 'The balance may not fall below the account''s overdraft limit.';
    WHEN 'BK007' THEN
        RAISE EXCEPTION 'ledger entries of transfer % do not balance', v.transfer_id
            USING ERRCODE = 'BK007', DETAIL = 'One statement inserts the two lines of one transfer: line 1 debits and line 2 '
                'credits its amount, on its accounts, on one value date.', HINT = 'Post with bank.transfer().';
    ELSE
        RETURN NULL;
    END CASE;
END $$;
COMMENT ON FUNCTION bank.post_entries() IS
    'The law of the ledger, for each statement that inserts entries: lines balance, accounts may be posted to, balances and status follow. '
    'BK001 account not active, BK002 currency, BK003 funds, BK007 lines do not balance; 23505 if a transfer is posted again';

-- The statement trigger of the table that is named fires, so each partition has its own as well.
CREATE FUNCTION bank.guard_entries(p_table regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER ledger_entry_posted AFTER INSERT ON %s REFERENCING NEW TABLE AS line '
                   'FOR EACH STATEMENT EXECUTE FUNCTION bank.post_entries()', p_table);
    EXECUTE format('COMMENT ON TRIGGER ledger_entry_posted ON %s IS %L', p_table,
                   'Balanced lines only; balances and status follow');
    IF (SELECT c.relispartition FROM pg_class AS c WHERE c.oid = p_table) THEN
        -- reached through its parent only: no grant, and no policy, so that even the owner reads nothing there
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', p_table);
        -- row triggers come from the parent, those of statements do not
        EXECUTE format('CREATE TRIGGER ledger_entry_not_truncated BEFORE TRUNCATE ON %s '
                       'FOR EACH STATEMENT EXECUTE FUNCTION bank.refuse_change()', p_table);
        EXECUTE format('COMMENT ON TRIGGER ledger_entry_not_truncated ON %s IS %L', p_table, 'Ledger entries never vanish');
    END IF;
END $$;
COMMENT ON FUNCTION bank.guard_entries(regclass) IS 'Puts the ledger, or a partition of it, under the law';
DO $$ BEGIN
    PERFORM bank.guard_entries(t.relid) FROM pg_partition_tree('bank.ledger_entry') AS t;
END $$;

CREATE FUNCTION bank.check_transfer_posted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM bank.transfer_status AS s WHERE s.transfer_id = NEW.transfer_id AND s.status = 'posted') THEN
        RAISE EXCEPTION 'transfer % has no ledger entries', NEW.transfer_id
            USING ERRCODE = 'BK007', HINT = 'Post it with bank.transfer().';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION bank.check_transfer_posted() IS 'At commit: a transfer was posted';
CREATE CONSTRAINT TRIGGER transfer_posted AFTER INSERT ON bank.transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bank.check_transfer_posted();
COMMENT ON TRIGGER transfer_posted ON bank.transfer IS 'No transfer without ledger entries';

-- Written, not only locked: a posting with an older snapshot (REPEATABLE READ) would get the lock, and see the old status.
CREATE OR REPLACE FUNCTION bank.guard_account_status() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_balance bigint;
BEGIN
    UPDATE bank.account_balance AS b SET changed_at = b.changed_at
    WHERE b.account_id = OLD.account_id RETURNING b.balance_minor INTO v_balance;
    IF NEW.status = 'closed' AND v_balance <> 0 THEN
        RAISE EXCEPTION 'account % has a balance and cannot be closed', OLD.account_id
            USING ERRCODE = 'check_violation', HINT = 'Transfer what is left, or settle the debt, first.';
    END IF;
    RETURN NEW;
END $$;

-- Lowering a limit is guarded as closing is: it waits for postings under way.
CREATE FUNCTION bank.guard_overdraft_limit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_balance bigint;
BEGIN
    UPDATE bank.account_balance AS b SET changed_at = b.changed_at
    WHERE b.account_id = OLD.account_id RETURNING b.balance_minor INTO v_balance;
    IF v_balance < -NEW.overdraft_limit_minor THEN
        RAISE EXCEPTION 'account % is overdrawn beyond the new limit', OLD.account_id
            USING ERRCODE = 'BK003', HINT = 'Lower the limit once the balance has recovered.';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION bank.guard_overdraft_limit() IS 'Refuses a limit that the balance is already beyond';
CREATE TRIGGER account_limit_guarded BEFORE UPDATE OF overdraft_limit_minor ON bank.account
    FOR EACH ROW WHEN (NEW.overdraft_limit_minor < OLD.overdraft_limit_minor)
    EXECUTE FUNCTION bank.guard_overdraft_limit();
COMMENT ON TRIGGER account_limit_guarded ON bank.account IS 'A limit never falls below what is already used';

-- What nobody asks for is not worth an index entry in each transfer.
DROP INDEX bank.transfer_currency_code_idx;
ALTER TABLE bank.transfer DROP CONSTRAINT transfer_reversal_of_key;
CREATE UNIQUE INDEX transfer_reversal_of_idx ON bank.transfer (reversal_of) WHERE reversal_of IS NOT NULL;
-- A page of an account is a stretch of this index, newest first.
CREATE INDEX ledger_entry_page_idx ON bank.ledger_entry (account_id, value_date, transfer_id, line_no);
DROP INDEX bank.ledger_entry_account_id_idx;

CREATE FUNCTION bank.current_party() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$SELECT nullif(current_setting('bank.party_id', TRUE), '')::bigint$$;
COMMENT ON FUNCTION bank.current_party() IS 'The customer that this transaction acts for; NULL for nobody. Set with SET LOCAL bank.party_id';

CREATE FUNCTION bank.may_debit(p_account bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM bank.account_holder AS h
                   WHERE h.account_id = p_account AND h.party_id = bank.current_party()
                     AND h.role IN ('owner', 'co_owner', 'attorney')
                     AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity'))
$$;
COMMENT ON FUNCTION bank.may_debit(bigint) IS 'Whether the customer of this transaction may spend from an account';

CREATE OR REPLACE FUNCTION bank.transfer(
    p_uuid uuid, p_debit bigint, p_credit bigint, p_amount bigint, p_currency char(3),
    p_kind bank.transfer_kind DEFAULT 'payment', p_channel bank.channel DEFAULT 'web',
    p_narrative text DEFAULT NULL, p_card bigint DEFAULT NULL, p_merchant bigint DEFAULT NULL,
    p_reversal_of bigint DEFAULT NULL, p_client_ip inet DEFAULT NULL,
    p_value_date date DEFAULT CURRENT_DATE,
    OUT transfer_id bigint, OUT is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old bank.transfer;
BEGIN
    IF p_amount IS NULL OR p_amount <= 0 THEN
        RAISE EXCEPTION 'the amount must be positive, and is %', p_amount
            USING ERRCODE = 'check_violation', HINT = 'Amounts are in minor units; money goes from debit to credit.';
    END IF;
    -- Not current_user, which is this function's owner.
    IF NOT pg_has_role(session_user, 'bank_core', 'USAGE') THEN
        IF NOT bank.may_debit(p_debit) THEN
            RAISE EXCEPTION 'account % may not be debited', p_debit
                USING ERRCODE = 'BK008', HINT = 'The transaction must act for one of its owners or attorneys: bank_online.enter().';
        ELSIF p_kind NOT IN ('payment', 'card') OR p_value_date <> CURRENT_DATE THEN
            RAISE EXCEPTION 'a customer cannot post %, valued on %', p_kind, p_value_date
                USING ERRCODE = 'BK009', HINT = 'Customers make payments and card payments of today; the rest is the bank''s.';
        ELSIF substr(p_uuid::text, 15, 1) NOT IN ('4', '7') THEN
            -- those of version 3 are derived: whoever sent one could be before a standing order
            RAISE EXCEPTION 'a customer cannot use the id %', p_uuid
                USING ERRCODE = 'BK009', HINT = 'Make a UUID of version 4 (random) or 7 (by time).';
        END IF;
    END IF;
    IF p_card IS NOT NULL THEN
        PERFORM FROM bank.card AS c
        WHERE c.card_id = p_card AND c.account_id = p_debit AND c.status = 'active' AND c.expires_on >= p_value_date;
        IF NOT FOUND THEN
            SELECT * INTO v_old FROM bank.transfer AS t WHERE t.transfer_uuid = p_uuid;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'card % does not draw on account %, or is not active, or has expired', p_card, p_debit
                    USING ERRCODE = 'BK004', HINT = 'Ask for the card''s account and status.';
            END IF;
        END IF;
    END IF;
    IF p_reversal_of IS NOT NULL THEN
        PERFORM FROM bank.transfer AS t
        WHERE t.transfer_id = p_reversal_of AND t.debit_account_id = p_credit
          AND t.credit_account_id = p_debit AND t.amount_minor = p_amount AND t.kind <> 'reversal';
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a reversal mirrors its transfer, which is none itself: not so of %', p_reversal_of
                USING ERRCODE = 'BK005', HINT = 'bank.reverse() does it right.';
        END IF;
    END IF;

    WITH made AS (
        INSERT INTO bank.transfer AS t (transfer_uuid, debit_account_id, credit_account_id, amount_minor, currency_code,
            kind, channel, card_id, merchant_id, reversal_of, client_ip, narrative)
        VALUES (p_uuid, p_debit, p_credit, p_amount, p_currency,
            p_kind, p_channel, p_card, p_merchant, p_reversal_of, p_client_ip, p_narrative)
        ON CONFLICT (transfer_uuid) DO NOTHING
        RETURNING t.transfer_id
    ), entered AS (
        INSERT INTO bank.ledger_entry AS e (transfer_id, line_no, value_date, account_id, side, amount_minor)
        SELECT m.transfer_id, l.line_no, p_value_date, l.account_id, l.side, p_amount
        FROM made AS m CROSS JOIN (VALUES (1::smallint, p_debit, 'debit'::bank.entry_side),
                                          (2::smallint, p_credit, 'credit')) AS l (line_no, account_id, side)
    )
    SELECT m.transfer_id INTO transfer_id FROM made AS m;
    IF FOUND THEN
        IF p_reversal_of IS NOT NULL THEN
            INSERT INTO bank.transfer_status (transfer_id, status, reason) VALUES (p_reversal_of, 'reversed', p_narrative);
        END IF;
        is_new := TRUE;
        RETURN;
    END IF;

    -- A statement of its own: a retry that raced the first attempt sees what that committed.
    SELECT * INTO STRICT v_old FROM bank.transfer AS t WHERE t.transfer_uuid = p_uuid;
    IF (v_old.debit_account_id, v_old.credit_account_id, v_old.amount_minor, v_old.currency_code,
        v_old.kind, v_old.card_id, v_old.merchant_id, v_old.reversal_of, v_old.narrative)
       IS DISTINCT FROM
       (p_debit, p_credit, p_amount, p_currency,
        p_kind, p_card, p_merchant, p_reversal_of, p_narrative) THEN
        RAISE EXCEPTION 'transfer % was already sent with another content', p_uuid
            USING ERRCODE = 'BK006', HINT = 'A new instruction needs a new id.';
    END IF;
    transfer_id := v_old.transfer_id;
    is_new := FALSE;
END $$;
COMMENT ON FUNCTION bank.transfer(uuid, bigint, bigint, bigint, char, bank.transfer_kind, bank.channel,
    text, bigint, bigint, bigint, inet, date) IS
    'Posts a transfer with its two entries, balances and status; the same uuid again returns the first answer. A customer''s '
    'application may debit what its customer may, bank_core everything. BK001 account not active, BK002 currency, BK003 funds, '
    'BK004 card, BK005 reversal, BK006 uuid reused, BK008 not a holder, BK009 not a customer''s to post';

CREATE FUNCTION bank.reverse(p_uuid uuid, p_transfer bigint, p_reason text DEFAULT NULL,
    p_channel bank.channel DEFAULT 'branch', OUT transfer_id bigint, OUT is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v bank.transfer;
BEGIN
    SELECT * INTO v FROM bank.transfer AS t WHERE t.transfer_id = p_transfer;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no transfer %', p_transfer USING ERRCODE = 'BK005', HINT = 'Give the transfer_id, not the uuid.';
    ELSIF v.kind = 'reversal' THEN
        RAISE EXCEPTION 'transfer % is a reversal itself', p_transfer
            USING ERRCODE = 'BK005', HINT = 'Post the payment anew.';
    END IF;
    SELECT r.transfer_id, r.is_new INTO transfer_id, is_new
    FROM bank.transfer(p_uuid, v.credit_account_id, v.debit_account_id, v.amount_minor, v.currency_code, 'reversal',
                       p_channel, p_reason, NULL, NULL, p_transfer) AS r;
END $$;
COMMENT ON FUNCTION bank.reverse(uuid, bigint, text, bank.channel) IS
    'Takes a transfer back, once: a transfer the other way that names it. 23505 if another reversal was first; else as bank.transfer()';

CREATE FUNCTION bank.standing_order_uuid(p_order_no text, p_day date) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT overlay(overlay(md5(p_order_no || to_char(p_day, 'YYYY-MM-DD')) PLACING '3' FROM 13) PLACING 'a' FROM 17)::uuid
$$;
COMMENT ON FUNCTION bank.standing_order_uuid(text, date) IS
    'Id of what a standing order posts on a day: a UUID of version 3, which no customer may send, from number and day';

-- An invoker's procedure: it commits each order by itself, so that no two balances stay locked longer than a
-- transfer takes, and one refusal costs one order.
CREATE PROCEDURE bank.run_standing_orders(p_day date, INOUT posted bigint DEFAULT 0, INOUT refused bigint DEFAULT 0)
LANGUAGE plpgsql AS $$
DECLARE
    -- smallint as the column, so that the index serves; a month's last day is also that of those it does not have
    v_day smallint := extract(day FROM p_day);
    v_last smallint := CASE extract(day FROM p_day + 1) WHEN 1 THEN 31 ELSE extract(day FROM p_day) END;
    v_order bigint := 0;
    v record;
    v_new boolean;
BEGIN
    LOOP
        SELECT s.standing_order_id, s.order_no, s.day_of_month, s.debit_account_id, s.credit_account_id, s.amount_minor,
               s.narrative, a.currency_code INTO v
        FROM bank.standing_order AS s JOIN bank.account AS a ON a.account_id = s.debit_account_id
        WHERE s.status = 'active' AND p_day BETWEEN s.starts_on AND coalesce(s.ends_on, 'infinity')
          AND s.day_of_month <= v_last AND (s.day_of_month, s.standing_order_id) > (v_day, v_order)
        ORDER BY s.day_of_month, s.standing_order_id LIMIT 1;
        EXIT WHEN NOT FOUND;
        v_day := v.day_of_month;
        v_order := v.standing_order_id;
        BEGIN
            SELECT r.is_new INTO v_new FROM bank.transfer(bank.standing_order_uuid(v.order_no, p_day), v.debit_account_id,
                v.credit_account_id, v.amount_minor, v.currency_code, 'standing_order', 'batch',
                v.narrative, p_value_date => p_day) AS r;
            posted := posted + v_new::integer;
        EXCEPTION
            -- too much for a balance, too
            WHEN SQLSTATE 'BK001' OR SQLSTATE 'BK002' OR SQLSTATE 'BK003' OR numeric_value_out_of_range THEN
                refused := refused + 1;
                RAISE NOTICE 'standing order % of % is refused: %', v.order_no, p_day, SQLERRM;
            WHEN SQLSTATE 'BK006' THEN
                NULL;  -- posted, and changed since: the change is for the next month
        END;
        COMMIT;
    END LOOP;
END $$;
COMMENT ON PROCEDURE bank.run_standing_orders(date, bigint, bigint) IS
    'Posts the standing orders that are due on a day, each in a transaction of its own; again: only what is missing. Tells how many were posted and refused';

-- A new partition locks the ledger for a moment: behind a long reader, everybody would wait behind it.
CREATE FUNCTION bank.ensure_ledger_partitions(p_until date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    v_month date := DATE '2028-01-01';
    v_name text;
    v_made integer := 0;
BEGIN
    IF p_until > CURRENT_DATE + 3660 THEN
        RAISE EXCEPTION 'partitions until % are too many', p_until
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Ten years ahead are enough; later entries go to the default partition.';
    END IF;
    WHILE v_month <= p_until LOOP
        v_name := 'ledger_entry_m' || to_char(v_month, 'YYYYMM');
        IF to_regclass(format('bank.%I', v_name)) IS NOT NULL THEN
            NULL;
        ELSIF EXISTS (SELECT FROM bank.ledger_entry AS e WHERE e.value_date >= v_month AND e.value_date < v_month + INTERVAL '1 month') THEN
            RAISE WARNING 'entries valued in % stay in the default partition', to_char(v_month, 'YYYY-MM')
                USING HINT = 'They were posted before the month had a partition of its own: make partitions two years ahead.';
        ELSE
            EXECUTE format('CREATE TABLE bank.%I PARTITION OF bank.ledger_entry FOR VALUES FROM (%L) TO (%L)',
                           v_name, v_month, v_month + INTERVAL '1 month');
            EXECUTE format('COMMENT ON TABLE bank.%I IS %L', v_name, 'Ledger entries valued in ' || to_char(v_month, 'YYYY-MM'));
            PERFORM bank.guard_entries(format('bank.%I', v_name)::regclass);
            v_made := v_made + 1;
        END IF;
        v_month := v_month + INTERVAL '1 month';
    END LOOP;
    RETURN v_made;
END $$;
COMMENT ON FUNCTION bank.ensure_ledger_partitions(date) IS
    'Makes the ledger''s monthly partitions up to a day, those after 2027, and tells how many it made. 55P03 if the ledger is being '
    'read for longer than two seconds: again later';

CREATE OR REPLACE FUNCTION bank.ledger_violations() RETURNS TABLE (invariant text, key bigint, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH line AS (
        SELECT e.transfer_id, e.account_id, e.side, e.amount_minor, e.line_no, e.value_date,
               CASE e.side WHEN 'credit' THEN e.amount_minor ELSE -e.amount_minor END AS signed
        FROM bank.ledger_entry AS e
    ), per_transfer AS (
        SELECT l.transfer_id, count(*) AS lines, count(DISTINCT l.line_no) AS numbers, sum(l.signed) AS total,
               sum(l.amount_minor) FILTER (WHERE l.side = 'debit') AS debit, min(l.value_date) <> max(l.value_date) AS days
        FROM line AS l GROUP BY l.transfer_id
    ), per_account AS (
        SELECT l.account_id, count(*) AS lines, sum(l.signed) AS total
        FROM line AS l GROUP BY l.account_id
    )
    SELECT 'transfer balances', t.transfer_id, format('%s lines, sum %s', p.lines, p.total)
    FROM bank.transfer AS t LEFT JOIN per_transfer AS p ON p.transfer_id = t.transfer_id
    WHERE p.lines IS NULL OR p.lines < 2 OR p.numbers <> p.lines OR p.total <> 0 OR p.days
       OR p.debit IS DISTINCT FROM t.amount_minor
    UNION ALL
    SELECT 'transfer is posted', t.transfer_id, 'no status'
    FROM bank.transfer AS t
    WHERE NOT EXISTS (SELECT FROM bank.transfer_status AS s WHERE s.transfer_id = t.transfer_id AND s.status = 'posted')
    UNION ALL
    SELECT 'entry on the transfer''s account', l.transfer_id, format('line %s', l.line_no)
    FROM line AS l JOIN bank.transfer AS t ON t.transfer_id = l.transfer_id
    WHERE l.account_id <> CASE l.side WHEN 'debit' THEN t.debit_account_id ELSE t.credit_account_id END
    UNION ALL
    SELECT 'balance is the sum of entries', a.account_id,
           format('%s against %s', b.balance_minor, coalesce(p.total, 0))
    FROM bank.account AS a
    LEFT JOIN bank.account_balance AS b ON b.account_id = a.account_id
    LEFT JOIN per_account AS p ON p.account_id = a.account_id
    WHERE b.balance_minor IS DISTINCT FROM coalesce(p.total, 0)
       OR b.entry_count IS DISTINCT FROM coalesce(p.lines, 0)
    UNION ALL
    SELECT 'one currency', t.transfer_id, t.currency_code::text
    FROM bank.transfer AS t
    JOIN bank.account AS d ON d.account_id = t.debit_account_id
    JOIN bank.account AS c ON c.account_id = t.credit_account_id
    WHERE d.currency_code <> t.currency_code OR c.currency_code <> t.currency_code
    UNION ALL
    SELECT 'reversal mirrors its transfer', r.transfer_id, r.reversal_of::text
    FROM bank.transfer AS r JOIN bank.transfer AS t ON t.transfer_id = r.reversal_of
    WHERE (r.debit_account_id, r.credit_account_id, r.amount_minor) <> (t.credit_account_id, t.debit_account_id, t.amount_minor)
       OR NOT EXISTS (SELECT FROM bank.transfer_status AS s WHERE s.transfer_id = t.transfer_id AND s.status = 'reversed')
    UNION ALL
    SELECT 'reversed by a reversal', s.transfer_id, s.reason
    FROM bank.transfer_status AS s
    WHERE s.status = 'reversed' AND NOT EXISTS (SELECT FROM bank.transfer AS r WHERE r.reversal_of = s.transfer_id)
    UNION ALL
    SELECT 'no reversal of a reversal', r.transfer_id, r.reversal_of::text
    FROM bank.transfer AS r JOIN bank.transfer AS t ON t.transfer_id = r.reversal_of WHERE t.kind = 'reversal'
    UNION ALL
    SELECT 'overdraft within its limit', a.account_id, b.balance_minor::text
    FROM bank.account AS a JOIN bank.account_balance AS b ON b.account_id = a.account_id
    WHERE b.balance_minor < -a.overdraft_limit_minor
    UNION ALL
    SELECT 'closed means empty', a.account_id, b.balance_minor::text
    FROM bank.account AS a JOIN bank.account_balance AS b ON b.account_id = a.account_id
    WHERE a.status = 'closed' AND b.balance_minor <> 0
$$;
