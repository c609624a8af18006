-- A page of an account in fewer and lighter queries: that the caller may see the account is asked once, not by row security in each
-- query over the partitions, and what one stretch of days held says how long the next one has to be. Same rows as before.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE FUNCTION bank.may_see(p_account bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN pg_has_role(session_user, 'bank_core', 'USAGE') OR EXISTS (
        SELECT FROM bank.account_holder AS h
        WHERE h.account_id = p_account AND h.party_id = bank.current_party()
          AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity'));
END $$;
COMMENT ON FUNCTION bank.may_see(bigint) IS
    'Whether an account may be seen: by branches and batch systems any, by the customer of this transaction those of my_accounts()';
REVOKE ALL ON FUNCTION bank.may_see(bigint) FROM PUBLIC;

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
    RETURN QUERY SELECT p.* FROM bank.page_lines(p_account, v_page) AS p;
    IF v_last.line_no IS NOT NULL THEN
        value_date := v_last.value_date;
        transfer_id := v_last.transfer_id;
        line_no := v_last.line_no;
        RETURN NEXT;
    END IF;
END $$;
