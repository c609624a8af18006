-- A statement of an account with many entries: the other side of each transfer was looked for among those of all, so that a period with
-- ten times as many entries took a hundred times as long. It is read by key now, past row security once the account is known to be seen.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- The opening balance comes from the present one, back to the first day: a statement is seldom of long ago.
CREATE OR REPLACE FUNCTION bank.statement(p_account bigint, p_from date, p_to date)
RETURNS TABLE (what text, value_date date, transfer_id bigint, counterparty text, narrative text,
    debit_minor bigint, credit_minor bigint, balance_minor bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_opening bigint;
BEGIN
    IF (p_from <= p_to) IS NOT TRUE THEN
        RAISE EXCEPTION 'a statement is from a day to one that is not before it, and not from % to %', p_from, p_to
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give both days; both are included.';
    ELSIF NOT bank.may_see(p_account) THEN
        RETURN;
    END IF;
    SELECT b.balance_minor - coalesce((
               SELECT sum(CASE e.side WHEN 'credit' THEN e.amount_minor ELSE -e.amount_minor END)
               FROM bank.ledger_entry AS e WHERE e.account_id = p_account AND e.value_date >= p_from), 0)
    INTO v_opening FROM bank.account_balance AS b WHERE b.account_id = p_account;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH line AS (
        SELECT e.value_date, e.transfer_id, e.line_no, e.side, e.amount_minor,
               CASE e.side WHEN 'credit' THEN e.amount_minor ELSE -e.amount_minor END AS signed
        FROM bank.ledger_entry AS e
        WHERE e.account_id = p_account AND e.value_date BETWEEN p_from AND p_to
    ), told AS (
        SELECT l.value_date, l.transfer_id, l.line_no, l.side, l.amount_minor,
               (v_opening + sum(l.signed) OVER (ORDER BY l.value_date, l.transfer_id, l.line_no))::bigint AS running,
               t.narrative,
               -- no join, of which a plan could make one that reads all accounts; none where the account is on neither side
               (SELECT a.account_no::text FROM bank.account AS a
                WHERE a.account_id = CASE p_account WHEN t.debit_account_id THEN t.credit_account_id
                                                    WHEN t.credit_account_id THEN t.debit_account_id END) AS account_no
        FROM line AS l
        JOIN bank.transfer AS t ON t.transfer_id = l.transfer_id
    )
    SELECT x.what, x.value_date, x.transfer_id, x.counterparty, x.narrative, x.debit, x.credit, x.running
    FROM (
        SELECT 1 AS part, 'opening' AS what, p_from AS value_date, NULL::bigint AS transfer_id, NULL::smallint AS line_no,
               NULL::text AS counterparty, NULL::text AS narrative, NULL::bigint AS debit, NULL::bigint AS credit,
               v_opening AS running
        UNION ALL
        SELECT 2, 'entry', l.value_date, l.transfer_id, l.line_no, l.account_no, l.narrative,
               CASE l.side WHEN 'debit' THEN l.amount_minor END, CASE l.side WHEN 'credit' THEN l.amount_minor END, l.running
        FROM told AS l
        UNION ALL
        SELECT 3, 'closing', p_to, NULL, NULL, NULL, NULL,
               coalesce(sum(l.amount_minor) FILTER (WHERE l.side = 'debit'), 0)::bigint,
               coalesce(sum(l.amount_minor) FILTER (WHERE l.side = 'credit'), 0)::bigint,
               (v_opening + coalesce(sum(l.signed), 0))::bigint
        FROM line AS l) AS x
    ORDER BY x.part, x.value_date, x.transfer_id, x.line_no;
END $$;
COMMENT ON FUNCTION bank.statement(bigint, date, date) IS
    'Statement of an account by value date, both days included: the opening balance, entries with the balance after each, and the '
    'closing balance with the sums of both sides. Opening - debits + credits = closing. No rows for an account that is not the caller''s; '
    '22023 if the days are missing or the wrong way round';
