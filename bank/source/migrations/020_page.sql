-- A page of an account, its entries collected before they are joined: one join for all stretches, not one for each.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- The index is read backward, and only as far as the page goes, however long the account's history is. Stretch by
-- stretch, each longer than the one before it: a page is mostly in one partition or two, and the others are pruned.
-- One plan for all: planning dozens of partitions takes longer than reading the page.
CREATE OR REPLACE FUNCTION bank.account_page(p_account bigint, p_limit integer DEFAULT 50,
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
    v_page bank.ledger_entry[] := '{}';
BEGIN
    LOOP
        v_page := v_page || ARRAY(
            SELECT l FROM bank.ledger_entry AS l
            WHERE l.account_id = p_account AND l.value_date BETWEEN v_from AND v_to
              AND (l.value_date, l.transfer_id, l.line_no) < (v_before, v_transfer, v_line)
            ORDER BY l.value_date DESC, l.transfer_id DESC, l.line_no DESC
            LIMIT v_wanted - cardinality(v_page));
        EXIT WHEN cardinality(v_page) = v_wanted OR v_from = '-infinity';
        v_to := v_from - 1;
        v_days := v_days * 4;
        v_from := CASE WHEN v_days < 500 THEN v_to - v_days ELSE '-infinity' END;
    END LOOP;
    RETURN QUERY
    SELECT e.value_date, e.transfer_id, e.line_no, e.side, e.amount_minor, t.kind, t.booked_at, t.narrative, m.name, c.account_no
    FROM unnest(v_page) AS e
    JOIN bank.transfer AS t ON t.transfer_id = e.transfer_id
    LEFT JOIN bank.merchant AS m ON m.merchant_id = t.merchant_id
    LEFT JOIN bank.counterparties(p_account, ARRAY(SELECT e.transfer_id FROM unnest(v_page) AS e)) AS c ON c.transfer_id = e.transfer_id
    ORDER BY e.value_date DESC, e.transfer_id DESC, e.line_no DESC;
END $$;
