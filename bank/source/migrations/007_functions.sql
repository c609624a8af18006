-- The ledger's invariants and the one way to post a transfer.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE FUNCTION bank.check_transfer_balanced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_lines bigint;
    v_distinct bigint;
    v_sum numeric;
    v_debit numeric;
    v_foreign bigint;
    v_amount bigint;
BEGIN
    SELECT count(*), count(DISTINCT e.line_no),
           coalesce(sum(CASE e.side WHEN 'credit' THEN e.amount_minor ELSE -e.amount_minor END), 0),
           coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 'debit'), 0),
           count(*) FILTER (WHERE e.account_id <> CASE e.side WHEN 'debit'
                            THEN t.debit_account_id ELSE t.credit_account_id END),
           min(t.amount_minor)
    INTO v_lines, v_distinct, v_sum, v_debit, v_foreign, v_amount
    FROM bank.transfer AS t JOIN bank.ledger_entry AS e ON e.transfer_id = t.transfer_id
    -- the date prunes to one partition: probing all of them cost more than the posting
    WHERE t.transfer_id = NEW.transfer_id AND e.transfer_id = NEW.transfer_id
      AND e.value_date = NEW.value_date;
    IF v_lines < 2 OR v_distinct <> v_lines OR v_sum <> 0 OR v_debit <> v_amount OR v_foreign > 0 THEN
        RAISE EXCEPTION 'ledger entries of transfer % do not balance: % lines, sum %',
                        NEW.transfer_id, v_lines, v_sum
            USING ERRCODE = 'check_violation', SCHEMA = 'bank', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION bank.check_transfer_balanced() IS
    'At commit: lines of a value date sum to zero, add up to the amount, and touch the transfer''s accounts only';

CREATE FUNCTION bank.check_transfer_posted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The likely partition first, all of them only if it has nothing.
    IF NOT EXISTS (SELECT FROM bank.ledger_entry AS e
                   WHERE e.transfer_id = NEW.transfer_id AND e.value_date = NEW.booked_at::date)
       AND NOT EXISTS (SELECT FROM bank.ledger_entry AS e WHERE e.transfer_id = NEW.transfer_id) THEN
        RAISE EXCEPTION 'transfer % has no ledger entries', NEW.transfer_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION bank.check_transfer_posted() IS 'At commit: a transfer has entries (which are checked for themselves)';

-- Deferred: a transfer is judged when it is complete, in whatever order its rows come.
CREATE CONSTRAINT TRIGGER transfer_balanced AFTER INSERT ON bank.transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bank.check_transfer_posted();
COMMENT ON TRIGGER transfer_balanced ON bank.transfer IS 'No transfer without balanced entries';
CREATE CONSTRAINT TRIGGER ledger_entry_balanced AFTER INSERT ON bank.ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bank.check_transfer_balanced();
COMMENT ON TRIGGER ledger_entry_balanced ON bank.ledger_entry IS 'No entry added later unbalances a transfer';

