-- What a request takes of the server is mostly the statements it runs and the functions it calls: each query within one is set up and
-- taken down, each function with a path of its own walks through all settings. Fewer of both; same rows, same law, same refusals.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- All locks at once: one that is taken later could meet somebody who waits for what is changed here.
LOCK TABLE bank.account, bank.account_balance, bank.card, bank.standing_order, bank.transfer, bank.transfer_status, ONLY bank.ledger_entry, bank.loan,
    bank_online.audit_event IN ACCESS EXCLUSIVE MODE;

-- Accounts of the customer, asked of account_holder itself, whose own policy leaves those of the party: as an array, once for a query,
-- and no function, which is most of what a balance took.
DO $$
DECLARE
    v_mine text := 'ARRAY(SELECT h.account_id FROM bank.account_holder AS h'
                   ' WHERE h.party_id = bank.current_party() AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, ''infinity''))';
    v_table text;
    v_rule text;
    v_checked boolean;
BEGIN
    FOR v_table, v_rule, v_checked IN VALUES
        ('bank.account', 'account_id = ANY (%1$s)', FALSE),
        ('bank.account_balance', 'account_id = ANY (%1$s)', TRUE),
        ('bank.card', 'account_id = ANY (%1$s)', FALSE),
        ('bank.standing_order', 'debit_account_id = ANY (%1$s)', FALSE),
        ('bank.transfer', 'debit_account_id = ANY (%1$s) OR credit_account_id = ANY (%1$s)', TRUE),
        ('bank.ledger_entry', 'account_id = ANY (%1$s)', TRUE),
        ('bank.loan', 'account_id = ANY (%1$s)', TRUE)
    LOOP
        EXECUTE format('ALTER POLICY bank_app ON %s USING (%s)', v_table, format(v_rule, v_mine));
        IF v_checked THEN  -- of the others, what may be written is narrower
            EXECUTE format('ALTER POLICY bank_app ON %s WITH CHECK (%s)', v_table, format(v_rule, v_mine));
        END IF;
    END LOOP;
END $$;
-- only a function of the owner's still asks it
REVOKE EXECUTE ON FUNCTION bank.my_accounts() FROM bank_app;

-- Few transfers are ever more than posted, and a page asks of each of its own.
CREATE INDEX transfer_status_other_idx ON bank.transfer_status (transfer_id) WHERE status <> 'posted';

-- The lines are joined here, not by page_lines(), which asks once more whether they may be seen, and hands them over row by row.
CREATE OR REPLACE FUNCTION bank.transactions(p_account bigint, p_limit integer DEFAULT 50,
    p_before_date date DEFAULT NULL, p_before_transfer bigint DEFAULT NULL, p_before_line smallint DEFAULT NULL,
    p_from date DEFAULT NULL, p_to date DEFAULT NULL, p_least bigint DEFAULT NULL, p_most bigint DEFAULT NULL, p_side text DEFAULT NULL,
    p_mcc text DEFAULT NULL, p_status text DEFAULT NULL, p_text text DEFAULT NULL)
