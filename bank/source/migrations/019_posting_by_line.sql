-- The law of postings, line by line: what a posting takes is the statements it runs and how much each has to set up, and
-- these are small ones. A twelfth less than one statement with everything in it (bank/README.md).
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

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
    v_accounts integer;
    v_code text;
BEGIN
    -- Always in the order of the ids: two transfers the two ways round cannot deadlock. What the statements below read
    -- holds until the commit, because a change of status or limit writes the same rows. A third line is one too many.
    FOR v_line IN
        SELECT l.transfer_id, l.line_no, l.value_date, l.account_id, l.side, l.amount_minor FROM line AS l ORDER BY l.account_id LIMIT 3
    LOOP
        UPDATE bank.account_balance AS b
        SET balance_minor = b.balance_minor + CASE v_line.side WHEN 'credit' THEN v_line.amount_minor ELSE -v_line.amount_minor END,
            entry_count = b.entry_count + 1, changed_at = now()
        WHERE b.account_id = v_line.account_id
        RETURNING b.balance_minor INTO v_balance;
        v_moved := v_moved AND FOUND;
        v_lines := v_lines + 1;
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

    -- no row but of a transfer that says the same
    SELECT t.currency_code INTO v_currency FROM bank.transfer AS t
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

    SELECT count(*), min(CASE WHEN a.status <> 'active' THEN 'BK001'
                              WHEN a.currency_code <> v_currency THEN 'BK002'
                              WHEN a.account_id = v_debit.account_id AND v_left < -a.overdraft_limit_minor THEN 'BK003' END)
    INTO v_accounts, v_code
    FROM bank.account AS a WHERE a.account_id IN (v_debit.account_id, v_credit.account_id);
    IF v_accounts <> 2 OR v_code = 'BK001' THEN  -- one that is not seen counts as not active
        RAISE EXCEPTION 'an account of transfer % is frozen or closed', v_debit.transfer_id
            USING ERRCODE = 'BK001', HINT = 'Only active accounts take postings.';
    ELSIF v_code = 'BK002' THEN
        RAISE EXCEPTION 'both accounts of transfer % must be in %', v_debit.transfer_id, v_currency
            USING ERRCODE = 'BK002', HINT = 'Exchange is two transfers, one in each currency.';
    ELSIF v_code = 'BK003' THEN
        RAISE EXCEPTION 'insufficient funds for transfer %', v_debit.transfer_id
            USING ERRCODE = 'BK003', HINT = 'The balance may not fall below the account''s overdraft limit.';
    END IF;
    RETURN NULL;
END $$;
