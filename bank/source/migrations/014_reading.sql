-- What customers read most: balance, a page of transactions, a statement. Functions of the invoker: row security decides.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- For a whole page at once: a call for each row would take longer than the rest of the page.
CREATE FUNCTION bank.counterparties(p_account bigint, p_transfers bigint[]) RETURNS TABLE (transfer_id bigint, account_no text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.transfer_id, a.account_no::text
    FROM bank.transfer AS t
    JOIN bank.account AS a
      ON a.account_id = CASE p_account WHEN t.debit_account_id THEN t.credit_account_id ELSE t.debit_account_id END
    WHERE t.transfer_id = ANY (p_transfers) AND p_account IN (t.debit_account_id, t.credit_account_id)
      AND (pg_has_role(session_user, 'bank_core', 'USAGE') OR EXISTS (
               SELECT FROM bank.account_holder AS h
               WHERE h.account_id = p_account AND h.party_id = bank.current_party()
                 AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')))
$$;
COMMENT ON FUNCTION bank.counterparties(bigint, bigint[]) IS
    'Numbers of the accounts on the other side of transfers of an account that the caller may see: whom one paid, or was paid by, is on the statement';

CREATE FUNCTION bank.balance(p_account bigint, OUT balance_minor bigint, OUT available_minor bigint, OUT currency_code text)
LANGUAGE sql STABLE AS $$
    SELECT b.balance_minor, b.balance_minor + a.overdraft_limit_minor, a.currency_code::text
    FROM bank.account_balance AS b JOIN bank.account AS a ON a.account_id = b.account_id
    WHERE b.account_id = p_account
$$;
COMMENT ON FUNCTION bank.balance(bigint) IS 'Balance and what may be spent, in minor units; NULL for an account that is not the caller''s';

-- One entry is told apart by (value_date, transfer_id, line_no); the next page begins behind the last of this one.
-- The index is read backward, and only as far as the page goes, however long the account's history is. Stretch by
-- stretch, each longer than the one before it: a page is mostly in one partition or two, and the others are pruned.
-- One plan for all: planning dozens of partitions takes longer than reading the page.
CREATE FUNCTION bank.account_page(p_account bigint, p_limit integer DEFAULT 50,
    p_before_date date DEFAULT NULL, p_before_transfer bigint DEFAULT NULL, p_before_line smallint DEFAULT NULL)
RETURNS TABLE (value_date date, transfer_id bigint, line_no smallint, side bank.entry_side, amount_minor bigint,
    kind bank.transfer_kind, booked_at timestamptz, narrative text, merchant text, counterparty text)
LANGUAGE plpgsql STABLE ROWS 50 SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_wanted integer := least(greatest(coalesce(p_limit, 50), 1), 500);
    -- variables, not expressions: row security lets only what cannot leak into an index condition
    v_before date := coalesce(p_before_date, 'infinity');
    v_transfer bigint := coalesce(p_before_transfer, 0);
    v_line smallint := coalesce(p_before_line, 0);
    v_to date := v_before;
    v_days integer := 31;
    v_from date := least(v_to, CURRENT_DATE) - v_days;
    v_got integer;
BEGIN
    LOOP
        RETURN QUERY
        WITH e AS MATERIALIZED (
            SELECT l.* FROM bank.ledger_entry AS l
            WHERE l.account_id = p_account AND l.value_date BETWEEN v_from AND v_to
              AND (l.value_date, l.transfer_id, l.line_no) < (v_before, v_transfer, v_line)
            ORDER BY l.value_date DESC, l.transfer_id DESC, l.line_no DESC
            LIMIT v_wanted
        )
        SELECT e.value_date, e.transfer_id, e.line_no, e.side, e.amount_minor, t.kind, t.booked_at, t.narrative, m.name, c.account_no
        FROM e
        JOIN bank.transfer AS t ON t.transfer_id = e.transfer_id
        LEFT JOIN bank.merchant AS m ON m.merchant_id = t.merchant_id
        LEFT JOIN bank.counterparties(p_account, ARRAY(SELECT e.transfer_id FROM e)) AS c ON c.transfer_id = e.transfer_id
        ORDER BY e.value_date DESC, e.transfer_id DESC, e.line_no DESC;
        GET DIAGNOSTICS v_got = ROW_COUNT;
        v_wanted := v_wanted - v_got;
        EXIT WHEN v_wanted <= 0 OR v_from = '-infinity';
        v_to := v_from - 1;
        v_days := v_days * 4;
        v_from := CASE WHEN v_days < 500 THEN v_to - v_days ELSE '-infinity' END;
    END LOOP;
END $$;
COMMENT ON FUNCTION bank.account_page(bigint, integer, date, bigint, smallint) IS
    'Entries of an account, newest first, at most 500; the next page is asked for with the last row''s value_date, transfer_id and line_no';

-- The opening balance comes from the present one, back to the first day: a statement is seldom of long ago.
CREATE FUNCTION bank.statement(p_account bigint, p_from date, p_to date)
RETURNS TABLE (what text, value_date date, transfer_id bigint, counterparty text, narrative text,
    debit_minor bigint, credit_minor bigint, balance_minor bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_opening bigint;
BEGIN
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
               t.narrative, c.account_no
        FROM line AS l
        JOIN bank.transfer AS t ON t.transfer_id = l.transfer_id
        LEFT JOIN bank.counterparties(p_account, ARRAY(SELECT l.transfer_id FROM line AS l)) AS c ON c.transfer_id = l.transfer_id
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
    'closing balance with the sums of both sides. Opening - debits + credits = closing. No rows for an account that is not the caller''s';