RETURNS TABLE (value_date date, transfer_id bigint, line_no smallint, side bank.entry_side, amount_minor bigint,
    kind bank.transfer_kind, booked_at timestamptz, narrative text, merchant text, counterparty text,
    transfer_uuid uuid, mcc text, statuses text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_wanted integer := least(greatest(coalesce(p_limit, 50), 1), 500);
    v_filtered boolean := num_nonnulls(p_least, p_most, p_side, p_mcc, p_status, nullif(p_text, '')) > 0;
    v_side bank.entry_side := p_side;
    v_categories bigint[];
    v_pattern text := '%' || regexp_replace(nullif(p_text, ''), '([\\%_])', '\\\1', 'g') || '%';
    -- as many as may match at most, then more and more; 20,000 altogether
    v_size integer := CASE WHEN v_filtered THEN greatest(v_wanted, 200) ELSE v_wanted END;
    v_left integer := 20000;
    -- variables, not expressions: row security lets only what cannot leak into an index condition
    v_before date := coalesce(p_before_date, 'infinity');
    v_transfer bigint := coalesce(p_before_transfer, 0);
    v_line smallint := coalesce(p_before_line, 0);
    v_first date := coalesce(p_from, '-infinity');
    v_to date := least(v_before, p_to);
    v_days integer := 31;
    v_from date := greatest(least(v_to, CURRENT_DATE) - v_days, v_first);
    v_last bank.ledger_entry;
    v_some bank.ledger_entry[];
    v_page bank.ledger_entry[] := '{}';
BEGIN
    IF NOT bank.may_see(p_account) THEN
        RETURN;
    END IF;
    IF p_mcc IS NOT NULL THEN
        v_categories := ARRAY(SELECT c.category_id FROM bank.category AS c LEFT JOIN bank.category AS g ON g.category_id = c.parent_id
                              WHERE p_mcc IN (c.mcc, g.mcc));
    END IF;
    LOOP
        v_some := ARRAY(
            SELECT l FROM bank.ledger_entry AS l
            WHERE l.account_id = p_account AND l.value_date BETWEEN v_from AND v_to
              AND (l.value_date, l.transfer_id, l.line_no) < (v_before, v_transfer, v_line)
            ORDER BY l.value_date DESC, l.transfer_id DESC, l.line_no DESC
            LIMIT v_size);
        v_last := v_some[cardinality(v_some)];
        v_left := v_left - cardinality(v_some);
        v_page := v_page || CASE WHEN v_filtered THEN ARRAY(
            SELECT e FROM bank.matching_entries(p_account, v_some, v_wanted - cardinality(v_page), p_least, p_most, v_side, v_categories,
                                                p_status, v_pattern) AS e) ELSE v_some END;
        IF cardinality(v_page) = v_wanted THEN
            v_last := v_page[v_wanted];
            EXIT;
        ELSIF cardinality(v_some) = v_size THEN
            -- more of the same stretch
            EXIT WHEN v_left = 0;
            v_before := v_last.value_date;
            v_transfer := v_last.transfer_id;
            v_line := v_last.line_no;
            v_to := v_before;
            v_size := CASE WHEN v_filtered THEN least(v_size * 4, 5000, v_left) ELSE v_wanted - cardinality(v_page) END;
        ELSE
            v_last := NULL;
            EXIT WHEN v_from = v_first OR v_from > v_to;
            v_to := v_from - 1;
            -- at the pace of what was found so far, and half as much again: each further stretch is a query of its own
            v_days := CASE WHEN cardinality(v_page) = 0 OR v_filtered THEN v_days * 8
                           ELSE v_days * 3 / 2 * v_wanted / cardinality(v_page) END;
            v_from := greatest(CASE WHEN v_days < 2000 THEN v_to - v_days ELSE '-infinity' END, v_first);
            v_size := CASE WHEN v_filtered THEN least(v_size, v_left) ELSE v_wanted - cardinality(v_page) END;
        END IF;
    END LOOP;
    RETURN QUERY
    SELECT e.value_date, e.transfer_id, e.line_no, e.side, e.amount_minor, t.kind, t.booked_at, t.narrative, m.name, a.account_no::text,
           t.transfer_uuid, c.mcc::text,
           -- posted it was, or it had no entries
           CASE WHEN EXISTS (SELECT FROM bank.transfer_status AS s WHERE s.transfer_id = e.transfer_id AND s.status <> 'posted')
                THEN ARRAY(SELECT s.status FROM bank.transfer_status AS s WHERE s.transfer_id = e.transfer_id ORDER BY s.status)
                ELSE ARRAY['posted'] END
    FROM unnest(v_page) WITH ORDINALITY AS e (transfer_id, line_no, value_date, account_id, side, amount_minor, n)
    JOIN bank.transfer AS t ON t.transfer_id = e.transfer_id AND p_account IN (t.debit_account_id, t.credit_account_id)
    JOIN bank.account AS a
      ON a.account_id = CASE p_account WHEN t.debit_account_id THEN t.credit_account_id ELSE t.debit_account_id END
    LEFT JOIN (bank.merchant AS m JOIN bank.category AS c ON c.category_id = m.category_id) ON m.merchant_id = t.merchant_id
    ORDER BY e.n;
    IF v_last.line_no IS NOT NULL THEN
        value_date := v_last.value_date;
        transfer_id := v_last.transfer_id;
        line_no := v_last.line_no;
        RETURN NEXT;
    END IF;
END $$;

-- The law of postings: the transfer and both accounts are one query.
-- It reads its own lines, never the partitions: a query on all of them takes a lock on each. Nobody but the owner may
-- insert here, so it needs no rights but the inserter's, nor a path of its own: each would cost a posting a hundredth.
CREATE OR REPLACE FUNCTION bank.post_entries() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_line bank.ledger_entry;
    v_debit bank.ledger_entry;
    v_credit bank.ledger_entry;
    v_lines integer := 0;
    v_moved boolean := TRUE;
    v_balance bigint;
    v_left bigint;
    v_currency text;
    v_from_status bank.account_status;
    v_to_status bank.account_status;
    v_from_currency text;
    v_to_currency text;
    v_limit bigint;
BEGIN
    -- Always in the order of the ids: two transfers the two ways round cannot deadlock. What the statements below read
    -- holds until the commit, because a change of status or limit writes the same rows. A third line is one too many.
    FOR v_line IN
        SELECT l.transfer_id, l.line_no, l.value_date, l.account_id, l.side, l.amount_minor FROM line AS l ORDER BY l.account_id LIMIT 3
    LOOP
        v_lines := v_lines + 1;
        UPDATE bank.account_balance AS b
        SET balance_minor = b.balance_minor + CASE v_line.side WHEN 'credit' THEN v_line.amount_minor ELSE -v_line.amount_minor END,
            entry_count = b.entry_count + 1, changed_at = now()
        WHERE b.account_id = v_line.account_id
        RETURNING b.balance_minor INTO v_balance;
        v_moved := v_moved AND FOUND;
        IF v_line.side = 'debit' THEN
            v_debit := v_line;
            v_left := v_balance;
        ELSE
            v_credit := v_line;
        END IF;
    END LOOP;

    IF v_lines = 0 THEN
        RETURN NULL;  -- a retry inserts nothing
    END IF;

    -- no row but of a transfer that says the same; with it the two accounts, as they are now that their balances are locked
    SELECT t.currency_code, d.status, d.currency_code, d.overdraft_limit_minor, c.status, c.currency_code
    INTO v_currency, v_from_status, v_from_currency, v_limit, v_to_status, v_to_currency
    FROM bank.transfer AS t
    LEFT JOIN bank.account AS d ON d.account_id = t.debit_account_id
    LEFT JOIN bank.account AS c ON c.account_id = t.credit_account_id
    WHERE t.transfer_id = v_debit.transfer_id AND t.amount_minor = v_debit.amount_minor
      AND t.debit_account_id = v_debit.account_id AND t.credit_account_id = v_credit.account_id;
    IF NOT FOUND OR NOT v_moved
       OR (v_lines, v_debit.line_no, v_credit.line_no, v_credit.transfer_id, v_credit.value_date, v_credit.amount_minor)
          <> (2, 1, 2, v_debit.transfer_id, v_debit.value_date, v_debit.amount_minor) THEN
        RAISE EXCEPTION 'ledger entries of transfer % do not balance', v_line.transfer_id
            USING ERRCODE = 'BK007', DETAIL = 'One statement inserts the two lines of one transfer: line 1 debits and line 2 '
                'credits its amount, on its accounts, on one value date.', HINT = 'Post with bank.transfer().';
    END IF;
    -- its key is what lets a transfer be posted only once
    INSERT INTO bank.transfer_status (transfer_id, status) VALUES (v_debit.transfer_id, 'posted');

    IF v_from_status <> 'active' IS NOT FALSE OR v_to_status <> 'active' IS NOT FALSE THEN  -- one that is not seen counts as not active
        RAISE EXCEPTION 'an account of transfer % is frozen or closed', v_debit.transfer_id
            USING ERRCODE = 'BK001', HINT = 'Only active accounts take postings.';
    ELSIF v_from_currency <> v_currency OR v_to_currency <> v_currency THEN
        RAISE EXCEPTION 'both accounts of transfer % must be in %', v_debit.transfer_id, v_currency
            USING ERRCODE = 'BK002', HINT = 'Exchange is two transfers, one in each currency.';
    ELSIF v_left < -v_limit THEN
        RAISE EXCEPTION 'insufficient funds for transfer %', v_debit.transfer_id
            USING ERRCODE = 'BK003', HINT = 'The balance may not fall below the account''s overdraft limit.';
    END IF;
    RETURN NULL;
END $$;

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
        -- as bank.may_debit(), without a function of its own
        PERFORM FROM bank.account_holder AS h
        WHERE h.account_id = p_debit AND h.party_id = bank.current_party() AND h.role IN ('owner', 'co_owner', 'attorney')
          AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity');
        IF NOT FOUND THEN
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

-- PostgreSQL reads a trigger's condition anew for each statement that could fire it, and a payment's record is the one that is
-- written most: only that is told apart there, the rest in the function.
CREATE OR REPLACE FUNCTION bank_online.notify_of_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.user_id IS NOT NULL
       AND (NEW.event IN ('password.changed', 'recovery_codes.renewed', 'access.registered', 'contact.changed', 'contact.removed',
                          'beneficiary.added', 'standing_order.made')
            OR NEW.event = 'login.done' AND NEW.detail @> '{"new_device": true}') THEN
        INSERT INTO bank_online.notification (user_id, kind, detail)
        VALUES (NEW.user_id, CASE NEW.event WHEN 'login.done' THEN 'login.new_device' ELSE NEW.event END,
                jsonb_strip_nulls(NEW.detail || jsonb_build_object('client_ip', host(NEW.client_ip))));
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER audit_event_told ON bank_online.audit_event;
CREATE TRIGGER audit_event_told AFTER INSERT ON bank_online.audit_event
    FOR EACH ROW WHEN (NEW.event <> 'transfer.done') EXECUTE FUNCTION bank_online.notify_of_event();
COMMENT ON TRIGGER audit_event_told ON bank_online.audit_event IS 'What happens to a user''s access is told to the user';