CREATE FUNCTION bank.ledger_violations() RETURNS TABLE (invariant text, key bigint, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH line AS (
        SELECT e.transfer_id, e.account_id, e.side, e.amount_minor, e.line_no,
               CASE e.side WHEN 'credit' THEN e.amount_minor ELSE -e.amount_minor END AS signed
        FROM bank.ledger_entry AS e
    ), per_transfer AS (
        SELECT l.transfer_id, count(*) AS lines, count(DISTINCT l.line_no) AS numbers,
               sum(l.signed) AS total, sum(l.amount_minor) FILTER (WHERE l.side = 'debit') AS debit
        FROM line AS l GROUP BY l.transfer_id
    ), per_account AS (
        SELECT l.account_id, count(*) AS lines, sum(l.signed) AS total
        FROM line AS l GROUP BY l.account_id
    )
    SELECT 'transfer balances', t.transfer_id, format('%s lines, sum %s', p.lines, p.total)
    FROM bank.transfer AS t LEFT JOIN per_transfer AS p ON p.transfer_id = t.transfer_id
    WHERE p.lines IS NULL OR p.lines < 2 OR p.numbers <> p.lines OR p.total <> 0
       OR p.debit IS DISTINCT FROM t.amount_minor
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
    SELECT 'overdraft within its limit', a.account_id, b.balance_minor::text
    FROM bank.account AS a JOIN bank.account_balance AS b ON b.account_id = a.account_id
    WHERE b.balance_minor < -a.overdraft_limit_minor
$$;
COMMENT ON FUNCTION bank.ledger_violations() IS 'Every breach of the ledger''s invariants, set-based: empty is right';

CREATE FUNCTION bank.transfer(
    p_uuid uuid, p_debit bigint, p_credit bigint, p_amount bigint, p_currency char(3),
    p_kind bank.transfer_kind DEFAULT 'payment', p_channel bank.channel DEFAULT 'web',
    p_narrative text DEFAULT NULL, p_card bigint DEFAULT NULL, p_merchant bigint DEFAULT NULL,
    p_reversal_of bigint DEFAULT NULL, p_client_ip inet DEFAULT NULL,
    p_value_date date DEFAULT CURRENT_DATE,
    OUT transfer_id bigint, OUT is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old bank.transfer;
    v_debit record;
    v_credit record;
    v_card record;
BEGIN
    IF p_amount IS NULL OR p_amount <= 0 THEN
        RAISE EXCEPTION 'the amount must be positive' USING ERRCODE = 'check_violation';
    END IF;
    -- Always in the order of the ids: two transfers the two ways round cannot deadlock.
    PERFORM 1 FROM bank.account_balance AS b
    WHERE b.account_id IN (p_debit, p_credit) ORDER BY b.account_id FOR UPDATE;

    -- After the locks: a retry that raced the first attempt sees what it committed.
    SELECT * INTO v_old FROM bank.transfer AS t WHERE t.transfer_uuid = p_uuid;
    IF NOT FOUND THEN
        SELECT a.status, a.currency_code, a.overdraft_limit_minor, b.balance_minor INTO v_debit
        FROM bank.account AS a JOIN bank.account_balance AS b ON b.account_id = a.account_id
        WHERE a.account_id = p_debit;
        SELECT a.status, a.currency_code INTO v_credit
        FROM bank.account AS a WHERE a.account_id = p_credit;
        IF v_debit IS NULL OR v_credit IS NULL THEN
            RAISE EXCEPTION 'no such account' USING ERRCODE = 'foreign_key_violation';
        ELSIF v_debit.status <> 'active' OR v_credit.status <> 'active' THEN
            RAISE EXCEPTION 'an account is frozen or closed' USING ERRCODE = 'BK001';
        ELSIF v_debit.currency_code <> p_currency OR v_credit.currency_code <> p_currency THEN
            RAISE EXCEPTION 'both accounts must be in %', p_currency USING ERRCODE = 'BK002';
        ELSIF v_debit.balance_minor - p_amount < -v_debit.overdraft_limit_minor THEN
            RAISE EXCEPTION 'insufficient funds' USING ERRCODE = 'BK003';
        END IF;
        IF p_card IS NOT NULL THEN
            SELECT c.account_id, c.status INTO v_card FROM bank.card AS c WHERE c.card_id = p_card;
            IF v_card.account_id IS DISTINCT FROM p_debit OR v_card.status <> 'active' THEN
                RAISE EXCEPTION 'the card does not draw on the account' USING ERRCODE = 'BK004';
            END IF;
        END IF;
        IF p_reversal_of IS NOT NULL AND NOT EXISTS (
            SELECT FROM bank.transfer AS t
            WHERE t.transfer_id = p_reversal_of AND t.debit_account_id = p_credit
              AND t.credit_account_id = p_debit AND t.amount_minor = p_amount) THEN
            RAISE EXCEPTION 'a reversal mirrors its transfer' USING ERRCODE = 'BK005';
        END IF;
        INSERT INTO bank.transfer AS t (transfer_uuid, debit_account_id, credit_account_id,
            amount_minor, currency_code, kind, channel, card_id, merchant_id, reversal_of,
            client_ip, narrative)
        VALUES (p_uuid, p_debit, p_credit, p_amount, p_currency, p_kind, p_channel, p_card,
            p_merchant, p_reversal_of, p_client_ip, p_narrative)
        ON CONFLICT (transfer_uuid) DO NOTHING
        RETURNING t.transfer_id INTO transfer_id;
        IF FOUND THEN
            INSERT INTO bank.ledger_entry (transfer_id, line_no, value_date, account_id, side, amount_minor)
            VALUES (transfer.transfer_id, 1, p_value_date, p_debit, 'debit', p_amount),
                   (transfer.transfer_id, 2, p_value_date, p_credit, 'credit', p_amount);
            UPDATE bank.account_balance AS b
            SET balance_minor = b.balance_minor
                    + CASE b.account_id WHEN p_debit THEN -p_amount ELSE p_amount END,
                entry_count = b.entry_count + 1, changed_at = now()
            WHERE b.account_id IN (p_debit, p_credit);
            is_new := TRUE;
            RETURN;
        END IF;
        SELECT * INTO v_old FROM bank.transfer AS t WHERE t.transfer_uuid = p_uuid;
    END IF;

    IF (v_old.debit_account_id, v_old.credit_account_id, v_old.amount_minor, v_old.currency_code,
        v_old.kind, v_old.card_id, v_old.merchant_id, v_old.reversal_of, v_old.narrative)
       IS DISTINCT FROM
       (p_debit, p_credit, p_amount, p_currency,
        p_kind, p_card, p_merchant, p_reversal_of, p_narrative) THEN
        RAISE EXCEPTION 'transfer % was already sent with another content', p_uuid
            USING ERRCODE = 'BK006';
    END IF;
    transfer_id := v_old.transfer_id;
    is_new := FALSE;
END $$;
COMMENT ON FUNCTION bank.transfer(uuid, bigint, bigint, bigint, char, bank.transfer_kind, bank.channel,
    text, bigint, bigint, bigint, inet, date) IS
    'Posts a transfer with its two entries and balances; the same uuid again returns the first answer. '
    'BK001 account not active, BK002 currency, BK003 funds, BK004 card, BK005 reversal, BK006 uuid reused';
