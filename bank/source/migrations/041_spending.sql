-- What a page shows of an account besides its entries: what was spent on what, and the balance day by day. Both are added up here: an
-- account may have a million entries, and a picture has some dozen numbers.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- One plan for all, as transactions() has it: planning dozens of partitions takes longer than reading a month. That the caller may see
-- the account is asked once, and then it is read past row security.
CREATE FUNCTION bank.spending(p_account bigint, p_from date, p_to date) RETURNS TABLE (total_minor bigint, items json)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_own bigint[];
    v_debits bigint[];
BEGIN
    IF (p_from <= p_to) IS NOT TRUE THEN
        RAISE EXCEPTION 'spending is of a day to one that is not before it, and not of % to %', p_from, p_to
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give both days; both are included.';
    ELSIF NOT bank.may_see(p_account) THEN
        RETURN;
    END IF;
    -- by the account's owners, not by who asks: an attorney is told the same
    v_own := ARRAY(SELECT o.account_id FROM bank.account_holder AS h JOIN bank.account_holder AS o ON o.party_id = h.party_id
                   WHERE h.account_id = p_account AND h.role IN ('owner', 'co_owner') AND o.role IN ('owner', 'co_owner')
                     AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')
                     AND CURRENT_DATE BETWEEN o.valid_from AND coalesce(o.valid_to, 'infinity'));
    -- An array, which an index is read by in its order: as a join it takes more than twice as long.
    v_debits := ARRAY(SELECT l.transfer_id FROM bank.ledger_entry AS l
                      WHERE l.account_id = p_account AND l.value_date BETWEEN p_from AND p_to AND l.side = 'debit');
    RETURN QUERY
    WITH paid AS MATERIALIZED (
        -- added up before merchants are asked for: there are fewer of them than of transfers
        SELECT t.merchant_id, CASE WHEN t.merchant_id IS NULL THEN t.kind END AS kind, sum(t.amount_minor) AS amount_minor, count(*) AS transfers
        FROM bank.transfer AS t
        WHERE t.transfer_id = ANY (v_debits) AND t.kind <> 'reversal'
          AND NOT (t.kind IN ('payment', 'standing_order') AND t.credit_account_id = ANY (v_own))
          -- not NOT EXISTS, of which a plan could make a join that reads all transfers
          AND (SELECT r.transfer_id FROM bank.transfer AS r WHERE r.reversal_of = t.transfer_id) IS NULL
        GROUP BY 1, 2
    ), item AS (
        SELECT g.mcc, g.name, g.name_ru, p.kind, sum(p.amount_minor)::bigint AS amount_minor, sum(p.transfers)::bigint AS count
        FROM paid AS p
        LEFT JOIN (bank.merchant AS m JOIN bank.category AS c ON c.category_id = m.category_id
                   JOIN bank.category AS g ON g.category_id = coalesce(c.parent_id, c.category_id)) ON m.merchant_id = p.merchant_id
        GROUP BY g.category_id, p.kind
    )
    SELECT coalesce(sum(i.amount_minor), 0)::bigint, coalesce(json_agg(i ORDER BY i.amount_minor DESC, i.mcc, i.kind), '[]') FROM item AS i;
END $$;
COMMENT ON FUNCTION bank.spending(bigint, date, date) IS
    'What was spent from an account by value date, both days included, biggest first: by the group of the merchant''s category (mcc, name, name_ru), '
    'or by kind where there is no merchant. Not what was taken back, nor what was paid to another account of the same owner. '
    'No row for an account that is not the caller''s; 22023 if the days are missing or the wrong way round';

-- One reading tells the opening balance, too: the present one less all that came from the first day on.
CREATE FUNCTION bank.day_balances(p_account bigint, p_from date, p_to date) RETURNS TABLE (day date, balance_minor bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 90 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF (p_from <= p_to) IS NOT TRUE THEN
        RAISE EXCEPTION 'balances are of a day to one that is not before it, and not of % to %', p_from, p_to
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give both days; both are included.';
    ELSIF NOT bank.may_see(p_account) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH moved AS MATERIALIZED (
        SELECT l.value_date, sum(CASE l.side WHEN 'credit' THEN l.amount_minor ELSE -l.amount_minor END) AS by_minor
        FROM bank.ledger_entry AS l WHERE l.account_id = p_account AND l.value_date >= p_from GROUP BY 1
    )
    SELECT d.day, (b.balance_minor - coalesce((SELECT sum(m.by_minor) FROM moved AS m), 0) + sum(coalesce(m.by_minor, 0)) OVER (ORDER BY d.day))::bigint
    FROM bank.account_balance AS b CROSS JOIN (SELECT p_from + n AS day FROM generate_series(0, p_to - p_from) AS n) AS d
    LEFT JOIN moved AS m ON m.value_date = d.day
    WHERE b.account_id = p_account ORDER BY d.day;
END $$;
COMMENT ON FUNCTION bank.day_balances(bigint, date, date) IS
    'Closing balance of an account on each day by value date, both days included. No rows for an account that is not the caller''s; '
    '22023 if the days are missing or the wrong way round';

REVOKE ALL ON FUNCTION bank.spending(bigint, date, date), bank.day_balances(bigint, date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.spending(bigint, date, date), bank.day_balances(bigint, date, date) TO bank_app;
